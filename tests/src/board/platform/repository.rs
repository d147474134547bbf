//! The PDR repository: GetPDRRepositoryInfo and GetPDR (DSP0248), and how it changes.

use super::pdr::{self, Owner};
use crate::board::{
    bytes::{In, Out, crc8},
    data::{Description, Fault, Pdr, Transfer},
    transfer::{ERROR_INVALID_DATA, ERROR_INVALID_LENGTH, Part, SUCCESS, crc_lie, length_lie},
};

/// The records, each with its handle and its change number.
#[derive(Clone, Debug, Default)]
pub struct Repository {
    records: Vec<Record>,
    next: u32,
    step: u32,
    /// Seconds since the repository was made: it is "updated" so much later.
    updates: u8,
}

/// One record.
#[derive(Clone, Debug)]
pub struct Record {
    /// recordHandle.
    pub handle: u32,
    /// recordChangeNumber.
    pub change: u16,
    /// What it says.
    pub content: Content,
}

/// What a record says.
#[derive(Clone, Debug)]
pub enum Content {
    /// What a data file describes.
    Described(Pdr),
    /// The file with this identifier.
    File(u16),
}

const INVALID_DATA_TRANSFER_HANDLE: u8 = 0x80;
const INVALID_TRANSFER_OPERATION_FLAG: u8 = 0x81;
const INVALID_RECORD_HANDLE: u8 = 0x82;
const INVALID_RECORD_CHANGE_NUMBER: u8 = 0x83;

impl Repository {
    pub(super) fn of(description: &Description) -> Self {
        let step = description.platform.handle_step.max(1);
        let mut new = Self { records: vec![], next: step, step, updates: 0 };
        for pdr in &description.pdr {
            new.add(pdr.clone());
        }
        for file in &description.file {
            new.push(Content::File(file.id));
        }
        new
    }

    /// Adds a record, and its names' if it has any; gives its handle.
    pub fn add(&mut self, pdr: Pdr) -> u32 {
        let beside = pdr::beside(&pdr);
        let handle = self.push(Content::Described(pdr));
        beside.map(|names| self.push(Content::Described(names)));
        handle
    }

    /// Takes the record with this handle away.
    pub fn remove(&mut self, handle: u32) {
        self.records.retain(|record| record.handle != handle);
    }

    /// Makes another record of the one with this handle; its change number counts up.
    pub fn modify(&mut self, handle: u32, change: impl FnOnce(&mut Pdr)) {
        let found = self.records.iter_mut().find(|record| record.handle == handle);
        let record = found.unwrap_or_else(|| panic!("no record {handle}"));
        if let Content::Described(pdr) = &mut record.content {
            change(pdr);
        }
        record.change = record.change.wrapping_add(1);
    }

    /// The records, in their order.
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// What is described in it.
    pub(super) fn described(&self) -> impl Iterator<Item = &Pdr> {
        self.records.iter().filter_map(|record| match &record.content {
            Content::Described(pdr) => Some(pdr),
            Content::File(_) => None,
        })
    }

    /// The handles that are deleted (1), added (2) and modified (3) since `before`.
    pub(super) fn changes(&self, before: &Self) -> Vec<(u8, Vec<u32>)> {
        let find = |list: &Self, handle| list.records.iter().find(|one| one.handle == handle).map(|one| one.change);
        let handles = |of: &Self, is: &dyn Fn(&Record) -> bool| -> Vec<u32> {
            of.records.iter().filter(|record| is(record)).map(|record| record.handle).collect()
        };
        let deleted = handles(before, &|record| find(self, record.handle).is_none());
        let added = handles(self, &|record| find(before, record.handle).is_none());
        let modified = handles(self, &|record| find(before, record.handle).is_some_and(|old| old != record.change));
        [(1, deleted), (2, added), (3, modified)].into_iter().filter(|(_, handles)| !handles.is_empty()).collect()
    }

    pub(super) const fn touch(&mut self) {
        self.updates = (self.updates + 1) % 60;
    }

    fn push(&mut self, content: Content) -> u32 {
        let handle = self.next;
        self.next += self.step;
        self.records.push(Record { handle, change: 0, content });
        handle
    }

