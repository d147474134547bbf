//! OTLP's messages as plain values: what a test wants to look at and no more.

use super::Received;
use opentelemetry_proto::tonic::{
    collector::{
        logs::v1::ExportLogsServiceRequest, metrics::v1::ExportMetricsServiceRequest,
        trace::v1::ExportTraceServiceRequest,
    },
    common::v1::{AnyValue, KeyValue, any_value},
    metrics::v1::{Metric, NumberDataPoint, metric, number_data_point},
    resource::v1::Resource,
};
use std::collections::BTreeMap;

/// Attributes by key, every value as text.
pub type Attributes = BTreeMap<String, String>;

/// One data point of a metric.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// The metric.
    pub name: String,
    /// Its unit.
    pub unit: String,
    /// `gauge`, `sum`, `counter` (a monotonic sum), `histogram` or another.
    pub kind: &'static str,
    /// The data point's attributes.
    pub attributes: Attributes,
    /// Its value; a histogram's is its sum.
    pub value: f64,
    /// How many measurements it is made of; 1 but for histograms.
    pub count: u64,
}

/// One log record.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Log {
    /// What kind of event it is; empty for a plain line.
    pub event_name: String,
    /// Its severity as a number.
    pub severity: i32,
    /// What people read.
    pub body: String,
    /// Its attributes.
    pub attributes: Attributes,
    /// The trace it belongs to, in hexadecimal; empty without one.
    pub trace: String,
}

/// One span.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Span {
    /// Its name.
    pub name: String,
    /// Its attributes.
    pub attributes: Attributes,
    /// Its trace, in hexadecimal.
    pub trace: String,
    /// Its own id.
    pub id: String,
    /// Its parent's id; empty for a root.
    pub parent: String,
    /// How long it took, in nanoseconds.
    pub duration: u64,
    /// Whether its status is an error.
    pub error: bool,
}

pub(super) fn metrics(received: &mut Received, message: ExportMetricsServiceRequest) {
    for resource in message.resource_metrics {
        keep(received, resource.resource);
        let metrics = resource.scope_metrics.into_iter().flat_map(|scope| scope.metrics);
        received.points.extend(metrics.flat_map(points));
    }
}

pub(super) fn logs(received: &mut Received, message: ExportLogsServiceRequest) {
    for resource in message.resource_logs {
        keep(received, resource.resource);
        let records = resource.scope_logs.into_iter().flat_map(|scope| scope.log_records);
        received.logs.extend(records.map(|record| Log {
            event_name: record.event_name,
            severity: record.severity_number,
            body: record.body.map(text).unwrap_or_default(),
            attributes: attributes(record.attributes),
            trace: hex(&record.trace_id),
        }));
    }
}

pub(super) fn spans(received: &mut Received, message: ExportTraceServiceRequest) {
    for resource in message.resource_spans {
        keep(received, resource.resource);
        let spans = resource.scope_spans.into_iter().flat_map(|scope| scope.spans);
        received.spans.extend(spans.map(|span| Span {
            name: span.name,
            attributes: attributes(span.attributes),
            trace: hex(&span.trace_id),
            id: hex(&span.span_id),
            parent: hex(&span.parent_span_id),
            duration: span.end_time_unix_nano.saturating_sub(span.start_time_unix_nano),
            error: span.status.is_some_and(|status| status.code == 2),
        }));
    }
}

fn keep(received: &mut Received, resource: Option<Resource>) {
    if let Some(resource) = resource {
        received.resource = attributes(resource.attributes);
    }
}

fn points(metric: Metric) -> Vec<Point> {
    let (name, unit) = (metric.name, metric.unit);
    let point = |kind, attributes, value, count| Point {
        name: name.clone(),
        unit: unit.clone(),
        kind,
        attributes: self::attributes(attributes),
        value,
        count,
    };
    let numbers = |kind, points: Vec<NumberDataPoint>| {
        points.into_iter().map(|p| point(kind, p.attributes.clone(), number(&p), 1)).collect()
    };
    match metric.data {
        Some(metric::Data::Gauge(gauge)) => numbers("gauge", gauge.data_points),
        Some(metric::Data::Sum(sum)) => numbers(if sum.is_monotonic { "counter" } else { "sum" }, sum.data_points),
        Some(metric::Data::Histogram(histogram)) => {
            let points = histogram.data_points.into_iter();
            points.map(|p| point("histogram", p.attributes, p.sum.unwrap_or_default(), p.count)).collect()
        }
        _ => vec![],
    }
}

const fn number(point: &NumberDataPoint) -> f64 {
    match point.value {
        Some(number_data_point::Value::AsDouble(value)) => value,
        Some(number_data_point::Value::AsInt(value)) => value as f64,
        None => f64::NAN,
    }
}

fn attributes(list: Vec<KeyValue>) -> Attributes {
    list.into_iter().map(|one| (one.key, one.value.map(text).unwrap_or_default())).collect()
}

fn text(value: AnyValue) -> String {
    match value.value {
        Some(any_value::Value::StringValue(text)) => text,
        Some(any_value::Value::BoolValue(value)) => value.to_string(),
        Some(any_value::Value::IntValue(value)) => value.to_string(),
        Some(any_value::Value::DoubleValue(value)) => value.to_string(),
        Some(any_value::Value::ArrayValue(list)) => list.values.into_iter().map(text).collect::<Vec<_>>().join(","),
        other => other.map(|other| format!("{other:?}")).unwrap_or_default(),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
