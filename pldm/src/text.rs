//! [`Text`]: a string as a device sent it, and how it is shown to people.

use crate::{Leniency, Octets};
use wire::{Malformed, Reader, Writer};

wire::codes! {
    /// How a string is encoded (DSP0267, "String type values").
    pub struct StringType(u8) {
        /// The sender does not say.
        UNKNOWN = 0x00,
        /// Seven bits.
        ASCII = 0x01,
        /// UTF-8.
        UTF_8 = 0x02,
        /// UTF-16 that begins with a byte order mark.
        UTF_16 = 0x03,
        /// UTF-16, low byte first.
        UTF_16LE = 0x04,
        /// UTF-16, high byte first.
        UTF_16BE = 0x05,
    }
}

wire::record! {
    /// A string's type and length, which PLDM writes apart from its bytes.
    #[derive(Copy)]
    pub struct TextHead {
        /// The encoding.
        pub encoding: StringType,
        /// How many bytes there are, later in the message.
        pub length: u8,
    }
}

impl TextHead {
    /// Takes the bytes that belong to this head.
    #[inline(always)] // a call would hand the text over in memory, and an entry has two
    pub fn body(self, r: &mut Reader<'_>, field: &'static str) -> Result<Text, Malformed> {
        Ok(Text { encoding: self.encoding, bytes: Octets::read(r, self.length, field)? })
    }
}

/// A string and the encoding its sender named; kept as sent, even when we cannot read it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Text {
    /// The encoding.
    pub encoding: StringType,
    /// The bytes; a message carries at most 255.
    pub bytes: Octets,
}

impl Text {
    /// A string in ASCII, or in UTF-8 where it is more.
    pub fn new(text: &str) -> Self {
        let encoding = if text.is_ascii() { StringType::ASCII } else { StringType::UTF_8 };
        Self { encoding, bytes: text.as_bytes().into() }
    }

    /// No string at all: what a device without a pending image sends.
    pub fn none() -> Self {
        Self { encoding: StringType::UNKNOWN, bytes: Octets::default() }
    }

    /// What goes before the bytes.
    pub fn head(&self, field: &'static str) -> Result<TextHead, Malformed> {
        let too_long = |_| Malformed { message: "text", field, damage: wire::Damage::TooLong };
        Ok(TextHead { encoding: self.encoding, length: u8::try_from(self.bytes.len()).map_err(too_long)? })
    }

    /// Writes head and bytes together, where a message has them so.
    pub fn write_whole(&self, w: &mut Writer, field: &'static str) -> Result<(), Malformed> {
        w.put(&self.head(field)?)?;
        w.bytes(&self.bytes);
        Ok(())
    }

    /// One line of printable text, and what had to be overlooked to get it.
    ///
    /// It goes into logs, metric labels and web pages, so nothing in it may break a line or disguise what follows:
    /// what cannot be shown becomes U+FFFD.
    pub fn to_string_lenient(&self) -> (String, Vec<Leniency>) {
        let mut seen = Vec::new();
        if self.bytes.is_empty() {
            return (String::new(), seen);
        }
        let text = match self.encoding {
            StringType::ASCII | StringType::UTF_8 => narrow(self.encoding, &self.bytes, &mut seen),
            StringType::UTF_16 | StringType::UTF_16LE | StringType::UTF_16BE => {
                wide(self.encoding, &self.bytes, &mut seen)
            }
            _ => {
                seen.push(Leniency::UnknownStringType);
                guess(&self.bytes)
            }
        };
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let ended = text.trim_end_matches('\0');
        if ended.len() < text.len() {
            seen.push(Leniency::TrailingNul);
        }
        if ended.contains(unprintable) {
            seen.push(Leniency::ControlCharacters);
        }
        (ended.replace(unprintable, "\u{fffd}"), seen)
    }
}

/// ASCII is read as UTF-8, because devices that say the one and send the other exist.
fn narrow(encoding: StringType, bytes: &[u8], seen: &mut Vec<Leniency>) -> String {
    if std::str::from_utf8(bytes).is_err() || (encoding == StringType::ASCII && !bytes.is_ascii()) {
        seen.push(Leniency::InvalidText);
    }
    String::from_utf8_lossy(bytes).into_owned()
}

fn wide(encoding: StringType, bytes: &[u8], seen: &mut Vec<Leniency>) -> String {
    let high_first = match (encoding, bytes) {
        (StringType::UTF_16BE, _) | (StringType::UTF_16, [0xfe, 0xff, ..]) => true,
        (StringType::UTF_16LE, _) | (StringType::UTF_16, [0xff, 0xfe, ..]) => false,
        _ => {
            seen.push(Leniency::MissingByteOrderMark);
            guess_high_first(bytes)
        }
    };
    let (pairs, rest) = bytes.as_chunks::<2>();
    let units = pairs.iter().map(|&pair| if high_first { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) });
    let mut whole = rest.is_empty();
    let mut text: String = char::decode_utf16(units)
        .map(|unit| {
            whole &= unit.is_ok();
            unit.unwrap_or(char::REPLACEMENT_CHARACTER)
        })
        .collect();
    if !rest.is_empty() {
        text.push(char::REPLACEMENT_CHARACTER);
    }
    if !whole {
        seen.push(Leniency::InvalidText);
    }
    text
}

