//! `firmwarden sensors`: the table of what sensors say.

use super::{
    bus::{self, Absent},
    table::{ALL, Column, lines},
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
        let rows: Vec<_> = view.sensors.iter().map(|sensor| row(sensor, clock)).collect();
        let mut text = if rows.is_empty() { vec!["no sensor is known".into()] } else { lines(&COLUMNS, &rows, width) };
        let remarks = remarks(view);
        if !remarks.is_empty() {
            text.push(String::new());
            text.extend(remarks);
        }
        text
    }

    fn changes(before: &Sensors, now: &Sensors, clock: u64) -> Vec<String> {
        // Its age changes by itself.
        let ageless = |sensor: &Sensor| {
            let mut row = row(sensor, clock);
            row.pop();
            row
        };
        let twin = |all: &Sensors, sensor: &Sensor| all.sensors.iter().find(|it| it.id == sensor.id).map(ageless);
        let rows: Vec<_> = now.sensors.iter().map(|sensor| row(sensor, clock)).collect();
        let shown = lines(&COLUMNS, &rows, None).into_iter().skip(1).zip(&now.sensors);
        let changed = shown.filter(|(_, sensor)| twin(before, sensor) != Some(ageless(sensor)));
        let mut text: Vec<_> = changed.map(|(line, _)| line).collect();
        let gone = before.sensors.iter().filter(|sensor| twin(now, sensor).is_none());
        text.extend(gone.map(|sensor| format!("{}  {}  removed", sensor.component, part(sensor))));
        let (old, new) = (remarks(before), remarks(now));
        text.extend(new.iter().filter(|remark| !old.contains(remark)).cloned());
        text.extend(old.iter().filter(|remark| !new.contains(remark)).map(|remark| format!("resolved: {remark}")));
        text
    }
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
