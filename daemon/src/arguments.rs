//! The command line's arguments, read by the binary and at build by the manual page.
