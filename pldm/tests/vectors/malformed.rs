//! What must not be taken for a good message, and how much of it is kept all the same.

use crate::vector::Vector;
use pldm::{
    Answer, CallError, CompletionCode, Failure, Header, Leniency, Lenient, NotOpened, PldmType, Request,
    base::{GetPldmCommands, GetPldmTypes, GetPldmVersion, MultipartReceive, Versions},
    firmware_update::*,
    fru::{GetFruRecordTable, RecordTable},
    platform::{
        DataSize, GetPdr, GetSensorReading, GetStateSensorReadings, Pdr, PdrType, PollForPlatformEventMessage,
        PresentState, Record, SensorOperationalState,
    },
};
use std::fmt::Debug;
use wire::{Damage, Malformed};

/// Tests the vector, if it is one of these.
pub(crate) fn check(vector: &Vector) -> bool {
    let Some(name) = vector.name.strip_prefix("malformed.") else { return false };
    match name {
        // libpldm ignores the header's version; another version may mean anything, so we do not.
        "hdr.header_version_nonzero" => {
            assert_eq!(vector.header().version, 1);
            let reply = [wire::encode(&vector.header().response()).unwrap(), vec![0]].concat();
            assert_eq!(malformed::<GetFirmwareParameters>(&reply).field, "header version");
        }
        // libpldm takes it for a response; the combination is reserved.
        "hdr.rq0_d1_reserved_combination" => {
            assert_eq!(malformed::<GetFirmwareParameters>(&vector.bytes).field, "datagram bit");
        }
        "gfp.empty_payload" => {
            assert_eq!(malformed::<GetFirmwareParameters>(&vector.bytes).field, "completion code");
        }
        "gfp.cc_only_success" => refused::<GetFirmwareParameters>(vector, "capabilities_during_update"),
        "gfp.cc_only_error" => {
            let unsupported = NotOpened::Refused(CompletionCode::ERROR_UNSUPPORTED_PLDM_CMD);
            assert_eq!(vector.open::<GetFirmwareParameters>(), Err(unsupported));
        }
        "gfp.active_len_past_end" => refused::<GetFirmwareParameters>(vector, "active_image_set"),
        // libpldm refuses a string type it does not know, and with it the whole inventory of the device.
        "gfp.active_type_255" => {
            let it = sound::<GetFirmwareParameters>(vector);
            assert_eq!(it.active_image_set.encoding.0, 255);
            assert_eq!(it.active_image_set.to_string_lenient(), ("A".into(), vec![Leniency::UnknownStringType]));
        }
        // libpldm takes it, but does not say that the type is none.
        "gfp.comp_active_type_bad" => {
            let it = sound::<GetFirmwareParameters>(vector);
            assert_eq!(
                (it.components[0].active.version.encoding.0, it.leniencies()),
                (9, vec![Leniency::UnknownStringType])
            );
        }
        "gfp.comp_entry_short" => {
            let it = kept::<GetFirmwareParameters>(vector, "active_comparison_stamp", Damage::Short);
            assert_eq!((it.active_image_set.to_string_lenient().0.as_str(), it.components.len()), ("A", 0));
        }
        "gfp.comp_active_len_past_end" => {
            assert_eq!(kept::<GetFirmwareParameters>(vector, "active version", Damage::Short).components, []);
        }
        "gfp.comp_pending_len_past_end" => {
            assert_eq!(kept::<GetFirmwareParameters>(vector, "pending version", Damage::Short).components, []);
        }
        // libpldm ignores the bytes; we keep the count's word and say that more came.
        "gfp.comp_count_0_table_present" => {
            assert_eq!(kept::<GetFirmwareParameters>(vector, "pending_image_set", Damage::Trailing).components, []);
        }
        // libpldm refuses these three; what arrived within count and length is kept, and the contradiction reported.
        "qdi.count_0" => {
            assert_eq!(kept::<QueryDeviceIdentifiers>(vector, "descriptors", Damage::Trailing).descriptors, []);
        }
        "qdi.len_mismatch_long" => {
            let it = kept::<QueryDeviceIdentifiers>(vector, "descriptors", Damage::Short);
            assert_eq!(it.descriptors[0].to_string(), "PCI Vendor ID 0x10de");
        }
        "qdi.len_mismatch_short" => {
            assert_eq!(kept::<QueryDeviceIdentifiers>(vector, "descriptor_data", Damage::Short).descriptors, []);
        }
        // libpldm refuses these two because of what is inside a vendor's own descriptor; the others still count.
        "qdi.vendor_defined_title_past_end" | "qdi.vendor_defined_zero_title" => {
            let it = sound::<QueryDeviceIdentifiers>(vector);
            assert_eq!((it.descriptors.len(), it.leniencies()), (1, vec![Leniency::DescriptorLength]));
            let title = it.descriptors[0].vendor_defined().map(|it| it.title.bytes.len());
            assert_eq!(title, name.ends_with("zero_title").then_some(0));
        }
        // libpldm refuses a value that is neither yes nor no; the numbers beside it are good.
        "qdd.unsupported_value_2" => {
            assert_eq!(sound::<QueryDownstreamDevices>(vector).update_supported, DownstreamSupport(2));
        }
        "qdsi.length_past_end" => {
            assert_eq!(kept::<QueryDownstreamIdentifiers>(vector, "descriptor_type", Damage::Short).devices, []);
        }
        "qdsi.zero_descriptors_in_device" => {
            let it = sound::<QueryDownstreamIdentifiers>(vector);
            assert_eq!((it.devices.len(), it.devices[0].descriptors.len()), (1, 0));
        }
        "gdfp.ver_past_end" => {
            let it = kept::<GetDownstreamFirmwareParameters>(vector, "active version", Damage::Short);
            assert_eq!(it.devices, []);
        }
        "types.short" => refused::<GetPldmTypes>(vector, "bitmap"),
        "cmds.short" => refused::<GetPldmCommands>(vector, "bitmap"),
        "ver.no_crc" => {
            let part = sound::<GetPldmVersion>(vector);
            let answer: Answer<Versions> = Versions::assemble(&part.data);
            assert_eq!((answer.value.versions[0].to_string().as_str(), answer.damage), ("1.3.0", None));
            assert_eq!(answer.leniencies(), [Leniency::MissingChecksum]);
        }
        // libpldm refuses it; an empty table is one that says nothing, and lacks its checksum.
        "ftab.success_header_only" => {
            let part = sound::<GetFruRecordTable>(vector);
            let table = RecordTable::read(&part.data, Err(refusal()));
            assert_eq!((table.records.len(), table.leniencies()), (0, vec![Leniency::MissingChecksum]));
        }
        "mrr.end_crc_missing" => refused::<MultipartReceive>(vector, "checksum"),
        // libpldm refuses it, and with it the part that is there and the handle of the next record.
        "pdr.end_without_crc" => {
            let it = kept::<GetPdr>(vector, "transfer_crc", Damage::Short);
            assert_eq!((&it.record_data[..], it.transfer_crc), (&[1, 2][..], None));
        }
        // libpldm refuses it; it is kept as bytes, so that whoever asks can see what the device has.
        "pdr.numeric_sensor_too_short" => {
            assert!(wire::decode::<Pdr>(&vector.bytes).is_err());
            let pdr = Pdr::keep(&vector.bytes).unwrap();
            assert_eq!(pdr.damage.map(|it| (it.field, it.damage)), Some(("entity_type", Damage::Short)));
            let body = vector.bytes[10..].into();
            assert_eq!(pdr.record, Record::Other { pdr_type: PdrType::NUMERIC_SENSOR, body });
            assert_eq!(wire::encode(&pdr).as_ref(), Ok(&vector.bytes));
        }
        // libpldm refuses it, and with it the states. Whether the sensor works, and that it has a reading, is good.
        "gsr.data_size_6_reserved" => {
            let it = kept::<GetSensorReading>(vector, "present_reading", Damage::Short);
            assert_eq!(
                (it.operational_state, it.present_state),
                (SensorOperationalState::ENABLED, PresentState::NORMAL)
            );
            assert_eq!((it.value(), it.present_reading.size()), (None, DataSize::UINT64));
        }
        // libpldm refuses these three. The states that are there are good.
        "gss.count_9" => {
            let it = kept::<GetStateSensorReadings>(vector, "operational_state", Damage::Short);
            assert_eq!(it.sensors.iter().map(|one| one.present_state).collect::<Vec<_>>(), [1, 1]);
        }
        "gss.count_2_one_field" => {
            assert_eq!(kept::<GetStateSensorReadings>(vector, "operational_state", Damage::Short).sensors.len(), 1);
        }
        "gss.count_0" => assert_eq!(sound::<GetStateSensorReadings>(vector).sensors, []),
        "poll.event_id_only_short" => refused::<PollForPlatformEventMessage>(vector, "event_id"),
        // libpldm refuses it; what came of the event is kept, and that it is cut.
        "poll.size_past_end" => {
            let it = kept::<PollForPlatformEventMessage>(vector, "event_data", Damage::Short);
            assert_eq!(it.part.map(|part| part.data), Some(vec![1, 2]));
        }
        "mrr.length_past_end" => refused::<MultipartReceive>(vector, "data"),
        _ => return false,
    }
    true
}

