//! The same values on D-Bus, on the command line and at the collector.

use super::{
    expected::{Expected, SLACK, up_at},
    quick, scene,
};
use firmwarden_tests::{
    board::{Configuration, Description, Operational},
    daemon::Sensor,
    receiver::{Point, Received},
    scene::Scene,
};
use std::{collections::BTreeMap, time::Duration};

/// Who never answers, so that none of its sensors is known.
const DEAD: &str = "ssd1";

fn expected(scene: &Scene) -> Vec<Expected> {
    let live = scene.board.descriptions().iter().filter(|one| one.name != DEAD);
    live.flat_map(Expected::all_of).collect()
}

/// What is wrong with what was told, in a line for each sensor.
fn faults(scene: &Scene, expected: &[Expected], told: &[Sensor]) -> Vec<String> {
    let missing = |one: &Expected| format!("{} is missing", one.id);
    let fault = |one: &Expected| match told.iter().find(|told| told.id == one.id) {
        None => Some(missing(one)),
        Some(told) => one.fault(told, &scene.board),
    };
    let strange = told.iter().filter(|told| !expected.iter().any(|one| one.id == told.id));
    let strange = strange.map(|told| format!("nobody has a sensor {}", told.id));
    expected.iter().filter_map(fault).chain(strange).collect()
}

/// As the command line prints it: the same facts in its own words.
fn from_json(json: &serde_json::Value) -> Sensor {
    let text = |key: &str| json[key].as_str().unwrap_or_default().to_owned();
    let number = |key: &str| json[key].as_u64().unwrap_or_default();
    let limits: BTreeMap<String, f64> = serde_json::from_value(json["limits"].clone()).expect("limits");
    let value = json["value"].as_f64();
    Sensor {
        id: text("id"),
        component: text("component"),
        name: text("name"),
        number: number("number") as u16,
        location: text("location"),
        quantity: text("quantity"),
        unit: text("unit"),
        state_set: number("state_set") as u16,
        position: number("position") as u8,
        limits,
        interval: number("interval"),
        known: value.is_some(),
        value: value.unwrap_or_default(),
        text: text(if value.is_some() { "text" } else { "reason" }),
        level: text("level"),
        last_read: number("last_read"),
        last_read_boot_time: number("last_read_boot_time"),
    }
}

async fn on_the_command_line(scene: &Scene) -> Vec<Sensor> {
    let output = scene.daemon.run(&["sensors", "--json"]).await.expect("it runs");
    let all: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    all["sensors"].as_array().expect("a list").iter().map(from_json).collect()
}

/// The metric of a sensor's value.
fn metric(sensor: &Expected) -> (&'static str, &'static str, &'static str) {
    match sensor.quantity {
        "temperature" => ("hw.temperature", "Cel", "gauge"),
        "voltage" => ("hw.voltage", "V", "gauge"),
        "current" => ("hw.current", "A", "gauge"),
        "power" => ("hw.power", "W", "gauge"),
        "energy" => ("hw.energy", "J", "counter"),
        "fan speed" => ("hw.fan.speed", "rpm", "gauge"),
        "value" => ("pldm.sensor.value", "{reading}", "gauge"),
        "state" => ("pldm.state_sensor.state", "{state}", "gauge"),
        other => panic!("no metric is known for {other}"),
    }
}

fn points<'a>(received: &'a Received, metric: &'a str, id: &'a str) -> impl Iterator<Item = &'a Point> {
    received.metric(metric).filter(move |point| point.attributes.get("hw.id").is_some_and(|it| it == id))
}

/// The last point of each metric is about so old at the most: an export, a second between two readings, and the way.
const EXPORTED: Duration = Duration::from_secs(3);

