//! Limits the lines about one component: a device that comes and goes must not wear out the log.

use std::{collections::BTreeMap, time::Duration};
use tokio::time::Instant;

/// Enough for a component with all its firmware to come, fail and go.
const LINES: u32 = 40;

/// In this time: at the most 4 lines a second about one component.
pub(super) const WINDOW: Duration = Duration::from_secs(10);

/// How many components have a limit of their own; all others share one.
const COMPONENTS: usize = 256;

/// What was written about each component.
#[derive(Debug, Default)]
pub(super) struct Limit {
    windows: BTreeMap<String, Window>,
}

#[derive(Debug)]
struct Window {
    end: Instant,
    written: u32,
    suppressed: u64,
}

impl Limit {
    /// Whether a line about `about` may be written; if not, it is counted.
    pub(super) fn admits(&mut self, about: &str, now: Instant) -> bool {
        self.windows.retain(|_, window| window.end > now || window.suppressed > 0);
        let full = self.windows.len() >= COMPONENTS && !self.windows.contains_key(about);
        let about = if full { "others" } else { about };
        let window = self.windows.entry(about.to_owned());
        let window = window.or_insert(Window { end: now + WINDOW, written: 0, suppressed: 0 });
        let admitted = window.written < LINES;
        if admitted {
            window.written += 1;
        } else {
            window.suppressed = window.suppressed.saturating_add(1);
        }
        admitted
    }

    /// When there will be counts to write, if there will.
    pub(super) fn next_summary(&self) -> Option<Instant> {
        self.windows.values().filter(|window| window.suppressed > 0).map(|window| window.end).min()
    }

    /// The counts whose time is over.
    pub(super) fn summaries(&mut self, now: Instant) -> Vec<(String, u64)> {
        let over: Vec<_> =
            self.windows.iter().filter(|(_, window)| window.end <= now).map(|(a, _)| a.clone()).collect();
        let counts = over.into_iter().filter_map(|about| self.windows.remove(&about).map(|w| (about, w.suppressed)));
        counts.filter(|(_, count)| *count > 0).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn lines_beyond_the_limit_are_counted_and_others_are_not_touched() {
        let (mut limit, now) = (Limit::default(), Instant::now());
        for _ in 0..LINES {
            assert!(limit.admits("nic0", now));
        }
        assert!(!limit.admits("nic0", now));
        assert!(limit.admits("gpu0", now));
        assert_eq!(limit.next_summary(), Some(now + WINDOW));
        assert_eq!(limit.summaries(now), []);
        assert_eq!(limit.summaries(now + WINDOW), [("nic0".to_owned(), 1)]);
        assert!(limit.admits("nic0", now + WINDOW));
    }

    #[tokio::test(start_paused = true)]
    async fn a_flood_of_names_stays_bounded() {
        let (mut limit, now) = (Limit::default(), Instant::now());
        let written = (0..10_000).filter(|n| limit.admits(&n.to_string(), now)).count();
        assert_eq!(limit.windows.len(), COMPONENTS + 1);
        assert_eq!(written, COMPONENTS + usize::try_from(LINES).expect("small"));
    }
}
