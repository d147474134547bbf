//! Devices whose sensors, events, records and files lie, loop, flood and never end: the daemon lives and tells it in a
//! sentence, and whoever is beside them keeps its values and its rate.

use firmwarden_tests::{
    board::{Configuration, Description, Event, Fault, Handle, Transfer},
    daemon::{Sensor, Source, Told},
    scene::Scene,
    until,
};

const READING: (u8, u8) = (2, 0x11);

/// The one that misbehaves, and the one beside it.
const BAD: &str = "gpu0";
const GOOD: &str = "nic0";

/// How much memory the daemon may have had at the most, whatever it was told.
const MEMORY: u64 = 64 << 20;

/// How many readings of the healthy one are compared: its five sensors are due once a second.
const READINGS: u64 = 10;

struct Hostile(Scene);

/// A component on a line that holds nothing back.
fn quick(name: &str) -> Description {
    Description { baud: 0, latency_milliseconds: 0, ..Description::named(name) }
}

async fn scene(components: Vec<Description>, configuration: Configuration) -> Scene {
    Scene::start(components, configuration).await.unwrap_or_else(|error| panic!("{error}"))
}

impl Hostile {
    /// A device with a fault beside a healthy one, on lines that hold nothing back.
    async fn with(faults: impl IntoIterator<Item = Fault>, configuration: Configuration) -> Self {
        Self::shaped(faults, configuration, |_| {}).await
    }

    async fn shaped(
        faults: impl IntoIterator<Item = Fault>,
        configuration: Configuration,
        shape: impl FnOnce(&mut Description),
    ) -> Self {
        let (mut bad, good) = (quick(BAD), quick(GOOD));
        bad.fault.extend(faults);
        shape(&mut bad);
        Self(scene(vec![bad, good], configuration).await)
    }

    /// Waits until the bad one's records are said to be wrong in these words.
    async fn told_of_records(&self, words: &str) -> Vec<Source> {
        let said = |it: &Source| it.component == BAD && it.faults.iter().any(|(_, what)| what.contains(words));
        self.0.client.wait_for_sources(words, |all| all.iter().any(said)).await
    }

    /// The healthy one is known, whole and right; it is read again and again; the daemon lives and is no larger for it.
    async fn nobody_else_suffers(mut self) {
        self.0.wait_fresh(&[GOOD]).await;
        // Beside nobody at all it would be read as often as this one is.
        let control = scene(vec![quick(GOOD)], Configuration::default()).await;
        for scene in [&self.0, &control] {
            scene.board.component(GOOD).set_value(1, 44.0);
            scene.client.wait_for_sensor("nic0_nic_temp", "its value", |it| it.value() == Some(44.0)).await;
        }
        let (good, free) = (self.0.board.component(GOOD), control.board.component(GOOD));
        let readings = |of: &Handle<'_>| of.asked_for(READING.0, READING.1);
        let before = [readings(&good), readings(&free)];
        until("readings beside nobody", || readings(&free) >= before[1] + READINGS).await;
        let read = readings(&good) - before[0];
        assert!(read * 2 >= READINGS, "{read} readings, and {READINGS} beside nobody");
        good.set_value(1, 97.0);
        let crossed = |it: &Told| it.is("hw.sensor.threshold.crossed", "nic0_nic_temp");
        self.0.client.wait_for_event("its limit", crossed).await;
        let faults = self.0.client.objects().component(GOOD).expect("there").faults();
        assert_eq!(faults, Vec::<String>::new());
        assert!(self.0.daemon.is_running());
        let (now, most) = self.0.daemon.rss().expect("it runs");
        assert!(most < MEMORY, "{now} bytes now, {most} at most");
    }
}

fn is_bad(sensor: &Sensor) -> bool {
    sensor.component == BAD
}

#[tokio::test]
async fn records_that_never_end_are_given_up_and_told() {
    for (fault, words) in [
        (Fault::Endless { of: Transfer::Pdr }, "record 0x00000020: the transfer has more than 128 parts"),
        (Fault::HandleLoop { of: Transfer::Pdr }, "record 0x00000020: the transfer leads back to part"),
        (Fault::CrcLie { of: Transfer::Pdr }, "record 0x00000050: checksum"),
    ] {
        let hostile = Hostile::with([fault], Configuration::default()).await;
        hostile.told_of_records(words).await;
        hostile.0.wait_fresh(&[BAD]).await;
        hostile.nobody_else_suffers().await;
    }
}

