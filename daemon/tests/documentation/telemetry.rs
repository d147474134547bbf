//! Telemetry: every metric, event, span and attribute, against what a collector is really sent.

use super::{Words, blocks, code, file, files, first, repository, rows};
use firmwarden::{
    clock::Stamp,
    event::{DeviceEvent, Event, Exchange, Log, Pass, Severity, Slot, What},
    face::otlp,
    model::{
        Algorithm, Component, Digest, Fault, Finite, Firmware, Freshness, Id, Image, Level, Measure, Model, Origin,
        Quantity, Reading, Sensor, Sensors, Source, Value,
    },
    settings,
};
use opentelemetry_proto::tonic::{
    collector::{
        logs::v1::ExportLogsServiceRequest, metrics::v1::ExportMetricsServiceRequest,
        trace::v1::ExportTraceServiceRequest,
    },
    common::v1::KeyValue,
    metrics::v1::{Metric, NumberDataPoint, metric::Data},
};
use prost::Message;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    sync::Arc,
    time::{Duration, SystemTime},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::{broadcast, mpsc, watch},
};

fn id(text: &str) -> Id {
    Id::new(text).expect("legal")
}

fn stamp() -> Stamp {
    Stamp::now()
}

/// A pass with all that one can have: an answer, a refusal and a silence.
fn pass() -> Pass {
    let exchange = |completion_code, error| Exchange {
        protocol: "pldm",
        message_type: 5,
        command: "GetFirmwareParameters",
        offset: Duration::ZERO,
        duration: Duration::from_millis(1),
        tries: 2,
        completion_code,
        error,
    };
    let exchanges =
        vec![exchange(Some(0), None), exchange(Some(1), Some("completion_code")), exchange(None, Some("timeout"))];
    let (started, duration) = (SystemTime::now(), Duration::from_millis(3));
    Pass { started, duration, endpoint: "1/9".into(), exchanges, failure: "silent".into() }
}

/// One of each event. The compiler asks for a new one in `place`, and the test below for it here.
fn events() -> Vec<What> {
    let (component, firmware, version) = (id("nic0"), id("nic0_boot"), String::from("1.0"));
    let (reason, line) = (String::from("silent"), String::from("riser0"));
    let fault = Fault { step: "GetFirmwareParameters".into(), what: "short".into() };
    let digest = |from| What::DigestChanged {
        component: id("bmc"),
        firmware: id("bmc_a"),
        algorithm: Algorithm::Sha256,
        from,
        to: "ab".into(),
    };
    vec![
        What::ComponentAdded { component: component.clone(), kind: "network".into(), name: "NIC".into() },
        What::ComponentRemoved { component: component.clone(), reason: reason.clone() },
        What::ComponentStale { component: component.clone(), reason: reason.clone() },
        What::ComponentFresh { component: component.clone() },
        What::FirmwareAdded { component: component.clone(), firmware: firmware.clone(), version: version.clone() },
        What::FirmwareRemoved { component: component.clone(), firmware: firmware.clone(), version: version.clone() },
        What::FirmwareChanged {
            component: component.clone(),
            firmware,
            slot: Slot::Active,
            from: version,
            to: "1.1".into(),
        },
        digest(None),
        digest(Some("cd".into())),
        What::FaultRaised { component: component.clone(), fault: fault.clone() },
        What::FaultCleared { component: component.clone(), fault },
        What::IdRefused { id: component.clone(), holder: "here".into(), claimant: "there".into() },
        What::LineUp { line: line.clone() },
        What::LineDown { line: line.clone(), reason: reason.clone() },
        What::DiscoveryFault { line, fault: reason.clone() },
        What::SettingsFault { fault: reason },
        What::ThresholdCrossed {
            component: component.clone(),
            sensor: id("nic0_ambient"),
            from: Some(Level::Normal),
            to: Level::UpperWarning,
            value: Finite::new(81.0),
            unit: "Cel".into(),
        },
        What::SensorStateChanged {
            component: component.clone(),
            sensor: id("nic0_link"),
            from: "up".into(),
            to: "down".into(),
        },
        What::SensorLost { component: component.clone(), sensor: id("nic0_link"), reason: "disabled".into() },
        What::SensorRestored { component: component.clone(), sensor: id("nic0_link") },
        What::DeviceEvent {
            component: component.clone(),
            event: DeviceEvent {
                class: "cperEvent".into(),
                text: "an error record".into(),
                facts: vec![],
                severity: Severity::Warning,
                bytes: "00".into(),
            },
        },
        What::DeviceEventsLost { component: component.clone(), count: 3 },
        What::LogFetched {
            component: component.clone(),
            log: Log {
                name: "crash".into(),
                path: "/run/firmwarden/logs/nic0/crash".into(),
                size: 9,
                sha256: "ab".repeat(32),
                missing: "cut".into(),
            },
        },
        What::LogsEnded { component: component.clone(), count: 1, failure: "cut".into() },
        What::Asked { component: component.clone(), pass: pass() },
        What::Inventoried { component, pass: pass() },
    ]
}

