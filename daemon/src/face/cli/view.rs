//! The tables for people: pure functions from plain values to text.

use super::{
    table::{ALL, Column, Sheet, lines},
    values::{Component, Firmware, Inventory},
};

const INVENTORY: [Column; 8] = [
    Column { title: "COMPONENT", keeps: ALL },
    Column { title: "SLOT", keeps: 6 },
    Column { title: "VERSION", keeps: 14 },
    Column { title: "PENDING", keeps: 8 },
    Column { title: "DIGEST", keeps: 7 },
    Column { title: "SOURCE", keeps: 5 },
    Column { title: "AGE", keeps: ALL },
    Column { title: "STATE", keeps: 13 },
];

const COMPONENTS: [Column; 9] = [
    Column { title: "ID", keeps: ALL },
    Column { title: "TYPE", keeps: ALL },
    Column { title: "NAME", keeps: 6 },
    Column { title: "MANUFACTURER", keeps: 6 },
    Column { title: "MODEL", keeps: 6 },
    Column { title: "ENDPOINT", keeps: 6 },
    Column { title: "UUID", keeps: 8 },
    Column { title: "FIRMWARE", keeps: ALL },
    Column { title: "STATE", keeps: 13 },
];

/// How many of a digest's digits tell two images apart at a glance.
const DIGITS: usize = 12;

/// The table of all firmware and, below it, what it cannot show. `now` is the boot time in microseconds.
pub(super) fn inventory(inventory: &Inventory, now: u64, width: Option<usize>) -> Vec<String> {
    sheet(inventory, now).text("no firmware is known", width)
}

/// The table of all components.
pub(super) fn components(inventory: &Inventory, width: Option<usize>) -> Vec<String> {
    let rows: Vec<_> = inventory.components.iter().map(component).collect();
    if rows.is_empty() { vec!["no component is known".into()] } else { lines(&COMPONENTS, &rows, width) }
}

/// The lines of `now`'s table and remarks that `before` did not have, and what is not there any more.
pub(super) fn changes(before: &Inventory, now: &Inventory, clock: u64) -> Vec<String> {
    sheet(now, clock).changes(&sheet(before, clock))
}

fn sheet(inventory: &Inventory, now: u64) -> Sheet<'_> {
    let (ids, rows) = inventory.firmware.iter().map(|f| (f.id.as_str(), row(f, now))).unzip();
    Sheet { columns: &INVENTORY, ids, rows, remarks: remarks(inventory) }
}

fn row(firmware: &Firmware, now: u64) -> Vec<String> {
    let dash = || "-".to_owned();
    let digest =
        |d: &super::values::Digest| format!("{}:{}", d.algorithm, d.digest.chars().take(DIGITS).collect::<String>());
    vec![
        firmware.component.clone(),
        firmware.name.clone(),
        firmware.version.clone(),
        firmware.pending_version.clone().unwrap_or_else(dash),
        firmware.digest.as_ref().map_or_else(dash, digest),
        firmware.source.clone(),
        age(now.saturating_sub(firmware.last_read_boot_time)),
        match firmware.progress {
            Some(percent) if firmware.freshness == "fresh" => format!("hashing {percent}%"),
            _ => state(&firmware.freshness, firmware.stale_reason.as_deref()),
        },
    ]
}

fn component(component: &Component) -> Vec<String> {
    let dash = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".into());
    let faults = match component.faults.len() {
        0 => String::new(),
        1 => ", 1 fault".into(),
        count => format!(", {count} faults"),
    };
    vec![
        component.id.clone(),
        component.r#type.clone(),
        component.name.clone(),
        dash(&component.manufacturer),
        dash(&component.model),
        component.origin.clone(),
        dash(&component.uuid),
        component.firmware.len().to_string(),
        state(&component.freshness, component.stale_reason.as_deref()) + &faults,
    ]
}

fn state(freshness: &str, reason: Option<&str>) -> String {
    match reason {
        Some(reason) if freshness == "stale" => format!("stale: {reason}"),
        _ => freshness.to_owned(),
    }
}

/// One line for each thing that the table of firmware cannot show.
fn remarks(inventory: &Inventory) -> Vec<String> {
    let components = inventory.components.iter().filter_map(|c| {
        let mut words = Vec::new();
        if c.firmware.is_empty() {
            words.push("no firmware".to_owned());
            words.extend(c.stale_reason.iter().map(|reason| format!("stale: {reason}")));
        }
        words.extend(c.faults.iter().map(|f| format!("{}: {}", f.step, f.what)));
        (!words.is_empty()).then(|| format!("{}: {}", c.id, words.join("; ")))
    });
    let lines = inventory.daemon.lines.iter().filter(|line| line.state != "up");
    let lines = lines.map(|line| format!("line {} ({}): {}", line.name, line.device, line.state));
    let settings = inventory.daemon.settings_faults.iter().map(|fault| format!("configuration: {fault}"));
    components.chain(lines).chain(settings).collect()
}

/// An age in the one unit that says enough.
pub(super) fn age(microseconds: u64) -> String {
    match microseconds / 1_000_000 {
        seconds @ 0..60 => format!("{seconds}s"),
        seconds @ 60..3600 => format!("{}m", seconds / 60),
        seconds @ 3600..172_800 => format!("{}h", seconds / 3600),
        seconds => format!("{}d", seconds / 86_400),
    }
}
