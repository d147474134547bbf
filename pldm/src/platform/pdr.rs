//! Platform descriptor records (PDRs): what a terminus says about its sensors, effecters and entities.
//!
//! A record is a header and a body. A body that cannot be read is kept as bytes with the damage beside it, so one bad
//! record hides no other.

mod conversion;
mod entity;
mod file_descriptor;
mod names;
mod naming;
mod numeric_effecter;
mod numeric_sensor;
mod state;
mod terminus_locator;

pub use conversion::{Conversion, Flaw, Quantity, Thresholds};
pub use entity::{AssociationType, Entity, EntityAssociation, EntityType, FruRecordSet};
pub use file_descriptor::{FileCapabilities, FileClassification, FileDescriptor};
pub use names::{AuxiliaryNames, EntityAuxiliaryNames, Name, Names};
pub use naming::{Containment, SensorName, sensor_names};
pub use numeric_effecter::{EffecterRangeFieldSupport, NumericEffecter};
pub use numeric_sensor::{
    CompactNumericSensor, CompactRangeFieldSupport, NumericSensor, RangeFieldSupport, SupportedThresholds,
};
pub use state::{Initialization, PossibleStates, StateEffecter, StateSensor};
pub use terminus_locator::{TerminusLocator, TerminusLocatorType, Validity};

use super::{RateUnit, Unit};
use crate::{Answer, Keep, Leniency, Lenient};
use wire::{Malformed, Reader, Wire, Writer};

wire::codes! {
    /// What a record describes (DSP0248, "PDR types").
    pub struct PdrType(u8) {
        /// Where a terminus is.
        TERMINUS_LOCATOR = 1,
        /// A sensor that tells a number.
        NUMERIC_SENSOR = 2,
        /// How such a sensor is set up.
        NUMERIC_SENSOR_INITIALIZATION = 3,
        /// A sensor that tells states.
        STATE_SENSOR = 4,
        /// How such a sensor is set up.
        STATE_SENSOR_INITIALIZATION = 5,
        /// The names of a sensor.
        SENSOR_AUXILIARY_NAMES = 6,
        /// A unit of a vendor.
        OEM_UNIT = 7,
        /// A state set of a vendor.
        OEM_STATE_SET = 8,
        /// An effecter that is set to a number.
        NUMERIC_EFFECTER = 9,
        /// How such an effecter is set up.
        NUMERIC_EFFECTER_INITIALIZATION = 10,
        /// An effecter that sets states.
        STATE_EFFECTER = 11,
        /// How such an effecter is set up.
        STATE_EFFECTER_INITIALIZATION = 12,
        /// The names of an effecter.
        EFFECTER_AUXILIARY_NAMES = 13,
        /// What an effecter of a vendor is for.
        EFFECTER_OEM_SEMANTIC = 14,
        /// What is inside what.
        ENTITY_ASSOCIATION = 15,
        /// The names of an entity.
        ENTITY_AUXILIARY_NAMES = 16,
        /// An entity type of a vendor.
        OEM_ENTITY_ID = 17,
        /// Which sensor interrupts whom.
        INTERRUPT_ASSOCIATION = 18,
        /// What a terminus logs.
        EVENT_LOG = 19,
        /// Which FRU records describe an entity.
        FRU_RECORD_SET = 20,
        /// A sensor that tells a number, in few words.
        COMPACT_NUMERIC_SENSOR = 21,
        /// A resource of Redfish.
        REDFISH_RESOURCE = 22,
        /// Which resource of Redfish is which entity.
        REDFISH_ENTITY_ASSOCIATION = 23,
        /// An action of Redfish.
        REDFISH_ACTION = 24,
        /// A file.
        FILE_DESCRIPTOR = 30,
        /// What a vendor says of a device.
        OEM_DEVICE = 126,
        /// What a vendor says.
        OEM = 127,
    }
}

wire::record! {
    /// What every record begins with (DSP0248, "Common PDR format").
    pub struct PdrHeader = "PDR" {
        /// The record's number in its repository.
        pub record_handle: u32,
        /// The version of this header: 1.
        pub header_version: u8,
        /// What the record describes.
        pub pdr_type: PdrType,
        /// Goes up with each change of the record.
        pub record_change_number: u16,
        /// How many bytes follow this header.
        pub data_length: u16,
    }
}

wire::codes! {
    /// How a second unit goes with the first.
    pub struct UnitRelation(u8) {
        /// The first by the second.
        DIVIDED_BY = 0,
        /// The first times the second.
        MULTIPLIED_BY = 1,
    }
}

