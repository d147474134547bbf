//! DSP0257: FRU records.

use crate::vector::{Vector, hex, number, string};
use pldm::{
    CallError, CompletionCode, Failure, Leniency, Lenient, PldmType, Request, Timestamp104,
    base::TransferFlag,
    fru::{
        FieldType, FruRecordTableMetadata, FruRecordTablePart, FruRecordsPart, GetFruRecordByOption, GetFruRecordTable,
        GetFruRecordTableMetadata, Record, RecordTable, RecordType,
    },
};
use serde_json::Value;

/// Tests the vector, if it is one of these.
pub(crate) fn check(vector: &Vector) -> bool {
    match vector.name.as_str() {
        "fru.GetFRURecordTableMetadata.resp" => vector.response::<GetFruRecordTableMetadata>(|it, fields| {
            assert_eq!(
                [it.major_version, it.minor_version].map(u64::from),
                ["major", "minor"].map(|it| number(&fields[it]))
            );
            let ours = [it.maximum_size, it.length, it.checksum].map(u64::from);
            let names = ["fru_table_maximum_size", "fru_table_length", "checksum_crc32"];
            assert_eq!(ours, names.map(|name| number(&fields[name])));
            let ours = [it.total_record_set_identifiers, it.total_records].map(u64::from);
            assert_eq!(ours, ["total_record_set_identifiers", "total_table_records"].map(|name| number(&fields[name])));
        }),
        "fru.GetFRURecordTable.req.first" => vector.request::<GetFruRecordTable>(|it, fields| {
            assert_eq!(*it, GetFruRecordTable::FIRST);
            assert_eq!(u64::from(it.data_transfer_handle), number(&fields["data_transfer_handle"]));
            assert_eq!(u64::from(it.transfer_operation_flag.0), number(&fields["transfer_operation_flag"]));
        }),
        "fru.GetFRURecordTable.resp.single_padded_crc32" => table(vector),
        // Each is half a table: the end of the first and the beginning of the second are the same record.
        "fru.GetFRURecordTable.resp.multipart_start" => {
            let part = part(vector, "data_length");
            let read = RecordTable::read(&part.data, Err(unknown()));
            assert_eq!((read.records.len(), read.damage.map(|it| it.field)), (1, Some("field_value")));
        }
        "fru.GetFRURecordTable.resp.multipart_end" => {
            let start = Vector::all().into_iter().find(|it| it.name == "fru.GetFRURecordTable.resp.multipart_start");
            let whole = [part(&start.unwrap(), "data_length").data, part(vector, "data_length_with_pad_and_crc").data];
            let read = RecordTable::read(&whole.concat(), Err(unknown()));
            assert_eq!((read.records.len(), read.damage, read.checksum), (4, None, Some(read.right_checksum)));
        }
        // No checksum follows these; libpldm's decoder hands the bytes on and looks at none of them.
        "fru.GetFRURecordByOption.resp" => {
            let payload = vector.payload::<GetFruRecordByOption>();
            let part: FruRecordsPart = wire::decode(payload).unwrap();
            assert_eq!(wire::encode(&part).unwrap(), payload);
            assert_eq!(part.data.len() as u64, number(&vector.fields["data_length"]));
            let records: Vec<Record> = wire::Reader::new("records", &part.data).all("record").unwrap();
            assert_eq!(records.len(), 4);
            cut::<GetFruRecordByOption>(vector, |payload| {
                wire::decode::<FruRecordsPart>(payload).map(|part| part.data)
            });
        }
        _ => return false,
    }
    true
}

