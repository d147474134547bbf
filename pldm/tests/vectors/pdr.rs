//! DSP0248: platform descriptor records, and how they are fetched.

use crate::vector::{Vector, hex, number, string};
use pldm::{
    CompletionCode, NotOpened, crc8,
    platform::{
        AuxiliaryNames, Conversion, Entity, EntityAssociation, GetPdr, GetPdrRepositoryInfo, NumericEffecter,
        NumericSensor, Pdr, PdrHeader, PdrTransferFlag, PdrType, Quantity, Raw, Record, Thresholds,
    },
};
use serde_json::Value;

/// Tests the vector, if it is one of these.
pub(crate) fn check(vector: &Vector) -> bool {
    let name = vector.name.as_str();
    if name.starts_with("pdr.") { record(vector) } else { fetched(vector) }
}

/// How records are fetched.
fn fetched(vector: &Vector) -> bool {
    match vector.name.as_str() {
        "platform.GetPDRRepositoryInfo.req" => vector.request::<GetPdrRepositoryInfo>(|_, _| {}),
        "platform.GetPDRRepositoryInfo.resp" => vector.response::<GetPdrRepositoryInfo>(|it, fields| {
            assert_eq!(u64::from(it.repository_state.0), number(&fields["repository_state"]));
            assert_eq!(it.update_time[..], hex(string(&fields["update_time_timestamp104"])));
            assert_eq!(it.oem_update_time[..], hex(string(&fields["oem_update_time_timestamp104"])));
            assert_eq!(u64::from(it.record_count), number(&fields["record_count"]));
            assert_eq!(u64::from(it.repository_size), number(&fields["repository_size"]));
            assert_eq!(u64::from(it.largest_record_size), number(&fields["largest_record_size"]));
            assert_eq!(u64::from(it.data_transfer_handle_timeout), number(&fields["data_transfer_handle_timeout"]));
        }),
        "platform.GetPDR.req.first_record" => vector.request::<GetPdr>(|it, fields| {
            assert_eq!(*it, GetPdr::first(0), "it is what we send");
            assert_eq!(u64::from(it.request_count), number(&fields["request_count"]));
            assert_eq!(u64::from(it.transfer_operation_flag.0), number(&fields["transfer_operation_flag"]));
        }),
        // libpldm refuses an error that says no more than that (INVALID_LENGTH); DSP0240 lets it say no more.
        "platform.GetPDR.resp.cc_INVALID_RECORD_HANDLE" => {
            assert_eq!(vector.open::<GetPdr>(), Err(NotOpened::Refused(CompletionCode(0x82))));
        }
        name if name.starts_with("platform.GetPDR.resp.") => vector.response::<GetPdr>(|it, fields| {
            assert_eq!(u64::from(it.next_record_handle), number(&fields["next_record_handle"]));
            assert_eq!(u64::from(it.next_data_transfer_handle), number(&fields["next_data_transfer_handle"]));
            assert_eq!(u64::from(it.transfer_flag.0), number(&fields["transfer_flag"]));
            assert_eq!(it.record_data.len() as u64, number(&fields["response_count"]));
            assert_eq!(it.record_data, hex(string(&fields["record_data"])));
            assert_eq!(it.transfer_crc.map(u64::from), fields["transfer_crc8_over_whole_record"].as_u64());
            if it.transfer_flag == PdrTransferFlag::END {
                let whole: Vec<u8> = (0..0x20).collect(); // of which this is the end
                assert_eq!(it.transfer_crc, Some(crc8(&whole)));
            }
        }),
        _ => return false,
    }
    true
}

