//! What changes on the board changes on the bus and is told to the collector, and nothing is told that did not happen.

use firmwarden_tests::{
    board::{Configuration, Description, Fault},
    daemon::{Signal, interface, paths},
    receiver::Mood,
    scene::Scene,
};
use std::time::Duration;

#[tokio::test]
async fn a_new_firmware_is_a_changed_property_and_an_event() {
    let scene = Scene::of(&["gpu0"]).await;
    scene.wait_fresh(&["gpu0"]).await;
    scene.board.component("gpu0").swap(0xe400, "96.00.B1.00.02");
    let new = |version: Option<String>| version.as_deref() == Some("96.00.B1.00.02");
    scene.client.wait_for("the new version", |all| new(all.version("gpu0_vbios"))).await;
    let is_version = |signal: &Signal| matches!(signal, Signal::Changed(_, of, _) if of == interface::VERSION);
    scene.client.wait_for_signal("the property's signal", is_version).await;
    let changed = scene.client.signals().into_iter().filter_map(|signal| match signal {
        Signal::Changed(path, of, names) if of == interface::VERSION => Some((path, names)),
        _ => None,
    });
    assert_eq!(changed.collect::<Vec<_>>(), [(paths::software("gpu0_vbios"), vec!["Version".to_owned()])]);
    let all = scene.receiver.wait_for("the event", |all| all.events("hw.firmware.changed").count() > 0).await;
    let events: Vec<_> = all.events("hw.firmware.changed").collect();
    assert_eq!(events.len(), 1);
    let attribute = |key: &str| events[0].attributes.get(key).map(String::as_str);
    assert_eq!(attribute("hw.id"), Some("gpu0"));
    assert_eq!(attribute("hw.firmware_version"), Some("96.00.B1.00.02"));
}

#[tokio::test]
async fn what_waits_to_run_is_told_and_so_is_its_end() {
    let scene = Scene::of(&["gpu0"]).await;
    scene.wait_fresh(&["gpu0"]).await;
    let pending = |all: &firmwarden_tests::daemon::Objects| {
        all.software("gpu0_vbios").and_then(|object| object.text(interface::FIRMWARE, "PendingVersion"))
    };
    scene.board.component("gpu0").set_pending(0xe400, "97.00.00.00.00");
    scene.client.wait_for("it waits", |all| pending(all).as_deref() == Some("97.00.00.00.00")).await;
    scene.board.component("gpu0").swap(0xe400, "97.00.00.00.00");
    let all = scene.client.wait_for("it runs", |all| pending(all).as_deref() == Some("")).await;
    assert_eq!(all.version("gpu0_vbios").as_deref(), Some("97.00.00.00.00"));
}

#[tokio::test]
async fn a_pulled_component_is_stale_then_removed_then_back() {
    let scene = Scene::of(&["nic0", "gpu0"]).await;
    scene.wait_fresh(&["nic0", "gpu0"]).await;
    scene.board.line("nic0").unplug().await;
    let stale = scene.client.wait_for("stale", |all| all.freshness("nic0").as_deref() == Some("stale")).await;
    assert_eq!(stale.version("nic0_fw").as_deref(), Some("230.0.154.0"), "what was known is kept");
    let reason = stale.component("nic0").and_then(|object| object.text(interface::COMPONENT, "StaleReason"));
    assert!(reason.is_some_and(|reason| !reason.is_empty()));
    let gone = scene.client.wait_for("removed", |all| all.component("nic0").is_none()).await;
    assert!(gone.software_ids().all(|id| !id.starts_with("nic0")) && gone.is_fresh("gpu0"));
    scene.board.line("nic0").plug().expect("a pty");
    scene.wait_fresh(&["nic0"]).await;
    scene
        .receiver
        .wait_for("added, removed, added", |all| {
            let of = |name| all.events(name).filter(|log| log.attributes.get("hw.id").is_some_and(|id| id == "nic0"));
            of("hw.component.added").count() == 2 && of("hw.component.removed").count() == 1
        })
        .await;
}

