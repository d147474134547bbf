//! [`Reader`] and [`Writer`]: the cursor over bytes.

use crate::malformed::{Damage, Malformed};

/// A value with one form on the wire. `read` and `write` name the fields in wire order.
pub trait Wire: Sized {
    /// What an error calls this value.
    const NAME: &'static str;
    /// How many bytes a value has, where every one has as many: the cursor then looks once whether all are there.
    const SIZE: Option<usize> = None;
    /// Takes the value off the front of `r`.
    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed>;
    /// Puts the value at the end of `w`.
    fn write(&self, w: &mut Writer) -> Result<(), Malformed>;
}

/// How many bytes the parts of a value have together, where each has a size.
#[doc(hidden)]
pub const fn sum(parts: &[Option<usize>]) -> Option<usize> {
    match parts {
        [] => Some(0),
        [Some(first), rest @ ..] => match sum(rest) {
            Some(rest) => first.checked_add(rest),
            None => None,
        },
        [None, ..] => None,
    }
}

/// Decodes all of `bytes` as one `T`; bytes left over are an error.
pub fn decode<T: Wire>(bytes: &[u8]) -> Result<T, Malformed> {
    let mut r = Reader::new(T::NAME, bytes);
    let value = T::read(&mut r)?;
    if r.is_empty() { Ok(value) } else { Err(r.malformed(Damage::Trailing)) }
}

/// Encodes `value` into a fresh buffer.
pub fn encode<T: Wire>(value: &T) -> Result<Vec<u8>, Malformed> {
    let mut w = Writer::new(T::NAME);
    value.write(&mut w)?;
    Ok(w.into_bytes())
}

/// The bytes not yet read, and where in which message the cursor stands.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    message: &'static str,
    field: &'static str,
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Starts at the front of `bytes`, which errors will call `message`.
    pub const fn new(message: &'static str, bytes: &'a [u8]) -> Self {
        Self { message, field: message, rest: bytes }
    }

    /// Reads the next value, which errors will call `field`.
    ///
    /// A value of known size is read from exactly its bytes. The compiler then sees that no read inside can fail, and
    /// leaves one comparison for a whole table of fields. It must be inlined for that, even where size comes first.
    #[inline(always)]
    pub fn get<T: Wire>(&mut self, field: &'static str) -> Result<T, Malformed> {
        let Some(size) = T::SIZE else {
            self.field = field;
            return T::read(self);
        };
        let Some((head, rest)) = self.rest.split_at_checked(size) else { return Err(self.blame::<T>(field)) };
        let mut inner = Reader { message: self.message, field, rest: head };
        let value = T::read(&mut inner)?;
        self.field = inner.field;
        self.rest = rest;
        Ok(value)
    }

    /// Reads a value that is not all there, to learn in which field of it the bytes end.
    #[cold]
    #[inline(never)]
    fn blame<T: Wire>(&mut self, field: &'static str) -> Malformed {
        self.field = field;
        match T::read(self) {
            Err(malformed) => malformed,
            Ok(_) => self.malformed(Damage::Short),
        }
    }

    /// Reads `count` values. The list grows as they arrive, so a lying count costs nothing.
    pub fn list<T: Wire>(&mut self, count: impl Into<u32>, field: &'static str) -> Result<Vec<T>, Malformed> {
        (0..count.into()).map(|_| self.get(field)).collect()
    }

    /// Reads values until no byte is left.
    pub fn all<T: Wire>(&mut self, field: &'static str) -> Result<Vec<T>, Malformed> {
        let mut values = Vec::new();
        while !self.is_empty() {
            let before = self.rest.len();
            values.push(self.get(field)?);
            if self.rest.len() == before {
                return Err(self.malformed(Damage::Trailing)); // a value of no bytes would never end
            }
        }
        Ok(values)
    }

    /// Takes the next `count` bytes.
    pub fn take(&mut self, count: impl TryInto<usize>, field: &'static str) -> Result<&'a [u8], Malformed> {
        self.field = field;
        let count = count.try_into().map_err(|_| self.malformed(Damage::Short))?;
        let (head, rest) = self.rest.split_at_checked(count).ok_or_else(|| self.malformed(Damage::Short))?;
        self.rest = rest;
        Ok(head)
    }

    /// Takes the next `count` bytes as a cursor of their own: what is inside cannot reach past them.
    pub fn within(&mut self, count: impl TryInto<usize>, field: &'static str) -> Result<Self, Malformed> {
        Ok(Self { message: self.message, field, rest: self.take(count, field)? })
    }

    /// Takes all bytes that are left.
    pub const fn rest(&mut self) -> &'a [u8] {
        let rest = self.rest;
        self.rest = &[];
        rest
    }

    /// Whether every byte has been read.
    pub const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// How many bytes have not been read.
    pub const fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// Fails with [`Damage::Trailing`] unless every byte has been read.
    pub const fn finish(&self) -> Result<(), Malformed> {
        if self.is_empty() { Ok(()) } else { Err(self.malformed(Damage::Trailing)) }
    }

    /// The error for damage at the field the cursor stands at.
    pub const fn malformed(&self, damage: Damage) -> Malformed {
        Malformed { message: self.message, field: self.field, damage }
    }

    /// The next `N` bytes, if there are so many; the cursor stays where it is.
    pub const fn peek<const N: usize>(&self) -> Option<&'a [u8; N]> {
        self.rest.first_chunk()
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (head, rest) = self.rest.split_first_chunk().ok_or_else(|| self.malformed(Damage::Short))?;
        self.rest = rest;
        Ok(*head)
    }
}

