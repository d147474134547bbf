//! Events: what a terminus tells (DSP0248, clause "PLDM event messages").

use crate::board::{bytes::Out, data::Size};

/// An event class and its data, as they stand in PlatformEventMessage and in PollForPlatformEventMessage.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Event {
    /// eventClass.
    pub class: u8,
    /// eventData.
    pub data: Vec<u8>,
}

/// The layout of the events of classes 4 to 7.
const FORMAT: u8 = 1;

impl Event {
    /// A sensor is no longer how it was (sensorOpState).
    pub fn operational(sensor: u16, present: u8, previous: u8) -> Self {
        Self::sensor(sensor, 0, Out::default().u8(present).u8(previous))
    }

    /// A state sensor has another state.
    pub fn state(sensor: u16, offset: u8, present: u8, previous: u8) -> Self {
        Self::sensor(sensor, 1, Out::default().u8(offset).u8(present).u8(previous))
    }

    /// A numeric sensor crossed a threshold; `raw` is its reading.
    pub fn numeric(sensor: u16, present: u8, previous: u8, size: Size, raw: f64) -> Self {
        let out = Out::default().u8(present).u8(previous).u8(size.into());
        Self::sensor(sensor, 2, out.bytes(size.bytes(raw)))
    }

    fn sensor(sensor: u16, kind: u8, data: Out) -> Self {
        Self { class: 0, data: Out::default().u16(sensor).u8(kind).bytes(data.0).0 }
    }

    /// These records are others: for each kind of change (1 deleted, 2 added, 3 modified) their handles.
    pub fn repository_change(changes: &[(u8, Vec<u32>)]) -> Self {
        let by_handles = 2;
        let data = Out::default().u8(by_handles).u8(changes.len() as u8).each(changes, |out, (kind, handles)| {
            out.u8(*kind).u8(handles.len() as u8).each(handles, |out, handle| out.u32(*handle))
        });
        Self { class: 4, data: data.0 }
    }

    /// The whole repository is another.
    pub fn repository_refresh() -> Self {
        let (everything, no_changes) = (0, 0);
        Self { class: 4, data: vec![everything, no_changes] }
    }

    /// An event waits to be polled.
    pub fn message_poll(id: u16, handle: u32) -> Self {
        Self { class: 5, data: Out::default().u8(FORMAT).u16(id).u32(handle).0 }
    }

    /// Still here.
    pub fn heartbeat(sequence: u8) -> Self {
        Self { class: 6, data: vec![FORMAT, sequence] }
    }

    /// A common platform error record: `kind` 0 is a whole one, 1 one section.
    pub fn cper(kind: u8, record: &[u8]) -> Self {
        Self { class: 7, data: Out::default().u8(FORMAT).u8(kind).u16(record.len() as u16).bytes(record).0 }
    }

    /// What only the maker understands: class 0xfa and up.
    pub fn oem(class: u8, data: &[u8]) -> Self {
        Self { class, data: data.into() }
    }
}
