//! Numbers that devices send, and numbers that mean nothing.

use super::*;
use crate::platform::{DataSize, Entity, EntityType, Initialization, RangeFieldFormat, Real32};
use proptest::prelude::*;

fn units(base_unit: Unit, unit_modifier: i8) -> Units {
    Units {
        base_unit,
        unit_modifier,
        rate_unit: RateUnit::NONE,
        base_oem_unit_handle: 0,
        aux_unit: Unit::NONE,
        aux_unit_modifier: 0,
        aux_rate_unit: RateUnit::NONE,
    }
}

fn simple(base_unit: Unit, unit_modifier: i8) -> Conversion {
    Conversion::new(&units(base_unit, unit_modifier), UnitRelation::DIVIDED_BY, 1.0, 0.0)
}

fn with(resolution: f64, offset: f64) -> Conversion {
    Conversion::new(&units(Unit::VOLTS, 0), UnitRelation::DIVIDED_BY, resolution, offset)
}

#[test]
fn a_reading_is_steps_then_offset_then_powers_of_ten() {
    let conversion = Conversion::new(&units(Unit::DEGREES_C, -1), UnitRelation::DIVIDED_BY, 1.5, -10.0);
    assert_eq!(conversion.value(Raw::U8(100)), Some(14.0));
    assert_eq!(conversion.distance(Raw::U8(2)), Some(0.3));
    assert_eq!(conversion.range(Raw::Real32(85f32.into())), Some(8.5));
    assert_eq!(simple(Unit::VOLTS, -1).value(Raw::U16(251)), Some(25.1));
    assert_eq!(simple(Unit::VOLTS, 3).value(Raw::S32(-2)), Some(-2000.0));
}

#[test]
fn powers_of_ten_reach_as_far_as_a_number_does() {
    let least = simple(Unit::VOLTS, -128).value(Raw::U8(1)).unwrap();
    assert!((least / 1e-128 - 1.0).abs() < 1e-12, "{least}");
    assert_eq!(simple(Unit::VOLTS, 127).value(Raw::S64(i64::MAX)).map(f64::is_finite), Some(true));
    let far = Units { aux_unit: Unit::METERS, aux_unit_modifier: -128, ..units(Unit::VOLTS, 127) };
    let conversion = Conversion::new(&far, UnitRelation::DIVIDED_BY, 1e38, 0.0);
    assert_eq!(conversion.modifier, 255);
    assert_eq!(conversion.value(Raw::U64(u64::MAX)), None, "it is infinite");
    assert_eq!(conversion.value(Raw::U8(0)), Some(0.0));
}

#[test]
fn a_resolution_or_offset_that_is_no_number_is_a_flaw_with_a_name() {
    let flaws = [
        (with(0.0, 0.0), Flaw::ResolutionZero),
        (with(-0.0, 0.0), Flaw::ResolutionZero),
        (with(f64::NAN, 0.0), Flaw::ResolutionNotFinite),
        (with(f64::INFINITY, 0.0), Flaw::ResolutionNotFinite),
        (with(1.0, f64::NAN), Flaw::OffsetNotFinite),
        (with(1.0, f64::NEG_INFINITY), Flaw::OffsetNotFinite),
    ];
    for (conversion, flaw) in flaws {
        assert_eq!((conversion.flaw(), conversion.value(Raw::U8(1))), (Some(flaw), None));
        assert_eq!(conversion.distance(Raw::U8(1)), None);
        assert_eq!(conversion.range(Raw::U8(1)), Some(1.0), "a range field needs neither");
        assert!(flaw.to_string().starts_with("its "));
    }
    assert_eq!(with(-0.5, 1.0).flaw(), None);
}

#[test]
fn a_range_field_that_is_no_number_is_none() {
    for bits in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        assert_eq!(simple(Unit::VOLTS, 0).range(Raw::Real32(bits.into())), None);
        assert_eq!(simple(Unit::VOLTS, 0).value(Raw::Real32(bits.into())), None);
    }
}

