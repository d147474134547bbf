//! Which report about sensors makes which events and which model.

use super::*;
use crate::{
    model::Quantity,
    store::{
        Report, Word, apply,
        tests::{at, component, id, pass, place, read as pass_of, told},
    },
    testing::{finite, measure, of_sensors, sensor},
};

const LIMITS: [(Level, f64); 3] =
    [(Level::LowerWarning, 5.0), (Level::UpperWarning, 80.0), (Level::UpperCritical, 90.0)];

fn hot() -> Measure {
    measure(Quantity::Temperature, "Cel", &LIMITS)
}

fn link() -> Measure {
    Measure::State { set: 33, name: "Link State".into(), position: 0 }
}

fn unread(name: &str, measure: Measure) -> crate::model::Sensor {
    let mut it = sensor(name, measure, Value::Unknown("not read yet".into()));
    it.reading.at = None;
    it
}

/// A component with a thermometer and a link, of which nothing was read yet.
fn board() -> Model {
    let mut model = Model::default();
    told(&mut model, pass_of(component("nic0", 0, &[])));
    let sensors = [unread("nic0_t", hot()), unread("nic0_l", link())];
    assert_eq!(told(&mut model, of("nic0", 0, Word::Sensors((*of_sensors(&sensors)).clone()))), []);
    model
}

fn of(component: &str, position: u8, word: Word) -> Report {
    Report::Of { component: id(component), origin: place(position), word }
}

fn reading(name: &str, value: Value) -> Report {
    let level = if let Value::Number(value) = &value {
        let limits = LIMITS.map(|(level, limit)| (level, finite(limit))).into();
        Some(Level::of(*value, &limits))
    } else {
        None
    };
    of("nic0", 0, Word::Readings(vec![(id(name), Reading::new(at(4), value, level))]))
}

fn degrees(number: f64) -> Report {
    reading("nic0_t", Value::Number(finite(number)))
}

fn state(number: u8, text: &str) -> Report {
    reading("nic0_l", Value::State { number, text: text.into() })
}

fn none(name: &str, why: &str) -> Report {
    reading(name, Value::Unknown(why.into()))
}

fn stale() -> Report {
    Report::Stale { component: id("nic0"), origin: place(0), reason: "silent".into(), pass: None }
}

fn crossed(from: Option<Level>, to: Level, value: f64) -> What {
    let (component, sensor, value) = (id("nic0"), id("nic0_t"), Some(finite(value)));
    What::ThresholdCrossed { component, sensor, from, to, value, unit: "Cel".into() }
}

fn lost(name: &str, reason: &str) -> What {
    What::SensorLost { component: id("nic0"), sensor: id(name), reason: reason.into() }
}

fn restored(name: &str) -> What {
    What::SensorRestored { component: id("nic0"), sensor: id(name) }
}

#[test]
fn a_first_value_is_news_only_beyond_a_limit() {
    assert_eq!(told(&mut board(), degrees(41.0)), []);
    assert_eq!(told(&mut board(), state(1, "Connected")), []);
    assert_eq!(told(&mut board(), none("nic0_t", "disabled")), []);
    assert_eq!(told(&mut board(), degrees(95.0)), [crossed(None, Level::UpperCritical, 95.0)]);
}

#[test]
fn each_crossing_is_told_once_with_both_sides() {
    use Level::*;
    let mut model = board();
    let mut told = |number| told(&mut model, degrees(number));
    assert_eq!(told(79.0), []);
    assert_eq!(told(80.0), [], "the limit itself is not beyond it");
    assert_eq!(told(81.0), [crossed(Some(Normal), UpperWarning, 81.0)]);
    assert_eq!(told(82.0), [], "it is as far beyond as it was");
    assert_eq!(told(1.0), [crossed(Some(UpperWarning), LowerWarning, 1.0)]);
    assert_eq!(told(40.0), [crossed(Some(LowerWarning), Normal, 40.0)]);
}

