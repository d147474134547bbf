//! DSP0248 but its records: ours by the paths of `platform.txt`.

use super::{super::decode, Flat, Flattened, compare, number, numbers, same};
use pldm::platform::{
    EventPart, PdrPart, PolledPart, RepositoryInfo, SensorReading, Sent, StateEffecterState, StateEffecterStates,
    StateSensorReading, StateSensorReadings,
    event::{
        CperEvent, CperFormat, CperHeader, CperRecord, CperSection, EffecterChange, EventData, EventMessage, Guid,
        PdrChange, PdrEntries, PdrRepositoryChange, SensorChange,
    },
};
use wire::Wire;

impl Flat for SensorReading {
    const TABLE: &'static str = "SensorReading";

    fn flat(&self, to: &mut Flattened) {
        to.number("sensor_data_size", self.present_reading.size().0);
        numbers!(to, self; operational_state.0: "sensor_operational_state",
            event_message_enable.0: "sensor_event_message_enable", present_state.0, previous_state.0, event_state.0);
        sent(to, "present_reading", &self.present_reading);
    }
}

fn sent(to: &mut Flattened, path: &str, sent: &Sent) {
    match sent {
        Sent::Bytes { bytes, .. } => to.bytes(path, bytes),
        Sent::Number(raw) => to.put(path, number(*raw)),
    }
}

impl Flat for StateSensorReadings {
    const TABLE: &'static str = "StateSensorReadings";

    fn flat(&self, to: &mut Flattened) {
        to.list("state_fields", &self.sensors, |to, it: &StateSensorReading| {
            numbers!(to, it; operational_state.0: "sensor_op_state", present_state, previous_state, event_state);
        });
    }
}

impl Flat for StateEffecterStates {
    const TABLE: &'static str = "StateEffecterStates";

    fn flat(&self, to: &mut Flattened) {
        to.list("state_fields", &self.effecters, |to, it: &StateEffecterState| {
            numbers!(to, it; operational_state.0: "effecter_op_state", pending_state, present_state);
        });
    }
}

impl Flat for RepositoryInfo {
    const TABLE: &'static str = "RepositoryInfo";

    fn flat(&self, to: &mut Flattened) {
        to.number("repository_state", self.repository_state.0);
        to.bytes("update_time_timestamp104", &self.update_time);
        to.bytes("oem_update_time_timestamp104", &self.oem_update_time);
        numbers!(to, self; record_count, repository_size, largest_record_size, data_transfer_handle_timeout);
    }
}

impl Flat for PdrPart {
    const TABLE: &'static str = "RecordPart";

    fn flat(&self, to: &mut Flattened) {
        numbers!(to, self; next_record_handle, next_data_transfer_handle, transfer_flag.0);
        to.bytes("record_data", &self.record_data);
        if let Some(crc) = self.transfer_crc {
            to.number("transfer_crc8_over_whole_record", crc);
        }
    }
}

impl Flat for PolledPart {
    const TABLE: &'static str = "PolledPart";

    fn flat(&self, to: &mut Flattened) {
        numbers!(to, self; tid.0, event_id.0);
        let Some(part) = &self.part else { return };
        let EventPart { class, data, checksum, .. } = part;
        numbers!(to, part; next_data_transfer_handle, transfer_flag.0);
        to.number("event_class", class.0);
        to.bytes("event_data", data);
        if let Some(checksum) = checksum {
            to.number("event_data_integrity_checksum", *checksum);
        }
    }
}

/// An event as a device sends it, without the PLDM header.
pub(super) fn event(bytes: &[u8]) {
    let (table, second) = ("EventMessage", decode("EventMessage", bytes));
    let message = match wire::decode::<EventMessage>(bytes) {
        Ok(message) => message,
        Err(ours) => return compare(table, Err(ours), second, bytes),
    };
    let event = message.event();
    let mut flat = Flattened::default();
    let to = &mut flat;
    numbers!(to, message; format_version, tid.0, class.0: "event_class");
    data(to, &event.value, event.damage.is_none());
    match &event.value {
        // Ours looks into the error record at once.
        EventData::Cper(cper) if event.damage.is_none_or(|damage| damage.message != CperEvent::NAME) => {
            same(table, &flat.fields, &second.expect("the event around the record is whole"), bytes);
            cper_record(cper);
        }
        _ => compare(table, Ok((flat, event.damage)), second, bytes),
    }
}

