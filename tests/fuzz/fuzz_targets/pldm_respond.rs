//! What devices ask us: a request that wants an answer gets one with its own header, and nothing else gets any.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pldm::{refuse, respond};

fuzz_target!(|body: &[u8]| {
    let wanted = matches!(body, [first, second, _, ..] if first & 0xc0 == 0x80 && second & 0xc0 == 0);
    let event = matches!(body, [_, 2, 0x0a, ..]);
    for (reply, wanted) in [(respond(body), wanted && !event), (refuse(body), wanted)] {
        assert_eq!(reply.is_some(), wanted);
        let Some(reply) = reply else { continue };
        assert_eq!(reply[..3], [body[0] & 0x1f, body[1], body[2]]);
        assert!(reply.len() > 3 && reply.len() < 64, "a completion code, and no more than we know");
    }
});
