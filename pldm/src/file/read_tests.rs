//! Files as devices send them: sound, lying, without end, and gone half-way. The clock is paused.

use super::*;
use crate::{
    base::{Done, NegotiatedTransferParameters},
    file::{HeartbeatInterval, OpenFile},
    testing::{Device, Reaction, at_once, device, good, refusal, reply},
};
use std::sync::{Arc, Mutex};
use wire::{Reader, Wire};

const FILE: FileIdentifier = FileIdentifier(3);
const LIMITS: Limits = Limits { items: 100_000, parts: 1000, time: Duration::from_secs(300) };

/// What goes over the line, in one word each.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Asked {
    Negotiate,
    Open,
    Beat,
    First(u32, u32),
    Next(u32),
    Current(u32),
    Complete,
    Abort,
    Close,
}

fn asked(request: &[u8]) -> Asked {
    match (request[1], request[2]) {
        (0, 7) => Asked::Negotiate,
        (7, 1) => Asked::Open,
        (7, 2) => Asked::Close,
        (7, 3) => Asked::Beat,
        (0, 9) => {
            let it = receive(request);
            assert_eq!((it.pldm_type, it.transfer_context), (PldmType::FILE, 33));
            let place = (it.requested_section_offset, it.requested_section_length);
            match it.transfer_operation {
                TransferOperation::FIRST_PART => return Asked::First(place.0, place.1),
                _ => assert_eq!(place, (0, 0), "offset and length go with the first part alone"),
            }
            match it.transfer_operation {
                TransferOperation::NEXT_PART => Asked::Next(it.data_transfer_handle),
                TransferOperation::CURRENT_PART => Asked::Current(it.data_transfer_handle),
                TransferOperation::COMPLETE => Asked::Complete,
                TransferOperation::ABORT => Asked::Abort,
                other => panic!("{other}"),
            }
        }
        other => panic!("{other:?}"),
    }
}

fn receive(request: &[u8]) -> MultipartReceive {
    MultipartReceive::read(&mut Reader::new("request", &request[3..])).unwrap()
}

/// What a sound device answers to everything that is not a part.
fn manners(request: &[u8]) -> Reaction {
    match asked(request) {
        Asked::Negotiate => {
            let responder_protocol_support = PldmTypes::from_iter([PldmType::BASE, PldmType::FILE]).bitmap;
            good(request, &NegotiatedTransferParameters { responder_part_size: 512, responder_protocol_support })
        }
        Asked::Open => good(request, &OpenFile { file_descriptor: FileDescriptor(33) }),
        Asked::Beat => good(request, &HeartbeatInterval { responder_maximum_interval: u32::MAX }),
        Asked::Close => good(request, &Done),
        Asked::Complete | Asked::Abort => part(request, TransferFlag::ACKNOWLEDGE_COMPLETION, 0, &[], None),
        Asked::First(..) | Asked::Next(_) | Asked::Current(_) => panic!("a part"),
    }
}

fn part(request: &[u8], transfer_flag: TransferFlag, next: u32, data: &[u8], checksum: Option<u32>) -> Reaction {
    good(request, &MultipartReceived { transfer_flag, next_data_transfer_handle: next, data: data.to_vec(), checksum })
}

fn contents(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at % 251) as u8).collect()
}

/// A device that has one file and keeps to DSP0240: parts of `size` bytes, each with the checksum of its section so far.
fn host(file: Vec<u8>, size: usize) -> impl Fn(&[u8]) -> Reaction + Send + Sync + 'static {
    let section = Arc::new(Mutex::new((0usize, 0usize)));
    move |request| {
        let mut section = section.lock().unwrap();
        let at = match asked(request) {
            Asked::First(offset, length) => {
                let (offset, length) = (offset as usize, length as usize);
                *section = (offset.min(file.len()), (offset + length).min(file.len()));
                section.0
            }
            Asked::Next(handle) | Asked::Current(handle) => handle as usize,
            _ => return manners(request),
        };
        let end = (at + size).min(section.1);
        let flag = match (at == section.0, end == section.1) {
            (true, true) => TransferFlag::START_AND_END,
            (true, false) => TransferFlag::START,
            (false, false) => TransferFlag::MIDDLE,
            (false, true) => TransferFlag::END,
        };
        part(request, flag, end as u32, &file[at..end], Some(crc32(&file[section.0..end])))
    }
}

fn all_asked(line: &Device) -> Vec<Asked> {
    line.seen.lock().unwrap().iter().map(|request| asked(request)).collect()
}

