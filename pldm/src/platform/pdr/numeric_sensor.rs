//! Numeric sensors: what a reading means, and within which limits it is well.

use super::{Entity, Initialization, UnitRelation, Units};
use crate::{
    Octets, StringType, Text,
    platform::{DataSize, RangeFieldFormat, RateUnit, Raw, Real32, Unit},
};
use wire::{Malformed, Reader, Wire, Writer};

wire::bits! {
    /// Which thresholds a numeric sensor watches.
    pub struct SupportedThresholds(u8) {
        /// A reading above it deserves a look.
        UPPER_WARNING = 0,
        /// A reading above it is wrong.
        UPPER_CRITICAL = 1,
        /// A reading above it destroys.
        UPPER_FATAL = 2,
        /// A reading below it deserves a look.
        LOWER_WARNING = 3,
        /// A reading below it is wrong.
        LOWER_CRITICAL = 4,
        /// A reading below it destroys.
        LOWER_FATAL = 5,
    }
}

wire::bits! {
    /// Which range fields of a numeric sensor's record mean something. The warnings are in [`SupportedThresholds`].
    pub struct RangeFieldSupport(u8) {
        /// `nominal_value`.
        NOMINAL_VALUE = 0,
        /// `normal_max`.
        NORMAL_MAX = 1,
        /// `normal_min`.
        NORMAL_MIN = 2,
        /// `critical_high`.
        CRITICAL_HIGH = 3,
        /// `critical_low`.
        CRITICAL_LOW = 4,
        /// `fatal_high`.
        FATAL_HIGH = 5,
        /// `fatal_low`.
        FATAL_LOW = 6,
    }
}

wire::record! {
    /// A sensor that tells a number (DSP0248, Numeric Sensor PDR, type 2).
    pub struct NumericSensor = "Numeric Sensor PDR" {
        /// The terminus that has it.
        pub terminus_handle: u16,
        /// Its number.
        pub sensor_id: u16,
        /// What it watches.
        pub entity: Entity,
        /// What is done with it at start.
        pub sensor_init: Initialization,
        /// Whether there is a record of its names; not 0 is yes.
        pub sensor_auxiliary_names_pdr: u8,
        /// What its readings count.
        pub units: Units,
        /// How the second unit goes with the first.
        pub rel: UnitRelation,
        /// Which OEM unit the second one is.
        pub aux_oem_unit_handle: u8,
        /// Whether its accuracy is the same everywhere; not 0 is yes.
        pub is_linear: u8,
        /// How wide its readings are.
        pub sensor_data_size: DataSize as known,
        /// What one step of a reading is worth.
        pub resolution: Real32,
        /// What a reading of 0 is worth.
        pub offset: Real32,
        /// How far a reading may be off, in hundredths of a per cent of the reading.
        pub accuracy: u16,
        /// How far it may be off upwards, in steps.
        pub plus_tolerance: u8,
        /// How far it may be off downwards, in steps.
        pub minus_tolerance: u8,
        /// How far a reading must come back before a threshold is left, in steps.
        pub hysteresis: Raw as sensor_data_size,
        /// The thresholds it watches.
        pub supported_thresholds: SupportedThresholds,
        /// When thresholds and hysteresis that were set are lost; flags, kept as sent.
        pub threshold_and_hysteresis_volatility: u8,
        /// How long it takes to be switched on or off, in seconds.
        pub state_transition_interval: Real32,
        /// How long it takes to a new reading, in seconds.
        pub update_interval: Real32,
        /// The highest reading there can be.
        pub max_readable: Raw as sensor_data_size,
        /// The lowest reading there can be.
        pub min_readable: Raw as sensor_data_size,
        /// How the fields below are written.
        pub range_field_format: RangeFieldFormat as known,
        /// Which of them mean something.
        pub range_field_support: RangeFieldSupport,
        /// The reading that is right. All nine are in units, not in steps: neither resolution nor offset applies.
        pub nominal_value: Raw as range_field_format,
        /// The highest that is normal.
        pub normal_max: Raw as range_field_format,
        /// The lowest that is normal.
        pub normal_min: Raw as range_field_format,
        /// Above it a reading deserves a look.
        pub warning_high: Raw as range_field_format,
        /// Below it a reading deserves a look.
        pub warning_low: Raw as range_field_format,
        /// Above it a reading is wrong.
        pub critical_high: Raw as range_field_format,
        /// Below it a reading is wrong.
        pub critical_low: Raw as range_field_format,
        /// Above it a reading destroys.
        pub fatal_high: Raw as range_field_format,
        /// Below it a reading destroys.
        pub fatal_low: Raw as range_field_format,
    }
}

