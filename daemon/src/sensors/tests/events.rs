//! What devices send: what it changes, and how much of it there may be.

use super::{device::*, *};
use pldm::{
    Octets,
    platform::{
        PresentState, Raw, SensorOperationalState, Sent,
        event::{
            CperEvent, EventId, Heartbeat, MessagePoll, PdrRepositoryChange, SensorChange, SensorEvent,
            SensorEventClass,
        },
    },
};

pub(super) fn hot(sensor_id: u16, degrees: i16) -> EventData {
    let change = SensorChange::Numeric {
        event_state: PresentState::UPPER_WARNING,
        previous_event_state: PresentState::NORMAL,
        present_reading: Sent::Number(Raw::S16(degrees)),
    };
    EventData::Sensor(SensorEvent { sensor_id, change })
}

pub(super) fn message_poll(data_transfer_handle: u32) -> EventData {
    EventData::MessagePoll(MessagePoll { format_version: 1, event_id: EventId(1), data_transfer_handle })
}

pub(super) const fn records_changed() -> EventData {
    EventData::PdrRepositoryChange(PdrRepositoryChange::RefreshEntireRepository)
}

fn error_record() -> EventData {
    let bytes = [&[1u8, 0, 0, 0][..], &[0; 0]].concat();
    EventData::Cper(wire::decode::<CperEvent>(&bytes).expect("legal"))
}

#[tokio::test(start_paused = true)]
async fn what_an_event_says_is_the_reading_from_then_on() {
    let mut scene = Scene::new(Device::new());
    sleep(SECOND).await;
    scene.send(&hot(1, 95));
    let state = SensorChange::State { offset: 0, event_state: 2, previous_event_state: 1 };
    scene.send(&EventData::Sensor(SensorEvent { sensor_id: 2, change: state }));
    sleep(SECOND / 10).await;
    assert_eq!(scene.value(1), "95");
    assert_ne!(scene.value(2), "Normal");
    let told: Vec<_> = scene.told().iter().map(What::name).collect();
    assert_eq!(told.len(), 4, "{told:?}");
    let present = SensorOperationalState::UNAVAILABLE;
    let lost = SensorChange::OperationalState { present, previous: SensorOperationalState::ENABLED };
    scene.send(&EventData::Sensor(SensorEvent { sensor_id: 1, change: lost }));
    sleep(SECOND / 10).await;
    assert_eq!(scene.value(1), "the sensor is unavailable");
}

#[tokio::test(start_paused = true)]
async fn what_an_event_leaves_open_is_asked_for() {
    let scene = Scene::new(Device::new());
    sleep(SECOND).await;
    scene.count(2, 0x11);
    let enabled = SensorChange::OperationalState {
        present: SensorOperationalState::ENABLED,
        previous: SensorOperationalState::DISABLED,
    };
    let strange = SensorChange::Unknown { class: SensorEventClass(9), data: Octets::from(&[1][..]) };
    for change in [enabled, strange, SensorChange::State { offset: 9, event_state: 1, previous_event_state: 1 }] {
        scene.send(&EventData::Sensor(SensorEvent { sensor_id: 1, change }));
        sleep(SECOND / 10).await;
        assert_eq!(scene.count(2, 0x11), 1);
    }
    // A state that it does not have.
    scene.count(2, 0x21);
    let change = SensorChange::State { offset: 200, event_state: 1, previous_event_state: 1 };
    scene.send(&EventData::Sensor(SensorEvent { sensor_id: 2, change }));
    sleep(SECOND / 10).await;
    assert_eq!(scene.count(2, 0x21), 1);
}

#[tokio::test(start_paused = true)]
async fn an_event_of_an_unknown_sensor_is_told_and_changes_nothing() {
    let mut scene = Scene::new(Device::new());
    sleep(SECOND).await;
    let before = scene.sensors();
    scene.with_device(|device| device.seen.clear());
    scene.send(&hot(999, 95));
    sleep(SECOND).await;
    let heard = scene.heard();
    assert!(heard.len() == 1 && heard[0].contains("sensor 999, which no record describes"), "{heard:?}");
    assert_eq!(scene.sensors(), before);
    assert!(scene.with_device(|device| device.seen.is_empty()));
}

