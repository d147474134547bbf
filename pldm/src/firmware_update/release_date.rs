//! [`ReleaseDate`]: the day an image was released, as far as the device knows.

use std::fmt;
use wire::{Malformed, Reader, Wire, Writer};

/// Eight ASCII digits, YYYYMMDD, or eight zero bytes (DSP0267, "ActiveComponentReleaseDate"); kept as sent.
#[derive(Clone, Copy, Eq, Hash, PartialEq)]
pub struct ReleaseDate(pub [u8; 8]);

impl ReleaseDate {
    /// The device does not say.
    pub const NONE: Self = Self([0; 8]);

    /// The day as YYYY-MM-DD, if it is one.
    pub fn date(self) -> Option<String> {
        let text = std::str::from_utf8(&self.0).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))?;
        let (year, month, day) = (text.get(..4)?, text.get(4..6)?, text.get(6..)?);
        // Nothing PLDM speaks of is older than 1970; a device without a clock says 00000000 or 19700101.
        let plausible =
            ("1970".."2200").contains(&year) && ("01"..="12").contains(&month) && ("01"..="31").contains(&day);
        plausible.then(|| format!("{year}-{month}-{day}"))
    }

    /// Whether it is a day, or says that it is none.
    pub fn is_valid(self) -> bool {
        self == Self::NONE || self.date().is_some()
    }
}

impl Wire for ReleaseDate {
    const NAME: &'static str = "release date";
    const SIZE: Option<usize> = <[u8; 8]>::SIZE;
    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        Wire::read(r).map(Self)
    }
    fn write(&self, w: &mut Writer) -> Result<(), Malformed> {
        w.put(&self.0)
    }
}

impl fmt::Debug for ReleaseDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ReleaseDate(\"{}\")", self.0.escape_ascii())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plausible_day_is_one() {
        assert_eq!(ReleaseDate(*b"20260415").date().as_deref(), Some("2026-04-15"));
        for (bytes, valid) in [
            (*b"\0\0\0\0\0\0\0\0", true),
            (*b"00000000", false),
            (*b"20261301", false),
            (*b"20260100", false),
            (*b"2026-4-1", false),
            (*b"15042026", false),
            ([0xff; 8], false),
        ] {
            assert_eq!((ReleaseDate(bytes).date(), ReleaseDate(bytes).is_valid()), (None, valid), "{bytes:?}");
        }
    }
}
