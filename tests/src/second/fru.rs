//! DSP0257: ours by the paths of `fru.txt`.

use super::{super::decode, Flat, Flattened, numbers, same};
use pldm::{
    CallError, Failure, Lenient, Request,
    fru::{
        Field, FruRecordTableMetadata, FruRecordTablePart, FruRecordsPart, GetFruRecordTableMetadata, Record,
        RecordTable,
    },
};
use wire::Wire;

impl Flat for FruRecordTableMetadata {
    const TABLE: &'static str = "FruMetadata";

    fn flat(&self, to: &mut Flattened) {
        numbers!(to, self; major_version: "major", minor_version: "minor", maximum_size: "fru_table_maximum_size",
            length: "fru_table_length", total_record_set_identifiers, total_records: "total_table_records",
            checksum: "checksum_crc32");
    }
}

impl Flat for FruRecordTablePart {
    const TABLE: &'static str = "FruTablePart";

    fn flat(&self, to: &mut Flattened) {
        numbers!(to, self; next_data_transfer_handle, transfer_flag.0);
        to.bytes("data", &self.data);
    }
}

impl Flat for FruRecordsPart {
    const TABLE: &'static str = "FruRecordsPart";

    fn flat(&self, to: &mut Flattened) {
        numbers!(to, self; next_data_transfer_handle, transfer_flag.0);
        to.bytes("data", &self.data);
    }
}

impl Flat for RecordTable {
    const TABLE: &'static str = "FruTable";

    fn flat(&self, to: &mut Flattened) {
        to.list("records", &self.records, |to, it: &Record| {
            numbers!(to, it; record_set_identifier: "record_set_id", record_type.0, encoding.0);
            to.list("tlvs", &it.fields, |to, Field { field_type, value }| {
                to.number("type", field_type.0);
                to.bytes("value_hex", value);
            });
        });
        if let Some(checksum) = self.checksum {
            to.number("crc32", checksum);
        }
    }
}

/// The whole table. Ours knows devices that pad it in other ways or leave the checksum out, so where the second refuses
/// it only has to say that something was wrong.
pub(super) fn table(bytes: &[u8]) {
    let unsupported = CallError {
        pldm_type: GetFruRecordTableMetadata::TYPE,
        command: GetFruRecordTableMetadata::NAME,
        failure: Failure::InstanceIds,
    };
    let ours = RecordTable::read(bytes, Err(unsupported));
    match decode(RecordTable::TABLE, bytes) {
        // Zeros at the end are a record of nothing to the second, and padding to ours.
        Ok(second) if ends_in_nothing(bytes) => assert!(!second.0.is_empty()),
        Ok(second) => same(RecordTable::TABLE, &Flattened::of(&ours).fields, &second, bytes),
        Err(refusal) => assert!(!ours.leniencies().is_empty(), "{refusal:?}: {bytes:02x?}"),
    }
}

/// Whether the last five bytes before the CRC or its padding could be a record of nothing.
fn ends_in_nothing(bytes: &[u8]) -> bool {
    bytes.iter().rev().skip(4).take_while(|byte| **byte == 0).count() >= 5
}
