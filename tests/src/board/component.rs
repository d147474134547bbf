//! One simulated device: a message in, what it does about it out. No I/O and no clock but the one it is handed.

use super::{
    bytes, control,
    data::{Description, EidKind, Fault},
    faults,
    platform::{self, Asked, Hand, Terminus},
    pldm::{self, Files},
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
    /// What was asked of it by PLDM, and what came of its events.
    pub asked: Asked,
    /// How many frames it sent.
    pub(super) frames: u64,
    /// How long its power is on.
    pub(super) up: Duration,
    /// Its PDRs, its sensors and who receives its events.
    pub(super) terminus: Terminus,
    /// Its open files.
    pub(super) files: Files,
    /// What a test decides about its sensors.
    pub(super) hand: Hand,
}

impl Component {
    /// A device as it comes out of the box.
    pub fn new(description: Description) -> Self {
        let mut new = Self {
            eid: 0,
            pool: None,
            tid: 0,
            requests: 0,
            pldm_requests: 0,
            asked: Asked::default(),
            frames: 0,
            up: Duration::ZERO,
            terminus: Terminus::new(&description),
            files: Files::default(),
            hand: Hand::default(),
            description,
        };
        new.reset();
        new
    }

    /// Forgets what a reset makes it forget.
    pub fn reset(&mut self) {
        (self.terminus, self.files) = (Terminus::new(&self.description), Files::default());
        self.eid = if let EidKind::Fixed(eid) = self.description.eid { eid } else { 0 };
        (self.pool, self.tid) = (None, 0);
    }

    /// What it does about a message, `up` after its power came on.
    pub fn answer(&mut self, request: &Message, up: Duration) -> Vec<Action> {
        self.up = up;
        if request.message_type == MessageType::PLDM && is_answer(&request.body) {
            platform::answered(self, request.tag.number, &request.body);
            return vec![];
        }
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

    /// When it wants to do something unasked, by the time since its power came on.
    pub(super) fn due(&self) -> Option<Duration> {
        platform::due(self)
    }

    /// What it does unasked.
    pub(super) fn tick(&mut self, up: Duration) -> Vec<Action> {
        self.up = up;
        let messages = platform::tick(self);
        if self.is_deaf(up) || self.has(|fault| *fault == Fault::PldmSilent) {
            return vec![];
        }
        messages.into_iter().map(|(eid, tag, body)| faults::told(self, eid, tag, &body)).collect()
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

/// A PLDM message that answers one of its own.
fn is_answer(body: &[u8]) -> bool {
    body.first().is_some_and(|first| first & 0x80 == 0)
}
