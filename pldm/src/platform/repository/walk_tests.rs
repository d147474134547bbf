//! Repositories that can be read, and devices that make that hard. The clock is paused; nothing sleeps.

use super::*;
use crate::{
    platform::{PdrPart, PdrTransferFlag, PdrType, Record},
    testing::{self, ADDRESS, Device, at_once, reply},
};
use mctp::TransportError;
use std::{sync::Arc, time::Duration};
use tokio::time::timeout;

/// What the device was asked.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Asked {
    Info,
    Part(GetPdr),
}

/// What it says: a completion code and what is behind it, nothing, or that the line is down.
enum Says {
    Reply(u8, Vec<u8>),
    Silence,
    Down,
}

impl Asked {
    fn of(request: &[u8]) -> Self {
        match request[2] {
            0x50 => Self::Info,
            0x51 => Self::Part(wire::decode(&request[3..]).unwrap()),
            other => panic!("command {other:#04x}"),
        }
    }
}

/// A device made of one function, which sees the question and how many came before it.
fn device(react: impl Fn(Asked, usize) -> Says + Send + Sync + 'static) -> (Requester, Arc<Device>) {
    testing::device(move |request, before| match react(Asked::of(request), before) {
        Says::Reply(code, payload) => at_once(reply(request, code, &payload)),
        Says::Silence => Ok(vec![]),
        Says::Down => Err(TransportError::NoRoute(ADDRESS)),
    })
}

fn asked(device: &Device) -> Vec<Asked> {
    device.seen.lock().unwrap().iter().map(|request| Asked::of(request)).collect()
}

fn about(record_count: u32) -> RepositoryInfo {
    RepositoryInfo {
        repository_state: RepositoryState::AVAILABLE,
        update_time: [1; 13],
        oem_update_time: [2; 13],
        record_count,
        repository_size: 100,
        largest_record_size: 50,
        data_transfer_handle_timeout: 0,
    }
}

fn info(info: &RepositoryInfo) -> Says {
    Says::Reply(0, wire::encode(info).unwrap())
}

/// A vendor's record with four bytes of its own.
fn record(record_handle: u32) -> Vec<u8> {
    let record = Record::Other { pdr_type: PdrType::OEM, body: record_handle.to_be_bytes().into() };
    wire::encode(&Pdr { record_handle, header_version: 1, record_change_number: 3, record, damage: None }).unwrap()
}

fn part(next_record_handle: u32, transfer_flag: PdrTransferFlag, next: u32, data: &[u8], crc: Option<u8>) -> Says {
    let part = PdrPart {
        next_record_handle,
        next_data_transfer_handle: next,
        transfer_flag,
        record_data: data.into(),
        transfer_crc: crc,
    };
    Says::Reply(0, wire::encode(&part).unwrap())
}

fn whole(next_record_handle: u32, data: &[u8]) -> Says {
    part(next_record_handle, PdrTransferFlag::START_AND_END, 0, data, None)
}

/// Records 1 to `last`, each in one part.
fn sound(last: u32) -> impl Fn(Asked, usize) -> Says {
    move |asked, _| match asked {
        Asked::Info => info(&about(last)),
        Asked::Part(GetPdr { record_handle, .. }) => {
            let handle = record_handle.max(1);
            whole(if handle == last { 0 } else { handle + 1 }, &record(handle))
        }
    }
}

fn handles(repository: &Repository) -> Vec<u32> {
    repository.records.iter().map(|pdr| pdr.record_handle).collect()
}

fn cut(repository: &Repository) -> Option<Failure> {
    repository.cut.clone().map(|error| error.failure)
}

fn lost(repository: &Repository) -> Vec<(u32, Failure)> {
    repository.lost.iter().map(|lost| (lost.record_handle, lost.error.failure.clone())).collect()
}

const INVALID_HANDLE: Says = Says::Reply(0x82, vec![]);
const UNSUPPORTED: Says = Says::Reply(0x05, vec![]);

#[tokio::test(start_paused = true)]
async fn a_repository_is_read_from_the_first_record_to_the_last() {
    let (mut requester, device) = device(sound(3));
    let all = repository(&mut requester).await.unwrap();
    assert_eq!((handles(&all), cut(&all), lost(&all)), (vec![1, 2, 3], None, vec![]));
    assert_eq!((all.info.as_ref(), all.leniencies()), (Some(&about(3)), vec![]));
    let parts = [0, 2, 3].map(|handle| Asked::Part(GetPdr::first(handle)));
    assert_eq!(asked(&device), [&[Asked::Info], &parts[..], &[Asked::Info]].concat());
}

