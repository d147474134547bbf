//! An OTLP/HTTP collector that keeps what it gets as plain values, and can be told to behave badly.

mod values;

pub use values::{Attributes, Log, Point, Span};

use http_body_util::{BodyExt, Full};
use hyper::{
    Request, Response, StatusCode,
    body::{Bytes, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use opentelemetry_proto::tonic::collector::{
    logs::v1::ExportLogsServiceRequest, metrics::v1::ExportMetricsServiceRequest, trace::v1::ExportTraceServiceRequest,
};
use prost::Message;
use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};

/// What the collector does with a request.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Mood {
    /// It takes it.
    #[default]
    Kind,
    /// It answers with this status and takes nothing.
    Refuses(u16),
    /// It reads the request and never answers.
    Hangs,
    /// It closes the connection without an answer.
    Closes,
}

/// What came so far, in the order of its coming.
#[derive(Clone, Debug, Default)]
pub struct Received {
    /// Data points of metrics.
    pub points: Vec<Point>,
    /// Log records, events among them.
    pub logs: Vec<Log>,
    /// Spans.
    pub spans: Vec<Span>,
    /// The resource that spoke last.
    pub resource: Attributes,
    /// How many requests came, those that were not taken included.
    pub requests: u64,
    /// How many connections were made.
    pub connections: u64,
}

impl Received {
    /// The data points of this metric.
    pub fn metric<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Point> {
        self.points.iter().filter(move |point| point.name == name)
    }

    /// The log records with this event name.
    pub fn events<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Log> {
        self.logs.iter().filter(move |log| log.event_name == name)
    }
}

/// A collector that listens.
#[derive(Debug)]
pub struct Receiver {
    address: SocketAddr,
    mood: watch::Sender<Mood>,
    received: Arc<watch::Sender<Received>>,
    task: JoinHandle<()>,
}

impl Receiver {
    /// Listens on a free port of the loopback interface.
    pub async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (mood, received) = (watch::Sender::new(Mood::Kind), Arc::new(watch::Sender::new(Received::default())));
        let task = tokio::spawn(serve(listener, mood.subscribe(), Arc::clone(&received)));
        Ok(Self { address, mood, received, task })
    }

    /// What the daemon's configuration calls `endpoint`.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Behaves like this from now on.
    pub fn behave(&self, mood: Mood) {
        self.mood.send_replace(mood);
    }

    /// What came so far.
    pub fn received(&self) -> Received {
        self.received.borrow().clone()
    }

    /// Forgets what came so far.
    pub fn clear(&self) {
        self.received.send_replace(Received::default());
    }

    /// Waits until what came so far is enough; panics with `what` when it takes too long.
    pub async fn wait_for(&self, what: &str, enough: impl FnMut(&Received) -> bool) -> Received {
        let mut received = self.received.subscribe();
        let found = crate::eventually(what, received.wait_for(enough)).await;
        found.map(|found| found.clone()).unwrap_or_default()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(listener: TcpListener, mood: watch::Receiver<Mood>, received: Arc<watch::Sender<Received>>) {
    let mut connections = tokio::task::JoinSet::new(); // they end with us
    while let Ok((stream, _)) = listener.accept().await {
        received.send_modify(|all| all.connections += 1);
        connections.spawn(connection(stream, mood.clone(), Arc::clone(&received)));
    }
}

async fn connection(stream: TcpStream, mood: watch::Receiver<Mood>, received: Arc<watch::Sender<Received>>) {
    let service = service_fn(|request| {
        let (mood, received) = (*mood.borrow(), Arc::clone(&received));
        async move { answer(request, mood, &received).await }
    });
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn answer(
    request: Request<Incoming>,
    mood: Mood,
    received: &watch::Sender<Received>,
) -> io::Result<Response<Full<Bytes>>> {
    let path = request.uri().path().to_owned();
    let body = request.into_body().collect().await.map_err(io::Error::other)?.to_bytes();
    received.send_modify(|all| all.requests += 1);
    let status = match mood {
        Mood::Kind => take(&path, &body, received),
        Mood::Refuses(status) => StatusCode::from_u16(status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE),
        Mood::Hangs => std::future::pending().await,
        Mood::Closes => return Err(io::Error::other("as told")),
    };
    // An empty message says that everything was taken.
    let mut response = Response::new(Full::default());
    response.headers_mut().insert("content-type", hyper::header::HeaderValue::from_static("application/x-protobuf"));
    *response.status_mut() = status;
    Ok(response)
}

fn take(path: &str, body: &[u8], received: &watch::Sender<Received>) -> StatusCode {
    let taken = match path {
        "/v1/metrics" => {
            ExportMetricsServiceRequest::decode(body).map(|m| received.send_modify(|r| values::metrics(r, m)))
        }
        "/v1/logs" => ExportLogsServiceRequest::decode(body).map(|m| received.send_modify(|r| values::logs(r, m))),
        "/v1/traces" => ExportTraceServiceRequest::decode(body).map(|m| received.send_modify(|r| values::spans(r, m))),
        _ => return StatusCode::NOT_FOUND,
    };
    if taken.is_ok() { StatusCode::OK } else { StatusCode::BAD_REQUEST }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eventually;
    use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    async fn post(receiver: &Receiver, path: &str, body: &[u8]) -> String {
        let mut stream = TcpStream::connect(receiver.address).await.unwrap();
        let head =
            format!("POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(body).await.unwrap();
        let mut answer = String::new();
        let _ = eventually("the end", stream.read_to_string(&mut answer)).await;
        answer.lines().next().unwrap_or_default().into()
    }

    #[tokio::test]
    async fn an_event_arrives_as_a_plain_value() {
        let receiver = Receiver::start().await.unwrap();
        let record = LogRecord { event_name: "hw.component.added".into(), ..LogRecord::default() };
        let scope = ScopeLogs { log_records: vec![record], ..ScopeLogs::default() };
        let resource_logs = vec![ResourceLogs { scope_logs: vec![scope], ..ResourceLogs::default() }];
        let body = ExportLogsServiceRequest { resource_logs }.encode_to_vec();
        receiver.behave(Mood::Refuses(503));
        assert!(post(&receiver, "/v1/logs", &body).await.contains("503"));
        receiver.behave(Mood::Closes);
        assert_eq!(post(&receiver, "/v1/logs", &body).await, "");
        receiver.behave(Mood::Kind);
        assert!(post(&receiver, "/v1/logs", &body).await.contains("200"));
        let all = receiver.wait_for("the event", |all| all.events("hw.component.added").count() > 0).await;
        assert_eq!((all.logs.len(), all.requests, all.connections), (1, 3, 3));
        assert!(post(&receiver, "/v1/logs", b"\xff").await.contains("400"));
    }
}
