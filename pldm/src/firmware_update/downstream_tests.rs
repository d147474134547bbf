//! Devices behind a device: in parts, with lies, and without end. The clock is paused.

use super::*;
use crate::{
    Failure, Text, TransferFault,
    firmware_update::{DescriptorType, ReleaseDate},
    testing::{at_once, device, good, refusal, reply},
};
use proptest::prelude::*;
use wire::Damage;

fn behind(index: u16) -> DownstreamDevice {
    let descriptor = Descriptor { descriptor_type: DescriptorType::PCI_VENDOR_ID, data: [0xde, 0x10][..].into() };
    DownstreamDevice { index, descriptors: vec![descriptor] }
}

fn firmware(index: u16) -> DownstreamComponent {
    let version = Text::new("1.0");
    DownstreamComponent {
        index,
        active: Image { comparison_stamp: 0, version, release_date: ReleaseDate::NONE },
        pending: Image::none(),
        activation_methods: ActivationMethods::AUTOMATIC,
        capabilities_during_update: DownstreamCapabilities::UPDATABLE,
    }
}

/// How the part that `request` asks for stands among three, and the handle of the next.
fn place(request: &[u8]) -> (TransferFlag, u32, u16) {
    match (request[3], request[7]) {
        (_, 1) => (TransferFlag::START, 1, 0),
        (1, 0) => (TransferFlag::MIDDLE, 2, 1),
        (2, 0) => (TransferFlag::END, 0, 2),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_part_that_promises_more_keeps_what_came() {
    let whole = [0, 0, 0, 0, 5, 22, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 2, 0, 0xde, 0x10, 1, 0, 1, 0, 0, 2, 0, 0x34];
    let answer = DownstreamIdentifiers::keep(&whole).unwrap();
    assert_eq!(answer.value.devices.iter().map(|device| device.index).collect::<Vec<_>>(), [0]);
    assert_eq!(answer.damage.map(|it| (it.field, it.damage)), Some(("descriptor_data", Damage::Short)));
}

#[tokio::test(start_paused = true)]
async fn devices_and_their_firmware_come_in_parts() {
    let (mut requester, device) = device(|request, _| {
        let (transfer_flag, next_data_transfer_handle, index) = place(request);
        let devices = vec![behind(index)];
        match request[2] {
            4 => good(request, &DownstreamIdentifiers { next_data_transfer_handle, transfer_flag, devices }),
            _ => good(
                request,
                &DownstreamFirmwareParameters {
                    next_data_transfer_handle,
                    transfer_flag,
                    capabilities_during_update: DeviceCapabilities::default(),
                    devices: vec![firmware(index)],
                },
            ),
        }
    });
    let found = downstream_identifiers(&mut requester).await.unwrap();
    assert_eq!((found.items, found.damage, found.cut), ((0..3).map(behind).collect(), None, None));
    let found = downstream_firmware_parameters(&mut requester).await.unwrap();
    assert_eq!((found.items, found.damage, found.cut), ((0..3).map(firmware).collect(), None, None));
    assert_eq!(device.seen.lock().unwrap().len(), 6);
}

#[tokio::test(start_paused = true)]
async fn a_part_with_a_lying_count_is_damage_and_the_others_come() {
    let (mut requester, _) = device(|request, _| {
        let (transfer_flag, next_data_transfer_handle, index) = place(request);
        let part = DownstreamIdentifiers { next_data_transfer_handle, transfer_flag, devices: vec![behind(index)] };
        let mut payload = wire::encode(&part).unwrap();
        if index == 1 {
            payload[9] = 0xff;
        }
        at_once(reply(request, 0, &payload))
    });
    let found = downstream_identifiers(&mut requester).await.unwrap();
    assert_eq!((found.items.len(), found.cut), (3, None));
    assert_eq!(found.damage.map(|it| it.damage), Some(Damage::Short));
}

#[tokio::test(start_paused = true)]
async fn devices_without_end_are_cut_and_those_that_came_are_kept() {
    let endless = |devices: u16| {
        device(move |request, before| {
            let transfer_flag = if before == 0 { TransferFlag::START } else { TransferFlag::MIDDLE };
            let next_data_transfer_handle = u32::try_from(before).unwrap();
            let devices = (0..devices).map(behind).collect();
            good(request, &DownstreamIdentifiers { next_data_transfer_handle, transfer_flag, devices })
        })
        .0
    };
    let limits = patience::DOWNSTREAM;
    for (devices, kept, fault) in [
        (0, 0, TransferFault::TooManyParts { limit: limits.parts }),
        (1000, 4000, TransferFault::TooMuch { limit: limits.items }),
    ] {
        let found = downstream_identifiers(&mut endless(devices)).await.unwrap();
        assert_eq!((found.items.len(), found.cut.map(|cut| cut.failure)), (kept, Some(Failure::Transfer(fault))));
    }
}

#[tokio::test(start_paused = true)]
async fn a_device_with_nothing_behind_it_says_so() {
    let (mut requester, _) = device(|request, _| refusal(request, 0x05));
    assert!(downstream_identifiers(&mut requester).await.is_err());
    assert!(downstream_firmware_parameters(&mut requester).await.is_err());
}

#[test]
fn bits_without_a_meaning_are_counted() {
    let odd = DownstreamComponent { capabilities_during_update: DownstreamCapabilities(1 << 9), ..firmware(0) };
    assert_eq!((firmware(0).leniencies(), odd.leniencies()), (vec![], vec![Leniency::ReservedBits]));
    let devices = |capabilities| DownstreamDevices {
        update_supported: DownstreamSupport::SUPPORTED,
        number_of_downstream_devices: 1,
        maximum_number_of_downstream_devices: 1,
        capabilities: DownstreamDevicesCapabilities(capabilities),
    };
    assert!(devices(7).capabilities.names().eq(["DYNAMICALLY_ATTACHED", "DYNAMICALLY_REMOVED", "SIMULTANEOUS_UPDATE"]));
    assert_eq!((devices(7).leniencies(), devices(8).leniencies()), (vec![], vec![Leniency::ReservedBits]));
}

proptest! {
    #[test]
    fn whatever_decodes_encodes_back(mut bytes in prop::collection::vec(0u8..3, 11..80), length in 0u8..40) {
        if let Ok(message) = wire::decode::<DownstreamFirmwareParameters>(&bytes) {
            prop_assert_eq!(wire::encode(&message), Ok(bytes.clone()));
        }
        let _ = DownstreamFirmwareParameters::keep(&bytes);
        crate::testing::survives::<DownstreamDevices>(&bytes[..10])?;
        bytes[5..9].copy_from_slice(&[length, 0, 0, 0]);
        let _ = DownstreamIdentifiers::keep(&bytes);
        if let Ok(message) = wire::decode::<DownstreamIdentifiers>(&bytes) {
            prop_assert_eq!(wire::encode(&message), Ok(bytes));
        }
    }
}
