//! What people see, compared with golden files. `UPDATE_GOLDEN=1` writes them anew.

use super::{
    table,
    values::{Component, Daemon, Digest, Fault, Firmware, Inventory, Line, Objects, Properties},
    view,
};
use crate::testing::compare_golden;
use std::collections::HashMap;
use zbus::OwnedVariant;

const SECOND: u64 = 1_000_000;

fn firmware(component: &str, id: &str, name: &str, version: &str) -> Firmware {
    Firmware {
        component: component.into(),
        id: id.into(),
        name: name.into(),
        version: version.into(),
        source: "pldm".into(),
        last_read: 1_700_000_000_000,
        last_read_boot_time: 97 * SECOND,
        freshness: "fresh".into(),
        ..Firmware::default()
    }
}

fn component(id: &str, kind: &str, name: &str, firmware: &[&str]) -> Component {
    Component {
        id: id.into(),
        r#type: kind.into(),
        name: name.into(),
        origin: "line0 position 1 endpoint 9".into(),
        network: 1,
        endpoint_id: 9,
        freshness: "fresh".into(),
        firmware: firmware.iter().map(|&f| f.into()).collect(),
        ..Component::default()
    }
}

fn fault(step: &str, what: &str) -> Fault {
    Fault { step: step.into(), what: what.into() }
}

fn line(name: &str, device: &str, state: &str) -> Line {
    Line { name: name.into(), device: device.into(), state: state.into() }
}

fn board() -> Inventory {
    let digest = Digest {
        algorithm: "sha256".into(),
        digest: "0123456789abcdef".repeat(4),
        source: "/dev/mtd/bmc".into(),
        time_stamp: 1_700_000_000_000,
    };
    let mut bmc = firmware("bmc", "bmc", "image", "2.19.0-dev-1234-g5678abcdef");
    (bmc.source, bmc.digest) = ("/dev/mtd/bmc".into(), Some(digest));
    let mut uboot = firmware("bmc", "bmc_uboot", "u-boot", "2019.04");
    (uboot.source, uboot.progress) = ("/dev/mtd/u-boot".into(), Some(40));
    let mut vbios = firmware("gpu0", "gpu0_vbios", "vbios", "97.00.4A.00.01");
    vbios.pending_version = Some("97.00.4B.00.02".into());
    let mut nic = firmware("nic0", "nic0", "image set", "22.41.1000");
    (nic.freshness, nic.last_read_boot_time) = ("stale".into(), 0);
    nic.stale_reason = Some("silent for 3 tries".into());
    let mut silent = component("nic0", "network", "NIC", &["nic0"]);
    (silent.freshness, silent.stale_reason) = ("stale".into(), Some("silent for 3 tries".into()));
    silent.uuid = Some("00112233-4455-6677-8899-aabbccddeeff".into());
    let mut gpu = component("gpu0", "gpu", "GPU 0", &["gpu0_vbios"]);
    (gpu.manufacturer, gpu.model) = (Some("Example".into()), Some("X100".into()));
    gpu.faults = vec![fault("GetFirmwareParameters", "1/9: ComponentCount says 3, 2 follow")];
    let mut bmc_component = component("bmc", "cpu", "BMC", &["bmc", "bmc_uboot"]);
    bmc_component.origin = "this BMC".into();
    Inventory {
        firmware: vec![bmc, uboot, vbios, nic],
        components: vec![bmc_component, component("cpld0", "cpld", "CPLD", &[]), gpu, silent],
        daemon: Daemon {
            version: "0.1.0".into(),
            settings_faults: vec!["/etc/firmwarden/10-board.toml:3:1: unknown key `buad`".into()],
            lines: vec![line("line0", "/dev/ttyS1", "up"), line("line1", "/dev/ttyS2", "down: no such device")],
        },
    }
}

fn compare(name: &str, lines: &[String]) {
    compare_golden(&format!("cli/{name}"), &(lines.join("\n") + "\n"));
}

#[test]
fn the_inventory_looks_as_it_should() {
    compare("inventory.txt", &view::inventory(&board(), 100 * SECOND, None));
    compare("inventory-80-columns.txt", &view::inventory(&board(), 100 * SECOND, Some(80)));
    compare("inventory-nothing.txt", &view::inventory(&Inventory::default(), 0, None));
}

