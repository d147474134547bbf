//! [`Octets`]: a short run of bytes as a device sent it, kept without an allocation where that is possible.

use std::{fmt, ops::Deref};
use wire::{Malformed, Reader};

/// How many bytes fit without an allocation. Of the version strings met in the field nearly all are shorter.
const INLINE: usize = 24;

/// Bytes, immutable. They compare, and look, like a slice.
#[derive(Clone)]
pub struct Octets(Kept);

#[derive(Clone)]
enum Kept {
    Inline(u8, Room),
    Boxed(Box<[u8]>),
}

/// Words, to the processor: it moves three of them, where it would stumble over 24 bytes that straddle four.
#[derive(Clone, Copy)]
#[repr(align(8))]
struct Room([u8; INLINE]);

impl Room {
    fn copied(bytes: &[u8]) -> Self {
        let mut room = [0; INLINE];
        room.iter_mut().zip(bytes).for_each(|(room, byte)| *room = *byte);
        Self(room)
    }
}

impl Octets {
    /// Takes the next `length` bytes.
    ///
    /// Where the message goes on behind them, as many are copied as there is room for: copying a number of bytes that
    /// is fixed takes two instructions, one that is not a call. Nobody sees those beyond `length`.
    #[inline(always)]
    pub(crate) fn read(r: &mut Reader<'_>, length: u8, field: &'static str) -> Result<Self, Malformed> {
        let ahead = r.peek().copied();
        let bytes = r.take(length, field)?;
        if bytes.len() > INLINE {
            return Ok(Self(Kept::Boxed(bytes.into())));
        }
        Ok(Self(Kept::Inline(length, ahead.map_or_else(|| Room::copied(bytes), Room))))
    }
}

impl From<&[u8]> for Octets {
    fn from(bytes: &[u8]) -> Self {
        match u8::try_from(bytes.len()) {
            Ok(length) if bytes.len() <= INLINE => Self(Kept::Inline(length, Room::copied(bytes))),
            _ => Self(Kept::Boxed(bytes.into())),
        }
    }
}

impl Deref for Octets {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        match &self.0 {
            Kept::Inline(length, room) => room.0.get(..usize::from(*length)).unwrap_or_default(),
            Kept::Boxed(bytes) => bytes,
        }
    }
}

impl Default for Octets {
    fn default() -> Self {
        Self(Kept::Inline(0, Room([0; INLINE])))
    }
}

impl PartialEq for Octets {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Octets {}

impl fmt::Debug for Octets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "b\"{}\"", self.escape_ascii())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_length_comes_back_as_it_was() {
        for length in 0..70 {
            let bytes: Vec<u8> = (0..length).collect();
            let octets = Octets::from(&bytes[..]);
            assert_eq!(*octets, bytes[..]);
            assert_eq!(octets.clone(), octets);
            let more = [&bytes[..], &[1]].concat();
            assert_ne!(octets, Octets::from(&more[..]));
            for room in [length, length + 1, length + 99] {
                let message = [&bytes[..], &[0xee; 99]].concat();
                let mut r = Reader::new("message", &message[..room.into()]);
                assert_eq!(Octets::read(&mut r, length, "text"), Ok(octets.clone()));
                assert_eq!(r.remaining(), usize::from(room - length));
            }
            assert_eq!(
                Octets::read(&mut Reader::new("message", &bytes), length + 1, "text").unwrap_err().field,
                "text"
            );
        }
        assert_eq!(Octets::default(), Octets::from(&[][..]));
    }

    #[test]
    fn it_is_four_words() {
        assert_eq!(size_of::<Octets>(), 32);
    }
}
