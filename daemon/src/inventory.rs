//! Follows every place where a component can be: reads it when it appears, again from time to time, and says when its
//! values are stale or it is gone. One task for each place, so nobody waits for another's device.

mod name;
mod pass;

use crate::{
    discover::{Endpoint, Presence, Sighting},
    model::{Id, Origin},
    settings::{ComponentRule, Inventory, Pldm, Settings},
    store::{Report, Store},
};
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio::{
    sync::{mpsc, watch},
    time::{Instant, timeout},
};

/// What every place is followed with.
#[derive(Clone, Debug)]
pub struct Follow {
    /// How often.
    pub inventory: Inventory,
    /// How long a device is waited for.
    pub patience: pldm::Patience,
    /// What the configuration says about components.
    pub rules: Vec<ComponentRule>,
    /// Where reports go.
    pub store: Arc<Store>,
}

impl Follow {
    /// What the configuration says.
    pub fn new(settings: &Settings, store: &Arc<Store>) -> Self {
        let Pldm { time_out, tries } = settings.pldm;
        // The loader has checked them against the same rule.
        let patience = pldm::Patience::new(time_out, tries, pldm::patience::EXPIRY).unwrap_or_default();
        let (inventory, rules) = (settings.inventory.clone(), settings.components.clone());
        Self { inventory, patience, rules, store: Arc::clone(store) }
    }
}

/// Follows every place that is sighted, for as long as sightings come.
pub async fn run(follow: Follow, mut sightings: mpsc::UnboundedReceiver<Sighting>) {
    let follow = Arc::new(follow);
    let mut places: HashMap<(String, u8), watch::Sender<Presence>> = HashMap::new();
    while let Some(Sighting { line, position, presence }) = sightings.recv().await {
        if let Some(place) = places.get(&(line.clone(), position)) {
            let _ = place.send(presence);
            continue;
        }
        let (sender, receiver) = watch::channel(presence);
        places.insert((line, position), sender);
        tokio::spawn(place(Arc::clone(&follow), receiver));
    }
}

/// Follows one place until its source ends.
async fn place(follow: Arc<Follow>, mut presence: watch::Receiver<Presence>) {
    let mut place = Place { follow, known: None, silent_since: None, failures: 0 };
    loop {
        let now = presence.borrow_and_update().clone();
        let wait = match now {
            Presence::Here(endpoint) => tokio::select! {
                wait = place.read(&endpoint) => wait,
                changed = presence.changed() => match changed {
                    Ok(()) => continue,
                    Err(_) => return,
                },
            },
            Presence::Away(reason) => place.silent(&reason),
        };
        if let Ok(Err(_source_ended)) = timeout(wait, presence.changed()).await {
            return;
        }
    }
}

/// One place and what has been learned of it.
struct Place {
    follow: Arc<Follow>,
    /// The component that was last reported from here, and where exactly.
    known: Option<(Id, Origin)>,
    /// Since when it does not answer at all.
    silent_since: Option<Instant>,
    /// How often in a row it did not answer all that was asked.
    failures: u32,
}

impl Place {
    /// Reads the component and says how long to wait for the next time.
    async fn read(&mut self, endpoint: &Endpoint) -> Duration {
        let (component, firmware_missing, pass) = match pass::pass(&self.follow, endpoint).await {
            pass::Outcome::Answered { component, firmware_missing, pass } => (component, firmware_missing, pass),
            pass::Outcome::Silent(reason) => return self.silent(&reason),
        };
        self.silent_since = None;
        let now = (component.id.clone(), component.origin.clone());
        if let Some((component, origin)) = self.known.replace(now).filter(|(before, _)| *before != component.id) {
            let reason = "another component is in its place".into();
            self.follow.store.apply(Report::Gone { component, origin, reason });
        }
        let complete = firmware_missing.is_none();
        self.follow.store.apply(Report::Read { component, firmware_missing, pass });
        if complete {
            self.failures = 0;
            return self.follow.inventory.interval;
        }
        self.back_off()
    }

    /// Says that the component does not answer, or is gone, and how long to wait for the next time.
    fn silent(&mut self, reason: &str) -> Duration {
        let wait = self.back_off();
        let since = *self.silent_since.get_or_insert_with(Instant::now);
        let left = self.follow.inventory.absent_after.saturating_sub(since.elapsed());
        let Some((component, origin)) = self.known.clone() else { return wait };
        let reason = reason.to_owned();
        if left.is_zero() {
            self.known = None;
            self.follow.store.apply(Report::Gone { component, origin, reason });
            return wait;
        }
        self.follow.store.apply(Report::Stale { component, origin, reason });
        wait.min(left)
    }

    fn back_off(&mut self) -> Duration {
        let Inventory { retry_first, retry_last, .. } = self.follow.inventory;
        let wait = retry_first.saturating_mul(2u32.saturating_pow(self.failures.min(16))).min(retry_last);
        self.failures = self.failures.saturating_add(1);
        wait
    }
}
