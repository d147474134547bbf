//! GetPLDMVersion (DSP0240, 0x03): which versions of a specification a device speaks.

use super::{TransferFlag, TransferOperationFlag};
use crate::{
    Answer, CallError, Failure, Leniency, Lenient, Multipart, Part, PldmType, Requester, crc32,
    message::{part, request},
    patience, transfer,
};
use std::fmt;
use wire::{Damage, Malformed, Reader, Wire, Writer};

/// A version of a specification (DSP0240, "version encoding"; ver32 of DSP0004), in the order of the wire, which is the
/// reverse of MCTP control's. Two BCD digits each; a high digit of 0xf means that there is only one.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Version {
    /// A letter, or zero.
    pub alpha: u8,
    /// Third number; 0xff when there is none.
    pub update: u8,
    /// Second number.
    pub minor: u8,
    /// First number.
    pub major: u8,
}

impl Version {
    /// In a request: no particular version (since DSP0240 1.2).
    pub const NONE: Self = Self { alpha: 0xff, update: 0xff, minor: 0xff, major: 0xff };

    /// The versions that are whole, one behind the other.
    fn all(bytes: &[u8]) -> Vec<Self> {
        let (quads, _) = bytes.as_chunks::<4>();
        quads.iter().map(|&[alpha, update, minor, major]| Self { alpha, update, minor, major }).collect()
    }
}

impl Wire for Version {
    const NAME: &'static str = "version";
    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self { alpha: r.get("alpha")?, update: r.get("update")?, minor: r.get("minor")?, major: r.get("major")? })
    }
    fn write(&self, w: &mut Writer) -> Result<(), Malformed> {
        w.list(&[self.alpha, self.update, self.minor, self.major])
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::NONE {
            return f.write_str("none");
        }
        Number(self.major).fmt(f)?;
        write!(f, ".{}", Number(self.minor))?;
        if self.update != 0xff {
            write!(f, ".{}", Number(self.update))?;
        }
        match self.alpha {
            0x00 | 0xff => Ok(()),
            letter if letter.is_ascii_alphabetic() => write!(f, "{}", char::from(letter)),
            other => write!(f, "+{other:#04x}"), // no letter, and no terminal should see it raw
        }
    }
}

/// One or two digits. Digits above nine are no BCD and stay visible as hex.
struct Number(u8);

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0 >> 4, self.0 & 0x0f) {
            (0x0f, low) => write!(f, "{low:x}"),
            (high, low) => write!(f, "{high:x}{low:x}"),
        }
    }
}

wire::record! {
    /// Asks for the versions of one type (DSP0240, GetPLDMVersion, 0x03).
    pub struct GetPldmVersion = "GetPLDMVersion" {
        /// Names the part that is asked for; means nothing with the first.
        pub data_transfer_handle: u32,
        /// Which part is asked for.
        pub transfer_operation_flag: TransferOperationFlag,
        /// The type.
        pub pldm_type: PldmType,
    }
}
request!(BASE GetPldmVersion = 0x03 -> VersionPart);

impl GetPldmVersion {
    /// Asks for the first part, which is nearly always all.
    pub const fn first(pldm_type: PldmType) -> Self {
        Self { data_transfer_handle: 0, transfer_operation_flag: TransferOperationFlag::GET_FIRST_PART, pldm_type }
    }
}

part! {
    /// One part of the list of versions, and the checksum at the end of the last.
    pub struct VersionPart = "GetPLDMVersion response" {
        /// Names the next part.
        next_data_transfer_handle
    }
}

impl VersionPart {
    /// All versions in one part, with their checksum.
    pub fn whole(versions: &[Version]) -> Result<Self, Malformed> {
        let mut w = Writer::new(Self::NAME);
        w.list(versions)?;
        let mut data = w.into_bytes();
        data.extend(crc32(&data).to_le_bytes());
        Ok(Self { next_data_transfer_handle: 0, transfer_flag: TransferFlag::START_AND_END, data })
    }
}

/// The versions of one type that a device speaks.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Versions {
    /// In the order the device sent them.
    pub versions: Vec<Version>,
    /// The CRC-32 over them, as sent. Real devices leave it out, and so does libpldm's encoder.
    pub checksum: Option<u32>,
}

impl Versions {
    /// Reads all parts, put together. Never fails: what is wrong is damage.
    ///
    /// Four bytes are a version without checksum. Of more, the last four are the checksum: an encoder that leaves it
    /// out sends one version only, as far as we know of any.
    pub fn assemble(data: &[u8]) -> Answer<Self> {
        let (quads, rest) = data.as_chunks::<4>();
        let damaged = |field, damage| Some(Malformed { message: VersionPart::NAME, field, damage });
        let (versions, checksum, wrong): (Vec<_>, _, _) = match quads {
            [] => (Vec::new(), None, damaged("version", Damage::Short)),
            [one] => (Version::all(one), None, None),
            [several @ .., last] => {
                let sent = u32::from_le_bytes(*last);
                let right = sent == crc32(several.as_flattened());
                let wrong = if right { None } else { damaged("checksum", Damage::Contradiction) };
                (Version::all(several.as_flattened()), Some(sent), wrong)
            }
        };
        let odd = if rest.is_empty() { None } else { damaged("checksum", Damage::Trailing) };
        Answer { value: Self { versions, checksum }, damage: wrong.or(odd) }
    }
}

