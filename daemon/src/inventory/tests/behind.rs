//! What a device need not say every time: its FRU records, and what is behind it.

use super::*;
use pldm::{
    base::TransferFlag,
    firmware_update::{
        ActivationMethods, DownstreamCapabilities, DownstreamComponent, DownstreamDevices,
        DownstreamDevicesCapabilities, DownstreamFirmwareParameters, DownstreamSupport, Image,
    },
};

const DEVICES: [u8; 2] = [5, 3];
const PARAMETERS: [u8; 2] = [5, 5];
const FRU_TABLE: [u8; 2] = [4, 2];

/// A part of the firmware of so many devices behind this one.
fn part(count: u16, transfer_flag: TransferFlag) -> Option<(u8, Vec<u8>)> {
    let image = Image { version: Text::new("1"), ..Image::none() };
    let device = |index| DownstreamComponent {
        index,
        active: image.clone(),
        pending: Image::none(),
        activation_methods: ActivationMethods(0),
        capabilities_during_update: DownstreamCapabilities(0),
    };
    let answer = DownstreamFirmwareParameters {
        next_data_transfer_handle: 1,
        transfer_flag,
        capabilities_during_update: DeviceCapabilities(0),
        devices: (0..count).map(device).collect(),
    };
    Some((0, wire::encode(&answer).expect("legal")))
}

fn behind(device: &mut Device, count: u16) {
    let devices = DownstreamDevices {
        update_supported: DownstreamSupport(1),
        number_of_downstream_devices: count,
        maximum_number_of_downstream_devices: 8,
        capabilities: DownstreamDevicesCapabilities(0),
    };
    device.more.insert(DEVICES, Some((0, wire::encode(&devices).expect("legal"))));
    device.more.insert(PARAMETERS, part(count, TransferFlag::START_AND_END));
}

/// The firmware behind the device: how much there is, and how much of it is fresh.
fn counted(scene: &Scene) -> (usize, usize) {
    let component = scene.component("nic0").expect("there");
    let all: Vec<_> = component.firmware.values().filter(|it| it.id.as_str().contains("downstream")).collect();
    (all.len(), all.iter().filter(|it| it.freshness == Freshness::Fresh).count())
}

