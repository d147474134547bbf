//! What each object says, and that it says it safely.

use super::*;
use crate::testing::compare_golden;

#[tokio::test]
async fn a_firmware_says_what_bmcweb_asks() {
    let board = Board::new(one("97.00.1")).await;
    let path = format!("{SOFTWARE}/gpu0");
    let version = board.all(&path, VERSION).await.expect("version");
    assert_eq!(text(&version["Version"]), "97.00.1");
    assert_eq!(text(&version["Purpose"]), "xyz.openbmc_project.Software.Version.VersionPurpose.Other");
    let activation = board.all(&path, "xyz.openbmc_project.Software.Activation").await.expect("activation");
    assert_eq!(text(&activation["Activation"]), "xyz.openbmc_project.Software.Activation.Activations.Active");
    let firmware = board.all(&path, FIRMWARE).await.expect("firmware");
    assert_eq!(firmware["Identifier"], OwnedVariant::from(0x1234_u16));
    assert_eq!(firmware["Progress"], OwnedVariant::from(255_u8));
    assert_eq!(firmware["LastReadBootTime"], OwnedVariant::from(1_000_000_u64));
    assert!(board.all(&path, "xyz.openbmc_project.Association.Definitions").await.is_err(), "no inventory path");
    assert!(board.all(&path, "xyz.openbmc_project.Software.Update").await.is_err(), "bmcweb would offer updates");
}

#[tokio::test]
async fn only_a_known_version_is_published() {
    let known = firmware("gpu0", "1");
    let component = Arc::new(component("gpu0", vec![known, firmware("gpu0_a", ""), firmware("gpu0_b", "\0\n")]));
    let board = Board::new(model(&[&component])).await;
    assert_eq!(board.managed(SOFTWARE).await.len(), 1);
    let properties = board.all(&format!("{OWN}/components/gpu0"), "xyz.openbmc_project.FirmWarden.Component").await;
    let ids = Vec::<String>::try_from(properties.expect("component")["Firmware"].clone()).expect("as");
    assert_eq!(ids, ["gpu0"]);
}

#[tokio::test]
async fn managed_objects_have_what_get_all_says() {
    let board = Board::new(one("1")).await;
    let (software, own) = (board.managed(SOFTWARE).await, board.managed(OWN).await);
    assert_eq!((software.len(), own.len()), (1, 1));
    for (path, interfaces) in software.into_iter().chain(own) {
        for (interface, properties) in interfaces {
            assert_eq!(properties, board.all(&path, &interface).await.expect("properties"));
        }
    }
    assert!(board.all(OWN, "xyz.openbmc_project.FirmWarden.Daemon").await.is_ok());
}

#[tokio::test]
async fn one_firmware_of_a_component_runs_on_its_inventory_object() {
    let mut gpu = component("gpu0", vec![firmware("gpu0", "1"), firmware("gpu0_a", "2"), firmware("gpu0_b", "3")]);
    gpu.inventory_path = Some(INVENTORY.into());
    for name in ["gpu0_a", "gpu0_b"] {
        gpu.firmware.get_mut(&id(name)).expect("there").primary = true;
    }
    let board = Board::new(model(&[&Arc::new(gpu)])).await;
    for (name, forward, reverse) in [
        ("gpu0", "firmwarden_component", "firmwarden_firmware"),
        ("gpu0_a", "running", "ran_on"),
        ("gpu0_b", "firmwarden_component", "firmwarden_firmware"),
    ] {
        let path = format!("{SOFTWARE}/{name}");
        let definitions = board.all(&path, "xyz.openbmc_project.Association.Definitions").await.expect("definitions");
        let definitions =
            Vec::<(String, String, String)>::try_from(definitions["Associations"].clone()).expect("a(sss)");
        assert_eq!(definitions, [(forward.into(), reverse.into(), INVENTORY.into())], "{name}");
    }
}

