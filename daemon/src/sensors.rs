//! Reads the sensors of each component, each in its own time, and takes in what the component tells by itself.
//!
//! One task for each component that has sensors. It asks its endpoint in turn with the inventory, request by request, and
//! listens while it waits.

use crate::{
    ask::Ask,
    clock::Stamp,
    discover::Endpoint,
    event::Pass,
    inventory::{exchange, is_silence},
    listen::{Ear, Hub},
    logs::Shelf,
    model::{Id, Origin, Reading},
    settings::{self, Settings},
    store::{Report, Store, Word},
};
use catalogue::Catalogue;
use heard::Heard;
use mctp::Eid;
use pldm::Requester;
use schedule::Schedule;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};
use tokio::{
    sync::{Notify, mpsc, watch},
    task::{AbortHandle, JoinSet},
    time::{Instant, sleep_until},
};

mod catalogue;
mod heard;
mod read;
mod schedule;
mod set_up;
mod telling;
#[cfg(test)]
mod tests;

/// What every component's sensors are followed with.
#[derive(Debug)]
pub struct Care {
    settings: settings::Sensors,
    /// Whether pldmd is there, too: then terminus ids and events are its own.
    shared: bool,
    /// Who we are to those that send events.
    own_eid: Eid,
    shelf: Shelf,
    /// Rings for each component that is followed when somebody wishes for its logs.
    wishes: Mutex<BTreeMap<Id, Arc<Notify>>>,
    store: Arc<Store>,
    hub: Arc<Hub>,
}

impl Care {
    /// What the configuration says.
    pub fn new(settings: &Settings, store: &Arc<Store>, hub: &Arc<Hub>) -> Self {
        Self {
            settings: settings.sensors.clone(),
            shared: settings.pldm.share,
            own_eid: Eid(settings.mctp.own_eid),
            shelf: Shelf::new(settings.logs.clone()),
            wishes: Mutex::default(),
            store: Arc::clone(store),
            hub: Arc::clone(hub),
        }
    }

    fn wishes(&self) -> MutexGuard<'_, BTreeMap<Id, Arc<Notify>>> {
        self.wishes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does what faces wish, until nobody can wish any more.
    pub async fn serve(self: Arc<Self>, mut asked: mpsc::Receiver<Ask>) {
        while let Some(Ask::Logs(component)) = asked.recv().await {
            let Some(origin) = self.store.origin(&component) else { continue };
            if let Some(bell) = self.wishes().get(&component) {
                bell.notify_one();
                continue;
            }
            let word = Word::LogsEnded(0, "it speaks no PLDM by which it could have files".into());
            self.store.apply(Report::Of { component, origin, word });
        }
    }
}

/// A component whose sensors are followed until this is dropped.
#[derive(Debug)]
pub struct Followed {
    care: Arc<Care>,
    bell: Arc<Notify>,
    component: Id,
    origin: Origin,
    /// Which generation of the endpoint is there; what an earlier one was told, this one may have forgotten.
    generation: watch::Sender<u64>,
    task: AbortHandle,
}

impl Followed {
    /// Begins to follow the sensors of the component at `endpoint`.
    pub fn start(care: &Arc<Care>, endpoint: &Endpoint, requester: Requester, component: Id) -> Self {
        let (generation, renewed) = watch::channel(endpoint.generation);
        let origin = endpoint.origin.clone();
        let (ear, bell) = (care.hub.attend(endpoint.address), Arc::<Notify>::default());
        let following = Following {
            care: Arc::clone(care),
            requester,
            ear,
            renewed,
            bell: Arc::clone(&bell),
            fetching: None,
            schedule: Schedule::default(),
            tale: Tale::new(care, component.clone(), origin.clone()),
        };
        let task = tokio::spawn(following.run()).abort_handle();
        care.wishes().insert(component.clone(), Arc::clone(&bell));
        Self { care: Arc::clone(care), bell, component, origin, generation, task }
    }

    /// Whether it is this component, there.
    pub fn are_of(&self, component: &Id, endpoint: &Endpoint) -> bool {
        (&self.component, &self.origin) == (component, &endpoint.origin) && !self.task.is_finished()
    }

    /// The endpoint was found anew.
    pub fn renew(&self, generation: u64) {
        self.generation.send_if_modified(|now| std::mem::replace(now, generation) != generation);
    }
}

