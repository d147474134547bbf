//! [`EventData`]: what an event says, by its class.

use super::{CperEvent, EffecterEvent, EventId, PdrRepositoryChange, SensorEvent};
use crate::Answer;
use wire::{Malformed, Reader, Wire, Writer};

wire::codes! {
    /// What kind of event it is (DSP0248, eventClass). 0xf0 to 0xfe belong to vendors: [`Self::is_oem`].
    pub struct EventClass(u8) {
        /// A sensor changed.
        SENSOR = 0x00,
        /// An effecter changed.
        EFFECTER = 0x01,
        /// A Redfish task was executed.
        REDFISH_TASK_EXECUTED = 0x02,
        /// A Redfish message.
        REDFISH_MESSAGE = 0x03,
        /// The repository of platform descriptor records changed.
        PDR_REPOSITORY_CHANGE = 0x04,
        /// An event waits to be polled.
        MESSAGE_POLL = 0x05,
        /// A sign of life.
        HEARTBEAT_TIMER_ELAPSED = 0x06,
        /// A common platform error record.
        CPER = 0x07,
    }
}

impl EventClass {
    /// Whether a vendor gave it its meaning.
    pub const fn is_oem(self) -> bool {
        matches!(self.0, 0xf0..=0xfe)
    }
}

/// What an event says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum EventData {
    /// [`EventClass::SENSOR`].
    Sensor(SensorEvent),
    /// [`EventClass::EFFECTER`].
    Effecter(EffecterEvent),
    /// [`EventClass::PDR_REPOSITORY_CHANGE`].
    PdrRepositoryChange(PdrRepositoryChange),
    /// [`EventClass::MESSAGE_POLL`].
    MessagePoll(MessagePoll),
    /// [`EventClass::HEARTBEAT_TIMER_ELAPSED`].
    Heartbeat(Heartbeat),
    /// [`EventClass::CPER`].
    Cper(CperEvent),
    /// Of a class that is not read here, or damaged: as sent.
    Raw(Vec<u8>),
}

wire::record! {
    /// An event waits to be polled (DSP0248, pldmMessagePollEvent).
    pub struct MessagePoll = "message poll event" {
        /// One, so far.
        pub format_version: u8,
        /// The event that waits.
        pub event_id: EventId,
        /// Where to begin: for [`poll_from`](crate::platform::poll_from).
        pub data_transfer_handle: u32,
    }
}

wire::record! {
    /// A sign of life (DSP0248, heartbeatTimerElapsedEvent).
    pub struct Heartbeat = "heartbeat event" {
        /// One, so far.
        pub format_version: u8,
        /// One more each time; a gap tells of events lost.
        pub sequence_number: u8,
    }
}

impl EventData {
    /// Reads what an event of `class` says. Never fails: what cannot be read stays raw, and the damage says why. Bytes
    /// left over behind what could be read are damage too.
    pub fn decode(class: EventClass, data: &[u8]) -> Answer<Self> {
        let read = match class {
            EventClass::SENSOR => whole(data, Self::Sensor),
            EventClass::EFFECTER => whole(data, Self::Effecter),
            EventClass::PDR_REPOSITORY_CHANGE => PdrRepositoryChange::keep(data)
                .map(|Answer { value, damage }| Answer { value: Self::PdrRepositoryChange(value), damage }),
            EventClass::MESSAGE_POLL => whole(data, Self::MessagePoll),
            EventClass::HEARTBEAT_TIMER_ELAPSED => whole(data, Self::Heartbeat),
            EventClass::CPER => {
                CperEvent::keep(data).map(|Answer { value, damage }| Answer { value: Self::Cper(value), damage })
            }
            _ => Ok(Answer { value: Self::Raw(data.to_vec()), damage: None }),
        };
        read.unwrap_or_else(|malformed| Answer { value: Self::Raw(data.to_vec()), damage: Some(malformed) })
    }
}

fn whole<T: Wire>(data: &[u8], event: impl FnOnce(T) -> EventData) -> Result<Answer<EventData>, Malformed> {
    let mut r = Reader::new(T::NAME, data);
    let value = event(r.get("event")?);
    Ok(Answer { value, damage: r.finish().err() })
}

impl EventData {
    /// The bytes that say it.
    pub fn encode(&self) -> Result<Vec<u8>, Malformed> {
        let mut w = Writer::new("event data");
        match self {
            Self::Sensor(event) => w.put(event),
            Self::Effecter(event) => w.put(event),
            Self::PdrRepositoryChange(event) => w.put(event),
            Self::MessagePoll(event) => w.put(event),
            Self::Heartbeat(event) => w.put(event),
            Self::Cper(event) => w.put(event),
            Self::Raw(bytes) => {
                w.bytes(bytes);
                Ok(())
            }
        }?;
        Ok(w.into_bytes())
    }
}
