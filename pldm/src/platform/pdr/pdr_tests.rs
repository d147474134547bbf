//! Records of every type: whole, cut, and wrong.

use super::*;
use crate::platform::{DataSize, RangeFieldFormat, Raw, Real32, StateSet};
use proptest::prelude::*;
use wire::{Damage, decode, encode};

fn entity() -> Entity {
    Entity { entity_type: EntityType(64), instance_number: 1, container_id: 3 }
}

fn units() -> Units {
    Units {
        base_unit: Unit::DEGREES_C,
        unit_modifier: -1,
        rate_unit: RateUnit::NONE,
        base_oem_unit_handle: 0,
        aux_unit: Unit::NONE,
        aux_unit_modifier: 0,
        aux_rate_unit: RateUnit::NONE,
    }
}

fn auxiliary_names() -> AuxiliaryNames {
    let name = |language: &[u8], name: &[u8]| Name { language: language.into(), name: name.into() };
    let members = vec![Names(vec![]), Names(vec![name(b"en", b"\0G\0P"), name(b"", b"\x20\xac")])];
    AuxiliaryNames { terminus_handle: 1, id: 2, members }
}

fn numeric_sensor(size: DataSize, number: Raw, format: RangeFieldFormat, limit: Raw) -> NumericSensor {
    NumericSensor {
        terminus_handle: 1,
        sensor_id: 2,
        entity: entity(),
        sensor_init: Initialization::ENABLE,
        sensor_auxiliary_names_pdr: 1,
        units: units(),
        rel: UnitRelation::DIVIDED_BY,
        aux_oem_unit_handle: 0,
        is_linear: 1,
        sensor_data_size: size,
        resolution: Real32(0x7fc0_1234), // a NaN with something in it
        offset: Real32::from(-1.5),
        accuracy: 5,
        plus_tolerance: 1,
        minus_tolerance: 2,
        hysteresis: number,
        supported_thresholds: SupportedThresholds(0x1b),
        threshold_and_hysteresis_volatility: 0,
        state_transition_interval: Real32::from(0.5),
        update_interval: Real32::from(1.0),
        max_readable: number,
        min_readable: number,
        range_field_format: format,
        range_field_support: RangeFieldSupport(0x7f),
        nominal_value: limit,
        normal_max: limit,
        normal_min: limit,
        warning_high: limit,
        warning_low: limit,
        critical_high: limit,
        critical_low: limit,
        fatal_high: limit,
        fatal_low: limit,
    }
}

fn numeric_effecter() -> NumericEffecter {
    NumericEffecter {
        terminus_handle: 1,
        effecter_id: 9,
        entity: entity(),
        effecter_semantic_id: 0,
        effecter_init: Initialization::NONE,
        effecter_auxiliary_names: 0,
        units: units(),
        aux_oem_unit_handle: 0,
        is_linear: 1,
        effecter_data_size: DataSize::SINT64,
        resolution: Real32::from(1.0),
        offset: Real32::from(0.0),
        accuracy: 0,
        plus_tolerance: 0,
        minus_tolerance: 0,
        state_transition_interval: Real32::from(1.0),
        transition_interval: Real32::from(2.0),
        max_settable: Raw::S64(i64::MAX),
        min_settable: Raw::S64(i64::MIN),
        range_field_format: RangeFieldFormat::SINT32,
        range_field_support: EffecterRangeFieldSupport(0x1f),
        nominal_value: Raw::S32(-1),
        normal_max: Raw::S32(2),
        normal_min: Raw::S32(3),
        rated_max: Raw::S32(4),
        rated_min: Raw::S32(5),
    }
}

fn compact() -> CompactNumericSensor {
    CompactNumericSensor {
        terminus_handle: 1,
        sensor_id: 85,
        entity: entity(),
        base_unit: Unit::DEGREES_C,
        unit_modifier: 0,
        occurrence_rate: RateUnit::NONE,
        range_field_support: CompactRangeFieldSupport(0x3f),
        warning_high: 80,
        warning_low: 5,
        critical_high: 90,
        critical_low: 0,
        fatal_high: 100,
        fatal_low: -10,
        sensor_name: b"SoC_Temp0"[..].into(),
    }
}

fn file() -> FileDescriptor {
    FileDescriptor {
        terminus_handle: 1,
        file_identifier: 4,
        entity: entity(),
        superior_directory: 0,
        file_classification: FileClassification::OEM,
        oem_file_classification: 7,
        capabilities: FileCapabilities(0x8003),
        file_version: 0xffff_ffff,
        file_maximum_size: 1 << 20,
        maximum_file_descriptor_count: 1,
        file_name: b"crash.bin\0"[..].into(),
        oem_file_classification_name: Some(b"dump\0"[..].into()),
    }
}

