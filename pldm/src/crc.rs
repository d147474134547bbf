//! The checksums PLDM puts behind data in parts: CRC-32 as in IEEE 802.3 (DSP0240, "DataIntegrityChecksum"), and CRC-8
//! behind platform descriptor records (DSP0248, "transferCRC").

/// The polynomial x^32 + x^26 + ... + 1, bit-reversed because the checksum takes the lowest bit first.
const POLYNOMIAL: u32 = 0xedb8_8320;

/// The CRC-32 of `bytes`.
pub fn crc32(bytes: &[u8]) -> u32 {
    crc32_after(0, bytes)
}

/// The CRC-32 of `bytes` behind others, whose own CRC-32 is `before`; that of none is 0.
///
/// Bit by bit and without a table: it runs once per answer over a few hundred bytes, and a table is 1 KiB of flash.
pub(crate) fn crc32_after(before: u32, bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!before, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ POLYNOMIAL } else { crc >> 1 })
    })
}

/// The CRC-8 of `bytes`: polynomial x^8 + x^2 + x + 1, beginning with 0, the highest bit first, as SMBus has it.
pub fn crc8(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |crc, &byte| {
        (0..8).fold(crc ^ byte, |crc: u8, _| if crc & 0x80 == 0 { crc << 1 } else { (crc << 1) ^ 0x07 })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_value_is_the_published_one() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(crc32(b""), 0);
        assert_eq!(crc8(b"123456789"), 0xf4);
        assert_eq!(crc8(b""), 0);
    }

    #[test]
    fn pieces_give_what_the_whole_gives() {
        let pieces = [&b"12"[..], b"", b"3456", b"789"];
        assert_eq!(pieces.into_iter().fold(0, crc32_after), crc32(b"123456789"));
    }
}
