//! The product's codecs read everything the shipped board says, find nothing wrong with it, and write the same bytes.

use super::*;
use ::pldm::{
    Request,
    base::NegotiateTransferParameters,
    file::DfOpen,
    firmware_update::{
        GetDownstreamFirmwareParameters, GetFirmwareParameters, GetStatus, QueryDeviceIdentifiers,
        QueryDownstreamDevices, QueryDownstreamIdentifiers,
    },
    fru::{GetFruRecordTable, GetFruRecordTableMetadata, RecordTable},
    platform::{
        GetNumericEffecterValue, GetPdrRepositoryInfo, GetSensorReading, GetSensorThresholds, GetStateEffecterStates,
        GetStateSensorReadings, Pdr as Read, PdrPart,
    },
};

/// Every record of a device as it stands in its repository.
fn records(device: &mut Component) -> Vec<Vec<u8>> {
    device.description.parts.pdr = 4096;
    let mut handle = [0; 4];
    let mut records = vec![];
    loop {
        let request = [&[2, 0x51][..], &handle, &[0, 0, 0, 0, 1, 0xff, 0xff, 0, 0]].concat();
        let answer = ask(device, &request);
        let part = PdrPart::keep(&answer[1..]).unwrap();
        assert_eq!(part.damage, None);
        records.push(part.value.record_data.clone());
        handle = part.value.next_record_handle.to_le_bytes();
        if handle == [0; 4] {
            return records;
        }
    }
}

#[test]
fn every_record_of_the_board() {
    let mut kinds = std::collections::BTreeSet::new();
    for description in Description::all().into_iter().filter(|one| !one.pdr.is_empty() || !one.file.is_empty()) {
        let mut device = Component::new(description);
        for bytes in records(&mut device) {
            let name = &device.description.name;
            let record = Read::keep(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(record.damage, None, "{name}: {:?}", record.record);
            kinds.insert(record.record.pdr_type().0);
            assert_eq!(wire::encode(&record), Ok(bytes), "{name}");
        }
    }
    assert!(kinds.len() >= 13, "{kinds:?}");
}

/// What the product reads in an answer to `data`; nothing may be wrong with it, and it must come back as it was.
fn read<R: Request>(device: &mut Component, data: &[u8]) -> R::Response {
    let answer = ask(device, &[&[R::TYPE.0, R::COMMAND.0], data].concat());
    let name = &device.description.name;
    assert_eq!(answer[0], 0, "{name}: type {} command {:#x}", R::TYPE.0, R::COMMAND.0);
    let read = R::decode(&answer[1..]).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(read.damage, None, "{name}: type {} command {:#x}", R::TYPE.0, R::COMMAND.0);
    assert_eq!(wire::encode(&read.value).unwrap(), answer[1..], "{name}");
    read.value
}

#[test]
fn every_table_of_the_board() {
    let first = [0, 0, 0, 0, 1];
    for mut description in Description::all() {
        (description.parts.fru, description.parts.downstream) = (4096, 64);
        let speaks = |number, command: u8| {
            description.pldm.iter().any(|one| one.number == number && one.commands.contains(&command))
        };
        let (fru, status, behind, files) = (speaks(4, 2), speaks(5, 0x1b), speaks(5, 4), speaks(7, 1));
        let mut device = Component::new(description);
        read::<QueryDeviceIdentifiers>(&mut device, &[]);
        read::<GetFirmwareParameters>(&mut device, &[]);
        if behind {
            read::<QueryDownstreamDevices>(&mut device, &[]);
            read::<QueryDownstreamIdentifiers>(&mut device, &first);
            read::<GetDownstreamFirmwareParameters>(&mut device, &first);
        }
        if status {
            read::<GetStatus>(&mut device, &[]);
        }
        if fru {
            let metadata = read::<GetFruRecordTableMetadata>(&mut device, &[]);
            let bytes = read::<GetFruRecordTable>(&mut device, &first).data;
            let table = RecordTable::read(&bytes, Ok(metadata));
            assert_eq!((table.damage, table.checksum), (None, Some(table.right_checksum)));
            assert_eq!(table.records.len(), device.description.fru.record.len());
        }
        if files {
            read::<NegotiateTransferParameters>(&mut device, &[0, 4, 0x80, 0, 0, 0, 0, 0, 0, 0]);
            read::<DfOpen>(&mut device, &[1, 0, 0, 0]);
        }
    }
}

#[test]
fn every_sensor_of_the_board() {
    for description in Description::all().into_iter().filter(|one| !one.pdr.is_empty()) {
        let thresholds = description.pldm.iter().any(|one| one.number == 2 && one.commands.contains(&0x12));
        let mut device = Component::new(description);
        read::<GetPdrRepositoryInfo>(&mut device, &[]);
        for pdr in device.description.pdr.clone() {
            match pdr {
                Pdr::NumericSensor(one) | Pdr::CompactNumericSensor(one) => {
                    read::<GetSensorReading>(&mut device, &[one.id as u8, 0, 0]);
                    if thresholds {
                        read::<GetSensorThresholds>(&mut device, &[one.id as u8, 0]);
                    }
                }
                Pdr::StateSensor(one) => drop(read::<GetStateSensorReadings>(&mut device, &[one.id as u8, 0, 0, 0])),
                Pdr::NumericEffecter(one) => drop(read::<GetNumericEffecterValue>(&mut device, &[one.id as u8, 0])),
                Pdr::StateEffecter(one) => drop(read::<GetStateEffecterStates>(&mut device, &[one.id as u8, 0])),
                _ => {}
            }
        }
    }
}
