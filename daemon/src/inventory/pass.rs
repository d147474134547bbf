//! One pass over one component: every question once, in the order of the specification. An answer that fails is a fault
//! in the report and does not hide the others.

use super::{Follow, name};
use crate::{
    clock::Stamp,
    discover::Endpoint,
    event::{Exchange, Pass},
    model::{self, Component, Fault, Firmware, Freshness, Id, Number, Source},
    settings::ComponentRule,
};
use pldm::{
    Call, CallError, Failure, Lenient, Request, Requester, Text,
    base::GetPldmTypes,
    firmware_update::{DeviceIdentifiers, FirmwareParameters, GetFirmwareParameters, Image, QueryDeviceIdentifiers},
};
use std::{collections::BTreeMap, sync::Arc, time::SystemTime};
use tokio::time::Instant;

/// What came of a pass.
pub(super) enum Outcome {
    /// The device answered, at least in part.
    Answered {
        /// What it said.
        component: Box<Component>,
        /// Why its firmware is not known.
        firmware_missing: Option<String>,
        /// What was asked.
        pass: Pass,
    },
    /// The device did not answer, and why.
    Silent(String),
}

/// Asks the device at `endpoint` everything.
pub(super) async fn pass(follow: &Follow, endpoint: &Endpoint) -> Outcome {
    let (started, begun) = (SystemTime::now(), Instant::now());
    let mut device = Device::new(follow, endpoint);
    let mut firmware_missing = None;
    let (mut identifiers, mut parameters) = (None, None);
    if endpoint.speaks_pldm {
        if let Err(error) = device.ask(&GetPldmTypes).await
            && is_silence(&error)
        {
            return Outcome::Silent(error.to_string());
        }
        identifiers = device.ask(&QueryDeviceIdentifiers).await.ok();
        match device.ask(&GetFirmwareParameters).await {
            Ok(answer) => parameters = Some(answer),
            Err(error) => firmware_missing = Some(error.to_string()),
        }
    }
    let calls = device.requester.take_calls();
    let component = device.component(&follow.rules, endpoint, identifiers, parameters);
    let pass = Pass {
        started,
        duration: begun.elapsed(),
        endpoint: format!("{}/{}", endpoint.address.network, endpoint.address.eid),
        exchanges: calls.iter().map(|call| exchange(call, begun)).collect(),
        failure: firmware_missing.clone().unwrap_or_default(),
    };
    Outcome::Answered { component: Box::new(component), firmware_missing, pass }
}

/// A device that answers nothing is asked nothing more; a refusal or a broken answer is an answer.
const fn is_silence(error: &CallError) -> bool {
    matches!(error.failure, Failure::Silent { .. } | Failure::Transport(_))
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
struct Device {
    requester: Requester,
    faults: Vec<Fault>,
    leniencies: BTreeMap<String, u64>,
}

impl Device {
    fn new(follow: &Follow, endpoint: &Endpoint) -> Self {
        let requester = Requester::new(Arc::clone(&endpoint.transport), endpoint.address, follow.patience);
        Self { requester, faults: vec![], leniencies: BTreeMap::new() }
    }

    async fn ask<R: Request<Response: Lenient>>(&mut self, request: &R) -> Result<R::Response, CallError> {
        match self.requester.call(request).await {
            Ok(answer) => {
                for leniency in answer.leniencies() {
                    *self.leniencies.entry(leniency.name().into()).or_default() += 1;
                }
                if let Some(damage) = answer.damage {
                    self.fault(R::NAME, damage.to_string());
                }
                Ok(answer.value)
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
        rules: &[ComponentRule],
        endpoint: &Endpoint,
        identifiers: Option<DeviceIdentifiers>,
        parameters: Option<FirmwareParameters>,
    ) -> Component {
        let rule = name::rule(rules, &endpoint.origin);
        let own_name = identifiers.as_ref().and_then(DeviceIdentifiers::openbmc_name);
        let (id, misnamed) = match rule {
            Some(rule) => (rule.id.clone(), None),
            None => name::component(rules, own_name.as_deref(), &endpoint.origin),
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
        for part in &parameters.components {
            let number = Number {
                classification: part.classification.0,
                identifier: part.identifier,
                index: part.classification_index,
            };
            let alone = parameters.components.iter().filter(|other| other.identifier == part.identifier).count() == 1;
            let (id, name, primary) = name::firmware(component, rule, number, alone);
            let Some(id) = id.filter(|id| !found.contains_key(id)) else {
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

fn descriptor(descriptor: &pldm::firmware_update::Descriptor) -> model::Descriptor {
    model::Descriptor { name: descriptor.descriptor_type.label().into(), value: descriptor.value() }
}
