//! What the benches share. They print figures beside the bound of the same run and never judge a time.
#![allow(dead_code, reason = "each bench is a program of its own and uses a part of this")]
#![allow(clippy::print_stdout, reason = "figures are for people")]

pub(crate) mod process;
pub(crate) mod watcher;

use firmwarden_tests::board::{Board, Configuration, Description, NumericSensor, Pdr, Version};
use std::{fmt, time::Duration};

/// What everything here may fail with; a figure that cannot be had ends its bench.
pub(crate) type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

/// The intervals of the shipped configuration: nothing is asked twice within a bench.
pub(crate) fn shipped() -> Configuration {
    Configuration {
        interval: Duration::from_secs(300),
        retry_first: Duration::from_secs(1),
        retry_last: Duration::from_secs(60),
        check_interval: Duration::from_secs(10),
        absent_after: Duration::from_secs(60),
        time_out: Duration::from_secs(1),
        sensor_interval: Duration::from_secs(10),
        poll_interval: Duration::from_secs(2),
        ..Configuration::default()
    }
}

/// The firmware of each component of [`components`]: so many entries of its table, and the image set before them.
pub(crate) const FIRMWARE: usize = 10;

/// How many objects one of [`components`] has under `/xyz/openbmc_project/software`.
pub(crate) const OBJECTS: usize = FIRMWARE + 1;

/// So many components, each at the end of a line of its own that has no speed, with ten entries in its table.
pub(crate) fn components(count: usize, latency: Duration) -> Vec<Description> {
    let pattern = Description::named("nic0");
    let one = |number: usize| {
        let mut one = Description {
            name: format!("part{number}"),
            title: format!("Part {number}"),
            inventory: Some(format!("/xyz/openbmc_project/inventory/system/board/part{number}")),
            uuid: Some(format!("4c9d1f60-3a52-11ee-be56-{number:012x}")),
            baud: 0,
            latency_milliseconds: latency.as_millis() as u64,
            downstream: vec![],
            ..pattern.clone()
        };
        let firmware = one.firmware[0].clone();
        one.firmware = (0..FIRMWARE as u16)
            .map(|place| {
                let mut firmware = firmware.clone();
                firmware.name = Some(format!("fw{place}"));
                firmware.primary = place == 0;
                firmware.identifier += place;
                firmware.active = Version { text: format!("230.{place}.154.{number}"), ..firmware.active };
                firmware
            })
            .collect();
        one
    };
    (0..count).map(one).collect()
}

/// So many components as [`components`] makes them, but with two entries in their tables and nothing behind them; each has
/// as many sensors as `sensors` says, which all have a name and four limits.
pub(crate) fn sensing(count: usize, latency: Duration, sensors: impl Fn(usize) -> u16) -> Vec<Description> {
    let pattern = Description::named("gpu0").pdr;
    let first =
        pattern.iter().find_map(|pdr| if let Pdr::NumericSensor(it) = pdr { Some((**it).clone()) } else { None });
    let Some(pattern) = first else { return vec![] };
    let mut all = components(count, latency);
    for (number, one) in all.iter_mut().enumerate() {
        one.firmware.truncate(2);
        one.file = vec![];
        let sensor =
            |id| NumericSensor { id, name: Some(format!("TEMP_{id}")), warning_low: Some(-20.0), ..pattern.clone() };
        let sensors = (1..=sensors(number)).map(|id| Pdr::NumericSensor(Box::new(sensor(id))));
        one.pdr.truncate(1); // where the terminus is
        one.pdr.extend(sensors);
    }
    all
}

/// How many questions the component was asked so far.
pub(crate) fn questions(board: &Board, component: &Description) -> u64 {
    board.component(&component.name).requests()
}

/// What several runs came to. The best one was disturbed least by others on the machine.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spread {
    pub(crate) best: Duration,
    pub(crate) middle: Duration,
    pub(crate) worst: Duration,
}

impl Spread {
    /// Of these.
    pub(crate) fn of(all: impl IntoIterator<Item = Duration>) -> Self {
        let mut all: Vec<_> = all.into_iter().collect();
        all.sort();
        let at = |place: usize| all.get(place).copied().unwrap_or_default();
        Self { best: at(0), middle: at(all.len() / 2), worst: at(all.len().saturating_sub(1)) }
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [best, middle, worst] = [self.best, self.middle, self.worst].map(|one| one.as_secs_f64() * 1e3);
        f.pad(&format!("{best:.0} / {middle:.0} / {worst:.0} ms"))
    }
}

/// Milliseconds with one digit.
pub(crate) fn milliseconds(duration: Duration) -> String {
    format!("{:.1} ms", duration.as_secs_f64() * 1e3)
}

/// The machine that the figures are of.
pub(crate) fn machine() {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or_default();
    println!("{}, {cores} cores, load {load} before", model.trim_start_matches([' ', '\t', ':']));
}

/// How often a bench repeats its runs: `FIRMWARDEN_BENCH_RUNS`, or this.
pub(crate) fn runs(usual: usize) -> usize {
    std::env::var("FIRMWARDEN_BENCH_RUNS").ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}
