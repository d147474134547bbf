//! [`Leniency`]: everything we overlook in a device's answer in order to understand it.
//!
//! A device that breaks the specification is still inventoried, but never in silence: each time counts.

use wire::{Damage, Malformed};

/// One thing overlooked.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Leniency {
    /// A string's encoding is "unknown" or has no meaning we know; it was read as ASCII or shown in hex.
    UnknownStringType,
    /// A string has bytes that its encoding does not allow.
    InvalidText,
    /// A string has control characters, line breaks or characters that change the direction of writing.
    ControlCharacters,
    /// A counted string ends in NUL, which the count makes needless.
    TrailingNul,
    /// A UTF-16 string does not say which byte comes first.
    MissingByteOrderMark,
    /// A descriptor's type is not in the specification we know.
    UnknownDescriptor,
    /// A descriptor's or field's length is not the one its type has.
    DescriptorLength,
    /// A bit is set that has no meaning we know.
    ReservedBits,
    /// An IANA enterprise number was sent with its highest byte first.
    BigEndianIana,
    /// A release date is neither zero nor a date.
    InvalidDate,
    /// A checksum that the specification demands is not there.
    MissingChecksum,
    /// A checksum is that of one part, where the specification wants that of all parts up to it.
    PartChecksum,
    /// The end of a transfer was told and not acknowledged.
    Unacknowledged,
    /// A table ends before all that was promised.
    TableShort,
    /// Bytes follow where the message should end.
    TrailingBytes,
    /// Two parts of the message contradict each other.
    Contradiction,
}

impl Leniency {
    /// The name that metrics and logs use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::UnknownStringType => "unknown_string_type",
            Self::InvalidText => "invalid_text",
            Self::ControlCharacters => "control_characters",
            Self::TrailingNul => "trailing_nul",
            Self::MissingByteOrderMark => "missing_byte_order_mark",
            Self::UnknownDescriptor => "unknown_descriptor",
            Self::DescriptorLength => "descriptor_length",
            Self::ReservedBits => "reserved_bits",
            Self::BigEndianIana => "big_endian_iana",
            Self::InvalidDate => "invalid_date",
            Self::MissingChecksum => "missing_checksum",
            Self::PartChecksum => "part_checksum",
            Self::Unacknowledged => "unacknowledged",
            Self::TableShort => "table_short",
            Self::TrailingBytes => "trailing_bytes",
            Self::Contradiction => "contradiction",
        }
    }
}

impl From<Malformed> for Leniency {
    fn from(malformed: Malformed) -> Self {
        match malformed.damage {
            Damage::Short => Self::TableShort,
            Damage::Trailing => Self::TrailingBytes,
            Damage::TooLong | Damage::Contradiction => Self::Contradiction,
        }
    }
}

/// An answer in which something can be overlooked.
pub trait Lenient {
    /// Everything that was, one entry each time. Pure; what the cursor saw is in [`Answer::damage`](crate::Answer).
    fn leniencies(&self) -> Vec<Leniency> {
        vec![]
    }
}
