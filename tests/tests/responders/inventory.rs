//! QueryDeviceIdentifiers, GetFirmwareParameters and GetStatus, asked of pldm-fw's firmware device: every field that it
//! can express, compared with what it was given.

use crate::firmware_device::{AT, Direct, Told, none, octets, text, version};
use mctp::{
    Transport,
    faulty::{Fault, Faulty},
};
use pldm::{
    CompletionCode, Failure, Leniency, Patience, Requester, StringType, Text,
    firmware_update::{
        DescriptorType, FirmwareParameters, GetFirmwareParameters, GetStatus, Image, QueryDeviceIdentifiers,
        ReleaseDate, State, Status,
    },
};
use pldm_fw::{
    ActivationMethod, ActivationMethods, Component, ComponentCapabilities, ComponentCapability,
    ComponentClassification, ComponentVersion, Descriptor, DescriptorString,
};
use std::{sync::Arc, time::Duration};
use uuid::Uuid;

const UUID: Uuid = Uuid::from_u128(0x4c9d1f60_3a52_11ee_be56_0242ac120010);

pub(crate) fn asking(transport: impl Transport + 'static) -> Requester {
    Requester::new(Arc::new(transport), AT, Patience::default())
}

fn identifiers() -> Vec<Descriptor> {
    vec![
        Descriptor::PciVid(0x14e4),
        Descriptor::Iana(0x0001_0203),
        Descriptor::Uuid(UUID),
        Descriptor::PciDid(0x1750),
        Descriptor::PciSubVid(0x1028),
        Descriptor::PciSubDid(0x1520),
    ]
}

fn component(identifier: u16, active: ComponentVersion, pending: ComponentVersion) -> Component {
    Component {
        classification: ComponentClassification::Firmware,
        identifier,
        classificationindex: 0,
        active,
        pending,
        activation_methods: ActivationMethods::empty(),
        caps_during_update: ComponentCapabilities::empty(),
    }
}

/// Components that differ in everything that pldm-fw can say of one.
pub(crate) fn components() -> Vec<Component> {
    let longest = "v".repeat(255);
    vec![
        component(0x2000, version(text("230.0.154.0"), 0xe600_009a, Some((2024, 6, 12))), none()),
        Component {
            classification: ComponentClassification::Value(0xffff),
            classificationindex: 0xfe,
            activation_methods: ActivationMethods::all(),
            caps_during_update: ComponentCapabilities::all(),
            ..component(
                0xffff,
                version(octets(&[0x00, 0xff, 0x7e, 0x7d]), u32::MAX, Some((1, 1, 1))),
                version(text(&longest), 1, Some((9999, 12, 31))),
            )
        },
        Component {
            classification: ComponentClassification::Other,
            activation_methods: ActivationMethod::DCPowerCycle | ActivationMethod::SelfContained,
            caps_during_update: ComponentCapability::FDApplyState.into(),
            ..component(1, version(text("Größe 1"), 0, None), version(octets(&[]), 7, Some((2024, 2, 29))))
        },
        Component { classification: ComponentClassification::Unknown, ..component(0, none(), none()) },
    ]
}

pub(crate) fn told() -> Told {
    let mut told = Told::new(identifiers(), components());
    (told.active, told.pending) = (text("set 1.0"), octets(b"set 1.1"));
    told
}

fn assert_text(seen: &Text, given: &DescriptorString) {
    let (encoding, bytes) = match given {
        DescriptorString::String(text) => (StringType::ASCII, text.as_bytes()),
        DescriptorString::Bytes(bytes) => (StringType::UNKNOWN, bytes.as_slice()),
    };
    assert_eq!((seen.encoding, &*seen.bytes), (encoding, bytes));
}

fn assert_image(seen: &Image, given: &ComponentVersion) {
    assert_eq!(seen.comparison_stamp, given.stamp);
    assert_text(&seen.version, &given.version);
    let digits = given.date.map(|date| date.to_string().replace('-', ""));
    assert_eq!(seen.release_date.0, digits.map_or([0; 8], |digits| digits.as_bytes().try_into().expect("YYYYMMDD")));
}

