//! Packages of every revision, whole, damaged and hostile.

mod bytes;

use super::*;
use crate::firmware_update::{ActivationMethods, ComponentClassification};
use bytes::Bytes;
use proptest::prelude::*;
use std::{env, fs, path::Path};
use wire::Damage;

fn read(bytes: &[u8]) -> Package {
    let package = Package::read(bytes, bytes.len() as u64).unwrap();
    let mut payload = Payload::of(&package);
    let behind = bytes.get(usize::from(package.header_size)..).unwrap_or_default();
    behind.chunks(7).for_each(|chunk| payload.update(chunk));
    let findings = package.findings.iter().copied().chain(payload.finding()).collect();
    Package { findings, ..package }
}

fn findings(bytes: &Bytes) -> Vec<Finding> {
    read(&bytes.write()).findings
}

/// The same with one thing changed.
fn with(revision: usize, change: impl FnOnce(&mut Bytes)) -> Bytes {
    let mut bytes = Bytes::sound(revision);
    change(&mut bytes);
    bytes
}

#[test]
fn the_golden_files_are_what_the_tables_say() {
    for (number, revision) in Revision::ALL.iter().enumerate() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../tests/golden/packages/{revision}.pldm"));
        let bytes = Bytes::sound(number).write();
        if env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(&path, &bytes).unwrap();
        }
        assert_eq!(fs::read(&path).unwrap(), bytes, "{}; UPDATE_GOLDEN=1 writes it anew", path.display());
    }
}

#[test]
fn a_sound_package_of_every_revision_is_read() {
    for (number, revision) in Revision::ALL.into_iter().enumerate() {
        let bytes = Bytes::sound(number).write();
        let package = read(&bytes);
        assert_eq!((package.revision, &*package.findings), (revision, &[][..]));
        assert_eq!(package.leniencies(), []);
        assert_eq!(package.released.to_string(), "2026-02-14T09:15:30Z");
        assert_eq!(package.version, Text::new("nic-231.2"));
        let [card, other] = &package.devices[..] else { panic!("{:?}", package.devices) };
        assert!(card.update_options.names().eq(["CONTINUE_COMPONENT_UPDATES_AFTER_FAILURE"]));
        assert!(card.applicable_components.numbers().eq([0, 1]) && other.applicable_components.numbers().eq([0, 2]));
        assert_eq!((&card.image_set_version, &*card.package_data), (&Text::new("231.2.0"), &b"data"[..]));
        let descriptors: Vec<_> = card.descriptors.iter().map(ToString::to_string).collect();
        assert_eq!(descriptors, ["PCI Vendor ID 0x14e4", "PCI Device ID 0x1750"]);
        assert_eq!(card.reference_manifest, if number == 3 { &b"corim"[..] } else { b"" });
        let stamps: Vec<_> = package
            .downstream_devices
            .iter()
            .map(|it| it.self_contained_activation_minimum_version_comparison_stamp)
            .collect();
        assert_eq!(stamps, if number == 0 { vec![] } else { vec![Some(0x0400_0000)] });
        let image = &package.components[1];
        assert_eq!((image.classification, image.identifier), (ComponentClassification::FIRMWARE, 0x2001));
        assert_eq!(image.version, Text::new("231.0.128.0"));
        assert_eq!(image.known_comparison_stamp(), Some(0xe702_00a2));
        let methods = ActivationMethods::SYSTEM_REBOOT.0 | ActivationMethods::AC_POWER_CYCLE.0;
        assert_eq!(image.requested_activation_methods, ActivationMethods(methods));
        assert_eq!(image.opaque_data, if number >= 2 { &b"ok"[..] } else { b"" });
        let range = image.range();
        assert_eq!(&bytes[range.start as usize..range.end as usize], b"self test");
        assert_eq!(package.payload_checksum.is_some(), number == 3);
    }
}

