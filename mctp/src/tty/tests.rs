//! A line against a device that does everything wrong. The clock is paused wherever it matters.

use super::*;
use crate::{
    Eid,
    assembly::{Assembler, Limits, Message},
    owner::{Checked, Owner, Pool},
    packet::{BASELINE_UNIT, Packet, fragment, message},
    serial::{Decoder, frame},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, duplex},
    sync::mpsc,
    time::{Duration, Instant, timeout},
};

mod unplugged;

const NETWORK: u32 = 3;
const TO: Address = Address { network: NETWORK, eid: Eid(20) };
const ANY: Answers<'static> = &|_| true;

fn settings(device: &str) -> LineSettings {
    let identity = Identity::owner(Eid(8));
    LineSettings { name: "test".into(), device: device.into(), baud: 115_200, network: NETWORK, identity }
}

/// A line, and the device's end of it each time it is opened.
fn plugged(buffer: usize) -> (Line, mpsc::UnboundedReceiver<Device<DuplexStream>>) {
    let (sender, devices) = mpsc::unbounded_channel();
    let open = move || {
        let (ours, theirs) = duplex(buffer);
        sender.send(Device::new(theirs)).map(|()| ours).map_err(|_| io::ErrorKind::NotFound.into())
    };
    (Line::over(settings("pipe"), open), devices)
}

async fn up() -> (Line, Device<DuplexStream>) {
    let (line, mut devices) = plugged(1 << 20);
    let device = devices.recv().await.unwrap();
    assert_eq!(*line.state().borrow(), LineState::Up { generation: 1 });
    (line, device)
}

