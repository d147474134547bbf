//! One pass over one component: every question once, in the order of the specification. An answer that fails is a fault
//! in the report and does not hide the others.

use super::Follow;
use crate::{
    discover::Endpoint,
    event::{Exchange, Pass},
    model::{Component, Fault, Id, Origin},
};
use pldm::{
    Answer, Call, CallError, CompletionCode, Failure, Leniency, Lenient, PldmType, Request, Requester, Transferred,
    base::{GetPldmTypes, PldmTypes},
    firmware_update::{
        DeviceIdentifiers, DownstreamComponent, DownstreamDevice, FirmwareParameters, GetFirmwareParameters, GetStatus,
        QueryDeviceIdentifiers, QueryDownstreamDevices, Status, downstream_firmware_parameters, downstream_identifiers,
    },
    fru::{self, General},
};
use std::{collections::BTreeMap, time::SystemTime};
use tokio::time::Instant;

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

/// What a device said that it need not say every time: an answer that fails later does not take it away.
#[derive(Clone, Debug, Default)]
pub(super) struct Learned {
    /// The PLDM types it speaks.
    pub(super) types: Option<PldmTypes>,
    /// What its FRU records say.
    pub(super) general: Option<General>,
    /// What is behind it.
    pub(super) downstream_devices: Vec<DownstreamDevice>,
    /// What firmware that runs.
    pub(super) downstream_firmware: Vec<DownstreamComponent>,
}

/// A device while it is asked, and what was wrong with its answers.
pub(super) struct Asking<'a> {
    pub(super) follow: &'a Follow,
    pub(super) endpoint: &'a Endpoint,
    requester: &'a mut Requester,
    /// Who was there before.
    pub(super) known: Option<&'a (Id, Origin)>,
    pub(super) learned: &'a mut Learned,
    started: SystemTime,
    begun: Instant,
    pub(super) faults: Vec<Fault>,
    pub(super) leniencies: BTreeMap<String, u64>,
    pub(super) identifiers: Option<Answer<DeviceIdentifiers>>,
    pub(super) parameters: Option<FirmwareParameters>,
    pub(super) status: Option<Status>,
    firmware_missing: Option<String>,
    silence: Option<CallError>,
}

impl<'a> Asking<'a> {
    /// Begins a pass over the device at `endpoint`.
    pub(super) fn begin(
        follow: &'a Follow,
        endpoint: &'a Endpoint,
        requester: &'a mut Requester,
        known: Option<&'a (Id, Origin)>,
        learned: &'a mut Learned,
    ) -> Self {
        // What is left of a pass that was cut short is not part of this one.
        requester.take_calls();
        if !known.is_some_and(|(_, origin)| origin.may_be_same_device(&endpoint.origin)) {
            *learned = Learned::default();
        }
        Self {
            follow,
            endpoint,
            requester,
            known,
            learned,
            started: SystemTime::now(),
            begun: Instant::now(),
            faults: vec![],
            leniencies: BTreeMap::new(),
            identifiers: None,
            parameters: None,
            status: None,
            firmware_missing: None,
            silence: None,
        }
    }

    /// What it is and what it runs: the two answers that a component is published with.
    pub(super) async fn firmware(&mut self) {
        if !self.endpoint.speaks_pldm {
            return;
        }
        match self.ask(&QueryDeviceIdentifiers).await {
            Ok(answer) => self.identifiers = Some(answer),
            Err(error) => self.silence = is_silence(&error).then_some(error),
        }
        match self.ask(&GetFirmwareParameters).await {
            Ok(answer) => {
                // Bytes that are too many are later fields; anything else means that the table is not all of it.
                let is_cut = |damage: &_| Leniency::from(*damage) != Leniency::TrailingBytes;
                self.firmware_missing = answer.damage.filter(is_cut).map(|damage| damage.to_string());
                self.parameters = Some(answer.value);
                self.silence = None;
            }
            Err(error) => {
                self.silence = self.silence.take().filter(|_| is_silence(&error));
                self.firmware_missing = Some(error.to_string());
            }
        }
    }

    /// Which PLDM types it speaks, unless it has said so before.
    pub(super) async fn types(&mut self) {
        if self.learned.types.is_none() && self.endpoint.speaks_pldm && self.silence.is_none() {
            self.learned.types = self.ask_optional(&GetPldmTypes).await;
        }
    }

    /// Everything else: the state of an update, what is behind the device, and what its FRU records say.
    pub(super) async fn rest(&mut self) {
        if !self.endpoint.speaks_pldm || self.silence.is_some() {
            return;
        }
        self.status = self.ask_optional(&GetStatus).await;
        self.downstream().await;
        if self.learned.types.as_ref().is_some_and(|types| types.contains(PldmType::FRU)) {
            self.fru().await;
        }
    }

