//! When a terminus speaks of itself: what is due, and what it says then.

use super::{Event, outbox::Message, sensors};
use crate::board::{component::Component, data::Fault};
use std::time::Duration;

/// How many events of a storm are made at once at most; those that no line could have carried are never made.
const GUST: u64 = 32;

/// Gusts come at whole multiples of this.
const LULL: Duration = Duration::from_millis(1);

/// In nanoseconds.
const SECOND: u128 = 1_000_000_000;

/// Tells an event in the way the receiver wants it; without one, nobody hears it.
pub(super) fn emit(device: &mut Component, event: Event) {
    match &device.terminus.receiver {
        Some(receiver) if receiver.listens() => device.terminus.outbox.push(event),
        Some(receiver) if receiver.told.enable != 0 => drop(device.terminus.queue.push(event)),
        _ => {}
    }
}

/// When there is something to do, by the time since power-on.
pub(in super::super) fn due(device: &Component) -> Option<Duration> {
    let receiver = device.terminus.receiver.as_ref().filter(|receiver| receiver.told.enable != 0)?;
    if !receiver.listens() {
        return Some(receiver.sample);
    }
    let storm = storm(device).map(|(_, per_second)| {
        let next = (u128::from(receiver.stormed) + 1) * SECOND.div_ceil(u128::from(per_second));
        receiver.since + LULL * next.div_ceil(LULL.as_nanos()) as u32
    });
    let stray = stray(device).map(|(_, seconds)| receiver.since + seconds * (receiver.strayed + 1));
    let outbox = device.terminus.outbox.due(device.up);
    [Some(receiver.sample), receiver.beat(), storm, stray, outbox].into_iter().flatten().min()
}

/// Does what is due, and gives the messages to send and whom to.
pub(in super::super) fn tick(device: &mut Component) -> Vec<(u8, u8, Vec<u8>)> {
    let up = device.up;
    let Some(receiver) = device.terminus.receiver.as_mut().filter(|receiver| receiver.told.enable != 0) else {
        return vec![];
    };
    let (eid, listens) = (receiver.told.eid, receiver.listens());
    let sample = receiver.sample <= up;
    if sample {
        receiver.sample = up + Duration::from_millis(device.description.platform.sample_milliseconds.max(1));
    }
    let beat = receiver.beat().is_some_and(|due| due <= up).then(|| {
        receiver.beats += 1;
        receiver.beats as u8
    });
    if sample {
        sensors::look_at_all(device);
    }
    if let Some(sequence) = beat {
        emit(device, Event::heartbeat(sequence.wrapping_sub(1)));
    }
    if !listens {
        return vec![];
    }
    strays(device);
    let mut messages = gust(device);
    let turn = device.terminus.outbox.turn(up, device.tid, &device.description.platform);
    device.asked.unanswered += turn.unanswered;
    messages.extend(turn.send);
    device.asked.sent += messages.len() as u64;
    messages.into_iter().map(|Message { tag, body }| (eid, tag, body)).collect()
}

/// A message came that is no request: an answer to one of its events, perhaps.
pub(in super::super) fn answered(device: &mut Component, tag: u8, body: &[u8]) {
    if let (Some(class), Some(code)) = (device.terminus.outbox.answered(tag, body), body.get(3)) {
        device.asked.answers.push((class, *code, body.get(4).copied()));
    }
}

fn storm(device: &Component) -> Option<(u16, u32)> {
    device.description.fault.iter().find_map(|fault| match fault {
        Fault::EventStorm { sensor, per_second } => Some((*sensor, (*per_second).max(1))),
        _ => None,
    })
}

fn stray(device: &Component) -> Option<(u16, Duration)> {
    device.description.fault.iter().find_map(|fault| match fault {
        Fault::StrayEvents { sensor, seconds } => Some((*sensor, Duration::from_secs_f64(seconds.max(0.001)))),
        _ => None,
    })
}

/// Events that nobody's answer is waited for.
fn gust(device: &mut Component) -> Vec<Message> {
    let (Some((sensor, per_second)), Some(receiver)) = (storm(device), &mut device.terminus.receiver) else {
        return vec![];
    };
    let all = ((device.up - receiver.since).as_nanos() * u128::from(per_second) / SECOND) as u64;
    let (first, tid) = (receiver.stormed, device.tid);
    receiver.stormed = all.max(first);
    let outbox = &mut device.terminus.outbox;
    let event = |number: u64| Event::state(sensor, 0, 1 + (number % 2) as u8, 2 - (number % 2) as u8);
    (first..all).take(GUST as usize).map(|number| outbox.message(tid, &event(number))).collect()
}

fn strays(device: &mut Component) {
    let (Some((sensor, seconds)), Some(receiver)) = (stray(device), &mut device.terminus.receiver) else { return };
    if receiver.since + seconds * (receiver.strayed + 1) <= device.up {
        receiver.strayed += 1;
        emit(device, Event::state(sensor, 0, 2, 1));
    }
}