    /// A record with its header.
    fn bytes(&self, record: &Record, device: &Description, owner: Owner) -> Vec<u8> {
        let (number, body) = match &record.content {
            Content::Described(one) => pdr::encode(&wild(one, device), owner),
            Content::File(id) => {
                let file = device.file.iter().find(|file| file.id == *id);
                (30, file.map_or_else(Vec::new, |file| pdr::file_descriptor(file, owner.terminus)))
            }
        };
        let version = 1;
        let out = Out::default().u32(record.handle).u8(version).u8(number).u16(record.change);
        out.u16(body.len() as u16).bytes(body).0
    }

    /// cc, state, when it was updated, when its maker updated it, how many records, how long all are, the longest.
    pub(super) fn info(&self, device: &Description, owner: Owner) -> Vec<u8> {
        let lengths: Vec<_> = self.records.iter().map(|record| self.bytes(record, device, owner).len()).collect();
        let (available, no_timeout) = (0, 0);
        let (size, largest) = (lengths.iter().sum(), lengths.iter().copied().max().unwrap_or(0));
        let out = Out::default().u8(SUCCESS).u8(available).bytes(time(self.updates)).bytes(time(0));
        let out = out.u32(self.records.len() as u32).u32(length_lie(device, Transfer::Pdr, size));
        out.u32(length_lie(device, Transfer::Pdr, largest)).u8(no_timeout).0
    }

    /// cc, next record, next part, transfer flag, count, data, and a CRC-8 at the end of several parts.
    pub(super) fn record(&mut self, request: &[u8], device: &Description, owner: Owner) -> Vec<u8> {
        let mut request = In(request);
        let (Some(handle), Some(part), Some(operation)) = (request.u32(), request.u32(), request.u8()) else {
            return vec![ERROR_INVALID_LENGTH];
        };
        let (Some(count), Some(change), []) = (request.u16(), request.u16(), request.0) else {
            return vec![ERROR_INVALID_LENGTH];
        };
        let start = match operation {
            0 => part,
            1 => 0,
            _ => return vec![INVALID_TRANSFER_OPERATION_FLAG],
        };
        if device.fault.contains(&Fault::RepositoryMoves) {
            self.touch();
            self.records.iter_mut().for_each(|record| record.change = record.change.wrapping_add(1));
        }
        let index = if handle == 0 { Some(0) } else { self.records.iter().position(|one| one.handle == handle) };
        let Some((index, record)) = index.and_then(|index| Some((index, self.records.get(index)?))) else {
            return vec![INVALID_RECORD_HANDLE];
        };
        if operation == 0 && change != record.change {
            return vec![INVALID_RECORD_CHANGE_NUMBER];
        }
        let bytes = self.bytes(record, device, owner);
        let most = device.parts.pdr.min(usize::from(count));
        if most == 0 {
            return vec![ERROR_INVALID_DATA];
        }
        let Some(part) = Part::of(device, Transfer::Pdr, start, bytes.len(), most) else {
            return vec![INVALID_DATA_TRANSFER_HANDLE];
        };
        let next = self.records.get(index + 1).map_or(0, |record| record.handle);
        let out = Out::default().u8(SUCCESS).u32(next).u32(part.next).u8(part.pdr_flag());
        let out = out.u16(part.range.len() as u16).bytes(&bytes[part.range.clone()]);
        let wrong = crc_lie(device, Transfer::Pdr) as u8;
        if part.is_last_of_several() { out.u8(crc8(&bytes) ^ wrong).0 } else { out.0 }
    }
}

/// The record, if a fault says so with numbers that no reader can calculate with.
fn wild(pdr: &Pdr, device: &Description) -> Pdr {
    let mut pdr = pdr.clone();
    if let Pdr::NumericSensor(sensor) | Pdr::CompactNumericSensor(sensor) = &mut pdr {
        for fault in &device.fault {
            if let Fault::WildScale { sensor: id, resolution, offset, modifier } = fault
                && sensor.id == *id
            {
                (sensor.resolution, sensor.offset, sensor.modifier) = (*resolution, *offset, *modifier);
            }
        }
    }
    pdr
}

/// A timestamp104: 2026-01-05 10:00 UTC and so many seconds.
fn time(seconds: u8) -> [u8; 13] {
    let [low, high] = 2026u16.to_le_bytes();
    let (utc, to_the_second) = ([0, 0], 0x05);
    let [offset_low, offset_high] = utc;
    [offset_low, offset_high, 0, 0, 0, seconds, 0, 10, 5, 1, low, high, to_the_second]
}
