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

/// Which fuzzers a vector is for, and how many bytes of header its fields may have there.
fn targets(name: &str) -> &'static [(&'static str, &'static [usize])] {
    match name.split('.').next().unwrap_or_default() {
        "mctp" => &[("mctp_control", &[0, 1, 3, 4]), ("serial_decoder", &[0]), ("assembler", &[0])],
        "base" => &[("pldm_base", &[0, 3, 4])],
        _ => &[("pldm_base", &[0, 3, 4]), ("pldm_firmware", &[0, 3, 4]), ("pldm_text", &[0])],
    }
}

fn vectors() -> Vec<serde_json::Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/pldm-vectors.json");
    let all: serde_json::Value = serde_json::from_str(&fs::read_to_string(path).expect("the vectors")).expect("JSON");
    all["vectors"].as_array().expect("a list").clone()
}

#[test]
fn every_fuzzer_has_seeds() {
    let corpus = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fuzz-corpus");
    for vector in vectors() {
        let name = vector["name"].as_str().expect("a name");
        for (target, headers) in targets(name) {
            fs::create_dir_all(corpus.join(target)).expect("a folder");
            for (number, bytes) in bytes_of(&vector).enumerate() {
                for header in headers.iter().filter(|header| **header < bytes.len()) {
                    fs::write(corpus.join(target).join(format!("{name}.{number}.{header}")), &bytes[*header..])
                        .expect("a file");
                }
            }
        }
    }
    let packages = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/packages");
    fs::create_dir_all(corpus.join("pldm_package")).expect("a folder");
    for package in packages.read_dir().expect("the packages").map(|entry| entry.expect("a package").path()) {
        fs::copy(&package, corpus.join("pldm_package").join(package.file_name().expect("a name"))).expect("a file");
    }
    for target in
        ["pldm_base", "pldm_firmware", "pldm_package", "pldm_text", "mctp_control", "serial_decoder", "assembler"]
    {
        assert!(corpus.join(target).read_dir().expect("a folder").next().is_some(), "{target}");
    }
}
