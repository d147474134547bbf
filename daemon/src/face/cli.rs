//! The command line: the daemon's D-Bus client. It reads nothing but the bus and, to check it, the configuration, or a
//! firmware update package to show it.

use crate::{
    clock::Stamp,
    package as file,
    settings::{self, Loaded},
    text::one_line,
};
use bus::Unfetched;
use std::{fmt, io, path::Path, process::ExitCode};
use values::Inventory;
use watch::{End, Everything, Style, Subject};

mod bus;
mod events;
mod logs;
mod package;
mod screen;
mod sensors;
mod table;
mod telemetry;
#[cfg(test)]
mod tests;
mod values;
mod view;
mod watch;

/// Something was found.
const FINDING: u8 = 1;

/// The daemon or the bus is not there, or cannot start.
const ABSENT: u8 = 3;

/// `firmwarden inventory`.
pub async fn inventory(json: bool, watch: bool) -> ExitCode {
    if watch {
        return keep_showing(Everything, json).await;
    }
    show(|inventory| {
        if json {
            return Ok(vec![serde_json::to_string_pretty(inventory)?]);
        }
        Ok(view::inventory(inventory, Stamp::now().boot_microseconds(), screen::size().map(|s| s.columns)))
    })
    .await
}

/// `firmwarden components`.
pub async fn components(json: bool) -> ExitCode {
    show(|inventory| {
        if json {
            return Ok(vec![serde_json::to_string_pretty(&inventory.components)?]);
        }
        Ok(view::components(inventory, screen::size().map(|s| s.columns)))
    })
    .await
}

/// `firmwarden package show`: without a daemon, all but what runs now.
pub async fn show_package(path: &Path, json: bool) -> ExitCode {
    let package = match file::read(path) {
        Ok(package) => package,
        Err(why) => {
            screen::complain(&one_line(&format!("{}: {why}", path.display())));
            return FINDING.into();
        }
    };
    let read = async { bus::read(&bus::connect().await?).await };
    let inventory = read.await;
    let shown = package::Shown::new(&package, inventory.as_ref());
    let code = if package.findings.is_empty() { ExitCode::SUCCESS } else { FINDING.into() };
    let lines = if json { serde_json::to_string_pretty(&shown).map(|text| vec![text]) } else { Ok(shown.lines()) };
    finish(code, lines.map_err(io::Error::from).and_then(|lines| screen::print(&lines)))
}

/// `firmwarden sensors`.
pub async fn sensors(component: Option<String>, json: bool, watch: bool) -> ExitCode {
    let wanted = sensors::Wanted { component };
    if watch {
        return keep_showing(wanted, json).await;
    }
    let read = async { wanted.read(&bus::connect().await?).await };
    match read.await {
        Err(absent) => refuse(&absent),
        Ok(sensors) => {
            let found = sensors.has_finding() || (sensors.is_empty() && wanted.component.is_some());
            let (clock, width) = (Stamp::now().boot_microseconds(), screen::size().map(|s| s.columns));
            let lines = match json {
                true => serde_json::to_string_pretty(&sensors).map(|json| vec![json]).map_err(io::Error::from),
                false => Ok(wanted.nothing(&sensors).unwrap_or_else(|| sensors::Wanted::table(&sensors, clock, width))),
            };
            let code = if found { FINDING.into() } else { ExitCode::SUCCESS };
            finish(code, lines.and_then(|lines| screen::print(&lines)))
        }
    }
}

/// `firmwarden events`.
pub async fn events(json: bool, follow: bool) -> ExitCode {
    match events::show(json, follow).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(End::Absent(absent)) => refuse(&absent),
        Err(End::Output(error)) => finish(ExitCode::SUCCESS, Err(error)),
    }
}

/// `firmwarden logs`.
pub async fn logs(component: String, json: bool) -> ExitCode {
    let fetched = match logs::fetch(component).await {
        Ok(fetched) => fetched,
        Err(Unfetched::Absent(absent)) => return refuse(&absent),
        Err(Unfetched::Refused(why)) => {
            screen::complain(&why);
            return FINDING.into();
        }
    };
    let lines = match json {
        true => serde_json::to_string_pretty(&fetched).map(|json| vec![json]).map_err(io::Error::from),
        false => Ok(fetched.table(screen::size().map(|s| s.columns))),
    };
    let code = if fetched.is_whole() { ExitCode::SUCCESS } else { FINDING.into() };
    finish(code, lines.and_then(|lines| screen::print(&lines)))
}

/// `firmwarden check-config`: what is wrong, and what is in force all the same.
pub fn check_config(directory: &Path) -> ExitCode {
    let Loaded { settings, faults } = settings::load(directory);
    let wrong = faults.iter().map(ToString::to_string);
    let in_force = settings.to_string();
    let lines: Vec<_> = wrong.chain(in_force.lines().map(str::to_owned)).map(|line| one_line(&line)).collect();
    let code = if faults.is_empty() { ExitCode::SUCCESS } else { FINDING.into() };
    finish(code, screen::print(&lines))
}

async fn keep_showing(subject: impl Subject, json: bool) -> ExitCode {
    let style = match (json, screen::is_terminal()) {
        (true, _) => Style::Json,
        (false, true) => Style::Terminal,
        (false, false) => Style::Lines,
    };
    match watch::watch(subject, style).await {
        End::Absent(absent) => refuse(&absent),
        End::Output(error) => finish(ExitCode::SUCCESS, Err(error)),
    }
}

async fn show(view: impl FnOnce(&Inventory) -> io::Result<Vec<String>>) -> ExitCode {
    let read = async { bus::read(&bus::connect().await?).await };
    match read.await {
        Err(absent) => refuse(&absent),
        Ok(inventory) => {
            let code = if inventory.has_finding() { FINDING.into() } else { ExitCode::SUCCESS };
            finish(code, view(&inventory).and_then(|lines| screen::print(&lines)))
        }
    }
}

/// Says why nothing can be done at all.
pub fn refuse(why: &impl fmt::Display) -> ExitCode {
    screen::complain(&why.to_string());
    ABSENT.into()
}

/// A reader that has seen enough, such as `head`, is no error.
fn finish(code: ExitCode, printed: io::Result<()>) -> ExitCode {
    match printed {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            screen::complain(&format!("cannot print: {error}"));
            ExitCode::FAILURE
        }
        _ => code,
    }
}