fn fault_at_the_collector(scene: &Scene, one: &Expected, received: &Received) -> Option<String> {
    let (name, unit, kind) = metric(one);
    let Some(point) = points(received, name, &one.id).last() else {
        return one.enabled.then(|| format!("{} has no {name}", one.id));
    };
    if !one.enabled {
        return Some(format!("{} cannot have a point: {point:?}", one.id));
    }
    let attribute = |key: &str| point.attributes.get(key).map(String::as_str);
    let number = one.number.to_string();
    let wanted = [("hw.parent", &one.component), ("hw.name", &one.name), ("pldm.sensor.id", &number)];
    if let Some((key, _)) = wanted.into_iter().find(|(key, value)| attribute(key) != Some(value.as_str())) {
        return Some(format!("{} has another {key}: {point:?}", one.id));
    }
    if (point.unit.as_str(), point.kind) != (unit, kind) {
        return Some(format!("{} is no {kind} in {unit}: {point:?}", one.id));
    }
    if one.quantity == "value" && attribute("pldm.sensor.unit") != Some(&one.unit) {
        return Some(format!("{} has another unit: {point:?}", one.id));
    }
    let limits: BTreeMap<String, f64> = points(received, &format!("{name}.limit"), &one.id)
        .filter_map(|point| Some((point.attributes.get("hw.limit_type")?.clone(), point.value)))
        .collect();
    let told = matches!(one.quantity, "temperature" | "voltage" | "current" | "power" | "fan speed");
    if told && !super::expected::same_limits(&one.limits, &limits) {
        return Some(format!("{}: {limits:?} are not {:?}", one.id, one.limits));
    }
    let up = scene.board.component(&one.component).up();
    (!one.is_right(point.value, up, EXPORTED)).then(|| format!("{} is wrong: {point:?}", one.id))
}

