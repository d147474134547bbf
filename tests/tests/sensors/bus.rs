//! Sensors as objects on D-Bus, as bmcweb reads them.

use super::{quick, scene};
use firmwarden_tests::{
    board::{Configuration, Operational},
    daemon::{NAME, Objects, Signal, interface, paths},
    scene::Scene,
};
use std::collections::HashMap;
use zbus::{OwnedVariant, Variant};

fn on_the_bus() -> Configuration {
    Configuration { sensors_on_bus: true, ..Configuration::default() }
}

fn path(kind: &str, id: &str) -> String {
    format!("{}/{kind}/{id}", paths::SENSORS)
}

fn double(all: &Objects, path: &str, interface: &str, property: &str) -> Option<f64> {
    match all.0.get(path)?.value(interface, property)? {
        Variant::F64(number) => Some(*number),
        _ => None,
    }
}

fn flag(all: &Objects, path: &str, interface: &str, property: &str) -> Option<bool> {
    match all.0.get(path)?.value(interface, property)? {
        Variant::Bool(flag) => Some(*flag),
        _ => None,
    }
}

/// What bmcweb asks of each sensor: the properties of all interfaces together.
async fn everything(scene: &Scene, path: &str) -> HashMap<String, OwnedVariant> {
    let on = Some("org.freedesktop.DBus.Properties");
    let reply = scene.client.connection().call_method(Some(NAME), path, on, "GetAll", &"").await;
    reply.expect("an answer").body().deserialize().expect("a{sv}")
}

#[tokio::test]
async fn a_sensor_is_an_object_with_upstreams_interfaces() {
    let scene = scene(quick(&["gpu0"]), on_the_bus()).await;
    let (gpu, object) = (scene.board.component("gpu0"), path("temperature", "gpu0_gpu_0_temp_0"));
    let value = |all: &Objects| double(all, &object, interface::VALUE, "Value");
    gpu.set_value(1, 41.5);
    let all = scene.client.wait_for("its value", |all| value(all) == Some(41.5)).await;
    let units = [
        (path("temperature", "gpu0_gpu_0_hbm_temp"), "DegreesC"),
        (path("power", "gpu0_gpu_0_power"), "Watts"),
        (path("energy", "gpu0_gpu_0_energy"), "Joules"),
        (path("voltage", "gpu0_gpu_0_voltage"), "Volts"),
        (path("current", "gpu0_gpu_0_current"), "Amperes"),
        (path("fan_tach", "gpu0_gpu_0_fan_eq"), "RPMS"),
    ];
    for (path, unit) in units {
        let of = all.0.get(&path).unwrap_or_else(|| panic!("no {path}"));
        let told = of.text(interface::VALUE, "Unit").expect("a unit");
        assert_eq!(told, format!("xyz.openbmc_project.Sensor.Value.Unit.{unit}"), "{path}");
    }
    assert_eq!(double(&all, &object, interface::WARNING, "WarningHigh"), Some(85.0));
    assert_eq!(double(&all, &object, interface::WARNING, "WarningLow"), None);
    assert_eq!(double(&all, &object, interface::CRITICAL, "CriticalHigh"), Some(92.0));
    assert_eq!(flag(&all, &object, interface::WARNING, "WarningAlarmHigh"), Some(false));
    let told = everything(&scene, &object).await;
    for property in
        ["Value", "Unit", "WarningHigh", "CriticalHigh", "HardShutdownHigh", "Available", "Functional", "Associations"]
    {
        assert!(told.contains_key(property), "{property}: {told:?}");
    }
    let associations = all.0[&object].list(interface::ASSOCIATIONS, "Associations");
    assert_eq!(associations, ["chassis: all_sensors: /xyz/openbmc_project/inventory/system/board/gpu0"]);
    // What was there before the daemon's name was comes with the name.
    let added = |it: &&Signal| **it == Signal::Added(object.clone());
    assert!(scene.client.signals().iter().filter(added).count() <= 1, "announced twice");
}

#[tokio::test]
async fn a_sensors_object_follows_its_value_its_alarms_and_its_loss() {
    let scene = scene(quick(&["gpu0"]), on_the_bus()).await;
    let (gpu, object) = (scene.board.component("gpu0"), path("temperature", "gpu0_gpu_0_temp_0"));
    gpu.set_value(1, 50.0);
    let value = |all: &Objects| double(all, &object, interface::VALUE, "Value");
    scene.client.wait_for("its value", |all| value(all) == Some(50.0)).await;
    gpu.set_value(1, 93.0);
    let all = scene.client.wait_for("another", |all| value(all) == Some(93.0)).await;
    let alarms = |all: &Objects| {
        let alarm = |interface, property| flag(all, &object, interface, property);
        [alarm(interface::WARNING, "WarningAlarmHigh"), alarm(interface::CRITICAL, "CriticalAlarmHigh")]
    };
    assert_eq!(alarms(&all), [Some(true); 2]);
    gpu.set_operational(1, Operational::Failed);
    let lost = |all: &Objects| value(all).is_some_and(f64::is_nan);
    let all = scene.client.wait_for("no value", lost).await;
    assert_eq!(flag(&all, &object, interface::AVAILABILITY, "Available"), Some(false));
    assert_eq!(alarms(&all), [Some(false); 2]);
    let changed = |it: &Signal| matches!(it, Signal::Changed(path, of, _) if *path == object && of == interface::VALUE);
    scene.client.wait_for_signal("its signal", changed).await;
}

#[tokio::test]
async fn without_being_told_to_no_sensor_is_an_object() {
    let scene = scene(quick(&["gpu0"]), Configuration::default()).await;
    scene.client.wait_for_sensor("gpu0_gpu_0_temp_0", "its value", |it| it.known).await;
    scene.wait_fresh(&["gpu0"]).await;
    assert!(scene.client.objects().0.keys().all(|path| !path.starts_with(paths::SENSORS)));
}
