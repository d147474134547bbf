//! Records of a repository, one kind at a time: the first byte chooses it, the rest is what is behind the header.
#![no_main]

use firmwarden_fuzz::same;
use libfuzzer_sys::fuzz_target;
use pldm::platform::{self, *};
use wire::encode;

/// One sub-case for each kind of record: alone, and behind a header.
macro_rules! kinds {
    ($($number:literal $kind:ty),* $(,)?) => {
        const KINDS: &[(u8, fn(&[u8]))] = &[$(($number, same::<$kind>)),*];
    };
}

kinds! {
    1 TerminusLocator, 2 NumericSensor, 4 StateSensor, 6 AuxiliaryNames, 9 NumericEffecter, 11 StateEffecter,
    13 AuxiliaryNames, 15 EntityAssociation, 16 EntityAuxiliaryNames, 20 FruRecordSet, 21 CompactNumericSensor,
    30 FileDescriptor, 127 Pdr,
}

fn record(bytes: &[u8]) {
    same::<Pdr>(bytes);
    let Ok(pdr) = Pdr::keep(bytes) else { return };
    match pdr.damage {
        None => assert_eq!(encode(&pdr).as_deref(), Ok(bytes)),
        Some(_) => assert!(wire::decode::<Pdr>(bytes).is_err()),
    }
    let names = platform::sensor_names([&pdr]);
    if let Record::SensorAuxiliaryNames(names) = &pdr.record {
        for line in names.members.iter().filter_map(Names::best) {
            assert!(!line.contains(char::is_control), "{line:?}");
        }
    }
    drop(names);
}

fuzz_target!(|bytes: &[u8]| {
    let Some((&choice, body)) = bytes.split_first() else { return };
    let (number, alone) = KINDS[usize::from(choice) % KINDS.len()];
    alone(body);
    record(body);
    let Ok(length) = u16::try_from(body.len()) else { return };
    record(&[&[1, 0, 0, 0, 1, number, 0, 0][..], &length.to_le_bytes(), body].concat());
});
