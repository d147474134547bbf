//! The protocol crates against the simulated board, without the daemon: `mctp`'s line and bus owner, `pldm`'s requester.

use firmwarden_tests::{
    board::{Board, Description, Fault},
    eventually,
};
use mctp::{
    Eid, Transport,
    control::Identity,
    owner::{Checked, Enumeration, Found, Owner, Pool},
    tty::{Line, LineSettings, LineState},
};
use pldm::{
    CallError, Failure, Patience, PldmType, Requester,
    base::{GetPldmTypes, GetTid, SetTid, Tid, pldm_versions},
    firmware_update::{GetFirmwareParameters, QueryDeviceIdentifiers},
};
use std::{sync::Arc, time::Duration};

/// A bus owner at one of the board's lines.
struct Bench {
    line: Arc<Line>,
    owner: Owner<Arc<Line>>,
}

impl Bench {
    async fn at(board: &Board, name: &str) -> Self {
        let line = board.line(name);
        let settings = LineSettings {
            name: name.into(),
            device: line.device().display().to_string(),
            baud: if line.baud() == 0 { 115_200 } else { line.baud() },
            network: 1,
            identity: Identity::owner(Eid(8)),
        };
        let line = Arc::new(Line::start(settings));
        let mut state = line.state();
        let up = state.wait_for(|state| matches!(state, LineState::Up { .. }));
        eventually("the line to be up", up).await.unwrap();
        let owner = Owner::new(Arc::clone(&line), 1, Pool::new(Eid(8), 9..=254));
        Self { line, owner }
    }

    async fn enumerate(&mut self) -> Enumeration {
        eventually("the enumeration", self.owner.enumerate()).await
    }

    fn requester(&self, found: &Found) -> Requester {
        let patience = Patience::new(Duration::from_millis(300), 3, Duration::from_secs(5)).unwrap();
        Requester::new(Arc::clone(&self.line) as Arc<dyn Transport>, found.address, patience)
    }
}

/// One device at its own line, found, with a requester.
async fn found(description: Description) -> (Board, Bench, Requester) {
    let (name, board) = (description.line().to_owned(), Board::start(vec![description]).unwrap());
    let mut bench = Bench::at(&board, &name).await;
    let seen = bench.enumerate().await;
    assert_eq!((seen.found.len(), &seen.faults), (1, &vec![]), "{name}");
    let requester = bench.requester(&seen.found[0]);
    (board, bench, requester)
}

fn named(name: &str) -> Description {
    Description::named(name)
}

fn with(name: &str, fault: Fault) -> Description {
    named(name).with(fault)
}

#[tokio::test]
async fn every_shipped_device_says_over_the_wire_what_its_data_file_says() {
    let board = Board::shipped().unwrap();
    for name in board.lines().keys().filter(|name| !["ssd1", "dpu0"].contains(&name.as_str())) {
        let mut bench = Bench::at(&board, name).await;
        let seen = bench.enumerate().await;
        let here: Vec<_> = board.descriptions().iter().filter(|one| one.line() == name).collect();
        assert_eq!((seen.found.len(), &seen.faults), (here.len(), &vec![]), "{name}");
        for found in &seen.found {
            let mut requester = bench.requester(found);
            let bic = seen.found[0].address.eid.0;
            let position = found.bridge.map_or(0, |_| found.address.eid.0 - bic);
            let expected = here.iter().find(|one| one.position == position).unwrap();
            let answer = requester.call(&GetFirmwareParameters).await.unwrap();
            assert_eq!(answer.damage, None);
            let said: Vec<_> = answer.value.components.iter().map(|c| (c.identifier, c.classification_index)).collect();
            let described: Vec<_> = expected.firmware.iter().map(|f| (f.identifier, f.index)).collect();
            assert_eq!(said, described, "{}", expected.name);
            for (said, described) in answer.value.components.iter().zip(&expected.firmware) {
                let text = described.active.text.trim_end_matches('\0').replace('\n', "\u{fffd}");
                assert_eq!(said.active.version.to_string_lenient().0, text);
                assert_eq!(said.active.comparison_stamp, described.active.stamp);
                assert_eq!(said.activation_methods.0, described.activation_methods);
                assert_eq!(said.has_pending(), !described.pending.text.is_empty(), "{} {text}", expected.name);
            }
            let set = answer.value.active_image_set.to_string_lenient().0;
            assert_eq!(set, expected.image_set.active.text);
            let identifiers = requester.call(&QueryDeviceIdentifiers).await.unwrap();
            assert_eq!((identifiers.value.descriptors.len(), identifiers.damage), (expected.descriptor.len(), None));
        }
    }
}

