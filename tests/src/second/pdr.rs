//! DSP0248, the records of a repository: ours by the paths of `pdr.txt`.

use super::{
    super::{Refusal, Value, Why, decode},
    Flat, Flattened, compare, number, numbers,
};
use pldm::platform::{
    AuxiliaryNames, CompactNumericSensor, Entity, FileDescriptor, Name, NumericEffecter, NumericSensor, Pdr,
    PossibleStates, Record, Units,
};
use wire::Damage;

/// One record, header and all.
pub(super) fn record(bytes: &[u8]) {
    let ours = Pdr::keep(bytes).map(|pdr| (Flattened::of(&pdr), pdr.damage));
    let second = match decode(Pdr::TABLE, bytes) {
        // The header promises more than came. Ours says so, and reads what did.
        Err(Refusal { path, why: Why::Short, before }) if path.is_empty() && before.0.len() == 5 => {
            let damage = ours.as_ref().ok().and_then(|(_, damage)| *damage);
            assert_eq!(damage.map(|damage| damage.damage), Some(Damage::Short), "{bytes:02x?}");
            match decode("RecordCut", bytes) {
                Ok(before) => Err(Refusal { path, why: Why::Short, before }),
                Err(refusal) => Err(Refusal { why: Why::Short, ..refusal }),
            }
        }
        second => second,
    };
    compare(Pdr::TABLE, ours, second, bytes);
}

/// Numbers whose width a field of the record names.
macro_rules! raw {
    ($to:ident, $it:expr; $($field:ident),* $(,)?) => {
        $($to.put(stringify!($field), number($it.$field));)*
    };
}

impl Flat for Pdr {
    const TABLE: &'static str = "Record";

    fn flat(&self, to: &mut Flattened) {
        numbers!(to, self; record_handle, header_version, record_change_number);
        to.number("pdr_type", self.record.pdr_type().0);
        body(to, &self.record);
    }
}

fn body(to: &mut Flattened, record: &Record) {
    match record {
        Record::TerminusLocator(it) => {
            numbers!(to, it; terminus_handle, validity.0, tid.0, container_id, locator_type.0: "terminus_locator_type");
            to.bytes("terminus_locator_value", &it.locator_value);
        }
        Record::NumericSensor(it) => numeric_sensor(to, it),
        Record::StateSensor(it) => {
            entity(to, &it.entity);
            numbers!(to, it; terminus_handle, sensor_id, sensor_init.0, sensor_auxiliary_names_pdr);
            to.list("possible_states", &it.sensors, states);
        }
        Record::SensorAuxiliaryNames(it) => names(to, "sensor_id", "sensors", it),
        Record::NumericEffecter(it) => numeric_effecter(to, it),
        Record::StateEffecter(it) => {
            entity(to, &it.entity);
            numbers!(to, it; terminus_handle, effecter_id, effecter_semantic_id, effecter_init.0,
                effecter_description_pdr);
            to.list("possible_states", &it.effecters, states);
        }
        Record::EffecterAuxiliaryNames(it) => names(to, "effecter_id", "effecters", it),
        Record::EntityAssociation(it) => {
            numbers!(to, it; container_id, association_type.0);
            to.number("container.entity_type", it.container.entity_type.0);
            to.number("container.entity_instance_num", it.container.instance_number);
            to.number("container.entity_container_id", it.container.container_id);
            to.list("contained", &it.contained, |to, it: &Entity| {
                numbers!(to, it; entity_type.0, instance_number: "entity_instance_num",
                    container_id: "entity_container_id");
            });
        }
        Record::EntityAuxiliaryNames(it) => {
            entity(to, &it.entity);
            to.number("shared_name_count", it.shared_name_count);
            to.list("names", &it.names.0, name);
        }
        Record::FruRecordSet(it) => {
            entity(to, &it.entity);
            numbers!(to, it; terminus_handle, fru_record_set_identifier: "fru_rsi");
        }
        Record::CompactNumericSensor(it) => compact(to, it),
        Record::FileDescriptor(it) => file(to, it),
        Record::Other { pdr_type, body } => {
            to.unread = true;
            if !matches!(pdr_type.0, 1 | 2 | 4 | 6 | 9 | 11 | 13 | 15 | 16 | 20 | 21 | 30) {
                to.bytes("data", body);
            }
        }
    }
}

