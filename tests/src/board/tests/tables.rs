//! Long answers in their parts, and everything that can be wrong with those.

use super::bytes::crc32;
use super::*;

fn versions(fault: &str) -> Component {
    device(&format!("parts = {{ versions = 1 }}\n{fault}"))
}

/// Whole little-endian numbers in an answer.
fn u32_at(answer: &[u8], index: usize) -> u32 {
    u32::from_le_bytes(answer[index..index + 4].try_into().unwrap())
}

#[test]
fn versions_come_in_parts_and_the_last_one_has_the_checksum() {
    let mut device = versions("");
    device.description.pldm[0].versions = vec!["1.0.0".into(), "1.1.0".into(), "1.2".into()];
    assert_eq!(ask(&mut device, &[0, 3, 0, 0, 0, 0, 1, 0]), [0, 1, 0, 0, 0, 1, 0, 0xf0, 0xf0, 0xf1]);
    assert_eq!(ask(&mut device, &[0, 3, 1, 0, 0, 0, 0, 0]), [0, 2, 0, 0, 0, 2, 0, 0xf0, 0xf1, 0xf1]);
    let all = [0, 0xf0, 0xf0, 0xf1, 0, 0xf0, 0xf1, 0xf1, 0, 0xff, 0xf2, 0xf1];
    let last = [&[0, 0, 0, 0, 0, 4, 0, 0xff, 0xf2, 0xf1][..], &crc32(&all).to_le_bytes()].concat();
    assert_eq!(ask(&mut device, &[0, 3, 2, 0, 0, 0, 0, 0]), last);
    assert_eq!(ask(&mut device, &[0, 3, 3, 0, 0, 0, 0, 0]), [0x80], "no such part");
    assert_eq!(ask(&mut device, &[0, 3, 0, 0, 0, 0, 7, 0]), [0x81], "no such operation");
    assert_eq!(ask(&mut device, &[0, 3, 0, 0, 0, 0, 1, 9]), [0x83], "no such type");
}

const FRU: &str = "[[fru.record]]\nset = 1\nfields = [{ type = 'model', text = 'A' }]\n";

#[test]
fn a_fru_table_is_padded_and_cut() {
    let mut device = device(&format!("parts = {{ fru = 7 }}\n{FRU}"));
    let records = [1, 0, 1, 1, 1, 2, 1, b'A'];
    assert_eq!(ask(&mut device, &[4, 2, 0, 0, 0, 0, 1]), [&[0, 7, 0, 0, 0, 1][..], &records[..7]].concat());
    let end = [&[0, 0, 0, 0, 0, 4][..], &records[7..], &crc32(&records).to_le_bytes()].concat();
    assert_eq!(ask(&mut device, &[4, 2, 7, 0, 0, 0, 0]), end);
    assert_eq!(ask(&mut device, &[4, 2, 12, 0, 0, 0, 0]), [0x80]);
    device.description.fru.record[0].fields[0].text = "AB".into();
    device.description.parts.fru = 99;
    let padded = [1, 0, 1, 1, 1, 2, 2, b'A', b'B', 0, 0, 0];
    let whole = [&[0, 0, 0, 0, 0, 5][..], &padded, &crc32(&padded).to_le_bytes()].concat();
    assert_eq!(ask(&mut device, &[4, 2, 0, 0, 0, 0, 1]), whole);
    assert_eq!(u32_at(&ask(&mut device, &[4, 1]), 7), 9, "the padding does not count");
    device.description.fru.record.clear();
    assert_eq!(ask(&mut device, &[4, 1]), [0x85]);
}

