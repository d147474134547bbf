//! `--watch`: follows the daemon's signals, through its restarts and the bus's.

use super::{
    bus::{self, Absent},
    screen,
    values::Inventory,
    view,
};
use crate::clock::Stamp;
use serde::Serialize;
use std::{io, sync::Arc, time::Duration};
use tokio::{
    sync::Notify,
    time::{sleep, timeout},
};
use zbus::Connection;

/// One reading of a board is hundreds of signals: they are waited for together.
const SETTLING: Duration = Duration::from_millis(200);

/// How often a terminal's ages are drawn anew.
const TICK: Duration = Duration::from_secs(1);

/// How often a bus that went away is looked for.
const RETRY: Duration = Duration::from_secs(1);

/// How changes are shown.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Style {
    /// The whole table, over and over in one place.
    Terminal,
    /// The lines that changed.
    Lines,
    /// Everything in one line of JSON.
    Json,
}

/// Why watching ended.
pub(super) enum End {
    /// There was nothing to watch.
    Absent(Absent),
    /// Nobody reads any more.
    Output(io::Error),
}

/// What can be watched.
pub(super) trait Subject {
    /// All of it at one moment.
    type View: Clone + PartialEq + Serialize;

    /// How often it is read anew although nothing was said to have changed.
    const EVERY: Duration;

    /// Reads it.
    async fn read(&self, connection: &Connection) -> Result<Self::View, Absent>;

    /// The table of it. `clock` is the boot time in microseconds.
    fn table(view: &Self::View, clock: u64, width: Option<usize>) -> Vec<String>;

    /// What is different, line by line.
    fn changes(before: &Self::View, now: &Self::View, clock: u64) -> Vec<String>;
}

/// Firmware and components. The daemon tells each change of them.
pub(super) struct Everything;

impl Subject for Everything {
    type View = Inventory;

    const EVERY: Duration = Duration::MAX;

    async fn read(&self, connection: &Connection) -> Result<Inventory, Absent> {
        bus::read(connection).await
    }

    fn table(view: &Inventory, clock: u64, width: Option<usize>) -> Vec<String> {
        view::inventory(view, clock, width)
    }

    fn changes(before: &Inventory, now: &Inventory, clock: u64) -> Vec<String> {
        view::changes(before, now, clock)
    }
}

/// Watches for ever, or until nobody reads any more. Before anything was shown, an absent daemon or bus is an error.
pub(super) async fn watch(subject: impl Subject, style: Style) -> End {
    let mut picture = Picture { subject, style, shown: None, lost: false };
    loop {
        match watched().await {
            Ok((connection, changed)) => {
                if let Err(end) = picture.follow(&connection, &changed).await {
                    return end;
                }
            }
            Err(absent) if picture.shown.is_none() => return End::Absent(absent),
            Err(_) => {}
        }
        sleep(RETRY).await;
    }
}

async fn watched() -> Result<(Connection, Arc<Notify>), Absent> {
    let connection = bus::connect().await?;
    let changed = bus::changes(&connection).await?;
    Ok((connection, changed))
}

struct Picture<S: Subject> {
    subject: S,
    style: Style,
    shown: Option<S::View>,
    /// Whether it was said that what is shown may not hold any more.
    lost: bool,
}

impl<S: Subject> Picture<S> {
    /// Follows one connection until it closes.
    async fn follow(&mut self, connection: &Connection, changed: &Notify) -> Result<(), End> {
        let mut now = match self.subject.read(connection).await {
            Ok(now) => Some(now),
            Err(absent) if self.shown.is_none() => return Err(End::Absent(absent)),
            Err(_) => None,
        };
        loop {
            match &now {
                Some(now) => {
                    if std::mem::take(&mut self.lost) {
                        self.tell("the daemon is there again")?;
                    }
                    self.show(now).map_err(End::Output)?;
                }
                None if !self.lost && !connection.is_closed() => {
                    self.lost = true;
                    self.tell("the daemon is not there; waiting for it")?;
                }
                None => {}
            }
            let tick = if self.style == Style::Terminal { TICK.min(S::EVERY) } else { S::EVERY };
            tokio::select! {
                () = connection.closed() => {
                    self.lost = true;
                    return self.tell("the bus is not there; waiting for it");
                }
                woken = timeout(tick, changed.notified()) => {
                    if woken.is_ok() {
                        sleep(SETTLING).await;
                    }
                    if woken.is_ok() || S::EVERY <= tick {
                        now = self.subject.read(connection).await.ok();
                    }
                }
            }
        }
    }

    fn show(&mut self, now: &S::View) -> io::Result<()> {
        let clock = Stamp::now().boot_microseconds();
        let changed = self.shown.as_ref() != Some(now);
        match (self.style, &self.shown) {
            (Style::Terminal, shown) => {
                if shown.is_none() {
                    screen::redraw(&[])?;
                }
                screen::redraw(&S::table(now, clock, screen::size().map(|s| s.columns)))?;
            }
            (Style::Lines, None) => screen::print(&S::table(now, clock, None))?,
            (Style::Lines, Some(before)) => screen::print(&S::changes(before, now, clock))?,
            (Style::Json, _) if changed => screen::print(&[serde_json::to_string(now)?])?,
            (Style::Json, _) => {}
        }
        if changed {
            self.shown = Some(now.clone());
        }
        Ok(())
    }

    /// A remark of our own: on a terminal above what was last known, else on standard error.
    fn tell(&self, what: &str) -> Result<(), End> {
        let Some(shown) = self.shown.as_ref().filter(|_| self.style == Style::Terminal) else {
            screen::complain(what);
            return Ok(());
        };
        let mut lines = S::table(shown, Stamp::now().boot_microseconds(), screen::size().map(|s| s.columns));
        lines.splice(0..0, [what.to_owned(), String::new()]);
        screen::redraw(&lines).map_err(End::Output)
    }
}
