//! [`Timestamp104`]: a moment as PLDM writes it in 13 bytes (DSP0240, "PLDM data types").

use crate::Leniency;
use std::fmt;

wire::record! {
    /// A moment, as sent: local time and its distance from UTC. Integers are little-endian.
    #[derive(Copy, Default)]
    pub struct Timestamp104 {
        /// Minutes that this time is ahead of UTC.
        pub utc_offset: i16,
        /// Microseconds within the second: three bytes, low byte first.
        pub microseconds: [u8; 3],
        /// Seconds within the minute.
        pub second: u8,
        /// Minutes within the hour.
        pub minute: u8,
        /// Hours within the day.
        pub hour: u8,
        /// The day, from 1.
        pub day: u8,
        /// The month, from 1.
        pub month: u8,
        /// The year.
        pub year: u16,
        /// How exact it is: bits 7:4 the distance from UTC, where 0 is "not said", bits 3:0 the time.
        pub resolution: u8,
    }
}

/// The time resolution of a whole day; what has a higher number is coarser.
const DAY: u8 = 11;

impl Timestamp104 {
    /// Whether the sender says nothing.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// Whether it is a moment: every field is within its range and the day exists. A second of 60 is a leap second.
    pub fn is_valid(&self) -> bool {
        let [low, middle, high] = self.microseconds;
        let microseconds = u32::from_le_bytes([low, middle, high, 0]);
        let date = (1970..=9999).contains(&self.year) && (1..=days_in(self.year, self.month)).contains(&self.day);
        let time = self.hour < 24 && self.minute < 60 && self.second <= 60 && microseconds < 1_000_000;
        date && time && self.utc_offset.unsigned_abs() < 24 * 60
    }

    /// What there is to overlook: it is neither a moment nor nothing.
    pub(crate) fn leniency(&self) -> Option<Leniency> {
        (!self.is_none() && !self.is_valid()).then_some(Leniency::InvalidDate)
    }
}

fn days_in(year: u16, month: u8) -> u8 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 0,
    }
}

/// RFC 3339 to the second; without a time where the sender knows the day only, without a zone where it does not say one.
impl fmt::Display for Timestamp104 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { year, month, day, hour, minute, second, utc_offset, .. } = self;
        write!(f, "{year:04}-{month:02}-{day:02}")?;
        if self.resolution & 0x0f >= DAY {
            return Ok(());
        }
        write!(f, "T{hour:02}:{minute:02}:{second:02}")?;
        match (self.resolution >> 4, utc_offset) {
            (0, 0) => Ok(()),
            (_, 0) => f.write_str("Z"),
            (_, offset) => {
                let (sign, ahead) = (if *offset < 0 { '-' } else { '+' }, offset.unsigned_abs());
                write!(f, "{sign}{:02}:{:02}", ahead / 60, ahead % 60)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::survives;
    use proptest::prelude::*;
    use wire::{Wire, decode};

    fn shown(bytes: [u8; 13]) -> (String, bool) {
        let stamp: Timestamp104 = decode(&bytes).unwrap();
        (stamp.to_string(), stamp.is_valid())
    }

    #[test]
    fn a_moment_is_shown_as_exactly_as_it_is_known() {
        assert_eq!(Timestamp104::SIZE, Some(13));
        let bytes = [0, 0, 0x40, 0x42, 0x0f, 59, 34, 12, 31, 12, 0xe9, 0x07, 0x36];
        assert_eq!(shown(bytes), ("2025-12-31T12:34:59Z".into(), false), "1,000,000 microseconds");
        let stamp = |offset: i16, resolution| {
            let [low, high] = offset.to_le_bytes();
            shown([low, high, 0, 0, 0, 5, 4, 3, 2, 1, 0xea, 0x07, resolution])
        };
        assert_eq!(stamp(0, 0), ("2026-01-02T03:04:05".into(), true));
        assert_eq!(stamp(0, 0x36), ("2026-01-02T03:04:05Z".into(), true));
        assert_eq!(stamp(-330, 0x10), ("2026-01-02T03:04:05-05:30".into(), true));
        assert_eq!(stamp(60, 0x0b), ("2026-01-02".into(), true));
        assert_eq!(stamp(i16::MIN, 0x36), ("2026-01-02T03:04:05-546:08".into(), false));
    }

    #[test]
    fn what_is_no_moment_is_not_valid() {
        let valid = |time: [u8; 3], day, month, year: u16| {
            let ([hour, minute, second], [low, high]) = (time, year.to_le_bytes());
            shown([0, 0, 0, 0, 0, second, minute, hour, day, month, low, high, 0]).1
        };
        assert!(valid([23, 59, 60], 29, 2, 2024) && valid([0; 3], 29, 2, 2000) && valid([0; 3], 1, 1, 1970));
        for (time, day, month, year) in [
            ([24, 0, 0], 1, 1, 2026),
            ([0, 60, 0], 1, 1, 2026),
            ([0, 0, 61], 1, 1, 2026),
            ([0, 0, 0], 0, 1, 2026),
            ([0, 0, 0], 29, 2, 2025),
            ([0, 0, 0], 29, 2, 2100),
            ([0, 0, 0], 31, 4, 2026),
            ([0, 0, 0], 1, 13, 2026),
            ([0, 0, 0], 1, 0, 2026),
            ([0, 0, 0], 1, 1, 1969),
            ([0, 0, 0], 1, 1, 0xffff),
        ] {
            assert!(!valid(time, day, month, year), "{time:?} {day} {month} {year}");
        }
    }

    #[test]
    fn nothing_and_nonsense_are_told_apart() {
        let nothing = Timestamp104::default();
        assert_eq!((nothing.is_none(), nothing.is_valid(), nothing.leniency()), (true, false, None));
        let nonsense: Timestamp104 = decode(&[0xff; 13]).unwrap();
        assert_eq!((nonsense.is_none(), nonsense.leniency()), (false, Some(Leniency::InvalidDate)));
    }

    proptest! {
        #[test]
        fn whatever_comes_is_kept_and_does_no_harm(bytes: [u8; 13]) {
            survives::<Timestamp104>(&bytes)?;
            prop_assert!(!shown(bytes).0.is_empty());
        }
    }
}