fn data(to: &mut Flattened, event: &EventData, whole: bool) {
    match event {
        EventData::Sensor(event) => {
            to.number("sensor_id", event.sensor_id);
            sensor(to, &event.change);
        }
        EventData::Effecter(event) => {
            to.number("effecter_id", event.effecter_id);
            match &event.change {
                EffecterChange::OperationalState { present, previous } => {
                    to.number("effecter_event_class", 0);
                    to.number("present_op_state", present.0);
                    to.number("previous_op_state", previous.0);
                }
                EffecterChange::Unknown { class, data } => {
                    to.number("effecter_event_class", class.0);
                    to.bytes("data", data);
                }
            }
        }
        EventData::PdrRepositoryChange(PdrRepositoryChange::RefreshEntireRepository) => {
            to.number("event_data_format", 0);
            to.unread = true; // what is behind it is not understood, and means the same
        }
        EventData::PdrRepositoryChange(PdrRepositoryChange::Changes { format, changes }) => {
            to.number("event_data_format", format.0);
            to.list("change_records", changes, change);
        }
        EventData::MessagePoll(it) => {
            numbers!(to, it; format_version: "event_format_version", event_id.0, data_transfer_handle);
        }
        EventData::Heartbeat(it) => numbers!(to, it; format_version: "event_format_version", sequence_number),
        EventData::Cper(it) => {
            numbers!(to, it; format_version: "event_format_version", format.0: "format_type");
            to.bytes("cper_data", &it.data);
        }
        EventData::Raw(bytes) => {
            to.unread = true;
            if whole {
                to.bytes("event_data", bytes);
            }
        }
    }
}

fn sensor(to: &mut Flattened, change: &SensorChange) {
    to.number("sensor_event_class", change.class().0);
    match change {
        SensorChange::OperationalState { present, previous } => {
            to.number("present_op_state", present.0);
            to.number("previous_op_state", previous.0);
        }
        SensorChange::State { offset, event_state, previous_event_state } => {
            to.number("sensor_offset", *offset);
            to.number("event_state", *event_state);
            to.number("previous_event_state", *previous_event_state);
        }
        SensorChange::Numeric { event_state, previous_event_state, present_reading } => {
            to.number("event_state", event_state.0);
            to.number("previous_event_state", previous_event_state.0);
            to.number("sensor_data_size", present_reading.size().0);
            sent(to, "present_reading", present_reading);
        }
        SensorChange::Unknown { data, .. } => to.bytes("data", data),
    }
}

fn change(to: &mut Flattened, it: &PdrChange) {
    to.number("event_data_operation", it.operation.0);
    match &it.entries {
        PdrEntries::Types(types) => to.list("change_entries", types, |to, it| to.number("pdr_type", *it)),
        PdrEntries::Handles(handles) => to.list("change_entries", handles, |to, it| to.number("handle", *it)),
    }
}

impl Flat for CperRecord {
    const TABLE: &'static str = "CperRecord";

    fn flat(&self, to: &mut Flattened) {
        let Some(it) = &self.header else { return };
        header(to, it);
        to.list("sections", &self.sections, |to, it: &CperSection| {
            numbers!(to, it; section_offset, section_length, revision, validation_bits, reserved, flags,
                section_severity.0: "severity");
            guid(to, "section_type", &it.section_type);
            guid(to, "fru_id", &it.fru_id);
            to.bytes("fru_text", &it.fru_text);
        });
    }
}

fn header(to: &mut Flattened, it: &CperHeader) {
    numbers!(to, it; revision, section_count, error_severity.0, validation_bits.0, record_length, record_id, flags,
        persistence_information);
    to.bytes("timestamp", &wire::encode(&it.timestamp).expect("eight bytes"));
    to.bytes("reserved", &it.reserved);
    guid(to, "platform_id", &it.platform_id);
    guid(to, "partition_id", &it.partition_id);
    guid(to, "creator_id", &it.creator_id);
    guid(to, "notification_type", &it.notification_type);
}

fn guid(to: &mut Flattened, path: &str, Guid(low, middle, high, rest): &Guid) {
    to.number(&format!("{path}.low"), *low);
    to.number(&format!("{path}.middle"), *middle);
    to.number(&format!("{path}.high"), *high);
    to.bytes(&format!("{path}.rest"), rest);
}

/// The error record in an event, where it is one with a header of its own.
fn cper_record(event: &CperEvent) {
    if event.format != CperFormat::RECORD {
        return;
    }
    let second = decode(CperRecord::TABLE, &event.data);
    let ours = event.record().map(|answer| {
        let mut flat = Flattened::of(&answer.value);
        for (path, number) in [("signature_start", 0x5245_5043), ("signature_end", 0xffff_ffffu32)] {
            flat.number(path, number); // ours refuses any other and keeps neither
        }
        // Whether the lengths and offsets in the record fit its bytes is asked by ours alone.
        let damage = answer.damage.filter(|damage| !["record_length", "section_offset"].contains(&damage.field));
        if damage.is_none() {
            let behind = 128 + 72 * answer.value.sections.len();
            flat.bytes("body", event.data.get(behind..).unwrap_or_default());
        }
        (flat, damage)
    });
    compare(CperRecord::TABLE, ours, second, &event.data);
}