#[test]
fn the_components_look_as_they_should() {
    compare("components.txt", &view::components(&board(), None));
}

#[test]
fn the_json_has_stable_keys() {
    compare("inventory.json.txt", &[serde_json::to_string_pretty(&board()).expect("json")]);
}

#[test]
fn a_watcher_sees_what_changed_and_nothing_else() {
    let (before, mut now) = (board(), board());
    assert_eq!(view::changes(&before, &now, 900 * SECOND), [""; 0], "an age is no change");
    now.firmware[2].version = "97.00.4B.00.02".into();
    now.firmware[2].pending_version = None;
    now.firmware.remove(1);
    now.components[2].faults.clear();
    compare("inventory-changes.txt", &view::changes(&before, &now, 100 * SECOND));
}

#[test]
fn every_kind_of_finding_counts() {
    let mut fine = Inventory { firmware: vec![firmware("a", "a", "a", "1")], ..Inventory::default() };
    fine.components = vec![component("a", "gpu", "A", &["a"]), component("b", "cpld", "B", &[])];
    assert!(!fine.has_finding());
    let found = |change: fn(&mut Inventory)| {
        let mut changed = fine.clone();
        change(&mut changed);
        changed.has_finding()
    };
    assert!(found(|i| i.firmware[0].freshness = "stale".into()));
    assert!(found(|i| i.components[1].freshness = "stale".into()));
    assert!(found(|i| i.components[1].faults.push(fault("a", "b"))));
    assert!(found(|i| i.daemon.settings_faults.push("a".into())));
    assert!(found(|i| i.daemon.lines.push(line("l", "d", "down: x"))));
}

#[test]
fn a_long_cell_is_cut_only_where_there_is_no_room() {
    let columns = [("A", 8), ("B", table::ALL)].map(|(title, keeps)| table::Column { title, keeps });
    let rows = [vec!["x".repeat(30), "end".into()]];
    assert_eq!(table::lines(&columns, &rows, None)[1].len(), 35);
    assert_eq!(table::lines(&columns, &rows, Some(20))[1], format!("{}…  end", "x".repeat(14)));
    assert_eq!(table::lines(&columns, &rows, Some(6))[1].chars().count(), 6);
}

#[test]
fn a_hostile_bus_cannot_steer_the_terminal() {
    let evil = "v\u{1b}[2J\u{202e}\n\0".to_owned();
    let string = |text: &str| OwnedVariant::from(zbus::Str::from(text.to_owned()));
    let names =
        ["Component", "Name", "Version", "PendingVersion", "Source", "Freshness", "StaleReason", "Type", "Model"];
    let properties = || -> Properties { names.iter().map(|&n| (n.to_owned(), string(&evil))).collect() };
    let object = |path: &str, interfaces: &[&str]| -> Objects {
        let interfaces = interfaces.iter().map(|&i| (format!("xyz.openbmc_project.{i}"), properties())).collect();
        HashMap::from([(path.try_into().expect("path"), interfaces)])
    };
    let software =
        object("/xyz/openbmc_project/software/a", &["FirmWarden.Firmware", "Software.Version", "FirmWarden.Digest"]);
    let own = object("/xyz/openbmc_project/firmwarden/components/a", &["FirmWarden.Component"]);
    let mut daemon = properties();
    daemon.insert("SettingsFaults".into(), OwnedVariant::from(7_u32));
    let inventory = Inventory::read(software, own, daemon);
    assert_eq!((inventory.firmware.len(), inventory.components.len()), (1, 1), "wrong types are empty, not fatal");
    let mut text = view::inventory(&inventory, 0, None);
    text.extend(view::components(&inventory, None));
    text.push(serde_json::to_string(&inventory).expect("json"));
    assert!(text.iter().all(|line| line.chars().all(|c| !c.is_control() && c != '\u{202e}')), "{text:?}");
    assert_eq!(inventory.firmware[0].version, "v?[2J?");
}

mod telemetry;