/// The whole table: records, metadata beside it, and what people are shown of it.
fn table(vector: &Vector) {
    let fields = &vector.fields;
    let part = wire::decode::<FruRecordTablePart>(vector.payload::<GetFruRecordTable>()).unwrap();
    assert_eq!((part.next_data_transfer_handle, part.transfer_flag), (0, TransferFlag::START_AND_END));
    let all = Vector::all();
    let metadata = all.iter().find(|it| it.name == "fru.GetFRURecordTableMetadata.resp").unwrap();
    let metadata: FruRecordTableMetadata = wire::decode(&metadata.bytes[4..]).unwrap();
    let read = RecordTable::read(&part.data, Ok(metadata));
    assert_eq!((read.damage, read.padding), (None, 0));
    assert_eq!(read.checksum.map(u64::from), Some(number(&fields["crc32"])));
    assert_eq!(u64::from(read.right_checksum), number(&fields["crc32"]));
    // The vector's date has day and month in the wrong order (month 25), so it is none. openbmc/pldm's package vectors and
    // DSP0240 have the day first.
    assert_eq!(read.leniencies(), [Leniency::InvalidDate]);
    records(&read.records, &fields["records"]);

    let general = read.general();
    let text = |text: Option<pldm::Text>| text.unwrap().to_string_lenient();
    assert_eq!(text(general.model), ("BlueField-3".into(), vec![]));
    assert_eq!(text(general.part_number), ("900-9D3B6".into(), vec![]));
    assert_eq!(text(general.serial_number), ("MT2316XZ0001".into(), vec![]), "record 2 has an empty one");
    assert_eq!(text(general.manufacturer), ("ACME".into(), vec![]));
    assert_eq!(text(general.version), ("32.38.1002".into(), vec![]));
    assert_eq!(text(general.name), ("\u{677f}".into(), vec![]), "of record 2; record 3 has another");
    assert_eq!(text(read.records[2].text(FieldType::NAME)), ("NIC".into(), vec![]));
    assert_eq!((general.vendor_iana, general.sku), (None, None));
    assert_eq!(general.manufacture_date.filter(Timestamp104::is_valid), None);
    assert_eq!((read.records[3].record_type, read.records[3].vendor_iana()), (RecordType::OEM, Some(5555)));
    assert_eq!(read.record_set(3).count(), 1);

    let mut encoded = wire::Writer::new("table");
    encoded.list(&read.records).unwrap();
    let encoded = encoded.into_bytes();
    assert_eq!(encoded.len() as u64, number(&fields["table_length_unpadded"]));
    assert_eq!([encoded, read.right_checksum.to_le_bytes().to_vec()].concat(), part.data);
    // libpldm's decoder takes any cut of the table for a table; ours shows in damage, checksum or metadata.
    cut::<GetFruRecordTable>(vector, |payload| wire::decode::<FruRecordTablePart>(payload).map(|part| part.data));
}

fn records(ours: &[Record], said: &Value) {
    let said = said.as_array().unwrap();
    assert_eq!(ours.len(), said.len());
    for (ours, said) in ours.iter().zip(said) {
        assert_eq!(u64::from(ours.record_set_identifier), number(&said["record_set_id"]));
        assert_eq!(u64::from(ours.record_type.0), number(&said["record_type"]));
        assert_eq!(u64::from(ours.encoding.0), number(&said["encoding"]));
        let said = said["tlvs"].as_array().unwrap();
        assert_eq!(ours.fields.len(), said.len());
        for (ours, said) in ours.fields.iter().zip(said) {
            assert_eq!(u64::from(ours.field_type.0), number(&said["type"]));
            assert_eq!(ours.value.len() as u64, number(&said["length"]));
            assert_eq!(*ours.value, hex(string(&said["value_hex"])));
            if let Some(value) = said["value"].as_str() {
                assert_eq!(&*ours.value, value.as_bytes());
            }
        }
    }
}

/// A part of a table: both ways. It may end anywhere, so only a cut before its data is an error.
fn part(vector: &Vector, length: &str) -> FruRecordTablePart {
    let payload = vector.payload::<GetFruRecordTable>();
    let part: FruRecordTablePart = wire::decode(payload).unwrap();
    assert_eq!(wire::encode(&part).unwrap(), payload);
    assert_eq!(u64::from(part.next_data_transfer_handle), number(&vector.fields["next_data_transfer_handle"]));
    assert_eq!(u64::from(part.transfer_flag.0), number(&vector.fields["transfer_flag"]));
    assert_eq!(part.data.len() as u64, number(&vector.fields[length]));
    (0..5).for_each(|length| assert!(wire::decode::<FruRecordTablePart>(&payload[..length]).is_err()));
    part
}

/// No cut is taken for a sound table of the same four records.
fn cut<R: Request>(vector: &Vector, data: impl Fn(&[u8]) -> Result<Vec<u8>, wire::Malformed>) {
    let payload = vector.payload::<R>();
    for length in 0..payload.len() {
        let whole = data(&payload[..length]).is_ok_and(|data| {
            let read = RecordTable::read(&data, Err(unknown()));
            read.records.len() == 4 && read.damage.is_none() && read.checksum.is_some()
        });
        assert!(!whole, "{} cut to {length}", vector.name);
    }
}

fn unknown() -> CallError {
    let failure = Failure::Refused(CompletionCode::ERROR_UNSUPPORTED_PLDM_CMD);
    CallError { pldm_type: PldmType::FRU, command: "GetFRURecordTableMetadata", failure }
}
