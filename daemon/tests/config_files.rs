//! The shipped files agree with the daemon and with each other.

use firmwarden::settings::{Loaded, Settings, VersionSource, load};
use std::{
    env, fs,
    path::{Path, PathBuf},
    process,
};

const BUS_NAME: &str = "xyz.openbmc_project.FirmWarden";

fn shipped(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config").join(path);
    fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn loaded(name: &str, text: &str) -> Loaded {
    let directory: PathBuf = env::temp_dir().join(format!("firmwarden-config-{}-{name}", process::id()));
    fs::create_dir_all(&directory).expect("a directory");
    fs::write(directory.join("firmwarden.toml"), text).expect("a file");
    let loaded = load(&directory);
    fs::remove_dir_all(&directory).expect("ours");
    loaded
}

/// The example with the `# ` taken off every line that is TOML.
fn uncommented() -> String {
    let is_toml = |line: &str| {
        let key = line.split_once(" = ").map_or("", |(key, _)| key);
        line.starts_with('[') || (!key.is_empty() && key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'))
    };
    let example = shipped("etc/firmwarden/firmwarden.toml");
    example
        .lines()
        .map(|line| line.strip_prefix("# ").filter(|l| is_toml(l)).unwrap_or(line).to_owned() + "\n")
        .collect()
}

/// The values of `key` in a unit file.
fn values(unit: &str, key: &str) -> Vec<String> {
    unit.lines().filter_map(|l| l.split_once('=')).filter(|(k, _)| *k == key).map(|(_, v)| v.to_owned()).collect()
}

#[test]
fn the_example_as_shipped_is_the_defaults() {
    assert_eq!(loaded("shipped", &shipped("etc/firmwarden/firmwarden.toml")), Loaded::default());
}

#[test]
fn the_example_uncommented_is_legal_and_its_defaults_are_true() {
    let Loaded { settings, faults } = loaded("uncommented", &uncommented());
    assert_eq!(faults, []);
    let default = Settings::default();
    assert_eq!(settings.mctp, default.mctp);
    assert_eq!(settings.pldm, default.pldm);
    assert_eq!(settings.inventory, default.inventory);
    assert_eq!((settings.lines.len(), settings.components.len(), settings.images.len()), (1, 2, 2));
    assert_eq!(settings.components[0].firmware.len(), 1);
    assert_eq!(settings.images[0].version, VersionSource::After("U-Boot ".into()));
    let minimal =
        "[[serial]]\nname='nic'\ndevice='/dev/ttyS1'\n[[image]]\nid='a'\npath='/a'\n[otlp]\nendpoint='http://a'";
    let minimal = loaded("minimal", minimal).settings;
    assert_eq!(settings.lines, minimal.lines);
    let (said, otlp) = (settings.otlp.expect("one"), minimal.otlp.expect("one"));
    assert_eq!((said.interval, said.event_name_attribute), (otlp.interval, otlp.event_name_attribute));
    assert_eq!(said.serial_numbers, otlp.serial_numbers);
    let (said, image) = (&settings.images[1], &minimal.images[0]);
    assert_eq!(
        (said.check_interval, said.interval, said.algorithm),
        (image.check_interval, image.interval, image.algorithm)
    );
    assert_eq!((&said.component, said.offset), (&image.component, image.offset));
}

#[test]
fn the_unit_runs_the_daemon_as_the_user_that_exists() {
    let unit = shipped("usr/lib/systemd/system/firmwarden.service");
    assert_eq!(values(&unit, "Type"), ["dbus"]);
    assert_eq!(values(&unit, "BusName"), [BUS_NAME]);
    assert_eq!(values(&unit, "ExecStart"), ["/usr/libexec/firmwarden/firmwarden serve"]);
    assert_eq!((values(&unit, "User"), values(&unit, "Group")), (vec!["firmwarden".into()], vec!["firmwarden".into()]));
    let users = shipped("usr/lib/sysusers.d/firmwarden.conf");
    assert!(users.lines().any(|l| l.starts_with("u firmwarden - ")));
    let directories = shipped("usr/lib/tmpfiles.d/firmwarden.conf");
    for (key, root) in [("RuntimeDirectory", "/run/"), ("StateDirectory", "/var/lib/")] {
        let [name] = values(&unit, key).try_into().expect("one");
        let [mode] = values(&unit, &format!("{key}Mode")).try_into().expect("one");
        let line = format!("d {root}{name} {mode} firmwarden firmwarden -");
        assert!(directories.lines().any(|l| l == line), "{line}");
    }
}

#[test]
fn the_unit_lets_no_flash_be_written() {
    let unit = shipped("usr/lib/systemd/system/firmwarden.service");
    assert_eq!(values(&unit, "DevicePolicy"), ["closed"]);
    for allowed in values(&unit, "DeviceAllow") {
        let (device, access) = allowed.split_once(' ').expect("an access");
        assert_eq!(access, if device.starts_with("char-tty") { "rw" } else { "r" }, "{allowed}");
    }
    assert_eq!(
        (values(&unit, "CapabilityBoundingSet"), values(&unit, "NoNewPrivileges")),
        (vec!["".into()], vec!["yes".into()])
    );
    let rules = shipped("usr/lib/udev/rules.d/60-firmwarden.rules");
    let rules: Vec<_> = rules.lines().filter(|l| !l.starts_with('#')).collect();
    assert!(rules.iter().all(|l| l.contains("*ro\"") && l.contains("MODE=\"0440\"")));
}

#[test]
fn the_unit_keeps_logs_for_root_and_over_a_restart() {
    let unit = shipped("usr/lib/systemd/system/firmwarden.service");
    assert_eq!(values(&unit, "UMask"), ["0077"]);
    assert_eq!(values(&unit, "RuntimeDirectoryPreserve"), ["yes"]);
    let [runtime] = values(&unit, "RuntimeDirectory").try_into().expect("one");
    assert!(Settings::default().logs.directory.starts_with(format!("/run/{runtime}")));
}

#[test]
fn the_bus_lets_two_own_the_name_and_everybody_but_root_only_read() {
    let file = format!("usr/share/dbus-1/system.d/{BUS_NAME}.conf");
    assert!(format!("{BUS_NAME}.conf").as_str() > "org.openbmc.conf", "the last file wins");
    let policy = shipped(&file);
    assert_eq!(policy.matches(&format!("<allow own=\"{BUS_NAME}\"/>")).count(), 2);
    assert_eq!(policy.matches(&format!("<deny own=\"{BUS_NAME}\"/>")).count(), 1);
    let users: Vec<_> = policy.split("<policy ").skip(1).filter_map(|p| p.split('>').next()).collect();
    assert_eq!(users, ["context=\"default\"", "user=\"root\"", "user=\"firmwarden\""]);
    let deny =
        policy.find(&format!("<deny send_destination=\"{BUS_NAME}\" send_type=\"method_call\"/>")).expect("a rule");
    let allow = policy.find("<allow send_destination").expect("a rule");
    assert!(deny < allow, "within a file, too, the last rule wins");
    let members: Vec<_> = policy.split("send_member=\"").skip(1).filter_map(|m| m.split('"').next()).collect();
    let reads = ["Get", "GetAll", "GetManagedObjects", "Introspect", "Sensors", "Sources", "Events"];
    assert_eq!(members, [reads.as_slice(), &["FetchLogs"]].concat());
    let of_root = policy.split("<policy user=\"root\">").nth(1).and_then(|rest| rest.split("</policy>").next());
    assert!(of_root.is_some_and(|rules| rules.contains("send_member=\"FetchLogs\"")), "root alone may ask a device");
}
