//! What devices say they are, and what they get wrong about it.

use super::*;
use proptest::prelude::*;
use wire::{Damage, decode, encode};

fn descriptor(descriptor_type: u16, data: &[u8]) -> Descriptor {
    Descriptor { descriptor_type: DescriptorType(descriptor_type), data: data.into() }
}

fn payload(length: u32, count: u8, descriptors: &[Descriptor]) -> Vec<u8> {
    let table: Vec<u8> = descriptors.iter().flat_map(|one| encode(one).unwrap()).collect();
    [&length.to_le_bytes()[..], &[count], &table].concat()
}

fn damage(answer: &Answer<DeviceIdentifiers>) -> Option<(&'static str, Damage)> {
    answer.damage.map(|it| (it.field, it.damage))
}

#[test]
fn a_descriptor_prints_as_people_call_it() {
    for (descriptor_type, data, shown) in [
        (0x0000, &b"\xde\x10"[..], "PCI Vendor ID 0x10de"),
        (0x0103, b"\xa1", "PCI Revision ID 0xa1"),
        (0x0001, b"\x47\x16\0\0", "IANA Enterprise ID 5703"),
        (0x0001, b"\0\0\xa0\x15", "IANA Enterprise ID 40981"),
        (0x0002, &[0x11; 16], "UUID 11111111-1111-1111-1111-111111111111"),
        (0x0107, b"ABC\0\0\0\0\0\0\0", "ASCII Model Number (Short) ABC"),
        (0xffff, b"\x01\x0cOpenBMC.NameGPU_0", "Vendor Defined OpenBMC.Name=GPU_0"),
        (0xffff, b"\x01\x40AB", "Vendor Defined 0x01404142"),
        (0x7777, b"\x01\x02", "Descriptor 0x7777 0x0201"),
        (0x0000, b"", "PCI Vendor ID 0x"),
        (0x0002, b"\x01\x02", "UUID 0x0102"),
    ] {
        assert_eq!(descriptor(descriptor_type, data).to_string(), shown);
    }
}

#[test]
fn an_iana_number_the_wrong_way_round_is_turned_and_counted() {
    let openbic = descriptor(1, b"\0\0\xa0\x15");
    assert_eq!((openbic.integer(), openbic.leniencies()), (Some(40981), vec![Leniency::BigEndianIana]));
    let right = descriptor(1, b"\x47\x16\0\0");
    assert_eq!((right.integer(), right.leniencies()), (Some(5703), vec![]));
    let neither = descriptor(1, b"\xff\0\0\xff");
    assert_eq!((neither.integer(), neither.leniencies()), (Some(0xff00_00ff), vec![]));
}

#[test]
fn odd_descriptors_are_kept_and_counted() {
    assert_eq!(descriptor(0x7777, b"x").leniencies(), [Leniency::UnknownDescriptor]);
    assert_eq!(descriptor(0x0000, b"x").leniencies(), [Leniency::DescriptorLength]);
    assert_eq!(descriptor(0xffff, b"\x01\x40AB").leniencies(), [Leniency::DescriptorLength]);
    assert_eq!(descriptor(0xffff, b"\x09\x01A").leniencies(), [Leniency::UnknownStringType]);
    let all = [descriptor(0x7777, &[7; 300]), descriptor(0, b""), descriptor(0xffff, b"")];
    let bytes = payload(300 + 12, 3, &all);
    let identifiers: DeviceIdentifiers = decode(&bytes).unwrap();
    assert_eq!(identifiers.descriptors, all);
    assert_eq!(encode(&identifiers), Ok(bytes));
}

#[test]
fn the_name_openbmc_agreed_on_is_found() {
    let named = |title: &[u8]| DeviceIdentifiers {
        descriptors: vec![descriptor(0, b"\xde\x10"), descriptor(0xffff, &[title, b"GPU_0\n"].concat())],
    };
    assert_eq!(named(b"\x01\x0cOpenBMC.Name").openbmc_name().as_deref(), Some("GPU_0\u{fffd}"));
    assert_eq!(named(b"\x01\x05Other").openbmc_name(), None);
    assert_eq!(named(b"\x01\xffOther").openbmc_name(), None);
}

#[test]
fn a_lying_count_or_length_keeps_what_arrived() {
    let two = [descriptor(0, b"\xde\x10"), descriptor(0x0100, b"\x35\x23")];
    let keep = |length, count| DeviceIdentifiers::keep(&payload(length, count, &two)).unwrap();
    let kept = |answer: &Answer<DeviceIdentifiers>| answer.value.descriptors.len();
    for (length, count, whole, field) in [
        (12, 2, 2, None),
        (12, 3, 2, Some(("descriptor_type", Damage::Short))),
        (12, 255, 2, Some(("descriptor_type", Damage::Short))),
        (12, 1, 1, Some(("descriptor", Damage::Trailing))),
        (12, 0, 0, Some(("descriptors", Damage::Trailing))),
        (11, 2, 1, Some(("descriptor_data", Damage::Short))),
        (0, 2, 0, Some(("descriptor_type", Damage::Short))),
        (13, 2, 2, Some(("descriptors", Damage::Short))),
        (u32::MAX, 2, 2, Some(("descriptors", Damage::Short))),
        (6, 1, 1, Some(("descriptors", Damage::Trailing))),
    ] {
        let answer = keep(length, count);
        assert_eq!(kept(&answer), whole, "length {length} count {count}");
        assert_eq!(answer.value.descriptors, two[..whole]);
        assert_eq!(damage(&answer).map(|it| it.1), field.map(|it| it.1), "length {length} count {count}");
        if let Some((field, Damage::Short)) = field {
            assert_eq!(damage(&answer).unwrap().0, field, "length {length} count {count}");
        }
        assert_eq!(decode::<DeviceIdentifiers>(&payload(length, count, &two)).is_ok(), field.is_none());
    }
}

#[test]
fn a_reply_cut_anywhere_keeps_whole_descriptors() {
    let two = [descriptor(0, b"\xde\x10"), descriptor(0x0100, b"\x35\x23")];
    let bytes = payload(12, 2, &two);
    for length in 0..bytes.len() {
        match DeviceIdentifiers::keep(&bytes[..length]) {
            Err(malformed) => assert!(length < 5 && malformed.damage == Damage::Short),
            Ok(answer) => {
                assert_eq!(answer.value.descriptors, two[..(length - 5) / 6]);
                assert_eq!(damage(&answer).unwrap().1, Damage::Short);
            }
        }
    }
}

proptest! {
    #[test]
    fn whatever_decodes_encodes_back(table in prop::collection::vec(0u8..3, 0..60), count in 0u8..6) {
        let length = u32::try_from(table.len()).unwrap();
        let bytes = [&length.to_le_bytes()[..], &[count], &table].concat();
        if let Ok(identifiers) = decode::<DeviceIdentifiers>(&bytes) {
            prop_assert_eq!(encode(&identifiers), Ok(bytes));
        }
    }

    #[test]
    fn nothing_panics(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        if let Ok(answer) = DeviceIdentifiers::keep(&bytes) {
            let _ = (answer.leniencies(), answer.value.openbmc_name());
            answer.value.descriptors.iter().for_each(|one| drop(one.to_string()));
        }
    }
}
