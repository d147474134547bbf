//! Collectors that do not do as they should, and more events than anybody can take.

use super::*;
use crate::face::otlp::sink::{Answer, Sink, points};
use tokio::net::TcpListener;

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

#[tokio::test]
async fn what_is_refused_of_a_request_is_said_and_not_sent_again() {
    let mut sink = Sink::with(&[Answer::Part, Answer::Ok]).await;
    let face = Face::start(&sink.endpoint, quick(), NEVER);
    face.tell(added(0));
    sink.next("/v1/logs").await;
    face.stop().await;
    let metrics = points(&sink.next("/v1/metrics").await);
    let (_, requests) = metrics.get("telemetry.requests").expect("counted");
    assert_eq!(requests, &["error.type=partial_success otel.signal=logs 1"]);
    let said = said_of(&sink.endpoint);
    assert!(said.iter().any(|(_, text)| text.ends_with("refuses 7 records of a request of logs: too old")), "{said:?}");
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
async fn an_illegal_endpoint_is_refused() {
    for endpoint in ["https://collector:4318", "collector", "http://", "ftp://x", ""] {
        let settings = settings::Otlp {
            endpoint: endpoint.into(),
            headers: vec![],
            interval: NEVER,
            resource: vec![],
            event_name_attribute: false,
            serial_numbers: false,
        };
        let resource = resource::resource(Path::new("/nowhere"), None, &[], None);
        assert!(
            Pipelines::new(&settings, watch::channel(Arc::default()).1, resource, quick(), say).is_err(),
            "{endpoint}"
        );
    }
}
