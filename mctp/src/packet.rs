//! Packets (DSP0236 8.1): a message goes in pieces, each under a header of four bytes.

use crate::{Eid, MessageType};
use wire::{Damage, Malformed, Reader};

/// The payload every endpoint must take: the baseline transmission unit (DSP0236).
pub const BASELINE_UNIT: usize = 64;

/// The bytes of a packet header.
pub const HEADER_LENGTH: usize = 4;

/// The header version of DSP0236 1.x.
pub const HEADER_VERSION: u8 = 1;

wire::record! {
    /// A packet's header.
    pub struct Header {
        /// Reserved bits (bits 7:4), kept, and the header version (bits 3:0).
        pub version: u8,
        /// Whom the packet is for.
        pub destination: Eid,
        /// Who sent it.
        pub source: Eid,
        /// Where the packet stands in its message, and the message's tag.
        pub flags: Flags,
    }
}

/// Start and end of message, packet sequence number and message tag: one byte.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Flags(pub u8);

wire::newtype!(Flags(u8));

impl Flags {
    const START: u8 = 0x80;
    const END: u8 = 0x40;

    /// Puts the byte together. `sequence` counts modulo 4.
    pub const fn new(start: bool, end: bool, sequence: u8, tag: Tag) -> Self {
        let start = if start { Self::START } else { 0 };
        let end = if end { Self::END } else { 0 };
        Self(start | end | (sequence & 3) << 4 | tag.bits())
    }

    /// Whether the packet is the first of its message.
    pub const fn start_of_message(self) -> bool {
        self.0 & Self::START != 0
    }

    /// Whether the packet is the last of its message.
    pub const fn end_of_message(self) -> bool {
        self.0 & Self::END != 0
    }

    /// The packet sequence number, 0 to 3.
    pub const fn sequence(self) -> u8 {
        self.0 >> 4 & 3
    }

    /// The message's tag.
    pub const fn tag(self) -> Tag {
        Tag { owner: self.0 & Tag::OWNER != 0, number: self.0 & Tag::NUMBER }
    }
}

/// Tells the messages between two endpoints apart: a response has its request's number and the other owner bit.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Tag {
    /// Whether the sender of the message chose the number: so it is with requests.
    pub owner: bool,
    /// The message tag, 0 to 7.
    pub number: u8,
}

impl Tag {
    const OWNER: u8 = 0x08;
    const NUMBER: u8 = 0x07;

    /// A request's tag.
    pub const fn request(number: u8) -> Self {
        Self { owner: true, number }
    }

    /// The tag of the response to a message with this tag.
    pub const fn response(self) -> Self {
        Self { owner: false, number: self.number }
    }

    const fn bits(self) -> u8 {
        (if self.owner { Self::OWNER } else { 0 }) | self.number & Self::NUMBER
    }
}

/// A packet that can be part of a message: its header version is ours and it has a payload.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Packet<'a> {
    /// The header.
    pub header: Header,
    /// At least one byte.
    pub payload: &'a [u8],
}

impl<'a> Packet<'a> {
    /// Reads a packet. Another header version and a packet without payload are errors: what the first means we do not
    /// know, and the second would be a message without even a type.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let mut r = Reader::new("packet", bytes);
        let version = r.get("header version")?;
        if version & 0x0f != HEADER_VERSION {
            return Err(r.malformed(Damage::Contradiction));
        }
        let (destination, source, flags) = (r.get("destination")?, r.get("source")?, r.get("flags")?);
        let header = Header { version, destination, source, flags };
        r.clone().take(1u8, "payload")?; // at least one byte
        Ok(Self { header, payload: r.rest() })
    }
}

/// Puts the type byte before the body (DSP0236, message type). Without an integrity check, as PLDM, SPDM and control want it.
pub fn message(message_type: MessageType, body: &[u8]) -> Vec<u8> {
    let mut message = Vec::with_capacity(body.len().saturating_add(1));
    message.push(message_type.0 & MESSAGE_TYPE);
    message.extend_from_slice(body);
    message
}

/// A message's type byte: whether an integrity check ends the message, and what it speaks.
pub const fn message_kind(byte: u8) -> (bool, MessageType) {
    (byte & !MESSAGE_TYPE != 0, MessageType(byte & MESSAGE_TYPE))
}

const MESSAGE_TYPE: u8 = 0x7f;

/// Cuts a message, type byte included, into packets of at most `unit` bytes of payload; the sequence starts at 0.
pub fn fragment(source: Eid, destination: Eid, tag: Tag, message: &[u8], unit: usize) -> impl Iterator<Item = Vec<u8>> {
    let chunks = message.chunks(unit.max(1));
    let last = chunks.len().saturating_sub(1);
    chunks.zip((0..4u8).cycle()).enumerate().map(move |(index, (payload, sequence))| {
        let flags = Flags::new(index == 0, index == last, sequence, tag);
        let mut packet = Vec::with_capacity(payload.len().saturating_add(HEADER_LENGTH));
        packet.extend_from_slice(&[HEADER_VERSION, destination.0, source.0, flags.0]);
        packet.extend_from_slice(payload);
        packet
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use wire::{decode, encode};

    #[test]
    fn every_flag_byte_survives() {
        for byte in 0..=u8::MAX {
            let flags = Flags(byte);
            let again = Flags::new(flags.start_of_message(), flags.end_of_message(), flags.sequence(), flags.tag());
            assert_eq!(again, flags);
        }
    }

    #[test]
    fn a_packet_of_another_version_and_one_without_payload_are_refused() {
        assert!(Packet::parse(&[1, 8, 20, 0xc8, 0]).is_ok());
        assert!(Packet::parse(&[0x31, 8, 20, 0xc8, 0]).is_ok(), "reserved bits say nothing");
        assert_eq!(Packet::parse(&[2, 8, 20, 0xc8, 0]).unwrap_err().damage, Damage::Contradiction);
        for length in 0..=4 {
            assert_eq!(Packet::parse(&[1, 8, 20, 0xc8][..length]).unwrap_err().damage, Damage::Short);
        }
    }

    #[test]
    fn the_type_byte_has_the_integrity_check_bit_on_top() {
        assert_eq!(message_kind(0x81), (true, MessageType::PLDM));
        assert_eq!(message(MessageType::PLDM, &[0x80]), [1, 0x80]);
    }

    #[test]
    fn a_message_of_whole_units_ends_with_a_whole_packet() {
        let packets: Vec<_> = fragment(Eid(8), Eid(20), Tag::request(3), &[7; 128], BASELINE_UNIT).collect();
        let heads: Vec<_> = packets.iter().map(|packet| packet[..4].to_vec()).collect();
        assert_eq!(heads, [[1, 20, 8, 0x8b], [1, 20, 8, 0x5b]]);
        assert!(packets.iter().all(|packet| packet.len() == 68));
        assert_eq!(fragment(Eid(8), Eid(20), Tag::request(3), &[], BASELINE_UNIT).count(), 0);
    }

    proptest! {
        #[test]
        fn whatever_decodes_encodes_back_to_the_same_bytes(bytes in prop::collection::vec(any::<u8>(), 4)) {
            prop_assert_eq!(encode(&decode::<Header>(&bytes).unwrap()), Ok(bytes));
        }
    }
}
