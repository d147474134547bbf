//! [`record!`](crate::record): a message whose fields follow one another.

/// Declares a message whose fields follow one another on the wire: one list gives the struct and both directions.
#[macro_export]
macro_rules! record {
    ($(#[$meta:meta])* pub struct $name:ident { $($(#[$doc:meta])* pub $field:ident: $type:ty),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Eq, PartialEq)]
        pub struct $name { $($(#[$doc])* pub $field: $type),* }

        impl $crate::Wire for $name {
            const NAME: &'static str = stringify!($name);
            #[allow(unused_variables, reason = "a message may have no field")]
            fn read(r: &mut $crate::Reader<'_>) -> Result<Self, $crate::Malformed> {
                Ok(Self { $($field: r.get(stringify!($field))?),* })
            }
            #[allow(unused_variables, reason = "a message may have no field")]
            fn write(&self, w: &mut $crate::Writer) -> Result<(), $crate::Malformed> {
                $(w.put(&self.$field)?;)*
                Ok(())
            }
        }
    };
}