fn entity(to: &mut Flattened, it: &Entity) {
    numbers!(to, it; entity_type.0, instance_number: "entity_instance", container_id);
}

fn states(to: &mut Flattened, it: &PossibleStates) {
    to.number("state_set_id", it.state_set.0);
    to.bytes("states_bitmap", &it.bitmap);
}

fn names(to: &mut Flattened, id: &str, members: &str, it: &AuxiliaryNames) {
    to.number("terminus_handle", it.terminus_handle);
    to.number(id, it.id);
    to.list(members, &it.members, |to, it| to.list("names", &it.0, name));
}

fn name(to: &mut Flattened, it: &Name) {
    to.bytes("language", &it.language);
    to.bytes("name", &it.name);
}

fn units(to: &mut Flattened, it: &Units) {
    numbers!(to, it; base_unit.0, unit_modifier, rate_unit.0, base_oem_unit_handle, aux_unit.0, aux_unit_modifier,
        aux_rate_unit.0);
}

fn numeric_sensor(to: &mut Flattened, it: &NumericSensor) {
    entity(to, &it.entity);
    units(to, &it.units);
    numbers!(to, it; terminus_handle, sensor_id, sensor_init.0, sensor_auxiliary_names_pdr, rel.0, aux_oem_unit_handle,
        is_linear, sensor_data_size.0, accuracy, plus_tolerance, minus_tolerance, supported_thresholds.0,
        threshold_and_hysteresis_volatility, range_field_format.0, range_field_support.0);
    for (path, real) in [
        ("resolution", it.resolution),
        ("offset", it.offset),
        ("state_transition_interval", it.state_transition_interval),
        ("update_interval", it.update_interval),
    ] {
        to.put(path, Value::Real(real.0));
    }
    raw!(to, it; hysteresis, max_readable, min_readable, nominal_value, normal_max, normal_min, warning_high,
        warning_low, critical_high, critical_low, fatal_high, fatal_low);
}

fn numeric_effecter(to: &mut Flattened, it: &NumericEffecter) {
    entity(to, &it.entity);
    units(to, &it.units);
    numbers!(to, it; terminus_handle, effecter_id, effecter_semantic_id, effecter_init.0,
        effecter_auxiliary_names: "effecter_auxiliary_names_pdr", aux_oem_unit_handle, is_linear, effecter_data_size.0,
        accuracy, plus_tolerance, minus_tolerance, range_field_format.0, range_field_support.0);
    for (path, real) in [
        ("resolution", it.resolution),
        ("offset", it.offset),
        ("state_transition_interval", it.state_transition_interval),
        ("transition_interval", it.transition_interval),
    ] {
        to.put(path, Value::Real(real.0));
    }
    raw!(to, it; max_settable, min_settable, nominal_value, normal_max, normal_min, rated_max, rated_min);
}

fn compact(to: &mut Flattened, it: &CompactNumericSensor) {
    entity(to, &it.entity);
    numbers!(to, it; terminus_handle, sensor_id, base_unit.0, unit_modifier, occurrence_rate.0, range_field_support.0,
        warning_high, warning_low, critical_high, critical_low, fatal_high, fatal_low);
    to.bytes("sensor_name", &it.sensor_name);
}

fn file(to: &mut Flattened, it: &FileDescriptor) {
    entity(to, &it.entity);
    numbers!(to, it; terminus_handle, file_identifier, superior_directory: "superior_directory_file_identifier",
        file_classification.0, oem_file_classification, capabilities.0: "file_capabilities", file_version,
        file_maximum_size, maximum_file_descriptor_count: "file_maximum_file_descriptor_count");
    to.bytes("file_name", &it.file_name);
    if let Some(name) = &it.oem_file_classification_name {
        to.bytes("oem_file_classification_name", name);
    }
}
