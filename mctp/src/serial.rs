//! Frames on a serial line (DSP0253): packets out of a stream of bytes, and back. No I/O.

use crate::packet::{BASELINE_UNIT, HEADER_LENGTH};

/// The longest packet that a frame carries when both ends keep to the baseline unit.
pub const PACKET_MOST: u8 = 68;

/// Puts one packet into a frame (DSP0253). A packet longer than the length byte can say gives no frame: no bytes.
pub fn frame(packet: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(packet.len().saturating_add(OVERHEAD));
    frame_into(packet, &mut frame);
    frame
}

/// As [`frame`], at the end of `out`, so that a message goes out in one write.
pub fn frame_into(packet: &[u8], out: &mut Vec<u8>) {
    let Ok(length) = u8::try_from(packet.len()) else { return };
    let mut check = Fcs::START;
    check.add(REVISION);
    check.add(length);
    out.extend_from_slice(&[FLAG, REVISION, length]);
    for &byte in packet {
        check.add(byte);
        match byte {
            FLAG | ESCAPE => out.extend_from_slice(&[ESCAPE, byte ^ FLIP]),
            _ => out.push(byte),
        }
    }
    // Unlike RFC 1662, the high byte goes first and neither is escaped.
    out.extend_from_slice(&check.0.to_be_bytes());
    out.push(FLAG);
}

/// What became of the bytes, by reason.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct FrameCounters {
    /// Whole frames.
    pub frames: u64,
    /// Bytes that belong to no frame.
    pub noise: u64,
    /// Frames dropped: of another revision.
    pub bad_revision: u64,
    /// Frames dropped: shorter than a packet header or longer than the limit.
    pub bad_length: u64,
    /// Frames dropped: an escape byte before a byte that needs none.
    pub bad_escape: u64,
    /// Frames dropped: a flag stands inside.
    pub cut: u64,
    /// Frames dropped: the flag at the end is missing.
    pub no_end: u64,
    /// Frames dropped: the frame check sequence is wrong.
    pub bad_fcs: u64,
}

/// Finds packets in a stream of bytes.
#[derive(Debug)]
pub struct Decoder {
    limit: u8,
    state: State,
    packet: Vec<u8>,
    length: u8,
    fcs: Fcs,
    counters: FrameCounters,
}

impl Default for Decoder {
    fn default() -> Self {
        Self::new(PACKET_MOST)
    }
}

impl Decoder {
    /// Starts between frames; packets longer than `limit` are dropped.
    pub fn new(limit: u8) -> Self {
        let (packet, fcs, counters) = (Vec::new(), Fcs::START, FrameCounters::default());
        Self { limit, state: State::Hunt, packet, length: 0, fcs, counters }
    }

    /// Takes the next byte, and gives the packet whose frame it completes.
    pub fn feed(&mut self, byte: u8) -> Option<&[u8]> {
        self.step(byte).then_some(self.packet.as_slice())
    }

    /// Forgets the frame that has begun: the line is another one now.
    pub const fn reset(&mut self) {
        self.state = State::Hunt;
    }

    /// What has been counted since the beginning.
    pub const fn counters(&self) -> FrameCounters {
        self.counters
    }

    fn step(&mut self, byte: u8) -> bool {
        self.state = match (self.state, byte) {
            (State::Hunt | State::Between | State::Revision, FLAG) => State::Revision,
            (State::Between | State::Revision, REVISION) => State::Length,
            (State::Hunt | State::Between, _) => drop_as(&mut self.counters.noise),
            (State::Revision, _) => drop_as(&mut self.counters.bad_revision),
            (State::Length, _) => self.begin(byte),
            (State::Packet | State::Escaped, FLAG) => {
                drop_as(&mut self.counters.cut);
                State::Revision
            }
            (State::Packet, ESCAPE) => State::Escaped,
            (State::Packet, _) => self.push(byte),
            (State::Escaped, ESCAPED_FLAG | ESCAPED_ESCAPE) => self.push(byte ^ FLIP),
            (State::Escaped, _) => drop_as(&mut self.counters.bad_escape),
            (State::FcsHigh, high) => State::FcsLow { high },
            (State::FcsLow { high }, low) => State::End { high, low },
            (State::End { high, low }, FLAG) if self.fcs.0 == u16::from_be_bytes([high, low]) => {
                self.counters.frames = self.counters.frames.saturating_add(1);
                self.state = State::Between;
                return true;
            }
            (State::End { high, low }, end) => return self.fail([high, low, end]),
        };
        false
    }

    fn begin(&mut self, length: u8) -> State {
        if usize::from(length) < HEADER_LENGTH || length > self.limit {
            let hunt = drop_as(&mut self.counters.bad_length);
            return if length == FLAG { State::Revision } else { hunt };
        }
        self.packet.clear();
        self.length = length;
        self.fcs = Fcs::START;
        self.fcs.add(REVISION);
        self.fcs.add(length);
        State::Packet
    }

    fn push(&mut self, byte: u8) -> State {
        self.fcs.add(byte);
        self.packet.push(byte);
        if self.packet.len() < usize::from(self.length) { State::Packet } else { State::FcsHigh }
    }

    /// When bytes of a frame were lost, the flags of this frame and the next were taken for its check sequence: look
    /// again from the first of them. Three bytes cannot complete a frame, so this ends.
    fn fail(&mut self, tail: [u8; 3]) -> bool {
        let [_, _, end] = tail;
        let reason = if end == FLAG { &mut self.counters.bad_fcs } else { &mut self.counters.no_end };
        self.state = drop_as(reason);
        tail.into_iter().skip_while(|&byte| byte != FLAG).any(|byte| self.step(byte))
    }
}

