//! The whole path: what a device's data file says is what the daemon says on D-Bus.

use firmwarden_tests::{
    board::{Board, Configuration, Description, Fault, Firmware},
    daemon::{Object, Objects, Sensor, Signal, interface, paths},
    scene::Scene,
};
use std::{collections::BTreeMap, time::Duration};
use tokio::time::Instant;

/// Everybody on the shipped board who answers at once.
const PROMPT: [&str; 11] =
    ["bic", "cpld0", "gpu0", "nic0", "nic1", "retimer0", "retimer1", "rot0", "ssd0", "vr0", "vr1"];

/// A version as D-Bus shows it: one printable line.
fn shown(text: &str) -> String {
    text.trim_end_matches('\0').replace('\n', "\u{fffd}")
}

fn object<'a>(objects: &'a Objects, id: &str) -> &'a Object {
    objects.software(id).unwrap_or_else(|| panic!("no firmware {id}: {:?}", objects.software_ids().collect::<Vec<_>>()))
}

fn firmware(objects: &Objects, component: &Description, one: &Firmware) {
    let id = format!("{}_{}", component.name, one.name.as_deref().expect("every shipped one has a name"));
    let object = object(objects, &id);
    let text =
        |interface, property| object.text(interface, property).unwrap_or_else(|| panic!("{id} has no {property}"));
    let number = |property| object.number(interface::FIRMWARE, property);
    assert_eq!(text(interface::VERSION, "Version"), shown(&one.active.text), "{id}");
    assert!(text(interface::VERSION, "Purpose").ends_with(".Other"), "{id}");
    assert!(text(interface::ACTIVATION, "Activation").ends_with(".Active"), "{id}");
    assert_eq!(text(interface::FIRMWARE, "Component"), component.name);
    assert_eq!(text(interface::FIRMWARE, "PendingVersion"), shown(&one.pending.text), "{id}");
    assert_eq!(text(interface::FIRMWARE, "Source"), "pldm");
    assert_eq!(text(interface::FIRMWARE, "Freshness"), "fresh");
    assert_eq!(text(interface::FIRMWARE, "ReleaseDate").replace('-', ""), one.active.date.clone().unwrap_or_default());
    assert_eq!(number("ComparisonStamp"), Some(one.active.stamp.into()), "{id}");
    assert_eq!(number("Classification"), Some(one.classification.into()), "{id}");
    assert_eq!(number("Identifier"), Some(one.identifier.into()), "{id}");
    assert_eq!(number("Index"), Some(one.index.into()), "{id}");
    let methods = object.list(interface::FIRMWARE, "ActivationMethods").len();
    assert!(methods <= one.activation_methods.count_ones() as usize, "{id}");
    assert!(number("LastRead").is_some_and(|when| when > 0) && number("LastReadBootTime").is_some_and(|when| when > 0));
}

#[tokio::test]
async fn every_value_of_the_board_is_on_the_bus_and_every_id_is_legal() {
    let scene = Scene::with(Description::all()).await;
    let objects = scene.wait_fresh(&PROMPT).await;
    for component in scene.board.descriptions().iter().filter(|one| PROMPT.contains(&one.name.as_str())) {
        let object = objects.component(&component.name).expect("fresh");
        let text = |property| object.text(interface::COMPONENT, property).unwrap_or_default();
        assert_eq!((text("Name"), text("Type")), (component.title.clone(), component.kind.clone()));
        assert_eq!(text("Manufacturer"), component.manufacturer.clone().unwrap_or_default());
        assert_eq!(object.list(interface::COMPONENT, "Descriptors").len(), component.descriptor.len());
        assert_eq!(object.faults(), Vec::<String>::new(), "{}", component.name);
        component.firmware.iter().for_each(|one| firmware(&objects, component, one));
        let image_set = Some(component.image_set.active.text.clone()).filter(|text| !text.is_empty());
        assert_eq!(objects.version(&component.name), image_set, "{}", component.name);
    }
    for id in objects.software_ids().chain(objects.component_ids()) {
        assert!(firmwarden::model::Id::new(id).is_some(), "{id}");
    }
}

#[tokio::test]
async fn a_processor_runs_at_most_one_firmware() {
    let scene = Scene::of(&["nic0", "gpu0", "nic1"]).await;
    let objects = scene.wait_fresh(&["nic0", "gpu0", "nic1"]).await;
    let mut running = BTreeMap::<String, usize>::new();
    for object in objects.0.values() {
        for association in object.list(interface::ASSOCIATIONS, "Associations") {
            let parts: Vec<_> = association.split(": ").collect();
            if parts[..2] == ["running", "ran_on"] {
                *running.entry(parts[2].into()).or_default() += 1;
            }
        }
    }
    assert_eq!(running.into_values().collect::<Vec<_>>(), [1, 1, 1]);
}