struct Device<S> {
    stream: S,
    decoder: Decoder,
    assembler: Assembler,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Device<S> {
    fn new(stream: S) -> Self {
        Self { stream, decoder: Decoder::default(), assembler: Assembler::new(Limits::default()) }
    }

    async fn next(&mut self) -> Message {
        loop {
            let byte = self.stream.read_u8().await.unwrap();
            let Some(packet) = self.decoder.feed(byte) else { continue };
            let packet = Packet::parse(packet).unwrap();
            if let Some(message) = self.assembler.feed(&packet, Instant::now()) {
                return message;
            }
        }
    }

    async fn send(&mut self, from: u8, tag: Tag, kind: MessageType, body: &[u8]) {
        self.stream.write_all(&frames(from, 8, tag, kind, body)).await.unwrap();
    }

    async fn answer(&mut self, question: &Message, body: &[u8]) {
        self.send(question.destination.0, question.tag.response(), question.message_type, body).await;
    }
}

fn frames(from: u8, to: u8, tag: Tag, kind: MessageType, body: &[u8]) -> Vec<u8> {
    let message = message(kind, body);
    let packets = fragment(Eid(from), Eid(to), tag, &message, BASELINE_UNIT);
    packets.flat_map(|packet| frame(&packet)).collect()
}

/// Asks, and does at the device's end what `device` does meanwhile.
async fn ask(line: &Line, body: &[u8], device: impl Future<Output = ()>) -> Result<Vec<u8>, TransportError> {
    let (answer, ()) = tokio::join!(line.exchange(TO, MessageType::PLDM, body, ANY), device);
    answer
}

#[tokio::test(start_paused = true)]
async fn a_question_and_its_answer() {
    let (line, mut device) = up().await;
    let answer = ask(&line, &[0x80, 0, 2], async {
        let question = device.next().await;
        assert_eq!((question.source, question.destination, question.tag), (Eid(8), Eid(20), Tag::request(0)));
        assert_eq!((question.message_type, &question.body[..]), (MessageType::PLDM, &[0x80, 0, 2][..]));
        device.answer(&question, &[0, 0, 2, 0, 7]).await;
    });
    assert_eq!(answer.await, Ok(vec![0, 0, 2, 0, 7]));
    let counters = line.counters();
    assert_eq!((counters.frames_out, counters.bytes_out, counters.framing.frames, counters.bytes_in), (1, 14, 1, 16));
}

#[tokio::test(start_paused = true)]
async fn messages_of_64_kib_go_both_ways_and_longer_ones_do_not() {
    let (line, mut device) = up().await;
    let longest = vec![0x7e; patience::MESSAGE_MOST - 1];
    let answer = ask(&line, &longest, async {
        let question = device.next().await;
        device.answer(&question, &question.body).await;
    });
    assert_eq!(answer.await.unwrap().len(), longest.len());
    let longer = vec![0; patience::MESSAGE_MOST];
    let too_long = TransportError::TooLong { length: longer.len() + 1, limit: patience::MESSAGE_MOST };
    assert_eq!(line.exchange(TO, MessageType::PLDM, &longer, ANY).await, Err(too_long));
    let answer = ask(&line, b"", async {
        let question = device.next().await;
        device.answer(&question, &longer).await;
        device.answer(&question, b"short").await;
    });
    assert_eq!(answer.await, Ok(b"short".to_vec()));
    assert_eq!(line.counters().assembly.too_long, 1);
}

#[tokio::test(start_paused = true)]
async fn an_answer_of_only_a_type_byte_is_an_empty_body() {
    let (line, mut device) = up().await;
    let answer = ask(&line, b"", async {
        let question = device.next().await;
        device.answer(&question, b"").await;
    });
    assert_eq!(answer.await, Ok(vec![]));
}

#[tokio::test(start_paused = true)]
async fn only_the_answer_from_the_one_who_was_asked_gets_through() {
    let (line, mut device) = up().await;
    let body = [0x81, 0, 2];
    let exchange = line.exchange(TO, MessageType::PLDM, &body, &|answer| answer.first() == Some(&1));
    let strays = async {
        let question = device.next().await;
        let tag = question.tag.response();
        device.stream.write_all(b"Booting Linux...\r\n").await.unwrap();
        let mut broken = frames(20, 8, tag, MessageType::PLDM, &[1, 0, 2]);
        broken[6] ^= 1;
        device.stream.write_all(&broken).await.unwrap();
        device.send(21, tag, MessageType::PLDM, &[1, 0, 3]).await;
        device.send(20, Tag { number: 5, ..tag }, MessageType::PLDM, &[1, 0, 4]).await;
        device.send(20, tag, MessageType::SPDM, &[1, 0, 5]).await;
        device.send(20, tag, MessageType(0x81 & 0x7f), &[0, 0, 6]).await;
        device.stream.write_all(&frames(20, 9, tag, MessageType::PLDM, &[1, 0, 7])).await.unwrap();
        device.stream.write_all(&frame(&[1, 8, 20, 0xc0])).await.unwrap();
        device.stream.write_all(&frame(&[2, 8, 20, 0xc0, 1, 1])).await.unwrap();
        device.stream.write_all(&frame(&[1, 8, 20, 0xc0, 0x81, 1])).await.unwrap();
        device.send(20, tag, MessageType::PLDM, &[1, 0, 8]).await;
    };
    let (answer, ()) = tokio::join!(exchange, strays);
    assert_eq!(answer, Ok(vec![1, 0, 8]));
    let counters = line.counters();
    assert_eq!((counters.framing.noise, counters.framing.bad_fcs), (18, 1));
    assert_eq!((counters.wrong_source, counters.unasked, counters.wrong_type), (1, 1, 1));
    assert_eq!((counters.not_the_answer, counters.wrong_destination, counters.bad_packet), (1, 1, 2));
    assert_eq!(counters.integrity_check, 1);
}

#[tokio::test(start_paused = true)]
async fn a_late_answer_does_not_reach_the_next_question() {
    let (line, mut device) = up().await;
    let silent = timeout(Duration::from_secs(1), line.exchange(TO, MessageType::PLDM, b"first", ANY)).await;
    assert!(silent.is_err());
    let answer = ask(&line, b"second", async {
        let (first, second) = (device.next().await, device.next().await);
        assert_eq!((first.tag.number, second.tag.number), (0, 1));
        device.answer(&first, b"to the first").await;
        device.answer(&second, b"to the second").await;
    });
    assert_eq!(answer.await, Ok(b"to the second".to_vec()));
    assert_eq!(line.counters().unasked, 1);
}

#[tokio::test(start_paused = true)]
async fn whoever_is_there_answers_the_null_endpoint_id() {
    let (line, mut device) = up().await;
    for source in [0, 20, 33] {
        let null = Address { network: NETWORK, eid: Eid::NULL };
        let exchange = line.exchange(null, MessageType::CONTROL, &[0x80, 2], ANY);
        let (answer, ()) = tokio::join!(exchange, async {
            let question = device.next().await;
            device.send(source, question.tag.response(), MessageType::CONTROL, &[0, 2, 0, source, 0, 0]).await;
        });
        assert_eq!(answer.unwrap()[3], source);
    }
    let elsewhere = Address { network: 4, eid: Eid(20) };
    assert_eq!(line.exchange(elsewhere, MessageType::PLDM, b"", ANY).await, Err(TransportError::NoRoute(elsewhere)));
}

#[tokio::test(start_paused = true)]
async fn an_eighth_question_to_one_endpoint_waits_until_one_is_given_up() {
    let (line, mut device) = up().await;
    let mut asked: Vec<_> = (0..7).map(|_| line.exchange(TO, MessageType::PLDM, b"", ANY)).collect();
    for exchange in &mut asked {
        assert!(timeout(Duration::ZERO, exchange).await.is_err());
    }
    let answer = ask(&line, b"eighth", async {
        let eighth = loop {
            let question = timeout(Duration::from_millis(100), device.next()).await;
            match question {
                Ok(question) if question.body == b"eighth" => break question,
                Ok(_one_of_the_seven) => {}
                Err(_all_have_come) => drop(asked.remove(2)),
            }
        };
        assert_eq!(eighth.tag.number, 2);
        device.answer(&eighth, b"yes").await;
    });
    assert_eq!(answer.await, Ok(b"yes".to_vec()));
}

#[tokio::test(start_paused = true)]
async fn questions_to_us_are_answered_and_news_is_passed_on() {
    let (line, mut device) = up().await;
    let mut incoming = line.incoming();
    device.send(20, Tag::request(6), MessageType::CONTROL, &[0x83, 2]).await;
    let answer = device.next().await;
    assert_eq!((answer.source, answer.destination, answer.tag), (Eid(8), Eid(20), Tag::request(6).response()));
    assert_eq!(answer.body, [3, 2, 0, 8, 0x11, 0]);
    device.send(20, Tag::request(7), MessageType::CONTROL, &[0xc0, 0x0d]).await;
    assert_eq!(incoming.recv().await.unwrap().body, [0xc0, 0x0d]);
    device.send(20, Tag::request(1), MessageType::PLDM, &[0x80, 2, 0x0a, 1]).await;
    let event = incoming.recv().await.unwrap();
    assert_eq!((event.source, event.message_type), (TO, MessageType::PLDM));
    line.reply(&event, &[0, 2, 0x0a, 0]).await.unwrap();
    let reply = device.next().await;
    assert_eq!((reply.tag, &reply.body[..]), (Tag::request(1).response(), &[0, 2, 0x0a, 0][..]));
    assert_eq!(line.counters().answered, 1);
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_questions_is_dropped_and_counted() {
    let (line, mut device) = up().await;
    let mut incoming = line.incoming();
    for number in 0..100u8 {
        device.send(20, Tag::request(number & 7), MessageType::PLDM, &[0x80, number]).await;
        device.send(20, Tag::request(number & 7), MessageType::CONTROL, &[0x80, 2]).await;
    }
    let answer = ask(&line, b"still there?", async {
        let question = loop {
            let message = device.next().await;
            if message.tag.owner {
                break message;
            }
        };
        device.answer(&question, b"yes").await;
    });
    assert_eq!(answer.await, Ok(b"yes".to_vec()));
    let counters = line.counters();
    assert_eq!(counters.incoming_dropped, 100 - patience::INCOMING_QUEUE as u64);
    assert_eq!(counters.answered + counters.answers_dropped, 100);
    assert_eq!(incoming.recv().await.unwrap().body, [0x80, 0], "the first stays");
}

#[tokio::test(start_paused = true)]
async fn a_device_that_never_stops_starves_nobody() {
    let (line, mut device) = up().await;
    let (stray, tag) = (b"stray", Tag::request(0).response());
    let exchange = line.exchange(TO, MessageType::PLDM, b"", &|answer| answer == b"answer");
    let flood = async {
        let question = device.next().await;
        for _ in 0..20_000 {
            device.send(20, tag, MessageType::PLDM, stray).await;
        }
        device.answer(&question, b"answer").await;
        device.stream.write_all(&vec![0x7e; 1 << 19]).await.unwrap();
    };
    let (answer, ()) = tokio::join!(exchange, flood);
    assert_eq!(answer, Ok(b"answer".to_vec()));
    let counters = line.counters();
    assert_eq!((counters.not_the_answer, counters.mailbox_full), (20_000, 0));
}

#[tokio::test(start_paused = true)]
async fn a_line_that_echoes_is_no_device() {
    let (line, device) = up().await;
    let (mut from, mut to) = tokio::io::split(device.stream);
    let echo = tokio::spawn(async move { tokio::io::copy(&mut from, &mut to).await });
    let seen = Owner::new(&line, NETWORK, Pool::new(Eid(8), 9..=20)).enumerate().await;
    assert_eq!((seen.found.len(), seen.faults.len()), (0, 1));
    assert_eq!((line.counters().echoed, line.counters().answered), (3, 0));
    echo.abort();
}

#[tokio::test(start_paused = true)]
async fn an_owner_finds_a_device_over_a_line() {
    let (line, mut device) = up().await;
    let answers = async move {
        let mut eid = 0;
        loop {
            let question = device.next().await;
            let answer = match question.body[1] {
                1 => {
                    eid = question.body[3];
                    vec![0, 0, eid, 0]
                }
                2 => vec![0, eid, 0, 0],
                5 => vec![0, 1, 1],
                _ => vec![5],
            };
            let body = [&[question.body[0] & 0x1f, question.body[1]][..], &answer].concat();
            device.send(eid, question.tag.response(), question.message_type, &body).await;
        }
    };
    let answers = tokio::spawn(answers);
    let mut owner = Owner::new(&line, NETWORK, Pool::new(Eid(8), 9..=20));
    let seen = owner.enumerate().await;
    assert_eq!(seen.found[0].message_types, [MessageType::PLDM]);
    assert_eq!(seen.found[0].address, Address { network: NETWORK, eid: Eid(9) });
    assert_eq!(owner.check(&seen.found[0]).await, Ok(Checked::Same));
    answers.abort();
}
