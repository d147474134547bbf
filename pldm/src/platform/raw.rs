//! [`Raw`]: a number whose width and sign a size code gives, as sensors, effecters and thresholds have them.

use crate::Octets;
use wire::{Damage, Malformed, Reader, Wire, Writer};

wire::codes! {
    /// How wide a number is and whether it has a sign (DSP0248, sensorDataSize and effecterDataSize).
    pub struct DataSize(u8) {
        /// One byte.
        UINT8 = 0x00,
        /// One byte with a sign.
        SINT8 = 0x01,
        /// Two bytes.
        UINT16 = 0x02,
        /// Two bytes with a sign.
        SINT16 = 0x03,
        /// Four bytes.
        UINT32 = 0x04,
        /// Four bytes with a sign.
        SINT32 = 0x05,
    }
}

impl DataSize {
    /// How many bytes a number of this size has, if we know.
    pub const fn width(self) -> Option<usize> {
        match self {
            Self::UINT8 | Self::SINT8 => Some(1),
            Self::UINT16 | Self::SINT16 => Some(2),
            Self::UINT32 | Self::SINT32 => Some(4),
            _ => None,
        }
    }
}

/// A number as a device sent it: little-endian, of the size it named. What it counts, a record says (DSP0248, PDRs).
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Raw {
    /// [`DataSize::UINT8`].
    U8(u8),
    /// [`DataSize::SINT8`].
    I8(i8),
    /// [`DataSize::UINT16`].
    U16(u16),
    /// [`DataSize::SINT16`].
    I16(i16),
    /// [`DataSize::UINT32`].
    U32(u32),
    /// [`DataSize::SINT32`].
    I32(i32),
    /// Bytes that are no number: of a size we do not know, or too few for theirs.
    Bytes {
        /// The size they should have.
        size: DataSize,
        /// As sent.
        bytes: Octets,
    },
}

impl Raw {
    /// The size code that goes with it.
    pub const fn size(&self) -> DataSize {
        match self {
            Self::U8(_) => DataSize::UINT8,
            Self::I8(_) => DataSize::SINT8,
            Self::U16(_) => DataSize::UINT16,
            Self::I16(_) => DataSize::SINT16,
            Self::U32(_) => DataSize::UINT32,
            Self::I32(_) => DataSize::SINT32,
            Self::Bytes { size, .. } => *size,
        }
    }

    /// The number, if it is one.
    pub fn value(&self) -> Option<i64> {
        Some(match *self {
            Self::U8(value) => value.into(),
            Self::I8(value) => value.into(),
            Self::U16(value) => value.into(),
            Self::I16(value) => value.into(),
            Self::U32(value) => value.into(),
            Self::I32(value) => value.into(),
            Self::Bytes { .. } => return None,
        })
    }

    /// Takes the next number. Of a size we do not know it takes all bytes that are left.
    pub fn read(r: &mut Reader<'_>, size: DataSize, field: &'static str) -> Result<Self, Malformed> {
        Ok(match size {
            DataSize::UINT8 => Self::U8(r.get(field)?),
            DataSize::SINT8 => Self::I8(r.get(field)?),
            DataSize::UINT16 => Self::U16(r.get(field)?),
            DataSize::SINT16 => Self::I16(r.get(field)?),
            DataSize::UINT32 => Self::U32(r.get(field)?),
            DataSize::SINT32 => Self::I32(r.get(field)?),
            _ => Self::Bytes { size, bytes: r.rest().into() },
        })
    }

    /// Takes the last number of a message; if it is not all there, what is, and says so.
    pub(super) fn keep(r: &mut Reader<'_>, size: DataSize, field: &'static str) -> (Self, Option<Malformed>) {
        match Self::read(r, size, field) {
            Ok(raw) => (raw, None),
            Err(malformed) => (Self::Bytes { size, bytes: r.rest().into() }, Some(malformed)),
        }
    }

