//! Follows every place where a component can be: reads it when it appears, again from time to time, and says when its
//! values are stale or it is gone. One task for each place, so nobody waits for another's device.

mod component;
mod name;
mod pass;

pub(crate) use component::descriptor;
pub(crate) use pass::{exchange, is_silence};

use crate::{
    discover::{Endpoint, Presence, Sighting},
    event::Pass,
    listen::Hub,
    model::{Id, Origin},
    sensors::{Care, Followed},
    settings::{ComponentRule, Inventory, Settings},
    store::{Report, Store},
};
use pass::{Asking, Learned};
use pldm::{PldmType, Requester, SharedInstanceIds, base::PldmTypes};
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio::{
    sync::{mpsc, watch},
    time::{Instant, timeout},
};

/// What every place is followed with.
#[derive(Debug)]
pub struct Follow {
    /// How often.
    pub inventory: Inventory,
    /// How long a device is waited for.
    pub patience: pldm::Patience,
    /// The instance ids that we share with others, if others ask, too.
    pub shared: Option<SharedInstanceIds>,
    /// What the configuration says about components.
    pub rules: Vec<ComponentRule>,
    /// The names that it gives.
    given: name::Given,
    /// How sensors are followed.
    pub sensors: Arc<Care>,
    /// Where reports go.
    pub store: Arc<Store>,
}

impl Follow {
    /// What the configuration says.
    pub fn new(settings: &Settings, store: &Arc<Store>, hub: &Arc<Hub>) -> Self {
        let pldm = &settings.pldm;
        // The loader has checked them against the same rule.
        let patience = pldm::Patience::new(pldm.time_out, pldm.tries, pldm::patience::EXPIRY).unwrap_or_default();
        let shared = pldm.share.then(|| SharedInstanceIds::new(&pldm.instance_ids));
        let (inventory, rules) = (settings.inventory.clone(), settings.components.clone());
        let given = name::Given::new(settings);
        let sensors = Arc::new(Care::new(settings, store, hub));
        Self { inventory, patience, shared, rules, given, sensors, store: Arc::clone(store) }
    }

    fn requester(&self, endpoint: &Endpoint) -> Requester {
        let (transport, address) = (Arc::clone(&endpoint.transport), endpoint.address);
        match &self.shared {
            Some(ids) => Requester::sharing(transport, address, self.patience, ids.clone()),
            None => Requester::new(transport, address, self.patience),
        }
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
    let mut place = Place {
        follow,
        requester: None,
        learned: Learned::default(),
        sensors: None,
        known: None,
        other_at: None,
        unread: None,
        silent_since: None,
        unread_since: None,
        failures: 0,
    };
    loop {
        let now = presence.borrow_and_update().clone();
        let wait = match now {
            Presence::Here(endpoint) => {
                // A second look, so that whoever is found anew meanwhile is still news, and read again, afterwards.
                let mut ahead = presence.clone();
                let elsewhere = async { ahead.wait_for(|now| !now.is_still(&endpoint)).await.map(drop) };
                tokio::select! {
                    wait = place.read(&endpoint) => wait,
                    changed = elsewhere => match changed {
                        Ok(()) => {
                            place.cut_short();
                            continue;
                        }
                        Err(_source_ended) => return,
                    },
                }
            }
            Presence::Away(reason) => place.away(&reason),
        };
        match timeout(wait, presence.changed()).await {
            // Whoever is found anew may have started anew: how often it failed before says nothing now.
            Ok(Ok(())) => place.failures = 0,
            Ok(Err(_source_ended)) => return,
            Err(_it_is_time) => {}
        }
    }
}

/// One place and what has been learned of it.
struct Place {
    follow: Arc<Follow>,
    /// Outlives the pass, and so do its instance ids: an answer to one pass must not be taken for one to the next.
    requester: Option<Requester>,
    /// What its device said that it need not say every time.
    learned: Learned,
    /// Who reads its sensors.
    sensors: Option<Followed>,
    /// The component that was last reported from here, and where exactly.
    known: Option<(Id, Origin)>,
    /// Where it is, while the endpoint there has never been read.
    unread: Option<(String, u8)>,
    /// When another component was found in it.
    other_at: Option<Instant>,
    /// Since when it does not answer at all.
    silent_since: Option<Instant>,
    /// Since when no pass over it has come to its end.
    unread_since: Option<Instant>,
    /// How often in a row it did not answer all that was asked.
    failures: u32,
}

impl Place {
    /// Reads the component and says how long to wait for the next time.
    async fn read(&mut self, endpoint: &Endpoint) -> Duration {
        let (follow, known) = (Arc::clone(&self.follow), self.known.clone());
        // What another device said is not this one's, even if this pass is cut short.
        if !known.as_ref().is_some_and(|(_, origin)| origin.may_be_same_device(&endpoint.origin)) {
            self.learned = Learned::default();
        }
        let (mut requester, mut learned) = (self.requester(endpoint), self.learned.clone());
        let mut asking = Asking::begin(&follow, endpoint, &mut requester, known.as_ref(), &mut learned);
        asking.firmware().await;
        // What a component runs is published before it is asked what else there is to know.
        if known.is_none() {
            let outcome = asking.outcome();
            if let Err(wait) = self.report(endpoint, outcome) {
                return wait;
            }
        }
        asking.types().await;
        self.follow_sensors(endpoint, asking.learned.types.as_ref());
        asking.rest().await;
        let outcome = asking.outcome();
        self.learned = learned;
        let whole = match self.report(endpoint, outcome) {
            Ok(whole) => whole,
            Err(wait) => return wait,
        };
        // It may have another name since, or none.
        let types = self.learned.types.clone();
        self.follow_sensors(endpoint, types.as_ref());
        // Whoever was refused its id is not asked to wait for it as long as a healthy one rests.
        let has_its_id = self.known.as_ref().is_some_and(|(id, origin)| follow.store.has(id, origin));
        if whole && has_its_id {
            self.failures = 0;
            return follow.inventory.interval;
        }
        self.back_off()
    }

