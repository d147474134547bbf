//! Devices that lie, flood, mumble and speak for others: the fault is visible and names where, and nobody else suffers.

use firmwarden_tests::{
    board::{Configuration, Description, Fault},
    daemon::{Objects, interface},
    receiver::Received,
    scene::Scene,
};
use std::time::Duration;

/// A device with a fault beside a healthy one, fast lines.
async fn beside(fault: Fault) -> Scene {
    let mut bad = Description::named("gpu0").with(fault);
    bad.baud = 0;
    Scene::with(vec![bad, Description::named("nic0")]).await
}

#[tokio::test]
async fn lies_keep_what_arrived_and_are_told() {
    for fault in [Fault::CountLie { count: 9 }, Fault::CountLie { count: 0xffff }, Fault::CutsTable { bytes: 110 }] {
        let scene = beside(fault.clone()).await;
        let objects = scene
            .client
            .wait_for("the fault", |all| all.component("gpu0").is_some_and(|gpu| !gpu.faults().is_empty()))
            .await;
        assert_eq!(objects.version("gpu0_vbios").as_deref(), Some("96.00.A5.00.01"), "{fault:?}");
        let faults = objects.component("gpu0").expect("there").faults();
        assert!(faults.iter().any(|fault| fault.contains("GetFirmwareParameters")), "{faults:?}");
        scene.wait_fresh(&["nic0"]).await;
    }
}

#[tokio::test]
async fn a_lie_at_any_byte_of_the_answer_is_survived() {
    // Every byte of the fixed fields and of the first entry, and a few values that are wrong in every field.
    let offsets = (0..75).filter(|offset| offset % 5 == 0 || *offset < 12);
    let components = offsets.flat_map(|offset| {
        [0x00, 0x7f, 0xff].map(|value| {
            let mut one = Description::named("nic0").with(Fault::Lie { offset, value });
            (one.name, one.uuid, one.baud) = (format!("liar_{offset}_{value}"), None, 0);
            (one.inventory, one.latency_milliseconds) = (None, 0);
            one
        })
    });
    let mut all: Vec<_> = components.collect();
    all.truncate(60);
    all.push(Description::named("gpu0"));
    let names: Vec<_> = all.iter().map(|one| one.name.clone()).collect();
    let mut scene = Scene::with(all).await;
    scene
        .client
        .wait_for("an object for every liar", |objects| names.iter().all(|name| objects.component(name).is_some()))
        .await;
    scene.wait_fresh(&["gpu0"]).await;
    assert!(scene.daemon.is_running());
}

#[tokio::test]
async fn answers_that_are_not_ours_count_as_silence() {
    for fault in [Fault::WrongInstanceId, Fault::AnswersAs { eid: 77 }, Fault::WrongTag, Fault::Empty] {
        let scene = beside(fault.clone()).await;
        let objects = scene.wait_fresh(&["nic0"]).await;
        assert!(objects.version("gpu0_vbios").is_none(), "{fault:?}");
        scene.board.component("gpu0").heal();
        scene.wait_fresh(&["gpu0"]).await;
    }
}

#[tokio::test]
async fn a_noisy_line_gives_the_same_values() {
    let noise = [
        Fault::Noise { bytes: 200 },
        Fault::Duplicates,
        Fault::BadCheckSequence { nth: 6 },
        Fault::DropsEvery { nth: 6 },
    ];
    for fault in noise {
        let scene = beside(fault).await;
        let objects = scene.wait_fresh(&["gpu0", "nic0"]).await;
        assert_eq!(objects.version("gpu0_inforom").as_deref(), Some("G520.0200.00.05"));
    }
}

#[tokio::test]
async fn a_refusal_is_a_fault_and_the_rest_is_kept() {
    let scene = beside(Fault::Refuses { pldm: 5, command: 1, code: 0x80 }).await;
    let objects = scene.client.wait_for("the firmware", |all| all.version("gpu0_vbios").is_some()).await;
    let faults = objects.component("gpu0").expect("there").faults();
    assert!(faults.iter().any(|fault| fault.contains("QueryDeviceIdentifiers")), "{faults:?}");
}

