//! What a device's answers say about the component and its firmware, in the model's words.

use super::{name, pass::Asking};
use crate::{
    clock::Stamp,
    model::{self, Component, Fault, Firmware, Freshness, Id, Number, Source},
    settings::ComponentRule,
};
use pldm::{
    Text,
    firmware_update::{self as update, Descriptor, DeviceIdentifiers, DownstreamComponent, Image, State, Status},
    fru::General,
};
use std::collections::BTreeMap;

/// How many firmwares one device may have. Baseboards with everything behind one endpoint have some forty; a longest
/// message has room for 1600, and what a single pass has to tell must fit into what the faces may fall behind.
const FIRMWARE_MOST: usize = 256;

/// The questions whose answers have tables of firmware.
const TABLE: &str = "GetFirmwareParameters";
const DOWNSTREAM_TABLE: &str = "GetDownstreamFirmwareParameters";

impl Asking<'_> {
    /// The component, as far as it is known.
    pub(super) fn component(&self) -> Component {
        let (follow, endpoint, mut faults) = (self.follow, self.endpoint, self.faults.clone());
        let rule = name::rule(&follow.rules, &endpoint.origin);
        let is_whole = self.identifiers.as_ref().is_some_and(|answer| answer.damage.is_none());
        let identifiers = self.identifiers.as_ref().map(|answer| &answer.value);
        let own_name = identifiers.and_then(DeviceIdentifiers::openbmc_name);
        // A device that does not say its name this time has not lost it.
        let known =
            self.known.filter(|(_, origin)| endpoint.speaks_pldm && origin.may_be_same_device(&endpoint.origin));
        let (id, misnamed) = match (rule, known) {
            (Some(rule), _) => (rule.id.clone(), None),
            (None, Some((id, _))) if own_name.is_none() && !is_whole => (id.clone(), None),
            (None, _) => name::component(&follow.given, own_name.as_deref(), &endpoint.origin),
        };
        faults.extend(misnamed);
        let firmware = self.firmware_of(&id, rule, &mut faults);
        let general = self.learned.general.as_ref();
        let said = |field: fn(&General) -> Option<&Text>| general.and_then(field).and_then(words);
        let maker = || said(|it| it.manufacturer.as_ref()).or_else(|| said(|it| it.vendor.as_ref()));
        let name = rule.and_then(|r| r.name.clone()).or(own_name).or_else(|| said(|it| it.name.as_ref()));
        let capabilities = self.parameters.iter().flat_map(|it| it.capabilities_during_update.names());
        Component {
            kind: rule.and_then(|r| r.kind.clone()).unwrap_or_else(|| "component".into()),
            name: name.unwrap_or_else(|| id.to_string()),
            manufacturer: rule.and_then(|r| r.manufacturer.clone()).or_else(maker),
            model: rule.and_then(|r| r.model.clone()).or_else(|| said(|it| it.model.as_ref())),
            part_number: said(|it| it.part_number.as_ref()),
            serial_number: said(|it| it.serial_number.as_ref()),
            parent: rule.and_then(|r| r.parent.clone()),
            origin: endpoint.origin.clone(),
            inventory_path: rule.and_then(|r| r.inventory_path.clone()),
            descriptors: identifiers.iter().flat_map(|it| &it.descriptors).map(descriptor).collect(),
            update_capabilities: capabilities.map(str::to_owned).collect(),
            update_state: self.status.as_ref().and_then(update_state),
            last_read: Some(Stamp::now()),
            freshness: Freshness::Fresh,
            faults: once(faults),
            leniencies: self.leniencies.clone(),
            firmware,
            id,
        }
    }

    /// The image set under the component's own id, each of its firmware components, and those of the devices behind it.
    fn firmware_of(
        &self,
        component: &Id,
        rule: Option<&ComponentRule>,
        faults: &mut Vec<Fault>,
    ) -> BTreeMap<Id, Firmware> {
        let mut found = BTreeMap::new();
        if let Some(parameters) = &self.parameters {
            let image_set = |text: &Text| model::Image { version: shown(text), ..model::Image::default() };
            let active = image_set(&parameters.active_image_set);
            let primary = !rule.is_some_and(|rule| rule.firmware.iter().any(|f| f.primary));
            if !active.version.is_empty() {
                let pending = Some(image_set(&parameters.pending_image_set)).filter(|image| !image.version.is_empty());
                let firmware = firmware(component.clone(), "image set".into(), active, pending);
                found.insert(component.clone(), Firmware { primary, ..firmware });
            }
            for part in parameters.components.iter().take(FIRMWARE_MOST) {
                self.part(component, rule, part, &mut found, faults);
            }
            self.too_many(faults, TABLE, parameters.components.len());
        }
        for part in self.downstream_firmware.iter().take(FIRMWARE_MOST) {
            self.downstream_part(component, part, &mut found, faults);
        }
        self.too_many(faults, DOWNSTREAM_TABLE, self.downstream_firmware.len());
        found
    }

    fn part(
        &self,
        component: &Id,
        rule: Option<&ComponentRule>,
        part: &update::Component,
        found: &mut BTreeMap<Id, Firmware>,
        faults: &mut Vec<Fault>,
    ) {
        let (classification, index) = (part.classification.0, part.classification_index);
        let number = Number { classification, identifier: part.identifier, index };
        let is_free = |(id, ..): &name::Named| id.as_ref().is_some_and(|id| !found.contains_key(id));
        let names = [name::firmware(component, rule, number), name::classified(component, number)];
        let Some((Some(id), name, primary)) = names.into_iter().find(is_free) else {
            let (_, name, _) = name::classified(component, number);
            faults.push(self.wrong(TABLE, format!("{name} stands in the table twice; the first is kept")));
            return;
        };
        let active = image(&part.active);
        if active.version.is_empty() {
            faults.push(self.wrong(TABLE, format!("{name} has no version, so it is not published")));
        }
        let pending = part.has_pending().then(|| image(&part.pending));
        let firmware = Firmware {
            number: Some(number),
            activation_methods: part.activation_methods.names().map(str::to_owned).collect(),
            update_capabilities: part.capabilities_during_update.names().map(str::to_owned).collect(),
            primary,
            ..firmware(id.clone(), name, active, pending)
        };
        found.insert(id, firmware);
    }

    /// A device behind this one has one firmware, and is known by its number.
    fn downstream_part(
        &self,
        component: &Id,
        part: &DownstreamComponent,
        found: &mut BTreeMap<Id, Firmware>,
        faults: &mut Vec<Fault>,
    ) {
        let name = format!("downstream device {}", part.index);
        let id = component.join(&format!("downstream_{}", part.index)).filter(|id| !found.contains_key(id));
        let Some(id) = id else {
            faults.push(self.wrong(DOWNSTREAM_TABLE, format!("{name} stands in the table twice; the first is kept")));
            return;
        };
        let active = image(&part.active);
        if active.version.is_empty() {
            faults.push(self.wrong(DOWNSTREAM_TABLE, format!("{name} has no version, so it is not published")));
        }
        let pending = Some(image(&part.pending)).filter(|image| !image.version.is_empty());
        let device = self.learned.downstream_devices.iter().find(|device| device.index == part.index);
        let firmware = Firmware {
            activation_methods: part.activation_methods.names().map(str::to_owned).collect(),
            update_capabilities: part.capabilities_during_update.names().map(str::to_owned).collect(),
            descriptors: device.iter().flat_map(|device| &device.descriptors).map(descriptor).collect(),
            ..firmware(id.clone(), name, active, pending)
        };
        found.insert(id, firmware);
    }

    fn too_many(&self, faults: &mut Vec<Fault>, step: &str, count: usize) {
        if let Some(more) = count.checked_sub(FIRMWARE_MOST).filter(|more| *more > 0) {
            faults.push(self.wrong(step, format!("{more} components more than {FIRMWARE_MOST}; not published")));
        }
    }
}

