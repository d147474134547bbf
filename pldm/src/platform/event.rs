//! Events: what a terminus tells us of its own accord (DSP0248, PlatformEventMessage), and when we ask
//! ([`super::poll`]). Everything here is pure: bytes in, values or bytes out.

mod change;
mod cper;
mod data;
mod receiver;

pub use change::{
    EffecterChange, EffecterEvent, EffecterEventClass, PdrChange, PdrChangeFormat, PdrChangeOperation, PdrEntries,
    PdrRepositoryChange, SensorChange, SensorEvent, SensorEventClass,
};
pub use cper::{
    CperEvent, CperFormat, CperHeader, CperRecord, CperSection, CperSeverity, CperTimestamp, CperValidation, Guid,
};
pub use data::{EventClass, EventData, Heartbeat, MessagePoll};
pub use receiver::{
    EventMessageBufferSize, EventMessageGlobalEnable, EventMessageSupported, EventReceiver, GetEventReceiver,
    SetEventReceiver, SupportedEvents, SynchronyConfigurations, TerminusBufferSize, TransportProtocol,
};

use crate::{Answer, Command, CompletionCode, Header, PldmType, base::Tid};
use wire::{Malformed, Reader, Wire, Writer};

/// PlatformEventMessage (DSP0248).
pub const PLATFORM_EVENT_MESSAGE: Command = Command(0x0a);

/// The format of PlatformEventMessage and PollForPlatformEventMessage that there is so far.
pub const FORMAT_VERSION: u8 = 1;

wire::codes! {
    /// Names an event in its terminus's queue.
    pub struct EventId(u16) {
        /// There is none.
        NONE = 0x0000,
        /// In a request: nothing is acknowledged yet. In an answer: more is to be polled.
        FRAGMENT = 0xffff,
    }
}

wire::codes! {
    /// What became of an event (DSP0248, platformEventStatus).
    pub struct PlatformEventStatus(u8) {
        /// Taken; no log is kept.
        EVENT_NO_LOGGING = 0x00,
        /// Taken; the log is off.
        EVENT_LOGGING_DISABLED = 0x01,
        /// Taken; the log is full.
        EVENT_LOG_FULL = 0x02,
        /// Taken, to be logged.
        EVENT_ACCEPTED_FOR_LOGGING = 0x03,
        /// Logged.
        EVENT_LOGGED = 0x04,
        /// The log would not have it.
        EVENT_LOGGING_REJECTED = 0x05,
    }
}

/// An event as a terminus sends it (DSP0248, PlatformEventMessage, 0x0a).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EventMessage {
    /// [`FORMAT_VERSION`], so far.
    pub format_version: u8,
    /// Who sends it.
    pub tid: Tid,
    /// What kind of event it is.
    pub class: EventClass,
    /// What it says, as sent.
    pub data: Vec<u8>,
}

impl EventMessage {
    /// What it says. Never fails: what cannot be read stays raw, and the damage says why.
    pub fn event(&self) -> Answer<EventData> {
        EventData::decode(self.class, &self.data)
    }
}

impl Wire for EventMessage {
    const NAME: &'static str = "PlatformEventMessage";
    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            format_version: r.get("format_version")?,
            tid: r.get("tid")?,
            class: r.get("event_class")?,
            data: r.rest().to_vec(),
        })
    }
    fn write(&self, w: &mut Writer) -> Result<(), Malformed> {
        w.put(&self.format_version)?;
        w.put(&self.tid)?;
        w.put(&self.class)?;
        w.bytes(&self.data);
        Ok(())
    }
}

/// The event in a PLDM message, MCTP's type byte not included; none if it is no PlatformEventMessage request.
///
/// A datagram is an event like any other: [`answer`] then gives none.
pub fn opened(body: &[u8]) -> Option<(Header, Result<EventMessage, Malformed>)> {
    let mut r = Reader::new(EventMessage::NAME, body);
    let header = Header::read(&mut r).ok()?;
    let ours = header.request
        && header.version == 0
        && header.pldm_type == PldmType::PLATFORM
        && header.command == PLATFORM_EVENT_MESSAGE;
    ours.then(|| (header, r.get("event message")))
}

/// The message that answers the event with this header. A refusal has no status. Datagrams get no answer, nor does
/// anything that is no request.
pub fn answer(request: &Header, code: CompletionCode, status: PlatformEventStatus) -> Option<Vec<u8>> {
    let payload = if code == CompletionCode::SUCCESS { vec![status.0] } else { Vec::new() };
    crate::respond::reply(request, code, &payload)
}

#[cfg(test)]
#[path = "event_tests.rs"]
mod tests;
