//! [`Payload`]: checks the images' checksum as their bytes are read by.

use super::{Finding, Package};
use crate::crc::crc32_after;

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
    images: u32,
    all: u32,
}

impl Payload {
    /// What the header says of them.
    pub fn of(package: &Package) -> Self {
        let end = package.components.iter().map(|component| component.range().end).max().unwrap_or_default();
        let left = end.saturating_sub(package.header_size.into());
        Self { says: package.payload_checksum, left, images: 0, all: 0 }
    }

    /// Whether there is a checksum to compare with; else nothing need be read.
    pub const fn has_checksum(&self) -> bool {
        self.says.is_some()
    }

    /// Takes in the next bytes, beginning with the first one behind the header.
    pub fn update(&mut self, bytes: &[u8]) {
        let left = usize::try_from(self.left).unwrap_or(usize::MAX);
        self.images = crc32_after(self.images, bytes.get(..left).unwrap_or(bytes));
        self.all = crc32_after(self.all, bytes);
        self.left = self.left.saturating_sub(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
    }

    /// What is wrong, now that all bytes of the file have been seen.
    pub fn finding(&self) -> Option<Finding> {
        let (says, is) = (self.says?, self.images);
        (says != is && says != self.all).then_some(Finding::PayloadChecksum { says, is })
    }
}
