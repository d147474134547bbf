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
    model::{Delivery, Fault, Id, Origin, Reading},
    settings::{self, Settings},
    store::{Report, Store, Word},
};
use catalogue::Catalogue;
use futures_util::FutureExt;
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
            let voice = Voice { store: Arc::clone(&self.store), component, origin };
            voice.tell(Word::LogsEnded(0, "it speaks no PLDM by which it could have files".into()));
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
        let voice = Voice { store: Arc::clone(&care.store), component: component.clone(), origin: origin.clone() };
        let now = Instant::now();
        let following = Following {
            care: Arc::clone(care),
            requester,
            ear,
            renewed,
            bell: Arc::clone(&bell),
            fetching: JoinSet::new(),
            delivery: Delivery::None,
            schedule: Schedule::default(),
            polls: Schedule::default(),
            is_new: true,
            records_after: now,
            record_faults: vec![],
            logs_after: now,
            tale: Tale { voice, catalogue: Catalogue::default(), heard: Heard::new(now), readings: vec![] },
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

    /// The component was not there for a while: what was said of its sensors meanwhile is to be said anew.
    pub fn look_again(&self) {
        self.generation.send_modify(|_| {});
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
    fetching: JoinSet<()>,
    /// Which sensor's turn it is, by the number in [`Catalogue::asked`].
    schedule: Schedule,
    /// How its events reach us, since it was told last.
    delivery: Delivery,
    /// When it is the events' turn, where they are polled: one entry or none.
    polls: Schedule,
    /// Whether the endpoint was found anew, and its records are to be looked at.
    is_new: bool,
    /// They are not read again before.
    records_after: Instant,
    /// What was wrong when they were looked at.
    record_faults: Vec<Fault>,
    /// The logs are not fetched again unasked before.
    logs_after: Instant,
    tale: Tale,
}

/// What is known, and told to the store. It can be told more while the device is waited for.
struct Tale {
    voice: Voice,
    catalogue: Catalogue,
    heard: Heard,
    /// What was read and is not reported yet.
    readings: Vec<(Id, Reading)>,
}

/// Speaks for one component.
#[derive(Clone)]
struct Voice {
    store: Arc<Store>,
    component: Id,
    origin: Origin,
}

impl Voice {
    fn tell(&self, word: Word) {
        let (component, origin) = (self.component.clone(), self.origin.clone());
        self.store.apply(Report::Of { component, origin, word });
    }
}

impl Tale {
    /// Tells what was read.
    fn flush(&mut self) {
        if !self.readings.is_empty() {
            let readings = std::mem::take(&mut self.readings);
            self.voice.tell(Word::Readings(readings));
        }
    }
}

/// How long to wait before a device that does not answer is asked again, then twice as long, ...
const REST_FIRST: Duration = Duration::from_secs(1);

/// ... and at the most this. The inventory asks it, too, and says when it is gone.
const REST_LAST: Duration = Duration::from_secs(60);

/// How long to rest after so many failures in a row.
fn rest(failures: u32) -> Duration {
    REST_FIRST.saturating_mul(2u32.saturating_pow(failures.min(16))).min(REST_LAST)
}

/// A repository that changes all the time is not read more often than this, nor does reading it take more than half of
/// the time.
const REPOSITORY_REST: Duration = Duration::from_secs(10);

/// Logs are not fetched unasked more often than this: a device in trouble tells of it again and again.
const LOGS_REST: Duration = Duration::from_secs(60);

/// The first values are told when there are all. What is read later is told after this: together, because each telling
/// costs the faces as much as all of it, and no later, because where sensors are slower than their rate there is never nothing to do.
const ROUND: Duration = Duration::from_millis(500);

/// As many readings are told at once at the most; a requester remembers more calls than that.
const ROUND_MOST: usize = 128;

impl Following {
    async fn run(mut self) {
        let mut failures = 0u32;
        loop {
            if self.is_renewed() {
                self.renewed.mark_unchanged();
                self.is_new = true;
                self.ask_all();
            }
            match self.set_up().await {
                Ok(()) => {
                    failures = 0;
                    self.watch().await;
                }
                Err(error) => {
                    self.lose_all(&error.what());
                    self.idle(Instant::now() + rest(failures)).await;
                    failures = failures.saturating_add(1);
                }
            }
            self.finish_round();
        }
    }

    /// Waits, and does what can be done without the device.
    async fn idle(&mut self, until: Instant) {
        while Instant::now() < until && !self.is_renewed() {
            self.attend();
            self.wait(Some(until)).await;
        }
    }

    /// None of the sensors has a value now; as soon as the device answers they are all asked for one.
    fn lose_all(&mut self, why: &str) {
        let at = Some(Stamp::now());
        let lost = self.tale.catalogue.sensors.keys().map(|id| (id.clone(), Reading::unknown(at, why)));
        self.tale.readings = lost.collect();
        self.tale.flush();
        self.ask_all();
    }

    /// It is every sensor's turn.
    fn ask_all(&mut self) {
        let now = Instant::now();
        (0..self.tale.catalogue.asked.len()).for_each(|number| self.schedule.soon(number, now));
    }

    fn is_renewed(&self) -> bool {
        self.renewed.has_changed().unwrap_or(true)
    }

    /// Reads each sensor when it is its turn and polls for events when it is theirs, until the endpoint is found anew, its
    /// records are others, or it has forgotten us.
    async fn watch(&mut self) {
        let (mut silences, mut polled, mut resting) = (0u32, false, Instant::now());
        let (mut round, mut is_told, mut is_first) = (resting, true, true);
        loop {
            self.attend();
            let now = Instant::now();
            let heard = &self.tale.heard;
            if self.is_renewed() || heard.is_silent(now) || (heard.records_changed && now >= self.records_after) {
                return;
            }
            if !is_told && (now >= round || self.tale.readings.len() >= ROUND_MOST) {
                self.finish_round();
                (round, is_told) = (now + ROUND, true);
            }
            let is_rested = now >= resting;
            let is_polled = is_rested && (self.tale.heard.poll_from.is_some() || self.polls.due(now).is_some());
            let outcome = match self.schedule.due(now).filter(|_| is_rested) {
                // Events come first, but a queue that never ends has every other turn only.
                Some(number) if polled || !is_polled => {
                    polled = false;
                    self.turn(number).await
                }
                _ if is_polled => {
                    polled = true;
                    self.poll().await
                }
                // Whoever waits for the first values need not wait for more of them.
                _ if is_first && !is_told => {
                    self.finish_round();
                    (round, is_told, is_first) = (now + ROUND, true, false);
                    continue;
                }
                _ => {
                    let next = self.next(resting).into_iter().chain((!is_told).then_some(round)).min();
                    self.wait(next).await;
                    continue;
                }
            };
            is_told = false;
            if outcome.err().filter(is_silence).is_none() {
                silences = 0;
            } else if self.silence().await.is_some() {
                self.lose_all("the component does not answer");
                resting = Instant::now() + rest(silences);
                silences = silences.saturating_add(1);
            } else {
                // One sensor may be deaf by itself, and so may the queue.
                silences = 0;
                self.tale.heard.poll_from = self.tale.heard.poll_from.filter(|_| !polled);
            }
        }
    }

    /// When there is something to do again; with a device that does not answer not before `resting`.
    fn next(&self, resting: Instant) -> Option<Instant> {
        let polled = self.tale.heard.poll_from.map(|_| resting);
        let turns = [self.schedule.next(), self.polls.next(), polled].into_iter().flatten().min();
        let wakes = self.tale.heard.wakes(self.records_after, self.logs_after);
        turns.map(|turn| turn.max(resting)).into_iter().chain(wakes).min()
    }

    /// Does what events have left to be done.
    fn attend(&mut self) {
        let now = Instant::now();
        if self.bell.notified().now_or_never().is_some() {
            self.fetch_logs();
        }
        let heard = &mut self.tale.heard;
        heard.count_lost(self.ear.take_lost());
        for number in heard.take_wanted() {
            self.schedule.soon(number, now);
        }
        if let Some(count) = heard.lost(now) {
            self.tale.voice.tell(Word::EventsLost(count));
        } else if heard.is_storm_over(now) {
            // What they said is asked for instead.
            self.ask_all();
        }
        if self.tale.heard.logs_wanted && now >= self.logs_after {
            self.logs_after = now + LOGS_REST;
            // One that is under way may have passed what is new.
            self.tale.heard.logs_wanted = self.care.shelf.fetches() && !self.fetch_logs();
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
            () = self.bell.notified() => self.bell.notify_one(),
            _ = self.renewed.changed() => self.renewed.mark_changed(),
            () = turn => {}
        }
    }

    /// Fetches the component's logs, unless that is under way. It ends when the component is not followed any more.
    fn fetch_logs(&mut self) -> bool {
        while self.fetching.try_join_next().is_some() {}
        if !self.fetching.is_empty() {
            return false;
        }
        let (care, mut requester) = (Arc::clone(&self.care), self.requester.another());
        let (voice, files) = (self.tale.voice.clone(), self.tale.catalogue.files.clone());
        self.fetching.spawn(async move {
            let (mut count, mut failures) = (0u64, Vec::new());
            for file in &files {
                match care.shelf.fetch(&mut requester, &voice.component, file).await {
                    Ok(log) => {
                        count += 1;
                        failures.extend((!log.missing.is_empty()).then(|| format!("{}: {}", log.name, log.missing)));
                        voice.tell(Word::Log(log));
                    }
                    Err(why) => failures.push(format!("{}: {why}", file.name)),
                }
            }
            if files.is_empty() {
                failures.push("it has no files".into());
            }
            voice.tell(Word::LogsEnded(count, failures.join("; ")));
        });
        true
    }

    /// Tells what this round brought: the readings, and the requests they took.
    fn finish_round(&mut self) {
        self.tale.flush();
        let calls = self.requester.take_calls();
        let Some(first) = calls.first() else { return };
        let address = self.requester.address();
        let last_error = calls.iter().rev().find_map(|call| call.failure).unwrap_or_default();
        let since = first.started.elapsed();
        self.tale.voice.tell(Word::Asked(Pass {
            started: SystemTime::now() - since,
            duration: since,
            endpoint: format!("{}/{}", address.network, address.eid),
            exchanges: calls.iter().map(|call| exchange(call, first.started)).collect(),
            failure: last_error.to_owned(),
        }));
    }
}

/// Asks, and listens meanwhile: what a device tells by itself does not wait for what it is asked. Neither comes first, so
/// that one who never stops talking is heard to the end of what it was asked.
macro_rules! ask {
    ($following:expr, $requester:ident => $asking:expr) => {{
        let Following { requester: $requester, ear, tale, .. } = &mut *$following;
        let mut asking = std::pin::pin!($asking);
        loop {
            tokio::select! {
                event = ear.hear() => tale.hear(&event),
                answer = &mut asking => break answer,
            }
        }
    }};
}
use ask;
