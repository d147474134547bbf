//! A collector in the same process that misbehaves when asked to. For tests only.

use bytes::Bytes;
use http::{Request, Response, header};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use opentelemetry_proto::tonic::{
    collector::{
        logs::v1::{ExportLogsPartialSuccess, ExportLogsServiceRequest, ExportLogsServiceResponse},
        metrics::v1::ExportMetricsServiceRequest,
        trace::v1::ExportTraceServiceRequest,
    },
    common::v1::{AnyValue, KeyValue, any_value::Value},
    logs::v1::LogRecord,
    metrics::v1::{NumberDataPoint, metric::Data, number_data_point},
    trace::v1::Span,
};
use prost::Message;
use std::{
    collections::{BTreeMap, VecDeque},
    future::pending,
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{net::TcpListener, sync::mpsc, time::timeout};

/// How to answer a request.
#[derive(Clone, Copy, Debug)]
pub(super) enum Answer {
    /// As a collector does.
    Ok,
    /// With this status.
    Status(u16),
    /// With success, but that it refused some.
    Part,
    /// Never.
    Hang,
    /// With success and far more than anybody wants to read.
    Huge,
    /// With success, and that was it for this connection.
    Close,
    /// Not at all: the connection ends.
    Drop,
}

/// A request that came.
#[derive(Debug)]
pub(super) struct Taken {
    pub(super) path: String,
    pub(super) headers: BTreeMap<String, String>,
    pub(super) accepted: bool,
    body: Bytes,
}

/// The collector.
pub(super) struct Sink {
    pub(super) endpoint: String,
    taken: mpsc::UnboundedReceiver<Taken>,
    passed_over: VecDeque<Taken>,
    shared: Arc<Shared>,
}

struct Shared {
    answers: Mutex<VecDeque<Answer>>,
    connections: AtomicUsize,
    taken: mpsc::UnboundedSender<Taken>,
}

impl Sink {
    pub(super) async fn start(answer: Answer) -> Self {
        Self::with(&[answer]).await
    }

    /// Answers each request with the next of `answers`, then always with the last.
    pub(super) async fn with(answers: &[Answer]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
        let endpoint = format!("http://{}", listener.local_addr().expect("bound"));
        let (sender, taken) = mpsc::unbounded_channel();
        let answers = Mutex::new(answers.iter().copied().collect());
        let shared = Arc::new(Shared { answers, connections: AtomicUsize::new(0), taken: sender });
        let serving = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                serving.connections.fetch_add(1, Ordering::Relaxed);
                let shared = Arc::clone(&serving);
                let service = service_fn(move |request| serve(Arc::clone(&shared), request));
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        Self { endpoint, taken, passed_over: VecDeque::new(), shared }
    }

    /// From now on answers so.
    pub(super) fn answer(&self, answer: Answer) {
        *self.shared.answers.lock().expect("not poisoned") = [answer].into();
    }

    pub(super) fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::Relaxed)
    }

    /// The next request to `path`.
    pub(super) async fn next(&mut self, path: &str) -> Taken {
        if let Some(at) = self.passed_over.iter().position(|taken| taken.path == path) {
            return self.passed_over.remove(at).expect("there");
        }
        loop {
            let next = timeout(Duration::from_secs(20), self.taken.recv());
            let taken = next.await.unwrap_or_else(|_| panic!("nothing came to {path}")).expect("the sink lives");
            if taken.path == path {
                return taken;
            }
            self.passed_over.push_back(taken);
        }
    }
}

