//! [`codes!`](crate::codes) and [`bits!`](crate::bits): numbers of the wire, open to values we do not know.

/// Declares a wire code: a newtype with named constants that keeps every value, known or not.
///
/// `Display` prints the name and the hex, or the hex alone.
#[macro_export]
macro_rules! codes {
    ($(#[$meta:meta])* pub struct $name:ident($int:ty) { $($(#[$doc:meta])* $code:ident = $value:expr),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub struct $name(pub $int);

        impl $name {
            $($(#[$doc])* pub const $code: Self = Self($value);)*

            /// The specification's name, if the code is one we know.
            pub const fn name(self) -> Option<&'static str> {
                match self {
                    $(Self::$code => Some(stringify!($code)),)*
                    #[allow(unreachable_patterns, reason = "a code may name every value of its integer")]
                    _ => None,
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                match self.name() {
                    Some(name) => write!(f, "{name} ({:#04x})", self.0),
                    None => write!(f, "{:#04x}", self.0),
                }
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }

        $crate::newtype!($name($int));
    };
}

/// Declares a set of flags: a newtype with named bits that keeps every bit, known or not.
#[macro_export]
macro_rules! bits {
    ($(#[$meta:meta])* pub struct $name:ident($int:ty) { $($(#[$doc:meta])* $flag:ident = $bit:expr),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub struct $name(pub $int);

        impl $name {
            $($(#[$doc])* pub const $flag: Self = Self(1 << $bit);)*

            /// Whether every bit of `flags` is set.
            pub const fn contains(self, flags: Self) -> bool {
                self.0 & flags.0 == flags.0
            }

            /// The names of the bits that are set and have one.
            pub fn names(self) -> impl Iterator<Item = &'static str> {
                let named = [$((Self::$flag, stringify!($flag))),*];
                named.into_iter().filter(move |(flag, _)| self.contains(*flag)).map(|(_, name)| name)
            }

            /// The bits that have no name here.
            pub const fn unknown(self) -> $int {
                self.0 & !(0 $(| Self::$flag.0)*)
            }
        }

        $crate::newtype!($name($int));
    };
}

/// Gives a newtype over a wire integer its wire form.
#[doc(hidden)]
#[macro_export]
macro_rules! newtype {
    ($name:ident($int:ty)) => {
        impl $crate::Wire for $name {
            const NAME: &'static str = stringify!($name);
            const SIZE: Option<usize> = <$int as $crate::Wire>::SIZE;
            fn read(r: &mut $crate::Reader<'_>) -> Result<Self, $crate::Malformed> {
                <$int as $crate::Wire>::read(r).map(Self)
            }
            fn write(&self, w: &mut $crate::Writer) -> Result<(), $crate::Malformed> {
                w.put(&self.0)
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use crate::{decode, encode};

    codes! {
        /// A code.
        pub struct Colour(u8) {
            /// The first.
            RED = 0x01,
        }
    }
    bits! {
        /// Flags.
        pub struct Doors(u16) {
            /// Open.
            OPEN = 0,
            /// Locked.
            LOCKED = 3,
        }
    }

    #[test]
    fn an_unknown_code_survives_and_prints_as_hex() {
        let code: Colour = decode(&[0x7f]).unwrap();
        assert_eq!(encode(&code), Ok(vec![0x7f]));
        assert_eq!((code.to_string(), Colour::RED.to_string()), ("0x7f".into(), "RED (0x01)".into()));
    }

    #[test]
    fn an_unknown_bit_survives() {
        let doors: Doors = decode(&[0x09, 0x80]).unwrap();
        assert!(doors.contains(Doors::OPEN) && doors.contains(Doors::LOCKED));
        assert_eq!((doors.unknown(), encode(&doors)), (0x8000, Ok(vec![0x09, 0x80])));
        assert!(doors.names().eq(["OPEN", "LOCKED"]));
    }
}
