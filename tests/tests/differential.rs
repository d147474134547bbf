//! Two decoders that share nothing read the same bytes: the golden vectors, and the vectors after damage of every kind.
//!
//! The fuzz target `differential` asks the same of whatever bytes it finds; this is the part that needs no fuzzer.

use firmwarden_tests::second::{
    Value,
    agree::{PAIRS, agree_on},
    decode,
};
use proptest::{
    prelude::*,
    test_runner::{Config, RngSeed},
};
use std::{fs, path::Path, sync::LazyLock};

/// Which table a golden vector is for, and how many bytes come before what the table reads.
const GOLDEN: [(&str, &str, usize); 18] = [
    ("real.openbic.QueryDeviceIdentifiers.resp", "DeviceIdentifiers", 4),
    ("real.satmc.GetSensorReading.resp", "SensorReading", 4),
    ("fwup.QueryDeviceIdentifiers.resp", "DeviceIdentifiers", 4),
    ("fwup.GetFirmwareParameters.resp", "FirmwareParameters", 4),
    ("platform.GetSensorReading.resp", "SensorReading", 4),
    ("platform.GetStateSensorReadings.resp", "StateSensorReadings", 4),
    ("platform.GetNumericEffecterValue.resp", "NumericEffecterValue", 4),
    ("platform.GetStateEffecterStates.resp", "StateEffecterStates", 4),
    ("platform.GetPDRRepositoryInfo.resp", "RepositoryInfo", 4),
    ("platform.GetPDR.resp", "RecordPart", 4),
    ("platform.PlatformEventMessage.req", "EventMessage", 3),
    ("platform.PollForPlatformEventMessage.resp", "PolledPart", 4),
    ("fru.GetFRURecordTableMetadata.resp", "FruMetadata", 4),
    ("fru.GetFRURecordTable.resp.single", "FruTable", 9),
    ("fru.GetFRURecordTable.resp", "FruTablePart", 4),
    ("fru.GetFRURecordByOption.resp", "FruRecordsPart", 4),
    ("pdr.", "Record", 0),
    ("malformed.pdr.numeric_sensor", "Record", 0),
];

/// Made by hand from the reference, for layouts without a golden vector: what a record of each kind may look like.
const MADE: [(&str, &str, &str); 12] = [
    ("pdr.state_sensor", "Record", "090000000104030016000100070040000100020000000201000106c400020f01"),
    (
        "pdr.effecter_auxiliary_names",
        "Record",
        "09000000010d03002300010007000202656e0000460061006e0000646500004c00fc0066007400650072000000",
    ),
    (
        "pdr.entity_auxiliary_names",
        "Record",
        "090000000110030024004000010002000002656e0000460061006e0000646500004c00fc00660074006500720000",
    ),
    (
        "pdr.file_descriptor",
        "Record",
        "09000000011e030022000100050040000100020000000400010100f0f3f10000010002086c6f672e62696e00",
    ),
    (
        "pdr.file_descriptor.oem",
        "Record",
        "09000000011e030028000100050040000100020000000407010100f0f3f10000010002086c6f672e62696e000564756d7000",
    ),
    (
        "pdr.numeric_sensor.data_sint64",
        "Record",
        concat!(
            "0900000001020300590001003412400001000200000002ff0000000000000001070000c03f0000000005000101feffffffffffff",
            "ff1b000000003f0000003fffffffffffffffff0000000000000000027f000001000200030004000500060007000800",
        ),
    ),
    (
        "event.cper",
        "EventMessage",
        concat!(
            "0109070100cc00435045520101ffffffff01000200000003000000cc000000010203040506072601010101010101010101010101",
            "0101010202020202020202020202020202020203030303030303030303030303030303040404040404040404040404040404044d",
            "00000000000000000000000500000000000000000000000000000000000000c8000000040000000003020001000000aaaaaaaaaa",
            "aaaaaaaaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb0200000044494d4d20330000000000000000000000000000de",
            "adbeef",
        ),
    ),
    ("event.effecter", "EventMessage", "0109010400000102"),
    ("event.pdr_types", "EventMessage", "0109040101020302040f"),
    ("event.refresh", "EventMessage", "0109040000"),
    ("event.oem", "EventMessage", "0109f0c0ffee"),
    ("event.sensor_uint64", "EventMessage", "0109000400020201060000000000010000"),
];

