//! Hostile answers to GetFirmwareParameters: every count and length lies once, and every length is cut once.

use super::*;
use crate::{StringType, Text};
use proptest::prelude::*;
use wire::{Damage, decode, encode};

fn image(version: &str) -> Image {
    Image { comparison_stamp: 1, version: Text::new(version), release_date: ReleaseDate(*b"20260415") }
}

fn component(identifier: u16) -> Component {
    Component {
        classification: ComponentClassification::FIRMWARE,
        identifier,
        classification_index: 0,
        active: image("1.2.3"),
        pending: image("1.3.0-rc1"),
        activation_methods: ActivationMethods::SYSTEM_REBOOT,
        capabilities_during_update: ComponentCapabilities(0),
    }
}

fn parameters(components: u16) -> FirmwareParameters {
    FirmwareParameters {
        capabilities_during_update: DeviceCapabilities::PARTIAL_UPDATES,
        active_image_set: Text::new("SET-1.0"),
        pending_image_set: Text::new("SET-2.0"),
        components: (0..components).map(component).collect(),
    }
}

fn keep(bytes: &[u8]) -> Answer<FirmwareParameters> {
    FirmwareParameters::keep(bytes).unwrap()
}

#[test]
fn whatever_is_whole_is_kept_when_the_reply_is_cut() {
    let whole = parameters(3);
    let bytes = encode(&whole).unwrap();
    assert_eq!(keep(&bytes), Answer { value: whole.clone(), damage: None });
    let entry = 39 + 5 + 9;
    for length in 0..bytes.len() {
        let cut = &bytes[..length];
        assert!(decode::<FirmwareParameters>(cut).is_err());
        match FirmwareParameters::keep(cut) {
            Err(malformed) => assert!(length < 10 + 7 && malformed.damage == Damage::Short),
            Ok(answer) => {
                assert_eq!(answer.damage.unwrap().damage, Damage::Short, "cut at {length}");
                assert_eq!(answer.value.active_image_set, whole.active_image_set);
                let arrived = length.saturating_sub(10 + 7 + 7) / entry;
                assert_eq!(answer.value.components, whole.components[..arrived], "cut at {length}");
            }
        }
    }
}

/// Where the counts and lengths of `parameters(2)` are, and what they are called.
const LENGTHS: [(usize, &str); 8] = [
    (4, "component_count"),
    (5, "component_count"),
    (7, "active_image_set"),
    (9, "pending_image_set"),
    (24 + 5 + 5, "active version"),
    (24 + 19 + 5, "pending version"),
    (24 + 53 + 5 + 5, "active version"),
    (24 + 53 + 19 + 5, "pending version"),
];

#[test]
fn every_count_and_length_may_lie() {
    let whole = parameters(2);
    let bytes = encode(&whole).unwrap();
    for (at, field) in LENGTHS {
        for lie in [0, bytes[at].wrapping_add(1), bytes[at].wrapping_sub(1), 255] {
            if lie == bytes[at] {
                continue;
            }
            let mut bytes = bytes.clone();
            bytes[at] = lie;
            let Ok(answer) = FirmwareParameters::keep(&bytes) else {
                assert_eq!(field, "active_image_set", "only its length can leave nothing to keep");
                continue;
            };
            assert!(answer.damage.is_some(), "{field} = {lie}");
            assert!(decode::<FirmwareParameters>(&bytes).is_err(), "{field} = {lie}");
            let prefix = match (at, lie) {
                (4, 0) => 0,
                (4, 1) => 1,
                (4 | 5, _) => 2,
                (60.., _) => 1,
                _ => 0,
            };
            assert_eq!(answer.value.components.get(..prefix), whole.components.get(..prefix), "{field} = {lie}");
            let _ = answer.leniencies();
        }
    }
}

#[test]
fn an_entry_is_at_least_its_head() {
    assert_eq!(ComponentHead::SIZE, Some(Component::LEAST));
}

