//! PLDM for messaging control and discovery, DSP0240: who is there and what it speaks.

mod flag;
mod multipart;
mod spoken;
mod version;

pub use flag::{TransferFlag, TransferOperation, TransferOperationFlag};
pub use multipart::{
    MultipartReceive, MultipartReceived, MultipartSend, MultipartSent, NegotiateTransferParameters,
    NegotiatedTransferParameters,
};
pub use spoken::{Spoken, TypeSpoken, speaks};
pub use version::{GetPldmVersion, Version, VersionPart, Versions, pldm_versions};

use crate::{Command, Lenient, PldmType, message::request};

/// The commands of this type that we know, in the order of their codes.
pub(crate) const fn command_name(command: Command) -> Option<&'static str> {
    Some(match command.0 {
        0x01 => "SetTID",
        0x02 => "GetTID",
        0x03 => "GetPLDMVersion",
        0x04 => "GetPLDMTypes",
        0x05 => "GetPLDMCommands",
        0x07 => "NegotiateTransferParameters",
        0x08 => "MultipartSend",
        0x09 => "MultipartReceive",
        _ => return None,
    })
}

wire::codes! {
    /// A terminus id (DSP0240, "PLDM terminus").
    pub struct Tid(u8) {
        /// None was given yet.
        UNASSIGNED = 0x00,
        /// Never given.
        RESERVED = 0xff,
    }
}

wire::record! {
    /// Gives a terminus its id (DSP0240, SetTID, 0x01).
    pub struct SetTid = "SetTID" {
        /// The id.
        pub tid: Tid,
    }
}
request!(BASE SetTid = 0x01 -> Done);

wire::record! {
    /// A response that says no more than success.
    pub struct Done = "success";
}

wire::record! {
    /// Asks a terminus for its id (DSP0240, GetTID, 0x02).
    pub struct GetTid = "GetTID";
}
request!(BASE GetTid = 0x02 -> TerminusId);

wire::record! {
    /// The id a terminus has.
    pub struct TerminusId = "GetTID response" {
        /// The id.
        pub tid: Tid,
    }
}

wire::record! {
    /// Asks which PLDM types are spoken (DSP0240, GetPLDMTypes, 0x04).
    pub struct GetPldmTypes = "GetPLDMTypes";
}
request!(BASE GetPldmTypes = 0x04 -> PldmTypes);

wire::record! {
    /// The PLDM types that are spoken. Real devices leave out types that they answer all the same.
    pub struct PldmTypes = "GetPLDMTypes response" {
        /// One bit per type, lowest first.
        pub bitmap: [u8; 8],
    }
}

impl PldmTypes {
    /// Whether the device says that it speaks `pldm_type`.
    pub fn contains(&self, pldm_type: PldmType) -> bool {
        self.iter().any(|one| one == pldm_type)
    }

    /// The types, in the order of their codes.
    pub fn iter(&self) -> impl Iterator<Item = PldmType> {
        set_bits(&self.bitmap).map(PldmType)
    }
}

impl Lenient for PldmTypes {}

impl FromIterator<PldmType> for PldmTypes {
    fn from_iter<I: IntoIterator<Item = PldmType>>(types: I) -> Self {
        Self { bitmap: bitmap(types.into_iter().map(|one| one.0)) }
    }
}

wire::record! {
    /// Asks which commands of a type are known (DSP0240, GetPLDMCommands, 0x05).
    pub struct GetPldmCommands = "GetPLDMCommands" {
        /// The type.
        pub pldm_type: PldmType,
        /// The version of the type's specification, as GetPLDMVersion gave it.
        pub version: Version,
    }
}
request!(BASE GetPldmCommands = 0x05 -> PldmCommands);

wire::record! {
    /// The commands of a type that are known.
    pub struct PldmCommands = "GetPLDMCommands response" {
        /// One bit per command, lowest first.
        pub bitmap: [u8; 32],
    }
}

impl PldmCommands {
    /// Whether the device says that it knows the command.
    pub fn contains(&self, command: Command) -> bool {
        self.iter().any(|one| one == command)
    }

    /// The commands, in the order of their codes.
    pub fn iter(&self) -> impl Iterator<Item = Command> {
        set_bits(&self.bitmap).map(Command)
    }
}

impl FromIterator<Command> for PldmCommands {
    fn from_iter<I: IntoIterator<Item = Command>>(commands: I) -> Self {
        Self { bitmap: bitmap(commands.into_iter().map(|one| one.0)) }
    }
}

pub(crate) fn set_bits(bitmap: &[u8]) -> impl Iterator<Item = u8> {
    let bits = bitmap.iter().flat_map(|byte| (0..8).map(move |bit| byte & (1u8 << bit) != 0));
    (0u8..=255).zip(bits).filter_map(|(number, set)| set.then_some(number))
}

fn bitmap<const N: usize>(numbers: impl Iterator<Item = u8>) -> [u8; N] {
    let mut bitmap = [0; N];
    for number in numbers {
        if let Some(byte) = bitmap.get_mut(usize::from(number / 8)) {
            *byte |= 1 << (number % 8);
        }
    }
    bitmap
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Request;
    use proptest::prelude::*;
    use wire::{decode, encode};

    #[test]
    fn the_bitmap_of_types_has_its_lowest_bit_first() {
        let types: PldmTypes = decode(&[0x35, 0, 0, 0, 0, 0, 0, 0x80]).unwrap();
        assert_eq!(types.iter().map(|one| one.0).collect::<Vec<_>>(), [0, 2, 4, 5, 63]);
        assert!(types.contains(PldmType::FIRMWARE_UPDATE) && !types.contains(PldmType::BIOS));
        assert_eq!(types.iter().collect::<PldmTypes>(), types);
    }

    #[test]
    fn all_256_commands_have_their_bit() {
        let all = PldmCommands { bitmap: [0xff; 32] };
        assert_eq!(all.iter().map(|one| one.0).collect::<Vec<_>>(), (0..=255).collect::<Vec<_>>());
        assert_eq!(all.iter().collect::<PldmCommands>(), all);
    }

    #[test]
    fn an_answer_with_bytes_too_many_is_kept() {
        let answer = GetTid::decode(&[9, 1]).unwrap();
        assert_eq!(
            (answer.value.tid, answer.damage.map(|damage| damage.damage)),
            (Tid(9), Some(wire::Damage::Trailing))
        );
        assert!(SetTid::decode(&[]).is_ok_and(|answer| answer.damage.is_none()));
    }

    proptest! {
        #[test]
        fn a_bitmap_survives_a_round_trip(bytes: [u8; 32]) {
            let commands: PldmCommands = decode(&bytes).unwrap();
            prop_assert_eq!(encode(&commands), Ok(bytes.to_vec()));
            prop_assert_eq!(commands.iter().collect::<PldmCommands>(), commands);
        }
    }
}
