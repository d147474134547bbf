//! The one place where the model changes: reports come in, the new model and the events go out. Nothing flows back.

use crate::{
    clock::Stamp,
    event::{Event, Pass, What},
    model::{Component, Fault, Firmware, Freshness, Id, Line, Model, Origin},
};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{broadcast, watch};

mod difference;

/// What protocol work has to say.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Report {
    /// A component was read.
    Read {
        /// What it said.
        component: Box<Component>,
        /// Why not all of its firmware could be read although it answered: what was known of the rest is kept and
        /// called stale.
        firmware_missing: Option<String>,
        /// The pass.
        pass: Pass,
    },
    /// A component could not be read: what was known of it is kept and called stale.
    Stale {
        /// Which.
        component: Id,
        /// Where it was: a refused claimant must not speak for the one that holds its id.
        origin: Origin,
        /// Why.
        reason: String,
        /// What was asked in vain, if anything was.
        pass: Option<Pass>,
    },
    /// An endpoint that is there has not been read once, or now it has.
    Unread {
        /// On which line.
        line: String,
        /// At which position.
        position: u8,
        /// Why, or that it is over.
        why: Option<String>,
    },
    /// A component is not there any more.
    Gone {
        /// Which.
        component: Id,
        /// Where it was: a refused claimant must not speak for the one that holds its id.
        origin: Origin,
        /// Why.
        reason: String,
    },
    /// An image is being hashed.
    Hashing {
        /// Whose.
        component: Id,
        /// Which firmware.
        firmware: Id,
        /// How much of it is done.
        percent: u8,
    },
    /// A line came up, went down, or was searched for endpoints.
    Line {
        /// Its name.
        name: String,
        /// How it is now.
        line: Line,
    },
    /// A part of the configuration is wrong and not in force.
    SettingsFault(String),
}

/// How many events a slow face may fall behind before it misses some. It learns how many and says so.
const EVENTS_KEPT: usize = 1024;

/// Holds the model and tells everybody.
#[derive(Debug)]
pub struct Store {
    model: watch::Sender<Arc<Model>>,
    events: broadcast::Sender<Event>,
    /// Keeps a report's model and its events together, in one order for all.
    order: Mutex<()>,
}

impl Default for Store {
    fn default() -> Self {
        Self { model: watch::Sender::default(), events: broadcast::Sender::new(EVENTS_KEPT), order: Mutex::default() }
    }
}

impl Store {
    /// The model, now and whenever it changes.
    pub fn model(&self) -> watch::Receiver<Arc<Model>> {
        self.model.subscribe()
    }

    /// Every event from now on.
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.events.subscribe()
    }

    /// Whether the component of this id is the one from this place.
    pub fn has(&self, id: &Id, origin: &Origin) -> bool {
        self.model.borrow().components.get(id).is_some_and(|component| component.origin.is_same_place(origin))
    }

    /// Takes a report in.
    pub fn apply(&self, report: Report) {
        let _order = self.order.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Stamp::now();
        let mut model = Arc::clone(&self.model.borrow());
        let events = apply(Arc::make_mut(&mut model), report, now);
        self.model.send_if_modified(|held| {
            let changed = **held != *model;
            *held = model;
            changed
        });
        for what in events {
            let _nobody_listens = self.events.send(Event { at: now, what });
        }
    }
}

/// Changes `model` as `report` says and tells what is different. Pure but for the values it is given.
pub fn apply(model: &mut Model, report: Report, now: Stamp) -> Vec<What> {
    match report {
        Report::Read { component, firmware_missing, pass } => read(model, *component, firmware_missing, pass, now),
        Report::Stale { component, origin, reason, pass } => {
            let mut events = stale(model, &component, &origin, &reason, now);
            events.extend(pass.map(|pass| What::Inventoried { component, pass }));
            events
        }
        Report::Unread { line, position, why } => unread(model, line, position, why),
        Report::Gone { component, origin, reason } => gone(model, &component, &origin, &reason),
        Report::Hashing { component, firmware, percent } => {
            let component = model.components.get_mut(&component).map(Arc::make_mut);
            if let Some(firmware) = component.and_then(|c| c.firmware.get_mut(&firmware)) {
                firmware.progress = Some(percent);
            }
            vec![]
        }
        Report::Line { name, mut line } => {
            let before = model.lines.get(&name);
            if line.down.is_none() {
                line.unread = before.map(|before| before.unread.clone()).unwrap_or_default();
            }
            difference::of_line(model.lines.insert(name.clone(), line.clone()), &name, line)
        }
        Report::SettingsFault(fault) => {
            model.settings_faults.push(fault.clone());
            vec![What::SettingsFault { fault }]
        }
    }
}

fn read(model: &mut Model, mut new: Component, missing: Option<String>, pass: Pass, now: Stamp) -> Vec<What> {
    let id = new.id.clone();
    let other = model.components.get(&id).map(|c| c.origin.clone()).filter(|other| !other.is_same_place(&new.origin));
    let mut events = Vec::new();
    if let Some(other) = other {
        if new.origin.rank() > other.rank() {
            return refuse(model, id, new.origin, &other);
        }
        events = gone(model, &id, &other, "the id is another's, which comes before it on the board");
        events.extend(refuse(model, id.clone(), other, &new.origin));
    }
    model.refused.retain(|(_, claimant)| !claimant.is_same_place(&new.origin));
    let old = model.components.get(&id);
    if let (Some(reason), Some(old)) = (missing, old.filter(|old| old.origin.may_be_same_device(&new.origin))) {
        for (id, firmware) in &old.firmware {
            let stale = || Firmware { freshness: stale_since(&firmware.freshness, &reason, now), ..firmware.clone() };
            new.firmware.entry(id.clone()).or_insert_with(stale);
        }
    }
    refuse_foreign_firmware(model, &mut new);
    events.extend(difference::between(old.map(Arc::as_ref), &new));
    events.push(What::Inventoried { component: id.clone(), pass });
    model.components.insert(id, Arc::new(new));
    events
}