/// Everything in the answer, against what the responder was given.
pub(crate) fn assert_parameters(seen: &FirmwareParameters, told: &Told) {
    assert_text(&seen.active_image_set, &told.active);
    assert_text(&seen.pending_image_set, &told.pending);
    assert_eq!(seen.components.len(), told.components.len());
    for (seen, given) in seen.components.iter().zip(&told.components) {
        assert_eq!(seen.classification.0, u16::from(&given.classification));
        assert_eq!((seen.identifier, seen.classification_index), (given.identifier, given.classificationindex));
        assert_image(&seen.active, &given.active);
        assert_image(&seen.pending, &given.pending);
        assert_eq!(seen.activation_methods.0, given.activation_methods.as_u16());
        assert_eq!(seen.capabilities_during_update.0, given.caps_during_update.as_u32());
    }
}

#[tokio::test(start_paused = true)]
async fn it_is_who_it_was_told_to_be() {
    let answer = asking(Direct::new(told())).call(&QueryDeviceIdentifiers).await.unwrap();
    assert_eq!((answer.damage, answer.leniencies()), (None, vec![]));
    let seen: Vec<_> =
        answer.value.descriptors.iter().map(|it| (it.descriptor_type, it.integer(), it.uuid())).collect();
    let number = |number| (Some(number), None);
    let expected = [
        (DescriptorType::PCI_VENDOR_ID, number(0x14e4)),
        (DescriptorType::IANA_ENTERPRISE_ID, number(0x0001_0203)),
        (DescriptorType::UUID, (None, Some(UUID.to_string()))),
        (DescriptorType::PCI_DEVICE_ID, number(0x1750)),
        (DescriptorType::PCI_SUBSYSTEM_VENDOR_ID, number(0x1028)),
        (DescriptorType::PCI_SUBSYSTEM_ID, number(0x1520)),
    ];
    assert_eq!(seen, expected.map(|(kind, (integer, uuid))| (kind, integer, uuid)));
}

#[tokio::test(start_paused = true)]
async fn it_runs_what_it_was_told_to_run() {
    let answer = asking(Direct::new(told())).call(&GetFirmwareParameters).await.unwrap();
    assert_eq!(answer.damage, None);
    assert_parameters(&answer.value, &told());
    let [plain, odd, _, empty] = &answer.value.components[..] else { panic!("four components") };
    assert_eq!((plain.has_pending(), odd.has_pending(), empty.has_pending()), (false, true, false));
    // Its days are kept, and shown where firmware can be from.
    assert_eq!(plain.active.release_date.date().as_deref(), Some("2024-06-12"));
    assert_eq!((odd.pending.release_date, odd.pending.release_date.date()), (ReleaseDate(*b"99991231"), None));
}

#[tokio::test(start_paused = true)]
async fn what_it_says_against_the_specification_is_read_and_told() {
    // It calls UTF-8 ASCII, and every string of bytes is of no encoding; both are read, and neither in silence.
    let parameters = asking(Direct::new(told())).call(&GetFirmwareParameters).await.unwrap();
    let shown = parameters.value.components[2].active.version.to_string_lenient();
    assert_eq!(shown, ("Größe 1".into(), vec![Leniency::InvalidText]));
    let set = parameters.value.pending_image_set.to_string_lenient();
    assert_eq!(set, ("set 1.1".into(), vec![Leniency::UnknownStringType]));
}

#[tokio::test(start_paused = true)]
async fn no_component_and_no_image_set_are_an_answer() {
    let told = Told::new(vec![Descriptor::PciVid(1)], vec![]);
    let answer = asking(Direct::new(told)).call(&GetFirmwareParameters).await.unwrap();
    assert_eq!((answer.damage, answer.value.components.len()), (None, 0));
    assert_eq!((answer.value.active_image_set, answer.value.pending_image_set), (Text::none(), Text::none()));
}

#[tokio::test(start_paused = true)]
async fn it_is_idle() {
    let answer = asking(Direct::new(told())).call(&GetStatus).await.unwrap();
    let idle = Status {
        current_state: State::IDLE,
        previous_state: State::IDLE,
        aux_state: 3,
        aux_state_status: 0,
        progress_percent: 101,
        reason_code: 0,
        update_option_flags_enabled: 0,
    };
    assert_eq!((answer.value.progress(), answer.value, answer.damage), (None, idle, None));
}

