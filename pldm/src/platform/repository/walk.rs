//! Walking a repository: from each record to the next, until the last, or until patience ends.

use super::{GetPdr, GetPdrRepositoryInfo, RepositoryInfo, RepositoryState};
use crate::{
    CallError, CompletionCode, Failure, Leniency, Lenient, Limits, Multipart, Parts, Request, Requester, TransferFault,
    crc8, patience,
    platform::{Pdr, PdrHeader},
};
use std::{
    collections::HashSet,
    hash::{DefaultHasher, Hash, Hasher},
};
use tokio::time::{Instant, sleep};
use wire::{Damage, Malformed, Reader, Wire};

/// The record's number means nothing (DSP0248, GetPDR completion codes).
const INVALID_RECORD_HANDLE: CompletionCode = CompletionCode(0x82);
/// The record changed between two of its parts.
const INVALID_RECORD_CHANGE_NUMBER: CompletionCode = CompletionCode(0x83);
/// The repository is being changed.
const REPOSITORY_UPDATE_IN_PROGRESS: CompletionCode = CompletionCode(0x85);

/// What is wrong with a record that says it is not the one that was asked for.
const ANOTHER_RECORD: Malformed =
    Malformed { message: PdrHeader::NAME, field: "record_handle", damage: Damage::Contradiction };

/// How much one record may be.
const LIMITS: Limits =
    Limits { items: patience::RECORD_BYTES, parts: patience::RECORD_PARTS, time: patience::RECORD_TIME };

/// What is known of a repository.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Repository {
    /// What the device says of it, if it says anything.
    pub info: Option<RepositoryInfo>,
    /// What was wrong with that.
    pub damage: Option<Malformed>,
    /// Every record that came, in the device's order.
    pub records: Vec<Pdr>,
    /// The records that did not come, although those behind them did.
    pub lost: Vec<LostRecord>,
    /// Why not all was read.
    pub cut: Option<CallError>,
}

/// A record that did not come.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LostRecord {
    /// The number it was asked for by.
    pub record_handle: u32,
    /// Why.
    pub error: CallError,
}

impl Lenient for Repository {
    fn leniencies(&self) -> Vec<Leniency> {
        let mut all: Vec<_> = self.records.iter().flat_map(Pdr::leniencies).collect();
        all.extend(self.damage.map(Leniency::from));
        let complete = self.cut.is_none() && self.lost.is_empty();
        let counted = self.info.as_ref().map(|info| usize::try_from(info.record_count));
        if complete && counted.is_some_and(|count| count != Ok(self.records.len())) {
            all.push(Leniency::Contradiction);
        }
        all
    }
}

/// Reads the whole repository. What came is kept, whatever ends the reading; an error means that nothing came.
pub async fn repository(requester: &mut Requester) -> Result<Repository, CallError> {
    let (mut walk, mut records, mut lost) = (Walk::new(), Vec::new(), Vec::new());
    while let Some(step) = walk.next(requester).await {
        match step {
            Step::Record(pdr) => records.push(pdr),
            Step::Lost(record) => lost.push(record),
            Step::Again => (records, lost) = (Vec::new(), Vec::new()),
        }
    }
    match walk.end() {
        Repository { info: None, cut: Some(error), .. } if records.is_empty() && lost.is_empty() => Err(error),
        repository => Ok(Repository { records, lost, ..repository }),
    }
}

/// What one step of a [`Walk`] brings.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Step {
    /// A record.
    Record(Pdr),
    /// A record that did not come. Others may.
    Lost(LostRecord),
    /// The repository changed: all that came is void, and the walk begins again.
    Again,
}

/// A walk through a repository, step by step, so that a record can be used while the next is on its way.
#[derive(Debug)]
pub struct Walk {
    began: Instant,
    stage: Stage,
    info: Option<RepositoryInfo>,
    damage: Option<Malformed>,
    /// The records that were asked for.
    handles: HashSet<u32>,
    bytes: usize,
    /// What came, and what had come the time before, as numbers that tell whether it is the same.
    came: DefaultHasher,
    before: Option<u64>,
    tries: u32,
    waits: u32,
    cut: Option<CallError>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Stage {
    /// What is there at all?
    Info,
    /// This record is next.
    Record(u32),
    /// Nothing is left to ask for: is it all still true?
    Check,
    /// Nothing more comes.
    End,
}

impl Default for Walk {
    fn default() -> Self {
        Self::new()
    }
}

impl Walk {
    /// At the beginning; the time begins now.
    pub fn new() -> Self {
        Self {
            began: Instant::now(),
            stage: Stage::Info,
            info: None,
            damage: None,
            handles: HashSet::new(),
            bytes: 0,
            came: DefaultHasher::new(),
            before: None,
            tries: 1,
            waits: 0,
            cut: None,
        }
    }

