//! What libmctp 0.11 sends, takes and answers, and what we do.

use mctp::{
    Eid, MessageType,
    assembly::{Assembler, Limits, Message},
    control::{EndpointKind, Identity, respond},
    packet::{BASELINE_UNIT, Packet, Tag, fragment, message},
    serial::{Decoder, frame},
};
use serde_json::Value;
use tokio::time::Instant;

const VECTORS: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/pldm-vectors.json"));

/// The vectors whose name begins so; a file that lost them fails.
fn vectors(prefix: &str, count: usize) -> Vec<Value> {
    let all: Value = serde_json::from_str(VECTORS).unwrap();
    let ours = all["vectors"].as_array().unwrap().iter().filter(|vector| name(vector).starts_with(prefix));
    let ours: Vec<_> = ours.cloned().collect();
    assert_eq!(ours.len(), count, "{prefix}");
    ours
}

fn name(vector: &Value) -> &str {
    vector["name"].as_str().unwrap()
}

fn bytes(hex: &Value) -> Vec<u8> {
    let hex = hex.as_str().unwrap();
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

fn number(value: &Value) -> u8 {
    u8::try_from(value.as_u64().unwrap()).unwrap()
}

fn receive(wire: &[u8]) -> Vec<Message> {
    let (mut decoder, mut assembler) = (Decoder::default(), Assembler::new(Limits::default()));
    let mut messages = Vec::new();
    for &byte in wire {
        let Some(packet) = decoder.feed(byte) else { continue };
        if let Ok(packet) = Packet::parse(packet) {
            messages.extend(assembler.feed(&packet, Instant::now()));
        }
    }
    messages
}

fn send(from: Eid, to: Eid, tag: Tag, message: &[u8]) -> Vec<u8> {
    fragment(from, to, tag, message, BASELINE_UNIT).flat_map(|packet| frame(&packet)).collect()
}

#[test]
fn every_vector_is_looked_at() {
    assert_eq!(vectors("mctp.", 28).len(), 3 + 14 + 11);
}

#[test]
fn what_libmctp_sends_we_send() {
    for vector in vectors("mctp.serial.tx.", 3) {
        let fields = &vector["fields"];
        let tag = Tag { owner: number(&fields["tag_owner"]) == 1, number: number(&fields["msg_tag"]) };
        let (from, to) = (Eid(number(&fields["src_eid"])), Eid(number(&fields["dst_eid"])));
        let wire = send(from, to, tag, &bytes(&vector["message_hex"]));
        assert_eq!(wire, bytes(&vector["wire_hex"]), "{}", name(&vector));
    }
}

#[test]
fn what_libmctp_takes_we_take() {
    for vector in vectors("mctp.serial.rx.", 14) {
        let messages = receive(&bytes(&vector["wire_hex"]));
        // libmctp takes any header version and a message without even a type. What another version means we do not
        // know (Linux drops it too), and without a type byte nobody can be meant: we drop both.
        let ours = match name(&vector) {
            "mctp.serial.rx.header_version_2" | "mctp.serial.rx.header_only_no_payload" => 0,
            _ => vector["messages_delivered"].as_u64().unwrap(),
        };
        assert_eq!(messages.len() as u64, ours, "{}", name(&vector));
        if let Some(last) = messages.last() {
            let expected = &vector["last"];
            assert_eq!(message(last.message_type, &last.body), bytes(&expected["message_hex"]));
            assert_eq!(last.source, Eid(number(&expected["src_eid"])));
            assert_eq!(last.tag.owner, number(&expected["tag_owner"]) == 1);
            assert_eq!(last.tag.number, number(&expected["msg_tag"]));
        }
    }
}

#[test]
fn what_libmctp_answers_we_answer() {
    // libmctp's endpoint of these vectors: a simple one with id 9 that says it supports static ids.
    let message_types = vec![(MessageType::PLDM, vec![])];
    let libmctp = Identity { kind: EndpointKind(0x01), message_types, ..Identity::owner(Eid(9)) };
    for vector in vectors("mctp.control.", 11) {
        let [request] = <[Message; 1]>::try_from(receive(&bytes(&vector["request_wire_hex"]))).unwrap();
        let answer = respond(&libmctp, &request.body)
            .map(|body| send(Eid(9), request.source, request.tag.response(), &message(MessageType::CONTROL, &body)));
        match name(&vector) {
            // A bus owner gives ids and takes none (DSP0236, Set Endpoint ID): where libmctp changes its id, we say "rejected" and
            // which one we have, as the same table has it.
            "mctp.control.set_endpoint_id" | "mctp.control.set_endpoint_id_force" => {
                let [refused] = <[Message; 1]>::try_from(receive(&answer.unwrap())).unwrap();
                let accepted = bytes(&vector["response_packet_hex"]);
                assert_eq!(refused.source, Eid(9));
                assert_eq!(refused.body[..3], accepted[5..8], "instance id, command and success are the same");
                assert_eq!(refused.body[3..], [0x10, 9, 0]);
            }
            "mctp.control.datagram" => assert_eq!(answer, None),
            other => assert_eq!(answer.unwrap(), bytes(&vector["response_wire_hex"]), "{other}"),
        }
    }
}
