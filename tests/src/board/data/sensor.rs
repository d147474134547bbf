//! Sensors and effecters as data files describe them: thresholds, ranges and models are in the sensor's real unit, degrees
//! and not tenths of them.

use super::{Code, Entity, Model, Operational, RangeFormat, Rate, Size, Unit};
use serde::Deserialize;

/// A numeric sensor (PDR type 2), or a compact one (type 21): that has no resolution, offset or hysteresis on the wire.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NumericSensor {
    /// SensorID.
    pub id: u16,
    /// Its name. A numeric sensor's stands in a PDR of its own, right behind; a compact one has it inside.
    pub name: Option<String>,
    /// Says that there are names although no name stands here.
    #[serde(default)]
    pub auxiliary_names: bool,
    /// The entity it watches.
    #[serde(default)]
    pub entity: Entity,
    /// sensorInit.
    #[serde(default)]
    pub initialization: u8,
    /// What it counts.
    pub unit: Code<Unit>,
    /// The power of ten of that unit.
    #[serde(default)]
    pub modifier: i8,
    /// Per what time.
    #[serde(default = "no_rate")]
    pub rate: Code<Rate>,
    /// The unit beside the unit.
    #[serde(default = "no_unit")]
    pub auxiliary_unit: Code<Unit>,
    /// Its power of ten.
    #[serde(default)]
    pub auxiliary_modifier: i8,
    /// Per what time.
    #[serde(default = "no_rate")]
    pub auxiliary_rate: Code<Rate>,
    /// How the two units go together (rel).
    #[serde(default)]
    pub relation: u8,
    /// How wide its readings are.
    pub size: Size,
    /// Steps of the reading, in units of 10^modifier.
    #[serde(default = "whole")]
    pub resolution: f32,
    /// What is added to it.
    #[serde(default)]
    pub offset: f32,
    /// In hundredths of a percent.
    #[serde(default)]
    pub accuracy: u16,
    /// In steps.
    #[serde(default)]
    pub plus_tolerance: u8,
    /// In steps.
    #[serde(default)]
    pub minus_tolerance: u8,
    /// How far it must go back before a threshold counts as left.
    #[serde(default)]
    pub hysteresis: f64,
    /// supportedThresholds, when it is not what the thresholds below say.
    pub supported_thresholds: Option<u8>,
    /// thresholdAndHysteresisVolatility.
    #[serde(default)]
    pub volatility: u8,
    /// Seconds until it sees a change.
    #[serde(default)]
    pub state_transition_interval: f32,
    /// Seconds between two readings.
    #[serde(default = "whole")]
    pub update_interval: f32,
    /// The greatest reading, in steps; the greatest that fits without it.
    pub max_readable: Option<f64>,
    /// The least reading, in steps.
    pub min_readable: Option<f64>,
    /// How the range fields are written.
    #[serde(default = "real")]
    pub range_format: RangeFormat,
    /// rangeFieldSupport, when it is not what the fields below say.
    pub range_support: Option<u8>,
    /// What is usual.
    pub nominal: Option<f64>,
    /// The most that is usual.
    pub normal_max: Option<f64>,
    /// The least that is usual.
    pub normal_min: Option<f64>,
    /// Threshold.
    pub warning_high: Option<f64>,
    /// Threshold.
    pub warning_low: Option<f64>,
    /// Threshold.
    pub critical_high: Option<f64>,
    /// Threshold.
    pub critical_low: Option<f64>,
    /// Threshold.
    pub fatal_high: Option<f64>,
    /// Threshold.
    pub fatal_low: Option<f64>,
    /// How it is.
    #[serde(default = "enabled")]
    pub operational: Operational,
    /// How it moves.
    #[serde(default)]
    pub model: Model,
}

impl NumericSensor {
    /// The thresholds above, the mildest first.
    pub(in super::super) const fn upper(&self) -> [Option<f64>; 3] {
        [self.warning_high, self.critical_high, self.fatal_high]
    }

    /// The thresholds below, the mildest first.
    pub(in super::super) const fn lower(&self) -> [Option<f64>; 3] {
        [self.warning_low, self.critical_low, self.fatal_low]
    }

    /// A value in units of 10^modifier.
    pub(in super::super) fn scaled(&self, value: f64) -> f64 {
        value * 10f64.powi(-i32::from(self.modifier))
    }

    /// A value in steps, as a reading has it, and as wide.
    pub fn raw(&self, value: f64) -> f64 {
        let (least, most) = self.size.range();
        ((self.scaled(value) - f64::from(self.offset)) / f64::from(self.resolution)).round().clamp(least, most)
    }

