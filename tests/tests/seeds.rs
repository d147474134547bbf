//! The fuzzers' first inputs, out of the golden vectors and packages: this test writes them, `tests/fuzz/smoke` starts from them.

use std::{fs, path::Path};

/// Every string of hexadecimal digits in a vector, as bytes.
fn bytes_of(vector: &serde_json::Value) -> impl Iterator<Item = Vec<u8>> {
    let fields = vector.as_object().into_iter().flat_map(|fields| fields.values());
    fields.filter_map(|field| hex(field.as_str()?))
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> =
        text.chars().map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok())).collect::<Option<_>>()?;
    (digits.len() >= 2 && digits.len().is_multiple_of(2))
        .then(|| digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

/// A fuzzer, how many bytes of header a vector's fields may have there, and what its first byte may choose, if anything.
type Target = (&'static str, &'static [usize], std::ops::Range<u8>);

/// No choice.
const WHOLE: std::ops::Range<u8> = 0..0;

/// Which fuzzers a vector is for. What the first byte chooses is `PAIRS` of the second decoder and the kinds of `pldm_pdr`.
fn targets(name: &str) -> Vec<Target> {
    let asked: Target = ("pldm_respond", &[0], WHOLE);
    match name.split('.').next().unwrap_or_default() {
        "mctp" => {
            vec![("mctp_control", &[0, 1, 3, 4], WHOLE), ("serial_decoder", &[0], WHOLE), ("assembler", &[0], WHOLE)]
        }
        "base" => vec![asked, ("pldm_base", &[0, 3, 4], WHOLE)],
        "platform" => {
            let (platform, event) = (("pldm_platform", &[3, 4][..], WHOLE), ("pldm_event", &[3, 4][..], WHOLE));
            vec![asked, platform, event, ("differential", &[3, 4], 6..13)]
        }
        "pdr" => vec![("pldm_pdr", &[0, 10], 0..13), ("differential", &[0], 13..14)],
        "fru" => vec![asked, ("pldm_fru", &[3, 4, 9], WHOLE), ("differential", &[4, 9], 2..6)],
        "file" => vec![asked, ("pldm_file", &[3, 4], WHOLE)],
        _ => vec![
            asked,
            ("pldm_base", &[0, 3, 4], WHOLE),
            ("pldm_firmware", &[0, 3, 4], WHOLE),
            ("pldm_text", &[0], WHOLE),
            ("differential", &[4], 0..2),
        ],
    }
}

/// Scripts for the device that the requester meets: each walk with each decision for ever (see `fuzz/device.rs`), before
/// it a few decisions and a blob, which is the records of a golden table.
fn scripts() -> Vec<Vec<u8>> {
    let table = vectors().iter().find_map(|vector| {
        let bytes = bytes_of(vector).find(|_| vector["name"] == "fru.GetFRURecordByOption.resp");
        bytes.map(|bytes| bytes[9..].to_vec())
    });
    let table = table.expect("a table of records");
    let length = u8::try_from(table.len()).expect("a short one");
    let begin = |walk, then| {
        [&[walk, then, if walk % 4 == 1 && then == 15 { 0xff } else { 20 }, 5, length][..], &table].concat()
    };
    (0..64u8)
        .flat_map(|walk| (0..16u8).map(move |then| (walk, then)))
        .filter(|(walk, then)| walk % 9 == 0 || *then == 0)
        .flat_map(|(walk, then)| [begin(walk, then), [&begin(walk, then)[..], &[0, 0, 15, 2, 0, 11, 1, 1, 0]].concat()])
        .collect()
}

fn vectors() -> Vec<serde_json::Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/pldm-vectors.json");
    let all: serde_json::Value = serde_json::from_str(&fs::read_to_string(path).expect("the vectors")).expect("JSON");
    all["vectors"].as_array().expect("a list").clone()
}

/// Writes a seed for a fuzzer.
fn write(target: &str, name: &str, bytes: &[u8]) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fuzz-corpus").join(target);
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join(name), bytes).expect("a file");
}

#[test]
fn every_fuzzer_has_seeds() {
    let corpus = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fuzz-corpus");
    for vector in vectors() {
        let name = vector["name"].as_str().expect("a name");
        for (target, headers, choices) in targets(name) {
            for (number, bytes) in bytes_of(&vector).enumerate() {
                for header in headers.iter().filter(|header| **header < bytes.len()) {
                    let name = format!("{name}.{number}.{header}");
                    if choices.is_empty() {
                        write(target, &name, &bytes[*header..]);
                    }
                    for choice in choices.clone() {
                        write(target, &format!("{name}.{choice}"), &[&[choice], &bytes[*header..]].concat());
                    }
                }
            }
        }
    }
    for (number, script) in scripts().iter().enumerate() {
        write("requester", &number.to_string(), script);
    }
    let packages = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/packages");
    fs::create_dir_all(corpus.join("pldm_package")).expect("a folder");
    for package in packages.read_dir().expect("the packages").map(|entry| entry.expect("a package").path()) {
        fs::copy(&package, corpus.join("pldm_package").join(package.file_name().expect("a name"))).expect("a file");
    }
    let manifest =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/Cargo.toml")).expect("a manifest");
    for target in manifest.lines().filter_map(|line| line.strip_prefix("path = \"fuzz_targets/")?.strip_suffix(".rs\""))
    {
        assert!(corpus.join(target).read_dir().expect(target).next().is_some(), "{target}");
    }
}