static VECTORS: LazyLock<Vec<Vector>> = LazyLock::new(vectors);

fn is_pair(vector: &Vector) -> bool {
    PAIRS.iter().any(|(pair, _)| *pair == vector.table)
}

struct Vector {
    name: String,
    table: &'static str,
    bytes: Vec<u8>,
    fields: serde_json::Value,
}

/// Every golden vector that the second decoder has a table for, and those made by hand.
fn vectors() -> Vec<Vector> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/pldm-vectors.json");
    let all: serde_json::Value = serde_json::from_str(&fs::read_to_string(path).expect("the vectors")).expect("JSON");
    let fitting = all["vectors"].as_array().expect("a list").iter().filter_map(|vector| {
        let name = vector["name"].as_str()?;
        let (_, table, before) = GOLDEN.iter().find(|(prefix, ..)| name.starts_with(prefix))?;
        let bytes = bytes(vector["hex"].as_str()?);
        // After a completion code of failure nothing follows.
        let bytes = bytes.get(*before..).filter(|_| *before < 4 || bytes[3] == 0)?;
        Some(Vector { name: name.into(), table, bytes: bytes.into(), fields: vector["fields"].clone() })
    });
    let made = MADE.iter().map(|(name, table, hex)| {
        let (name, bytes) = (String::from(*name), bytes(hex));
        Vector { name, table, bytes, fields: serde_json::Value::Null }
    });
    fitting.chain(made).collect()
}

fn bytes(hex: &str) -> Vec<u8> {
    hex.as_bytes().chunks(2).map(|two| u8::from_str_radix(str::from_utf8(two).unwrap(), 16).expect("hex")).collect()
}

/// The leaves of a vector's fields with their paths.
fn leaves(path: &str, value: &serde_json::Value, to: &mut Vec<(String, serde_json::Value)>) {
    let below = |key: &str| if path.is_empty() { key.into() } else { format!("{path}.{key}") };
    match value {
        serde_json::Value::Object(fields) => fields.iter().for_each(|(key, value)| leaves(&below(key), value, to)),
        serde_json::Value::Array(items) => {
            items.iter().enumerate().for_each(|(number, item)| leaves(&below(&number.to_string()), item, to));
        }
        serde_json::Value::Null => {}
        leaf => to.push((path.into(), leaf.clone())),
    }
}

/// What a vector says that is no field of its message: how it was made, the same in other words, or what is around it.
fn is_remark(vector: &str, path: &str) -> bool {
    let last = path.rsplit('.').next().unwrap_or(path);
    let remark = ["note", "str", "rc2", "sensor_event_decode_rc", "vendor_data_ascii", "title", "title_str_type"];
    let sums = ["table_length_unpadded", "table_length_padded", "data_length", "data_length_with_pad_and_crc"];
    remark.contains(&last)
        || sums.contains(&last)
        || path == "completion_code"
        || (path == "event_data" && vector.contains("PlatformEventMessage.req")) // the other fields are what is in it
        || (vector.ends_with("count_smaller_than_table") && path.starts_with("components.") && !path.contains(".0."))
        || (path == "vendor_iana_field" && vector == "pdr.oem") // records of vendors are kept whole
        || (last == "value" && vector.starts_with("fru."))
        || (vector.contains("resp.single_padded") && ["next_data_transfer_handle", "transfer_flag"].contains(&last))
}

/// Whether a vector's value is that of the field.
fn equal(path: &str, said: &serde_json::Value, read: &Value) -> bool {
    match read {
        Value::Number(number) => {
            // What wrote the vectors printed these as if they had no sign, the first two with eight digits.
            let unsigned = ["critical_low", "fatal_low", "present_reading_raw_u32"].contains(&path) && *number < 0;
            let off = |said: f64| (said - *number as f64 - if unsigned { 4_294_967_296.0 } else { 0.0 }).abs();
            said.as_i64().map(i128::from) == Some(*number)
                || said.as_f64().is_some_and(|said| off(said) <= 50.0 && (unsigned || off(said) == 0.0))
        }
        Value::Real(bits) => said.as_f64() == Some(f64::from(f32::from_bits(*bits))),
        Value::Bytes(read) => match said.as_str() {
            Some(said) => {
                let wide = |two: &[u8]| two.iter().fold(0, |wide, byte| wide << 8 | u16::from(*byte));
                let text = String::from_utf16(&read.chunks(2).map(wide).collect::<Vec<_>>());
                said == hex(read) || said.as_bytes() == read || text.is_ok_and(|text| text == said)
            }
            None => said.as_u64() == Some(read.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))),
        },
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A vector's word for a path, where it is another than ours.
fn renamed(path: &str) -> String {
    let entities: Option<usize> =
        path.strip_prefix("entities_container_first.").and_then(|rest| rest.split('.').next()?.parse().ok());
    match entities {
        Some(0) => path.replace("entities_container_first.0", "container"),
        Some(number @ 1..) => {
            path.replace(&format!("entities_container_first.{number}"), &format!("contained.{}", number - 1))
        }
        _ => match path {
            "eid" => "terminus_locator_value".into(),
            "present_reading_raw_u32" => "present_reading".into(),
            path => path.into(),
        },
    }
}