    /// What the device says of the repository, once the first step was taken.
    pub const fn info(&self) -> Option<&RepositoryInfo> {
        self.info.as_ref()
    }

    /// What the device said of the repository, and why not all was read. The records are with whoever took the steps.
    pub fn end(self) -> Repository {
        let Self { info, damage, cut, .. } = self;
        Repository { info, damage, cut, ..Repository::default() }
    }

    /// The next step; none behind the last. Dropped while it waits, it can be called again and asks again.
    pub async fn next(&mut self, requester: &mut Requester) -> Option<Step> {
        loop {
            let step = match self.stage {
                Stage::Info => self.begin(requester).await,
                Stage::Record(handle) => self.record(handle, requester).await,
                Stage::Check => self.check(requester).await,
                Stage::End => return None,
            };
            if step.is_some() {
                return step;
            }
        }
    }

    /// Asks what there is. A device that does not say may have records all the same.
    async fn begin(&mut self, requester: &mut Requester) -> Option<Step> {
        match requester.call(&GetPdrRepositoryInfo).await {
            Ok(answer) => {
                let updating = answer.value.repository_state == RepositoryState::UPDATE_IN_PROGRESS;
                (self.info, self.damage) = (Some(answer.value), answer.damage);
                if updating && self.wait().await {
                    return None;
                }
            }
            Err(error) if matches!(error.failure, Failure::Transport(_)) => return self.give_up(error),
            Err(_) => {}
        }
        self.stage = Stage::Record(0);
        None
    }

    /// Waits for the end of an update; no longer, if that was often enough.
    async fn wait(&mut self) -> bool {
        let is_late = self.began.elapsed() >= patience::REPOSITORY_TIME;
        if is_late || self.waits >= patience::REPOSITORY_UPDATE_TRIES {
            return false;
        }
        sleep(patience::REPOSITORY_UPDATE_DELAY).await;
        self.waits = self.waits.saturating_add(1);
        true
    }

    /// Asks for a record and says what comes of it.
    async fn record(&mut self, record_handle: u32, requester: &mut Requester) -> Option<Step> {
        if let Some(fault) = self.impatience(record_handle) {
            return self.give_up(fault.of::<GetPdr>());
        }
        let Fetched { bytes, next, damage, fault } = match fetch(record_handle, requester).await {
            Ok(fetched) => fetched,
            Err(error) => return self.refused(error).await,
        };
        // The last time, only the record is lost that changes between its parts, and not those behind it.
        let changed = |error: &CallError| error.failure == Failure::Refused(INVALID_RECORD_CHANGE_NUMBER);
        if fault.as_ref().is_some_and(changed) {
            if self.tries < patience::REPOSITORY_TRIES {
                return self.again();
            }
            self.cut = Some(TransferFault::Changed { times: self.tries }.of::<GetPdr>());
        }
        self.handles.insert(record_handle);
        self.bytes = self.bytes.saturating_add(bytes.len());
        bytes.hash(&mut self.came);
        self.stage = if next == 0 { Stage::Check } else { Stage::Record(next) };
        let error = match fault {
            Some(error) => error,
            None => match Pdr::keep(&bytes) {
                Ok(pdr) => {
                    let ours = record_handle == 0 || record_handle == pdr.record_handle;
                    let damage = (!ours).then_some(ANOTHER_RECORD).or(pdr.damage).or(damage);
                    return Some(Step::Record(Pdr { damage, ..pdr }));
                }
                Err(malformed) => error_of(Failure::Malformed(malformed)),
            },
        };
        if matches!(error.failure, Failure::Silent { .. } | Failure::Transport(_)) {
            self.give_up(error.clone());
        }
        Some(Step::Lost(LostRecord { record_handle, error }))
    }

    /// Why no further record is asked for, if patience has ended.
    fn impatience(&self, record_handle: u32) -> Option<TransferFault> {
        if self.handles.contains(&record_handle) {
            return Some(TransferFault::Loop { handle: record_handle });
        }
        if self.handles.len() >= patience::RECORDS {
            return Some(TransferFault::TooMuch { limit: patience::RECORDS });
        }
        if self.bytes > patience::REPOSITORY_BYTES {
            return Some(TransferFault::TooMuch { limit: patience::REPOSITORY_BYTES });
        }
        let limit = patience::REPOSITORY_TIME;
        (self.began.elapsed() >= limit).then_some(TransferFault::TooSlow { limit })
    }