const fn place(what: &What) -> usize {
    match what {
        What::ComponentAdded { .. } => 0,
        What::ComponentRemoved { .. } => 1,
        What::ComponentStale { .. } => 2,
        What::ComponentFresh { .. } => 3,
        What::FirmwareAdded { .. } => 4,
        What::FirmwareRemoved { .. } => 5,
        What::FirmwareChanged { .. } => 6,
        What::DigestChanged { from: None, .. } => 7,
        What::DigestChanged { from: Some(_), .. } => 8,
        What::FaultRaised { .. } => 9,
        What::FaultCleared { .. } => 10,
        What::IdRefused { .. } => 11,
        What::LineUp { .. } => 12,
        What::LineDown { .. } => 13,
        What::DiscoveryFault { .. } => 14,
        What::SettingsFault { .. } => 15,
        What::Inventoried { .. } => 16,
        What::ThresholdCrossed { .. } => 17,
        What::SensorStateChanged { .. } => 18,
        What::SensorLost { .. } => 19,
        What::SensorRestored { .. } => 20,
        What::DeviceEvent { .. } => 21,
        What::DeviceEventsLost { .. } => 22,
        What::LogFetched { .. } => 23,
        What::Asked { .. } => 24,
        What::LogsEnded { .. } => 25,
    }
}

fn component() -> Component {
    let image = |version: &str| Image { version: version.into(), ..Image::default() };
    let digest = Digest { algorithm: Algorithm::Sha256, hex: "ab".repeat(32), source: "a".into(), taken: stamp() };
    let firmware = Firmware {
        id: id("nic0"),
        name: "image set".into(),
        source: Source::Pldm,
        active: image("1.0"),
        pending: Some(image("1.1")),
        number: None,
        descriptors: vec![],
        activation_methods: vec![],
        update_capabilities: vec![],
        digest: Some(digest),
        progress: None,
        primary: true,
        last_read: stamp(),
        freshness: Freshness::Fresh,
    };
    Component {
        id: id("nic0"),
        kind: "network".into(),
        name: "NIC".into(),
        manufacturer: Some("Maker".into()),
        model: Some("N1".into()),
        part_number: None,
        serial_number: Some("S1".into()),
        update_capabilities: vec![],
        update_state: None,
        parent: Some(id("riser")),
        origin: Origin::Endpoint { line: "riser0".into(), position: 0, network: 1, eid: 9, uuid: None },
        inventory_path: None,
        descriptors: vec![],
        last_read: Some(stamp()),
        freshness: Freshness::Fresh,
        faults: vec![],
        leniencies: [("trailing_nul".to_owned(), 1)].into(),
        firmware: [(firmware.id.clone(), firmware)].into(),
    }
}

