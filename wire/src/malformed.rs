//! Why bytes are not the message they claim to be.

use std::fmt;

/// What is wrong, in which field of which message.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Malformed {
    /// The message, in the specification's words.
    pub message: &'static str,
    /// The field the cursor stood at.
    pub field: &'static str,
    /// What is wrong with it.
    pub damage: Damage,
}

/// What can be wrong with a field.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Damage {
    /// The bytes end inside it.
    Short,
    /// Bytes are left over after it.
    Trailing,
    /// It cannot be written: it is longer than its length field can say.
    TooLong,
    /// Its value contradicts the rest of the message, such as a wrong checksum.
    Contradiction,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { message, field, damage } = self;
        match damage {
            Damage::Short => write!(f, "{message}: the bytes end inside {field}"),
            Damage::Trailing => write!(f, "{message}: bytes are left over after {field}"),
            Damage::TooLong => write!(f, "{message}: {field} is longer than its length field can say"),
            Damage::Contradiction => write!(f, "{message}: {field} contradicts the rest of the message"),
        }
    }
}

impl std::error::Error for Malformed {}
