//! From what a sensor sends to what it means: resolution, offset, powers of ten, and one unit for each quantity.

use super::{
    CompactNumericSensor, CompactRangeFieldSupport, NumericEffecter, NumericSensor, RangeFieldSupport,
    SupportedThresholds, UnitRelation, Units,
};
use crate::platform::{RateUnit, Raw, Unit};

/// What a number measures, and in which unit [`Conversion`] gives it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Quantity {
    /// In degrees Celsius.
    Temperature,
    /// In volts.
    Voltage,
    /// In amperes.
    Current,
    /// In watts.
    Power,
    /// In joules.
    Energy,
    /// In revolutions a minute.
    FanSpeed,
    /// Anything else, in the unit given; UCUM's words.
    Other(String),
}

/// Why no number of a sensor means anything.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Flaw {
    /// Its resolution is 0: every reading would mean the same.
    ResolutionZero,
    /// Its resolution is infinite or no number.
    ResolutionNotFinite,
    /// Its offset is infinite or no number.
    OffsetNotFinite,
}

impl std::fmt::Display for Flaw {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::ResolutionZero => "its resolution is 0",
            Self::ResolutionNotFinite => "its resolution is no number",
            Self::OffsetNotFinite => "its offset is no number",
        })
    }
}

/// How the numbers of one sensor or effecter are understood.
#[derive(Clone, Debug, PartialEq)]
pub struct Conversion {
    resolution: f64,
    offset: f64,
    /// The power of ten that a number in the record's units is multiplied with.
    modifier: i32,
    /// From the record's unit to that of the quantity: first this is added, ...
    shift: f64,
    /// ... then this multiplied.
    factor: f64,
    quantity: Quantity,
}

/// The limits within which a reading is well, in the unit of the quantity; none where the record says nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Thresholds {
    /// Above it a reading deserves a look.
    pub warning_high: Option<f64>,
    /// Below it a reading deserves a look.
    pub warning_low: Option<f64>,
    /// Above it a reading is wrong.
    pub critical_high: Option<f64>,
    /// Below it a reading is wrong.
    pub critical_low: Option<f64>,
    /// Above it a reading destroys.
    pub fatal_high: Option<f64>,
    /// Below it a reading destroys.
    pub fatal_low: Option<f64>,
    /// The highest that is normal.
    pub normal_max: Option<f64>,
    /// The lowest that is normal.
    pub normal_min: Option<f64>,
    /// The reading that is right.
    pub nominal: Option<f64>,
}

impl Conversion {
    fn new(units: &Units, rel: UnitRelation, resolution: f64, offset: f64) -> Self {
        let mut modifier = i32::from(units.unit_modifier);
        if units.aux_unit != Unit::NONE {
            let auxiliary = i32::from(units.aux_unit_modifier);
            let signed = if rel == UnitRelation::MULTIPLIED_BY { auxiliary } else { auxiliary.saturating_neg() };
            modifier = modifier.saturating_add(signed);
        }
        let (quantity, shift, factor) = quantity(units, rel);
        Self { resolution, offset, modifier, shift, factor, quantity }
    }

    /// What the numbers measure, and in which unit they come out.
    pub const fn quantity(&self) -> &Quantity {
        &self.quantity
    }

    /// Why no reading means anything, if that is so.
    pub fn flaw(&self) -> Option<Flaw> {
        if self.resolution == 0.0 {
            return Some(Flaw::ResolutionZero);
        }
        if !self.resolution.is_finite() {
            return Some(Flaw::ResolutionNotFinite);
        }
        (!self.offset.is_finite()).then_some(Flaw::OffsetNotFinite)
    }

    /// What a reading means: (reading x resolution + offset) x 10^modifier, in the unit of the quantity. None where
    /// that is no finite number.
    pub fn value(&self, raw: Raw) -> Option<f64> {
        self.flaw().is_none().then(|| raw.to_f64() * self.resolution + self.offset).and_then(|it| self.measure(it))
    }

    /// What a range field of the record means: it is in units already, so that only the power of ten applies.
    pub fn range(&self, raw: Raw) -> Option<f64> {
        self.measure(raw.to_f64())
    }

