//! A component's PDR repository as its data file lists it (DSP0248, clause "PDRs").

use super::{NumericEffecter, NumericSensor, StateEffecter, StateSensor};
use serde::Deserialize;

/// Type, instance and container of an entity.
pub type Entity = [u16; 3];

/// A language tag and a name in it.
pub type Name = [String; 2];

/// One record; its handle and change number are the repository's.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Pdr {
    /// Type 1.
    TerminusLocator(TerminusLocator),
    /// Type 2.
    NumericSensor(Box<NumericSensor>),
    /// Type 21.
    CompactNumericSensor(Box<NumericSensor>),
    /// Type 4.
    StateSensor(StateSensor),
    /// Type 6.
    SensorNames(Names),
    /// Type 9.
    NumericEffecter(Box<NumericEffecter>),
    /// Type 11.
    StateEffecter(StateEffecter),
    /// Type 13.
    EffecterNames(Names),
    /// Type 15.
    EntityAssociation(Association),
    /// Type 16.
    EntityNames(EntityNames),
    /// Type 20.
    FruRecordSet(FruRecordSet),
    /// Any other.
    Raw(Raw),
}

/// Where a terminus is.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TerminusLocator {
    /// validity.
    #[serde(default = "yes")]
    pub valid: bool,
    /// TID; its own without it.
    pub tid: Option<u8>,
    /// containerID.
    #[serde(default)]
    pub container: u16,
    /// Endpoint id; its own without it.
    pub eid: Option<u8>,
}

/// What a sensor or an effecter is called.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Names {
    /// SensorID or EffecterID.
    pub id: u16,
    /// For each sensor of a composite one, its names.
    pub names: Vec<Vec<Name>>,
}

/// What contains what.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Association {
    /// containerID.
    pub id: u16,
    /// Logical, not physical.
    #[serde(default)]
    pub logical: bool,
    /// Who contains.
    pub container: Entity,
    /// Who is contained.
    pub contained: Vec<Entity>,
}

/// What an entity is called.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EntityNames {
    /// Which.
    pub entity: Entity,
    /// sharedNameCount.
    #[serde(default)]
    pub shared: u8,
    /// Its names.
    pub names: Vec<Name>,
}

/// Which FRU records an entity has.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FruRecordSet {
    /// FRU record set identifier.
    pub set: u16,
    /// Which.
    pub entity: Entity,
}

/// A record as it stands on the wire.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Raw {
    /// PDRType.
    #[serde(rename = "type")]
    pub number: u8,
    /// What follows the header, in hexadecimal.
    pub bytes: String,
}

const fn yes() -> bool {
    true
}
