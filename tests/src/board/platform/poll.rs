//! Events that are fetched: PollForPlatformEventMessage (DSP0248).

use super::Event;
use crate::board::{
    bytes::{In, Out, crc32},
    component::Component,
    data::{Description, Fault, Transfer},
    transfer::{ERROR_INVALID_LENGTH, Part, SUCCESS, crc_lie, length_lie},
};
use std::collections::VecDeque;

const INVALID_DATA_TRANSFER_HANDLE: u8 = 0x80;
const INVALID_TRANSFER_OPERATION_FLAG: u8 = 0x81;

/// No event, or no more.
const NONE: u16 = 0x0000;
/// More events wait; in a request: this acknowledges none.
const MORE: u16 = 0xffff;

/// So many events are kept at most; beyond it the oldest go.
const MOST: usize = 4096;

/// The events that wait, each with its id.
#[derive(Debug, Default)]
pub(super) struct Queue {
    events: VecDeque<(u16, Event)>,
    last: u16,
}

impl Queue {
    /// Keeps an event, and gives its id.
    pub(super) fn push(&mut self, event: Event) -> u16 {
        self.last = if self.last >= MORE - 1 { 1 } else { self.last + 1 };
        self.events.push_back((self.last, event));
        if self.events.len() > MOST {
            self.events.pop_front();
        }
        self.last
    }

    fn fill(&mut self, device: &Description) {
        if self.events.is_empty() && endless(device).is_some() {
            let sensor = 0x0bad;
            self.push(Event::state(sensor, 0, 2, 1));
        }
    }
}

fn endless(device: &Description) -> Option<bool> {
    device.fault.iter().find_map(|fault| match fault {
        Fault::EndlessPoll { same_id } => Some(*same_id),
        _ => None,
    })
}

pub(super) fn answer(device: &mut Component, data: &[u8]) -> Vec<u8> {
    let mut request = In(data);
    let (Some(_format), Some(operation), Some(handle)) = (request.u8(), request.u8(), request.u32()) else {
        return vec![ERROR_INVALID_LENGTH];
    };
    let (Some(acknowledged), []) = (request.u16(), request.0) else { return vec![ERROR_INVALID_LENGTH] };
    device.terminus.queue.fill(&device.description);
    match operation {
        0 => part(device, handle),
        1 => {
            acknowledge(device, acknowledged);
            part(device, 0)
        }
        2 => {
            acknowledge(device, acknowledged);
            let more = !device.terminus.queue.events.is_empty();
            Out::default().u8(SUCCESS).u8(device.tid).u16(if more { MORE } else { NONE }).0
        }
        _ => vec![INVALID_TRANSFER_OPERATION_FLAG],
    }
}

fn acknowledge(device: &mut Component, id: u16) {
    if matches!(id, NONE | MORE) {
        return;
    }
    device.asked.acknowledged.push(id);
    let queue = &mut device.terminus.queue;
    if endless(&device.description) != Some(true) && queue.events.front().is_some_and(|(first, _)| *first == id) {
        queue.events.pop_front();
    }
    queue.fill(&device.description);
}

/// cc, TID, event id, next handle, transfer flag, class, length, data, and the CRC-32 of the whole event at its end.
fn part(device: &Component, start: u32) -> Vec<u8> {
    let out = Out::default().u8(SUCCESS).u8(device.tid);
    let Some((id, event)) = device.terminus.queue.events.front() else { return out.u16(NONE).0 };
    let description = &device.description;
    let Some(part) = Part::of(description, Transfer::Poll, start, event.data.len(), description.parts.poll) else {
        return vec![INVALID_DATA_TRANSFER_HANDLE];
    };
    let data = &event.data[part.range.clone()];
    let length = length_lie(description, Transfer::Poll, data.len());
    let out = out.u16(*id).u32(part.next).u8(part.flag).u8(event.class).u32(length).bytes(data);
    let checksum = crc32(&event.data) ^ crc_lie(description, Transfer::Poll);
    if part.is_last() { out.u32(checksum).0 } else { out.0 }
}
