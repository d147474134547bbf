//! What the fuzz targets have in common.

use pldm::{Answer, Request};
use wire::{Wire, decode, encode};

pub mod device;
#[path = "../src/second.rs"]
pub mod second;

/// Whatever decodes encodes back to the same bytes.
pub fn same<T: Wire>(bytes: &[u8]) {
    if let Ok(value) = decode::<T>(bytes) {
        assert_eq!(encode(&value).as_deref(), Ok(bytes), "{}", T::NAME);
    }
}

/// An answer without damage encodes back to the same bytes; one with damage is no answer to the strict decoder.
pub fn kept<R: Request>(bytes: &[u8]) {
    same::<R>(bytes);
    same::<R::Response>(bytes);
    let strict = decode::<R::Response>(bytes);
    match R::decode(bytes) {
        Ok(Answer { value, damage: None }) => assert_eq!(encode(&value).as_deref(), Ok(bytes), "{}", R::NAME),
        Ok(Answer { damage: Some(_), .. }) | Err(_) => assert!(strict.is_err(), "{}", R::NAME),
    }
}
