//! Polling, and the devices it meets. The clock is paused; nothing sleeps.

use super::*;
use crate::{
    platform::event::{EventMessage, SensorChange},
    testing::{self, Device, survives},
};
use proptest::prelude::*;
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;

/// What a sensor says in the tests.
const DATA: [u8; 6] = [0x22, 0, 1, 0, 3, 1];
const ID: EventId = EventId(0x0102);

/// A device made of one function, which sees the question and how many came before it; its answer takes a while.
fn slow(
    takes: Duration,
    react: impl Fn(&PollForPlatformEventMessage, usize) -> Result<PolledPart, u8> + Send + Sync + 'static,
) -> (Requester, Arc<Device>) {
    testing::device(move |request, before| {
        let answer = match react(&wire::decode(&request[3..]).unwrap(), before) {
            Ok(part) => testing::reply(request, 0, &wire::encode(&part).unwrap()),
            Err(code) => testing::reply(request, code, &[]),
        };
        Ok(vec![(takes, answer)])
    })
}

fn device(
    react: impl Fn(&PollForPlatformEventMessage, usize) -> Result<PolledPart, u8> + Send + Sync + 'static,
) -> (Requester, Arc<Device>) {
    slow(Duration::ZERO, react)
}

fn asked(device: &Device) -> Vec<PollForPlatformEventMessage> {
    device.seen.lock().unwrap().iter().map(|request| wire::decode(&request[3..]).unwrap()).collect()
}

fn none(event_id: EventId) -> PolledPart {
    PolledPart { tid: Tid(9), event_id, part: None }
}

fn part(transfer_flag: TransferFlag, next: u32, data: &[u8], checksum: Option<u32>) -> PolledPart {
    let part = EventPart {
        next_data_transfer_handle: next,
        transfer_flag,
        class: EventClass::SENSOR,
        data: data.to_vec(),
        checksum,
    };
    PolledPart { tid: Tid(9), event_id: ID, part: Some(part) }
}

fn only(checksum: Option<u32>) -> PolledPart {
    part(TransferFlag::START_AND_END, 0, &DATA, checksum)
}

fn faults(polled: &Polled) -> Vec<Failure> {
    polled.faults.iter().map(|fault| fault.failure.clone()).collect()
}

const ACKNOWLEDGE: PollForPlatformEventMessage = PollForPlatformEventMessage::acknowledge(ID);

#[tokio::test(start_paused = true)]
async fn an_event_in_one_part_is_fetched_and_acknowledged() {
    for checksum in [None, Some(crc32(&DATA))] {
        let (mut requester, device) = device(move |request, _| match request.transfer_operation_flag {
            PollOperation::GET_FIRST_PART => Ok(only(checksum)),
            _ => Ok(none(EventId::NONE)),
        });
        let polled = poll(&mut requester).await.unwrap().unwrap();
        assert_eq!((polled.tid, polled.event_id, polled.class), (Tid(9), ID, EventClass::SENSOR));
        let EventData::Sensor(event) = &polled.data else { panic!("{polled:?}") };
        let change = SensorChange::State { offset: 0, event_state: 3, previous_event_state: 1 };
        assert_eq!((&event.change, polled.damage, faults(&polled)), (&change, None, vec![]));
        assert_eq!(asked(&device), [PollForPlatformEventMessage::first(0), ACKNOWLEDGE]);
    }
}

