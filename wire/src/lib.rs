//! The one place that touches raw bytes: a cursor, and what can be read from it.
//!
//! A message is a struct; [`Wire::read`] and [`Wire::write`] name its fields in wire order. Integers are little-endian
//! here; a big-endian field is a `[u8; N]` at the message that has one. Nothing in this crate can panic, and a count
//! or length found in the bytes never sizes an allocation.
#![deny(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unreachable,
    clippy::unwrap_used
)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic))]
#![cfg_attr(test, allow(unreachable_pub, reason = "the macros declare public types"))]

mod codes;
mod cursor;
mod malformed;
mod record;

pub use cursor::{Reader, Wire, Writer, decode, encode, sum};
pub use malformed::{Damage, Malformed};