#[tokio::test(start_paused = true)]
async fn a_storm_is_bounded_counted_and_leaves_the_truth_behind() {
    let mut scene = Scene::new(Device::with_numbers(20));
    sleep(12 * SECOND).await;
    scene.told();
    scene.count(2, 0x11);
    let (mut told, mut lost, mut sent) = (0, 0, 0);
    for _ in 0..500 {
        for round in 0..200 {
            assert!(scene.send(&hot(1 + round % 20, 95)));
            sent += 1;
        }
        sleep(SECOND / 50).await;
        for what in scene.told() {
            match what {
                What::DeviceEvent { .. } => told += 1,
                What::DeviceEventsLost { count, .. } => lost += count,
                _ => {}
            }
        }
    }
    let during = scene.count(2, 0x11);
    assert!((15..=80).contains(&during), "{during} readings in ten seconds of storm: neither starved nor all the time");
    scene.with_device(|device| device.readings.iter_mut().for_each(|(_, reading)| *reading = 50));
    sleep(3 * SECOND).await;
    for what in scene.told() {
        match what {
            What::DeviceEvent { .. } => told += 1,
            What::DeviceEventsLost { count, .. } => lost += count,
            _ => {}
        }
    }
    assert!((200..=450).contains(&told), "{told}");
    assert_eq!(told + lost, sent, "each is told or counted");
    assert!((1..=20).all(|number| scene.value(number) == "50"), "what was lost is asked for");
}

#[tokio::test(start_paused = true)]
async fn more_than_there_is_room_for_is_counted_too() {
    let mut scene = Scene::new(Device::new());
    sleep(2 * SECOND).await;
    scene.told();
    (0..10_000).for_each(|_| assert!(scene.send(&hot(1, 95))));
    sleep(3 * SECOND).await;
    let (mut told, mut lost) = (0, 0);
    for what in scene.told() {
        match what {
            What::DeviceEvent { .. } => told += 1,
            What::DeviceEventsLost { count, .. } => lost += count,
            _ => {}
        }
    }
    assert_eq!((told, told + lost), (200, 10_000));
}

#[tokio::test(start_paused = true)]
async fn who_never_stops_talking_is_heard_to_the_end_of_what_it_was_asked() {
    let scene = Scene::new(Device::new());
    let talker = async {
        loop {
            scene.send(&hot(1, 95));
            scene.send(&records_changed());
            tokio::task::yield_now().await;
        }
    };
    // Time stands still while somebody can run; it is moved on by hand.
    let clock = async {
        for _ in 0..200 {
            for _ in 0..50 {
                tokio::task::yield_now().await;
            }
            advance(SECOND / 100).await;
        }
    };
    tokio::select! {
        () = talker => {}
        () = clock => {}
    }
    assert!(scene.with_device(|device| device.turns(1).len()) >= 1);
    assert!(scene.sensors().is_some());
}

#[tokio::test(start_paused = true)]
async fn a_change_of_the_records_is_read_at_a_bounded_rate() {
    let scene = Scene::new(Device::new());
    sleep(SECOND).await;
    scene.count(2, 0x51);
    scene.with_device(|device| {
        device.records.push(number(3, "Third"));
        device.readings.insert(3, 7);
    });
    // The device does not change what it says of its repository: the event is enough.
    scene.send(&records_changed());
    sleep(SECOND).await;
    assert_eq!(scene.count(2, 0x51), 0, "it was read just now");
    sleep(10 * SECOND).await;
    assert_eq!((scene.count(2, 0x51), scene.value(3)), (3, "7".into()));
    for _ in 0..100 {
        scene.send(&records_changed());
        sleep(SECOND).await;
    }
    let records = scene.count(2, 0x51);
    assert!((3 * 9..=3 * 10).contains(&records), "{records}");
}

#[tokio::test(start_paused = true)]
async fn a_change_during_a_storm_is_not_lost() {
    let scene = Scene::new(Device::new());
    sleep(SECOND).await;
    (0..250).for_each(|_| assert!(scene.send(&hot(1, 95))));
    sleep(SECOND / 10).await;
    scene.count(2, 0x51);
    scene.send(&records_changed());
    sleep(15 * SECOND).await;
    assert_eq!(scene.count(2, 0x51), 2);
}

