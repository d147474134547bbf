//! What devices tell by themselves, sent or polled, and what is noticed without.

use super::{POLL, SET_EVENT_RECEIVER, quick, scene};
use firmwarden_tests::{
    board::{Configuration, Description, Event, Handle},
    daemon::Told,
    until,
};
use std::time::Duration;

const READING: (u8, u8) = (2, 0x11);
const TEMPERATURE: &str = "gpu0_gpu_0_temp_0";

/// Nothing that a test sees comes from a reading or a search that was due anyway: there is none after the first.
fn told_only() -> Configuration {
    let never = Duration::from_secs(3600);
    Configuration { interval: never, sensor_interval: never, ..Configuration::default() }
}

/// Nobody tells anything.
fn read_only() -> Configuration {
    Configuration { events: false, ..Configuration::default() }
}

fn listens(device: &Handle<'_>) -> bool {
    !device.asked().event_receivers.is_empty()
}

fn crossed(told: &Told, id: &str, from: &str, to: &str) -> bool {
    let levels = (told.fact("hw.previous_limit_type"), told.fact("hw.limit_type"));
    told.is("hw.sensor.threshold.crossed", id) && levels == (from, to)
}

#[tokio::test]
async fn a_limit_that_is_crossed_is_told_by_the_device_before_anybody_asks() {
    let scene = scene(quick(&["gpu0"]), told_only()).await;
    let gpu = scene.board.component("gpu0");
    gpu.set_value(1, 50.0);
    scene.client.wait_for_sensor(TEMPERATURE, "its first value", |it| it.known).await;
    until("somebody to listen", || listens(&gpu)).await;
    let all_read = |all: &[firmwarden_tests::daemon::Sensor]| all.iter().all(|it| it.last_read_boot_time > 0);
    scene.client.wait_for_sensors("each to be read once", all_read).await;
    let asked = gpu.asked_for(READING.0, READING.1);
    for (value, from, to, severity) in [
        (86.0, "normal", "high.degraded", "warning"),
        (98.5, "high.degraded", "high.fatal", "warning"),
        (40.0, "high.fatal", "normal", "information"),
    ] {
        gpu.set_value(1, value);
        let event = scene.client.wait_for_event(to, |it| crossed(it, TEMPERATURE, from, to)).await;
        assert_eq!((event.fact("hw.parent"), event.fact("hw.sensor.unit")), ("gpu0", "Cel"));
        assert_eq!((event.fact("hw.sensor.value").parse(), &*event.severity), (Ok(value), severity));
        let sensor = scene.client.wait_for_sensor(TEMPERATURE, "its value", |it| it.value() == Some(value)).await;
        assert_eq!(sensor.level, to);
    }
    assert_eq!(gpu.asked_for(READING.0, READING.1), asked, "nobody asked");
    let own = scene.client.wait_for_event("the device's word", |it| it.is("pldm.event.received", "gpu0")).await;
    assert!(own.text.contains("sensor 1 (GPU_0_TEMP_0) is at "), "{own:?}");
    // The collector has it, too, its value as a number.
    let at_collector = |all: &firmwarden_tests::receiver::Received| {
        all.events("hw.sensor.threshold.crossed")
            .any(|it| it.attributes.get("hw.sensor.value").is_some_and(|it| it == "98.5"))
    };
    scene.receiver.wait_for("the event", at_collector).await;
    assert!(gpu.asked().answers.iter().all(|(_, code, _)| *code == 0), "{:?}", gpu.asked().answers);
    assert_eq!(gpu.asked().unanswered, 0);
}

