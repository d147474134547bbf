//! Places and the devices in them, without a wire: the clock is paused and a function answers.

use super::*;
use crate::{
    event::{Event, Severity, What},
    model::{Component, Freshness, Line},
    testing::Scratch,
};
use mctp::{Address, Answer, Answers, Eid, MessageType, Transport};
use nix::{
    fcntl::{FcntlArg, fcntl},
    libc,
};
use pldm::{
    CompletionCode, Header, Text, encode_response,
    firmware_update::{
        self as update, Descriptor, DescriptorType, DeviceCapabilities, DeviceIdentifiers, FirmwareParameters,
    },
};
use std::{collections::BTreeMap, fs::File, iter, sync::Mutex};
use tokio::{sync::broadcast, time::sleep};

const SECOND: Duration = Duration::from_secs(1);

/// What a device is and does.
struct Device {
    /// What it calls itself; nothing makes it refuse QueryDeviceIdentifiers.
    name: Option<&'static str>,
    /// What it runs; nothing makes it refuse GetFirmwareParameters.
    parameters: Option<FirmwareParameters>,
    /// How many bytes of an answer arrive.
    cut: usize,
    /// How long it takes; nothing makes it silent.
    latency: Option<Duration>,
    /// What it answers to other requests, by type and command, behind a completion code; nothing makes it silent.
    more: BTreeMap<[u8; 2], Option<(u8, Vec<u8>)>>,
    /// What it was asked.
    seen: Vec<Vec<u8>>,
}

mod behind;
mod spoken;

struct Pretend(Mutex<Device>);

impl Pretend {
    fn named(name: &'static str) -> Arc<Self> {
        let parameters = Some(parameters(vec![]));
        let (cut, latency, more, seen) = (usize::MAX, Some(Duration::ZERO), BTreeMap::new(), vec![]);
        Arc::new(Self(Mutex::new(Device { name: Some(name), parameters, cut, latency, more, seen })))
    }

    fn with<T>(&self, change: impl FnOnce(&mut Device) -> T) -> T {
        change(&mut self.0.lock().expect("not poisoned"))
    }
}

impl Transport for Pretend {
    fn exchange<'a>(&'a self, _: Address, _: MessageType, body: &'a [u8], answers: Answers<'a>) -> Answer<'a> {
        Box::pin(async move {
            let latency = self.with(|device| device.latency);
            let (answer, is_deaf) = self.with(|device| (device.answer(body), device.is_deaf(body)));
            match latency.filter(|_| !is_deaf) {
                Some(latency) => sleep(latency).await,
                None => std::future::pending().await,
            }
            if answers(&answer) { Ok(answer) } else { std::future::pending().await }
        })
    }
}

impl Device {
    fn is_deaf(&self, request: &[u8]) -> bool {
        self.more.get(&request[1..3]) == Some(&None)
    }

    /// How often this was asked.
    fn count(&self, command: [u8; 2]) -> usize {
        self.seen.iter().filter(|request| request[1..3] == command).count()
    }

    fn answer(&mut self, request: &[u8]) -> Vec<u8> {
        self.seen.push(request.to_vec());
        let mut payload = match request {
            [_, 5, 1] => self.name.map(|name| wire::encode(&identifiers(name)).expect("legal")),
            [_, 5, 2] => self.parameters.as_ref().map(|parameters| wire::encode(parameters).expect("legal")),
            _ => None,
        };
        payload.iter_mut().for_each(|payload| payload.truncate(self.cut));
        let header = wire::Reader::new("request", request).get::<Header>("header").expect("a request");
        if let Some(Some((code, payload))) = self.more.get(&request[1..3]) {
            return encode_response(&header, CompletionCode(*code), payload).expect("legal");
        }
        let code = match (&payload, request) {
            (Some(_), _) => CompletionCode::SUCCESS,
            (None, [_, 5, 1 | 2]) => CompletionCode(0x80),
            (None, _) => CompletionCode::ERROR_UNSUPPORTED_PLDM_CMD,
        };
        encode_response(&header, code, &payload.unwrap_or_default()).expect("legal")
    }
}

