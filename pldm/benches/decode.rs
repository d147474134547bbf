//! How long GetFirmwareParameters with ten components takes to decode: the largest answer of an inventory pass.
#![allow(clippy::print_stdout, clippy::disallowed_types, reason = "a bench prints, and measures the real clock")]

use pldm::{Request, StringType, Text, firmware_update::*};
use std::{hint::black_box, time::Instant};

fn main() {
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
    let bytes = wire::encode(&parameters).expect("short strings");
    const ROUNDS: u32 = 1_000_000;
    let best = (0..5)
        .map(|_| {
            let start = Instant::now();
            for _ in 0..ROUNDS {
                black_box(GetFirmwareParameters::decode(black_box(&bytes)).expect("our own bytes"));
            }
            start.elapsed() / ROUNDS
        })
        .min();
    println!("GetFirmwareParameters, {} bytes: {best:?}", bytes.len());
}
