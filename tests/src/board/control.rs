//! What devices answer to MCTP control messages (DSP0236, 12).

use super::{component::Component, data::EidKind};

/// The body of the answer to a control message, if there is one.
pub(super) fn answer(device: &mut Component, body: &[u8]) -> Option<Vec<u8>> {
    let [head, command, data @ ..] = body else { return None };
    if head & 0x80 == 0 {
        return None; // a response, not a request
    }
    let answer = match (*command, data) {
        (0x01, [operation @ 0..=1, eid]) => set_endpoint_id(device, *operation, *eid),
        (0x02, []) => endpoint_id(device),
        (0x03, []) => device.uuid().map_or_else(unsupported, |uuid| [vec![SUCCESS], uuid.to_vec()].concat()),
        (0x04, [message_type]) => versions(*message_type),
        (0x05, []) => vec![SUCCESS, 1, 0x01],
        (0x08, [operation, count, first]) => allocate_endpoint_ids(device, *operation, *count, *first),
        (0x01 | 0x02 | 0x03 | 0x04 | 0x05 | 0x08, _) => vec![ERROR_INVALID_LENGTH],
        _ => unsupported(),
    };
    Some([vec![head & 0x1f, *command], answer].concat())
}

const SUCCESS: u8 = 0x00;
const ERROR_INVALID_DATA: u8 = 0x02;
const ERROR_INVALID_LENGTH: u8 = 0x03;
const ERROR_UNSUPPORTED: u8 = 0x05;
const FORCE: u8 = 1;

fn unsupported() -> Vec<u8> {
    vec![ERROR_UNSUPPORTED]
}

fn set_endpoint_id(device: &mut Component, operation: u8, eid: u8) -> Vec<u8> {
    if !(8..=254).contains(&eid) {
        return vec![ERROR_INVALID_DATA];
    }
    match device.description.eid {
        EidKind::Fixed(own) => vec![SUCCESS, 0x10, own, 0],
        EidKind::Dynamic => {
            device.eid = eid;
            vec![SUCCESS, 0x00, eid, 0]
        }
        EidKind::Bridge(members) => {
            device.eid = eid;
            if operation == FORCE {
                device.pool = None;
            }
            let pool = if device.pool.is_some() { 0x02 } else { 0x01 };
            vec![SUCCESS, pool, eid, members]
        }
    }
}

fn endpoint_id(device: &Component) -> Vec<u8> {
    let kind = match device.description.eid {
        EidKind::Dynamic => 0x00,
        EidKind::Fixed(_) => 0x01,
        EidKind::Bridge(_) => 0x10,
    };
    vec![SUCCESS, device.eid, kind, 0]
}

fn versions(message_type: u8) -> Vec<u8> {
    match message_type {
        0xff | 0x00 => vec![SUCCESS, 1, 0xf1, 0xf3, 0xf1, 0x00],
        0x01 => vec![SUCCESS, 1, 0xf1, 0xf0, 0xf0, 0x00],
        _ => vec![0x80], // "message type number not supported"
    }
}

/// Operation 0 allocates, 1 forces, 2 asks what there is.
fn allocate_endpoint_ids(device: &mut Component, operation: u8, count: u8, first: u8) -> Vec<u8> {
    let EidKind::Bridge(members) = device.description.eid else { return unsupported() };
    match (operation, device.pool) {
        (0..=1, _) if first < 8 || count == 0 => vec![ERROR_INVALID_DATA],
        (0, Some(pool)) if pool != first => vec![SUCCESS, 0x01, members, pool],
        (0..=1, _) => {
            device.pool = Some(first);
            vec![SUCCESS, 0x00, count.min(members), first]
        }
        (2, pool) => vec![SUCCESS, 0x00, members, pool.unwrap_or(0)],
        _ => vec![ERROR_INVALID_DATA],
    }
}
