//! Sensors as objects, where the operator wants them.

use super::*;
use crate::{
    model::{Level, Quantity, Sensor, Value},
    testing::{finite, measure, of_sensors, sensor},
};

const VALUE: &str = "xyz.openbmc_project.Sensor.Value";
const CRITICAL: &str = "xyz.openbmc_project.Sensor.Threshold.Critical";

fn degrees(number: f64) -> Value {
    Value::Number(finite(number))
}

fn thermometer(name: &str, value: Value) -> Sensor {
    let limits = [(Level::LowerWarning, 5.0), (Level::UpperWarning, 80.0), (Level::UpperCritical, 90.0)];
    sensor(name, measure(Quantity::Temperature, "Cel", &limits), value)
}

fn with(component: &Component, sensors: &[Sensor]) -> Arc<Model> {
    let model = model(&[&Arc::new(component.clone())]);
    let sensors = [(component.id.clone(), of_sensors(sensors))].into();
    Arc::new(Model { sensors, ..(*model).clone() })
}

/// A component with a sensor that has every interface that one can have.
pub(super) fn hot(component: &Component) -> Arc<Model> {
    let limits = [(Level::UpperFatal, 100.0)];
    with(component, &[sensor("gpu0_t", measure(Quantity::Temperature, "Cel", &limits), degrees(41.5))])
}

fn bare() -> Component {
    component("gpu0", vec![])
}

fn path(of: &str) -> String {
    format!("{SENSORS}/{of}")
}

fn double(value: &OwnedVariant) -> f64 {
    value.downcast_ref().expect("a double")
}

