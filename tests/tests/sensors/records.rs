//! What devices describe: records that change, and what is behind a device.

use super::{GET_PDR, GET_PDR_REPOSITORY_INFO, quick, scene};
use firmwarden_tests::{
    board::{Configuration, Content, Description, NumericSensor, Pdr},
    daemon::{Object, interface},
    until,
};
use std::time::Duration;

fn another(id: u16, name: &str) -> Pdr {
    let Pdr::NumericSensor(sensor) = Description::named("nic0").pdr[3].clone() else { panic!("the first sensor") };
    Pdr::NumericSensor(Box::new(NumericSensor { id, name: Some(name.into()), ..*sensor }))
}

#[tokio::test]
async fn a_sensor_that_is_described_later_appears_and_one_that_is_not_goes() {
    let never = Duration::from_secs(3600);
    let scene = scene(quick(&["nic0", "gpu0"]), Configuration { interval: never, ..Configuration::default() }).await;
    let nic = scene.board.component("nic0");
    scene.client.wait_for_sensor("nic0_nic_temp", "its value", |it| it.known).await;
    scene
        .client
        .wait_for_sources("its events", |all| all.iter().any(|it| (&*it.component, &*it.events) == ("nic0", "sent")))
        .await;
    nic.set_value(40, 33.0);
    nic.change_repository(true, |repository| {
        repository.add(another(40, "NEW_TEMP"));
        let is_port = |content: &Content| matches!(content, Content::Described(Pdr::NumericSensor(it)) if it.id == 2);
        let handle = repository.records().iter().find(|it| is_port(&it.content)).expect("there").handle;
        repository.remove(handle);
    });
    let new = scene.client.wait_for_sensor("nic0_new_temp", "the new one", |it| it.value() == Some(33.0)).await;
    assert_eq!((new.number, &*new.name), (40, "NEW_TEMP"));
    let all = scene.client.sensors().await;
    assert!(all.iter().all(|it| it.id != "nic0_port_0_temp"), "it is gone");
    assert!(all.iter().any(|it| it.id == "nic0_nic_temp" && it.known));
    let told = |it: &firmwarden_tests::daemon::Told| {
        it.is("pldm.event.received", "nic0") && it.fact("pldm.event.class").contains("repository")
    };
    scene.client.wait_for_event("the device's word", told).await;
}

#[tokio::test]
async fn records_that_change_without_a_word_are_noticed_and_others_are_read_once() {
    let scene = scene(quick(&["nic0", "nic1"]), Configuration::default()).await;
    let (nic, other) = (scene.board.component("nic0"), scene.board.component("nic1"));
    scene.client.wait_for_sensor("nic0_nic_temp", "its value", |it| it.known).await;
    scene.client.wait_for_sensor("nic1_nic_temp", "its value", |it| it.known).await;
    let asked = other.asked_for(GET_PDR.0, GET_PDR.1);
    nic.change_repository(false, |repository| _ = repository.add(another(40, "NEW_TEMP")));
    scene.client.wait_for_sensor("nic0_new_temp", "the new one", |it| it.known).await;
    // Each search of a line asks whether they are the same; whose are is not asked for them.
    let looked = || other.asked_for(GET_PDR_REPOSITORY_INFO.0, GET_PDR_REPOSITORY_INFO.1);
    let before = looked();
    until("two more looks", || looked() >= before + 2).await;
    assert_eq!(other.asked_for(GET_PDR.0, GET_PDR.1), asked);
}

#[tokio::test]
async fn what_is_behind_a_device_is_firmware_of_its_own() {
    let scene = scene(quick(&["nic0", "nic1", "bic"]), Configuration::default()).await;
    let ids = ["nic0_downstream_0", "nic0_downstream_1", "nic1_downstream_7", "bic_downstream_0", "bic_downstream_1"];
    let versions = ["1.14", "1.12", "47.171.0001", "00000104", "B0.3"];
    let all = scene.client.wait_for("all of it", |all| ids.iter().all(|id| all.software(id).is_some())).await;
    assert_eq!(ids.map(|id| all.version(id).expect("a version")), versions);
    let text = |object: Option<&Object>, property| object.and_then(|it| it.text(interface::FIRMWARE, property));
    assert_eq!(text(all.software("nic0_downstream_1"), "PendingVersion").as_deref(), Some("1.14"));
    assert_eq!(text(all.software("nic0_downstream_1"), "Component").as_deref(), Some("nic0"));
    // One of them has nothing to say; that is a fault and no firmware.
    let bic =
        scene.client.wait_for("its fault", |all| all.component("bic").is_some_and(|it| !it.faults().is_empty())).await;
    let faults = bic.component("bic").expect("there").faults();
    assert!(faults.iter().any(|it| it.contains("downstream device 2 has no version")), "{faults:?}");
    assert!(bic.software("bic_downstream_2").is_none());
}
