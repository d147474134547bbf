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
    fru::{self, General, GetFruRecordTableMetadata},
    platform::GetPdrRepositoryInfo,
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
    /// Those that it speaks and does not list; none as long as that was not tried.
    unlisted: Option<Vec<PldmType>>,
    /// What its FRU records say.
    pub(super) general: Option<General>,
    /// What is behind it.
    pub(super) downstream_devices: Vec<DownstreamDevice>,
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
    /// What the devices behind it run.
    pub(super) downstream_firmware: Vec<DownstreamComponent>,
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
            downstream_firmware: vec![],
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

    /// Which PLDM types it speaks. Those that it leaves out are tried once: there are devices that answer them all the same.
    pub(super) async fn types(&mut self) {
        if !self.endpoint.speaks_pldm || self.silence.is_some() {
            return;
        }
        let listed = match self.ask(&GetPldmTypes).await {
            Ok(answer) => answer.value,
            Err(error) => {
                if is_unknown(&error) {
                    self.faults.pop();
                }
                if is_silence(&error) || self.learned.types.is_some() {
                    return;
                }
                PldmTypes::from_iter([PldmType::BASE])
            }
        };
        if self.learned.unlisted.is_none() {
            let mut unlisted = Vec::new();
            if !listed.contains(PldmType::PLATFORM) && self.requester.call(&GetPdrRepositoryInfo).await.is_ok() {
                unlisted.push(PldmType::PLATFORM);
            }
            if !listed.contains(PldmType::FRU) && self.requester.call(&GetFruRecordTableMetadata).await.is_ok() {
                unlisted.push(PldmType::FRU);
            }
            self.learned.unlisted = Some(unlisted);
        }
        let unlisted = self.learned.unlisted.iter().flatten().copied();
        self.learned.types = Some(listed.iter().chain(unlisted).collect());
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

    /// What is behind the device. What did not come this time is missing, not gone.
    async fn downstream(&mut self) {
        let faults = self.faults.len();
        match self.ask_optional(&QueryDownstreamDevices).await {
            Some(devices) if devices.number_of_downstream_devices > 0 => {}
            None if self.faults.len() > faults => {
                let reason = self.faults.last().map(|fault| fault.what.clone());
                self.firmware_missing = self.firmware_missing.take().or(reason);
                return;
            }
            // There is nothing, or no way to ask.
            _ => {
                self.learned.downstream_devices.clear();
                return;
            }
        }
        let got = downstream_identifiers(self.requester).await;
        let (devices, missing) = self.came("QueryDownstreamIdentifiers", got);
        if missing.is_none() {
            self.learned.downstream_devices = devices;
        }
        let got = downstream_firmware_parameters(self.requester).await;
        let (firmware, missing) = self.came("GetDownstreamFirmwareParameters", got);
        self.downstream_firmware = firmware;
        self.firmware_missing = self.firmware_missing.take().or(missing);
    }

    /// What came of a transfer, and why that is not all.
    fn came<T: Lenient>(&mut self, step: &str, got: Result<Transferred<T>, CallError>) -> (Vec<T>, Option<String>) {
        let Transferred { items, damage, cut } =
            got.unwrap_or_else(|error| Transferred { items: vec![], damage: None, cut: Some(error) });
        self.count(items.iter().flat_map(Lenient::leniencies).chain(damage.map(Leniency::from)));
        if let Some(damage) = damage {
            self.fault(step, damage.to_string());
        }
        let short = damage.filter(is_cut).map(|damage| damage.to_string());
        let missing = cut.as_ref().map(ToString::to_string).or(short);
        if let Some(cut) = cut {
            self.fault(step, cut.what());
        }
        (items, missing)
    }

    async fn fru(&mut self) {
        const STEP: &str = "GetFRURecordTable";
        match fru::record_table(self.requester).await {
            Ok(table) => {
                self.count(table.leniencies().into_iter());
                if let Some(damage) = &table.damage {
                    self.fault(STEP, damage.to_string());
                }
                if let Some(cut) = &table.cut {
                    self.fault(STEP, cut.what());
                }
                let general = table.general();
                let is_whole = table.damage.is_none() && table.cut.is_none();
                // What was cut off is not taken for gone where more was known.
                self.learned.general = Some(match self.learned.general.take().filter(|_| !is_whole) {
                    Some(known) => General {
                        manufacturer: general.manufacturer.or(known.manufacturer),
                        vendor: general.vendor.or(known.vendor),
                        name: general.name.or(known.name),
                        model: general.model.or(known.model),
                        part_number: general.part_number.or(known.part_number),
                        serial_number: general.serial_number.or(known.serial_number),
                        ..general
                    },
                    None => general,
                });
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
            Err(error) => {
                if is_unknown(&error) {
                    self.faults.pop();
                }
                None
            }
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

/// Bytes that are too many are later fields; anything else means that a table is not all of it.
fn is_cut<D: Copy + Into<Leniency>>(damage: &D) -> bool {
    (*damage).into() != Leniency::TrailingBytes
}

/// Whether the device says that it does not know the command.
const fn is_unknown(error: &CallError) -> bool {
    use CompletionCode as Code;
    matches!(error.failure, Failure::Refused(Code::ERROR_UNSUPPORTED_PLDM_CMD | Code::ERROR_INVALID_PLDM_TYPE))
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
