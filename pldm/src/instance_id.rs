//! [`InstanceIds`]: which of the 32 instance ids of one endpoint is free, and [`Source`]: who says so.
//!
//! An id that was used must not be used for another request while the responder may still answer the first, or that
//! answer would be taken for the second one's. So an id is free again when its answer has come, or when PT3 has passed.

mod shared;

pub use shared::{SharedInstanceIds, SharingFault};

use crate::{Failure, InstanceId};
use mctp::Eid;
use std::time::Duration;
use tokio::time::Instant;

/// Where the ids of one endpoint come from.
#[derive(Debug)]
pub(crate) enum Source {
    /// Nobody else on this machine asks the endpoint.
    Own(InstanceIds),
    /// Others do, and all of them lock the ids they use.
    Shared {
        /// The locks.
        ids: SharedInstanceIds,
        /// Whose ids.
        eid: Eid,
        /// How long one without an answer stays out.
        expiry: Duration,
    },
}

impl Source {
    /// Takes the next free id.
    pub(crate) fn take(&mut self, now: Instant) -> Result<InstanceId, Failure> {
        match self {
            Self::Own(ids) => ids.take(now).ok_or(Failure::InstanceIds),
            Self::Shared { ids, eid, expiry } => ids.take(*eid, *expiry, now),
        }
    }

    /// The request with this id was sent once more: it stays out for a whole expiry from now.
    pub(crate) fn renew(&mut self, id: InstanceId, now: Instant) {
        match self {
            Self::Own(ids) => ids.renew(id, now),
            Self::Shared { ids, eid, .. } => ids.renew(*eid, id, now),
        }
    }

    /// The answer has come.
    pub(crate) fn release(&mut self, id: InstanceId) {
        match self {
            Self::Own(ids) => ids.release(id),
            Self::Shared { ids, eid, .. } => ids.release(*eid, id),
        }
    }
}

/// The ids of one endpoint. Time is an argument; there is nothing to wait for and nothing to clean up.
#[derive(Debug)]
pub(crate) struct InstanceIds {
    expiry: Duration,
    next: u8,
    outstanding: Vec<(InstanceId, Instant)>,
}

impl InstanceIds {
    /// All free. An id without an answer stays out for `expiry`.
    pub(crate) const fn new(expiry: Duration) -> Self {
        Self { expiry, next: 0, outstanding: Vec::new() }
    }

    /// Takes the next free id, if there is one.
    fn take(&mut self, now: Instant) -> Option<InstanceId> {
        self.expired(now).for_each(drop);
        let id = self.free().next()?;
        self.hold(id, now);
        Some(id)
    }

    /// Takes back those whose time is over.
    fn expired(&mut self, now: Instant) -> impl Iterator<Item = InstanceId> {
        let expiry = self.expiry;
        let over = move |(_, sent): &mut (InstanceId, Instant)| now.saturating_duration_since(*sent) >= expiry;
        self.outstanding.extract_if(.., over).map(|(id, _)| id)
    }

    /// Those that are not out. Round robin: the longest unused one is the least likely to meet a late answer.
    fn free(&self) -> impl Iterator<Item = InstanceId> {
        let numbers = (0..InstanceId::COUNT).map(|step| self.next.wrapping_add(step) % InstanceId::COUNT);
        numbers.filter_map(InstanceId::new).filter(|id| !self.outstanding.iter().any(|(out, _)| out == id))
    }

    /// It goes out now.
    fn hold(&mut self, id: InstanceId, now: Instant) {
        self.next = id.number().wrapping_add(1) % InstanceId::COUNT;
        self.outstanding.push((id, now));
    }

    fn renew(&mut self, id: InstanceId, now: Instant) {
        self.outstanding.iter_mut().filter(|(out, _)| *out == id).for_each(|(_, sent)| *sent = now);
    }

    fn release(&mut self, id: InstanceId) {
        self.outstanding.retain(|(out, _)| *out != id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXPIRY: Duration = Duration::from_secs(5);

    #[test]
    fn an_answered_id_comes_back_last() {
        let (mut ids, now) = (InstanceIds::new(EXPIRY), Instant::now());
        let taken: Vec<u8> = (0..33)
            .map(|_| {
                let id = ids.take(now).unwrap();
                ids.release(id);
                id.number()
            })
            .collect();
        assert_eq!(taken, (0..32).chain([0]).collect::<Vec<u8>>());
    }

    #[test]
    fn the_33rd_outstanding_request_gets_no_id() {
        let (mut ids, now) = (InstanceIds::new(EXPIRY), Instant::now());
        let taken: Vec<_> = (0..32).map(|_| ids.take(now).unwrap()).collect();
        assert_eq!(ids.take(now), None);
        ids.release(taken[7]);
        assert_eq!(ids.take(now), Some(taken[7]));
        assert_eq!(ids.take(now), None);
    }

    #[test]
    fn an_unanswered_id_is_not_used_before_it_expired() {
        let (mut ids, start) = (InstanceIds::new(EXPIRY), Instant::now());
        let silent = ids.take(start).unwrap();
        for _ in 0..200 {
            let id = ids.take(start + EXPIRY - Duration::from_millis(1)).unwrap();
            assert_ne!(id, silent);
            ids.release(id);
        }
        assert!((0..32).any(|_| ids.take(start + EXPIRY) == Some(silent)));
    }

    #[test]
    fn a_retry_holds_the_id_longer() {
        let (mut ids, start) = (InstanceIds::new(EXPIRY), Instant::now());
        let id = ids.take(start).unwrap();
        ids.renew(id, start + Duration::from_secs(4));
        let later = start + Duration::from_secs(8);
        assert!((0..31).all(|_| ids.take(later).unwrap() != id));
        assert_eq!(ids.take(later), None);
        assert_eq!(ids.take(start + Duration::from_secs(9)), Some(id));
    }

    #[test]
    fn a_clock_that_stands_behind_frees_nothing() {
        let (mut ids, start) = (InstanceIds::new(EXPIRY), Instant::now() + EXPIRY);
        assert!((0..32).all(|_| ids.take(start).is_some()));
        assert_eq!(ids.take(start - EXPIRY), None);
    }
}
