//! The daemon `firmwarden` and its command line.
//!
//! In the middle stand [`model`], [`event`] and [`store`]; protocol work on one side reports to the store, faces on the
//! other are projections of it. Neither side knows the other.

pub mod arguments;
pub mod ask;
pub mod clock;
pub mod discover;
pub mod event;
pub mod face;
mod file;
pub mod image;
pub mod inventory;
pub mod listen;
pub mod logs;
pub mod model;
pub mod package;
pub mod sensors;
pub mod serve;
pub mod settings;
pub mod store;
#[cfg(test)]
mod testing;
mod text;
