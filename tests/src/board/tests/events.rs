//! Events: when they are told, to whom, how often, and what is wrong with them.

use super::bytes::crc32;
use super::*;

const SENSORS: &str = "[[pdr]]\nkind = 'numeric_sensor'\nid = 1\nunit = 'celsius'\nsize = 'sint8'\nhysteresis = 2.0\n\
    warning_high = 80.0\nmodel = { constant = 20 }\n\
    [[pdr]]\nkind = 'state_sensor'\nid = 2\nstates = [{ set = 1, possible = [1, 2], model = { constant = 1 } },\
    { set = 2, possible = [1, 2], model = { steps = [[0, 1], [4, 2]] } }]\n";

/// SetEventReceiver.
fn receive(device: &mut Component, enable: u8, heartbeat: u8) {
    device.tid = 9;
    assert_eq!(ask(device, &[2, 4, enable, 0, 8, heartbeat, 0]), [0]);
}

/// What it sends of its own accord at this time: instance id, tag, event class and data.
fn told(device: &mut Component, milliseconds: u64) -> Vec<(u8, u8, Vec<u8>)> {
    device.up = Duration::from_millis(milliseconds);
    let sent = platform::tick(device).into_iter().map(|(eid, tag, body)| {
        assert_eq!((eid, &body[1..5]), (8, &[2, 0x0a, 1, 9][..]), "PlatformEventMessage, format 1, TID 9");
        assert_eq!(body[0] & 0xe0, 0x80);
        (body[0] & 0x1f, tag, body[5..].to_vec())
    });
    sent.collect()
}

/// The event receiver answers: completion code and status.
fn answer(device: &mut Component, instance: u8, tag: u8, code: u8) {
    platform::answered(device, tag, &[instance, 2, 0x0a, code, 0]);
}

#[test]
fn nothing_is_told_before_there_is_a_receiver() {
    let mut device = device(SENSORS);
    device.set_value(1, 0, 90.0);
    device.send_event(Event::heartbeat(1));
    assert_eq!((platform::due(&device), told(&mut device, 500)), (None, vec![]));
    receive(&mut device, 1, 0);
    assert_eq!(told(&mut device, 1000), [], "what was before is no event");
    assert_eq!(ask(&mut device, &[2, 4, 7, 0, 8, 0, 0]), [0x81]);
    assert_eq!(ask(&mut device, &[2, 4, 1, 1, 8, 0, 0]), [0x80]);
    assert_eq!(ask(&mut device, &[2, 4, 3, 0, 8]), [0x03]);
    receive(&mut device, 0, 0);
    device.set_value(1, 0, 20.0);
    assert_eq!((platform::due(&device), told(&mut device, 2000)), (None, vec![]));
}

#[test]
fn a_crossed_threshold_and_a_new_state_are_told_one_after_the_other() {
    let mut device = device(SENSORS);
    receive(&mut device, 1, 0);
    device.set_value(1, 0, 85.0);
    assert_eq!(told(&mut device, 50), [], "the sensors are looked at every 100 ms");
    assert_eq!(told(&mut device, 100), [(1, 1, vec![0, 1, 0, 2, 8, 1, 1, 85])]);
    device.set_value(2, 0, 2.0);
    assert_eq!(told(&mut device, 200), [], "one at a time");
    answer(&mut device, 1, 2, 0);
    answer(&mut device, 2, 1, 0);
    assert_eq!(told(&mut device, 210), [], "those were no answers to it");
    answer(&mut device, 1, 1, 0);
    assert_eq!(told(&mut device, 220), [(2, 2, vec![0, 2, 0, 1, 0, 2, 1])]);
    answer(&mut device, 2, 2, 0);
    device.set_value(1, 0, 78.5);
    assert_eq!(told(&mut device, 400), [], "within the hysteresis");
    device.set_value(1, 0, 78.0);
    assert_eq!(told(&mut device, 500), [(3, 3, vec![0, 1, 0, 2, 1, 8, 1, 78])]);
    answer(&mut device, 3, 3, 1);
    assert_eq!(told(&mut device, 4000), [(4, 4, vec![0, 2, 0, 1, 1, 2, 1])], "what a model does, too");
    answer(&mut device, 4, 4, 0);
    device.set_operational(1, 0, Operational::Disabled);
    assert_eq!(told(&mut device, 4100), [(5, 5, vec![0, 1, 0, 0, 1, 0])]);
    assert_eq!(device.asked.answers, [(0, 0, Some(0)), (0, 0, Some(0)), (0, 1, Some(0)), (0, 0, Some(0))]);
}