wire::record! {
    /// What a number counts: the fields that numeric sensors and effecters have in common.
    #[derive(Copy)]
    pub struct Units = "units" {
        /// The unit.
        pub base_unit: Unit,
        /// Its power of ten.
        pub unit_modifier: i8,
        /// Per what time.
        pub rate_unit: RateUnit,
        /// Which OEM unit it is, where it is one.
        pub base_oem_unit_handle: u8,
        /// A second unit; mostly none.
        pub aux_unit: Unit,
        /// Its power of ten.
        pub aux_unit_modifier: i8,
        /// Per what time.
        pub aux_rate_unit: RateUnit,
    }
}

/// A record.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Pdr {
    /// Its number in its repository.
    pub record_handle: u32,
    /// The version of its header: 1.
    pub header_version: u8,
    /// Goes up with each change of it.
    pub record_change_number: u16,
    /// What it says.
    pub record: Record,
    /// What was wrong with it. A record that could not be read at all is [`Record::Other`].
    pub damage: Option<Malformed>,
}

/// What a record says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Record {
    /// Where a terminus is.
    TerminusLocator(TerminusLocator),
    /// A sensor that tells a number.
    NumericSensor(Box<NumericSensor>),
    /// A sensor that tells states.
    StateSensor(StateSensor),
    /// The names of a sensor.
    SensorAuxiliaryNames(AuxiliaryNames),
    /// An effecter that is set to a number.
    NumericEffecter(Box<NumericEffecter>),
    /// An effecter that sets states.
    StateEffecter(StateEffecter),
    /// The names of an effecter.
    EffecterAuxiliaryNames(AuxiliaryNames),
    /// What is inside what.
    EntityAssociation(EntityAssociation),
    /// The names of an entity.
    EntityAuxiliaryNames(EntityAuxiliaryNames),
    /// Which FRU records describe an entity.
    FruRecordSet(FruRecordSet),
    /// A sensor that tells a number, in few words.
    CompactNumericSensor(Box<CompactNumericSensor>),
    /// A file.
    FileDescriptor(Box<FileDescriptor>),
    /// A type that is not read here, or a record that could not be read.
    Other {
        /// What the record describes.
        pdr_type: PdrType,
        /// Its bytes, without the header.
        body: Vec<u8>,
    },
}

impl Record {
    /// What the record describes.
    pub const fn pdr_type(&self) -> PdrType {
        match self {
            Self::TerminusLocator(_) => PdrType::TERMINUS_LOCATOR,
            Self::NumericSensor(_) => PdrType::NUMERIC_SENSOR,
            Self::StateSensor(_) => PdrType::STATE_SENSOR,
            Self::SensorAuxiliaryNames(_) => PdrType::SENSOR_AUXILIARY_NAMES,
            Self::NumericEffecter(_) => PdrType::NUMERIC_EFFECTER,
            Self::StateEffecter(_) => PdrType::STATE_EFFECTER,
            Self::EffecterAuxiliaryNames(_) => PdrType::EFFECTER_AUXILIARY_NAMES,
            Self::EntityAssociation(_) => PdrType::ENTITY_ASSOCIATION,
            Self::EntityAuxiliaryNames(_) => PdrType::ENTITY_AUXILIARY_NAMES,
            Self::FruRecordSet(_) => PdrType::FRU_RECORD_SET,
            Self::CompactNumericSensor(_) => PdrType::COMPACT_NUMERIC_SENSOR,
            Self::FileDescriptor(_) => PdrType::FILE_DESCRIPTOR,
            Self::Other { pdr_type, .. } => *pdr_type,
        }
    }

    /// Reads all of `body` as what `pdr_type` says, as far as it is sound; what cannot be read is kept as bytes.
    fn keep(pdr_type: PdrType, body: &[u8]) -> Answer<Self> {
        let other = |damage| Answer { value: Self::Other { pdr_type, body: body.into() }, damage };
        match pdr_type {
            PdrType::TERMINUS_LOCATOR => whole(body, Self::TerminusLocator),
            PdrType::NUMERIC_SENSOR => whole(body, |it| Self::NumericSensor(Box::new(it))),
            PdrType::STATE_SENSOR => whole(body, Self::StateSensor),
            PdrType::SENSOR_AUXILIARY_NAMES => kept(body, Self::SensorAuxiliaryNames),
            PdrType::NUMERIC_EFFECTER => whole(body, |it| Self::NumericEffecter(Box::new(it))),
            PdrType::STATE_EFFECTER => whole(body, Self::StateEffecter),
            PdrType::EFFECTER_AUXILIARY_NAMES => kept(body, Self::EffecterAuxiliaryNames),
            PdrType::ENTITY_ASSOCIATION => whole(body, Self::EntityAssociation),
            PdrType::ENTITY_AUXILIARY_NAMES => kept(body, Self::EntityAuxiliaryNames),
            PdrType::FRU_RECORD_SET => whole(body, Self::FruRecordSet),
            PdrType::COMPACT_NUMERIC_SENSOR => whole(body, |it| Self::CompactNumericSensor(Box::new(it))),
            PdrType::FILE_DESCRIPTOR => whole(body, |it| Self::FileDescriptor(Box::new(it))),
            _ => return other(None),
        }
        .unwrap_or_else(|malformed| other(Some(malformed)))
    }

