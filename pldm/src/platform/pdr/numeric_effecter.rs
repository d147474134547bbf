//! Numeric effecters: what a setting means.

use super::{Entity, Initialization, Units};
use crate::platform::{DataSize, RangeFieldFormat, Raw, Real32};

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

wire::record! {
    /// An effecter that is set to a number (DSP0248, Numeric Effecter PDR, type 9).
    pub struct NumericEffecter = "Numeric Effecter PDR" {
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
        pub effecter_data_size: DataSize as known,
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
        pub max_settable: Raw as effecter_data_size,
        /// The lowest setting there can be.
        pub min_settable: Raw as effecter_data_size,
        /// How the fields below are written.
        pub range_field_format: RangeFieldFormat as known,
        /// Which of them mean something.
        pub range_field_support: EffecterRangeFieldSupport,
        /// The setting that is right. All five are in units, not in steps: neither resolution nor offset applies.
        pub nominal_value: Raw as range_field_format,
        /// The highest that is normal.
        pub normal_max: Raw as range_field_format,
        /// The lowest that is normal.
        pub normal_min: Raw as range_field_format,
        /// The highest it is made for.
        pub rated_max: Raw as range_field_format,
        /// The lowest it is made for.
        pub rated_min: Raw as range_field_format,
    }
}
