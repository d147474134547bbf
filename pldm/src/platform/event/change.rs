//! What changed: a sensor, an effecter, the repository of platform descriptor records.

use crate::{
    Answer, Octets,
    platform::{DataSize, EffecterOperationalState, PresentState, SensorOperationalState, Sent},
};
use wire::{Damage, Malformed, Reader, Wire, Writer};

wire::codes! {
    /// What of a sensor changed (DSP0248, sensorEventClass).
    pub struct SensorEventClass(u8) {
        /// Whether it works.
        SENSOR_OP_STATE = 0x00,
        /// The state of a state sensor.
        STATE_SENSOR_STATE = 0x01,
        /// Where the reading of a numeric sensor stands.
        NUMERIC_SENSOR_STATE = 0x02,
    }
}

/// A sensor changed (DSP0248, sensorEvent).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SensorEvent {
    /// The sensor.
    pub sensor_id: u16,
    /// What changed.
    pub change: SensorChange,
}

/// What of a sensor changed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum SensorChange {
    /// Whether it works.
    OperationalState {
        /// Now.
        present: SensorOperationalState,
        /// Before.
        previous: SensorOperationalState,
    },
    /// The state of one of the state sensors that share the id. What a state means, its state set says (DSP0249).
    State {
        /// Which of them, from zero.
        offset: u8,
        /// Its state now.
        event_state: u8,
        /// Its state before.
        previous_event_state: u8,
    },
    /// Where the reading stands.
    Numeric {
        /// Now.
        event_state: PresentState,
        /// Before.
        previous_event_state: PresentState,
        /// The reading, in the unit the sensor's record gives.
        present_reading: Sent,
    },
    /// Something we do not know.
    Unknown {
        /// What the device calls it.
        class: SensorEventClass,
        /// As sent.
        data: Octets,
    },
}

impl SensorChange {
    /// The code that goes with it.
    pub const fn class(&self) -> SensorEventClass {
        match self {
            Self::OperationalState { .. } => SensorEventClass::SENSOR_OP_STATE,
            Self::State { .. } => SensorEventClass::STATE_SENSOR_STATE,
            Self::Numeric { .. } => SensorEventClass::NUMERIC_SENSOR_STATE,
            Self::Unknown { class, .. } => *class,
        }
    }
}

impl Wire for SensorEvent {
    const NAME: &'static str = "sensor event";

    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        let sensor_id = r.get("sensor_id")?;
        let change = match r.get("sensor_event_class")? {
            SensorEventClass::SENSOR_OP_STATE => SensorChange::OperationalState {
                present: r.get("present_op_state")?,
                previous: r.get("previous_op_state")?,
            },
            SensorEventClass::STATE_SENSOR_STATE => SensorChange::State {
                offset: r.get("sensor_offset")?,
                event_state: r.get("event_state")?,
                previous_event_state: r.get("previous_event_state")?,
            },
            SensorEventClass::NUMERIC_SENSOR_STATE => {
                let (event_state, previous_event_state) = (r.get("event_state")?, r.get("previous_event_state")?);
                let size: DataSize = r.get("sensor_data_size")?;
                let present_reading = Sent::read(r, size, "present_reading")?;
                SensorChange::Numeric { event_state, previous_event_state, present_reading }
            }
            class => SensorChange::Unknown { class, data: r.rest().into() },
        };
        Ok(Self { sensor_id, change })
    }

    fn write(&self, w: &mut Writer) -> Result<(), Malformed> {
        w.put(&self.sensor_id)?;
        w.put(&self.change.class())?;
        match &self.change {
            SensorChange::OperationalState { present, previous } => w.list(&[*present, *previous]),
            SensorChange::State { offset, event_state, previous_event_state } => {
                w.list(&[*offset, *event_state, *previous_event_state])
            }
            SensorChange::Numeric { event_state, previous_event_state, present_reading } => {
                w.list(&[*event_state, *previous_event_state])?;
                w.put(&present_reading.size())?;
                present_reading.write(w)
            }
            SensorChange::Unknown { data, .. } => {
                w.bytes(data);
                Ok(())
            }
        }
    }
}

wire::codes! {
    /// What of an effecter changed (DSP0248, effecterEventClass).
    pub struct EffecterEventClass(u8) {
        /// Whether it works.
        EFFECTER_OP_STATE = 0x00,
    }
}

/// An effecter changed (DSP0248, effecterEvent).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EffecterEvent {
    /// The effecter.
    pub effecter_id: u16,
    /// What changed.
    pub change: EffecterChange,
}

/// What of an effecter changed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum EffecterChange {
    /// Whether it works.
    OperationalState {
        /// Now.
        present: EffecterOperationalState,
        /// Before.
        previous: EffecterOperationalState,
    },
    /// Something we do not know.
    Unknown {
        /// What the device calls it.
        class: EffecterEventClass,
        /// As sent.
        data: Octets,
    },
}

impl Wire for EffecterEvent {
    const NAME: &'static str = "effecter event";

    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        let effecter_id = r.get("effecter_id")?;
        let change = match r.get("effecter_event_class")? {
            EffecterEventClass::EFFECTER_OP_STATE => EffecterChange::OperationalState {
                present: r.get("present_op_state")?,
                previous: r.get("previous_op_state")?,
            },
            class => EffecterChange::Unknown { class, data: r.rest().into() },
        };
        Ok(Self { effecter_id, change })
    }

    fn write(&self, w: &mut Writer) -> Result<(), Malformed> {
        w.put(&self.effecter_id)?;
        match &self.change {
            EffecterChange::OperationalState { present, previous } => {
                w.put(&EffecterEventClass::EFFECTER_OP_STATE)?;
                w.list(&[*present, *previous])
            }
            EffecterChange::Unknown { class, data } => {
                w.put(class)?;
                w.bytes(data);
                Ok(())
            }
        }
    }
}

