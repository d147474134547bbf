//! The repository of platform descriptor records, read record by record.

mod walk;

pub use walk::{LostRecord, Repository, Step, Walk, repository};

use crate::{Answer, Keep, Lenient, Multipart, Part, Place, base::TransferOperationFlag, message::request};
use wire::{Damage, Malformed, Reader, Wire, Writer};

wire::codes! {
    /// Which part of a record this is. Every other command counts differently: [`crate::base::TransferFlag`].
    pub struct PdrTransferFlag(u8) {
        /// The first of several.
        START = 0x00,
        /// Neither the first nor the last.
        MIDDLE = 0x01,
        /// The last of several.
        END = 0x04,
        /// All there is.
        START_AND_END = 0x05,
    }
}

impl PdrTransferFlag {
    /// Where the part stands; a flag that means nothing comes back.
    pub const fn place(self) -> Result<Place, u8> {
        match self {
            Self::START => Ok(Place::First),
            Self::MIDDLE => Ok(Place::Middle),
            Self::END => Ok(Place::Last),
            Self::START_AND_END => Ok(Place::Only),
            Self(other) => Err(other),
        }
    }
}

wire::record! {
    /// Asks how large the repository is and when it changed (DSP0248, GetPDRRepositoryInfo, 0x50).
    pub struct GetPdrRepositoryInfo = "GetPDRRepositoryInfo";
}
request!(PLATFORM GetPdrRepositoryInfo = 0x50 -> RepositoryInfo);

wire::codes! {
    /// Whether a repository can be read.
    pub struct RepositoryState(u8) {
        /// It can.
        AVAILABLE = 0,
        /// It is being changed.
        UPDATE_IN_PROGRESS = 1,
        /// It is broken.
        FAILED = 2,
    }
}

wire::record! {
    /// How large the repository is and when it changed. Not to be believed: it is what the device says.
    pub struct RepositoryInfo = "GetPDRRepositoryInfo response" {
        /// Whether it can be read.
        pub repository_state: RepositoryState,
        /// When its standard records changed; DSP0240's timestamp104, as sent.
        pub update_time: [u8; 13],
        /// When its OEM records changed; likewise.
        pub oem_update_time: [u8; 13],
        /// How many records it has.
        pub record_count: u32,
        /// How many bytes they have together.
        pub repository_size: u32,
        /// How many bytes the largest has.
        pub largest_record_size: u32,
        /// How many seconds a transfer may rest; 0 is for ever, 1 is what the specification says.
        pub data_transfer_handle_timeout: u8,
    }
}

impl Lenient for RepositoryInfo {}

wire::record! {
    /// Asks for a record, or for the next part of one (DSP0248, GetPDR, 0x51).
    #[derive(Copy)]
    pub struct GetPdr = "GetPDR" {
        /// Which record; 0 is the first of the repository.
        pub record_handle: u32,
        /// Names the part; means nothing with the first.
        pub data_transfer_handle: u32,
        /// Whether the first part is asked for, or the one that the handle names.
        pub transfer_operation_flag: TransferOperationFlag,
        /// How many bytes may come at most.
        pub request_count: u16,
        /// The change number that the first part gave; 0 with the first.
        pub record_change_number: u16,
    }
}
request!(PLATFORM GetPdr = 0x51 -> PdrPart, PdrPart::keep);

impl GetPdr {
    /// The first part of a record; handle 0 is the first record.
    pub const fn first(record_handle: u32) -> Self {
        Self {
            record_handle,
            data_transfer_handle: 0,
            transfer_operation_flag: TransferOperationFlag::GET_FIRST_PART,
            request_count: crate::patience::RECORD_PART,
            record_change_number: 0,
        }
    }
}

impl Multipart for GetPdr {
    type Item = u8;
    fn part(response: PdrPart) -> Part<u8> {
        Part {
            place: response.transfer_flag.place(),
            next: response.next_data_transfer_handle,
            items: response.record_data,
        }
    }
    fn next(&self, handle: u32) -> Self {
        let transfer_operation_flag = TransferOperationFlag::GET_NEXT_PART;
        Self { data_transfer_handle: handle, transfer_operation_flag, ..*self }
    }
}

