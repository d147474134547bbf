//! What changes in the model when a component's sensors are described, read, or lost.

use crate::{
    event::What,
    model::{Fault, Id, Level, Measure, Model, Reading, Sensors, Value},
};
use std::sync::Arc;

/// The component's sensors are these. What was read of those that stay is kept, until it is read again.
pub(super) fn described(model: &mut Model, component: Id, mut new: Sensors) -> Vec<What> {
    refuse_foreign(model, &component, &mut new);
    let mut events = Vec::new();
    let known: Vec<_> = new.faults.clone();
    if let Some(old) = model.sensors.get(&component) {
        for (id, sensor) in &mut new.sensors {
            let before = old.sensors.get(id).filter(|old| same_kind(&old.measure, &sensor.measure));
            if let Some(before) = before.filter(|_| sensor.reading.at.is_none()) {
                sensor.reading = before.reading.clone();
            }
        }
        let cleared = old.faults.iter().filter(|fault| !known.contains(fault));
        events.extend(cleared.map(|it| What::FaultCleared { component: component.clone(), fault: it.clone() }));
        new.faults.retain(|fault| !old.faults.contains(fault));
    }
    let raised = new.faults.iter();
    events.extend(raised.map(|it| What::FaultRaised { component: component.clone(), fault: it.clone() }));
    new.faults = known;
    model.sensors.insert(component, Arc::new(new));
    events
}

/// One name for two sensors would make one series and one object of them: the first to come keeps it.
fn refuse_foreign(model: &Model, component: &Id, new: &mut Sensors) {
    let others = || model.sensors.iter().filter(|(id, _)| *id != component);
    let taken: Vec<_> =
        new.sensors.keys().filter(|id| others().any(|(_, it)| it.sensors.contains_key(id))).cloned().collect();
    for id in taken {
        new.sensors.remove(&id);
        let what = format!("the id {id} is another component's already; this sensor is not published");
        new.faults.push(Fault { step: "id".into(), what });
    }
}

/// Two sensors of one id whose values can be compared.
fn same_kind(a: &Measure, b: &Measure) -> bool {
    match (a, b) {
        (Measure::Number { quantity: a, unit: x, .. }, Measure::Number { quantity: b, unit: y, .. }) => {
            (a, x) == (b, y)
        }
        (Measure::State { set: a, position: i, .. }, Measure::State { set: b, position: j, .. }) => (a, i) == (b, j),
        _ => false,
    }
}

/// Sensors were read. Of one that is not known nothing is kept.
pub(super) fn read(model: &mut Model, component: &Id, readings: Vec<(Id, Reading)>) -> Vec<What> {
    let Some(sensors) = model.sensors.get_mut(component) else { return vec![] };
    let sensors = Arc::make_mut(sensors);
    let mut events = Vec::new();
    for (id, new) in readings {
        let Some(sensor) = sensors.sensors.get_mut(&id) else { continue };
        events.extend(between(component, &id, &sensor.reading, &new, &sensor.measure));
        sensor.reading = new;
    }
    events
}

/// None of the component's sensors has a value any more. That is told of the component, and not of each sensor: so what
/// they say next is a first value again, but for those that were told as lost before.
pub(super) fn stale(model: &mut Model, component: &Id, reason: &str) {
    let Some(sensors) = model.sensors.get_mut(component) else { return };
    let is_lost = |reading: &Reading| reading.at.is_some() && matches!(reading.value, Value::Unknown(_));
    for sensor in Arc::make_mut(sensors).sensors.values_mut().filter(|it| !is_lost(&it.reading)) {
        sensor.reading = Reading::unknown(None, reason);
    }
}

/// The events that lead from one reading to the next. The first value of all is news only where it is beyond a limit.
fn between(component: &Id, sensor: &Id, old: &Reading, new: &Reading, measure: &Measure) -> Vec<What> {
    let of = || (component.clone(), sensor.clone());
    let mut events = Vec::new();
    match (&old.value, &new.value) {
        (Value::Unknown(_), Value::Unknown(_)) => {}
        (_, Value::Unknown(reason)) => {
            let (component, sensor) = of();
            events.push(What::SensorLost { component, sensor, reason: reason.clone() });
        }
        (Value::Unknown(_), _) if old.at.is_some() => {
            let (component, sensor) = of();
            events.push(What::SensorRestored { component, sensor });
        }
        (Value::State { number: a, text: from }, Value::State { number: b, text: to }) if a != b => {
            let ((component, sensor), from, to) = (of(), from.clone(), to.clone());
            events.push(What::SensorStateChanged { component, sensor, from, to });
        }
        _ => {}
    }
    let is_beyond = |level| level != Level::Normal;
    if let Some(to) = new.level.filter(|to| match old.level {
        Some(from) => from != *to,
        None => is_beyond(*to),
    }) {
        let (component, sensor) = of();
        let unit = if let Measure::Number { unit, .. } = measure { unit.clone() } else { String::new() };
        let value = if let Value::Number(number) = &new.value { Some(*number) } else { None };
        events.push(What::ThresholdCrossed { component, sensor, from: old.level, to, value, unit });
    }
    events
}

#[cfg(test)]
mod tests;
