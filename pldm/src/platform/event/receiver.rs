//! Who gets a terminus's events, how, and which it can send.

use super::EventClass;
use crate::{Answer, Keep, base::Done, message::request};
use mctp::Eid;
use wire::{Damage, Malformed, Reader, Wire, Writer};

wire::codes! {
    /// How events get to their receiver (DSP0248, eventMessageGlobalEnable and synchronyConfiguration).
    pub struct EventMessageGlobalEnable(u8) {
        /// Not at all.
        DISABLE = 0x00,
        /// The terminus sends them.
        ENABLE_ASYNC = 0x01,
        /// The receiver polls.
        ENABLE_POLLING = 0x02,
        /// The terminus sends them, and a heartbeat.
        ENABLE_ASYNC_KEEP_ALIVE = 0x03,
    }
}

wire::bits! {
    /// The ways in which a terminus can deliver events (DSP0248, synchronyConfigurationSupported).
    pub struct SynchronyConfigurations(u8) {
        /// Not at all.
        DISABLE = 0,
        /// It can send them.
        ENABLE_ASYNC = 1,
        /// It can be polled.
        ENABLE_POLLING = 2,
        /// It can send them, and a heartbeat.
        ENABLE_ASYNC_KEEP_ALIVE = 3,
    }
}

wire::codes! {
    /// What carries events (DSP0248, transportProtocolType).
    pub struct TransportProtocol(u8) {
        /// MCTP: an address is an endpoint id.
        MCTP = 0x00,
    }
}

/// Tells a terminus who gets its events (DSP0248, SetEventReceiver, 0x04).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SetEventReceiver {
    /// How they get there.
    pub enable: EventMessageGlobalEnable,
    /// What carries them.
    pub transport_protocol: TransportProtocol,
    /// The receiver's endpoint id.
    pub event_receiver: u8,
    /// How many seconds may pass without a sign of life; with [`EventMessageGlobalEnable::ENABLE_ASYNC_KEEP_ALIVE`], and
    /// only then.
    pub heartbeat_timer: Option<u16>,
}
request!(PLATFORM SetEventReceiver = 0x04 -> Done);

impl SetEventReceiver {
    const fn of(enable: EventMessageGlobalEnable, receiver: Eid, heartbeat_timer: Option<u16>) -> Self {
        Self { enable, transport_protocol: TransportProtocol::MCTP, event_receiver: receiver.0, heartbeat_timer }
    }

    /// Nobody gets them any more.
    pub const fn disable(receiver: Eid) -> Self {
        Self::of(EventMessageGlobalEnable::DISABLE, receiver, None)
    }

    /// The terminus sends them.
    pub const fn asynchronous(receiver: Eid) -> Self {
        Self::of(EventMessageGlobalEnable::ENABLE_ASYNC, receiver, None)
    }

    /// The receiver polls.
    pub const fn polling(receiver: Eid) -> Self {
        Self::of(EventMessageGlobalEnable::ENABLE_POLLING, receiver, None)
    }

    /// The terminus sends them, and within every `seconds` a heartbeat.
    pub const fn keep_alive(receiver: Eid, seconds: u16) -> Self {
        Self::of(EventMessageGlobalEnable::ENABLE_ASYNC_KEEP_ALIVE, receiver, Some(seconds))
    }
}

impl Wire for SetEventReceiver {
    const NAME: &'static str = "SetEventReceiver";

    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        let enable = r.get("event_message_global_enable")?;
        let transport_protocol = r.get("transport_protocol_type")?;
        let event_receiver = r.get("event_receiver_address_info")?;
        let keeps_alive = enable == EventMessageGlobalEnable::ENABLE_ASYNC_KEEP_ALIVE;
        let heartbeat_timer = keeps_alive.then(|| r.get("heartbeat_timer")).transpose()?;
        Ok(Self { enable, transport_protocol, event_receiver, heartbeat_timer })
    }

    fn write(&self, w: &mut Writer) -> Result<(), Malformed> {
        w.put(&self.enable)?;
        w.put(&self.transport_protocol)?;
        w.put(&self.event_receiver)?;
        match (self.enable, self.heartbeat_timer) {
            (EventMessageGlobalEnable::ENABLE_ASYNC_KEEP_ALIVE, Some(seconds)) => w.put(&seconds),
            (EventMessageGlobalEnable::ENABLE_ASYNC_KEEP_ALIVE, None) | (_, Some(_)) => {
                Err(Malformed { message: Self::NAME, field: "heartbeat_timer", damage: Damage::Contradiction })
            }
            (_, None) => Ok(()),
        }
    }
}

wire::record! {
    /// Asks a terminus who gets its events (DSP0248, GetEventReceiver, 0x05).
    pub struct GetEventReceiver = "GetEventReceiver";
}
request!(PLATFORM GetEventReceiver = 0x05 -> EventReceiver);

