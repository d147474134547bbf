//! The model and the events over OTLP.

use crate::{
    event::{Event, Pass, What},
    face::journal,
    model::Model,
    settings,
};
use delivery::Signal;
use patience::Patience;
use pipelines::Pipelines;
use std::{future::Future, path::Path, pin::pin, sync::Arc};
use tokio::sync::{
    broadcast::{self, error::RecvError, error::TryRecvError},
    watch,
};

mod bounded;
mod client;
mod delivery;
mod link;
mod logs;
mod metrics;
mod patience;
mod pipelines;
mod process;
mod resource;
mod sensors;
#[cfg(test)]
mod sink;
mod state;
#[cfg(test)]
mod tests;
mod traces;

/// Sends until `shutdown` is done or nobody can report any more, then what is left, within three seconds.
/// `OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_EXPORTER_OTLP_HEADERS` and `OTEL_RESOURCE_ATTRIBUTES` win over `settings`.
/// A collector that is away costs no more than its telemetry.
pub async fn run(
    mut settings: settings::Otlp,
    model: watch::Receiver<Arc<Model>>,
    events: broadcast::Receiver<Event>,
    shutdown: impl Future<Output = ()>,
) {
    let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    if let Some(endpoint) = variable("OTEL_EXPORTER_OTLP_ENDPOINT") {
        settings.endpoint = endpoint;
    }
    let listed = variable("OTEL_RESOURCE_ATTRIBUTES");
    let host = nix::unistd::gethostname().ok().and_then(|name| name.into_string().ok());
    let resource = resource::resource(Path::new("/"), host, &settings.resource, listed.as_deref());
    match Pipelines::new(&settings, model, resource, Patience::default(), journal::line) {
        Ok(pipelines) => forward(pipelines, events, shutdown).await,
        Err(error) => journal::line(3, &format!("telemetry: nothing is sent: {error}")),
    }
}

async fn forward(mut pipelines: Pipelines, mut events: broadcast::Receiver<Event>, shutdown: impl Future<Output = ()>) {
    let mut shutdown = pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => break,
            received = events.recv() => match received {
                Ok(event) => tell(&pipelines, &event),
                Err(RecvError::Lagged(count)) => pipelines.missed(count),
                Err(RecvError::Closed) => break,
            }
        }
    }
    loop {
        match events.try_recv() {
            Ok(event) => tell(&pipelines, &event),
            Err(TryRecvError::Lagged(count)) => pipelines.missed(count),
            Err(TryRecvError::Empty | TryRecvError::Closed) => break,
        }
    }
    pipelines.finish().await;
}

fn tell(pipelines: &Pipelines, event: &Event) {
    if !pipelines.logs.tell(event) {
        pipelines.metrics.queue_full(Signal::Logs);
    }
    let told = match &event.what {
        What::Inventoried { component, pass } => {
            pipelines.metrics.inventoried(component, pass);
            pipelines.traces.tell("inventory scan", component, pass)
        }
        What::Asked { component, pass } => {
            pipelines.metrics.exchanged(pass);
            // Every few seconds for each component: only what failed is worth a trace.
            !has_failure(pass) || pipelines.traces.tell("sensor scan", component, pass)
        }
        _ => true,
    };
    if !told {
        pipelines.metrics.queue_full(Signal::Traces);
    }
}

fn has_failure(pass: &Pass) -> bool {
    !pass.failure.is_empty() || pass.exchanges.iter().any(|exchange| exchange.error.is_some())
}
