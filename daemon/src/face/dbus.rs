//! The model on D-Bus, in the shape upstream bmcweb reads.
