//! The operator's pages name all that the daemon has, and nothing that it has not.

use firmwarden::face::dbus;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

mod configuration;
mod telemetry;

type Words = BTreeSet<String>;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn file(path: &str) -> String {
    let path = repository().join(path);
    fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The rows of every table below `heading` and above the next, cell by cell, without the tables' titles.
fn rows(page: &str, heading: &str) -> Vec<Vec<String>> {
    let is_heading = |line: &str| line.starts_with('#') && line.trim_start_matches('#').trim() == heading;
    let mut lines = page.lines().skip_while(|line| !is_heading(line));
    assert!(lines.next().is_some(), "no heading {heading}");
    let section = lines.take_while(|line| !line.starts_with('#'));
    let cells = |line: &str| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    let rows: Vec<_> = section.filter(|line| line.starts_with('|')).map(cells).collect();
    let rules = rows.iter().enumerate().filter(|(_, row)| row.iter().all(|cell| cell.trim_matches('-').is_empty()));
    let titles: BTreeSet<_> = rules.flat_map(|(place, _)| [place - 1, place]).collect();
    assert!(!titles.is_empty(), "no table under {heading}");
    rows.into_iter().enumerate().filter(|(place, _)| !titles.contains(place)).map(|(_, row)| row).collect()
}

/// What stands between backticks.
fn code(text: &str) -> Vec<String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The first piece of code of the row's cell.
fn first(row: &[String], cell: usize) -> String {
    code(&row[cell]).into_iter().next().unwrap_or_default()
}

/// The blocks of a language.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let parts = page.split("\n```").skip(1).step_by(2);
    let blocks = parts.filter_map(|part| part.split_once('\n')).filter(|(name, _)| *name == language);
    blocks.map(|(_, text)| text.to_owned()).collect()
}

/// Every file below `directory` whose name ends so.
fn files(directory: &str, ending: &str) -> Vec<PathBuf> {
    let mut found = vec![];
    let mut open = vec![repository().join(directory)];
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(&directory).unwrap_or_else(|e| panic!("{}: {e}", directory.display())) {
            let path = entry.expect("an entry").path();
            if path.is_dir() && !path.ends_with("target") {
                open.push(path);
            } else if path.to_string_lossy().ends_with(ending) {
                found.push(path);
            }
        }
    }
    found
}

/// The value of an attribute of an XML element.
fn attribute(element: &str, name: &str) -> String {
    let value = element.split_once(&format!(" {name}=\"")).and_then(|(_, rest)| rest.split_once('"'));
    value.map(|(value, _)| value.to_owned()).unwrap_or_default()
}

/// Every interface of the golden files, and of each member what its row in the page must begin with.
fn golden() -> BTreeMap<String, BTreeSet<Vec<String>>> {
    let mut interfaces = BTreeMap::new();
    for path in files("tests/golden/dbus", ".xml") {
        let xml = fs::read_to_string(path).expect("a file");
        let name = attribute(&xml, "name");
        let members = xml.split("\n  <").skip(1).filter(|element| !element.starts_with('/'));
        let rows = members.map(|element| {
            let (name, kind) = (attribute(element, "name"), element.split(' ').next().unwrap_or_default());
            if kind != "property" {
                return vec![name, kind.to_owned()];
            }
            assert_eq!(attribute(element, "access"), "read", "the page says that all is read-only");
            let changes = match element.split_once("EmitsChangedSignal").map(|(_, rest)| attribute(rest, "value")) {
                None => "yes".to_owned(),
                Some(other) => other,
            };
            vec![name, attribute(element, "type"), changes]
        });
        interfaces.insert(name, rows.collect());
    }
    interfaces
}

#[test]
fn every_interface_and_property_is_told_and_no_other() {
    let page = file("docs/d-bus.md");
    let golden = golden();
    assert!(golden.len() > 7, "{golden:?}");
    let headings = page.lines().filter_map(|line| line.strip_prefix("### `")?.strip_suffix('`'));
    assert_eq!(headings.map(str::to_owned).collect::<Words>(), golden.keys().cloned().collect::<Words>());
    for (interface, members) in &golden {
        let told: BTreeSet<_> = rows(&page, &format!("`{interface}`"))
            .iter()
            .map(|row| {
                let mut cells: Vec<_> = row.iter().take(3).map(|cell| cell.trim_matches('`').to_owned()).collect();
                // Of a method and a signal the third cell is the meaning.
                cells.truncate(if matches!(&*cells[1], "method" | "signal") { 2 } else { 3 });
                cells
            })
            .collect();
        assert_eq!(&told, members, "{interface}");
    }
}

