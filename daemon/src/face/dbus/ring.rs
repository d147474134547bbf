//! The last events, for whoever asks later, and each new one for whoever listens.

use crate::{
    event::{Event, What},
    text::one_line,
};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::{
    broadcast::{Receiver, error::RecvError},
    watch,
};

/// How many events are kept: hours of a board that is well, a minute of one that is not. Most are some 400 bytes.
pub(crate) const KEPT: usize = 512;

/// An event as it is told on the bus.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, zbus::Type)]
pub(crate) struct Told {
    /// Its number, from 1. One that is left out is an event that came too fast.
    pub(crate) sequence: u64,
    /// When, in milliseconds since 1970.
    pub(crate) time: u64,
    /// When, in microseconds since boot.
    pub(crate) boot_time: u64,
    /// Its name.
    pub(crate) name: String,
    /// `debug`, `information`, `warning` or `error`.
    pub(crate) severity: String,
    /// Which component or line it is about; empty for the daemon itself.
    pub(crate) subject: String,
    /// What it says.
    pub(crate) text: String,
    /// What it says besides.
    pub(crate) facts: BTreeMap<String, String>,
}

/// The events, shared by the interface and the one who fills it.
#[derive(Clone)]
pub(super) struct Ring(Arc<Shared>);

struct Shared {
    kept: Mutex<Kept>,
    last: watch::Sender<u64>,
}

#[derive(Default)]
struct Kept {
    events: VecDeque<Told>,
    /// The number of the last event that was kept or missed.
    last: u64,
    missed: u64,
}

impl Default for Ring {
    fn default() -> Self {
        Self(Arc::new(Shared { kept: Mutex::default(), last: watch::Sender::new(0) }))
    }
}

impl Ring {
    /// Takes events in until nobody can report any more.
    pub(super) async fn fill(&self, mut events: Receiver<Event>) {
        loop {
            match events.recv().await {
                // What every pass brings is no news.
                Ok(Event { what: What::Inventoried { .. } | What::Asked { .. }, .. }) => {}
                Ok(event) => self.push(&event),
                Err(RecvError::Lagged(count)) => self.with(|kept| kept.miss(count)),
                Err(RecvError::Closed) => return,
            }
        }
    }

    /// What came after the event of this number, and is still kept.
    pub(super) fn after(&self, sequence: u64) -> Vec<Told> {
        self.with(|kept| kept.events.iter().filter(|event| event.sequence > sequence).cloned().collect())
    }

    /// How many events came too fast.
    pub(super) fn missed(&self) -> u64 {
        self.with(|kept| kept.missed)
    }

    /// The number of the last event, now and whenever there is a new one.
    pub(super) fn last(&self) -> watch::Receiver<u64> {
        self.0.last.subscribe()
    }

    fn push(&self, event: &Event) {
        let last = self.with(|kept| kept.push(event));
        self.0.last.send_replace(last);
    }

    fn with<T>(&self, f: impl FnOnce(&mut Kept) -> T) -> T {
        f(&mut self.0.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Kept {
    fn push(&mut self, event: &Event) -> u64 {
        self.last = self.last.saturating_add(1);
        if self.events.len() >= KEPT {
            self.events.pop_front();
        }
        self.events.push_back(told(self.last, event));
        self.last
    }

    fn miss(&mut self, count: u64) {
        self.last = self.last.saturating_add(count);
        self.missed = self.missed.saturating_add(count);
    }
}

fn told(sequence: u64, Event { at, what }: &Event) -> Told {
    Told {
        sequence,
        time: at.wall_milliseconds(),
        boot_time: at.boot_microseconds(),
        name: what.name().into(),
        severity: what.severity().word().into(),
        subject: one_line(what.subject()),
        text: one_line(&what.to_string()),
        facts: what.facts().iter().map(|(name, value)| ((*name).to_owned(), one_line(value))).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{at, id};
    use tokio::sync::broadcast;

    fn fresh(seconds: u64) -> Event {
        Event { at: at(seconds), what: What::ComponentFresh { component: id("nic0") } }
    }

    #[tokio::test]
    async fn the_oldest_go_first_and_passes_are_not_among_them() {
        let (sender, receiver) = broadcast::channel(1024);
        let ring = Ring::default();
        for seconds in 0..600 {
            sender.send(fresh(seconds)).expect("a receiver");
        }
        drop(sender);
        ring.fill(receiver).await;
        let all = ring.after(0);
        assert_eq!((all.len(), all[0].sequence, all[0].boot_time, *ring.last().borrow()), (KEPT, 89, 88_000_000, 600));
        assert_eq!(ring.after(598).iter().map(|it| it.sequence).collect::<Vec<_>>(), [599, 600]);
        assert_eq!((ring.after(600), ring.after(u64::MAX)), (vec![], vec![]));
    }

    #[tokio::test]
    async fn what_came_too_fast_leaves_a_gap() {
        let (sender, receiver) = broadcast::channel(2);
        let ring = Ring::default();
        for seconds in 0..10 {
            sender.send(fresh(seconds)).expect("a receiver");
        }
        drop(sender);
        ring.fill(receiver).await;
        assert_eq!(ring.after(0).iter().map(|it| it.sequence).collect::<Vec<_>>(), [9, 10]);
        assert_eq!(ring.missed(), 8);
    }

    #[test]
    fn an_event_is_one_printable_line_in_each_part() {
        let evil = "a\nb\u{1b}[2J\u{202e}".to_owned();
        let what = What::LineDown { line: evil.clone(), reason: evil };
        let told = told(1, &Event { at: at(1), what });
        let parts = [&told.subject, &told.text].into_iter().chain(told.facts.values());
        assert!(parts.into_iter().all(|text| text.chars().all(|c| !c.is_control() && c != '\u{202e}')), "{told:?}");
        assert_eq!((&*told.severity, &*told.name), ("error", "mctp.line.down"));
    }
}
