//! What proves FirmWarden without any hardware: a simulated board, a bus, an OTLP receiver, and the shipped binary run
//! between them. Nothing of this is in that binary.
//!
//! The [`board`] writes its answers itself, byte by byte, instead of through the codecs of `mctp` and `pldm`: an error in
//! a codec cannot hide in both ends of the wire. Only framing and packets are shared; golden vectors prove those.

pub mod board;
pub mod bus;
pub mod daemon;
pub mod flash;
pub mod receiver;
pub mod scene;
pub mod second;
mod wait;

pub use wait::{PATIENCE, eventually, until};
