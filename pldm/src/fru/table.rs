//! The table of FRU records: read as a whole, taken apart, and compared with what the device says about it.

use super::{
    FruRecordTableMetadata, FruRecordTablePart, General, GetFruRecordByOption, GetFruRecordTable,
    GetFruRecordTableMetadata, Record,
};
use crate::{Answer, CallError, Keep, Leniency, Lenient, Requester, crc32, patience, transfer};
use std::collections::BTreeSet;
use wire::{Damage, Malformed, Reader, Wire};

/// Every record that a device has, and what is wrong with the table.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RecordTable {
    /// What the device says about its table, or why it does not.
    pub metadata: Result<FruRecordTableMetadata, CallError>,
    /// The records that came, in the order of the device; of the last, the fields that are whole.
    pub records: Vec<Record>,
    /// How many bytes of zero stand behind them: none to three, to make the table a multiple of four bytes long.
    pub padding: usize,
    /// The CRC-32 as sent behind the table.
    pub checksum: Option<u32>,
    /// The CRC-32 as it should be.
    pub right_checksum: u32,
    /// The first thing that is wrong: a record that is cut, bytes that are none, a checksum that is not the table's.
    pub damage: Option<Malformed>,
    /// Why the table ends before its last part.
    pub cut: Option<CallError>,
}

impl RecordTable {
    /// Takes a table apart: records, padding, checksum. Never fails: what is wrong is damage.
    ///
    /// Nothing in the table says where the records end. If the last four bytes are the checksum of all before them, that
    /// is where; else the metadata's length says it; else the records themselves do, and four to seven bytes behind the
    /// last, zeros but for the last four, are padding and a checksum that is wrong.
    pub fn read(bytes: &[u8], metadata: Result<FruRecordTableMetadata, CallError>) -> Self {
        let length = metadata.as_ref().ok().and_then(|it| usize::try_from(it.length).ok());
        let (table, checksum) = split(bytes, length);
        let (records, padding, damage) = records(FruRecordTablePart::NAME, table);
        let right_checksum = crc32(table);
        let wrong = checksum.filter(|&checksum| checksum != right_checksum).map(|_| Malformed {
            message: FruRecordTablePart::NAME,
            field: "checksum",
            damage: Damage::Contradiction,
        });
        Self { metadata, records, padding, checksum, right_checksum, damage: damage.or(wrong), cut: None }
    }

    /// What the general records say together.
    pub fn general(&self) -> General {
        General::of(&self.records)
    }

    /// The records of one record set.
    pub fn record_set(&self, identifier: u16) -> impl Iterator<Item = &Record> {
        self.records.iter().filter(move |record| record.record_set_identifier == identifier)
    }

    /// How often the metadata and the table disagree, where the whole table came.
    fn contradictions(&self) -> usize {
        let Ok(said) = &self.metadata else { return 0 };
        let sets: BTreeSet<u16> = self.records.iter().map(|record| record.record_set_identifier).collect();
        let length = self.records.iter().map(Record::length).fold(0, usize::saturating_add);
        // Some devices count the padding, and the specification's words can be read so.
        let lengths = [length, length.saturating_add(self.padding)].map(u32::try_from);
        [
            lengths.contains(&Ok(said.length)),
            u16::try_from(sets.len()) == Ok(said.total_record_set_identifiers),
            u16::try_from(self.records.len()) == Ok(said.total_records),
            said.checksum == self.right_checksum,
        ]
        .into_iter()
        .filter(|agrees| !agrees)
        .count()
    }
}

impl Lenient for RecordTable {
    /// What had to be overlooked in the table and in its records; its damage too.
    fn leniencies(&self) -> Vec<Leniency> {
        let mut seen: Vec<_> = self.records.iter().flat_map(Record::leniencies).collect();
        seen.extend(self.damage.map(Leniency::from));
        if self.cut.is_none() {
            seen.extend((self.padding > 3).then_some(Leniency::TrailingBytes));
            seen.extend(self.checksum.is_none().then_some(Leniency::MissingChecksum));
            seen.extend(std::iter::repeat_n(Leniency::Contradiction, self.contradictions()));
        }
        seen
    }
}

