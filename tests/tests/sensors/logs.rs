//! Error records and logs: told, fetched, kept whole.

use super::{quick, scene};
use firmwarden_tests::{
    board::{Configuration, Event},
    daemon::Told,
    scene::Scene,
};

/// What sha256sum says of the files of `tests/board/gpu0.toml`.
const BOOT_LOG: &str = "9b04af7ac544b79db76b00ec2f8502b09fc91aa1aa758a27963a4b6ea661f46b";
const DUMP: &str = "f5ef8d21ad8924d185984a56901cdfeac6c35f3d5573307f2877e9272fb1c1a4";

/// A common platform error record (UEFI, appendix N) with one section, of platform memory; `severity` 0 is recoverable,
/// 1 fatal, 2 corrected.
pub(crate) fn error_record(severity: u32) -> Vec<u8> {
    const HEADER: u32 = 128;
    const DESCRIPTOR: u32 = 72;
    const SECTION: u32 = 80;
    let memory = [0x14, 0x11, 0xbc, 0xa5, 0x64, 0x6f, 0xde, 0x4e, 0xb8, 0x63, 0x3e, 0x83, 0xed, 0x7c, 0x83, 0xb1];
    let mut record = b"CPER".to_vec();
    let mut put = |bytes: &[u8]| record.extend_from_slice(bytes);
    put(&0x0101u16.to_le_bytes()); // revision
    put(&[0xff; 4]); // the signature's end
    put(&1u16.to_le_bytes()); // sections
    put(&severity.to_le_bytes());
    put(&0u32.to_le_bytes()); // which of the ids are valid: none
    put(&(HEADER + DESCRIPTOR + SECTION).to_le_bytes());
    put(&[0; 8 + 16 + 16]); // time, platform, partition
    put(&[0x11; 16]); // creator
    put(&[0x22; 16]); // notification
    put(&[0; 8 + 4 + 8 + 12]); // record, flags, persistence, reserved
    put(&(HEADER + DESCRIPTOR).to_le_bytes());
    put(&SECTION.to_le_bytes());
    put(&[0x00, 0x03, 0, 0]); // revision, what is valid
    put(&0u32.to_le_bytes()); // flags
    put(&memory);
    put(&[0; 16]); // FRU
    put(&severity.to_le_bytes());
    put(&[0; 20]); // the FRU's name
    put(&[0x5a; SECTION as usize]);
    record
}

/// Whether what is on the BMC is what the component has.
fn is_whole(scene: &Scene, log: &Told) {
    let gpu = scene.board.component("gpu0").description();
    let file = gpu.file.iter().find(|it| it.name == log.fact("file.name")).unwrap_or_else(|| panic!("{log:?}"));
    let path = std::path::Path::new(log.fact("file.path"));
    assert!(path.starts_with(scene.board.logs().join("gpu0")), "{log:?}");
    let kept = std::fs::read(path).expect("it is there");
    assert!(kept == file.contents(), "{log:?}: {} bytes are not those {}", kept.len(), file.contents().len());
    let hash = if file.id == 1 { BOOT_LOG } else { DUMP };
    assert_eq!(log.fact("artifact.hash"), format!("sha256:{hash}"));
    assert_eq!((log.fact("file.size").parse(), log.fact("error.message")), (Ok(kept.len()), ""));
}

#[tokio::test]
async fn an_error_record_is_told_with_its_sections_and_brings_the_log() {
    let scene = scene(quick(&["gpu0"]), Configuration::default()).await;
    let gpu = scene.board.component("gpu0");
    scene.client.wait_for_sources("its events", |all| all.iter().any(|it| it.events == "sent")).await;
    assert!(!scene.board.logs().exists(), "nobody wished for a log");
    gpu.send_event(Event::cper(0, &error_record(1)));
    let is = |it: &Told| it.is("pldm.event.received", "gpu0") && it.fact("cper.severity") == "fatal";
    let event = scene.client.wait_for_event("the error record", is).await;
    assert!(event.text.to_lowercase().contains("platform memory"), "{event:?}");
    assert!(event.fact("cper.sections").to_lowercase().contains("a5bc1114-6f64-4ede-b863-3e83ed7c83b1"), "{event:?}");
    assert_eq!(event.severity, "error");
    for name in ["gpu0-boot.log", "gpu0.dump"] {
        let is = |it: &Told| it.is("hw.component.log.fetched", "gpu0") && it.fact("file.name") == name;
        is_whole(&scene, &scene.client.wait_for_event(name, is).await);
    }
    let end = scene.client.wait_for_event("the end", |it| it.is("hw.component.logs.ended", "gpu0")).await;
    assert_eq!((end.fact("hw.log.count"), &*end.severity), ("2", "information"));
    assert_eq!(gpu.with(|device| device.open_files()), 0, "what was opened was closed");
    let at_collector = |all: &firmwarden_tests::receiver::Received| all.events("hw.component.log.fetched").count() == 2;
    scene.receiver.wait_for("both logs", at_collector).await;
}

#[tokio::test]
async fn the_command_line_has_logs_fetched_and_says_where_they_are() {
    let scene = scene(quick(&["gpu0", "cpld0"]), Configuration::default()).await;
    scene.wait_fresh(&["gpu0", "cpld0"]).await;
    scene.client.wait_for_sensor("gpu0_gpu_0_temp_0", "its value", |it| it.known).await;
    let output = scene.daemon.run(&["logs", "gpu0", "--json"]).await.expect("it runs");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let logs = told["logs"].as_array().expect("a list");
    let hashes: Vec<_> = logs.iter().filter_map(|log| log["sha256"].as_str()).collect();
    assert_eq!(hashes, [BOOT_LOG, DUMP], "{told}");
    for event in scene.client.events().await.iter().filter(|it| it.is("hw.component.log.fetched", "gpu0")) {
        is_whole(&scene, event);
    }
    let table = scene.daemon.run(&["logs", "gpu0"]).await.expect("it runs");
    let text = String::from_utf8_lossy(&table.stdout).into_owned();
    assert!(text.contains("gpu0-boot.log") && text.contains(scene.board.logs().to_str().expect("text")), "{text}");
    let none = scene.daemon.run(&["logs", "cpld0"]).await.expect("it runs");
    assert_eq!(none.status.code(), Some(1), "it has none: {}", String::from_utf8_lossy(&none.stdout));
}