#[tokio::test]
async fn base_commands_are_answered() {
    let (_board, _bench, mut gpu) = found(named("gpu0")).await;
    assert_eq!(gpu.call(&GetTid).await.unwrap().value.tid, Tid::UNASSIGNED);
    gpu.call(&SetTid { tid: Tid(7) }).await.unwrap();
    assert_eq!(gpu.call(&GetTid).await.unwrap().value.tid, Tid(7));
    let types = gpu.call(&GetPldmTypes).await.unwrap().value;
    assert_eq!(types.iter().map(|one| one.0).collect::<Vec<_>>(), [0, 2, 4, 5, 7]);
    let versions = pldm_versions(&mut gpu, PldmType::FIRMWARE_UPDATE).await.unwrap();
    assert_eq!((versions.value.versions.len(), versions.damage), (2, None));
}

#[tokio::test]
async fn a_wrong_crc_is_damage_and_the_versions_stay() {
    let (_board, _bench, mut nic) = found(with("nic0", Fault::BadVersionCrc)).await;
    let versions = pldm_versions(&mut nic, PldmType::BASE).await.unwrap();
    assert!(versions.damage.is_some());
    assert_eq!(versions.value.versions.len(), 1);
}

#[tokio::test]
async fn a_count_that_lies_and_a_table_that_is_cut_keep_what_arrived() {
    for fault in [Fault::CountLie { count: 9 }, Fault::CutsTable { bytes: 100 }] {
        let (_board, _bench, mut nic) = found(with("nic0", fault.clone())).await;
        let answer = nic.call(&GetFirmwareParameters).await.unwrap();
        assert!(answer.damage.is_some(), "{fault:?}");
        let least = if matches!(fault, Fault::CountLie { .. }) { 2 } else { 1 };
        assert_eq!(answer.value.components.len(), least, "{fault:?}");
    }
}

#[tokio::test]
async fn answers_that_are_not_ours_are_no_answers() {
    let strays = [
        Fault::WrongInstanceId,
        Fault::WrongType,
        Fault::WrongTag,
        Fault::AnswersAs { eid: 99 },
        Fault::Empty,
        Fault::PldmSilent,
    ];
    for fault in strays {
        let (_board, _bench, mut nic) = found(with("nic0", fault.clone())).await;
        let error = eventually("the verdict", nic.call(&GetTid)).await.unwrap_err();
        assert!(matches!(error, CallError { failure: Failure::Silent { tries: 3, .. }, .. }), "{fault:?}: {error}");
    }
}

#[tokio::test]
async fn what_a_bad_line_does_to_frames_costs_no_answer() {
    let line = [
        Fault::Noise { bytes: 100 },
        Fault::Duplicates,
        Fault::Floods { bytes: 20_000 },
        Fault::BadCheckSequence { nth: 7 },
        Fault::DropsEvery { nth: 9 },
    ];
    for fault in line {
        let mut gpu = with("gpu0", fault.clone());
        gpu.baud = 0;
        let (_board, _bench, mut gpu) = found(gpu).await;
        for _ in 0..10 {
            let answer = gpu.call(&GetFirmwareParameters).await.unwrap_or_else(|error| panic!("{fault:?}: {error}"));
            assert_eq!((answer.value.components.len(), answer.damage), (2, None), "{fault:?}");
        }
    }
}

