//! Sensors, effecters, thresholds and the repository: whatever decodes encodes back to the same bytes.
#![no_main]

use firmwarden_fuzz::{kept, same};
use libfuzzer_sys::fuzz_target;
use pldm::platform::*;

fuzz_target!(|bytes: &[u8]| {
    kept::<GetSensorReading>(bytes);
    kept::<GetStateSensorReadings>(bytes);
    kept::<GetSensorThresholds>(bytes);
    kept::<GetSensorHysteresis>(bytes);
    kept::<GetNumericEffecterValue>(bytes);
    kept::<GetStateEffecterStates>(bytes);
    kept::<GetPdrRepositoryInfo>(bytes);
    kept::<GetPdr>(bytes);
    same::<SetNumericSensorEnable>(bytes);
    same::<SetStateSensorEnables>(bytes);
    same::<SetSensorThresholds>(bytes);
    same::<RestoreSensorThresholds>(bytes);
    same::<SetSensorHysteresis>(bytes);
    same::<SetNumericEffecterEnable>(bytes);
    same::<SetNumericEffecterValue>(bytes);
    same::<SetStateEffecterEnables>(bytes);
    same::<SetStateEffecterStates>(bytes);
});
