//! PLDM for file transfer, DSP0242: logs and crash dumps of a component.
//!
//! A file is named by its identifier, which a File Descriptor PDR gives (DSP0248, type 30). What can change a file is
//! never sent: [`read`] opens for reading and closes without an option.

mod message;
mod read;

pub use message::{
    CloseOptions, DfClose, DfGetFileAttribute, DfHeartbeat, DfOpen, FileAttribute, FileAttributes, FileDescriptor,
    FileIdentifier, HeartbeatInterval, OpenAttributes, OpenFile,
};
pub use read::{FileRead, read};

use crate::Command;

/// The commands of this type that we know, in the order of their codes. DfRead and DfFIFOSend go as MultipartReceive
/// and MultipartSend of the base type; only GetPLDMCommands has them under these codes.
pub(crate) const fn command_name(command: Command) -> Option<&'static str> {
    Some(match command.0 {
        0x01 => "DfOpen",
        0x02 => "DfClose",
        0x03 => "DfHeartbeat",
        0x10 => "DfProperties",
        0x11 => "DfGetFileAttribute",
        0x12 => "DfSetFileAttribute",
        0x20 => "DfRead",
        0x21 => "DfFIFOSend",
        _ => return None,
    })
}

/// The completion codes of this type (DSP0242, "PLDM for File Transfer completion codes").
pub(crate) const fn completion_code_name(code: u8) -> Option<&'static str> {
    Some(match code {
        0x80 => "INVALID_FILE_DESCRIPTOR",
        0x81 => "INVALID_DF_ATTRIBUTE",
        0x82 => "ZEROLENGTH_NOT_ALLOWED",
        0x83 => "EXCLUSIVE_OWNERSHIP_NOT_ESTABLISHED",
        0x84 => "EXCLUSIVE_OWNERSHIP_NOT_ALLOWED",
        0x85 => "EXCLUSIVE_OWNERSHIP_NOT_AVAILABLE",
        0x86 => "INVALID_FILE_IDENTIFIER",
        0x87 => "DFOPEN_DIR_NOT_ALLOWED",
        0x88 => "MAX_NUM_FDS_EXCEEDED",
        0x89 => "FILE_OPEN",
        0x8a => "UNABLE_TO_OPEN_FILE",
        _ => return None,
    })
}
