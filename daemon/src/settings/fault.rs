//! What is wrong with the configuration and where, so that a person can go to the line and mend it.

use std::{
    fmt,
    path::{Path, PathBuf},
};

/// One thing that is wrong with the configuration. What it is about is not in force.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SettingsFault {
    /// In which file.
    pub file: PathBuf,
    /// On which line, from 1.
    pub line: usize,
    /// At which character of the line, from 1.
    pub column: usize,
    /// What is wrong.
    pub what: String,
}

impl fmt::Display for SettingsFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file.display(), self.line, self.column, self.what)
    }
}

/// A place in one of the files: which, and the byte. Lines are counted only for what is told.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Spot {
    pub(super) file: usize,
    pub(super) offset: usize,
}

/// One file that was tried: its text is empty if it could not be read.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) path: PathBuf,
    pub(super) text: String,
}

/// A megabyte of garbage must not become a hundred thousand events.
const KEPT_PER_FILE: usize = 100;

/// The faults so far.
#[derive(Debug, Default)]
pub(super) struct Complaints {
    list: Vec<Complaint>,
    /// How many each file has had.
    counts: Vec<usize>,
}

#[derive(Debug)]
struct Complaint {
    spot: Spot,
    what: String,
    /// The entry that came first, if there are two of a kind.
    first: Option<Spot>,
}

impl Complaints {
    pub(super) fn add(&mut self, spot: Spot, what: impl Into<String>) {
        self.push(Complaint { spot, what: what.into(), first: None });
    }

    pub(super) fn second(&mut self, spot: Spot, first: Spot, what: impl Into<String>) {
        self.push(Complaint { spot, what: what.into(), first: Some(first) });
    }

    /// Every fault, in the order of the files.
    pub(super) fn told(mut self, sources: &[Source]) -> Vec<SettingsFault> {
        self.list.sort_by_key(|c| c.spot);
        let mut faults: Vec<_> = self.list.iter().filter_map(|c| c.told(sources)).collect();
        for (source, count) in sources.iter().zip(&self.counts) {
            if let Some(more) = count.checked_sub(KEPT_PER_FILE).filter(|more| *more > 0) {
                let what = format!("{more} further faults in this file are not shown");
                faults.push(SettingsFault { file: source.path.clone(), line: 1, column: 1, what });
            }
        }
        faults
    }

    fn push(&mut self, complaint: Complaint) {
        let file = complaint.spot.file;
        if self.counts.len() <= file {
            self.counts.resize(file.saturating_add(1), 0);
        }
        if let Some(count) = self.counts.get_mut(file) {
            *count += 1;
            if *count <= KEPT_PER_FILE {
                self.list.push(complaint);
            }
        }
    }
}

impl Complaint {
    fn told(&self, sources: &[Source]) -> Option<SettingsFault> {
        let (file, line, column) = place(sources, self.spot)?;
        let mut what = self.what.clone();
        if let Some((file, line, _)) = self.first.and_then(|first| place(sources, first)) {
            what = format!("{what}; the first is at {}:{line} and stays", file.display());
        }
        Some(SettingsFault { file: file.to_owned(), line, column, what })
    }
}

fn place(sources: &[Source], spot: Spot) -> Option<(&Path, usize, usize)> {
    let source = sources.get(spot.file)?;
    let bytes = source.text.as_bytes();
    let before = bytes.get(..spot.offset).unwrap_or(bytes);
    let line = before.split(|b| *b == b'\n').count();
    let last = before.rsplit(|b| *b == b'\n').next().unwrap_or_default();
    Some((&source.path, line, String::from_utf8_lossy(last).chars().count() + 1))
}
