//! One pass over one component: every question once, in the order of the specification. An answer that fails is a fault
//! in the report and does not hide the others.

use super::{Follow, name};
use crate::{
    clock::Stamp,
    discover::Endpoint,
    event::{Exchange, Pass},
    model::{self, Component, Fault, Firmware, Freshness, Id, Number, Origin, Source},
    settings::ComponentRule,
};
use pldm::{
    Answer, Call, CallError, Failure, Leniency, Lenient, Request, Requester, Text,
    firmware_update::{DeviceIdentifiers, FirmwareParameters, GetFirmwareParameters, Image, QueryDeviceIdentifiers},
};
use std::{collections::BTreeMap, time::SystemTime};
use tokio::time::Instant;

/// How many firmwares one device may have. Baseboards with everything behind one endpoint have some forty; a longest
/// message has room for 1600, and what a single pass has to tell must fit into what the faces may fall behind.
const FIRMWARE_MOST: usize = 256;

/// What came of a pass.
pub(super) enum Outcome {
    /// The device answered, at least in part.
    Answered {
        /// What it said.
        component: Box<Component>,
        /// Why not all of its firmware is known.
        firmware_missing: Option<String>,
        /// What was asked.
        pass: Pass,
    },
    /// The device did not answer.
    Silent {
        /// Why.
        reason: String,
        /// What was asked.
        pass: Pass,
    },
}

/// Asks the device at `endpoint` everything. `known` is who was there before.
pub(super) async fn pass(
    follow: &Follow,
    endpoint: &Endpoint,
    requester: &mut Requester,
    known: Option<&(Id, Origin)>,
) -> Outcome {
    let (started, begun) = (SystemTime::now(), Instant::now());
    // What is left of a pass that was cut short is not part of this one.
    requester.take_calls();
    let mut device = Device { requester, faults: vec![], leniencies: BTreeMap::new() };
    let (mut identifiers, mut parameters, mut firmware_missing, mut silence) = (None, None, None, None);
    if endpoint.speaks_pldm {
        match device.ask(&QueryDeviceIdentifiers).await {
            Ok(answer) => identifiers = Some(answer),
            Err(error) => silence = is_silence(&error).then_some(error),
        }
        match device.ask(&GetFirmwareParameters).await {
            Ok(answer) => {
                // Bytes that are too many are later fields; anything else means that the table is not all of it.
                let is_cut = |damage: &_| Leniency::from(*damage) != Leniency::TrailingBytes;
                firmware_missing = answer.damage.filter(is_cut).map(|damage| damage.to_string());
                parameters = Some(answer.value);
                silence = None;
            }
            Err(error) => {
                silence = silence.filter(|_| is_silence(&error));
                firmware_missing = Some(error.to_string());
            }
        }
    }
    let calls = device.requester.take_calls();
    let pass = Pass {
        started,
        duration: begun.elapsed(),
        endpoint: format!("{}/{}", endpoint.address.network, endpoint.address.eid),
        exchanges: calls.iter().map(|call| exchange(call, begun)).collect(),
        failure: firmware_missing.clone().unwrap_or_default(),
    };
    if let Some(error) = silence {
        return Outcome::Silent { reason: format!("{}: {error}", endpoint.address), pass };
    }
    let component = device.component(follow, endpoint, known, identifiers, parameters);
    Outcome::Answered { component: Box::new(component), firmware_missing, pass }
}

/// A refusal or a broken answer is an answer; a device that gives none to any question, or cannot be asked, is silent.
const fn is_silence(error: &CallError) -> bool {
    use Failure::{InstanceIds, Sharing, Silent, Transport};
    matches!(error.failure, Silent { .. } | Transport(_) | InstanceIds | Sharing(_))
}

fn exchange(call: &Call, begun: Instant) -> Exchange {
    Exchange {
        protocol: "pldm",
        message_type: call.pldm_type.0,
        command: call.command,
        offset: call.started.saturating_duration_since(begun),
        duration: call.duration,
        tries: call.tries,
        completion_code: call.completion_code.map(|code| code.0),
        error: call.failure,
    }
}

/// The device while it is asked, and what was wrong with its answers.
struct Device<'r> {
    requester: &'r mut Requester,
    faults: Vec<Fault>,
    leniencies: BTreeMap<String, u64>,
}

