//! Sensors as metrics. Observable, as all of the model is, and only what has a value has a point: a series ends with it.

use super::state::Models;
use crate::model::{Finite, Id, Measure, Model, Quantity, Sensor, Value};
use opentelemetry::{
    KeyValue,
    metrics::{AsyncInstrument, Meter},
};
use std::sync::Arc;

/// How a quantity is told.
struct Kind {
    quantity: Quantity,
    name: &'static str,
    unit: &'static str,
    description: &'static str,
    /// The metric of its limits. OpenTelemetry has none for energy, which only grows.
    limit: Option<&'static str>,
}

const KINDS: [Kind; 7] = [
    Kind {
        quantity: Quantity::Temperature,
        name: "hw.temperature",
        unit: "Cel",
        description: "Temperature in degrees Celsius.",
        limit: Some("hw.temperature.limit"),
    },
    Kind {
        quantity: Quantity::Voltage,
        name: "hw.voltage",
        unit: "V",
        description: "Voltage measured by the sensor.",
        limit: Some("hw.voltage.limit"),
    },
    // OpenTelemetry has no metric for it. This one is made like that of the voltage.
    Kind {
        quantity: Quantity::Current,
        name: "hw.current",
        unit: "A",
        description: "Current measured by the sensor.",
        limit: Some("hw.current.limit"),
    },
    Kind {
        quantity: Quantity::Power,
        name: "hw.power",
        unit: "W",
        description: "Instantaneous power consumed by the component.",
        limit: Some("hw.power.limit"),
    },
    Kind {
        quantity: Quantity::Energy,
        name: "hw.energy",
        unit: "J",
        description: "Energy consumed by the component, by its own count.",
        limit: None,
    },
    Kind {
        quantity: Quantity::FanSpeed,
        name: "hw.fan.speed",
        unit: "rpm",
        description: "Fan speed in revolutions per minute.",
        limit: Some("hw.fan.speed.limit"),
    },
    Kind {
        quantity: Quantity::Other,
        name: "pldm.sensor.value",
        unit: "{reading}",
        description: "The value of any other numeric sensor, in pldm.sensor.unit.",
        limit: None,
    },
];

/// A value with its attributes.
type Point<T> = (T, Vec<KeyValue>);

/// Declares every metric of sensors.
pub(super) fn observe(meter: &Meter, models: &Models) {
    for Kind { quantity, name, unit, description, limit } in KINDS {
        let held = models.clone();
        let tell = move |observer: &dyn AsyncInstrument<f64>| {
            for (value, attributes) in values(&Arc::clone(&held.borrow()), quantity) {
                observer.observe(value, &attributes);
            }
        };
        // A counter says so: one that is lower than before was reset by its component, which every receiver knows how
        // to read.
        if quantity == Quantity::Energy {
            let counter = meter.f64_observable_counter(name).with_unit(unit).with_description(description);
            counter.with_callback(tell).build();
        } else {
            let gauge = meter.f64_observable_gauge(name).with_unit(unit).with_description(description);
            gauge.with_callback(tell).build();
        }
        if let Some(limit) = limit {
            let held = models.clone();
            let gauge = meter.f64_observable_gauge(limit).with_unit(unit);
            let gauge = gauge.with_description("Where the value begins to be too much or too little.");
            let tell = move |observer: &dyn AsyncInstrument<f64>| {
                for (value, attributes) in limits(&Arc::clone(&held.borrow()), quantity) {
                    observer.observe(value, &attributes);
                }
            };
            gauge.with_callback(tell).build();
        }
    }
    let state = "The number of the state that a state sensor is in (DSP0249).";
    counts(meter, models, "pldm.state_sensor.state", "{state}", state, states);
    let known = "How many sensors of a component have a value, and how many have none.";
    counts(meter, models, "pldm.sensors", "{sensor}", known, sensors);
}

fn counts(
    meter: &Meter,
    models: &Models,
    name: &'static str,
    unit: &'static str,
    description: &'static str,
    points: fn(&Model) -> Vec<Point<u64>>,
) {
    let held = models.clone();
    let gauge = meter.u64_observable_gauge(name).with_unit(unit).with_description(description);
    let tell = move |observer: &dyn AsyncInstrument<u64>| {
        for (value, attributes) in points(&Arc::clone(&held.borrow())) {
            observer.observe(value, &attributes);
        }
    };
    gauge.with_callback(tell).build();
}

