//! One structured line for each event.