#[test]
fn what_the_header_says_wrong_is_a_finding_and_hides_nothing() {
    let found = |bytes: Bytes, finding: Finding| {
        let package = read(&bytes.write());
        assert_eq!(package.findings, [finding]);
        assert_eq!((package.components.len(), package.devices.len()), (bytes.components.len(), bytes.devices.len()));
    };
    let file = |revision| Bytes::sound(revision).write().len() as u64;
    let size = |revision| read(&Bytes::sound(revision).write()).header_size;
    found(with(3, |b| b.format_revision = 1), Finding::FormatRevision { says: 1, revision: Revision::V1_3 });
    found(with(1, |b| b.bitmap_bits = 7), Finding::BitmapLength { bits: 7, components: 3 });
    found(with(1, |b| b.behind = vec![0; 1024]), Finding::BytesBehind { bytes: 1024 });
    found(with(2, |b| b.devices.push(bytes::device(2, &[0b1_1000], "1", "5217", b""))), Finding::DeviceComponent(2, 3));
    found(
        with(2, |b| b.downstream_devices.push(bytes::downstream_device(2, &[0x80]))),
        Finding::DownstreamDeviceComponent(1, 7),
    );
    let beyond = Finding::ImageBeyondFile { component: 2, end: file(0) + 1, file: file(0) };
    found(with(0, |b| b.components[2].2 = Some((file(0) as u32 - 300, 301))), beyond);
    found(
        with(0, |b| b.components[2].2 = Some((u32::from(size(0)) + 89, file(0) as u32 - u32::from(size(0)) - 89))),
        Finding::ImagesOverlap(1, 2),
    );
}

#[test]
fn images_that_lie_anywhere_are_told() {
    let sound = Bytes::sound(0).write();
    let (size, file) = (u32::from(read(&sound).header_size), sound.len() as u32);
    let placed = |places: [(u32, u32); 3]| {
        findings(&with(0, |b| b.components.iter_mut().zip(places).for_each(|(it, place)| it.2 = Some(place))))
    };
    let all = (size, file - size);
    assert_eq!(placed([all, (size, 1), (size + 1, 1)]), [Finding::ImagesOverlap(0, 1), Finding::ImagesOverlap(0, 2)]);
    assert_eq!(placed([(size + 5, 1), (size, 5), (size + 6, file - size - 6)]), []);
    assert_eq!(
        placed([(0, size), (size, file - size), (file, 0)]),
        [Finding::ImageInHeader(0), Finding::ImageEmpty(2)]
    );
    let beyond = |component, end| Finding::ImageBeyondFile { component, end, file: file.into() };
    let most = u64::from(u32::MAX);
    assert_eq!(
        placed([(u32::MAX, u32::MAX), (size, 1), (u32::MAX, 0)]),
        [beyond(0, 2 * most), Finding::ImageEmpty(2), beyond(2, most)]
    );
}

#[test]
fn damage_inside_a_record_leaves_the_next_one_whole() {
    // The first record promises a third descriptor, which would begin in its package data.
    let bytes = with(3, |b| b.devices[0][2] = 3);
    let package = read(&bytes.write());
    let [Finding::Device(0, Malformed { field: "descriptor_data", damage: Damage::Short, .. })] = package.findings[..]
    else {
        panic!("{:?}", package.findings)
    };
    assert_eq!(package.devices.iter().map(|it| it.descriptors.len()).collect::<Vec<_>>(), [2, 2]);
    assert_eq!(package.components.len(), 3);
    // A record that is longer than what stands in it.
    let bytes = with(1, |b| {
        b.downstream_devices[0].push(0);
        b.downstream_devices[0][0] += 1;
    });
    let found = findings(&bytes);
    assert!(
        matches!(found[..], [Finding::DownstreamDevice(0, Malformed { damage: Damage::Trailing, .. })]),
        "{found:?}"
    );
}

#[test]
fn a_record_without_an_end_keeps_what_stands_before_it() {
    for length in [0, 1, 0xffff_u16] {
        let package = read(&with(1, |b| b.devices[1][..2].copy_from_slice(&length.to_le_bytes())).write());
        assert_eq!(package.devices.len(), if length > 1 { 2 } else { 1 });
        assert_eq!(package.devices[0].descriptors.len(), 2);
        let [Finding::Header(malformed)] = package.findings[..] else { panic!("{:?}", package.findings) };
        assert_eq!(malformed.field, "firmware_device_id_record");
    }
}

#[test]
fn checksums_are_checked() {
    for revision in 0..4 {
        let mut bytes = Bytes::sound(revision).write();
        let size = usize::from(read(&bytes).header_size);
        bytes[25] ^= 1; // the minute of the release
        let package = read(&bytes);
        let [Finding::HeaderChecksum { says, is }] = package.findings[..] else { panic!("{:?}", package.findings) };
        assert_eq!(
            (package.header_checksum, bytes::crc(&bytes[..size - if revision == 3 { 8 } else { 4 }])),
            (Some(says), is)
        );
        bytes[25] ^= 1;
        bytes[size] ^= 1;
        let wrong = read(&bytes).findings;
        assert_eq!(matches!(wrong[..], [Finding::PayloadChecksum { .. }]), revision == 3, "{wrong:?}");
        assert_eq!(wrong.is_empty(), revision < 3, "only 1.3 would see it");
    }
}

