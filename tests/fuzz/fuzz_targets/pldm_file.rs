//! File transfer: whatever decodes encodes back to the same bytes.
#![no_main]

use firmwarden_fuzz::kept;
use libfuzzer_sys::fuzz_target;
use pldm::file::*;

fuzz_target!(|bytes: &[u8]| {
    kept::<DfOpen>(bytes);
    kept::<DfClose>(bytes);
    kept::<DfHeartbeat>(bytes);
    kept::<DfGetFileAttribute>(bytes);
});
