//! The three shapes that most messages have, so that each is one list of fields: [`fields!`], [`empty!`], [`request!`].

/// Declares a message whose fields follow one another, under the name the specification gives it.
///
/// It is `wire::record!`, but for the name: Rust's `GetPldmTypes` is the specification's GetPLDMTypes, and errors and
/// metrics speak like the specification.
macro_rules! fields {
    ($(#[$meta:meta])* pub struct $name:ident = $wire:literal { $($(#[$doc:meta])* pub $field:ident: $type:ty),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Eq, PartialEq)]
        pub struct $name { $($(#[$doc])* pub $field: $type),* }

        impl wire::Wire for $name {
            const NAME: &'static str = $wire;
            fn read(r: &mut wire::Reader<'_>) -> Result<Self, wire::Malformed> {
                Ok(Self { $($field: r.get(stringify!($field))?),* })
            }
            fn write(&self, w: &mut wire::Writer) -> Result<(), wire::Malformed> {
                $(w.put(&self.$field)?;)*
                Ok(())
            }
        }
    };
}
pub(crate) use fields;

/// Declares a message without fields.
macro_rules! empty {
    ($(#[$meta:meta])* pub struct $name:ident = $wire:literal) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        pub struct $name;

        impl wire::Wire for $name {
            const NAME: &'static str = $wire;
            fn read(_: &mut wire::Reader<'_>) -> Result<Self, wire::Malformed> {
                Ok(Self)
            }
            fn write(&self, _: &mut wire::Writer) -> Result<(), wire::Malformed> {
                Ok(())
            }
        }
    };
}
pub(crate) use empty;

/// Declares which command a request is, and what answers it. A response that can be kept in part names the function
/// that does so.
macro_rules! request {
    ($pldm_type:ident $request:ident = $command:literal -> $response:ty $(, $decode:path)?) => {
        impl crate::Request for $request {
            const TYPE: crate::PldmType = crate::PldmType::$pldm_type;
            const COMMAND: crate::Command = crate::Command($command);
            type Response = $response;
            $(fn decode(payload: &[u8]) -> Result<crate::Answer<$response>, wire::Malformed> {
                $decode(payload)
            })?
        }
    };
}
pub(crate) use request;
