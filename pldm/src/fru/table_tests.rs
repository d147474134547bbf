//! Tables as devices send them: sound, lying, broken off, without end. The clock is paused.

use super::*;
use crate::Limits;
use crate::{
    Failure, StringType, Timestamp104, TransferFault,
    base::TransferFlag,
    fru::{Field, FieldType, FruRecordsPart, RecordType},
    testing::{Reaction, at_once, device, good, refusal, reply},
};
use proptest::prelude::*;
use std::time::Duration;
use tokio::time::Instant;

fn field(field_type: FieldType, value: &[u8]) -> Field {
    Field { field_type, value: value.into() }
}

fn record(record_set_identifier: u16, encoding: StringType, fields: Vec<Field>) -> Record {
    Record { record_set_identifier, record_type: RecordType::GENERAL, encoding, fields }
}

fn nic() -> Vec<Record> {
    vec![
        record(1, StringType::ASCII, vec![field(FieldType::MODEL, b"X1"), field(FieldType::SERIAL_NUMBER, b"")]),
        record(2, StringType::UTF_16LE, vec![field(FieldType::SERIAL_NUMBER, b"7\x008\0")]),
    ]
}

/// The records, `padding` zeros, and the checksum.
fn table(records: &[Record], padding: usize) -> Vec<u8> {
    let mut w = wire::Writer::new("table");
    w.list(records).unwrap();
    let mut bytes = w.into_bytes();
    bytes.extend(vec![0; padding]);
    bytes.extend(crc32(&bytes).to_le_bytes());
    bytes
}

fn metadata(records: &[Record], padding: usize) -> FruRecordTableMetadata {
    let bytes = table(records, padding);
    let sets: BTreeSet<_> = records.iter().map(|record| record.record_set_identifier).collect();
    FruRecordTableMetadata {
        major_version: 1,
        minor_version: 0,
        maximum_size: 0,
        length: u32::try_from(bytes.len() - 4 - padding).unwrap(),
        total_record_set_identifiers: u16::try_from(sets.len()).unwrap(),
        total_records: u16::try_from(records.len()).unwrap(),
        checksum: u32::from_le_bytes(*bytes.last_chunk().unwrap()),
    }
}

fn unknown() -> CallError {
    let failure = Failure::Refused(crate::CompletionCode::ERROR_UNSUPPORTED_PLDM_CMD);
    CallError { pldm_type: crate::PldmType::FRU, command: GetFruRecordTableMetadata::NAME, failure }
}

/// A device that sends its table in parts of `size` bytes, and metadata if it has any.
fn device_with(metadata: Option<FruRecordTableMetadata>, bytes: Vec<u8>, size: usize) -> Requester {
    device(move |request, _| match (request[2], &metadata) {
        (1, Some(metadata)) => good(request, metadata),
        (1, None) => refusal(request, 0x05),
        _ => {
            let at = u32::from_le_bytes(request[3..7].try_into().unwrap()) as usize;
            assert_eq!(request[7] == 1, at == 0, "the first part is asked for as the first");
            let (rest, last) = (&bytes[at..], bytes.len() - at <= size);
            let transfer_flag = match (at, last) {
                (0, true) => TransferFlag::START_AND_END,
                (0, false) => TransferFlag::START,
                (_, true) => TransferFlag::END,
                (_, false) => TransferFlag::MIDDLE,
            };
            let next_data_transfer_handle = if last { 0 } else { u32::try_from(at + size).unwrap() };
            let data = rest[..rest.len().min(size)].to_vec();
            good(request, &FruRecordTablePart { next_data_transfer_handle, transfer_flag, data })
        }
    })
    .0
}

#[tokio::test(start_paused = true)]
async fn a_table_is_read_whole_in_parts_of_any_size() {
    let (records, padding) = (nic(), 2);
    let bytes = table(&records, padding);
    for size in 1..=bytes.len() {
        let mut requester = device_with(Some(metadata(&records, padding)), bytes.clone(), size);
        let table = record_table(&mut requester).await.unwrap();
        assert_eq!((&table.records, table.padding, table.checksum), (&records, padding, Some(table.right_checksum)));
        assert_eq!((table.damage, &table.cut, table.leniencies()), (None, &None, vec![]));
    }
    assert_eq!(records.iter().map(Record::length).sum::<usize>(), bytes.len() - 4 - padding);
}

