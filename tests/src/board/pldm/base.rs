//! Messaging control and discovery (DSP0240).

use super::find;
use crate::board::{
    bytes::{In, Out, crc32, ver32},
    component::Component,
    data::{Description, Fault, Transfer},
    transfer::{ERROR_INVALID_DATA, ERROR_INVALID_LENGTH, ERROR_INVALID_PLDM_TYPE, Part, SUCCESS, crc_lie},
};

const INVALID_DATA_TRANSFER_HANDLE: u8 = 0x80;
const INVALID_TRANSFER_OPERATION_FLAG: u8 = 0x81;
const INVALID_PLDM_TYPE_IN_REQUEST_DATA: u8 = 0x83;

pub(super) fn answer(device: &mut Component, command: u8, data: &[u8]) -> Vec<u8> {
    match (command, data) {
        (0x01, [tid]) => set_tid(device, *tid),
        (0x02, []) => vec![SUCCESS, device.tid],
        (0x03, data) => versions(&device.description, data),
        (0x04, []) => types(&device.description),
        (0x05, [number, _version @ .., _]) if data.len() == 5 => commands(&device.description, *number),
        (0x07, data) => negotiate(device, data),
        (0x09, data) => super::file::multipart_receive(device, data),
        _ => vec![ERROR_INVALID_LENGTH],
    }
}

fn set_tid(device: &mut Component, tid: u8) -> Vec<u8> {
    if matches!(tid, 0 | 0xff) {
        return vec![ERROR_INVALID_DATA];
    }
    device.tid = tid;
    vec![SUCCESS]
}

/// cc, next handle, transfer flag, ver32..., and in the last part the CRC-32 over all versions.
fn versions(device: &Description, data: &[u8]) -> Vec<u8> {
    let mut request = In(data);
    let (Some(handle), Some(operation), Some(number), []) = (request.u32(), request.u8(), request.u8(), request.0)
    else {
        return vec![ERROR_INVALID_LENGTH];
    };
    let start = match operation {
        0 => handle,
        1 => 0,
        _ => return vec![INVALID_TRANSFER_OPERATION_FLAG],
    };
    let Some(known) = find(device, number) else { return vec![INVALID_PLDM_TYPE_IN_REQUEST_DATA] };
    let Some(part) = Part::of(device, Transfer::Version, start, known.versions.len(), device.parts.versions) else {
        return vec![INVALID_DATA_TRANSFER_HANDLE];
    };
    let bytes = |versions: &[String]| -> Vec<u8> { versions.iter().flat_map(|version| ver32(version)).collect() };
    let wrong = u32::from(device.fault.contains(&Fault::BadVersionCrc)) | crc_lie(device, Transfer::Version);
    let out = Out::default().u8(SUCCESS).u32(part.next).u8(part.flag).bytes(bytes(&known.versions[part.range.clone()]));
    if part.is_last() { out.u32(crc32(&bytes(&known.versions)) ^ wrong).0 } else { out.0 }
}

fn types(device: &Description) -> Vec<u8> {
    let listed = device.pldm.iter().filter(|one| !one.unlisted).map(|one| one.number);
    [vec![SUCCESS], bitmap(8, listed)].concat()
}

fn commands(device: &Description, number: u8) -> Vec<u8> {
    let Some(known) = find(device, number) else { return vec![ERROR_INVALID_PLDM_TYPE] };
    [vec![SUCCESS], bitmap(32, known.commands.iter().copied())].concat()
}

/// cc, the smaller of the two part sizes, the types that are read by MultipartReceive.
fn negotiate(device: &mut Component, data: &[u8]) -> Vec<u8> {
    let mut request = In(data);
    let (Some(size), 8) = (request.u16(), request.0.len()) else { return vec![ERROR_INVALID_LENGTH] };
    if size == 0 {
        return vec![ERROR_INVALID_DATA];
    }
    let agreed = size.min(device.description.parts.file);
    device.files.part = Some(agreed);
    let files = find(&device.description, 7).map(|_| 7);
    Out::default().u8(SUCCESS).u16(agreed).bytes(bitmap(8, files.into_iter())).0
}

fn bitmap(length: usize, numbers: impl Iterator<Item = u8>) -> Vec<u8> {
    let mut bitmap = vec![0; length];
    numbers.for_each(|number| bitmap[usize::from(number / 8)] |= 1 << (number % 8));
    bitmap
}
