//! A device that monitors itself: its records, its sensors, its events and its files.

use super::SECOND;
use mctp::{Address, Answer, Answers, MessageType, Transport};
use pldm::{
    CompletionCode, Header, Octets,
    base::{MultipartReceived, TerminusId, Tid, TransferFlag},
    crc32, encode_response,
    file::{self, OpenFile},
    platform::{
        CompactNumericSensor, CompactRangeFieldSupport, Entity, EntityType, EventMessageEnable, EventPart,
        FileCapabilities, FileClassification, FileDescriptor, Initialization, Pdr, PdrPart, PdrTransferFlag,
        PolledPart, PossibleStates, PresentState, RateUnit, Raw, Record, RepositoryInfo, RepositoryState,
        SensorOperationalState, SensorReading, Sent, StateSensor, StateSensorReading, StateSensorReadings, StateSet,
        Unit,
        event::{EventClass, EventId, EventMessageGlobalEnable, SupportedEvents, SynchronyConfigurations},
    },
};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::time::{Instant, sleep};

/// What a device is and does.
pub(super) struct Device {
    pub(super) tid: u8,
    pub(super) records: Vec<Pdr>,
    /// Counts the changes of the records.
    pub(super) change: u8,
    /// Whether they change at every look.
    pub(super) is_restless: bool,
    pub(super) readings: BTreeMap<u16, i16>,
    pub(super) states: BTreeMap<u16, Vec<u8>>,
    pub(super) operational: SensorOperationalState,
    /// How it can deliver events.
    pub(super) ways: u8,
    pub(super) queue: VecDeque<(u16, Vec<u8>)>,
    /// Whether an event stays on the queue although it is taken off.
    pub(super) is_stuck: bool,
    pub(super) files: BTreeMap<u16, Vec<u8>>,
    /// To which requests, by type, command and first byte of data, it says nothing.
    pub(super) deaf: fn(u8, u8, u8) -> bool,
    /// Which types it refuses.
    pub(super) refuses: &'static [u8],
    pub(super) latency: Duration,
    /// What it was asked, and when.
    pub(super) seen: Vec<(Instant, Vec<u8>)>,
    /// How often each command came since that was last asked for.
    pub(super) counted: BTreeMap<(u8, u8), usize>,
    /// Requests without an answer yet.
    pub(super) under_way: Vec<Vec<u8>>,
    /// How many different requests were under way at once.
    pub(super) most_at_once: usize,
}

impl Device {
    /// A device with a temperature at 41 degrees, number 1, which should not be above 90, and a state, number 2.
    pub(super) fn new() -> Self {
        Self {
            tid: 20,
            records: vec![number(1, "Core"), states(2, &[1])],
            change: 0,
            is_restless: false,
            readings: [(1, 41)].into(),
            states: [(2, vec![1])].into(),
            operational: SensorOperationalState::ENABLED,
            ways: ENABLE_ASYNC_KEEP_ALIVE,
            queue: VecDeque::new(),
            is_stuck: false,
            files: BTreeMap::new(),
            deaf: |_, _, _| false,
            refuses: &[],
            latency: SECOND / 100,
            seen: vec![],
            counted: BTreeMap::new(),
            under_way: vec![],
            most_at_once: 0,
        }
    }

    /// As many temperatures, numbered from 1.
    pub(super) fn with_numbers(count: u16) -> Self {
        let records = (1..=count).map(|it| number(it, &format!("T{it}"))).collect();
        Self { records, readings: (1..=count).map(|it| (it, 41)).collect(), ..Self::new() }
    }

    /// How often a command came since the last time.
    pub(super) fn take_count(&mut self, pldm_type: u8, command: u8) -> usize {
        self.counted.remove(&(pldm_type, command)).unwrap_or_default()
    }

    /// When a sensor was read.
    pub(super) fn turns(&self, number: u16) -> Vec<Instant> {
        let [low, high] = number.to_le_bytes();
        let is_it = |body: &Vec<u8>| body.get(1..5) == Some(&[2, 0x11, low, high]);
        self.seen.iter().filter(|(_, body)| is_it(body)).map(|(at, _)| *at).collect()
    }

    fn answer(&mut self, header: &Header, data: &[u8]) -> Vec<u8> {
        let (pldm_type, command) = (header.pldm_type.0, header.command.0);
        let refused = self.refuses.contains(&pldm_type);
        let payload = if refused { None } else { self.payload(pldm_type, command, data) };
        let code = match payload {
            Some(_) => CompletionCode::SUCCESS,
            None if refused => CompletionCode::ERROR_INVALID_PLDM_TYPE,
            None => CompletionCode::ERROR_UNSUPPORTED_PLDM_CMD,
        };
        encode_response(header, code, &payload.unwrap_or_default()).expect("legal")
    }

