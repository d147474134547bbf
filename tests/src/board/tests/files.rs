//! Files: opened, read in parts, closed.

use super::bytes::crc32;
use super::*;

const NEGOTIATE: [u8; 12] = [0, 7, 4, 0, 0x80, 0, 0, 0, 0, 0, 0, 0];

fn with_file(more: &str) -> Component {
    device(&format!("{more}\n[[file]]\nid = 3\nname = 'log'\nclass = 'boot_log'\ntext = 'abcdefghij'"))
}

/// MultipartReceive of a file: operation, context, handle, offset, length.
fn receive(device: &mut Component, operation: u8, handle: u8, offset: u8, length: u8) -> Vec<u8> {
    ask(device, &[0, 9, 7, operation, 1, 0, 0, 0, handle, 0, 0, 0, offset, 0, 0, 0, length, 0, 0, 0])
}

fn part(flag: u8, next: u8, data: &[u8]) -> Vec<u8> {
    [&[0, flag, next, 0, 0, 0, data.len() as u8, 0, 0, 0][..], data, &crc32(data).to_le_bytes()].concat()
}

#[test]
fn a_section_is_read_in_parts_of_the_size_agreed_on() {
    let mut device = with_file("");
    assert_eq!(ask(&mut device, &[7, 1, 3, 0, 0, 0]), [0, 1, 0]);
    assert_eq!(receive(&mut device, 0, 0, 0, 255), [0x83], "nothing was negotiated");
    assert_eq!(ask(&mut device, &NEGOTIATE), [0, 4, 0, 0x80, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(receive(&mut device, 0, 0, 1, 255), part(1, 4, b"bcde"));
    assert_eq!(receive(&mut device, 1, 4, 0, 0), part(2, 8, b"fghi"));
    assert_eq!(receive(&mut device, 4, 0, 0, 0), part(2, 8, b"fghi"), "the current part again");
    assert_eq!(receive(&mut device, 1, 8, 0, 0), part(4, 0, b"j"));
    assert_eq!(receive(&mut device, 3, 0, 0, 0), [0, 8, 0, 0, 0, 0, 0, 0, 0, 0], "complete");
    assert_eq!(receive(&mut device, 0, 0, 2, 3), part(5, 0, b"cde"));
    assert_eq!(receive(&mut device, 0, 0, 10, 1), [0x02], "behind the end");
    assert_eq!(receive(&mut device, 9, 0, 0, 0), [0x24]);
}

#[test]
fn a_file_is_open_only_so_often_and_only_until_it_is_closed() {
    let mut device = with_file("");
    ask(&mut device, &NEGOTIATE);
    assert_eq!(receive(&mut device, 0, 0, 0, 9), [0x21], "no such descriptor");
    assert_eq!(ask(&mut device, &[7, 1, 3, 0, 0, 0]), [0, 1, 0]);
    assert_eq!(ask(&mut device, &[7, 1, 3, 0, 0, 0]), [0x88]);
    assert_eq!(ask(&mut device, &[7, 2, 1, 0, 0, 0]), [0]);
    assert_eq!((device.open_files(), ask(&mut device, &[7, 2, 1, 0, 0, 0])), (0, vec![0x80]));
    assert_eq!(ask(&mut device, &[7, 3, 1, 0, 0, 0, 0, 0]), [0x80]);
    assert_eq!(ask(&mut device, &[7, 1, 3, 0, 0, 0]), [0, 2, 0], "another descriptor");
}

#[test]
fn what_is_wrong_with_reading() {
    let fault = |fault: &str| {
        let mut device = with_file(&format!("fault = [{{ kind = '{fault}', of = 'file' }}]"));
        ask(&mut device, &[7, 1, 3, 0, 0, 0]);
        ask(&mut device, &NEGOTIATE);
        device
    };
    let wrong = [&part(1, 4, b"abcd")[..14], &(crc32(b"abcd") ^ 1).to_le_bytes()].concat();
    assert_eq!(receive(&mut fault("crc_lie"), 0, 0, 0, 10), wrong);
    assert_eq!(receive(&mut fault("length_lie"), 0, 0, 0, 10)[6..10], [0xff; 4]);
    let mut endless = fault("endless");
    receive(&mut endless, 0, 0, 0, 10);
    assert_eq!(receive(&mut endless, 1, 8, 0, 0), part(2, 10, b"ij"));
    assert_eq!(receive(&mut endless, 1, 10, 0, 0), part(2, 14, b"abcd"), "and again from the start");
    let mut looping = fault("handle_loop");
    assert_eq!(receive(&mut looping, 0, 0, 0, 10), part(1, 1, b"abcd"));
    assert_eq!(receive(&mut looping, 1, 1, 0, 0), part(2, 1, b"bcde"));
}

#[test]
fn a_file_descriptor_is_at_the_end_of_the_repository() {
    let mut device = device(
        "[[file]]\nid = 3\nname = 'log'\nclass = 'boot_log'\nentity = [9, 1, 2]\ncapabilities = 1\nversion = '1.0.2'\n\
         text = 'abc'\n[[file]]\nid = 4\nname = 'x'\nclass = 0\noem_class = 'own'\nmaximum = 0x01020304",
    );
    let record = |device: &mut Component, handle| ask(device, &[2, 0x51, handle, 0, 0, 0, 0, 0, 0, 0, 1, 0, 4, 0, 0]);
    let first = [
        &[1, 0, 0, 0, 1, 30, 0, 0, 30, 0][..],                // header
        &[1, 0, 3, 0, 9, 0, 1, 0, 2, 0, 0, 0],                // terminus, file, entity, no directory
        &[1, 0, 1, 0, 0, 0xf2, 0xf0, 0xf1, 3, 0, 0, 0, 1, 4], // class, no OEM class, capabilities, version, size, one
        b"log\0",
    ];
    assert_eq!(record(&mut device, 0)[12..], first.concat());
    let second = &record(&mut device, 2)[12..];
    assert_eq!(second[22..24], [0, 1], "an OEM class");
    assert_eq!(second[26..], *b"\xff\xff\xff\xff\x04\x03\x02\x01\x01\x02x\0\x04own\0");
}
