//! DSP0242: file transfer; and the checksum that goes with it.

use crate::vector::{Vector, number};
use pldm::{CompletionCode, NotOpened, PldmType, crc32, file::*};

/// Tests the vector, if it is one of these.
pub(crate) fn check(vector: &Vector) -> bool {
    match vector.name.as_str() {
        "file.DfOpen.req" => vector.request::<DfOpen>(|it, fields| {
            assert_eq!(u64::from(it.file_identifier.0), number(&fields["file_identifier"]));
            assert_eq!(u64::from(it.attributes.0), number(&fields["file_attribute"]));
        }),
        // libpldm answers a cut response with -EOVERFLOW; so do we, with the field that is cut.
        "file.DfOpen.resp" => vector.response::<DfOpen>(|it, fields| {
            assert_eq!(u64::from(it.file_descriptor.0), number(&fields["file_descriptor"]));
        }),
        "file.DfOpen.resp.cc_INVALID_FILE_IDENTIFIER" => {
            let code = CompletionCode(u8::try_from(number(&vector.fields["completion_code"])).unwrap());
            assert_eq!(vector.open::<DfOpen>(), Err(NotOpened::Refused(code)));
            assert_eq!(code.name_in(PldmType::FILE), Some("INVALID_FILE_IDENTIFIER"));
        }
        "file.DfClose.req" => vector.request::<DfClose>(|it, fields| {
            assert_eq!(u64::from(it.file_descriptor.0), number(&fields["file_descriptor"]));
            assert_eq!(u64::from(it.options.0), number(&fields["df_close_options"]));
        }),
        "file.DfHeartbeat.resp" => vector.response::<DfHeartbeat>(|it, fields| {
            assert_eq!(u64::from(it.responder_maximum_interval), number(&fields["responder_max_interval_ms"]));
        }),
        "edac.crc32" => {
            assert_eq!(u64::from(crc32(vector.ascii_input.as_bytes())), vector.value);
        }
        _ => return false,
    }
    true
}
