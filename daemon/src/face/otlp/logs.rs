//! Events as log records.

use super::bounded::Waiting;
use crate::event::{Event, Severity, What};
use opentelemetry::logs::{AnyValue, LogRecord, Logger, LoggerProvider, Severity as Number};
use opentelemetry_sdk::logs::{SdkLogger, SdkLoggerProvider};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// 2020-01-01. A BMC without a clock battery starts before; a receiver refuses a record of 1970, or hides it there.
const CLOCK_IS_SET_AFTER: Duration = Duration::from_secs(1_577_836_800);

/// Whether the clock had been set when it showed `wall`.
pub(super) fn is_set(wall: SystemTime) -> bool {
    wall.duration_since(UNIX_EPOCH).is_ok_and(|since| since >= CLOCK_IS_SET_AFTER)
}

/// Makes log records of events.
pub(super) struct Logs {
    logger: SdkLogger,
    waiting: Waiting,
    name_attribute: bool,
}

impl Logs {
    /// Sends through `provider`.
    pub(super) fn new(provider: &SdkLoggerProvider, waiting: Waiting, name_attribute: bool) -> Self {
        Self { logger: provider.logger("firmwarden"), waiting, name_attribute }
    }

    /// Sends `event`, unless it is not meant for the log. False when the queue is full and it was dropped.
    pub(super) fn tell(&self, event: &Event) -> bool {
        // A pass is a span and a measurement; what it found out has events of its own.
        if matches!(event.what, What::Inventoried { .. } | What::Asked { .. }) {
            return true;
        }
        if !self.waiting.admit(1) {
            return false;
        }
        let mut record = self.logger.create_log_record();
        fill(&mut record, event, SystemTime::now(), self.name_attribute);
        self.logger.emit(record);
        true
    }
}

fn fill(record: &mut impl LogRecord, event: &Event, now: SystemTime, name_attribute: bool) {
    let name = event.what.name();
    record.set_event_name(name);
    let (number, text) = match event.what.severity() {
        Severity::Debug => (Number::Debug, "DEBUG"),
        Severity::Information => (Number::Info, "INFO"),
        Severity::Warning => (Number::Warn, "WARN"),
        Severity::Error => (Number::Error, "ERROR"),
    };
    record.set_severity_number(number);
    record.set_severity_text(text);
    if is_set(event.at.wall) {
        record.set_timestamp(event.at.wall);
    }
    // On the wire the epoch is 0, which OTLP reads as "not known": then the receiver's clock counts.
    record.set_observed_timestamp(if is_set(now) { now } else { UNIX_EPOCH });
    record.set_body(AnyValue::from(event.what.to_string()));
    if name_attribute {
        record.add_attribute("event.name", name);
    }
    record.add_attributes(event.what.facts().into_iter().map(|(name, value)| (name, typed(name, value))));
}

/// A measure as a number, so that a receiver can compare it; all else as the text that it is.
fn typed(name: &str, value: String) -> AnyValue {
    let number = match name {
        "file.size" | "hw.log.count" | "pldm.event.count" => value.parse().ok().map(AnyValue::Int),
        "hw.sensor.value" => value.parse().ok().map(AnyValue::Double),
        _ => None,
    };
    number.unwrap_or_else(|| value.into())
}
