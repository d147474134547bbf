//! Two decoders that share nothing agree on every byte: the first one says of what.
#![no_main]

use firmwarden_fuzz::second::agree::PAIRS;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((&choice, bytes)) = bytes.split_first() else { return };
    let (_, check) = PAIRS[usize::from(choice) % PAIRS.len()];
    check(bytes);
});