#[tokio::test(start_paused = true)]
async fn devices_behind_a_device_come_and_go() {
    let (scene, device) = (Scene::new(), Pretend::named("nic0"));
    for count in [2, 5, 1, 0, 3] {
        device.with(|device| behind(device, count));
        scene.here(0, 9, &device);
        sleep(SECOND).await;
        assert_eq!(counted(&scene), (count.into(), count.into()));
    }
    // It does not know the question any more.
    device.with(|device| device.more.remove(&DEVICES));
    scene.here(0, 9, &device);
    sleep(SECOND).await;
    assert_eq!(counted(&scene), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn what_is_behind_a_device_and_does_not_come_is_stale_and_neither_fresh_nor_gone() {
    let (mut scene, device) = (Scene::new(), Pretend::named("nic0"));
    let whole = part(4, TransferFlag::START_AND_END).expect("one").1;
    let failures = [
        (DEVICES, None),
        (DEVICES, Some((1, vec![]))),
        (PARAMETERS, None),
        (PARAMETERS, Some((1, vec![]))),
        (PARAMETERS, Some((0, whole[..whole.len() - 1].to_vec()))),
        // It goes round in circles.
        (PARAMETERS, part(4, TransferFlag::START)),
    ];
    for (number, (command, failure)) in failures.into_iter().enumerate() {
        device.with(|device| behind(device, 5));
        scene.here(0, 9, &device);
        sleep(20 * SECOND).await;
        assert_eq!(counted(&scene), (5, 5));
        scene.told();
        device.with(|device| device.more.insert(command, failure));
        scene.here(0, 9, &device);
        sleep(20 * SECOND).await;
        let (all, fresh) = counted(&scene);
        assert!(all == 5 && fresh < 5, "{number}: {all} {fresh}");
        assert!(!scene.component("nic0").expect("there").faults.is_empty());
        assert!(!scene.told().iter().any(|what| matches!(what, What::FirmwareRemoved { .. })));
    }
}

/// A table with one general record: a part number and a serial number.
fn table(serial: &str) -> Vec<u8> {
    let field = |kind: u8, text: &str| [&[kind, u8::try_from(text.len()).expect("short")], text.as_bytes()].concat();
    let record = [&[1, 0, 1, 2, 1][..], &field(3, "P-7"), &field(4, serial)].concat();
    let padding = vec![0; record.len().next_multiple_of(4) - record.len()];
    let table = [record, padding].concat();
    [table.clone(), pldm::crc32(&table).to_le_bytes().to_vec()].concat()
}

/// The answer that brings it, or the beginning of it.
fn fru(table: &[u8], flag: u8) -> Option<(u8, Vec<u8>)> {
    Some((0, [&[1, 0, 0, 0, flag][..], table].concat()))
}

fn numbers(scene: &Scene, id: &str) -> (Option<String>, Option<String>) {
    let component = scene.component(id).expect("there");
    (component.part_number.clone(), component.serial_number.clone())
}

#[tokio::test(start_paused = true)]
async fn a_serial_number_that_was_read_is_kept_when_it_cannot_be_read_again() {
    let (scene, device) = (Scene::new(), Pretend::named("nic0"));
    device.with(|device| {
        device.more.insert([0, 4], Some((0, vec![0b11_0001, 0, 0, 0, 0, 0, 0, 0])));
        device.more.insert(FRU_TABLE, fru(&table("S-1"), 5));
    });
    scene.here(0, 9, &device);
    sleep(SECOND).await;
    let known = (Some("P-7".to_owned()), Some("S-1".to_owned()));
    assert_eq!(numbers(&scene, "nic0"), known);
    // A first part of two, with the part number alone; the second never comes.
    let failures =
        [None, Some((1, vec![])), Some((5, vec![])), fru(&table("S-2")[..10], 5), fru(&table("S-2")[..10], 1)];
    for (number, failure) in failures.into_iter().enumerate() {
        device.with(|device| device.more.insert(FRU_TABLE, failure));
        scene.here(0, 9, &device);
        sleep(30 * SECOND).await;
        assert_eq!(numbers(&scene, "nic0"), known, "{number}");
        assert!(!scene.component("nic0").expect("there").faults.is_empty());
    }
    device.with(|device| device.more.insert(FRU_TABLE, fru(&table("S-2"), 5)));
    scene.here(0, 9, &device);
    sleep(SECOND).await;
    assert_eq!(numbers(&scene, "nic0").1.as_deref(), Some("S-2"));
}

#[tokio::test(start_paused = true)]
async fn what_one_device_said_is_never_told_of_the_next_in_its_place() {
    let (scene, first, second) = (Scene::new(), Pretend::named("nic0"), Pretend::named("nic1"));
    for device in [&first, &second] {
        device.with(|device| device.more.insert([0, 4], Some((0, vec![0b11_0001, 0, 0, 0, 0, 0, 0, 0]))));
    }
    first.with(|device| device.more.insert(FRU_TABLE, fru(&table("S-1"), 5)));
    scene.known(0, 9, Some("a"), &first);
    sleep(SECOND).await;
    assert_eq!(numbers(&scene, "nic0").1.as_deref(), Some("S-1"));
    scene.sight(0, Presence::Away("pulled".into()));
    sleep(120 * SECOND).await;
    // The next one takes another address before it has said all.
    second.with(|device| device.more.insert([0, 4], None));
    scene.known(0, 11, Some("b"), &second);
    sleep(SECOND).await;
    scene.known(0, 10, Some("b"), &second);
    sleep(20 * SECOND).await;
    assert_eq!(numbers(&scene, "nic1"), (None, None));
}
