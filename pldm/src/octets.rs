//! [`Octets`]: a short run of bytes as a device sent it, kept without an allocation where that is possible.

use std::{fmt, ops::Deref};

/// How many bytes fit without an allocation. Of the version strings met in the field nearly all are shorter, and with
/// its length and tag the whole is three words on a 64-bit machine.
const INLINE: usize = 22;

/// Bytes, immutable. They compare, and look, like a slice.
#[derive(Clone)]
pub struct Octets(Kept);

#[derive(Clone)]
enum Kept {
    Inline(u8, [u8; INLINE]),
    Boxed(Box<[u8]>),
}

impl From<&[u8]> for Octets {
    fn from(bytes: &[u8]) -> Self {
        let mut inline = [0; INLINE];
        match (u8::try_from(bytes.len()), inline.get_mut(..bytes.len())) {
            (Ok(length), Some(room)) => {
                room.copy_from_slice(bytes); // as long as `bytes` by the line above
                Self(Kept::Inline(length, inline))
            }
            _ => Self(Kept::Boxed(bytes.into())),
        }
    }
}

impl Deref for Octets {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        match &self.0 {
            Kept::Inline(length, bytes) => bytes.get(..usize::from(*length)).unwrap_or_default(),
            Kept::Boxed(bytes) => bytes,
        }
    }
}

impl Default for Octets {
    fn default() -> Self {
        Self(Kept::Inline(0, [0; INLINE]))
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
            assert_ne!(octets, Octets::from(&[&bytes[..], &[1]].concat()[..]));
        }
        assert_eq!(Octets::default(), Octets::from(&[][..]));
    }

    #[test]
    fn it_is_no_larger_than_a_vector() {
        assert!(size_of::<Octets>() <= 24);
    }
}
