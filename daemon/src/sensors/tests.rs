//! Following sensors, without a wire: the clock is paused and a function answers.

use super::*;
use crate::{
    event::What,
    listen::Hub,
    model::{Component, Delivery, Freshness, Sensors, Value},
    testing::Scratch,
};
use device::{Device, Pretend};
use pldm::platform::event::{EventClass, EventData, EventMessage};
use std::iter;
use tokio::{
    sync::broadcast,
    time::{advance, sleep},
};

mod device;
mod events;
mod following;
mod polling;
mod silence;

const SECOND: Duration = Duration::from_secs(1);

/// One device, and what follows it.
struct Scene {
    device: Arc<Pretend>,
    store: Arc<Store>,
    told: broadcast::Receiver<crate::event::Event>,
    hub: Arc<Hub>,
    care: Arc<Care>,
    endpoint: Endpoint,
    requester: Requester,
    /// Who follows the device, until it is dropped.
    followed: Option<Followed>,
}

impl Scene {
    /// Beginning to follow the device, which calls itself `gpu0`.
    fn new(device: Device) -> Self {
        Self::with(&Settings::default(), device)
    }

    fn with(settings: &Settings, device: Device) -> Self {
        let (store, hub, device) = (Arc::new(Store::default()), Arc::<Hub>::default(), Pretend::new(device));
        let origin = Origin::Endpoint { line: "riser".into(), position: 0, network: 1, eid: 20, uuid: None };
        let address = mctp::Address { network: 1, eid: Eid(20) };
        let transport = Arc::clone(&device) as _;
        let endpoint =
            Endpoint { origin, address, transport: Arc::clone(&transport), generation: 1, speaks_pldm: true };
        let requester = Requester::new(transport, address, pldm::Patience::default());
        let care = Arc::new(Care::new(settings, &store, &hub));
        let told = store.events();
        let mut scene = Self { device, store, told, hub, care, endpoint, requester, followed: None };
        scene.arrive();
        scene
    }

    /// The component is there and followed.
    fn arrive(&mut self) {
        let pass = Pass {
            started: SystemTime::UNIX_EPOCH,
            duration: Duration::ZERO,
            endpoint: "1/20".into(),
            exchanges: vec![],
            failure: String::new(),
        };
        let component = Box::new(component(&self.endpoint.origin));
        self.store.apply(Report::Read { component, firmware_missing: None, pass });
        self.followed = Some(Followed::start(&self.care, &self.endpoint, self.requester.another(), gpu()));
        self.told();
    }

    fn with_device<T>(&self, change: impl FnOnce(&mut Device) -> T) -> T {
        self.device.with(change)
    }

    fn sensors(&self) -> Option<Arc<Sensors>> {
        self.store.model().borrow().sensors.get(&gpu()).cloned()
    }

    fn delivery(&self) -> Delivery {
        self.sensors().expect("described").events
    }

    fn faults(&self) -> Vec<String> {
        let sensors = self.sensors().expect("described");
        sensors.faults.iter().map(|fault| format!("{}: {}", fault.step, fault.what)).collect()
    }

    /// What the sensor of this number says, or why it says nothing.
    fn value(&self, number: u16) -> String {
        let sensors = self.sensors().expect("described");
        let sensor = sensors.sensors.values().find(|sensor| sensor.number == number).expect("described");
        match &sensor.reading.value {
            Value::Unknown(why) => why.clone(),
            value => value.to_string(),
        }
    }

    /// What happened since the last time, but for the requests that it took.
    fn told(&mut self) -> Vec<What> {
        let all = iter::from_fn(|| match self.told.try_recv() {
            Err(broadcast::error::TryRecvError::Lagged(count)) => panic!("{count} events are lost"),
            event => event.ok(),
        });
        let all: Vec<_> = all.map(|event| event.what).collect();
        all.into_iter().filter(|what| !matches!(what, What::Asked { .. } | What::Inventoried { .. })).collect()
    }

    /// The events of the device among them, as their sentences.
    fn heard(&mut self) -> Vec<String> {
        let texts = self.told().into_iter().filter_map(|what| match what {
            What::DeviceEvent { event, .. } => Some(event.text),
            _ => None,
        });
        texts.collect()
    }

    /// The device sends an event; whether anybody hears it.
    fn send(&self, data: &EventData) -> bool {
        let class = match data {
            EventData::Sensor(_) => EventClass::SENSOR,
            EventData::PdrRepositoryChange(_) => EventClass::PDR_REPOSITORY_CHANGE,
            EventData::MessagePoll(_) => EventClass::MESSAGE_POLL,
            EventData::Heartbeat(_) => EventClass::HEARTBEAT_TIMER_ELAPSED,
            EventData::Cper(_) => EventClass::CPER,
            _ => EventClass(0xf0),
        };
        let data = data.encode().expect("legal");
        self.hub.tell(self.endpoint.address, EventMessage { format_version: 1, tid: pldm::base::Tid(20), class, data })
    }

    /// How often each command was asked since the last time.
    fn count(&self, pldm_type: u8, command: u8) -> usize {
        self.with_device(|device| device.take_count(pldm_type, command))
    }
}

fn gpu() -> Id {
    crate::testing::id("gpu0")
}

fn component(origin: &Origin) -> Component {
    Component {
        id: gpu(),
        kind: "gpu".into(),
        name: "gpu0".into(),
        manufacturer: None,
        model: None,
        part_number: None,
        serial_number: None,
        parent: None,
        origin: origin.clone(),
        inventory_path: None,
        descriptors: vec![],
        update_capabilities: vec![],
        update_state: None,
        last_read: None,
        freshness: Freshness::Fresh,
        faults: vec![],
        leniencies: BTreeMap::new(),
        firmware: BTreeMap::new(),
    }
}