    fn write(&self, w: &mut Writer) -> Result<(), Malformed> {
        match self {
            Self::TerminusLocator(it) => w.put(it),
            Self::NumericSensor(it) => w.put(&**it),
            Self::StateSensor(it) => w.put(it),
            Self::SensorAuxiliaryNames(it) | Self::EffecterAuxiliaryNames(it) => w.put(it),
            Self::NumericEffecter(it) => w.put(&**it),
            Self::StateEffecter(it) => w.put(it),
            Self::EntityAssociation(it) => w.put(it),
            Self::EntityAuxiliaryNames(it) => w.put(it),
            Self::FruRecordSet(it) => w.put(it),
            Self::CompactNumericSensor(it) => w.put(&**it),
            Self::FileDescriptor(it) => w.put(&**it),
            Self::Other { body, .. } => {
                w.bytes(body);
                Ok(())
            }
        }
    }
}

/// Reads a body that is of no use in part. Bytes left over are damage: later versions of a record append fields.
fn whole<T: Wire>(body: &[u8], record: impl FnOnce(T) -> Record) -> Result<Answer<Record>, Malformed> {
    let mut r = Reader::new(T::NAME, body);
    let value = record(r.get(T::NAME)?);
    Ok(Answer { value, damage: r.finish().err() })
}

/// Reads a body of names: those that arrived whole, and the one that the record cuts.
fn kept<T: Keep>(body: &[u8], record: fn(T) -> Record) -> Result<Answer<Record>, Malformed> {
    T::keep(body).map(|Answer { value, damage }| Answer { value: record(value), damage })
}

impl Pdr {
    /// Decodes a record as far as it is sound. An error means that not even its header is there.
    pub fn keep(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut r = Reader::new(Self::NAME, bytes);
        let header: PdrHeader = r.get("header")?;
        let (body, short) = match r.take(header.data_length, "data") {
            Ok(body) => (body, None),
            Err(malformed) => (r.rest(), Some(malformed)),
        };
        let pdr = Self::of(&header, body);
        Ok(Self { damage: short.or(pdr.damage).or_else(|| r.finish().err()), ..pdr })
    }

    fn of(header: &PdrHeader, body: &[u8]) -> Self {
        let PdrHeader { record_handle, header_version, pdr_type, record_change_number, .. } = *header;
        let Answer { value: record, damage } = Record::keep(pdr_type, body);
        Self { record_handle, header_version, record_change_number, record, damage }
    }
}

impl Lenient for Pdr {
    fn leniencies(&self) -> Vec<Leniency> {
        let names: Vec<_> = match &self.record {
            Record::SensorAuxiliaryNames(it) | Record::EffecterAuxiliaryNames(it) => it.members.iter().collect(),
            Record::EntityAuxiliaryNames(it) => vec![&it.names],
            _ => vec![],
        };
        let mut all: Vec<_> =
            names.iter().flat_map(|it| &it.0).flat_map(|it| it.text().to_string_lenient().1).collect();
        if let Record::CompactNumericSensor(it) = &self.record {
            all.extend(it.name().to_string_lenient().1);
        }
        all.extend(self.damage.map(Leniency::from));
        all
    }
}

impl Wire for Pdr {
    const NAME: &'static str = "PDR";
    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        let header: PdrHeader = r.get("header")?;
        let pdr = Self::of(&header, r.take(header.data_length, "data")?);
        pdr.damage.map_or(Ok(pdr), Err)
    }
    fn write(&self, w: &mut Writer) -> Result<(), Malformed> {
        let mut body = Writer::new(Self::NAME);
        self.record.write(&mut body)?;
        let body = body.into_bytes();
        w.put(&self.record_handle)?;
        w.put(&self.header_version)?;
        w.put(&self.record.pdr_type())?;
        w.put(&self.record_change_number)?;
        w.len::<u16>(body.len(), "data_length")?;
        w.bytes(&body);
        Ok(())
    }
}

#[cfg(test)]
#[path = "pdr/pdr_tests.rs"]
mod tests;