/// Every sensor with its component.
fn all(model: &Model) -> impl Iterator<Item = (&Id, &Sensor)> {
    model.sensors.iter().flat_map(|(component, sensors)| sensors.sensors.values().map(move |it| (component, it)))
}

/// The value of a sensor of this quantity, if it has one.
fn value(sensor: &Sensor, of: Quantity) -> Option<Finite> {
    match (&sensor.measure, &sensor.reading.value) {
        // A sum that only grows cannot be less than nothing: such a value is no count.
        (Measure::Number { quantity: Quantity::Energy, .. }, Value::Number(value)) if value.get() < 0.0 => None,
        (Measure::Number { quantity, .. }, Value::Number(value)) if *quantity == of => Some(*value),
        _ => None,
    }
}

fn values(model: &Model, quantity: Quantity) -> Vec<Point<f64>> {
    let point = |(component, sensor)| Some((value(sensor, quantity)?.get(), attributes(model, component, sensor)));
    all(model).filter_map(point).collect()
}

/// The limits of what has a value: of a component that is silent nothing is said.
fn limits(model: &Model, quantity: Quantity) -> Vec<Point<f64>> {
    let mut points = vec![];
    for (component, sensor) in all(model).filter(|(_, sensor)| value(sensor, quantity).is_some()) {
        let Measure::Number { limits, .. } = &sensor.measure else { continue };
        for (level, limit) in limits {
            let mut attributes = attributes(model, component, sensor);
            attributes.push(KeyValue::new("hw.limit_type", level.word()));
            points.push((limit.get(), attributes));
        }
    }
    points
}

fn states(model: &Model) -> Vec<Point<u64>> {
    let point = |(component, sensor): (&Id, &Sensor)| {
        let Value::State { number, .. } = sensor.reading.value else { return None };
        Some((u64::from(number), attributes(model, component, sensor)))
    };
    all(model).filter_map(point).collect()
}

/// Two series for each component, so that nobody needs one for each sensor to learn that some are blind.
fn sensors(model: &Model) -> Vec<Point<u64>> {
    let mut points = vec![];
    for (component, sensors) in &model.sensors {
        let is_unknown = |sensor: &&Sensor| matches!(sensor.reading.value, Value::Unknown(_));
        let unknown = sensors.sensors.values().filter(is_unknown).count();
        for (state, count) in [("valid", sensors.sensors.len().saturating_sub(unknown)), ("unknown", unknown)] {
            let mut attributes = vec![KeyValue::new("hw.id", component.to_string()), KeyValue::new("state", state)];
            attributes.extend(kind(model, component));
            points.push((u64::try_from(count).unwrap_or(u64::MAX), attributes));
        }
    }
    points
}

/// To OpenTelemetry a sensor is hardware of its own, part of its component.
fn attributes(model: &Model, component: &Id, sensor: &Sensor) -> Vec<KeyValue> {
    let mut attributes = vec![
        KeyValue::new("hw.id", sensor.id.to_string()),
        KeyValue::new("hw.name", sensor.name.clone()),
        KeyValue::new("hw.parent", component.to_string()),
        KeyValue::new("pldm.sensor.id", i64::from(sensor.number)),
    ];
    attributes.extend(sensor.location.clone().map(|location| KeyValue::new("hw.sensor_location", location)));
    match &sensor.measure {
        // These two are sums over a kind of hardware, not over sensors, so they need to say which.
        Measure::Number { quantity: Quantity::Power | Quantity::Energy, .. } => {
            attributes.extend(kind(model, component));
        }
        Measure::Number { quantity: Quantity::Other, unit, .. } => {
            attributes.push(KeyValue::new("pldm.sensor.unit", unit.clone()));
        }
        Measure::Number { .. } => {}
        Measure::State { set, name, .. } => {
            attributes.push(KeyValue::new("pldm.state_set.id", i64::from(*set)));
            attributes.push(KeyValue::new("pldm.state_set.name", name.clone()));
        }
    }
    attributes
}

fn kind(model: &Model, component: &Id) -> Option<KeyValue> {
    model.components.get(component).map(|component| KeyValue::new("hw.type", component.kind.clone()))
}
