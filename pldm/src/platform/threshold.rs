//! Thresholds and hysteresis of numeric sensors, as they are now: a record says only how they were at first.
//! To set them, there are codecs only.

use super::{DataSize, Sent};
use crate::{Answer, Keep, message::request};
use wire::{Malformed, Reader, Wire, Writer};

wire::record! {
    /// Asks a numeric sensor for its thresholds (DSP0248, GetSensorThresholds, 0x12).
    pub struct GetSensorThresholds = "GetSensorThresholds" {
        /// The sensor.
        pub sensor_id: u16,
    }
}
request!(PLATFORM GetSensorThresholds = 0x12 -> SensorThresholds, SensorThresholds::keep);

/// The six thresholds of a numeric sensor, in the unit its record gives. Which of them it has, the record says too.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SensorThresholds {
    /// Above this: warning.
    pub upper_warning: Sent,
    /// Above this: critical.
    pub upper_critical: Sent,
    /// Above this: fatal.
    pub upper_fatal: Sent,
    /// Below this: warning.
    pub lower_warning: Sent,
    /// Below this: critical.
    pub lower_critical: Sent,
    /// Below this: fatal.
    pub lower_fatal: Sent,
}

impl SensorThresholds {
    const FIELDS: [&'static str; 6] =
        ["upper_warning", "upper_critical", "upper_fatal", "lower_warning", "lower_critical", "lower_fatal"];
}

impl Keep for SensorThresholds {
    fn read_kept(r: &mut Reader<'_>) -> Result<Answer<Self>, Malformed> {
        let size: DataSize = r.get("sensor_data_size")?;
        let ([upper_warning, upper_critical, upper_fatal, lower_warning, lower_critical, lower_fatal], damage) =
            Sent::keep_all(r, size, Self::FIELDS);
        let value = Self { upper_warning, upper_critical, upper_fatal, lower_warning, lower_critical, lower_fatal };
        Ok(Answer { value, damage })
    }
}

impl Wire for SensorThresholds {
    const NAME: &'static str = "GetSensorThresholds response";

    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        Self::read_whole(r)
    }

    fn write(&self, w: &mut Writer) -> Result<(), Malformed> {
        let size = self.upper_warning.size();
        w.put(&size)?;
        let Self { upper_warning, upper_critical, upper_fatal, lower_warning, lower_critical, lower_fatal } = self;
        let all = [upper_warning, upper_critical, upper_fatal, lower_warning, lower_critical, lower_fatal];
        Sent::write_all::<Self>(w, size, &all)
    }
}

wire::record! {
    /// Sets the thresholds of a numeric sensor (DSP0248, SetSensorThresholds, 0x13).
    pub struct SetSensorThresholds = "SetSensorThresholds" {
        /// The sensor.
        pub sensor_id: u16,
        /// The thresholds it is to have.
        pub thresholds: SensorThresholds,
    }
}

wire::record! {
    /// Gives a numeric sensor its first thresholds again (DSP0248, RestoreSensorThresholds, 0x14).
    pub struct RestoreSensorThresholds = "RestoreSensorThresholds" {
        /// The sensor.
        pub sensor_id: u16,
    }
}

wire::record! {
    /// Asks a numeric sensor for its hysteresis (DSP0248, GetSensorHysteresis, 0x15).
    pub struct GetSensorHysteresis = "GetSensorHysteresis" {
        /// The sensor.
        pub sensor_id: u16,
    }
}
request!(PLATFORM GetSensorHysteresis = 0x15 -> SensorHysteresis, SensorHysteresis::keep);

/// How far back behind a threshold a reading must go to be normal again, in the unit of the sensor's record.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SensorHysteresis {
    /// The distance.
    pub hysteresis_value: Sent,
}

impl Keep for SensorHysteresis {
    fn read_kept(r: &mut Reader<'_>) -> Result<Answer<Self>, Malformed> {
        let size: DataSize = r.get("sensor_data_size")?;
        let (hysteresis_value, damage) = Sent::keep(r, size, "hysteresis_value");
        Ok(Answer { value: Self { hysteresis_value }, damage })
    }
}

impl Wire for SensorHysteresis {
    const NAME: &'static str = "GetSensorHysteresis response";
    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        Self::read_whole(r)
    }
    fn write(&self, w: &mut Writer) -> Result<(), Malformed> {
        w.put(&self.hysteresis_value.size())?;
        self.hysteresis_value.write(w)
    }
}

wire::record! {
    /// Sets the hysteresis of a numeric sensor (DSP0248, SetSensorHysteresis, 0x16).
    pub struct SetSensorHysteresis = "SetSensorHysteresis" {
        /// The sensor.
        pub sensor_id: u16,
        /// The hysteresis it is to have.
        pub hysteresis: SensorHysteresis,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::Raw;
    use crate::{Request, platform::survives};
    use proptest::prelude::*;
    use wire::Damage;

    #[test]
    fn thresholds_come_upper_first_and_warning_first() {
        let answer = GetSensorThresholds::decode(&[1, 80, 90, 100, 10, 5, 0xff]).unwrap();
        let SensorThresholds { upper_warning, upper_critical, upper_fatal, lower_warning, lower_critical, lower_fatal } =
            &answer.value;
        let all = [upper_warning, upper_critical, upper_fatal, lower_warning, lower_critical, lower_fatal];
        assert_eq!(all.map(|it| it.number().map(Raw::to_f64)), [80.0, 90.0, 100.0, 10.0, 5.0, -1.0].map(Some));
        assert_eq!(answer.damage, None);
    }

    #[test]
    fn thresholds_that_end_early_are_kept_as_far_as_they_came() {
        let answer = GetSensorThresholds::decode(&[2, 80, 0, 90]).unwrap();
        assert_eq!(
            (answer.value.upper_warning.number(), answer.value.upper_critical.number()),
            (Some(Raw::U16(80)), None)
        );
        assert_eq!(answer.damage.map(|it| (it.field, it.damage)), Some(("upper_critical", Damage::Short)));
        assert_eq!(wire::encode(&answer.value), Ok(vec![2, 80, 0, 90]));
        let answer = GetSensorHysteresis::decode(&[5, 1, 2]).unwrap();
        assert_eq!(
            (answer.value.hysteresis_value.number().map(Raw::to_f64), answer.damage.map(|it| it.damage)),
            (None, Some(Damage::Short))
        );
    }

    proptest! {
        #[test]
        fn whatever_decodes_encodes_back(bytes in prop::collection::vec(0u8..8, 0..28)) {
            survives::<SensorThresholds>(&bytes)?;
            survives::<SetSensorThresholds>(&bytes)?;
            survives::<RestoreSensorThresholds>(&bytes)?;
            survives::<SensorHysteresis>(&bytes)?;
            survives::<SetSensorHysteresis>(&bytes)?;
            let _ = (SensorThresholds::keep(&bytes), SensorHysteresis::keep(&bytes));
        }
    }
}
