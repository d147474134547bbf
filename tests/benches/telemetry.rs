//! What it costs to keep reading: 300 sensors of 40 components every ten seconds, with a collector and without.
#![allow(clippy::print_stdout, reason = "figures are for people")]

mod support;

use firmwarden_tests::{
    board::{Board, Configuration},
    bus::Bus,
    daemon::{Client, Daemon},
    receiver::Receiver,
};
use std::time::Duration;
use support::{Outcome, Spread, machine, process::Process, runs, sensing, shipped};
use tokio::time::sleep;

const COMPONENTS: usize = 40;

/// GetSensorReading.
const READING: (u8, u8) = (2, 0x11);

/// Every second component has 7 sensors, the others 8.
const SENSORS: usize = COMPONENTS / 2 * (7 + 8);

/// How often each is read, and how often telemetry goes out.
const INTERVAL: Duration = Duration::from_secs(10);

/// How long each run looks: every sensor's turn comes twice.
const RUN: Duration = Duration::from_secs(20);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome {
    machine();
    println!(
        "{SENSORS} sensors of {COMPONENTS} components, read every {} s; best / middle / worst run\n",
        INTERVAL.as_secs()
    );
    println!(
        "{:20}{:>30}{:>12}{:>12}{:>12}{:>12}{:>12}",
        "", "processor, s a minute", "resident", "at most", "readings", "points", "requests"
    );
    row("without telemetry", None, false).await?;
    row("sensors on D-Bus", None, true).await?;
    let receiver = Receiver::start().await?;
    row("with telemetry", Some(&receiver), false).await
}

async fn row(name: &str, receiver: Option<&Receiver>, sensors_on_bus: bool) -> Outcome {
    let bus = Bus::start()?;
    let parts = sensing(COMPONENTS, Duration::from_millis(20), |number| 7 + (number % 2) as u16);
    let board = Board::start(parts.clone())?;
    let configuration = Configuration {
        otlp: receiver.map(Receiver::endpoint),
        otlp_interval: INTERVAL,
        sensor_interval: INTERVAL,
        sensors_on_bus,
        ..shipped()
    };
    let directory = board.write_configuration(&configuration)?;
    let client = Client::connect(&bus.address()).await?;
    let _daemon = Daemon::start(&directory, &bus.address())?;
    let all_read = |all: &[firmwarden_tests::daemon::Sensor]| all.len() == SENSORS && all.iter().all(|it| it.known);
    client.wait_for_sensors("each to be read", all_read).await;
    drop(client);
    // Those that began together find their own places in time within the first interval.
    sleep(INTERVAL).await;
    let process = Process::daemon().ok_or("the daemon is not there")?;
    let asked = || parts.iter().map(|one| board.component(&one.name).asked_for(READING.0, READING.1)).sum::<u64>();
    let (mut all, mut readings) = (Vec::new(), 0);
    if let Some(receiver) = receiver {
        receiver.clear();
    }
    let runs = runs(3);
    for _ in 0..runs {
        let (cpu, before) = (process.cpu(), asked());
        sleep(RUN).await;
        all.push((process.cpu() - cpu).mul_f64(60.0 / RUN.as_secs_f64()));
        readings += asked() - before;
    }
    let Spread { best, middle, worst } = Spread::of(all);
    let [best, middle, worst] = [best, middle, worst].map(|it| it.as_secs_f64());
    let points = receiver.map(|it| it.received().points.len()).unwrap_or_default();
    let requests = receiver.map(|it| it.received().requests).unwrap_or_default();
    println!(
        "{name:20}{:>30}{:>9} kB{:>9} kB{:>12}{:>12}{:>12}",
        format!("{best:.2} / {middle:.2} / {worst:.2}"),
        process.status("VmRSS"),
        process.status("VmHWM"),
        readings / runs as u64,
        points / runs,
        requests,
    );
    Ok(())
}
