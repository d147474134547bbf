//! PLDM for FRU data, DSP0257: what a component says it is, for people who order spare parts.

use crate::Command;

/// The commands of this type that we know, in the order of their codes.
pub(crate) const fn command_name(command: Command) -> Option<&'static str> {
    Some(match command.0 {
        0x01 => "GetFRURecordTableMetadata",
        0x02 => "GetFRURecordTable",
        0x03 => "SetFRURecordTable",
        0x04 => "GetFRURecordByOption",
        _ => return None,
    })
}
