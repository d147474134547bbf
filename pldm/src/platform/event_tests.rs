//! Events as devices send them, whole and broken.

use super::*;
use crate::{
    InstanceId,
    platform::{DataSize, EffecterOperationalState, PresentState, Raw, SensorOperationalState, Sent, survives},
};
use proptest::prelude::*;
use wire::Damage;

const ID: InstanceId = InstanceId::new(11).unwrap();

fn decode(class: u8, data: &[u8]) -> Answer<EventData> {
    EventData::decode(EventClass(class), data)
}

/// What it says, undamaged and both ways.
fn sound(class: u8, data: &[u8]) -> EventData {
    let Answer { value, damage } = decode(class, data);
    assert_eq!((damage, value.encode()), (None, Ok(data.to_vec())));
    value
}

/// Kept raw; why.
fn broken(class: u8, data: &[u8]) -> (&'static str, Damage) {
    let Answer { value, damage } = decode(class, data);
    assert_eq!(value, EventData::Raw(data.to_vec()));
    damage.map(|it| (it.field, it.damage)).unwrap()
}

#[test]
fn an_event_is_opened_and_answered() {
    let (header, event) = opened(&[0x8b, 2, 0x0a, 1, 9, 6, 1, 7]).unwrap();
    let event = event.unwrap();
    assert_eq!((event.tid, event.class), (Tid(9), EventClass::HEARTBEAT_TIMER_ELAPSED));
    let heartbeat = EventData::Heartbeat(Heartbeat { format_version: 1, sequence_number: 7 });
    assert_eq!(event.event(), Answer { value: heartbeat, damage: None });
    let logged = PlatformEventStatus::EVENT_LOGGED;
    assert_eq!(answer(&header, CompletionCode::SUCCESS, logged), Some(vec![0x0b, 2, 0x0a, 0, 4]));
    assert_eq!(answer(&header, CompletionCode::ERROR_INVALID_DATA, logged), Some(vec![0x0b, 2, 0x0a, 2]));
}

#[test]
fn a_datagram_is_an_event_without_an_answer() {
    let (header, event) = opened(&[0xcb, 2, 0x0a, 1, 9, 0xf0]).unwrap();
    assert_eq!((header.datagram, event.map(|event| event.data)), (true, Ok(vec![])));
    for code in [CompletionCode::SUCCESS, CompletionCode::ERROR] {
        assert_eq!(answer(&header, code, PlatformEventStatus::EVENT_LOGGED), None);
    }
}

#[test]
fn what_is_no_event_is_not_opened_and_one_cut_short_is_told() {
    for body in [
        &[][..],
        &[0x8b, 2],
        &[0x0b, 2, 0x0a, 1, 9, 6], // a response
        &[0x4b, 2, 0x0a, 1, 9, 6],
        &[0x8b, 0x42, 0x0a, 1, 9, 6], // another version's header
        &[0x8b, 0, 0x0a, 1, 9, 6],
        &[0x8b, 2, 0x0b, 1, 9, 6],
    ] {
        assert_eq!(opened(body), None, "{body:02x?}");
    }
    for (length, field) in [(3, "format_version"), (4, "tid"), (5, "event_class")] {
        let (_, event) = opened(&[0x8b, 2, 0x0a, 1, 9, 6][..length]).unwrap();
        assert_eq!(event.unwrap_err().field, field);
    }
}

#[test]
fn sensors_and_effecters_say_what_changed() {
    let op = sound(0, &[0x34, 0x12, 0, 4, 0]);
    let change = SensorChange::OperationalState {
        present: SensorOperationalState::FAILED,
        previous: SensorOperationalState::ENABLED,
    };
    assert_eq!(op, EventData::Sensor(SensorEvent { sensor_id: 0x1234, change }));
    let numeric = sound(0, &[1, 0, 2, 9, 1, 3, 0xfe, 0xff]);
    let change = SensorChange::Numeric {
        event_state: PresentState::UPPER_CRITICAL,
        previous_event_state: PresentState::NORMAL,
        present_reading: Sent::Number(Raw::S16(-2)),
    };
    assert_eq!(numeric, EventData::Sensor(SensorEvent { sensor_id: 1, change }));
    let effecter = sound(1, &[1, 0, 0, 5, 1]);
    let change = EffecterChange::OperationalState {
        present: EffecterOperationalState::FAILED,
        previous: EffecterOperationalState::ENABLED_NO_UPDATE_PENDING,
    };
    assert_eq!(effecter, EventData::Effecter(EffecterEvent { effecter_id: 1, change }));
}