#[tokio::test]
async fn lengths_of_four_gibibytes_cost_nothing() {
    let lies = [Transfer::Fru, Transfer::Pdr, Transfer::File, Transfer::Poll].map(|of| Fault::LengthLie { of });
    let hostile = Hostile::shaped(lies, Configuration::default(), |bad| bad.platform.synchrony = 0x04).await;
    let bad = hostile.0.board.component(BAD);
    // What it says of its repository is not believed, so that its records are read all the same.
    hostile.0.client.wait_for_sensor("gpu0_gpu_0_temp_0", "its value", |it| it.known).await;
    bad.queue_event(Event::cper(0, &[0x5a; 300]), false);
    hostile.0.client.fetch_logs(BAD).await.expect("a wish");
    hostile.0.client.wait_for_event("the end", |it| it.is("hw.component.logs.ended", BAD)).await;
    hostile.nobody_else_suffers().await;
}

#[tokio::test]
async fn files_that_never_end_are_given_up_and_what_came_is_not_taken_for_all() {
    for fault in [
        Fault::Endless { of: Transfer::File },
        Fault::HandleLoop { of: Transfer::File },
        Fault::CrcLie { of: Transfer::File },
    ] {
        let hostile = Hostile::with([fault.clone()], Configuration::default()).await;
        hostile.0.client.wait_for_sensor("gpu0_gpu_0_temp_0", "its value", |it| it.known).await;
        hostile.0.client.fetch_logs(BAD).await.expect("a wish");
        let end = |it: &Told| it.is("hw.component.logs.ended", BAD);
        let end = hostile.0.client.wait_for_event("the end", end).await;
        assert!(!end.fact("error.message").is_empty() && end.severity == "warning", "{fault:?}: {end:?}");
        for log in hostile.0.client.events().await.iter().filter(|it| it.is("hw.component.log.fetched", BAD)) {
            assert!(!log.fact("error.message").is_empty(), "{fault:?}: {log:?}");
        }
        hostile.nobody_else_suffers().await;
    }
}

#[tokio::test]
async fn fru_tables_and_devices_behind_that_never_end_are_faults_of_the_component() {
    for (of, step) in [
        (Transfer::Fru, "GetFRURecordTable"),
        (Transfer::Identifiers, "QueryDownstreamIdentifiers"),
        (Transfer::Parameters, "GetDownstreamFirmwareParameters"),
    ] {
        // Only one of them has a checksum.
        let lie = (of == Transfer::Fru).then_some(Fault::CrcLie { of });
        for fault in [Fault::Endless { of }, Fault::HandleLoop { of }].into_iter().chain(lie) {
            let configuration = Configuration::default();
            let behind = Description::named("nic0").downstream;
            let hostile = Hostile::shaped([fault], configuration, |bad| {
                bad.downstream = behind;
                bad.parts.downstream = 1;
                bad.pldm[3].commands = vec![1, 2, 3, 4, 5, 27];
            })
            .await;
            let told = |all: &firmwarden_tests::daemon::Objects| {
                all.component(BAD).is_some_and(|it| it.faults().iter().any(|it| it.contains(step)))
            };
            let all = hostile.0.client.wait_for(step, told).await;
            let mut faults = all.component(BAD).expect("there").faults();
            faults.sort();
            assert!(faults.windows(2).all(|pair| pair[0] != pair[1]), "each is told once: {faults:?}");
            assert_eq!(all.version("gpu0_vbios").as_deref(), Some("96.00.A5.00.01"));
            hostile.nobody_else_suffers().await;
        }
    }
}

