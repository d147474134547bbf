//! Strings in any encoding: always one printable line.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pldm::{StringType, Text};

fuzz_target!(|bytes: &[u8]| {
    let Some((&encoding, bytes)) = bytes.split_first() else { return };
    let (text, _) = Text { encoding: StringType(encoding), bytes: bytes.into() }.to_string_lenient();
    assert!(!text.contains(char::is_control), "{text:?}");
});