#[tokio::test]
async fn a_component_that_was_away_for_a_moment_is_never_removed() {
    let configuration = Configuration { absent_after: Duration::from_secs(15), ..Configuration::default() };
    let scene = Scene::start(vec![Description::named("nic0")], configuration).await.expect("everything starts");
    scene.wait_fresh(&["nic0"]).await;
    scene.board.component("nic0").silence();
    scene.client.wait_for("stale", |all| all.freshness("nic0").as_deref() == Some("stale")).await;
    scene.board.component("nic0").heal();
    scene.wait_fresh(&["nic0"]).await;
    assert!(scene.client.signals().iter().all(|signal| !matches!(signal, Signal::Removed(_))));
}

#[tokio::test]
async fn a_device_that_was_reset_is_found_again() {
    let scene = Scene::of(&["nic0"]).await;
    scene.wait_fresh(&["nic0"]).await;
    scene.board.component("nic0").reset();
    scene.board.component("nic0").swap(0x2000, "231.1.162.1");
    let new = |version: Option<String>| version.as_deref() == Some("231.1.162.1");
    scene.client.wait_for("the new version", |all| new(all.version("nic0_fw"))).await;
    assert_ne!(scene.board.component("nic0").with(|device| device.eid), 0, "it has an id again");
}

#[tokio::test]
async fn a_device_that_comes_late_behind_a_bridge_is_found() {
    let scene = Scene::with(vec![Description::named("bic"), Description::named("vr0").with(Fault::Silent)]).await;
    firmwarden_tests::eventually("the search to give it up", async {
        let mut tick = tokio::time::interval(Duration::from_millis(10));
        while scene.board.component("vr0").with(|device| device.requests) < 2 {
            tick.tick().await;
        }
    })
    .await;
    scene.board.component("vr0").heal();
    scene.wait_fresh(&["vr0"]).await;
    // Nobody else is the worse for it.
    assert!(scene.client.signals().iter().all(|signal| !matches!(signal, Signal::Removed(_))));
}

#[tokio::test]
async fn a_reset_in_the_middle_of_a_pass_is_survived() {
    let nic = Description::named("nic0").with(Fault::ResetsAt { request: 2 });
    let scene = Scene::with(vec![nic]).await;
    let objects = scene.client.wait_for("the whole of it", |all| all.version("nic0_fw").is_some()).await;
    assert_eq!(objects.version("nic0_fw").as_deref(), Some("230.0.154.0"));
}

#[tokio::test]
async fn another_device_in_the_same_place_is_noticed() {
    let scene = Scene::of(&["nic0"]).await;
    scene.wait_fresh(&["nic0"]).await;
    let uuid = "00112233-4455-6677-8899-aabbccddeeff";
    scene.board.component("nic0").become_another(uuid);
    let now = |all: &firmwarden_tests::daemon::Objects| {
        all.component("nic0").and_then(|object| object.text(interface::COMPONENT, "UUID"))
    };
    scene.client.wait_for("the new UUID", |all| now(all).as_deref() == Some(uuid)).await;
}

#[tokio::test]
async fn a_component_that_goes_is_in_no_metric_afterwards() {
    let scene = Scene::of(&["nic0", "gpu0"]).await;
    scene.wait_fresh(&["nic0", "gpu0"]).await;
    let info = |all: &firmwarden_tests::receiver::Received, id: &str| {
        all.metric("hw.component.info").any(|point| point.attributes.get("hw.id").is_some_and(|of| of == id))
    };
    scene.receiver.wait_for("both", |all| info(all, "nic0") && info(all, "gpu0")).await;
    scene.board.line("nic0").unplug().await;
    scene.client.wait_for("removed", |all| all.component("nic0").is_none()).await;
    scene.receiver.clear();
    // What was under way when it went may still name it; what is sent after that may not.
    scene.receiver.wait_for("one export", |all| info(all, "gpu0")).await;
    scene.receiver.clear();
    let all = scene.receiver.wait_for("the next export", |all| info(all, "gpu0")).await;
    assert!(!info(&all, "nic0"));
}

#[tokio::test]
async fn a_collector_that_behaves_badly_stops_nothing() {
    let scene = Scene::of(&["nic0"]).await;
    for mood in [Mood::Refuses(503), Mood::Closes, Mood::Hangs] {
        scene.receiver.behave(mood);
        let version = format!("{mood:?}");
        scene.board.component("nic0").swap(0x2000, &version);
        scene.client.wait_for("the new version", |all| all.version("nic0_fw").as_deref() == Some(&version)).await;
    }
}
