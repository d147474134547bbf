//! DSP0248: readings, effecters, events. How records are fetched stands beside the records.

use crate::vector::{Vector, hex, number, string};
use pldm::{
    CompletionCode, Header, Leniency, Request,
    platform::{
        event::{EventClass, EventData, PlatformEventStatus, SensorChange},
        *,
    },
};
use serde_json::Value;

/// Tests the vector, if it is one of these.
pub(crate) fn check(vector: &Vector) -> bool {
    match vector.name.as_str() {
        "platform.SetEventReceiver.req.async_keepalive" => vector.request::<event::SetEventReceiver>(|it, fields| {
            let enable = number(&fields["event_message_global_enable"]);
            let receiver = u8::try_from(number(&fields["event_receiver_eid"])).unwrap();
            let seconds = u16::try_from(number(&fields["heartbeat_timer_s"])).unwrap();
            assert_eq!(*it, event::SetEventReceiver::keep_alive(mctp::Eid(receiver), seconds));
            assert_eq!(u64::from(it.enable.0), enable);
            assert_eq!(u64::from(it.transport_protocol.0), number(&fields["transport_protocol_type"]));
        }),
        "platform.SetEventReceiver.resp" => vector.response::<event::SetEventReceiver>(|_, _| {}),
        "platform.EventMessageSupported.req" => vector.request::<event::EventMessageSupported>(|it, fields| {
            assert_eq!(u64::from(it.format_version), number(&fields["format_version"]));
        }),
        "platform.EventMessageSupported.resp" => vector.response::<event::EventMessageSupported>(|it, fields| {
            assert_eq!(u64::from(it.synchrony_configuration.0), number(&fields["synchrony_configuration"]));
            let can = u64::from(it.synchrony_configurations_supported.0);
            assert_eq!(can, number(&fields["synchrony_configuration_supported"]));
            let classes: Vec<_> = it.classes.iter().map(|class| u64::from(class.0)).collect();
            assert_eq!(classes, fields["event_class"].as_array().unwrap().iter().map(number).collect::<Vec<_>>());
        }),
        "platform.EventMessageBufferSize.req" => vector.request::<event::EventMessageBufferSize>(|it, fields| {
            let size = number(&fields["event_receiver_max_buffer_size"]);
            assert_eq!(u64::from(it.event_receiver_max_buffer_size), size);
        }),
        "platform.EventMessageBufferSize.resp" => vector.response::<event::EventMessageBufferSize>(|it, fields| {
            assert_eq!(u64::from(it.terminus_max_buffer_size), number(&fields["terminus_max_buffer_size"]));
        }),
        "platform.GetSensorReading.req" => vector.request::<GetSensorReading>(|it, fields| {
            assert_eq!(u64::from(it.sensor_id), number(&fields["sensor_id"]));
            assert_eq!(u64::from(it.rearm_event_state), number(&fields["rearm_event_state"]));
        }),
        // A real device.
        "real.satmc.GetSensorReading.resp" => vector.response::<GetSensorReading>(reading),
        name if name.starts_with("platform.GetSensorReading.resp.") => vector.response::<GetSensorReading>(reading),
        name if name.starts_with("platform.GetStateSensorReadings.resp.") => {
            vector.response::<GetStateSensorReadings>(|it, fields| {
                assert_eq!(it.sensors.len() as u64, number(&fields["composite_sensor_count"]));
                let ours = it.sensors.iter().map(|state| {
                    [state.operational_state.0, state.present_state, state.previous_state, state.event_state]
                });
                let names = ["sensor_op_state", "present_state", "previous_state", "event_state"];
                assert_eq!(ours.collect::<Vec<_>>(), listed(&fields["state_fields"], names));
            });
        }
        _ => return set(vector) || told(vector) || polled(vector),
    }
    true
}

fn reading(it: &SensorReading, fields: &Value) {
    assert_eq!(u64::from(it.operational_state.0), number(&fields["sensor_operational_state"]));
    let said = [
        ("sensor_event_message_enable", it.event_message_enable.0),
        ("present_state", it.present_state.0),
        ("previous_state", it.previous_state.0),
        ("event_state", it.event_state.0),
        ("sensor_data_size", it.present_reading.size().0),
    ];
    for (name, ours) in said.iter().filter(|(name, _)| !fields[name].is_null()) {
        assert_eq!(u64::from(*ours), number(&fields[name]), "{name}");
    }
    // Without an enabled sensor there is no reading, whatever the bytes are.
    assert_eq!(it.value().map(Raw::to_f64), fields["present_reading"].as_f64());
    assert_eq!(it.is_valid(), !fields["present_reading"].is_null());
}