wire::bits! {
    /// Which thresholds of a compact numeric sensor's record mean something.
    pub struct CompactRangeFieldSupport(u8) {
        /// `warning_high`.
        WARNING_HIGH = 0,
        /// `warning_low`.
        WARNING_LOW = 1,
        /// `critical_high`.
        CRITICAL_HIGH = 2,
        /// `critical_low`.
        CRITICAL_LOW = 3,
        /// `fatal_high`.
        FATAL_HIGH = 4,
        /// `fatal_low`.
        FATAL_LOW = 5,
    }
}

/// A numeric sensor in few words: its readings have resolution 1 and offset 0 (DSP0248, Compact Numeric Sensor PDR,
/// type 21).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CompactNumericSensor {
    /// The terminus that has it.
    pub terminus_handle: u16,
    /// Its number.
    pub sensor_id: u16,
    /// What it watches.
    pub entity: Entity,
    /// What its readings count.
    pub base_unit: Unit,
    /// The power of ten of that unit.
    pub unit_modifier: i8,
    /// Per what time.
    pub occurrence_rate: RateUnit,
    /// Which of the thresholds below mean something.
    pub range_field_support: CompactRangeFieldSupport,
    /// Above it a reading deserves a look.
    pub warning_high: i32,
    /// Below it a reading deserves a look.
    pub warning_low: i32,
    /// Above it a reading is wrong.
    pub critical_high: i32,
    /// Below it a reading is wrong.
    pub critical_low: i32,
    /// Above it a reading destroys.
    pub fatal_high: i32,
    /// Below it a reading destroys.
    pub fatal_low: i32,
    /// Its name: UTF-8, as sent.
    pub sensor_name: Octets,
}

impl CompactNumericSensor {
    /// Its name as a string like any other.
    pub fn name(&self) -> Text {
        Text { encoding: StringType::UTF_8, bytes: self.sensor_name.clone() }
    }
}

impl Wire for CompactNumericSensor {
    const NAME: &'static str = "Compact Numeric Sensor PDR";
    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        let name_length;
        Ok(Self {
            terminus_handle: r.get("terminus_handle")?,
            sensor_id: r.get("sensor_id")?,
            entity: r.get("entity")?,
            base_unit: {
                name_length = r.get("sensor_name_length")?;
                r.get("base_unit")?
            },
            unit_modifier: r.get("unit_modifier")?,
            occurrence_rate: r.get("occurrence_rate")?,
            range_field_support: r.get("range_field_support")?,
            warning_high: r.get("warning_high")?,
            warning_low: r.get("warning_low")?,
            critical_high: r.get("critical_high")?,
            critical_low: r.get("critical_low")?,
            fatal_high: r.get("fatal_high")?,
            fatal_low: r.get("fatal_low")?,
            sensor_name: Octets::read(r, name_length, "sensor_name")?,
        })
    }
    fn write(&self, w: &mut Writer) -> Result<(), Malformed> {
        w.put(&self.terminus_handle)?;
        w.put(&self.sensor_id)?;
        w.put(&self.entity)?;
        w.len::<u8>(self.sensor_name.len(), "sensor_name_length")?;
        w.put(&self.base_unit)?;
        w.put(&self.unit_modifier)?;
        w.put(&self.occurrence_rate)?;
        w.put(&self.range_field_support)?;
        w.put(&self.warning_high)?;
        w.put(&self.warning_low)?;
        w.put(&self.critical_high)?;
        w.put(&self.critical_low)?;
        w.put(&self.fatal_high)?;
        w.put(&self.fatal_low)?;
        w.bytes(&self.sensor_name);
        Ok(())
    }
}
