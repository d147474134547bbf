//! PLDM (DSP0240, DSP0242, DSP0248, DSP0257, DSP0267): the messages, and one requester.
//!
//! One module per PLDM type holds its messages; [`Requester::call`] asks one endpoint and knows which response belongs to
//! which request. What a device gets wrong is kept as data: [`Answer::damage`] for what could not be read,
//! [`Leniency`] for what was read all the same. Nothing a device sends can panic.
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

mod call;
mod completion_code;
mod crc;
mod header;
mod instance_id;
mod leniency;
mod message;
mod octets;
mod requester;
mod respond;
#[cfg(test)]
mod testing;
mod text;
mod timestamp;
mod transfer;

pub mod base;
pub mod file;
pub mod firmware_update;
pub mod fru;
pub mod package;
pub mod patience;
pub mod platform;

pub use call::{Call, CallError, Failure};
pub use completion_code::CompletionCode;
pub use crc::{crc8, crc32};
pub use header::{
    Command, Header, InstanceId, NotOpened, Opened, PldmType, answers, encode_request, encode_response, open,
};
pub use instance_id::{SharedInstanceIds, SharingFault};
pub use leniency::{Leniency, Lenient};
pub use message::Keep;
pub use octets::Octets;
pub use patience::{Impatience, Patience};
pub use requester::{Answer, Request, Requester};
pub use respond::{refuse, respond};
pub use text::{StringType, Text, TextHead};
pub use timestamp::Timestamp104;
pub use transfer::{Limits, Multipart, Part, Parts, Place, TransferFault, Transferred, transfer};
