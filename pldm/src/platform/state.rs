//! The states that sensors and effecters report, with the specification's words for them.

/// Declares a wire code whose values have a word each, for people and metrics.
macro_rules! spoken {
    ($(#[$meta:meta])* pub struct $name:ident { $($(#[$doc:meta])* $code:ident = $value:literal $word:literal,)* }) => {
        wire::codes! {
            $(#[$meta])*
            pub struct $name(u8) { $($(#[$doc])* $code = $value,)* }
        }
        impl $name {
            /// The specification's word, if the code is one we know.
            pub const fn word(self) -> Option<&'static str> {
                match self {
                    $(Self::$code => Some($word),)*
                    _ => None,
                }
            }
        }
    };
}

spoken! {
    /// Whether a sensor works (DSP0248, sensorOperationalState). A reading means something only while it is enabled.
    pub struct SensorOperationalState {
        /// It works.
        ENABLED = 0x00 "enabled",
        /// Somebody switched it off.
        DISABLED = 0x01 "disabled",
        /// It cannot be reached, or what it measures is not there.
        UNAVAILABLE = 0x02 "unavailable",
        /// Nobody knows.
        STATUS_UNKNOWN = 0x03 "statusUnknown",
        /// It is broken.
        FAILED = 0x04 "failed",
        /// It starts.
        INITIALIZING = 0x05 "initializing",
        /// It stops.
        SHUTTING_DOWN = 0x06 "shuttingDown",
        /// It is being tested.
        IN_TEST = 0x07 "inTest",
    }
}

spoken! {
    /// Whether an effecter works (DSP0248, effecterOperationalState). It counts differently from a sensor's state.
    pub struct EffecterOperationalState {
        /// It works, and a new value is on its way.
        ENABLED_UPDATE_PENDING = 0x00 "enabled-updatePending",
        /// It works.
        ENABLED_NO_UPDATE_PENDING = 0x01 "enabled-noUpdatePending",
        /// Somebody switched it off.
        DISABLED = 0x02 "disabled",
        /// It cannot be reached, or what it moves is not there.
        UNAVAILABLE = 0x03 "unavailable",
        /// Nobody knows.
        STATUS_UNKNOWN = 0x04 "statusUnknown",
        /// It is broken.
        FAILED = 0x05 "failed",
        /// It starts.
        INITIALIZING = 0x06 "initializing",
        /// It stops.
        SHUTTING_DOWN = 0x07 "shuttingDown",
        /// It is being tested.
        IN_TEST = 0x08 "inTest",
    }
}

impl EffecterOperationalState {
    /// Whether it works.
    pub const fn is_enabled(self) -> bool {
        matches!(self, Self::ENABLED_UPDATE_PENDING | Self::ENABLED_NO_UPDATE_PENDING)
    }
}

spoken! {
    /// Which events a sensor sends (DSP0248, sensorEventMessageEnable).
    pub struct EventMessageEnable {
        /// It can send none.
        NO_EVENT_GENERATION = 0x00 "noEventGeneration",
        /// None.
        EVENTS_DISABLED = 0x01 "eventsDisabled",
        /// All.
        EVENTS_ENABLED = 0x02 "eventsEnabled",
        /// When its operational state changes.
        OP_EVENTS_ONLY_ENABLED = 0x03 "opEventsOnlyEnabled",
        /// When what it measures changes its state.
        STATE_EVENTS_ONLY_ENABLED = 0x04 "stateEventsOnlyEnabled",
    }
}

spoken! {
    /// Where a reading stands among its thresholds (DSP0248, presentState of a numeric sensor).
    pub struct PresentState {
        /// Nobody knows.
        UNKNOWN = 0x00 "Unknown",
        /// Within all thresholds.
        NORMAL = 0x01 "Normal",
        /// Beyond a warning threshold; which, is not said.
        WARNING = 0x02 "Warning",
        /// Beyond a critical threshold.
        CRITICAL = 0x03 "Critical",
        /// Beyond a fatal threshold.
        FATAL = 0x04 "Fatal",
        /// Below the warning threshold.
        LOWER_WARNING = 0x05 "LowerWarning",
        /// Below the critical threshold.
        LOWER_CRITICAL = 0x06 "LowerCritical",
        /// Below the fatal threshold.
        LOWER_FATAL = 0x07 "LowerFatal",
        /// Above the warning threshold.
        UPPER_WARNING = 0x08 "UpperWarning",
        /// Above the critical threshold.
        UPPER_CRITICAL = 0x09 "UpperCritical",
        /// Above the fatal threshold.
        UPPER_FATAL = 0x0a "UpperFatal",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_its_word_or_none() {
        assert_eq!(SensorOperationalState(6).word(), Some("shuttingDown"));
        assert_eq!(EffecterOperationalState(6).word(), Some("initializing"));
        assert_eq!(EventMessageEnable(4).word(), Some("stateEventsOnlyEnabled"));
        assert_eq!((0..=0x0b).filter_map(|code| PresentState(code).word()).count(), 11);
        assert_eq!(SensorOperationalState(8).word(), None);
    }
}
