//! Sets up the SDK's three pipelines over one connection, and shuts them down in bounded time.

use super::{
    bounded::{Counted, Waiting},
    client::{Client, Uploader},
    delivery::Delivery,
    logs::Logs,
    metrics::Metrics,
    patience::{BATCH, Patience, RECORDS_KEPT, REQUEST_BYTES},
    process, sensors,
    state::{self, Models},
    traces::Traces,
};
use crate::settings;
use http::Uri;
use opentelemetry::metrics::MeterProvider;
use opentelemetry_otlp::{
    LogExporter, MetricExporter, Protocol, RetryPolicy, SpanExporter, WithExportConfig, WithHttpConfig,
};
use opentelemetry_sdk::{
    Resource,
    logs::{self, BatchLogProcessor, SdkLoggerProvider},
    metrics::{PeriodicReader, SdkMeterProvider, Temporality},
    trace::{self, BatchSpanProcessor, SdkTracerProvider},
};
use std::{collections::HashMap, sync::Arc};
use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{Instant, timeout_at},
};

/// Everything between an event and the collector.
pub(super) struct Pipelines {
    pub(super) logs: Logs,
    pub(super) metrics: Metrics,
    pub(super) traces: Traces,
    providers: Providers,
    uploader: JoinHandle<()>,
    ending: watch::Sender<bool>,
    limits: Patience,
    say: fn(u8, &str),
    said_missed: bool,
}

struct Providers {
    logs: SdkLoggerProvider,
    metrics: SdkMeterProvider,
    traces: SdkTracerProvider,
}

impl Pipelines {
    /// Sets them up. Must be called on the runtime that is to do the sending.
    pub(super) fn new(
        settings: &settings::Otlp,
        models: Models,
        resource: Resource,
        limits: Patience,
        say: fn(u8, &str),
    ) -> Result<Self, String> {
        let base = base(&settings.endpoint)?;
        let delivery = Arc::new(Delivery::new(base.clone(), limits.silence, say));
        let (ending, ended) = watch::channel(false);
        let (client, uploader) = Uploader::new(limits, Arc::clone(&delivery), ended);
        let (log_records, spans) = (Waiting::default(), Waiting::default());
        let headers: HashMap<_, _> = settings.headers.iter().cloned().collect();
        let way = Way { base, headers, client };
        let providers = Providers {
            logs: way.logs(resource.clone(), log_records.clone(), limits)?,
            metrics: way.metrics(resource.clone(), settings)?,
            traces: way.traces(resource, spans.clone(), limits)?,
        };
        let meter = providers.metrics.meter("firmwarden");
        state::observe(&meter, &models, settings.serial_numbers);
        sensors::observe(&meter, &models);
        process::observe(&meter);
        Ok(Self {
            logs: Logs::new(&providers.logs, log_records, settings.event_name_attribute),
            metrics: Metrics::new(&meter, delivery),
            traces: Traces::new(&providers.traces, spans),
            providers,
            uploader: tokio::spawn(uploader.run()),
            ending,
            limits,
            say,
            said_missed: false,
        })
    }

    /// `count` events came too fast. The journal is told the first time; the metric counts.
    pub(super) fn missed(&mut self, count: u64) {
        self.metrics.missed(count);
        if !std::mem::replace(&mut self.said_missed, true) {
            let first = format!("telemetry: missed {count} events, the first time; telemetry.events.dropped counts");
            (self.say)(4, &first);
        }
    }

