//! Endpoints on the serial lines that we own: we are their bus owner. One task for each line.

use super::{Endpoint, Presence, Sighting};
use crate::{
    listen::{self, Hub},
    model::{self, Origin},
    settings::{Inventory, SerialLine, Settings},
    store::{Report, Store},
};
use mctp::{
    MessageType, Transport,
    control::Identity,
    owner::{Checked, Found, Owner, Pool},
    tty::{Incoming, Line, LineSettings, LineState},
};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::{
    sync::{
        broadcast::{self, error::RecvError},
        mpsc,
    },
    time::{sleep, timeout},
};

/// Starts to watch every line of the configuration. Each is a network of its own, numbered in their order.
pub fn start(settings: &Settings, store: &Arc<Store>, sightings: &mpsc::UnboundedSender<Sighting>, hub: &Arc<Hub>) {
    for (number, serial) in (1..).zip(&settings.lines) {
        let line = Arc::new(Line::start(line_settings(serial, number, settings.mctp.own_eid)));
        tokio::spawn(listen::run(Arc::clone(&line), Arc::clone(hub)));
        let pool = Pool::new(mctp::Eid(settings.mctp.own_eid), settings.mctp.first_eid..=settings.mctp.last_eid);
        let watch = Watch {
            owner: Owner::new(Arc::clone(&line), number, pool),
            line,
            serial: serial.clone(),
            inventory: settings.inventory.clone(),
            store: Arc::clone(store),
            sightings: sightings.clone(),
            here: BTreeMap::new(),
            generation: 0,
        };
        tokio::spawn(watch.run());
    }
}

fn line_settings(serial: &SerialLine, network: u32, own_eid: u8) -> LineSettings {
    LineSettings {
        name: serial.name.to_string(),
        device: serial.device.display().to_string(),
        baud: serial.baud,
        network,
        identity: Identity::owner(mctp::Eid(own_eid)),
    }
}

/// One line and who is on it.
struct Watch {
    line: Arc<Line>,
    owner: Owner<Arc<Line>>,
    serial: SerialLine,
    inventory: Inventory,
    store: Arc<Store>,
    sightings: mpsc::UnboundedSender<Sighting>,
    /// Who is where on the line, and of which generation that knowledge is.
    here: BTreeMap<u8, (u64, Found)>,
    generation: u64,
}

impl Watch {
    async fn run(mut self) {
        let mut state = self.line.state();
        loop {
            let now = state.borrow_and_update().clone();
            let changed = match now {
                LineState::Up { .. } => {
                    self.tell_line(None, vec![]);
                    tokio::select! {
                        () = self.attend() => return,
                        changed = state.changed() => changed,
                    }
                }
                LineState::Down(reason) => {
                    self.tell_line(Some(reason.clone()), vec![]);
                    self.depart(|_| true, &reason);
                    state.changed().await
                }
            };
            if changed.is_err() {
                return;
            }
        }
    }

    /// Finds who is there and watches that they stay who they are, for as long as the line is up.
    async fn attend(&mut self) {
        let Inventory { interval, retry_first, retry_last, check_interval, .. } = self.inventory;
        let mut times_empty = 0u32;
        loop {
            let mut incoming = self.line.incoming();
            self.enumerate().await;
            if self.here.is_empty() {
                let wait = retry_first.saturating_mul(2u32.saturating_pow(times_empty.min(16))).min(retry_last);
                times_empty = times_empty.saturating_add(1);
                called(&mut incoming, wait).await;
                continue;
            }
            times_empty = 0;
            // However often a device calls, it is not asked more often than this.
            sleep(retry_first).await;
            let unchanged =
                async { while !called(&mut incoming, check_interval).await && self.all_the_same().await {} };
            // Not everybody calls who comes later behind a bridge, or did not answer well before.
            let _either_is_a_reason = timeout(interval, unchanged).await;
        }
    }

    /// Looks who is there. Whoever is found is told at once, and waits for nobody else on the line.
    async fn enumerate(&mut self) {
        self.generation = self.generation.wrapping_add(1);
        let Self { line, owner, serial, sightings, here, generation, .. } = self;
        let seen = owner.search(|found| {
            let endpoint = endpoint(line, serial, found, *generation);
            here.insert(found.position, (*generation, found.clone()));
            tell(sightings, serial, found.position, Presence::Here(endpoint));
        });
        let faults = seen.await.faults;
        self.tell_line(None, faults.iter().map(ToString::to_string).collect());
        let now = self.generation;
        self.depart(|generation| generation != now, "it did not answer when the line was searched");
    }

    /// Whether everybody is still who they were. Silence is not a change: the inventory notices it by itself.
    async fn all_the_same(&self) -> bool {
        for (_, found) in self.here.values() {
            if let Ok(Checked::Reset { .. } | Checked::Replaced { .. }) = self.owner.check(found).await {
                return false;
            }
        }
        true
    }

    /// Says of everybody whose generation `is_gone` that they are away.
    fn depart(&mut self, is_gone: impl Fn(u64) -> bool, reason: &str) {
        let Self { serial, sightings, here, .. } = self;
        here.retain(|position, (generation, _)| {
            let gone = is_gone(*generation);
            if gone {
                tell(sightings, serial, *position, Presence::Away(reason.to_owned()));
            }
            !gone
        });
    }

    fn tell_line(&self, down: Option<String>, faults: Vec<String>) {
        let device = self.serial.device.display().to_string();
        let line = model::Line { device, down, faults, ..model::Line::default() };
        self.store.apply(Report::Line { name: self.serial.name.to_string(), line });
    }
}

fn tell(sightings: &mpsc::UnboundedSender<Sighting>, serial: &SerialLine, position: u8, presence: Presence) {
    let line = serial.name.to_string();
    let _the_end_is_near = sightings.send(Sighting { line, position, presence });
}

fn endpoint(line: &Arc<Line>, serial: &SerialLine, found: &Found, generation: u64) -> Endpoint {
    let origin = Origin::Endpoint {
        line: serial.name.to_string(),
        position: found.position,
        network: found.address.network,
        eid: found.address.eid.0,
        uuid: found.uuid.as_ref().map(mctp::uuid_text),
    };
    // A device that does not say what it speaks may still speak PLDM.
    let speaks_pldm = found.message_types.is_empty() || found.message_types.contains(&MessageType::PLDM);
    let transport: Arc<dyn Transport> = Arc::clone(line) as _;
    Endpoint { origin, address: found.address, transport, generation, speaks_pldm }
}

/// Waits until a device says that it needs an endpoint id (Discovery Notify), at most for `wait`.
async fn called(incoming: &mut broadcast::Receiver<Incoming>, wait: Duration) -> bool {
    let call = async {
        loop {
            match incoming.recv().await {
                // PLDM has a listener of its own.
                Ok(message) if message.message_type != MessageType::CONTROL => {}
                Ok(_) | Err(RecvError::Lagged(_)) => return,
                Err(RecvError::Closed) => std::future::pending().await,
            }
        }
    };
    timeout(wait, call).await.is_ok()
}