#[test]
fn an_event_without_an_answer_is_sent_again_as_it_was_and_then_given_up() {
    let mut device = device("");
    receive(&mut device, 1, 0);
    let event = (1, 1, vec![0xfa, b'a']);
    device.send_event(Event::oem(0xfa, b"a"));
    device.send_event(Event::oem(0xfa, b"b"));
    assert_eq!(platform::due(&device), Some(Duration::ZERO), "now");
    let times = [0, 499, 500, 999, 1000, 1499].map(|time| told(&mut device, time));
    assert_eq!(times, [vec![event.clone()], vec![], vec![event.clone()], vec![], vec![event], vec![]]);
    assert_eq!(told(&mut device, 1500), [(2, 2, vec![0xfa, b'b'])]);
    assert_eq!((device.asked.sent, device.asked.unanswered), (4, 1));
}

#[test]
fn heartbeats_come_on_the_timer_and_count() {
    let mut device = device("platform = { sample_milliseconds = 100000 }");
    receive(&mut device, 3, 2);
    assert_eq!(platform::due(&device), Some(Duration::from_secs(2)));
    for number in 0..3u8 {
        let time = 2000 * (u64::from(number) + 1);
        assert_eq!(told(&mut device, time - 1), []);
        assert_eq!(told(&mut device, time), [(number + 1, number + 1, vec![6, 1, number])]);
        answer(&mut device, number + 1, number + 1, 0);
    }
}

/// PollForPlatformEventMessage: operation, handle, id to acknowledge.
fn poll(device: &mut Component, operation: u8, handle: u8, id: u16) -> Vec<u8> {
    let [low, high] = id.to_le_bytes();
    ask(device, &[2, 0x0b, 1, operation, handle, 0, 0, 0, low, high])
}

#[test]
fn events_are_polled_in_parts_and_go_when_they_are_acknowledged() {
    let mut device = device("parts = { poll = 4 }");
    device.tid = 9;
    assert_eq!(poll(&mut device, 1, 0, 0), [0, 9, 0, 0], "none");
    device.queue_event(Event { class: 7, data: b"abcdefghi".to_vec() }, false);
    device.queue_event(Event::oem(0xfa, b"z"), false);
    let first = [&[0, 9, 1, 0, 4, 0, 0, 0, 1, 7, 4, 0, 0, 0][..], b"abcd"].concat();
    assert_eq!(poll(&mut device, 1, 0, 0), first);
    assert_eq!(poll(&mut device, 0, 4, 0xffff), [&[0, 9, 1, 0, 8, 0, 0, 0, 2, 7, 4, 0, 0, 0][..], b"efgh"].concat());
    let checksum = crc32(b"abcdefghi").to_le_bytes();
    let last = [&[0, 9, 1, 0, 0, 0, 0, 0, 4, 7, 1, 0, 0, 0][..], b"i", &checksum].concat();
    assert_eq!(poll(&mut device, 0, 8, 0xffff), last);
    assert_eq!(poll(&mut device, 1, 0, 0), first, "it was not acknowledged");
    assert_eq!(poll(&mut device, 2, 0, 77), [0, 9, 0xff, 0xff], "that was another id; there are more");
    assert_eq!(poll(&mut device, 2, 0, 1), [0, 9, 0xff, 0xff], "there are more");
    let second = [&[0, 9, 2, 0, 0, 0, 0, 0, 5, 0xfa, 1, 0, 0, 0, b'z'][..], &crc32(b"z").to_le_bytes()].concat();
    assert_eq!(poll(&mut device, 1, 0, 0), second);
    assert_eq!(poll(&mut device, 2, 0, 2), [0, 9, 0, 0], "no more");
    assert_eq!(device.asked.acknowledged, [77, 1, 2]);
    assert_eq!((poll(&mut device, 0, 99, 0xffff), poll(&mut device, 5, 0, 0)), (vec![0, 9, 0, 0], vec![0x81]));
}

#[test]
fn the_bytes_of_polled_events_are_those_of_the_golden_vectors() {
    let mut device = device("");
    device.tid = 9;
    let event = Event::state(34, 0, 3, 1);
    for _ in 0..0x102 {
        device.queue_event(event.clone(), false);
    }
    (1..0x102).for_each(|id| drop(poll(&mut device, 2, 0, id)));
    let request = vector("platform.PollForPlatformEventMessage.req.next");
    assert_eq!(ask(&mut device, &request[1..]), [0x80], "its handle is not ours");
    assert_eq!(poll(&mut device, 1, 0, 0), payload("platform.PollForPlatformEventMessage.resp.single"));
    device.queue_event(Event::heartbeat(1), false);
    let more = payload("platform.PollForPlatformEventMessage.resp.next_fragment_marker_ffff");
    assert_eq!(poll(&mut device, 2, 0, 0x102), more);
}

#[test]
fn an_event_to_poll_is_told_and_a_polling_receiver_polls_all() {
    let mut device = device(SENSORS);
    receive(&mut device, 1, 0);
    assert_eq!(device.queue_event(Event::cper(0, b"x"), true), 1);
    assert_eq!(told(&mut device, 10), [(1, 1, vec![5, 1, 1, 0, 0, 0, 0, 0])]);
    poll(&mut device, 2, 0, 1);
    receive(&mut device, 2, 0);
    device.set_value(1, 0, 85.0);
    assert_eq!(told(&mut device, 300), [], "it is not sent");
    assert_eq!(poll(&mut device, 1, 0, 0)[2..18], [2, 0, 0, 0, 0, 0, 5, 0, 7, 0, 0, 0, 1, 0, 2, 8]);
}

