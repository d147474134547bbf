//! How long what a device says most often takes to decode: the largest answer of an inventory pass, and what sensors
//! bring. The bytes are those of the golden vectors where there are such.
#![allow(clippy::print_stdout, clippy::disallowed_types, reason = "a bench prints, and measures the real clock")]

use pldm::{
    Request, StringType, Text,
    firmware_update::*,
    platform::{GetSensorReading, GetStateSensorReadings, Pdr, event},
};
use std::{
    hint::black_box,
    time::{Duration, Instant},
};

fn main() {
    report("GetFirmwareParameters", &firmware_parameters(), |bytes| {
        black_box(GetFirmwareParameters::decode(bytes).expect("our own bytes"));
    });
    let header = 3 + 1; // of the message, and the completion code
    report("GetSensorReading", &golden("platform.GetSensorReading.resp.sint32")[header..], |bytes| {
        black_box(GetSensorReading::decode(bytes).expect("golden"));
    });
    report(
        "GetStateSensorReadings, 3 states",
        &golden("platform.GetStateSensorReadings.resp.composite_3")[header..],
        |bytes| {
            black_box(GetStateSensorReadings::decode(bytes).expect("golden"));
        },
    );
    for (name, bytes) in [
        ("PDR of a numeric sensor", golden("pdr.numeric_sensor.data_sint16.range_real32")),
        ("PDR of a compact numeric sensor", golden("pdr.compact_numeric_sensor")),
        ("PDR of a state sensor, 3 states", state_sensor()),
        ("PDR of a sensor's names, UTF-16", golden("pdr.sensor_auxiliary_names.utf16be")),
    ] {
        assert_eq!(Pdr::keep(&bytes).map(|pdr| pdr.damage), Ok(None), "{name}");
        report(name, &bytes, |bytes| {
            black_box(Pdr::keep(bytes).expect("golden"));
        });
    }
    for (name, vector) in [
        ("event of a numeric sensor", "platform.PlatformEventMessage.req.numeric_sensor_state_sint32"),
        ("event of three other records", "platform.PlatformEventMessage.req.pdr_repository_change_modified_3_handles"),
        ("event of an error record", "platform.PlatformEventMessage.req.cper"),
    ] {
        report(name, &golden(vector), |bytes| {
            let (_, message) = event::opened(bytes).expect("an event");
            black_box(message.expect("golden").event());
        });
    }
}

/// Prints the best, the middle and the worst of some runs, each the mean of many calls.
fn report(name: &str, bytes: &[u8], decode: impl Fn(&[u8])) {
    const ROUNDS: u32 = 200_000;
    let run = || {
        let start = Instant::now();
        (0..ROUNDS).for_each(|_| decode(black_box(bytes)));
        start.elapsed()
    };
    let mut runs: Vec<Duration> = (0..11).map(|_| run()).collect();
    runs.sort();
    let each = |place: usize| runs[place].as_nanos() / u128::from(ROUNDS);
    println!("{name:36}{:>5} bytes {:>6} / {} / {} ns", bytes.len(), each(0), each(5), each(10));
}

/// The bytes of a golden vector.
fn golden(name: &str) -> Vec<u8> {
    const VECTORS: &str = include_str!("../../tests/golden/pldm-vectors.json");
    let all: serde_json::Value = serde_json::from_str(VECTORS).expect("JSON");
    let list = all.as_array().or_else(|| all["vectors"].as_array()).expect("a list");
    let found = list.iter().find(|one| one["name"] == name).unwrap_or_else(|| panic!("no vector {name}"));
    let hex = found["hex"].as_str().expect("text");
    let digits: Vec<u8> = hex.chars().map(|c| c.to_digit(16).expect("hexadecimal") as u8).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

/// A composite state sensor of three states; there is no golden vector of one.
fn state_sensor() -> Vec<u8> {
    let states = [[1, 0, 1, 0x3e], [21, 0, 1, 0x06], [14, 0, 1, 0x1e]];
    let mut body = vec![1, 0, 20, 0, 135, 0, 2, 0, 1, 0, 0, 1, 3];
    body.extend(states.concat());
    let mut record = vec![20, 0, 0, 0, 1, 4, 0, 0];
    record.extend((body.len() as u16).to_le_bytes());
    record.extend(body);
    record
}

/// With ten components: the largest answer of an inventory pass.
fn firmware_parameters() -> Vec<u8> {
    let image = |version: &str| Image {
        comparison_stamp: 1,
        version: Text { encoding: StringType::ASCII, bytes: version.as_bytes().into() },
        release_date: ReleaseDate(*b"20260415"),
    };
    let component = |identifier| Component {
        classification: ComponentClassification::FIRMWARE,
        identifier,
        classification_index: 0,
        active: image("1.2.3-build1000"),
        pending: image("0001"),
        activation_methods: ActivationMethods::SYSTEM_REBOOT,
        capabilities_during_update: ComponentCapabilities(0),
    };
    let parameters = FirmwareParameters {
        capabilities_during_update: DeviceCapabilities(0),
        active_image_set: Text::new("SET-1.02"),
        pending_image_set: Text::new("WAIT"),
        components: (0..10).map(component).collect(),
    };
    wire::encode(&parameters).expect("short strings")
}
