//! Finds endpoints and watches that they stay who they are. Serial lines now; mctpd will be a second source beside them.

pub mod serial;

use crate::model::Origin;
use mctp::{Address, Transport};
use std::{fmt, sync::Arc};

/// An endpoint that can be asked.
#[derive(Clone)]
pub struct Endpoint {
    /// Where it is.
    pub origin: Origin,
    /// Its address there.
    pub address: Address,
    /// The way to it.
    pub transport: Arc<dyn Transport>,
    /// Counts every time that it was found anew: a device that was reset is the same endpoint of a later generation.
    pub generation: u64,
    /// Whether it says that it speaks PLDM.
    pub speaks_pldm: bool,
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}, generation {}", self.origin, self.address, self.generation)
    }
}

/// What a source of endpoints says about one place.
#[derive(Clone, Debug)]
pub enum Presence {
    /// This endpoint is there.
    Here(Endpoint),
    /// None is, and why.
    Away(String),
}

impl Presence {
    /// Whether `endpoint` is still there and reached as before, found anew or not.
    pub fn is_still(&self, endpoint: &Endpoint) -> bool {
        let Self::Here(now) = self else { return false };
        (&now.origin, now.address, now.speaks_pldm) == (&endpoint.origin, endpoint.address, endpoint.speaks_pldm)
    }
}

/// A place (a line and a position on it) and who is there now.
#[derive(Clone, Debug)]
pub struct Sighting {
    /// The line's name.
    pub line: String,
    /// 0 at the other end of the wire, 1 and up behind that one.
    pub position: u8,
    /// Who is there.
    pub presence: Presence,
}
