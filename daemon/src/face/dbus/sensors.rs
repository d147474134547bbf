//! Sensors as upstream's bmcweb reads them: interfaces of phosphor-dbus-interfaces, one object for each sensor.

use super::{
    SENSORS,
    objects::{self, Object, shared},
    software::Associations,
};
use crate::model::{Finite, Id, Level, Measure, Model, Quantity, Sensor, Sensors, Value as Read};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};
use zbus::{fdo, interface};

/// The value. Without one it is NaN, which Redfish shows as null.
#[derive(Clone)]
struct Value(Arc<Sensor>);

#[interface(name = "xyz.openbmc_project.Sensor.Value", introspection_docs = false)]
impl Value {
    #[zbus(property(emits_changed_signal = "true"))]
    fn value(&self) -> f64 {
        number(&self.0).map_or(f64::NAN, Finite::get)
    }

    #[zbus(property(emits_changed_signal = "const"))]
    fn unit(&self) -> String {
        format!("xyz.openbmc_project.Sensor.Value.Unit.{}", kind(&self.0).map_or("", |(_, unit)| unit))
    }

    /// Upstream's default: how far the sensor can count is not known.
    #[zbus(property(emits_changed_signal = "const"))]
    fn max_value(&self) -> f64 {
        f64::INFINITY
    }

    #[zbus(property(emits_changed_signal = "const"))]
    fn min_value(&self) -> f64 {
        f64::NEG_INFINITY
    }
}

/// The limits that warn. One that the sensor does not have has no property, as with upstream's dbus-sensors.
#[derive(Clone)]
struct Warning(Arc<Sensor>);

#[interface(name = "xyz.openbmc_project.Sensor.Threshold.Warning", introspection_docs = false)]
impl Warning {
    #[zbus(property(emits_changed_signal = "const"))]
    fn warning_high(&self) -> fdo::Result<f64> {
        limit(&self.0, Level::UpperWarning)
    }

    #[zbus(property(emits_changed_signal = "const"))]
    fn warning_low(&self) -> fdo::Result<f64> {
        limit(&self.0, Level::LowerWarning)
    }

    #[zbus(property(emits_changed_signal = "true"))]
    fn warning_alarm_high(&self) -> bool {
        self.0.reading.level >= Some(Level::UpperWarning)
    }

    #[zbus(property(emits_changed_signal = "true"))]
    fn warning_alarm_low(&self) -> bool {
        self.0.reading.level.is_some_and(|level| level <= Level::LowerWarning)
    }
}

/// The limits that are critical.
#[derive(Clone)]
struct Critical(Arc<Sensor>);

#[interface(name = "xyz.openbmc_project.Sensor.Threshold.Critical", introspection_docs = false)]
impl Critical {
    #[zbus(property(emits_changed_signal = "const"))]
    fn critical_high(&self) -> fdo::Result<f64> {
        limit(&self.0, Level::UpperCritical)
    }

    #[zbus(property(emits_changed_signal = "const"))]
    fn critical_low(&self) -> fdo::Result<f64> {
        limit(&self.0, Level::LowerCritical)
    }

    #[zbus(property(emits_changed_signal = "true"))]
    fn critical_alarm_high(&self) -> bool {
        self.0.reading.level >= Some(Level::UpperCritical)
    }

    #[zbus(property(emits_changed_signal = "true"))]
    fn critical_alarm_low(&self) -> bool {
        self.0.reading.level.is_some_and(|level| level <= Level::LowerCritical)
    }
}

/// The limits that PLDM calls fatal.
#[derive(Clone)]
struct HardShutdown(Arc<Sensor>);

#[interface(name = "xyz.openbmc_project.Sensor.Threshold.HardShutdown", introspection_docs = false)]
impl HardShutdown {
    #[zbus(property(emits_changed_signal = "const"))]
    fn hard_shutdown_high(&self) -> fdo::Result<f64> {
        limit(&self.0, Level::UpperFatal)
    }

    #[zbus(property(emits_changed_signal = "const"))]
    fn hard_shutdown_low(&self) -> fdo::Result<f64> {
        limit(&self.0, Level::LowerFatal)
    }

    #[zbus(property(emits_changed_signal = "true"))]
    fn hard_shutdown_alarm_high(&self) -> bool {
        self.0.reading.level >= Some(Level::UpperFatal)
    }

    #[zbus(property(emits_changed_signal = "true"))]
    fn hard_shutdown_alarm_low(&self) -> bool {
        self.0.reading.level.is_some_and(|level| level <= Level::LowerFatal)
    }
}

/// Whether the sensor can be read.
#[derive(Clone)]
struct Availability(bool);

#[interface(name = "xyz.openbmc_project.State.Decorator.Availability", introspection_docs = false)]
impl Availability {
    #[zbus(property(emits_changed_signal = "true"))]
    fn available(&self) -> bool {
        self.0
    }
}

