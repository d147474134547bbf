//! [`record!`](crate::record): a message whose fields follow one another.

/// Declares a message whose fields follow one another on the wire: one list gives the struct and both directions.
///
/// Errors call it by its Rust name, or by the specification's where one is given: `struct GetPldmTypes = "GetPLDMTypes"`.
/// A message without fields ends in a semicolon.
///
/// What a field's type does not say of the way it is written stands behind `as`: `as [u8 "count", "entry"]` for a list
/// behind its count, `as known` for a code without which nobody can read on, so that the blame falls on it, and
/// `as other_field` for a number that is written in the way the other field names.
#[macro_export]
macro_rules! record {
    ($(#[$meta:meta])* pub struct $name:ident { $($fields:tt)* }) => {
        $crate::record! { $(#[$meta])* pub struct $name = (stringify!($name)) { $($fields)* } }
    };
    ($(#[$meta:meta])* pub struct $name:ident = $wire:tt;) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        pub struct $name;

        impl $crate::Wire for $name {
            const NAME: &'static str = $wire;
            fn read(_: &mut $crate::Reader<'_>) -> Result<Self, $crate::Malformed> {
                Ok(Self)
            }
            fn write(&self, _: &mut $crate::Writer) -> Result<(), $crate::Malformed> {
                Ok(())
            }
        }
    };
    ($(#[$meta:meta])* pub struct $name:ident = $wire:tt {
        $($(#[$doc:meta])* pub $field:ident: $type:ty $(as $how:tt)?),* $(,)?
    }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Eq, PartialEq)]
        pub struct $name { $($(#[$doc])* pub $field: $type),* }

        impl $crate::Wire for $name {
            const NAME: &'static str = $wire;
            const SIZE: Option<usize> = $crate::sum(&[$($crate::field!(size $type $(as $how)?)),*]);
            #[inline(always)]
            fn read(r: &mut $crate::Reader<'_>) -> Result<Self, $crate::Malformed> {
                $(let $field = $crate::field!(read r, $field: $type $(as $how)?);)*
                Ok(Self { $($field),* })
            }
            fn write(&self, w: &mut $crate::Writer) -> Result<(), $crate::Malformed> {
                $($crate::field!(write self, w, $field $(as $how)?);)*
                Ok(())
            }
        }
    };
}

/// One field of a [`record!`](crate::record): its size, how it is read, how it is written.
#[doc(hidden)]
#[macro_export]
macro_rules! field {
    (size $type:ty) => {
        <$type as $crate::Wire>::SIZE
    };
    (size $type:ty as known) => {
        <$type as $crate::Wire>::SIZE
    };
    (size $type:ty as $how:tt) => {
        None
    };
    (read $r:ident, $field:ident: $type:ty) => {
        $r.get::<$type>(stringify!($field))?
    };
    (read $r:ident, $field:ident: $type:ty as known) => {
        match $r.get::<$type>(stringify!($field))? {
            code if code.is_known() => code,
            _ => return Err($r.malformed($crate::Damage::Contradiction)),
        }
    };
    (read $r:ident, $field:ident: $type:ty as [$int:ident $count:literal, $entry:literal]) => {{
        let count: $int = $r.get($count)?;
        $r.list(count, $entry)?
    }};
    (read $r:ident, $field:ident: $type:ty as $form:ident) => {
        $form.read($r, stringify!($field))?
    };
    (write $it:ident, $w:ident, $field:ident) => {
        $w.put(&$it.$field)?
    };
    (write $it:ident, $w:ident, $field:ident as known) => {
        $w.put(&$it.$field)?
    };
    (write $it:ident, $w:ident, $field:ident as [$int:ident $count:literal, $entry:literal]) => {
        $w.len::<$int>($it.$field.len(), $count)?;
        $w.list(&$it.$field)?
    };
    (write $it:ident, $w:ident, $field:ident as $form:ident) => {
        $it.$form.write($w, $it.$field, stringify!($field))?
    };
}
