//! [`Timestamp104`]: a moment, as PLDM writes it.

use std::fmt;
use wire::{Malformed, Reader, Wire, Writer};

/// A moment in 13 bytes (DSP0240, timestamp104); kept as sent, even when it is none.
///
/// In the order of the wire: minutes by which local time is ahead of UTC (signed, 2 bytes, low byte first), microseconds
/// (3 bytes), second, minute, hour, day, month, year (2 bytes), and one byte for how exact both are.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Timestamp104(pub [u8; 13]);

impl Timestamp104 {
    /// The device does not say.
    pub const NONE: Self = Self([0; 13]);

    /// The moment in UTC as RFC 3339 writes it, to the second, if it is one: `2026-05-25T10:12:00Z`.
    pub fn utc(self) -> Option<String> {
        let [o0, o1, u0, u1, u2, second, minute, hour, day, month, y0, y1, _] = self.0;
        let (offset, year) = (i16::from_le_bytes([o0, o1]), u16::from_le_bytes([y0, y1]));
        let microsecond = u32::from_le_bytes([u0, u1, u2, 0]);
        let plausible = (1970..=9999).contains(&year)
            && (1..=days_in(year, month)?).contains(&day)
            && (hour < 24 && minute < 60 && second <= 60 && microsecond < 1_000_000)
            && (-MINUTES_A_DAY..=MINUTES_A_DAY).contains(&i32::from(offset));
        plausible.then(|| {
            let local = i32::from(hour).saturating_mul(60).saturating_add(minute.into());
            let minutes = local.saturating_sub(offset.into());
            let date = Date { year, month, day };
            let (date, minutes) = match minutes {
                ..0 => (date.before(), minutes.saturating_add(MINUTES_A_DAY)),
                MINUTES_A_DAY.. => (date.after(), minutes.saturating_sub(MINUTES_A_DAY)),
                _ => (date, minutes),
            };
            format!("{date}T{:02}:{:02}:{second:02}Z", minutes.div_euclid(60), minutes.rem_euclid(60))
        })
    }

    /// Whether it is a moment, or says that it is none.
    pub fn is_valid(self) -> bool {
        self == Self::NONE || self.utc().is_some()
    }
}

const MINUTES_A_DAY: i32 = 24 * 60;

/// A day that exists.
struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    fn before(self) -> Self {
        match (self.month, self.day) {
            (1, 1) => Self { year: self.year.saturating_sub(1), month: 12, day: 31 },
            (month, 1) => {
                let month = month.saturating_sub(1);
                Self { month, day: days_in(self.year, month).unwrap_or(1), ..self }
            }
            (_, day) => Self { day: day.saturating_sub(1), ..self },
        }
    }

    fn after(self) -> Self {
        match (self.month, self.day) {
            (12, 31) => Self { year: self.year.saturating_add(1), month: 1, day: 1 },
            (month, day) if Some(day) == days_in(self.year, month) => {
                Self { month: month.saturating_add(1), day: 1, ..self }
            }
            (_, day) => Self { day: day.saturating_add(1), ..self },
        }
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

fn days_in(year: u16, month: u8) -> Option<u8> {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    Some(match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return None,
    })
}

impl Wire for Timestamp104 {
    const NAME: &'static str = "timestamp104";
    const SIZE: Option<usize> = <[u8; 13]>::SIZE;
    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        Wire::read(r).map(Self)
    }
    fn write(&self, w: &mut Writer) -> Result<(), Malformed> {
        w.put(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn utc(offset: i16, time: [u8; 3], day: u8, month: u8, year: u16) -> Option<String> {
        let ([o0, o1], [hour, minute, second], [y0, y1]) = (offset.to_le_bytes(), time, year.to_le_bytes());
        Timestamp104([o0, o1, 0, 0, 0, second, minute, hour, day, month, y0, y1, 0]).utc()
    }

    #[test]
    fn a_moment_is_shown_in_utc() {
        assert_eq!(utc(0, [10, 12, 3], 25, 5, 2026).as_deref(), Some("2026-05-25T10:12:03Z"));
        assert_eq!(utc(120, [1, 30, 0], 1, 3, 2024).as_deref(), Some("2024-02-29T23:30:00Z"));
        assert_eq!(utc(-60, [23, 30, 0], 28, 2, 2100).as_deref(), Some("2100-03-01T00:30:00Z"));
        assert_eq!(utc(1, [0, 0, 0], 1, 1, 2026).as_deref(), Some("2025-12-31T23:59:00Z"));
        assert_eq!(utc(-1, [23, 59, 60], 31, 12, 2025).as_deref(), Some("2026-01-01T00:00:60Z"));
    }

    #[test]
    fn what_is_no_moment_is_not_shown() {
        for (time, day, month, year) in [
            ([24, 0, 0], 1, 1, 2026),
            ([0, 60, 0], 1, 1, 2026),
            ([0, 0, 61], 1, 1, 2026),
            ([0, 0, 0], 0, 1, 2026),
            ([0, 0, 0], 29, 2, 2025),
            ([0, 0, 0], 1, 13, 2026),
            ([0, 0, 0], 1, 0, 2026),
            ([0, 0, 0], 1, 1, 1969),
            ([0, 0, 0], 1, 1, 0xffff),
        ] {
            assert_eq!(utc(0, time, day, month, year), None, "{time:?} {day} {month} {year}");
        }
        assert_eq!(utc(i16::MIN, [0; 3], 1, 1, 2026), None);
        assert_eq!(Timestamp104([0xff; 13]).utc(), None);
        assert!(Timestamp104::NONE.is_valid() && !Timestamp104([0xff; 13]).is_valid());
    }

    proptest! {
        #[test]
        fn whatever_comes_is_kept_and_does_no_harm(bytes: [u8; 13]) {
            let moment: Timestamp104 = wire::decode(&bytes).unwrap();
            prop_assert!(moment.utc().is_none_or(|text| text.len() == 20));
            prop_assert_eq!(wire::encode(&moment), Ok(bytes.to_vec()));
        }
    }
}
