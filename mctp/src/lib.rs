//! MCTP (DSP0236): endpoints, and how messages reach them.
//!
//! [`Transport`] is what the rest of FirmWarden knows: one message out, the message that answers it back. Below it a tty
//! ([`tty::Line`]) carries packets in DSP0253 frames; the kernel's AF_MCTP will stand beside it.
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
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, clippy::as_conversions))]

pub mod assembly;
pub mod control;
mod endpoint;
pub mod faulty;
pub mod owner;
pub mod packet;
pub mod patience;
pub mod serial;
pub mod traced;
mod transport;
pub mod tty;

pub use endpoint::{Address, Eid, MessageType, uuid_text};
pub use transport::{Answer, Answers, Transport, TransportError};
