//! How an answer goes over the line, and everything that can be wrong with that.

use super::{
    component::{Action, Component},
    data::Fault,
};
use mctp::{
    Eid, MessageType,
    assembly::Message,
    packet::{self, BASELINE_UNIT, Tag},
    serial,
};
use std::time::Duration;

/// The answer `body` to `request`, as the device sends it.
pub(super) fn actions(device: &mut Component, request: &Message, mut body: Vec<u8>) -> Vec<Action> {
    let pldm = request.message_type == MessageType::PLDM;
    let faults = device.description.fault.clone();
    let (mut after, mut source, mut tag) = (device.description.latency(), Eid(device.eid), request.tag.response());
    for fault in faults.iter().filter(|_| pldm) {
        match fault {
            Fault::WrongInstanceId => flip(&mut body, 0, 0x01),
            Fault::WrongType => flip(&mut body, 1, 0x02),
            // Far from the tags of the other tries of the same request, which may answer it.
            Fault::WrongTag => tag.number ^= 4,
            Fault::AnswersAs { eid } => source = Eid(*eid),
            Fault::Late { seconds } => after += Duration::from_secs_f64(*seconds),
            Fault::Empty => body.clear(),
            _ => {}
        }
    }
    let message = packet::message(request.message_type, &body);
    let packets: Vec<_> = packet::fragment(source, request.source, tag, &message, BASELINE_UNIT).collect();
    let frames = frames(device, packets, &faults);
    let mut bytes = Vec::new();
    for fault in &faults {
        match fault {
            Fault::Noise { bytes: count } => bytes.extend((0..*count).map(noise)),
            Fault::Floods { bytes: count } if pldm => bytes.extend(flood(device.eid, request.source, *count)),
            _ => {}
        }
    }
    bytes.extend(frames.concat());
    let twice = faults.contains(&Fault::Duplicates);
    let action = Action { after, bytes };
    if twice { vec![action.clone(), action] } else { vec![action] }
}

/// A PLDM message of its own accord, as the device sends it.
pub(super) fn told(device: &mut Component, to: u8, tag: u8, body: &[u8]) -> Action {
    let message = packet::message(MessageType::PLDM, body);
    let packets = packet::fragment(Eid(device.eid), Eid(to), Tag::request(tag), &message, BASELINE_UNIT).collect();
    let faults = device.description.fault.clone();
    Action { after: Duration::ZERO, bytes: frames(device, packets, &faults).concat() }
}

fn flip(body: &mut [u8], index: usize, bits: u8) {
    if let Some(byte) = body.get_mut(index) {
        *byte ^= bits;
    }
}

fn frames(device: &mut Component, mut packets: Vec<Vec<u8>>, faults: &[Fault]) -> Vec<Vec<u8>> {
    if faults.contains(&Fault::Reorders) && packets.len() > 2 {
        packets.swap(1, 2);
    }
    let every = faults.iter().find_map(|fault| match fault {
        Fault::BadCheckSequence { nth } => Some(*nth),
        _ => None,
    });
    let mut frames: Vec<_> = packets.iter().map(|packet| serial::frame(packet)).collect();
    for frame in &mut frames {
        device.frames += 1;
        if every.is_some_and(|nth| device.frames.is_multiple_of(nth)) {
            let last = frame.len() - 2;
            frame[last] ^= 0x10;
        }
    }
    frames
}

/// Bytes that look like nothing, with a flag in them now and then.
const fn noise(index: usize) -> u8 {
    if index % 7 == 3 { 0x7e } else { (index as u8).wrapping_mul(37) }
}

/// Whole packets that nobody asked for: answers to no request, and requests of a type that nobody serves.
fn flood(own: u8, to: Eid, bytes: usize) -> Vec<u8> {
    let mut flood = Vec::with_capacity(bytes);
    for number in (0..=u8::MAX).cycle() {
        if flood.len() >= bytes {
            break;
        }
        let request = Tag::request(number & 7);
        let tag = if number & 8 == 0 { request } else { request.response() };
        let message = packet::message(MessageType::PLDM, &[number & 0x1f | number << 4 & 0x80, 0x3f, number, 0]);
        packet::fragment(Eid(own), to, tag, &message, BASELINE_UNIT).for_each(|p| flood.extend(serial::frame(&p)));
    }
    flood
}