#[tokio::test]
async fn without_events_a_limit_that_is_crossed_is_noticed_by_reading() {
    let scene = scene(quick(&["gpu0", "retimer1"]), read_only()).await;
    let (gpu, retimer) = (scene.board.component("gpu0"), scene.board.component("retimer1"));
    let sources = scene.client.wait_for_sources("both", |all| all.len() == 2).await;
    assert!(sources.iter().all(|it| it.events == "none"), "{sources:?}");
    gpu.set_value(1, 50.0);
    scene.client.wait_for_sensor(TEMPERATURE, "as it was set", |it| it.value() == Some(50.0)).await;
    gpu.set_value(1, 93.0);
    scene.client.wait_for_event("critical", |it| crossed(it, TEMPERATURE, "normal", "high.critical")).await;
    let other = "retimer1_retimer_temp";
    scene.client.wait_for_sensor(other, "its first value", |it| it.known).await;
    retimer.set_value(1, 101.0);
    scene.client.wait_for_event("degraded", |it| crossed(it, other, "normal", "high.degraded")).await;
    assert!(!listens(&gpu) && !listens(&retimer));
    assert_eq!(gpu.asked().sent, 0);
}

#[tokio::test]
async fn a_state_that_changes_is_told_in_words() {
    let id = "gpu0_gpu_0_thermal_trip";
    for configuration in [told_only(), read_only()] {
        let events = configuration.events;
        let scene = scene(quick(&["gpu0"]), configuration).await;
        let gpu = scene.board.component("gpu0");
        scene.client.wait_for_sensor(id, "its first state", |it| it.value() == Some(1.0)).await;
        until("somebody to listen", || listens(&gpu) == events).await;
        gpu.set_state(20, 1, 2);
        let event = scene.client.wait_for_event("its change", |it| it.is("hw.sensor.state.changed", id)).await;
        let sensor = scene.client.wait_for_sensor(id, "its state", |it| it.value() == Some(2.0)).await;
        assert_eq!(event.fact("pldm.state_sensor.state"), sensor.text);
        assert_ne!(event.fact("pldm.state_sensor.previous_state"), sensor.text);
        let beside = scene.client.wait_for_sensor("gpu0_gpu_0_health", "untouched", |it| it.value() == Some(1.0)).await;
        assert_eq!(beside.unit, "Health State");
    }
}

/// Only asks for its events when it is asked, in parts of a few bytes.
fn polled(parts: usize) -> Vec<Description> {
    let mut all = quick(&["gpu0"]);
    all[0].platform.synchrony = 0x04;
    all[0].parts.poll = parts;
    all
}

#[tokio::test]
async fn a_device_that_keeps_its_events_is_asked_for_them_part_by_part() {
    let scene = scene(polled(16), told_only()).await;
    let gpu = scene.board.component("gpu0");
    let sources = scene.client.wait_for_sources("the poll", |all| all.iter().any(|it| it.events == "polled")).await;
    assert_eq!(sources.len(), 1);
    let record = super::logs::error_record(1);
    let ids = [gpu.queue_event(Event::cper(0, &record), false), gpu.queue_event(Event::oem(0xfa, b"x"), false)];
    let is_error = |it: &Told| it.is("pldm.event.received", "gpu0") && it.fact("pldm.event.class").contains("cper");
    let event = scene.client.wait_for_event("the error record", is_error).await;
    assert_eq!(event.severity, "error");
    let hex = record.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
    // On D-Bus a text ends where a table becomes unreadable; the collector gets all of it.
    let begin = event.fact("pldm.event.data").trim_end_matches('…');
    assert!(begin.len() > 500 && begin.ends_with(&hex[..begin.len() - 8]), "all parts, in order: {event:?}");
    let is_whole = |all: &firmwarden_tests::receiver::Received| {
        all.events("pldm.event.received")
            .any(|it| it.attributes.get("pldm.event.data").is_some_and(|it| it.ends_with(&hex)))
    };
    scene.receiver.wait_for("all parts, in order", is_whole).await;
    until("both off its queue", || ids.iter().all(|id| gpu.asked().acknowledged.contains(id))).await;
    assert_eq!(gpu.asked().sent, 0);
    // A threshold goes the same way.
    scene.client.wait_for_sensor(TEMPERATURE, "its first value", |it| it.known).await;
    gpu.set_value(1, 95.0);
    let critical =
        |it: &Told| it.is("hw.sensor.threshold.crossed", TEMPERATURE) && it.fact("hw.limit_type") == "high.critical";
    scene.client.wait_for_event("critical", critical).await;
}