fn fault(got: &FileRead) -> TransferFault {
    match &got.cut.as_ref().expect("a cut").failure {
        Failure::Transfer(fault) => *fault,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_file_is_read_section_by_section() {
    for (length, size) in [(0, 512), (1, 512), (512, 512), (513, 512), (5000, 300), (40_000, 512), (16_384, 256)] {
        let host = host(contents(length), size);
        let (mut requester, line) = device(move |request, _| host(request));
        let got = read(&mut requester, FILE, LIMITS).await.unwrap();
        assert_eq!(got, FileRead { bytes: contents(length), ..FileRead::default() }, "{length} in {size}");
        let asked = all_asked(&line);
        assert_eq!(asked[..3], [Asked::Negotiate, Asked::Open, Asked::Beat]);
        assert_eq!(asked.last(), Some(&Asked::Close));
        let sections = length / 16_384 + 1;
        assert_eq!(asked.iter().filter(|&&it| it == Asked::Complete).count(), sections);
        let first = |it: &&Asked| matches!(it, Asked::First(_, 16_384) | Asked::First(98_304, _));
        assert_eq!(asked.iter().filter(first).count(), sections);
    }
}

#[tokio::test(start_paused = true)]
async fn no_more_is_asked_for_than_is_wanted() {
    let host = host(contents(40_000), 512);
    let (mut requester, line) = device(move |request, _| host(request));
    let got = read(&mut requester, FILE, Limits { items: 700, ..LIMITS }).await.unwrap();
    assert_eq!(got, FileRead { bytes: contents(700), ..FileRead::default() });
    assert_eq!(
        all_asked(&line)[3..],
        [Asked::First(0, 700), Asked::Next(512), Asked::Complete, Asked::Close],
        "and no section behind the limit"
    );
}

#[tokio::test(start_paused = true)]
async fn a_device_may_refuse_what_lies_beyond_the_end() {
    for (code, is_end) in [(0x24, true), (0x02, true), (0x01, false), (0x80, false)] {
        let host = host(contents(16_384), 512);
        let (mut requester, _) = device(move |request, _| match asked(request) {
            Asked::First(16_384, _) => refusal(request, code),
            _ => host(request),
        });
        let got = read(&mut requester, FILE, LIMITS).await.unwrap();
        assert_eq!((got.bytes, got.cut.is_none()), (contents(16_384), is_end), "{code:#04x}");
    }
}

#[tokio::test(start_paused = true)]
async fn checksums_of_single_parts_are_overlooked_and_handles_may_all_be_zero() {
    let (mut requester, _) = device(|request, before| match asked(request) {
        Asked::First(..) => part(request, TransferFlag::START, 0, b"abc", Some(crc32(b"abc"))),
        Asked::Next(0) if before == 4 => part(request, TransferFlag::MIDDLE, 0, b"def", Some(crc32(b"def"))),
        Asked::Next(0) => part(request, TransferFlag::END, 0, b"ghi", Some(crc32(b"abcdefghi"))),
        _ => manners(request),
    });
    let got = read(&mut requester, FILE, LIMITS).await.unwrap();
    assert_eq!((&got.bytes[..], &got.cut), (&b"abcdefghi"[..], &None));
    assert_eq!(got.leniencies(), [Leniency::PartChecksum]);
}

#[tokio::test(start_paused = true)]
async fn a_wrong_checksum_is_asked_for_once_more_and_then_ends_the_file() {
    for lies in [1, 2] {
        let host = host(contents(1500), 512);
        let told = Mutex::new(0);
        let (mut requester, line) = device(move |request, _| match asked(request) {
            Asked::Next(512) | Asked::Current(512)
                if {
                    let mut told = told.lock().unwrap();
                    *told += 1;
                    *told <= lies
                } =>
            {
                part(request, TransferFlag::MIDDLE, 1024, &[7; 512], Some(1))
            }
            _ => host(request),
        });
        let got = read(&mut requester, FILE, LIMITS).await.unwrap();
        let asked = all_asked(&line);
        assert_eq!(asked[4..6], [Asked::Next(512), Asked::Current(512)]);
        if lies == 1 {
            assert_eq!(got, FileRead { bytes: contents(1500), ..FileRead::default() });
        } else {
            assert_eq!(got.bytes, contents(512), "the file up to the fault");
            assert!(matches!(fault(&got), TransferFault::Checksum { sent: 1, .. }));
            assert_eq!(asked[6..], [Asked::Abort, Asked::Close]);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_file_that_cannot_be_opened_is_an_error_and_not_closed() {
    let (mut requester, line) = device(|request, _| match asked(request) {
        Asked::Open => refusal(request, 0x86),
        _ => manners(request),
    });
    let error = read(&mut requester, FILE, LIMITS).await.unwrap_err();
    assert_eq!(error.to_string(), "DfOpen: refused with INVALID_FILE_IDENTIFIER (0x86)");
    assert_eq!(all_asked(&line), [Asked::Negotiate, Asked::Open]);
}

#[tokio::test(start_paused = true)]
async fn a_file_of_which_nothing_comes_is_an_error_and_closed() {
    let (mut requester, line) = device(|request, _| match asked(request) {
        Asked::First(..) => refusal(request, 0x01),
        _ => manners(request),
    });
    let error = read(&mut requester, FILE, LIMITS).await.unwrap_err();
    assert_eq!((error.command, error.failure.kind()), ("MultipartReceive", "completion_code"));
    assert_eq!(all_asked(&line)[3..], [Asked::First(0, 16_384), Asked::Close]);
}

#[tokio::test(start_paused = true)]
async fn a_device_that_cannot_negotiate_is_read_all_the_same() {
    for (size, leniencies) in [(None, 0), (Some(0), 1), (Some(300), 1), (Some(u16::MAX), 1), (Some(4096), 0)] {
        let host = host(contents(600), 256);
        let (mut requester, _) = device(move |request, _| match (asked(request), size) {
            (Asked::Negotiate, None) => refusal(request, 0x05),
            (Asked::Negotiate, Some(responder_part_size)) => {
                let support = NegotiatedTransferParameters { responder_part_size, responder_protocol_support: [0; 8] };
                good(request, &support)
            }
            _ => host(request),
        });
        let got = read(&mut requester, FILE, LIMITS).await.unwrap();
        assert_eq!((got.bytes.len(), got.leniencies()), (600, vec![Leniency::Contradiction; leniencies]), "{size:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn parts_larger_than_agreed_are_taken_and_counted() {
    let host = host(contents(1200), 600);
    let (mut requester, _) = device(move |request, _| host(request));
    let got = read(&mut requester, FILE, LIMITS).await.unwrap();
    assert_eq!((got.bytes, got.overlooked), (contents(1200), vec![Leniency::Contradiction; 2]));
}

#[tokio::test(start_paused = true)]
async fn a_section_longer_than_asked_for_is_a_fault() {
    let (mut requester, line) = device(|request, _| match asked(request) {
        Asked::First(..) => part(request, TransferFlag::START, 1, &[1; 60], Some(crc32(&[1; 60]))),
        Asked::Next(_) => part(request, TransferFlag::END, 0, &[1; 60], Some(crc32(&[1; 120]))),
        _ => manners(request),
    });
    let got = read(&mut requester, FILE, Limits { items: 100, ..LIMITS }).await.unwrap();
    assert_eq!((got.bytes.len(), fault(&got)), (60, TransferFault::TooMuch { limit: 100 }));
    assert_eq!(all_asked(&line)[5..], [Asked::Abort, Asked::Close]);
}

#[tokio::test(start_paused = true)]
async fn endless_parts_and_handles_that_loop_end_at_the_section() {
    let sum = Mutex::new(Vec::new());
    let (mut requester, _) = device(move |request, _| {
        let flag = match asked(request) {
            Asked::First(..) => TransferFlag::START,
            Asked::Next(7) => TransferFlag::MIDDLE,
            _ => return manners(request),
        };
        let mut sum = sum.lock().unwrap();
        if flag == TransferFlag::START {
            sum.clear();
        }
        sum.extend([5; 500]);
        part(request, flag, 7, &[5; 500], Some(crc32(&sum)))
    });
    let got = read(&mut requester, FILE, LIMITS).await.unwrap();
    assert_eq!((got.bytes.len(), fault(&got)), (16_000, TransferFault::TooMuch { limit: 16_384 }));
}

#[tokio::test(start_paused = true)]
async fn empty_parts_for_ever_are_a_fault_and_between_others_a_new_section() {
    let (mut requester, line) = device(|request, before| match asked(request) {
        Asked::First(..) => part(request, TransferFlag::START, before as u32, &[], Some(0)),
        _ => manners(request),
    });
    let error = read(&mut requester, FILE, LIMITS).await.unwrap_err();
    assert_eq!(error.to_string(), "MultipartReceive: a part that is not the last brings nothing");
    assert_eq!(all_asked(&line)[3..], [Asked::First(0, 16_384), Asked::Abort, Asked::Close]);

    // As libpldm's responder does: it sends one part of a section, and knows nothing of the next.
    let (mut requester, _) = device(|request, _| match asked(request) {
        Asked::First(offset @ 0..3, _) => {
            part(request, TransferFlag::START, 1, &[offset as u8], Some(crc32(&[offset as u8])))
        }
        Asked::First(..) => part(request, TransferFlag::START_AND_END, 0, &[], Some(0)),
        Asked::Next(_) => part(request, TransferFlag::MIDDLE, 2, &[], Some(0)),
        Asked::Complete => refusal(request, 0x02),
        _ => manners(request),
    });
    let got = read(&mut requester, FILE, LIMITS).await.unwrap();
    assert_eq!((&got.bytes[..], &got.cut), (&[0, 1, 2][..], &None));
    assert!(got.overlooked.contains(&Leniency::Contradiction) && got.overlooked.contains(&Leniency::Unacknowledged));
}

#[tokio::test(start_paused = true)]
async fn small_parts_for_ever_end_at_the_number_of_parts_or_in_time() {
    let drip = |after: Duration| {
        device(move |request, _| {
            let flag = match asked(request) {
                Asked::First(..) => TransferFlag::START,
                Asked::Next(_) => TransferFlag::MIDDLE,
                _ => return manners(request),
            };
            let part = MultipartReceived {
                transfer_flag: flag,
                next_data_transfer_handle: 1,
                data: vec![1],
                checksum: Some(crc32(&[1])),
            };
            Ok(vec![(after, reply(request, 0, &wire::encode(&part).unwrap()))])
        })
    };
    let (mut requester, _) = drip(Duration::ZERO);
    let got = read(&mut requester, FILE, LIMITS).await.unwrap();
    assert_eq!((got.bytes.len(), fault(&got)), (1000, TransferFault::TooManyParts { limit: 1000 }));

    let (mut requester, line) = drip(Duration::from_secs(1));
    let started = Instant::now();
    let got = read(&mut requester, FILE, LIMITS).await.unwrap();
    assert_eq!(fault(&got), TransferFault::TooSlow { limit: LIMITS.time });
    assert!(started.elapsed() < LIMITS.time + Duration::from_secs(2));
    let beats = all_asked(&line).iter().filter(|&&it| it == Asked::Beat).count();
    assert_eq!(beats, 30, "one every ten seconds, half of what we propose");
}

#[tokio::test(start_paused = true)]
async fn four_gibibytes_are_claimed_and_nothing_is_allocated() {
    let (mut requester, _) = device(|request, _| match asked(request) {
        Asked::First(..) => at_once(reply(request, 0, &[1, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 1, 2, 3])),
        _ => manners(request),
    });
    let error = read(&mut requester, FILE, Limits { items: usize::MAX, ..LIMITS }).await.unwrap_err();
    assert_eq!(error.to_string(), "MultipartReceive: MultipartReceive response: the bytes end inside data");
}

#[tokio::test(start_paused = true)]
async fn flags_that_mean_nothing_or_come_too_early_end_the_file() {
    for (first, next, expected) in [
        (TransferFlag::START, TransferFlag(9), TransferFault::UnknownFlag(9)),
        (TransferFlag::START, TransferFlag::START, TransferFault::OutOfOrder(Place::First)),
        (TransferFlag::START, TransferFlag::ACKNOWLEDGE_COMPLETION, TransferFault::UnknownFlag(8)),
    ] {
        let (mut requester, _) = device(move |request, _| match asked(request) {
            Asked::First(..) => part(request, first, 1, b"a", Some(crc32(b"a"))),
            Asked::Next(_) => {
                let checksum = (next != TransferFlag::ACKNOWLEDGE_COMPLETION).then(|| crc32(b"ab"));
                part(request, next, 1, b"b", checksum)
            }
            _ => manners(request),
        });
        let got = read(&mut requester, FILE, LIMITS).await.unwrap();
        assert_eq!((&got.bytes[..], fault(&got)), (&b"a"[..], expected));
    }
}

#[tokio::test(start_paused = true)]
async fn a_completion_that_is_not_acknowledged_costs_no_byte() {
    for silent in [false, true] {
        let host = host(contents(100), 512);
        let (mut requester, line) = device(move |request, _| match asked(request) {
            Asked::Complete if silent => Ok(vec![]),
            Asked::Complete => part(request, TransferFlag::MIDDLE, 1, b"more", Some(0)),
            _ => host(request),
        });
        let got = read(&mut requester, FILE, LIMITS).await.unwrap();
        assert_eq!((&got.bytes, &got.cut), (&contents(100), &None));
        let unclosed = got.unclosed.as_ref().map(|error| error.failure.kind());
        assert_eq!(unclosed, silent.then_some("timeout"));
        assert_eq!(got.overlooked, if silent { vec![] } else { vec![Leniency::Unacknowledged] });
        assert_eq!(all_asked(&line).last(), Some(&Asked::Close));
    }
}

#[tokio::test(start_paused = true)]
async fn a_device_that_goes_leaves_what_came_and_is_told_once_to_close() {
    for dies_at in [5, 38] {
        let host = host(contents(40_000), 512);
        let (mut requester, line) =
            device(move |request, before| if before < dies_at { host(request) } else { Ok(vec![]) });
        let started = Instant::now();
        let got = read(&mut requester, FILE, LIMITS).await.unwrap();
        assert_eq!(got.bytes, contents(got.bytes.len()));
        assert!(!got.bytes.is_empty());
        assert_eq!(got.cut.as_ref().map(|cut| cut.failure.kind()), Some("timeout"));
        assert_eq!(got.unclosed.as_ref().map(|error| error.command), Some("DfClose"));
        let close = all_asked(&line)[dies_at..].iter().filter(|&&it| it == Asked::Close).count();
        assert_eq!(close, 3, "one call, which is three tries");
        assert!(!all_asked(&line).contains(&Asked::Abort));
        assert_eq!(started.elapsed(), 6 * patience::TIME_OUT);
    }
}

#[tokio::test(start_paused = true)]
async fn a_section_that_cannot_be_ended_is_the_last_when_nobody_answers() {
    let host = host(contents(40_000), 512);
    let (mut requester, line) = device(move |request, _| match asked(request) {
        Asked::Complete => Ok(vec![]),
        _ => host(request),
    });
    let got = read(&mut requester, FILE, LIMITS).await.unwrap();
    assert_eq!(got.bytes, contents(16_384));
    assert_eq!(got.cut, got.unclosed);
    assert_eq!(all_asked(&line).last(), Some(&Asked::Close));
}

/// How often a device hears of us while it sends twenty parts, one in a second.
async fn beats(interval: Option<u32>) -> (usize, FileRead) {
    let host = host(contents(20 * 512), 512);
    let (mut requester, line) = device(move |request, _| match (asked(request), interval) {
        (Asked::Beat, Some(responder_maximum_interval)) => {
            good(request, &HeartbeatInterval { responder_maximum_interval })
        }
        (Asked::Beat, None) => refusal(request, 0x05),
        (Asked::Next(_), _) => {
            Ok(host(request)?.into_iter().map(|(_, message)| (Duration::from_secs(1), message)).collect())
        }
        _ => host(request),
    });
    let got = read(&mut requester, FILE, LIMITS).await.unwrap();
    (all_asked(&line).iter().filter(|&&it| it == Asked::Beat).count(), got)
}

#[tokio::test(start_paused = true)]
async fn the_device_hears_of_us_before_its_patience_ends() {
    let whole = FileRead { bytes: contents(20 * 512), ..FileRead::default() };
    for (interval, count) in [
        (None, 1),         // it does not know heartbeats
        (Some(0), 1),      // it wants none
        (Some(1), 20),     // before every part
        (Some(4000), 10),  // at half the interval
        (Some(65_535), 2), // ours is shorter: 20 s
        (Some(u32::MAX), 2),
    ] {
        let (beats, got) = beats(interval).await;
        assert_eq!(beats, count, "{interval:?}");
        assert!(got == whole, "{interval:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_device_adds_to_an_answer_is_damage_and_hides_nothing() {
    let host = host(contents(10), 512);
    let (mut requester, _) = device(move |request, _| {
        let mut messages = host(request)?;
        if asked(request) == Asked::Open {
            messages[0].1.push(0);
        }
        Ok(messages)
    });
    let got = read(&mut requester, FILE, LIMITS).await.unwrap();
    assert_eq!((got.bytes.len(), got.leniencies()), (10, vec![Leniency::TrailingBytes]));
}