#[test]
fn every_golden_vector_reads_as_it_says() {
    let (mut compared, mut read) = (0, 0);
    for Vector { name, table, bytes, fields } in &*VECTORS {
        let refused = ["malformed.", "fwup.GetFirmwareParameters.resp.count_"].iter().any(|it| name.starts_with(it));
        let second = match decode(table, bytes) {
            Ok(second) if !refused => second,
            Err(refusal) if refused => refusal.before,
            other => panic!("{name}: {other:?}"),
        };
        read += 1;
        let mut said = Vec::new();
        leaves("", fields, &mut said);
        for (path, value) in said.iter().filter(|(path, _)| !is_remark(name, path)) {
            compared += 1;
            let Some(read) = second.at(&renamed(path)) else { panic!("{name}: no {path} in {second:?}") };
            assert!(equal(path, value, read), "{name} {path}: {value} {read:?}");
        }
    }
    assert!(read >= 77 + MADE.len() && compared >= 1014, "{read} vectors with {compared} fields");
}

#[test]
fn both_agree_on_every_golden_vector_and_on_each_cut_and_each_wrong_byte() {
    for Vector { name, table, bytes, .. } in VECTORS.iter().filter(|vector| is_pair(vector)) {
        assert!(agree_on(table, bytes), "{name}");
        for length in 0..bytes.len() {
            agree_on(table, &bytes[..length]);
        }
        for at in 0..bytes.len() {
            for wrong in [0, 1, 2, 4, 5, 6, 7, 0x7f, 0x80, 0xfe, 0xff] {
                let mut bytes = bytes.clone();
                bytes[at] = wrong;
                agree_on(table, &bytes);
            }
        }
        agree_on(table, &[bytes, &[0][..]].concat());
    }
}

#[test]
fn every_pair_has_a_golden_vector_to_begin_with() {
    for (pair, _) in PAIRS {
        assert!(VECTORS.iter().any(|vector| vector.table == pair), "{pair}");
    }
}

/// What can happen to bytes on the way.
fn damage() -> impl Strategy<Value = Vec<(u8, usize, u8)>> {
    prop::collection::vec((0..7u8, any::<usize>(), any::<u8>()), 1..6)
}

fn damaged(bytes: &[u8], damage: &[(u8, usize, u8)]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for (what, at, byte) in damage {
        let at = at % (bytes.len() + 1);
        match what {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, *byte),
            2 => bytes.extend(vec![*byte; at % 40]),
            3 => bytes.extend_from_within(at..),
            4 => drop(bytes.drain(at..(at + usize::from(*byte % 8)).min(bytes.len()))),
            5 => bytes.iter_mut().skip(at).take(1).for_each(|one| *one = one.wrapping_add(byte % 5).wrapping_sub(2)),
            _ => bytes.iter_mut().skip(at).take(1).for_each(|one| *one = *byte),
        }
    }
    bytes
}

proptest! {
    // Always the same cases: whoever sees a failure sees it again. The fuzzer is there for new ones.
    #![proptest_config(Config { cases: 8000, rng_seed: RngSeed::Fixed(0x005e_c04d), failure_persistence: None, ..Config::default() })]

    #[test]
    fn both_agree_on_damaged_vectors(chosen in any::<prop::sample::Index>(), damage in damage()) {
        let vectors = VECTORS.iter().filter(|vector| is_pair(vector)).collect::<Vec<_>>();
        let vector = chosen.get(&vectors);
        prop_assert!(agree_on(vector.table, &damaged(&vector.bytes, &damage)));
    }
}
