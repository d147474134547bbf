//! How PLDM counts the parts of something large. Three dialects have grown, and one byte means another thing in each:
//!
//! | byte | [`TransferFlag`] | [`PdrTransferFlag`](crate::platform::PdrTransferFlag) | [`TransferOperationFlag`] | [`TransferOperation`] |
//! |---|---|---|---|---|
//! | 0 | - | first of several | next part | first part |
//! | 1 | first of several | in the middle | first part | next part |
//! | 2 | in the middle | - | - | abort |
//! | 3 | - | - | - | complete |
//! | 4 | last of several | last of several | - | current part |
//! | 5 | all there is | all there is | - | - |
//! | 8 | over, no data | - | - | - |
//!
//! Each is a type of its own, so none can be taken for another.

use crate::Place;

wire::codes! {
    /// Which part of the whole this is, in a response of every command but GetPDR.
    pub struct TransferFlag(u8) {
        /// The first of several.
        START = 0x01,
        /// Neither the first nor the last.
        MIDDLE = 0x02,
        /// The last of several.
        END = 0x04,
        /// All there is.
        START_AND_END = 0x05,
        /// MultipartReceive: the transfer is over, no data follows.
        ACKNOWLEDGE_COMPLETION = 0x08,
    }
}

impl TransferFlag {
    /// Where the part stands; a flag that says something else, or nothing, comes back.
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

impl From<Place> for TransferFlag {
    fn from(place: Place) -> Self {
        match place {
            Place::First => Self::START,
            Place::Middle => Self::MIDDLE,
            Place::Last => Self::END,
            Place::Only => Self::START_AND_END,
        }
    }
}

wire::codes! {
    /// Which part is asked for, in a request of every command but those of MultipartSend and MultipartReceive.
    pub struct TransferOperationFlag(u8) {
        /// The one that the handle names.
        GET_NEXT_PART = 0x00,
        /// The first; the handle means nothing.
        GET_FIRST_PART = 0x01,
    }
}

wire::codes! {
    /// The next step of MultipartSend and MultipartReceive.
    pub struct TransferOperation(u8) {
        /// The first part.
        FIRST_PART = 0x00,
        /// The part that the handle names.
        NEXT_PART = 0x01,
        /// No more: the transfer failed.
        ABORT = 0x02,
        /// No more: everything came.
        COMPLETE = 0x03,
        /// The same part again.
        CURRENT_PART = 0x04,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_flag_and_comes_back() {
        for place in [Place::First, Place::Middle, Place::Last, Place::Only] {
            assert_eq!(TransferFlag::from(place).place(), Ok(place));
        }
        let meaningless = (0..=255).filter(|&flag| TransferFlag(flag).place() == Err(flag)).count();
        assert_eq!(meaningless, 252);
    }

    #[test]
    fn the_dialects_differ_where_it_hurts() {
        use crate::platform::PdrTransferFlag;
        assert_eq!((TransferFlag(1).place(), PdrTransferFlag(1).place()), (Ok(Place::First), Ok(Place::Middle)));
        assert_eq!((TransferFlag(0).place(), PdrTransferFlag(0).place()), (Err(0), Ok(Place::First)));
        assert_eq!(TransferOperationFlag::GET_FIRST_PART.0, TransferOperation::NEXT_PART.0);
    }
}