impl Drop for Followed {
    fn drop(&mut self) {
        self.task.abort();
        let mut wishes = self.care.wishes();
        if wishes.get(&self.component).is_some_and(|bell| Arc::ptr_eq(bell, &self.bell)) {
            wishes.remove(&self.component);
        }
    }
}

/// The task of one component.
struct Following {
    care: Arc<Care>,
    requester: Requester,
    ear: Ear,
    renewed: watch::Receiver<u64>,
    /// Rings when somebody wishes for the component's logs.
    bell: Arc<Notify>,
    /// Fetches them, in turn with the sensors.
    fetching: Option<JoinSet<()>>,
    /// Whose turn it is, by the number in [`Catalogue::asked`]. The events come behind them, where they are polled.
    schedule: Schedule,
    tale: Tale,
}

/// What is known, and told to the store. It can be told more while the device is waited for.
struct Tale {
    store: Arc<Store>,
    component: Id,
    origin: Origin,
    catalogue: Catalogue,
    heard: Heard,
    /// What was read and is not reported yet.
    readings: Vec<(Id, Reading)>,
}

impl Tale {
    fn new(care: &Care, component: Id, origin: Origin) -> Self {
        let (catalogue, heard) = (Catalogue::default(), Heard::new(Instant::now()));
        Self { store: Arc::clone(&care.store), component, origin, catalogue, heard, readings: vec![] }
    }

    fn tell(&self, word: Word) {
        let (component, origin) = (self.component.clone(), self.origin.clone());
        self.store.apply(Report::Of { component, origin, word });
    }

    /// Tells what was read.
    fn flush(&mut self) {
        if !self.readings.is_empty() {
            let readings = std::mem::take(&mut self.readings);
            self.tell(Word::Readings(readings));
        }
    }

    /// None of the sensors has a value now.
    fn lose_all(&mut self, why: &str) {
        let at = Some(Stamp::now());
        let lost = self.catalogue.sensors.keys().map(|id| (id.clone(), Reading::unknown(at, why)));
        self.readings = lost.collect();
        self.flush();
    }
}

/// How long to wait before a device that does not answer is asked again, then twice as long, ...
const REST_FIRST: Duration = Duration::from_secs(1);

/// ... and at the most this. The inventory asks it, too, and says when it is gone.
const REST_LAST: Duration = Duration::from_secs(60);

/// A repository that changes all the time is not read more often than this.
const REPOSITORY_REST: Duration = Duration::from_secs(10);

impl Following {
    async fn run(mut self) {
        let mut failures = 0u32;
        loop {
            self.renewed.mark_unchanged();
            let begun = Instant::now();
            match self.set_up().await {
                Ok(()) => failures = 0,
                Err(error) => {
                    self.tale.lose_all(&error.what());
                    failures = failures.saturating_add(1);
                    let rest = REST_FIRST.saturating_mul(2u32.saturating_pow(failures.min(16))).min(REST_LAST);
                    self.idle(Instant::now() + rest).await;
                    continue;
                }
            }
            self.watch(begun + REPOSITORY_REST).await;
        }
    }

    /// Waits, and listens.
    async fn idle(&mut self, until: Instant) {
        loop {
            tokio::select! {
                biased;
                event = self.ear.hear() => self.tale.hear(&event),
                _ = self.renewed.changed() => return,
                () = sleep_until(until) => return,
            }
        }
    }

    /// Reads each sensor when it is its turn and polls for events when it is theirs, until the endpoint is found anew, its
    /// records are others, or it has forgotten us. That is not set right again before `settled`.
    async fn watch(&mut self, settled: Instant) {
        let mut silences = 0u32;
        loop {
            self.attend();
            let now = Instant::now();
            let heard = &mut self.tale.heard;
            let is_old = heard.records_changed || heard.is_silent(now);
            if self.renewed.has_changed().unwrap_or(true) || (is_old && now >= settled) {
                self.finish_round();
                return;
            }
            let outcome = if let Some(handle) = heard.poll_from.take() {
                self.poll(handle).await
            } else if let Some(number) = self.schedule.due(now) {
                let outcome = self.turn(number).await;
                match &outcome {
                    Ok(()) => self.schedule.answered(number, Instant::now()),
                    Err(_) => self.schedule.failed(number, Instant::now()),
                }
                outcome
            } else {
                self.finish_round();
                let wakes = self.tale.heard.wakes(settled);
                self.wait(self.schedule.next().into_iter().chain(wakes).min()).await;
                continue;
            };
            silences = match outcome {
                Err(error) if is_silence(&error) => silences.saturating_add(1),
                _ => 0,
            };
            // One sensor may be deaf by itself. When the next one is, too, the device is.
            if silences >= 2 {
                self.tale.lose_all("the component does not answer");
                let rest = REST_FIRST.saturating_mul(2u32.saturating_pow(silences.min(16))).min(REST_LAST);
                self.schedule.rest(Instant::now() + rest);
            }
        }
    }