    /// Takes the last `N` numbers of a message, all of one size; of those that are not all there, what is, and says so.
    /// If we do not know the size, each has an equal share.
    pub(super) fn keep_all<const N: usize>(
        r: &mut Reader<'_>,
        size: DataSize,
        fields: [&'static str; N],
    ) -> ([Self; N], Option<Malformed>) {
        let width = size.width().or_else(|| r.remaining().checked_div(N)).unwrap_or_default();
        let mut damage = None;
        let all = fields.map(|field| {
            let own = r.within(width, field).map(|mut own| Self::keep(&mut own, size, field));
            let (raw, wrong) = own.unwrap_or_else(|malformed| {
                (Self::Bytes { size, bytes: r.rest().into() }, Some(malformed)) // fewer than one number has
            });
            damage = damage.or(wrong);
            raw
        });
        (all, damage)
    }

    /// Puts the number, without its size.
    pub fn write(&self, w: &mut Writer) -> Result<(), Malformed> {
        match self {
            Self::U8(value) => w.put(value),
            Self::I8(value) => w.put(value),
            Self::U16(value) => w.put(value),
            Self::I16(value) => w.put(value),
            Self::U32(value) => w.put(value),
            Self::I32(value) => w.put(value),
            Self::Bytes { bytes, .. } => {
                w.bytes(bytes);
                Ok(())
            }
        }
    }

    /// Puts numbers that must have the size the message gives for all of them.
    pub(super) fn write_all<M: Wire>(w: &mut Writer, size: DataSize, all: &[&Self]) -> Result<(), Malformed> {
        if all.iter().any(|raw| raw.size() != size) {
            return Err(Malformed { message: M::NAME, field: "data_size", damage: Damage::Contradiction });
        }
        all.iter().try_for_each(|raw| raw.write(w))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(size: u8, bytes: &[u8]) -> Result<Raw, Malformed> {
        Raw::read(&mut Reader::new("number", bytes), DataSize(size), "value")
    }

    #[test]
    fn a_number_has_the_width_and_sign_of_its_size() {
        let bytes = [0xfe, 0xff, 0xff, 0xff];
        let values = [254, -2, 0xfffe, -2, 0xffff_fffe, -2];
        for (size, value) in (0..).zip(values) {
            let raw = read(size, &bytes).unwrap();
            assert_eq!((raw.size().0, raw.value()), (size, Some(value)));
        }
    }

    #[test]
    fn a_size_we_do_not_know_is_kept_and_is_no_number() {
        for size in [6, 7, 0xff] {
            let raw = read(size, &[1, 2, 3]).unwrap();
            assert_eq!(raw, Raw::Bytes { size: DataSize(size), bytes: Octets::from(&[1, 2, 3][..]) });
            assert_eq!(raw.value(), None);
        }
    }

    #[test]
    fn several_numbers_of_an_unknown_size_share_the_bytes() {
        let mut r = Reader::new("numbers", &[1, 2, 3, 4, 5]);
        let ([first, second], damage) = Raw::keep_all(&mut r, DataSize(9), ["first", "second"]);
        assert_eq!((first, second), (read(9, &[1, 2]).unwrap(), read(9, &[3, 4]).unwrap()));
        assert_eq!((damage, r.remaining()), (None, 1));
    }

    #[test]
    fn numbers_that_end_early_are_kept_as_far_as_they_came() {
        let mut r = Reader::new("numbers", &[1, 0, 2]);
        let (all, damage) = Raw::keep_all(&mut r, DataSize::UINT16, ["first", "second", "third"]);
        assert_eq!(all.each_ref().map(Raw::value), [Some(1), None, None]);
        assert!(matches!(&all[1], Raw::Bytes { size: DataSize::UINT16, bytes } if **bytes == [2]));
        assert_eq!(damage.map(|it| (it.field, it.damage)), Some(("second", Damage::Short)));
    }

    proptest! {
        #[test]
        fn whatever_is_read_is_written_back(size in 0u8..9, bytes in prop::collection::vec(any::<u8>(), 0..9)) {
            let mut r = Reader::new("number", &bytes);
            let (raw, _) = Raw::keep(&mut r, DataSize(size), "value");
            let mut w = Writer::new("number");
            raw.write(&mut w).unwrap();
            w.bytes(r.rest());
            prop_assert_eq!((raw.size().0, w.into_bytes()), (size, bytes));
        }
    }
}
