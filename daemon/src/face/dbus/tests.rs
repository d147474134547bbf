//! The face without a bus: a client at the other end of a socket pair sees what `busctl` would.

use super::{OWN, SOFTWARE, tree::Tree};
use crate::{
    clock::Stamp,
    model::{
        Algorithm, Component, Descriptor, Digest, Fault, Firmware, Freshness, Id, Image, Line, Model, Number, Origin,
        Source,
    },
};
use futures_util::StreamExt;
use std::{
    collections::{BTreeMap, HashMap},
    os::unix::net::UnixStream,
    path::PathBuf,
    sync::Arc,
    time::{Duration, SystemTime},
};
use zbus::{Connection, MessageStream, OwnedObjectPath, OwnedVariant, connection::Builder, message::Type};

type Properties = HashMap<String, OwnedVariant>;
type Objects = HashMap<OwnedObjectPath, HashMap<String, Properties>>;

const FIRMWARE: &str = "xyz.openbmc_project.FirmWarden.Firmware";
const VERSION: &str = "xyz.openbmc_project.Software.Version";
const INVENTORY: &str = "/xyz/openbmc_project/inventory/system/board/Baseboard/GPU0";

fn id(text: &str) -> Id {
    Id::new(text).expect("legal")
}

fn at(seconds: u64) -> Stamp {
    let boot = Duration::from_secs(seconds);
    Stamp { boot, wall: SystemTime::UNIX_EPOCH + boot }
}

fn firmware(name: &str, version: &str) -> Firmware {
    Firmware {
        id: id(name),
        name: "vbios".into(),
        source: Source::Pldm,
        active: Image { version: version.into(), release_date: Some("2026-01-02".into()), comparison_stamp: Some(7) },
        pending: None,
        number: Some(Number { classification: 10, identifier: 0x1234, index: 1 }),
        activation_methods: vec!["DC power cycle".into()],
        digest: None,
        progress: None,
        primary: false,
        last_read: at(1),
        freshness: Freshness::Fresh,
    }
}

fn component(name: &str, firmware: Vec<Firmware>) -> Component {
    let uuid = Some("00000000-0000-0000-0000-000000000001".into());
    Component {
        id: id(name),
        kind: "gpu".into(),
        name: "GPU 0".into(),
        manufacturer: Some("Example".into()),
        model: None,
        parent: None,
        origin: Origin::Endpoint { line: "line0".into(), position: 1, network: 1, eid: 9, uuid },
        inventory_path: None,
        descriptors: vec![Descriptor { name: "PCI Vendor ID".into(), value: "0x10de".into() }],
        last_read: Some(at(1)),
        freshness: Freshness::Fresh,
        faults: vec![Fault { step: "GetFirmwareParameters".into(), what: "cut".into() }],
        leniencies: BTreeMap::from([("padding".into(), 3)]),
        firmware: firmware.into_iter().map(|f| (f.id.clone(), f)).collect(),
    }
}

fn model(components: &[&Arc<Component>]) -> Arc<Model> {
    let components = components.iter().map(|c| (c.id.clone(), Arc::clone(c))).collect();
    Arc::new(Model { components, ..Model::default() })
}

fn one(version: &str) -> Arc<Model> {
    model(&[&Arc::new(component("gpu0", vec![firmware("gpu0", version)]))])
}

/// A tree and the client at the other end of its wire.
struct Board {
    server: Connection,
    client: Connection,
    heard: MessageStream,
    tree: Tree,
}

impl Board {
    async fn new(first: Arc<Model>) -> Self {
        let (a, b) = UnixStream::pair().expect("pair");
        let server = Builder::unix_stream(a).server(zbus::Guid::generate()).p2p().build();
        let client = Builder::unix_stream(b).p2p().max_queued(100_000.try_into().expect("not 0")).build();
        let (server, client) = tokio::join!(server, client);
        let (server, client) = (server.expect("server"), client.expect("client"));
        let mut tree = Tree::new(&server).await.expect("roots");
        tree.follow(first).await.expect("export");
        tree.speak();
        let heard = MessageStream::from(&client);
        Self { server, client, heard, tree }
    }

    async fn call<T>(&self, path: &str, interface: &str, member: &str, body: &[&str]) -> zbus::Result<T>
    where
        T: serde::de::DeserializeOwned + zbus::Type,
    {
        let (client, none, on) = (&self.client, None::<&str>, Some(interface));
        let reply = match body {
            [a] => client.call_method(none, path, on, member, a).await?,
            [a, b] => client.call_method(none, path, on, member, &(a, b)).await?,
            _ => client.call_method(none, path, on, member, &()).await?,
        };
        reply.body().deserialize()
    }

    async fn all(&self, path: &str, interface: &str) -> zbus::Result<Properties> {
        self.call(path, "org.freedesktop.DBus.Properties", "GetAll", &[interface]).await
    }