/// What one of these two is asked until all is known of it, by PLDM type and command.
fn asked(name: &str) -> BTreeMap<(u8, u8), u64> {
    let same = [
        ((0, 0x01), 1), // SetTID
        ((0, 0x02), 1), // GetTID
        ((0, 0x04), 1), // GetPLDMTypes
        ((2, 0x04), 1), // SetEventReceiver
        ((2, 0x0c), 1), // EventMessageSupported
        ((2, 0x50), 2), // GetPDRRepositoryInfo, before and behind the records
        ((4, 0x01), 1), // GetFRURecordTableMetadata
        ((5, 0x01), 1), // QueryDeviceIdentifiers
        ((5, 0x02), 1), // GetFirmwareParameters
        ((5, 0x03), 1), // QueryDownstreamDevices
        ((5, 0x1b), 1), // GetStatus
    ];
    let own = match name {
        "nic0" => vec![
            ((2, 0x11), 5),  // GetSensorReading
            ((2, 0x21), 1),  // GetStateSensorReadings
            ((2, 0x51), 16), // GetPDR: so many records, each in one part
            ((4, 0x02), 1),  // GetFRURecordTable
            ((5, 0x04), 2),  // QueryDownstreamIdentifiers, a device in each part
            ((5, 0x05), 2),  // GetDownstreamFirmwareParameters, a device in each part
        ],
        // Parts of 64 bytes: 30 records of which 11 need a second one, and a FRU table that needs two.
        _ => vec![((2, 0x11), 9), ((2, 0x21), 1), ((2, 0x51), 30 + 11), ((4, 0x02), 2)],
    };
    same.into_iter().chain(own).collect()
}

#[tokio::test]
async fn each_object_is_announced_once_and_costs_a_known_number_of_messages() {
    let configuration = Configuration {
        interval: Duration::from_secs(60),
        check_interval: Duration::from_secs(60),
        sensor_interval: Duration::from_secs(60),
        ..Configuration::default()
    };
    let components = vec![Description::named("nic0"), Description::named("gpu0")];
    let scene = Scene::start(components, configuration).await.expect("everything starts");
    let objects = scene.wait_fresh(&["nic0", "gpu0"]).await;
    let mut added = BTreeMap::<String, usize>::new();
    for signal in scene.client.signals() {
        if let Signal::Added(path) = signal {
            *added.entry(path).or_default() += 1;
        }
    }
    let twice: Vec<_> = added.iter().filter(|(_, count)| **count > 1).collect();
    assert!(twice.is_empty(), "{twice:?}");
    assert!(objects.component_ids().count() == 2);
    let read = |all: &[Sensor]| all.len() == 19 && all.iter().all(|it| it.last_read_boot_time > 0);
    scene.client.wait_for_sensors("all of them, read once", read).await;
    for name in ["nic0", "gpu0"] {
        let component = scene.board.component(name);
        let control = component.requests() - component.pldm_requests();
        assert_eq!(control, 5, "{name}: id, UUID, id set, versions, types");
        assert_eq!(component.asked().commands, asked(name), "{name}");
    }
}

#[tokio::test]
async fn a_dead_one_and_a_late_one_delay_nobody() {
    let names = ["nic0", "nic1", "gpu0", "ssd1", "dpu0"];
    let begin = Instant::now();
    let scene = Scene::of(&names).await;
    let objects = scene.wait_fresh(&["nic0", "nic1", "gpu0"]).await;
    let took = begin.elapsed();
    assert!(objects.component("dpu0").is_none(), "the late one is silent for three seconds; this took {took:?}");
    let objects = scene.wait_fresh(&["dpu0"]).await;
    assert_eq!(objects.version("dpu0_boot").as_deref(), Some("12.24.03"));
    assert!(objects.component("ssd1").is_none());
    assert!(objects.is_fresh("nic0"));
}