async fn serve(shared: Arc<Shared>, request: Request<Incoming>) -> io::Result<Response<Full<Bytes>>> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let answer = {
        let mut answers = shared.answers.lock().expect("not poisoned");
        let next = answers.front().copied().expect("an answer");
        if answers.len() > 1 {
            answers.pop_front();
        }
        next
    };
    let accepted = matches!(answer, Answer::Ok | Answer::Part | Answer::Huge | Answer::Close);
    let header = |(name, value): (&header::HeaderName, &http::HeaderValue)| {
        (name.to_string(), value.to_str().unwrap_or_default().to_owned())
    };
    let headers = head.headers.iter().map(header).collect();
    let _ = shared.taken.send(Taken { path: head.uri.path().into(), headers, accepted, body });
    let mut response = Response::new(Full::default());
    match answer {
        Answer::Ok => {}
        Answer::Status(code) => *response.status_mut() = code.try_into().expect("a status"),
        Answer::Part => {
            let part = ExportLogsPartialSuccess { rejected_log_records: 7, error_message: "too old".into() };
            let part = ExportLogsServiceResponse { partial_success: Some(part) };
            *response.body_mut() = Full::from(part.encode_to_vec());
        }
        Answer::Hang => pending::<()>().await,
        Answer::Huge => *response.body_mut() = Full::from(vec![0; 8 << 20]),
        Answer::Close => {
            response.headers_mut().insert(header::CONNECTION, header::HeaderValue::from_static("close"));
        }
        Answer::Drop => return Err(io::ErrorKind::ConnectionReset.into()),
    }
    Ok(response)
}

impl Taken {
    /// The resource's attributes and the records.
    pub(super) fn logs(&self) -> (BTreeMap<String, String>, Vec<LogRecord>) {
        let request = ExportLogsServiceRequest::decode(self.body.clone()).expect("logs");
        let resource = request.resource_logs.iter().filter_map(|r| r.resource.as_ref());
        let resource = resource.flat_map(|r| &r.attributes).map(|a| (a.key.clone(), text(a.value.as_ref()))).collect();
        let scopes = request.resource_logs.into_iter().flat_map(|r| r.scope_logs);
        (resource, scopes.flat_map(|scope| scope.log_records).collect())
    }

    pub(super) fn spans(&self) -> Vec<Span> {
        let request = ExportTraceServiceRequest::decode(self.body.clone()).expect("spans");
        let scopes = request.resource_spans.into_iter().flat_map(|r| r.scope_spans);
        scopes.flat_map(|scope| scope.spans).collect()
    }
}

/// Each metric's unit and its series, as sorted lines of attributes and value; a histogram's is `count x sum`.
pub(super) fn points(taken: &Taken) -> BTreeMap<String, (String, Vec<String>)> {
    let request = ExportMetricsServiceRequest::decode(taken.body.clone()).expect("metrics");
    let scopes = request.resource_metrics.into_iter().flat_map(|r| r.scope_metrics);
    let mut found = BTreeMap::new();
    for metric in scopes.flat_map(|scope| scope.metrics) {
        let mut series: Vec<String> = match metric.data.expect("data") {
            Data::Gauge(gauge) => gauge.data_points.iter().map(number).collect(),
            Data::Sum(sum) => {
                assert_eq!(sum.aggregation_temporality, 2, "{} is not cumulative", metric.name);
                sum.data_points.iter().map(number).collect()
            }
            Data::Histogram(histogram) => {
                assert!(histogram.data_points.iter().all(|point| point.explicit_bounds.len() == 11));
                let line =
                    |a: &[KeyValue], count, sum: Option<f64>| format!("{}{count}x{}", labels(a), sum.expect("a sum"));
                histogram.data_points.iter().map(|p| line(&p.attributes, p.count, p.sum)).collect()
            }
            other => panic!("{other:?}"),
        };
        series.sort();
        found.insert(metric.name, (metric.unit, series));
    }
    found
}

fn number(point: &NumberDataPoint) -> String {
    let value = match point.value.expect("a value") {
        number_data_point::Value::AsInt(value) => value.to_string(),
        number_data_point::Value::AsDouble(value) => value.to_string(),
    };
    labels(&point.attributes) + &value
}

fn labels(attributes: &[KeyValue]) -> String {
    let mut labels: Vec<_> = attributes.iter().map(|a| format!("{}={} ", a.key, text(a.value.as_ref()))).collect();
    labels.sort();
    labels.concat()
}

/// A value as text.
pub(super) fn text(value: Option<&AnyValue>) -> String {
    match value.and_then(|value| value.value.as_ref()) {
        Some(Value::StringValue(text)) => text.clone(),
        Some(Value::IntValue(number)) => number.to_string(),
        Some(Value::DoubleValue(number)) => number.to_string(),
        other => format!("{other:?}"),
    }
}
