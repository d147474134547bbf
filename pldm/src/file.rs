//! PLDM for file transfer, DSP0242: logs and crash dumps of a component.

use crate::Command;

/// The commands of this type that we know, in the order of their codes.
pub(crate) const fn command_name(command: Command) -> Option<&'static str> {
    Some(match command.0 {
        0x01 => "DfOpen",
        0x02 => "DfClose",
        0x03 => "DfHeartbeat",
        _ => return None,
    })
}
