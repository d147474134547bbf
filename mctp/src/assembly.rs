//! Messages out of packets (DSP0236, message assembly), within fixed memory whatever a device sends. No I/O: the time is an argument.

use crate::{
    Eid, MessageType,
    packet::{Packet, Tag, message_kind},
    patience,
};
use std::time::Duration;
use tokio::time::Instant;

/// A whole message.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Message {
    /// Who sent it.
    pub source: Eid,
    /// Whom it is for.
    pub destination: Eid,
    /// Its tag.
    pub tag: Tag,
    /// What it speaks.
    pub message_type: MessageType,
    /// Whether its last bytes are an integrity check.
    pub integrity_check: bool,
    /// What follows the type byte; may be empty.
    pub body: Vec<u8>,
}

/// How much is put together at once.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// The longest message, type byte included.
    pub message: usize,
    /// How many messages at once; beyond it the one that waits longest goes.
    pub assemblies: usize,
    /// How long a message waits for its next packet.
    pub wait: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { message: patience::MESSAGE_MOST, assemblies: patience::ASSEMBLIES, wait: patience::ASSEMBLY_WAIT }
    }
}

/// What became of the packets that are part of no message, by reason.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct AssemblyCounters {
    /// Whole messages.
    pub messages: u64,
    /// Packets in the middle of a message whose start we have not.
    pub no_start: u64,
    /// Messages dropped: a first packet came where a later one was due.
    pub restarted: u64,
    /// Messages dropped: a packet is missing, doubled or out of order.
    pub wrong_sequence: u64,
    /// Messages dropped: a packet is not as long as the first.
    pub wrong_size: u64,
    /// Messages dropped: longer than the limit.
    pub too_long: u64,
    /// Messages dropped: the next packet did not come in time.
    pub expired: u64,
    /// Messages dropped: too many at once, and this one waited longest.
    pub evicted: u64,
}

/// Puts messages together.
#[derive(Debug)]
pub struct Assembler {
    limits: Limits,
    counters: AssemblyCounters,
    assemblies: Vec<Assembly>,
}

impl Assembler {
    /// Starts with nothing.
    pub const fn new(limits: Limits) -> Self {
        Self { limits, counters: EMPTY, assemblies: Vec::new() }
    }

    /// Takes the next packet, and gives the message it completes.
    pub fn feed(&mut self, packet: &Packet<'_>, now: Instant) -> Option<Message> {
        self.expire(now);
        let flags = packet.header.flags;
        let key = (packet.header.source, packet.header.destination, flags.tag());
        let found = self.assemblies.iter().position(|assembly| assembly.key == key);
        let known = found.map(|index| self.assemblies.swap_remove(index));
        let assembly = if flags.start_of_message() {
            count_if(&mut self.counters.restarted, known.is_some());
            let (unit, sequence) = (packet.payload.len(), flags.sequence());
            Assembly { key, unit, sequence, touched: now, bytes: packet.payload.to_vec() }
        } else {
            let Some(mut assembly) = known else {
                count(&mut self.counters.no_start);
                return None;
            };
            if let Err(reason) = assembly.add(packet, now, self.limits.message) {
                count(reason(&mut self.counters));
                return None;
            }
            assembly
        };
        if flags.end_of_message() {
            count(&mut self.counters.messages);
            return assembly.message();
        }
        self.keep(assembly);
        None
    }

    /// Forgets every message that is not whole.
    pub fn clear(&mut self) {
        self.assemblies.clear();
    }

    /// What has been counted since the beginning.
    pub const fn counters(&self) -> AssemblyCounters {
        self.counters
    }

    fn expire(&mut self, now: Instant) {
        let (wait, expired) = (self.limits.wait, &mut self.counters.expired);
        self.assemblies.retain(|assembly| {
            let fresh = now.saturating_duration_since(assembly.touched) < wait;
            count_if(expired, !fresh);
            fresh
        });
    }

    fn keep(&mut self, assembly: Assembly) {
        if self.assemblies.len() >= self.limits.assemblies.max(1) {
            let oldest = self.assemblies.iter().enumerate().min_by_key(|(_, assembly)| assembly.touched);
            if let Some(index) = oldest.map(|(index, _)| index) {
                self.assemblies.swap_remove(index);
                count(&mut self.counters.evicted);
            }
        }
        self.assemblies.push(assembly);
    }
}

const EMPTY: AssemblyCounters = AssemblyCounters {
    messages: 0,
    no_start: 0,
    restarted: 0,
    wrong_sequence: 0,
    wrong_size: 0,
    too_long: 0,
    expired: 0,
    evicted: 0,
};

/// Which counter a dropped message goes to.
type Reason = fn(&mut AssemblyCounters) -> &mut u64;

#[derive(Debug)]
struct Assembly {
    key: (Eid, Eid, Tag),
    unit: usize,
    sequence: u8,
    touched: Instant,
    bytes: Vec<u8>,
}

impl Assembly {
    /// Every packet but the last has the size of the first, and the last is not longer (DSP0236, transmission unit).
    fn add(&mut self, packet: &Packet<'_>, now: Instant, limit: usize) -> Result<(), Reason> {
        let flags = packet.header.flags;
        let expected = self.sequence.wrapping_add(1) & 3;
        if flags.sequence() != expected {
            return Err(|counters| &mut counters.wrong_sequence);
        }
        let length = packet.payload.len();
        if length > self.unit || (length < self.unit && !flags.end_of_message()) {
            return Err(|counters| &mut counters.wrong_size);
        }
        if self.bytes.len().saturating_add(length) > limit {
            return Err(|counters| &mut counters.too_long);
        }
        self.bytes.extend_from_slice(packet.payload);
        self.sequence = expected;
        self.touched = now;
        Ok(())
    }

