//! Sensors and events as people see them.

use super::*;
use crate::face::{
    cli::{
        events,
        sensors::Wanted,
        telemetry::{Event, Sensors},
        watch::Subject,
    },
    dbus::{
        ring::Told,
        telemetry::{Sensor, Source},
    },
};

fn sensor(component: &str, part: &str, quantity: &str, unit: &str, value: Option<(f64, &str)>) -> Sensor {
    Sensor {
        id: format!("{component}_{part}"),
        component: component.into(),
        name: part.to_uppercase(),
        number: 7,
        quantity: quantity.into(),
        unit: unit.into(),
        interval: 10_000,
        known: value.is_some(),
        value: value.map_or(0.0, |(value, _)| value),
        text: value.map_or_else(|| "disabled".to_owned(), |(_, text)| text.to_owned()),
        last_read: 1_700_000_000_000,
        last_read_boot_time: 97 * SECOND,
        ..Sensor::default()
    }
}

fn told() -> (Vec<Sensor>, Vec<Source>) {
    let mut hot = sensor("gpu0", "die", "temperature", "Cel", Some((91.5, "91.5")));
    hot.limits = [("low.critical", -5.0), ("high.degraded", 80.0), ("high.critical", 90.0), ("high.fatal", 105.5)]
        .map(|(level, limit)| (level.to_owned(), limit))
        .into();
    (hot.level, hot.location) = ("high.critical".into(), "die".into());
    let mut fine = sensor("nic0", "core", "voltage", "V", Some((0.85, "0.85")));
    fine.level = "normal".into();
    let mut link = sensor("nic0", "link", "state", "Link State", Some((1.0, "Connected")));
    (link.state_set, link.position) = (33, 1);
    let mut blind = sensor("nic0", "vendor", "value", "", None);
    (blind.last_read, blind.last_read_boot_time) = (0, 0);
    let faults = vec![("GetPDR".into(), "record 12 is cut short".into())];
    let sources = vec![
        Source { component: "gpu0".into(), events: "sent".into(), faults: vec![] },
        Source { component: "nic0".into(), events: "polled".into(), faults },
    ];
    (vec![link, hot, blind, fine], sources)
}

fn sensors() -> Sensors {
    let (sensors, sources) = told();
    Sensors::read(sensors, sources)
}

#[test]
fn the_sensors_look_as_they_should() {
    compare("sensors.txt", &Wanted::table(&sensors(), 100 * SECOND, None));
    compare("sensors-80-columns.txt", &Wanted::table(&sensors(), 100 * SECOND, Some(80)));
    compare("sensors.json.txt", &[serde_json::to_string_pretty(&sensors()).expect("json")]);
    assert_eq!(Wanted::table(&Sensors::default(), 0, None), ["no sensor is known"]);
}

#[test]
fn one_component_is_only_its_own() {
    let mut only = sensors();
    only.only("gpu0");
    assert_eq!((only.sensors.len(), only.sources.len()), (1, 1));
    let wanted = |component: &str| Wanted { component: Some(component.into()) };
    assert_eq!(wanted("gpu0").nothing(&only), None);
    only.only("gpu");
    assert!(only.is_empty() && only.sources.is_empty());
    assert_eq!(wanted("gpu").nothing(&only), Some(vec!["no sensor of gpu is known".into()]));
}

#[test]
fn a_watcher_of_sensors_sees_what_changed_and_nothing_else() {
    let (mut all, mut sources) = told();
    all.iter_mut().for_each(|sensor| sensor.last_read_boot_time = 98 * SECOND);
    let later = Sensors::read(all.clone(), sources.clone());
    assert_eq!(Wanted::changes(&sensors(), &later, 100 * SECOND), [""; 0], "an age is no change");
    (all[1].value, all[1].text, all[1].level) = (60.0, "60".into(), "normal".into());
    all.remove(0);
    sources[1].faults.clear();
    let now = Sensors::read(all, sources);
    compare("sensors-changes.txt", &Wanted::changes(&sensors(), &now, 100 * SECOND));
}

#[test]
fn what_is_beyond_a_limit_or_blind_is_a_finding() {
    let found = |change: fn(&mut Sensors)| {
        let mut changed = sensors();
        changed.only("nic0");
        changed.sources[0].faults.clear();
        changed.sensors.retain(|sensor| sensor.value.is_some());
        assert!(!changed.has_finding());
        change(&mut changed);
        changed.has_finding()
    };
    assert!(found(|it| it.sensors[0].value = None));
    assert!(found(|it| it.sensors[0].level = Some("low.degraded".into())));
    assert!(found(|it| it.sources[0].faults.push(fault("GetPDR", "short"))));
}

#[test]
fn an_event_is_one_line_and_json_has_all_of_it() {
    let told = |sequence, time, severity: &str| Told {
        sequence,
        time,
        boot_time: 42_000_000,
        name: "hw.sensor.lost".into(),
        severity: severity.into(),
        subject: "nic0".into(),
        text: "nic0_link has no value any more: disabled".into(),
        facts: [("hw.id".into(), "nic0_link".into())].into(),
    };
    let all = [told(1, 42_000, "warning"), told(2, 1_800_000_000_000, "information")].map(Event::from);
    compare("events.txt", &all.iter().map(events::line).collect::<Vec<_>>());
    compare("events.json.txt", &[serde_json::to_string_pretty(&all).expect("json")]);
}

#[test]
fn a_hostile_bus_cannot_steer_the_terminal_with_sensors_or_events() {
    let evil = || "v\u{1b}[2J\u{202e}\n\0".to_owned();
    let limits = [(evil(), f64::NAN), ("high.fatal".into(), f64::INFINITY)].into();
    let sensor = Sensor {
        id: evil(),
        component: evil(),
        name: evil(),
        location: evil(),
        quantity: evil(),
        unit: evil(),
        limits,
        value: f64::NAN,
        known: true,
        text: evil(),
        level: evil(),
        ..Sensor::default()
    };
    let blind = Sensor { known: false, ..sensor.clone() };
    let source = Source { component: evil(), events: evil(), faults: vec![(evil(), evil())] };
    let sensors = Sensors::read(vec![sensor, blind], vec![source]);
    let mut text = Wanted::table(&sensors, 0, None);
    text.push(serde_json::to_string(&sensors).expect("json"));
    let event = Event::from(Told {
        sequence: 1,
        time: u64::MAX,
        boot_time: u64::MAX,
        name: evil(),
        severity: evil(),
        subject: evil(),
        text: evil(),
        facts: [(evil(), evil())].into(),
    });
    text.extend([events::line(&event), serde_json::to_string(&event).expect("json")]);
    assert!(text.iter().all(|line| line.chars().all(|c| !c.is_control() && c != '\u{202e}')), "{text:?}");
}