#[tokio::test]
async fn a_repository_that_changes_at_every_read_is_read_as_it_stands() {
    // Of records in several parts the further ones are refused each time; those in one come whole.
    for (parts, id) in [(64, "gpu0_gpu_0_fan_eq"), (1024, "gpu0_gpu_0_temp_0")] {
        let shape = |bad: &mut Description| bad.parts.pdr = parts;
        let hostile = Hostile::shaped([Fault::RepositoryMoves], Configuration::default(), shape).await;
        hostile.0.wait_fresh(&[BAD]).await;
        hostile.told_of_records("it changed while it was read, 3 times").await;
        hostile.0.client.wait_for_sensor(id, "its value", |it| it.known).await;
        hostile.nobody_else_suffers().await;
    }
}

#[tokio::test]
async fn a_storm_of_events_is_counted_and_its_first_are_told() {
    let storm = Fault::EventStorm { sensor: 20, per_second: 10_000 };
    let hostile = Hostile::with([storm], Configuration::default()).await;
    let lost = hostile.0.client.wait_for_event("how many are lost", |it| it.is("pldm.events.lost", BAD)).await;
    assert!(lost.fact("pldm.event.count").parse::<u64>().is_ok_and(|it| it > 0), "{lost:?}");
    // Its values are read all the same.
    let bad = hostile.0.board.component(BAD);
    bad.set_value(1, 51.5);
    hostile.0.client.wait_for_sensor("gpu0_gpu_0_temp_0", "its value", |it| it.value() == Some(51.5)).await;
    hostile.nobody_else_suffers().await;
}

#[tokio::test]
async fn events_of_sensors_that_nobody_described_are_told_and_nothing_is_made_of_them() {
    let stray = Fault::StrayEvents { sensor: 0x7777, seconds: 0.05 };
    let hostile = Hostile::with([stray], Configuration::default()).await;
    let told = |it: &Told| it.is("pldm.event.received", BAD) && it.fact("pldm.sensor.id") == "30583";
    let event = hostile.0.client.wait_for_event("the event", told).await;
    assert!(event.text.contains("which no record describes"), "{event:?}");
    assert!(hostile.0.client.sensors().await.iter().all(|it| it.number != 0x7777));
    hostile.nobody_else_suffers().await;
}

#[tokio::test]
async fn numbers_that_nobody_can_calculate_with_are_faults_and_others_are_read() {
    let wild = [
        (1, f32::NAN, 0.0, 0),
        (3, 0.0, 0.0, 0),
        (5, f32::INFINITY, 0.0, 0),
        (6, 1.0, f32::NEG_INFINITY, 0),
        (2, f32::MAX, f32::MAX, 127),
    ];
    let wild =
        wild.map(|(sensor, resolution, offset, modifier)| Fault::WildScale { sensor, resolution, offset, modifier });
    let hostile = Hostile::with(wild, Configuration::default()).await;
    for words in [
        "sensor 1 (GPU_0_TEMP_0): its resolution is no number",
        "sensor 3 (GPU_0_POWER): its resolution is 0",
        "sensor 5 (GPU_0_VOLTAGE): its resolution is no number",
        "sensor 6 (GPU_0_CURRENT): its offset is no number",
    ] {
        hostile.told_of_records(words).await;
    }
    hostile.0.client.wait_for_sensor("gpu0_gpu_0_energy", "its value", |it| it.known).await;
    let all = hostile.0.client.sensors().await;
    assert!(all.iter().all(|it| it.value.is_finite() && it.limits.values().all(|it| it.is_finite())), "{all:?}");
    assert!(all.iter().filter(|it| is_bad(it)).all(|it| ![1, 3, 5, 6].contains(&it.number)), "{all:?}");
    // What its immense steps come to is a number, and shown as one.
    let immense = hostile.0.client.wait_for_sensor("gpu0_gpu_0_hbm_temp", "its value", |it| it.known).await;
    assert!(immense.value > 1e100 && immense.text.len() < 20, "{immense:?}");
    hostile.nobody_else_suffers().await;
}

