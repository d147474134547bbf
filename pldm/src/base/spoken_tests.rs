//! What devices say they speak, asked once and remembered. The clock is paused.

use super::*;
use crate::{
    base::VersionPart,
    testing::{Device, Reaction, device, good, refusal},
};
use std::sync::Arc;

const ONE: Version = Version { alpha: 0, update: 0xf0, minor: 0xf1, major: 0xf1 };
const TWO: Version = Version { alpha: 0, update: 0xf0, minor: 0xf2, major: 0xf1 };

fn commands(device: &Device) -> Vec<u8> {
    device.seen.lock().unwrap().iter().map(|request| request[2]).collect()
}

/// A device that speaks two types, and gives its versions in this way.
fn speaker(versions: fn(&[u8]) -> Reaction) -> (Requester, Arc<Device>) {
    device(move |request, _| match request[2] {
        3 => versions(request),
        4 => good(request, &PldmTypes::from_iter([PldmType::BASE, PldmType::FRU])),
        5 => {
            let none = request[4..8] == [0xff; 4];
            good(request, &PldmCommands::from_iter([Command(1), Command(if none { 9 } else { 2 })]))
        }
        other => panic!("{other}"),
    })
}

#[tokio::test(start_paused = true)]
async fn commands_are_asked_for_once_with_the_first_version() {
    let (mut requester, device) = speaker(|request| good(request, &VersionPart::whole(&[ONE, TWO]).unwrap()));
    let mut spoken = speaks(&mut requester).await.unwrap();
    assert!(spoken.types.value.contains(PldmType::FRU));
    assert_eq!(commands(&device), [4], "nothing is asked that nobody wants to know");
    for _ in 0..2 {
        let fru = spoken.of(&mut requester, PldmType::FRU).await.unwrap();
        assert_eq!((fru.version, fru.versions.as_ref().unwrap().value.versions.len()), (ONE, 2));
        assert!(fru.knows(Command(2)) && !fru.knows(Command(9)));
    }
    assert_eq!(commands(&device), [4, 3, 5]);
    assert_eq!(device.seen.lock().unwrap()[2][3..], [4, 0, 0xf0, 0xf1, 0xf1]);
    spoken.of(&mut requester, PldmType::FILE).await.unwrap();
    assert_eq!(commands(&device), [4, 3, 5, 3, 5], "a type that is not listed may be spoken all the same");
}

#[tokio::test(start_paused = true)]
async fn a_device_without_versions_is_asked_for_no_particular_one() {
    let ways: [fn(&[u8]) -> Reaction; 3] = [
        |request| refusal(request, 0x05),
        |request| good(request, &VersionPart { next_data_transfer_handle: 0, ..VersionPart::whole(&[]).unwrap() }),
        |request| good(request, &crate::base::Done),
    ];
    for (way, versions) in ways.into_iter().enumerate() {
        let (mut requester, _) = speaker(versions);
        let mut spoken = speaks(&mut requester).await.unwrap();
        let base = spoken.of(&mut requester, PldmType::BASE).await.unwrap();
        assert!(base.knows(Command(9)) || way == 1, "{way}");
        assert_eq!(base.versions.is_err(), way != 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_device_is_asked_again_next_time_and_not_twice_now() {
    let (mut requester, device) = speaker(|_| Ok(vec![]));
    let mut spoken = speaks(&mut requester).await.unwrap();
    for _ in 0..2 {
        let error = spoken.of(&mut requester, PldmType::BASE).await.unwrap_err();
        assert_eq!((error.command, error.failure.kind()), ("GetPLDMVersion", "timeout"));
    }
    assert_eq!(commands(&device), [4, 3, 3, 3, 3, 3, 3]);
}
