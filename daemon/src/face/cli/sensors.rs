//! `firmwarden sensors`: the table of what sensors say.

use super::{
    bus::{self, Absent},
    table::{ALL, Column, Sheet},
    telemetry::{Sensor, Sensors},
    view::age,
    watch::Subject,
};
use crate::model::Finite;
use std::time::Duration;
use zbus::Connection;

const COLUMNS: [Column; 7] = [
    Column { title: "COMPONENT", keeps: ALL },
    Column { title: "SENSOR", keeps: 8 },
    Column { title: "VALUE", keeps: 8 },
    Column { title: "UNIT", keeps: 5 },
    Column { title: "STATE", keeps: 13 },
    Column { title: "LIMITS", keeps: 8 },
    Column { title: "AGE", keeps: ALL },
];

/// Which sensors are wanted: those of one component, or all.
pub(super) struct Wanted {
    pub(super) component: Option<String>,
}

impl Wanted {
    /// What to say where the component that is wanted has neither a sensor nor a fault.
    pub(super) fn nothing(&self, view: &Sensors) -> Option<Vec<String>> {
        let component = self.component.as_ref().filter(|_| view.is_empty() && view.sources.is_empty())?;
        Some(vec![format!("no sensor of {component} is known")])
    }
}

impl Subject for Wanted {
    type View = Sensors;

    /// Without `[sensors] dbus` the daemon says nothing of a value that is only another.
    const EVERY: Duration = Duration::from_secs(1);

    async fn read(&self, connection: &Connection) -> Result<Sensors, Absent> {
        let mut sensors = bus::sensors(connection).await?;
        if let Some(component) = &self.component {
            sensors.only(component);
        }
        Ok(sensors)
    }

    fn table(view: &Sensors, clock: u64, width: Option<usize>) -> Vec<String> {
        sheet(view, clock).text("no sensor is known", width)
    }

    fn changes(before: &Sensors, now: &Sensors, clock: u64) -> Vec<String> {
        sheet(now, clock).changes(&sheet(before, clock))
    }
}

fn sheet(view: &Sensors, now: u64) -> Sheet<'_> {
    let (ids, rows) = view.sensors.iter().map(|sensor| (sensor.id.as_str(), row(sensor, now))).unzip();
    Sheet { columns: &COLUMNS, ids, rows, remarks: remarks(view) }
}

fn row(sensor: &Sensor, now: u64) -> Vec<String> {
    let dash = || "-".to_owned();
    let level = || sensor.level.clone().unwrap_or_else(dash);
    let unknown = |reason: &str| format!("unknown: {reason}");
    vec![
        sensor.component.clone(),
        part(sensor).to_owned(),
        sensor.text.clone().unwrap_or_else(dash),
        Some(sensor.unit.clone()).filter(|unit| !unit.is_empty()).unwrap_or_else(dash),
        if sensor.value.is_some() { level() } else { unknown(sensor.reason.as_deref().unwrap_or("-")) },
        limits(sensor),
        sensor.last_read_boot_time.map_or_else(dash, |read| age(now.saturating_sub(read))),
    ]
}

/// What of a sensor's id its component does not say already.
fn part(sensor: &Sensor) -> &str {
    let rest = sensor.id.strip_prefix(&sensor.component).and_then(|rest| rest.strip_prefix('_'));
    rest.unwrap_or(&sensor.id)
}

/// From the lowest to the highest: `critical<5 degraded>80`.
fn limits(sensor: &Sensor) -> String {
    let words = ["low.fatal", "low.critical", "low.degraded", "high.degraded", "high.critical", "high.fatal"];
    let said = words.iter().filter_map(|word| {
        let (side, level) = word.split_once('.')?;
        let limit = Finite::new(*sensor.limits.get(*word)?)?;
        Some(format!("{level}{}{limit}", if side == "low" { '<' } else { '>' }))
    });
    let said = said.collect::<Vec<_>>().join(" ");
    if said.is_empty() { "-".into() } else { said }
}

/// One line for each thing that the table cannot show.
fn remarks(view: &Sensors) -> Vec<String> {
    let faults = |source: &super::telemetry::Source| {
        let said = source.faults.iter().map(|fault| format!("{}: {}", fault.step, fault.what));
        let said = said.collect::<Vec<_>>().join("; ");
        (!said.is_empty()).then(|| format!("{}: {said}", source.component))
    };
    view.sources.iter().filter_map(faults).collect()
}
