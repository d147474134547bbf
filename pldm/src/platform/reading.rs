//! Readings of sensors: GetSensorReading, GetStateSensorReadings, and which of them a sensor may give.

use super::{DataSize, EventMessageEnable, PresentState, Raw, SensorOperationalState, Sent};
use crate::{Answer, Keep, Leniency, Lenient, message::request};
use wire::{Malformed, Reader, Wire, Writer};

/// How many sensors or effecters of one id there can be (DSP0248, compositeSensorCount: 1 to 8).
pub(super) const MOST_COMPOSITE: usize = 8;

wire::record! {
    /// Asks a numeric sensor for its reading (DSP0248, GetSensorReading, 0x11).
    pub struct GetSensorReading = "GetSensorReading" {
        /// The sensor.
        pub sensor_id: u16,
        /// One: the sensor forgets its event state, so that the same event comes again. Zero leaves everything alone.
        pub rearm_event_state: u8,
    }
}
request!(PLATFORM GetSensorReading = 0x11 -> SensorReading, SensorReading::keep);

impl GetSensorReading {
    /// Asks and changes nothing.
    pub const fn of(sensor_id: u16) -> Self {
        Self { sensor_id, rearm_event_state: 0 }
    }
}

/// What a numeric sensor reads.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SensorReading {
    /// Whether it works.
    pub operational_state: SensorOperationalState,
    /// Which events it sends.
    pub event_message_enable: EventMessageEnable,
    /// Where the reading stands now.
    pub present_state: PresentState,
    /// Where it stood before.
    pub previous_state: PresentState,
    /// What the last event said.
    pub event_state: PresentState,
    /// The reading, in the unit the sensor's record gives. Means nothing unless [`Self::is_valid`].
    pub present_reading: Sent,
}

impl SensorReading {
    /// Whether the reading means anything: only while the sensor is enabled (DSP0248).
    pub fn is_valid(&self) -> bool {
        self.operational_state == SensorOperationalState::ENABLED
    }

    /// The reading as a number, where it means anything and is one.
    pub fn value(&self) -> Option<Raw> {
        self.present_reading.number().filter(|_| self.is_valid())
    }
}

impl Keep for SensorReading {
    // Devices that cannot measure leave the reading out.
    fn read_kept(r: &mut Reader<'_>) -> Result<Answer<Self>, Malformed> {
        let size: DataSize = r.get("sensor_data_size")?;
        let operational_state = r.get("sensor_operational_state")?;
        let event_message_enable = r.get("sensor_event_message_enable")?;
        let present_state = r.get("present_state")?;
        let previous_state = r.get("previous_state")?;
        let event_state = r.get("event_state")?;
        let (present_reading, damage) = Sent::keep(r, size, "present_reading");
        let value = Self {
            operational_state,
            event_message_enable,
            present_state,
            previous_state,
            event_state,
            present_reading,
        };
        Ok(Answer { value, damage })
    }
}

impl Wire for SensorReading {
    const NAME: &'static str = "GetSensorReading response";

    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        Self::read_whole(r)
    }

    fn write(&self, w: &mut Writer) -> Result<(), Malformed> {
        w.put(&self.present_reading.size())?;
        w.put(&self.operational_state)?;
        w.put(&self.event_message_enable)?;
        w.put(&self.present_state)?;
        w.put(&self.previous_state)?;
        w.put(&self.event_state)?;
        self.present_reading.write(w)
    }
}

wire::record! {
    /// Asks state sensors for their states (DSP0248, GetStateSensorReadings, 0x21).
    pub struct GetStateSensorReadings = "GetStateSensorReadings" {
        /// The sensors; up to eight share an id.
        pub sensor_id: u16,
        /// Which of them forget their event state, one bit each. Zero leaves everything alone.
        pub sensor_rearm: u8,
        /// Zero.
        pub reserved: u8,
    }
}
request!(PLATFORM GetStateSensorReadings = 0x21 -> StateSensorReadings, StateSensorReadings::keep);

impl GetStateSensorReadings {
    /// Asks and changes nothing.
    pub const fn of(sensor_id: u16) -> Self {
        Self { sensor_id, sensor_rearm: 0, reserved: 0 }
    }
}

/// The states of the sensors that share an id.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StateSensorReadings {
    /// In the order of the sensor's record.
    pub sensors: Vec<StateSensorReading>,
}

wire::record! {
    /// The state of one state sensor. What a state means, its state set says (DSP0249).
    pub struct StateSensorReading = "state sensor reading" {
        /// Whether it works.
        pub operational_state: SensorOperationalState,
        /// The state now. Means nothing unless [`Self::is_valid`].
        pub present_state: u8,
        /// The state before.
        pub previous_state: u8,
        /// What the last event said.
        pub event_state: u8,
    }
}

impl StateSensorReading {
    /// Whether the state means anything: only while the sensor is enabled (DSP0248).
    pub fn is_valid(&self) -> bool {
        self.operational_state == SensorOperationalState::ENABLED
    }
}

impl Keep for StateSensorReadings {
    fn read_kept(r: &mut Reader<'_>) -> Result<Answer<Self>, Malformed> {
        let (sensors, damage) = read_composite(r, "sensor")?;
        Ok(Answer { value: Self { sensors }, damage })
    }
}

impl Wire for StateSensorReadings {
    const NAME: &'static str = "GetStateSensorReadings response";

    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        Self::read_whole(r)
    }

    fn write(&self, w: &mut Writer) -> Result<(), Malformed> {
        w.len::<u8>(self.sensors.len(), "composite_sensor_count")?;
        w.list(&self.sensors)
    }
}

