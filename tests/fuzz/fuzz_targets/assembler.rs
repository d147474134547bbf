//! Any packets in any order: no message over the limit, none from nothing.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mctp::{
    assembly::{Assembler, Limits},
    packet::Packet,
};
use tokio::time::Instant;

fuzz_target!(|bytes: &[u8]| {
    let mut assembler = Assembler::new(Limits { message: 512, assemblies: 4, ..Limits::default() });
    let (now, mut rest, mut fed) = (Instant::now(), bytes, 0);
    while let Some((&length, tail)) = rest.split_first() {
        let (packet, tail) = tail.split_at(usize::from(length % 80).min(tail.len()));
        rest = tail;
        let Ok(packet) = Packet::parse(packet) else { continue };
        fed += packet.payload.len();
        if let Some(message) = assembler.feed(&packet, now) {
            assert!(message.body.len() < 512 && message.body.len() < fed);
        }
    }
});