/// Versions are mostly ASCII, so the half of the pairs that is zero is the high one. RFC 2781 decides a draw.
fn guess_high_first(bytes: &[u8]) -> bool {
    let (pairs, _) = bytes.as_chunks::<2>();
    let zero = |high: fn(&[u8; 2]) -> u8| pairs.iter().filter(|pair| high(pair) == 0).count();
    zero(|[first, _]| *first) >= zero(|[_, second]| *second)
}

/// Bytes of no known encoding: text if they look like it, else hex.
fn guess(bytes: &[u8]) -> String {
    let end = bytes.iter().rposition(|&byte| byte != 0).map_or(0, |last| last.saturating_add(1));
    let text = bytes.get(..end).unwrap_or_default();
    match std::str::from_utf8(text) {
        Ok(text) if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) => text.into(),
        _ => bytes.iter().fold(String::from("0x"), |hex, byte| hex + &format!("{byte:02x}")),
    }
}

/// Control characters, line and paragraph separators, and the invisible ones that turn or hide what follows them.
fn unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
        || matches!(c, '\u{61c}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(encoding: u8, bytes: &[u8]) -> (String, Vec<Leniency>) {
        Text { encoding: StringType(encoding), bytes: bytes.into() }.to_string_lenient()
    }

    fn clean(text: &str) -> (String, Vec<Leniency>) {
        (text.into(), vec![])
    }

    #[test]
    fn every_encoding_of_the_specification_is_read() {
        assert_eq!(shown(1, b"1.2.3"), clean("1.2.3"));
        assert_eq!(shown(2, "v1-\u{e9}".as_bytes()), clean("v1-\u{e9}"));
        assert_eq!(shown(3, b"\xff\xfev\x001\0"), clean("v1"));
        assert_eq!(shown(3, b"\xfe\xff\0v\x001"), clean("v1"));
        assert_eq!(shown(4, b"v\x001\0"), clean("v1"));
        assert_eq!(shown(5, b"\0v\x001"), clean("v1"));
    }

    #[test]
    fn nothing_is_nothing_in_every_encoding() {
        (0..=255).for_each(|encoding| assert_eq!(shown(encoding, b""), clean("")));
    }

    #[test]
    fn an_encoding_we_do_not_know_is_text_or_hex() {
        let unknown = |text: &str| (text.into(), vec![Leniency::UnknownStringType]);
        assert_eq!(shown(0, b"1.0"), unknown("1.0"));
        assert_eq!(shown(9, b"1.0\0\0"), unknown("1.0"));
        assert_eq!(shown(0xff, b"\x01\x02"), unknown("0x0102"));
        assert_eq!(shown(0, b"1\n2"), unknown("0x310a32"));
    }

    #[test]
    fn bytes_that_are_no_text_are_replaced() {
        assert_eq!(shown(2, b"1.\xff2"), ("1.\u{fffd}2".into(), vec![Leniency::InvalidText]));
        assert_eq!(shown(1, b"\xc3\xa9"), ("\u{e9}".into(), vec![Leniency::InvalidText]));
        assert_eq!(shown(4, b"\x00\xd8"), ("\u{fffd}".into(), vec![Leniency::InvalidText]));
        assert_eq!(shown(5, b"\0v1"), ("v\u{fffd}".into(), vec![Leniency::InvalidText]));
        assert_eq!(shown(3, b"v"), ("\u{fffd}".into(), vec![Leniency::MissingByteOrderMark, Leniency::InvalidText]));
    }

    #[test]
    fn a_missing_byte_order_mark_is_guessed() {
        let guessed = ("v1".into(), vec![Leniency::MissingByteOrderMark]);
        assert_eq!(shown(3, b"v\x001\0"), guessed);
        assert_eq!(shown(3, b"\0v\x001"), guessed);
    }

    #[test]
    fn padding_is_cut_and_what_breaks_the_line_is_replaced() {
        assert_eq!(shown(1, b"1.0\0\0\0"), ("1.0".into(), vec![Leniency::TrailingNul]));
        assert_eq!(shown(4, b"1\0\0\0"), ("1".into(), vec![Leniency::TrailingNul]));
        assert_eq!(shown(1, b"a\nb\0c"), ("a\u{fffd}b\u{fffd}c".into(), vec![Leniency::ControlCharacters]));
        let turned = shown(2, "1\u{202e}2\u{2028}".as_bytes());
        assert_eq!(turned, ("1\u{fffd}2\u{fffd}".into(), vec![Leniency::ControlCharacters]));
    }

    #[test]
    fn a_string_of_256_bytes_cannot_be_sent() {
        assert!(Text::new(&"x".repeat(255)).head("version").is_ok());
        assert_eq!(Text::new(&"x".repeat(256)).head("version").unwrap_err().field, "version");
    }

    proptest! {
        #[test]
        fn whatever_comes_is_one_printable_line(encoding in 0u8..8, bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let (text, _) = shown(encoding, &bytes);
            prop_assert!(!text.contains(unprintable), "{:?}", text);
        }
    }
}
