//! Which report makes which events and which model.

use super::*;
use crate::{
    event::Slot,
    model::{Image, Source},
};
use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime},
};

pub(super) fn at(seconds: u64) -> Stamp {
    let boot = Duration::from_secs(seconds);
    Stamp { boot, wall: SystemTime::UNIX_EPOCH + boot }
}

pub(super) fn id(text: &str) -> Id {
    Id::new(text).expect("legal")
}

fn firmware(name: &str, version: &str) -> Firmware {
    Firmware {
        id: id(name),
        name: name.into(),
        source: Source::Pldm,
        active: Image { version: version.into(), ..Image::default() },
        pending: None,
        number: None,
        descriptors: vec![],
        activation_methods: vec![],
        update_capabilities: vec![],
        digest: None,
        progress: None,
        primary: false,
        last_read: at(1),
        freshness: Freshness::Fresh,
    }
}

pub(super) fn place(position: u8) -> Origin {
    Origin::Endpoint { line: "line".into(), position, network: 1, eid: 9, uuid: None }
}

pub(super) fn component(name: &str, position: u8, firmwares: &[Firmware]) -> Component {
    Component {
        id: id(name),
        kind: "network".into(),
        name: name.into(),
        manufacturer: None,
        model: None,
        part_number: None,
        serial_number: None,
        update_capabilities: vec![],
        update_state: None,
        parent: None,
        origin: place(position),
        inventory_path: None,
        descriptors: vec![],
        last_read: Some(at(1)),
        freshness: Freshness::Fresh,
        faults: vec![],
        leniencies: BTreeMap::new(),
        firmware: firmwares.iter().map(|f| (f.id.clone(), f.clone())).collect(),
    }
}

pub(super) fn pass() -> Pass {
    let (started, duration) = (SystemTime::UNIX_EPOCH, Duration::ZERO);
    Pass { started, duration, endpoint: "1/9".into(), exchanges: vec![], failure: String::new() }
}

pub(super) fn read(component: Component) -> Report {
    Report::Read { component: Box::new(component), firmware_missing: None, pass: pass() }
}

/// What happened, but for the pass that is told every time.
pub(super) fn told(model: &mut Model, report: Report) -> Vec<What> {
    let mut events = apply(model, report, at(5));
    events.retain(|e| !matches!(e, What::Inventoried { .. }));
    events
}

#[test]
fn the_same_answer_twice_is_told_once() {
    let mut model = Model::default();
    let nic = component("nic0", 0, &[firmware("nic0", "1.0")]);
    assert_eq!(told(&mut model, read(nic.clone())).len(), 2);
    assert_eq!(told(&mut model, read(nic)), []);
}

#[test]
fn a_new_version_is_told_with_the_old_one() {
    let mut model = Model::default();
    told(&mut model, read(component("nic0", 0, &[firmware("nic0", "1.0")])));
    let mut next = firmware("nic0", "1.1");
    next.pending = Some(Image { version: "1.2".into(), ..Image::default() });
    let changed = |slot, from: &str, to: &str| What::FirmwareChanged {
        component: id("nic0"),
        firmware: id("nic0"),
        slot,
        from: from.into(),
        to: to.into(),
    };
    assert_eq!(
        told(&mut model, read(component("nic0", 0, &[next]))),
        [changed(Slot::Active, "1.0", "1.1"), changed(Slot::Pending, "", "1.2")]
    );
}

#[test]
fn a_silent_component_keeps_its_values_and_is_told_stale_once() {
    let mut model = Model::default();
    told(&mut model, read(component("nic0", 0, &[firmware("nic0", "1.0")])));
    let silent =
        |reason: &str| Report::Stale { component: id("nic0"), origin: place(0), reason: reason.into(), pass: None };
    assert_eq!(told(&mut model, silent("silent")).len(), 1);
    assert_eq!(apply(&mut model, silent("still silent"), at(9)), []);
    let kept = &model.components[&id("nic0")].firmware[&id("nic0")];
    assert_eq!(kept.active.version, "1.0");
    assert_eq!(kept.freshness, Freshness::Stale { since: at(5), reason: "still silent".into() });
    let back = read(component("nic0", 0, &[firmware("nic0", "1.0")]));
    assert_eq!(told(&mut model, back), [What::ComponentFresh { component: id("nic0") }]);
}

#[test]
fn a_failed_step_keeps_the_firmware_of_before() {
    let mut model = Model::default();
    told(&mut model, read(component("nic0", 0, &[firmware("nic0", "1.0")])));
    let cut = Report::Read {
        component: Box::new(component("nic0", 0, &[])),
        firmware_missing: Some("refused".into()),
        pass: pass(),
    };
    assert_eq!(told(&mut model, cut), []);
    assert_eq!(model.components[&id("nic0")].firmware[&id("nic0")].freshness.reason(), "refused");
}

#[test]
fn a_table_that_is_cut_takes_no_firmware_away() {
    let mut model = Model::default();
    told(&mut model, read(component("nic0", 0, &[firmware("nic0_a", "1"), firmware("nic0_b", "1")])));
    let cut = Report::Read {
        component: Box::new(component("nic0", 0, &[firmware("nic0_a", "2")])),
        firmware_missing: Some("cut".into()),
        pass: pass(),
    };
    assert!(matches!(told(&mut model, cut).as_slice(), [What::FirmwareChanged { .. }]));
    let kept = &model.components[&id("nic0")].firmware;
    let reasons = ["nic0_a", "nic0_b"].map(|name| kept[&id(name)].freshness.reason());
    assert_eq!(reasons, ["", "cut"]);
}

