//! What the kernel knows of a process.

use std::{fs, path::Path, time::Duration};

/// A process: `self`, or a child of ours by its name.
#[derive(Clone, Debug)]
pub(crate) struct Process(String);

impl Process {
    /// Ourselves: the board, the watcher, and the bus if it is embedded.
    pub(crate) fn ours() -> Self {
        Self("self".into())
    }

    /// The daemon, once it runs.
    pub(crate) fn daemon() -> Option<Self> {
        Self::child(firmwarden_tests::daemon::binary().file_name()?.to_str()?)
    }

    /// The child of ours with this name, if there is one.
    pub(crate) fn child(name: &str) -> Option<Self> {
        let children = tasks("self").into_iter().filter_map(|task| fs::read_to_string(task + "/children").ok());
        let pids: Vec<_> =
            children.flat_map(|all| all.split_whitespace().map(String::from).collect::<Vec<_>>()).collect();
        let is = |pid: &String| fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|comm| comm.trim() == name);
        pids.into_iter().find(is).map(Self)
    }

    /// How long all its threads have had a processor.
    pub(crate) fn cpu(&self) -> Duration {
        self.scheduled(0)
    }

    /// How long its threads have waited for a processor that others had.
    pub(crate) fn delayed(&self) -> Duration {
        self.scheduled(1)
    }

    fn scheduled(&self, place: usize) -> Duration {
        let nanoseconds = tasks(&self.0).into_iter().filter_map(|task| {
            let text = fs::read_to_string(task + "/schedstat").ok()?;
            text.split(' ').nth(place)?.parse::<u64>().ok()
        });
        Duration::from_nanos(nanoseconds.sum())
    }

    /// A field of its status, such as `VmRSS`, in kB or without a unit.
    pub(crate) fn status(&self, field: &str) -> u64 {
        self.number("status", field)
    }

    /// A field of the sum of its mappings, such as `Anonymous`, in kB.
    pub(crate) fn memory(&self, field: &str) -> u64 {
        self.number("smaps_rollup", field)
    }

    /// How many files it has open.
    pub(crate) fn descriptors(&self) -> usize {
        fs::read_dir(Path::new("/proc").join(&self.0).join("fd")).map_or(0, Iterator::count)
    }

    fn number(&self, file: &str, field: &str) -> u64 {
        let text = fs::read_to_string(format!("/proc/{}/{file}", self.0)).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
        line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or_default()
    }
}

fn tasks(pid: &str) -> Vec<String> {
    let all = fs::read_dir(format!("/proc/{pid}/task"));
    all.map_or_else(|_| vec![], |all| all.flatten().map(|task| task.path().display().to_string()).collect())
}
