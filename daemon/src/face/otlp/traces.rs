//! Passes as spans: what was asked, in which order, and what took long.

use super::{bounded::Waiting, logs::is_set};
use crate::{
    event::{Exchange, Pass},
    model::Id,
};
use opentelemetry::{
    Context, KeyValue,
    trace::{Span, SpanBuilder, SpanKind, Status, TraceContextExt, TracerProvider},
};
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};

/// Makes spans of passes.
pub(super) struct Traces {
    tracer: SdkTracer,
    waiting: Waiting,
}

impl Traces {
    /// Sends through `provider`.
    pub(super) fn new(provider: &SdkTracerProvider, waiting: Waiting) -> Self {
        Self { tracer: provider.tracer("firmwarden"), waiting }
    }

    /// Sends a pass. False when the queue is full and it was dropped, whole: half a trace misleads.
    pub(super) fn tell(&self, name: &'static str, component: &Id, pass: &Pass) -> bool {
        // Before the clock is set a span would have wrong times, so none is sent. The metrics still have the duration.
        if !is_set(pass.started) {
            return true;
        }
        if !self.waiting.admit(pass.exchanges.len() + 1) {
            return false;
        }
        let mut attributes = vec![KeyValue::new("hw.id", component.to_string())];
        attributes.extend(endpoint(pass));
        let failed = !pass.failure.is_empty();
        if failed {
            let why = pass.exchanges.iter().rev().find_map(|exchange| exchange.error).unwrap_or("_OTHER");
            attributes.push(KeyValue::new("error.type", why));
        }
        let scan = SpanBuilder::from_name(name)
            .with_kind(SpanKind::Internal)
            .with_start_time(pass.started)
            .with_attributes(attributes);
        // Not below the thread's current context: each pass is a trace of its own.
        let scan = scan.start_with_context(&self.tracer, &Context::new());
        let context = Context::new().with_span(scan);
        for exchange in &pass.exchanges {
            self.tell_exchange(&context, pass, exchange);
        }
        if failed {
            context.span().set_status(Status::error(pass.failure.clone()));
        }
        context.span().end_with_timestamp(pass.started + pass.duration);
        true
    }

    fn tell_exchange(&self, scan: &Context, pass: &Pass, exchange: &Exchange) {
        let started = pass.started + exchange.offset;
        let retries = i64::from(exchange.tries.saturating_sub(1));
        let mut attributes = vec![KeyValue::new("mctp.retry.count", retries)];
        attributes.extend(endpoint(pass));
        if exchange.protocol == "pldm" {
            attributes.push(KeyValue::new("pldm.type", i64::from(exchange.message_type)));
            attributes.push(KeyValue::new("pldm.command.name", exchange.command));
            let code = exchange.completion_code.map(i64::from);
            attributes.extend(code.map(|code| KeyValue::new("pldm.completion_code", code)));
        }
        attributes.extend(exchange.error.map(|error| KeyValue::new("error.type", error)));
        let mut span = SpanBuilder::from_name(format!("{} {}", exchange.protocol, exchange.command))
            .with_kind(SpanKind::Client)
            .with_start_time(started)
            .with_attributes(attributes)
            .start_with_context(&self.tracer, scan);
        if let Some(error) = exchange.error {
            span.set_status(Status::error(error));
        }
        span.end_with_timestamp(started + exchange.duration);
    }
}

fn endpoint(pass: &Pass) -> Option<KeyValue> {
    (!pass.endpoint.is_empty()).then(|| KeyValue::new("mctp.endpoint.id", pass.endpoint.clone()))
}
