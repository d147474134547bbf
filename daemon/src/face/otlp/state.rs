//! The model as metrics. All are observable: what the model does not have any more is not sent any more, while an
//! instrument that is told of changes would repeat a removed component's last value for ever.

use crate::model::{Component, Firmware, Freshness, Image, Model, Origin};
use opentelemetry::{KeyValue, metrics::Meter};
use std::sync::Arc;
use tokio::sync::watch;

/// The model as everybody sees it.
pub(super) type Models = watch::Receiver<Arc<Model>>;

/// Declares every metric of components and their firmware. Serial numbers are told only where the operator wants it.
pub(super) fn observe(meter: &Meter, models: &Models, serial_numbers: bool) {
    let info = move |component: &Component| component_info(component, serial_numbers);
    gauge(meter, models, "hw.component.info", "{component}", "1 for each component.", info);
    gauge(
        meter,
        models,
        "hw.firmware.info",
        "{firmware}",
        "1 for each firmware that runs or waits to run.",
        firmware_info,
    );
    let leniencies = "How often a component's answers strayed from the specification in a way that is put up with.";
    gauge(meter, models, "pldm.leniencies", "{leniency}", leniencies, leniency);
    let status = "1 for the state that a firmware is in, 0 for the others.";
    states(meter, models, "hw.firmware.status", status, firmware_status);
    let status = "1 for the state that is known of an endpoint's component, 0 for the others.";
    states(meter, models, "mctp.endpoint.status", status, endpoint_status);
}

/// One value with its attributes.
type Point = (u64, Vec<KeyValue>);

fn gauge(
    meter: &Meter,
    models: &Models,
    name: &'static str,
    unit: &'static str,
    description: &'static str,
    points: impl Fn(&Component) -> Vec<Point> + Send + Sync + 'static,
) {
    let models = models.clone();
    meter
        .u64_observable_gauge(name)
        .with_unit(unit)
        .with_description(description)
        .with_callback(move |observer| {
            for (value, attributes) in all(&models, &points) {
                observer.observe(value, &attributes);
            }
        })
        .build();
}

/// Never with the unit "1": Prometheus and VictoriaMetrics make different names of that.
fn states(
    meter: &Meter,
    models: &Models,
    name: &'static str,
    description: &'static str,
    points: fn(&Component) -> Vec<Point>,
) {
    let models = models.clone();
    meter
        .i64_observable_up_down_counter(name)
        .with_unit("{status}")
        .with_description(description)
        .with_callback(move |observer| {
            for (value, attributes) in all(&models, points) {
                observer.observe(i64::from(value != 0), &attributes);
            }
        })
        .build();
}

/// The model is held for as long as it takes to share it, not while the points are made.
fn all(models: &Models, points: impl Fn(&Component) -> Vec<Point>) -> Vec<Point> {
    let model = Arc::clone(&models.borrow());
    model.components.values().flat_map(|component| points(component)).collect()
}

fn component_info(component: &Component, serial_numbers: bool) -> Vec<Point> {
    let mut attributes = hardware(component);
    attributes.push(KeyValue::new("hw.name", component.name.clone()));
    let optional = [
        ("hw.parent", component.parent.as_ref().map(ToString::to_string)),
        ("hw.vendor", component.manufacturer.clone()),
        ("hw.model", component.model.clone()),
        ("hw.serial_number", component.serial_number.clone().filter(|_| serial_numbers)),
    ];
    attributes.extend(optional.into_iter().filter_map(|(key, value)| Some(KeyValue::new(key, value?))));
    vec![(1, attributes)]
}

fn firmware_info(component: &Component) -> Vec<Point> {
    let mut points = vec![];
    for firmware in component.firmware.values() {
        // Twelve digits tell images apart and keep a series short; the events have all of them.
        let hash = firmware.digest.as_ref().map(|d| format!("{}:{}", d.algorithm, d.hex.get(..12).unwrap_or(&d.hex)));
        points.push((1, image(component, firmware, "active", &firmware.active, hash)));
        if let Some(pending) = &firmware.pending {
            points.push((1, image(component, firmware, "pending", pending, None)));
        }
    }
    points
}

fn image(
    component: &Component,
    firmware: &Firmware,
    slot: &'static str,
    image: &Image,
    hash: Option<String>,
) -> Vec<KeyValue> {
    let mut attributes = in_slot(component, firmware, slot);
    if !image.version.is_empty() {
        attributes.push(KeyValue::new("hw.firmware_version", image.version.clone()));
    }
    attributes.extend(hash.map(|hash| KeyValue::new("artifact.hash", hash)));
    attributes
}

/// Without a list of what ought to run there are two states: a version was read at the last reading, or none was.
/// `version_drift`, `hash_mismatch`, `unlisted` and `rollback` come with that list, and with attestation.
fn firmware_status(component: &Component) -> Vec<Point> {
    let mut points = vec![];
    for firmware in component.firmware.values() {
        let is_known = firmware.freshness == Freshness::Fresh && !firmware.active.version.is_empty();
        let now = if is_known { "ok" } else { "unknown" };
        for state in ["ok", "unknown"] {
            let mut attributes = in_slot(component, firmware, "active");
            attributes.push(KeyValue::new("hw.firmware.state", state));
            points.push((u64::from(state == now), attributes));
        }
    }
    points
}

fn endpoint_status(component: &Component) -> Vec<Point> {
    let Origin::Endpoint { network, eid, .. } = &component.origin else { return vec![] };
    let point = |state: &'static str| {
        let mut attributes = hardware(component);
        attributes.push(KeyValue::new("mctp.endpoint.id", format!("{network}/{eid}")));
        attributes.push(KeyValue::new("state", state));
        (u64::from(state == component.freshness.word()), attributes)
    };
    vec![point("fresh"), point("stale")]
}

fn leniency(component: &Component) -> Vec<Point> {
    let point = |(name, count): (&String, &u64)| {
        let mut attributes = hardware(component);
        attributes.push(KeyValue::new("pldm.leniency", name.clone()));
        (*count, attributes)
    };
    component.leniencies.iter().map(point).collect()
}

fn hardware(component: &Component) -> Vec<KeyValue> {
    vec![KeyValue::new("hw.id", component.id.to_string()), KeyValue::new("hw.type", component.kind.clone())]
}

/// A component can run several firmwares, so `hw.id` alone would make one series of them.
fn in_slot(component: &Component, firmware: &Firmware, slot: &'static str) -> Vec<KeyValue> {
    let mut attributes = hardware(component);
    attributes.push(KeyValue::new("hw.firmware.id", firmware.id.to_string()));
    attributes.push(KeyValue::new("hw.firmware.slot", slot));
    attributes
}