/// How far back a value must go is its component's business: what it says is told, each time and nothing else.
#[test]
fn a_flapping_sensor_is_told_as_often_as_it_flaps() {
    let mut model = board();
    told(&mut model, degrees(40.0));
    let mut count = 0;
    for _ in 0..10 {
        count += told(&mut model, degrees(81.0)).len() + told(&mut model, degrees(79.0)).len();
        count += told(&mut model, none("nic0_t", "failed")).len() + told(&mut model, degrees(79.0)).len();
    }
    assert_eq!(count, 40);
}

#[test]
fn a_state_is_told_when_it_changes() {
    let mut model = board();
    assert_eq!(told(&mut model, state(1, "Connected")), []);
    assert_eq!(told(&mut model, state(1, "connected")), [], "the number is the state");
    let (component, sensor) = (id("nic0"), id("nic0_l"));
    let changed = What::SensorStateChanged { component, sensor, from: "connected".into(), to: "Disconnected".into() };
    assert_eq!(told(&mut model, state(2, "Disconnected")), [changed]);
}

#[test]
fn a_sensor_that_loses_its_value_is_told_and_so_is_its_return() {
    let mut model = board();
    told(&mut model, degrees(95.0));
    assert_eq!(told(&mut model, none("nic0_t", "disabled")), [lost("nic0_t", "disabled")]);
    assert_eq!(told(&mut model, none("nic0_t", "failed")), [], "it is as lost as it was");
    // Of a limit nothing was known meanwhile, so what is beyond it is told anew.
    assert_eq!(told(&mut model, degrees(95.0)), [restored("nic0_t"), crossed(None, Level::UpperCritical, 95.0)]);
}

#[test]
fn a_stale_component_has_no_value_and_one_event() {
    let mut model = board();
    told(&mut model, degrees(41.0));
    told(&mut model, state(1, "Connected"));
    let silent = What::ComponentStale { component: id("nic0"), reason: "silent".into() };
    assert_eq!(told(&mut model, stale()), [silent]);
    let values: Vec<_> = model.sensors[&id("nic0")].sensors.values().map(|it| it.reading.clone()).collect();
    assert_eq!(values, [Reading::unknown(None, "silent"), Reading::unknown(None, "silent")]);
    let before = model.clone();
    assert_eq!(told(&mut model, stale()), []);
    assert_eq!(model, before);
    // A board of three hundred sensors must not tell of each that it is back.
    assert_eq!(told(&mut model, degrees(42.0)), []);
    assert_eq!(told(&mut model, state(2, "Disconnected")), []);
}

#[test]
fn a_sensor_that_was_lost_before_its_component_is_told_when_it_is_back() {
    let mut model = board();
    told(&mut model, degrees(41.0));
    assert_eq!(told(&mut model, none("nic0_t", "disabled")), [lost("nic0_t", "disabled")]);
    told(&mut model, stale());
    told(&mut model, pass_of(component("nic0", 0, &[])));
    assert_eq!(told(&mut model, degrees(42.0)), [restored("nic0_t")]);
}

#[test]
fn a_new_description_keeps_what_was_read_of_the_same_measure() {
    let mut model = board();
    told(&mut model, degrees(41.0));
    told(&mut model, state(1, "Connected"));
    let mut colder = LIMITS;
    colder[1].1 = 30.0;
    let sensors = [
        unread("nic0_t", measure(Quantity::Temperature, "Cel", &colder)),
        unread("nic0_l", measure(Quantity::Voltage, "V", &[])),
        unread("nic0_new", hot()),
    ];
    assert_eq!(told(&mut model, of("nic0", 0, Word::Sensors((*of_sensors(&sensors)).clone()))), []);
    let held = |name: &str| model.sensors[&id("nic0")].sensors[&id(name)].reading.clone();
    assert_eq!(held("nic0_t").value, Value::Number(finite(41.0)));
    assert_eq!(held("nic0_l").at, None, "a state is no voltage");
    assert_eq!(held("nic0_new").at, None);
    // Not until the next reading: the limits are new, the value is not.
    let crossing = crossed(Some(Level::Normal), Level::UpperWarning, 81.0);
    assert_eq!(told(&mut model, degrees(81.0)), [crossing]);
    let fewer = of_sensors(&[unread("nic0_new", hot())]);
    told(&mut model, of("nic0", 0, Word::Sensors((*fewer).clone())));
    assert_eq!(told(&mut model, degrees(99.0)), [], "of a sensor that is not described nothing is kept");
    assert_eq!(model.sensors[&id("nic0")].sensors.len(), 1);
}