#[tokio::test(start_paused = true)]
async fn what_it_cannot_write_it_refuses_and_the_rest_still_comes() {
    // pldm-fw 0.2.0 writes neither a vendor-defined descriptor, nor an empty list of them, nor more than 1027 bytes.
    let vendor = || Descriptor::Vendor { title: Some(text("OpenBMC.Name")), data: b"RoT".to_vec() };
    for identifiers in [vec![Descriptor::PciVid(1), vendor()], vec![]] {
        let mut device = asking(Direct::new(Told::new(identifiers, components())));
        let refused = device.call(&QueryDeviceIdentifiers).await.map_err(|error| error.failure);
        assert_eq!(refused, Err(Failure::Refused(CompletionCode::ERROR)));
        assert!(device.call(&GetFirmwareParameters).await.is_ok());
    }
    let many = (0..40).map(|number| component(number, none(), none())).collect();
    let mut device = asking(Direct::new(Told::new(identifiers(), many)));
    let refused = device.call(&GetFirmwareParameters).await.map_err(|error| error.failure);
    assert_eq!(refused, Err(Failure::Refused(CompletionCode::ERROR)));
    assert!(device.call(&QueryDeviceIdentifiers).await.is_ok());
}

/// Asks once over a transport with these faults.
async fn asked(faults: Vec<Fault>) -> (Result<pldm::Answer<FirmwareParameters>, Failure>, u32) {
    let mut requester = asking(Faulty::new(Direct::new(told()), faults));
    let answer = requester.call(&GetFirmwareParameters).await.map_err(|error| error.failure);
    let tries = requester.take_calls().iter().map(|call| call.tries).sum();
    (answer, tries)
}

#[tokio::test(start_paused = true)]
async fn its_answer_cut_anywhere_is_kept_as_far_as_it_came() {
    let whole = Direct::new(told()).0.lock().unwrap().answers(&[0x80, 0x05, 0x02])[0].clone();
    let (answer, _) = asked(vec![]).await;
    let all = answer.unwrap().value.components;
    for length in 3..whole.len() {
        let (answer, tries) = asked(vec![Fault::Cut(length)]).await;
        assert_eq!(tries, 1, "cut at {length}");
        match answer {
            Ok(cut) => {
                assert!(cut.damage.is_some(), "cut at {length}");
                assert_eq!(cut.value.components[..], all[..cut.value.components.len()], "cut at {length}");
            }
            // Without the image set's version, there is nothing to keep.
            Err(failure) => assert!(matches!(failure, Failure::Malformed(_)) && length < 22, "{length}: {failure:?}"),
        }
    }
    // What is too short for a header is nobody's answer; the next try is.
    for length in 0..3 {
        let (answer, tries) = asked(vec![Fault::Cut(length)]).await;
        assert_eq!((answer.unwrap().value.components.len(), tries), (4, 2), "cut at {length}");
    }
}

#[tokio::test(start_paused = true)]
async fn its_answer_late_doubled_or_lost_is_its_answer() {
    let late = Fault::Delay(Duration::from_secs(2)); // longer than one try, shorter than two
    for (faults, expected) in [
        (vec![Fault::Duplicate], 1),
        (vec![late.clone(), late.clone()], 2),
        (vec![Fault::LoseQuestion, Fault::LoseAnswer], 3),
        (vec![Fault::Corrupt { at: 0, bits: 1 }, Fault::Corrupt { at: 1, bits: 4 }], 3),
        (vec![Fault::Instead(vec![0x00, 0x05, 0x1b, 0x00]), Fault::Instead(vec![])], 3),
    ] {
        let (answer, tries) = asked(faults.clone()).await;
        assert_parameters(&answer.unwrap_or_else(|failure| panic!("{faults:?}: {failure:?}")).value, &told());
        assert_eq!(tries, expected, "{faults:?}");
    }
    let (answer, tries) = asked(vec![Fault::LoseAnswer; 3]).await;
    assert!(matches!(answer, Err(Failure::Silent { tries: 3, .. })));
    assert_eq!(tries, 3);
}
