//! What is different between two readings of one component.

use crate::{
    event::{Slot, What},
    model::{Component, Firmware, Freshness, Id, Image, Line},
};

/// The events that lead from `old` to `new`.
pub(super) fn between(old: Option<&Component>, new: &Component) -> Vec<What> {
    let component = || new.id.clone();
    let mut events = Vec::new();
    match old {
        None => {
            let (kind, name) = (new.kind.clone(), new.name.clone());
            events.push(What::ComponentAdded { component: component(), kind, name });
        }
        Some(old) if matches!(old.freshness, Freshness::Stale { .. }) && new.freshness == Freshness::Fresh => {
            events.push(What::ComponentFresh { component: component() });
        }
        Some(_) => {}
    }
    let before = |id: &Id| old.and_then(|old| old.firmware.get(id));
    for firmware in new.firmware.values() {
        match before(&firmware.id) {
            None => {
                let (id, version) = (firmware.id.clone(), firmware.active.version.clone());
                events.push(What::FirmwareAdded { component: component(), firmware: id, version });
            }
            Some(old) => changes(&new.id, old, firmware, &mut events),
        }
        digest(&new.id, before(&firmware.id), firmware, &mut events);
    }
    let Some(old) = old else {
        events.extend(new.faults.iter().map(|f| What::FaultRaised { component: component(), fault: f.clone() }));
        return events;
    };
    for gone in old.firmware.values().filter(|f| !new.firmware.contains_key(&f.id)) {
        let (firmware, version) = (gone.id.clone(), gone.active.version.clone());
        events.push(What::FirmwareRemoved { component: component(), firmware, version });
    }
    let raised = new.faults.iter().filter(|f| !old.faults.contains(f));
    events.extend(raised.map(|f| What::FaultRaised { component: component(), fault: f.clone() }));
    let cleared = old.faults.iter().filter(|f| !new.faults.contains(f));
    events.extend(cleared.map(|f| What::FaultCleared { component: component(), fault: f.clone() }));
    events
}

/// The events that lead from how a line was to how it is.
pub(super) fn of_line(before: Option<Line>, name: &str, now: Line) -> Vec<What> {
    let line = || name.to_owned();
    let (was_down, known) = before.map_or((None, vec![]), |before| (Some(before.down.is_some()), before.faults));
    let mut events = Vec::new();
    match now.down {
        None if was_down != Some(false) => events.push(What::LineUp { line: line() }),
        Some(reason) if was_down != Some(true) => events.push(What::LineDown { line: line(), reason }),
        _ => {}
    }
    let new = now.faults.into_iter().filter(|fault| !known.contains(fault));
    events.extend(new.map(|fault| What::DiscoveryFault { line: line(), fault }));
    events
}

fn changes(component: &Id, old: &Firmware, new: &Firmware, events: &mut Vec<What>) {
    let pending = |image: &Option<Image>| image.as_ref().map_or_else(String::new, |i| i.version.clone());
    for (slot, from, to) in [
        (Slot::Active, old.active.version.clone(), new.active.version.clone()),
        (Slot::Pending, pending(&old.pending), pending(&new.pending)),
    ] {
        if from != to {
            let (component, firmware) = (component.clone(), new.id.clone());
            events.push(What::FirmwareChanged { component, firmware, slot, from, to });
        }
    }
}

fn digest(component: &Id, old: Option<&Firmware>, new: &Firmware, events: &mut Vec<What>) {
    let from = old.and_then(|f| f.digest.as_ref()).map(|d| d.hex.clone());
    let Some(digest) = new.digest.as_ref().filter(|d| from.as_ref() != Some(&d.hex)) else { return };
    let (component, firmware, to) = (component.clone(), new.id.clone(), digest.hex.clone());
    events.push(What::DigestChanged { component, firmware, algorithm: digest.algorithm, from, to });
}
