//! PLDM for platform monitoring and control, DSP0248: sensors, effecters, events, and the records that describe them.

mod effecter;
mod number;
mod pdr;
mod poll;
mod reading;
mod repository;
mod sent;
mod state;
mod state_set;
mod threshold;
mod unit;

pub mod event;

pub use effecter::{
    GetNumericEffecterValue, GetStateEffecterStates, NumericEffecterValue, SetNumericEffecterEnable,
    SetNumericEffecterValue, SetRequest, SetStateEffecterEnables, SetStateEffecterStates, StateEffecterEnable,
    StateEffecterRequest, StateEffecterState, StateEffecterStates,
};
pub use number::{DataSize, RangeFieldFormat, Raw, Real32};
pub use pdr::*;
pub use poll::{
    Drained, EventPart, PollForPlatformEventMessage, PollOperation, Polled, PolledPart, poll, poll_all, poll_from,
};
pub use reading::{
    GetSensorReading, GetStateSensorReadings, SensorReading, SetNumericSensorEnable, SetStateSensorEnables,
    StateSensorEnable, StateSensorReading, StateSensorReadings,
};
pub use repository::{
    GetPdr, GetPdrRepositoryInfo, LostRecord, PdrPart, PdrTransferFlag, Repository, RepositoryInfo, RepositoryState,
    Step, Walk, repository,
};
pub use sent::Sent;
pub use state::{EffecterOperationalState, EventMessageEnable, PresentState, SensorOperationalState};
pub use state_set::StateSet;
pub use threshold::{
    GetSensorHysteresis, GetSensorThresholds, RestoreSensorThresholds, SensorHysteresis, SensorThresholds,
    SetSensorHysteresis, SetSensorThresholds,
};
pub use unit::{RateUnit, Unit};

use crate::Command;

/// The commands of this type that we know, in the order of their codes.
pub(crate) const fn command_name(command: Command) -> Option<&'static str> {
    Some(match command.0 {
        0x04 => "SetEventReceiver",
        0x05 => "GetEventReceiver",
        0x0a => "PlatformEventMessage",
        0x0b => "PollForPlatformEventMessage",
        0x0c => "EventMessageSupported",
        0x0d => "EventMessageBufferSize",
        0x10 => "SetNumericSensorEnable",
        0x11 => "GetSensorReading",
        0x12 => "GetSensorThresholds",
        0x13 => "SetSensorThresholds",
        0x14 => "RestoreSensorThresholds",
        0x15 => "GetSensorHysteresis",
        0x16 => "SetSensorHysteresis",
        0x17 => "InitNumericSensor",
        0x20 => "SetStateSensorEnables",
        0x21 => "GetStateSensorReadings",
        0x22 => "InitStateSensor",
        0x30 => "SetNumericEffecterEnable",
        0x31 => "SetNumericEffecterValue",
        0x32 => "GetNumericEffecterValue",
        0x38 => "SetStateEffecterEnables",
        0x39 => "SetStateEffecterStates",
        0x3a => "GetStateEffecterStates",
        0x50 => "GetPDRRepositoryInfo",
        0x51 => "GetPDR",
        0x52 => "FindPDR",
        0x53 => "GetPDRRepositorySignature",
        0x58 => "RunInitAgent",
        _ => return None,
    })
}

/// Asserts that what decodes as `T` encodes back to the same bytes.
#[cfg(test)]
fn survives<T: wire::Wire>(bytes: &[u8]) -> Result<(), proptest::test_runner::TestCaseError> {
    if let Ok(message) = wire::decode::<T>(bytes) {
        proptest::prop_assert_eq!(wire::encode(&message), Ok(bytes.to_vec()));
    }
    Ok(())
}
