//! Starts every room of the daemon and waits for the end.

use crate::{
    ask, discover, face, image, inventory,
    settings::{self, Loaded},
    store::{Report, Store},
};
use std::{io, path::Path, sync::Arc};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::{mpsc, oneshot},
};

/// Runs until it is told to stop. A broken configuration never stops it: what is wrong is reported, the rest is in force.
pub async fn run(configuration: &Path) -> io::Result<()> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let Loaded { settings, faults } = settings::load(configuration);
    let store = Arc::new(Store::default());
    tokio::spawn(face::journal::run(store.events()));
    let (stop, stopped) = oneshot::channel::<()>();
    let telemetry = settings.otlp.clone().map(|otlp| {
        let stopped = async { drop(stopped.await) };
        tokio::spawn(face::otlp::run(otlp, store.model(), store.events(), stopped))
    });
    for fault in faults {
        store.apply(Report::SettingsFault(fault.to_string()));
    }
    // Unbounded, but each search of a line puts in one for each of its places, and the inventory takes them at once.
    let (sightings, sighted) = mpsc::unbounded_channel();
    let hub = Arc::default();
    discover::serial::start(&settings, &store, &sightings, &hub);
    let follow = inventory::Follow::new(&settings, &store, &hub);
    let (asks, asked) = mpsc::channel(ask::WAITING_MOST);
    tokio::spawn(Arc::clone(&follow.sensors).serve(asked));
    tokio::spawn(inventory::run(follow, sighted));
    tokio::spawn(image::run(settings.images, settings.components, Arc::clone(&store)));
    tokio::spawn(face::dbus::serve(store.model(), store.events(), asks, &settings.sensors));
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    drop(stop);
    if let Some(telemetry) = telemetry {
        let _it_says_itself_what_failed = telemetry.await;
    }
    Ok(())
}
