//! The binary: reads the arguments and hands over.

fn main() {}
