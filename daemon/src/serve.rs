//! Starts every room of the daemon and waits for the end.

use crate::{
    discover, face, image, inventory, settings,
    store::{Report, Store},
};
use std::{io, path::Path, sync::Arc};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::mpsc,
};

/// Runs until it is told to stop. A broken configuration never stops it: what is wrong is reported, the rest is in force.
pub async fn run(configuration: &Path) -> io::Result<()> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let settings::Loaded { settings, faults } = settings::load(configuration);
    let store = Arc::new(Store::default());
    tokio::spawn(face::journal::run(store.events()));
    let telemetry = settings.otlp.clone().map(|otlp| face::otlp::start(otlp, store.model(), store.events()));
    for fault in faults {
        store.apply(Report::SettingsFault(fault.to_string()));
    }
    // Unbounded, but each search of a line puts in one for each of its places, and the inventory takes them at once.
    let (sightings, sighted) = mpsc::unbounded_channel();
    discover::serial::start(&settings, &store, &sightings);
    let patience = settings.patience();
    let follow = inventory::Follow {
        inventory: settings.inventory.clone(),
        patience,
        rules: settings.components.clone(),
        store: Arc::clone(&store),
    };
    tokio::spawn(inventory::run(follow, sighted));
    tokio::spawn(image::run(settings.images, settings.components, Arc::clone(&store)));
    tokio::spawn(face::dbus::serve(store.model()));
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    if let Some(telemetry) = telemetry {
        telemetry.shutdown().await;
    }
    Ok(())
}
