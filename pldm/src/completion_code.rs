//! [`CompletionCode`]: how a responder says that it did, or did not do, what was asked.

use crate::PldmType;

wire::codes! {
    /// The first byte of every response's payload (DSP0240, "PLDM completion codes").
    ///
    /// Up to 0x7f a code means the same in every type; from 0x80 the type gives it its meaning: see [`Self::name_in`].
    pub struct CompletionCode(u8) {
        /// Done.
        SUCCESS = 0x00,
        /// Not done, for a reason without a code.
        ERROR = 0x01,
        /// A parameter is wrong.
        ERROR_INVALID_DATA = 0x02,
        /// The request has the wrong length.
        ERROR_INVALID_LENGTH = 0x03,
        /// Not now: ask again later.
        ERROR_NOT_READY = 0x04,
        /// The responder does not know the command.
        ERROR_UNSUPPORTED_PLDM_CMD = 0x05,
        /// The responder does not know the type.
        ERROR_INVALID_PLDM_TYPE = 0x20,
        /// A multi-part transfer names a context that is not open.
        ERROR_INVALID_TRANSFER_CONTEXT = 0x21,
        /// A multi-part transfer names a handle that was not given.
        ERROR_INVALID_DATA_TRANSFER_HANDLE = 0x22,
        /// A multi-part transfer asks for a step out of order.
        ERROR_UNEXPECTED_TRANSFER_FLAG_OPERATION = 0x23,
        /// A multi-part transfer asks for bytes that are not there.
        ERROR_REQUESTED_TRANSFER_LENGTH = 0x24,
    }
}

impl CompletionCode {
    /// The name this code has in `pldm_type`.
    pub const fn name_in(self, pldm_type: PldmType) -> Option<&'static str> {
        match (pldm_type, self.0) {
            (PldmType::BASE, 0x80) => Some("INVALID_DATA_TRANSFER_HANDLE"),
            (PldmType::BASE, 0x81) => Some("INVALID_TRANSFER_OPERATION_FLAG"),
            (PldmType::BASE, 0x83) => Some("INVALID_PLDM_TYPE_IN_REQUEST_DATA"),
            (PldmType::FRU, 0x80..) => crate::fru::completion_code_name(self.0),
            (PldmType::FILE, 0x80..) => crate::file::completion_code_name(self.0),
            (PldmType::FIRMWARE_UPDATE, 0x80..) => firmware_update(self.0),
            _ => self.name(),
        }
    }
}

/// DSP0267, "PLDM for Firmware Update completion codes".
const fn firmware_update(code: u8) -> Option<&'static str> {
    Some(match code {
        0x80 => "NOT_IN_UPDATE_MODE",
        0x81 => "ALREADY_IN_UPDATE_MODE",
        0x82 => "DATA_OUT_OF_RANGE",
        0x83 => "INVALID_TRANSFER_LENGTH",
        0x84 => "INVALID_STATE_FOR_COMMAND",
        0x85 => "INCOMPLETE_UPDATE",
        0x86 => "BUSY_IN_BACKGROUND",
        0x87 => "CANCEL_PENDING",
        0x88 => "COMMAND_NOT_EXPECTED",
        0x89 => "RETRY_REQUEST_FW_DATA",
        0x8a => "UNABLE_TO_INITIATE_UPDATE",
        0x8b => "ACTIVATION_NOT_REQUIRED",
        0x8c => "SELF_CONTAINED_ACTIVATION_NOT_PERMITTED",
        0x8d => "NO_DEVICE_METADATA",
        0x8e => "RETRY_REQUEST_UPDATE",
        0x8f => "NO_PACKAGE_DATA",
        0x90 => "INVALID_TRANSFER_HANDLE",
        0x91 => "INVALID_TRANSFER_OPERATION_FLAG",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_from_0x80_means_what_its_type_says() {
        assert_eq!(CompletionCode(0x80).name_in(PldmType::FIRMWARE_UPDATE), Some("NOT_IN_UPDATE_MODE"));
        assert_eq!(CompletionCode(0x80).name_in(PldmType::BASE), Some("INVALID_DATA_TRANSFER_HANDLE"));
        assert_eq!(CompletionCode(0x80).name_in(PldmType::OEM), None);
        assert_eq!(CompletionCode(0x05).name_in(PldmType::FIRMWARE_UPDATE), Some("ERROR_UNSUPPORTED_PLDM_CMD"));
    }
}