/// One of every type, and one that is not read.
fn samples() -> Vec<Pdr> {
    let possible = PossibleStates { state_set: StateSet(196), bitmap: [6, 0x80][..].into() };
    let (size, format) = (DataSize::UINT16, RangeFieldFormat::REAL32);
    let sensor = numeric_sensor(size, Raw::U16(2), format, Raw::Real32(Real32(0x7f80_0001)));
    let records = [
        Record::TerminusLocator(TerminusLocator {
            terminus_handle: 1,
            validity: Validity::VALID,
            tid: crate::base::Tid(9),
            container_id: 0,
            locator_type: TerminusLocatorType::MCTP_EID,
            locator_value: [20][..].into(),
        }),
        Record::NumericSensor(Box::new(sensor)),
        Record::StateSensor(StateSensor {
            terminus_handle: 1,
            sensor_id: 3,
            entity: entity(),
            sensor_init: Initialization::NONE,
            sensor_auxiliary_names_pdr: 0,
            sensors: vec![possible.clone(), possible.clone()],
        }),
        Record::SensorAuxiliaryNames(auxiliary_names()),
        Record::NumericEffecter(Box::new(numeric_effecter())),
        Record::StateEffecter(StateEffecter {
            terminus_handle: 1,
            effecter_id: 3,
            entity: entity(),
            effecter_semantic_id: 1,
            effecter_init: Initialization::NONE,
            effecter_description_pdr: 0,
            effecters: vec![possible],
        }),
        Record::EffecterAuxiliaryNames(auxiliary_names()),
        Record::EntityAssociation(EntityAssociation {
            container_id: 1,
            association_type: AssociationType::PHYSICAL,
            container: entity(),
            contained: vec![entity(); 3],
        }),
        Record::EntityAuxiliaryNames(EntityAuxiliaryNames {
            entity: entity(),
            shared_name_count: 1,
            names: auxiliary_names().members.pop().unwrap(),
        }),
        Record::FruRecordSet(FruRecordSet { terminus_handle: 1, fru_record_set_identifier: 2, entity: entity() }),
        Record::CompactNumericSensor(Box::new(compact())),
        Record::FileDescriptor(Box::new(file())),
        Record::Other { pdr_type: PdrType::OEM, body: vec![1, 2, 3] },
    ];
    let pdr = |record| Pdr { record_handle: 7, header_version: 1, record_change_number: 5, record, damage: None };
    records.map(pdr).into()
}

/// A record with a header that fits.
fn framed(pdr_type: u8, body: &[u8]) -> Vec<u8> {
    let header = PdrHeader {
        record_handle: 7,
        header_version: 1,
        pdr_type: PdrType(pdr_type),
        record_change_number: 5,
        data_length: body.len().try_into().unwrap(),
    };
    [&encode(&header).unwrap(), body].concat()
}

fn damage(pdr: &Pdr) -> (&'static str, &'static str, Damage) {
    pdr.damage.map(|it| (it.message, it.field, it.damage)).unwrap()
}

#[test]
fn every_type_survives_both_ways() {
    for pdr in samples() {
        let bytes = encode(&pdr).unwrap();
        assert_eq!(decode::<Pdr>(&bytes).as_ref(), Ok(&pdr));
        assert_eq!(Pdr::keep(&bytes).as_ref(), Ok(&pdr));
    }
}

#[test]
fn every_type_cut_at_every_length_is_damage_and_nothing_worse() {
    for pdr in samples() {
        let bytes = encode(&pdr).unwrap();
        for length in 0..bytes.len() {
            assert!(decode::<Pdr>(&bytes[..length]).is_err());
            match Pdr::keep(&bytes[..length]) {
                Ok(kept) => assert!(length >= 10 && kept.damage.is_some()),
                Err(_) => assert!(length < 10),
            }
        }
    }
}

#[test]
fn a_body_that_ends_too_soon_is_damage_although_its_header_fits() {
    for pdr in samples().iter().filter(|pdr| !matches!(pdr.record, Record::Other { .. })) {
        let bytes = encode(pdr).unwrap();
        for length in 10..bytes.len() {
            let cut = framed(pdr.record.pdr_type().0, &bytes[10..length]);
            let kept = Pdr::keep(&cut).unwrap();
            assert_eq!(damage(&kept).2, Damage::Short, "{:?} cut to {length}", pdr.record);
            assert_eq!(kept.record.pdr_type(), pdr.record.pdr_type());
            if let Record::Other { body, .. } = &kept.record {
                assert_eq!(body, &bytes[10..length], "what cannot be read is kept");
            }
            assert!(decode::<Pdr>(&cut).is_err());
        }
    }
}

