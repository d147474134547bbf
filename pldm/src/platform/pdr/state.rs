//! State sensors and state effecters: one of a few states each, out of a set that DSP0249 defines.

use super::Entity;
use crate::{Octets, base::set_bits, platform::StateSet};
use wire::{Malformed, Reader, Wire, Writer};

wire::codes! {
    /// What a terminus does with a sensor or an effecter when it starts.
    pub struct Initialization(u8) {
        /// Nothing.
        NONE = 0,
        /// What another record says.
        USE_INIT_PDR = 1,
        /// It is switched on.
        ENABLE = 2,
        /// It is switched off.
        DISABLE = 3,
    }
}

/// One sensor or effecter of several in one: its set, and the states it knows.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PossibleStates {
    /// The set.
    pub state_set: StateSet,
    /// One bit for each state, lowest first.
    pub bitmap: Octets,
}

impl PossibleStates {
    /// The states, lowest first.
    pub fn states(&self) -> impl Iterator<Item = u8> {
        set_bits(&self.bitmap)
    }
}

impl Wire for PossibleStates {
    const NAME: &'static str = "possible states";
    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        let state_set = r.get("state_set_id")?;
        let size = r.get("possible_states_size")?;
        Ok(Self { state_set, bitmap: Octets::read(r, size, "possible_states")? })
    }
    fn write(&self, w: &mut Writer) -> Result<(), Malformed> {
        w.put(&self.state_set)?;
        w.len::<u8>(self.bitmap.len(), "possible_states_size")?;
        w.bytes(&self.bitmap);
        Ok(())
    }
}

wire::record! {
    /// A sensor, or several in one, that tells states (DSP0248, State Sensor PDR, type 4).
    pub struct StateSensor = "State Sensor PDR" {
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
        /// The sensors in it, by their offset.
        pub sensors: Vec<PossibleStates> as [u8 "composite_sensor_count", "possible_states"],
    }
}

wire::record! {
    /// An effecter, or several in one, that sets states (DSP0248, State Effecter PDR, type 11).
    pub struct StateEffecter = "State Effecter PDR" {
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
        pub effecter_description_pdr: u8,
        /// The effecters in it, by their offset.
        pub effecters: Vec<PossibleStates> as [u8 "composite_effecter_count", "possible_states"],
    }
}
