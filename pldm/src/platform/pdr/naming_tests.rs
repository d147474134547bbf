//! Devices that name their sensors well, badly, twice and not at all.

use super::*;
use crate::platform::{
    AuxiliaryNames, CompactNumericSensor, CompactRangeFieldSupport, EntityAssociation, EntityType, Initialization,
    Name, PossibleStates, RateUnit, StateSensor, StateSet, Unit,
};

fn entity(entity_type: u16, instance_number: u16, container_id: u16) -> Entity {
    Entity { entity_type: EntityType(entity_type), instance_number, container_id }
}

fn pdr(record: Record) -> Pdr {
    Pdr { record_handle: 1, header_version: 1, record_change_number: 0, record, damage: None }
}

fn name(language: &str, text: &str) -> Name {
    let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    Name { language: language.as_bytes().into(), name: bytes[..].into() }
}

fn names<const N: usize>(names: [(&str, &str); N]) -> Names {
    Names(names.map(|(language, text)| name(language, text)).into())
}

fn compact(sensor_id: u16, own: &str) -> Pdr {
    pdr(Record::CompactNumericSensor(Box::new(CompactNumericSensor {
        terminus_handle: 1,
        sensor_id,
        entity: entity(135, 2, 1),
        base_unit: Unit::VOLTS,
        unit_modifier: 0,
        occurrence_rate: RateUnit::NONE,
        range_field_support: CompactRangeFieldSupport(0),
        warning_high: 0,
        warning_low: 0,
        critical_high: 0,
        critical_low: 0,
        fatal_high: 0,
        fatal_low: 0,
        sensor_name: own.as_bytes().into(),
    })))
}

fn states(sensor_id: u16, count: usize) -> Pdr {
    let one = PossibleStates { state_set: StateSet(1), bitmap: [6][..].into() };
    pdr(Record::StateSensor(StateSensor {
        terminus_handle: 1,
        sensor_id,
        entity: entity(24577, 3, 0),
        sensor_init: Initialization::NONE,
        sensor_auxiliary_names_pdr: 1,
        sensors: vec![one; count],
    }))
}

fn auxiliary(id: u16, members: Vec<Names>) -> Pdr {
    pdr(Record::SensorAuxiliaryNames(AuxiliaryNames { terminus_handle: 1, id, members }))
}

fn called(records: &[Pdr], id: u16) -> String {
    sensor_names(records)[&(1, id)].name.clone()
}

#[test]
fn english_comes_first_then_some_english_then_whatever_is_first() {
    assert_eq!(names([("de", "Lüfter"), ("EN", "Fan")]).best().as_deref(), Some("Fan"));
    assert_eq!(names([("de", "Lüfter"), ("en-GB", "Fan")]).best().as_deref(), Some("Fan"));
    assert_eq!(names([("en-US", "Fan US"), ("en", "Fan")]).best().as_deref(), Some("Fan"));
    assert_eq!(names([("de", "Lüfter"), ("fr", "Ventilo")]).best().as_deref(), Some("Lüfter"));
    assert_eq!(names([("en", ""), ("fr", "Ventilo")]).best().as_deref(), Some("Ventilo"));
    assert_eq!(names([("", "bare")]).best().as_deref(), Some("bare"));
    assert_eq!((names([("en", "")]).best(), names([]).best()), (None, None));
    assert_eq!(names([("en", "a\nb")]).best().as_deref(), Some("a\u{fffd}b"));
}

