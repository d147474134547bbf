//! [`Start`]: the bytes that say whether a file is a package, of which revision, and how long its header is.

use std::fmt;
use wire::{Malformed, Reader};

wire::record! {
    /// The first 19 bytes of every package (DSP0267, "Package header information"); integers are little-endian.
    pub struct Start = "package header" {
        /// Which structure follows: a UUID in the order of RFC 9562.
        pub package_header_identifier: [u8; 16],
        /// The same as a number: 1 for revision 1.0, 4 for 1.3.
        pub package_header_format_revision: u8,
        /// How many bytes the whole header has, from the first of these to the last checksum.
        pub package_header_size: u16,
    }
}

/// Which structure a header has (DSP0267 1.0 to 1.3).
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Revision {
    /// DSP0267 1.0.
    V1_0,
    /// DSP0267 1.1: with downstream devices.
    V1_1,
    /// DSP0267 1.2: with opaque data for components.
    V1_2,
    /// DSP0267 1.3: with reference manifests and a checksum over the images.
    V1_3,
}

impl Revision {
    /// All that we know.
    pub const ALL: [Self; 4] = [Self::V1_0, Self::V1_1, Self::V1_2, Self::V1_3];

    /// PackageHeaderIdentifier.
    pub const fn identifier(self) -> [u8; 16] {
        match self {
            Self::V1_0 => 0xf018_878c_cb7d_4943_9800_a02f_059a_ca02_u128,
            Self::V1_1 => 0x1244_d264_8d7d_4718_a030_fc8a_5658_7d5a,
            Self::V1_2 => 0x3119_ce2f_e80a_4a99_af6d_46f8_b121_f6bf,
            Self::V1_3 => 0x7b29_1c99_6db6_4208_801b_0202_6e46_3c78,
        }
        .to_be_bytes()
    }

    /// PackageHeaderFormatRevision.
    pub const fn format_revision(self) -> u8 {
        match self {
            Self::V1_0 => 1,
            Self::V1_1 => 2,
            Self::V1_2 => 3,
            Self::V1_3 => 4,
        }
    }

    /// How many bytes of checksums end the header.
    pub(super) const fn checksums(self) -> u16 {
        if matches!(self, Self::V1_3) { 8 } else { 4 }
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V1_0 => "1.0",
            Self::V1_1 => "1.1",
            Self::V1_2 => "1.2",
            Self::V1_3 => "1.3",
        })
    }
}

/// Why a file is not a package that we can read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NotAPackage {
    /// It ends before it has said what it is.
    Short(Malformed),
    /// Its identifier is that of no revision we know; here in the order of RFC 9562.
    UnknownIdentifier([u8; 16]),
}

impl fmt::Display for NotAPackage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Short(malformed) => malformed.fmt(f),
            Self::UnknownIdentifier(identifier) => {
                let identifier = mctp::uuid_text(identifier);
                write!(f, "the identifier {identifier} is of no package header of DSP0267 1.0 to 1.3")
            }
        }
    }
}

impl std::error::Error for NotAPackage {}

impl Start {
    /// How many bytes it has.
    pub const LENGTH: usize = 19;

    /// Reads the front of a file. The identifier says which revision it is; the number beside it is only compared.
    pub fn of(bytes: &[u8]) -> Result<(Self, Revision), NotAPackage> {
        let mut r = Reader::new("package header", bytes);
        let start: Self = r.get("package_header_identifier").map_err(NotAPackage::Short)?;
        let identifier = start.package_header_identifier;
        let known = Revision::ALL.into_iter().find(|revision| revision.identifier() == identifier);
        known.map(|revision| (start, revision)).ok_or(NotAPackage::UnknownIdentifier(identifier))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::{Damage, Wire};

    #[test]
    fn the_identifiers_are_the_published_ones() {
        let texts = Revision::ALL.map(|revision| mctp::uuid_text(&revision.identifier()));
        assert_eq!(
            texts,
            [
                "f018878c-cb7d-4943-9800-a02f059aca02",
                "1244d264-8d7d-4718-a030-fc8a56587d5a",
                "3119ce2f-e80a-4a99-af6d-46f8b121f6bf",
                "7b291c99-6db6-4208-801b-02026e463c78",
            ]
        );
    }

    #[test]
    fn what_is_no_package_is_refused_with_its_reason() {
        assert_eq!(Start::SIZE, Some(Start::LENGTH));
        let bytes = [&Revision::V1_1.identifier()[..], &[2, 0x34, 0x12]].concat();
        let (start, revision) = Start::of(&bytes).unwrap();
        assert_eq!((revision, start.package_header_size), (Revision::V1_1, 0x1234));
        for length in 0..bytes.len() {
            let Err(NotAPackage::Short(malformed)) = Start::of(&bytes[..length]) else { panic!("{length}") };
            assert_eq!(malformed.damage, Damage::Short);
        }
        let zip = Start::of(b"PK\x03\x04 not a package at all").unwrap_err();
        assert_eq!(
            zip.to_string(),
            "the identifier 504b0304-206e-6f74-2061-207061636b61 is of no package header of DSP0267 1.0 to 1.3"
        );
    }
}
