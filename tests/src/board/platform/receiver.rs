//! Who receives a terminus's events: SetEventReceiver and GetEventReceiver (DSP0248).

use super::sensors;
use crate::board::{
    bytes::{In, Out},
    component::Component,
    transfer::{ERROR_INVALID_LENGTH, SUCCESS},
};
use std::time::Duration;

const INVALID_PROTOCOL_TYPE: u8 = 0x80;
const ENABLE_METHOD_NOT_SUPPORTED: u8 = 0x81;
const ASYNCHRONOUS_KEEP_ALIVE: u8 = 3;

/// What SetEventReceiver said.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct EventReceiver {
    /// eventMessageGlobalEnable: 0 nothing, 1 asynchronous, 2 polled, 3 asynchronous with keep-alive.
    pub enable: u8,
    /// transportProtocolType.
    pub protocol: u8,
    /// eventReceiverAddress.
    pub eid: u8,
    /// heartbeatTimer in seconds, with keep-alive only.
    pub heartbeat: Option<u16>,
}

/// The receiver, and what was done for it.
#[derive(Debug)]
pub(super) struct Receiver {
    pub(super) told: EventReceiver,
    pub(super) since: Duration,
    /// When sensors are looked at next.
    pub(super) sample: Duration,
    /// How many heartbeats there were.
    pub(super) beats: u32,
    /// How many events of a storm there were, or should have been.
    pub(super) stormed: u64,
    /// How many stray events there were.
    pub(super) strayed: u32,
}

impl Receiver {
    /// Whether it is sent events, not only keeps them.
    pub(super) const fn listens(&self) -> bool {
        matches!(self.told.enable, 1 | ASYNCHRONOUS_KEEP_ALIVE)
    }

    /// When the next heartbeat is due.
    pub(super) fn beat(&self) -> Option<Duration> {
        let timer = self.told.heartbeat.filter(|seconds| *seconds > 0)?;
        Some(self.since + Duration::from_secs(u64::from(timer)) * (self.beats + 1))
    }
}

pub(super) fn set(device: &mut Component, data: &[u8]) -> Vec<u8> {
    let mut request = In(data);
    let (Some(enable), Some(protocol), Some(eid)) = (request.u8(), request.u8(), request.u8()) else {
        return vec![ERROR_INVALID_LENGTH];
    };
    let heartbeat = if enable == ASYNCHRONOUS_KEEP_ALIVE { request.u16() } else { None };
    // Others send the timer whatever they enable.
    if enable == ASYNCHRONOUS_KEEP_ALIVE && heartbeat.is_none() || !matches!(request.0.len(), 0 | 2) {
        return vec![ERROR_INVALID_LENGTH];
    }
    if enable > ASYNCHRONOUS_KEEP_ALIVE || enable > 0 && device.description.platform.synchrony & 1 << enable == 0 {
        return vec![ENABLE_METHOD_NOT_SUPPORTED];
    }
    if protocol != 0 {
        return vec![INVALID_PROTOCOL_TYPE];
    }
    let told = EventReceiver { enable, protocol, eid, heartbeat };
    device.asked.event_receivers.push(told);
    device.terminus.receiver = None;
    sensors::look_at_all(device); // what was before is no event
    let sample = device.up + Duration::from_millis(device.description.platform.sample_milliseconds);
    let since = device.up;
    device.terminus.receiver = Some(Receiver { told, since, sample, beats: 0, stormed: 0, strayed: 0 });
    vec![SUCCESS]
}

/// cc, transport protocol, address.
pub(super) fn tell(device: &Component) -> Vec<u8> {
    let told = device.terminus.receiver.as_ref().map(|receiver| receiver.told);
    Out::default().u8(SUCCESS).u8(told.map_or(0, |told| told.protocol)).u8(told.map_or(0, |told| told.eid)).0
}
