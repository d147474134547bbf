//! Hashes firmware images that the BMC itself can read.

pub mod hash;
mod search;

pub use search::Search;
