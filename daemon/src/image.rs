//! Hashes firmware images that the BMC itself can read, one at a time: a BMC has two slow cores.

use crate::{
    clock::Stamp,
    event::Pass,
    model::{Component, Freshness, Id, Origin},
    settings::{ComponentRule, ImageSettings},
    store::{Report, Store},
};
use std::{
    collections::BTreeMap,
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::watch,
    task,
    time::{Instant, sleep, sleep_until},
};
use watched::{Found, Watched};

pub mod hash;
mod read;
mod search;
#[cfg(test)]
mod tests;
mod version;
mod watched;

pub use search::Search;

/// How often progress is told. A hash that takes less has none.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(500);

/// Hashes `images` now, whenever they change and from time to time, and tells `store`. Without images it ends at once,
/// else never. Dropping it stops the hashing after the chunk that is being read.
pub async fn run(images: Vec<ImageSettings>, rules: Vec<ComponentRule>, store: Arc<Store>) {
    let mut watched: Vec<_> = images.into_iter().map(Watched::new).collect();
    while let Some((index, due)) = watched.iter().map(Watched::due).enumerate().min_by_key(|(_, due)| *due) {
        sleep_until(due).await;
        attend(&mut watched, index, &rules, &store).await;
    }
}

/// Looks at one image and tells what is new.
async fn attend(watched: &mut [Watched], index: usize, rules: &[ComponentRule], store: &Store) {
    let Some(image) = watched.get_mut(index) else { return };
    let (began, started) = (Instant::now(), Stamp::now().wall);
    let stop = StopOnDrop::default();
    let (flag, settings, expected) = (Arc::clone(&stop.0), Arc::clone(&image.settings), image.expected());
    let (sender, mut heard) = watch::channel(Heard::default());
    let mut looking = task::spawn_blocking(move || {
        let mut tell = |version: Option<&str>, percent| {
            let heard = Heard { version: version.map(Into::into), percent };
            sender.send_if_modified(|held| {
                let changed = *held != heard;
                *held = heard;
                changed
            });
        };
        watched::look(&settings, expected, &mut tell, &flag)
    });
    let mut told_progress = false;
    let found = loop {
        tokio::select! {
            biased;
            found = &mut looking => break found,
            () = sleep(PROGRESS_INTERVAL) => {}
        }
        if heard.has_changed().unwrap_or(false) {
            let heard = heard.borrow_and_update().clone();
            progress(watched, index, &heard, rules, store);
            told_progress = true;
        }
    };
    let found = found.unwrap_or_else(|e| Found::Failed(read::ImageError::Io(io::Error::other(e))));
    let Some(image) = watched.get_mut(index) else { return };
    let duration = began.elapsed();
    image.rest(&found, duration);
    if image.take_in(found, Stamp::now()) || told_progress {
        let failure = image.faults.first().map(ToString::to_string).unwrap_or_default();
        let owner = image.settings.component.clone();
        let pass = Pass { started, duration, endpoint: String::new(), exchanges: vec![], failure };
        store.apply(read_report(&owner, watched, rules, pass));
    }
}

/// Tells how far a hash is. A firmware that nobody knows yet is told first, if its version is known.
fn progress(watched: &mut [Watched], index: usize, heard: &Heard, rules: &[ComponentRule], store: &Store) {
    let Some(image) = watched.get_mut(index) else { return };
    let (component, firmware) = (image.settings.component.clone(), image.settings.id.clone());
    if let (None, Some(version)) = (&image.firmware, &heard.version) {
        let now = Stamp::now();
        image.announce(version, now);
        let (started, endpoint) = (now.wall, String::new());
        let pass = Pass { started, duration: Duration::ZERO, endpoint, exchanges: vec![], failure: String::new() };
        store.apply(read_report(&component, watched, rules, pass));
    }
    store.apply(Report::Hashing { component, firmware, percent: heard.percent });
}

fn read_report(id: &Id, watched: &[Watched], rules: &[ComponentRule], pass: Pass) -> Report {
    let rule = rules.iter().find(|rule| rule.is_local() && rule.id == *id);
    let owned = || watched.iter().filter(|image| image.settings.component == *id);
    let firmware: BTreeMap<_, _> =
        owned().filter_map(|image| image.firmware.clone()).map(|firmware| (firmware.id.clone(), firmware)).collect();
    let name = if id.as_str() == "bmc" { "BMC".to_owned() } else { id.to_string() };
    let component = Component {
        id: id.clone(),
        kind: rule.and_then(|rule| rule.kind.clone()).unwrap_or_else(|| "bmc".into()),
        name: rule.and_then(|rule| rule.name.clone()).unwrap_or(name),
        manufacturer: rule.and_then(|rule| rule.manufacturer.clone()),
        model: rule.and_then(|rule| rule.model.clone()),
        part_number: None,
        serial_number: None,
        update_capabilities: vec![],
        update_state: None,
        parent: rule.and_then(|rule| rule.parent.clone()),
        origin: Origin::Local,
        inventory_path: rule.and_then(|rule| rule.inventory_path.clone()),
        descriptors: vec![],
        last_read: firmware.values().map(|firmware| firmware.last_read).max(),
        // The BMC itself is always there; it is its images that may be stale.
        freshness: Freshness::Fresh,
        faults: owned().flat_map(|image| image.faults.clone()).collect(),
        leniencies: BTreeMap::new(),
        firmware,
    };
    Report::Read { component: Box::new(component), firmware_missing: None, pass }
}

/// What the hashing says meanwhile.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
struct Heard {
    version: Option<String>,
    percent: u8,
}

/// A blocking task cannot be aborted, only asked to stop.
#[derive(Debug, Default)]
struct StopOnDrop(Arc<AtomicBool>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