/// One sensor of each quantity, with a limit, and one of a state.
fn sensors() -> Sensors {
    use Quantity::*;
    let limits = || [(Level::UpperWarning, Finite::new(80.0).expect("finite"))].into();
    let number = |quantity| Measure::Number { quantity, unit: "Cel".into(), limits: limits() };
    let mut measures = [Temperature, Voltage, Current, Power, Energy, FanSpeed, Other].map(number).to_vec();
    measures.push(Measure::State { set: 33, name: "Link State".into(), position: 0 });
    let sensors = measures.into_iter().enumerate().map(|(place, measure)| {
        let value = match measure {
            Measure::Number { .. } => Value::Number(Finite::new(41.5).expect("finite")),
            Measure::State { .. } => Value::State { number: 1, text: "Connected".into() },
        };
        let reading = Reading::new(stamp(), value, None);
        let (name, location) = (format!("sensor {place}"), Some("die".into()));
        let id = id(&format!("nic0_{place}"));
        let interval = Duration::from_secs(10);
        (id.clone(), Sensor { id, name, number: 7, location, measure, interval, reading })
    });
    Sensors { sensors: sensors.collect(), ..Sensors::default() }
}

/// A collector that takes everything: each request's path and body.
async fn collector() -> (String, mpsc::UnboundedReceiver<(String, Vec<u8>)>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let endpoint = format!("http://{}", listener.local_addr().expect("bound"));
    let (sender, received) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(take(stream, sender.clone()));
        }
    });
    (endpoint, received)
}

async fn take(mut stream: TcpStream, sender: mpsc::UnboundedSender<(String, Vec<u8>)>) {
    let mut bytes = vec![];
    loop {
        let end = loop {
            if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
            if stream.read_buf(&mut bytes).await.unwrap_or_default() == 0 {
                return;
            }
        };
        let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length:")).expect("a length");
        let whole = end + length.trim().parse::<usize>().expect("a number");
        while bytes.len() < whole {
            assert_ne!(stream.read_buf(&mut bytes).await.unwrap_or_default(), 0, "a whole body");
        }
        let path = head.split(' ').nth(1).expect("a path").to_owned();
        sender.send((path, bytes[end..whole].to_vec())).expect("the test listens");
        bytes.drain(..whole);
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.expect("written");
    }
}

/// What the whole face sends of all events and a full model: requests by path.
async fn sent() -> BTreeMap<String, Vec<Vec<u8>>> {
    let (endpoint, mut received) = collector().await;
    let settings = settings::Otlp {
        endpoint,
        headers: vec![],
        interval: Duration::from_secs(3600),
        resource: vec![],
        event_name_attribute: true,
        serial_numbers: true,
    };
    let component = component();
    let sensors = [(component.id.clone(), Arc::new(sensors()))].into();
    let components = [(component.id.clone(), Arc::new(component))].into();
    let (_model, models) = watch::channel(Arc::new(Model { components, sensors, ..Model::default() }));
    let (sender, events_) = broadcast::channel(32);
    // More than the channel holds, so that some are missed; the last are all of those above.
    for what in [events(), events()].concat() {
        sender.send(Event { at: stamp(), what }).expect("a receiver");
    }
    otlp::run(settings, models, events_, async {}).await;
    let mut sent: BTreeMap<String, Vec<Vec<u8>>> = BTreeMap::new();
    while let Ok((path, body)) = received.try_recv() {
        sent.entry(path).or_default().push(body);
    }
    sent
}

fn all<M: Message + Default>(sent: &BTreeMap<String, Vec<Vec<u8>>>, path: &str) -> Vec<M> {
    let bodies = sent.get(path).unwrap_or_else(|| panic!("nothing went to {path}"));
    bodies.iter().map(|body| M::decode(body.as_slice()).expect("protobuf")).collect()
}

fn keys(attributes: &[KeyValue]) -> Words {
    attributes.iter().map(|attribute| attribute.key.clone()).collect()
}