fn identifiers(name: &str) -> DeviceIdentifiers {
    let title = "OpenBMC.Name";
    let length = u8::try_from(title.len()).expect("short");
    let data = [&[1, length], title.as_bytes(), name.as_bytes()].concat().as_slice().into();
    DeviceIdentifiers { descriptors: vec![Descriptor { descriptor_type: DescriptorType::VENDOR_DEFINED, data }] }
}

fn parameters(components: Vec<update::Component>) -> FirmwareParameters {
    FirmwareParameters {
        capabilities_during_update: DeviceCapabilities(0),
        active_image_set: Text::new("1.0"),
        pending_image_set: Text::none(),
        components,
    }
}

/// The inventory and what comes of it.
struct Scene {
    store: Arc<Store>,
    events: broadcast::Receiver<Event>,
    sightings: mpsc::UnboundedSender<Sighting>,
}

impl Scene {
    fn new() -> Self {
        Self::with(&Settings::default())
    }

    fn with(settings: &Settings) -> Self {
        let store = Arc::new(Store::default());
        let (sightings, sighted) = mpsc::unbounded_channel();
        let events = store.events();
        tokio::spawn(run(Follow::new(settings, &store, &Arc::default()), sighted));
        Self { store, events, sightings }
    }

    /// `device` is found at this position of the line, with this endpoint id.
    fn here(&self, position: u8, eid: u8, device: &Arc<Pretend>) {
        self.known(position, eid, None, device);
    }

    /// The same with a UUID.
    fn known(&self, position: u8, eid: u8, uuid: Option<&str>, device: &Arc<Pretend>) {
        let uuid = uuid.map(str::to_owned);
        let origin = Origin::Endpoint { line: "riser".into(), position, network: 1, eid, uuid };
        let (address, transport) = (Address { network: 1, eid: Eid(eid) }, Arc::clone(device) as _);
        let endpoint = Endpoint { origin, address, transport, generation: 0, speaks_pldm: true };
        self.sight(position, Presence::Here(endpoint));
    }

    fn sight(&self, position: u8, presence: Presence) {
        self.sightings.send(Sighting { line: "riser".into(), position, presence }).expect("the inventory runs");
    }

    fn component(&self, id: &str) -> Option<Arc<Component>> {
        self.store.model().borrow().components.get(&Id::new(id).expect("legal")).cloned()
    }

    /// What happened since the last time, but for the passes.
    fn told(&mut self) -> Vec<What> {
        let events = iter::from_fn(|| self.events.try_recv().ok()).map(|event| event.what);
        events.filter(|what| !matches!(what, What::Inventoried { .. })).collect()
    }
}

#[tokio::test(start_paused = true)]
async fn a_device_that_is_found_anew_all_the_time_is_read_all_the_same() {
    let (scene, device) = (Scene::new(), Pretend::named("nic0"));
    device.with(|device| device.latency = Some(2 * SECOND));
    for _ in 0..20 {
        scene.here(0, 9, &device);
        sleep(SECOND).await;
    }
    assert!(scene.component("nic0").is_some());
}

#[tokio::test(start_paused = true)]
async fn a_device_that_flees_from_every_pass_is_stale() {
    let (scene, device) = (Scene::new(), Pretend::named("nic0"));
    scene.here(0, 9, &device);
    sleep(SECOND).await;
    device.with(|device| device.latency = None);
    for number in 0..70 {
        scene.here(0, 10 + number % 2, &device);
        sleep(SECOND).await;
    }
    assert_ne!(scene.component("nic0").expect("kept").freshness, Freshness::Fresh);
}

