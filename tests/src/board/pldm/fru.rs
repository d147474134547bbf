//! The FRU record table (DSP0257).

use crate::board::{
    bytes::{In, Out, crc32, hex},
    data::{Description, Field, FruRecord, Transfer},
    transfer::{ERROR_INVALID_LENGTH, Part, SUCCESS, crc_lie, length_lie},
};
use std::collections::BTreeSet;

const INVALID_DATA_TRANSFER_HANDLE: u8 = 0x80;
const INVALID_TRANSFER_FLAG: u8 = 0x82;
const TABLE_UNAVAILABLE: u8 = 0x85;

pub(super) fn answer(device: &Description, command: u8, data: &[u8]) -> Vec<u8> {
    match (command, data) {
        _ if device.fru.record.is_empty() => vec![TABLE_UNAVAILABLE],
        (0x01, []) => metadata(device),
        (0x02, data) => table(device, data),
        _ => vec![ERROR_INVALID_LENGTH],
    }
}

/// cc, version of the table, how long it may be, how long it is, record sets, records, CRC-32.
fn metadata(device: &Description) -> Vec<u8> {
    let (major, minor) = (1, 0);
    let sets: BTreeSet<_> = device.fru.record.iter().map(|record| record.set).collect();
    let length = length_lie(device, Transfer::Fru, records(device).len());
    let out = Out::default().u8(SUCCESS).u8(major).u8(minor).u32(device.fru.maximum).u32(length);
    out.u16(sets.len() as u16).u16(device.fru.record.len() as u16).u32(checksum(device)).0
}

/// cc, next handle, transfer flag, and a part of the table with its padding and CRC-32.
fn table(device: &Description, data: &[u8]) -> Vec<u8> {
    let mut request = In(data);
    let (Some(handle), Some(operation), []) = (request.u32(), request.u8(), request.0) else {
        return vec![ERROR_INVALID_LENGTH];
    };
    let start = match operation {
        0 => handle,
        1 => 0,
        _ => return vec![INVALID_TRANSFER_FLAG],
    };
    let table = Out(padded(device)).u32(checksum(device)).0;
    let Some(part) = Part::of(device, Transfer::Fru, start, table.len(), device.parts.fru) else {
        return vec![INVALID_DATA_TRANSFER_HANDLE];
    };
    Out::default().u8(SUCCESS).u32(part.next).u8(part.flag).bytes(&table[part.range]).0
}

/// Over the records and their padding.
fn checksum(device: &Description) -> u32 {
    crc32(&padded(device)) ^ crc_lie(device, Transfer::Fru)
}

fn padded(device: &Description) -> Vec<u8> {
    let mut records = records(device);
    records.resize(records.len().next_multiple_of(4), 0);
    records
}

fn records(device: &Description) -> Vec<u8> {
    Out::default().each(&device.fru.record, record).0
}

/// Record set, record type, how many fields, encoding; then type, length and value of each.
fn record(out: Out, one: &FruRecord) -> Out {
    let out = out.u16(one.set).u8(one.kind.number()).u8(one.fields.len() as u8).u8(one.encoding as u8);
    out.each(&one.fields, |out, field| {
        let value = value(one, field);
        out.u8(field.kind.number()).u8(value.len() as u8).bytes(value)
    })
}

fn value(record: &FruRecord, field: &Field) -> Vec<u8> {
    field.bytes.as_deref().map_or_else(|| record.encoding.bytes(&field.text), hex)
}