/// The instrument in the page's words, and the attributes of all points.
fn instrument(metric: &Metric) -> (&'static str, Words) {
    let numbers = |points: &[NumberDataPoint]| points.iter().flat_map(|point| keys(&point.attributes)).collect();
    match metric.data.as_ref().expect("data") {
        Data::Gauge(gauge) => ("gauge", numbers(&gauge.data_points)),
        Data::Sum(sum) if sum.is_monotonic => ("counter", numbers(&sum.data_points)),
        Data::Sum(sum) => ("up-down counter", numbers(&sum.data_points)),
        Data::Histogram(histogram) => {
            ("histogram", histogram.data_points.iter().flat_map(|point| keys(&point.attributes)).collect())
        }
        other => panic!("{other:?} is not in the page's words"),
    }
}

/// The rules by which Prometheus and VictoriaMetrics name a metric.
fn prometheus(name: &str, instrument: &str, unit: &str) -> String {
    let unit = match unit {
        "s" => "_seconds",
        "By" => "_bytes",
        "Cel" => "_celsius",
        "V" => "_volts",
        "A" => "_amperes",
        "W" => "_watts",
        "J" => "_joules",
        "rpm" => "_rpm",
        annotation => {
            assert!(annotation.starts_with('{'), "no rule for the unit {annotation}");
            ""
        }
    };
    format!("{}{unit}{}", name.replace('.', "_"), if instrument == "counter" { "_total" } else { "" })
}

/// Every text in quotes on one line of the sources of the OTLP face and of events, without their tests.
fn literals() -> Words {
    let mut paths = files("daemon/src/face/otlp", ".rs");
    paths.retain(|path| !path.to_string_lossy().contains("/tests") && !path.ends_with("sink.rs"));
    paths.extend(["daemon/src/face/otlp.rs", "daemon/src/event/telling.rs"].map(|path| repository().join(path)));
    let mut found = Words::new();
    for path in paths {
        let text = fs::read_to_string(path).expect("a file");
        let lines = text.lines().take_while(|line| *line != "mod tests {");
        found.extend(lines.flat_map(|line| line.split('"').skip(1).step_by(2)).map(str::to_owned));
    }
    found
}

#[test]
fn every_name_in_the_sources_of_telemetry_is_told() {
    let page = file("docs/telemetry.md");
    let told: Words = page.lines().flat_map(code).collect();
    let is_name = |text: &str| {
        let legal = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        text.contains('.') && text.split('.').all(legal)
    };
    let (names, others): (Words, Words) = literals().into_iter().partition(|text| is_name(text));
    assert!(names.len() > 60, "{names:?}");
    assert_eq!(names.difference(&told).collect::<Vec<_>>(), Vec::<&String>::new());
    let variables: Words = rows(&page, "Environment").iter().flat_map(|row| code(&row[0])).collect();
    let read: Words = others.into_iter().filter(|text| text.starts_with("OTEL_")).collect();
    assert!(!read.is_empty() && read.is_subset(&variables), "{read:?} are read, {variables:?} are told");
}

#[test]
fn every_event_is_told_with_its_severity_and_attributes() {
    let events = events();
    assert_eq!(events.iter().map(place).collect::<BTreeSet<_>>(), (0..26).collect());
    let are_records = events.iter().filter(|what| !matches!(what, What::Inventoried { .. } | What::Asked { .. }));
    let wanted: BTreeSet<_> = are_records
        .map(|what| {
            let severity = match what.severity() {
                Severity::Debug => "DEBUG",
                Severity::Information => "INFO",
                Severity::Warning => "WARN",
                Severity::Error => "ERROR",
            };
            let facts: Words = what.facts().into_iter().map(|(key, _)| key.to_owned()).collect();
            (what.name().to_owned(), severity.to_owned(), facts)
        })
        .collect();
    let page = file("docs/telemetry.md");
    let told = rows(&page, "Events");
    let told = told.iter().map(|row| (first(row, 0), row[1].clone(), code(&row[2]).into_iter().collect()));
    assert_eq!(told.collect::<BTreeSet<_>>(), wanted);
}