#[tokio::test(start_paused = true)]
async fn an_instance_id_without_an_answer_is_not_used_by_the_next_pass() {
    let (scene, device) = (Scene::new(), Pretend::named("nic0"));
    device.with(|device| device.latency = None);
    scene.here(0, 9, &device);
    // Two questions of three tries of a second each, a pause of a second, two tries.
    sleep(8 * SECOND + SECOND / 2).await;
    let ids: Vec<_> = device.with(|device| device.seen.iter().map(|request| request[0] & 0x1f).collect());
    assert_eq!(ids, [0, 0, 0, 1, 1, 1, 2, 2]);
}

#[tokio::test(start_paused = true)]
async fn beside_pldmd_nothing_is_asked_without_an_id_that_nobody_else_has() {
    let scratch = Scratch::new();
    let mut settings = Settings::default();
    (settings.pldm.share, settings.pldm.instance_ids) = (true, scratch.path().join("ids"));
    let (scene, device) = (Scene::with(&settings), Pretend::named("nic0"));
    scene.store.apply(Report::Line { name: "riser".into(), line: Line::default() });
    scene.here(0, 9, &device);
    sleep(SECOND).await;
    assert!(scene.component("nic0").is_none() && device.with(|device| device.seen.is_empty()));
    let unread = || scene.store.model().borrow().lines.get("riser").and_then(|line| line.unread.get(&0).cloned());
    let why = unread().expect("told");
    assert!(why.ends_with("/ids: entity not found"), "{why}");
    // The file is there, and somebody else has the ids 0 to 2 of endpoint 9.
    let path = scratch.write("ids", [0; 8192]);
    let other = File::open(path).expect("a file");
    let (kind, whence) = (libc::c_short::try_from(libc::F_RDLCK), libc::c_short::try_from(libc::SEEK_SET));
    let (l_type, l_whence) = (kind.expect("small"), whence.expect("small"));
    let lock = libc::flock { l_type, l_whence, l_start: 9 * 32, l_len: 3, l_pid: 0 };
    fcntl(&other, FcntlArg::F_OFD_SETLK(&lock)).expect("locked");
    sleep(3 * SECOND).await;
    assert!(scene.component("nic0").is_some() && unread().is_none());
    let ids: Vec<_> = device.with(|device| device.seen.iter().map(|request| request[0] & 0x1f).collect());
    assert!(!ids.is_empty() && ids.iter().all(|id| *id >= 3), "{ids:?}");
}

#[tokio::test(start_paused = true)]
async fn a_device_that_does_not_say_its_name_once_keeps_it() {
    let (mut scene, device) = (Scene::new(), Pretend::named("nic0"));
    scene.here(0, 9, &device);
    sleep(SECOND).await;
    scene.told();
    device.with(|device| device.name = None);
    scene.here(0, 9, &device);
    sleep(SECOND).await;
    assert!(matches!(scene.told().as_slice(), [What::FaultRaised { .. }]));
    assert!(scene.component("nic0").is_some());
}

/// An entry of the component parameter table.
fn part(classification: u16, identifier: u16, index: u8) -> update::Component {
    update::Component {
        classification: update::ComponentClassification(classification),
        identifier,
        classification_index: index,
        active: update::Image { version: Text::new("1"), ..update::Image::none() },
        pending: update::Image::none(),
        activation_methods: update::ActivationMethods(0),
        capabilities_during_update: update::ComponentCapabilities(0),
    }
}

#[tokio::test(start_paused = true)]
async fn firmware_keeps_its_id_whatever_stands_beside_it_in_the_table() {
    let (scene, device) = (Scene::new(), Pretend::named("nic0"));
    let table = [part(10, 5, 0), part(10, 5, 1), part(11, 5, 0), part(11, 5, 0)];
    let read = async |count: usize| {
        device.with(|device| device.parameters = Some(parameters(table.iter().take(count).cloned().collect())));
        scene.here(0, 9, &device);
        sleep(SECOND).await;
        let component = scene.component("nic0").expect("there");
        let ids = component.firmware.keys().map(|id| id.as_str().trim_start_matches("nic0").to_owned());
        (ids.collect::<Vec<_>>().join(" "), component.faults.len())
    };
    assert_eq!(read(1).await, (" _component_5".into(), 0));
    assert_eq!(read(2).await, (" _component_5 _component_5_1".into(), 0));
    let all = " _component_5 _component_5_0_class_11 _component_5_1";
    assert_eq!(read(3).await, (all.into(), 0));
    assert_eq!(read(4).await, (all.into(), 1), "the same entry twice");
}

