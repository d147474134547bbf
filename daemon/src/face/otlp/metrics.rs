//! What is counted and timed as it happens: passes, requests, and what telemetry itself lost.

use super::delivery::{Delivery, Signal};
use crate::{
    event::{Exchange, Pass},
    model::Id,
};
use opentelemetry::{
    KeyValue,
    metrics::{Counter, Histogram, Meter},
};
use std::sync::Arc;

/// A request takes milliseconds on a fast bus; at 2.5 s every device has been called silent.
const REQUEST_BUCKETS: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5];

/// A pass is some ten requests, each with its tries.
const PASS_BUCKETS: [f64; 11] = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

/// The instruments.
pub(super) struct Metrics {
    passes: Histogram<f64>,
    pldm: Histogram<f64>,
    requests: Counter<u64>,
    retries: Counter<u64>,
    errors: Counter<u64>,
    dropped: Counter<u64>,
}

impl Metrics {
    /// Declares the instruments, and those of `delivery`.
    pub(super) fn new(meter: &Meter, delivery: Arc<Delivery>) -> Self {
        let requests = "Requests to the collector that came to their end; error.type says why one was lost.";
        meter
            .u64_observable_counter("telemetry.requests")
            .with_unit("{request}")
            .with_description(requests)
            .with_callback(move |observer| {
                for ((signal, error), count) in delivery.counts() {
                    let mut attributes = vec![KeyValue::new("otel.signal", signal.word())];
                    if !error.is_empty() {
                        attributes.push(KeyValue::new("error.type", error));
                    }
                    observer.observe(count, &attributes);
                }
            })
            .build();
        let counter = |name: &'static str, unit: &'static str, description: &'static str| {
            meter.u64_counter(name).with_unit(unit).with_description(description).build()
        };
        let histogram = |name: &'static str, description: &'static str, buckets: [f64; 11]| {
            let histogram = meter.f64_histogram(name).with_unit("s").with_description(description);
            histogram.with_boundaries(buckets.to_vec()).build()
        };
        Self {
            passes: histogram("hw.firmware.inventory.duration", "How long reading a component took.", PASS_BUCKETS),
            pldm: histogram(
                "pldm.client.request.duration",
                "How long a request took, with every try.",
                REQUEST_BUCKETS,
            ),
            requests: counter("mctp.requests", "{request}", "Requests to devices."),
            retries: counter("mctp.retries", "{retry}", "Requests sent again."),
            errors: counter("mctp.errors", "{error}", "Requests that failed, by error.type."),
            dropped: counter("telemetry.events.dropped", "{event}", "Events that did not become telemetry."),
        }
    }

    /// A pass over a component's firmware ended.
    pub(super) fn inventoried(&self, component: &Id, pass: &Pass) {
        self.passes.record(pass.duration.as_secs_f64(), &[KeyValue::new("hw.id", component.to_string())]);
        self.exchanged(pass);
    }

    /// A pass of any kind ended.
    pub(super) fn exchanged(&self, pass: &Pass) {
        for exchange in &pass.exchanges {
            self.exchange(&pass.endpoint, exchange);
        }
    }

    /// `count` events came faster than they could be taken.
    pub(super) fn missed(&self, count: u64) {
        self.dropped.add(count, &[KeyValue::new("error.type", "lagged")]);
    }

    /// An event was dropped because this signal's queue is full: the collector is away.
    pub(super) fn queue_full(&self, signal: Signal) {
        let signal = KeyValue::new("otel.signal", signal.word());
        self.dropped.add(1, &[KeyValue::new("error.type", "queue_full"), signal]);
    }

    /// Endpoint and command together would be too many series: which command was slow, the spans tell.
    fn exchange(&self, endpoint: &str, exchange: &Exchange) {
        let endpoint = KeyValue::new("mctp.endpoint.id", endpoint.to_owned());
        if exchange.protocol == "pldm" {
            let attributes = [endpoint.clone(), KeyValue::new("pldm.type", i64::from(exchange.message_type))];
            self.pldm.record(exchange.duration.as_secs_f64(), &attributes);
        }
        self.requests.add(1, std::slice::from_ref(&endpoint));
        // Zero is added, too: a rate needs the series before the first retry.
        self.retries.add(u64::from(exchange.tries.saturating_sub(1)), std::slice::from_ref(&endpoint));
        if let Some(error) = exchange.error {
            self.errors.add(1, &[endpoint, KeyValue::new("error.type", error)]);
        }
    }
}
