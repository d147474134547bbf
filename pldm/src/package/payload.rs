//! [`Payload`]: checks the images' checksum as their bytes are read by.

use super::{Finding, Package};
use crate::crc::Crc32;

/// The bytes behind a header, on their way: the checksum that revision 1.3 has for them.
///
/// It goes from the first byte behind the header to the last of the last image, padding between images included.
/// Packages exist with a signature behind that (NVIDIA), and makers that take the checksum of all they write, so a
/// checksum up to the end of the file holds as well.
#[derive(Clone, Debug)]
pub struct Payload {
    says: Option<u32>,
    /// How many bytes there still are to the end of the last image.
    left: u64,
    images: Crc32,
    all: Crc32,
}

impl Payload {
    /// What the header says of them.
    pub fn of(package: &Package) -> Self {
        let end = package.components.iter().map(|component| component.range().end).max().unwrap_or_default();
        let left = end.saturating_sub(package.header_size.into());
        Self { says: package.payload_checksum, left, images: Crc32::default(), all: Crc32::default() }
    }

    /// Whether there is a checksum to compare with; else nothing need be read.
    pub const fn has_checksum(&self) -> bool {
        self.says.is_some()
    }

    /// Takes in the next bytes, beginning with the first one behind the header.
    pub fn update(&mut self, bytes: &[u8]) {
        let left = usize::try_from(self.left).unwrap_or(usize::MAX);
        self.images.update(bytes.get(..left).unwrap_or(bytes));
        self.all.update(bytes);
        self.left = self.left.saturating_sub(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
    }

    /// What is wrong, now that all bytes of the file have been seen.
    pub fn finding(&self) -> Option<Finding> {
        let (says, is) = (self.says?, self.images.value());
        (says != is && says != self.all.value()).then_some(Finding::PayloadChecksum { says, is })
    }
}
