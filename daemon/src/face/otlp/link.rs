//! One keep-alive HTTP/1.1 connection to the collector, for all signals: a new one is expensive on a BMC, and with TLS it
//! will take a hundred milliseconds.

use super::patience::{ANSWER_BYTES, Patience};
use bytes::Bytes;
use http::{HeaderValue, Request, Response, Uri, header, uri::PathAndQuery};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use std::{fmt, io};
use tokio::{
    net::TcpStream,
    task::JoinSet,
    time::{Instant, timeout, timeout_at},
};

/// Why the collector did not answer.
#[derive(Debug)]
pub(super) enum Trouble {
    /// It could not be reached.
    Connect(io::Error),
    /// It did not answer in time.
    Silent,
    /// It closed or spoiled the connection.
    Broken(hyper::Error),
    /// The request cannot be sent.
    Request(&'static str),
}

impl Trouble {
    /// In OpenTelemetry's `error.type`.
    pub(super) const fn word(&self) -> &'static str {
        match self {
            Self::Connect(_) => "connect",
            Self::Silent => "timeout",
            Self::Broken(_) => "connection",
            Self::Request(_) => "request",
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect(error) => write!(f, "is not reachable: {error}"),
            Self::Silent => f.write_str("does not answer in time"),
            Self::Broken(error) => write!(f, "breaks the connection: {error}"),
            Self::Request(what) => f.write_str(what),
        }
    }
}

/// The connection, when there is one.
#[derive(Default)]
pub(super) struct Link {
    open: Option<Open>,
}

struct Open {
    sender: http1::SendRequest<Full<Bytes>>,
    /// Moves the connection's bytes; ends with it.
    _driver: JoinSet<()>,
}

impl Link {
    /// Sends `request` and waits for the whole answer, connecting first if need be. A kept connection may have been
    /// closed by the other end just now, which is nobody's fault: then, and only then, a new one is tried at once.
    /// It cannot be told whether the request arrived before, so a record can arrive twice; none is lost for that.
    pub(super) async fn post(
        &mut self,
        request: &Request<Bytes>,
        limits: &Patience,
    ) -> Result<Response<Bytes>, Trouble> {
        let kept = self.open.as_ref().is_some_and(|open| !open.sender.is_closed());
        match self.post_once(request, limits).await {
            Err(Trouble::Broken(_)) if kept => self.post_once(request, limits).await,
            answer => answer,
        }
    }

    async fn post_once(&mut self, request: &Request<Bytes>, limits: &Patience) -> Result<Response<Bytes>, Trouble> {
        // Taken out: whatever goes wrong below, or when this future is dropped, a half-used connection is not kept.
        let mut open = match self.open.take().filter(|open| !open.sender.is_closed()) {
            Some(open) => open,
            None => connect(request.uri(), limits).await?,
        };
        let request = outgoing(request)?;
        let end = Instant::now() + limits.request;
        let exchange = async {
            open.sender.ready().await.map_err(Trouble::Broken)?;
            open.sender.send_request(request).await.map_err(Trouble::Broken)
        };
        let (head, body) = timeout_at(end, exchange).await.map_err(|_| Trouble::Silent)??.into_parts();
        // The status is the verdict. An answer too long to read, or one that never ends, costs the connection only.
        let bytes = match timeout_at(end, Limited::new(body, ANSWER_BYTES).collect()).await {
            Ok(Ok(body)) => {
                self.open = Some(open);
                body.to_bytes()
            }
            _ => Bytes::new(),
        };
        Ok(Response::from_parts(head, bytes))
    }
}

async fn connect(uri: &Uri, limits: &Patience) -> Result<Open, Trouble> {
    let host = uri.host().ok_or(Trouble::Request("the endpoint names no host"))?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let port = uri.port_u16().unwrap_or(80);
    let connecting = timeout(limits.connect, TcpStream::connect((host, port))).await;
    let stream = connecting.map_err(|_| Trouble::Connect(io::ErrorKind::TimedOut.into()))?.map_err(Trouble::Connect)?;
    let handshake = http1::Builder::new().max_buf_size(ANSWER_BYTES).handshake(TokioIo::new(stream));
    let (sender, connection) = handshake.await.map_err(Trouble::Broken)?;
    let mut driver = JoinSet::new();
    // Its error reaches the request, too.
    driver.spawn(async move { drop(connection.await) });
    Ok(Open { sender, _driver: driver })
}

/// The request as it stands on the wire: the path alone, the host as a header.
fn outgoing(request: &Request<Bytes>) -> Result<Request<Full<Bytes>>, Trouble> {
    let uri = request.uri();
    let authority = uri.authority().map_or("", |a| a.as_str());
    let host = authority.rsplit('@').next().unwrap_or_default();
    let host = HeaderValue::from_str(host).map_err(|_| Trouble::Request("the endpoint's host is not legal"))?;
    let path = uri.path_and_query().map_or("/", PathAndQuery::as_str);
    let mut outgoing = Request::new(Full::new(request.body().clone()));
    *outgoing.method_mut() = request.method().clone();
    *outgoing.uri_mut() = path.parse().map_err(|_| Trouble::Request("the endpoint's path is not legal"))?;
    *outgoing.headers_mut() = request.headers().clone();
    outgoing.headers_mut().insert(header::HOST, host);
    let agent = concat!("firmwarden/", env!("CARGO_PKG_VERSION"));
    outgoing.headers_mut().insert(header::USER_AGENT, HeaderValue::from_static(agent));
    Ok(outgoing)
}