    /// What the distance between two readings means, such as a hysteresis.
    pub fn distance(&self, raw: Raw) -> Option<f64> {
        let distance = power_of_ten(raw.to_f64() * self.resolution, self.modifier) * self.factor;
        (self.flaw().is_none() && distance.is_finite()).then_some(distance)
    }

    /// From the record's units with their power of ten to the quantity's.
    fn measure(&self, number: f64) -> Option<f64> {
        let measured = (power_of_ten(number, self.modifier) + self.shift) * self.factor;
        measured.is_finite().then_some(measured)
    }
}

impl From<&NumericSensor> for Conversion {
    fn from(sensor: &NumericSensor) -> Self {
        Self::new(&sensor.units, sensor.rel, sensor.resolution.get().into(), sensor.offset.get().into())
    }
}

impl From<&NumericEffecter> for Conversion {
    fn from(effecter: &NumericEffecter) -> Self {
        let (resolution, offset) = (effecter.resolution.get().into(), effecter.offset.get().into());
        Self::new(&effecter.units, UnitRelation::DIVIDED_BY, resolution, offset)
    }
}

impl From<&CompactNumericSensor> for Conversion {
    fn from(sensor: &CompactNumericSensor) -> Self {
        let units = Units {
            base_unit: sensor.base_unit,
            unit_modifier: sensor.unit_modifier,
            rate_unit: sensor.occurrence_rate,
            base_oem_unit_handle: 0,
            aux_unit: Unit::NONE,
            aux_unit_modifier: 0,
            aux_rate_unit: RateUnit::NONE,
        };
        Self::new(&units, UnitRelation::DIVIDED_BY, 1.0, 0.0)
    }
}

/// Which thresholds a record tells is what the sensor says that it watches, as OpenBMC's pldmd reads it. The bits of the
/// range fields would say it too, but devices in the field (OpenBIC) count them as a compact sensor's record does.
impl From<&NumericSensor> for Thresholds {
    fn from(sensor: &NumericSensor) -> Self {
        let conversion = Conversion::from(sensor);
        let SupportedThresholds(watched) = sensor.supported_thresholds;
        // Who says that no range field means anything has left them all empty.
        let watched = if sensor.range_field_support == RangeFieldSupport(0) { watched & WARNINGS } else { watched };
        let limit =
            |threshold, raw| SupportedThresholds(watched).contains(threshold).then(|| conversion.range(raw)).flatten();
        let normal = [sensor.nominal_value, sensor.normal_max, sensor.normal_min];
        let empty = normal.iter().all(|raw| raw.to_f64() == 0.0);
        let told = |field, raw| {
            (!empty && sensor.range_field_support.contains(field)).then(|| conversion.range(raw)).flatten()
        };
        Self {
            warning_high: limit(SupportedThresholds::UPPER_WARNING, sensor.warning_high),
            warning_low: limit(SupportedThresholds::LOWER_WARNING, sensor.warning_low),
            critical_high: limit(SupportedThresholds::UPPER_CRITICAL, sensor.critical_high),
            critical_low: limit(SupportedThresholds::LOWER_CRITICAL, sensor.critical_low),
            fatal_high: limit(SupportedThresholds::UPPER_FATAL, sensor.fatal_high),
            fatal_low: limit(SupportedThresholds::LOWER_FATAL, sensor.fatal_low),
            normal_max: told(RangeFieldSupport::NORMAL_MAX, sensor.normal_max),
            normal_min: told(RangeFieldSupport::NORMAL_MIN, sensor.normal_min),
            nominal: told(RangeFieldSupport::NOMINAL_VALUE, sensor.nominal_value),
        }
    }
}

/// The thresholds that have no bit of their own among those of the range fields.
const WARNINGS: u8 = SupportedThresholds::UPPER_WARNING.0 | SupportedThresholds::LOWER_WARNING.0;