#[tokio::test]
async fn hostile_text_is_published_as_one_printable_line() {
    let evil = format!("1\n2\0\u{1b}[31m\u{202e}{}", "x".repeat(65_536));
    let mut gpu = component("gpu0", vec![firmware("gpu0", &evil)]);
    for text in [&mut gpu.kind, &mut gpu.name] {
        text.clone_from(&evil);
    }
    (gpu.part_number, gpu.serial_number) = (Some(evil.clone()), Some(evil.clone()));
    (gpu.manufacturer, gpu.model, gpu.inventory_path) = (Some(evil.clone()), Some(evil.clone()), Some(evil.clone()));
    gpu.descriptors = vec![Descriptor { name: evil.clone(), value: evil.clone() }];
    gpu.faults = vec![Fault { step: evil.clone(), what: evil.clone() }];
    gpu.leniencies = BTreeMap::from([(evil.clone(), 1)]);
    gpu.freshness = Freshness::Stale { since: at(1), reason: evil.clone() };
    let held = gpu.firmware.get_mut(&id("gpu0")).expect("there");
    (held.name, held.source) = (evil.clone(), Source::Image(evil.clone()));
    held.activation_methods = vec![evil.clone()];
    held.pending = Some(held.active.clone());
    let mut evil_model = (*model(&[&Arc::new(gpu)])).clone();
    evil_model.settings_faults = vec![evil.clone()];
    evil_model.lines = BTreeMap::from([(
        evil.clone(),
        Line { device: evil.clone(), down: Some(evil.clone()), faults: vec![evil], unread: BTreeMap::new() },
    )]);
    let board = Board::new(Arc::new(evil_model)).await;
    let shown = format!("{:?}{:?}", board.managed(SOFTWARE).await, board.managed(OWN).await);
    assert!(shown.contains("1?2??[31m?xxx"), "{shown}");
    assert!(!shown.contains("\\0") && !shown.contains("\\n") && !shown.contains("\\u{"), "{shown}");
    let version = board.all(&format!("{SOFTWARE}/gpu0"), VERSION).await.expect("version");
    assert_eq!(text(&version["Version"]).chars().count(), 512);
    let daemon = board.all(OWN, "xyz.openbmc_project.FirmWarden.Daemon").await;
    assert!(daemon.is_ok());
}

#[test]
fn an_id_is_fit_for_a_path_and_a_url() {
    for legal in ["a", "0", "gpu0_vbios", "A_", &"x".repeat(128)] {
        let path = format!("{SOFTWARE}/{}", Id::new(legal).expect(legal));
        assert!(zbus::ObjectPath::try_from(path).is_ok(), "{legal}");
    }
    for illegal in ["", "_41BC", "a-b", "a/b", "a.b", "ä", "a b", "a\n", &"x".repeat(129)] {
        assert_eq!(Id::new(illegal), None, "{illegal:?}");
    }
    assert_eq!(Id::from_words("_NIC 0: \u{202e}port/1\n"), Id::new("nic_0_port_1"));
    assert_eq!(Id::from_words("\u{202e}\0"), None);
}

/// Every interface that a busy board has, each compared with its file. `UPDATE_GOLDEN=1` writes them anew.
#[tokio::test]
async fn the_introspection_is_what_the_golden_files_say() {
    let mut hashed = firmware("gpu0", "1");
    hashed.digest =
        Some(Digest { algorithm: Algorithm::Sha256, hex: "ab".into(), source: "/dev/mtd0".into(), taken: at(3) });
    let mut gpu = component("gpu0", vec![hashed]);
    gpu.inventory_path = Some(INVENTORY.into());
    let board = Board::with(sensors::hot(&gpu), true).await;
    let mut seen = 0;
    let sensor = format!("{SENSORS}/temperature/gpu0_t");
    for path in [OWN.to_owned(), format!("{OWN}/components/gpu0"), format!("{SOFTWARE}/gpu0"), sensor] {
        let xml: String =
            board.call(&path, "org.freedesktop.DBus.Introspectable", "Introspect", &[]).await.expect("introspect");
        let own = xml.lines().take_while(|line| !line.starts_with("  <node")).collect::<Vec<_>>().join("\n");
        for block in own.split("  <interface name=\"").skip(1) {
            let name = block.split('"').next().expect("name");
            let standard = ["Introspectable", "Peer", "Properties"].iter().any(|s| name.ends_with(s));
            if !standard {
                let end = block.find("</interface>").expect("end");
                let xml = format!("<interface name=\"{}</interface>\n", &block[..end].replace("\n  ", "\n"));
                compare_golden(&format!("dbus/{name}.xml"), &xml);
                seen += 1;
            }
        }
    }
    assert_eq!(seen, 16);
}

/// Whoever reads properties must not see whose implementation answers.
#[tokio::test]
async fn our_properties_look_like_everybody_elses() {
    let board = Board::new(one("1")).await;
    let mut shapes = vec![];
    // The folder of components has no object of ours, so it has zbus's.
    for path in [OWN, &format!("{OWN}/components"), &format!("{SOFTWARE}/gpu0")] {
        let xml: String =
            board.call(path, "org.freedesktop.DBus.Introspectable", "Introspect", &[]).await.expect("introspect");
        let (_, rest) = xml.split_once("<interface name=\"org.freedesktop.DBus.Properties\">").expect("there");
        shapes.push(rest.split_once("</interface>").expect("an end").0.to_owned());
    }
    assert!(shapes.iter().all(|shape| *shape == shapes[1]), "{shapes:?}");
}