/// What they say. Each is one record, which must be whole.
fn record(vector: &Vector) -> bool {
    let pdr = vector.both_ways::<Pdr>(&vector.bytes);
    assert_eq!(Pdr::keep(&vector.bytes).as_ref(), Ok(&pdr), "{}", vector.name);
    (0..vector.bytes.len()).for_each(|length| {
        let kept = Pdr::keep(&vector.bytes[..length]);
        assert!(kept.is_err() || kept.is_ok_and(|kept| kept.damage.is_some()), "{} {length}", vector.name);
    });
    let fields = &vector.fields;
    same(fields, "record_handle", vector.bytes[0]);
    let header: PdrHeader = wire::decode(&vector.bytes[..10]).unwrap();
    assert_eq!((header.header_version, header.data_length as usize), (1, vector.bytes.len() - 10));
    match &pdr.record {
        Record::TerminusLocator(it) => {
            same(fields, "terminus_handle", it.terminus_handle);
            same(fields, "validity", it.validity.0);
            same(fields, "tid", it.tid.0);
            same(fields, "container_id", it.container_id);
            same(fields, "terminus_locator_type", it.locator_type.0);
            same(fields, "eid", it.eid().unwrap());
        }
        Record::NumericSensor(it) => numeric_sensor(it, fields),
        Record::NumericEffecter(it) => numeric_effecter(it, fields),
        Record::SensorAuxiliaryNames(it) => auxiliary_names(it, fields),
        Record::StateEffecter(it) => {
            same(fields, "effecter_id", it.effecter_id);
            same(fields, "entity_type", it.entity.entity_type.0);
            same(fields, "composite_effecter_count", it.effecters.len() as u16);
            let said = &fields["possible_states"][0];
            same(said, "state_set_id", it.effecters[0].state_set.0);
            assert_eq!(it.effecters[0].bitmap[..], hex(string(&said["states_bitmap"])));
            assert!(it.effecters[0].states().eq([1, 2]));
            assert_eq!(it.effecters[0].state_set.describe(2), "Boot Completed");
        }
        Record::FruRecordSet(it) => {
            same(fields, "terminus_handle", it.terminus_handle);
            same(fields, "fru_rsi", it.fru_record_set_identifier);
            entity(it.entity, fields, "entity_instance", "container_id");
        }
        Record::EntityAssociation(it) => entity_association(it, fields),
        Record::CompactNumericSensor(it) => {
            same(fields, "sensor_id", it.sensor_id);
            same(fields, "base_unit", it.base_unit.0);
            same(fields, "range_field_support", it.range_field_support.0);
            assert_eq!(it.sensor_name[..], *string(&fields["sensor_name"]).as_bytes());
            let told = Thresholds::from(&**it);
            for (threshold, field) in [
                (told.warning_high, "warning_high"),
                (told.warning_low, "warning_low"),
                (told.critical_high, "critical_high"),
                (told.critical_low, "critical_low"),
                (told.fatal_high, "fatal_high"),
                (told.fatal_low, "fatal_low"),
            ] {
                assert_eq!(threshold, fields[field].as_f64(), "{field}");
            }
            assert_eq!(Conversion::from(&**it).quantity(), &Quantity::Temperature);
        }
        Record::Other { pdr_type, body } => {
            assert_eq!((*pdr_type, body.len()), (PdrType::OEM, header.data_length.into()));
        }
        other => panic!("{}: {other:?}", vector.name),
    }
    true
}

/// Where the vector has the field, it has this number.
fn same(fields: &Value, field: &str, ours: impl Into<u64>) {
    if let Some(said) = fields.get(field) {
        assert_eq!(ours.into(), number(said), "{field}");
    }
}

fn entity(entity: Entity, fields: &Value, instance: &str, container: &str) {
    assert_eq!(u64::from(entity.entity_type.0), number(&fields["entity_type"]));
    assert_eq!(u64::from(entity.instance_number), number(&fields[instance]));
    assert_eq!(u64::from(entity.container_id), number(&fields[container]));
}

