//! The golden packages as files: what is hashed, what is told, what is refused.

use super::*;
use crate::testing::Scratch;
use std::{fs, path::PathBuf};

fn golden(revision: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../tests/golden/packages/{revision}.pldm"))
}

fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

#[test]
fn every_image_is_hashed() {
    for revision in ["1.0", "1.1", "1.2", "1.3"] {
        let package = read(&golden(revision)).expect("a package");
        assert_eq!((&*package.revision, &*package.findings), (revision, &[][..]));
        let images = [b"firmware ".repeat(9), b"self test".to_vec(), vec![0xa5; 300]];
        let digests: Vec<_> = package.components.iter().map(|it| it.digests.clone().expect("hashed")).collect();
        assert_eq!(digests.iter().map(|it| &it.sha256).cloned().collect::<Vec<_>>(), images.map(|it| sha256(&it)));
        assert_eq!(digests[1].sha384, hex(&Sha384::digest(b"self test")));
    }
}

#[test]
fn a_changed_image_has_another_hash_and_since_1_3_a_finding() {
    let scratch = Scratch::new();
    for (revision, seen) in [("1.2", 0), ("1.3", 1)] {
        let mut bytes = fs::read(golden(revision)).expect("golden");
        *bytes.last_mut().expect("a byte") ^= 1;
        let package = read(&scratch.write("changed", bytes)).expect("a package");
        assert_eq!(package.findings.len(), seen, "{:?}", package.findings);
        let sound = read(&golden(revision)).expect("a package");
        let same: Vec<_> =
            package.components.iter().zip(&sound.components).map(|(a, b)| a.digests == b.digests).collect();
        assert_eq!(same, [true, true, false]);
    }
}

#[test]
fn an_image_that_is_not_all_there_is_not_hashed() {
    let scratch = Scratch::new();
    let bytes = fs::read(golden("1.1")).expect("golden");
    let package = read(&scratch.write("cut", &bytes[..bytes.len() - 1])).expect("a package");
    assert_eq!(package.findings, ["the image of component 2 ends at byte 627, the file at 626"]);
    assert!(package.components[1].digests.is_some() && package.components[2].digests.is_none());
}

/// A header of revision 1.0 whose components all begin at byte 0 and have these sizes.
fn overlapping(sizes: &[u32]) -> Vec<u8> {
    let mut bytes = layout::Revision::V1_0.identifier().to_vec();
    bytes.extend([1, 0, 0]);
    bytes.extend([0; 13]);
    bytes.extend([0, 0, 1, 0, 0]); // no bitmap, no version, no device
    bytes.extend((sizes.len() as u16).to_le_bytes());
    for size in sizes {
        bytes.extend([0; 16]);
        bytes.extend(size.to_le_bytes());
        bytes.extend([1, 0]);
    }
    let length = bytes.len() as u16 + 4;
    bytes[17..19].copy_from_slice(&length.to_le_bytes());
    bytes.extend([0; 4]);
    bytes
}

#[test]
fn the_same_bytes_are_not_hashed_for_ever() {
    let scratch = Scratch::new();
    let count = 2900;
    let length = overlapping(&[0; 2900]).len() as u32;
    let sizes: Vec<_> = (0..count).map(|number| length - number % 1000).collect();
    let package = read(&scratch.write("greedy", overlapping(&sizes))).expect("a package");
    assert_eq!(package.file_size, u64::from(length));
    let hashed = package.components.iter().filter(|it| it.digests.is_some()).count();
    assert_eq!(hashed, 4 * 3, "four places fit, and who has the same has the same digest");
    let told = package.findings.iter().filter(|it| it.ends_with("is not hashed: the images overlap too much")).count();
    assert_eq!(told, 1000 - 4, "each place is told once");
}

#[test]
fn what_is_no_package_says_so() {
    let scratch = Scratch::new();
    let refused = |path: &Path| read(path).expect_err("refused").to_string();
    assert_eq!(refused(&scratch.path().join("nowhere")), "does not exist");
    assert_eq!(refused(scratch.path()), "is a directory");
    assert_eq!(refused(Path::new("/dev/zero")), "is not a regular file");
    let empty = "is no firmware update package: package header: the bytes end inside package_header_identifier";
    assert_eq!(refused(&scratch.write("empty", "")), empty);
    let text = refused(&scratch.write("text", "A text that is long enough to be something."));
    assert!(text.starts_with("is no firmware update package: the identifier 41207465-7874-2074"), "{text}");
}