#[tokio::test(start_paused = true)]
async fn a_device_without_metadata_gives_its_table_all_the_same() {
    let mut requester = device_with(None, table(&nic(), 1), 9);
    let table = record_table(&mut requester).await.unwrap();
    assert_eq!((table.records.len(), table.metadata.clone(), table.leniencies()), (2, Err(unknown()), vec![]));
    let general = table.general();
    let text = |text: Option<crate::Text>| text.map(|text| text.to_string_lenient().0);
    assert_eq!((text(general.model), text(general.serial_number)), (Some("X1".into()), Some("78".into())));
    assert_eq!(table.record_set(2).count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_device_without_a_table_is_an_error() {
    let (mut requester, device) = device(|request, _| refusal(request, 0x85));
    let error = record_table(&mut requester).await.unwrap_err();
    assert_eq!(error.to_string(), "GetFRURecordTable: refused with FRU_DATA_STRUCTURE_TABLE_UNAVAILABLE (0x85)");
    assert_eq!(device.seen.lock().unwrap().len(), 2);
}

#[test]
fn a_wrong_checksum_is_damage_and_the_records_stay() {
    for padding in 0..4 {
        for metadata in [Ok(metadata(&nic(), padding)), Err(unknown())] {
            let mut bytes = table(&nic(), padding);
            *bytes.last_mut().unwrap() ^= 1;
            let read = RecordTable::read(&bytes, metadata);
            assert_eq!((&read.records, read.padding), (&nic(), padding));
            assert_eq!(read.damage.map(|it| (it.field, it.damage)), Some(("checksum", Damage::Contradiction)));
            assert_eq!(read.leniencies(), [Leniency::Contradiction]);
        }
    }
}

#[test]
fn a_table_without_checksum_is_a_leniency_and_the_metadata_may_vouch_for_it() {
    for padding in 0..4 {
        let bytes = table(&nic(), padding);
        let bytes = &bytes[..bytes.len() - 4];
        for metadata in [Ok(metadata(&nic(), padding)), Err(unknown())] {
            let read = RecordTable::read(bytes, metadata);
            assert_eq!((&read.records, read.padding, read.checksum), (&nic(), padding, None));
            assert_eq!((read.damage, read.leniencies()), (None, vec![Leniency::MissingChecksum]));
        }
    }
}

#[test]
fn seven_bytes_of_padding_are_too_many_and_no_record() {
    let read = RecordTable::read(&table(&nic(), 7), Ok(metadata(&nic(), 7)));
    assert_eq!((&read.records, read.padding, read.damage), (&nic(), 7, None));
    assert_eq!(read.leniencies(), [Leniency::TrailingBytes]);
    let empty = RecordTable::read(&[0; 64], Err(unknown()));
    assert_eq!((empty.records.len(), empty.damage), (0, None), "zeros are no records");
    let none = RecordTable::read(&[], Err(unknown()));
    assert_eq!((none.records.len(), none.checksum), (0, None));
}

#[test]
fn a_value_of_zeros_is_not_padding() {
    let dateless = vec![record(1, StringType::ASCII, vec![field(FieldType::MANUFACTURE_DATE, &[0; 13])])];
    for bytes in [table(&dateless, 2), table(&dateless, 2)[..22].to_vec()] {
        let read = RecordTable::read(&bytes, Err(unknown()));
        assert_eq!((&read.records, read.padding, read.damage), (&dateless, 2, None));
        assert_eq!(read.general().manufacture_date, Some(Timestamp104::default()));
    }
}

#[test]
fn lying_counts_and_lengths_keep_what_is_whole() {
    let sound = table(&nic(), 0);
    for (at, lie, fields) in [(3, 255, 3), (3, 3, 3), (6, 200, 0), (10, 250, 1)] {
        let mut bytes = sound.clone();
        bytes[at] = lie;
        let read = RecordTable::read(&bytes, Ok(metadata(&nic(), 0)));
        assert_eq!(read.damage.map(|it| it.damage), Some(Damage::Short), "byte {at} is {lie}");
        assert!(read.records[0].fields.len() >= fields || read.records.len() > 1);
        assert!(read.leniencies().contains(&Leniency::Contradiction), "the metadata says otherwise");
    }
}

#[test]
fn metadata_that_disagrees_is_counted_and_hides_nothing() {
    let bytes = table(&nic(), 2);
    let sound = metadata(&nic(), 2);
    let counted = |lie: &dyn Fn(&mut FruRecordTableMetadata)| {
        let mut said = sound.clone();
        lie(&mut said);
        let read = RecordTable::read(&bytes, Ok(said));
        assert_eq!((&read.records, read.damage), (&nic(), None));
        assert!(read.leniencies().iter().all(|it| *it == Leniency::Contradiction));
        read.leniencies().len()
    };
    assert_eq!(counted(&|said| said.length += 2), 0, "some count the padding");
    assert_eq!(counted(&|said| said.length = u32::MAX), 1);
    assert_eq!(counted(&|said| said.length = 0), 1);
    assert_eq!(counted(&|said| said.total_records = u16::MAX), 1);
    assert_eq!(counted(&|said| said.total_record_set_identifiers = 1), 1);
    assert_eq!(counted(&|said| said.checksum ^= 1), 1);
    let all = |said: &mut FruRecordTableMetadata| {
        (said.length, said.total_records, said.total_record_set_identifiers, said.checksum) = (1, 0, 0, 0);
    };
    assert_eq!(counted(&all), 4);
}

#[tokio::test(start_paused = true)]
async fn a_table_that_never_ends_is_cut_and_kept() {
    let first = wire::encode(&nic()[0]).unwrap();
    let endless = move |data: Vec<u8>| {
        let first = first.clone();
        device(move |request, before| {
            if request[2] == 1 {
                return refusal(request, 0x05);
            }
            let (transfer_flag, data) = match before {
                1 => (TransferFlag::START, first.clone()),
                _ => (TransferFlag::MIDDLE, data.clone()),
            };
            let next_data_transfer_handle = u32::try_from(before).unwrap();
            good(request, &FruRecordTablePart { next_data_transfer_handle, transfer_flag, data })
        })
    };
    let Limits { items, parts, .. } = patience::FRU_TABLE;
    for (data, fault) in [
        (vec![], TransferFault::TooManyParts { limit: parts }),
        (vec![1; 1000], TransferFault::TooMuch { limit: items }),
    ] {
        let (mut requester, _) = endless(data);
        let table = record_table(&mut requester).await.unwrap();
        assert_eq!(table.cut.as_ref().map(|cut| &cut.failure), Some(&Failure::Transfer(fault)));
        assert_eq!(table.records[0], nic()[0]);
        assert!(!table.leniencies().contains(&Leniency::MissingChecksum), "it was still to come");
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_table_ends_in_time_and_a_device_that_goes_leaves_what_came() {
    let part = |request: &[u8], before: usize, after: Duration| -> Reaction {
        let transfer_flag = if before == 1 { TransferFlag::START } else { TransferFlag::MIDDLE };
        let data = wire::encode(&nic()[0]).unwrap();
        let part = FruRecordTablePart { next_data_transfer_handle: before as u32, transfer_flag, data };
        Ok(vec![(after, reply(request, 0, &wire::encode(&part).unwrap()))])
    };
    let slow = Duration::from_millis(1500);
    let (mut requester, _) = device(move |request, before| part(request, before.max(1), slow));
    let started = Instant::now();
    let table = record_table(&mut requester).await.unwrap();
    let limit = patience::FRU_TABLE.time;
    assert_eq!(table.cut.map(|cut| cut.failure), Some(Failure::Transfer(TransferFault::TooSlow { limit })));
    assert!(started.elapsed() < limit + 3 * slow);

    let (mut requester, _) = device(move |request, before| match (request[2], before) {
        (1, _) => refusal(request, 0x83),
        (_, 0..3) => part(request, before, Duration::ZERO),
        _ => Ok(vec![]),
    });
    let table = record_table(&mut requester).await.unwrap();
    assert_eq!((table.records.len(), table.cut.map(|cut| cut.failure.kind())), (2, Some("timeout")));
}

#[tokio::test(start_paused = true)]
async fn one_record_set_can_be_asked_for() {
    let (mut requester, device) = device(|request, _| {
        let data = wire::encode(&nic()[1]).unwrap();
        good(
            request,
            &FruRecordsPart { next_data_transfer_handle: 0, transfer_flag: TransferFlag::START_AND_END, data },
        )
    });
    let answer = records_by_option(&mut requester, GetFruRecordByOption::record_set(2)).await.unwrap();
    assert_eq!((&answer.value[..], answer.damage), (&nic()[1..], None));
    assert_eq!(device.seen.lock().unwrap()[0], [0x80, 4, 4, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 1]);

    let (mut requester, _) = self::device(|request, _| at_once(reply(request, 0, &[1, 0, 0, 0, 2])));
    let error = records_by_option(&mut requester, GetFruRecordByOption::record_set(2)).await.unwrap_err();
    assert_eq!(error.failure.kind(), "transfer");
}

#[test]
fn texts_are_read_in_the_encoding_of_their_record() {
    let odd = record(1, StringType::UTF_16LE, vec![field(FieldType::MODEL, b"X\x001")]);
    assert_eq!(odd.text(FieldType::MODEL).unwrap().to_string_lenient().0, "X\u{fffd}");
    assert_eq!(odd.leniencies(), [Leniency::InvalidText]);
    let unsaid = record(1, StringType::UNKNOWN, vec![field(FieldType::NAME, b"nic"), field(FieldType(0x77), b"\xff")]);
    assert_eq!(unsaid.leniencies(), [Leniency::UnknownStringType]);
    let line = record(1, StringType::ASCII, vec![field(FieldType::DESCRIPTION, b"a\nb")]);
    assert_eq!(line.leniencies(), [Leniency::ControlCharacters]);
}

#[test]
fn dates_and_vendors_are_read_where_they_are_sound() {
    let iana = |bytes: &[u8]| record(1, StringType::ASCII, vec![field(FieldType::VENDOR_IANA, bytes)]);
    assert_eq!(
        (iana(&[0x15, 0xa0, 0, 0]).vendor_iana(), iana(&[0x15, 0xa0, 0, 0]).leniencies()),
        (Some(40981), vec![])
    );
    let swapped = iana(&[0, 0, 0xa0, 0x15]);
    assert_eq!((swapped.vendor_iana(), swapped.leniencies()), (Some(40981), vec![Leniency::BigEndianIana]));
    let short = iana(&[0x15, 0xa0]);
    assert_eq!((short.vendor_iana(), short.leniencies()), (None, vec![Leniency::DescriptorLength]));

    let oem =
        Record { record_type: RecordType::OEM, ..record(1, StringType(9), vec![field(FieldType(1), &[1, 2, 0, 0])]) };
    assert_eq!((oem.vendor_iana(), oem.leniencies()), (Some(0x201), vec![]));
    assert_eq!(General::of([&oem]), General::default(), "an OEM record is not a general one");

    let date = |bytes: &[u8]| record(1, StringType::ASCII, vec![field(FieldType::MANUFACTURE_DATE, bytes)]);
    let good = date(&[0, 0, 0, 0, 0, 0, 0, 8, 25, 5, 0xea, 7, 0]);
    let shown = General::of([&good]).manufacture_date.map(|date| date.to_string());
    assert_eq!((shown.as_deref(), good.leniencies()), (Some("2026-05-25T08:00:00"), vec![]));
    for bad in [&[0xff; 13][..], b"2026-05-25"] {
        assert_eq!(date(bad).leniencies(), [Leniency::InvalidDate]);
    }
    let both = [date(b"2026-05-25"), good];
    assert!(General::of(&both).manufacture_date.is_some(), "the first that can be read");
}

proptest! {
    #[test]
    fn whatever_a_record_decodes_to_encodes_back(bytes in prop::collection::vec(0u8..5, 0..40)) {
        crate::testing::survives::<Record>(&bytes)?;
        crate::testing::survives::<Field>(&bytes)?;
    }

    #[test]
    fn any_records_come_back_from_their_table(
        values in prop::collection::vec((1u16.., prop::collection::vec((1u8.., prop::collection::vec(any::<u8>(), 0..9)), 0..4)), 0..5),
        padding in 0usize..4,
    ) {
        let fields = |list: &[(u8, Vec<u8>)]| list.iter().map(|(kind, value)| field(FieldType(*kind), value)).collect();
        let records: Vec<_> = values.iter().map(|(set, list)| record(*set, StringType::UTF_8, fields(list))).collect();
        let read = RecordTable::read(&table(&records, padding), Ok(metadata(&records, padding)));
        prop_assert_eq!(read.damage, None);
        prop_assert_eq!((read.records, read.padding), (records, padding));
    }

    #[test]
    fn no_table_does_harm(bytes in prop::collection::vec(any::<u8>(), 0..80), length in 0u32..100) {
        let said = FruRecordTableMetadata { length, ..metadata(&[], 0) };
        for metadata in [Ok(said), Err(unknown())] {
            let read = RecordTable::read(&bytes, metadata);
            let _ = (read.general(), read.leniencies());
        }
    }
}