#[test]
fn a_device_does_not_inherit_the_firmware_of_another_in_its_place() {
    let with_uuid =
        |uuid: &str| Origin::Endpoint { line: "line".into(), position: 0, network: 1, eid: 9, uuid: Some(uuid.into()) };
    let mut model = Model::default();
    told(&mut model, read(Component { origin: with_uuid("a"), ..component("nic0", 0, &[firmware("nic0", "1")]) }));
    let refused = Report::Read {
        component: Box::new(Component { origin: with_uuid("b"), ..component("nic0", 0, &[]) }),
        firmware_missing: Some("refused".into()),
        pass: pass(),
    };
    assert!(matches!(told(&mut model, refused).as_slice(), [What::FirmwareRemoved { .. }]));
}

#[test]
fn the_second_claimant_of_an_id_is_refused() {
    let mut model = Model::default();
    told(&mut model, read(component("nic0", 0, &[])));
    let events = apply(&mut model, read(component("nic0", 3, &[])), at(5));
    assert!(matches!(events.as_slice(), [What::IdRefused { .. }]));
    assert_eq!(apply(&mut model, read(component("nic0", 3, &[])), at(6)), [], "told once");
    let by_the_other = Report::Gone { component: id("nic0"), origin: place(3), reason: String::new() };
    assert_eq!(apply(&mut model, by_the_other, at(5)), []);
    assert!(model.components[&id("nic0")].origin.is_same_place(&place(0)));
}

#[test]
fn who_gets_an_id_does_not_depend_on_who_came_first() {
    let mut model = Model::default();
    told(&mut model, read(component("nic0", 3, &[])));
    let events = told(&mut model, read(component("nic0", 0, &[])));
    assert!(matches!(
        events.as_slice(),
        [What::ComponentRemoved { .. }, What::IdRefused { .. }, What::ComponentAdded { .. }]
    ));
    assert!(model.components[&id("nic0")].origin.is_same_place(&place(0)));
    assert_eq!(told(&mut model, read(component("nic0", 3, &[]))), [], "told already");
    let gone = |position| Report::Gone { component: id("nic0"), origin: place(position), reason: String::new() };
    told(&mut model, gone(0));
    told(&mut model, read(component("nic0", 3, &[])));
    assert!(model.components[&id("nic0")].origin.is_same_place(&place(3)));
    told(&mut model, gone(3));
    assert_eq!(model, Model::default());
}

#[test]
fn two_components_cannot_publish_one_firmware_id() {
    let mut model = Model::default();
    told(&mut model, read(component("a", 0, &[firmware("a_b", "1")])));
    told(&mut model, read(component("c", 1, &[firmware("a_b", "2"), firmware("c", "3")])));
    let refused = &model.components[&id("c")];
    assert_eq!((refused.firmware.len(), refused.faults.len()), (1, 1));
}

#[test]
fn a_line_is_told_when_it_changes_and_each_of_its_faults_once() {
    let mut model = Model::default();
    let mut told = |down: Option<&str>, faults: &[&str]| {
        let faults = faults.iter().map(|&fault| fault.to_owned()).collect();
        let line = Line { device: "/dev/ttyS1".into(), down: down.map(str::to_owned), faults, ..Line::default() };
        apply(&mut model, Report::Line { name: "riser".into(), line }, at(1))
    };
    let line = || String::from("riser");
    let fault = |fault: &str| What::DiscoveryFault { line: line(), fault: fault.into() };
    assert_eq!(told(Some("no such device"), &[]), [What::LineDown { line: line(), reason: "no such device".into() }]);
    assert_eq!(told(Some("busy"), &[]), [], "it is as down as it was");
    assert_eq!(told(None, &[]), [What::LineUp { line: line() }]);
    assert_eq!(told(None, &["silent"]), [fault("silent")]);
    assert_eq!(told(None, &["silent", "odd"]), [fault("odd")]);
    assert_eq!(told(None, &[]), []);
    assert_eq!(told(None, &["silent"]), [fault("silent")], "it was gone in between");
}

#[test]
fn an_endpoint_that_cannot_be_read_is_told_once_until_it_is() {
    let mut model = Model::default();
    apply(&mut model, Report::Line { name: "riser".into(), line: Line::default() }, at(1));
    let mut told = |why: Option<&str>| {
        let report = Report::Unread { line: "riser".into(), position: 2, why: why.map(str::to_owned) };
        (apply(&mut model, report, at(2)).len(), model.lines["riser"].unread.len())
    };
    assert_eq!([told(Some("silent")), told(Some("silent")), told(Some("odd"))], [(1, 1), (0, 1), (1, 1)]);
    assert_eq!(told(None), (0, 0));
}

#[test]
fn a_component_that_goes_takes_its_firmware_along() {
    let mut model = Model::default();
    told(&mut model, read(component("nic0", 0, &[firmware("nic0", "1.0")])));
    let gone = Report::Gone { component: id("nic0"), origin: place(0), reason: "unplugged".into() };
    assert_eq!(told(&mut model, gone.clone()).len(), 2);
    assert_eq!((told(&mut model, gone), model), (vec![], Model::default()));
}