impl Device<'_> {
    async fn ask<R: Request<Response: Lenient>>(&mut self, request: &R) -> Result<Answer<R::Response>, CallError> {
        match self.requester.call(request).await {
            Ok(answer) => {
                for leniency in answer.leniencies() {
                    *self.leniencies.entry(leniency.name().into()).or_default() += 1;
                }
                if let Some(damage) = answer.damage {
                    self.fault(R::NAME, damage.to_string());
                }
                Ok(answer)
            }
            Err(error) => {
                self.fault(R::NAME, error.what());
                Err(error)
            }
        }
    }

    fn fault(&mut self, step: &str, what: String) {
        let what = format!("{}: {what}", self.requester.address());
        self.faults.push(Fault { step: step.into(), what });
    }

    fn component(
        mut self,
        follow: &Follow,
        endpoint: &Endpoint,
        known: Option<&(Id, Origin)>,
        identifiers: Option<Answer<DeviceIdentifiers>>,
        parameters: Option<FirmwareParameters>,
    ) -> Component {
        let rule = name::rule(&follow.rules, &endpoint.origin);
        let is_whole = identifiers.as_ref().is_some_and(|answer| answer.damage.is_none());
        let identifiers = identifiers.map(|answer| answer.value);
        let own_name = identifiers.as_ref().and_then(DeviceIdentifiers::openbmc_name);
        // A device that does not say its name this time has not lost it.
        let known = known.filter(|(_, origin)| endpoint.speaks_pldm && origin.may_be_same_device(&endpoint.origin));
        let (id, misnamed) = match (rule, known) {
            (Some(rule), _) => (rule.id.clone(), None),
            (None, Some((id, _))) if own_name.is_none() && !is_whole => (id.clone(), None),
            (None, _) => name::component(&follow.given, own_name.as_deref(), &endpoint.origin),
        };
        self.faults.extend(misnamed);
        let firmware = parameters.map_or_else(BTreeMap::new, |parameters| self.firmware(&id, rule, &parameters));
        let descriptors = identifiers.iter().flat_map(|identifiers| &identifiers.descriptors);
        Component {
            kind: rule.and_then(|r| r.kind.clone()).unwrap_or_else(|| "component".into()),
            name: rule.and_then(|r| r.name.clone()).or(own_name).unwrap_or_else(|| id.to_string()),
            manufacturer: rule.and_then(|r| r.manufacturer.clone()),
            model: rule.and_then(|r| r.model.clone()),
            parent: rule.and_then(|r| r.parent.clone()),
            origin: endpoint.origin.clone(),
            inventory_path: rule.and_then(|r| r.inventory_path.clone()),
            descriptors: descriptors.map(descriptor).collect(),
            last_read: Some(Stamp::now()),
            freshness: Freshness::Fresh,
            faults: self.faults,
            leniencies: self.leniencies,
            firmware,
            id,
        }
    }

    /// The image set under the component's own id, and each of its firmware components.
    fn firmware(
        &mut self,
        component: &Id,
        rule: Option<&ComponentRule>,
        parameters: &FirmwareParameters,
    ) -> BTreeMap<Id, Firmware> {
        let mut found = BTreeMap::new();
        let image_set = |text: &Text| model::Image { version: text.to_string_lenient().0, ..model::Image::default() };
        let active = image_set(&parameters.active_image_set);
        let primary_elsewhere = rule.is_some_and(|rule| rule.firmware.iter().any(|f| f.primary));
        if !active.version.is_empty() {
            let pending = Some(image_set(&parameters.pending_image_set)).filter(|image| !image.version.is_empty());
            let firmware = firmware(component.clone(), "image set".into(), active, pending);
            found.insert(component.clone(), Firmware { primary: !primary_elsewhere, ..firmware });
        }
        if let Some(more) = parameters.components.len().checked_sub(FIRMWARE_MOST).filter(|more| *more > 0) {
            self.fault("GetFirmwareParameters", format!("{more} components more than {FIRMWARE_MOST}; not published"));
        }
        for part in parameters.components.iter().take(FIRMWARE_MOST) {
            let number = Number {
                classification: part.classification.0,
                identifier: part.identifier,
                index: part.classification_index,
            };
            let is_free = |(id, ..): &name::Named| id.as_ref().is_some_and(|id| !found.contains_key(id));
            let names = [name::firmware(component, rule, number), name::classified(component, number)];
            let Some((Some(id), name, primary)) = names.into_iter().find(is_free) else {
                let (_, name, _) = name::classified(component, number);
                self.fault("GetFirmwareParameters", format!("{name} stands in the table twice; the first is kept"));
                continue;
            };
            let active = image(&part.active);
            if active.version.is_empty() {
                self.fault("GetFirmwareParameters", format!("{name} has no version, so it is not published"));
            }
            let pending = part.has_pending().then(|| image(&part.pending));
            let firmware = Firmware {
                number: Some(number),
                activation_methods: part.activation_methods.names().map(str::to_owned).collect(),
                primary,
                ..firmware(id.clone(), name, active, pending)
            };
            found.insert(id, firmware);
        }
        found
    }
}

fn firmware(id: Id, name: String, active: model::Image, pending: Option<model::Image>) -> Firmware {
    Firmware {
        id,
        name,
        source: Source::Pldm,
        active,
        pending,
        number: None,
        activation_methods: vec![],
        digest: None,
        progress: None,
        primary: false,
        last_read: Stamp::now(),
        freshness: Freshness::Fresh,
    }
}

fn image(image: &Image) -> model::Image {
    model::Image {
        version: image.version.to_string_lenient().0,
        release_date: image.release_date.date(),
        comparison_stamp: Some(image.comparison_stamp),
    }
}

/// A descriptor as the model has it.
pub(crate) fn descriptor(descriptor: &pldm::firmware_update::Descriptor) -> model::Descriptor {
    model::Descriptor { name: descriptor.descriptor_type.label().into(), value: descriptor.value() }
}