#[test]
fn every_name_of_ours_on_the_bus_exists() {
    let golden = golden();
    let name = dbus::NAME;
    for path in files("docs", ".md").into_iter().chain([repository().join("README.md")]) {
        let page = fs::read_to_string(&path).expect("a page");
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
        for word in page.split(|c| !is_part(c)).map(|word| word.trim_end_matches('.')) {
            let known = word == name || word.strip_suffix(".conf") == Some(name) || golden.contains_key(word);
            assert!(!word.starts_with(name) || known, "{}: {word}", path.display());
        }
        let is_path = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '/';
        for word in page.split(|c| !is_path(c)).filter(|word| word.starts_with("/xyz/openbmc_project/")) {
            let roots = [dbus::SOFTWARE, dbus::OWN, dbus::SENSORS, "/xyz/openbmc_project/inventory"];
            assert!(roots.iter().any(|root| word.starts_with(root)), "{}: {word}", path.display());
        }
    }
}

/// The names of all test functions.
fn tests() -> Words {
    let mut names = Words::new();
    for crate_ in ["wire", "mctp", "pldm", "daemon", "tests"] {
        for path in files(crate_, ".rs") {
            let text = fs::read_to_string(path).expect("a file");
            for (place, _) in text.match_indices("#[test]").chain(text.match_indices("#[tokio::test")) {
                let rest = text[place..].split_once("fn ").map_or("", |(_, rest)| rest);
                names.extend(rest.split(['(', '<']).next().map(|name| name.trim().to_owned()));
            }
        }
    }
    names
}

/// Whether a crate, or the workspace's table of lints, denies it.
fn is_denied(text: &str, lint: &str) -> bool {
    let list = text.split_once("\n#![deny(").and_then(|(_, rest)| rest.split_once(')')).map_or("", |(list, _)| list);
    list.split(',').any(|it| it.trim() == lint) || text.lines().any(|line| line == format!("{lint} = \"deny\""))
}

#[test]
fn what_is_said_to_prove_a_defence_exists() {
    let page = file("docs/THREATS.md");
    let tests = tests();
    let mut proofs = 0;
    for line in page.lines().filter(|line| line.starts_with("## ") && *line != "## Not defended") {
        for row in rows(&page, line.trim_start_matches("## ")) {
            let [threat, _, proof, _] = row.as_slice() else { panic!("four cells: {row:?}") };
            let named = code(proof);
            assert_eq!(named.is_empty(), proof == "none", "a proof, or the word none: {threat}");
            let files: Vec<_> = named.iter().filter(|name| name.contains('/') || name.ends_with(".toml")).collect();
            for name in &named {
                proofs += 1;
                if files.contains(&name) {
                    assert!(repository().join(name).is_file(), "{threat}: no file {name}");
                } else if name.starts_with("clippy::") || *name == "unsafe_code" {
                    let files: Vec<_> =
                        files.iter().filter(|it| it.ends_with(".toml") == (name == "unsafe_code")).collect();
                    let all = !files.is_empty() && files.iter().all(|path| is_denied(&file(path), name));
                    assert!(all, "{threat}: {name} is not denied in {files:?}");
                } else {
                    assert!(tests.contains(name), "{threat}: no test {name}");
                }
            }
        }
    }
    assert!(proofs > 50, "{proofs}");
}

/// `#a-heading` as web pages of repositories make it.
fn anchors(page: &str) -> Words {
    let headings = page.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    let legal = |c: &char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '-' | '_');
    headings.map(|h| h.chars().filter(legal).collect::<String>().to_ascii_lowercase().replace(' ', "-")).collect()
}

#[test]
fn every_link_between_the_pages_leads_somewhere() {
    let mut links = 0;
    for path in files("docs", ".md") {
        let page = fs::read_to_string(&path).expect("a page");
        for link in page.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(link, _)| link) {
            links += 1;
            let (target, anchor) = link.split_once('#').map_or((link, None), |(target, anchor)| (target, Some(anchor)));
            let target = path.parent().expect("docs").join(target);
            let text = fs::read_to_string(&target).unwrap_or_else(|e| panic!("{}: {link}: {e}", path.display()));
            assert!(anchor.is_none_or(|anchor| anchors(&text).contains(anchor)), "{}: {link}", path.display());
        }
    }
    assert!(links > 5, "{links}");
}