    async fn downstream(&mut self) {
        let Some(devices) = self.ask_optional(&QueryDownstreamDevices).await else { return };
        if devices.number_of_downstream_devices == 0 {
            (self.learned.downstream_devices, self.learned.downstream_firmware) = (vec![], vec![]);
            return;
        }
        let got = downstream_identifiers(self.requester).await;
        if let Some(devices) = self.kept("QueryDownstreamIdentifiers", got) {
            self.learned.downstream_devices = devices;
        }
        let got = downstream_firmware_parameters(self.requester).await;
        if let Some(firmware) = self.kept("GetDownstreamFirmwareParameters", got) {
            self.learned.downstream_firmware = firmware;
        }
    }

    /// What came of a transfer; what was cut off is not taken for gone where more was known.
    fn kept<T: Lenient>(&mut self, step: &str, got: Result<Transferred<T>, CallError>) -> Option<Vec<T>> {
        let Transferred { items, damage, cut } = match got {
            Ok(got) => got,
            Err(error) => {
                self.fault(step, error.what());
                return None;
            }
        };
        self.count(items.iter().flat_map(Lenient::leniencies).chain(damage.map(Leniency::from)));
        if let Some(damage) = damage {
            self.fault(step, damage.to_string());
        }
        if let Some(cut) = cut {
            self.fault(step, cut.what());
        }
        Some(items)
    }

    async fn fru(&mut self) {
        const STEP: &str = "GetFRURecordTable";
        match fru::record_table(self.requester).await {
            Ok(table) => {
                self.count(table.leniencies().into_iter());
                if let Some(damage) = table.damage {
                    self.fault(STEP, damage.to_string());
                }
                if let Some(cut) = &table.cut {
                    self.fault(STEP, cut.what());
                }
                self.learned.general = Some(table.general());
            }
            Err(error) => self.fault(STEP, error.what()),
        }
    }

    /// What has come of it so far. What was asked since the last outcome is part of this one.
    pub(super) fn outcome(&mut self) -> Outcome {
        let calls = self.requester.take_calls();
        let Self { endpoint, begun, firmware_missing, .. } = &*self;
        let pass = Pass {
            started: self.started,
            duration: begun.elapsed(),
            endpoint: format!("{}/{}", endpoint.address.network, endpoint.address.eid),
            exchanges: calls.iter().map(|call| exchange(call, *begun)).collect(),
            failure: firmware_missing.clone().unwrap_or_default(),
        };
        if let Some(error) = &self.silence {
            return Outcome::Silent { reason: format!("{}: {error}", endpoint.address), pass };
        }
        let firmware_missing = firmware_missing.clone();
        (self.started, self.begun) = (SystemTime::now(), Instant::now());
        Outcome::Answered { component: Box::new(self.component()), firmware_missing, pass }
    }

    async fn ask<R: Request<Response: Lenient>>(&mut self, request: &R) -> Result<Answer<R::Response>, CallError> {
        match self.requester.call(request).await {
            Ok(answer) => {
                self.count(answer.leniencies().into_iter());
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

    /// As [`Self::ask`], what a device need not know: that it does not is no fault.
    async fn ask_optional<R: Request<Response: Lenient>>(&mut self, request: &R) -> Option<R::Response> {
        match self.ask(request).await {
            Ok(answer) => Some(answer.value),
            Err(CallError { failure: Failure::Refused(code), .. }) if is_unknown(code) => {
                self.faults.pop();
                None
            }
            Err(_) => None,
        }
    }

    fn count(&mut self, leniencies: impl Iterator<Item = Leniency>) {
        for leniency in leniencies {
            *self.leniencies.entry(leniency.name().into()).or_default() += 1;
        }
    }

    fn fault(&mut self, step: &str, what: String) {
        self.faults.push(self.wrong(step, what));
    }

    /// A fault, with the address of whoever it is about.
    pub(super) fn wrong(&self, step: &str, what: String) -> Fault {
        Fault { step: step.into(), what: format!("{}: {what}", self.endpoint.address) }
    }
}

/// A refusal or a broken answer is an answer; a device that gives none to any question, or cannot be asked, is silent.
pub(crate) const fn is_silence(error: &CallError) -> bool {
    use Failure::{InstanceIds, Sharing, Silent, Transport};
    matches!(error.failure, Silent { .. } | Transport(_) | InstanceIds | Sharing(_))
}

/// Whether the device says that it does not know the command.
const fn is_unknown(code: CompletionCode) -> bool {
    matches!(code, CompletionCode::ERROR_UNSUPPORTED_PLDM_CMD | CompletionCode::ERROR_INVALID_PLDM_TYPE)
}

/// A call, as an event tells it.
pub(crate) fn exchange(call: &Call, begun: Instant) -> Exchange {
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