fn numeric_sensor(it: &NumericSensor, fields: &Value) {
    entity(it.entity, fields, "entity_instance", "container_id");
    for (ours, field) in [
        (it.terminus_handle, "terminus_handle"),
        (it.sensor_id, "sensor_id"),
        (it.sensor_init.0.into(), "sensor_init"),
        (it.sensor_auxiliary_names_pdr.into(), "sensor_auxiliary_names_pdr"),
        (it.units.base_unit.0.into(), "base_unit"),
        (it.units.rate_unit.0.into(), "rate_unit"),
        (it.rel.0.into(), "rel"),
        (it.is_linear.into(), "is_linear"),
        (it.sensor_data_size.0.into(), "sensor_data_size"),
        (it.accuracy, "accuracy"),
        (it.plus_tolerance.into(), "plus_tolerance"),
        (it.minus_tolerance.into(), "minus_tolerance"),
        (it.supported_thresholds.0.into(), "supported_thresholds"),
        (it.threshold_and_hysteresis_volatility.into(), "threshold_and_hysteresis_volatility"),
        (it.range_field_format.0.into(), "range_field_format"),
        (it.range_field_support.0.into(), "range_field_support"),
    ] {
        assert_eq!(u64::from(ours), number(&fields[field]), "{field}");
    }
    for (ours, field) in [
        (Raw::S8(it.units.unit_modifier), "unit_modifier"),
        (Raw::Real32(it.resolution), "resolution"),
        (Raw::Real32(it.offset), "offset"),
        (it.hysteresis, "hysteresis"),
        (Raw::Real32(it.state_transition_interval), "state_transition_interval"),
        (Raw::Real32(it.update_interval), "update_interval"),
        (it.max_readable, "max_readable"),
        (it.min_readable, "min_readable"),
        (it.nominal_value, "nominal_value"),
        (it.normal_max, "normal_max"),
        (it.normal_min, "normal_min"),
        (it.warning_high, "warning_high"),
        (it.warning_low, "warning_low"),
        (it.critical_high, "critical_high"),
        (it.critical_low, "critical_low"),
        (it.fatal_high, "fatal_high"),
        (it.fatal_low, "fatal_low"),
    ] {
        real(ours, &fields[field], field);
    }
}

fn numeric_effecter(it: &NumericEffecter, fields: &Value) {
    for (ours, field) in [
        (it.effecter_id, "effecter_id"),
        (it.entity.entity_type.0, "entity_type"),
        (it.units.base_unit.0.into(), "base_unit"),
        (it.is_linear.into(), "is_linear"),
        (it.effecter_data_size.0.into(), "effecter_data_size"),
        (it.plus_tolerance.into(), "plus_tolerance"),
        (it.minus_tolerance.into(), "minus_tolerance"),
        (it.range_field_format.0.into(), "range_field_format"),
        (it.range_field_support.0.into(), "range_field_support"),
    ] {
        assert_eq!(u64::from(ours), number(&fields[field]), "{field}");
    }
    for (ours, field) in [
        (Raw::S8(it.units.unit_modifier), "unit_modifier"),
        (Raw::Real32(it.resolution), "resolution"),
        (Raw::Real32(it.offset), "offset"),
        (Raw::Real32(it.state_transition_interval), "state_transition_interval"),
        (Raw::Real32(it.transition_interval), "transition_interval"),
        (it.max_settable, "max_settable"),
        (it.min_settable, "min_settable"),
        (it.nominal_value, "nominal_value"),
        (it.rated_min, "rated_min"),
    ] {
        real(ours, &fields[field], field);
    }
    assert_eq!(Conversion::from(it).quantity(), &Quantity::Power);
}

/// The vectors say 4294967300 where their bytes say -5 or -10: written as unsigned, with eight digits.
fn real(ours: Raw, said: &Value, field: &str) {
    let (ours, said) = (ours.to_f64(), said.as_f64().unwrap());
    assert!(ours == said || (said == 4_294_967_300.0 && (ours == -5.0 || ours == -10.0)), "{field}: {ours} {said}");
}

fn auxiliary_names(it: &AuxiliaryNames, fields: &Value) {
    assert_eq!(it.members.len() as u64, number(&fields["sensor_count"]));
    let shown: Vec<_> = it.members.iter().map(|names| names.best().unwrap_or_default()).collect();
    match fields["sensors"][0]["names"][0].as_object() {
        Some(said) => {
            assert_eq!(it.members[0].0[0].language[..], *string(&said["language"]).as_bytes());
            assert_eq!(shown, [string(&said["name"])]);
        }
        None => assert_eq!(shown, ["", "\u{20ac}"]),
    }
}

fn entity_association(it: &EntityAssociation, fields: &Value) {
    assert_eq!(u64::from(it.container_id), number(&fields["container_id"]));
    assert_eq!(u64::from(it.association_type.0), number(&fields["association_type"]));
    let said = fields["entities_container_first"].as_array().unwrap();
    assert_eq!(it.contained.len() + 1, said.len());
    for (ours, said) in [it.container].iter().chain(&it.contained).zip(said) {
        entity(*ours, said, "entity_instance_num", "entity_container_id");
    }
}
