//! A device that promised signs of life and gives none: the only thing here that takes minutes, so the daemon's rooms run
//! in this process with the clock paused, and the board's device answers without a line.

use firmwarden::{
    discover::{Endpoint, Presence, Sighting},
    inventory::{self, Follow},
    listen::Hub,
    model::Origin,
    settings::Settings,
    store::Store,
};
use firmwarden_tests::board::{Component, Description, EventReceiver};
use mctp::{
    Address, Answers, Eid, MessageType, Transport,
    assembly::{Assembler, Limits, Message},
    packet::{Packet, Tag},
    serial::Decoder,
};
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep},
};

const ADDRESS: Address = Address { network: 1, eid: Eid(9) };

/// A device of the board, reached without a wire. Nobody carries what it says of its own accord.
struct Mute {
    device: Mutex<Component>,
    begin: Instant,
}

impl Mute {
    fn new(synchrony: u8) -> Arc<Self> {
        let mut description = Description::named("gpu0");
        description.platform.synchrony = synchrony;
        Arc::new(Self { device: Mutex::new(Component::new(description)), begin: Instant::now() })
    }

    fn device(&self) -> MutexGuard<'_, Component> {
        self.device.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn told(&self) -> Vec<EventReceiver> {
        self.device().asked.event_receivers.clone()
    }

    fn asked(&self, command: (u8, u8)) -> u64 {
        self.device().asked.commands.get(&command).copied().unwrap_or_default()
    }
}

impl Transport for Mute {
    fn exchange<'a>(
        &'a self,
        to: Address,
        message_type: MessageType,
        body: &'a [u8],
        _: Answers<'a>,
    ) -> mctp::Answer<'a> {
        let (source, tag) = (Eid(8), Tag::request(1));
        let request =
            Message { source, destination: to.eid, tag, message_type, integrity_check: false, body: body.to_vec() };
        Box::pin(async move {
            let actions = self.device().answer(&request, self.begin.elapsed());
            let (mut decoder, mut assembler) = (Decoder::default(), Assembler::new(Limits::default()));
            for action in actions {
                sleep(action.after).await;
                for byte in action.bytes {
                    let Some(packet) = decoder.feed(byte) else { continue };
                    let packet = Packet::parse(packet).expect("the board's own");
                    if let Some(message) = assembler.feed(&packet, Instant::now()) {
                        return Ok(message.body);
                    }
                }
            }
            std::future::pending().await
        })
    }
}

/// Follows the device for so long.
async fn follow(device: &Arc<Mute>, time: Duration) {
    let (store, hub, settings) = (Arc::new(Store::default()), Arc::<Hub>::default(), Settings::default());
    let (sightings, sighted) = mpsc::unbounded_channel();
    let origin = Origin::Endpoint { line: "gpu0".into(), position: 0, network: 1, eid: 9, uuid: None };
    let transport: Arc<dyn Transport> = Arc::clone(device) as _;
    let endpoint = Endpoint { origin, address: ADDRESS, transport, generation: 1, speaks_pldm: true };
    let sighting = Sighting { line: "gpu0".into(), position: 0, presence: Presence::Here(endpoint) };
    sightings.send(sighting).expect("it is listened to");
    let following = tokio::spawn(inventory::run(Follow::new(&settings, &store, &hub), sighted));
    sleep(time).await;
    following.abort();
    let all = store.model().borrow().sensors.values().map(|it| it.sensors.len()).sum::<usize>();
    assert_eq!(all, 12, "its sensors are known");
}

/// PLDM for monitoring (DSP0248): GetSensorReading, GetPDR.
const READING: (u8, u8) = (2, 0x11);
const GET_PDR: (u8, u8) = (2, 0x51);

#[tokio::test(start_paused = true)]
async fn a_device_that_misses_its_heartbeats_is_told_again_whom_to_tell() {
    let device = Mute::new(0x08); // with keep-alive only
    follow(&device, Duration::from_secs(170)).await;
    assert_eq!(device.told().len(), 1, "it may miss two");
    let records = device.asked(GET_PDR);

    let device = Mute::new(0x08);
    follow(&device, Duration::from_secs(600)).await;
    let told = device.told();
    assert_eq!(told.len(), 1 + 3, "every three minutes: {told:?}");
    let first = told.first().expect("there");
    assert_eq!((first.enable, first.eid, first.heartbeat), (3, 8, Some(60)));
    assert!(told.iter().all(|it| it == first), "{told:?}");
    assert_eq!(device.asked(GET_PDR), records, "its records are as they were");
    let (readings, sensors, every) = (device.asked(READING), 9, 10);
    assert!(readings >= sensors * (600 / every - 5), "its sensors are read all the while: {readings}");
}

#[tokio::test(start_paused = true)]
async fn a_device_that_promised_no_heartbeat_may_be_silent() {
    let device = Mute::new(0x02); // sends events, without keep-alive
    follow(&device, Duration::from_secs(600)).await;
    let told = device.told();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told.first().map(|it| (it.enable, it.heartbeat)), Some((1, None)));
}