const FLAG: u8 = 0x7e;
const ESCAPE: u8 = 0x7d;
const FLIP: u8 = 0x20;
const ESCAPED_FLAG: u8 = FLAG ^ FLIP;
const ESCAPED_ESCAPE: u8 = ESCAPE ^ FLIP;
const REVISION: u8 = 0x01;
/// Flag, revision, length, two bytes of check sequence, flag.
const OVERHEAD: usize = 6;
const _: () = assert!(BASELINE_UNIT == 64 && HEADER_LENGTH == 4, "the longest packet is one unit and a header");

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    /// Waits for a flag.
    Hunt,
    /// After a frame's last flag, which may also be the next one's first.
    Between,
    /// After a flag.
    Revision,
    Length,
    Packet,
    Escaped,
    FcsHigh,
    FcsLow {
        high: u8,
    },
    End {
        high: u8,
        low: u8,
    },
}

const fn drop_as(reason: &mut u64) -> State {
    *reason = reason.saturating_add(1);
    State::Hunt
}

/// The CRC-16 of RFC 1662 C.2, but without the complement at the end; over revision, length and the packet unescaped.
/// Bit by bit: a serial line is slower than any table is worth.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Fcs(u16);

impl Fcs {
    const START: Self = Self(0xffff);

    fn add(&mut self, byte: u8) {
        self.0 ^= u16::from(byte);
        for _ in 0..u8::BITS {
            self.0 = if self.0 & 1 == 0 { self.0 >> 1 } else { self.0 >> 1 ^ 0x8408 };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PACKET: [u8; 8] = [1, 20, 8, 0xc8, 1, 0x80, 0, 2];

    fn decode(bytes: &[u8]) -> (Vec<Vec<u8>>, FrameCounters) {
        let mut decoder = Decoder::default();
        let packets = bytes.iter().filter_map(|&byte| decoder.feed(byte).map(<[u8]>::to_vec)).collect();
        (packets, decoder.counters())
    }

    #[test]
    fn the_check_sequence_is_crc_16_mcrf4xx() {
        let mut fcs = Fcs::START;
        b"123456789".iter().for_each(|&byte| fcs.add(byte));
        assert_eq!(fcs, Fcs(0x6f91)); // the catalogue's check value
    }

    #[test]
    fn frames_may_share_a_flag_and_have_noise_between_them() {
        let one = frame(&PACKET);
        let shared = [&one[..], &one[1..]].concat();
        assert_eq!(decode(&shared).0, [PACKET, PACKET]);
        let noisy = [b"login: ", &one[..], b"\r\n\x01\x05", &one[..], &[FLAG, FLAG], &one[..]].concat();
        let (packets, counters) = decode(&noisy);
        assert_eq!((packets.len(), counters.frames), (3, 3));
        assert!(counters.noise >= 7, "{counters:?}");
    }

    #[test]
    fn a_flag_inside_a_frame_begins_another() {
        let one = frame(&PACKET);
        for cut in 3..one.len() - 3 {
            let (packets, counters) = decode(&[&one[..cut], &one[..]].concat());
            assert_eq!((packets, counters.cut), (vec![PACKET.to_vec()], 1), "cut at {cut}");
        }
    }

    #[test]
    fn a_frame_that_lost_bytes_costs_no_other_frame() {
        let one = frame(&PACKET);
        for from in 1..one.len() {
            for to in from + 1..=one.len() {
                let (packets, _) = decode(&[&one[..from], &one[to..], &one[..], &one[..]].concat());
                assert!(packets.len() >= 2 && packets.iter().all(|packet| packet == &PACKET), "lost {from}..{to}");
            }
        }
    }

    #[test]
    fn each_damage_has_its_counter() {
        let damaged = |at: usize, byte: u8| {
            let mut bytes = frame(&PACKET);
            bytes[at] = byte;
            let (packets, counters) = decode(&bytes);
            assert!(packets.is_empty());
            counters
        };
        assert_eq!(damaged(1, 2).bad_revision, 1);
        assert_eq!(damaged(2, 3).bad_length, 1);
        assert_eq!(damaged(2, 69).bad_length, 1);
        assert_eq!(damaged(5, ESCAPE).bad_escape, 1);
        assert_eq!(damaged(5, 9).bad_fcs, 1);
        assert_eq!(damaged(13, 0).no_end, 1);
    }

    #[test]
    fn a_packet_of_256_bytes_has_no_frame() {
        assert_eq!(frame(&[0; 256]), [0u8; 0]);
        let longest = [FLAG; 255];
        let mut decoder = Decoder::new(255);
        let packets: Vec<_> = frame(&longest).iter().filter_map(|&b| decoder.feed(b).map(<[u8]>::to_vec)).collect();
        assert_eq!(packets, [longest.to_vec()]);
    }

    proptest! {
        #[test]
        fn every_packet_comes_back(packet in prop::collection::vec(any::<u8>(), 4..=68)) {
            prop_assert_eq!(decode(&frame(&packet)).0, [packet]);
        }

        #[test]
        fn any_bytes_are_read_within_the_bound(bytes in prop::collection::vec(prop_oneof![any::<u8>(), Just(FLAG), 0..8u8], 0..2000)) {
            let mut decoder = Decoder::default();
            for &byte in &bytes {
                prop_assert!(decoder.feed(byte).is_none_or(|packet| packet.len() <= 68));
                prop_assert!(decoder.packet.len() <= 68);
            }
            // After any noise, the second of two good frames comes through at the latest.
            let good = [frame(&PACKET), frame(&PACKET)].concat();
            let count = good.iter().filter(|&&byte| decoder.feed(byte).is_some()).count();
            prop_assert!(count >= 1);
        }
    }
}
