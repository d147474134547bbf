//! One slow line with a bridge and three members behind it: the time of discovery and all passes, beside what the wire
//! and the devices alone take.
#![allow(clippy::print_stdout, reason = "figures are for people")]

mod support;

use firmwarden_tests::{
    board::{Board, Description, EidKind},
    bus::Bus,
    daemon::Daemon,
};
use std::time::Duration;
use support::{Outcome, Spread, components, machine, milliseconds, questions, runs, shipped, watcher::Watcher};
use tokio::time::Instant;

/// Bits per second.
const BAUD: u32 = 115_200;

/// What one run came to.
struct Run {
    /// From the daemon's first byte on the line to the last firmware on D-Bus.
    took: Duration,
    /// To the devices and from them.
    bytes: [u64; 2],
    /// How many questions each of them was asked.
    questions: Vec<u64>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome {
    machine();
    println!("{BAUD} baud, a bridge and three members; wire: 10 bits for each byte; best / middle / worst run\n");
    println!(
        "{:20}{:>16}{:>10}{:>10}{:>24}{:>24}   questions",
        "", "bytes in + out", "wire", "devices", "took", "(took - devices) / wire"
    );
    row("4 components, 0 ms", 3, 0).await?;
    row("4 components, 20 ms", 3, 20).await?;
    row("1 component, 0 ms", 0, 0).await?;
    row("1 component, 20 ms", 0, 20).await
}

async fn row(name: &str, members: u8, latency: u64) -> Outcome {
    let mut all = Vec::new();
    for _ in 0..runs(7) {
        all.push(run(members, Duration::from_millis(latency)).await?);
    }
    let took = Spread::of(all.iter().map(|run| run.took));
    let Some(run) = all.iter().find(|run| run.took == took.middle) else { return Ok(()) };
    let wire = Duration::from_secs(10) * run.bytes.iter().sum::<u64>() as u32 / BAUD;
    // The longest chain of answers that wait for each other: the bridge's to the end of discovery, then a member's own.
    let devices = Duration::from_millis(latency) * longest(&run.questions) as u32;
    println!(
        "{name:20}{:>16}{:>10}{:>10}{:>24}{:>24.2}   {:?}",
        format!("{} + {}", run.bytes[0], run.bytes[1]),
        milliseconds(wire),
        milliseconds(devices),
        took,
        took.middle.saturating_sub(devices).as_secs_f64() / wire.as_secs_f64(),
        run.questions,
    );
    Ok(())
}

/// The bridge is found, gives ids to the members, and then each of them is found and read.
fn longest(questions: &[u64]) -> u64 {
    match questions {
        [bridge, members @ ..] if !members.is_empty() => bridge - PASS + members.iter().max().unwrap_or(&0),
        alone => alone.iter().sum(),
    }
}

/// The PLDM questions of a pass: the bridge's own run beside the search behind it.
const PASS: u64 = 3;

async fn run(members: u8, latency: Duration) -> Outcome<Run> {
    let components = devices(members, latency);
    let bus = Bus::start()?;
    let board = Board::start(components.clone())?;
    let directory = board.write_configuration(&shipped())?;
    let watcher = Watcher::listen(&bus.address()).await?;
    let line = board.line("line");
    let _daemon = Daemon::start(&directory, &bus.address())?;
    while line.traffic().received == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let begin = Instant::now();
    let last = watcher.all_of(&components).await;
    let traffic = line.traffic();
    let questions = components.iter().map(|one| questions(&board, one)).collect();
    Ok(Run { took: last - begin, bytes: [traffic.received, traffic.sent], questions })
}

fn devices(members: u8, latency: Duration) -> Vec<Description> {
    let mut all = components(usize::from(members) + 1, latency);
    for (place, one) in (0..).zip(&mut all) {
        one.line = Some("line".into());
        one.position = place;
        one.baud = BAUD;
        if place == 0 && members > 0 {
            one.eid = EidKind::Bridge(members);
        }
    }
    all
}
