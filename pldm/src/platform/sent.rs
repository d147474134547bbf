//! [`Sent`]: a number as sensors, effecters and thresholds send it, of whatever size they name.

use super::{DataSize, Raw};
use crate::Octets;
use wire::{Damage, Malformed, Reader, Wire, Writer};

/// A number as a device sent it. What it counts, a record says (DSP0248, PDRs).
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Sent {
    /// A number.
    Number(Raw),
    /// Bytes that are none: of a size we do not know, or too few for theirs.
    Bytes {
        /// The size they should have.
        size: DataSize,
        /// As sent.
        bytes: Octets,
    },
}

impl Sent {
    /// The size code that goes with it; 0xff, which means nothing, for a number that none stands for.
    pub const fn size(&self) -> DataSize {
        match self {
            Self::Number(number) => match number.data_size() {
                Some(size) => size,
                None => DataSize(0xff),
            },
            Self::Bytes { size, .. } => *size,
        }
    }

    /// The number, if it is one.
    pub const fn number(&self) -> Option<Raw> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Bytes { .. } => None,
        }
    }

    /// Takes the next number. Of a size we do not know it takes all bytes that are left.
    pub fn read(r: &mut Reader<'_>, size: DataSize, field: &'static str) -> Result<Self, Malformed> {
        match size.is_known() {
            true => size.read(r, field).map(Self::Number),
            false => Ok(Self::Bytes { size, bytes: r.rest().into() }),
        }
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
            Self::Number(number) => number.write(w),
            Self::Bytes { bytes, .. } => {
                w.bytes(bytes);
                Ok(())
            }
        }
    }

    /// Puts numbers that must have the size the message gives for all of them.
    pub(super) fn write_all<M: Wire>(w: &mut Writer, size: DataSize, all: &[&Self]) -> Result<(), Malformed> {
        if all.iter().any(|sent| sent.size() != size) {
            return Err(Malformed { message: M::NAME, field: "data_size", damage: Damage::Contradiction });
        }
        all.iter().try_for_each(|sent| sent.write(w))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(size: u8, bytes: &[u8]) -> Result<Sent, Malformed> {
        Sent::read(&mut Reader::new("number", bytes), DataSize(size), "value")
    }

    #[test]
    fn a_number_has_the_width_and_sign_of_its_size() {
        let bytes = [0xfe, 0xff, 0xff, 0xff];
        let values = [254.0, -2.0, 65534.0, -2.0, 4_294_967_294.0, -2.0];
        for (size, value) in (0..).zip(values) {
            let raw = read(size, &bytes).unwrap();
            assert_eq!((raw.size().0, raw.number().map(Raw::to_f64)), (size, Some(value)));
        }
    }

    #[test]
    fn a_size_we_do_not_know_is_kept_and_is_no_number() {
        for size in [8, 9, 0xff] {
            let raw = read(size, &[1, 2, 3]).unwrap();
            assert_eq!(raw, Sent::Bytes { size: DataSize(size), bytes: Octets::from(&[1, 2, 3][..]) });
            assert_eq!(raw.number().map(Raw::to_f64), None);
        }
    }

    #[test]
    fn several_numbers_of_an_unknown_size_share_the_bytes() {
        let mut r = Reader::new("numbers", &[1, 2, 3, 4, 5]);
        let ([first, second], damage) = Sent::keep_all(&mut r, DataSize(9), ["first", "second"]);
        assert_eq!((first, second), (read(9, &[1, 2]).unwrap(), read(9, &[3, 4]).unwrap()));
        assert_eq!((damage, r.remaining()), (None, 1));
    }

    #[test]
    fn numbers_that_end_early_are_kept_as_far_as_they_came() {
        let mut r = Reader::new("numbers", &[1, 0, 2]);
        let (all, damage) = Sent::keep_all(&mut r, DataSize::UINT16, ["first", "second", "third"]);
        assert_eq!(all.each_ref().map(|it| it.number().map(Raw::to_f64)), [Some(1.0), None, None]);
        assert!(matches!(&all[1], Sent::Bytes { size: DataSize::UINT16, bytes } if **bytes == [2]));
        assert_eq!(damage.map(|it| (it.field, it.damage)), Some(("second", Damage::Short)));
    }

    proptest! {
        #[test]
        fn whatever_is_read_is_written_back(size in 0u8..9, bytes in prop::collection::vec(any::<u8>(), 0..9)) {
            let mut r = Reader::new("number", &bytes);
            let (raw, _) = Sent::keep(&mut r, DataSize(size), "value");
            let mut w = Writer::new("number");
            raw.write(&mut w).unwrap();
            w.bytes(r.rest());
            prop_assert_eq!((raw.size().0, w.into_bytes()), (size, bytes));
        }
    }
}
