//! Every time limit and bound on the way to the collector, and why each has its value.

use std::time::Duration;

/// How long things are waited for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// Until the collector's address is found and it takes the connection.
    pub(super) connect: Duration,
    /// Until it has answered one request.
    pub(super) request: Duration,
    /// For so long logs and spans are tried again: a collector that restarts, or a network that comes up after us,
    /// costs nothing. Metrics are never held; the next ones say more.
    pub(super) hold: Duration,
    /// The first pause before a request is tried again; each is twice the one before, ...
    pub(super) pause_first: Duration,
    /// ... and at the most this, so that an hour of outage is some hundred connection attempts.
    pub(super) pause_last: Duration,
    /// How long the last batches may take when the daemon ends. systemd waits 90 s, an operator less.
    pub(super) farewell: Duration,
    /// How long the journal stays silent about the collector after a line about it.
    pub(super) silence: Duration,
    /// How long a log record or span waits for others to go with it.
    pub(super) gather: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            request: Duration::from_secs(10),
            hold: Duration::from_secs(600),
            pause_first: Duration::from_millis(250),
            pause_last: Duration::from_secs(15),
            farewell: Duration::from_secs(3),
            silence: Duration::from_secs(60),
            gather: Duration::from_secs(1),
        }
    }
}

/// The SDK has one thread for each of three signals, and each waits for its answer: more than three is a mistake.
pub(super) const REQUESTS_AT_ONCE: usize = 3;

/// About 40 kB of events or spans: small enough for a spool of some hundred kilobytes.
pub(super) const BATCH: usize = 128;

/// Log records (and spans) that wait for a collector that is away: about 1 kB each.
pub(super) const RECORDS_KEPT: usize = 1024;

/// A request above this is not sent at all. A full batch of the longest records stays far below.
pub(super) const REQUEST_BYTES: usize = 1 << 20;

/// What an OTLP answer can fill: a partial success with its message.
pub(super) const ANSWER_BYTES: usize = 64 << 10;