#[tokio::test]
async fn a_reading_of_another_size_means_what_it_says_or_nothing() {
    for size in [0, 5, 6, 0xff] {
        let hostile = Hostile::with([Fault::ReadingSize { size }], Configuration::default()).await;
        let bad = hostile.0.board.component(BAD);
        bad.set_value(1, 12.5); // 125 steps, which fit into every size
        let read = |it: &Sensor| it.last_read_boot_time > 0 && (it.value() == Some(12.5) || !it.known);
        let sensor = hostile.0.client.wait_for_sensor("gpu0_gpu_0_temp_0", "read", read).await;
        assert_eq!(sensor.known, matches!(size, 0 | 5 | 6), "{sensor:?}");
        assert!(sensor.known || !sensor.text.is_empty());
        hostile.nobody_else_suffers().await;
    }
}

#[tokio::test]
async fn a_queue_that_never_empties_takes_nothing_from_the_sensors() {
    for same_id in [false, true] {
        let polled = |bad: &mut Description| bad.platform.synchrony = 0x04;
        let hostile = Hostile::shaped([Fault::EndlessPoll { same_id }], Configuration::default(), polled).await;
        let told = |it: &Told| it.is("pldm.event.received", BAD);
        hostile.0.client.wait_for_event("one of them", told).await;
        let bad = hostile.0.board.component(BAD);
        for value in [50.5, 51.5, 52.5] {
            bad.set_value(1, value);
            hostile.0.client.wait_for_sensor("gpu0_gpu_0_temp_0", "its value", |it| it.value() == Some(value)).await;
        }
        hostile.nobody_else_suffers().await;
    }
}

#[tokio::test]
async fn polled_events_that_never_end_are_given_up() {
    for fault in [
        Fault::Endless { of: Transfer::Poll },
        Fault::HandleLoop { of: Transfer::Poll },
        Fault::CrcLie { of: Transfer::Poll },
    ] {
        let polled = |bad: &mut Description| (bad.platform.synchrony, bad.parts.poll) = (0x04, 32);
        let hostile = Hostile::shaped([fault.clone()], Configuration::default(), polled).await;
        let bad = hostile.0.board.component(BAD);
        hostile.0.client.wait_for_sources("the poll", |all| all.iter().any(|it| it.events == "polled")).await;
        bad.queue_event(Event::cper(0, &[0x5a; 300]), false);
        bad.queue_event(Event::oem(0xfa, b"behind"), false);
        bad.set_value(1, 53.5);
        hostile.0.client.wait_for_sensor("gpu0_gpu_0_temp_0", "its value", |it| it.value() == Some(53.5)).await;
        let damaged = |it: &Told| it.is("pldm.event.received", BAD) && !it.fact("error.message").is_empty();
        let event = hostile.0.client.wait_for_event("what came of it", damaged).await;
        assert!(event.text.contains("damaged"), "{fault:?}: {event:?}");
        hostile.nobody_else_suffers().await;
    }
}

#[tokio::test]
async fn refusals_without_a_word_are_told_with_their_code_and_end() {
    let never = Fault::Refuses { pldm: 2, command: 0x11, code: 0x85 };
    let hostile = Hostile::with([never], Configuration::default()).await;
    let refused = |it: &Sensor| !it.known && it.text.contains("0x85");
    hostile.0.client.wait_for_sensor("gpu0_gpu_0_temp_0", "the refusal", refused).await;
    hostile.0.client.wait_for_sensor("gpu0_gpu_0_health", "its state", |it| it.known).await;
    hostile.0.board.component(BAD).heal();
    hostile.0.client.wait_for_sensor("gpu0_gpu_0_temp_0", "its value", |it| it.known).await;
    hostile.nobody_else_suffers().await;
}

#[tokio::test]
async fn a_refusal_now_and_then_takes_a_value_away_and_the_next_gives_it_back() {
    let sometimes = Fault::RefusesEvery { pldm: 2, command: 0x11, code: 0x01, nth: 7 };
    let hostile = Hostile::with([sometimes], Configuration::default()).await;
    let lost = hostile.0.client.wait_for_event("one is lost", |it| it.name == "hw.sensor.lost").await;
    assert_eq!(lost.fact("hw.parent"), BAD);
    let id = lost.fact("hw.id").to_owned();
    hostile.0.client.wait_for_event("it is back", |it| it.is("hw.sensor.restored", &id)).await;
    hostile.nobody_else_suffers().await;
}
