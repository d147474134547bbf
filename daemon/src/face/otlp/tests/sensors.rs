//! What arrives of sensors, and of the passes that read them.

use super::*;
use crate::{
    event::Log,
    face::otlp::sink::{Answer, Sink, points},
    model::{Level, Measure, Quantity, Sensor, Value},
    testing::{finite, measure, of_sensors, sensor},
};

fn number(name: &str, quantity: Quantity, unit: &str, value: f64) -> Sensor {
    sensor(name, measure(quantity, unit, &[]), Value::Number(finite(value)))
}

fn link(name: &str, value: Value) -> Sensor {
    sensor(name, Measure::State { set: 33, name: "Link State".into(), position: 0 }, value)
}

fn board(sensors: &[Sensor]) -> Arc<Model> {
    let sensors = [(id("nic0"), of_sensors(sensors))].into();
    Arc::new(Model { sensors, ..(*model(&[component()])).clone() })
}

/// One request of metrics that has all of this.
async fn measured(model: Arc<Model>) -> BTreeMap<String, (String, Vec<String>)> {
    let mut sink = Sink::start(Answer::Ok).await;
    let face = Face::start(&sink.endpoint, quick(), NEVER);
    face.model.send_replace(model);
    face.stop().await;
    points(&sink.next("/v1/metrics").await)
}

#[tokio::test]
async fn each_quantity_has_its_metric_and_its_unit() {
    let limits = [(Level::LowerCritical, -5.5), (Level::UpperWarning, 80.0), (Level::UpperFatal, 105.0)];
    let mut hot = sensor("nic0_t", measure(Quantity::Temperature, "Cel", &limits), Value::Number(finite(41.5)));
    hot.location = Some("die".into());
    let found = measured(board(&[
        hot,
        number("nic0_v", Quantity::Voltage, "V", 0.85),
        number("nic0_a", Quantity::Current, "A", 12.0),
        number("nic0_w", Quantity::Power, "W", 75.25),
        number("nic0_j", Quantity::Energy, "J", 1e6),
        number("nic0_f", Quantity::FanSpeed, "rpm", 4200.0),
        number("nic0_p", Quantity::Other, "kPa", 101.3),
        link("nic0_l", Value::State { number: 1, text: "Connected".into() }),
    ]))
    .await;
    let of = |name: &str| format!("hw.id=nic0_{name} hw.name=Sensor nic0_{name} hw.parent=nic0");
    let die = "hw.parent=nic0 hw.sensor_location=die pldm.sensor.id=7";
    let limit =
        |word: &str, value: &str| format!("hw.id=nic0_t hw.limit_type={word} hw.name=Sensor nic0_t {die} {value}");
    for (name, unit, series) in [
        ("hw.temperature", "Cel", vec![format!("hw.id=nic0_t hw.name=Sensor nic0_t {die} 41.5")]),
        (
            "hw.temperature.limit",
            "Cel",
            vec![limit("high.degraded", "80"), limit("high.fatal", "105"), limit("low.critical", "-5.5")],
        ),
        ("hw.voltage", "V", vec![format!("{} pldm.sensor.id=7 0.85", of("v"))]),
        ("hw.current", "A", vec![format!("{} pldm.sensor.id=7 12", of("a"))]),
        ("hw.power", "W", vec![format!("{} hw.type=network pldm.sensor.id=7 75.25", of("w"))]),
        ("hw.energy", "J", vec![format!("{} hw.type=network pldm.sensor.id=7 1000000", of("j"))]),
        ("hw.fan.speed", "rpm", vec![format!("{} pldm.sensor.id=7 4200", of("f"))]),
        ("pldm.sensor.value", "{reading}", vec![format!("{} pldm.sensor.id=7 pldm.sensor.unit=kPa 101.3", of("p"))]),
        (
            "pldm.state_sensor.state",
            "{state}",
            vec![format!("{} pldm.sensor.id=7 pldm.state_set.id=33 pldm.state_set.name=Link State 1", of("l"))],
        ),
        (
            "pldm.sensors",
            "{sensor}",
            vec![
                "hw.id=nic0 hw.type=network state=unknown 0".into(),
                "hw.id=nic0 hw.type=network state=valid 8".into(),
            ],
        ),
    ] {
        assert_eq!(found.get(name), Some(&(unit.to_owned(), series)), "{name}");
    }
    assert!(!found.contains_key("hw.voltage.limit"), "no limit is no zero");
}

#[tokio::test]
async fn a_sensor_without_a_value_has_no_series_and_is_counted() {
    let unknown = || Value::Unknown("silent".into());
    let limits = [(Level::UpperWarning, 80.0)];
    let found = measured(board(&[
        sensor("nic0_t", measure(Quantity::Temperature, "Cel", &limits), unknown()),
        link("nic0_l", unknown()),
        number("nic0_j", Quantity::Energy, "J", -1.0),
        // A value that cannot be one of its measure: nobody may take the one for the other.
        link("nic0_m", Value::Number(finite(3.0))),
    ]))
    .await;
    for name in ["hw.temperature", "hw.temperature.limit", "pldm.state_sensor.state", "hw.energy"] {
        assert!(!found.contains_key(name), "{name}");
    }
    let (_, series) = &found["pldm.sensors"];
    assert_eq!(
        *series,
        ["hw.id=nic0 hw.type=network state=unknown 2", "hw.id=nic0 hw.type=network state=valid 2"].map(String::from)
    );
}

