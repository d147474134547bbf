//! DSP0242: file transfer.

use crate::vector::Vector;

/// Tests the vector, if it is one of these.
pub(crate) const fn check(_vector: &Vector) -> bool {
    false
}
