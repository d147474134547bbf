//! Starts every room of the daemon and waits for the end.
