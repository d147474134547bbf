//! A D-Bus daemon that is late, goes away and comes back.

use firmwarden_tests::{
    board::{Board, Configuration, Description},
    bus::Bus,
    daemon::{Client, Daemon},
    scene::Scene,
};

#[tokio::test]
async fn everything_is_there_again_after_the_bus_was_restarted() {
    let mut scene = Scene::of(&["nic0", "gpu0"]).await;
    scene.wait_fresh(&["nic0", "gpu0"]).await;
    for version in ["1", "2"] {
        scene.bus.restart().expect("the bus starts again");
        scene.board.component("nic0").swap(0x2000, version);
        scene.client = Client::connect(&scene.bus.address()).await.expect("a connection");
        let all =
            scene.client.wait_for("the new version", |all| all.version("nic0_fw").as_deref() == Some(version)).await;
        assert!(all.is_fresh("gpu0"));
    }
    assert!(scene.daemon.is_running());
}

#[tokio::test]
async fn a_daemon_that_is_there_before_the_bus_waits_for_it() {
    let mut bus = Bus::start().expect("a bus");
    bus.stop();
    let board = Board::start(vec![Description::named("nic0")]).expect("a board");
    let configuration = board.write_configuration(&Configuration::default()).expect("a file");
    let _daemon = Daemon::start(&configuration, &bus.address()).expect("the daemon");
    firmwarden_tests::eventually("the first pass", async {
        let mut tick = tokio::time::interval(std::time::Duration::from_millis(20));
        while board.component("nic0").pldm_requests() < 2 {
            tick.tick().await;
        }
    })
    .await;
    bus.restart().expect("the bus");
    let client = Client::connect(&bus.address()).await.expect("a connection");
    client.wait_for("the component", |all| all.is_fresh("nic0")).await;
}

#[tokio::test]
async fn two_daemons_do_not_share_the_name() {
    let mut scene = Scene::of(&["nic0"]).await;
    scene.wait_fresh(&["nic0"]).await;
    let board = Board::start(vec![Description::named("gpu0")]).expect("a board");
    let configuration = board.write_configuration(&Configuration::default()).expect("a file");
    let second = Daemon::start(&configuration, &scene.bus.address()).expect("the daemon");
    second.wait_for_line("its complaint", |line| line.contains("xyz.openbmc_project.FirmWarden")).await;
    assert!(scene.client.objects().component("gpu0").is_none());
    assert!(scene.daemon.stop().await.expect("it ends").success());
    scene.client.wait_for("the second one's turn", |all| all.is_fresh("gpu0")).await;
}
