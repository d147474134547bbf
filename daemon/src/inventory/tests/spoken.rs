//! Types that a device lists, leaves out, or does not want to speak of; and who is followed because of them.

use super::*;
use pldm::{
    base::{PldmTypes, TerminusId, Tid},
    platform::{RepositoryInfo, RepositoryState},
};

const TYPES: [u8; 2] = [0, 4];
const REPOSITORY: [u8; 2] = [2, 0x50];

fn monitored(device: &mut Device) {
    let info = RepositoryInfo {
        repository_state: RepositoryState::AVAILABLE,
        update_time: [0; 13],
        oem_update_time: [0; 13],
        record_count: 0,
        repository_size: 0,
        largest_record_size: 0,
        data_transfer_handle_timeout: 0,
    };
    device.more.insert([0, 2], Some((0, wire::encode(&TerminusId { tid: Tid(9) }).expect("legal"))));
    device.more.insert(REPOSITORY, Some((0, wire::encode(&info).expect("legal"))));
    device.more.insert([2, 0x51], Some((0x82, vec![])));
}

fn lists(device: &mut Device, types: &[u8]) {
    let types: PldmTypes = types.iter().map(|one| PldmType(*one)).collect();
    device.more.insert(TYPES, Some((0, wire::encode(&types).expect("legal"))));
}

impl Scene {
    fn has_sensors(&self, id: &str) -> bool {
        self.store.model().borrow().sensors.contains_key(&Id::new(id).expect("legal"))
    }
}

#[tokio::test(start_paused = true)]
async fn sensors_are_followed_whatever_the_device_says_of_its_types() {
    let says: [fn(&mut Device); 4] = [
        |device| lists(device, &[0, 2, 5]),
        |device| lists(device, &[0, 5]),
        |device| _ = device.more.insert(TYPES, Some((5, vec![]))),
        |device| _ = device.more.insert(TYPES, Some((1, vec![]))),
    ];
    for (number, say) in says.into_iter().enumerate() {
        let (scene, device) = (Scene::new(), Pretend::named("nic0"));
        device.with(|device| {
            monitored(device);
            say(device);
        });
        scene.here(0, 9, &device);
        sleep(2 * SECOND).await;
        assert!(scene.has_sensors("nic0"), "{number}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_does_not_speak_of_sensors_is_tried_once_and_not_blamed() {
    let (mut scene, device) = (Scene::new(), Pretend::named("nic0"));
    device.with(|device| {
        lists(device, &[0, 5]);
        // It ignores what it does not know.
        device.more.insert(REPOSITORY, None);
        device.more.insert([4, 1], None);
    });
    scene.here(0, 9, &device);
    sleep(1000 * SECOND).await;
    assert!(!scene.has_sensors("nic0") && scene.component("nic0").expect("there").faults.is_empty());
    assert_eq!(device.with(|device| (device.count(REPOSITORY), device.count([4, 1]))), (3, 3), "three tries each");
    assert!(scene.told().iter().all(|what| !matches!(what, What::FaultRaised { .. })));
    // After an update it does.
    device.with(|device| {
        monitored(device);
        lists(device, &[0, 2, 5]);
    });
    scene.here(0, 9, &device);
    sleep(2 * SECOND).await;
    assert!(scene.has_sensors("nic0"));
}

#[tokio::test(start_paused = true)]
async fn types_that_cannot_be_learned_once_are_not_forgotten() {
    let (scene, device) = (Scene::new(), Pretend::named("nic0"));
    device.with(|device| {
        monitored(device);
        lists(device, &[0, 2, 5]);
    });
    scene.here(0, 9, &device);
    sleep(2 * SECOND).await;
    let before = device.with(|device| {
        device.more.insert(TYPES, None);
        device.count([2, 0x51])
    });
    scene.here(0, 9, &device);
    sleep(20 * SECOND).await;
    assert!(scene.has_sensors("nic0"));
    assert_eq!(device.with(|device| device.count([2, 0x51])), before, "it is still followed, not followed anew");
}

#[tokio::test(start_paused = true)]
async fn of_two_that_claim_one_id_the_holder_alone_is_followed() {
    let (scene, first, second) = (Scene::new(), Pretend::named("nic0"), Pretend::named("nic0"));
    for device in [&first, &second] {
        device.with(|device| {
            monitored(device);
            lists(device, &[0, 2, 5]);
        });
    }
    scene.here(1, 9, &first);
    sleep(2 * SECOND).await;
    assert!(first.with(|device| device.count(REPOSITORY)) > 0);
    scene.here(2, 10, &second);
    sleep(600 * SECOND).await;
    assert_eq!(second.with(|device| device.count(REPOSITORY)), 0);
    assert!(scene.has_sensors("nic0"));
    // Who goes has no sensors, and who stays gets the id.
    scene.sight(1, Presence::Away("pulled".into()));
    sleep(60 * SECOND).await;
    first.with(|device| device.seen.clear());
    sleep(120 * SECOND).await;
    assert!(first.with(|device| device.seen.is_empty()));
    assert!(second.with(|device| device.count(REPOSITORY)) > 0 && scene.has_sensors("nic0"));
    scene.sight(2, Presence::Away("pulled".into()));
    sleep(120 * SECOND).await;
    assert!(!scene.has_sensors("nic0"));
}

#[tokio::test(start_paused = true)]
async fn a_component_with_another_name_has_its_sensors_under_that_soon() {
    let (scene, device) = (Scene::new(), Pretend::named("nic0"));
    device.with(|device| {
        monitored(device);
        lists(device, &[0, 2, 5]);
    });
    scene.here(0, 9, &device);
    sleep(100 * SECOND).await;
    device.with(|device| device.name = Some("nic7"));
    scene.here(0, 9, &device);
    sleep(5 * SECOND).await;
    assert!(scene.has_sensors("nic7") && !scene.has_sensors("nic0"));
}
