//! The stream of bytes on a line: a packet that comes out frames back to bytes that give the same packet.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mctp::serial::{Decoder, frame};

fuzz_target!(|bytes: &[u8]| {
    let mut decoder = Decoder::default();
    for &byte in bytes {
        let Some(packet) = decoder.feed(byte).map(<[u8]>::to_vec) else { continue };
        let mut again = Decoder::default();
        let given: Vec<_> =
            frame(&packet).into_iter().filter_map(|byte| again.feed(byte).map(<[u8]>::to_vec)).collect();
        assert_eq!(given, [packet]);
    }
    // Whatever came before, a whole frame after a flag is found.
    let packet = [1, 8, 20, 0xc8, 1, 0x80, 0, 2];
    let flags = [0x7e; 80];
    let found = flags.into_iter().chain(frame(&packet)).filter(|&byte| decoder.feed(byte).is_some()).count();
    assert!(found >= 1);
});
