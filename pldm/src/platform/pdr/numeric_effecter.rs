//! Numeric effecters: what a setting means.

use super::{
    Entity, Initialization, Units,
    numeric_sensor::{data_size, range_field_format},
};
use crate::platform::{DataSize, RangeFieldFormat, Raw, Real32};
use wire::{Malformed, Reader, Wire, Writer};

wire::bits! {
    /// Which range fields of a numeric effecter's record mean something.
    pub struct EffecterRangeFieldSupport(u8) {
        /// `nominal_value`.
        NOMINAL_VALUE = 0,
        /// `normal_max`.
        NORMAL_MAX = 1,
        /// `normal_min`.
        NORMAL_MIN = 2,
        /// `rated_max`.
        RATED_MAX = 3,
        /// `rated_min`.
        RATED_MIN = 4,
    }
}

/// An effecter that is set to a number (DSP0248, Numeric Effecter PDR, type 9).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NumericEffecter {
    /// The terminus that has it.
    pub terminus_handle: u16,
    /// Its number.
    pub effecter_id: u16,
    /// What it acts on.
    pub entity: Entity,
    /// What it is for; 0 is not said.
    pub effecter_semantic_id: u16,
    /// What is done with it at start.
    pub effecter_init: Initialization,
    /// Whether there is a record of its names; not 0 is yes.
    pub effecter_auxiliary_names: u8,
    /// What its settings count.
    pub units: Units,
    /// Which OEM unit the second one is. How it goes with the first is not said.
    pub aux_oem_unit_handle: u8,
    /// Whether its accuracy is the same everywhere; not 0 is yes.
    pub is_linear: u8,
    /// How wide its settings are.
    pub effecter_data_size: DataSize,
    /// What one step of a setting is worth.
    pub resolution: Real32,
    /// What a setting of 0 is worth.
    pub offset: Real32,
    /// How far it may be off, in hundredths of a per cent of the setting.
    pub accuracy: u16,
    /// How far it may be off upwards, in steps.
    pub plus_tolerance: u8,
    /// How far it may be off downwards, in steps.
    pub minus_tolerance: u8,
    /// How long it takes to be switched on or off, in seconds.
    pub state_transition_interval: Real32,
    /// How long it takes from one setting to another, in seconds.
    pub transition_interval: Real32,
    /// The highest setting there can be.
    pub max_settable: Raw,
    /// The lowest setting there can be.
    pub min_settable: Raw,
    /// How the fields below are written.
    pub range_field_format: RangeFieldFormat,
    /// Which of them mean something.
    pub range_field_support: EffecterRangeFieldSupport,
    /// The setting that is right. All five are in units, not in steps: neither resolution nor offset applies.
    pub nominal_value: Raw,
    /// The highest that is normal.
    pub normal_max: Raw,
    /// The lowest that is normal.
    pub normal_min: Raw,
    /// The highest it is made for.
    pub rated_max: Raw,
    /// The lowest it is made for.
    pub rated_min: Raw,
}

impl Wire for NumericEffecter {
    const NAME: &'static str = "Numeric Effecter PDR";
    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        let (size, format);
        Ok(Self {
            terminus_handle: r.get("terminus_handle")?,
            effecter_id: r.get("effecter_id")?,
            entity: r.get("entity")?,
            effecter_semantic_id: r.get("effecter_semantic_id")?,
            effecter_init: r.get("effecter_init")?,
            effecter_auxiliary_names: r.get("effecter_auxiliary_names")?,
            units: r.get("units")?,
            aux_oem_unit_handle: r.get("aux_oem_unit_handle")?,
            is_linear: r.get("is_linear")?,
            effecter_data_size: {
                size = data_size(r, "effecter_data_size")?;
                size
            },
            resolution: r.get("resolution")?,
            offset: r.get("offset")?,
            accuracy: r.get("accuracy")?,
            plus_tolerance: r.get("plus_tolerance")?,
            minus_tolerance: r.get("minus_tolerance")?,
            state_transition_interval: r.get("state_transition_interval")?,
            transition_interval: r.get("transition_interval")?,
            max_settable: size.read(r, "max_settable")?,
            min_settable: size.read(r, "min_settable")?,
            range_field_format: {
                format = range_field_format(r)?;
                format
            },
            range_field_support: r.get("range_field_support")?,
            nominal_value: format.read(r, "nominal_value")?,
            normal_max: format.read(r, "normal_max")?,
            normal_min: format.read(r, "normal_min")?,
            rated_max: format.read(r, "rated_max")?,
            rated_min: format.read(r, "rated_min")?,
        })
    }
    fn write(&self, w: &mut Writer) -> Result<(), Malformed> {
        let (size, format) = (self.effecter_data_size, self.range_field_format);
        w.put(&self.terminus_handle)?;
        w.put(&self.effecter_id)?;
        w.put(&self.entity)?;
        w.put(&self.effecter_semantic_id)?;
        w.put(&self.effecter_init)?;
        w.put(&self.effecter_auxiliary_names)?;
        w.put(&self.units)?;
        w.put(&self.aux_oem_unit_handle)?;
        w.put(&self.is_linear)?;
        w.put(&size)?;
        w.put(&self.resolution)?;
        w.put(&self.offset)?;
        w.put(&self.accuracy)?;
        w.put(&self.plus_tolerance)?;
        w.put(&self.minus_tolerance)?;
        w.put(&self.state_transition_interval)?;
        w.put(&self.transition_interval)?;
        size.write(w, self.max_settable, "max_settable")?;
        size.write(w, self.min_settable, "min_settable")?;
        w.put(&format)?;
        w.put(&self.range_field_support)?;
        format.write(w, self.nominal_value, "nominal_value")?;
        format.write(w, self.normal_max, "normal_max")?;
        format.write(w, self.normal_min, "normal_min")?;
        format.write(w, self.rated_max, "rated_max")?;
        format.write(w, self.rated_min, "rated_min")
    }
}
