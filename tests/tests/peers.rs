//! Other people's programs understand the shipped binary: rotel what it sends, busctl what it shows.
//!
//! Built with the feature `real-parts`, as CI does; `FIRMWARDEN_ROTEL` names the `rotel-agent` binary.

use firmwarden_tests::{
    board::{Board, Configuration, Description},
    bus::Bus,
    daemon::{Daemon, NAME, interface, paths},
    eventually,
    scene::Scene,
};
use std::{collections::BTreeSet, net::TcpListener, process::Stdio};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    net::TcpStream,
    process::{Child, Command},
};

/// What must be seen in the collector's own words: metrics, events and spans.
const WANTED: [&str; 9] = [
    "hw.component.info",
    "hw.firmware.info",
    "hw.firmware.status",
    "hw.firmware.inventory.duration",
    "pldm.client.request.duration",
    "mctp.requests",
    "EventName: hw.component.added",
    "inventory scan",
    "pldm GetFirmwareParameters",
];

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("a port").port()
}

fn rotel(http: u16) -> Child {
    let agent = std::env::var_os("FIRMWARDEN_ROTEL").expect("FIRMWARDEN_ROTEL names rotel-agent");
    let http = format!("127.0.0.1:{http}");
    let grpc = format!("127.0.0.1:{}", free_port());
    Command::new(agent)
        .args(["start", "--exporter", "blackhole", "--debug-log-verbosity", "detailed"])
        .args(["--otlp-http-endpoint", &http, "--otlp-grpc-endpoint", &grpc])
        .args(["--debug-log", "traces", "--debug-log", "metrics", "--debug-log", "logs"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("rotel-agent starts")
}

#[tokio::test]
async fn rotel_understands_metrics_events_and_spans() {
    let port = free_port();
    let mut collector = rotel(port);
    eventually("rotel listens", async {
        while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let bus = Bus::start().expect("a bus");
    let board = Board::start(vec![Description::named("nic0"), Description::named("gpu0")]).expect("a board");
    let otlp = Some(format!("http://127.0.0.1:{port}"));
    let configuration = board.write_configuration(&Configuration { otlp, ..Configuration::default() });
    let _daemon = Daemon::start(&configuration.expect("written"), &bus.address()).expect("starts");
    let mut wanted = BTreeSet::from(WANTED);
    let mut lines = BufReader::new(collector.stdout.take().expect("piped")).lines();
    eventually("rotel to have seen everything", async {
        while !wanted.is_empty() {
            let line = lines.next_line().await.expect("text").expect("rotel is still there");
            wanted.retain(|name| !line.contains(name));
        }
    })
    .await;
}

#[tokio::test]
async fn busctl_reads_versions_and_the_whole_tree() {
    let scene = Scene::of(&["nic0"]).await;
    scene.wait_fresh(&["nic0"]).await;
    let busctl = async |arguments: &[&str]| {
        let mut command = Command::new("busctl");
        command.arg(format!("--address={}", scene.bus.address())).args(arguments);
        let output = eventually("busctl", command.output()).await.expect("busctl is installed");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    };
    let object = format!("{}/nic0_fw", paths::SOFTWARE);
    let version = busctl(&["get-property", NAME, &object, interface::VERSION, "Version"]).await;
    assert_eq!(version.trim(), "s \"230.0.154.0\"");
    let tree = busctl(&["tree", "--list", NAME]).await;
    assert!(tree.lines().any(|path| path == object), "{tree}");
    let managed =
        busctl(&["call", NAME, paths::SOFTWARE, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects"]).await;
    assert!(managed.contains("xyz.openbmc_project.Software.Version.VersionPurpose.Other"), "{managed}");
    let introspected = busctl(&["introspect", NAME, &object, interface::FIRMWARE]).await;
    assert!(introspected.contains(".PendingVersion"), "{introspected}");
}
