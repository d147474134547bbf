//! Firmware update (DSP0267): what a device and those behind it run.

use crate::board::{
    bytes::{In, Out, hex},
    data::{Description, Descriptor, Downstream, Fault, Firmware, Status, Transfer, Version},
    transfer::{ERROR_INVALID_LENGTH, Part, SUCCESS, length_lie},
};

/// A handle that names no part, and a transfer operation flag that is none.
const INVALID_TRANSFER_HANDLE: u8 = 0x80;
const INVALID_TRANSFER_OPERATION_FLAG: u8 = 0x81;

pub(super) fn answer(device: &Description, command: u8, data: &[u8]) -> Vec<u8> {
    match (command, data) {
        (0x01, []) => identifiers(device),
        (0x02, []) => firmware_parameters(device),
        (0x03, []) => downstream_devices(device),
        (0x04, data) => downstream(device, data, Transfer::Identifiers, downstream_identifiers),
        (0x05, data) => downstream(device, data, Transfer::Parameters, downstream_parameters),
        (0x1b, []) => status(&device.status),
        _ => vec![ERROR_INVALID_LENGTH],
    }
}

/// cc, length of what follows the count, count, descriptors.
fn identifiers(device: &Description) -> Vec<u8> {
    let list: Vec<u8> = device.descriptor.iter().flat_map(descriptor).collect();
    let (length, count) = (list.len() as u32, device.descriptor.len() as u8);
    [vec![SUCCESS], length.to_le_bytes().to_vec(), vec![count], list].concat()
}

/// Type, length, value; a vendor-defined value begins with a title.
fn descriptor(one: &Descriptor) -> Vec<u8> {
    let title =
        one.title.as_ref().map_or_else(Vec::new, |title| [vec![1, title.len() as u8], title.clone().into()].concat());
    let text = one.text.clone().unwrap_or_default().into_bytes();
    let value = [title, hex(&one.bytes), text].concat();
    [one.number.to_le_bytes().to_vec(), (value.len() as u16).to_le_bytes().to_vec(), value].concat()
}

/// cc, capabilities, count, the image set's heads and strings, then the components.
fn firmware_parameters(device: &Description) -> Vec<u8> {
    let lie = device.fault.iter().find_map(|fault| match fault {
        Fault::CountLie { count } => Some(*count),
        _ => None,
    });
    let count = lie.unwrap_or(device.firmware.len() as u16);
    let (active_type, active) = device.image_set.active.encoded();
    let (pending_type, pending) = device.image_set.pending.encoded();
    let heads = [active_type, active.len() as u8, pending_type, pending.len() as u8].to_vec();
    let fixed =
        [vec![SUCCESS], device.capabilities.to_le_bytes().to_vec(), count.to_le_bytes().to_vec(), heads].concat();
    let table: Vec<u8> = device.firmware.iter().flat_map(firmware).collect();
    spoil([fixed, active, pending, table].concat(), &device.fault)
}

/// One entry: 39 fixed bytes and the two strings.
fn firmware(one: &Firmware) -> Vec<u8> {
    [
        one.classification.to_le_bytes().to_vec(),
        one.identifier.to_le_bytes().to_vec(),
        vec![one.index],
        head(&one.active),
        head(&one.pending),
        one.activation_methods.to_le_bytes().to_vec(),
        one.capabilities.to_le_bytes().to_vec(),
        one.active.encoded().1,
        one.pending.encoded().1,
    ]
    .concat()
}

/// Comparison stamp, string type and length, release date.
fn head(version: &Version) -> Vec<u8> {
    let (encoding, text) = version.encoded();
    [version.stamp.to_le_bytes().to_vec(), vec![encoding, text.len() as u8], version.date_bytes().to_vec()].concat()
}

fn spoil(mut table: Vec<u8>, faults: &[Fault]) -> Vec<u8> {
    for fault in faults {
        match fault {
            Fault::CutsTable { bytes } => table.truncate(*bytes),
            Fault::Oversize { bytes } if *bytes > table.len() => table.resize(*bytes, 0),
            Fault::Lie { offset, value } if *offset < table.len() => table[*offset] = *value,
            _ => {}
        }
    }
    table
}

/// cc, whether there can be devices behind it, how many there are, how many there can be, capabilities.
fn downstream_devices(device: &Description) -> Vec<u8> {
    let (supported, count) = (1, device.downstream.len() as u16);
    Out::default().u8(SUCCESS).u8(supported).u16(count).u16(count).u32(device.capabilities).0
}

/// cc, next part, transfer flag, and what `write` says of the devices of the part.
fn downstream(
    device: &Description,
    data: &[u8],
    of: Transfer,
    write: fn(Out, &Description, &[Downstream]) -> Out,
) -> Vec<u8> {
    let mut request = In(data);
    let (Some(handle), Some(operation), []) = (request.u32(), request.u8(), request.0) else {
        return vec![ERROR_INVALID_LENGTH];
    };
    let start = match operation {
        0 => handle,
        1 => 0,
        _ => return vec![INVALID_TRANSFER_OPERATION_FLAG],
    };
    let Some(part) = Part::of(device, of, start, device.downstream.len(), device.parts.downstream) else {
        return vec![INVALID_TRANSFER_HANDLE];
    };
    let out = Out::default().u8(SUCCESS).u32(part.next).u8(part.flag);
    write(out, device, &device.downstream[part.range]).0
}

/// Length of what follows the count, count, and for each its index, how many descriptors, and those.
fn downstream_identifiers(out: Out, device: &Description, list: &[Downstream]) -> Out {
    let portions = Out::default().each(list, |out, one| {
        let out = out.u16(one.index).u8(one.descriptor.len() as u8);
        out.each(&one.descriptor, |out, one| out.bytes(descriptor(one)))
    });
    let length = length_lie(device, Transfer::Identifiers, portions.0.len());
    out.u32(length).u16(list.len() as u16).bytes(portions.0)
}

/// Capabilities of the whole, count, and an entry of 41 fixed bytes and two strings for each.
fn downstream_parameters(out: Out, device: &Description, list: &[Downstream]) -> Out {
    out.u32(device.capabilities).u16(list.len() as u16).each(list, |out, one| {
        out.u16(one.index)
            .bytes(head(&one.active))
            .bytes(head(&one.pending))
            .u16(one.activation_methods)
            .u32(one.capabilities)
            .bytes(one.active.encoded().1)
            .bytes(one.pending.encoded().1)
    })
}

fn status(one: &Status) -> Vec<u8> {
    let states = [one.current, one.previous, one.auxiliary, one.auxiliary_status];
    Out::default().u8(SUCCESS).bytes(states).u8(one.progress).u8(one.reason).u32(one.flags).0
}