#[test]
fn a_poll_that_never_ends() {
    for same_id in [false, true] {
        let mut device = device(&format!("fault = [{{ kind = 'endless_poll', same_id = {same_id} }}]"));
        let mut ids = vec![];
        for _ in 0..5 {
            let event = poll(&mut device, 1, 0, 0);
            let id = u16::from_le_bytes([event[2], event[3]]);
            ids.push(id);
            assert_eq!(poll(&mut device, 2, 0, id)[2..], [0xff, 0xff], "there are more");
        }
        assert_eq!(ids, if same_id { [1; 5] } else { [1, 2, 3, 4, 5] });
    }
    let mut device = device("parts = { poll = 4 }\nfault = [{ kind = 'endless', of = 'poll' }]");
    device.queue_event(Event::oem(0xfa, b"abcdef"), false);
    assert_eq!(poll(&mut device, 0, 200, 0xffff)[4..9], [204, 0, 0, 0, 2]);
}

#[test]
fn a_storm_has_its_rate_and_strays_their_pace() {
    let mut device = device("fault = [{ kind = 'event_storm', sensor = 7, per_second = 10000 }]");
    receive(&mut device, 1, 0);
    let (mut count, mut gusts) = (0, 0);
    while device.up < Duration::from_secs(1) {
        let due = platform::due(&device).unwrap();
        assert!(due >= device.up);
        count += told(&mut device, due.as_millis() as u64).len();
        gusts += 1;
    }
    assert_eq!((count, gusts), (10_000, 1000));
    assert_eq!(told(&mut device, 5000).len(), 32, "what a line could not carry is never made");

    let mut device = stray();
    receive(&mut device, 1, 0);
    assert_eq!(
        (told(&mut device, 249), told(&mut device, 250)),
        (vec![], vec![(1, 1, vec![0, 0xad, 0x0b, 1, 0, 2, 1])])
    );
}

fn stray() -> Component {
    device("fault = [{ kind = 'stray_events', sensor = 0x0bad, seconds = 0.25 }]")
}

#[tokio::test]
async fn events_come_over_the_line_and_their_answers_are_no_requests() {
    let board = Board::of(&["nic0"]).unwrap();
    let nic = board.component("nic0");
    let mut owner = Owner::open(board.line("nic0")).await;
    owner.ask(0, &[0, 0x82, 0x01, 0, 20]).await;
    owner.ask(20, &[1, 0x83, 0, 1, 9]).await;
    assert_eq!(owner.ask(20, &[1, 0x84, 2, 4, 1, 0, 8]).await[4..], [1, 4, 2, 4, 0]);
    nic.set_value(1, 96.0);
    // Tag 1, its owner, instance id 1: the sensor is 96 °C, beyond its warning limit.
    let event = [1, 8, 20, 0xc9, 1, 0x81, 2, 0x0a, 1, 9, 0, 1, 0, 2, 8, 1, 1, 96];
    assert_eq!(owner.packet().await, event);
    assert_eq!(owner.packet().await, event, "it was not answered");
    let requests = nic.requests();
    owner.port.write_all(&frame(&[1, 20, 8, 0xc1, 1, 0x01, 2, 0x0a, 0, 0])).await.unwrap();
    owner.port.flush().await.unwrap();
    eventually("the answer", async {
        while nic.asked().answers.is_empty() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!((nic.asked().answers, nic.requests()), (vec![(0, 0, Some(0))], requests));
    nic.send_event(Event::oem(0xfa, &[1; 100]));
    assert_eq!(owner.packet().await[3], 0x8a, "the first of two packets, tag 2");
    assert_eq!(owner.packet().await[3], 0x5a, "the second");
}

#[tokio::test]
async fn a_storm_fills_the_line_and_leaves_room_for_answers() {
    let mut nic = Description::named("nic0");
    (nic.baud, nic.latency_milliseconds) = (115_200, 0);
    let storm = Fault::EventStorm { sensor: 9, per_second: 10_000 };
    let board = Board::start(vec![nic.with(storm)]).unwrap();
    let mut owner = Owner::open(board.line("nic0")).await;
    owner.ask(0, &[0, 0x82, 0x01, 0, 20]).await;
    for request in [&[1, 0x84, 2, 4, 1, 0, 8][..], &[1, 0x85, 0, 2], &[1, 0x86, 0, 2], &[1, 0x87, 0, 4]] {
        let mut answer = owner.ask(20, request).await;
        while answer[3] & 0x08 != 0 {
            assert_eq!(answer[6..8], [2, 0x0a], "an event of the storm");
            answer = owner.packet().await;
        }
        assert_eq!(answer[5..8], [request[1] & 0x1f, request[2], request[3]]);
    }
    assert!(board.component("nic0").asked().sent > 0);
}
