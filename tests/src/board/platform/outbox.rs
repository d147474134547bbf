//! What a terminus sends without being asked: one message at a time, again while nobody answers.

use super::Event;
use crate::board::{bytes::Out, data::Platform};
use std::{collections::VecDeque, time::Duration};

/// So many events wait at most; beyond it the oldest go.
const MOST: usize = 4096;

#[derive(Debug, Default)]
pub(super) struct Outbox {
    waiting: VecDeque<Event>,
    flight: Option<Flight>,
    /// Counts messages: instance ids and tags follow it.
    count: u8,
}

/// A message that waits for its answer.
#[derive(Debug)]
struct Flight {
    message: Message,
    class: u8,
    again: Duration,
    tries: u32,
}

/// A PLDM message and its tag.
#[derive(Clone, Debug)]
pub(super) struct Message {
    pub(super) tag: u8,
    pub(super) body: Vec<u8>,
}

/// What becomes of a turn.
#[derive(Debug, Default)]
pub(super) struct Turn {
    pub(super) send: Option<Message>,
    pub(super) unanswered: u64,
}

impl Outbox {
    pub(super) fn push(&mut self, event: Event) {
        self.waiting.push_back(event);
        if self.waiting.len() > MOST {
            self.waiting.pop_front();
        }
    }

    /// When there is something to do, `up` being now.
    pub(super) fn due(&self, up: Duration) -> Option<Duration> {
        self.flight.as_ref().map(|flight| flight.again).or_else(|| (!self.waiting.is_empty()).then_some(up))
    }

    pub(super) fn turn(&mut self, up: Duration, tid: u8, platform: &Platform) -> Turn {
        let mut turn = Turn::default();
        if let Some(flight) = self.flight.as_mut().filter(|flight| flight.again <= up) {
            if flight.tries < platform.tries {
                flight.tries += 1;
                flight.again = up + Duration::from_millis(platform.retry_milliseconds);
                turn.send = Some(flight.message.clone());
                return turn;
            }
            self.flight = None;
            turn.unanswered = 1;
        }
        if self.flight.is_none()
            && let Some(event) = self.waiting.pop_front()
        {
            let message = self.message(tid, &event);
            let again = up + Duration::from_millis(platform.retry_milliseconds);
            self.flight = Some(Flight { message: message.clone(), class: event.class, again, tries: 1 });
            turn.send = Some(message);
        }
        turn
    }

    /// PlatformEventMessage: format version, TID, class, data.
    pub(super) fn message(&mut self, tid: u8, event: &Event) -> Message {
        self.count = self.count.wrapping_add(1);
        let (request, platform, command, format) = (0x80 | self.count & 0x1f, 0x02, 0x0a, 1);
        let head = Out::default().bytes([request, platform, command, format, tid, event.class]);
        Message { tag: self.count & 0x07, body: head.bytes(&event.data).0 }
    }

    /// An answer came: its event's class, if it is the one that is waited for.
    pub(super) fn answered(&mut self, tag: u8, body: &[u8]) -> Option<u8> {
        let flight = self.flight.as_ref()?;
        let own = flight.message.body.get(1..3);
        let same = body.first()? & 0x1f == flight.message.body.first()? & 0x1f && body.get(1..3) == own;
        if tag != flight.message.tag || !same {
            return None;
        }
        self.flight.take().map(|flight| flight.class)
    }
}