impl Lenient for Versions {
    fn leniencies(&self) -> Vec<Leniency> {
        if self.checksum.is_none() { vec![Leniency::MissingChecksum] } else { Vec::new() }
    }
}

impl Multipart for GetPldmVersion {
    type Item = u8;
    fn part(response: VersionPart) -> Part<u8> {
        response.into()
    }
    fn next(&self, handle: u32) -> Self {
        let transfer_operation_flag = TransferOperationFlag::GET_NEXT_PART;
        Self { data_transfer_handle: handle, transfer_operation_flag, ..*self }
    }
}

/// Asks for all versions of a type, part by part. A transfer that does not end, or names a part twice, ends here as
/// damage: what came so far is kept, and its checksum, which is still to come, is not looked for.
pub async fn pldm_versions(requester: &mut Requester, pldm_type: PldmType) -> Result<Answer<Versions>, CallError> {
    let got = transfer(requester, GetPldmVersion::first(pldm_type), patience::VERSIONS).await?;
    let Some(cut) = got.cut else {
        let answer = Versions::assemble(&got.items);
        return Ok(Answer { damage: got.damage.or(answer.damage), ..answer });
    };
    let versions = Version::all(&got.items);
    if versions.is_empty() || !matches!(cut.failure, Failure::Transfer(_)) {
        return Err(cut);
    }
    let field = "next_data_transfer_handle";
    let endless = Malformed { message: VersionPart::NAME, field, damage: Damage::Contradiction };
    Ok(Answer { value: Versions { versions, checksum: None }, damage: Some(got.damage.unwrap_or(endless)) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ONE: Version = Version { alpha: 0, update: 0xf0, minor: 0xf1, major: 0xf1 };
    const TWO: Version = Version { alpha: 0, update: 0xf0, minor: 0xf3, major: 0xf1 };

    #[test]
    fn a_version_prints_as_people_write_it() {
        let shown = |bytes: [u8; 4]| wire::decode::<Version>(&bytes).unwrap().to_string();
        assert_eq!(shown([0x00, 0xf0, 0xf3, 0xf1]), "1.3.0");
        assert_eq!(shown([0x00, 0xff, 0xf1, 0xf1]), "1.1");
        assert_eq!(shown([b'a', 0x10, 0xf2, 0xf3]), "3.2.10a");
        assert_eq!(shown([0xff; 4]), "none");
        assert_eq!(shown([b'\n', 0xf0, 0xf0, 0xab]), "ab.0.0+0x0a");
    }

    #[test]
    fn versions_and_checksum_are_told_apart() {
        let whole = VersionPart::whole(&[ONE, TWO]).unwrap().data;
        let answer = Versions::assemble(&whole);
        assert_eq!((answer.value.versions.clone(), answer.damage), (vec![ONE, TWO], None));
        assert!(answer.leniencies().is_empty());
    }

    #[test]
    fn a_missing_checksum_is_overlooked_and_counted() {
        let answer = Versions::assemble(&[0, 0xf0, 0xf1, 0xf1]);
        assert_eq!(answer.value, Versions { versions: vec![ONE], checksum: None });
        assert_eq!((answer.damage, answer.leniencies()), (None, vec![Leniency::MissingChecksum]));
    }

    #[test]
    fn a_wrong_checksum_is_damage_and_the_versions_stay() {
        let mut whole = VersionPart::whole(&[ONE, TWO]).unwrap().data;
        whole[10] ^= 1;
        let answer = Versions::assemble(&whole);
        assert_eq!(answer.value.versions, [ONE, TWO]);
        assert_eq!(answer.damage.map(|it| (it.field, it.damage)), Some(("checksum", Damage::Contradiction)));
    }

    #[test]
    fn no_version_and_half_a_version_are_damage() {
        assert_eq!(Versions::assemble(&[]).damage.map(|it| it.damage), Some(Damage::Short));
        assert_eq!(Versions::assemble(&[0, 0xf0]).damage.map(|it| it.damage), Some(Damage::Short));
        let answer = Versions::assemble(&[0, 0xf0, 0xf1, 0xf1, 7]);
        assert_eq!((answer.value.versions, answer.damage.map(|it| it.damage)), (vec![ONE], Some(Damage::Trailing)));
    }

    proptest! {
        #[test]
        fn any_part_survives_a_round_trip(bytes in prop::collection::vec(any::<u8>(), 5..40)) {
            let part: VersionPart = wire::decode(&bytes).unwrap();
            let _ = Versions::assemble(&part.data).value.versions.iter().map(Version::to_string).collect::<Vec<_>>();
            prop_assert_eq!(wire::encode(&part), Ok(bytes));
        }
    }
}
