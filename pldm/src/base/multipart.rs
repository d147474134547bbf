//! Large data in parts (DSP0240): NegotiateTransferParameters, MultipartSend, MultipartReceive. Codecs only so far.

use super::{TransferFlag, TransferOperation};
use crate::{PldmType, crc32, message::request};
use wire::{Malformed, Reader, Wire, Writer};

wire::record! {
    /// Agrees on the size of a part (DSP0240, NegotiateTransferParameters, 0x07).
    pub struct NegotiateTransferParameters = "NegotiateTransferParameters" {
        /// The largest part the requester takes.
        pub requester_part_size: u16,
        /// The types it wants to transfer, one bit each.
        pub requester_protocol_support: [u8; 8],
    }
}
request!(BASE NegotiateTransferParameters = 0x07 -> NegotiatedTransferParameters);

wire::record! {
    /// What the responder agrees to.
    pub struct NegotiatedTransferParameters = "NegotiateTransferParameters response" {
        /// The largest part the responder takes.
        pub responder_part_size: u16,
        /// The types it can transfer, one bit each.
        pub responder_protocol_support: [u8; 8],
    }
}

/// Sends one part (DSP0240, MultipartSend, 0x08).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MultipartSend {
    /// The type the data belongs to.
    pub pldm_type: PldmType,
    /// Which part this is.
    pub transfer_flag: TransferFlag,
    /// Names the transfer.
    pub transfer_context: u32,
    /// Names this part.
    pub data_transfer_handle: u32,
    /// Names the next part.
    pub next_data_transfer_handle: u32,
    /// Where the section begins.
    pub section_offset: u32,
    /// How long the section is.
    pub section_length: u32,
    /// The part.
    pub data: Vec<u8>,
    /// Its CRC-32, as sent.
    pub checksum: u32,
}
request!(BASE MultipartSend = 0x08 -> MultipartSent);

impl Wire for MultipartSend {
    const NAME: &'static str = "MultipartSend";
    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            pldm_type: r.get("pldm_type")?,
            transfer_flag: r.get("transfer_flag")?,
            transfer_context: r.get("transfer_context")?,
            data_transfer_handle: r.get("data_transfer_handle")?,
            next_data_transfer_handle: r.get("next_data_transfer_handle")?,
            section_offset: r.get("section_offset")?,
            section_length: r.get("section_length")?,
            data: {
                let length: u32 = r.get("data_length")?;
                r.take(length, "data")?.to_vec()
            },
            checksum: r.get("checksum")?,
        })
    }
    fn write(&self, w: &mut Writer) -> Result<(), Malformed> {
        w.put(&self.pldm_type)?;
        w.put(&self.transfer_flag)?;
        w.put(&self.transfer_context)?;
        w.put(&self.data_transfer_handle)?;
        w.put(&self.next_data_transfer_handle)?;
        w.put(&self.section_offset)?;
        w.put(&self.section_length)?;
        w.len::<u32>(self.data.len(), "data")?;
        w.bytes(&self.data);
        w.put(&self.checksum)
    }
}

wire::record! {
    /// What the responder wants next.
    pub struct MultipartSent = "MultipartSend response" {
        /// The next step.
        pub transfer_operation: TransferOperation,
    }
}

wire::record! {
    /// Asks for one part (DSP0240, MultipartReceive, 0x09).
    pub struct MultipartReceive = "MultipartReceive" {
        /// The type the data belongs to.
        pub pldm_type: PldmType,
        /// The next step.
        pub transfer_operation: TransferOperation,
        /// Names the transfer.
        pub transfer_context: u32,
        /// Names the part.
        pub data_transfer_handle: u32,
        /// Where the section begins.
        pub requested_section_offset: u32,
        /// How long the section is.
        pub requested_section_length: u32,
    }
}
request!(BASE MultipartReceive = 0x09 -> MultipartReceived);

/// One part.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MultipartReceived {
    /// Which part this is.
    pub transfer_flag: TransferFlag,
    /// Names the next part.
    pub next_data_transfer_handle: u32,
    /// The part.
    pub data: Vec<u8>,
    /// Its CRC-32, as sent; none behind an acknowledgement, which has no data.
    pub checksum: Option<u32>,
}

impl MultipartReceived {
    /// Whether the checksum is the data's.
    pub fn is_whole(&self) -> bool {
        self.checksum.is_none_or(|checksum| checksum == crc32(&self.data))
    }
}

impl Wire for MultipartReceived {
    const NAME: &'static str = "MultipartReceive response";
    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        let transfer_flag = r.get("transfer_flag")?;
        let next_data_transfer_handle = r.get("next_data_transfer_handle")?;
        let length: u32 = r.get("data_length")?;
        let data = r.take(length, "data")?.to_vec();
        let checksum = match transfer_flag {
            TransferFlag::ACKNOWLEDGE_COMPLETION => None,
            _ => Some(r.get("checksum")?),
        };
        Ok(Self { transfer_flag, next_data_transfer_handle, data, checksum })
    }
    fn write(&self, w: &mut Writer) -> Result<(), Malformed> {
        w.put(&self.transfer_flag)?;
        w.put(&self.next_data_transfer_handle)?;
        w.len::<u32>(self.data.len(), "data")?;
        w.bytes(&self.data);
        self.checksum.map_or(Ok(()), |checksum| w.put(&checksum))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn whatever_decodes_encodes_back(mut bytes in prop::collection::vec(0u8..10, 0..60)) {
            if let Ok(message) = wire::decode::<MultipartReceived>(&bytes) {
                prop_assert_eq!(wire::encode(&message), Ok(bytes.clone()));
            }
            if let Some(lengths) = bytes.get_mut(22..26) {
                lengths.copy_from_slice(&[3, 0, 0, 0]);
            }
            bytes.truncate(33);
            if let Ok(message) = wire::decode::<MultipartSend>(&bytes) {
                prop_assert_eq!(wire::encode(&message), Ok(bytes));
            }
        }
    }
}