/// Whether the sensor works. What does not tell a value is not said to.
#[derive(Clone)]
struct OperationalStatus(bool);

#[interface(name = "xyz.openbmc_project.State.Decorator.OperationalStatus", introspection_docs = false)]
impl OperationalStatus {
    #[zbus(property(emits_changed_signal = "true"))]
    fn functional(&self) -> bool {
        self.0
    }
}

/// What must be put on the bus, in order, so that it shows the sensors of `now`. Without interfaces an object goes.
pub(super) fn different(before: &Model, now: &Model) -> Vec<Object> {
    let components: BTreeSet<&Id> = before.sensors.keys().chain(now.sensors.keys()).collect();
    let mut objects = vec![];
    for component in components {
        let (old, new) = (before.sensors.get(component), now.sensors.get(component));
        let (was_in, is_in) = (chassis(before, component), chassis(now, component));
        if was_in == is_in && old.zip(new).is_some_and(|(a, b)| Arc::ptr_eq(a, b)) {
            continue;
        }
        let (old, new) = (exported(old), exported(new));
        // What a sensor measures is constant as long as its object lives.
        let stays = |path: &String, sensor: &Sensor| new.get(path).is_some_and(|new| new.measure == sensor.measure);
        objects.extend(old.iter().filter(|(path, it)| !stays(path, it)).map(|(path, _)| (path.clone(), vec![])));
        for (path, sensor) in new {
            let looks_the_same = was_in == is_in && old.get(&path).is_some_and(|old| is_same(old, sensor));
            if !looks_the_same {
                objects.push(object(path, sensor, is_in.clone()));
            }
        }
    }
    objects
}

/// The sensors that upstream has a type for, by path.
fn exported(sensors: Option<&Arc<Sensors>>) -> BTreeMap<String, &Sensor> {
    let sensors = sensors.into_iter().flat_map(|it| it.sensors.values());
    let path = |it: &Sensor| kind(it).map(|(kind, _)| format!("{SENSORS}/{kind}/{}", it.id));
    sensors.filter_map(|it| Some((path(it)?, it))).collect()
}

/// Whether both look the same on the bus: the time of a reading is not there.
fn is_same(a: &Sensor, b: &Sensor) -> bool {
    a.measure == b.measure && number(a) == number(b) && a.reading.level == b.reading.level
}

fn object(path: String, sensor: &Sensor, chassis: Option<String>) -> Object {
    let (held, has_value) = (Arc::new(sensor.clone()), number(sensor).is_some());
    let mut interfaces = vec![
        shared(Value(Arc::clone(&held))),
        shared(Warning(Arc::clone(&held))),
        shared(Critical(Arc::clone(&held))),
        shared(Availability(has_value)),
        shared(OperationalStatus(has_value)),
    ];
    if [Level::LowerFatal, Level::UpperFatal].into_iter().any(|level| limit(sensor, level).is_ok()) {
        interfaces.push(shared(HardShutdown(held)));
    }
    if let Some(path) = chassis {
        interfaces.push(shared(Associations { forward: "chassis", reverse: "all_sensors", path }));
    }
    (path, interfaces)
}

/// Where bmcweb lists the component's sensors: its own inventory object, else that of what it is part of.
fn chassis(model: &Model, component: &Id) -> Option<String> {
    let component = model.components.get(component)?;
    let parent = component.parent.as_ref().and_then(|parent| model.components.get(parent));
    objects::inventory_path(component).or_else(|| objects::inventory_path(parent?))
}

/// The part of the path and the unit, of what upstream has a type for.
fn kind(sensor: &Sensor) -> Option<(&'static str, &'static str)> {
    let Measure::Number { quantity, .. } = &sensor.measure else { return None };
    match quantity {
        Quantity::Temperature => Some(("temperature", "DegreesC")),
        Quantity::Voltage => Some(("voltage", "Volts")),
        Quantity::Current => Some(("current", "Amperes")),
        Quantity::Power => Some(("power", "Watts")),
        Quantity::Energy => Some(("energy", "Joules")),
        Quantity::FanSpeed => Some(("fan_tach", "RPMS")),
        Quantity::Other => None,
    }
}

/// The value, if there is one. No fan turns less than not at all, and bmcweb answers 500 for all fans if one does.
fn number(sensor: &Sensor) -> Option<Finite> {
    let Read::Number(number) = sensor.reading.value else { return None };
    let is_fan = matches!(sensor.measure, Measure::Number { quantity: Quantity::FanSpeed, .. });
    Some(number).filter(|number| !is_fan || number.get() >= 0.0)
}

fn limit(sensor: &Sensor, level: Level) -> fdo::Result<f64> {
    let limit = if let Measure::Number { limits, .. } = &sensor.measure { limits.get(&level) } else { None };
    limit.map(|limit| limit.get()).ok_or_else(|| fdo::Error::UnknownProperty("there is no such limit".into()))
}