#[tokio::test(start_paused = true)]
async fn a_device_whose_signs_of_life_are_missed_gets_its_receiver_again() {
    let scene = Scene::new(Device::new());
    sleep(SECOND).await;
    scene.count(2, 0x04);
    for sequence_number in 0..10 {
        sleep(60 * SECOND).await;
        scene.send(&EventData::Heartbeat(Heartbeat { format_version: 1, sequence_number }));
    }
    assert_eq!(scene.count(2, 0x04), 0);
    sleep(181 * SECOND).await;
    assert_eq!((scene.count(2, 0x04), scene.delivery()), (1, Delivery::Sent));
    // One that never promised any may be silent.
    let quiet = Scene::new(Device { ways: ENABLE_ASYNC, ..Device::new() });
    sleep(900 * SECOND).await;
    assert_eq!(quiet.count(2, 0x04), 1);
}

#[tokio::test(start_paused = true)]
async fn heartbeats_are_not_told() {
    let mut scene = Scene::new(Device::new());
    sleep(SECOND).await;
    for sequence_number in 0..255 {
        scene.send(&EventData::Heartbeat(Heartbeat { format_version: 1, sequence_number }));
    }
    sleep(SECOND).await;
    assert_eq!(scene.told(), []);
}

/// A device with a file, whose logs are fetched where the configuration says so.
fn with_logs(fetch: bool, scratch: &Scratch) -> Scene {
    let mut settings = Settings::default();
    settings.logs.fetch = fetch;
    settings.logs.directory = scratch.path().join("logs");
    let mut device = Device::new();
    device.records.push(file(5, "crash"));
    device.files.insert(5, b"it broke".repeat(5000));
    Scene::with(&settings, device)
}

/// Waits for the end of fetching, which is on another thread in part.
async fn fetched(scene: &mut Scene) -> (u64, String) {
    loop {
        for what in scene.told() {
            if let What::LogsEnded { count, failure, .. } = what {
                return (count, failure);
            }
        }
        tokio::task::yield_now().await;
        advance(SECOND / 1000).await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_record_has_the_logs_fetched_where_that_is_wished() {
    let scratch = Scratch::new();
    let mut scene = with_logs(true, &scratch);
    sleep(SECOND).await;
    scene.told();
    scene.send(&error_record());
    assert_eq!(fetched(&mut scene).await, (1, String::new()));
    let kept = std::fs::read(scratch.path().join("logs/gpu0/5-crash.log")).expect("kept");
    assert_eq!(kept, b"it broke".repeat(5000));
    // One that is in trouble says so all the time.
    scene.count(7, 1);
    (0..100).for_each(|_| assert!(scene.send(&error_record())));
    sleep(30 * SECOND).await;
    assert_eq!(scene.count(7, 1), 0);
    assert_eq!(fetched(&mut scene).await, (1, String::new()));

    let mut scene = with_logs(false, &scratch);
    sleep(SECOND).await;
    scene.send(&error_record());
    sleep(100 * SECOND).await;
    assert_eq!((scene.count(7, 1), scene.heard().len()), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn logs_that_are_wished_for_come_while_everything_else_goes_on() {
    let scratch = Scratch::new();
    let mut scene = with_logs(false, &scratch);
    scene.with_device(|device| device.latency = 4 * SECOND / 10);
    let (asks, asked) = mpsc::channel(4);
    let serving = tokio::spawn(Arc::clone(&scene.care).serve(asked));
    sleep(20 * SECOND).await;
    scene.told();
    asks.send(Ask::Logs(gpu())).await.expect("served");
    asks.send(Ask::Logs(crate::testing::id("nobody"))).await.expect("served");
    assert_eq!(fetched(&mut scene).await, (1, String::new()));
    // Nobody falls silent in the middle and keeps the others waiting.
    scene.with_device(|device| device.deaf = |pldm_type, command, _| (pldm_type, command) == (0, 9));
    let before = scene.with_device(|device| device.turns(1).len());
    asks.send(Ask::Logs(gpu())).await.expect("served");
    let (count, failure) = fetched(&mut scene).await;
    assert!(count == 0 && failure.contains("no answer"), "{failure}");
    sleep(60 * SECOND).await;
    assert!(scene.with_device(|device| device.turns(1).len()) > before + 3);
    assert_eq!((scene.value(1), scene.with_device(|device| device.most_at_once)), ("41".into(), 1));
    // Of a component that has no follower the end is told at once.
    scene.followed = None;
    asks.send(Ask::Logs(gpu())).await.expect("served");
    assert_eq!(fetched(&mut scene).await.0, 0);
    drop(asks);
    serving.await.expect("ends");
}
