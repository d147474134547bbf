//! How the SDK's finished requests leave the daemon. The SDK calls from bare threads that have no reactor, so the request
//! crosses over to one [`Uploader`] on the daemon's runtime. TLS and a spool on disk belong here, when they come.

use super::{
    delivery::{Delivery, Signal},
    link::{Link, Trouble},
    patience::{Patience, REQUESTS_AT_ONCE},
};
use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{StreamExt, stream::FuturesUnordered};
use http::{Request, Response, StatusCode, header::RETRY_AFTER};
use opentelemetry_http::{HttpClient, HttpError};
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::{Mutex, mpsc, oneshot, watch},
    time::{Instant, sleep},
};

/// The SDK's end: hands a request over and waits for what became of it.
#[derive(Clone, Debug)]
pub(super) struct Client {
    jobs: mpsc::Sender<Job>,
}

#[async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (answer, answered) = oneshot::channel();
        // Never waits for room: what does not fit is an error at once.
        self.jobs.try_send(Job { request, answer }).map_err(|_| "the uploader is busy or gone")?;
        answered.await.map_err(|_| "the uploader is gone")?
    }
}

#[derive(Debug)]
struct Job {
    request: Request<Bytes>,
    answer: oneshot::Sender<Result<Response<Bytes>, HttpError>>,
}

/// The daemon's end: takes requests to the collector.
pub(super) struct Uploader {
    jobs: mpsc::Receiver<Job>,
    courier: Courier,
}

/// What it takes to deliver a request.
struct Courier {
    link: Mutex<Link>,
    limits: Patience,
    delivery: Arc<Delivery>,
    /// Turns true when the daemon ends: then nothing is held any more.
    ending: watch::Receiver<bool>,
}

impl Uploader {
    /// Both ends.
    pub(super) fn new(limits: Patience, delivery: Arc<Delivery>, ending: watch::Receiver<bool>) -> (Client, Self) {
        let (sender, jobs) = mpsc::channel(REQUESTS_AT_ONCE);
        (Client { jobs: sender }, Self { jobs, courier: Courier { link: Mutex::default(), limits, delivery, ending } })
    }

    /// Works until nobody can send any more.
    pub(super) async fn run(mut self) {
        let mut under_way = FuturesUnordered::new();
        loop {
            tokio::select! {
                job = self.jobs.recv(), if under_way.len() < REQUESTS_AT_ONCE => match job {
                    Some(job) => under_way.push(self.courier.deliver(job)),
                    None => return,
                },
                Some(()) = under_way.next() => {}
            }
        }
    }
}

impl Courier {
    async fn deliver(&self, job: Job) {
        let signal = Signal::of(job.request.uri().path());
        let end = Instant::now() + if signal.is_held() { self.limits.hold } else { Duration::ZERO };
        let mut pause = self.limits.pause_first;
        let result = loop {
            let posted = self.link.lock().await.post(&job.request, &self.limits).await;
            let asked = match &posted {
                Ok(answer) if answer.status().is_success() => break posted,
                Ok(answer) if !is_retryable(answer.status()) => break posted,
                Ok(answer) => retry_after(answer),
                Err(Trouble::Request(_)) => break posted,
                Err(_) => None,
            };
            let rest = asked.map_or(pause, |asked| asked.max(pause));
            if Instant::now() + rest > end || *self.ending.borrow() {
                break posted;
            }
            self.delivery.held(signal, &posted);
            self.rest(rest).await;
            pause = (pause * 2).min(self.limits.pause_last);
        };
        self.delivery.ended(signal, &result);
        // The SDK may have given up waiting.
        let _ = job.answer.send(result.map_err(|trouble| trouble.to_string().into()));
    }

    /// Waits, but not into the daemon's end.
    async fn rest(&self, pause: Duration) {
        let mut ending = self.ending.clone();
        tokio::select! {
            () = sleep(pause) => {}
            _ = ending.wait_for(|ending| *ending) => {}
        }
    }
}

/// Whether the OTLP specification has the request tried again.
const fn is_retryable(status: StatusCode) -> bool {
    matches!(status.as_u16(), 429 | 502..=504)
}

fn retry_after(answer: &Response<Bytes>) -> Option<Duration> {
    let seconds = answer.headers().get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds).min(Duration::from_secs(3600)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    fn request() -> Request<Bytes> {
        Request::post("http://127.0.0.1:1/v1/logs").body(Bytes::new()).expect("a request")
    }

    #[tokio::test]
    async fn a_request_fails_at_once_when_the_uploader_is_full_or_gone() {
        let (_ending, ended) = watch::channel(false);
        let delivery = Arc::new(Delivery::new("x".into(), Duration::ZERO, |_, _| {}));
        let (client, uploader) = Uploader::new(Patience::default(), delivery, ended);
        let mut waiting: Vec<_> = (0..REQUESTS_AT_ONCE).map(|_| client.send_bytes(request())).collect();
        assert!(waiting.iter_mut().all(|sent| sent.now_or_never().is_none()));
        assert!(client.send_bytes(request()).now_or_never().is_some_and(|result| result.is_err()));
        drop(uploader);
        assert!(client.send_bytes(request()).now_or_never().is_some_and(|result| result.is_err()));
    }

    #[test]
    fn only_the_retryable_statuses_are_tried_again() {
        let passing: Vec<_> =
            (100..600).filter(|code| is_retryable(StatusCode::from_u16(*code).expect("legal"))).collect();
        assert_eq!(passing, [429, 502, 503, 504]);
    }

    #[test]
    fn retry_after_is_read_in_seconds_and_is_bounded() {
        let wish = |text: &str| {
            let answer = Response::builder().header(RETRY_AFTER, text).body(Bytes::new()).expect("an answer");
            retry_after(&answer)
        };
        assert_eq!(wish("2"), Some(Duration::from_secs(2)));
        assert_eq!(wish("99999999999"), Some(Duration::from_secs(3600)));
        assert_eq!((wish("-1"), wish("Wed, 21 Oct 2015 07:28:00 GMT"), wish("")), (None, None, None));
    }
}