    fn payload(&mut self, pldm_type: u8, command: u8, data: &[u8]) -> Option<Vec<u8>> {
        let u16_at =
            |at: usize| data.get(at..at + 2).map(|it| u16::from_le_bytes([it[0], it[1]])).expect("long enough");
        let u32_at = |at: usize| u32::from(u16_at(at)) | u32::from(u16_at(at + 2)) << 16;
        match (pldm_type, command) {
            (0, 0x01) => {
                self.tid = data[0];
                Some(vec![])
            }
            (0, 0x02) => encoded(&TerminusId { tid: Tid(self.tid) }),
            (0, 0x09) => self.file_part(u32_at(2), data[1], u32_at(10), u32_at(14)),
            (2, 0x04) => Some(vec![]),
            (2, 0x0b) => self.polled(data[1], u16_at(6)),
            (2, 0x0c) => encoded(&SupportedEvents {
                synchrony_configuration: EventMessageGlobalEnable::DISABLE,
                synchrony_configurations_supported: SynchronyConfigurations(self.ways),
                classes: vec![EventClass::SENSOR],
            }),
            (2, 0x11) => self.reading(u16_at(0)),
            (2, 0x21) => self.state(u16_at(0)),
            (2, 0x50) => self.info(),
            (2, 0x51) => self.record(u32_at(0)),
            (7, 0x01) => self
                .files
                .get(&u16_at(0))
                .and_then(|_| encoded(&OpenFile { file_descriptor: file::FileDescriptor(u16_at(0)) })),
            (7, 0x02) => Some(vec![]),
            _ => None,
        }
    }

    fn info(&mut self) -> Option<Vec<u8>> {
        self.change = self.change.wrapping_add(self.is_restless.into());
        encoded(&RepositoryInfo {
            repository_state: RepositoryState::AVAILABLE,
            update_time: [self.change; 13],
            oem_update_time: [0; 13],
            record_count: u32::try_from(self.records.len()).expect("few"),
            repository_size: 0,
            largest_record_size: 0,
            data_transfer_handle_timeout: 0,
        })
    }

    /// Records are numbered from 1, in their order.
    fn record(&self, handle: u32) -> Option<Vec<u8>> {
        let position = usize::try_from(handle.saturating_sub(1)).expect("small");
        let pdr = self.records.get(position)?;
        // Of a device whose records change all the time, they are others each time.
        let record_change_number = if self.is_restless { self.change.into() } else { 0 };
        let record_handle = u32::try_from(position + 1).expect("few");
        let record = Pdr { record_handle, record_change_number, ..pdr.clone() };
        let has_next = position + 1 < self.records.len();
        encoded(&PdrPart {
            next_record_handle: if has_next { record_handle + 1 } else { 0 },
            next_data_transfer_handle: 0,
            transfer_flag: PdrTransferFlag::START_AND_END,
            record_data: wire::encode(&record).expect("legal"),
            transfer_crc: None,
        })
    }

    fn reading(&self, number: u16) -> Option<Vec<u8>> {
        let present_state = PresentState::UNKNOWN;
        self.readings.get(&number).and_then(|reading| {
            encoded(&SensorReading {
                operational_state: self.operational,
                event_message_enable: EventMessageEnable(0),
                present_state,
                previous_state: present_state,
                event_state: present_state,
                present_reading: Sent::Number(Raw::S16(*reading)),
            })
        })
    }

    fn state(&self, number: u16) -> Option<Vec<u8>> {
        let states = self.states.get(&number)?;
        let reading = |state: &u8| StateSensorReading {
            operational_state: self.operational,
            present_state: *state,
            previous_state: 0,
            event_state: 0,
        };
        encoded(&StateSensorReadings { sensors: states.iter().map(reading).collect() })
    }

    fn polled(&mut self, operation: u8, acknowledged: u16) -> Option<Vec<u8>> {
        if operation == 2 && !self.is_stuck && self.queue.front().is_some_and(|(id, _)| *id == acknowledged) {
            self.queue.pop_front();
        }
        let first = self.queue.front().filter(|_| operation != 2);
        let part = first.map(|(_, data)| EventPart {
            next_data_transfer_handle: 0,
            transfer_flag: TransferFlag::START_AND_END,
            class: EventClass::SENSOR,
            data: data.clone(),
            checksum: Some(crc32(data)),
        });
        let event_id = EventId(first.map_or(0, |(id, _)| *id));
        encoded(&PolledPart { tid: Tid(self.tid), event_id, part })
    }

