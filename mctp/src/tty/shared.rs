//! What a line's callers and its task both hold.

use super::{Exchanges, Incoming, LineCounters, LineSettings, LineState};
use crate::{
    Eid, MessageType,
    packet::{BASELINE_UNIT, Tag, fragment, message},
    patience,
    serial::frame_into,
};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, broadcast, mpsc, watch};

/// A line's memory. No lock is held over an await.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) settings: LineSettings,
    pub(super) state: watch::Sender<LineState>,
    pub(super) queue: mpsc::Sender<Outgoing>,
    pub(super) incoming: broadcast::Sender<Incoming>,
    /// Rings when a tag may be free, or none is needed any more.
    pub(super) freed: Notify,
    exchanges: Mutex<Exchanges>,
    counters: Mutex<LineCounters>,
}

/// The frames of one message.
#[derive(Debug)]
pub(super) struct Outgoing {
    /// Which opening of the line they are for.
    pub(super) generation: u64,
    /// How many frames.
    pub(super) frames: u64,
    /// The frames.
    pub(super) bytes: Vec<u8>,
}

impl Shared {
    pub(super) fn new(settings: LineSettings) -> (Self, mpsc::Receiver<Outgoing>) {
        let why = "not opened yet";
        let (queue, queued) = mpsc::channel(patience::WRITE_QUEUE);
        let shared = Self {
            settings,
            state: watch::Sender::new(LineState::Down(why.into())),
            queue,
            incoming: broadcast::Sender::new(patience::INCOMING_QUEUE),
            freed: Notify::new(),
            exchanges: Mutex::new(Exchanges::new(why.into())),
            counters: Mutex::default(),
        };
        (shared, queued)
    }

    pub(super) fn exchanges(&self) -> MutexGuard<'_, Exchanges> {
        self.exchanges.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn counters(&self) -> MutexGuard<'_, LineCounters> {
        self.counters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts one.
    pub(super) fn count(&self, counter: impl FnOnce(&mut LineCounters) -> &mut u64) {
        let mut counters = self.counters();
        let counter = counter(&mut counters);
        *counter = counter.saturating_add(1);
    }

    pub(super) fn up(&self) -> u64 {
        self.count(|counters| &mut counters.opened);
        let generation = self.exchanges().up();
        self.state.send_replace(LineState::Up { generation });
        generation
    }

    pub(super) fn down(&self, why: String) {
        self.exchanges().down(&why);
        self.freed.notify_waiters();
        let down = LineState::Down(why);
        self.state.send_if_modified(|state| {
            let changed = *state != down;
            *state = down;
            changed
        });
    }

    /// All frames of a message of ours, so that one write takes them.
    pub(super) fn outgoing(&self, generation: u64, to: Eid, tag: Tag, kind: MessageType, body: &[u8]) -> Outgoing {
        let (mut bytes, mut frames) = (Vec::new(), 0u64);
        for packet in fragment(self.settings.identity.eid, to, tag, &message(kind, body), BASELINE_UNIT) {
            frame_into(&packet, &mut bytes);
            frames = frames.saturating_add(1);
        }
        Outgoing { generation, frames, bytes }
    }
}
