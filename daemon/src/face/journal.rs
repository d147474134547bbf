//! One structured line for each event, on stderr, which journald reads.

use crate::{
    event::{Event, Severity},
    text::is_printable,
};
use limit::{Limit, WINDOW};
use std::{
    fmt::Write as _,
    io::{self, Write},
};
use tokio::{
    sync::broadcast::{self, error::RecvError},
    time::{Instant, sleep_until},
};

mod limit;

/// Writes until nobody can report any more.
pub async fn run(events: broadcast::Receiver<Event>) {
    write(events, &mut emit).await;
}

/// Writes one line of `level`: 3 error, 4 warning, 5 notice, 6 information, 7 debug.
pub fn line(level: u8, text: &str) {
    emit(&prefixed(level, text));
}

/// When nobody reads stderr there is nobody to tell.
fn emit(line: &str) {
    let _ = io::stderr().write_all(line.as_bytes());
}

async fn write(mut events: broadcast::Receiver<Event>, out: &mut impl FnMut(&str)) {
    let mut limit = Limit::default();
    loop {
        let next = limit.next_summary();
        let received = tokio::select! {
            received = events.recv() => received,
            () = sleep_until(next.unwrap_or_else(Instant::now)), if next.is_some() => {
                summarize(&mut limit, Instant::now(), out);
                continue;
            }
        };
        match received {
            Ok(event) if event.what.severity() == Severity::Debug => {}
            Ok(event) => {
                let about = event.what.subject();
                if limit.admits(about, Instant::now()) {
                    out(&prefixed(level(event.what.severity()), &sentence(&event)));
                }
            }
            Err(RecvError::Lagged(count)) => {
                out(&prefixed(4, &format!("{count} events came too fast for the journal")))
            }
            Err(RecvError::Closed) => break,
        }
    }
    // Every window has ended by then.
    summarize(&mut limit, Instant::now() + WINDOW, out);
}

fn summarize(limit: &mut Limit, now: Instant, out: &mut impl FnMut(&str)) {
    for (about, count) in limit.summaries(now) {
        let about = if about.is_empty() { String::new() } else { format!(" about {about}") };
        out(&prefixed(4, &format!("suppressed {count} lines{about}")));
    }
}

const fn level(severity: Severity) -> u8 {
    match severity {
        Severity::Debug => 7,
        Severity::Information => 6,
        Severity::Warning => 4,
        Severity::Error => 3,
    }
}

/// The sentence and, after it, the facts, as `key=value` or `key="a value"`.
fn sentence(event: &Event) -> String {
    let mut text = format!("{} event={}", event.what, event.what.name());
    for (key, value) in event.what.facts() {
        let plain = value.chars().all(|c| c.is_alphanumeric() || "._-+:/".contains(c));
        let _ = if plain { write!(text, " {key}={value}") } else { write!(text, " {key}={value:?}") };
    }
    text
}

fn prefixed(level: u8, text: &str) -> String {
    format!("<{level}>{}\n", escaped(text))
}

/// journald cuts a line at 48 kB; a reader gives up long before.
const LINE_LENGTH: usize = 1000;

/// Devices and files have a say in a line's words: what is not printable is written as an escape, so that nothing is lost.
fn escaped(text: &str) -> String {
    let mut line = String::new();
    for c in text.chars() {
        if line.len() >= LINE_LENGTH {
            line.push('…');
            break;
        }
        if is_printable(c) {
            line.push(c);
        } else {
            line.extend(c.escape_default());
        }
    }
    line
}

#[cfg(test)]
mod tests;
