//! Base messages: whatever decodes encodes back to the same bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pldm::base::*;
use wire::{Wire, decode, encode};

fn same<T: Wire>(bytes: &[u8]) {
    if let Ok(value) = decode::<T>(bytes) {
        assert_eq!(encode(&value).as_deref(), Ok(bytes), "{}", T::NAME);
    }
}

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
