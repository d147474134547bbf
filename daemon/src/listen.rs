//! What devices say of their own accord: answered at once, whoever they are, and handed to whoever follows them.

use mctp::{
    Address, MessageType,
    tty::{Incoming, Line},
};
use pldm::{
    CompletionCode,
    platform::event::{self, EventMessage, PlatformEventStatus},
};
use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::sync::{
    broadcast::error::RecvError,
    mpsc::{self, error::TrySendError},
};

/// How many events of one device may wait to be looked at. A device that goes through a power failure tells some dozens.
const WAITING_MOST: usize = 256;

/// Who follows which device.
#[derive(Debug, Default)]
pub struct Hub(Mutex<BTreeMap<Address, Seat>>);

#[derive(Debug)]
struct Seat {
    events: mpsc::Sender<EventMessage>,
    lost: Arc<AtomicU64>,
}

/// Hears the events of one device, until it is dropped.
#[derive(Debug)]
pub struct Ear {
    hub: Arc<Hub>,
    address: Address,
    events: mpsc::Receiver<EventMessage>,
    lost: Arc<AtomicU64>,
}

impl Hub {
    /// Hears the device at `address` from now on, instead of whoever did.
    pub fn attend(self: &Arc<Self>, address: Address) -> Ear {
        let (sender, events) = mpsc::channel(WAITING_MOST);
        let lost = Arc::<AtomicU64>::default();
        self.seats().insert(address, Seat { events: sender, lost: Arc::clone(&lost) });
        Ear { hub: Arc::clone(self), address, events, lost }
    }

    /// Hands an event on, and says whether anybody listens. One that there is no room for is lost.
    pub(crate) fn tell(&self, from: Address, event: EventMessage) -> bool {
        let seats = self.seats();
        let Some(seat) = seats.get(&from) else { return false };
        match seat.events.try_send(event) {
            Ok(()) => true,
            Err(TrySendError::Full(_)) => {
                seat.lost.fetch_add(1, Ordering::Relaxed);
                true
            }
            Err(TrySendError::Closed(_)) => false,
        }
    }

    /// Every follower of a device on this network may have missed something.
    fn missed(&self, network: u32, count: u64) {
        let seats = self.seats();
        let there = seats.iter().filter(|(address, _)| address.network == network);
        for (_, seat) in there {
            seat.lost.fetch_add(count, Ordering::Relaxed);
        }
    }

    fn seats(&self) -> MutexGuard<'_, BTreeMap<Address, Seat>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ear {
    /// The next event.
    pub async fn hear(&mut self) -> EventMessage {
        match self.events.recv().await {
            Some(event) => event,
            // Somebody else hears the device now.
            None => std::future::pending().await,
        }
    }

    /// How many were lost since the last time.
    pub fn take_lost(&self) -> u64 {
        self.lost.swap(0, Ordering::Relaxed)
    }
}

impl Drop for Ear {
    fn drop(&mut self) {
        let mut seats = self.hub.seats();
        if seats.get(&self.address).is_some_and(|seat| Arc::ptr_eq(&seat.lost, &self.lost)) {
            seats.remove(&self.address);
        }
    }
}

/// Listens to a line until it ends.
pub async fn run(line: Arc<Line>, hub: Arc<Hub>) {
    let mut incoming = line.incoming();
    loop {
        match incoming.recv().await {
            Ok(question) if question.message_type == MessageType::PLDM => answer(&line, &hub, &question).await,
            Ok(_) => {}
            Err(RecvError::Lagged(count)) => hub.missed(line.settings().network, count),
            Err(RecvError::Closed) => return,
        }
    }
}

async fn answer(line: &Line, hub: &Hub, question: &Incoming) {
    let answer = match event::opened(&question.body) {
        None => pldm::respond(&question.body),
        Some((header, message)) => {
            let code = match message.map(|event| hub.tell(question.source, event)) {
                Err(_) => CompletionCode::ERROR_INVALID_LENGTH,
                Ok(true) => CompletionCode::SUCCESS,
                // Who is not followed yet may say it again when it is.
                Ok(false) => CompletionCode::ERROR_NOT_READY,
            };
            event::answer(&header, code, PlatformEventStatus::EVENT_NO_LOGGING)
        }
    };
    if let Some(answer) = answer {
        // A line that went down meanwhile answers nobody; the device will say it again.
        let _gone = line.reply(question, &answer).await;
    }
}
