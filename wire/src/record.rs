//! [`record!`](crate::record): a message whose fields follow one another.

/// Declares a message whose fields follow one another on the wire: one list gives the struct and both directions.
///
/// Errors call it by its Rust name, or by the specification's where one is given: `struct GetPldmTypes = "GetPLDMTypes"`.
/// A message without fields ends in a semicolon.
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
    ($(#[$meta:meta])* pub struct $name:ident = $wire:tt { $($(#[$doc:meta])* pub $field:ident: $type:ty),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Eq, PartialEq)]
        pub struct $name { $($(#[$doc])* pub $field: $type),* }

        impl $crate::Wire for $name {
            const NAME: &'static str = $wire;
            const SIZE: Option<usize> = $crate::sum(&[$(<$type as $crate::Wire>::SIZE),*]);
            #[inline(always)]
            fn read(r: &mut $crate::Reader<'_>) -> Result<Self, $crate::Malformed> {
                Ok(Self { $($field: r.get(stringify!($field))?),* })
            }
            fn write(&self, w: &mut $crate::Writer) -> Result<(), $crate::Malformed> {
                $(w.put(&self.$field)?;)*
                Ok(())
            }
        }
    };
}
