//! The face without a bus: a client at the other end of a socket pair sees what `busctl` would.

use super::{OWN, SENSORS, SOFTWARE, ring::Ring, telemetry::Telemetry, tree::Tree};
use crate::{
    ask::{self, Ask},
    model::{
        Algorithm, Component, Descriptor, Digest, Fault, Firmware, Freshness, Id, Image, Line, Model, Number, Origin,
        Source,
    },
    testing::{at, id},
};
use futures_util::StreamExt;
use std::{
    collections::{BTreeMap, HashMap},
    os::unix::net::UnixStream,
    sync::Arc,
};
use tokio::sync::{mpsc, watch};
use zbus::{Connection, MessageStream, OwnedObjectPath, OwnedVariant, connection::Builder, message::Type};

mod changes;
mod sensors;
mod telemetry;
mod values;

type Properties = HashMap<String, OwnedVariant>;
type Objects = HashMap<OwnedObjectPath, HashMap<String, Properties>>;

const FIRMWARE: &str = "xyz.openbmc_project.FirmWarden.Firmware";
const VERSION: &str = "xyz.openbmc_project.Software.Version";
const INVENTORY: &str = "/xyz/openbmc_project/inventory/system/board/Baseboard/GPU0";

fn firmware(name: &str, version: &str) -> Firmware {
    Firmware {
        id: id(name),
        name: "vbios".into(),
        source: Source::Pldm,
        active: Image { version: version.into(), release_date: Some("2026-01-02".into()), comparison_stamp: Some(7) },
        pending: None,
        number: Some(Number { classification: 10, identifier: 0x1234, index: 1 }),
        descriptors: vec![],
        activation_methods: vec!["DC power cycle".into()],
        update_capabilities: vec![],
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
        part_number: None,
        serial_number: None,
        update_capabilities: vec![],
        update_state: None,
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

pub(super) fn one(version: &str) -> Arc<Model> {
    model(&[&Arc::new(component("gpu0", vec![firmware("gpu0", version)]))])
}

/// What of sensors, events and logs the bus has, and where its wishes end.
fn telemetry(models: watch::Receiver<Arc<Model>>) -> (Telemetry, mpsc::Receiver<Ask>) {
    let (asks, asked) = mpsc::channel(ask::WAITING_MOST);
    (Telemetry { models, ring: Ring::default(), asks }, asked)
}

/// A tree and the client at the other end of its wire.
struct Board {
    server: Connection,
    client: Connection,
    heard: MessageStream,
    tree: Tree,
    models: watch::Sender<Arc<Model>>,
    asked: mpsc::Receiver<Ask>,
}

impl Board {
    async fn new(first: Arc<Model>) -> Self {
        Self::with(first, false).await
    }

    async fn with(first: Arc<Model>, sensors: bool) -> Self {
        let (a, b) = UnixStream::pair().expect("pair");
        let server = Builder::unix_stream(a).server(zbus::Guid::generate()).p2p().build();
        let client = Builder::unix_stream(b).p2p().max_queued(100_000.try_into().expect("not 0")).build();
        let (server, client) = tokio::join!(server, client);
        let (server, client) = (server.expect("server"), client.expect("client"));
        let models = watch::Sender::new(Arc::clone(&first));
        let (telemetry, asked) = telemetry(models.subscribe());
        let mut tree = Tree::new(&server, telemetry, sensors).await.expect("roots");
        tree.follow(first).await.expect("export");
        tree.speak();
        let heard = MessageStream::from(&client);
        Self { server, client, heard, tree, models, asked }
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
        self.models.send_replace(Arc::clone(&model));
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