/// Three parts of two bytes; `sum` is what the last says about all.
fn three_parts(request: &PollForPlatformEventMessage, sum: u32) -> PolledPart {
    match (request.transfer_operation_flag, request.data_transfer_handle) {
        (PollOperation::GET_FIRST_PART, _) => part(TransferFlag::START, 7, &DATA[..2], None),
        (PollOperation::GET_NEXT_PART, 7) => part(TransferFlag::MIDDLE, 8, &DATA[2..4], None),
        (PollOperation::GET_NEXT_PART, 8) => part(TransferFlag::END, 0, &DATA[4..], Some(sum)),
        _ => none(EventId::FRAGMENT),
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_in_three_parts_is_put_together_where_a_poll_event_says() {
    let (mut requester, device) = device(|request, _| Ok(three_parts(request, crc32(&DATA))));
    let polled = poll_from(&mut requester, 0xaabb).await.unwrap().unwrap();
    assert!(matches!(polled.data, EventData::Sensor(_)) && polled.faults.is_empty());
    let next = PollForPlatformEventMessage::next;
    let right = [PollForPlatformEventMessage::first(0xaabb), next(7), next(8), ACKNOWLEDGE];
    assert_eq!(asked(&device), right);
    assert_eq!((right[1].event_id_to_acknowledge, right[0].event_id_to_acknowledge), (EventId(0xffff), EventId(0)));
}

#[tokio::test(start_paused = true)]
async fn an_empty_queue_has_no_event_and_needs_no_acknowledgement() {
    let (mut requester, device) = device(|_, _| Ok(none(EventId::NONE)));
    assert_eq!(poll(&mut requester).await, Ok(None));
    assert_eq!(asked(&device).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn neither_an_event_nor_none_is_an_error() {
    let (mut requester, _) = device(|_, _| Ok(none(EventId::FRAGMENT)));
    let error = poll(&mut requester).await.unwrap_err();
    assert!(matches!(error.failure, Failure::Malformed(malformed) if malformed.field == "event_id"));
}

#[tokio::test(start_paused = true)]
async fn a_checksum_that_lies_once_is_forgiven() {
    let (mut requester, device) =
        device(|request, before| Ok(three_parts(request, if before < 3 { 1 } else { crc32(&DATA) })));
    let polled = poll(&mut requester).await.unwrap().unwrap();
    assert_eq!((faults(&polled), matches!(polled.data, EventData::Sensor(_))), (vec![], true));
    assert_eq!(asked(&device).len(), 7);
}

#[tokio::test(start_paused = true)]
async fn a_checksum_that_lies_twice_is_a_fault_and_the_queue_goes_on() {
    for flag in [TransferFlag::END, TransferFlag::START_AND_END] {
        let (mut requester, device) = device(move |request, _| match flag {
            TransferFlag::END => Ok(three_parts(request, 1)),
            _ if request.transfer_operation_flag == PollOperation::GET_FIRST_PART => Ok(only(Some(1))),
            _ => Ok(none(EventId::NONE)),
        });
        let polled = poll(&mut requester).await.unwrap().unwrap();
        let checksum = Failure::Transfer(TransferFault::Checksum { sent: 1, right: crc32(&DATA) });
        assert_eq!((faults(&polled), polled.data), (vec![checksum], EventData::Raw(DATA.to_vec())));
        let asked = asked(&device);
        let firsts = asked.iter().filter(|one| one.transfer_operation_flag == PollOperation::GET_FIRST_PART).count();
        assert_eq!((firsts, asked.iter().position(|one| *one == ACKNOWLEDGE)), (2, Some(asked.len() - 1)));
    }
}

/// Polls a device that never ends an event: what the fault is, and how often it was asked.
async fn endless(
    takes: Duration,
    middle: impl Fn(usize) -> PolledPart + Send + Sync + 'static,
) -> (Polled, Vec<Failure>, usize) {
    let (mut requester, device) = slow(takes, move |request, before| match request.transfer_operation_flag {
        PollOperation::GET_FIRST_PART => Ok(part(TransferFlag::START, 0xffff_0000, &[1], None)),
        PollOperation::GET_NEXT_PART => Ok(middle(before)),
        _ => Ok(none(EventId::NONE)),
    });
    let polled = poll(&mut requester).await.unwrap().unwrap();
    assert_eq!(asked(&device).last(), Some(&ACKNOWLEDGE));
    let asked = asked(&device).len();
    let faults = faults(&polled);
    (polled, faults, asked)
}

fn number(before: usize) -> u32 {
    before.try_into().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_poll_that_never_ends_ends_here() {
    let handle = 0xffff_0000;
    let (_, fault, asked) = endless(Duration::ZERO, move |_| part(TransferFlag::MIDDLE, handle, &[2], None)).await;
    assert_eq!((fault, asked), (vec![Failure::Transfer(TransferFault::Loop { handle })], 3));

    let empty = |before| part(TransferFlag::MIDDLE, number(before), &[], None);
    let (polled, fault, asked) = endless(Duration::ZERO, empty).await;
    let limit = patience::EVENT_PARTS;
    assert_eq!(fault, [Failure::Transfer(TransferFault::TooManyParts { limit })]);
    assert_eq!((asked, polled.data), (limit as usize + 1, EventData::Raw(vec![1])));

    let large = |before| part(TransferFlag::MIDDLE, number(before), &[0; 0xf000], None);
    let (polled, fault, _) = endless(Duration::ZERO, large).await;
    let limit = patience::EVENT_BYTES;
    assert_eq!(fault, [Failure::Transfer(TransferFault::TooMuch { limit })]);
    assert!(matches!(polled.data, EventData::Raw(bytes) if bytes.len() <= limit && bytes.len() > 0xf000));

    let started = Instant::now();
    let (_, fault, _) = endless(Duration::from_secs(1), empty).await;
    let limit = patience::EVENT_TIME;
    assert_eq!(fault, [Failure::Transfer(TransferFault::TooSlow { limit })]);
    assert_eq!(started.elapsed(), limit + Duration::from_secs(1), "and one second for the acknowledgement");
}

#[tokio::test(start_paused = true)]
async fn parts_of_another_event_are_a_fault_and_asked_for_once_more() {
    let others: [fn(&mut PolledPart); 4] = [
        |it| it.tid = Tid(8),
        |it| it.event_id = EventId(3),
        |it| it.part.as_mut().unwrap().class = EventClass::CPER,
        |it| *it = none(EventId::NONE),
    ];
    for change in others {
        let (mut requester, device) = device(move |request, _| {
            let mut part = three_parts(request, 0);
            if request.data_transfer_handle == 8 {
                change(&mut part);
            }
            Ok(part)
        });
        let polled = poll(&mut requester).await.unwrap().unwrap();
        assert_eq!(faults(&polled), [Failure::Transfer(TransferFault::Changed { times: 1 })]);
        assert_eq!((asked(&device).len(), polled.data), (7, EventData::Raw(DATA[..4].to_vec())));
    }
}

#[tokio::test(start_paused = true)]
async fn flags_that_mean_nothing_or_come_out_of_order_are_faults() {
    let unknown = Failure::Transfer(TransferFault::UnknownFlag(3));
    assert_eq!(endless(Duration::ZERO, |_| part(TransferFlag(3), 1, &[], None)).await.1, [unknown]);
    let twice = Failure::Transfer(TransferFault::OutOfOrder(crate::Place::First));
    assert_eq!(endless(Duration::ZERO, |_| part(TransferFlag::START, 1, &[], None)).await.1, [twice]);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_in_the_middle_is_a_fault_and_not_being_ready_leaves_the_event() {
    for (code, given) in [(0x80, true), (4, false)] {
        let (mut requester, device) = device(move |request, _| match request.transfer_operation_flag {
            PollOperation::GET_NEXT_PART => Err(code),
            _ => Ok(three_parts(request, 0)),
        });
        let polled = poll(&mut requester).await;
        assert_eq!(asked(&device).last() == Some(&ACKNOWLEDGE), given);
        let refused = Failure::Refused(CompletionCode(code));
        match polled {
            Ok(polled) => assert_eq!((faults(&polled.unwrap()), given), (vec![refused], true)),
            Err(error) => assert_eq!((error.failure, given), (refused, false)),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_acknowledgement_that_is_refused_is_a_fault_and_the_event_is_given() {
    let (mut requester, _) = device(|request, _| match request.transfer_operation_flag {
        PollOperation::GET_FIRST_PART => Ok(only(None)),
        _ => Err(0x82),
    });
    let polled = poll(&mut requester).await.unwrap().unwrap();
    assert_eq!(faults(&polled), [Failure::Refused(CompletionCode(0x82))]);
    assert!(matches!(polled.data, EventData::Sensor(_)));
}

#[tokio::test(start_paused = true)]
async fn all_events_are_polled_until_none_is_left_or_enough_came() {
    for (most, end, calls) in
        [(9, Drained::Empty, 7), (3, Drained::Most, 6), (2, Drained::Most, 4), (0, Drained::Most, 0)]
    {
        let (mut requester, device) = device(|request, before| match request.transfer_operation_flag {
            PollOperation::GET_FIRST_PART if before < 6 => {
                Ok(PolledPart { event_id: EventId(1 + u16::try_from(before).unwrap()), ..only(None) })
            }
            _ => Ok(none(EventId::NONE)),
        });
        let mut ids = Vec::new();
        assert_eq!(poll_all(&mut requester, most, |polled| ids.push(polled.event_id.0)).await, Ok(end));
        assert_eq!(ids, [1, 3, 5][..most.min(3)]);
        assert_eq!(asked(&device).len(), calls);
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_that_comes_again_and_again_is_given_once() {
    let (mut requester, device) = device(|_, _| Ok(only(None)));
    let mut count = 0;
    assert_eq!(poll_all(&mut requester, usize::MAX, |_| count += 1).await, Ok(Drained::Repeats(ID)));
    assert_eq!((count, asked(&device).len()), (1, 4));
}

#[test]
fn a_size_of_4_gib_takes_what_came() {
    for flag in [1, 2, 4, 5, 9] {
        let payload = [9, 2, 1, 0, 0, 0, 0, flag, 0, 0xff, 0xff, 0xff, 0xff, 7, 7];
        let answer = PolledPart::keep(&payload).unwrap();
        let part = answer.value.part.unwrap();
        assert_eq!((part.data, part.checksum), (vec![7, 7], None));
        assert_eq!(answer.damage.map(|it| (it.field, it.damage)), Some(("event_data", Damage::Short)));
    }
}

#[test]
fn a_checksum_is_demanded_of_several_parts_and_missed_of_one() {
    let bare = |flag| PolledPart::keep(&[9, 2, 1, 0, 0, 0, 0, flag, 0, 1, 0, 0, 0, 7]).unwrap();
    assert_eq!((bare(5).damage, bare(1).damage), (None, None));
    assert_eq!((bare(5).leniencies(), bare(1).leniencies()), (vec![Leniency::MissingChecksum], vec![]));
    assert_eq!(bare(4).damage.map(|it| (it.field, it.damage)), Some(("event_data_integrity_checksum", Damage::Short)));
    let half = PolledPart::keep(&[9, 2, 1, 0, 0, 0, 0, 5, 0, 1, 0, 0, 0, 7, 1, 2]).unwrap();
    assert_eq!(half.damage.map(|it| it.damage), Some(Damage::Short));
}

#[test]
fn polling_can_wait_on_any_thread() {
    fn sent<T: Send>(_: T) {}
    let (mut requester, _) = device(|_, _| Err(1));
    sent(poll_all(&mut requester, 1, |_| {}));
}

proptest! {
    #[test]
    fn whatever_decodes_encodes_back(mut bytes in prop::collection::vec(0u8..6, 0..30), size in 0u8..9) {
        survives::<PollForPlatformEventMessage>(&bytes)?;
        survives::<EventMessage>(&bytes)?;
        if let Some(length) = bytes.get_mut(9..13) {
            length.copy_from_slice(&[size, 0, 0, 0]);
        }
        survives::<PolledPart>(&bytes)?;
        let _ = PolledPart::keep(&bytes);
    }
}
