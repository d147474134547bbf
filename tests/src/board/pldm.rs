//! What devices answer to PLDM messages (DSP0240, DSP0267).

use super::{
    bytes::{crc32, hex, ver32},
    component::Component,
    data::{Description, Descriptor, Fault, Firmware, PldmType, Version},
};

/// The answer to a PLDM message, header included, if there is one.
pub(super) fn answer(device: &mut Component, body: &[u8]) -> Option<Vec<u8>> {
    let [first, second, command, data @ ..] = body else { return None };
    if first & 0xc0 != 0x80 {
        return None; // not a request that wants a response
    }
    let pldm_type = second & 0x3f;
    let payload = match refusal(&device.description, pldm_type, *command) {
        Some(code) => vec![code],
        None => match (pldm_type, *command, data) {
            (0, 1, [tid]) => set_tid(device, *tid),
            (0, 2, []) => vec![SUCCESS, device.tid],
            (0, 3, [_, _, _, _, 1, number]) => versions(&device.description, *number),
            (0, 4, []) => types(&device.description),
            (0, 5, [number, _version @ .., _]) if data.len() == 5 => commands(&device.description, *number),
            (5, 1, []) => identifiers(&device.description),
            (5, 2, []) => firmware_parameters(&device.description),
            _ => vec![ERROR_INVALID_LENGTH],
        },
    };
    Some([vec![first & 0x1f, pldm_type, *command], payload].concat())
}

const SUCCESS: u8 = 0x00;
const ERROR_INVALID_DATA: u8 = 0x02;
const ERROR_INVALID_LENGTH: u8 = 0x03;
const ERROR_UNSUPPORTED_PLDM_CMD: u8 = 0x05;
const ERROR_INVALID_PLDM_TYPE: u8 = 0x20;
const START_AND_END: u8 = 5;

fn refusal(device: &Description, number: u8, command: u8) -> Option<u8> {
    let told = device.fault.iter().find_map(|fault| match fault {
        Fault::Refuses { pldm, command: refused, code } if (*pldm, *refused) == (number, command) => Some(*code),
        _ => None,
    });
    told.or_else(|| match find(device, number) {
        None => Some(ERROR_INVALID_PLDM_TYPE),
        Some(known) => (!known.commands.contains(&command)).then_some(ERROR_UNSUPPORTED_PLDM_CMD),
    })
}

fn find(device: &Description, number: u8) -> Option<&PldmType> {
    device.pldm.iter().find(|one| one.number == number)
}

fn set_tid(device: &mut Component, tid: u8) -> Vec<u8> {
    if matches!(tid, 0 | 0xff) {
        return vec![ERROR_INVALID_DATA];
    }
    device.tid = tid;
    vec![SUCCESS]
}

/// cc, next handle, transfer flag, ver32..., CRC-32 over the versions.
fn versions(device: &Description, number: u8) -> Vec<u8> {
    let Some(known) = find(device, number) else { return vec![0x83] };
    let versions: Vec<u8> = known.versions.iter().flat_map(|version| ver32(version)).collect();
    let wrong = device.fault.contains(&Fault::BadVersionCrc);
    let crc = crc32(&versions) ^ u32::from(wrong);
    [vec![SUCCESS, 0, 0, 0, 0, START_AND_END], versions, crc.to_le_bytes().to_vec()].concat()
}

fn types(device: &Description) -> Vec<u8> {
    let listed = device.pldm.iter().filter(|one| !one.unlisted).map(|one| one.number);
    [vec![SUCCESS], bitmap(8, listed)].concat()
}

fn commands(device: &Description, number: u8) -> Vec<u8> {
    let Some(known) = find(device, number) else { return vec![ERROR_INVALID_PLDM_TYPE] };
    [vec![SUCCESS], bitmap(32, known.commands.iter().copied())].concat()
}

fn bitmap(length: usize, numbers: impl Iterator<Item = u8>) -> Vec<u8> {
    let mut bitmap = vec![0; length];
    numbers.for_each(|number| bitmap[usize::from(number / 8)] |= 1 << (number % 8));
    bitmap
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
    let head = |version: &Version| {
        let (encoding, text) = version.encoded();
        [version.stamp.to_le_bytes().to_vec(), vec![encoding, text.len() as u8], version.date_bytes().to_vec()].concat()
    };
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
