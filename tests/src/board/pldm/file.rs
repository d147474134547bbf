//! Files (DSP0242): opened by a command of their own, read by MultipartReceive (DSP0240).

use crate::board::{
    bytes::{In, Out, crc32},
    component::Component,
    data::Transfer,
    transfer::{ERROR_INVALID_DATA, ERROR_INVALID_LENGTH, Part, SUCCESS, crc_lie, length_lie},
};
use std::collections::BTreeMap;

const INVALID_FILE_DESCRIPTOR: u8 = 0x80;
const INVALID_FILE_IDENTIFIER: u8 = 0x86;
const MAX_NUM_FDS_EXCEEDED: u8 = 0x88;
const NEGOTIATION_INCOMPLETE: u8 = 0x83;
const INVALID_TRANSFER_CONTEXT: u8 = 0x21;
const INVALID_DATA_TRANSFER_HANDLE: u8 = 0x22;
const INVALID_TRANSFER_OPERATION_FLAG: u8 = 0x24;

/// Which files are open, and what was agreed on for reading them.
#[derive(Debug, Default)]
pub(in super::super) struct Files {
    /// The size of a part, once it was negotiated.
    pub(super) part: Option<u16>,
    open: BTreeMap<u16, Open>,
    descriptors: u16,
}

/// An open file.
#[derive(Debug)]
struct Open {
    file: u16,
    section: Vec<u8>,
    /// Where the part that was sent last begins.
    current: u32,
}

impl Files {
    /// How many files are open.
    pub(in super::super) fn open(&self) -> usize {
        self.open.len()
    }
}

pub(super) fn answer(device: &mut Component, command: u8, data: &[u8]) -> Vec<u8> {
    let mut request = In(data);
    match (command, request.u16(), data.len()) {
        (0x01, Some(file), 4) => open(device, file),
        (0x02, Some(descriptor), 4) => match device.files.open.remove(&descriptor) {
            Some(_) => vec![SUCCESS],
            None => vec![INVALID_FILE_DESCRIPTOR],
        },
        (0x03, Some(descriptor), 6) => heartbeat(device, descriptor, request.u32().unwrap_or(0)),
        _ => vec![ERROR_INVALID_LENGTH],
    }
}

/// cc, file descriptor.
fn open(device: &mut Component, id: u16) -> Vec<u8> {
    let Some(file) = device.description.file.iter().find(|file| file.id == id) else {
        return vec![INVALID_FILE_IDENTIFIER];
    };
    let often = device.files.open.values().filter(|open| open.file == id).count();
    if often >= usize::from(file.descriptors) {
        return vec![MAX_NUM_FDS_EXCEEDED];
    }
    device.files.descriptors = device.files.descriptors.wrapping_add(1);
    let descriptor = device.files.descriptors;
    device.files.open.insert(descriptor, Open { file: id, section: vec![], current: 0 });
    Out::default().u8(SUCCESS).u16(descriptor).0
}

/// cc, how long it keeps the file open without a sign of life, in milliseconds.
fn heartbeat(device: &Component, descriptor: u16, wanted: u32) -> Vec<u8> {
    let longest = 60_000;
    match device.files.open.get(&descriptor) {
        Some(_) => Out::default().u8(SUCCESS).u32(wanted.min(longest)).0,
        None => vec![INVALID_FILE_DESCRIPTOR],
    }
}

/// cc, transfer flag, next handle, length, data, CRC-32 of the part. The transfer context is the file descriptor. The
/// section that the first part asks for stays what the transfer is about; the next parts name no section.
pub(super) fn multipart_receive(device: &mut Component, data: &[u8]) -> Vec<u8> {
    let mut request = In(data);
    let (Some(pldm_type), Some(operation), Some(context)) = (request.u8(), request.u8(), request.u32()) else {
        return vec![ERROR_INVALID_LENGTH];
    };
    let (Some(handle), Some(offset), Some(length), []) = (request.u32(), request.u32(), request.u32(), request.0)
    else {
        return vec![ERROR_INVALID_LENGTH];
    };
    if pldm_type != 7 {
        return vec![ERROR_INVALID_DATA];
    }
    let Some(most) = device.files.part else { return vec![NEGOTIATION_INCOMPLETE] };
    let open = u16::try_from(context).ok().and_then(|descriptor| device.files.open.get_mut(&descriptor));
    let Some(open) = open else { return vec![INVALID_TRANSFER_CONTEXT] };
    let start = match operation {
        0 => {
            let file = device.description.file.iter().find(|file| file.id == open.file);
            let contents = file.map_or_else(Vec::new, |file| file.contents());
            let (offset, length) = (offset as usize, length as usize);
            if offset >= contents.len() {
                return vec![ERROR_INVALID_DATA];
            }
            open.section = contents[offset..contents.len().min(offset.saturating_add(length))].to_vec();
            0
        }
        1 => handle,
        2 | 3 => {
            let acknowledged = 8;
            open.section.clear();
            return Out::default().u8(SUCCESS).u8(acknowledged).u32(0).u32(0).0;
        }
        4 => open.current,
        _ => return vec![INVALID_TRANSFER_OPERATION_FLAG],
    };
    if open.section.is_empty() {
        return vec![ERROR_INVALID_DATA];
    }
    let description = &device.description;
    let Some(part) = Part::of(description, Transfer::File, start, open.section.len(), usize::from(most)) else {
        return vec![INVALID_DATA_TRANSFER_HANDLE];
    };
    open.current = start;
    let data = &open.section[part.range.clone()];
    let length = length_lie(description, Transfer::File, data.len());
    let checksum = crc32(data) ^ crc_lie(description, Transfer::File);
    Out::default().u8(SUCCESS).u8(part.flag).u32(part.next).u32(length).bytes(data).u32(checksum).0
}
