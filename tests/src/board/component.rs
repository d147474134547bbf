//! One simulated device: a message in, what it does about it out. No I/O and no clock but the one it is handed.

use super::{
    bytes, control,
    data::{Description, EidKind, Fault},
    faults, pldm,
};
use mctp::{MessageType, assembly::Message};
use std::time::Duration;

/// What a device does: after a while it sends bytes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Action {
    /// How long after the request.
    pub after: Duration,
    /// What goes over the line, frames included.
    pub bytes: Vec<u8>,
}

/// A device, its power on.
#[derive(Debug)]
pub struct Component {
    /// What it is like. It may be changed while it runs.
    pub description: Description,
    /// Its endpoint id; 0 when it has none.
    pub eid: u8,
    /// The first endpoint id of its pool, if it is a bridge that got one.
    pub pool: Option<u8>,
    /// Its terminus id; 0 when it has none.
    pub tid: u8,
    /// How many messages came.
    pub requests: u64,
    /// How many PLDM messages came.
    pub pldm_requests: u64,
    /// How many frames it sent.
    pub(super) frames: u64,
}

impl Component {
    /// A device as it comes out of the box.
    pub const fn new(description: Description) -> Self {
        let mut new = Self { description, eid: 0, pool: None, tid: 0, requests: 0, pldm_requests: 0, frames: 0 };
        new.reset();
        new
    }

    /// Forgets what a reset makes it forget.
    pub const fn reset(&mut self) {
        self.eid = if let EidKind::Fixed(eid) = self.description.eid { eid } else { 0 };
        (self.pool, self.tid) = (None, 0);
    }

    /// What it does about a message, `up` after its power came on.
    pub fn answer(&mut self, request: &Message, up: Duration) -> Vec<Action> {
        self.requests += 1;
        if self.is_deaf(up) {
            return vec![];
        }
        let answer = match request.message_type {
            MessageType::CONTROL => control::answer(self, &request.body),
            MessageType::PLDM => self.answer_pldm(&request.body),
            _ => None,
        };
        answer.map_or_else(Vec::new, |body| faults::actions(self, request, body))
    }

    /// Its UUID.
    pub(super) fn uuid(&self) -> Option<[u8; 16]> {
        self.description.uuid.as_deref().map(bytes::uuid)
    }

    fn answer_pldm(&mut self, body: &[u8]) -> Option<Vec<u8>> {
        self.pldm_requests += 1;
        if self.has(|fault| *fault == Fault::PldmSilent) {
            return None;
        }
        if self.has(|fault| matches!(fault, Fault::ResetsAt { request } if *request == self.pldm_requests)) {
            self.reset();
            return None;
        }
        pldm::answer(self, body)
    }

    fn is_deaf(&self, up: Duration) -> bool {
        self.has(|fault| match fault {
            Fault::Silent => true,
            Fault::SilentAtFirst { seconds } => up.as_secs_f64() < *seconds,
            Fault::DropsEvery { nth } => self.requests.is_multiple_of(*nth),
            _ => false,
        })
    }

    pub(super) fn has(&self, is: impl Fn(&Fault) -> bool) -> bool {
        self.description.fault.iter().any(is)
    }
}