impl From<&CompactNumericSensor> for Thresholds {
    fn from(sensor: &CompactNumericSensor) -> Self {
        let conversion = Conversion::from(sensor);
        let told = |field, number| {
            sensor.range_field_support.contains(field).then(|| conversion.range(Raw::S32(number))).flatten()
        };
        Self {
            warning_high: told(CompactRangeFieldSupport::WARNING_HIGH, sensor.warning_high),
            warning_low: told(CompactRangeFieldSupport::WARNING_LOW, sensor.warning_low),
            critical_high: told(CompactRangeFieldSupport::CRITICAL_HIGH, sensor.critical_high),
            critical_low: told(CompactRangeFieldSupport::CRITICAL_LOW, sensor.critical_low),
            fatal_high: told(CompactRangeFieldSupport::FATAL_HIGH, sensor.fatal_high),
            fatal_low: told(CompactRangeFieldSupport::FATAL_LOW, sensor.fatal_low),
            ..Self::default()
        }
    }
}

/// What the units measure, and what is first added to a number and then multiplied with it to get the quantity's unit.
fn quantity(units: &Units, rel: UnitRelation) -> (Quantity, f64, f64) {
    let Units { base_unit, rate_unit, aux_unit, aux_rate_unit, .. } = *units;
    let plain = |quantity| (quantity, 0.0, 1.0);
    match (base_unit, rate_unit, aux_unit) {
        (Unit::DEGREES_C, RateUnit::NONE, Unit::NONE) => plain(Quantity::Temperature),
        (Unit::DEGREES_F, RateUnit::NONE, Unit::NONE) => (Quantity::Temperature, -32.0, 5.0 / 9.0),
        (Unit::KELVINS, RateUnit::NONE, Unit::NONE) => (Quantity::Temperature, -273.15, 1.0),
        (Unit::VOLTS, RateUnit::NONE, Unit::NONE) => plain(Quantity::Voltage),
        (Unit::AMPS, RateUnit::NONE, Unit::NONE) => plain(Quantity::Current),
        (Unit::WATTS, RateUnit::NONE, Unit::NONE) => plain(Quantity::Power),
        (Unit::JOULES, RateUnit::PER_SECOND, Unit::NONE) => plain(Quantity::Power),
        (Unit::JOULES, RateUnit::NONE, Unit::NONE) => plain(Quantity::Energy),
        (Unit::RPM, RateUnit::NONE, Unit::NONE) => plain(Quantity::FanSpeed),
        (Unit::REVOLUTIONS, RateUnit::PER_MINUTE, Unit::NONE) => plain(Quantity::FanSpeed),
        (Unit::REVOLUTIONS, RateUnit::PER_SECOND, Unit::NONE) => (Quantity::FanSpeed, 0.0, 60.0),
        (Unit::WATTS, RateUnit::NONE, Unit::SECONDS | Unit::MINUTES | Unit::HOURS)
            if rel == UnitRelation::MULTIPLIED_BY && aux_rate_unit == RateUnit::NONE =>
        {
            let seconds = [(Unit::MINUTES, 60.0), (Unit::HOURS, 3600.0)];
            let factor = seconds.iter().find(|(unit, _)| *unit == aux_unit).map_or(1.0, |(_, seconds)| *seconds);
            (Quantity::Energy, 0.0, factor)
        }
        _ => plain(Quantity::Other(symbol(units, rel))),
    }
}

fn symbol(units: &Units, rel: UnitRelation) -> String {
    let mut symbol = format!("{}{}", units.base_unit.symbol(), units.rate_unit.symbol());
    if units.aux_unit != Unit::NONE {
        let sign = if rel == UnitRelation::MULTIPLIED_BY { '.' } else { '/' };
        symbol += &format!("{sign}({}{})", units.aux_unit.symbol(), units.aux_rate_unit.symbol());
    }
    symbol
}

/// A power below zero is a division by a power that is exact, which rounds once: 251 x 10^-1 is 25.1.
fn power_of_ten(number: f64, power: i32) -> f64 {
    let ten = 10f64.powi(power.saturating_abs());
    if power < 0 { number / ten } else { number * ten }
}

#[cfg(test)]
#[path = "conversion_tests.rs"]
mod tests;