#[test]
fn a_fault_of_the_records_is_told_once_and_when_it_is_gone() {
    let mut model = board();
    let fault = |what: &str| Fault { step: "GetPDR".into(), what: what.into() };
    let mut describe = |faults: &[&str]| {
        let faults = faults.iter().map(|what| fault(what)).collect();
        told(&mut model, of("nic0", 0, Word::Sensors(Sensors { faults, ..Sensors::default() })))
    };
    let raised = |what: &str| What::FaultRaised { component: id("nic0"), fault: fault(what) };
    let cleared = |what: &str| What::FaultCleared { component: id("nic0"), fault: fault(what) };
    assert_eq!(describe(&["short"]), [raised("short")]);
    assert_eq!(describe(&["short", "odd"]), [raised("odd")]);
    assert_eq!(describe(&["odd"]), [cleared("short")]);
    assert_eq!(describe(&[]), [cleared("odd")]);
}

#[test]
fn a_refused_claimant_says_nothing_of_anothers_sensors() {
    let mut model = board();
    told(&mut model, degrees(41.0));
    let before = model.clone();
    let number = Value::Number(finite(99.0));
    for word in [
        Word::Sensors(Sensors::default()),
        Word::Readings(vec![(id("nic0_t"), Reading::new(at(9), number, Some(Level::UpperFatal)))]),
        Word::EventsLost(3),
        Word::LogsEnded(1, String::new()),
        Word::Asked(pass()),
    ] {
        assert_eq!(apply(&mut model, of("nic0", 1, word.clone()), at(9)), [], "another place");
        assert_eq!(apply(&mut model, of("nobody", 0, word), at(9)), [], "no such component");
    }
    assert_eq!(model, before);
}

#[test]
fn two_components_cannot_publish_one_sensor_id() {
    let mut model = board();
    told(&mut model, pass_of(component("nic", 1, &[])));
    let sensors = of_sensors(&[unread("nic0_t", hot()), unread("nic_t", hot())]);
    let told = told(&mut model, of("nic", 1, Word::Sensors((*sensors).clone())));
    assert!(matches!(&*told, [What::FaultRaised { fault, .. }] if fault.what.contains("nic0_t")), "{told:?}");
    assert_eq!(model.sensors[&id("nic")].sensors.keys().collect::<Vec<_>>(), [&id("nic_t")]);
    assert_eq!(model.sensors[&id("nic0")].sensors.len(), 2);
}

#[test]
fn what_is_gone_or_another_device_has_no_sensors() {
    let mut model = board();
    told(&mut model, degrees(95.0));
    let gone = Report::Gone { component: id("nic0"), origin: place(0), reason: "unplugged".into() };
    told(&mut model, gone);
    assert_eq!(model, Model::default());

    let mut with = |uuid: &str| {
        let mut it = component("nic0", 0, &[]);
        if let crate::model::Origin::Endpoint { uuid: held, .. } = &mut it.origin {
            *held = Some(uuid.into());
        }
        told(&mut model, pass_of(it));
        let before = model.sensors.len();
        let sensors = of_sensors(&[unread("nic0_t", hot())]);
        told(&mut model, of("nic0", 0, Word::Sensors((*sensors).clone())));
        before
    };
    assert_eq!([with("a"), with("a"), with("b")], [0, 1, 0]);
}
