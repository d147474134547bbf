//! What the daemon takes of a BMC once fifty components are known, and what knowing them cost.
#![allow(clippy::print_stdout, reason = "figures are for people")]

mod support;

use firmwarden_tests::{
    board::{Board, Configuration},
    bus::Bus,
    daemon::{Daemon, binary, paths},
    receiver::Receiver,
};
use std::{
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};
use support::{
    FIRMWARE, OBJECTS, Outcome, components, machine, process::Process, questions, shipped, watcher::Watcher,
};
use tokio::time::{Instant, sleep};

const COMPONENTS: usize = 50;

/// How often everything is read again here.
const INTERVAL: Duration = Duration::from_secs(4);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome {
    machine();
    size()?;
    println!("\n{COMPONENTS} components, {FIRMWARE} firmware components and an image set each");
    at_rest("without telemetry", false).await?;
    at_rest("with telemetry", true).await?;
    again().await
}

fn size() -> Outcome {
    let directory = tempfile::tempdir()?;
    let stripped = directory.path().join("firmwarden");
    let strip = Command::new("strip").arg("-o").arg(&stripped).arg(binary()).status();
    println!("\nthe binary {}", binary().display());
    println!("  as it is built    {:>9} bytes", std::fs::metadata(binary())?.len());
    if !strip.is_ok_and(|status| status.success()) {
        println!("  no strip here");
        return Ok(());
    }
    println!("  stripped          {:>9} bytes", std::fs::metadata(&stripped)?.len());
    match packed(&stripped) {
        Ok(packed) => println!("  stripped, xz -9   {packed:>9} bytes"),
        Err(error) => println!("  no xz here: {error}"),
    }
    Ok(())
}

fn packed(file: &Path) -> std::io::Result<usize> {
    let xz = Command::new("xz").args(["-9", "--stdout"]).arg(file).stdin(Stdio::null()).output()?;
    Ok(xz.stdout.len())
}

/// Memory, threads, descriptors, messages and signals, when everything is known and nothing happens.
async fn at_rest(name: &str, telemetry: bool) -> Outcome {
    let (bus, receiver) = (Bus::start()?, Receiver::start().await?);
    let parts = components(COMPONENTS, Duration::from_millis(20));
    let board = Board::start(parts.clone())?;
    let otlp = telemetry.then(|| receiver.endpoint());
    let directory = board.write_configuration(&Configuration { otlp, ..shipped() })?;
    let watcher = Watcher::listen(&bus.address()).await?;
    let daemon = Daemon::start(&directory, &bus.address())?;
    watcher.all_of(&parts).await;
    let Some(process) = Process::daemon() else { return Err("the daemon is not there".into()) };
    let started = process.cpu();
    sleep(Duration::from_secs(3)).await;
    let idle = process.cpu();
    sleep(Duration::from_secs(5)).await;
    println!("\n{name}");
    println!("  resident          {:>9} kB, at the most {} kB", process.status("VmRSS"), process.status("VmHWM"));
    println!("  anonymous         {:>9} kB, private dirty {} kB", memory(&process), process.memory("Private_Dirty"));
    println!("  threads           {:>9}", process.status("Threads"));
    println!("  descriptors       {:>9}, of which {COMPONENTS} lines", process.descriptors());
    println!("  processor to find everything {:.1} ms", started.as_secs_f64() * 1e3);
    println!("  processor at rest {:.2} ms a second", (process.cpu() - idle).as_secs_f64() * 1e3 / 5.0);
    let asked = parts.iter().map(|one| questions(&board, one));
    println!("  questions         {:>9} for each component at the most", asked.max().unwrap_or_default());
    let heard = watcher.heard().clone();
    let most = heard.added.values().map(|(_, count)| *count).max().unwrap_or_default();
    println!("  objects announced {:>9}, each at the most {most} times", heard.added.len());
    println!("  PropertiesChanged {:>9}, InterfacesRemoved {}", heard.changed.values().sum::<usize>(), heard.removed);
    let log = daemon.log();
    println!("  lines logged      {:>9}, {} bytes", log.len(), log.iter().map(String::len).sum::<usize>());
    Ok(())
}

fn memory(process: &Process) -> u64 {
    process.memory("Anonymous")
}

/// What it takes to read everything once more when nothing is different.
async fn again() -> Outcome {
    let bus = Bus::start()?;
    let parts = components(COMPONENTS, Duration::from_millis(20));
    let board = Board::start(parts.clone())?;
    let check_interval = Duration::from_secs(3600);
    let configuration = Configuration { interval: INTERVAL, check_interval, ..shipped() };
    let directory = board.write_configuration(&configuration)?;
    let watcher = Watcher::listen(&bus.address()).await?;
    let daemon = Daemon::start(&directory, &bus.address())?;
    watcher.all_of(&parts).await;
    watcher.quiet(Duration::from_millis(500)).await;
    let Some(process) = Process::daemon() else { return Err("the daemon is not there".into()) };
    let asked = || parts.iter().map(|one| questions(&board, one)).sum::<u64>();
    let (cpu, before, lines) = (process.cpu(), asked(), daemon.log().len());
    let signals = || watcher.heard().changed.values().sum::<usize>();
    let signalled = signals();
    let begin = Instant::now();
    let passes = 3;
    let enough = before + passes * 3 * COMPONENTS as u64;
    while asked() < enough {
        sleep(Duration::from_millis(20)).await;
    }
    watcher.quiet(Duration::from_millis(500)).await;
    let each = |value: f64| value / passes as f64;
    println!(
        "\nreading all {COMPONENTS} once more, nothing different ({passes} times in {:.1} s)",
        begin.elapsed().as_secs_f64()
    );
    println!("  processor         {:>9.1} ms", each((process.cpu() - cpu).as_secs_f64() * 1e3));
    println!("  questions         {:>9.0}", each((asked() - before) as f64));
    println!("  PropertiesChanged {:>9.0}", each((signals() - signalled) as f64));
    println!("  lines logged      {:>9.0}", each((daemon.log().len() - lines) as f64));
    println!("  resident          {:>9} kB, at the most {} kB", process.status("VmRSS"), process.status("VmHWM"));
    let (objects, took) = watcher.managed(paths::SOFTWARE).await?;
    assert_eq!(objects.len(), COMPONENTS * OBJECTS);
    println!("  GetManagedObjects {:>9.1} ms for {} objects", took.as_secs_f64() * 1e3, objects.len());
    Ok(())
}