#[test]
fn kinds_and_classes_we_do_not_know_are_kept() {
    for kind in 3..=255 {
        let EventData::Sensor(event) = sound(0, &[1, 0, kind, 7, 8]) else { panic!("sensor") };
        assert!(matches!(event.change, SensorChange::Unknown { class, data } if class.0 == kind && *data == [7, 8]));
    }
    for kind in 1..=255 {
        let EventData::Effecter(event) = sound(1, &[1, 0, kind, 7, 8]) else { panic!("effecter") };
        assert!(matches!(event.change, EffecterChange::Unknown { class, data } if class.0 == kind && *data == [7, 8]));
    }
    for class in (2..4).chain(8..=255) {
        assert_eq!(sound(class, &[1, 2, 3]), EventData::Raw(vec![1, 2, 3]));
        assert_eq!(EventClass(class).is_oem(), (0xf0..=0xfe).contains(&class));
    }
    let EventData::Sensor(event) = sound(0, &[1, 0, 2, 9, 1, 8, 1, 2, 3, 4, 5, 6, 7, 8]) else { panic!("sensor") };
    let SensorChange::Numeric { present_reading, .. } = event.change else { panic!("numeric") };
    assert_eq!((present_reading.size(), present_reading.number().map(Raw::to_f64)), (DataSize(8), None));
}

#[test]
fn a_change_of_the_repository_names_records_or_all() {
    assert_eq!(sound(4, &[0, 0]), EventData::PdrRepositoryChange(PdrRepositoryChange::RefreshEntireRepository));
    let changes = vec![
        PdrChange { operation: PdrChangeOperation::RECORDS_DELETED, entries: PdrEntries::Types(vec![2, 4]) },
        PdrChange { operation: PdrChangeOperation::RECORDS_ADDED, entries: PdrEntries::Types(vec![]) },
    ];
    let format = PdrChangeFormat::FORMAT_IS_PDR_TYPES;
    let event = EventData::PdrRepositoryChange(PdrRepositoryChange::Changes { format, changes });
    assert_eq!(sound(4, &[1, 2, 1, 2, 2, 4, 2, 0]), event);
}

#[test]
fn a_refresh_is_one_whatever_follows() {
    for data in [&[0][..], &[0, 1, 1, 1, 1], &[0, 255], &[0, 0, 0]] {
        let Answer { value, damage } = decode(4, data);
        assert_eq!(value, EventData::PdrRepositoryChange(PdrRepositoryChange::RefreshEntireRepository));
        assert!(damage.is_some(), "{data:?}");
    }
}

#[test]
fn what_is_damaged_stays_raw_and_says_why() {
    assert_eq!(broken(0, &[]), ("sensor_id", Damage::Short));
    assert_eq!(broken(0, &[1, 0, 2, 9, 1, 5, 1, 2]), ("present_reading", Damage::Short));
    assert_eq!(broken(1, &[1, 0, 0, 5]), ("previous_op_state", Damage::Short));
    assert_eq!(broken(4, &[2, 255, 3, 1, 1, 0, 0, 0]), ("event_data_operation", Damage::Short));
    assert_eq!(broken(4, &[2, 1, 3, 255, 1, 0, 0, 0, 2]), ("change_entry", Damage::Short));
    assert_eq!(broken(4, &[9, 1, 3, 0]), ("number_of_change_entries", Damage::Contradiction));
    assert_eq!(broken(5, &[1, 2]), ("event_id", Damage::Short));
    assert_eq!(broken(7, &[1, 0, 0xff, 0xff, 1]), ("event_data", Damage::Short));
    assert_eq!(decode(6, &[1, 7, 0]).damage.map(|it| it.damage), Some(Damage::Trailing));
}

#[test]
fn changes_that_name_records_in_two_ways_cannot_be_written() {
    let changes =
        vec![PdrChange { operation: PdrChangeOperation::RECORDS_ADDED, entries: PdrEntries::Handles(vec![1]) }];
    for format in [PdrChangeFormat::FORMAT_IS_PDR_TYPES, PdrChangeFormat(7)] {
        let event = PdrRepositoryChange::Changes { format, changes: changes.clone() };
        assert_eq!(wire::encode(&event).unwrap_err().damage, Damage::Contradiction);
    }
}

proptest! {
    #[test]
    fn whatever_decodes_encodes_back(class in 0u8..9, data in prop::collection::vec(0u8..6, 0..40)) {
        let Answer { value, damage } = decode(class, &data);
        let whole = damage.is_none_or(|it| !matches!(it.damage, Damage::Trailing | Damage::Short));
        if whole && value != EventData::PdrRepositoryChange(PdrRepositoryChange::RefreshEntireRepository) {
            prop_assert_eq!(value.encode(), Ok(data.clone()));
        }
        survives::<EventMessage>(&data)?;
        survives::<PdrRepositoryChange>(&data)?;
        survives::<SensorEvent>(&data)?;
        survives::<EffecterEvent>(&data)?;
        survives::<CperEvent>(&data)?;
    }

    #[test]
    fn no_message_panics(body in prop::collection::vec(any::<u8>(), 0..60), ours: bool) {
        let mut body = body;
        if ours && body.len() > 3 {
            body[..3].copy_from_slice(&[0x80 | ID.number(), 2, 0x0a]);
        }
        if let Some((header, Ok(event))) = opened(&body) {
            prop_assert_eq!([&body[..3], &wire::encode(&event).unwrap()].concat(), body.clone());
            let _ = event.event();
            prop_assert_eq!(answer(&header, CompletionCode::SUCCESS, PlatformEventStatus(0)).is_some(), !header.datagram);
        }
    }
}
