//! Sensors: what they read, and which thresholds that is beyond.

use super::{Event, events};
use crate::board::{
    bytes::Out,
    component::Component,
    data::{Fault, NumericSensor, Operational, Pdr, State, StateSensor},
    transfer::SUCCESS,
};

const INVALID_SENSOR_ID: u8 = 0x80;
const NORMAL: u8 = 1;

/// How a sensor was when somebody last looked.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Track {
    pub(super) operational: u8,
    pub(super) present: u8,
    pub(super) previous: u8,
}

/// cc, size, operational state, whether it makes events, present, previous and event state, reading.
pub(super) fn reading(device: &mut Component, id: u16) -> Vec<u8> {
    let Some(sensor) = numeric(device, id) else { return vec![INVALID_SENSOR_ID] };
    let (track, raw) = look(device, &sensor);
    let (none, disabled, enabled) = (0, 1, 2);
    let events = match &device.terminus.receiver {
        _ if !device.description.platform.event_classes.contains(&0) => none,
        Some(receiver) if receiver.told.enable != 0 => enabled,
        _ => disabled,
    };
    let wrong = device.description.fault.iter().find_map(|fault| match fault {
        Fault::ReadingSize { size } => Some(*size),
        _ => None,
    });
    let (size, reading) = match wrong {
        None => (sensor.size.into(), sensor.size.bytes(raw)),
        Some(size) => (size, (raw as i64).to_le_bytes()[..width(size)].to_vec()),
    };
    let states = [track.present, track.previous, track.present];
    Out::default().u8(SUCCESS).u8(size).u8(track.operational).u8(events).bytes(states).bytes(reading).0
}

/// How wide a reading of this size code is; of an unknown one, as wide as it gets.
const fn width(size: u8) -> usize {
    match size {
        0 | 1 => 1,
        2 | 3 => 2,
        4 | 5 => 4,
        _ => 8,
    }
}

/// cc, size, then the thresholds above and those below, the mildest first.
pub(super) fn thresholds(device: &Component, id: u16) -> Vec<u8> {
    let Some(sensor) = numeric(device, id) else { return vec![INVALID_SENSOR_ID] };
    let raw = |value: Option<f64>| value.map_or(0.0, |value| sensor.raw(value));
    let values = sensor.upper().into_iter().chain(sensor.lower());
    let out = Out::default().u8(SUCCESS).u8(sensor.size.into());
    out.each(values, |out, value| out.bytes(sensor.size.bytes(raw(value)))).0
}

/// cc, how many, and for each its operational state and its present, previous and event state.
pub(super) fn states(device: &mut Component, id: u16) -> Vec<u8> {
    let found = device.terminus.repository.described().find_map(|pdr| match pdr {
        Pdr::StateSensor(sensor) if sensor.id == id => Some(sensor.clone()),
        _ => None,
    });
    let Some(sensor) = found else { return vec![INVALID_SENSOR_ID] };
    let tracks = look_states(device, &sensor);
    Out::default()
        .u8(SUCCESS)
        .u8(tracks.len() as u8)
        .each(&tracks, |out, track| out.bytes([track.operational, track.present, track.previous, track.present]))
        .0
}

/// Looks at every sensor; what changed since the last look is told.
pub(super) fn look_at_all(device: &mut Component) {
    let all: Vec<Pdr> = device.terminus.repository.described().cloned().collect();
    for pdr in &all {
        match pdr {
            Pdr::NumericSensor(sensor) | Pdr::CompactNumericSensor(sensor) => drop(look(device, sensor)),
            Pdr::StateSensor(sensor) => drop(look_states(device, sensor)),
            _ => {}
        }
    }
}

/// The value of a sensor, or the number of its state, if it has one.
pub(in super::super) fn value(device: &Component, id: u16, offset: u8) -> Option<f64> {
    if let Some(value) = device.hand.values.get(&(id, offset)) {
        return Some(*value);
    }
    let model = device.terminus.repository.described().find_map(|pdr| match pdr {
        Pdr::NumericSensor(one) | Pdr::CompactNumericSensor(one) if one.id == id => Some(&one.model),
        Pdr::StateSensor(one) if one.id == id => Some(&one.states.get(usize::from(offset))?.model),
        _ => None,
    });
    model.map(|model| model.at(device.up))
}

fn numeric(device: &Component, id: u16) -> Option<NumericSensor> {
    device.terminus.repository.described().find_map(|pdr| match pdr {
        Pdr::NumericSensor(one) | Pdr::CompactNumericSensor(one) if one.id == id => Some((**one).clone()),
        _ => None,
    })
}