#[test]
fn every_temperature_comes_out_in_celsius() {
    assert_eq!(simple(Unit::DEGREES_C, 0).value(Raw::S8(-40)), Some(-40.0));
    assert_eq!(simple(Unit::DEGREES_F, 0).value(Raw::U8(212)), Some(100.0));
    assert_eq!(simple(Unit::KELVINS, -2).value(Raw::U16(27315)).map(f64::abs), Some(0.0));
    assert_eq!(simple(Unit::DEGREES_F, 0).distance(Raw::U8(9)), Some(5.0), "a distance is not shifted");
    for unit in [Unit::DEGREES_C, Unit::DEGREES_F, Unit::KELVINS] {
        assert_eq!(simple(unit, 0).quantity(), &Quantity::Temperature);
    }
}

#[test]
fn what_has_a_quantity_comes_out_in_its_unit_and_the_rest_keeps_its_own() {
    let quantity = |units: Units, rel| Conversion::new(&units, rel, 1.0, 0.0);
    let plain = |unit| simple(unit, 0).quantity().clone();
    assert_eq!(plain(Unit::VOLTS), Quantity::Voltage);
    assert_eq!(plain(Unit::AMPS), Quantity::Current);
    assert_eq!(plain(Unit::WATTS), Quantity::Power);
    assert_eq!(plain(Unit::JOULES), Quantity::Energy);
    assert_eq!(plain(Unit::RPM), Quantity::FanSpeed);
    assert_eq!(plain(Unit::PERCENTAGE), Quantity::Other("%".into()));
    assert_eq!(plain(Unit::OEM_UNIT), Quantity::Other("{oem}".into()));
    assert_eq!(plain(Unit(200)), Quantity::Other("{unit_200}".into()));

    let rate = |unit, rate_unit| quantity(Units { rate_unit, ..units(unit, 0) }, UnitRelation::DIVIDED_BY);
    assert_eq!(rate(Unit::JOULES, RateUnit::PER_SECOND).quantity(), &Quantity::Power);
    assert_eq!(rate(Unit::PACKETS, RateUnit::PER_SECOND).quantity(), &Quantity::Other("{packet}/s".into()));
    assert_eq!(rate(Unit::DEGREES_C, RateUnit::PER_MINUTE).quantity(), &Quantity::Other("Cel/min".into()));
    let turns = rate(Unit::REVOLUTIONS, RateUnit::PER_SECOND);
    assert_eq!((turns.quantity(), turns.value(Raw::U8(2))), (&Quantity::FanSpeed, Some(120.0)));

    let two =
        |base, aux_unit, aux_unit_modifier, rel| quantity(Units { aux_unit, aux_unit_modifier, ..units(base, 0) }, rel);
    let kilowatt_hours = two(Unit::WATTS, Unit::HOURS, 3, UnitRelation::MULTIPLIED_BY);
    assert_eq!((kilowatt_hours.quantity(), kilowatt_hours.value(Raw::U8(2))), (&Quantity::Energy, Some(7_200_000.0)));
    let per_metre = two(Unit::VOLTS, Unit::METERS, -3, UnitRelation::DIVIDED_BY);
    assert_eq!((per_metre.quantity(), per_metre.value(Raw::U8(2))), (&Quantity::Other("V/(m)".into()), Some(2000.0)));
    let watts_per_hour = two(Unit::WATTS, Unit::HOURS, 0, UnitRelation::DIVIDED_BY);
    assert_eq!(watts_per_hour.quantity(), &Quantity::Other("W/(h)".into()));
}