#[tokio::test(start_paused = true)]
async fn a_record_in_parts_is_put_together_and_its_change_number_named() {
    let (mut requester, device) = device(|asked, _| {
        let data = record(1);
        match asked {
            Asked::Info => info(&about(1)),
            Asked::Part(GetPdr { data_transfer_handle: 0, .. }) => part(0, PdrTransferFlag::START, 9, &data[..4], None),
            Asked::Part(GetPdr { data_transfer_handle: 9, .. }) => {
                part(0, PdrTransferFlag::MIDDLE, 8, &data[4..11], None)
            }
            Asked::Part(_) => part(0, PdrTransferFlag::END, 0, &data[11..], Some(crc8(&data))),
        }
    });
    let all = repository(&mut requester).await.unwrap();
    assert_eq!((handles(&all), all.records[0].damage, lost(&all)), (vec![1], None, vec![]));
    let numbers = asked(&device)
        .into_iter()
        .filter_map(|asked| match asked {
            Asked::Part(part) => Some((part.transfer_operation_flag.0, part.record_change_number)),
            Asked::Info => None,
        })
        .collect::<Vec<_>>();
    assert_eq!(numbers, [(1, 0), (0, 0), (0, 3)], "the number is known when the header is there");
}

#[tokio::test(start_paused = true)]
async fn a_record_whose_parts_are_wrong_is_lost_and_hides_no_other() {
    let (mut requester, _) = device(|asked, _| match asked {
        Asked::Info => info(&about(6)),
        Asked::Part(GetPdr { record_handle, data_transfer_handle, .. }) => {
            let data = record(record_handle);
            match (record_handle, data_transfer_handle) {
                (0, _) => whole(2, &record(1)),
                (2, 0) => part(3, PdrTransferFlag::START, 5, &data[..7], None),
                (2, _) => part(3, PdrTransferFlag::END, 0, &data[7..], Some(!crc8(&data))),
                (3, 0) => part(4, PdrTransferFlag(7), 1, &data, None),
                (4, 0) => part(5, PdrTransferFlag::MIDDLE, 1, &data, None),
                (5, at) => {
                    part(6, if at == 0 { PdrTransferFlag::START } else { PdrTransferFlag::MIDDLE }, at + 1, &[], None)
                }
                (6, 0) => part(7, PdrTransferFlag::START, 5, &data[..7], None),
                (6, _) => INVALID_HANDLE,
                (7, _) => whole(8, &[]),
                _ => whole(0, &data),
            }
        }
    });
    let all = repository(&mut requester).await.unwrap();
    assert_eq!((handles(&all), cut(&all)), (vec![1, 8], None));
    let right = u32::from(crc8(&record(2)));
    let header = Malformed { message: "PDR", field: "record_handle", damage: Damage::Short };
    let expected = [
        (2, Failure::Transfer(TransferFault::Checksum { sent: !right & 0xff, right })),
        (3, Failure::Transfer(TransferFault::UnknownFlag(7))),
        (4, Failure::Transfer(TransferFault::OutOfOrder(crate::Place::Middle))),
        (5, Failure::Transfer(TransferFault::TooManyParts { limit: patience::RECORD_PARTS })),
        (6, Failure::Refused(INVALID_RECORD_HANDLE)),
        (7, Failure::Malformed(header)),
    ];
    assert_eq!(lost(&all), expected);
}

#[tokio::test(start_paused = true)]
async fn a_part_with_a_hole_makes_no_record() {
    let (mut requester, _) = device(|asked, _| match asked {
        Asked::Info => UNSUPPORTED,
        // It claims 65535 bytes and has two, and another part is to come.
        Asked::Part(GetPdr { record_handle: 0, .. }) => {
            Says::Reply(0, vec![2, 0, 0, 0, 1, 0, 0, 0, 0, 0xff, 0xff, 1, 2])
        }
        Asked::Part(_) => whole(0, &record(2)),
    });
    let all = repository(&mut requester).await.unwrap();
    assert_eq!((handles(&all), lost(&all)[0].0), (vec![2], 0));
    assert!(matches!(lost(&all)[0].1, Failure::Malformed(Malformed { field: "record_data", .. })));
}