    /// Asks in turn with whoever else asks this endpoint.
    fn requester(&mut self, endpoint: &Endpoint) -> Requester {
        let known = self.requester.take().filter(|requester| requester.address() == endpoint.address);
        let new = || self.follow.requester(endpoint);
        self.requester.insert(known.unwrap_or_else(new)).another()
    }

    /// Tells what came of a pass, and whether that was all there is; or how long to wait when nothing did.
    fn report(&mut self, endpoint: &Endpoint, outcome: pass::Outcome) -> Result<bool, Duration> {
        self.unread_since = None;
        let (component, firmware_missing, pass) = match outcome {
            pass::Outcome::Answered { component, firmware_missing, pass } => (component, firmware_missing, pass),
            pass::Outcome::Silent { reason, pass } => {
                if self.known.is_none() {
                    self.unread(endpoint, Some(reason.clone()));
                }
                return Err(self.silent(&reason, Some(pass)));
            }
        };
        self.unread(endpoint, None);
        if let Some((before, origin)) = self.known.clone().filter(|(before, _)| *before != component.id) {
            let reason = format!("another component is in its place: {}", component.id);
            // A place that is somebody else all the time must not fill the log and the bus with those it was.
            if self.other_at.is_some_and(|at| at.elapsed() < self.follow.inventory.absent_after) {
                return Err(self.silent(&reason, None));
            }
            self.other_at = Some(Instant::now());
            self.follow.store.apply(Report::Gone { component: before, origin, reason });
        }
        if self.silent_since.take().is_some()
            && let Some(sensors) = &self.sensors
        {
            sensors.look_again();
        }
        self.known = Some((component.id.clone(), component.origin.clone()));
        let whole = firmware_missing.is_none();
        self.follow.store.apply(Report::Read { component, firmware_missing, pass });
        Ok(whole)
    }

    /// Sees to it that the sensors of the component are read while it is there, holds its id, and says that it has any.
    fn follow_sensors(&mut self, endpoint: &Endpoint, types: Option<&PldmTypes>) {
        let has_any = types.is_some_and(|types| types.contains(PldmType::PLATFORM));
        let known = self.known.as_ref().filter(|(id, origin)| has_any && self.follow.store.has(id, origin));
        let Some((id, _)) = known else {
            self.sensors = None;
            return;
        };
        match self.sensors.as_ref().filter(|sensors| sensors.are_of(id, endpoint)) {
            Some(sensors) => sensors.renew(endpoint.generation),
            None => {
                let requester = self.requester.as_ref().map(Requester::another);
                let start = |it| Followed::start(&self.follow.sensors, endpoint, it, id.clone());
                self.sensors = requester.map(start);
            }
        }
    }

    /// A pass ended half-way because the device has another address. One that goes on like that must not pass for fresh.
    fn cut_short(&mut self) {
        let since = *self.unread_since.get_or_insert_with(Instant::now);
        if since.elapsed() >= self.follow.inventory.retry_last {
            self.silent("it takes another address again and again before it can be read", None);
        }
    }

    /// Nobody is there: whoever was, and was never read, is no fault of the line any more.
    fn away(&mut self, reason: &str) -> Duration {
        self.sensors = None;
        if let Some((line, position)) = self.unread.take() {
            self.follow.store.apply(Report::Unread { line, position, why: None });
        }
        self.silent(reason, None)
    }

    /// Tells why an endpoint that is there, and of which nothing is known, could not be read; or that it was.
    fn unread(&mut self, endpoint: &Endpoint, why: Option<String>) {
        let Origin::Endpoint { line, position, .. } = &endpoint.origin else { return };
        if why.is_some() || self.unread.is_some() {
            self.unread = why.is_some().then(|| (line.clone(), *position));
            self.follow.store.apply(Report::Unread { line: line.clone(), position: *position, why });
        }
    }

    /// Says that the component does not answer, or is gone, and how long to wait for the next time.
    fn silent(&mut self, reason: &str, pass: Option<Pass>) -> Duration {
        let wait = self.back_off();
        let since = *self.silent_since.get_or_insert_with(Instant::now);
        let left = self.follow.inventory.absent_after.saturating_sub(since.elapsed());
        let Some((component, origin)) = self.known.clone() else { return wait };
        let reason = reason.to_owned();
        if left.is_zero() {
            (self.known, self.sensors) = (None, None);
            self.follow.store.apply(Report::Gone { component, origin, reason });
            return wait;
        }
        self.follow.store.apply(Report::Stale { component, origin, reason, pass });
        wait.min(left)
    }

    fn back_off(&mut self) -> Duration {
        let Inventory { retry_first, retry_last, .. } = self.follow.inventory;
        let wait = retry_first.saturating_mul(2u32.saturating_pow(self.failures.min(16))).min(retry_last);
        self.failures = self.failures.saturating_add(1);
        wait
    }
}

#[cfg(test)]
mod tests;
