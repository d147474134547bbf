//! Base messages: whatever decodes encodes back to the same bytes.
#![no_main]

use firmwarden_fuzz::same;
use libfuzzer_sys::fuzz_target;
use pldm::base::*;

fuzz_target!(|bytes: &[u8]| {
    same::<pldm::Header>(bytes);
    same::<SetTid>(bytes);
    same::<TerminusId>(bytes);
    same::<PldmTypes>(bytes);
    same::<GetPldmCommands>(bytes);
    same::<PldmCommands>(bytes);
    same::<GetPldmVersion>(bytes);
    same::<VersionPart>(bytes);
    same::<MultipartReceive>(bytes);
    same::<MultipartReceived>(bytes);
    same::<MultipartSend>(bytes);
    same::<MultipartSent>(bytes);
    same::<NegotiateTransferParameters>(bytes);
    same::<NegotiatedTransferParameters>(bytes);
    let _ = Versions::assemble(bytes);
});
