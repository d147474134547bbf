//! `firmwarden logs`: has a component's logs fetched, and waits until they are there.

use super::{
    bus::{self, Absent, Heard, Unfetched},
    table::{ALL, Column, lines},
    telemetry::Event,
};
use serde::Serialize;
use std::time::Duration;
use tokio::time::timeout;

/// How long nothing may be heard of the component. The largest log that is kept by default is 256 KiB; over a line of
/// 9600 baud that is four and a half minutes.
const PATIENCE: Duration = Duration::from_secs(300);

const COLUMNS: [Column; 5] = [
    Column { title: "LOG", keeps: 8 },
    Column { title: "SIZE", keeps: ALL },
    Column { title: "SHA256", keeps: 12 },
    Column { title: "PATH", keeps: ALL },
    Column { title: "MISSING", keeps: 8 },
];

/// What became of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(super) struct Fetched {
    /// Of which component.
    component: String,
    /// The logs, in the order in which they came.
    logs: Vec<Log>,
    /// Why there are not more.
    failure: Option<String>,
}

/// A log that is on the BMC now.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
struct Log {
    name: String,
    size: u64,
    sha256: String,
    path: String,
    /// Why it is not all.
    missing: Option<String>,
}

/// Asks, and waits until the end is told.
pub(super) async fn fetch(component: String) -> Result<Fetched, Unfetched> {
    let connection = bus::connect().await.map_err(Unfetched::Absent)?;
    let mut heard = bus::listen(&connection).await.map_err(Unfetched::Absent)?;
    bus::fetch_logs(&connection, &component).await?;
    let mut fetched = Fetched { component, ..Fetched::default() };
    loop {
        // What is about others does not make the wait longer.
        let about = async {
            loop {
                match heard.recv().await {
                    Some(Heard::Event(event)) if event.subject.as_ref() == Some(&fetched.component) => {
                        break Some(event);
                    }
                    Some(Heard::Event(_)) => {}
                    Some(Heard::Came | Heard::Went) | None => break None,
                }
            }
        };
        match timeout(PATIENCE, about).await {
            Ok(Some(event)) => {
                if fetched.take(event) {
                    return Ok(fetched);
                }
            }
            Ok(None) => return Err(Unfetched::Absent(Absent::Daemon("it ended meanwhile".into()))),
            Err(_) => {
                fetched.failure = Some(format!("nothing was heard of it for {} s", PATIENCE.as_secs()));
                return Ok(fetched);
            }
        }
    }
}

impl Fetched {
    /// Takes an event of the component in. True when it was the last.
    fn take(&mut self, Event { name, mut facts, .. }: Event) -> bool {
        let mut fact = |name: &str| facts.remove(name).filter(|value| !value.is_empty());
        match name.as_str() {
            "hw.component.log.fetched" => {
                let hash = fact("artifact.hash").unwrap_or_default();
                self.logs.push(Log {
                    name: fact("file.name").unwrap_or_default(),
                    size: fact("file.size").and_then(|size| size.parse().ok()).unwrap_or_default(),
                    sha256: hash.strip_prefix("sha256:").unwrap_or(&hash).to_owned(),
                    path: fact("file.path").unwrap_or_default(),
                    missing: fact("error.message"),
                });
                false
            }
            "hw.component.logs.ended" => {
                self.failure = fact("error.message");
                true
            }
            "hw.component.removed" => {
                self.failure = Some("the component is not there any more".into());
                true
            }
            _ => false,
        }
    }

    /// Whether nothing is missing.
    pub(super) fn is_whole(&self) -> bool {
        self.failure.is_none() && self.logs.iter().all(|log| log.missing.is_none())
    }

    /// The table of the logs and, below it, what went wrong.
    pub(super) fn table(&self, width: Option<usize>) -> Vec<String> {
        let row = |log: &Log| {
            let missing = log.missing.clone().unwrap_or_else(|| "-".into());
            vec![log.name.clone(), log.size.to_string(), log.sha256.clone(), log.path.clone(), missing]
        };
        let rows: Vec<_> = self.logs.iter().map(row).collect();
        let mut text = match rows.is_empty() {
            true => vec![format!("no log of {} is there", self.component)],
            false => lines(&COLUMNS, &rows, width),
        };
        if let Some(failure) = &self.failure {
            text.extend([String::new(), format!("not all: {failure}")]);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::compare_golden;

    fn event(name: &str, facts: &[(&str, &str)]) -> Event {
        let facts = facts.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        Event { name: name.into(), facts, ..Event::default() }
    }

    fn fetched(name: &str, missing: &str) -> Event {
        let path = format!("/run/firmwarden/logs/nic0/{name}");
        let hash = format!("sha256:{}", "0123456789abcdef".repeat(4));
        let facts = [("file.name", name), ("file.size", "4096"), ("file.path", &path), ("artifact.hash", &hash)];
        event("hw.component.log.fetched", &[facts.as_slice(), &[("error.message", missing)]].concat())
    }

    fn of(events: Vec<Event>) -> (Fetched, bool) {
        let mut all = Fetched { component: "nic0".into(), ..Fetched::default() };
        let mut is_over = false;
        for event in events {
            assert!(!is_over);
            is_over = all.take(event);
        }
        (all, is_over)
    }

    fn ended(failure: &str) -> Event {
        event("hw.component.logs.ended", &[("hw.log.count", "2"), ("error.message", failure)])
    }

    #[test]
    fn what_was_fetched_is_shown_when_the_end_is_told() {
        let other = event("hw.sensor.lost", &[("error.message", "disabled")]);
        let (all, is_over) = of(vec![fetched("crash", ""), other, fetched("events", "cut"), ended("2 of 3 came")]);
        assert!(is_over && !all.is_whole());
        compare_golden("cli/logs.txt", &(all.table(None).join("\n") + "\n"));
        compare_golden("cli/logs-80-columns.txt", &(all.table(Some(80)).join("\n") + "\n"));
        compare_golden("cli/logs.json.txt", &(serde_json::to_string_pretty(&all).expect("json") + "\n"));
    }

    #[test]
    fn only_what_is_all_there_is_whole() {
        assert!(of(vec![fetched("crash", ""), ended("")]).0.is_whole());
        assert!(of(vec![ended("")]).0.is_whole(), "no log is no failure");
        assert_eq!(of(vec![ended("")]).0.table(None), ["no log of nic0 is there"]);
        assert!(!of(vec![fetched("crash", "cut"), ended("")]).0.is_whole());
        assert!(!of(vec![ended("silent")]).0.is_whole());
        let (gone, is_over) = of(vec![event("hw.component.removed", &[])]);
        assert!(is_over && !gone.is_whole());
        assert!(!of(vec![fetched("crash", "")]).1);
    }
}
