//! What all multi-part answers have in common: where a part begins and ends, and what can be wrong with that.

use super::data::{Description, Fault, Transfer};
use std::ops::Range;

pub(super) const SUCCESS: u8 = 0x00;
pub(super) const ERROR_INVALID_DATA: u8 = 0x02;
pub(super) const ERROR_INVALID_LENGTH: u8 = 0x03;
pub(super) const ERROR_UNSUPPORTED_PLDM_CMD: u8 = 0x05;
pub(super) const ERROR_INVALID_PLDM_TYPE: u8 = 0x20;

const START: u8 = 1;
const MIDDLE: u8 = 2;
const END: u8 = 4;

/// One part of a transfer, counted in bytes or in entries.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Part {
    /// What is in it.
    pub(super) range: Range<usize>,
    /// TransferFlag: 1 first, 2 middle, 4 last, 5 the only one.
    pub(super) flag: u8,
    /// The handle of the next part; 0 behind the last.
    pub(super) next: u32,
}

impl Part {
    /// The part of at most `most` that begins at `start` of `total`; none when nothing is there. A handle is where its part begins.
    pub(super) fn of(device: &Description, of: Transfer, start: u32, total: usize, most: usize) -> Option<Self> {
        let endless = device.fault.contains(&Fault::Endless { of });
        let looping = device.fault.contains(&Fault::HandleLoop { of });
        let mut begin = start as usize;
        if endless || looping {
            begin %= total.max(1);
        }
        if begin >= total.max(1) {
            return None;
        }
        let end = begin.saturating_add(most.max(1)).min(total);
        let (open, closed) = if start == 0 { (START, START | END) } else { (MIDDLE, END) };
        let (flag, next) = match (endless, looping) {
            (true, _) => (open, start.wrapping_add((end - begin).max(1) as u32)),
            (_, true) => (open, 1),
            _ if end == total => (closed, 0),
            _ => (open, end as u32),
        };
        Some(Self { range: begin..end, flag, next })
    }

    /// The flag as GetPDR counts: 0 first, 1 middle, 4 last, 5 the only one.
    pub(super) const fn pdr_flag(&self) -> u8 {
        match self.flag {
            START | MIDDLE => self.flag - 1,
            other => other,
        }
    }

    pub(super) const fn is_last(&self) -> bool {
        self.flag & END != 0
    }

    pub(super) const fn is_last_of_several(&self) -> bool {
        self.flag == END
    }
}

/// What a checksum is changed by.
pub(super) fn crc_lie(device: &Description, of: Transfer) -> u32 {
    u32::from(device.fault.contains(&Fault::CrcLie { of }))
}

/// How long a transfer says it is.
pub(super) fn length_lie(device: &Description, of: Transfer, length: usize) -> u32 {
    if device.fault.contains(&Fault::LengthLie { of }) { u32::MAX } else { length as u32 }
}
