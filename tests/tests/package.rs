//! `firmwarden package show` of the shipped binary: beside the board it runs on, without one, and of what is no package.

use firmwarden_tests::{daemon::binary, eventually, scene::Scene};
use std::{
    path::{Path, PathBuf},
    process::Output,
};
use tokio::process::Command;

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/packages").join(name)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Where nobody is on the bus.
async fn alone(file: &Path) -> Output {
    let mut command = Command::new(binary());
    command
        .args(["package", "show"])
        .arg(file)
        .env("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nowhere/bus")
        .kill_on_drop(true);
    eventually("the command line", command.output()).await.expect("it runs")
}

#[tokio::test]
async fn a_package_finds_the_card_it_is_for() {
    let scene = Scene::of(&["nic0", "nic1"]).await;
    scene.wait_fresh(&["nic0", "nic1"]).await;
    let file = golden("1.3.pldm");
    let file = file.to_str().expect("text");
    let shown = scene.daemon.run(&["package", "show", file]).await.expect("it runs");
    let out = text(&shown.stdout);
    assert_eq!(shown.status.code(), Some(0), "{out}{}", text(&shown.stderr));
    let fits: Vec<_> = out.lines().map(str::trim).filter(|line| line.starts_with("fits")).collect();
    assert_eq!(
        fits,
        ["fits         nic0, whose image set is 230.0.154.0", "fits         no component of this board"],
        "{out}"
    );
    assert!(out.contains("nic0_fw runs 230.0.154.0; component 0 is 231.2.162.1"), "{out}");
    assert!(out.contains("nic0_srt runs 230.0.128.0; component 1 is 231.0.128.0"), "{out}");
    let json = scene.daemon.run(&["package", "show", file, "--json"]).await.expect("it runs");
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).expect("JSON");
    assert_eq!(json["matches"][0][0]["firmware"][1]["version"], "230.0.128.0");
    assert_eq!(json["package"]["components"][1]["digests"]["sha256"].as_str().map(str::len), Some(64));
}

#[tokio::test]
async fn without_a_daemon_the_package_alone_decides() {
    let sound = alone(&golden("1.1.pldm")).await;
    let out = text(&sound.stdout);
    assert_eq!((sound.status.code(), text(&sound.stderr)), (Some(0), String::new()), "{out}");
    let unknown: Vec<_> =
        out.lines().filter(|line| line.starts_with("what runs on this board is not known:")).collect();
    assert_eq!(unknown.len(), 1, "{out}");

    let folder = tempfile::tempdir().expect("a folder");
    let (damaged, other) = (folder.path().join("damaged"), folder.path().join("other"));
    let mut bytes = std::fs::read(golden("1.3.pldm")).expect("golden");
    *bytes.last_mut().expect("a byte") ^= 1;
    std::fs::write(&damaged, bytes).expect("written");
    std::fs::write(&other, "nothing of the kind").expect("written");
    let found = alone(&damaged).await;
    assert_eq!(found.status.code(), Some(1));
    assert!(text(&found.stdout).contains("finding: the images' checksum is "), "{}", text(&found.stdout));
    for (file, why) in [(other, "is no firmware update package"), (folder.path().join("none"), "does not exist")] {
        let refused = alone(&file).await;
        assert_eq!((refused.status.code(), refused.stdout.len()), (Some(1), 0));
        assert!(text(&refused.stderr).contains(why), "{}", text(&refused.stderr));
    }
}