/// Each of them once: a table that goes round says the same at every turn.
fn once(all: Vec<Fault>) -> Vec<Fault> {
    let mut faults = Vec::with_capacity(all.len());
    for fault in all {
        if !faults.contains(&fault) {
            faults.push(fault);
        }
    }
    faults
}

fn firmware(id: Id, name: String, active: model::Image, pending: Option<model::Image>) -> Firmware {
    Firmware {
        id,
        name,
        source: Source::Pldm,
        active,
        pending,
        number: None,
        descriptors: vec![],
        activation_methods: vec![],
        update_capabilities: vec![],
        digest: None,
        progress: None,
        primary: false,
        last_read: Stamp::now(),
        freshness: Freshness::Fresh,
    }
}

fn image(image: &Image) -> model::Image {
    model::Image {
        version: shown(&image.version),
        release_date: image.release_date.date(),
        comparison_stamp: Some(image.comparison_stamp),
    }
}

/// A descriptor as the model has it.
pub(crate) fn descriptor(descriptor: &Descriptor) -> model::Descriptor {
    model::Descriptor { name: descriptor.descriptor_type.label().into(), value: descriptor.value() }
}

fn shown(text: &Text) -> String {
    text.to_string_lenient().0
}

/// A text that says something.
fn words(text: &Text) -> Option<String> {
    let text = shown(text);
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// What an update does, while there is one.
fn update_state(status: &Status) -> Option<String> {
    let state = match status.current_state {
        State::IDLE => return None,
        State::LEARN_COMPONENTS => "learning components".into(),
        State::READY_TRANSFER => "ready to transfer".into(),
        State::DOWNLOAD => "downloading".into(),
        State::VERIFY => "verifying".into(),
        State::APPLY => "applying".into(),
        State::ACTIVATE => "activating".into(),
        State(other) => format!("state {other}"),
    };
    Some(status.progress().map_or_else(|| state.clone(), |percent| format!("{state}, {percent} %")))
}
