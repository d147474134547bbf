//! Walking a repository: from each record to the next, until the last, or until patience ends.

use super::{GetPdr, GetPdrRepositoryInfo, RepositoryInfo, RepositoryState};
use crate::{
    CallError, CompletionCode, Failure, Leniency, Lenient, Limits, Multipart, Parts, Requester, TransferFault, crc8,
    patience, platform::Pdr,
};
use std::collections::HashSet;
use tokio::time::{Instant, sleep};
use wire::Damage;

/// The record's number means nothing (DSP0248, GetPDR completion codes).
const INVALID_RECORD_HANDLE: CompletionCode = CompletionCode(0x82);
/// The record changed between two of its parts.
const INVALID_RECORD_CHANGE_NUMBER: CompletionCode = CompletionCode(0x83);
/// The repository is being changed.
const REPOSITORY_UPDATE_IN_PROGRESS: CompletionCode = CompletionCode(0x85);

/// What is known of a repository.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Repository {
    /// What the device says of it, if it says anything.
    pub info: Option<RepositoryInfo>,
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
        let mut all: Vec<_> = self.records.iter().filter_map(|pdr| pdr.damage).map(Leniency::from).collect();
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
    let (mut walk, mut repository) = (Walk::new(), Repository::default());
    while let Some(step) = walk.next(requester).await {
        match step {
            Step::Record(pdr) => repository.records.push(pdr),
            Step::Lost(lost) => repository.lost.push(lost),
            Step::Again => repository = Repository::default(),
        }
    }
    let (info, cut) = walk.end();
    match cut {
        Some(error) if info.is_none() && repository.records.is_empty() && repository.lost.is_empty() => Err(error),
        cut => Ok(Repository { info, cut, ..repository }),
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
    /// The records that were asked for.
    handles: HashSet<u32>,
    bytes: usize,
    tries: u32,
    cut: Option<CallError>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Stage {
    /// Nothing was asked yet.
    Info,
    /// This record is next.
    Record(u32),
    /// The last record came: is it all still true?
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
            handles: HashSet::new(),
            bytes: 0,
            tries: 1,
            cut: None,
        }
    }

    /// What the device says of the repository, once the first step was taken.
    pub const fn info(&self) -> Option<&RepositoryInfo> {
        self.info.as_ref()
    }

    /// What the device said of the repository, and why not all was read.
    pub fn end(self) -> (Option<RepositoryInfo>, Option<CallError>) {
        (self.info, self.cut)
    }

    /// The next step; none behind the last.
    pub async fn next(&mut self, requester: &mut Requester) -> Option<Step> {
        loop {
            match self.stage {
                Stage::Info => self.begin(requester).await,
                Stage::Record(handle) => return self.record(handle, requester).await,
                Stage::Check => return self.check(requester).await,
                Stage::End => return None,
            }
        }
    }

    async fn begin(&mut self, _requester: &mut Requester) {
        self.stage = Stage::End;
    }
    async fn record(&mut self, _handle: u32, _requester: &mut Requester) -> Option<Step> {
        None
    }
    async fn check(&mut self, _requester: &mut Requester) -> Option<Step> {
        None
    }
}
