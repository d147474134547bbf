//! What is asked once, and again when the device was reset or its records changed: who it is, what sensors it has, and how
//! its events are to reach us.

use super::{Following, ask, catalogue::Catalogue, schedule::Schedule};
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
        event::{EventMessageSupported, FORMAT_VERSION, SetEventReceiver, SynchronyConfigurations},
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
        self.records(&mut faults).await?;
        let delivery = match self.care.settings.events && !self.care.shared {
            true => self.events(&mut faults).await?,
            false => Delivery::None,
        };
        let catalogue = &self.tale.catalogue;
        let polls = (delivery == Delivery::Polled).then_some(self.care.settings.poll_interval);
        let intervals = catalogue.asked.iter().map(|asked| asked.interval);
        self.schedule = Schedule::new(intervals.chain(polls), Instant::now());
        self.tale.heard.expect(delivery == Delivery::Sent, Instant::now());
        let sensors = catalogue.described(delivery, faults);
        self.tale.tell(Word::Sensors(sensors));
        self.finish_round();
        Ok(())
    }

    /// A terminus that has no id may not send events. In OpenBMC it is the endpoint id.
    async fn terminus(&mut self, faults: &mut Vec<Fault>) -> Result<(), CallError> {
        let answer = ask!(self, requester => requester.call(&GetTid));
        let tid = self.settle(answer, faults)?.map(|answer| answer.tid);
        if tid == Some(Tid::UNASSIGNED) {
            let request = SetTid { tid: Tid(self.requester.address().eid.0) };
            let answer = ask!(self, requester => requester.call(&request));
            self.settle(answer, faults)?;
        }
        Ok(())
    }

    /// Reads the records, unless they are those that were read before.
    async fn records(&mut self, faults: &mut Vec<Fault>) -> Result<(), CallError> {
        if let Some(known) = self.tale.catalogue.repository.clone() {
            let now = ask!(self, requester => requester.call(&GetPdrRepositoryInfo));
            if self.settle(now, faults)? == Some(known) && !self.tale.heard.records_changed {
                faults.extend(self.tale.catalogue.faults.iter().cloned());
                return Ok(());
            }
        }
        self.tale.heard.records_changed = false;
        match ask!(self, requester => platform::repository(requester)) {
            Ok(repository) => {
                // What was read of a device that fell silent is not all of it: it is read again.
                if let Some(error) = repository.cut.as_ref().filter(|error| is_silence(error)) {
                    return Err(error.clone());
                }
                let component = &self.tale.component;
                self.tale.catalogue =
                    Catalogue::of(component, self.requester.address(), self.care.settings.interval, repository);
                faults.extend(self.tale.catalogue.faults.iter().cloned());
                Ok(())
            }
            Err(error) => self.settle(Err::<pldm::Answer<()>, _>(error), faults).map(drop),
        }
    }

    /// Has its events sent to us, with a sign of life now and then, if it can; else they are polled, if it can that.
    async fn events(&mut self, faults: &mut Vec<Fault>) -> Result<Delivery, CallError> {
        let request = EventMessageSupported { format_version: FORMAT_VERSION };
        let answer = ask!(self, requester => requester.call(&request));
        let Some(supported) = self.settle(answer, faults)? else { return Ok(Delivery::None) };
        let can = supported.synchrony_configurations_supported;
        let own = self.care.own_eid;
        let (request, delivery) = if can.contains(SynchronyConfigurations::ENABLE_ASYNC_KEEP_ALIVE) {
            (SetEventReceiver::keep_alive(own, HEARTBEAT_SECONDS), Delivery::Sent)
        } else if can.contains(SynchronyConfigurations::ENABLE_ASYNC) {
            (SetEventReceiver::asynchronous(own), Delivery::Sent)
        } else if can.contains(SynchronyConfigurations::ENABLE_POLLING) {
            (SetEventReceiver::polling(own), Delivery::Polled)
        } else {
            return Ok(Delivery::None);
        };
        let answer = ask!(self, requester => requester.call(&request));
        Ok(if self.settle(answer, faults)?.is_some() { delivery } else { Delivery::None })
    }

    /// An answer; none if the device does not know the command, or answers wrongly, which is a fault. Silence is an error.
    fn settle<T>(
        &self,
        result: Result<pldm::Answer<T>, CallError>,
        faults: &mut Vec<Fault>,
    ) -> Result<Option<T>, CallError> {
        let address = self.requester.address();
        let fault = |step: &str, what: String| Fault { step: step.into(), what: format!("{address}: {what}") };
        match result {
            Ok(answer) => Ok(Some(answer.value)),
            Err(error) if is_silence(&error) => Err(error),
            Err(CallError { failure: Failure::Refused(CompletionCode::ERROR_UNSUPPORTED_PLDM_CMD), .. }) => Ok(None),
            Err(error) => {
                faults.push(fault(error.command, error.what()));
                Ok(None)
            }
        }
    }
}