#[test]
fn a_sensor_has_the_best_name_there_is() {
    let own = compact(5, "SoC_Temp0");
    assert_eq!(called(std::slice::from_ref(&own), 5), "SoC_Temp0");
    let better = auxiliary(5, vec![names([("en", "SoC temperature")])]);
    assert_eq!(called(&[better.clone(), own.clone()], 5), "SoC temperature", "whatever the order");
    assert_eq!(called(&[own.clone(), better], 5), "SoC temperature");
    assert_eq!(called(&[own, auxiliary(5, vec![names([("en", "")])])], 5), "SoC_Temp0");

    let bare = compact(7, "");
    assert_eq!(called(std::slice::from_ref(&bare), 7), "Processor 2 sensor 7");
    let shared = |first, shared_name_count| {
        let names = names([("en", "CPU")]);
        pdr(Record::EntityAuxiliaryNames(EntityAuxiliaryNames {
            entity: entity(135, first, 1),
            shared_name_count,
            names,
        }))
    };
    assert_eq!(called(&[bare.clone(), shared(2, 0)], 7), "CPU sensor 7");
    assert_eq!(called(&[bare.clone(), shared(1, 1)], 7), "CPU 2 sensor 7");
    assert_eq!(called(&[bare.clone(), shared(1, 0)], 7), "Processor 2 sensor 7", "that is another's");
    assert_eq!(called(&[bare, shared(3, 255)], 7), "Processor 2 sensor 7");
}

#[test]
fn those_in_one_state_sensor_have_names_of_their_own() {
    let two = vec![names([]), names([("en", "Presence")])];
    let all = sensor_names(&[states(9, 2), auxiliary(9, two)]);
    assert_eq!(all[&(1, 9)].name, "entity type 24577 3 sensor 9");
    assert_eq!(all[&(1, 9)].members, [None, Some("Presence".into())]);
    assert_eq!(called(&[states(9, 1), auxiliary(9, vec![names([("en", "Presence")])])], 9), "Presence");
    assert_eq!(called(&[states(9, 1), auxiliary(9, vec![])], 9), "entity type 24577 3 sensor 9");
    assert!(sensor_names(&[auxiliary(9, vec![])]).is_empty(), "a name makes no sensor");
}

fn association(association_type: AssociationType, id: u16, container: Entity, contained: &[Entity]) -> Pdr {
    let contained = contained.to_vec();
    pdr(Record::EntityAssociation(EntityAssociation { container_id: id, association_type, container, contained }))
}

#[test]
fn an_entity_is_inside_all_that_its_container_is_inside_of() {
    let (chassis, board, processor) = (entity(45, 1, 0), entity(64, 1, 1), entity(135, 1, 2));
    let physical = AssociationType::PHYSICAL;
    let records = [association(physical, 2, board, &[processor]), association(physical, 1, chassis, &[board])];
    let containment = Containment::new(&records);
    assert_eq!(containment.containers(processor), [board, chassis]);
    assert_eq!((containment.container(board), containment.container(chassis)), (Some(chassis), None));
    assert_eq!(containment.containers(entity(135, 7, 2)), [board, chassis], "its container's number says so");
    assert_eq!(containment.containers(entity(135, 7, 9)), []);
}

#[test]
fn a_thing_is_in_its_place_before_it_is_in_a_group() {
    let (group, board, processor) = (entity(0x8003, 1, 0), entity(64, 1, 0), entity(135, 1, 2));
    let logical = association(AssociationType::LOGICAL, 2, group, &[processor]);
    let physical = association(AssociationType::PHYSICAL, 2, board, &[processor]);
    assert_eq!(Containment::new(&[logical.clone(), physical]).container(processor), Some(board));
    assert_eq!(Containment::new(&[logical]).container(processor), Some(group));
}

#[test]
fn entities_that_contain_each_other_come_to_an_end() {
    let (a, b, c) = (entity(1, 1, 1), entity(2, 1, 2), entity(3, 1, 3));
    let physical = AssociationType::PHYSICAL;
    let records =
        [association(physical, 10, a, &[b, a]), association(physical, 11, b, &[c]), association(physical, 12, c, &[a])];
    let containment = Containment::new(&records);
    assert_eq!(containment.containers(a), [], "what is inside itself is inside nothing");
    assert_eq!(containment.containers(c), [b, a]);
    let circle = [association(physical, 11, b, &[c]), association(physical, 12, c, &[b])];
    assert_eq!(Containment::new(&circle).containers(b), [c]);
}
