//! Projections of the model: D-Bus, OTLP, the journal, the command line. None knows a protocol.

pub mod cli;
pub mod dbus;
pub mod journal;
pub mod otlp;