    async fn managed(&self, root: &str) -> Objects {
        let member = "GetManagedObjects";
        self.call(root, "org.freedesktop.DBus.ObjectManager", member, &[]).await.expect("managed objects")
    }

    /// Shows the tree a model and gives back what the client heard, as `member leaf words`, in order.
    async fn show(&mut self, model: Arc<Model>) -> Vec<String> {
        self.tree.follow(model).await.expect("follow");
        self.server.emit_signal(None::<&str>, "/end", "test.End", "End", &()).await.expect("end");
        let mut lines = Vec::new();
        while let Some(message) = self.heard.next().await {
            let message = message.expect("message");
            let header = message.header();
            if header.message_type() != Type::Signal {
                continue;
            }
            let member = header.member().expect("member").to_string();
            let mut words: Vec<String> = match member.as_str() {
                "End" => break,
                "InterfacesAdded" => {
                    let (path, added): (OwnedObjectPath, HashMap<String, Properties>) =
                        message.body().deserialize().expect("added");
                    assert!(added.iter().all(|(_, properties)| !properties.is_empty()));
                    lines.push(format!("+ {}", leaf(&path)));
                    added.into_keys().collect()
                }
                "InterfacesRemoved" => {
                    let (path, removed): (OwnedObjectPath, Vec<String>) =
                        message.body().deserialize().expect("removed");
                    lines.push(format!("- {}", leaf(&path)));
                    removed
                }
                "PropertiesChanged" => {
                    let (interface, changed, invalidated): (String, Properties, Vec<String>) =
                        message.body().deserialize().expect("changed");
                    assert!(invalidated.is_empty());
                    lines.push(format!("~ {} {interface}", leaf(header.path().expect("path"))));
                    changed.into_keys().collect()
                }
                other => panic!("unexpected {other}"),
            };
            words.sort();
            let words: Vec<_> = words.iter().map(|w| w.rsplit('.').next().expect("last")).collect();
            let line = lines.last_mut().expect("just pushed");
            *line = format!("{line} {}", words.join(",")).replace("xyz.openbmc_project.", "");
        }
        lines
    }
}

fn leaf(path: &str) -> &str {
    path.rsplit('/').next().expect("last")
}

