//! Whose turn it is. Time is an argument; there is nothing to wait for.

use std::time::Duration;
use tokio::time::Instant;

/// The longest that something which fails again and again is left alone.
const LONGEST_REST: Duration = Duration::from_secs(300);

/// Each in its own time, told by its number.
#[derive(Debug, Default)]
pub(super) struct Schedule {
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    due: Instant,
    interval: Duration,
    failures: u32,
    /// Whether it has found its own place in time.
    settled: bool,
}

impl Schedule {
    /// All of them are due at once, and later at their own intervals.
    pub(super) fn new(intervals: impl IntoIterator<Item = Duration>, now: Instant) -> Self {
        let entries =
            intervals.into_iter().map(|interval| Entry { due: now, interval, failures: 0, settled: false }).collect();
        Self { entries }
    }

    /// When the next one is due.
    pub(super) fn next(&self) -> Option<Instant> {
        self.entries.iter().map(|entry| entry.due).min()
    }

    /// Who has waited longest, of those that are due.
    pub(super) fn due(&self, now: Instant) -> Option<usize> {
        let due = self.entries.iter().enumerate().filter(|(_, entry)| entry.due <= now);
        due.min_by_key(|(_, entry)| entry.due).map(|(number, _)| number)
    }

    /// It was its turn, and it answered. Who was asked before its turn has it all the same.
    ///
    /// Its rate is kept: a late turn does not move the next, and one that was missed altogether is not made up for. The
    /// first interval is shorter for some, so that those which began together do not stay together.
    pub(super) fn answered(&mut self, number: usize, now: Instant) {
        let Some(entry) = self.entries.get_mut(number).filter(|entry| entry.due <= now) else { return };
        let next = entry.due + entry.interval;
        entry.due = if entry.settled && next > now { next } else { now + spread(entry.interval, number) };
        (entry.failures, entry.settled) = (0, true);
    }

    /// It was its turn, and it failed: it waits longer each time.
    pub(super) fn failed(&mut self, number: usize, now: Instant) {
        let Some(entry) = self.entries.get_mut(number) else { return };
        (entry.failures, entry.settled) = (entry.failures.saturating_add(1), false);
        let longest = entry.interval.max(LONGEST_REST);
        let rest = entry.interval.saturating_mul(2u32.saturating_pow(entry.failures.min(16))).min(longest);
        entry.due = now + spread(rest, number);
    }

    /// Its turn is now.
    pub(super) fn soon(&mut self, number: usize, now: Instant) {
        if let Some(entry) = self.entries.get_mut(number) {
            entry.due = entry.due.min(now);
        }
    }
}

/// Between three quarters of the interval and all of it, by the number.
fn spread(interval: Duration, number: usize) -> Duration {
    let step = u32::try_from(number % 16).unwrap_or_default();
    interval - interval / 64 * step
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn turns(schedule: &mut Schedule, now: Instant) -> Vec<usize> {
        std::iter::from_fn(|| schedule.due(now).inspect(|number| schedule.answered(*number, now))).collect()
    }

    #[test]
    fn all_are_due_at_first_and_then_spread() {
        let start = Instant::now();
        let mut schedule = Schedule::new([16 * SECOND; 16], start);
        assert_eq!(turns(&mut schedule, start), (0..16).collect::<Vec<_>>());
        assert_eq!(schedule.due(start + 12 * SECOND), None);
        let last = (0..16).map(|second| turns(&mut schedule, start + 12 * SECOND + second * SECOND / 4).len());
        assert_eq!(last.sum::<usize>(), 15);
    }

    #[test]
    fn each_keeps_its_own_rate_however_late_it_is_asked() {
        let start = Instant::now();
        let mut schedule = Schedule::new([SECOND, 10 * SECOND], start);
        turns(&mut schedule, start);
        let late = SECOND / 10;
        let count = (1..=100).map(|second| turns(&mut schedule, start + second * SECOND + late)).collect::<Vec<_>>();
        assert!((98..=101).contains(&count.iter().flatten().filter(|number| **number == 0).count()));
        assert!((9..=11).contains(&count.iter().flatten().filter(|number| **number == 1).count()));
    }

    #[test]
    fn a_turn_that_was_missed_is_not_made_up_for() {
        let start = Instant::now();
        let mut schedule = Schedule::new([SECOND], start);
        turns(&mut schedule, start);
        assert_eq!(turns(&mut schedule, start + 1000 * SECOND).len(), 1);
    }

    #[test]
    fn what_fails_waits_longer_each_time_but_not_for_ever() {
        let mut now = Instant::now();
        let mut schedule = Schedule::new([10 * SECOND], now);
        let mut waits = vec![];
        for _ in 0..10 {
            schedule.failed(0, now);
            let due = schedule.next().expect("one");
            waits.push((due - now).as_secs());
            now = due;
        }
        assert_eq!(waits, [20, 40, 80, 160, 300, 300, 300, 300, 300, 300]);
        schedule.answered(0, now);
        assert_eq!(schedule.next(), Some(now + 10 * SECOND));
    }

    #[test]
    fn what_is_wanted_soon_is_due_now() {
        let start = Instant::now();
        let mut schedule = Schedule::new([100 * SECOND; 2], start);
        turns(&mut schedule, start);
        schedule.soon(1, start + SECOND);
        assert_eq!(schedule.due(start + SECOND), Some(1));
    }
}
