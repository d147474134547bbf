//! The PDR repository: fetched record by record and part by part, and changed.

use super::bytes::crc8;
use super::*;

const TWO: &str =
    "[[pdr]]\nkind = 'raw'\ntype = 127\nbytes = '0102030405'\n[[pdr]]\nkind = 'raw'\ntype = 128\nbytes = '06'\n";

/// GetPDR: record, part, operation, count, change number.
fn get(device: &mut Component, record: u8, part: u8, operation: u8, count: u8, change: u8) -> Vec<u8> {
    ask(device, &[2, 0x51, record, 0, 0, 0, part, 0, 0, 0, operation, count, 0, change, 0])
}

#[test]
fn a_record_comes_in_parts_with_a_crc_8_at_their_end() {
    let mut device = device(&format!("parts = {{ pdr = 6 }}\nplatform = {{ handle_step = 16 }}\n{TWO}"));
    let record = [16, 0, 0, 0, 1, 127, 0, 0, 5, 0, 1, 2, 3, 4, 5];
    assert_eq!(get(&mut device, 0, 0, 1, 255, 0), [&[0, 32, 0, 0, 0, 6, 0, 0, 0, 0, 6, 0][..], &record[..6]].concat());
    assert_eq!(
        get(&mut device, 16, 6, 0, 255, 0),
        [&[0, 32, 0, 0, 0, 12, 0, 0, 0, 1, 6, 0][..], &record[6..12]].concat()
    );
    let end = [&[0, 32, 0, 0, 0, 0, 0, 0, 0, 4, 3, 0][..], &record[12..], &[crc8(&record)]].concat();
    assert_eq!(get(&mut device, 16, 12, 0, 255, 0), end);
    device.description.parts.pdr = 100;
    let only = [0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 11, 0, 32, 0, 0, 0, 1, 128, 0, 0, 1, 0, 6];
    assert_eq!(get(&mut device, 32, 0, 1, 255, 0), only, "no checksum where there is one part");
    assert_eq!(get(&mut device, 32, 0, 1, 4, 0)[9..12], [0, 4, 0], "no more than was asked for");
    assert_eq!(get(&mut device, 33, 0, 1, 255, 0), [0x82]);
    assert_eq!(get(&mut device, 32, 11, 0, 255, 0), [0x80]);
    assert_eq!(get(&mut device, 32, 0, 7, 255, 0), [0x81]);
    assert_eq!(get(&mut device, 32, 5, 0, 255, 1), [0x83]);
    assert_eq!(get(&mut device, 32, 0, 1, 0, 0), [0x02]);
}

#[test]
fn repository_info_counts_what_is_there() {
    let mut device = device(TWO);
    let time = |seconds| [0, 0, 0, 0, 0, seconds, 0, 10, 5, 1, 0xea, 0x07, 5];
    let info = |seconds, count, size: u8, largest| {
        [&[0, 0][..], &time(seconds), &time(0), &[count, 0, 0, 0, size, 0, 0, 0, largest, 0, 0, 0, 0]].concat()
    };
    assert_eq!(ask(&mut device, &[2, 0x50]), info(0, 2, 26, 15));
    assert_eq!(info(0, 2, 26, 15).len(), payload("platform.GetPDRRepositoryInfo.resp").len());
    device.change_repository(false, |repository| repository.remove(1));
    assert_eq!(ask(&mut device, &[2, 0x50]), info(1, 1, 11, 11));
    device.description.pdr.clear();
    assert_eq!(get(&mut Component::new(device.description), 0, 0, 1, 255, 0), [0x82], "empty");
}