fn text(value: &OwnedVariant) -> &str {
    value.downcast_ref::<&str>().expect("a string")
}

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
async fn the_roots_know_their_objects_as_get_all_does() {
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
async fn an_object_is_announced_once_with_all_its_interfaces() {
    let mut board = Board::new(Arc::default()).await;
    let whole = "+ gpu0 Firmware,Activation,Version";
    assert_eq!(board.show(one("1")).await, ["+ gpu0 Component", whole]);
    assert_eq!(board.show(Arc::default()).await, ["- gpu0 Component", "- gpu0 Firmware,Activation,Version"]);
    assert!(board.managed(SOFTWARE).await.is_empty());
    assert!(board.all(&format!("{SOFTWARE}/gpu0"), VERSION).await.is_err());
    assert_eq!(board.show(one("2")).await, ["+ gpu0 Component", whole]);
}

#[tokio::test]
async fn a_change_tells_only_what_is_different() {
    let mut board = Board::new(one("1")).await;
    assert_eq!(board.show(one("1")).await, [""; 0]);
    assert_eq!(board.show(one("2")).await, ["~ gpu0 Software.Version Version"]);
    let mut next = component("gpu0", vec![firmware("gpu0", "2")]);
    let held = next.firmware.get_mut(&id("gpu0")).expect("there");
    (held.progress, held.last_read) = (Some(40), at(2));
    held.pending = Some(Image { version: "3".into(), ..Image::default() });
    next.faults.clear();
    assert_eq!(
        board.show(model(&[&Arc::new(next)])).await,
        [
            "~ gpu0 FirmWarden.Component Faults",
            "~ gpu0 FirmWarden.Firmware LastRead,LastReadBootTime,PendingVersion,Progress"
        ]
    );
}

#[tokio::test]
async fn a_digest_comes_and_goes_on_its_own() {
    let mut board = Board::new(one("1")).await;
    let mut hashed = firmware("gpu0", "1");
    hashed.digest =
        Some(Digest { algorithm: Algorithm::Sha256, hex: "ab".repeat(32), source: "/dev/mtd0".into(), taken: at(3) });
    let hashed = Arc::new(component("gpu0", vec![hashed]));
    assert_eq!(board.show(model(&[&hashed])).await, ["+ gpu0 Digest"]);
    let digest = board.all(&format!("{SOFTWARE}/gpu0"), "xyz.openbmc_project.FirmWarden.Digest").await.expect("digest");
    assert_eq!((text(&digest["Algorithm"]), &digest["TimeStamp"]), ("sha256", &OwnedVariant::from(3_000_u64)));
    assert_eq!(board.show(one("1")).await, ["- gpu0 Digest"]);
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
async fn what_the_daemon_says_of_itself_follows_too() {
    let mut board = Board::new(Arc::default()).await;
    let line = Line { device: "/dev/ttyS1".into(), down: Some("gone".into()) };
    let lines = BTreeMap::from([("line0".into(), line)]);
    let next = Model { settings_faults: vec!["firmwarden.toml:3: unknown key".into()], lines, ..Model::default() };
    assert_eq!(board.show(Arc::new(next)).await, ["~ firmwarden FirmWarden.Daemon Lines,SettingsFaults"]);
    let daemon = board.all(OWN, "xyz.openbmc_project.FirmWarden.Daemon").await.expect("daemon");
    let lines = Vec::<(String, String, String)>::try_from(daemon["Lines"].clone()).expect("a(sss)");
    assert_eq!(lines, [("line0".into(), "/dev/ttyS1".into(), "down: gone".into())]);
}

#[tokio::test]
async fn hostile_text_is_published_as_one_printable_line() {
    let evil = format!("1\n2\0\u{1b}[31m\u{202e}{}", "x".repeat(65_536));
    let mut gpu = component("gpu0", vec![firmware("gpu0", &evil)]);
    for text in [&mut gpu.kind, &mut gpu.name] {
        text.clone_from(&evil);
    }
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
    evil_model.lines = BTreeMap::from([(evil.clone(), Line { device: evil.clone(), down: Some(evil) })]);
    let board = Board::new(Arc::new(evil_model)).await;
    let shown = format!("{:?}{:?}", board.managed(SOFTWARE).await, board.managed(OWN).await);
    assert!(shown.contains("1?2??[31m?xxx"), "{shown}");
    assert!(!shown.contains("\\0") && !shown.contains("\\n") && !shown.contains("\\u{"), "{shown}");
    let version = board.all(&format!("{SOFTWARE}/gpu0"), VERSION).await.expect("version");
    assert_eq!(text(&version["Version"]).chars().count(), 512);
    let daemon = board.all(OWN, "xyz.openbmc_project.FirmWarden.Daemon").await;
    assert!(daemon.is_ok());
}

#[tokio::test]
async fn five_hundred_firmwares_are_announced_once_each() {
    let components: Vec<_> = (0..50)
        .map(|c| {
            let firmwares = (0..10).map(|f| firmware(&format!("gpu{c}_{f}"), "1.2.3")).collect();
            Arc::new(component(&format!("gpu{c}"), firmwares))
        })
        .collect();
    let all = model(&components.iter().collect::<Vec<_>>());
    let mut board = Board::new(Arc::default()).await;
    let started = tokio::time::Instant::now();
    let heard = board.show(Arc::clone(&all)).await;
    let exported = started.elapsed();
    assert_eq!(heard.len(), 550);
    assert!(heard.iter().all(|line| line.starts_with('+')));
    let started = tokio::time::Instant::now();
    assert_eq!(board.managed(SOFTWARE).await.len(), 500);
    let managed = started.elapsed();
    let mut changed = components.clone();
    changed[7] = Arc::new(component("gpu7", vec![firmware("gpu7_0", "9")]));
    assert_eq!(board.show(model(&changed.iter().collect::<Vec<_>>())).await.len(), 9 + 2);
    let generous = Duration::from_secs(5);
    assert!(exported < generous && managed < generous, "{exported:?} to export and hear, {managed:?} to list");
}

/// Every interface that a busy board has, each compared with its file. `UPDATE_GOLDEN=1` writes them anew.
#[tokio::test]
async fn the_introspection_is_what_the_golden_files_say() {
    let mut hashed = firmware("gpu0", "1");
    hashed.digest =
        Some(Digest { algorithm: Algorithm::Sha256, hex: "ab".into(), source: "/dev/mtd0".into(), taken: at(3) });
    let mut gpu = component("gpu0", vec![hashed]);
    gpu.inventory_path = Some(INVENTORY.into());
    let board = Board::new(model(&[&Arc::new(gpu)])).await;
    let mut seen = 0;
    for path in [OWN.to_owned(), format!("{OWN}/components/gpu0"), format!("{SOFTWARE}/gpu0")] {
        let xml: String =
            board.call(&path, "org.freedesktop.DBus.Introspectable", "Introspect", &[]).await.expect("introspect");
        let own = xml.lines().take_while(|line| !line.starts_with("  <node")).collect::<Vec<_>>().join("\n");
        for block in own.split("  <interface name=\"").skip(1) {
            let name = block.split('"').next().expect("name");
            let standard = ["Introspectable", "Peer", "Properties"].iter().any(|s| name.ends_with(s));
            if !standard {
                let end = block.find("</interface>").expect("end");
                compare(name, &format!("<interface name=\"{}</interface>\n", &block[..end].replace("\n  ", "\n")));
                seen += 1;
            }
        }
    }
    assert_eq!(seen, 8);
}

fn compare(name: &str, xml: &str) {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/dbus").join(format!("{name}.xml"));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&file, xml).expect("write");
    }
    let golden = std::fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(xml, golden, "{} differs; UPDATE_GOLDEN=1 writes it anew", file.display());
}
