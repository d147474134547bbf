//! What is asked once, and again when the device was reset or its records changed: who it is, what sensors it has, and how
//! its events are to reach us.

use super::{Following, REPOSITORY_REST, ask, catalogue::Catalogue, schedule::Schedule};
use crate::{
    inventory::is_silence,
    model::{Delivery, Fault},
    store::Word,
};
use pldm::{
    CallError, CompletionCode, Failure,
    base::{GetTid, SetTid, Tid},
    platform::{
        self, GetPdrRepositoryInfo,
        event::{EventMessageSupported, FORMAT_VERSION, GetEventReceiver, SetEventReceiver, SynchronyConfigurations},
    },
};
use tokio::time::Instant;

/// How often a device that sends events is to say that it is still there, in seconds. pldmd takes two minutes.
pub(super) const HEARTBEAT_SECONDS: u16 = 60;

impl Following {
    /// An error means that the device does not answer.
    pub(super) async fn set_up(&mut self) -> Result<(), CallError> {
        let mut faults = Vec::new();
        if !self.care.shared {
            self.terminus(&mut faults).await?;
        }
        self.records().await?;
        faults.extend(self.record_faults.iter().cloned());
        if self.care.settings.events && !self.care.shared && self.is_forgotten(&mut faults).await? {
            self.delivery = self.events(&mut faults).await?;
            let polls = (self.delivery == Delivery::Polled).then_some(self.care.settings.poll_interval);
            self.polls = Schedule::new(polls, Instant::now());
        }
        self.tale.voice.tell(Word::Sensors(self.tale.catalogue.described(self.delivery, faults)));
        self.finish_round();
        Ok(())
    }

    /// A terminus that has no id may not send events. In OpenBMC it is the endpoint id.
    async fn terminus(&mut self, faults: &mut Vec<Fault>) -> Result<(), CallError> {
        let answer = ask!(self, requester => requester.call(&GetTid));
        if let Some(silence) = answer.as_ref().err().filter(|error| is_silence(error)) {
            return Err(silence.clone());
        }
        let tid = self.settle(answer, faults).await?.map(|answer| answer.tid);
        if tid == Some(Tid::UNASSIGNED) {
            let request = SetTid { tid: Tid(self.requester.address().eid.0) };
            let answer = ask!(self, requester => requester.call(&request));
            self.settle(answer, faults).await?;
        }
        Ok(())
    }

    /// Whether the device has to be told who gets its events. One that has not forgotten us is left alone: there are some
    /// that empty their queue when they are told.
    async fn is_forgotten(&mut self, faults: &mut Vec<Fault>) -> Result<bool, CallError> {
        if self.delivery == Delivery::None || self.tale.heard.is_silent(Instant::now()) {
            return Ok(true);
        }
        let answer = ask!(self, requester => requester.call(&GetEventReceiver));
        let receiver = self.settle(answer, faults).await?.map(|it| it.event_receiver);
        Ok(receiver != Some(self.care.own_eid.0))
    }

    /// Reads the records, unless they are those that were read before, or were read just now.
    async fn records(&mut self) -> Result<(), CallError> {
        let mut faults = Vec::new();
        if self.is_new {
            let known = self.tale.catalogue.repository.clone();
            let is_known = match known.is_some() {
                true => {
                    let now = ask!(self, requester => requester.call(&GetPdrRepositoryInfo));
                    self.settle(now, &mut faults).await? == known
                }
                false => false,
            };
            self.tale.heard.records_changed |= !is_known;
        } else if !self.tale.heard.records_changed {
            return Ok(());
        }
        if self.tale.heard.records_changed && Instant::now() >= self.records_after {
            self.read_records(&mut faults).await?;
        }
        faults.extend(self.tale.catalogue.faults.iter().cloned());
        (self.is_new, self.record_faults) = (false, faults);
        Ok(())
    }

    async fn read_records(&mut self, faults: &mut Vec<Fault>) -> Result<(), CallError> {
        let begun = Instant::now();
        self.tale.heard.records_changed = false;
        let repository = ask!(self, requester => platform::repository(requester));
        // What was read of a device that fell silent is not all of it: it is read again. One that is deaf to a single
        // question has told all it will.
        let cut = repository.as_ref().map_or_else(Some, |it| it.cut.as_ref());
        let silence = match cut.is_some_and(is_silence) {
            true => self.silence().await,
            false => None,
        };
        if let Some(silence) = silence {
            self.tale.heard.records_changed = true;
            return Err(silence);
        }
        self.records_after = Instant::now() + begun.elapsed().max(REPOSITORY_REST);
        match repository {
            Ok(repository) => {
                let (component, address) = (&self.tale.voice.component, self.requester.address());
                let catalogue = Catalogue::of(component, address, self.care.settings.interval, repository);
                self.schedule = Schedule::new(catalogue.asked.iter().map(|asked| asked.interval), Instant::now());
                self.tale.catalogue = catalogue;
            }
            Err(error) => self.blame(error, faults),
        }
        Ok(())
    }

    /// Has its events sent to us, with a sign of life now and then, if it can; else they are polled, if it can that.
    async fn events(&mut self, faults: &mut Vec<Fault>) -> Result<Delivery, CallError> {
        let request = EventMessageSupported { format_version: FORMAT_VERSION };
        let answer = ask!(self, requester => requester.call(&request));
        let can = self.settle(answer, faults).await?.map(|it| it.synchrony_configurations_supported);
        let can = |way| can.is_some_and(|can| can.contains(way));
        let (own, keeps_alive) = (self.care.own_eid, can(SynchronyConfigurations::ENABLE_ASYNC_KEEP_ALIVE));
        let way = if keeps_alive {
            Some((SetEventReceiver::keep_alive(own, HEARTBEAT_SECONDS), Delivery::Sent))
        } else if can(SynchronyConfigurations::ENABLE_ASYNC) {
            Some((SetEventReceiver::asynchronous(own), Delivery::Sent))
        } else if can(SynchronyConfigurations::ENABLE_POLLING) {
            Some((SetEventReceiver::polling(own), Delivery::Polled))
        } else {
            None
        };
        let mut delivery = Delivery::None;
        if let Some((request, wanted)) = way {
            let answer = ask!(self, requester => requester.call(&request));
            if self.settle(answer, faults).await?.is_some() {
                delivery = wanted;
            }
        }
        let comes = delivery != Delivery::None;
        self.tale.heard.expect(comes && keeps_alive, comes, Instant::now());
        Ok(delivery)
    }

    /// An answer; none if the device does not know the command, or answers wrongly or only this not, which is a fault. An
    /// error means that it answers nothing.
    async fn settle<T>(
        &mut self,
        result: Result<pldm::Answer<T>, CallError>,
        faults: &mut Vec<Fault>,
    ) -> Result<Option<T>, CallError> {
        match result {
            Ok(answer) => return Ok(Some(answer.value)),
            Err(CallError { failure: Failure::Refused(CompletionCode::ERROR_UNSUPPORTED_PLDM_CMD), .. }) => {}
            Err(error) if is_silence(&error) && self.silence().await.is_some() => return Err(error),
            Err(error) => self.blame(error, faults),
        }
        Ok(None)
    }

    fn blame(&self, error: CallError, faults: &mut Vec<Fault>) {
        let what = format!("{}: {}", self.requester.address(), error.what());
        faults.push(Fault { step: error.command.into(), what });
    }
}