#[tokio::test(start_paused = true)]
async fn what_an_answer_lacks_is_told_with_its_record() {
    let (mut requester, _) = device(|asked, _| match asked {
        Asked::Info => UNSUPPORTED,
        Asked::Part(GetPdr { record_handle: 0, .. }) => {
            let data = record(1);
            let length = u8::try_from(data.len()).unwrap();
            Says::Reply(0, [&[2, 0, 0, 0, 0, 0, 0, 0, 5, length, 0][..], &data, &[0]].concat())
        }
        Asked::Part(GetPdr { data_transfer_handle: 0, .. }) => {
            part(0, PdrTransferFlag::START, 1, &record(2)[..10], None)
        }
        Asked::Part(_) => Says::Reply(0, [&[0, 0, 0, 0, 0, 0, 0, 0, 4, 4, 0][..], &record(2)[10..]].concat()),
    });
    let all = repository(&mut requester).await.unwrap();
    let damage: Vec<_> = all.records.iter().map(|pdr| pdr.damage.map(|it| (it.field, it.damage))).collect();
    let expected = [Some(("record_data", Damage::Trailing)), Some(("transfer_crc", Damage::Short))];
    assert_eq!((handles(&all), damage), (vec![1, 2], expected.into()));
}

#[tokio::test(start_paused = true)]
async fn a_record_with_the_handle_of_another_is_kept_and_told() {
    let (mut requester, _) = device(|asked, _| match asked {
        Asked::Info => info(&about(2)),
        Asked::Part(GetPdr { record_handle: 0, .. }) => whole(2, &record(77)),
        Asked::Part(_) => whole(0, &record(9)),
    });
    let all = repository(&mut requester).await.unwrap();
    assert_eq!((handles(&all), all.records[0].damage), (vec![77, 9], None), "the first may have any handle");
    assert_eq!((all.records[1].damage, all.leniencies()), (Some(ANOTHER_RECORD), vec![Leniency::Contradiction]));
}

#[tokio::test(start_paused = true)]
async fn records_that_lead_back_end_the_walk() {
    for back in [2, 3] {
        let (mut requester, device) = device(move |asked, before| match asked {
            Asked::Part(GetPdr { record_handle: 3, .. }) => whole(back, &record(3)),
            _ => sound(9)(asked, before),
        });
        let all = repository(&mut requester).await.unwrap();
        assert_eq!(
            (handles(&all), cut(&all)),
            (vec![1, 2, 3], Some(Failure::Transfer(TransferFault::Loop { handle: back })))
        );
        assert_eq!(device.seen.lock().unwrap().len(), 4);
    }
}

#[tokio::test(start_paused = true)]
async fn a_repository_that_never_ends_ends_here() {
    let (mut requester, _) = device(sound(u32::MAX));
    let all = repository(&mut requester).await.unwrap();
    assert_eq!(all.records.len(), patience::RECORDS);
    assert_eq!(cut(&all), Some(Failure::Transfer(TransferFault::TooMuch { limit: patience::RECORDS })));

    let (mut requester, _) = device(|asked, _| match asked {
        Asked::Info => UNSUPPORTED,
        Asked::Part(GetPdr { record_handle, .. }) => whole(record_handle + 1, &[record(1), vec![0; 32_000]].concat()),
    });
    let all = repository(&mut requester).await.unwrap();
    assert_eq!(all.records.len(), patience::REPOSITORY_BYTES.div_ceil(32_014));
    assert_eq!(cut(&all), Some(Failure::Transfer(TransferFault::TooMuch { limit: patience::REPOSITORY_BYTES })));
}

#[tokio::test(start_paused = true)]
async fn a_device_that_takes_for_ever_is_left() {
    let mut walk = Walk::new();
    let (mut requester, _) = device(sound(9));
    assert!(matches!(walk.next(&mut requester).await, Some(Step::Record(_))));
    tokio::time::advance(patience::REPOSITORY_TIME).await;
    assert_eq!(walk.next(&mut requester).await, None);
    assert_eq!(walk.info(), Some(&about(9)));
    let limit = patience::REPOSITORY_TIME;
    assert_eq!(walk.end().cut.map(|error| error.failure), Some(Failure::Transfer(TransferFault::TooSlow { limit })));
}

