//! The checksum PLDM puts behind multi-part data: CRC-32 as in IEEE 802.3 (DSP0240, "DataIntegrityChecksum").

/// The polynomial x^32 + x^26 + ... + 1, bit-reversed because the checksum takes the lowest bit first.
const POLYNOMIAL: u32 = 0xedb8_8320;

/// The CRC-32 of bytes that arrive piece by piece.
///
/// Bit by bit and without a table: it runs once per answer over a few hundred bytes, and a table is 1 KiB of flash.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Crc32(u32);

impl Crc32 {
    /// Takes in the next bytes.
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |crc, &byte| {
            (0..8).fold(crc ^ u32::from(byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ POLYNOMIAL } else { crc >> 1 })
        });
    }

    /// The checksum of all bytes so far.
    pub(crate) const fn value(self) -> u32 {
        !self.0
    }
}

impl Default for Crc32 {
    fn default() -> Self {
        Self(!0)
    }
}

/// The CRC-32 of `bytes`.
pub fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = Crc32::default();
    crc.update(bytes);
    crc.value()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_value_is_the_published_one() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(crc32(b""), 0);
    }

    #[test]
    fn pieces_give_what_the_whole_gives() {
        let mut crc = Crc32::default();
        [&b"12"[..], b"", b"3456", b"789"].iter().for_each(|piece| crc.update(piece));
        assert_eq!(crc.value(), crc32(b"123456789"));
    }
}