#[tokio::test]
async fn what_is_sent_is_what_is_told() {
    let (page, sent, literals) = (file("docs/telemetry.md"), sent().await, literals());

    let metrics: Vec<ExportMetricsServiceRequest> = all(&sent, "/v1/metrics");
    let resources = metrics.iter().flat_map(|request| &request.resource_metrics);
    let found: Vec<_> = resources.clone().flat_map(|r| &r.scope_metrics).flat_map(|s| &s.metrics).collect();
    let told = rows(&page, "Metrics");
    assert_eq!(
        found.iter().map(|metric| metric.name.clone()).collect::<Words>(),
        told.iter().map(|row| first(row, 0)).collect()
    );
    for metric in found {
        let row = told.iter().find(|row| first(row, 0) == metric.name).expect("told");
        let (instrument, attributes) = instrument(metric);
        let wanted = (instrument, &metric.unit, &prometheus(&metric.name, instrument, &metric.unit));
        assert_eq!((&*row[1], &first(row, 2), &first(row, 4)), wanted, "{}", metric.name);
        let named: Words = code(&row[3]).into_iter().collect();
        assert!(attributes.is_subset(&named), "{}: {attributes:?} are sent, {named:?} are told", metric.name);
        assert!(named.is_subset(&literals), "{}: the sources do not have all of {named:?}", metric.name);
    }

    let named: Words = rows(&page, "Resource").iter().flat_map(|row| code(&row[0])).collect();
    let found: Words = resources.filter_map(|r| r.resource.as_ref()).flat_map(|r| keys(&r.attributes)).collect();
    assert!(found.len() > 5 && found.is_subset(&named), "{found:?} are sent, {named:?} are told");
    assert!(named.iter().all(|name| literals.contains(name) || found.contains(name)), "{named:?}");

    let logs: Vec<ExportLogsServiceRequest> = all(&sent, "/v1/logs");
    let records = logs.iter().flat_map(|r| &r.resource_logs).flat_map(|r| &r.scope_logs).flat_map(|s| &s.log_records);
    assert_eq!(
        records.map(|record| record.event_name.clone()).collect::<Words>(),
        rows(&page, "Events").iter().map(|row| first(row, 0)).collect()
    );

    let traces: Vec<ExportTraceServiceRequest> = all(&sent, "/v1/traces");
    let spans = traces.iter().flat_map(|r| &r.resource_spans).flat_map(|r| &r.scope_spans).flat_map(|s| &s.spans);
    let mut found = BTreeMap::<(String, String), Words>::new();
    for span in spans {
        let name = span.name.split_once(' ').filter(|(protocol, _)| *protocol == "pldm");
        let name = name.map_or_else(|| span.name.clone(), |(protocol, _)| format!("{protocol} <command>"));
        let kind = span.kind().as_str_name().trim_start_matches("SPAN_KIND_").to_lowercase();
        found.entry((name, kind)).or_default().extend(keys(&span.attributes));
    }
    let told = rows(&page, "Spans")
        .into_iter()
        .map(|row| ((first(&row, 0), row[1].clone()), code(&row[2]).into_iter().collect()));
    assert_eq!(told.collect::<BTreeMap<_, _>>(), found);
}

#[test]
fn the_queries_ask_for_what_is_there() {
    let page = file("docs/telemetry.md");
    let metrics = rows(&page, "Metrics");
    let mut names: Words = metrics.iter().flat_map(|row| code(&row[3])).map(|name| name.replace('.', "_")).collect();
    for row in &metrics {
        let name = first(row, 4);
        let parts: &[&str] = if row[1] == "histogram" { &["_bucket", "_sum", "_count"] } else { &[""] };
        names.extend(parts.iter().map(|part| format!("{name}{part}")));
    }
    let mut asked = 0;
    for query in blocks(&page, "promql") {
        let words = query.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        let prefixes: Words = names.iter().filter_map(|name| Some(format!("{}_", name.split_once('_')?.0))).collect();
        for word in words.filter(|word| prefixes.iter().any(|prefix| word.starts_with(prefix))) {
            asked += 1;
            // A function of PromQL begins like one of our names.
            assert!(names.contains(word) || word == "histogram_quantile", "{word} in {query}");
        }
    }
    assert!(asked > 10, "{asked}");
}
