//! The repository of platform descriptor records, read record by record.

use crate::Place;

wire::codes! {
    /// Which part of a record this is. Every other command counts differently: [`crate::base::TransferFlag`].
    pub struct PdrTransferFlag(u8) {
        /// The first of several.
        START = 0x00,
        /// Neither the first nor the last.
        MIDDLE = 0x01,
        /// The last of several.
        END = 0x04,
        /// All there is.
        START_AND_END = 0x05,
    }
}

impl PdrTransferFlag {
    /// Where the part stands; a flag that means nothing comes back.
    pub const fn place(self) -> Result<Place, u8> {
        match self {
            Self::START => Ok(Place::First),
            Self::MIDDLE => Ok(Place::Middle),
            Self::END => Ok(Place::Last),
            Self::START_AND_END => Ok(Place::Only),
            Self(other) => Err(other),
        }
    }
}
