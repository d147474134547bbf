//! FRU data: whatever decodes encodes back to the same bytes, and any bytes are a table of sound records.
#![no_main]

use firmwarden_fuzz::{kept, same};
use libfuzzer_sys::fuzz_target;
use pldm::{CallError, Failure, Lenient, PldmType, fru::*};

fuzz_target!(|bytes: &[u8]| {
    kept::<GetFruRecordTableMetadata>(bytes);
    kept::<GetFruRecordTable>(bytes);
    kept::<GetFruRecordByOption>(bytes);
    same::<SetFruRecordTable>(bytes);
    same::<FruTableSet>(bytes);
    same::<Record>(bytes);
    let metadata = match wire::decode(bytes.get(..18).unwrap_or_default()) {
        Ok(metadata) if bytes[17] & 1 == 0 => Ok(metadata),
        _ => Err(CallError { pldm_type: PldmType::FRU, command: "", failure: Failure::InstanceIds }),
    };
    let table = RecordTable::read(bytes, metadata);
    // Every byte of a record came from the device: a table is never more than what was sent.
    assert!(table.records.iter().map(Record::length).sum::<usize>() <= bytes.len() + 5);
    let _ = (table.general(), table.leniencies());
});