    /// Does what events have left to be done.
    fn attend(&mut self) {
        let now = Instant::now();
        self.tale.heard.count_lost(self.ear.take_lost());
        for number in self.tale.heard.take_wanted() {
            self.schedule.soon(number, now);
        }
        if let Some(count) = self.tale.heard.lost(now) {
            self.tale.tell(Word::EventsLost(count));
            // What they said is asked for instead.
            (0..self.tale.catalogue.asked.len()).for_each(|number| self.schedule.soon(number, now));
        }
        if std::mem::take(&mut self.tale.heard.logs_wanted) && self.care.shelf.fetches() {
            self.fetch_logs();
        }
    }

    /// Waits for the next turn, or for something to happen.
    async fn wait(&mut self, until: Option<Instant>) {
        let turn = async {
            match until {
                Some(until) => sleep_until(until).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            event = self.ear.hear() => self.tale.hear(&event),
            () = self.bell.notified() => self.fetch_logs(),
            _ = self.renewed.changed() => self.renewed.mark_changed(),
            () = turn => {}
        }
    }

    /// Fetches the component's logs, unless that is under way. It ends when the component is not followed any more.
    fn fetch_logs(&mut self) {
        if self.fetching.as_mut().is_some_and(|task| task.try_join_next().is_none() && !task.is_empty()) {
            return;
        }
        let (care, mut requester) = (Arc::clone(&self.care), self.requester.another());
        let (component, origin) = (self.tale.component.clone(), self.tale.origin.clone());
        let files = self.tale.catalogue.files.clone();
        let task = async move {
            let tell = |word| {
                let (component, origin) = (component.clone(), origin.clone());
                care.store.apply(Report::Of { component, origin, word });
            };
            let (mut count, mut failures) = (0u64, Vec::new());
            for file in &files {
                match care.shelf.fetch(&mut requester, &component, file).await {
                    Ok(log) => {
                        count += 1;
                        failures.extend((!log.missing.is_empty()).then(|| format!("{}: {}", log.name, log.missing)));
                        tell(Word::Log(log));
                    }
                    Err(why) => failures.push(format!("{}: {why}", file.name)),
                }
            }
            if files.is_empty() {
                failures.push("it has no files".into());
            }
            tell(Word::LogsEnded(count, failures.join("; ")));
        };
        let mut set = JoinSet::new();
        set.spawn(task);
        self.fetching = Some(set);
    }

    /// Tells what this round brought: the readings, and the requests they took.
    fn finish_round(&mut self) {
        self.tale.flush();
        let calls = self.requester.take_calls();
        let Some(first) = calls.first() else { return };
        let address = self.requester.address();
        let last_error = calls.iter().rev().find_map(|call| call.failure).unwrap_or_default();
        let since = first.started.elapsed();
        self.tale.tell(Word::Asked(Pass {
            started: SystemTime::now() - since,
            duration: since,
            endpoint: format!("{}/{}", address.network, address.eid),
            exchanges: calls.iter().map(|call| exchange(call, first.started)).collect(),
            failure: last_error.to_owned(),
        }));
    }
}

/// Asks, and listens meanwhile: what a device tells by itself does not wait for what it is asked.
macro_rules! ask {
    ($following:expr, $requester:ident => $asking:expr) => {{
        let Following { requester: $requester, ear, tale, .. } = &mut *$following;
        let mut asking = std::pin::pin!($asking);
        loop {
            tokio::select! {
                biased;
                event = ear.hear() => tale.hear(&event),
                answer = &mut asking => break answer,
            }
        }
    }};
}
use ask;
