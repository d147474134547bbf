//! [`Finding`]: what is wrong with a package. Each is a fact about the file; none hides what else it says.

use super::Revision;
use std::fmt;
use wire::Malformed;

/// One thing wrong. Records and components are counted from 0, each in its own area.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Finding {
    /// The number beside the identifier is that of another revision. The identifier counts.
    FormatRevision {
        /// The number.
        says: u8,
        /// What the identifier says.
        revision: Revision,
    },
    /// The file ends within the header.
    HeaderCut {
        /// PackageHeaderSize.
        size: u16,
        /// How many bytes the file has.
        file: u64,
    },
    /// The header has other bytes than when its checksum was taken.
    HeaderChecksum {
        /// The checksum in the header.
        says: u32,
        /// That of its bytes.
        is: u32,
    },
    /// What stands in the header cannot be read from here on.
    Header(Malformed),
    /// A record of a device cannot be read to its end; the next one can.
    Device(usize, Malformed),
    /// The same for a device behind a device.
    DownstreamDevice(usize, Malformed),
    /// ComponentBitmapBitLength is not a multiple of 8, or has no bit for every component.
    BitmapLength {
        /// How long it is.
        bits: u16,
        /// How many components there are.
        components: usize,
    },
    /// A record without a descriptor fits no device.
    DeviceUndescribed(usize),
    /// The same for a device behind a device.
    DownstreamDeviceUndescribed(usize),
    /// A record takes a component that is not there.
    DeviceComponent(usize, usize),
    /// The same for a device behind a device.
    DownstreamDeviceComponent(usize, usize),
    /// An image has no byte.
    ImageEmpty(usize),
    /// An image begins within the header.
    ImageInHeader(usize),
    /// An image ends beyond the file.
    ImageBeyondFile {
        /// Which.
        component: usize,
        /// Where it ends.
        end: u64,
        /// Where the file ends.
        file: u64,
    },
    /// Two images have bytes in common.
    ImagesOverlap(usize, usize),
    /// Bytes follow the last image, and nothing says what they are. A signature of the vendor's is an example.
    BytesBehind {
        /// How many.
        bytes: u64,
    },
    /// The images have other bytes than when their checksum was taken.
    PayloadChecksum {
        /// The checksum in the header.
        says: u32,
        /// That of the bytes.
        is: u32,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FormatRevision { says, revision } => {
                write!(f, "the identifier is that of header revision {revision}, the format revision is {says}")
            }
            Self::HeaderCut { size, file } => write!(f, "the header has {size} bytes, the file {file}"),
            Self::HeaderChecksum { says, is } => {
                write!(f, "the header's checksum is {says:#010x}, that of its bytes {is:#010x}")
            }
            Self::Header(malformed) => malformed.fmt(f),
            Self::Device(number, malformed) => write!(f, "device {number}: {malformed}"),
            Self::DownstreamDevice(number, malformed) => write!(f, "downstream device {number}: {malformed}"),
            Self::BitmapLength { bits, components } => {
                write!(f, "a bitmap of {bits} bits is no multiple of 8, or too short for {components} components")
            }
            Self::DeviceUndescribed(number) => write!(f, "device {number} has no descriptor"),
            Self::DownstreamDeviceUndescribed(number) => write!(f, "downstream device {number} has no descriptor"),
            Self::DeviceComponent(number, component) => {
                write!(f, "device {number} takes component {component}, which is not there")
            }
            Self::DownstreamDeviceComponent(number, component) => {
                write!(f, "downstream device {number} takes component {component}, which is not there")
            }
            Self::ImageEmpty(component) => write!(f, "the image of component {component} is empty"),
            Self::ImageInHeader(component) => write!(f, "the image of component {component} begins within the header"),
            Self::ImageBeyondFile { component, end, file } => {
                write!(f, "the image of component {component} ends at byte {end}, the file at {file}")
            }
            Self::ImagesOverlap(one, other) => {
                write!(f, "the images of components {one} and {other} have bytes in common")
            }
            Self::BytesBehind { bytes } => write!(f, "{bytes} bytes follow the last image"),
            Self::PayloadChecksum { says, is } => {
                write!(f, "the images' checksum is {says:#010x}, that of their bytes {is:#010x}")
            }
        }
    }
}