#[test]
fn a_payload_checksum_may_cover_what_follows_the_images() {
    let mut bytes = with(3, |b| b.behind = b"padding".to_vec()).write();
    let size = usize::from(read(&bytes).header_size);
    let behind = Finding::BytesBehind { bytes: 7 };
    assert_eq!(read(&bytes).findings, [behind]);
    let all = bytes::crc(&bytes[size..]).to_le_bytes();
    bytes[size - 4..size].copy_from_slice(&all);
    assert_eq!(read(&bytes).findings, [behind]);
    bytes[size - 1] ^= 1;
    assert!(matches!(read(&bytes).findings[..], [_, Finding::PayloadChecksum { .. }]));
}

#[test]
fn what_is_odd_but_readable_is_counted() {
    let package = read(
        &with(0, |b| {
            b.devices[0][6] = 0x80; // an option of a later revision
            b.devices[1][7] = 0; // an unknown string type
        })
        .write(),
    );
    assert_eq!(package.findings, []);
    assert_eq!(package.leniencies(), [Leniency::ReservedBits, Leniency::UnknownStringType]);
}

/// What must hold whatever the bytes are.
fn sane(bytes: &[u8]) {
    let Ok(package) = Package::read(bytes, bytes.len() as u64) else { return };
    let header = bytes.get(..usize::from(package.header_size)).unwrap_or(bytes);
    let held = package.devices.iter().flat_map(|it| it.package_data.iter().chain(&it.reference_manifest)).count();
    assert!(held + package.components.len() * 22 <= header.len());
    let _ = (package.leniencies(), read(bytes).findings.iter().map(ToString::to_string).collect::<String>());
    let numbers = package.devices.iter().flat_map(|it| it.applicable_components.numbers());
    assert!(numbers.max().is_none_or(|number| number < 1 << 16));
}

#[test]
fn a_cut_anywhere_is_told_and_keeps_what_stands_before() {
    for revision in 0..4 {
        let bytes = Bytes::sound(revision).write();
        let whole = read(&bytes);
        for length in 0..bytes.len() {
            sane(&bytes[..length]);
            let Ok(package) = Package::read(&bytes[..length], length as u64) else {
                assert!(length < Start::LENGTH);
                continue;
            };
            assert!(!package.findings.is_empty(), "{length}");
            let cut = matches!(package.findings[0], Finding::HeaderCut { .. });
            assert_eq!(cut, length < usize::from(whole.header_size), "{length}");
            // The last one may be in pieces.
            let sound = package.devices.len().saturating_sub(1);
            assert_eq!(package.devices[..sound], whole.devices[..sound]);
            assert_eq!(package.components[..], whole.components[..package.components.len()]);
        }
    }
}

#[test]
fn no_single_changed_byte_of_the_header_passes_unseen() {
    for revision in 0..4 {
        let sound = Bytes::sound(revision).write();
        for at in 0..usize::from(read(&sound).header_size) {
            for value in [0, 1, 0x7f, 0x80, 0xff, sound[at] ^ 1, sound[at].wrapping_add(1)] {
                let mut bytes = sound.clone();
                bytes[at] = value;
                sane(&bytes);
                let refused = Package::read(&bytes, bytes.len() as u64).is_err();
                assert_eq!(refused, at < 16 && value != sound[at]);
                assert!(refused || value == sound[at] || !read(&bytes).findings.is_empty(), "{revision} {at} {value}");
            }
        }
    }
}

proptest! {
    #[test]
    fn whatever_follows_the_identifier_is_survived(
        revision in 0..4usize,
        rest in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        sane(&[&Revision::ALL[revision].identifier()[..], &rest].concat());
    }

    #[test]
    fn many_changes_at_once_are_survived(
        revision in 0..4usize,
        changes in prop::collection::vec((16..250usize, any::<u8>()), 1..12),
    ) {
        let mut bytes = Bytes::sound(revision).write();
        changes.into_iter().for_each(|(at, value)| bytes[at] = value);
        sane(&bytes);
    }
}
