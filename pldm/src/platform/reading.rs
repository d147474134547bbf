//! Readings of sensors and effecters.