/// The bytes written so far.
#[derive(Clone, Debug)]
pub struct Writer {
    message: &'static str,
    bytes: Vec<u8>,
}

impl Writer {
    /// Starts with no bytes; errors will call the whole `message`.
    pub const fn new(message: &'static str) -> Self {
        Self { message, bytes: Vec::new() }
    }

    /// Writes one value.
    pub fn put<T: Wire>(&mut self, value: &T) -> Result<(), Malformed> {
        value.write(self)
    }

    /// Writes values one after the other.
    pub fn list<T: Wire>(&mut self, values: &[T]) -> Result<(), Malformed> {
        values.iter().try_for_each(|value| self.put(value))
    }

    /// Writes `count` as a length field of type `L`, the length of `field`.
    pub fn len<L: Wire + TryFrom<usize>>(&mut self, count: usize, field: &'static str) -> Result<(), Malformed> {
        let message = self.message;
        let length = L::try_from(count).map_err(|_| Malformed { message, field, damage: Damage::TooLong })?;
        self.put(&length)
    }

    /// Writes bytes as they are.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// What was written.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

macro_rules! integers {
    ($($int:ty)*) => {$(
        impl Wire for $int {
            const NAME: &'static str = stringify!($int);
            const SIZE: Option<usize> = Some(size_of::<Self>());
            #[inline(always)]
            fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
                r.array().map(Self::from_le_bytes)
            }
            fn write(&self, w: &mut Writer) -> Result<(), Malformed> {
                w.bytes(&self.to_le_bytes());
                Ok(())
            }
        }
    )*};
}
integers!(u8 u16 u32 u64 i8 i16 i32 i64);

impl<const N: usize> Wire for [u8; N] {
    const NAME: &'static str = "bytes";
    const SIZE: Option<usize> = Some(N);
    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        r.array()
    }
    fn write(&self, w: &mut Writer) -> Result<(), Malformed> {
        w.bytes(self);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    crate::record! {
        /// Two fields.
        pub struct Pair {
            /// First.
            pub first: u16,
            /// Second.
            pub second: [u8; 3],
        }
    }

    #[test]
    fn integers_are_little_endian() {
        let pair = Pair { first: 0x0102, second: [3, 4, 5] };
        assert_eq!(encode(&pair), Ok(vec![2, 1, 3, 4, 5]));
        assert_eq!(decode(&[2, 1, 3, 4, 5]), Ok(pair));
    }

    #[test]
    fn an_error_names_message_and_field() {
        let malformed = decode::<Pair>(&[2, 1, 3]).unwrap_err();
        assert_eq!(malformed, Malformed { message: "Pair", field: "second", damage: Damage::Short });
        assert_eq!(malformed.to_string(), "Pair: the bytes end inside second");
        assert_eq!(decode::<Pair>(&[0; 6]).unwrap_err().damage, Damage::Trailing);
    }

    crate::record! {
        /// A pair inside.
        pub struct Nest {
            /// The pair.
            pub pair: Pair,
            /// What follows it.
            pub last: u8,
        }
    }

    #[test]
    fn a_table_of_fixed_fields_has_a_size_and_names_the_one_that_is_missing() {
        assert_eq!((Pair::SIZE, Nest::SIZE, sum(&[Some(1), None])), (Some(5), Some(6), None));
        let fields = ["first", "first", "second", "second", "second", "last"];
        for (length, field) in fields.into_iter().enumerate() {
            let mut r = Reader::new("list", &[0; 6][..length]);
            assert_eq!(r.get::<Nest>("nest").unwrap_err(), Malformed { message: "list", field, damage: Damage::Short });
        }
        let mut r = Reader::new("list", &[0; 7]);
        assert!(r.get::<Nest>("nest").is_ok());
        assert_eq!((r.remaining(), r.finish().unwrap_err().field), (1, "last"));
    }

    #[test]
    fn a_lying_count_ends_where_the_bytes_end() {
        let mut r = Reader::new("list", &[1, 2, 3]);
        assert_eq!(r.list::<u8>(u32::MAX, "item").unwrap_err().damage, Damage::Short);
    }

    #[test]
    fn a_bounded_cursor_cannot_reach_past_its_end() {
        let mut r = Reader::new("outer", &[1, 2, 3]);
        let mut inner = r.within(2u8, "inner").unwrap();
        assert_eq!(inner.get::<u16>("value"), Ok(0x0201));
        assert_eq!(inner.get::<u8>("value").unwrap_err().damage, Damage::Short);
        assert_eq!(r.get::<u8>("next"), Ok(3));
        assert_eq!(r.finish(), Ok(()));
    }

    #[test]
    fn a_length_that_does_not_fit_is_an_error() {
        let mut w = Writer::new("text");
        assert_eq!(w.len::<u8>(256, "length").unwrap_err().damage, Damage::TooLong);
    }

    #[test]
    fn values_of_no_bytes_do_not_loop_for_ever() {
        let mut r = Reader::new("empty", &[1]);
        assert_eq!(r.all::<[u8; 0]>("nothing").unwrap_err().damage, Damage::Trailing);
    }
}
