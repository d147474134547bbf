//! The one place where the model changes: reports come in, the new model and the events go out. Nothing flows back.

use crate::{
    clock::Stamp,
    event::{DeviceEvent, Event, Log, Pass, What},
    model::{Component, Fault, Firmware, Freshness, Id, Line, Model, Origin, Reading, Sensors},
};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{broadcast, watch};

mod difference;
mod sensors;

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
    /// What is known about a component's sensors and told by them. Of one that is not there nothing is.
    Of {
        /// Which component.
        component: Id,
        /// Where it is: a refused claimant must not speak for the one that holds its id.
        origin: Origin,
        /// What there is to say.
        word: Word,
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

/// What a component's sensors and events come to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Word {
    /// It has these sensors.
    Sensors(Sensors),
    /// Some of them were read.
    Readings(Vec<(Id, Reading)>),
    /// It told of something itself.
    Event(DeviceEvent),
    /// It told more than could be taken in.
    EventsLost(u64),
    /// A log of it was fetched.
    Log(Log),
    /// Fetching its logs came to its end: how many there are, and what went wrong.
    LogsEnded(u64, String),
    /// It was asked for all that.
    Asked(Pass),
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

    /// Where the component of this id is.
    pub fn origin(&self, id: &Id) -> Option<Origin> {
        self.model.borrow().components.get(id).map(|component| component.origin.clone())
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
        Report::Of { component, origin, word } => {
            match model.components.get(&component).is_some_and(|it| it.origin.is_same_place(&origin)) {
                true => told(model, component, word),
                false => vec![],
            }
        }
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

fn told(model: &mut Model, component: Id, word: Word) -> Vec<What> {
    match word {
        Word::Sensors(new) => sensors::described(model, component, new),
        Word::Readings(readings) => sensors::read(model, &component, readings),
        Word::Event(event) => vec![What::DeviceEvent { component, event }],
        Word::EventsLost(count) => vec![What::DeviceEventsLost { component, count }],
        Word::Log(log) => vec![What::LogFetched { component, log }],
        Word::LogsEnded(count, failure) => vec![What::LogsEnded { component, count, failure }],
        Word::Asked(pass) => vec![What::Asked { component, pass }],
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
    let same = old.filter(|old| old.origin.may_be_same_device(&new.origin));
    if same.is_none() {
        // What another device's sensors said is not this one's.
        model.sensors.remove(&id);
    }
    if let (Some(reason), Some(old)) = (missing, same) {
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
    sensors::stale(model, id, reason);
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
    model.sensors.remove(id);
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
mod tests;