#[tokio::test]
async fn members_of_a_bridge_are_components_of_their_own() {
    let scene = Scene::of(&["bic", "vr0", "vr1"]).await;
    let objects = scene.wait_fresh(&["bic", "vr0", "vr1"]).await;
    let parent = |id| objects.component(id).and_then(|object| object.text(interface::COMPONENT, "Parent"));
    assert_eq!((parent("vr0"), parent("vr1")), (Some("bic".into()), Some("bic".into())));
    assert_eq!(objects.version("vr0_config").as_deref(), Some("MPS 4049c9f9"));
    assert_eq!(objects.version("bic").as_deref(), Some("oby35-cl-2024.23.01"));
}

#[tokio::test]
async fn without_names_in_the_configuration_names_are_found_and_stay() {
    let configuration = Configuration { names: false, ..Configuration::default() };
    let components = || ["nic0", "nic1", "cpld0"].map(Description::named).to_vec();
    let mut seen = Vec::new();
    for _ in 0..2 {
        let scene = Scene::start(components(), configuration.clone()).await.expect("everything starts");
        let all = scene.client.wait_for("three components", |all| all.component_ids().count() == 3).await;
        seen.push(all.component_ids().map(str::to_owned).collect::<Vec<_>>());
    }
    assert_eq!(seen[0], seen[1]);
    assert!(seen[0].contains(&"mb_cpld".to_owned()), "{:?}", seen[0]);
}

#[tokio::test]
async fn the_command_line_shows_what_the_bus_says() {
    let scene = Scene::of(&["nic0", "gpu0"]).await;
    scene.wait_fresh(&["nic0", "gpu0"]).await;
    let table = scene.daemon.run(&["inventory"]).await.expect("it runs");
    let text = String::from_utf8_lossy(&table.stdout).into_owned();
    assert!(text.contains("96.00.A5.00.01") && text.contains("230.0.154.0"), "{text}");
    let json = scene.daemon.run(&["inventory", "--json"]).await.expect("it runs");
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).expect("JSON");
    assert!(json.to_string().contains("G520.0200.00.05"));
}

#[tokio::test]
async fn the_daemon_ends_when_it_is_told_to() {
    let mut scene = Scene::of(&["nic0"]).await;
    scene.wait_fresh(&["nic0"]).await;
    let status = scene.daemon.stop().await.expect("it ends");
    assert!(status.success(), "{status}");
    scene.client.wait_for("an empty bus", |all| all.0.is_empty()).await;
}

#[tokio::test]
async fn a_board_of_many_is_read_at_once() {
    let many = |number: u32| {
        let mut one = Description::named("nic0");
        (one.name, one.uuid, one.inventory) = (format!("card{number}"), None, None);
        one.latency_milliseconds = 20;
        one
    };
    let scene = Scene::with((0..20).map(many).collect()).await;
    let all = scene.client.wait_for("all their firmware", |all| all.software_ids().count() == 60).await;
    assert!((0..20).all(|number| all.is_fresh(&format!("card{number}"))));
}

#[tokio::test]
async fn a_broken_entry_of_the_configuration_stops_nothing_else() {
    let configuration =
        Configuration { more: "[[image]]\nid = \"_x\"\nnonsense = 1\n".into(), ..Configuration::default() };
    let components = vec![Description::named("nic0").with(Fault::Duplicates)];
    let scene = Scene::start(components, configuration).await.expect("everything starts");
    scene.wait_fresh(&["nic0"]).await;
}

#[tokio::test]
async fn an_image_of_the_bmc_is_hashed() {
    let board = Board::of(&["nic0"]).expect("a board");
    let image = board.directory().join("image.bin");
    std::fs::write(&image, b"abc").expect("a file");
    let more = format!(
        "[[component]]\nid = \"bmc\"\ntype = \"bmc\"\nname = \"BMC\"\n\n[[image]]\nid = \"bmc_boot\"\ncomponent = \"bmc\"\n\
         name = \"boot\"\npath = {:?}\nversion = \"2024.04\"\ncheck_interval = \"200ms\"\n",
        image.display().to_string()
    );
    let configuration = Configuration { more, ..Configuration::default() };
    let scene = Scene::start(vec![Description::named("nic0")], configuration).await.expect("everything starts");
    let digest = |all: &Objects| all.software("bmc_boot")?.text(interface::DIGEST, "Digest");
    let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    let all = scene.client.wait_for("the hash", |all| digest(all).as_deref() == Some(abc)).await;
    assert_eq!(all.version("bmc_boot").as_deref(), Some("2024.04"));
    std::fs::write(&image, b"abcd").expect("a file");
    scene.client.wait_for("another hash", |all| digest(all).is_some_and(|hex| hex != abc)).await;
    assert!(paths::software("bmc_boot").ends_with("/bmc_boot"));
}