    /// What a reader makes of a reading.
    pub fn value(&self, raw: f64) -> f64 {
        (raw * f64::from(self.resolution) + f64::from(self.offset)) * 10f64.powi(i32::from(self.modifier))
    }
}

/// One of the states of a state sensor or effecter.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// The state set (DSP0249).
    pub set: u16,
    /// The states it can be in.
    pub possible: Vec<u8>,
    /// How it is.
    #[serde(default = "enabled")]
    pub operational: Operational,
    /// Which state it is in.
    #[serde(default)]
    pub model: Model,
}

/// A state sensor (PDR type 4).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StateSensor {
    /// SensorID.
    pub id: u16,
    /// The names of its states' sensors, in a PDR of their own right behind; none without them.
    #[serde(default)]
    pub names: Vec<String>,
    /// The entity it watches.
    #[serde(default)]
    pub entity: Entity,
    /// sensorInit.
    #[serde(default)]
    pub initialization: u8,
    /// Its states; several make it composite.
    pub states: Vec<State>,
}

/// A numeric effecter (PDR type 9).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NumericEffecter {
    /// EffecterID.
    pub id: u16,
    /// Its name, in a PDR of its own right behind.
    pub name: Option<String>,
    /// The entity it acts on.
    #[serde(default)]
    pub entity: Entity,
    /// EffecterSemanticID.
    #[serde(default)]
    pub semantic: u16,
    /// EffecterInit.
    #[serde(default)]
    pub initialization: u8,
    /// What it counts.
    pub unit: Code<Unit>,
    /// The power of ten of that unit.
    #[serde(default)]
    pub modifier: i8,
    /// Per what time.
    #[serde(default = "no_rate")]
    pub rate: Code<Rate>,
    /// How wide its values are.
    pub size: Size,
    /// Steps of the value.
    #[serde(default = "whole")]
    pub resolution: f32,
    /// What is added to it.
    #[serde(default)]
    pub offset: f32,
    /// In hundredths of a percent.
    #[serde(default)]
    pub accuracy: u16,
    /// In steps.
    #[serde(default)]
    pub plus_tolerance: u8,
    /// In steps.
    #[serde(default)]
    pub minus_tolerance: u8,
    /// Seconds until it has changed.
    #[serde(default = "whole")]
    pub state_transition_interval: f32,
    /// Seconds between two changes.
    #[serde(default = "whole")]
    pub transition_interval: f32,
    /// The greatest value, in steps; the greatest that fits without it.
    pub max_settable: Option<f64>,
    /// The least value, in steps.
    pub min_settable: Option<f64>,
    /// How the range fields are written.
    #[serde(default = "real")]
    pub range_format: RangeFormat,
    /// Nominal value, normal maximum and minimum, rated maximum and minimum.
    #[serde(default)]
    pub ranges: [Option<f64>; 5],
    /// EffecterOperationalState: 0 and 1 are enabled, with and without a change under way.
    #[serde(default = "no_update_pending")]
    pub operational: u8,
    /// What it is set to, over time.
    #[serde(default)]
    pub model: Model,
}

impl NumericEffecter {
    /// A value in units of 10^modifier.
    pub(in super::super) fn scaled(&self, value: f64) -> f64 {
        value * 10f64.powi(-i32::from(self.modifier))
    }

    /// A value in steps, as wide as it is on the wire.
    pub fn raw(&self, value: f64) -> f64 {
        let (least, most) = self.size.range();
        ((self.scaled(value) - f64::from(self.offset)) / f64::from(self.resolution)).round().clamp(least, most)
    }
}

/// A state effecter (PDR type 11).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StateEffecter {
    /// EffecterID.
    pub id: u16,
    /// The names of its states' effecters, in a PDR of their own right behind; none without them.
    #[serde(default)]
    pub names: Vec<String>,
    /// The entity it acts on.
    #[serde(default)]
    pub entity: Entity,
    /// EffecterSemanticID.
    #[serde(default)]
    pub semantic: u16,
    /// EffecterInit.
    #[serde(default)]
    pub initialization: u8,
    /// Its states; `operational` counts as a sensor's there, and `enabled` means with no change under way.
    pub states: Vec<State>,
}

const fn no_rate() -> Code<Rate> {
    Code::Named(Rate::None)
}

const fn no_unit() -> Code<Unit> {
    Code::Named(Unit::None)
}

const fn whole() -> f32 {
    1.0
}

const fn real() -> RangeFormat {
    RangeFormat::Real32
}

const fn enabled() -> Operational {
    Operational::Enabled
}

const fn no_update_pending() -> u8 {
    1
}
