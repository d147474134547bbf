//! Platform descriptor records: what a terminus says about its sensors, effecters and entities.
