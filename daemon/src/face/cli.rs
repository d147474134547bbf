//! The command line: a client of the daemon's D-Bus face, and nothing else.
