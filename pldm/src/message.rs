//! What messages have in common: [`request!`], [`part!`] and [`Keep`].

use crate::Answer;
use wire::{Malformed, Reader, Wire};

/// A response that can be kept in part: what arrived whole, and the first thing that did not.
pub trait Keep: Wire {
    /// Reads as far as it goes. An error means that there is nothing to keep.
    fn read_kept(r: &mut Reader<'_>) -> Result<Answer<Self>, Malformed>;

    /// Decodes what arrived whole. Behind something that broke off, the bytes left over are part of the same damage.
    fn keep(payload: &[u8]) -> Result<Answer<Self>, Malformed> {
        let mut r = Reader::new(Self::NAME, payload);
        let answer = Self::read_kept(&mut r)?;
        Ok(Answer { damage: answer.damage.or_else(|| r.finish().err()), ..answer })
    }

    /// Reads all of it or nothing.
    fn read_whole(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        let answer = Self::read_kept(r)?;
        answer.damage.map_or(Ok(answer.value), Err)
    }
}

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

/// Declares a message that brings one part of a run of bytes: a handle, a flag, and all the bytes that follow.
macro_rules! part {
    ($(#[$meta:meta])* pub struct $name:ident = $wire:literal { $(#[$doc:meta])* $handle:ident }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Eq, PartialEq)]
        pub struct $name {
            $(#[$doc])*
            pub $handle: u32,
            /// Which part this is.
            pub transfer_flag: crate::base::TransferFlag,
            /// The part; it may end anywhere.
            pub data: Vec<u8>,
        }

        impl wire::Wire for $name {
            const NAME: &'static str = $wire;
            fn read(r: &mut wire::Reader<'_>) -> Result<Self, wire::Malformed> {
                Ok(Self {
                    $handle: r.get(stringify!($handle))?,
                    transfer_flag: r.get("transfer_flag")?,
                    data: r.rest().to_vec(),
                })
            }
            fn write(&self, w: &mut wire::Writer) -> Result<(), wire::Malformed> {
                w.put(&self.$handle)?;
                w.put(&self.transfer_flag)?;
                w.bytes(&self.data);
                Ok(())
            }
        }

        impl From<$name> for crate::Part<u8> {
            fn from(part: $name) -> Self {
                Self { place: part.transfer_flag.place(), next: part.$handle, items: part.data }
            }
        }
    };
}
pub(crate) use part;
