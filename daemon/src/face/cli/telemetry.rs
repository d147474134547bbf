//! Sensors and events as the daemon tells them, as plain values: what `--json` prints.
//!
//! As everywhere here, nothing read from the bus is trusted: every text is made printable once more.

use super::values::Fault;
use crate::{
    face::dbus::{ring, telemetry},
    text::one_line,
};
use serde::Serialize;
use std::collections::BTreeMap;

/// Every sensor, and where they come from.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(super) struct Sensors {
    /// By component and id.
    pub(super) sensors: Vec<Sensor>,
    /// The components that have them, by id.
    pub(super) sources: Vec<Source>,
}

/// A sensor.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[allow(missing_docs, reason = "docs/d-bus.md tells the same names")]
pub(super) struct Sensor {
    pub(super) component: String,
    pub(super) id: String,
    pub(super) name: String,
    pub(super) number: u16,
    pub(super) location: Option<String>,
    pub(super) quantity: String,
    /// Of a state, the name of its set.
    pub(super) unit: String,
    /// Of a state only.
    pub(super) state_set: Option<u16>,
    /// Of a state only.
    pub(super) position: Option<u8>,
    pub(super) limits: BTreeMap<String, f64>,
    pub(super) interval: u64,
    /// The number, or the number of the state.
    pub(super) value: Option<f64>,
    /// The same in words.
    pub(super) text: Option<String>,
    /// Why there is no value.
    pub(super) reason: Option<String>,
    pub(super) level: Option<String>,
    pub(super) last_read: Option<u64>,
    pub(super) last_read_boot_time: Option<u64>,
}

/// A component that has sensors.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(super) struct Source {
    /// Its id.
    pub(super) component: String,
    /// How its events reach the daemon.
    pub(super) events: String,
    /// What is wrong with the records that describe its sensors.
    pub(super) faults: Vec<Fault>,
}

/// An event.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[allow(missing_docs, reason = "docs/d-bus.md tells the same names")]
pub(super) struct Event {
    pub(super) sequence: u64,
    pub(super) time: u64,
    pub(super) boot_time: u64,
    pub(super) name: String,
    pub(super) severity: String,
    pub(super) subject: Option<String>,
    pub(super) text: String,
    pub(super) facts: BTreeMap<String, String>,
}

impl Sensors {
    /// Takes what the daemon answered.
    pub(super) fn read(sensors: Vec<telemetry::Sensor>, sources: Vec<telemetry::Source>) -> Self {
        let mut sensors: Vec<Sensor> = sensors.into_iter().map(Sensor::from).collect();
        sensors.sort_by(|a, b| (&a.component, &a.id).cmp(&(&b.component, &b.id)));
        Self { sensors, sources: sources.into_iter().map(Source::from).collect() }
    }

    /// Keeps those of one component.
    pub(super) fn only(&mut self, component: &str) {
        self.sensors.retain(|sensor| sensor.component == component);
        self.sources.retain(|source| source.component == component);
    }

    /// Whether there is no sensor.
    pub(super) fn is_empty(&self) -> bool {
        self.sensors.is_empty()
    }

    /// Whether something needs a person's eye.
    pub(super) fn has_finding(&self) -> bool {
        let is_odd =
            |sensor: &Sensor| sensor.value.is_none() || sensor.level.as_ref().is_some_and(|level| level != "normal");
        self.sensors.iter().any(is_odd) || self.sources.iter().any(|source| !source.faults.is_empty())
    }
}

fn known(text: &str) -> Option<String> {
    Some(one_line(text)).filter(|text| !text.is_empty())
}

impl From<telemetry::Sensor> for Sensor {
    fn from(told: telemetry::Sensor) -> Self {
        let is_state = told.quantity == "state";
        let read = |time: u64| Some(time).filter(|_| told.last_read_boot_time > 0);
        Self {
            component: one_line(&told.component),
            id: one_line(&told.id),
            name: one_line(&told.name),
            number: told.number,
            location: known(&told.location),
            quantity: one_line(&told.quantity),
            unit: one_line(&told.unit),
            state_set: is_state.then_some(told.state_set),
            position: is_state.then_some(told.position),
            limits: told.limits.iter().map(|(level, limit)| (one_line(level), *limit)).collect(),
            interval: told.interval,
            value: told.known.then_some(told.value),
            text: known(&told.text).filter(|_| told.known),
            reason: known(&told.text).filter(|_| !told.known),
            level: known(&told.level),
            last_read: read(told.last_read),
            last_read_boot_time: read(told.last_read_boot_time),
        }
    }
}

impl From<telemetry::Source> for Source {
    fn from(told: telemetry::Source) -> Self {
        let fault = |(step, what): &(String, String)| Fault { step: one_line(step), what: one_line(what) };
        Self {
            component: one_line(&told.component),
            events: one_line(&told.events),
            faults: told.faults.iter().map(fault).collect(),
        }
    }
}

impl From<ring::Told> for Event {
    fn from(told: ring::Told) -> Self {
        Self {
            sequence: told.sequence,
            time: told.time,
            boot_time: told.boot_time,
            name: one_line(&told.name),
            severity: one_line(&told.severity),
            subject: known(&told.subject),
            text: one_line(&told.text),
            facts: told.facts.iter().map(|(name, value)| (one_line(name), one_line(value))).collect(),
        }
    }
}