    /// Not even the first part of a record came.
    async fn refused(&mut self, error: CallError) -> Option<Step> {
        let is_first = self.handles.is_empty();
        let empty = self.info.as_ref().is_some_and(|info| info.record_count == 0);
        match error.failure {
            Failure::Refused(REPOSITORY_UPDATE_IN_PROGRESS) if self.wait().await => {
                if is_first {
                    None
                } else {
                    self.again()
                }
            }
            Failure::Refused(INVALID_RECORD_CHANGE_NUMBER) => self.again(),
            // There is no first record, or there should be none: the repository is empty.
            Failure::Refused(code) if is_first && (empty || code == INVALID_RECORD_HANDLE) => {
                self.stage = Stage::End;
                None
            }
            // The device named the record itself, so it may have gone since.
            Failure::Refused(INVALID_RECORD_HANDLE) => {
                self.cut = Some(error);
                self.stage = Stage::Check;
                None
            }
            _ => self.give_up(error),
        }
    }

    /// Looks whether the repository is still the one that was read. Who says nothing of it is believed, and who says
    /// each time that it changed, but has the same records: there are devices that leave the update time unset.
    async fn check(&mut self, requester: &mut Requester) -> Option<Step> {
        let after = match self.info {
            Some(_) => requester.call(&GetPdrRepositoryInfo).await.ok().map(|answer| answer.value),
            None => None,
        };
        self.stage = Stage::End;
        let same = after.is_none() || after == self.info || self.before == Some(self.came.finish());
        if same { None } else { self.again() }
    }

    /// Begins again, if that was not done too often.
    fn again(&mut self) -> Option<Step> {
        if self.tries >= patience::REPOSITORY_TRIES {
            return self.give_up(TransferFault::Changed { times: self.tries }.of::<GetPdr>());
        }
        let (tries, before) = (self.tries.saturating_add(1), Some(self.came.finish()));
        *self = Self { began: self.began, waits: self.waits, tries, before, ..Self::new() };
        Some(Step::Again)
    }

    fn give_up(&mut self, error: CallError) -> Option<Step> {
        self.cut = Some(error);
        self.stage = Stage::End;
        None
    }
}

/// A record's bytes, and which record is next.
struct Fetched {
    bytes: Vec<u8>,
    next: u32,
    /// What was wrong with an answer that was taken all the same.
    damage: Option<Malformed>,
    /// Why the bytes are not the record.
    fault: Option<CallError>,
}

/// Asks for part after part of a record. An error means that not even the first came.
async fn fetch(record_handle: u32, requester: &mut Requester) -> Result<Fetched, CallError> {
    let mut parts = Parts::new(LIMITS);
    let (mut request, mut next, mut damage) = (GetPdr::first(record_handle), 0, None);
    let fault = loop {
        let answer = match requester.call(&request).await {
            Ok(answer) => answer,
            Err(error) if parts.is_new() => return Err(error),
            Err(error) => break Some(error),
        };
        next = answer.value.next_record_handle;
        damage = damage.or(answer.damage);
        let crc = answer.value.transfer_crc;
        match (parts.take(GetPdr::part(answer.value)), answer.damage) {
            (Ok(None), _) => break checksum(crc, &parts.items).err().map(TransferFault::of::<GetPdr>),
            // What follows would not stand where it belongs.
            (Ok(Some(_)), Some(malformed)) => break Some(error_of(Failure::Malformed(malformed))),
            (Ok(Some(handle)), None) => {
                request = GetPdr { record_change_number: change_number(&parts.items), ..request.next(handle) };
            }
            (Err(fault), _) => break Some(fault.of::<GetPdr>()),
        }
    };
    Ok(Fetched { bytes: parts.items, next, damage, fault })
}

/// A record's change number, which a request for its next part must name; 0 while it has not come.
fn change_number(bytes: &[u8]) -> u16 {
    let header = Reader::new(PdrHeader::NAME, bytes).get::<PdrHeader>("header");
    header.map_or(0, |header| header.record_change_number)
}

/// Whether the CRC-8 of a record, if it came, is right.
fn checksum(sent: Option<u8>, record: &[u8]) -> Result<(), TransferFault> {
    let right = crc8(record);
    match sent {
        Some(sent) if sent != right => Err(TransferFault::Checksum { sent: sent.into(), right: right.into() }),
        _ => Ok(()),
    }
}

const fn error_of(failure: Failure) -> CallError {
    CallError { pldm_type: GetPdr::TYPE, command: GetPdr::NAME, failure }
}

#[cfg(test)]
#[path = "walk_tests.rs"]
mod tests;
