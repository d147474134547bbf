//! `firmwarden events`: what happened, and what happens.

use super::{
    bus::{self, Absent, Heard},
    screen,
    telemetry::Event,
    watch::End,
};
use std::{io, time::Duration};
use tokio::{sync::mpsc, time::sleep};
use zbus::Connection;

/// How often a bus that went away is looked for.
const RETRY: Duration = Duration::from_secs(1);

/// 2020-01-01 in milliseconds. A BMC without a clock battery starts before, and such a time is none.
const CLOCK_IS_SET_AFTER: u64 = 1_577_836_800_000;

/// Prints what the daemon keeps; with `follow` all that comes, too, through restarts of the daemon and the bus, until
/// nobody reads any more.
pub(super) async fn show(json: bool, follow: bool) -> Result<(), End> {
    let connection = bus::connect().await.map_err(End::Absent)?;
    let mut reader = Reader { json, last: None };
    if !follow {
        let events = bus::events(&connection).await.map_err(End::Absent)?;
        let lines = match json {
            true => serde_json::to_string_pretty(&events).map(|json| vec![json]).map_err(io::Error::from),
            false => Ok(events.iter().map(line).collect()),
        };
        return lines.and_then(|lines| screen::print(&lines)).map_err(End::Output);
    }
    let mut heard = bus::listen(&connection).await.map_err(End::Absent)?;
    reader.tell(bus::events(&connection).await.map_err(End::Absent)?)?;
    let mut connection = connection;
    loop {
        reader.follow(&connection, &mut heard).await?;
        screen::complain("the bus is not there; waiting for it");
        (connection, heard) = again(&mut reader).await?;
    }
}

/// Connects until it can.
async fn again(reader: &mut Reader) -> Result<(Connection, mpsc::Receiver<Heard>), End> {
    loop {
        sleep(RETRY).await;
        let connected: Result<_, Absent> = async {
            let connection = bus::connect().await?;
            let heard = bus::listen(&connection).await?;
            Ok((connection, heard))
        }
        .await;
        if let Ok((connection, heard)) = connected {
            // A daemon that is not back yet says so by coming.
            if let Ok(kept) = bus::events(&connection).await {
                reader.tell(kept)?;
            }
            return Ok((connection, heard));
        }
    }
}

/// Who reads events, and how far.
struct Reader {
    json: bool,
    /// The boot time and the number of the last event that was shown. The numbers begin anew with the daemon.
    last: Option<(u64, u64)>,
}

impl Reader {
    /// Tells what comes on one connection until it closes.
    async fn follow(&mut self, connection: &Connection, heard: &mut mpsc::Receiver<Heard>) -> Result<(), End> {
        loop {
            let heard = tokio::select! {
                () = connection.closed() => return Ok(()),
                heard = heard.recv() => heard,
            };
            match heard {
                None => return Ok(()),
                Some(Heard::Event(event)) => self.tell(vec![event])?,
                Some(Heard::Went) => screen::complain("the daemon is not there; waiting for it"),
                Some(Heard::Came) => {
                    if let Ok(kept) = bus::events(connection).await {
                        self.tell(kept)?;
                    }
                }
            }
        }
    }

    fn tell(&mut self, events: Vec<Event>) -> Result<(), End> {
        let (news, missed) = self.news(events);
        if missed > 0 {
            screen::complain(&format!("{missed} events came too fast and are not shown"));
        }
        let lines: io::Result<Vec<_>> = match self.json {
            true => news.iter().map(|event| serde_json::to_string(event).map_err(io::Error::from)).collect(),
            false => Ok(news.iter().map(line).collect()),
        };
        lines.and_then(|lines| screen::print(&lines)).map_err(End::Output)
    }

    /// Those of `events` that were not shown yet, and how many there must have been besides.
    fn news(&mut self, mut events: Vec<Event>) -> (Vec<Event>, u64) {
        let mut missed: u64 = 0;
        events.retain(|event| {
            let place = (event.boot_time, event.sequence);
            let is_new = self.last.is_none_or(|last| place > last);
            if is_new {
                let before = self.last.map_or(event.sequence, |(_, sequence)| sequence);
                missed = missed.saturating_add(event.sequence.saturating_sub(before.saturating_add(1)));
                self.last = Some(place);
            }
            is_new
        });
        (events, missed)
    }
}

/// An event for people: when, how severe, what.
pub(super) fn line(event: &Event) -> String {
    format!("{:>20}  {:<11}  {}", when(event), event.severity, event.text)
}

/// The time in UTC, or since boot as long as the clock is not set.
fn when(event: &Event) -> String {
    if event.time < CLOCK_IS_SET_AFTER {
        return format!("boot+{}s", event.boot_time / 1_000_000);
    }
    let seconds = event.time / 1000;
    let (year, month, day) = date(seconds / 86_400);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// The day that is so many days after 1970-01-01, in our calendar.
fn date(days: u64) -> (u64, u64, u64) {
    // Counted from 0000-03-01, so that the leap day is a year's last; 400 years always have as many days.
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    // From March on the months have 31, 30, 31, 30, 31 days, over and over.
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let year = era * 400 + year_of_era;
    if month < 10 { (year, month + 3, day) } else { (year + 1, month - 9, day) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(boot_time: u64, sequence: u64) -> Event {
        Event { boot_time, sequence, ..Event::default() }
    }

    #[test]
    fn each_event_is_shown_once_also_when_the_daemon_begins_anew() {
        let mut reader = Reader { json: false, last: None };
        let mut shown = |events: &[(u64, u64)]| {
            let (news, missed) = reader.news(events.iter().map(|(boot, number)| event(*boot, *number)).collect());
            (news.iter().map(|it| it.sequence).collect::<Vec<_>>(), missed)
        };
        assert_eq!(shown(&[(10, 89), (10, 90)]), (vec![89, 90], 0), "what was before is not known, and not missed");
        assert_eq!(shown(&[(10, 90), (11, 91)]), (vec![91], 0), "heard twice");
        assert_eq!(shown(&[(12, 95)]), (vec![95], 3));
        // Another daemon: its numbers begin anew, the time since boot does not.
        assert_eq!(shown(&[(20, 1), (20, 2)]), (vec![1, 2], 0));
        assert_eq!(shown(&[(20, 1), (20, 2), (21, 3)]), (vec![3], 0));
        assert_eq!(shown(&[(u64::MAX, u64::MAX)]).0, [u64::MAX]);
    }

    #[test]
    fn a_time_is_a_date_or_since_boot() {
        let shown = |time| when(&Event { time, boot_time: 42_900_000, ..Event::default() });
        assert_eq!(shown(0), "boot+42s");
        assert_eq!(shown(CLOCK_IS_SET_AFTER), "2020-01-01T00:00:00Z");
        assert_eq!(shown(1_582_934_400_000), "2020-02-29T00:00:00Z");
        assert_eq!(shown(1_583_020_799_999), "2020-02-29T23:59:59Z");
        assert_eq!(shown(1_583_020_800_000), "2020-03-01T00:00:00Z");
        assert_eq!(shown(1_735_689_599_000), "2024-12-31T23:59:59Z");
        assert_eq!(shown(4_107_542_400_000), "2100-03-01T00:00:00Z");
        assert!(shown(u64::MAX).ends_with('Z'));
    }
}