/// Says once that `claimant` does not get the id. Who gets it does not depend on who came first: it is the same after a
/// restart.
fn refuse(model: &mut Model, id: Id, claimant: Origin, holder: &Origin) -> Vec<What> {
    let known = model.refused.iter().any(|(refused, by)| *refused == id && by.is_same_place(&claimant));
    model.refused.retain(|(_, by)| !by.is_same_place(&claimant));
    let event = What::IdRefused { id: id.clone(), holder: holder.to_string(), claimant: claimant.to_string() };
    model.refused.push((id, claimant));
    if known { vec![] } else { vec![event] }
}

/// One Redfish URL for two things would hide one of them: the first to come keeps its id.
fn refuse_foreign_firmware(model: &Model, new: &mut Component) {
    let others = || model.components.values().filter(|c| c.id != new.id);
    let taken: Vec<_> =
        new.firmware.keys().filter(|id| others().any(|c| c.firmware.contains_key(id))).cloned().collect();
    for id in taken {
        new.firmware.remove(&id);
        let what = format!("the id {id} is another component's already; this firmware is not published");
        new.faults.push(Fault { step: "id".into(), what });
    }
}

fn stale(model: &mut Model, id: &Id, origin: &Origin, reason: &str, now: Stamp) -> Vec<What> {
    let Some(component) = model.components.get_mut(id).filter(|c| c.origin.is_same_place(origin)) else {
        return vec![];
    };
    let was_fresh = component.freshness == Freshness::Fresh;
    let component = Arc::make_mut(component);
    component.freshness = stale_since(&component.freshness, reason, now);
    for firmware in component.firmware.values_mut() {
        firmware.freshness = stale_since(&firmware.freshness, reason, now);
    }
    if was_fresh { vec![What::ComponentStale { component: id.clone(), reason: reason.into() }] } else { vec![] }
}

fn unread(model: &mut Model, line: String, position: u8, why: Option<String>) -> Vec<What> {
    let Some(held) = model.lines.get_mut(&line) else { return vec![] };
    let before = match &why {
        Some(why) => held.unread.insert(position, why.clone()),
        None => held.unread.remove(&position),
    };
    let new = why.filter(|why| before.as_ref() != Some(why));
    new.map(|fault| What::DiscoveryFault { line, fault }).into_iter().collect()
}

fn stale_since(freshness: &Freshness, reason: &str, now: Stamp) -> Freshness {
    let since = match freshness {
        Freshness::Fresh => now,
        Freshness::Stale { since, .. } => *since,
    };
    Freshness::Stale { since, reason: reason.into() }
}

fn gone(model: &mut Model, id: &Id, origin: &Origin, reason: &str) -> Vec<What> {
    model.refused.retain(|(_, claimant)| !claimant.is_same_place(origin));
    if !model.components.get(id).is_some_and(|c| c.origin.is_same_place(origin)) {
        return vec![];
    }
    let Some(component) = model.components.remove(id) else { return vec![] };
    let mut events: Vec<_> = component
        .firmware
        .values()
        .map(|f| What::FirmwareRemoved {
            component: id.clone(),
            firmware: f.id.clone(),
            version: f.active.version.clone(),
        })
        .collect();
    events.push(What::ComponentRemoved { component: id.clone(), reason: reason.into() });
    events
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        event::Slot,
        model::{Image, Source},
    };
    use std::{
        collections::BTreeMap,
        time::{Duration, SystemTime},
    };

    fn at(seconds: u64) -> Stamp {
        let boot = Duration::from_secs(seconds);
        Stamp { boot, wall: SystemTime::UNIX_EPOCH + boot }
    }

    fn id(text: &str) -> Id {
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
            activation_methods: vec![],
            digest: None,
            progress: None,
            primary: false,
            last_read: at(1),
            freshness: Freshness::Fresh,
        }
    }

    fn place(position: u8) -> Origin {
        Origin::Endpoint { line: "line".into(), position, network: 1, eid: 9, uuid: None }
    }

    fn component(name: &str, position: u8, firmwares: &[Firmware]) -> Component {
        Component {
            id: id(name),
            kind: "network".into(),
            name: name.into(),
            manufacturer: None,
            model: None,
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

    fn pass() -> Pass {
        let (started, duration) = (SystemTime::UNIX_EPOCH, Duration::ZERO);
        Pass { started, duration, endpoint: "1/9".into(), exchanges: vec![], failure: String::new() }
    }

    fn read(component: Component) -> Report {
        Report::Read { component: Box::new(component), firmware_missing: None, pass: pass() }
    }

    /// What happened, but for the pass that is told every time.
    fn told(model: &mut Model, report: Report) -> Vec<What> {
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
        let with_uuid = |uuid: &str| Origin::Endpoint {
            line: "line".into(),
            position: 0,
            network: 1,
            eid: 9,
            uuid: Some(uuid.into()),
        };
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
        assert_eq!(
            told(Some("no such device"), &[]),
            [What::LineDown { line: line(), reason: "no such device".into() }]
        );
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
}