#[tokio::test]
async fn every_sensor_of_the_board_is_told_by_every_face_with_the_value_it_has() {
    let scene = scene(Description::all(), Configuration::default()).await;
    let expected = expected(&scene);
    assert!(expected.len() > 30, "{}", expected.len());
    scene.client.wait_for_sensors("all of them, read", |told| faults(&scene, &expected, told).is_empty()).await;
    let mut shown = vec![];
    let all = async {
        loop {
            shown = faults(&scene, &expected, &on_the_command_line(&scene).await);
            if shown.is_empty() {
                return;
            }
        }
    };
    let _ = tokio::time::timeout(firmwarden_tests::PATIENCE, all).await;
    assert!(shown.is_empty(), "{shown:#?}");
    let told = |one: &Expected, all: &Received| {
        let (name, ..) = metric(one);
        !one.enabled || points(all, name, &one.id).count() > 0
    };
    let mut wrong = vec!["nothing came".to_owned()];
    // What a state did between its reading and now is no fault; that it stays so would be.
    for _ in 0..10 {
        scene.receiver.clear();
        let all = scene.receiver.wait_for("a point of each", |all| expected.iter().all(|one| told(one, all))).await;
        wrong = expected.iter().filter_map(|one| fault_at_the_collector(&scene, one, &all)).collect();
        if wrong.is_empty() {
            break;
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn a_value_that_is_set_appears_everywhere() {
    let scene = scene(quick(&["gpu0"]), Configuration::default()).await;
    let gpu = scene.board.component("gpu0");
    for (number, id, value) in
        [(1, "gpu0_gpu_0_temp_0", -12.3), (3, "gpu0_gpu_0_power", 123.456), (5, "gpu0_gpu_0_voltage", 0.925)]
    {
        gpu.set_value(number, value);
        let sensor = scene.client.wait_for_sensor(id, "it is set", |it| it.value() == Some(value)).await;
        assert!(sensor.last_read > 1_600_000_000_000, "{sensor:?}");
        let shown = on_the_command_line(&scene).await.into_iter().find(|it| it.id == id).expect("there");
        assert_eq!(shown.value(), Some(value));
        let has = |all: &Received| {
            all.points.iter().any(|it| it.value == value && it.attributes.get("hw.id").is_some_and(|it| it == id))
        };
        scene.receiver.wait_for("its point", has).await;
    }
    gpu.release(1);
    let one = expected(&scene).into_iter().find(|one| one.number == 1).expect("there");
    let is_its_own = |it: &Sensor| {
        let up = up_at(&scene.board, "gpu0", it.last_read_boot_time);
        it.value().is_some_and(|value| one.is_right(value, up, SLACK))
    };
    scene.client.wait_for_sensor(&one.id, "it follows its model again", is_its_own).await;
}

#[tokio::test]
async fn a_sensor_that_is_disabled_ends_its_series_and_begins_it_again() {
    let scene = scene(quick(&["gpu0", "nic0"]), Configuration::default()).await;
    let (id, gpu) = ("gpu0_gpu_0_temp_0", scene.board.component("gpu0"));
    let has = |all: &Received| points(all, "hw.temperature", id).count() > 0;
    scene.receiver.wait_for("its points", has).await;
    gpu.set_operational(1, Operational::Disabled);
    let lost = scene.client.wait_for_event("it is lost", |it| it.is("hw.sensor.lost", id)).await;
    assert_eq!((lost.fact("hw.parent"), lost.severity.as_str()), ("gpu0", "warning"));
    assert!(lost.text.contains("disabled"), "{lost:?}");
    let blind = scene.client.wait_for_sensor(id, "without a value", |it| !it.known).await;
    assert_eq!(blind.text, "the sensor is disabled");
    // What was under way when it was lost may still have it; what is exported after that may not.
    for _ in 0..2 {
        scene.receiver.clear();
        let others = |all: &Received| points(all, "hw.temperature", "nic0_nic_temp").count() > 0;
        scene.receiver.wait_for("an export", others).await;
    }
    let after = scene.receiver.received();
    assert!(!has(&after), "it has points still");
    assert_eq!(points(&after, "hw.temperature.limit", id).count(), 0);
    gpu.set_operational(1, Operational::Enabled);
    scene.client.wait_for_event("it is back", |it| it.is("hw.sensor.restored", id)).await;
    scene.receiver.wait_for("its points again", has).await;
    let twice = scene.client.events().await.into_iter().filter(|it| it.is("hw.sensor.lost", id)).count();
    assert_eq!(twice, 1, "told once, however often it was asked");
}

#[tokio::test]
async fn the_serial_number_is_on_the_bus_and_not_in_telemetry() {
    let scene = scene(quick(&["gpu0"]), Configuration { names: false, ..Configuration::default() }).await;
    let is = |all: &firmwarden_tests::daemon::Objects, property: &str, value: &str| {
        let of = |object: &firmwarden_tests::daemon::Object| {
            object.text(firmwarden_tests::daemon::interface::COMPONENT, property)
        };
        all.0.values().any(|object| of(object).as_deref() == Some(value))
    };
    let told = [
        ("Manufacturer", "NVIDIA"),
        ("Model", "H100 SXM5"),
        ("PartNumber", "2330-885-A1"),
        ("SerialNumber", "1653623004512"),
        ("Name", "GPU 0"),
    ];
    scene.client.wait_for("what its FRU records say", |all| told.iter().all(|(key, value)| is(all, key, value))).await;
    let info = |all: &Received| {
        all.metric("hw.component.info").any(|it| it.attributes.get("hw.model").is_some_and(|it| it == "H100 SXM5"))
    };
    let all = scene.receiver.wait_for("its description", info).await;
    let serial = "1653623004512";
    assert!(all.points.iter().all(|it| it.attributes.values().all(|it| !it.contains(serial))));
    assert!(
        all.logs.iter().all(|it| !it.body.contains(serial) && it.attributes.values().all(|it| !it.contains(serial)))
    );
    let shown = scene.daemon.run(&["components", "--json"]).await.expect("it runs");
    assert!(String::from_utf8_lossy(&shown.stdout).contains(serial));
}