#[tokio::test]
async fn nothing_of_it_is_there_by_default() {
    let board = Board::new(hot(&bare())).await;
    assert!(board.all(&path("temperature/gpu0_t"), VALUE).await.is_err());
    let managed = board.call::<Objects>(SENSORS, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects", &[]).await;
    assert!(managed.is_err());
}

#[tokio::test]
async fn each_quantity_has_upstreams_path_and_unit_and_no_other_is_there() {
    use Quantity::*;
    let quantities = [Temperature, Voltage, Current, Power, Energy, FanSpeed, Other];
    let names = ["t", "v", "a", "w", "j", "f", "o"].map(|name| format!("gpu0_{name}"));
    let mut sensors: Vec<_> = quantities
        .iter()
        .zip(&names)
        .map(|(quantity, name)| sensor(name, measure(*quantity, "", &[]), degrees(2.5)))
        .collect();
    let state = crate::model::Measure::State { set: 1, name: "Health".into(), position: 0 };
    sensors.push(sensor("gpu0_s", state, Value::State { number: 1, text: "Normal".into() }));
    let board = Board::with(with(&bare(), &sensors), true).await;
    assert_eq!(board.managed(SENSORS).await.len(), 6);
    for (of, unit) in [
        ("temperature/gpu0_t", "DegreesC"),
        ("voltage/gpu0_v", "Volts"),
        ("current/gpu0_a", "Amperes"),
        ("power/gpu0_w", "Watts"),
        ("energy/gpu0_j", "Joules"),
        ("fan_tach/gpu0_f", "RPMS"),
    ] {
        let value = board.all(&path(of), VALUE).await.expect(of);
        assert_eq!(text(&value["Unit"]), format!("xyz.openbmc_project.Sensor.Value.Unit.{unit}"));
        assert_eq!(double(&value["Value"]), 2.5);
        assert_eq!((double(&value["MinValue"]), double(&value["MaxValue"])), (f64::NEG_INFINITY, f64::INFINITY));
    }
}

#[tokio::test]
async fn a_limit_that_is_not_there_has_no_property() {
    let board = Board::with(with(&bare(), &[thermometer("gpu0_t", degrees(95.0))]), true).await;
    let path = path("temperature/gpu0_t");
    let critical = board.all(&path, CRITICAL).await.expect("critical");
    assert_eq!(double(&critical["CriticalHigh"]), 90.0);
    assert!(!critical.contains_key("CriticalLow"));
    let warning = board.all(&path, "xyz.openbmc_project.Sensor.Threshold.Warning").await.expect("warning");
    assert_eq!((double(&warning["WarningLow"]), double(&warning["WarningHigh"])), (5.0, 80.0));
    let alarm = |properties: &Properties, name: &str| properties[name] == OwnedVariant::from(true);
    assert!(alarm(&critical, "CriticalAlarmHigh") && !alarm(&critical, "CriticalAlarmLow"));
    assert!(alarm(&warning, "WarningAlarmHigh"), "what is critical is beyond the warning, too");
    assert!(board.all(&path, "xyz.openbmc_project.Sensor.Threshold.HardShutdown").await.is_err());
    let one: zbus::Result<OwnedVariant> =
        board.call(&path, "org.freedesktop.DBus.Properties", "Get", &[CRITICAL, "CriticalLow"]).await;
    assert!(one.expect_err("none").to_string().contains("UnknownProperty"));
}

/// The call with which bmcweb reads a sensor, and a processor, and a fan.
#[tokio::test]
async fn get_all_of_no_interface_is_all_interfaces() {
    let mut gpu = component("gpu0", vec![firmware("gpu0", "97.00.1")]);
    gpu.inventory_path = Some(INVENTORY.into());
    let board = Board::with(with(&gpu, &[thermometer("gpu0_t", degrees(41.5))]), true).await;
    let sensor = board.all(&path("temperature/gpu0_t"), "").await.expect("all");
    assert_eq!(double(&sensor["Value"]), 41.5);
    for name in ["Unit", "WarningHigh", "CriticalAlarmLow", "Available", "Functional", "Associations"] {
        assert!(sensor.contains_key(name), "{name}: {sensor:?}");
    }
    let software = board.all(&format!("{SOFTWARE}/gpu0"), "").await.expect("all");
    assert_eq!((text(&software["Version"]), text(&software["Freshness"])), ("97.00.1", "fresh"));
    let daemon = board.all(OWN, "").await.expect("all");
    assert!(daemon.contains_key("SettingsFaults") && daemon.contains_key("EventsKept"));
    assert!(board.all(&format!("{OWN}/components/gpu0"), "").await.expect("all").contains_key("UUID"));
    // A standard interface has no property; an unknown one is none.
    assert!(board.all(OWN, "org.freedesktop.DBus.Peer").await.expect("nothing").is_empty());
    assert!(board.all(OWN, "org.freedesktop.DBus.ObjectManager").await.expect("nothing").is_empty());
    assert!(board.all(OWN, "a.b").await.expect_err("none").to_string().contains("UnknownInterface"));
    assert!(board.all(OWN, "not a name").await.is_err());
}

#[tokio::test]
async fn nothing_can_be_set() {
    let board = Board::with(hot(&bare()), true).await;
    for (name, error) in [("Value", "PropertyReadOnly"), ("Colour", "UnknownProperty")] {
        let on = Some("org.freedesktop.DBus.Properties");
        let body = (VALUE, name, zbus::Variant::from(1.0));
        let path = path("temperature/gpu0_t");
        let refused = board.client.call_method(None::<&str>, path.as_str(), on, "Set", &body).await;
        assert!(refused.expect_err(name).to_string().contains(error));
    }
}

#[tokio::test]
async fn a_sensor_is_announced_once_and_tells_only_what_is_different() {
    let shown = |value| with(&bare(), &[thermometer("gpu0_t", value)]);
    let mut board = Board::with(with(&bare(), &[]), true).await;
    let whole = "gpu0_t Critical,Warning,Value,Availability,OperationalStatus";
    assert_eq!(board.show(shown(degrees(41.0))).await, [format!("+ {whole}")]);
    let mut later = thermometer("gpu0_t", degrees(41.0));
    later.reading.at = Some(at(9));
    assert_eq!(board.show(with(&bare(), &[later])).await, [""; 0], "the same value, later");
    assert_eq!(board.show(shown(degrees(42.0))).await, ["~ gpu0_t Sensor.Value Value"]);
    assert_eq!(
        board.show(shown(degrees(85.0))).await,
        ["~ gpu0_t Sensor.Value Value", "~ gpu0_t Sensor.Threshold.Warning WarningAlarmHigh"]
    );
    let lost = Value::Unknown("silent".into());
    let told = board.show(shown(lost.clone())).await;
    assert_eq!(
        told,
        [
            "~ gpu0_t Sensor.Value Value",
            "~ gpu0_t Sensor.Threshold.Warning WarningAlarmHigh",
            "~ gpu0_t State.Decorator.Availability Available",
            "~ gpu0_t State.Decorator.OperationalStatus Functional",
        ]
    );
    let value = board.all(&path("temperature/gpu0_t"), VALUE).await.expect("value");
    assert!(double(&value["Value"]).is_nan());
    assert_eq!(board.show(shown(Value::Unknown("disabled".into()))).await, [""; 0]);
    assert_eq!(board.show(with(&bare(), &[])).await, [format!("- {whole}")]);
    assert!(board.managed(SENSORS).await.is_empty());
}

#[tokio::test]
async fn a_sensor_that_measures_another_thing_is_another_object() {
    let mut board = Board::with(with(&bare(), &[thermometer("gpu0_t", degrees(41.0))]), true).await;
    let volts = sensor("gpu0_t", measure(Quantity::Voltage, "V", &[]), degrees(1.0));
    let heard = board.show(with(&bare(), &[volts])).await;
    assert!(heard[0].starts_with("- gpu0_t") && heard[1].starts_with("+ gpu0_t") && heard.len() == 2, "{heard:?}");
    assert!(board.all(&path("temperature/gpu0_t"), VALUE).await.is_err());
    assert_eq!(double(&board.all(&path("voltage/gpu0_t"), VALUE).await.expect("volts")["Value"]), 1.0);
}

#[tokio::test]
async fn a_sensor_is_in_the_chassis_of_its_component_or_of_what_that_is_part_of() {
    let of_sensor = async |board: &Board| {
        let path = path("temperature/gpu0_t");
        let definitions = board.all(&path, "xyz.openbmc_project.Association.Definitions").await.ok()?;
        Some(Vec::<(String, String, String)>::try_from(definitions["Associations"].clone()).expect("a(sss)"))
    };
    let wanted = |path: &str| Some(vec![("chassis".to_owned(), "all_sensors".to_owned(), path.to_owned())]);
    let mut gpu = bare();
    let mut board = Board::with(hot(&gpu), true).await;
    assert_eq!(of_sensor(&board).await, None);

    gpu.parent = Some(id("riser"));
    let mut riser = component("riser", vec![]);
    riser.inventory_path = Some("/xyz/openbmc_project/inventory/riser".into());
    let mut both = (*hot(&gpu)).clone();
    both.components.insert(riser.id.clone(), Arc::new(riser));
    let heard = board.show(Arc::new(both.clone())).await;
    assert!(heard.contains(&"+ gpu0_t Definitions".to_owned()), "{heard:?}");
    assert_eq!(of_sensor(&board).await, wanted("/xyz/openbmc_project/inventory/riser"));

    gpu.inventory_path = Some(INVENTORY.into());
    both.components.insert(gpu.id.clone(), Arc::new(gpu));
    board.show(Arc::new(both)).await;
    assert_eq!(of_sensor(&board).await, wanted(INVENTORY));
}

#[tokio::test]
async fn a_fan_that_turns_less_than_not_at_all_has_no_value() {
    let fan = sensor("gpu0_f", measure(Quantity::FanSpeed, "rpm", &[]), degrees(-1.0));
    let board = Board::with(with(&bare(), &[fan]), true).await;
    let fan = board.all(&path("fan_tach/gpu0_f"), "").await.expect("fan");
    assert!(double(&fan["Value"]).is_nan());
    assert_eq!(fan["Available"], OwnedVariant::from(false));
}
