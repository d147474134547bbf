//! A requester and the devices it meets: silent, late, confused, busy, and worse. The clock is paused; nothing sleeps.

use super::*;
use crate::{
    base::{GetTid, TransferFlag, Version, VersionPart, pldm_versions},
    firmware_update::GetFirmwareParameters,
    testing::{ADDRESS, at_once, device, reply},
};
use mctp::TransportError;
use std::time::Duration;

fn failure<T: std::fmt::Debug>(result: Result<T, CallError>) -> Failure {
    result.unwrap_err().failure
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_decoded_and_the_call_recorded() {
    let (mut requester, device) = device(|request, _| Ok(vec![(Duration::from_millis(7), reply(request, 0, &[9]))]));
    let started = Instant::now();
    let answer = requester.call(&GetTid).await.unwrap();
    assert_eq!((answer.value.tid.0, answer.damage), (9, None));
    assert_eq!(*device.seen.lock().unwrap(), [[0x80, 0x00, 0x02]]);
    let call = Call {
        pldm_type: PldmType::BASE,
        command: "GetTID",
        started,
        duration: Duration::from_millis(7),
        tries: 1,
        completion_code: Some(CompletionCode::SUCCESS),
        failure: None,
    };
    assert_eq!(requester.take_calls(), [call]);
    assert_eq!(requester.take_calls(), []);
}

#[tokio::test(start_paused = true)]
async fn a_silent_device_is_given_up_after_three_tries_with_one_instance_id() {
    let (mut requester, device) = device(|_, _| Ok(vec![]));
    let started = Instant::now();
    let error = requester.call(&GetTid).await.unwrap_err();
    assert_eq!(error.to_string(), "GetTID: no answer after 3 tries of 1.6 s");
    assert_eq!(started.elapsed(), 3 * patience::TIME_OUT);
    assert_eq!(*device.seen.lock().unwrap(), [[0x80, 0, 2], [0x80, 0, 2], [0x80, 0, 2]]);
    let calls = requester.take_calls();
    assert_eq!((calls[0].tries, calls[0].failure, calls[0].completion_code), (3, Some("timeout"), None));
}

#[tokio::test(start_paused = true)]
async fn an_id_without_an_answer_rests_until_it_expires() {
    let (mut requester, device) = device(|request, before| match before {
        0..3 => Ok(vec![]),
        _ => at_once(reply(request, 0, &[9])),
    });
    assert!(requester.call(&GetTid).await.is_err());
    for _ in 0..40 {
        requester.call(&GetTid).await.unwrap();
    }
    assert!(device.seen.lock().unwrap().iter().skip(3).all(|request| request[0] != 0x80));
    sleep(patience::EXPIRY).await;
    for _ in 0..32 {
        requester.call(&GetTid).await.unwrap();
    }
    assert!(device.seen.lock().unwrap().iter().skip(43).any(|request| request[0] == 0x80));
}

#[tokio::test(start_paused = true)]
async fn the_second_try_may_be_answered() {
    let (mut requester, _) = device(|request, before| match before {
        0 => Ok(vec![(patience::TIME_OUT + Duration::from_millis(1), reply(request, 0, &[9]))]),
        _ => at_once(reply(request, 0, &[9])),
    });
    assert!(requester.call(&GetTid).await.is_ok());
    assert_eq!(requester.take_calls()[0].tries, 2);
}

#[tokio::test(start_paused = true)]
async fn strays_are_passed_over_and_do_not_prolong_the_wait() {
    let tenth = patience::TIME_OUT / 10;
    let (mut requester, _) = device(move |request, _| {
        let mut strays: Vec<_> = [
            vec![],
            request.to_vec(),
            vec![0x1f, 0, 2, 0, 1], // the answer to an earlier request
            vec![0x00, 5, 2, 0, 2],
            vec![0x00, 0, 3, 0, 3],
        ]
        .map(|stray| (tenth, stray))
        .into();
        strays.push((tenth, reply(request, 0, &[9])));
        strays.push((tenth, reply(request, 0, &[9]))); // and once more
        Ok(strays)
    });
    for _ in 0..2 {
        let started = Instant::now();
        assert_eq!(requester.call(&GetTid).await.unwrap().value.tid.0, 9);
        assert_eq!(started.elapsed(), 6 * tenth);
    }
    let (mut requester, _) = device(move |_, _| Ok(vec![(tenth, vec![0x1f, 0, 2, 0, 1]); 100]));
    let started = Instant::now();
    assert!(matches!(failure(requester.call(&GetTid).await), Failure::Silent { tries: 3, .. }));
    assert_eq!(started.elapsed(), 3 * patience::TIME_OUT);
}

#[tokio::test(start_paused = true)]
async fn a_device_that_is_not_ready_is_asked_again_with_a_new_id() {
    let (mut requester, device) = device(|request, before| match before {
        0..2 => at_once(reply(request, 4, &[])),
        _ => at_once(reply(request, 0, &[9])),
    });
    let started = Instant::now();
    assert_eq!(requester.call(&GetTid).await.unwrap().value.tid.0, 9);
    assert_eq!(started.elapsed(), 2 * patience::NOT_READY_DELAY);
    assert_eq!(device.seen.lock().unwrap().iter().map(|request| request[0]).collect::<Vec<_>>(), [0x80, 0x81, 0x82]);
    let calls = requester.take_calls();
    assert_eq!((calls.len(), calls[0].tries, calls[0].completion_code), (1, 3, Some(CompletionCode::SUCCESS)));
}

#[tokio::test(start_paused = true)]
async fn a_device_that_is_never_ready_is_given_up() {
    let (mut requester, _) = device(|request, _| at_once(reply(request, 4, &[])));
    let started = Instant::now();
    assert_eq!(failure(requester.call(&GetTid).await), Failure::Refused(CompletionCode::ERROR_NOT_READY));
    assert_eq!(started.elapsed(), (patience::NOT_READY_TRIES - 1) * patience::NOT_READY_DELAY);
    assert_eq!(requester.take_calls()[0].failure, Some("completion_code"));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_final_and_keeps_the_devices_own_code() {
    for code in [0x01, 0x05, 0x20, 0x80, 0xff] {
        let (mut requester, device) = device(move |request, _| at_once(reply(request, code, &[])));
        assert_eq!(failure(requester.call(&GetTid).await), Failure::Refused(CompletionCode(code)));
        assert_eq!(device.seen.lock().unwrap().len(), 1);
        assert_eq!(requester.take_calls()[0].completion_code, Some(CompletionCode(code)));
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_cannot_be_read_is_a_finding_and_not_asked_again() {
    let (mut requester, device) = device(|request, before| match before {
        0 => at_once(reply(request, 0, &[])),
        1 => at_once(request.iter().map(|byte| byte & 0x7f).collect()),
        _ => at_once(vec![request[0] & 0x1f | 0x40, 0, 2, 0, 9]),
    });
    let said: Vec<_> = [requester.call(&GetTid).await, requester.call(&GetTid).await, requester.call(&GetTid).await]
        .map(|result| result.unwrap_err().to_string())
        .into();
    assert_eq!(said[0], "GetTID: GetTID response: the bytes end inside tid");
    assert_eq!(said[1], "GetTID: GetTID: the bytes end inside completion code");
    assert_eq!(said[2], "GetTID: GetTID: datagram bit contradicts the rest of the message");
    assert_eq!(device.seen.lock().unwrap().len(), 3);
    assert!(requester.take_calls().iter().all(|call| call.failure == Some("decode")));
}

#[tokio::test(start_paused = true)]
async fn an_answer_of_64_kib_is_kept_as_far_as_it_is_sound() {
    let (mut requester, _) = device(|request, _| at_once(reply(request, 0, &[0; 0xffff])));
    let answer = requester.call(&GetFirmwareParameters).await.unwrap();
    assert_eq!((answer.value.components.len(), answer.leniencies()), (0, vec![Leniency::TrailingBytes]));
}

#[tokio::test(start_paused = true)]
async fn a_line_that_is_down_fails_at_once_and_uses_no_id_up() {
    let (mut requester, device) = device(|_, _| Err(TransportError::NoRoute(ADDRESS)));
    for _ in 0..100 {
        assert_eq!(failure(requester.call(&GetTid).await), Failure::Transport(TransportError::NoRoute(ADDRESS)));
    }
    assert_eq!(device.seen.lock().unwrap().len(), 100);
    assert!(requester.take_calls().iter().all(|call| call.failure == Some("no_route")));
}

#[tokio::test(start_paused = true)]
async fn calls_that_are_dropped_use_their_ids_up_until_they_expire() {
    let (mut requester, _) = device(|_, _| Ok(vec![]));
    for _ in 0..32 {
        assert!(timeout(Duration::from_millis(1), requester.call(&GetTid)).await.is_err());
    }
    assert_eq!(failure(requester.call(&GetTid).await), Failure::InstanceIds);
    sleep(patience::EXPIRY).await;
    assert!(matches!(failure(requester.call(&GetTid).await), Failure::Silent { .. }));
}

/// A device whose requester shares its ids through a file that goes when the test ends.
fn sharing<F>(name: &str, react: F) -> (Requester, SharedInstanceIds, std::path::PathBuf)
where
    F: Fn(&[u8], usize) -> crate::testing::Reaction + Send + Sync + 'static,
{
    let path = std::env::temp_dir().join(format!("pldm-requester-{}-{name}", std::process::id()));
    std::fs::write(&path, [0; 8192]).unwrap();
    let (_, device) = device(react);
    let ids = SharedInstanceIds::new(&path);
    (Requester::sharing(device, ADDRESS, Patience::default(), ids), SharedInstanceIds::new(&path), path)
}

/// How many ids another program can have.
fn left_for(other: &SharedInstanceIds) -> usize {
    let mut ids = Source::Shared { ids: other.clone(), eid: ADDRESS.eid, expiry: patience::EXPIRY };
    let taken: Vec<_> = (0..32).map_while(|_| ids.take(Instant::now()).ok()).collect();
    taken.iter().for_each(|id| ids.release(*id));
    taken.len()
}

#[tokio::test(start_paused = true)]
async fn an_answered_request_gives_its_shared_id_back_and_a_silent_one_when_it_expires() {
    let silent_twice = |request: &[u8], before| if before < 4 { Ok(vec![]) } else { at_once(reply(request, 0, &[9])) };
    let (mut requester, other, path) = sharing("expiry", silent_twice);
    assert!(matches!(failure(requester.call(&GetTid).await), Failure::Silent { .. }));
    assert_eq!(left_for(&other), 31);
    sleep(patience::EXPIRY - Duration::from_millis(1601)).await;
    assert_eq!(left_for(&other), 31, "the last try was sent 1.6 s before the end");
    sleep(Duration::from_millis(1)).await;
    let another = requester.another();
    drop(requester);
    let mut requester = another;
    assert_eq!(requester.call(&GetTid).await.unwrap().value.tid.0, 9);
    assert_eq!(left_for(&other), 32, "the second try was answered, the silent id is over");
    std::fs::remove_file(path).unwrap();
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_where_others_have_all_ids_or_nobody_knows() {
    let (mut requester, other, path) = sharing("all", |request, _| at_once(reply(request, 0, &[9])));
    let mut others = Source::Shared { ids: other, eid: ADDRESS.eid, expiry: patience::EXPIRY };
    let taken: Vec<_> = (0..32).map(|_| others.take(Instant::now()).unwrap()).collect();
    assert_eq!(failure(requester.call(&GetTid).await), Failure::InstanceIds);
    others.release(taken[17]);
    assert!(requester.call(&GetTid).await.is_ok());
    std::fs::remove_file(path).unwrap();

    let (_, device) = device(|request, _| at_once(reply(request, 0, &[9])));
    let nowhere = SharedInstanceIds::new("/nowhere/instance-db");
    let mut requester = Requester::sharing(device.clone(), ADDRESS, Patience::default(), nowhere);
    let error = requester.call(&GetTid).await.unwrap_err();
    assert_eq!(error.to_string(), "GetTID: instance ids cannot be shared: /nowhere/instance-db: entity not found");
    assert_eq!(requester.take_calls()[0].failure, Some("instance_id_file"));
    assert!(device.seen.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_record_nobody_takes_is_bounded_and_the_loss_counted() {
    let (mut requester, _) = device(|request, _| at_once(reply(request, 0, &[9])));
    for _ in 0..patience::CALLS + 3 {
        requester.call(&GetTid).await.unwrap();
    }
    assert_eq!((requester.take_calls().len(), requester.take_lost(), requester.take_lost()), (patience::CALLS, 3, 0));
}

/// A device that cuts its versions into parts of three bytes; `next` says how each part names its successor.
fn in_parts(next: fn(u32) -> u32) -> Requester {
    let one = Version { alpha: 0, update: 0xf0, minor: 0xf1, major: 0xf1 };
    let data = VersionPart::whole(&[one, one]).unwrap().data;
    device(move |request, _| {
        let at = u32::from_le_bytes(request[3..7].try_into().unwrap());
        let rest = &data[at as usize..];
        let end = rest.len() <= 3;
        let part = VersionPart {
            next_data_transfer_handle: next(at),
            transfer_flag: match (at, end) {
                (0, false) => TransferFlag::START,
                (_, false) => TransferFlag::MIDDLE,
                (_, true) => TransferFlag::END,
            },
            data: rest[..rest.len().min(3)].to_vec(),
        };
        at_once(reply(request, 0, &wire::encode(&part).unwrap()))
    })
    .0
}

#[tokio::test(start_paused = true)]
async fn versions_that_come_in_parts_are_put_together() {
    let answer = pldm_versions(&mut in_parts(|at| at + 3), PldmType::BASE).await.unwrap();
    assert_eq!((answer.value.versions.len(), answer.damage), (2, None));
}

#[tokio::test(start_paused = true)]
async fn versions_that_never_end_are_damage() {
    let mut requester = in_parts(|_| 3);
    let answer = pldm_versions(&mut requester, PldmType::BASE).await.unwrap();
    assert_eq!(answer.damage.map(|damage| damage.field), Some("next_data_transfer_handle"));
    assert_eq!(requester.take_calls().len(), 2, "a handle that comes twice is enough");

    let (mut requester, _) = device(|request, before| {
        let next_data_transfer_handle = u32::try_from(before).unwrap();
        let transfer_flag = if before == 0 { TransferFlag::START } else { TransferFlag::MIDDLE };
        let part = VersionPart { next_data_transfer_handle, transfer_flag, data: vec![] };
        at_once(reply(request, 0, &wire::encode(&part).unwrap()))
    });
    assert!(matches!(failure(pldm_versions(&mut requester, PldmType::BASE).await), Failure::Transfer(_)));
    assert_eq!(requester.take_calls().len(), 16);
}

#[test]
fn a_call_can_wait_on_any_thread() {
    fn sent<T: Send>(_: T) {}
    let (mut requester, _) = device(|_, _| Ok(vec![]));
    sent(requester.call(&GetTid));
}