#[tokio::test(start_paused = true)]
async fn a_repository_that_lies_about_its_size_is_read_as_it_is() {
    for count in [0, 1, 99, u32::MAX] {
        let claims = RepositoryInfo { repository_size: u32::MAX, largest_record_size: u32::MAX, ..about(count) };
        let (mut requester, _) = device(move |asked, before| match asked {
            Asked::Info => info(&claims),
            Asked::Part(_) => sound(2)(asked, before),
        });
        let all = repository(&mut requester).await.unwrap();
        assert_eq!((handles(&all), cut(&all), all.leniencies()), (vec![1, 2], None, vec![Leniency::Contradiction]));
    }
}

#[tokio::test(start_paused = true)]
async fn half_a_device_is_still_read() {
    let (mut requester, _) = device(|asked, before| match asked {
        Asked::Info => UNSUPPORTED,
        Asked::Part(_) => sound(2)(asked, before),
    });
    let all = repository(&mut requester).await.unwrap();
    assert_eq!((handles(&all), &all.info, cut(&all)), (vec![1, 2], &None, None));

    let (mut requester, _) = device(|asked, _| match asked {
        Asked::Info => info(&about(2)),
        Asked::Part(_) => UNSUPPORTED,
    });
    let all = repository(&mut requester).await.unwrap();
    assert_eq!(cut(&all), Some(Failure::Refused(CompletionCode::ERROR_UNSUPPORTED_PLDM_CMD)));
    assert_eq!((all.info, all.records), (Some(about(2)), vec![]));

    let (mut requester, _) = device(|_, _| UNSUPPORTED);
    let error = repository(&mut requester).await.unwrap_err();
    assert_eq!(error.to_string(), "GetPDR: refused with ERROR_UNSUPPORTED_PLDM_CMD (0x05)");
    let (mut requester, device) = device(|_, _| Says::Down);
    assert_eq!(repository(&mut requester).await.unwrap_err().command, "GetPDRRepositoryInfo");
    assert_eq!(device.seen.lock().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_empty_repository_is_one() {
    for (count, code) in [(Some(0), 0x82), (Some(0), 0x01), (Some(5), 0x82), (None, 0x82)] {
        let (mut requester, _) = device(move |asked, _| match (asked, count) {
            (Asked::Info, Some(count)) => info(&about(count)),
            (Asked::Info, None) => UNSUPPORTED,
            (Asked::Part(_), _) => Says::Reply(code, vec![]),
        });
        let all = repository(&mut requester).await.unwrap();
        assert_eq!((handles(&all), cut(&all)), (vec![], None), "{count:?} {code:#04x}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_device_that_falls_silent_is_not_asked_for_the_rest() {
    let (mut requester, device) = device(|asked, before| match asked {
        Asked::Part(GetPdr { record_handle: 2, data_transfer_handle: 0, .. }) => {
            part(3, PdrTransferFlag::START, 1, &record(2)[..12], None)
        }
        Asked::Part(GetPdr { record_handle: 2, .. }) => Says::Silence,
        _ => sound(3)(asked, before),
    });
    let all = repository(&mut requester).await.unwrap();
    assert_eq!((handles(&all), all.lost[0].record_handle), (vec![1], 2));
    assert!(matches!(cut(&all), Some(Failure::Silent { tries: 3, .. })));
    assert_eq!(device.seen.lock().unwrap().len(), 6);
}

#[tokio::test(start_paused = true)]
async fn a_step_that_is_dropped_is_asked_again() {
    let (mut requester, _) = device(|asked, before| match asked {
        Asked::Part(GetPdr { record_handle: 2, .. }) if before == 2 => Says::Silence,
        _ => sound(2)(asked, before),
    });
    let mut walk = Walk::new();
    assert!(matches!(walk.next(&mut requester).await, Some(Step::Record(_))));
    assert!(timeout(Duration::from_millis(1), walk.next(&mut requester)).await.is_err());
    assert!(matches!(walk.next(&mut requester).await, Some(Step::Record(Pdr { record_handle: 2, .. }))));
    assert_eq!((walk.next(&mut requester).await, walk.end().cut), (None, None));
}

#[test]
fn a_walk_can_wait_on_any_thread() {
    fn sent<T: Send>(_: T) {}
    let (mut requester, _) = device(|_, _| Says::Silence);
    sent(repository(&mut requester));
}

#[path = "walk_change_tests.rs"]
mod change;