/// Asks a device for all its FRU records: the metadata, then the table part by part (DSP0257).
///
/// A device that gives no metadata is asked for the table all the same. An error means that nothing of the table came.
pub async fn record_table(requester: &mut Requester) -> Result<RecordTable, CallError> {
    let metadata = requester.call(&GetFruRecordTableMetadata).await.map(|answer| answer.value);
    let got = transfer(requester, GetFruRecordTable::FIRST, patience::FRU_TABLE).await?;
    if let Some(cut) = got.cut {
        let (records, padding, _) = records(FruRecordTablePart::NAME, &got.items);
        let right_checksum = crc32(&got.items);
        let (checksum, damage, cut) = (None, got.damage, Some(cut));
        return Ok(RecordTable { metadata, records, padding, checksum, right_checksum, damage, cut });
    }
    let table = RecordTable::read(&got.items, metadata);
    Ok(RecordTable { damage: got.damage.or(table.damage), ..table })
}

/// Asks a device for some of its FRU records (DSP0257, GetFRURecordByOption). No checksum follows them.
///
/// A transfer that does not end is an error: whether a record that was asked for is there could not be told.
pub async fn records_by_option(
    requester: &mut Requester,
    request: GetFruRecordByOption,
) -> Result<Answer<Vec<Record>>, CallError> {
    let got = transfer(requester, request, patience::FRU_TABLE).await?;
    match got.cut {
        Some(cut) => Err(cut),
        None => {
            let (value, _, damage) = records("GetFRURecordByOption response", &got.items);
            Ok(Answer { value, damage: got.damage.or(damage) })
        }
    }
}

/// Where the table ends, and the checksum behind it.
fn split(bytes: &[u8], length: Option<usize>) -> (&[u8], Option<u32>) {
    let Some((table, last)) = bytes.split_last_chunk::<4>() else { return (bytes, None) };
    let checksum = u32::from_le_bytes(*last);
    let behind = length.and_then(|length| bytes.len().checked_sub(length));
    let has_checksum = crc32(table) == checksum
        || match behind {
            Some(behind @ 0..=7) => behind >= 4,
            _ => ends_in_checksum(bytes),
        };
    if has_checksum { (table, Some(checksum)) } else { (bytes, None) }
}

/// Whether the records end in time for padding and a checksum.
fn ends_in_checksum(bytes: &[u8]) -> bool {
    let mut r = Reader::new(Record::NAME, bytes);
    let zeros = bytes.iter().rev().take_while(|&&byte| byte == 0).count();
    while r.remaining() > 7 {
        if r.remaining() <= zeros || r.get::<Record>("record").is_err() {
            return false;
        }
    }
    let padding = r.remaining().checked_sub(4);
    padding.is_some_and(|padding| r.take(padding, "padding").is_ok_and(|bytes| bytes.iter().all(|&byte| byte == 0)))
}

/// The records, how many bytes of zero follow them, and the first thing that is neither.
fn records(message: &'static str, table: &[u8]) -> (Vec<Record>, usize, Option<Malformed>) {
    let padding = table.iter().rev().take_while(|&&byte| byte == 0).count();
    let mut r = Reader::new(message, table);
    let mut records = Vec::new();
    // Zeros at the end may be a field's: only those behind the last record are padding.
    while r.remaining() > padding {
        match Record::read_kept(&mut r) {
            Ok(answer) => {
                records.push(answer.value);
                if answer.damage.is_some() {
                    return (records, 0, answer.damage);
                }
            }
            Err(malformed) => return (records, 0, Some(malformed)),
        }
    }
    (records, r.remaining(), None)
}

#[cfg(test)]
#[path = "table_tests.rs"]
mod tests;