impl Lenient for StateSensorReadings {
    fn leniencies(&self) -> Vec<Leniency> {
        composite_count(self.sensors.len())
    }
}

/// A count, and as many of its entries as arrived whole.
pub(super) fn read_composite<T: Wire>(
    r: &mut Reader<'_>,
    field: &'static str,
) -> Result<(Vec<T>, Option<Malformed>), Malformed> {
    let count: u8 = r.get("composite_count")?;
    let mut entries = Vec::new();
    let all = (0..count).try_for_each(|_| r.get(field).map(|entry| entries.push(entry)));
    Ok((entries, all.err()))
}

/// A count outside what the specification allows is overlooked: the entries are as good as any.
pub(super) fn composite_count(count: usize) -> Vec<Leniency> {
    if (1..=MOST_COMPOSITE).contains(&count) { Vec::new() } else { vec![Leniency::Contradiction] }
}

wire::record! {
    /// Switches a numeric sensor and its events (DSP0248, SetNumericSensorEnable, 0x10). A codec only: this crate never
    /// sends it.
    pub struct SetNumericSensorEnable = "SetNumericSensorEnable" {
        /// The sensor.
        pub sensor_id: u16,
        /// The state it is to have.
        pub operational_state: SensorOperationalState,
        /// The events it is to send.
        pub event_message_enable: EventMessageEnable,
    }
}

wire::record! {
    /// Switches state sensors and their events (DSP0248, SetStateSensorEnables, 0x20). A codec only: this crate never
    /// sends it.
    pub struct SetStateSensorEnables = "SetStateSensorEnables" {
        /// The sensors that share this id.
        pub sensor_id: u16,
        /// What each is to do.
        pub sensors: Vec<StateSensorEnable> as [u8 "composite_sensor_count", "sensor"],
    }
}

wire::record! {
    /// What one state sensor is to do.
    pub struct StateSensorEnable = "state sensor enable" {
        /// The state it is to have.
        pub operational_state: SensorOperationalState,
        /// The events it is to send.
        pub event_message_enable: EventMessageEnable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Request, platform::survives};
    use proptest::prelude::*;
    use wire::Damage;

    #[test]
    fn a_reading_means_nothing_unless_the_sensor_is_enabled() {
        for state in 0..=255 {
            let answer = GetSensorReading::decode(&[0, state, 0, 1, 1, 1, 42]).unwrap();
            assert_eq!(
                (answer.value.is_valid(), answer.value.value().map(Raw::to_f64)),
                (state == 0, (state == 0).then_some(42.0))
            );
            assert_eq!(answer.value.present_reading.number().map(Raw::to_f64), Some(42.0));
        }
    }

    #[test]
    fn a_reading_that_is_missing_or_too_short_leaves_the_states() {
        for (payload, came) in [(&[2, 2, 0, 3, 1, 3][..], &[][..]), (&[2, 0, 0, 3, 1, 3, 9], &[9])] {
            let answer = GetSensorReading::decode(payload).unwrap();
            let SensorReading { present_state, present_reading, .. } = &answer.value;
            assert_eq!((*present_state, present_reading.number().map(Raw::to_f64)), (PresentState::CRITICAL, None));
            assert!(matches!(present_reading, Sent::Bytes { size: DataSize::UINT16, bytes } if **bytes == *came));
            assert_eq!(answer.damage.map(|it| (it.field, it.damage)), Some(("present_reading", Damage::Short)));
            assert_eq!(wire::encode(&answer.value), Ok(payload.to_vec()));
        }
        assert_eq!(GetSensorReading::decode(&[0, 0, 0, 1, 1]).unwrap_err().field, "event_state");
    }

    #[test]
    fn bytes_behind_the_reading_are_damage_and_the_reading_is_kept() {
        let answer = GetSensorReading::decode(&[0, 0, 0, 1, 1, 1, 42, 0, 0, 0]).unwrap();
        assert_eq!(
            (answer.value.value().map(Raw::to_f64), answer.damage.map(|it| it.damage)),
            (Some(42.0), Some(Damage::Trailing))
        );
    }

    #[test]
    fn of_255_sensors_the_two_that_came_are_kept() {
        let answer = GetStateSensorReadings::decode(&[255, 0, 1, 1, 1, 2, 0, 0, 0, 9]).unwrap();
        let valid: Vec<_> = answer.value.sensors.iter().map(StateSensorReading::is_valid).collect();
        assert_eq!(valid, [true, false]);
        assert_eq!(answer.damage.map(|it| it.damage), Some(Damage::Short));
    }

    #[test]
    fn a_count_that_cannot_be_is_overlooked_and_told() {
        let nine = [&[9][..], &[0; 36]].concat();
        for payload in [&[0][..], &nine] {
            let answer = GetStateSensorReadings::decode(payload).unwrap();
            assert_eq!((answer.damage, answer.leniencies()), (None, vec![Leniency::Contradiction]));
        }
    }

    #[test]
    fn to_ask_changes_nothing() {
        assert_eq!(wire::encode(&GetSensorReading::of(0x1234)), Ok(vec![0x34, 0x12, 0]));
        assert_eq!(wire::encode(&GetStateSensorReadings::of(0x1234)), Ok(vec![0x34, 0x12, 0, 0]));
    }

    proptest! {
        #[test]
        fn whatever_decodes_encodes_back(bytes in prop::collection::vec(0u8..8, 0..24)) {
            survives::<SensorReading>(&bytes)?;
            survives::<StateSensorReadings>(&bytes)?;
            survives::<SetNumericSensorEnable>(&bytes)?;
            survives::<SetStateSensorEnables>(&bytes)?;
            let _ = (SensorReading::keep(&bytes), StateSensorReadings::keep(&bytes));
        }
    }
}
