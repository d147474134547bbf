//! The configuration: every key, default, range and example.

use super::{Words, blocks, code, file, first, rows};
use firmwarden::settings::{self, Loaded};
use std::{
    fs, process,
    sync::atomic::{AtomicUsize, Ordering},
};

fn loaded(text: &str) -> Loaded {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let name = format!("firmwarden-documentation-{}-{}", process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
    let directory = std::env::temp_dir().join(name);
    fs::create_dir_all(&directory).expect("a directory");
    fs::write(directory.join("firmwarden.toml"), text).expect("a file");
    let loaded = settings::load(&directory);
    fs::remove_dir_all(&directory).expect("ours");
    loaded
}

/// A key that is far from every other, so that the loader lists what it knows.
const UNKNOWN: &str = "zzzzzzzzzzzzzzzz";

fn known(text: &str) -> Words {
    let faults = loaded(text).faults;
    let told = faults.iter().find_map(|fault| fault.what.split_once(&format!("unknown key {UNKNOWN:?}; known: ")));
    told.unwrap_or_else(|| panic!("{text}: {faults:?}")).1.split(", ").map(str::to_owned).collect()
}

/// The heading of each table of the configuration, and the least that a file needs to have one.
const TABLES: [(&str, &str); 11] = [
    ("`[mctp]`", "[mctp]\n"),
    ("`[pldm]`", "[pldm]\n"),
    ("`[inventory]`", "[inventory]\n"),
    ("`[sensors]`", "[sensors]\n"),
    ("`[logs]`", "[logs]\n"),
    ("`[[serial]]`", "[[serial]]\nname='a'\ndevice='/a'\n"),
    ("`[[component]]`", "[[component]]\nid='a'\nmatch={position=1}\n"),
    ("`match`", "[component.match]\n"),
    ("`firmware`", "[[component]]\nid='a'\nmatch={position=1}\n[[component.firmware]]\nidentifier=1\nname='b'\n"),
    ("`[[image]]`", "[[image]]\nid='a'\npath='/a'\n"),
    ("`[otlp]`", "[otlp]\nendpoint='http://a'\n"),
];

/// The file with another line in its last table, in the place of the one that has the key.
fn with(least: &str, key: &str, line: &str) -> String {
    if least == "[component.match]\n" {
        return format!("[[component]]\nid='a'\nmatch={{{line}}}\n");
    }
    let (before, last) = least.split_at(least.rfind('[').expect("a table"));
    let rest: String =
        last.lines().filter(|it| !it.starts_with(&format!("{key}="))).map(|it| format!("{it}\n")).collect();
    format!("{before}{rest}{line}\n")
}

#[test]
fn every_key_of_the_configuration_is_told_and_no_other() {
    let page = file("docs/configuration.md");
    let told = |heading: &str| rows(&page, heading).iter().map(|row| first(row, 0)).collect::<Words>();
    for (heading, least) in TABLES {
        assert_eq!(told(heading), known(&with(least, "", &format!("{UNKNOWN}=1"))), "{heading}");
    }
    let image = |version: &str| known(&format!("[[image]]\nid='a'\npath='/a'\nversion={{{version} {UNKNOWN}=1}}"));
    assert_eq!(told("`version`"), &image("") | &image("after='a',"));
    let headings = page.lines().filter_map(|line| line.strip_prefix("## `[")).map(|h| h.trim_matches(['[', ']', '`']));
    assert_eq!(headings.map(str::to_owned).collect::<Words>(), known(&format!("{UNKNOWN}=1")));
}

#[test]
fn every_default_and_range_is_true() {
    let page = file("docs/configuration.md");
    let (mut defaults, mut ranges) = (0, 0);
    for (heading, least) in TABLES {
        for row in rows(&page, heading) {
            let [name, _, default, range, _] = row.as_slice() else { panic!("five cells: {row:?}") };
            let key = &code(name)[0];
            let without = loaded(&with(least, key, ""));
            let missing = without.faults.iter().any(|fault| {
                fault.what.ends_with(&format!(" {key} is missing"))
                    || fault.what.contains(&format!(" {key} is missing,"))
            });
            assert_eq!(missing, default == "required", "{heading} {key}");
            if let [default] = code(default).as_slice() {
                defaults += 1;
                assert_eq!(loaded(&with(least, key, &format!("{key} = {default}"))), without, "{heading} {key}");
            }
            let outside = |value: &str| {
                let faults = loaded(&with(least, key, &format!("{key} = {value}"))).faults;
                faults.iter().any(|fault| fault.what.contains(" is not from "))
            };
            if let [low, high] = code(range).as_slice() {
                ranges += 1;
                let inside = !outside(low) && !outside(high);
                assert!(inside && outside(&beside(low, -1)) && outside(&beside(high, 1)), "{heading} {key}");
            } else {
                assert_eq!(range, "", "{heading} {key}");
            }
        }
    }
    assert!(defaults > 15 && ranges > 15, "{defaults} {ranges}");
}

/// A number, or a duration as text, and so many of its units more.
fn beside(value: &str, more: i128) -> String {
    let (quote, bare) = if value.starts_with('"') { ("\"", value.trim_matches('"')) } else { ("", value) };
    let (digits, unit) = bare.split_at(bare.find(|c: char| !c.is_ascii_digit()).unwrap_or(bare.len()));
    format!("{quote}{}{unit}{quote}", digits.parse::<i128>().expect("a number") + more)
}

#[test]
fn every_example_of_the_configuration_is_legal() {
    let mut examples = 0;
    for page in ["docs/configuration.md", "README.md"] {
        for block in blocks(&file(page), "toml") {
            examples += 1;
            assert_eq!(loaded(&block).faults, [], "{page}: {block}");
        }
    }
    assert!(examples > 6, "{examples}");
}
