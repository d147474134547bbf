//! The few conversions the simulated devices need. They are written anew here, so that they prove the product's own.

use super::data::{Encoding, Version};

/// Hexadecimal digits as bytes; blanks and hyphens do not count. Panics on others: the text stands in our data files.
pub(super) fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.chars().filter(|c| !matches!(c, ' ' | '-')).map(digit).collect();
    assert!(digits.len().is_multiple_of(2), "an odd number of digits: {text}");
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

/// A UUID as its 16 bytes.
pub(super) fn uuid(text: &str) -> [u8; 16] {
    hex(text).try_into().unwrap_or_else(|_| panic!("{text} is no UUID"))
}

/// Bytes one behind the other, the least significant first.
#[derive(Debug, Default)]
pub(super) struct Out(pub(super) Vec<u8>);

impl Out {
    pub(super) fn u8(mut self, value: u8) -> Self {
        self.0.push(value);
        self
    }

    pub(super) fn i8(self, value: i8) -> Self {
        self.bytes(value.to_le_bytes())
    }

    pub(super) fn u16(self, value: u16) -> Self {
        self.bytes(value.to_le_bytes())
    }

    pub(super) fn u32(self, value: u32) -> Self {
        self.bytes(value.to_le_bytes())
    }

    pub(super) fn f32(self, value: f32) -> Self {
        self.bytes(value.to_le_bytes())
    }

    pub(super) fn bytes(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.0.extend_from_slice(bytes.as_ref());
        self
    }

    /// For each item in turn what `add` makes of it.
    pub(super) fn each<T>(self, items: impl IntoIterator<Item = T>, add: impl Fn(Self, T) -> Self) -> Self {
        items.into_iter().fold(self, add)
    }
}

/// The numbers of a request, the least significant byte first; a request that is too short ends them.
pub(super) struct In<'a>(pub(super) &'a [u8]);

impl In<'_> {
    pub(super) fn u8(&mut self) -> Option<u8> {
        self.take().map(|[byte]| byte)
    }

    pub(super) fn u16(&mut self) -> Option<u16> {
        self.take().map(u16::from_le_bytes)
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        self.take().map(u32::from_le_bytes)
    }

    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (first, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*first)
    }
}

/// CRC-8 of SMBus.
pub(super) fn crc8(bytes: &[u8]) -> u8 {
    let step = |crc: u8, _| if crc & 0x80 == 0 { crc << 1 } else { crc << 1 ^ 0x07 };
    bytes.iter().fold(0, |crc, &byte| (0..8).fold(crc ^ byte, step))
}

/// UTF-16, the most significant byte first, with a zero at the end.
pub(super) fn utf16be(text: &str) -> Vec<u8> {
    text.encode_utf16().chain([0]).flat_map(u16::to_be_bytes).collect()
}

/// CRC-32 of IEEE 802.3.
pub(super) fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 0 { crc >> 1 } else { crc >> 1 ^ 0xedb8_8320 };
    !bytes.iter().fold(!0, |crc, &byte| (0..8).fold(crc ^ u32::from(byte), step))
}

/// `1.3.0` as PLDM's ver32: alpha, update, minor, major, one digit each under a nibble F (DSP0240, "ver32").
pub(super) fn ver32(text: &str) -> [u8; 4] {
    let mut parts = text.split('.').map(|part| 0xf0 | part.parse::<u8>().unwrap_or_else(|_| panic!("version {text}")));
    let (major, minor) = (parts.next().unwrap_or(0xf0), parts.next().unwrap_or(0xf0));
    [0, parts.next().unwrap_or(0xff), minor, major]
}

impl Encoding {
    /// A text in it.
    pub(super) fn bytes(self, text: &str) -> Vec<u8> {
        let wide = |order: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(order).collect();
        match self {
            Self::Unknown | Self::Ascii | Self::Utf8 => text.into(),
            Self::Utf16 => [vec![0xff, 0xfe], wide(u16::to_le_bytes)].concat(),
            Self::Utf16le => wide(u16::to_le_bytes),
            Self::Utf16be => wide(u16::to_be_bytes),
        }
    }
}

impl Version {
    /// The text as the device sends it: type and bytes.
    pub(super) fn encoded(&self) -> (u8, Vec<u8>) {
        let bytes = self.bytes.as_deref().map_or_else(|| self.encoding.bytes(&self.text), hex);
        if bytes.is_empty() { (0, bytes) } else { (self.encoding as u8, bytes) }
    }

    /// The day of its release as it stands on the wire.
    pub(super) fn date_bytes(&self) -> [u8; 8] {
        self.date.as_ref().map_or([0; 8], |date| date.as_bytes().try_into().expect("YYYYMMDD"))
    }
}

const fn digit(c: char) -> u8 {
    match c.to_digit(16) {
        Some(digit) => digit as u8,
        None => panic!("not a hexadecimal digit"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_values_of_the_checksums() {
        assert_eq!((crc32(b"123456789"), crc8(b"123456789")), (0xcbf4_3926, 0xf4));
    }

    #[test]
    fn a_version_number_has_its_alpha_first() {
        assert_eq!((ver32("1.3.0"), ver32("1.2")), ([0, 0xf0, 0xf3, 0xf1], [0, 0xff, 0xf2, 0xf1]));
    }

    #[test]
    fn a_version_is_sent_in_its_encoding() {
        let encoded = |encoding| Version { encoding, ..Version::from("v1") }.encoded();
        assert_eq!(encoded(Encoding::Ascii), (1, b"v1".to_vec()));
        assert_eq!(encoded(Encoding::Utf16), (3, b"\xff\xfev\x001\0".to_vec()));
        assert_eq!(encoded(Encoding::Utf16be), (5, b"\0v\x001".to_vec()));
        assert_eq!(Version::default().encoded(), (0, vec![]));
    }
}