/// Why there is no metadata.
fn refusal() -> CallError {
    let failure = Failure::Refused(CompletionCode::ERROR_UNSUPPORTED_PLDM_CMD);
    CallError { pldm_type: PldmType::FRU, command: "GetFRURecordTableMetadata", failure }
}

/// Nothing is kept.
fn refused<R: Request<Response: Debug>>(vector: &Vector, field: &str) {
    let malformed = vector.refused::<R>();
    assert_eq!((malformed.field, malformed.damage), (field, Damage::Short), "{}", vector.name);
}

/// Something is kept, and something is wrong.
fn kept<R: Request<Response: PartialEq + Debug>>(vector: &Vector, field: &str, damage: Damage) -> R::Response {
    let (value, malformed) = vector.kept::<R>();
    assert_eq!((malformed.field, malformed.damage), (field, damage), "{}", vector.name);
    value
}

/// Nothing is wrong as far as the cursor can tell, and the bytes survive.
fn sound<R: Request<Response: PartialEq + Debug>>(vector: &Vector) -> R::Response {
    let payload = vector.payload::<R>();
    let Answer { value, damage } = R::decode(payload).unwrap();
    assert_eq!((damage, wire::encode(&value).unwrap()), (None, payload.to_vec()), "{}", vector.name);
    (0..payload.len()).for_each(|length| drop(R::decode(&payload[..length])));
    value
}

fn malformed<R: Request>(reply: &[u8]) -> Malformed {
    let header: Header = wire::decode(&reply[..3]).unwrap();
    match pldm::open::<R>(header.instance_id, reply) {
        Err(NotOpened::Malformed(malformed)) => malformed,
        other => panic!("{other:?}"),
    }
}
