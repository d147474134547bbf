//! What arrives at a collector that does as it should.

use super::*;
use crate::{
    event::Slot,
    face::otlp::sink::{Answer, Sink, points},
};
use opentelemetry_proto::tonic::trace::v1::{Span, span::SpanKind, status::StatusCode};

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
async fn firmware_that_is_stale_or_without_a_version_is_unknown_and_never_ok() {
    let since = Stamp { boot: Duration::ZERO, wall: wall() };
    let stale = |firmware: &mut Firmware| firmware.freshness = Freshness::Stale { since, reason: "silent".into() };
    let nameless = |firmware: &mut Firmware| firmware.active.version.clear();
    for spoil in [&stale as &dyn Fn(&mut Firmware), &nameless] {
        let mut sink = Sink::start(Answer::Ok).await;
        let face = Face::start(&sink.endpoint, quick(), NEVER);
        let mut spoilt = component();
        spoilt.firmware.values_mut().for_each(spoil);
        face.model.send_replace(model(&[spoilt]));
        face.stop().await;
        let (_, series) = points(&sink.next("/v1/metrics").await).remove("hw.firmware.status").expect("sent");
        let known: Vec<_> = series.iter().map(|s| (s.contains("state=ok"), s.ends_with(" 1"))).collect();
        assert_eq!(known, [(true, false), (false, true)]);
    }
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

/// A whole rack's worth in one request, far above the connection's buffers.
#[tokio::test]
async fn a_big_board_fits_in_one_request() {
    let mut sink = Sink::start(Answer::Ok).await;
    let face = Face::start(&sink.endpoint, quick(), NEVER);
    let many: Vec<_> = (0..300).map(|n| Component { id: id(&format!("nic{n}")), ..component() }).collect();
    face.model.send_replace(model(&many));
    face.stop().await;
    let metrics = points(&sink.next("/v1/metrics").await);
    assert_eq!(metrics.get("hw.component.info").map(|(_, series)| series.len()), Some(300));
    assert_eq!(metrics.get("hw.firmware.status").map(|(_, series)| series.len()), Some(600));
}

#[tokio::test]
async fn the_face_says_who_speaks_and_sends_what_is_left_when_it_ends() {
    let mut sink = Sink::start(Answer::Ok).await;
    let settings = settings::Otlp {
        endpoint: format!("{}/", sink.endpoint),
        headers: vec![],
        interval: NEVER,
        resource: vec![("rack".into(), "4".into())],
        event_name_attribute: false,
        serial_numbers: false,
    };
    let (events, receiver) = broadcast::channel(4);
    events.send(added(0)).expect("a receiver");
    let (_model, models) = watch::channel(Arc::default());
    timeout(LONG, run(settings, models, receiver, async {})).await.expect("ends");
    let (resource, records) = sink.next("/v1/logs").await.logs();
    assert_eq!(resource.get("rack").map(String::as_str), Some("4"));
    assert!(records.iter().all(|record| !attributes(record).contains_key("event.name")));
    assert!(points(&sink.next("/v1/metrics").await).contains_key("process.uptime"));
}