#[tokio::test]
async fn memory_stays_bounded_under_floods_and_huge_messages() {
    let mut components = vec![Description::named("nic0")];
    let bad = [
        Fault::Floods { bytes: 256 * 1024 },
        Fault::Oversize { bytes: 65_000 },
        Fault::Oversize { bytes: 200_000 },
        Fault::Noise { bytes: 256 * 1024 },
    ];
    for (number, fault) in bad.into_iter().enumerate() {
        let mut one = Description::named("gpu0").with(fault);
        (one.name, one.uuid, one.baud, one.inventory) = (format!("bad{number}"), None, 0, None);
        components.push(one);
    }
    let quick = Duration::from_millis(200);
    let configuration = Configuration { interval: quick, retry_last: quick, ..Configuration::default() };
    let mut scene = Scene::start(components, configuration).await.expect("everything starts");
    scene.wait_fresh(&["nic0"]).await;
    let healthy = scene.board.component("nic0");
    let passes = || healthy.asked_for(5, 0x02); // GetFirmwareParameters
    let before = passes();
    firmwarden_tests::until("twenty passes over the healthy one", || passes() >= before + 20).await;
    let (now, most) = scene.daemon.rss().expect("it runs");
    assert!(scene.daemon.is_running());
    assert!(most < 64 << 20, "{now} bytes now, {most} at most");
    scene.wait_fresh(&["nic0"]).await;
}

#[tokio::test]
async fn an_endpoint_that_speaks_no_pldm_to_us_is_named_until_it_does() {
    let scene = beside(Fault::PldmSilent).await;
    let silent = "QueryDeviceIdentifiers: no answer";
    scene.daemon.wait_for_line("its line to say so", |line| line.contains("gpu0") && line.contains(silent)).await;
    let shown = async || {
        let output = scene.daemon.run(&["inventory"]).await.expect("it runs");
        String::from_utf8(output.stdout).expect("text")
    };
    assert!(shown().await.contains(silent));
    assert!(scene.client.objects().component("gpu0").is_none(), "nothing is claimed of it");
    let counted = |all: &Received| all.metric("mctp.errors").count() > 0;
    scene.board.component("gpu0").heal();
    scene.wait_fresh(&["gpu0"]).await;
    assert!(!shown().await.contains(silent));
    scene.board.component("gpu0").with(|gpu| gpu.description.fault.push(Fault::PldmSilent));
    scene.receiver.wait_for("its silence among the errors", counted).await;
}

#[tokio::test]
async fn images_that_cannot_be_hashed_are_faults_and_a_huge_one_costs_no_memory() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = |name: &str| directory.path().join(name);
    std::fs::write(path("empty"), b"").expect("a file");
    std::fs::create_dir(path("folder")).expect("a folder");
    nix::unistd::mkfifo(&path("pipe"), nix::sys::stat::Mode::S_IRUSR).expect("a FIFO");
    std::fs::File::create(path("huge")).and_then(|file| file.set_len(1 << 30)).expect("a sparse file");
    let bad = ["missing", "empty", "folder", "pipe"];
    let entry = |name: &str| format!("[[image]]\nid = \"bmc_{name}\"\npath = {:?}\n", path(name));
    let more = bad.iter().chain(&["huge"]).map(|name| entry(name)).collect();
    let configuration = Configuration { more, ..Configuration::default() };
    let scene = Scene::start(vec![Description::named("nic0")], configuration).await.expect("everything starts");
    let digest = |all: &Objects| all.software("bmc_huge")?.text(interface::DIGEST, "Digest");
    let all = scene.client.wait_for("the huge one's digest", |all| digest(all).is_some()).await;
    let zeros = "49bc20df15e412a64472421e13fe86ff1c5165e18b2afccf160d4dc19fe68a14"; // what sha256sum says of 1 GiB of them
    assert_eq!(digest(&all).as_deref(), Some(zeros));
    let faults = all.component("bmc").expect("there").faults().join("\n");
    assert!(bad.iter().all(|name| faults.contains(path(name).to_str().expect("text"))), "{faults}");
    assert!(bad.iter().all(|name| all.software(&format!("bmc_{name}")).is_none()), "nothing is claimed of them");
    let (_, most) = scene.daemon.rss().expect("it runs");
    assert!(most < 64 << 20, "{most} bytes");
}

#[tokio::test]
async fn two_devices_with_one_name_do_not_share_it() {
    let mut other = Description::named("cpld0");
    (other.name, other.eid) = ("cpld1".into(), firmwarden_tests::board::EidKind::Dynamic);
    let configuration = Configuration { names: false, ..Configuration::default() };
    let scene = Scene::start(vec![Description::named("cpld0"), other], configuration).await.expect("everything starts");
    // Both call themselves MB_CPLD. One is refused, loudly.
    scene.client.wait_for("the first", |all| all.component("mb_cpld").is_some()).await;
    scene.daemon.wait_for_line("the refusal", |line| line.contains("mb_cpld")).await;
    assert_eq!(scene.client.objects().component_ids().filter(|id| id.starts_with("mb_cpld")).count(), 1);
}
