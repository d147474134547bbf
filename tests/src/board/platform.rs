//! Platform monitoring and control (DSP0248): what a terminus answers and what it tells of itself.

mod effecters;
mod event;
mod events;
mod outbox;
mod pdr;
mod poll;
mod receiver;
mod repository;
mod sensors;

pub use event::Event;
pub use receiver::EventReceiver;
pub use repository::{Content, Record, Repository};

pub(super) use events::{answered, due, tick};
pub(super) use sensors::value;

use super::{
    bytes::{In, Out},
    component::Component,
    data::{Description, Operational},
    transfer::{ERROR_INVALID_LENGTH, SUCCESS},
};
use outbox::Outbox;
use pdr::Owner;
use poll::Queue;
use receiver::Receiver;
use sensors::Track;
use std::collections::BTreeMap;

/// What a terminus keeps until it is reset.
#[derive(Debug)]
pub(super) struct Terminus {
    pub(super) repository: Repository,
    /// How each sensor was when somebody last looked: by its id and, of a composite one, which.
    tracks: BTreeMap<(u16, u8), Track>,
    receiver: Option<Receiver>,
    outbox: Outbox,
    queue: Queue,
}

/// What a test sets by hand instead of the models. A reset does not change it: it is the world, not the device.
#[derive(Debug, Default)]
pub(super) struct Hand {
    pub(super) values: BTreeMap<(u16, u8), f64>,
    pub(super) operational: BTreeMap<(u16, u8), Operational>,
}

/// What was asked of a device, and what came of its events.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// How many requests of each PLDM type and command came.
    pub commands: BTreeMap<(u8, u8), u64>,
    /// Every SetEventReceiver that was accepted.
    pub event_receivers: Vec<EventReceiver>,
    /// The largest message the receiver takes, once EventMessageBufferSize said so.
    pub buffer: Option<u16>,
    /// The ids of polled events that were acknowledged.
    pub acknowledged: Vec<u16>,
    /// The answers to its events, oldest first: event class, completion code, and the status behind it if there was one.
    pub answers: Vec<(u8, u8, Option<u8>)>,
    /// How many PlatformEventMessage requests it sent, those sent again included.
    pub sent: u64,
    /// How many of its events nobody answered, however often they were sent.
    pub unanswered: u64,
}

impl Terminus {
    /// As after power-on.
    pub(super) fn new(description: &Description) -> Self {
        Self {
            repository: Repository::of(description),
            tracks: BTreeMap::new(),
            receiver: None,
            outbox: Outbox::default(),
            queue: Queue::default(),
        }
    }
}

pub(super) fn answer(device: &mut Component, command: u8, data: &[u8]) -> Vec<u8> {
    let mut request = In(data);
    match (command, data) {
        (0x04, data) => receiver::set(device, data),
        (0x05, []) => receiver::tell(device),
        (0x0b, data) => poll::answer(device, data),
        (0x0c, [_format]) => supported(device),
        (0x0d, [low, high]) => {
            device.asked.buffer = Some(u16::from_le_bytes([*low, *high]));
            Out::default().u8(SUCCESS).u16(device.description.platform.buffer).0
        }
        (0x11, [.., _rearm]) if data.len() == 3 => sensors::reading(device, request.u16().unwrap_or(0)),
        (0x12, [_, _]) => sensors::thresholds(device, request.u16().unwrap_or(0)),
        (0x21, [.., _rearm, _]) if data.len() == 4 => sensors::states(device, request.u16().unwrap_or(0)),
        (0x32, [_, _]) => effecters::value(device, request.u16().unwrap_or(0)),
        (0x3a, [_, _]) => effecters::states(device, request.u16().unwrap_or(0)),
        (0x50, []) => device.terminus.repository.info(&device.description, owner(device)),
        (0x51, data) => {
            let owner = owner(device);
            device.terminus.repository.record(data, &device.description, owner)
        }
        _ => vec![ERROR_INVALID_LENGTH],
    }
}

const fn owner(device: &Component) -> Owner {
    Owner { terminus: device.description.platform.terminus_handle, tid: device.tid, eid: device.eid }
}

/// cc, how events come at present, how they can come, how many classes, the classes.
fn supported(device: &Component) -> Vec<u8> {
    let platform = &device.description.platform;
    let classes = &platform.event_classes;
    let present = device.terminus.receiver.as_ref().map_or(0, |receiver| receiver.told.enable);
    Out::default().u8(SUCCESS).u8(present).u8(platform.synchrony).u8(classes.len() as u8).bytes(classes).0
}

impl Component {
    /// Changes its PDR repository; `tell` sends an event with the handles that changed.
    pub fn change_repository(&mut self, tell: bool, change: impl FnOnce(&mut Repository)) {
        let before = self.terminus.repository.clone();
        change(&mut self.terminus.repository);
        self.terminus.repository.touch();
        if tell {
            let changes = self.terminus.repository.changes(&before);
            events::emit(self, Event::repository_change(&changes));
        }
    }

    /// Tells an event to whoever receives its events; without one, nobody hears it.
    pub fn send_event(&mut self, event: Event) {
        events::emit(self, event);
    }

    /// Keeps an event to be polled, and gives its id; `tell` says so with an event of its own.
    pub fn queue_event(&mut self, event: Event, tell: bool) -> u16 {
        let id = self.terminus.queue.push(event);
        if tell {
            let first_part = 0;
            events::emit(self, Event::message_poll(id, first_part));
        }
        id
    }
}
