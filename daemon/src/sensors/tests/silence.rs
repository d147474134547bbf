//! Devices that answer nothing, or not to everything.

use super::{device::*, *};

#[tokio::test(start_paused = true)]
async fn a_device_that_falls_silent_has_no_values_and_is_asked_less_and_less() {
    let mut scene = Scene::new(Device::with_numbers(5));
    sleep(SECOND).await;
    scene.with_device(|device| device.deaf = |_, _, _| true);
    sleep(30 * SECOND).await;
    assert!((1..=5).all(|number| scene.value(number) == "the component does not answer"));
    assert_eq!(scene.told().len(), 5);
    sleep(300 * SECOND).await;
    scene.with_device(|device| device.seen.clear());
    sleep(600 * SECOND).await;
    let asked = scene.with_device(|device| device.seen.len());
    // Two questions of three tries, about once a minute.
    assert!((30..=80).contains(&asked), "{asked}");
    scene.with_device(|device| device.deaf = |_, _, _| false);
    sleep(90 * SECOND).await;
    assert!((1..=5).all(|number| scene.value(number) == "41"));
    assert!(scene.told().iter().all(|what| matches!(what, What::SensorRestored { .. })));
}

#[tokio::test(start_paused = true)]
async fn deaf_sensors_take_no_others_with_them() {
    let mut scene = Scene::new(Device::with_numbers(6));
    sleep(SECOND).await;
    scene.with_device(|device| device.deaf = |_, command, first| command == 0x11 && matches!(first, 2..=4));
    sleep(600 * SECOND).await;
    let told = scene.told();
    let lost = told.iter().filter(|what| matches!(what, What::SensorLost { .. })).count();
    assert_eq!((lost, told.len()), (3, 3), "{told:?}");
    assert_eq!((scene.value(1), scene.value(5)), ("41".into(), "41".into()));
    let turns = scene.with_device(|device| device.turns(5).len());
    assert!(turns >= 30, "{turns}");
}

#[tokio::test(start_paused = true)]
async fn a_device_that_falls_silent_in_the_middle_of_the_walk_is_read_when_it_is_back() {
    let scene = Scene::new(Device { latency: SECOND / 10, ..Device::with_numbers(50) });
    sleep(2 * SECOND).await;
    scene.with_device(|device| device.deaf = |_, _, _| true);
    sleep(100 * SECOND).await;
    assert!(scene.sensors().is_none(), "half a repository describes nothing");
    scene.with_device(|device| device.deaf = |_, _, _| false);
    sleep(80 * SECOND).await;
    assert_eq!((scene.value(50), scene.faults()), ("41".into(), vec![]));
}

#[tokio::test(start_paused = true)]
async fn a_record_that_never_comes_hides_none_before_it() {
    let mut scene =
        Scene::new(Device { deaf: |_, command, first| command == 0x51 && first == 4, ..Device::with_numbers(6) });
    sleep(30 * SECOND).await;
    assert_eq!(scene.sensors().expect("described").sensors.len(), 3);
    assert_eq!(scene.value(3), "41");
    assert!(!scene.faults().is_empty());
    scene.told();
    // It is tried again when the device is found anew, and no more than that.
    scene.count(2, 0x51);
    sleep(300 * SECOND).await;
    assert_eq!(scene.count(2, 0x51), 0);
    scene.with_device(|device| device.deaf = |_, _, _| false);
    scene.followed.as_ref().expect("followed").renew(2);
    sleep(30 * SECOND).await;
    assert_eq!((scene.value(6), scene.faults()), ("41".into(), vec![]));
}

#[tokio::test(start_paused = true)]
async fn a_change_that_was_told_before_a_silence_is_read_after_it() {
    let scene = Scene::new(Device { latency: SECOND / 10, ..Device::with_numbers(20) });
    sleep(30 * SECOND).await;
    scene.with_device(|device| {
        device.records.push(number(30, "New"));
        device.readings.insert(30, 9);
    });
    // What the device says of its repository stays the same.
    scene.send(&events::records_changed());
    sleep(SECOND / 2).await;
    scene.with_device(|device| device.deaf = |_, _, _| true);
    sleep(60 * SECOND).await;
    scene.with_device(|device| device.deaf = |_, _, _| false);
    sleep(90 * SECOND).await;
    assert_eq!(scene.value(30), "9");
}

#[tokio::test(start_paused = true)]
async fn a_device_that_never_answers_says_nothing_of_sensors() {
    let mut scene = Scene::new(Device { deaf: |_, _, _| true, ..Device::new() });
    sleep(600 * SECOND).await;
    assert!(scene.sensors().is_none() && scene.told().is_empty());
    let asked = scene.with_device(|device| device.seen.len());
    assert!(asked < 150, "{asked}");
}

#[tokio::test(start_paused = true)]
async fn commands_that_are_never_answered_are_faults_and_stop_nothing() {
    let device = Device { deaf: |_, command, _| matches!(command, 0x0c | 0x50), ..Device::new() };
    let scene = Scene::new(device);
    sleep(60 * SECOND).await;
    assert_eq!((scene.value(1), scene.delivery()), ("41".into(), Delivery::None));
    assert_eq!(scene.faults().len(), 1, "{:?}", scene.faults());
}

#[tokio::test(start_paused = true)]
async fn a_component_that_was_away_says_all_of_it_anew() {
    let scene = Scene::new(Device::new());
    sleep(SECOND).await;
    let (component, origin) = (gpu(), scene.endpoint.origin.clone());
    scene.store.apply(Report::Stale { component, origin, reason: "gone for tea".into(), pass: None });
    assert_eq!(scene.value(1), "gone for tea");
    scene.followed.as_ref().expect("followed").look_again();
    sleep(SECOND).await;
    assert_eq!(scene.value(1), "41");
}

#[tokio::test(start_paused = true)]
async fn one_device_does_not_wait_for_another() {
    let silent = Scene::new(Device { deaf: |_, _, _| true, ..Device::new() });
    let scene = Scene::new(Device::with_numbers(5));
    sleep(100 * SECOND).await;
    assert!(silent.sensors().is_none());
    assert!(scene.with_device(|device| device.turns(5).len()) >= 10);
}