fn look(device: &mut Component, sensor: &NumericSensor) -> (Track, f64) {
    let operational = operational(device, sensor.id, 0, sensor.operational);
    let enabled = operational == Operational::Enabled;
    let raw = value(device, sensor.id, 0).filter(|_| enabled).map(|value| sensor.raw(value));
    let before = device.terminus.tracks.get(&(sensor.id, 0)).map_or(NORMAL, |track| track.present);
    let state = raw.map(|raw| crossed(sensor, before, sensor.value(raw)));
    let raw = raw.unwrap_or(0.0);
    let event = |present, previous| Event::numeric(sensor.id, present, previous, sensor.size, raw);
    (note(device, sensor.id, 0, operational, state, event), raw)
}

fn look_states(device: &mut Component, sensor: &StateSensor) -> Vec<Track> {
    let look = |(state, offset): (&State, u8)| {
        let operational = operational(device, sensor.id, offset, state.operational);
        let present = value(device, sensor.id, offset).map(|value| value as u8);
        let present = present.filter(|_| operational == Operational::Enabled);
        let event = |present, previous| Event::state(sensor.id, offset, present, previous);
        note(device, sensor.id, offset, operational, present, event)
    };
    sensor.states.iter().zip(0..).map(look).collect()
}

fn operational(device: &Component, id: u16, offset: u8, described: Operational) -> Operational {
    device.hand.operational.get(&(id, offset)).copied().unwrap_or(described)
}

/// Remembers how a sensor is, and tells what is new; the first look tells nothing.
fn note(
    device: &mut Component,
    id: u16,
    offset: u8,
    operational: Operational,
    present: Option<u8>,
    event: impl Fn(u8, u8) -> Event,
) -> Track {
    let unknown = 0;
    let (operational, present) = (operational.into(), present.unwrap_or(unknown));
    let before = device.terminus.tracks.get(&(id, offset)).copied();
    let mut track = before.unwrap_or(Track { operational, present, previous: unknown });
    if track.operational != operational {
        events::emit(device, Event::operational(id, operational, track.operational));
        track.operational = operational;
    }
    if track.present != present {
        (track.previous, track.present) = (track.present, present);
        // What it becomes by being disabled or enabled, the event before has told.
        if present != unknown && track.previous != unknown {
            events::emit(device, event(present, track.previous));
        }
    }
    device.terminus.tracks.insert((id, offset), track);
    track
}

/// The sensor's state for a value: normal, or the worst threshold it is beyond. One that it was beyond before counts until
/// the value is back by the hysteresis.
fn crossed(sensor: &NumericSensor, before: u8, value: f64) -> u8 {
    let (upper_warning, lower_warning) = (8, 5);
    let beyond = |first: u8, distance: &dyn Fn(f64) -> f64, thresholds: [Option<f64>; 3]| {
        let states = (first..first + 3).zip(thresholds);
        let asserted = |(state, threshold): &(u8, Option<f64>)| {
            let was = (*state..first + 3).contains(&before);
            let back = if was { sensor.hysteresis } else { 0.0 };
            threshold.is_some_and(|threshold| {
                let distance = distance(threshold);
                distance >= 0.0 || was && distance > -back
            })
        };
        states.filter(asserted).map(|(state, _)| state).last()
    };
    let above = beyond(upper_warning, &|threshold| value - threshold, sensor.upper());
    above.or_else(|| beyond(lower_warning, &|threshold| threshold - value, sensor.lower())).unwrap_or(NORMAL)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_holds_until_the_value_is_back_by_the_hysteresis() {
        let text = "id = 1\nunit = 'celsius'\nsize = 'sint8'\nhysteresis = 2.0\nwarning_high = 80.0\ncritical_high = 90.0\n\
                    fatal_high = 100.0\nwarning_low = 5.0\ncritical_low = 0.0";
        let sensor: NumericSensor = toml::from_str(text).unwrap();
        let mut state = NORMAL;
        let mut after = |value| {
            state = crossed(&sensor, state, value);
            state
        };
        let (warning, critical, fatal, low, very_low) = (8, 9, 10, 5, 6);
        let values = [79.9, 80.0, 78.5, 78.0, 91.0, 88.1, 87.9, 120.0, 98.0, 50.0, 5.0, 6.9, 7.0, -1.0, 1.9, 3.0];
        let states = [
            NORMAL, warning, warning, NORMAL, critical, critical, warning, fatal, critical, NORMAL, low, low, NORMAL,
            very_low, very_low, low,
        ];
        assert_eq!(values.map(&mut after), states);
    }
}
