//! The whole face against a collector in the same process.

use super::*;
use crate::{
    clock::Stamp,
    event::{Exchange, Pass},
    face::otlp::sink::text,
    model::{Algorithm, Component, Digest, Firmware, Freshness, Image, Origin, Source},
    testing::id,
};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use std::{
    collections::BTreeMap,
    sync::Mutex,
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use tokio::{
    sync::oneshot,
    task::JoinHandle,
    time::{Instant, timeout},
};

mod sensors;
mod sent;
mod trouble;

const NEVER: Duration = Duration::from_secs(3600);

const LONG: Duration = Duration::from_secs(20);

/// What the journal was told. Other tests tell it too, so each looks for its own endpoint.
static SAID: Mutex<Vec<(u8, String)>> = Mutex::new(vec![]);

fn say(level: u8, text: &str) {
    SAID.lock().expect("not poisoned").push((level, text.to_owned()));
}

fn said_of(endpoint: &str) -> Vec<(u8, String)> {
    SAID.lock().expect("not poisoned").iter().filter(|(_, text)| text.contains(endpoint)).cloned().collect()
}

/// Real sockets and the SDK's own threads do not know tokio's paused clock, so these limits are real and short.
fn quick() -> Patience {
    Patience {
        connect: Duration::from_millis(500),
        request: Duration::from_millis(300),
        hold: Duration::from_secs(60),
        pause_first: Duration::from_millis(10),
        pause_last: Duration::from_millis(50),
        farewell: Duration::from_secs(2),
        silence: Duration::from_secs(60),
        gather: Duration::from_millis(20),
    }
}

/// A moment after 2020, with nanoseconds.
fn wall() -> SystemTime {
    UNIX_EPOCH + Duration::new(1_800_000_000, 5)
}

fn event(what: What) -> Event {
    Event { at: Stamp { boot: Duration::from_secs(9), wall: wall() }, what }
}

fn component() -> Component {
    let image = |version: &str| Image { version: version.into(), ..Image::default() };
    let stamp = Stamp { boot: Duration::ZERO, wall: wall() };
    let hex = "0123456789abcdef".repeat(4);
    let digest = Digest { algorithm: Algorithm::Sha256, hex, source: "mtd".into(), taken: stamp };
    let firmware = Firmware {
        id: id("nic0_set"),
        name: "image set".into(),
        source: Source::Pldm,
        active: image("1.0"),
        pending: Some(image("2.0")),
        number: None,
        descriptors: vec![],
        activation_methods: vec![],
        update_capabilities: vec![],
        digest: Some(digest),
        progress: None,
        primary: true,
        last_read: stamp,
        freshness: Freshness::Fresh,
    };
    Component {
        id: id("nic0"),
        kind: "network".into(),
        name: "NIC".into(),
        manufacturer: Some("Maker".into()),
        model: None,
        part_number: None,
        serial_number: None,
        update_capabilities: vec![],
        update_state: None,
        parent: Some(id("riser")),
        origin: Origin::Endpoint { line: "tty".into(), position: 0, network: 1, eid: 9, uuid: None },
        inventory_path: None,
        descriptors: vec![],
        last_read: Some(stamp),
        freshness: Freshness::Fresh,
        faults: vec![],
        leniencies: [("padding".to_owned(), 2)].into(),
        firmware: [(firmware.id.clone(), firmware)].into(),
    }
}

fn model(components: &[Component]) -> Arc<Model> {
    let components = components.iter().map(|c| (c.id.clone(), Arc::new(c.clone()))).collect();
    Arc::new(Model { components, ..Model::default() })
}

/// A pass of two requests: the second was sent three times for nothing.
fn pass() -> Pass {
    let milliseconds = Duration::from_millis;
    let good = Exchange {
        protocol: "pldm",
        message_type: 0,
        command: "GetTID",
        offset: milliseconds(1),
        duration: milliseconds(2),
        tries: 1,
        completion_code: Some(0),
        error: None,
    };
    let bad = Exchange {
        message_type: 5,
        command: "GetFirmwareParameters",
        offset: milliseconds(5),
        duration: milliseconds(3000),
        tries: 3,
        completion_code: None,
        error: Some("timeout"),
        ..good
    };
    Pass {
        started: wall(),
        duration: milliseconds(3010),
        endpoint: "1/9".into(),
        exchanges: vec![good, bad],
        failure: "GetFirmwareParameters: no answer".into(),
    }
}

fn inventoried() -> Event {
    event(What::Inventoried { component: id("nic0"), pass: pass() })
}

fn added(number: usize) -> Event {
    event(What::ComponentAdded { component: id("nic0"), kind: "network".into(), name: number.to_string() })
}

/// The face at work.
struct Face {
    model: watch::Sender<Arc<Model>>,
    events: broadcast::Sender<Event>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

/// With all that can be switched on.
fn settings(endpoint: &str, interval: Duration) -> settings::Otlp {
    settings::Otlp {
        endpoint: endpoint.into(),
        headers: vec![("x-tenant".into(), "rack4".into())],
        interval,
        resource: vec![],
        event_name_attribute: true,
        serial_numbers: true,
    }
}

impl Face {
    fn start(endpoint: &str, limits: Patience, interval: Duration) -> Self {
        Self::with(settings(endpoint, interval), limits)
    }

    fn with(settings: settings::Otlp, limits: Patience) -> Self {
        let (model, models) = watch::channel(model(&[component()]));
        let (events, receiver) = broadcast::channel(1024);
        let (stop, stopped) = oneshot::channel::<()>();
        let resource = resource::resource(Path::new("/nowhere"), None, &[], None);
        let pipelines = Pipelines::new(&settings, models, resource, limits, say).expect("pipelines");
        let task = tokio::spawn(forward(pipelines, receiver, async { drop(stopped.await) }));
        Self { model, events, stop, task }
    }

    fn tell(&self, event: Event) {
        self.events.send(event).expect("the face listens");
    }

    /// Ends it, which sends all that is left; says how long that took.
    async fn stop(self) -> Duration {
        let started = Instant::now();
        drop(self.stop);
        timeout(LONG, self.task).await.expect("ends").expect("no panic");
        started.elapsed()
    }
}

fn attributes(record: &LogRecord) -> BTreeMap<String, String> {
    record.attributes.iter().map(|a| (a.key.clone(), text(a.value.as_ref()))).collect()
}