#[tokio::test]
async fn packets_in_the_wrong_order_make_no_message() {
    let (_board, bench, mut gpu) = found(with("gpu0", Fault::Reorders)).await;
    assert!(gpu.call(&GetFirmwareParameters).await.is_err());
    assert!(bench.line.counters().assembly.wrong_sequence >= 3);
    assert!(gpu.call(&GetTid).await.is_ok(), "short answers still come");
}

#[tokio::test]
async fn a_message_of_64_kib_is_taken_or_refused_but_does_no_harm() {
    for bytes in [60_000, 65_000, 70_000] {
        let mut gpu = with("gpu0", Fault::Oversize { bytes });
        gpu.baud = 0;
        let (_board, _bench, mut gpu) = found(gpu).await;
        let answer = eventually("an end", gpu.call(&GetFirmwareParameters)).await;
        assert_eq!(answer.is_ok(), bytes < 65_536, "{bytes}");
        assert!(gpu.call(&GetTid).await.is_ok());
    }
}

#[tokio::test]
async fn a_late_answer_is_not_the_next_question_s() {
    let mut nic = with("nic0", Fault::Late { seconds: 0.45 });
    nic.baud = 0;
    let (_board, bench, mut nic) = found(nic).await;
    // Slower than one try, it is heard all the same; what it answers to the second try comes when nobody waits for it.
    nic.call(&GetTid).await.unwrap();
    assert!(nic.call(&GetPldmTypes).await.unwrap().value.contains(PldmType::BASE));
    assert!(bench.line.counters().unasked >= 1, "{:?}", bench.line.counters());
}

#[tokio::test]
async fn a_reset_and_another_device_are_seen() {
    let board = Board::of(&["nic0"]).unwrap();
    let mut bench = Bench::at(&board, "nic0").await;
    let first = bench.enumerate().await.found.remove(0);
    assert_eq!(bench.owner.check(&first).await, Ok(Checked::Same));
    board.component("nic0").reset();
    assert_eq!(bench.owner.check(&first).await, Ok(Checked::Reset { eid: Eid(0) }));
    let again = bench.enumerate().await.found.remove(0);
    assert_eq!(again.address, first.address, "it gets the id it had");
    board.component("nic0").with(|nic| nic.description.uuid = Some("00112233-4455-6677-8899-aabbccddeeff".into()));
    assert!(matches!(bench.owner.check(&again).await, Ok(Checked::Replaced { .. })));
}

#[tokio::test]
async fn a_line_comes_back_after_its_plug_was_pulled() {
    let board = Board::of(&["nic0"]).unwrap();
    let mut bench = Bench::at(&board, "nic0").await;
    bench.enumerate().await;
    let mut state = bench.line.state();
    board.line("nic0").unplug().await;
    eventually("the line to be down", state.wait_for(|s| matches!(s, LineState::Down(_)))).await.unwrap();
    board.line("nic0").plug().unwrap();
    eventually("the line to be up", state.wait_for(|s| matches!(s, LineState::Up { .. }))).await.unwrap();
    assert_eq!(bench.enumerate().await.found.len(), 1);
}

#[tokio::test]
async fn a_bridge_that_keeps_its_pool_over_our_restart_keeps_it() {
    let board = Board::of(&["bic", "vr0", "vr1"]).unwrap();
    let mut bench = Bench::at(&board, "bic").await;
    let before = bench.enumerate().await;
    drop(bench);
    let mut bench = Bench::at(&board, "bic").await;
    let after = bench.enumerate().await;
    assert_eq!((after.found.len(), &after.faults), (3, &vec![]));
    assert_eq!(before.found, after.found);
}

#[tokio::test]
async fn a_silent_device_costs_what_dsp0236_says_and_no_more() {
    let board = Board::of(&["ssd1"]).unwrap();
    let mut bench = Bench::at(&board, "ssd1").await;
    let begin = tokio::time::Instant::now();
    assert!(bench.enumerate().await.found.is_empty());
    let took = begin.elapsed();
    assert!(took < Duration::from_secs(2), "{took:?}");
    assert_eq!(board.component("ssd1").requests(), 3);
}
