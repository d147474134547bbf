//! Sensors, events and logs on the root of our own tree, for the command line and whoever wants all of them at once.

use super::ring::{KEPT, Ring, Told};
use crate::{
    ask::{Ask, Asks},
    clock::Stamp,
    model::{self, Id, Measure, Model, Value},
    text::one_line,
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, sync::Arc};
use tokio::sync::{mpsc::error::TrySendError, watch};
use zbus::{fdo, interface, object_server::SignalEmitter};

/// A sensor as it is told on the bus. A text that is not known is empty, a number that is not known is 0.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize, zbus::Type)]
pub(crate) struct Sensor {
    /// Its id.
    pub(crate) id: String,
    /// The component that has it.
    pub(crate) component: String,
    /// What its component calls it.
    pub(crate) name: String,
    /// Its number at its component.
    pub(crate) number: u16,
    /// The part of the component that it is about.
    pub(crate) location: String,
    /// `temperature` and so on, `value` for any other quantity, `state` for a state.
    pub(crate) quantity: String,
    /// The unit of a quantity; the name of a state's set.
    pub(crate) unit: String,
    /// The number of a state's set.
    pub(crate) state_set: u16,
    /// Which of a sensor's states this is, from 0.
    pub(crate) position: u8,
    /// Its limits by level.
    pub(crate) limits: BTreeMap<String, f64>,
    /// How often it is read, in milliseconds.
    pub(crate) interval: u64,
    /// Whether it has a value.
    pub(crate) known: bool,
    /// The value, or the number of the state.
    pub(crate) value: f64,
    /// The value or state in words; without a value, why.
    pub(crate) text: String,
    /// Where the value stands among the limits.
    pub(crate) level: String,
    /// When it was last read, in milliseconds since 1970.
    pub(crate) last_read: u64,
    /// When it was last read, in microseconds since boot.
    pub(crate) last_read_boot_time: u64,
}

/// A component that has sensors, as it is told on the bus.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize, zbus::Type)]
pub(crate) struct Source {
    /// The component.
    pub(crate) component: String,
    /// How its events reach us.
    pub(crate) events: String,
    /// What is wrong with the records that describe its sensors: step and what.
    pub(crate) faults: Vec<(String, String)>,
}

/// The interface.
#[derive(Clone)]
pub(super) struct Telemetry {
    pub(super) models: watch::Receiver<Arc<Model>>,
    pub(super) ring: Ring,
    pub(super) asks: Asks,
}

impl Telemetry {
    fn model(&self) -> Arc<Model> {
        Arc::clone(&self.models.borrow())
    }
}

#[interface(name = "xyz.openbmc_project.FirmWarden.Telemetry", introspection_docs = false)]
impl Telemetry {
    /// Every sensor, by component and id.
    async fn sensors(&self) -> Vec<Sensor> {
        let model = self.model();
        let of = |(component, sensors): (&Id, &Arc<model::Sensors>)| {
            sensors.sensors.values().map(|it| sensor(component, it)).collect::<Vec<_>>()
        };
        model.sensors.iter().flat_map(of).collect()
    }

    /// Every component that has sensors, by id.
    async fn sources(&self) -> Vec<Source> {
        self.model().sensors.iter().map(|(component, sensors)| source(component, sensors)).collect()
    }

    /// The events that are kept and came after the one of this number; after 0 comes all.
    async fn events(&self, after: u64) -> Vec<Told> {
        self.ring.after(after)
    }

    /// Has a component's logs fetched. What becomes of it is told by events.
    async fn fetch_logs(&self, component: &str) -> fdo::Result<()> {
        let known = Id::new(component).filter(|id| self.model().components.contains_key(id));
        let id = known.ok_or_else(|| fdo::Error::InvalidArgs(format!("no component '{}'", one_line(component))))?;
        self.asks.try_send(Ask::Logs(id)).map_err(|refused| match refused {
            TrySendError::Full(_) => fdo::Error::LimitsExceeded("too much is asked for already".into()),
            TrySendError::Closed(_) => fdo::Error::Failed("this daemon fetches no logs".into()),
        })
    }

    #[zbus(signal)]
    pub(super) async fn event(place: &SignalEmitter<'_>, event: Told) -> zbus::Result<()>;

    /// How many events are kept at the most.
    #[zbus(property(emits_changed_signal = "const"))]
    fn events_kept(&self) -> u64 {
        u64::try_from(KEPT).unwrap_or(u64::MAX)
    }

    /// How many events came too fast to be kept.
    #[zbus(property(emits_changed_signal = "false"))]
    fn events_missed(&self) -> u64 {
        self.ring.missed()
    }
}

fn sensor(component: &Id, of: &model::Sensor) -> Sensor {
    let (quantity, unit, state_set, position, limits) = match &of.measure {
        Measure::Number { quantity, unit, limits } => (quantity.word(), unit, 0, 0, limits.clone()),
        Measure::State { set, name, position } => ("state", name, *set, *position, BTreeMap::new()),
    };
    let (value, text) = match &of.reading.value {
        Value::Number(number) => (Some(number.get()), of.reading.value.to_string()),
        Value::State { number, text } => (Some(f64::from(*number)), text.clone()),
        Value::Unknown(why) => (None, why.clone()),
    };
    Sensor {
        id: of.id.to_string(),
        component: component.to_string(),
        name: one_line(&of.name),
        number: of.number,
        location: one_line(of.location.as_deref().unwrap_or_default()),
        quantity: quantity.into(),
        unit: one_line(unit),
        state_set,
        position,
        limits: limits.iter().map(|(level, limit)| (level.word().to_owned(), limit.get())).collect(),
        interval: u64::try_from(of.interval.as_millis()).unwrap_or(u64::MAX),
        known: value.is_some(),
        value: value.unwrap_or_default(),
        text: one_line(&text),
        level: of.reading.level.map_or("", model::Level::word).into(),
        last_read: of.reading.at.map_or(0, Stamp::wall_milliseconds),
        last_read_boot_time: of.reading.at.map_or(0, Stamp::boot_microseconds),
    }
}

fn source(component: &Id, of: &model::Sensors) -> Source {
    Source {
        component: component.to_string(),
        events: of.events.word().into(),
        faults: of.faults.iter().map(|fault| (one_line(&fault.step), one_line(&fault.what))).collect(),
    }
}
