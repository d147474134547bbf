//! Hashes firmware images that the BMC itself can read.
