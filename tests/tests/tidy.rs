//! The rules of the house that a machine can check: who imports whom, how long files are, what is nowhere.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace")
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every Rust file of ours under `folder`, relative to the workspace.
fn sources(folder: &str) -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![root().join(folder)]);
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
            if path.is_dir() && !path.ends_with("target") && !path.ends_with("corpus") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path.strip_prefix(root()).expect("below").to_owned());
            }
        }
    }
    found.sort();
    found
}

const PACKAGES: [&str; 5] = ["wire", "mctp", "pldm", "daemon", "tests"];

fn all_sources() -> impl Iterator<Item = PathBuf> {
    PACKAGES.into_iter().flat_map(sources)
}

/// The code of a file without its comments and without the tests at its foot.
fn code(text: &str) -> String {
    let before_tests = text.split("#[cfg(test)]\nmod tests").next().unwrap_or(text);
    before_tests.lines().map(|line| line.split("//").next().unwrap_or(line)).collect::<Vec<_>>().join("\n")
}

/// Which of our packages a manifest's section depends on.
fn ours_in(package: &str, section: &str) -> BTreeSet<String> {
    let manifest: toml::Table = read(Path::new(package).join("Cargo.toml")).parse().expect("TOML");
    let ours = ["wire", "mctp", "pldm", "spdm", "firmwarden"];
    let table = manifest.get(section).and_then(toml::Value::as_table);
    table.into_iter().flat_map(|table| table.keys()).filter(|key| ours.contains(&key.as_str())).cloned().collect()
}

#[test]
fn packages_depend_only_downwards() {
    let allowed: [(&str, &[&str]); 4] = [
        ("wire", &[]),
        ("mctp", &["wire"]),
        ("pldm", &["wire", "mctp"]),
        ("daemon", &["wire", "mctp", "pldm", "spdm"]),
    ];
    for (package, allowed) in allowed {
        for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let upward: Vec<_> =
                ours_in(package, section).into_iter().filter(|name| !allowed.contains(&name.as_str())).collect();
            assert!(upward.is_empty(), "{package} {section}: {upward:?}");
        }
    }
    let wire: toml::Table = read("wire/Cargo.toml").parse().expect("TOML");
    assert!(!wire.contains_key("dependencies"), "wire has no dependency at all");
}

/// The files of one room of the daemon: `face` is `face.rs` and everything in `face/`.
fn room(name: &str) -> Vec<PathBuf> {
    let (file, folder) = (format!("daemon/src/{name}.rs"), format!("daemon/src/{name}/"));
    let inside = |path: &PathBuf| path.display().to_string().starts_with(&folder) || path.display().to_string() == file;
    sources("daemon/src").into_iter().filter(inside).collect()
}

fn must_not_name(rooms: &[&str], forbidden: &[&str]) {
    for path in rooms.iter().flat_map(|name| room(name)) {
        let text = code(&read(&path));
        for (number, line) in text.lines().enumerate() {
            let named = forbidden.iter().find(|word| line.contains(*word));
            assert!(named.is_none(), "{}:{}: {named:?} does not belong here: {line}", path.display(), number + 1);
        }
    }
}

#[test]
fn the_middle_and_the_faces_know_no_protocol() {
    must_not_name(
        &["model", "event", "store", "face"],
        &["mctp::", "pldm::", "wire::", "use mctp", "use pldm", "use wire"],
    );
}

#[test]
fn the_model_knows_nobody() {
    must_not_name(&["model"], &["crate::event", "crate::store", "crate::face", "crate::settings", "crate::inventory"]);
}

#[test]
fn protocol_work_knows_no_face() {
    must_not_name(
        &["inventory", "discover", "image", "model", "event", "package", "store", "settings"],
        &["face::", "::face"],
    );
}

#[test]
fn main_only_wires() {
    let lines = read("daemon/src/main.rs").lines().count();
    assert!(lines <= 80, "main.rs has {lines} lines");
}

#[test]
fn no_file_is_too_long_and_each_says_why_it_exists() {
    for path in all_sources() {
        let text = read(&path);
        let lines = text.lines().count();
        assert!(lines <= 500, "{} has {lines} lines", path.display());
        assert!(text.starts_with("//!") || text.starts_with("#!"), "{} does not begin with //!", path.display());
    }
}

#[test]
fn no_input_can_panic_is_a_lint() {
    let lints = [
        "arithmetic_side_effects",
        "as_conversions",
        "expect_used",
        "indexing_slicing",
        "panic",
        "string_slice",
        "unreachable",
        "unwrap_used",
    ];
    for package in ["wire", "mctp", "pldm"] {
        let text = read(format!("{package}/src/lib.rs"));
        let denied = text.split("#![deny(").nth(1).and_then(|rest| rest.split(")]").next()).unwrap_or_default();
        for lint in lints {
            assert!(denied.contains(&format!("clippy::{lint}")), "{package} does not deny {lint}");
        }
    }
}

#[test]
fn unsafe_is_nowhere() {
    let word = concat!("un", "safe");
    for path in all_sources() {
        let text = code(&read(&path)).replace(&format!("{word}_code"), "");
        let found = text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|token| token == word);
        assert!(!found, "{} says {word}", path.display());
    }
}

#[test]
fn no_test_sleeps_and_no_code_reads_another_clock() {
    let sleeps = [concat!("thread::", "sleep"), concat!("std::time::", "Instant")];
    for path in all_sources() {
        let text = code(&read(&path));
        assert!(!sleeps.iter().any(|call| text.contains(call)), "{}", path.display());
    }
    for path in sources("tests/tests") {
        assert!(!read(&path).contains(concat!("time::", "sleep")), "{} sleeps", path.display());
    }
}

#[test]
fn the_architecture_fits_a_few_pages() {
    let Ok(text) = fs::read_to_string(root().join("ARCHITECTURE.md")) else { return };
    assert!(text.lines().count() <= 200, "ARCHITECTURE.md has {} lines", text.lines().count());
}

#[test]
fn every_dependency_has_a_reason() {
    for package in ["mctp", "pldm", "daemon", "tests"] {
        let manifest = read(format!("{package}/Cargo.toml"));
        let mut inside = false;
        for line in manifest.lines() {
            if line.starts_with('[') {
                inside = line.contains("dependencies");
                continue;
            }
            let ours = ["wire", "mctp", "pldm", "firmwarden"].iter().any(|name| line.starts_with(&format!("{name}.")));
            let reason = line.split_once(" # ").is_some_and(|(_, reason)| !reason.trim().is_empty());
            assert!(!inside || line.is_empty() || ours || reason || line.starts_with('#'), "{package}: {line}");
        }
    }
}
