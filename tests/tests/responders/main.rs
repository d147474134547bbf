//! Other people's PLDM and MCTP crates at the other end.

mod agent;
mod firmware_device;
mod inventory;
mod line;
mod stack;