fn sensor(format: RangeFieldFormat, limit: Raw) -> NumericSensor {
    NumericSensor {
        terminus_handle: 1,
        sensor_id: 2,
        entity: Entity { entity_type: EntityType(135), instance_number: 1, container_id: 0 },
        sensor_init: Initialization::NONE,
        sensor_auxiliary_names_pdr: 0,
        units: units(Unit::VOLTS, -3),
        rel: UnitRelation::DIVIDED_BY,
        aux_oem_unit_handle: 0,
        is_linear: 1,
        sensor_data_size: DataSize::UINT8,
        resolution: Real32::from(2.0),
        offset: Real32::from(5.0),
        accuracy: 0,
        plus_tolerance: 0,
        minus_tolerance: 0,
        hysteresis: Raw::U8(1),
        supported_thresholds: SupportedThresholds(0),
        threshold_and_hysteresis_volatility: 0,
        state_transition_interval: Real32(0),
        update_interval: Real32(0),
        max_readable: Raw::U8(255),
        min_readable: Raw::U8(0),
        range_field_format: format,
        range_field_support: RangeFieldSupport(0),
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

#[test]
fn a_threshold_is_told_where_the_record_says_that_it_means_something() {
    let mut sensor = sensor(RangeFieldFormat::UINT16, Raw::U16(1500));
    assert_eq!(Thresholds::from(&sensor), Thresholds::default());
    sensor.supported_thresholds = SupportedThresholds(0x3f);
    let warnings = Thresholds { warning_high: Some(1.5), warning_low: Some(1.5), ..Thresholds::default() };
    assert_eq!(Thresholds::from(&sensor), warnings, "no range field means anything");
    sensor.supported_thresholds = SupportedThresholds::LOWER_CRITICAL;
    sensor.range_field_support = RangeFieldSupport(0x0c); // as OpenBIC says "both critical"
    (sensor.nominal_value, sensor.normal_max, sensor.normal_min) = (Raw::U16(0), Raw::U16(0), Raw::U16(0));
    let critical = Thresholds { critical_low: Some(1.5), ..Thresholds::default() };
    assert_eq!(Thresholds::from(&sensor), critical, "and nothing is normal at 0");
    (sensor.nominal_value, sensor.normal_max, sensor.normal_min) = (Raw::U16(1500), Raw::U16(1500), Raw::U16(1500));
    sensor.range_field_support = RangeFieldSupport(0xff);
    sensor.supported_thresholds = SupportedThresholds(0xff);
    let all = Some(1.5);
    let everything = Thresholds {
        warning_high: all,
        warning_low: all,
        critical_high: all,
        critical_low: all,
        fatal_high: all,
        fatal_low: all,
        normal_max: all,
        normal_min: all,
        nominal: all,
    };
    assert_eq!(Thresholds::from(&sensor), everything);
    sensor.nominal_value = Raw::Real32(f32::NAN.into());
    assert_eq!(Thresholds::from(&sensor).nominal, None);
}

proptest! {
    #[test]
    fn whatever_comes_is_a_finite_number_or_none(
        all in any::<(u8, i8, u8, u8, i8, u8)>(), numbers in any::<(u32, u32, u64, u32)>(),
    ) {
        let (base, modifier, rate, aux, aux_modifier, rel) = all;
        let (resolution, offset, number, bits) = numbers;
        let units = Units {
            rate_unit: RateUnit(rate % 11), aux_unit: Unit(aux), aux_unit_modifier: aux_modifier,
            ..units(Unit(base), modifier)
        };
        let [resolution, offset] = [resolution, offset].map(|bits| f64::from(Real32(bits).get()));
        let conversion = Conversion::new(&units, UnitRelation(rel % 3), resolution, offset);
        for raw in [Raw::U64(number), Raw::S64(number.cast_signed()), Raw::Real32(Real32(bits))] {
            let all = [conversion.value(raw), conversion.range(raw), conversion.distance(raw)];
            prop_assert!(all.into_iter().flatten().all(f64::is_finite));
        }
        prop_assert!(conversion.flaw().is_none() || conversion.value(Raw::U8(1)).is_none());
    }
}