wire::codes! {
    /// How a change of the repository names records (DSP0248, eventDataFormat).
    pub struct PdrChangeFormat(u8) {
        /// Not at all: everything is to be read again.
        REFRESH_ENTIRE_REPOSITORY = 0x00,
        /// By their types.
        FORMAT_IS_PDR_TYPES = 0x01,
        /// By their handles.
        FORMAT_IS_PDR_HANDLES = 0x02,
    }
}

wire::codes! {
    /// What happened to records (DSP0248, eventDataOperation).
    pub struct PdrChangeOperation(u8) {
        /// All records of the types are to be read again.
        REFRESH_ALL_RECORDS = 0x00,
        /// They are gone.
        RECORDS_DELETED = 0x01,
        /// They are new.
        RECORDS_ADDED = 0x02,
        /// They say something else.
        RECORDS_MODIFIED = 0x03,
    }
}

/// The repository of platform descriptor records changed (DSP0248, pldmPDRRepositoryChgEvent).
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum PdrRepositoryChange {
    /// Everything is to be read again.
    RefreshEntireRepository,
    /// What changed, in the order sent.
    Changes {
        /// How records are named; every change names them so.
        format: PdrChangeFormat,
        /// The changes.
        changes: Vec<PdrChange>,
    },
}

/// One change.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PdrChange {
    /// What happened.
    pub operation: PdrChangeOperation,
    /// To which records.
    pub entries: PdrEntries,
}

/// The records a change is about.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum PdrEntries {
    /// All of these types.
    Types(Vec<u8>),
    /// Those with these handles.
    Handles(Vec<u32>),
}

impl PdrChange {
    fn read(r: &mut Reader<'_>, format: PdrChangeFormat) -> Result<Self, Malformed> {
        let operation = r.get("event_data_operation")?;
        let count: u8 = r.get("number_of_change_entries")?;
        let entries = match format {
            PdrChangeFormat::FORMAT_IS_PDR_TYPES => PdrEntries::Types(r.list(count, "change_entry")?),
            PdrChangeFormat::FORMAT_IS_PDR_HANDLES => PdrEntries::Handles(r.list(count, "change_entry")?),
            _ => return Err(r.malformed(Damage::Contradiction)),
        };
        Ok(Self { operation, entries })
    }

    fn write(&self, w: &mut Writer, format: PdrChangeFormat) -> Result<(), Malformed> {
        w.put(&self.operation)?;
        match (&self.entries, format) {
            (PdrEntries::Types(types), PdrChangeFormat::FORMAT_IS_PDR_TYPES) => {
                w.len::<u8>(types.len(), "number_of_change_entries")?;
                w.list(types)
            }
            (PdrEntries::Handles(handles), PdrChangeFormat::FORMAT_IS_PDR_HANDLES) => {
                w.len::<u8>(handles.len(), "number_of_change_entries")?;
                w.list(handles)
            }
            _ => Err(Malformed {
                message: PdrRepositoryChange::NAME,
                field: "change_entry",
                damage: Damage::Contradiction,
            }),
        }
    }
}

impl PdrRepositoryChange {
    /// Decodes the event. One that begins with a refresh is one, whatever follows: everything is read again anyhow.
    pub(super) fn keep(data: &[u8]) -> Result<Answer<Self>, Malformed> {
        let mut r = Reader::new(Self::NAME, data);
        match Self::read(&mut r) {
            Ok(value) => Ok(Answer { value, damage: r.finish().err() }),
            Err(malformed) if data.first() == Some(&PdrChangeFormat::REFRESH_ENTIRE_REPOSITORY.0) => {
                Ok(Answer { value: Self::RefreshEntireRepository, damage: Some(malformed) })
            }
            Err(malformed) => Err(malformed),
        }
    }
}

impl Wire for PdrRepositoryChange {
    const NAME: &'static str = "PDR repository change event";

    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        let format = r.get("event_data_format")?;
        let count: u8 = r.get("number_of_change_records")?;
        match (format, count) {
            (PdrChangeFormat::REFRESH_ENTIRE_REPOSITORY, 0) => return Ok(Self::RefreshEntireRepository),
            (PdrChangeFormat::REFRESH_ENTIRE_REPOSITORY, _) => return Err(r.malformed(Damage::Contradiction)),
            _ => {}
        }
        let mut changes = Vec::new();
        (0..count).try_for_each(|_| PdrChange::read(r, format).map(|change| changes.push(change)))?;
        Ok(Self::Changes { format, changes })
    }

    fn write(&self, w: &mut Writer) -> Result<(), Malformed> {
        match self {
            Self::RefreshEntireRepository => w.list(&[PdrChangeFormat::REFRESH_ENTIRE_REPOSITORY.0, 0]),
            Self::Changes { format, changes } => {
                w.put(format)?;
                w.len::<u8>(changes.len(), "number_of_change_records")?;
                changes.iter().try_for_each(|change| change.write(w, *format))
            }
        }
    }
}