#[test]
fn a_record_that_is_longer_than_we_know_is_read_and_told() {
    for pdr in samples().iter().filter(|pdr| !matches!(pdr.record, Record::Other { .. })) {
        let longer = framed(pdr.record.pdr_type().0, &[&encode(pdr).unwrap()[10..], &[0; 70]].concat());
        let kept = Pdr::keep(&longer).unwrap();
        assert_eq!((damage(&kept).2, &kept.record), (Damage::Trailing, &pdr.record));
    }
}

#[test]
fn a_header_that_claims_more_or_less_than_there_is_is_told() {
    let pdr = &samples()[9];
    let mut bytes = encode(pdr).unwrap();
    bytes[8..10].copy_from_slice(&[0xff, 0xff]);
    let kept = Pdr::keep(&bytes).unwrap();
    assert_eq!((damage(&kept), &kept.record), (("PDR", "data", Damage::Short), &pdr.record));
    bytes[8..10].copy_from_slice(&[0, 0]);
    let kept = Pdr::keep(&bytes).unwrap();
    assert_eq!(damage(&kept), ("FRU Record Set PDR", "terminus_handle", Damage::Short));
}

#[test]
fn a_numeric_sensor_of_unknown_width_is_kept_as_bytes() {
    let bytes = encode(&samples()[1]).unwrap();
    for code in 8..=255 {
        let mut bytes = bytes.clone();
        bytes[10 + 22] = code;
        let kept = Pdr::keep(&bytes).unwrap();
        assert_eq!(damage(&kept), ("Numeric Sensor PDR", "sensor_data_size", Damage::Contradiction));
        assert_eq!(kept.record, Record::Other { pdr_type: PdrType::NUMERIC_SENSOR, body: bytes[10..].into() });
        assert_eq!(encode(&kept), Ok(bytes));
    }
    for code in 7..=255 {
        let mut bytes = bytes.clone();
        bytes[10 + 51] = code;
        assert_eq!(damage(&Pdr::keep(&bytes).unwrap()).1, "range_field_format");
    }
}

#[test]
fn numbers_that_do_not_fit_the_width_are_not_written() {
    let size = DataSize::UINT8;
    let wrong = numeric_sensor(size, Raw::U8(1), RangeFieldFormat::UINT8, Raw::U16(1));
    assert_eq!(encode(&wrong).unwrap_err().field, "nominal_value");
    let wrong = numeric_sensor(size, Raw::U16(1), RangeFieldFormat::UINT16, Raw::U16(1));
    assert_eq!(encode(&wrong).unwrap_err().field, "hysteresis");
}

#[test]
fn names_that_came_are_kept_whatever_was_promised() {
    let body = |rest: &[u8]| [&[1, 0, 2, 0][..], rest].concat();
    let kept = |rest: &[u8]| {
        let pdr = Pdr::keep(&framed(6, &body(rest))).unwrap();
        let Record::SensorAuxiliaryNames(names) = pdr.record else { panic!("{pdr:?}") };
        let shown = names.members.iter().map(|names| names.0.iter().map(Name::to_line).collect());
        (shown.collect::<Vec<Vec<_>>>(), pdr.damage.map(|it| (it.field, it.damage)))
    };
    let short = |field| Some((field, Damage::Short));
    assert_eq!(kept(b"\x01\xffen\0\0A\0\0"), (vec![vec!["A".into()]], short("name_language_tag")), "255 names claimed");
    assert_eq!(
        kept(b"\xff\x01en\0\0A\0\0"),
        (vec![vec!["A".into()]], short("name_string_count")),
        "255 members claimed"
    );
    assert_eq!(kept(b"\x01\x01en\0\0A\0B"), (vec![vec!["AB".into()]], short("name")), "no terminator");
    assert_eq!(kept(b"\x01\x01en\0\0A\0"), (vec![vec!["A\u{fffd}".into()]], short("name")), "an odd byte");
    assert_eq!(kept(b"\x01\x01en\0"), (vec![vec![String::new()]], short("name")), "no name");
    assert_eq!(kept(b"\x01\x01en"), (vec![vec![]], short("name_language_tag")), "no end of the tag");
    assert_eq!(kept(b"\x01\x01\0\0\0"), (vec![vec![String::new()]], None), "an empty one is whole");
    assert_eq!(kept(b"\x01\x01en\0\0A\0\0\0"), (vec![vec!["A".into()]], Some(("name", Damage::Trailing))));
    assert_eq!(kept(b"\x01\x01en\0\xd8\x00\0\0"), (vec![vec!["\u{fffd}".into()]], None), "half a character");
}

