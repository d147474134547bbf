//! What a component tells by itself: sent or polled, it comes to the same.

use super::{
    Tale,
    catalogue::{Kind, level, value},
    read::{not_enabled, state_reading},
    set_up::HEARTBEAT_SECONDS,
    telling,
};
use crate::{
    clock::Stamp,
    model::{Id, Reading, Value},
    store::Word,
};
use pldm::platform::{
    Polled, SensorOperationalState,
    event::{EventClass, EventData, EventId, EventMessage, SensorChange, SensorEvent},
};
use std::{collections::BTreeSet, time::Duration};
use tokio::time::Instant;

/// How many events of one component are told at once. A power failure of a whole GPU board tells some hundred.
const AT_ONCE_MOST: u32 = 200;

/// How many more are told each second. Ten thousand a second would push everything else out of the telemetry.
const EACH_SECOND_MOST: u32 = 20;

/// How many are fetched from a queue that does not become empty, until the next time: it may never do.
const IN_A_ROW_MOST: u32 = 256;

/// How often it is told that some were lost.
const LOST_INTERVAL: Duration = Duration::from_secs(1);

/// What events have left to be done, and how many there may be.
#[derive(Debug)]
pub(super) struct Heard {
    left: u32,
    filled: Instant,
    lost: u64,
    told: Instant,
    /// Whether events were lost, and what they said is still to be asked for.
    storm: bool,
    /// Sensors that must be asked, by their number in the catalogue.
    wanted: BTreeSet<usize>,
    /// Whether the device's queue of events is ours to empty.
    queue_is_ours: bool,
    /// An event is to be polled, and where it begins.
    pub(super) poll_from: Option<u32>,
    /// How many were polled since the queue was empty, and the last of them.
    polled: u32,
    last_polled: Option<(EventId, EventClass, EventData)>,
    /// The device has something to say that is too long for an event.
    pub(super) logs_wanted: bool,
    /// The records are others.
    pub(super) records_changed: bool,
    /// Until when the device must have said something; none while it need not.
    silent_until: Option<Instant>,
}

impl Heard {
    pub(super) const fn new(now: Instant) -> Self {
        Self {
            left: AT_ONCE_MOST,
            filled: now,
            lost: 0,
            told: now,
            storm: false,
            wanted: BTreeSet::new(),
            queue_is_ours: false,
            poll_from: None,
            polled: 0,
            last_polled: None,
            logs_wanted: false,
            records_changed: false,
            silent_until: None,
        }
    }

    /// Whether signs of life are to come from now on, and whether there is a queue to empty.
    pub(super) fn expect(&mut self, signs: bool, queue_is_ours: bool, now: Instant) {
        self.silent_until = signs.then(|| now + patience());
        self.queue_is_ours = queue_is_ours;
        self.poll_from = self.poll_from.filter(|_| queue_is_ours);
    }

    /// An event waits in the device's queue.
    pub(super) fn wants_polling(&mut self, from: u32) {
        self.poll_from = self.queue_is_ours.then_some(from);
    }

    /// The device's queue is empty.
    pub(super) fn drained(&mut self) {
        (self.polled, self.last_polled) = (0, None);
    }

    /// An event was fetched. Whether it is news: a device that does not take it off its queue gives it again for ever.
    fn fetched(&mut self, event: (EventId, EventClass, EventData)) -> bool {
        if self.last_polled.as_ref() == Some(&event) {
            return false;
        }
        self.last_polled = Some(event);
        self.polled = self.polled.saturating_add(1);
        if self.polled < IN_A_ROW_MOST {
            self.poll_from.get_or_insert(0);
        } else {
            self.polled = 0;
        }
        true
    }

    /// Whether the device should have said something by now, and did not: it may have forgotten us.
    pub(super) fn is_silent(&self, now: Instant) -> bool {
        self.silent_until.is_some_and(|until| until <= now)
    }

    /// The sensors that events made worth asking, once.
    pub(super) fn take_wanted(&mut self) -> BTreeSet<usize> {
        std::mem::take(&mut self.wanted)
    }

    /// So many were lost before they came here.
    pub(super) const fn count_lost(&mut self, count: u64) {
        self.lost = self.lost.saturating_add(count);
    }

    /// How many were lost since that was told, if it is time to tell.
    pub(super) fn lost(&mut self, now: Instant) -> Option<u64> {
        if self.lost == 0 || now.saturating_duration_since(self.told) < LOST_INTERVAL {
            return None;
        }
        (self.told, self.storm) = (now, true);
        Some(std::mem::take(&mut self.lost))
    }