#[tokio::test(start_paused = true)]
async fn a_component_that_moves_is_back_soon_after_it_is_gone_from_where_it_was() {
    let (mut scene, device) = (Scene::new(), Pretend::named("nic0"));
    scene.here(1, 10, &device);
    sleep(SECOND).await;
    scene.sight(1, Presence::Away("pulled".into()));
    scene.here(2, 11, &device);
    sleep(2 * 60 * SECOND).await;
    assert!(matches!(&scene.component("nic0").expect("back").origin, Origin::Endpoint { position: 2, .. }));
    let refusals = scene.told().into_iter().filter(|what| matches!(what, What::IdRefused { .. })).count();
    assert_eq!(refusals, 1);
}

#[tokio::test(start_paused = true)]
async fn a_device_that_is_another_every_time_is_not_told_of_every_time() {
    let (mut scene, device) = (Scene::new(), Pretend::named("a"));
    for name in ["a", "b", "c", "d", "e", "f"].into_iter().cycle().take(600) {
        device.with(|device| device.name = Some(name));
        scene.here(0, 9, &device);
        sleep(SECOND).await;
    }
    let told = scene.told();
    let added = told.iter().filter(|what| matches!(what, What::ComponentAdded { .. })).count();
    assert!((3..=22).contains(&added) && told.len() < 400, "{added} of {} in ten minutes", told.len());
}

#[tokio::test(start_paused = true)]
async fn a_device_that_changes_all_of_a_longest_table_pushes_no_event_out() {
    let (mut scene, device) = (Scene::new(), Pretend::named("nic0"));
    for version in ["1", "2", ""] {
        let active = update::Image { version: Text::new(version), ..update::Image::none() };
        let table = (0..1500).map(|number| update::Component { active: active.clone(), ..part(10, number, 0) });
        device.with(|device| device.parameters = Some(parameters(table.collect())));
        scene.here(0, 9, &device);
        sleep(SECOND).await;
        let faults = scene.component("nic0").expect("there").faults.len();
        assert!(faults <= 257, "{faults}");
        let told = iter::from_fn(|| match scene.events.try_recv() {
            Err(broadcast::error::TryRecvError::Lagged(count)) => panic!("{count} events are lost"),
            event => event.ok(),
        });
        assert!(told.count() > 256);
    }
}

#[tokio::test(start_paused = true)]
async fn a_device_without_firmware_commands_is_told_of_once() {
    let (mut scene, device) = (Scene::new(), Pretend::named("nic0"));
    device.with(|device| device.parameters = None);
    scene.here(0, 9, &device);
    sleep(600 * SECOND).await;
    let loud = iter::from_fn(|| scene.events.try_recv().ok()).filter(|event| event.what.severity() > Severity::Debug);
    let loud: Vec<_> = loud.map(|event| event.what.name()).collect();
    assert_eq!(loud, ["hw.component.added", "hw.component.fault.raised"]);
    assert!(device.with(|device| device.seen.len()) > 15);
}

#[tokio::test(start_paused = true)]
async fn a_device_that_returns_and_is_not_ready_yet_is_asked_again_soon() {
    let (scene, device) = (Scene::new(), Pretend::named("nic0"));
    scene.sight(0, Presence::Away("unplugged".into()));
    sleep(600 * SECOND).await;
    device.with(|device| device.latency = None);
    scene.here(0, 9, &device);
    sleep(SECOND).await;
    device.with(|device| device.latency = Some(Duration::ZERO));
    sleep(4 * SECOND).await;
    assert!(scene.component("nic0").is_some());
}