#[test]
fn texts_are_in_the_encoding_of_their_record() {
    for (encoding, text) in [
        ("unknown", &b"v1"[..]),
        ("ascii", b"v1"),
        ("utf8", b"v1"),
        ("utf16", b"\xff\xfev\x001\0"),
        ("utf16le", b"v\x001\0"),
        ("utf16be", b"\0v\x001"),
    ] {
        let mut device = device(&format!(
            "[[fru.record]]\nset = 1\nencoding = '{encoding}'\nfields = [{{ type = 'model', text = 'v1' }}]"
        ));
        let table = ask(&mut device, &[4, 2, 0, 0, 0, 0, 1]);
        assert_eq!(table[13..13 + text.len()], *text, "{encoding}");
    }
}

#[test]
fn an_endless_transfer_has_no_last_part_and_always_another_handle() {
    let mut device = device(&format!("parts = {{ fru = 5 }}\nfault = [{{ kind = 'endless', of = 'fru' }}]\n{FRU}"));
    let mut handle = 0;
    for number in 0..100 {
        let [a, b, c, d] = u32::to_le_bytes(handle);
        let part = ask(&mut device, &[4, 2, a, b, c, d, u8::from(number == 0)]);
        assert_eq!(part[5], if number == 0 { 1 } else { 2 });
        assert!(part.len() > 6, "there is data in it");
        assert!(u32_at(&part, 1) > handle);
        handle = u32_at(&part, 1);
    }
}

#[test]
fn a_handle_loop_names_the_same_part_for_ever() {
    let mut device = versions("fault = [{ kind = 'handle_loop', of = 'version' }]");
    let first = ask(&mut device, &[0, 3, 0, 0, 0, 0, 1, 0]);
    assert_eq!(first[1..6], [1, 0, 0, 0, 1]);
    let next = ask(&mut device, &[0, 3, 1, 0, 0, 0, 0, 0]);
    assert_eq!(next[1..6], [1, 0, 0, 0, 2]);
    assert_eq!(ask(&mut device, &[0, 3, 1, 0, 0, 0, 0, 0]), next);
}

#[test]
fn lengths_and_checksums_lie() {
    let both = |of| format!("fault = [{{ kind = 'length_lie', of = '{of}' }}, {{ kind = 'crc_lie', of = '{of}' }}]\n");
    let mut fru = device(&format!("{}{FRU}", both("fru")));
    let metadata = ask(&mut fru, &[4, 1]);
    let records = [1, 0, 1, 1, 1, 2, 1, b'A'];
    assert_eq!((u32_at(&metadata, 7), u32_at(&metadata, 15)), (u32::MAX, crc32(&records) ^ 1));
    let mut pdr = device(&format!("{}[[pdr]]\nkind = 'raw'\ntype = 127\nbytes = '01'", both("pdr")));
    assert_eq!(u32_at(&ask(&mut pdr, &[2, 0x50]), 32), u32::MAX);
    let mut poll = device(&both("poll"));
    poll.queue_event(Event::oem(0xfa, b"abc"), false);
    let event = ask(&mut poll, &[2, 0x0b, 1, 1, 0, 0, 0, 0, 0, 0]);
    assert_eq!((u32_at(&event, 10), u32_at(&event, 17)), (u32::MAX, crc32(b"abc") ^ 1));
    let mut behind = device(&format!("{}downstream = [{{ index = 0 }}]", both("identifiers")));
    assert_eq!(u32_at(&ask(&mut behind, &[5, 4, 0, 0, 0, 0, 1]), 6), u32::MAX);
}

#[test]
fn a_refusal_is_a_completion_code_and_nothing_else() {
    let mut device = device(
        "fault = [{ kind = 'refuses', pldm = 2, command = 17, code = 0 },\
                             { kind = 'refuses_every', pldm = 0, command = 2, code = 4, nth = 3 }]",
    );
    assert_eq!(ask(&mut device, &[2, 17, 1, 0, 0]), [0]);
    let answers: Vec<_> = (0..6).map(|_| ask(&mut device, &[0, 2])).collect();
    assert_eq!(answers, [vec![0, 0], vec![0, 0], vec![4], vec![0, 0], vec![0, 0], vec![4]]);
    assert_eq!(device.asked.commands, [((2, 17), 1), ((0, 2), 6)].into());
}
