//! Records, turns, and what follows from a device that is there, goes, and comes back.

use super::{device::*, *};
use pldm::platform::{
    DataSize, Initialization, NumericSensor, Pdr, RangeFieldFormat, RangeFieldSupport, RateUnit, Raw, Real32, Record,
    SensorOperationalState, SupportedThresholds, Unit, UnitRelation, Units,
};

#[tokio::test(start_paused = true)]
async fn a_device_is_described_read_and_its_events_sent_to_us() {
    let mut scene = Scene::new(Device { tid: 0, ..Device::new() });
    sleep(SECOND).await;
    assert_eq!((scene.value(1), scene.value(2)), ("41".into(), "Normal".into()));
    assert_eq!((scene.delivery(), scene.faults()), (Delivery::Sent, vec![]));
    let receivers = scene.with_device(|device| {
        assert_eq!(device.tid, 20, "who has no id gets one");
        device
            .seen
            .iter()
            .filter(|(_, body)| body[1..3] == [2, 4])
            .map(|(_, body)| body[3..].to_vec())
            .collect::<Vec<_>>()
    });
    assert_eq!(receivers, [[3, 0, 8, 60, 0]]);
    scene.with_device(|device| device.readings.insert(1, 95));
    sleep(20 * SECOND).await;
    assert_eq!(scene.value(1), "95");
    assert!(matches!(scene.told().as_slice(), [What::ThresholdCrossed { .. }]));
}