    /// Each section comes in one part.
    fn file_part(&self, context: u32, operation: u8, offset: u32, length: u32) -> Option<Vec<u8>> {
        let file = self.files.get(&u16::try_from(context).expect("small"))?;
        let (offset, length) = (usize::try_from(offset).ok()?, usize::try_from(length).ok()?);
        let (flag, data, checksum) = match operation {
            // Complete or abort.
            3 | 4 => (TransferFlag::ACKNOWLEDGE_COMPLETION, vec![], None),
            _ => {
                let end = file.len().min(offset + length);
                let data = file.get(offset..end)?.to_vec();
                let checksum = crc32(&data);
                (TransferFlag::START_AND_END, data, Some(checksum))
            }
        };
        encoded(&MultipartReceived { transfer_flag: flag, next_data_transfer_handle: 0, data, checksum })
    }
}

pub(super) const ENABLE_ASYNC: u8 = 2;
pub(super) const ENABLE_POLLING: u8 = 4;
pub(super) const ENABLE_ASYNC_KEEP_ALIVE: u8 = 8;

fn encoded<T: wire::Wire>(value: &T) -> Option<Vec<u8>> {
    Some(wire::encode(value).expect("legal"))
}

const fn entity() -> Entity {
    Entity { entity_type: EntityType(135), instance_number: 1, container_id: 0 }
}

const fn pdr(record: Record) -> Pdr {
    Pdr { record_handle: 0, header_version: 1, record_change_number: 0, record, damage: None }
}

/// A temperature that should not be above 90 degrees.
pub(super) fn number(sensor_id: u16, name: &str) -> Pdr {
    pdr(Record::CompactNumericSensor(Box::new(CompactNumericSensor {
        terminus_handle: 1,
        sensor_id,
        entity: entity(),
        base_unit: Unit::DEGREES_C,
        unit_modifier: 0,
        occurrence_rate: RateUnit::NONE,
        range_field_support: CompactRangeFieldSupport::WARNING_HIGH,
        warning_high: 90,
        warning_low: 0,
        critical_high: 0,
        critical_low: 0,
        fatal_high: 0,
        fatal_low: 0,
        sensor_name: Octets::from(name.as_bytes()),
    })))
}

/// A sensor with a state of each of these sets.
pub(super) fn states(sensor_id: u16, sets: &[u16]) -> Pdr {
    let possible = |set: &u16| PossibleStates { state_set: StateSet(*set), bitmap: Octets::from(&[0xff][..]) };
    pdr(Record::StateSensor(StateSensor {
        terminus_handle: 1,
        sensor_id,
        entity: entity(),
        sensor_init: Initialization::NONE,
        sensor_auxiliary_names_pdr: 0,
        sensors: sets.iter().map(possible).collect(),
    }))
}

/// A file of this number.
pub(super) fn file(file_identifier: u16, name: &str) -> Pdr {
    pdr(Record::FileDescriptor(Box::new(FileDescriptor {
        terminus_handle: 1,
        file_identifier,
        entity: entity(),
        superior_directory: 0,
        file_classification: FileClassification::CRASH_DUMP_FILE,
        oem_file_classification: 0,
        capabilities: FileCapabilities(0),
        file_version: 0,
        file_maximum_size: 0,
        maximum_file_descriptor_count: 1,
        file_name: Octets::from(name.as_bytes()),
        oem_file_classification_name: None,
    })))
}

/// The device, where its endpoint is.
pub(super) struct Pretend(Mutex<Device>);

impl Pretend {
    pub(super) fn new(device: Device) -> Arc<Self> {
        Arc::new(Self(Mutex::new(device)))
    }

    pub(super) fn with<T>(&self, change: impl FnOnce(&mut Device) -> T) -> T {
        change(&mut self.0.lock().expect("not poisoned"))
    }
}

/// A request that is under way until this is dropped.
struct UnderWay<'a>(&'a Pretend, Vec<u8>);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.with(|device| {
            if let Some(at) = device.under_way.iter().position(|one| *one == self.1) {
                device.under_way.swap_remove(at);
            }
        });
    }
}

impl Transport for Pretend {
    fn exchange<'a>(&'a self, _: Address, _: MessageType, body: &'a [u8], answers: Answers<'a>) -> Answer<'a> {
        Box::pin(async move {
            let header = wire::Reader::new("request", body).get::<Header>("header").expect("a request");
            let data = body.get(3..).expect("a header");
            let (latency, is_deaf) = self.with(|device| {
                device.seen.push((Instant::now(), body.to_vec()));
                *device.counted.entry((header.pldm_type.0, header.command.0)).or_default() += 1;
                device.under_way.push(body.to_vec());
                let mut different = device.under_way.clone();
                different.sort();
                different.dedup(); // a retry is the same request again
                device.most_at_once = device.most_at_once.max(different.len());
                let first = data.first().copied().unwrap_or_default();
                (device.latency, (device.deaf)(header.pldm_type.0, header.command.0, first))
            });
            let _until_it_is_answered = UnderWay(self, body.to_vec());
            sleep(latency).await;
            let answer = self.with(|device| device.answer(&header, data));
            if !is_deaf && answers(&answer) { Ok(answer) } else { std::future::pending().await }
        })
    }
}
