//! Sensors, events and logs, from the daemon over a bus to the command line.

use firmwarden_tests::{
    daemon::{NAME, binary, paths},
    eventually,
    scene::Scene,
};
use std::{collections::HashMap, process::Stdio};
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
};
use zbus::OwnedVariant;

/// `firmwarden events --json --follow`, and what it prints.
struct Follower {
    _child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Follower {
    fn start(address: &str) -> Self {
        let mut command = Command::new(binary());
        command.args(["events", "--json", "--follow"]).env("DBUS_SYSTEM_BUS_ADDRESS", address);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
        let mut child = command.spawn().expect("the command line");
        let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        Self { _child: child, lines }
    }

    /// Reads up to the event of this name that says this version; gives the numbers of all on the way.
    async fn until(&mut self, name: &str, version: &str) -> Vec<u64> {
        let mut numbers = vec![];
        let read = async {
            loop {
                let line = self.lines.next_line().await.expect("readable").expect("it goes on");
                let event: serde_json::Value = serde_json::from_str(&line).expect("JSON");
                numbers.push(event["sequence"].as_u64().expect("a number"));
                if event["name"] == name && event["facts"]["hw.firmware_version"] == version {
                    break;
                }
            }
        };
        eventually(&format!("{name} of {version}"), read).await;
        numbers
    }
}

#[tokio::test]
async fn events_are_kept_and_followed_through_a_restart_of_the_bus() {
    let mut scene = Scene::of(&["nic0"]).await;
    scene.wait_fresh(&["nic0"]).await;
    let kept = scene.daemon.run(&["events", "--json"]).await.expect("runs");
    assert_eq!(kept.status.code(), Some(0));
    let kept: Vec<serde_json::Value> = serde_json::from_slice(&kept.stdout).expect("JSON");
    let added = kept.iter().find(|event| event["name"] == "hw.component.added").expect("kept");
    assert_eq!((&added["subject"], &added["severity"]), (&"nic0".into(), &"information".into()));
    assert!(kept.iter().all(|event| event["name"] != "hw.firmware.inventoried"));

    let mut follower = Follower::start(&scene.bus.address());
    let first = follower.until("hw.firmware.added", "230.0.154.0").await;
    assert_eq!(first[0], 1, "what was before is shown, too");
    scene.board.component("nic0").swap(0x2000, "1");
    let mut numbers = follower.until("hw.firmware.changed", "1").await;
    scene.bus.restart().expect("the bus starts again");
    scene.board.component("nic0").swap(0x2000, "2");
    numbers.extend(follower.until("hw.firmware.changed", "2").await);
    assert!(numbers.windows(2).all(|pair| pair[0] + 1 == pair[1]), "each once, none left out: {numbers:?}");
}

#[tokio::test]
async fn every_object_answers_get_all_of_no_interface() {
    let scene = Scene::of(&["nic0"]).await;
    scene.wait_fresh(&["nic0"]).await;
    for (path, property) in [
        (paths::software("nic0_fw"), "Version"),
        (paths::component("nic0"), "UUID"),
        (paths::OWN.to_owned(), "EventsKept"),
    ] {
        let on = Some("org.freedesktop.DBus.Properties");
        let reply = scene.client.connection().call_method(Some(NAME), path.as_str(), on, "GetAll", &"").await;
        let all: HashMap<String, OwnedVariant> = reply.expect("an answer").body().deserialize().expect("a{sv}");
        assert!(all.contains_key(property), "{path}: {all:?}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_said_with_the_right_exit_code() {
    let scene = Scene::of(&["nic0"]).await;
    scene.wait_fresh(&["nic0"]).await;
    for (arguments, said) in
        [(["sensors", "nobody"], "no sensor of nobody is known"), (["logs", "nobody"], "no component 'nobody'")]
    {
        let output = scene.daemon.run(&arguments).await.expect("runs");
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {text}");
        assert!(text.contains(said), "{arguments:?}: {text}");
    }
    for arguments in [["sensors", "--json"], ["events", "--json"], ["logs", "nic0"]] {
        let mut command = Command::new(binary());
        command.args(arguments).env("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent/bus").kill_on_drop(true);
        let output = eventually("its end", command.output()).await.expect("runs");
        assert_eq!(output.status.code(), Some(3), "{arguments:?}");
    }
}