#[tokio::test(start_paused = true)]
async fn beside_pldmd_nothing_of_its_own_is_touched() {
    let mut settings = Settings::default();
    settings.pldm.share = true;
    let scene = Scene::with(&settings, Device { tid: 0, ..Device::new() });
    sleep(SECOND).await;
    // Even if the device sends its events to us.
    assert!(scene.send(&events::message_poll(7)));
    sleep(300 * SECOND).await;
    assert_eq!((scene.value(1), scene.delivery()), ("41".into(), Delivery::None));
    assert_eq!(scene.with_device(|device| device.tid), 0);
    for command in [0x04, 0x0b, 0x0c, 0x0d] {
        assert_eq!(scene.count(2, command), 0, "{command:#04x}");
    }
    assert_eq!((scene.count(0, 1), scene.count(2, 0x04)), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_device_that_was_reset_gets_its_receiver_again_and_its_records_are_not_read_again() {
    let scene = Scene::new(Device::new());
    sleep(SECOND).await;
    assert_eq!((scene.count(2, 0x04), scene.count(2, 0x51)), (1, 2));
    scene.followed.as_ref().expect("followed").renew(2);
    sleep(SECOND).await;
    assert_eq!((scene.count(2, 0x04), scene.count(2, 0x51)), (1, 0));
    scene.followed.as_ref().expect("followed").renew(2);
    sleep(SECOND).await;
    assert_eq!(scene.count(2, 0x04), 0, "it is the same generation");
    scene.with_device(|device| {
        device.change += 1;
        device.records.push(number(3, "Third"));
        device.readings.insert(3, 7);
    });
    sleep(15 * SECOND).await;
    scene.followed.as_ref().expect("followed").renew(3);
    sleep(SECOND).await;
    assert_eq!((scene.count(2, 0x51), scene.value(3)), (3, "7".into()));
}

#[tokio::test(start_paused = true)]
async fn records_that_change_at_every_look_do_not_keep_the_sensors_from_being_read() {
    let scene = Scene::new(Device { is_restless: true, latency: 4 * SECOND / 10, ..Device::with_numbers(30) });
    sleep(60 * SECOND).await;
    scene.count(2, 0x51);
    let before = scene.with_device(|device| device.turns(1).len());
    for generation in 0..120 {
        scene.send(&events::records_changed());
        scene.followed.as_ref().expect("followed").renew(generation);
        sleep(5 * SECOND).await;
    }
    let (records, turns) = (scene.count(2, 0x51), scene.with_device(|device| device.turns(1).len() - before));
    // A walk over 30 records, three times, takes 38 s; as much again is for other things.
    assert!((90..=30 * 3 * 10).contains(&records), "{records} records");
    assert!(turns > 8, "{turns} turns in ten minutes");
    assert_eq!(scene.value(30), "41");
}

#[tokio::test(start_paused = true)]
async fn each_sensor_has_its_own_rate_and_not_all_come_together() {
    let numeric = |(sensor_id, update_interval)| {
        let record = full(sensor_id, 1.0, 0.0);
        let Record::NumericSensor(sensor) = record.record else { unreachable!() };
        let sensor = NumericSensor { update_interval: Real32::from(update_interval), ..*sensor };
        Pdr { record: Record::NumericSensor(Box::new(sensor)), ..record }
    };
    let mut device = Device::with_numbers(0);
    let intervals = [0.0, 40.0, 1e30, f32::NAN, -5.0, f32::INFINITY];
    device.records = (1..).zip(intervals).map(numeric).collect();
    device.readings = (1..=6).map(|id| (id, 41)).collect();
    let scene = Scene::new(device);
    sleep(1000 * SECOND).await;
    let turns = |id| scene.with_device(|device| device.turns(id).len());
    assert!((95..=105).contains(&turns(1)), "{}", turns(1));
    assert!((24..=28).contains(&turns(2)), "{}", turns(2));
    assert_eq!((turns(3), turns(6)), (1, 1), "an hour at the most");
    assert!((95..=105).contains(&turns(4)) && (95..=105).contains(&turns(5)));
    assert_eq!(scene.faults(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn one_request_is_under_way_and_nobody_waits_for_more_than_one_of_another() {
    let scene = Scene::new(Device { latency: SECOND / 2, ..Device::with_numbers(100) });
    sleep(100 * SECOND).await;
    let mut inventory = scene.requester.another();
    for _ in 0..20 {
        let asked = Instant::now();
        inventory.call(&pldm::base::GetTid).await.expect("an answer");
        assert!(asked.elapsed() <= SECOND, "{:?}", asked.elapsed());
    }
    let before = scene.with_device(|device| device.turns(1).len());
    for _ in 0..200 {
        inventory.call(&pldm::base::GetTid).await.expect("an answer");
    }
    assert!(scene.with_device(|device| device.turns(1).len() > before), "sensors starve");
    assert_eq!(scene.with_device(|device| device.most_at_once), 1);
}

#[tokio::test(start_paused = true)]
async fn what_was_read_is_told_although_there_is_never_nothing_to_do() {
    let mut scene = Scene::new(Device { latency: SECOND / 2, ..Device::with_numbers(100) });
    sleep(60 * SECOND).await;
    assert_eq!(scene.value(1), "41");
    scene.with_device(|device| device.readings.iter_mut().for_each(|(_, reading)| *reading = 95));
    sleep(60 * SECOND).await;
    assert_eq!((scene.value(1), scene.value(100)), ("95".into(), "95".into()));
    assert_eq!(scene.told().len(), 100);
}

/// A numeric sensor with a record of its own.
fn full(sensor_id: u16, resolution: f32, offset: f32) -> Pdr {
    let Record::CompactNumericSensor(compact) = number(sensor_id, "").record else { unreachable!() };
    let zero = Raw::Real32(Real32::from(f32::NAN));
    let units = Units {
        base_unit: Unit::VOLTS,
        unit_modifier: 127,
        rate_unit: RateUnit::NONE,
        base_oem_unit_handle: 0,
        aux_unit: Unit::NONE,
        aux_unit_modifier: 0,
        aux_rate_unit: RateUnit::NONE,
    };
    let sensor = NumericSensor {
        terminus_handle: 1,
        sensor_id,
        entity: compact.entity,
        sensor_init: Initialization::NONE,
        sensor_auxiliary_names_pdr: 0,
        units,
        rel: UnitRelation::DIVIDED_BY,
        aux_oem_unit_handle: 0,
        is_linear: 1,
        sensor_data_size: DataSize::SINT16,
        resolution: Real32::from(resolution),
        offset: Real32::from(offset),
        accuracy: 0,
        plus_tolerance: 0,
        minus_tolerance: 0,
        hysteresis: Raw::S16(0),
        supported_thresholds: SupportedThresholds(0xff),
        threshold_and_hysteresis_volatility: 0,
        state_transition_interval: Real32::from(0.0),
        update_interval: Real32::from(0.0),
        max_readable: Raw::S16(i16::MAX),
        min_readable: Raw::S16(i16::MIN),
        range_field_format: RangeFieldFormat::REAL32,
        range_field_support: RangeFieldSupport(0xff),
        nominal_value: zero,
        normal_max: zero,
        normal_min: zero,
        warning_high: zero,
        warning_low: zero,
        critical_high: zero,
        critical_low: zero,
        fatal_high: zero,
        fatal_low: zero,
    };
    Pdr { record: Record::NumericSensor(Box::new(sensor)), ..number(sensor_id, "") }
}

#[tokio::test(start_paused = true)]
async fn numbers_that_mean_nothing_are_faults_or_unknown_and_never_values() {
    let mut device = Device::with_numbers(4);
    device.records = vec![
        full(1, 0.0, 0.0),
        full(2, f32::NAN, 0.0),
        full(3, 1.0, f32::INFINITY),
        full(4, f32::MAX, f32::MAX),
        full(5, f32::MIN_POSITIVE, -0.0),
    ];
    device.readings.insert(5, i16::MIN);
    let mut scene = Scene::new(device);
    sleep(SECOND).await;
    assert_eq!(scene.faults().len(), 3, "{:?}", scene.faults());
    assert!(scene.value(4).parse::<f64>().is_ok_and(f64::is_finite), "{}", scene.value(4));
    assert!(scene.value(5).parse::<f64>().is_ok_and(f64::is_finite), "{}", scene.value(5));
    assert!(scene.sensors().expect("described").sensors.values().all(|sensor| {
        matches!(&sensor.measure, crate::model::Measure::Number { limits, .. } if limits.is_empty())
    }));
    assert!(scene.told().iter().all(|what| matches!(what, What::FaultRaised { .. })));
}

#[tokio::test(start_paused = true)]
async fn a_sensor_that_does_not_work_has_no_value_and_says_why() {
    let mut scene = Scene::new(Device::new());
    sleep(SECOND).await;
    scene.with_device(|device| device.operational = SensorOperationalState::DISABLED);
    sleep(20 * SECOND).await;
    assert_eq!((scene.value(1), scene.value(2)), ("the sensor is disabled".into(), "the sensor is disabled".into()));
    assert_eq!(scene.told().len(), 2);
    // It refuses what its record describes.
    scene.with_device(|device| device.readings.clear());
    sleep(20 * SECOND).await;
    assert!(scene.value(1).contains("UNSUPPORTED"), "{}", scene.value(1));
    assert_eq!(scene.told(), []);
}

#[tokio::test(start_paused = true)]
async fn what_is_wrong_with_the_records_is_bounded_and_does_not_grow_or_flap() {
    let mut device = Device::with_numbers(0);
    device.records = (0..600).map(|id| full(id, 0.0, 0.0)).collect();
    device.records.push(number(700, "Good"));
    device.readings.insert(700, 5);
    let mut scene = Scene::new(device);
    sleep(30 * SECOND).await;
    let (faults, value) = (scene.faults(), scene.value(700));
    assert_eq!((faults.len(), value), (33, "5".into()));
    assert!(faults.last().expect("some").ends_with("and 568 more"), "{faults:?}");
    assert_eq!(scene.told().len(), 33);
    for generation in 2..5 {
        scene.send(&events::records_changed());
        scene.followed.as_ref().expect("followed").renew(generation);
        sleep(40 * SECOND).await;
    }
    assert_eq!(scene.faults(), faults);
    assert!(scene.told().iter().all(|what| matches!(what, What::DeviceEvent { .. })));
}

#[tokio::test(start_paused = true)]
async fn more_sensors_than_anybody_can_follow_are_told_of_and_losing_all_pushes_no_event_out() {
    let mut scene = Scene::new(Device { latency: SECOND / 1000, ..Device::with_numbers(2000) });
    sleep(60 * SECOND).await;
    assert_eq!(scene.sensors().expect("described").sensors.len(), 512);
    assert_eq!(scene.faults().len(), 1);
    scene.told();
    scene.with_device(|device| device.deaf = |_, _, _| true);
    sleep(30 * SECOND).await;
    assert_eq!(scene.told().len(), 512);
}

#[tokio::test(start_paused = true)]
async fn states_keep_their_places_when_one_of_them_cannot_have_an_id() {
    let mut device = Device::new();
    device.records = (3..6).map(|id| states(id, &[1, 1, 1])).chain([states(9, &[])]).collect();
    device.states = (3..6).map(|id| (id, vec![1, 2, 3])).collect();
    let scene = Scene::new(device);
    sleep(SECOND).await;
    let sensors = scene.sensors().expect("described");
    assert_eq!((sensors.sensors.len(), scene.faults()), (9, vec![]));
    assert!(sensors.sensors.values().all(|sensor| sensor.reading.at.is_some()));
    assert_eq!(scene.count(2, 0x21), 3, "a sensor without states is not asked for");
}

#[tokio::test(start_paused = true)]
async fn a_device_that_refuses_all_of_it_has_no_sensors_and_is_left_alone() {
    let scene = Scene::new(Device { refuses: &[2], ..Device::new() });
    sleep(SECOND).await;
    let sensors = scene.sensors().expect("told");
    assert_eq!((sensors.sensors.len(), sensors.events), (0, Delivery::None));
    let before = scene.with_device(|device| device.seen.len());
    sleep(3600 * SECOND).await;
    assert_eq!(scene.with_device(|device| device.seen.len()), before);
}

#[tokio::test(start_paused = true)]
async fn who_is_not_followed_any_more_is_asked_nothing_and_heard_by_nobody() {
    let mut scene = Scene::new(Device::new());
    sleep(SECOND).await;
    assert!(scene.send(&events::hot(1, 95)));
    scene.followed = None;
    sleep(SECOND).await;
    scene.with_device(|device| device.seen.clear());
    assert!(!scene.send(&events::hot(1, 99)));
    sleep(600 * SECOND).await;
    assert!(scene.with_device(|device| device.seen.is_empty()));
    assert!(scene.care.wishes().is_empty());
}