/// A record, or a part of one: the answer to GetPDR.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PdrPart {
    /// Names the record behind this one; 0 behind the last.
    pub next_record_handle: u32,
    /// Names the next part of this record.
    pub next_data_transfer_handle: u32,
    /// Which part this is.
    pub transfer_flag: PdrTransferFlag,
    /// The part.
    pub record_data: Vec<u8>,
    /// The CRC-8 of the whole record, behind the last part of several.
    pub transfer_crc: Option<u8>,
}

impl Wire for PdrPart {
    const NAME: &'static str = "GetPDR response";

    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        Self::read_whole(r)
    }

    fn write(&self, w: &mut Writer) -> Result<(), Malformed> {
        let message = Self::NAME;
        if self.transfer_crc.is_some() != (self.transfer_flag == PdrTransferFlag::END) {
            return Err(Malformed { message, field: "transfer_crc", damage: Damage::Contradiction });
        }
        w.put(&self.next_record_handle)?;
        w.put(&self.next_data_transfer_handle)?;
        w.put(&self.transfer_flag)?;
        w.len::<u16>(self.record_data.len(), "response_count")?;
        w.bytes(&self.record_data);
        self.transfer_crc.map_or(Ok(()), |crc| w.put(&crc))
    }
}

impl Keep for PdrPart {
    // A part that ends too soon says all the same which record comes next.
    fn read_kept(r: &mut Reader<'_>) -> Result<Answer<Self>, Malformed> {
        let next_record_handle = r.get("next_record_handle")?;
        let next_data_transfer_handle = r.get("next_data_transfer_handle")?;
        let transfer_flag = r.get("transfer_flag")?;
        let count: u16 = r.get("response_count")?;
        let (record_data, mut damage) = match r.take(count, "record_data") {
            Ok(data) => (data.to_vec(), None),
            Err(malformed) => (r.rest().to_vec(), Some(malformed)),
        };
        let mut transfer_crc = None;
        if transfer_flag == PdrTransferFlag::END {
            match r.get("transfer_crc") {
                Ok(crc) => transfer_crc = Some(crc),
                Err(malformed) => damage = damage.or(Some(malformed)),
            }
        }
        let value = Self { next_record_handle, next_data_transfer_handle, transfer_flag, record_data, transfer_crc };
        Ok(Answer { value, damage })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Request;
    use proptest::prelude::*;

    #[test]
    fn a_part_that_claims_more_than_it_has_says_what_comes_next() {
        let payload = [7, 0, 0, 0, 0, 0, 0, 0, 5, 0xff, 0xff, 1, 2];
        let Answer { value, damage } = GetPdr::decode(&payload).unwrap();
        assert_eq!((value.next_record_handle, &value.record_data[..]), (7, &[1, 2][..]));
        assert_eq!(damage.map(|it| (it.field, it.damage)), Some(("record_data", Damage::Short)));
        assert!(wire::decode::<PdrPart>(&payload).is_err());
    }

    #[test]
    fn a_checksum_belongs_behind_the_last_of_several_parts() {
        let part = |transfer_flag, transfer_crc| PdrPart {
            next_record_handle: 0,
            next_data_transfer_handle: 0,
            transfer_flag,
            record_data: vec![],
            transfer_crc,
        };
        assert!(wire::encode(&part(PdrTransferFlag::END, Some(1))).is_ok());
        assert!(wire::encode(&part(PdrTransferFlag::END, None)).is_err());
        assert!(wire::encode(&part(PdrTransferFlag::START_AND_END, Some(1))).is_err());
    }

    proptest! {
        #[test]
        fn whatever_decodes_encodes_back(mut bytes in prop::collection::vec(0u8..6, 0..40)) {
            if let Ok(part) = wire::decode::<PdrPart>(&bytes) {
                prop_assert_eq!(wire::encode(&part), Ok(bytes.clone()));
            }
            let _ = GetPdr::decode(&bytes);
            bytes.truncate(13);
            if let Ok(request) = wire::decode::<GetPdr>(&bytes) {
                prop_assert_eq!(wire::encode(&request), Ok(bytes));
            }
        }
    }
}