    /// Sends what is left and ends, in `farewell` or little more, whatever the collector does.
    pub(super) async fn finish(self) {
        self.ending.send_replace(true);
        let Providers { logs, metrics, traces } = self.providers;
        // On a thread of its own: the SDK blocks until its threads have sent, and they send through this runtime.
        // Metrics last, so that they count what became of the others.
        let mut farewell = tokio::task::spawn_blocking(move || {
            let results = [logs.shutdown(), traces.shutdown(), metrics.shutdown()];
            results.iter().all(Result::is_ok)
        });
        let end = Instant::now() + self.limits.farewell;
        let in_time = timeout_at(end, &mut farewell).await;
        // With the uploader go all answers that are waited for, so the SDK's threads end at once.
        self.uploader.abort();
        if in_time.is_err() {
            let _ = timeout_at(end + self.limits.farewell, farewell).await;
        }
        if !matches!(in_time, Ok(Ok(true))) {
            (self.say)(4, "telemetry: the collector did not take the last records");
        }
    }
}

/// The way to the collector, the same for every signal.
struct Way {
    base: String,
    headers: HashMap<String, String>,
    client: Client,
}

impl Way {
    fn logs(&self, resource: Resource, waiting: Waiting, limits: Patience) -> Result<SdkLoggerProvider, String> {
        let exporter = self.signal(LogExporter::builder().with_http(), "logs");
        let exporter = Counted { exporter: exporter.build().map_err(|e| e.to_string())?, waiting };
        let batches = logs::BatchConfigBuilder::default()
            .with_max_queue_size(RECORDS_KEPT + BATCH)
            .with_max_export_batch_size(BATCH)
            .with_scheduled_delay(limits.gather)
            .build();
        let processor = BatchLogProcessor::builder(exporter).with_batch_config(batches).build();
        Ok(SdkLoggerProvider::builder().with_resource(resource).with_log_processor(processor).build())
    }

    fn traces(&self, resource: Resource, waiting: Waiting, limits: Patience) -> Result<SdkTracerProvider, String> {
        let exporter = self.signal(SpanExporter::builder().with_http(), "traces");
        let exporter = Counted { exporter: exporter.build().map_err(|e| e.to_string())?, waiting };
        let batches = trace::BatchConfigBuilder::default()
            .with_max_queue_size(RECORDS_KEPT + BATCH)
            .with_max_export_batch_size(BATCH)
            .with_scheduled_delay(limits.gather)
            .build();
        let processor = BatchSpanProcessor::builder(exporter).with_batch_config(batches).build();
        Ok(SdkTracerProvider::builder().with_resource(resource).with_span_processor(processor).build())
    }

    fn metrics(&self, resource: Resource, settings: &settings::Otlp) -> Result<SdkMeterProvider, String> {
        let exporter = MetricExporter::builder().with_http().with_temporality(Temporality::Cumulative);
        let exporter = self.signal(exporter, "metrics").build().map_err(|e| e.to_string())?;
        let reader = PeriodicReader::builder(exporter).with_interval(settings.interval).build();
        Ok(SdkMeterProvider::builder().with_resource(resource).with_reader(reader).build())
    }

    /// The uploader tries again, not the SDK: it would sleep on its thread where nothing can wake it.
    fn signal<B: WithExportConfig + WithHttpConfig>(&self, builder: B, signal: &str) -> B {
        builder
            .with_endpoint(format!("{}/v1/{signal}", self.base))
            .with_protocol(Protocol::HttpBinary)
            .with_headers(self.headers.clone())
            .with_http_client(self.client.clone())
            .with_retry_policy(RetryPolicy::disabled())
            .with_max_request_body_size(REQUEST_BYTES)
    }
}

/// The endpoint without its last slash, if it is one that we can speak to.
fn base(endpoint: &str) -> Result<String, String> {
    let uri: Uri = endpoint.parse().map_err(|error| format!("the endpoint {endpoint} is no URL: {error}"))?;
    match (uri.scheme_str(), uri.host()) {
        (Some("http"), Some(host)) if !host.is_empty() => Ok(endpoint.trim_end_matches('/').to_owned()),
        (Some("https"), _) => Err(format!("the endpoint {endpoint} asks for TLS, which comes later")),
        _ => Err(format!("the endpoint {endpoint} is not http://host:port")),
    }
}
