//! The whole face against a collector in the same process.

use super::*;
use crate::{
    clock::Stamp,
    event::{Exchange, Pass, Slot},
    face::otlp::sink::{Answer, Sink, points, text},
    model::{Algorithm, Component, Digest, Firmware, Freshness, Id, Image, Origin, Source},
};
use opentelemetry_proto::tonic::{
    logs::v1::LogRecord,
    trace::v1::{Span, span::SpanKind, status::StatusCode},
};
use std::{
    collections::BTreeMap,
    sync::Mutex,
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use tokio::{
    net::TcpListener,
    sync::oneshot,
    task::JoinHandle,
    time::{Instant, timeout},
};

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

fn id(text: &str) -> Id {
    Id::new(text).expect("legal")
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
        activation_methods: vec![],
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

impl Face {
    fn start(endpoint: &str, limits: Patience, interval: Duration) -> Self {
        let settings = settings::Otlp {
            endpoint: endpoint.into(),
            headers: vec![("x-tenant".into(), "rack4".into())],
            interval,
            resource: vec![],
            event_name_attribute: true,
        };
        let (model, models) = watch::channel(model(&[component()]));
        let (events, receiver) = broadcast::channel(1024);
        let (stop, stopped) = oneshot::channel::<()>();
        let resource = resource::resource(Path::new("/nowhere"), &[], None);
        let pipelines = Pipelines::new(&settings, models, resource, limits, say).expect("pipelines");
        let task = tokio::spawn(forward(pipelines, receiver, async move {
            let _dropped_or_sent = stopped.await;
        }));
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

const NEVER: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn the_model_is_metrics_and_what_is_removed_vanishes() {
    let mut sink = Sink::start(Answer::Ok).await;
    let face = Face::start(&sink.endpoint, quick(), Duration::from_millis(50));
    face.tell(inventoried());
    let found = loop {
        let metrics = points(&sink.next("/v1/metrics").await);
        if metrics.contains_key("mctp.errors") {
            break metrics;
        }
    };
    let only = |name: &str| found.get(name).cloned().unwrap_or_default();
    let hardware = "hw.id=nic0 hw.type=network";
    let firmware = format!("hw.firmware.id=nic0_set hw.firmware.slot=active {hardware}");
    for (name, unit, series) in [
        (
            "hw.component.info",
            "{component}",
            vec![format!("hw.id=nic0 hw.name=NIC hw.parent=riser hw.type=network hw.vendor=Maker 1")],
        ),
        (
            "hw.firmware.info",
            "{firmware}",
            vec![
                format!(
                    "artifact.hash=sha256:0123456789ab hw.firmware.id=nic0_set hw.firmware.slot=active hw.firmware_version=1.0 {hardware} 1"
                ),
                format!("hw.firmware.id=nic0_set hw.firmware.slot=pending hw.firmware_version=2.0 {hardware} 1"),
            ],
        ),
        (
            "hw.firmware.status",
            "{status}",
            vec![
                format!("{} 1", firmware.replace(" hw.id", " hw.firmware.state=ok hw.id")),
                format!("{} 0", firmware.replace(" hw.id", " hw.firmware.state=unknown hw.id")),
            ],
        ),
        (
            "mctp.endpoint.status",
            "{status}",
            vec![
                format!("{hardware} mctp.endpoint.id=1/9 state=fresh 1"),
                format!("{hardware} mctp.endpoint.id=1/9 state=stale 0"),
            ],
        ),
        ("pldm.leniencies", "{leniency}", vec![format!("{hardware} pldm.leniency=padding 2")]),
        ("hw.firmware.inventory.duration", "s", vec!["hw.id=nic0 1x3.01".into()]),
        (
            "pldm.client.request.duration",
            "s",
            vec!["mctp.endpoint.id=1/9 pldm.type=0 1x0.002".into(), "mctp.endpoint.id=1/9 pldm.type=5 1x3".into()],
        ),
        ("mctp.requests", "{request}", vec!["mctp.endpoint.id=1/9 2".into()]),
        ("mctp.retries", "{retry}", vec!["mctp.endpoint.id=1/9 2".into()]),
        ("mctp.errors", "{error}", vec!["error.type=timeout mctp.endpoint.id=1/9 1".into()]),
    ] {
        let mut series = series;
        series.sort();
        assert_eq!(only(name), (unit.to_owned(), series), "{name}");
    }
    for name in ["process.uptime", "process.cpu.time", "process.memory.usage", "process.thread.count"] {
        assert!(found.contains_key(name), "{name}");
    }
    assert!(found.values().all(|(unit, _)| unit != "1"));

    face.model.send_replace(Arc::default());
    let before_the_change = sink.next("/v1/metrics").await;
    drop(before_the_change);
    let after = points(&sink.next("/v1/metrics").await);
    for name in ["hw.component.info", "hw.firmware.info", "hw.firmware.status", "mctp.endpoint.status"] {
        assert!(!after.contains_key(name), "{name} outlives its component");
    }
    assert!(after.contains_key("telemetry.requests"));
    face.stop().await;
}

#[tokio::test]
async fn stale_firmware_is_unknown_and_never_ok() {
    let mut sink = Sink::start(Answer::Ok).await;
    let face = Face::start(&sink.endpoint, quick(), NEVER);
    let mut stale = component();
    let since = Stamp { boot: Duration::ZERO, wall: wall() };
    for firmware in stale.firmware.values_mut() {
        firmware.freshness = Freshness::Stale { since, reason: "silent".into() };
    }
    face.model.send_replace(model(&[stale]));
    face.stop().await;
    let (_, series) = points(&sink.next("/v1/metrics").await).remove("hw.firmware.status").expect("sent");
    let known: Vec<_> = series.iter().map(|s| (s.contains("state=ok"), s.ends_with(" 1"))).collect();
    assert_eq!(known, [(true, false), (false, true)]);
}

fn attributes(record: &LogRecord) -> BTreeMap<String, String> {
    record.attributes.iter().map(|a| (a.key.clone(), text(a.value.as_ref()))).collect()
}

#[tokio::test]
async fn an_event_is_a_log_record_and_a_pass_is_none() {
    let mut sink = Sink::start(Answer::Ok).await;
    let face = Face::start(&sink.endpoint, quick(), NEVER);
    face.tell(inventoried());
    face.tell(event(What::FirmwareChanged {
        component: id("nic0"),
        firmware: id("nic0_set"),
        slot: Slot::Active,
        from: "1.0".into(),
        to: "1.1".into(),
    }));
    let mut unset = event(What::ComponentStale { component: id("nic0"), reason: "silent".into() });
    unset.at.wall = UNIX_EPOCH + Duration::from_secs(30);
    face.tell(unset);
    face.stop().await;
    let request = sink.next("/v1/logs").await;
    assert_eq!(request.headers.get("x-tenant").map(String::as_str), Some("rack4"));
    assert_eq!(request.headers.get("content-type").map(String::as_str), Some("application/x-protobuf"));
    let (resource, records) = request.logs();
    assert_eq!(resource.get("service.name").map(String::as_str), Some("firmwarden"));
    let [changed, stale] = records.as_slice() else { panic!("two records, not {}", records.len()) };
    assert_eq!(
        (&*changed.event_name, changed.severity_number, &*changed.severity_text),
        ("hw.firmware.changed", 9, "INFO")
    );
    assert_eq!(changed.time_unix_nano, 1_800_000_000_000_000_005);
    assert!(changed.observed_time_unix_nano > 0);
    assert_eq!(text(changed.body.as_ref()), "nic0 runs '1.1' as nic0_set, before '1.0'");
    let expected = [
        ("event.name", "hw.firmware.changed"),
        ("hw.firmware.id", "nic0_set"),
        ("hw.firmware.previous_version", "1.0"),
        ("hw.firmware.slot", "active"),
        ("hw.firmware_version", "1.1"),
        ("hw.id", "nic0"),
    ];
    assert_eq!(attributes(changed), expected.map(|(k, v)| (k.to_owned(), v.to_owned())).into());
    assert_eq!((&*stale.event_name, stale.severity_number), ("hw.component.stale", 13));
    assert_eq!(stale.time_unix_nano, 0, "a clock that nobody set tells no time");
}

#[tokio::test]
async fn a_pass_is_a_trace_with_a_span_for_each_request() {
    let mut sink = Sink::start(Answer::Ok).await;
    let face = Face::start(&sink.endpoint, quick(), NEVER);
    let mut unset = pass();
    unset.started = UNIX_EPOCH;
    face.tell(event(What::Inventoried { component: id("nic0"), pass: unset }));
    face.tell(inventoried());
    face.tell(inventoried());
    face.stop().await;
    let spans = sink.next("/v1/traces").await.spans();
    let scans: Vec<&Span> = spans.iter().filter(|span| span.name == "inventory scan").collect();
    let [one, other] = scans.as_slice() else { panic!("two scans, not {}", scans.len()) };
    assert_ne!(one.trace_id, other.trace_id);
    assert!(one.parent_span_id.is_empty());
    let start = 1_800_000_000_000_000_005;
    assert_eq!((one.start_time_unix_nano, one.end_time_unix_nano), (start, start + 3_010_000_000));
    assert_eq!(
        one.status.as_ref().map(|s| (s.code(), &*s.message)),
        Some((StatusCode::Error, "GetFirmwareParameters: no answer"))
    );
    let children: Vec<&Span> = spans.iter().filter(|span| span.parent_span_id == one.span_id).collect();
    let [good, bad] = children.as_slice() else { panic!("two requests, not {}", children.len()) };
    assert!(children.iter().all(|span| span.trace_id == one.trace_id && span.kind() == SpanKind::Client));
    assert_eq!((&*good.name, &*bad.name), ("pldm GetTID", "pldm GetFirmwareParameters"));
    assert_eq!((good.start_time_unix_nano, good.end_time_unix_nano), (start + 1_000_000, start + 3_000_000));
    let attributes: BTreeMap<_, _> = bad.attributes.iter().map(|a| (&*a.key, text(a.value.as_ref()))).collect();
    let expected = [
        ("error.type", "timeout"),
        ("mctp.endpoint.id", "1/9"),
        ("mctp.retry.count", "2"),
        ("pldm.command.name", "GetFirmwareParameters"),
        ("pldm.type", "5"),
    ];
    assert_eq!(attributes, expected.map(|(k, v)| (k, v.to_owned())).into());
    assert_eq!(bad.status.as_ref().map(|s| s.code()), Some(StatusCode::Error));
    assert_eq!(good.status.as_ref().map_or(StatusCode::Unset, |s| s.code()), StatusCode::Unset);
}

/// Sends `count` events while the collector gives `answers`, then ends; the names that arrived and what was said.
async fn through(answers: &[Answer], count: usize) -> (Vec<String>, Sink, Vec<(u8, String)>) {
    let mut sink = Sink::with(answers).await;
    let face = Face::start(&sink.endpoint, quick(), NEVER);
    for number in 0..count {
        face.tell(added(number));
    }
    let mut names = vec![];
    while names.len() < count {
        let request = sink.next("/v1/logs").await;
        if request.accepted {
            names.extend(request.logs().1.iter().map(|record| attributes(record)["hw.name"].clone()));
        }
    }
    face.stop().await;
    let said = said_of(&sink.endpoint);
    (names, sink, said)
}

fn numbers(count: usize) -> Vec<String> {
    (0..count).map(|n| n.to_string()).collect()
}

#[tokio::test]
async fn a_collector_that_is_busy_gets_everything_later_and_once() {
    let answers = [Answer::Status(503), Answer::Status(429), Answer::Drop, Answer::Hang, Answer::Ok];
    let (names, _, said) = through(&answers, 300).await;
    assert_eq!(names, numbers(300));
    let levels: Vec<_> = said.iter().map(|(level, _)| *level).collect();
    assert_eq!(levels, [4, 5], "{said:?}");
}

#[tokio::test]
async fn one_connection_serves_all_signals_while_it_lasts() {
    let (names, sink, said) = through(&[Answer::Ok], 300).await;
    assert_eq!((names, sink.connections(), said), (numbers(300), 1, vec![]));
}

#[tokio::test]
async fn a_collector_that_closes_each_connection_loses_nothing() {
    let (names, sink, said) = through(&[Answer::Close], 300).await;
    assert_eq!((names, said), (numbers(300), vec![]));
    assert!(sink.connections() > 1);
}

#[tokio::test]
async fn an_endless_answer_costs_the_connection_and_not_the_records() {
    let (names, sink, said) = through(&[Answer::Huge], 300).await;
    assert_eq!((names, said), (numbers(300), vec![]));
    assert!(sink.connections() > 1);
}

#[tokio::test]
async fn what_is_refused_for_good_is_lost_once_and_said_once() {
    let mut sink = Sink::with(&[Answer::Status(400)]).await;
    let face = Face::start(&sink.endpoint, quick(), NEVER);
    face.tell(added(0));
    assert!(!sink.next("/v1/logs").await.accepted);
    face.tell(added(1));
    let next = sink.next("/v1/logs").await.logs().1;
    assert_eq!(next.first().map(|record| attributes(record)["hw.name"].clone()).as_deref(), Some("1"));
    face.stop().await;
    let said = said_of(&sink.endpoint);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said.iter().all(|(_, text)| text.contains("400 Bad Request")), "{said:?}");
}

/// An address where nobody listens.
async fn dead() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
    format!("http://{}", listener.local_addr().expect("bound"))
}

#[tokio::test]
async fn a_collector_that_is_not_there_costs_one_line_and_no_time() {
    let endpoint = dead().await;
    let face = Face::start(&endpoint, quick(), Duration::from_millis(20));
    for number in 0..5000 {
        face.tell(added(number));
        tokio::task::yield_now().await;
    }
    let took = face.stop().await;
    assert!(took < Duration::from_secs(2), "{took:?}");
    let said = said_of(&endpoint);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(
        said.iter().all(|(level, text)| *level == 4 && text.contains("not reachable: Connection refused")),
        "{said:?}"
    );
}

#[tokio::test]
async fn the_end_is_bounded_though_the_collector_never_answers() {
    let limits = Patience { request: NEVER, farewell: Duration::from_millis(200), ..quick() };
    let mut sink = Sink::start(Answer::Hang).await;
    let face = Face::start(&sink.endpoint, limits, NEVER);
    face.tell(added(0));
    assert!(!sink.next("/v1/logs").await.accepted);
    let took = face.stop().await;
    assert!(took < Duration::from_secs(2), "{took:?}");
}

#[tokio::test]
async fn a_flood_is_bounded_and_counted() {
    let mut sink = Sink::start(Answer::Hang).await;
    let face = Face::start(&sink.endpoint, quick(), NEVER);
    // Faster than the face is let run: the oldest are missed.
    for number in 0..4000 {
        face.tell(added(number));
    }
    assert!(!sink.next("/v1/logs").await.accepted);
    // As fast as it takes them, but the collector does not: what does not fit is dropped.
    for number in 0..1000 {
        face.tell(added(number));
        tokio::task::yield_now().await;
    }
    sink.answer(Answer::Ok);
    face.stop().await;
    let metrics = points(&sink.next("/v1/metrics").await);
    let (unit, series) = metrics.get("telemetry.events.dropped").expect("counted");
    assert_eq!(unit, "{event}");
    let missed = series.iter().find_map(|s| s.strip_prefix("error.type=lagged ")?.parse::<usize>().ok());
    assert_eq!(missed, Some(4000 - 1024));
    let full =
        series.iter().find_map(|s| s.strip_prefix("error.type=queue_full otel.signal=logs ")?.parse::<usize>().ok());
    assert!(full.is_some_and(|full| full > 0), "{series:?}");
}

#[tokio::test]
async fn an_endpoint_that_cannot_be_is_said_and_not_tried() {
    for endpoint in ["https://collector:4318", "collector", "http://", "ftp://x", ""] {
        let settings = settings::Otlp {
            endpoint: endpoint.into(),
            headers: vec![],
            interval: NEVER,
            resource: vec![],
            event_name_attribute: false,
        };
        let resource = resource::resource(Path::new("/nowhere"), &[], None);
        assert!(
            Pipelines::new(&settings, watch::channel(Arc::default()).1, resource, quick(), say).is_err(),
            "{endpoint}"
        );
    }
}
