//! Which endpoint id is whose, and who had which before.

use crate::{Eid, patience};
use std::{collections::BTreeSet, ops::RangeInclusive};

/// What tells one device from every other.
pub type Uuid = [u8; 16];

/// The endpoint ids that a bus owner gives.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Pool {
    own: Eid,
    first: u8,
    last: u8,
    taken: BTreeSet<Eid>,
    /// The oldest first; at most [`patience::REMEMBERED`].
    remembered: Vec<Memory>,
}

impl Pool {
    /// A pool that gives the ids of `range` to others; ids that no endpoint can have are left out.
    pub fn new(own: Eid, range: RangeInclusive<u8>) -> Self {
        let (first, last) = (*range.start().max(&Eid::FIRST.0), *range.end().min(&Eid::LAST.0));
        Self { own, first, last, taken: BTreeSet::new(), remembered: Vec::new() }
    }

    /// Our own id.
    pub const fn own(&self) -> Eid {
        self.own
    }

    /// Whether an endpoint can have the id and no other has it.
    pub fn is_free(&self, eid: Eid) -> bool {
        eid.is_usable() && eid != self.own && !self.taken.contains(&eid)
    }

    /// Whether that holds for `size` ids from `start` on.
    pub fn are_free(&self, start: Eid, size: u8) -> bool {
        start.0.checked_add(size).is_some() && block(start, size).all(|eid| self.is_free(eid))
    }

    /// Forgets who has which id now, but not who had it.
    pub(super) fn vacate(&mut self) {
        self.taken.clear();
    }

    pub(super) fn take(&mut self, eid: Eid) {
        self.taken.insert(eid);
    }

    /// The id to give: the one the device had before, else the one it says it has, else one that nobody had, else any.
    pub(super) fn choose(&self, uuid: Option<Uuid>, current: Eid) -> Option<Eid> {
        let before = self.memory(uuid).map(|memory| memory.eid);
        let kept = (self.first..=self.last).contains(&current.0).then_some(current);
        let free = |eid: &Eid| self.is_free(*eid);
        let anothers = |eid: Eid| self.remembered.iter().any(|memory| memory.has(eid) && Some(memory.uuid) != uuid);
        let unheard = self.range().filter(free).find(|&eid| !anothers(eid));
        let kept = kept.filter(free).filter(|&eid| !anothers(eid));
        before.filter(free).or(kept).or(unheard).or_else(|| self.range().find(free))
    }

    /// Where `size` ids in a row are free: where they were before, else where nobody had one, else anywhere.
    pub(super) fn choose_block(&self, uuid: Option<Uuid>, size: u8) -> Option<Eid> {
        let fits = |start: &Eid| {
            start.0.checked_add(size.saturating_sub(1)).is_some_and(|end| end <= self.last)
                && self.are_free(*start, size)
        };
        let before = self.memory(uuid).and_then(|memory| memory.block).map(|(start, _)| start);
        let anothers = |start: &Eid| {
            let others = || self.remembered.iter().filter(|memory| Some(memory.uuid) != uuid);
            block(*start, size).any(|eid| others().any(|memory| memory.has(eid)))
        };
        let unheard = self.range().filter(fits).find(|start| !anothers(start));
        before.filter(fits).or(unheard).or_else(|| self.range().find(fits))
    }

    /// Remembers where a device is.
    pub(super) fn remember(&mut self, uuid: Uuid, eid: Eid) {
        let block = self.memory(Some(uuid)).and_then(|memory| memory.block);
        self.put(Memory { uuid, eid, block });
    }

    /// Remembers what is behind a device.
    pub(super) fn remember_block(&mut self, uuid: Uuid, eid: Eid, start: Eid, size: u8) {
        self.put(Memory { uuid, eid, block: Some((start, size)) });
    }

    fn put(&mut self, memory: Memory) {
        self.remembered.retain(|known| known.uuid != memory.uuid);
        if self.remembered.len() >= patience::REMEMBERED {
            self.remembered.remove(0);
        }
        self.remembered.push(memory);
    }

    fn memory(&self, uuid: Option<Uuid>) -> Option<&Memory> {
        uuid.and_then(|uuid| self.remembered.iter().find(|memory| memory.uuid == uuid))
    }

    fn range(&self) -> impl Iterator<Item = Eid> + use<> {
        (self.first..=self.last).map(Eid)
    }
}

/// The ids of a block.
pub(super) fn block(start: Eid, size: u8) -> impl Iterator<Item = Eid> {
    (0..size).filter_map(move |offset| start.0.checked_add(offset)).map(Eid)
}

#[derive(Clone, Debug, Eq, PartialEq)]
struct Memory {
    uuid: Uuid,
    eid: Eid,
    block: Option<(Eid, u8)>,
}

impl Memory {
    fn has(&self, eid: Eid) -> bool {
        self.eid == eid || self.block.is_some_and(|(start, size)| block(start, size).any(|one| one == eid))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Option<Uuid> = Some([1; 16]);
    const B: Option<Uuid> = Some([2; 16]);

    #[test]
    fn ids_are_given_from_the_range_and_never_our_own() {
        let mut pool = Pool::new(Eid(8), 0..=10);
        assert_eq!(pool.choose(None, Eid::NULL), Some(Eid(9)));
        pool.take(Eid(9));
        assert_eq!(pool.choose(None, Eid(9)), Some(Eid(10)));
        pool.take(Eid(10));
        assert_eq!(pool.choose(None, Eid(10)), None);
        assert_eq!(Pool::new(Eid(8), 8..=8).choose(None, Eid::NULL), None);
    }

    #[test]
    fn a_device_that_returns_gets_its_id_and_its_block() {
        let mut pool = Pool::new(Eid(8), 9..=30);
        pool.remember(A.unwrap(), Eid(20));
        pool.remember_block(B.unwrap(), Eid(9), Eid(10), 4);
        assert_eq!(pool.choose(A, Eid::NULL), Some(Eid(20)));
        assert_eq!(pool.choose(B, Eid(12)), Some(Eid(9)));
        assert_eq!(pool.choose_block(B, 4), Some(Eid(10)));
        assert_eq!(pool.choose(None, Eid::NULL), Some(Eid(14)), "what others had is given last");
        assert_eq!(pool.choose(None, Eid(20)), Some(Eid(14)));
        assert_eq!(pool.choose_block(A, 7), Some(Eid(14)));
        assert_eq!(pool.choose_block(A, 11), Some(Eid(14)));
        assert_eq!(pool.choose_block(A, 18), Some(Eid(9)));
        assert_eq!(pool.choose_block(A, 30), None);
    }

    #[test]
    fn a_device_with_ever_new_uuids_does_not_grow_us() {
        let mut pool = Pool::new(Eid(8), 9..=254);
        for number in 0..=255 {
            pool.remember([number; 16], Eid(9));
        }
        assert_eq!(pool.remembered.len(), patience::REMEMBERED);
    }

    #[test]
    fn a_block_ends_before_the_ids_do() {
        let pool = Pool::new(Eid(8), 9..=254);
        assert!(pool.are_free(Eid(250), 5) && !pool.are_free(Eid(250), 6) && !pool.are_free(Eid(250), 255));
    }
}