    /// Whether events were lost, and have not been for a while; said once.
    pub(super) fn is_storm_over(&mut self, now: Instant) -> bool {
        let is_over = self.lost == 0 && now.saturating_duration_since(self.told) >= LOST_INTERVAL;
        is_over && std::mem::take(&mut self.storm)
    }

    /// When something of this will be due that is not yet; records and logs rest until then.
    pub(super) fn wakes(&self, records_after: Instant, logs_after: Instant) -> Option<Instant> {
        let lost = (self.lost > 0 || self.storm).then(|| self.told + LOST_INTERVAL);
        let records = self.records_changed.then_some(records_after);
        let logs = self.logs_wanted.then_some(logs_after);
        [lost, records, logs, self.silent_until].into_iter().flatten().min()
    }

    /// Whether there is room for one more event; if not it is lost.
    fn admit(&mut self, now: Instant) -> bool {
        let seconds = now.saturating_duration_since(self.filled).as_secs();
        if seconds > 0 {
            let more = u32::try_from(seconds).unwrap_or(u32::MAX).saturating_mul(EACH_SECOND_MOST);
            self.left = self.left.saturating_add(more).min(AT_ONCE_MOST);
            self.filled = now;
        }
        let Some(left) = self.left.checked_sub(1) else {
            self.count_lost(1);
            return false;
        };
        self.left = left;
        true
    }
}

/// Three signs of life may be missed; the network is not to blame for more.
fn patience() -> Duration {
    Duration::from_secs(u64::from(HEARTBEAT_SECONDS)) * 3
}

impl Tale {
    /// An event was sent.
    pub(super) fn hear(&mut self, event: &EventMessage) {
        let said = event.event();
        self.happened(event.class, &said.value, &event.data, said.damage.map(|damage| damage.to_string()));
    }

    /// An event was polled.
    pub(super) fn polled(&mut self, polled: Polled) {
        if !self.heard.fetched((polled.event_id, polled.class, polled.data.clone())) {
            return;
        }
        let bytes = polled.data.encode().unwrap_or_default();
        let damage = polled.damage.map(|damage| damage.to_string());
        let damage = damage.or_else(|| polled.faults.first().map(ToString::to_string));
        self.happened(polled.class, &polled.data, &bytes, damage);
    }

    fn happened(&mut self, class: EventClass, data: &EventData, bytes: &[u8], damage: Option<String>) {
        let now = Instant::now();
        if self.heard.silent_until.is_some() {
            self.heard.silent_until = Some(now + patience());
        }
        match data {
            // Signs of life and of more to come are between the device and us.
            EventData::Heartbeat(_) => return,
            EventData::MessagePoll(poll) => return self.heard.wants_polling(poll.data_transfer_handle),
            // These are done once, however many there are.
            EventData::PdrRepositoryChange(_) => self.heard.records_changed = true,
            EventData::Cper(_) => self.heard.logs_wanted = true,
            _ => {}
        }
        if !self.heard.admit(now) {
            return;
        }
        let name = |number: u16| self.catalogue.name_of(number);
        let event = telling::event(class, data, bytes, damage, name);
        self.voice.tell(Word::Event(event));
        if let EventData::Sensor(event) = data {
            self.sensor_told(event);
        }
    }

    /// What a sensor's event says is its reading from now on; the next one that is asked for confirms it or not.
    fn sensor_told(&mut self, event: &SensorEvent) {
        let at = Stamp::now();
        let found = self.catalogue.asked.iter().enumerate().find(|(_, asked)| asked.number == event.sensor_id);
        let Some((number, asked)) = found else { return };
        let (told, ask) = match (&event.change, &asked.kind) {
            (SensorChange::OperationalState { present: SensorOperationalState::ENABLED, .. }, _) => (vec![], true),
            (SensorChange::OperationalState { present, .. }, kind) => {
                let lost = |id: &Id| (id.clone(), Reading::unknown(Some(at), not_enabled(*present)));
                (kind.ids().map(lost).collect(), false)
            }
            (SensorChange::State { offset, event_state, .. }, Kind::States(states)) => {
                let told = states.get(usize::from(*offset)).map(|(id, set)| {
                    (id.clone(), state_reading(at, *set, SensorOperationalState::ENABLED, *event_state))
                });
                (told.into_iter().collect(), false)
            }
            (SensorChange::Numeric { event_state, present_reading, .. }, Kind::Number { id, conversion, limits }) => {
                let told = value(conversion, present_reading).map(|value| {
                    let level = level(*event_state, value, limits);
                    (id.clone(), Reading::new(at, Value::Number(value), Some(level)))
                });
                (told.into_iter().collect(), false)
            }
            _ => (vec![], true),
        };
        if ask || told.is_empty() {
            self.heard.wanted.insert(number);
        }
        self.readings.extend(told);
        self.flush();
    }
}
