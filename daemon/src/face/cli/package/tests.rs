//! What people see of a package, compared with golden files. `UPDATE_GOLDEN=1` writes them anew.

use super::*;
use crate::{
    face::cli::values::{Component, Descriptor, Firmware},
    package,
    testing::{Scratch, compare_golden},
};
use std::path::{Path, PathBuf};

fn golden(revision: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../tests/golden/packages/{revision}.pldm"))
}

fn component(id: &str, device: &str) -> Component {
    let descriptors = [("PCI Device ID", device), ("UUID", "x"), ("PCI Vendor ID", "0x14e4")];
    let descriptor = |(name, value): (&str, &str)| Descriptor { name: name.into(), value: value.into() };
    let descriptors = descriptors.into_iter().map(descriptor).collect();
    Component { id: id.into(), descriptors, freshness: "fresh".into(), ..Component::default() }
}

fn firmware(component: &str, id: &str, identifier: u16, version: &str) -> Firmware {
    let classification = if identifier == 0 { 0 } else { 0x000a };
    let (component, id, version) = (component.into(), id.into(), version.into());
    Firmware { component, id, version, classification, identifier, ..Firmware::default() }
}

fn board() -> Inventory {
    let mut old = component("nic1", "0x1750");
    old.freshness = "stale".into();
    Inventory {
        components: vec![component("nic0", "0x1750"), old, component("nic2", "0x1752")],
        firmware: vec![
            firmware("nic0", "nic0", 0, "230.0.154.0"),
            firmware("nic0", "nic0_fw", 0x2000, "230.0.154.0"),
            firmware("nic0", "nic0_regulator", 0x2002, "4.0"),
            firmware("nic1", "nic1_fw", 0x2000, "229.0"),
        ],
        ..Inventory::default()
    }
}

fn text(lines: &[String]) -> String {
    lines.join("\n") + "\n"
}

#[test]
fn a_package_looks_as_it_should() {
    for revision in ["1.0", "1.1", "1.2", "1.3"] {
        let package = package::read(&golden(revision)).expect("a package");
        let absent = Absent::Daemon("nobody has the name".into());
        let lines = Shown::new(&package, Err(&absent)).lines();
        compare_golden(&format!("cli/package-{revision}.txt"), &text(&lines));
    }
}

#[test]
fn a_package_is_shown_beside_what_runs() {
    let package = package::read(&golden("1.3")).expect("a package");
    let board = board();
    let shown = Shown::new(&package, Ok(&board));
    compare_golden("cli/package-board.txt", &text(&shown.lines()));
    let json = serde_json::to_string_pretty(&shown).expect("json");
    compare_golden("cli/package.json.txt", &(json + "\n"));
}

#[test]
fn only_a_component_with_every_descriptor_fits() {
    let mut package = package::read(&golden("1.0")).expect("a package");
    let board = board();
    let fitting = |package: &Package, number: usize| -> Vec<String> {
        matches(package, &package.devices[number], &board).iter().map(|it| it.component.to_owned()).collect()
    };
    assert_eq!(fitting(&package, 0), ["nic0", "nic1"]);
    assert_eq!(fitting(&package, 1), [""; 0], "the vendor alone is not enough");
    package.devices[0].record.descriptors.truncate(1);
    assert_eq!(fitting(&package, 0), ["nic0", "nic1", "nic2"]);
    package.devices[0].record.descriptors.clear();
    assert_eq!(fitting(&package, 0), [""; 0], "nothing said is not everybody meant");
    package.devices[0].record.components = vec![0, 9, usize::MAX];
    package.devices[0].record.descriptors = package.devices[1].record.descriptors[..1].to_vec();
    let found = matches(&package, &package.devices[0], &board);
    assert_eq!(found[0].firmware.iter().map(|it| it.id).collect::<Vec<_>>(), ["nic0_fw"]);
}

#[test]
fn a_damaged_package_is_shown_as_far_as_it_goes() {
    let scratch = Scratch::new();
    let whole = std::fs::read(golden("1.3")).expect("golden");
    let mut evil = whole.clone();
    // A line break and an escape into the version, a minute that does not exist, and the end cut off.
    evil[37..39].copy_from_slice(b"\n\x1b");
    evil[25] = 61;
    evil.truncate(whole.len() - 20);
    let package = package::read(&scratch.write("evil", evil)).expect("a package");
    let lines = Shown::new(&package, Ok(&Inventory::default())).lines();
    assert!(lines.iter().all(|line| line.chars().all(|c| !c.is_control())), "{lines:?}");
    compare_golden("cli/package-damaged.txt", &text(&lines));
}