/// What sets something: codecs only. And what was set.
fn set(vector: &Vector) -> bool {
    match vector.name.as_str() {
        "platform.SetNumericSensorEnable.req" => vector.message::<SetNumericSensorEnable>(|it, fields| {
            assert_eq!(u64::from(it.sensor_id), number(&fields["sensor_id"]));
            assert_eq!(u64::from(it.operational_state.0), number(&fields["sensor_operational_state"]));
            assert_eq!(u64::from(it.event_message_enable.0), number(&fields["sensor_event_message_enable"]));
        }),
        "platform.SetStateSensorEnables.req" => vector.message::<SetStateSensorEnables>(|it, fields| {
            assert_eq!(u64::from(it.sensor_id), number(&fields["sensor_id"]));
            let ours = it.sensors.iter().map(|one| [one.operational_state.0, one.event_message_enable.0]);
            let names = ["sensor_operational_state", "event_message_enable"];
            assert_eq!(ours.collect::<Vec<_>>(), listed(&fields["op_fields"], names));
        }),
        name if name.starts_with("platform.SetNumericEffecterValue.req.") => {
            vector.message::<SetNumericEffecterValue>(|it, fields| {
                assert_eq!(u64::from(it.effecter_id), number(&fields["effecter_id"]));
                assert_eq!(u64::from(it.effecter_value.size().0), number(&fields["effecter_data_size"]));
                assert_eq!(it.effecter_value.number().map(Raw::to_f64), fields["effecter_value"].as_f64());
            });
        }
        name if name.starts_with("platform.GetNumericEffecterValue.resp.") => {
            vector.response::<GetNumericEffecterValue>(|it, fields| {
                assert_eq!(u64::from(it.operational_state.0), number(&fields["effecter_oper_state"]));
                assert_eq!(u64::from(it.present_value.size().0), number(&fields["effecter_data_size"]));
                assert_eq!(it.pending_value.number().map(Raw::to_f64), fields["pending_value"].as_f64());
                assert_eq!(it.present_value.number().map(Raw::to_f64), fields["present_value"].as_f64());
            });
        }
        "platform.SetStateEffecterStates.req" => vector.message::<SetStateEffecterStates>(|it, fields| {
            assert_eq!(u64::from(it.effecter_id), number(&fields["effecter_id"]));
            let ours = it.effecters.iter().map(|one| [one.set_request.0, one.effecter_state]);
            assert_eq!(ours.collect::<Vec<_>>(), listed(&fields["state_fields"], ["set_request", "effecter_state"]));
        }),
        "platform.GetStateEffecterStates.resp" => vector.response::<GetStateEffecterStates>(|it, fields| {
            let ours = it.effecters.iter().map(|one| [one.operational_state.0, one.pending_state, one.present_state]);
            let names = ["effecter_op_state", "pending_state", "present_state"];
            assert_eq!(ours.collect::<Vec<_>>(), listed(&fields["state_fields"], names));
        }),
        _ => return false,
    }
    true
}

/// Events that a device sends, and our answer.
fn told(vector: &Vector) -> bool {
    let Some(name) = vector.name.strip_prefix("platform.PlatformEventMessage.") else { return false };
    if name == "resp" {
        let header = Header { request: true, ..vector.header() };
        let status = PlatformEventStatus(u8::try_from(number(&vector.fields["platform_event_status"])).unwrap());
        let answer = event::answer(&header, CompletionCode::SUCCESS, status);
        assert_eq!(answer.as_ref(), Some(&vector.bytes));
        return true;
    }
    let (header, message) = event::opened(&vector.bytes).unwrap();
    let (message, fields) = (message.unwrap(), &vector.fields);
    assert_eq!((header, wire::encode(&message).unwrap()), (vector.header(), vector.bytes[3..].to_vec()));
    let ours = [message.format_version, message.tid.0, message.class.0].map(u64::from);
    assert_eq!(ours, ["format_version", "tid", "event_class"].map(|name| number(&fields[name])));
    assert_eq!(message.data, hex(string(&fields["event_data"])));
    let event = message.event();
    assert_eq!(event.value.encode(), Ok(message.data.clone()), "{name}");
    // The error record of that vector is four bytes that are none; it is kept, and said to be none.
    assert_eq!(event.damage.map(|it| it.field), (name == "req.cper").then_some("signature_start"), "{name}");
    said(&event.value, fields);
    // A cut in the data is no error of libpldm's. Ours keeps the event and tells the cut, or what is left is a whole one.
    for length in 0..message.data.len() {
        let cut = event::EventMessage { data: message.data[..length].to_vec(), ..message.clone() }.event();
        assert!(cut.damage.is_some() || cut.value != event.value, "{name} cut to {length}");
        assert_eq!(cut.value.encode().unwrap(), message.data[..length]);
    }
    for length in 0..6 {
        assert!(event::opened(&vector.bytes[..length]).is_none_or(|(_, message)| message.is_err()));
    }
    true
}