#[tokio::test]
async fn a_series_ends_with_its_value_and_a_counter_may_begin_anew() {
    let mut sink = Sink::start(Answer::Ok).await;
    let face = Face::start(&sink.endpoint, quick(), Duration::from_millis(50));
    let energy = async |sink: &mut Sink, wanted: Option<&str>| {
        let ends = |series: &[String]| series.iter().any(|it| wanted.is_some_and(|wanted| it.ends_with(wanted)));
        loop {
            let found = points(&sink.next("/v1/metrics").await);
            match found.get("hw.energy") {
                Some((_, series)) if ends(series) => break,
                None if wanted.is_none() => break,
                _ => {}
            }
        }
    };
    for (value, wanted) in [(90.0, " 90"), (7.0, " 7")] {
        face.model.send_replace(board(&[number("nic0_j", Quantity::Energy, "J", value)]));
        energy(&mut sink, Some(wanted)).await;
    }
    face.model.send_replace(board(&[sensor(
        "nic0_j",
        measure(Quantity::Energy, "J", &[]),
        Value::Unknown("disabled".into()),
    )]));
    energy(&mut sink, None).await;
    face.stop().await;
}

/// Three hundred sensors with six limits each are what a big board has.
#[tokio::test]
async fn no_limit_of_a_big_board_overflows() {
    use Level::*;
    let levels = [LowerFatal, LowerCritical, LowerWarning, UpperWarning, UpperCritical, UpperFatal];
    let limits: Vec<_> = levels.into_iter().zip([0.0, 1.0, 2.0, 80.0, 90.0, 100.0]).collect();
    let hot = measure(Quantity::Temperature, "Cel", &limits);
    let sensors: Vec<_> =
        (0..300).map(|n| sensor(&format!("nic0_t{n}"), hot.clone(), Value::Number(finite(40.0)))).collect();
    let found = measured(board(&sensors)).await;
    let count = |name: &str| found.get(name).map(|(_, series)| series.len());
    assert_eq!((count("hw.temperature"), count("hw.temperature.limit")), (Some(300), Some(1800)));
}

#[tokio::test]
async fn serial_numbers_are_told_only_on_demand() {
    for (wanted, told) in [(true, 1), (false, 0)] {
        let mut sink = Sink::start(Answer::Ok).await;
        let settings = settings::Otlp { serial_numbers: wanted, ..settings(&sink.endpoint, NEVER) };
        let face = Face::with(settings, quick());
        let numbered = Component { serial_number: Some("S-1".into()), ..component() };
        face.model.send_replace(model(&[numbered]));
        face.stop().await;
        let (_, series) = points(&sink.next("/v1/metrics").await).remove("hw.component.info").expect("sent");
        assert_eq!(series.iter().filter(|it| it.contains("hw.serial_number=S-1")).count(), told);
    }
}

/// A poll is no inventory: its requests count, and only what failed makes a trace.
#[tokio::test]
async fn a_pass_over_sensors_counts_and_is_a_trace_only_when_it_failed() {
    let mut sink = Sink::start(Answer::Ok).await;
    let face = Face::start(&sink.endpoint, quick(), NEVER);
    let mut good = pass();
    good.failure.clear();
    good.exchanges.truncate(1);
    let mut partly = pass();
    partly.failure.clear();
    for pass in [good, partly, pass()] {
        face.tell(event(What::Asked { component: id("nic0"), pass }));
    }
    face.tell(added(0));
    face.stop().await;
    let spans = sink.next("/v1/traces").await.spans();
    let scans = spans.iter().filter(|span| span.name == "sensor scan").count();
    assert_eq!((scans, spans.len()), (2, 6));
    let (_, records) = sink.next("/v1/logs").await.logs();
    assert_eq!(records.len(), 1, "a pass is no record");
    let found = points(&sink.next("/v1/metrics").await);
    assert_eq!(found["mctp.requests"].1, ["mctp.endpoint.id=1/9 5"]);
    assert_eq!(found["mctp.errors"].1, ["error.type=timeout mctp.endpoint.id=1/9 2"]);
    assert!(!found.contains_key("hw.firmware.inventory.duration"));
}

#[tokio::test]
async fn what_is_measured_is_a_number_in_a_record_too() {
    let mut sink = Sink::start(Answer::Ok).await;
    let face = Face::start(&sink.endpoint, quick(), NEVER);
    let component = || id("nic0");
    face.tell(event(What::ThresholdCrossed {
        component: component(),
        sensor: id("nic0_t"),
        from: Some(Level::Normal),
        to: Level::UpperCritical,
        value: Some(finite(91.5)),
        unit: "Cel".into(),
    }));
    let log = Log { name: "7 days".into(), path: "/a".into(), size: 4096, sha256: "ab".into(), missing: "".into() };
    face.tell(event(What::LogFetched { component: component(), log }));
    face.stop().await;
    let (_, records) = sink.next("/v1/logs").await.logs();
    let kind = |record: &LogRecord, key: &str| {
        let value = record.attributes.iter().find(|it| it.key == key).and_then(|it| it.value.clone());
        format!("{:?}", value.and_then(|it| it.value).expect(key))
    };
    assert_eq!(kind(&records[0], "hw.sensor.value"), "DoubleValue(91.5)");
    assert_eq!(kind(&records[0], "hw.limit_type"), "StringValue(\"high.critical\")");
    assert_eq!(kind(&records[1], "file.size"), "IntValue(4096)");
    assert_eq!(kind(&records[1], "file.name"), "StringValue(\"7 days\")");
}