    fn message(self) -> Option<Message> {
        let (source, destination, tag) = self.key;
        let (&kind, body) = self.bytes.split_first()?;
        let (integrity_check, message_type) = message_kind(kind);
        Some(Message { source, destination, tag, message_type, integrity_check, body: body.to_vec() })
    }
}

const fn count(counter: &mut u64) {
    *counter = counter.saturating_add(1);
}

const fn count_if(counter: &mut u64, condition: bool) {
    if condition {
        count(counter);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::{BASELINE_UNIT, fragment};
    use proptest::prelude::*;

    fn packets(length: usize, number: u8) -> Vec<Vec<u8>> {
        fragment(Eid(20), Eid(8), Tag::request(number).response(), &vec![1; length], BASELINE_UNIT).collect()
    }

    fn feed(assembler: &mut Assembler, packets: &[Vec<u8>], now: Instant) -> Vec<usize> {
        let feed = |packet: &Vec<u8>| assembler.feed(&Packet::parse(packet).unwrap(), now);
        packets.iter().filter_map(feed).map(|message| message.body.len() + 1).collect()
    }

    fn one(packets: &[Vec<u8>]) -> (Vec<usize>, AssemblyCounters) {
        let mut assembler = Assembler::new(Limits::default());
        let lengths = feed(&mut assembler, packets, Instant::now());
        (lengths, assembler.counters())
    }

    #[test]
    fn messages_of_every_length_up_to_the_limit_come_whole() {
        for length in [1, 2, 63, 64, 65, 128, 129, 4096, patience::MESSAGE_MOST] {
            assert_eq!(one(&packets(length, 0)).0, [length]);
        }
    }

    #[test]
    fn a_message_over_the_limit_is_dropped_once() {
        let (lengths, counters) = one(&packets(patience::MESSAGE_MOST + 65, 0));
        assert_eq!((lengths.len(), counters.too_long, counters.no_start), (0, 1, 1));
    }

    #[test]
    fn a_lost_a_doubled_and_a_reordered_packet_each_drop_the_message() {
        let whole = packets(200, 0);
        let [a, b, c, d] = <[Vec<u8>; 4]>::try_from(whole).unwrap();
        for (bad, wrong) in [
            (vec![a.clone(), c.clone(), d.clone()], 1),
            (vec![a.clone(), b.clone(), b.clone(), c.clone(), d.clone()], 1),
            (vec![a.clone(), c, b, d], 1),
        ] {
            let (lengths, counters) = one(&bad);
            assert_eq!((lengths.len(), counters.wrong_sequence), (0, wrong));
        }
        let (lengths, counters) = one(&[a.clone(), a]);
        assert_eq!((lengths.len(), counters.restarted), (0, 1));
    }

    #[test]
    fn a_packet_longer_than_the_first_is_a_wrong_size() {
        let mut bad = packets(128, 0);
        bad[0].truncate(40);
        let (lengths, counters) = one(&bad);
        assert_eq!((lengths.len(), counters.wrong_size), (0, 1));
    }

    #[test]
    fn messages_with_different_tags_may_interleave() {
        let (one_, two) = (packets(100, 0), packets(120, 1));
        let mixed = [one_[0].clone(), two[0].clone(), one_[1].clone(), two[1].clone()];
        assert_eq!(one(&mixed).0, [100, 120]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_message_that_waits_too_long_expires() {
        let mut assembler = Assembler::new(Limits::default());
        let whole = packets(100, 0);
        assert!(feed(&mut assembler, &whole[..1], Instant::now()).is_empty());
        tokio::time::advance(patience::ASSEMBLY_WAIT).await;
        assert!(feed(&mut assembler, &whole[1..], Instant::now()).is_empty());
        assert_eq!((assembler.counters().expired, assembler.counters().no_start), (1, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn beyond_the_bound_the_oldest_goes() {
        let mut assembler = Assembler::new(Limits { assemblies: 2, ..Limits::default() });
        for number in 0..3 {
            feed(&mut assembler, &packets(100, number)[..1], Instant::now());
            tokio::time::advance(Duration::from_millis(1)).await;
        }
        assert_eq!((assembler.assemblies.len(), assembler.counters().evicted), (2, 1));
        assert!(feed(&mut assembler, &packets(100, 0)[1..], Instant::now()).is_empty());
        assert_eq!(feed(&mut assembler, &packets(100, 2)[1..], Instant::now()), [100]);
    }

    proptest! {
        #[test]
        fn any_packets_stay_within_the_bounds(stream in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..80), 0..200)) {
            let limits = Limits { message: 300, assemblies: 3, ..Limits::default() };
            let (mut assembler, now) = (Assembler::new(limits), Instant::now());
            for mut bytes in stream {
                if let Some(first) = bytes.first_mut() { *first = 1 }
                let Ok(packet) = Packet::parse(&bytes) else { continue };
                if let Some(message) = assembler.feed(&packet, now) {
                    prop_assert!(message.body.len() < 300);
                }
                prop_assert!(assembler.assemblies.len() <= 3);
                prop_assert!(assembler.assemblies.iter().all(|assembly| assembly.bytes.len() <= 300));
            }
        }
    }
}