#[tokio::test]
async fn an_event_that_is_too_long_to_be_sent_is_fetched_when_the_device_says_so() {
    let scene = scene(quick(&["gpu0"]), told_only()).await;
    let gpu = scene.board.component("gpu0");
    scene.client.wait_for_sources("it sends", |all| all.iter().any(|it| it.events == "sent")).await;
    until("somebody to listen", || listens(&gpu)).await;
    assert_eq!(gpu.asked_for(POLL.0, POLL.1), 0, "nothing is polled that is sent");
    let id = gpu.queue_event(Event::cper(0, &super::logs::error_record(2)), true);
    let is = |it: &Told| it.is("pldm.event.received", "gpu0") && it.fact("cper.severity") == "corrected";
    scene.client.wait_for_event("the error record", is).await;
    until("it off its queue", || gpu.asked().acknowledged.contains(&id)).await;
}

#[tokio::test]
async fn a_device_that_was_reset_is_told_again_whom_to_tell() {
    let scene = scene(quick(&["gpu0", "nic0"]), told_only()).await;
    let gpu = scene.board.component("gpu0");
    until("somebody to listen", || listens(&gpu)).await;
    let all_read = |all: &[firmwarden_tests::daemon::Sensor]| {
        all.iter().any(|it| it.component == "gpu0") && all.iter().all(|it| it.last_read_boot_time > 0)
    };
    scene.client.wait_for_sensors("each to be read once", all_read).await;
    let records = gpu.asked_for(super::GET_PDR.0, super::GET_PDR.1);
    assert!(records > 20, "{records}");
    gpu.reset();
    until("it to be told again", || gpu.asked().event_receivers.len() == 2).await;
    let [first, second] = gpu.asked().event_receivers[..] else { panic!("{:?}", gpu.asked().event_receivers) };
    assert_eq!(first, second);
    assert_ne!(gpu.with(|device| device.tid), 0, "it has a terminus id again");
    assert_eq!(gpu.asked_for(super::GET_PDR.0, super::GET_PDR.1), records, "its records are as they were");
    gpu.set_value(1, 93.0);
    scene.client.wait_for_event("critical", |it| it.is("hw.sensor.threshold.crossed", TEMPERATURE)).await;
    let other = scene.board.component("nic0");
    assert_eq!(other.asked_for(SET_EVENT_RECEIVER.0, SET_EVENT_RECEIVER.1), 1, "nobody else");
}

#[tokio::test]
async fn beside_pldmd_nobody_is_given_a_terminus_id_or_an_event_receiver() {
    let configuration = Configuration { share: true, ..Configuration::default() };
    let scene = scene(quick(&["gpu0", "nic0", "ssd0"]), configuration).await;
    let names = ["gpu0", "nic0", "ssd0"];
    scene.wait_fresh(&names).await;
    let value = |it: &firmwarden_tests::daemon::Sensor| it.known;
    scene.client.wait_for_sensor(TEMPERATURE, "its value", value).await;
    scene.client.wait_for_sensor("nic0_nic_temp", "its value", value).await;
    scene.client.wait_for_sensor("ssd0_composite_temp", "its value", value).await;
    scene.board.component("nic0").set_value(1, 99.0);
    scene.client.wait_for_event("degraded", |it| crossed(it, "nic0_nic_temp", "normal", "high.degraded")).await;
    for name in names {
        let asked = scene.board.component(name).asked().commands;
        let set_tid = (0, 0x01);
        let heard: Vec<_> =
            [set_tid, SET_EVENT_RECEIVER, POLL].into_iter().filter(|it| asked.contains_key(it)).collect();
        assert!(heard.is_empty(), "{name} was asked {heard:?}");
        assert!(asked.contains_key(&READING), "{name}");
    }
}
