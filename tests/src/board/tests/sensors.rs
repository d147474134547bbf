//! Sensors over time, by hand, and when they are not well.

use super::*;

const SENSORS: &str = "[[pdr]]\nkind = 'numeric_sensor'\nid = 1\nunit = 'celsius'\nmodifier = -1\nsize = 'sint16'\n\
    hysteresis = 2.0\nwarning_high = 80.0\ncritical_high = 90.0\nwarning_low = -5.0\n\
    model = { steps = [[0.0, 21.5], [10.0, 81.0], [20.0, 79.0], [30.0, 77.9]] }\n\
    [[pdr]]\nkind = 'compact_numeric_sensor'\nid = 2\nunit = 'rpm'\nmodifier = 1\nsize = 'uint16'\n\
    model = { constant = 7200 }\n";

fn reading(device: &mut Component, seconds: u64, sensor: u8) -> Vec<u8> {
    device.up = Duration::from_secs(seconds);
    ask(device, &[2, 0x11, sensor, 0, 0])
}

#[test]
fn a_reading_follows_its_model_and_its_thresholds() {
    let mut device = device(SENSORS);
    // cc, size, operational, events off, present, previous, event, reading
    assert_eq!(reading(&mut device, 0, 1), [0, 3, 0, 1, 1, 0, 1, 215, 0]);
    assert_eq!(reading(&mut device, 10, 1), [0, 3, 0, 1, 8, 1, 8, 0x2a, 3]);
    assert_eq!(reading(&mut device, 20, 1), [0, 3, 0, 1, 8, 1, 8, 0x16, 3], "within the hysteresis");
    assert_eq!(reading(&mut device, 30, 1), [0, 3, 0, 1, 1, 8, 1, 0x0b, 3]);
    assert_eq!(reading(&mut device, 30, 2), [0, 2, 0, 1, 1, 0, 1, 0xd0, 2], "720 times ten");
    assert_eq!(reading(&mut device, 30, 3), [0x80]);
    // cc, size, above: warning, critical, fatal; below likewise
    assert_eq!(ask(&mut device, &[2, 0x12, 1, 0]), [0, 3, 0x20, 3, 0x84, 3, 0, 0, 0xce, 0xff, 0, 0, 0, 0]);
}

#[test]
fn a_hand_overrides_the_model_until_it_lets_go() {
    let mut device = device(SENSORS);
    device.set_value(1, 0, 95.0);
    assert_eq!(reading(&mut device, 0, 1)[4..], [9, 0, 9, 0xb6, 3]);
    device.set_value(1, 0, 1e9);
    assert_eq!(reading(&mut device, 0, 1)[7..], [0xff, 0x7f], "as much as there is room for");
    device.set_operational(1, 0, Operational::Failed);
    assert_eq!(reading(&mut device, 0, 1), [0, 3, 4, 1, 0, 9, 0, 0, 0]);
    device.release(1);
    assert_eq!(reading(&mut device, 0, 1), [0, 3, 0, 1, 1, 0, 1, 215, 0]);
    assert_eq!((device.value(1, 0), device.value(2, 0)), (21.5, 7200.0));
}

#[test]
fn a_reading_may_have_another_size_than_its_record_says() {
    for (size, width) in [(0, 1), (5, 4), (6, 8), (0xff, 8)] {
        let mut device = device(&format!("fault = [{{ kind = 'reading_size', size = {size} }}]\n{SENSORS}"));
        let reading = reading(&mut device, 0, 1);
        assert_eq!((reading[1], reading.len(), reading[7]), (size, 7 + width, 215));
    }
}

/// What the shipped board has to show a reader of every kind of unit.
#[test]
fn the_shipped_board_has_sensors_of_all_kinds() {
    let all: Vec<Pdr> = Description::all().into_iter().flat_map(|one| one.pdr).collect();
    let numeric: Vec<&NumericSensor> = all
        .iter()
        .filter_map(|pdr| match pdr {
            Pdr::NumericSensor(sensor) | Pdr::CompactNumericSensor(sensor) => Some(&**sensor),
            _ => None,
        })
        .collect();
    for unit in [Unit::Celsius, Unit::Volts, Unit::Amps, Unit::Watts, Unit::Joules, Unit::Rpm] {
        assert!(numeric.iter().any(|sensor| sensor.unit.number() == u8::from(unit)), "{unit:?}");
    }
    assert!(numeric.iter().any(|sensor| sensor.rate.number() != 0), "a rate");
    assert!(numeric.iter().any(|sensor| sensor.fatal_high.is_some()), "a limit for damage");
    for operational in [Operational::Disabled, Operational::Unavailable] {
        assert!(numeric.iter().any(|sensor| sensor.operational == operational), "{operational:?}");
    }
    assert!(all.iter().any(|pdr| matches!(pdr, Pdr::StateSensor(sensor) if sensor.states.len() > 1)), "a composite");
}

/// Nothing on the board is beyond a threshold unless a test or its data file makes it so, and nothing clips.
#[test]
fn the_shipped_sensors_are_well() {
    for description in Description::all() {
        let (name, sensors) = (description.name.clone(), description.pdr.clone());
        let mut device = Component::new(description);
        for seconds in 0..400 {
            device.up = Duration::from_secs(seconds);
            for sensor in &sensors {
                let (Pdr::NumericSensor(sensor) | Pdr::CompactNumericSensor(sensor)) = sensor else { continue };
                let answer = platform::answer(&mut device, 0x11, &[sensor.id.to_le_bytes().as_slice(), &[0]].concat());
                let normal = if sensor.operational == Operational::Enabled { 1 } else { 0 };
                assert_eq!((answer[0], answer[4]), (0, normal), "{name} {:?} after {seconds} s", sensor.name);
                let value = sensor.model.at(device.up);
                let off = (sensor.value(sensor.raw(value)) - value).abs();
                let step = f64::from(sensor.resolution) * 10f64.powi(i32::from(sensor.modifier));
                assert!(off <= step, "{name} {:?}: {off}", sensor.name);
            }
        }
    }
}