#[test]
fn a_count_beyond_the_table_names_the_field_that_is_missing() {
    let mut bytes = encode(&parameters(1)).unwrap();
    bytes[4..6].copy_from_slice(&[0xff, 0xff]);
    let answer = keep(&bytes);
    assert_eq!(answer.value, parameters(1));
    assert_eq!(
        answer.damage.unwrap().to_string(),
        "GetFirmwareParameters response: the bytes end inside classification"
    );
    assert_eq!(answer.leniencies(), [Leniency::TableShort]);
}

#[test]
fn bytes_behind_the_table_are_damage_and_the_table_is_kept() {
    let bytes = [encode(&parameters(1)).unwrap(), vec![0; 5]].concat();
    let answer = keep(&bytes);
    assert_eq!((answer.value.clone(), answer.leniencies()), (parameters(1), vec![Leniency::TrailingBytes]));
}

#[test]
fn a_pending_image_set_that_is_cut_leaves_the_active_one() {
    let bytes = encode(&parameters(0)).unwrap();
    let answer = keep(&bytes[..bytes.len() - 1]);
    assert_eq!(answer.value.active_image_set, Text::new("SET-1.0"));
    assert_eq!((answer.value.pending_image_set, answer.damage.unwrap().field), (Text::none(), "pending_image_set"));
}

#[test]
fn no_component_is_legal() {
    let bytes = encode(&parameters(0)).unwrap();
    assert_eq!(keep(&bytes), Answer { value: parameters(0), damage: None });
}

#[test]
fn an_answer_of_64_kib_is_read_to_its_end() {
    let many = parameters(1200);
    let bytes = encode(&many).unwrap();
    assert!(bytes.len() > 63_000);
    assert_eq!(keep(&bytes), Answer { value: many, damage: None });
    let zeros = keep(&[&[0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0][..], &[0; 0xffff]].concat());
    assert_eq!((zeros.value.components.len(), zeros.damage.unwrap().damage), (0xffff / 39, Damage::Short));
}

#[test]
fn everything_overlooked_is_counted() {
    let mut odd = parameters(1);
    odd.capabilities_during_update = DeviceCapabilities(1 << 31);
    odd.pending_image_set = Text { encoding: StringType(9), bytes: b"x"[..].into() };
    odd.components[0].active.version.bytes = b"1\n2\0"[..].into();
    odd.components[0].active.release_date = ReleaseDate(*b"99999999");
    odd.components[0].activation_methods = ActivationMethods(0x8000);
    let answer = keep(&encode(&odd).unwrap());
    assert_eq!(answer.value, odd, "and nothing is lost");
    let counted = [
        Leniency::UnknownStringType,
        Leniency::ReservedBits,
        Leniency::TrailingNul,
        Leniency::ControlCharacters,
        Leniency::InvalidDate,
        Leniency::ReservedBits,
    ];
    assert_eq!(answer.leniencies(), counted);
}

#[test]
fn a_version_too_long_for_the_wire_is_refused() {
    let mut long = parameters(1);
    long.components[0].pending.version = Text::new(&"x".repeat(256));
    assert_eq!(encode(&long).unwrap_err().field, "pending version");
}

proptest! {
    #[test]
    fn whatever_decodes_encodes_back(bytes in prop::collection::vec(0u8..4, 0..300)) {
        if let Ok(parameters) = decode::<FirmwareParameters>(&bytes) {
            prop_assert_eq!(encode(&parameters), Ok(bytes));
        }
    }

    #[test]
    fn nothing_panics(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = FirmwareParameters::keep(&bytes).map(|answer| answer.leniencies());
    }

    #[test]
    fn one_wrong_byte_never_panics(at in 0usize..130, byte: u8) {
        let mut bytes = encode(&parameters(2)).unwrap();
        bytes[at] = byte;
        let _ = FirmwareParameters::keep(&bytes).map(|answer| answer.leniencies());
    }
}