#[test]
fn a_change_keeps_the_other_handles_and_is_told_by_handles() {
    let mut device = device(TWO);
    ask(&mut device, &[2, 4, 1, 0, 8]);
    device.change_repository(true, |repository| {
        repository.remove(1);
        repository.modify(2, |pdr| *pdr = Pdr::Raw(Raw { number: 129, bytes: "07".into() }));
        assert_eq!(repository.add(Pdr::Raw(Raw { number: 130, bytes: String::new() })), 3);
    });
    let (told, modified, added) =
        (device.tick(Duration::ZERO), [2, 0, 0, 0, 1, 129, 1, 0, 1, 0, 7], [3, 0, 0, 0, 1, 130, 0, 0, 0, 0]);
    assert_eq!(get(&mut device, 0, 0, 1, 255, 0)[1..], [&[3, 0, 0, 0, 0, 0, 0, 0, 5, 11, 0][..], &modified].concat());
    assert_eq!(get(&mut device, 3, 0, 1, 255, 0)[12..], added);
    let event = Event { class: 4, data: vec![2, 3, 1, 1, 1, 0, 0, 0, 2, 1, 3, 0, 0, 0, 3, 1, 2, 0, 0, 0] };
    assert_eq!(Event::repository_change(&[(1, vec![1]), (2, vec![3]), (3, vec![2])]), event);
    let frame = frame(&[&[1, 8, 0, 0xc9, 1, 0x81, 2, 0x0a, 1, 0, 4], &event.data[..]].concat());
    assert_eq!(told.into_iter().map(|action| action.bytes).collect::<Vec<_>>(), [frame]);
    device.change_repository(false, |repository| repository.remove(3));
    assert_eq!(device.tick(Duration::from_millis(1)), [], "without telling");
}

#[test]
fn a_repository_that_moves_is_never_read_to_its_end() {
    let mut device = device(&format!("parts = {{ pdr = 6 }}\nfault = [{{ kind = 'repository_moves' }}]\n{TWO}"));
    let before = ask(&mut device, &[2, 0x50]);
    assert_eq!(get(&mut device, 1, 0, 1, 255, 0).len(), 18);
    assert_eq!(get(&mut device, 1, 6, 0, 255, 1), [0x83]);
    assert_ne!(ask(&mut device, &[2, 0x50]), before);
}

#[test]
fn a_name_has_a_record_of_its_own_right_behind() {
    let mut device = device("[[pdr]]\nkind = 'numeric_sensor'\nid = 7\nname = 'T'\nunit = 'celsius'\nsize = 'uint8'");
    assert_eq!(get(&mut device, 0, 0, 1, 255, 0)[1], 2);
    let names = [2, 0, 0, 0, 1, 6, 0, 0, 13, 0, 1, 0, 7, 0, 1, 1, b'e', b'n', 0, 0, b'T', 0, 0];
    assert_eq!(get(&mut device, 2, 0, 1, 255, 0)[12..], names);
}

#[test]
fn wild_scales_and_lying_checksums_are_on_the_wire() {
    let pdr = "[[pdr]]\nkind = 'numeric_sensor'\nid = 7\nunit = 'celsius'\nsize = 'uint8'";
    for (resolution, bytes) in [("nan", f32::NAN), ("0.0", 0.0), ("3e38", 3e38)] {
        let fault =
            format!("kind = 'wild_scale', sensor = 7, resolution = {resolution}, offset = 1e38, modifier = 127");
        let mut device = device(&format!("fault = [{{ {fault} }}]\n{pdr}"));
        let record = get(&mut device, 0, 0, 1, 255, 0).split_off(12);
        assert_eq!((record[23], record[32]), (127, 0), "modifier, size");
        assert_eq!(record[33..41], [bytes.to_le_bytes(), 1e38f32.to_le_bytes()].concat());
        assert_eq!(ask(&mut device, &[2, 17, 7, 0, 0]), [0, 0, 0, 1, 1, 0, 1, 0], "it reads as before");
    }
    let mut device = device(&format!("parts = {{ pdr = 14 }}\nfault = [{{ kind = 'crc_lie', of = 'pdr' }}]\n{TWO}"));
    let whole = [1, 0, 0, 0, 1, 127, 0, 0, 5, 0, 1, 2, 3, 4, 5];
    assert_eq!(get(&mut device, 1, 14, 0, 255, 0)[12..], [5, crc8(&whole) ^ 1]);
}
