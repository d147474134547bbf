//! What became of the requests: counters for the metrics, and few lines for the journal.

use super::link::Trouble;
use bytes::Bytes;
use http::Response;
use opentelemetry_proto::tonic::collector::logs::v1::{ExportLogsPartialSuccess, ExportLogsServiceResponse};
use prost::Message;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// One of OpenTelemetry's signals.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Signal {
    /// Events.
    Logs,
    /// Numbers.
    Metrics,
    /// Spans.
    Traces,
}

impl Signal {
    /// The signal that goes to this path.
    pub(super) fn of(path: &str) -> Self {
        match path.rsplit('/').next() {
            Some("logs") => Self::Logs,
            Some("traces") => Self::Traces,
            _ => Self::Metrics,
        }
    }

    /// Whether a failed request is held and tried again.
    pub(super) const fn is_held(self) -> bool {
        !matches!(self, Self::Metrics)
    }

    /// In OpenTelemetry's words.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Logs => "logs",
            Self::Metrics => "metrics",
            Self::Traces => "traces",
        }
    }
}

/// How many requests succeeded (the empty text) or failed, by `error.type`.
pub(super) type Counts = BTreeMap<(Signal, String), u64>;

/// What became of the requests.
#[derive(Debug)]
pub(super) struct Delivery {
    endpoint: String,
    /// How long the journal stays silent after a line about the collector.
    silence: Duration,
    state: Mutex<State>,
    say: fn(u8, &str),
}

#[derive(Debug, Default)]
struct State {
    counts: Counts,
    /// Signals whose last request was lost or is being held.
    failing: BTreeSet<Signal>,
    /// When the journal was last told, and whether it was of trouble.
    told: Option<Instant>,
    told_trouble: bool,
}

impl Delivery {
    /// Before any request.
    pub(super) fn new(endpoint: String, silence: Duration, say: fn(u8, &str)) -> Self {
        Self { endpoint, silence, state: Mutex::default(), say }
    }

    /// A request failed and will be tried again.
    pub(super) fn held(&self, signal: Signal, posted: &Result<Response<Bytes>, Trouble>) {
        self.fail(&mut self.state(), signal, &format!("{}; logs and spans are held", describe(posted)));
    }

    /// A request came to its end.
    pub(super) fn ended(&self, signal: Signal, result: &Result<Response<Bytes>, Trouble>) {
        let mut state = self.state();
        let word = signal.word();
        let lost = || Some(format!("{}; a request of {word} is lost", describe(result)));
        let (error, trouble) = match result {
            Ok(answer) if answer.status().is_success() => match refused(answer) {
                None => (String::new(), None),
                // The OTLP specification forbids sending such a request again.
                Some(ExportLogsPartialSuccess { rejected_log_records: count, error_message }) => {
                    let what = format!("refuses {count} records of a request of {word}: {error_message}");
                    ("partial_success".to_owned(), Some(what))
                }
            },
            Ok(answer) => (answer.status().as_u16().to_string(), lost()),
            Err(trouble) => (trouble.word().to_owned(), lost()),
        };
        *state.counts.entry((signal, error)).or_default() += 1;
        if let Some(what) = trouble {
            return self.fail(&mut state, signal, &what);
        }
        state.failing.remove(&signal);
        if state.failing.is_empty() && state.told_trouble {
            state.told_trouble = false;
            state.told = Some(Instant::now());
            (self.say)(5, &format!("telemetry: the collector {} takes everything again", self.endpoint));
        }
    }

    /// The counts so far.
    pub(super) fn counts(&self) -> Counts {
        self.state().counts.clone()
    }

    /// Tells the journal once until the trouble is over, and not more often than every `silence` when it comes and goes.
    fn fail(&self, state: &mut State, signal: Signal, what: &str) {
        state.failing.insert(signal);
        if state.told_trouble || state.told.is_some_and(|told| told.elapsed() < self.silence) {
            return;
        }
        state.told_trouble = true;
        state.told = Some(Instant::now());
        (self.say)(4, &format!("telemetry: the collector {} {what}", self.endpoint));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the collector refused of a request that it took. The answers of all signals have the same fields.
fn refused(answer: &Response<Bytes>) -> Option<ExportLogsPartialSuccess> {
    let answer = ExportLogsServiceResponse::decode(answer.body().as_ref()).ok()?;
    answer.partial_success.filter(|part| part.rejected_log_records > 0)
}

fn describe(result: &Result<Response<Bytes>, Trouble>) -> String {
    match result {
        Ok(answer) => format!("answers {}", answer.status()),
        Err(trouble) => trouble.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::StatusCode;

    static SAID: Mutex<Vec<u8>> = Mutex::new(vec![]);

    fn answer(status: StatusCode) -> Result<Response<Bytes>, Trouble> {
        let mut answer = Response::new(Bytes::new());
        *answer.status_mut() = status;
        Ok(answer)
    }

    #[tokio::test(start_paused = true)]
    async fn trouble_is_told_once_and_ends_when_every_signal_gets_through() {
        let silence = Duration::from_secs(60);
        let delivery = Delivery::new("x".into(), silence, |level, _| SAID.lock().expect("not poisoned").push(level));
        let said = || SAID.lock().expect("not poisoned").clone();
        delivery.held(Signal::Logs, &answer(StatusCode::SERVICE_UNAVAILABLE));
        delivery.held(Signal::Logs, &Err(Trouble::Silent));
        delivery.ended(Signal::Metrics, &answer(StatusCode::OK));
        assert_eq!(said(), [4], "logs are still held");
        delivery.ended(Signal::Logs, &answer(StatusCode::OK));
        assert_eq!(said(), [4, 5]);
        for _ in 0..9 {
            delivery.ended(Signal::Logs, &answer(StatusCode::BAD_REQUEST));
            delivery.ended(Signal::Logs, &answer(StatusCode::OK));
        }
        assert_eq!(said(), [4, 5], "it comes and goes");
        tokio::time::advance(silence).await;
        delivery.ended(Signal::Logs, &Err(Trouble::Silent));
        assert_eq!(said(), [4, 5, 4]);
        let counts = delivery.counts();
        let count = |error: &str| counts.get(&(Signal::Logs, error.to_owned())).copied();
        assert_eq!((count(""), count("400"), count("timeout")), (Some(10), Some(9), Some(1)));
    }
}
