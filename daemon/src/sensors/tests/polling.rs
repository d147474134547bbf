//! Events that wait in the device's queue.

use super::{device::*, events::*, *};

/// A queue with so many events, of ids from 1.
fn queue(count: u16) -> std::collections::VecDeque<(u16, Vec<u8>)> {
    (1..=count).map(|id| (id, hot(1, id.cast_signed()).encode().expect("legal"))).collect()
}

#[tokio::test(start_paused = true)]
async fn a_queue_is_emptied_and_looked_at_again() {
    let mut scene = Scene::new(Device { ways: ENABLE_POLLING, queue: queue(50), ..Device::new() });
    sleep(SECOND * 3).await;
    assert_eq!((scene.delivery(), scene.heard().len()), (Delivery::Polled, 50));
    assert_eq!(scene.value(1), "50");
    scene.with_device(|device| device.queue = queue(1));
    sleep(SECOND * 3).await;
    assert_eq!(scene.heard().len(), 1, "the same event as the very first is another");
}

#[tokio::test(start_paused = true)]
async fn a_device_that_says_so_is_polled() {
    let mut scene = Scene::new(Device::new());
    sleep(SECOND).await;
    scene.with_device(|device| device.queue = queue(5));
    sleep(SECOND * 30).await;
    assert_eq!(scene.count(2, 0x0b), 0);
    scene.send(&message_poll(0x1234));
    sleep(SECOND).await;
    assert_eq!(scene.heard().len(), 5);
    let polls = |(_, body): &&(Instant, Vec<u8>)| body[1..3] == [2, 0x0b];
    let first = scene.with_device(|device| device.seen.iter().find(polls).expect("polled").1[3..].to_vec());
    assert_eq!(first, [1, 1, 0x34, 0x12, 0, 0, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn a_device_that_always_gives_the_same_event_is_heard_once() {
    let mut scene = Scene::new(Device { ways: ENABLE_POLLING, queue: queue(1), is_stuck: true, ..Device::new() });
    sleep(SECOND * 100).await;
    assert_eq!(scene.heard().len(), 1);
    // Two requests for each look, and a look every two seconds.
    assert!(scene.count(2, 0x0b) <= 110);
}

#[tokio::test(start_paused = true)]
async fn a_queue_that_never_ends_keeps_no_sensor_waiting() {
    let mut scene = Scene::new(Device { ways: ENABLE_POLLING, latency: SECOND / 10, ..Device::with_numbers(10) });
    let filler = scene.device.clone();
    let filling = tokio::spawn(async move {
        for id in (1..=u16::MAX - 1).cycle() {
            while filler.with(|device| device.queue.len() >= 3) {
                sleep(SECOND / 20).await;
            }
            filler.with(|device| device.queue.push_back((id, hot(1, 95).encode().expect("legal"))));
        }
    });
    for _ in 0..30 {
        sleep(SECOND * 10).await;
        scene.told();
    }
    let turns = scene.with_device(|device| device.turns(10).len());
    assert!((28..=35).contains(&turns), "{turns}");
    assert!(scene.count(2, 0x0b) > 1000);
    filling.abort();
}

#[tokio::test(start_paused = true)]
async fn one_who_calls_for_polls_all_the_time_keeps_no_sensor_waiting() {
    let scene = Scene::new(Device { latency: SECOND / 10, ..Device::with_numbers(10) });
    sleep(SECOND * 5).await;
    for _ in 0..1000 {
        scene.send(&message_poll(0));
        sleep(SECOND / 10).await;
    }
    let turns = scene.with_device(|device| device.turns(10).len());
    assert!((9..=14).contains(&turns), "{turns}");
}

#[tokio::test(start_paused = true)]
async fn a_device_that_is_deaf_to_polls_is_read_all_the_same() {
    let device = Device { ways: ENABLE_POLLING, deaf: |_, command, _| command == 0x0b, ..Device::with_numbers(3) };
    let mut scene = Scene::new(device);
    sleep(SECOND * 600).await;
    assert_eq!((scene.value(3), scene.told()), ("41".into(), vec![]));
    assert!(scene.with_device(|device| device.turns(3).len()) >= 30);
}

#[tokio::test(start_paused = true)]
async fn an_event_that_waits_is_not_forgotten_when_its_device_falls_silent() {
    let mut scene = Scene::new(Device::new());
    sleep(SECOND).await;
    scene.with_device(|device| {
        device.queue = queue(3);
        device.deaf = |_, _, _| true;
    });
    scene.send(&message_poll(0));
    sleep(SECOND * 100).await;
    assert_eq!(scene.heard().len(), 0);
    scene.with_device(|device| device.deaf = |_, _, _| false);
    sleep(SECOND * 70).await;
    assert_eq!(scene.heard().len(), 3);
}