wire::record! {
    /// Who gets a terminus's events.
    pub struct EventReceiver = "GetEventReceiver response" {
        /// What carries them.
        pub transport_protocol: TransportProtocol,
        /// The receiver's endpoint id; zero when there is none.
        pub event_receiver: u8,
    }
}

wire::record! {
    /// Asks a terminus which events it can send (DSP0248, EventMessageSupported, 0x0c).
    pub struct EventMessageSupported = "EventMessageSupported" {
        /// [`FORMAT_VERSION`](super::FORMAT_VERSION).
        pub format_version: u8,
    }
}
request!(PLATFORM EventMessageSupported = 0x0c -> SupportedEvents, SupportedEvents::keep);

/// Which events a terminus can send, and how.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SupportedEvents {
    /// How it sends them now.
    pub synchrony_configuration: EventMessageGlobalEnable,
    /// How it can.
    pub synchrony_configurations_supported: SynchronyConfigurations,
    /// The classes of events.
    pub classes: Vec<EventClass>,
}

impl Keep for SupportedEvents {
    fn read_kept(r: &mut Reader<'_>) -> Result<Answer<Self>, Malformed> {
        let synchrony_configuration = r.get("synchrony_configuration")?;
        let synchrony_configurations_supported = r.get("synchrony_configuration_supported")?;
        let count: u8 = r.get("number_event_class_returned")?;
        let mut classes = Vec::new();
        let all = (0..count).try_for_each(|_| r.get("event_class").map(|class| classes.push(class)));
        Ok(Answer {
            value: Self { synchrony_configuration, synchrony_configurations_supported, classes },
            damage: all.err(),
        })
    }
}

impl Wire for SupportedEvents {
    const NAME: &'static str = "EventMessageSupported response";

    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        Self::read_whole(r)
    }

    fn write(&self, w: &mut Writer) -> Result<(), Malformed> {
        w.put(&self.synchrony_configuration)?;
        w.put(&self.synchrony_configurations_supported)?;
        w.len::<u8>(self.classes.len(), "number_event_class_returned")?;
        w.list(&self.classes)
    }
}

wire::record! {
    /// Agrees on the size of an event message (DSP0248, EventMessageBufferSize, 0x0d).
    pub struct EventMessageBufferSize = "EventMessageBufferSize" {
        /// The largest the receiver takes, in bytes.
        pub event_receiver_max_buffer_size: u16,
    }
}
request!(PLATFORM EventMessageBufferSize = 0x0d -> TerminusBufferSize);

wire::record! {
    /// The size of an event message that the terminus agrees to.
    pub struct TerminusBufferSize = "EventMessageBufferSize response" {
        /// The largest it sends, in bytes.
        pub terminus_max_buffer_size: u16,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Request, platform::survives};
    use proptest::prelude::*;

    const US: Eid = Eid(8);

    #[test]
    fn only_keep_alive_has_a_heartbeat() {
        assert_eq!(wire::encode(&SetEventReceiver::disable(US)), Ok(vec![0, 0, 8]));
        assert_eq!(wire::encode(&SetEventReceiver::asynchronous(US)), Ok(vec![1, 0, 8]));
        assert_eq!(wire::encode(&SetEventReceiver::polling(US)), Ok(vec![2, 0, 8]));
        assert_eq!(wire::encode(&SetEventReceiver::keep_alive(US, 0x1234)), Ok(vec![3, 0, 8, 0x34, 0x12]));
        for wrong in [
            SetEventReceiver { heartbeat_timer: Some(1), ..SetEventReceiver::polling(US) },
            SetEventReceiver { heartbeat_timer: None, ..SetEventReceiver::keep_alive(US, 1) },
        ] {
            assert_eq!(wire::encode(&wrong).unwrap_err().damage, Damage::Contradiction);
        }
    }

    #[test]
    fn of_255_classes_the_two_that_came_are_kept() {
        let answer = EventMessageSupported::decode(&[1, 0x0e, 255, 0, 7]).unwrap();
        assert_eq!(answer.value.classes, [EventClass::SENSOR, EventClass::CPER]);
        assert!(answer.value.synchrony_configurations_supported.contains(SynchronyConfigurations::ENABLE_POLLING));
        assert_eq!(answer.damage.map(|it| (it.field, it.damage)), Some(("event_class", Damage::Short)));
    }

    proptest! {
        #[test]
        fn whatever_decodes_encodes_back(bytes in prop::collection::vec(0u8..6, 0..9)) {
            survives::<SetEventReceiver>(&bytes)?;
            survives::<EventReceiver>(&bytes)?;
            survives::<SupportedEvents>(&bytes)?;
            let _ = SupportedEvents::keep(&bytes);
        }
    }
}