#[test]
fn what_is_overlooked_in_a_record_counts() {
    let samples = samples();
    let all: Vec<_> = samples.iter().map(|pdr| (pdr.record.pdr_type(), pdr.leniencies())).collect();
    assert!(all.iter().all(|(_, seen)| seen.is_empty()), "{all:?}");
    let name = |bytes: &[u8]| Names(vec![Name { language: [][..].into(), name: bytes.into() }]);
    let odd = EntityAuxiliaryNames { entity: entity(), shared_name_count: 0, names: name(b"\xd8\0\0\n") };
    let damage = Some(Malformed { message: "PDR", field: "name", damage: Damage::Short });
    let odd = Pdr { record: Record::EntityAuxiliaryNames(odd), damage, ..samples[0].clone() };
    assert_eq!(odd.leniencies(), [Leniency::InvalidText, Leniency::ControlCharacters, Leniency::TableShort]);
    let padded = CompactNumericSensor { sensor_name: b"T\0"[..].into(), ..compact() };
    let padded = Pdr { record: Record::CompactNumericSensor(Box::new(padded)), ..samples[0].clone() };
    assert_eq!(padded.leniencies(), [Leniency::TrailingNul]);
}

#[test]
fn a_name_that_would_read_as_another_is_not_written() {
    let write = |language: &[u8], name: &[u8]| {
        let names = Names(vec![Name { language: language.into(), name: name.into() }]);
        encode(&EntityAuxiliaryNames { entity: entity(), shared_name_count: 0, names })
    };
    assert!(write(b"en", b"\0A").is_ok());
    for (language, name) in [(&b"e\0n"[..], &b"\0A"[..]), (b"en", b"\0\0\0A"), (b"en", b"\0A\0")] {
        assert_eq!(write(language, name).unwrap_err().damage, Damage::Contradiction);
    }
}

#[test]
fn a_file_has_an_oem_name_where_its_number_or_its_bytes_say_so() {
    let none = FileDescriptor { oem_file_classification: 0, oem_file_classification_name: None, ..file() };
    let bytes = encode(&none).unwrap();
    assert_eq!(decode::<FileDescriptor>(&bytes), Ok(none.clone()));
    let empty = FileDescriptor { oem_file_classification_name: Some([][..].into()), ..none };
    assert_eq!(decode::<FileDescriptor>(&[&bytes[..], &[0]].concat()), Ok(empty));
}

#[test]
fn what_records_say_of_places_and_states_can_be_asked() {
    let samples = samples();
    let Record::TerminusLocator(locator) = &samples[0].record else { panic!() };
    assert_eq!(locator.eid(), Some(20));
    assert_eq!(TerminusLocator { locator_type: TerminusLocatorType::UID, ..locator.clone() }.eid(), None);
    let Record::StateSensor(sensor) = &samples[2].record else { panic!() };
    assert!(sensor.sensors[0].states().eq([1, 2, 15]));
    let wide = PossibleStates { state_set: StateSet(1), bitmap: [0xff; 255][..].into() };
    assert_eq!(wide.states().count(), 256);
}

proptest! {
    #[test]
    fn whatever_decodes_encodes_back(pdr_type in 0u8..32, body in prop::collection::vec(0u8..9, 0..150)) {
        let bytes = framed(pdr_type, &body);
        let kept = Pdr::keep(&bytes).unwrap();
        prop_assert_eq!(kept.record.pdr_type(), PdrType(pdr_type));
        prop_assert_eq!(decode::<Pdr>(&bytes).is_ok(), kept.damage.is_none());
        if kept.damage.is_none() || matches!(kept.record, Record::Other { .. }) {
            prop_assert_eq!(encode(&kept), Ok(bytes));
        }
    }

    #[test]
    fn a_numeric_record_survives_in_every_width(bytes in prop::collection::vec(0u8..8, 160), noise: [u8; 22]) {
        let bytes = [&noise[..], &bytes].concat();
        let mut r = Reader::new("test", &bytes);
        if let Ok(sensor) = r.get::<NumericSensor>("sensor") {
            prop_assert_eq!(&encode(&sensor).unwrap()[..], &bytes[..bytes.len() - r.remaining()]);
            let _ = (Conversion::from(&sensor), Thresholds::from(&sensor));
        }
        let mut r = Reader::new("test", &bytes);
        if let Ok(effecter) = r.get::<NumericEffecter>("effecter") {
            prop_assert_eq!(&encode(&effecter).unwrap()[..], &bytes[..bytes.len() - r.remaining()]);
        }
    }

    #[test]
    fn a_name_survives(language in "[a-zA-Z-]{0,8}", text in "[^\\x00]{0,40}") {
        let name: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let names = Names(vec![Name { language: language.as_bytes().into(), name: name[..].into() }]);
        let record = EntityAuxiliaryNames { entity: entity(), shared_name_count: 0, names };
        prop_assert_eq!(decode::<EntityAuxiliaryNames>(&encode(&record).unwrap()), Ok(record));
    }

    #[test]
    fn no_bytes_do_harm(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(pdr) = Pdr::keep(&bytes) {
            let _ = (sensor_names([&pdr]), Containment::new([&pdr]));
        }
    }
}
