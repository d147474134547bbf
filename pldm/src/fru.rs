//! PLDM for FRU data, DSP0257: what a component says it is, for people who order spare parts.
//!
//! The commands that read are [`Request`](crate::Request)s; SetFRURecordTable is a codec only, so that nothing here can
//! overwrite a label.

mod general;
mod message;
mod record;
mod table;

pub use general::General;
pub use message::{
    FruRecordTableMetadata, FruRecordTablePart, FruRecordsPart, FruTableSet, GetFruRecordByOption, GetFruRecordTable,
    GetFruRecordTableMetadata, SetFruRecordTable,
};
pub use record::{Field, FieldType, Record, RecordType};
pub use table::{RecordTable, record_table, records_by_option};

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

/// The completion codes of this type (DSP0257, "PLDM for FRU Data completion codes").
pub(crate) const fn completion_code_name(code: u8) -> Option<&'static str> {
    Some(match code {
        0x80 => "INVALID_DATA_TRANSFER_HANDLE",
        0x81 => "INVALID_TRANSFER_OPERATION_FLAG",
        0x82 => "INVALID_TRANSFER_FLAG",
        0x83 => "NO_FRU_DATA_STRUCTURE_TABLE_METADATA",
        0x84 => "INVALID_DATA_INTEGRITY_CHECK",
        0x85 => "FRU_DATA_STRUCTURE_TABLE_UNAVAILABLE",
        _ => return None,
    })
}