/// What an event of each class says.
fn said(event: &EventData, fields: &Value) {
    let same = |ours: u64, name: &str| assert_eq!(ours, number(&fields[name]), "{name}");
    match event {
        EventData::Sensor(event) => {
            same(event.sensor_id.into(), "sensor_id");
            same(event.change.class().0.into(), "sensor_event_class");
            match &event.change {
                SensorChange::OperationalState { present, previous } => {
                    same(present.0.into(), "present_op_state");
                    same(previous.0.into(), "previous_op_state");
                }
                SensorChange::State { offset, event_state, previous_event_state } => {
                    same((*offset).into(), "sensor_offset");
                    same((*event_state).into(), "event_state");
                    same((*previous_event_state).into(), "previous_event_state");
                }
                SensorChange::Numeric { event_state, previous_event_state, present_reading } => {
                    same(event_state.0.into(), "event_state");
                    same(previous_event_state.0.into(), "previous_event_state");
                    same(present_reading.size().0.into(), "sensor_data_size");
                    let raw = u32::try_from(number(&fields["present_reading_raw_u32"])).unwrap();
                    assert_eq!(present_reading.number(), Some(Raw::S32(raw.cast_signed())));
                }
                SensorChange::Unknown { .. } => panic!("every class is known"),
            }
        }
        EventData::PdrRepositoryChange(change) => {
            let event::PdrRepositoryChange::Changes { changes, .. } = change else { panic!("named records") };
            assert_eq!(changes[0].entries, event::PdrEntries::Handles(vec![1, 5, 9]));
        }
        EventData::MessagePoll(poll) => {
            assert_eq!((poll.event_id.0, poll.data_transfer_handle), (0x0102, 0xaabb_ccdd));
        }
        EventData::Heartbeat(heartbeat) => assert_eq!(heartbeat.sequence_number, 7),
        EventData::Cper(cper) => assert_eq!(cper.data, hex("deadbeef0102")),
        EventData::Effecter(_) | EventData::Raw(_) => panic!("no vector has these"),
    }
}

/// Events that we fetch.
fn polled(vector: &Vector) -> bool {
    match vector.name.as_str() {
        "platform.PollForPlatformEventMessage.req.next" => {
            vector.request::<PollForPlatformEventMessage>(|it, fields| {
                let handle = u32::try_from(number(&fields["data_transfer_handle"])).unwrap();
                assert_eq!(*it, PollForPlatformEventMessage::next(handle));
                assert_eq!(u64::from(it.event_id_to_acknowledge.0), number(&fields["event_id_to_acknowledge"]));
            })
        }
        // libpldm wants a checksum behind a single part, too; there are devices that send none, and that is counted.
        "platform.PollForPlatformEventMessage.resp.single" => {
            let payload = vector.payload::<PollForPlatformEventMessage>();
            let whole = PollForPlatformEventMessage::decode(payload).unwrap();
            assert_eq!((whole.damage, whole.leniencies()), (None, vec![]));
            assert_eq!(wire::encode(&whole.value).unwrap(), payload);
            for length in 0..payload.len() {
                let cut = PollForPlatformEventMessage::decode(&payload[..length]);
                let bare = length == payload.len() - 4;
                assert!(cut.is_err() || cut.is_ok_and(|cut| bare || cut.damage.is_some()), "cut to {length}");
            }
            let bare = PollForPlatformEventMessage::decode(&payload[..payload.len() - 4]).unwrap();
            assert_eq!(bare.leniencies(), [Leniency::MissingChecksum]);
            let part = whole.value.part.unwrap();
            assert_eq!(part.checksum.map(u64::from), vector.fields["event_data_integrity_checksum"].as_u64());
            assert_eq!(part.data, hex(string(&vector.fields["event_data"])));
        }
        name if name.starts_with("platform.PollForPlatformEventMessage.resp.") => {
            vector.response::<PollForPlatformEventMessage>(|it, fields| {
                assert_eq!(u64::from(it.tid.0), number(&fields["tid"]));
                assert_eq!(u64::from(it.event_id.0), number(&fields["event_id"]));
                let Some(part) = &it.part else { return assert!(fields["event_class"].is_null()) };
                assert_eq!(u64::from(part.transfer_flag.0), number(&fields["transfer_flag"]));
                assert_eq!(u64::from(part.class.0), number(&fields["event_class"]));
                assert_eq!(part.data.len() as u64, number(&fields["event_data_size"]));
                let checksum = fields["event_data_integrity_checksum"].as_u64();
                assert_eq!(part.checksum.map(u64::from), checksum);
                assert!(checksum.is_none_or(|checksum| checksum == u64::from(pldm::crc32(&part.data))));
                let next = fields["next_data_transfer_handle"].as_u64();
                assert_eq!(u64::from(part.next_data_transfer_handle), next.unwrap_or_default());
                if let EventClass::SENSOR = part.class {
                    assert_eq!(EventData::decode(part.class, &part.data).damage, None);
                }
            });
        }
        _ => return false,
    }
    assert_eq!(PollForPlatformEventMessage::COMMAND, vector.header().command);
    true
}

/// The named fields of each entry of a list.
fn listed<const N: usize>(list: &Value, names: [&str; N]) -> Vec<[u8; N]> {
    let entry = |entry: &Value| names.map(|name| u8::try_from(number(&entry[name])).unwrap());
    list.as_array().unwrap().iter().map(entry).collect()
}
