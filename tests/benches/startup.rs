//! From the start of the daemon to the last firmware on D-Bus, beside what the devices alone take.
#![allow(clippy::print_stdout, reason = "figures are for people")]

mod support;

use firmwarden_tests::{
    board::{Board, Configuration, Description, Fault},
    bus::Bus,
    daemon::{Daemon, paths},
    receiver::Receiver,
};
use nix::time::{ClockId, clock_gettime};
use std::time::Duration;
use support::{
    FIRMWARE, OBJECTS, Outcome, Spread, components, machine, milliseconds, process::Process, questions, runs, shipped,
    watcher::Watcher,
};
use tokio::time::Instant;

/// What one run came to.
struct Run {
    /// To the daemon's name on the bus.
    named: Duration,
    /// To the end of the last component's pass.
    read: Duration,
    /// To the last firmware.
    last: Duration,
    /// What `GetManagedObjects` takes afterwards.
    managed: Duration,
    /// How many questions, one after the other, the component needs that needs most.
    questions: u64,
    /// Processor time by then: the daemon's, ours and the bus's; and how long the daemon waited for a processor.
    cpu: [Duration; 4],
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome {
    machine();
    let latency = Duration::from_millis(20);
    let ten = || {
        let mut ten = components(10, latency);
        ten.iter_mut().take(2).for_each(|one| one.fault.push(Fault::Silent));
        ten
    };
    println!("{FIRMWARE} firmware components and an image set each: {OBJECTS} objects; best / middle / worst run\n");
    println!(
        "{:32}{:>18}{:>22}{:>22}{:>8}{:>7}{:>10}   processor: daemon, board, bus; daemon waited for one",
        "", "name there", "last pass ends", "last firmware", "bound", "ratio", "managed"
    );
    row("50 components, 20 ms", || components(50, latency), latency, false).await?;
    row("10, of which 2 dead, 20 ms", ten, latency, false).await?;
    row("50 components, 20 ms, telemetry", || components(50, latency), latency, true).await?;
    row("50 components, 0 ms", || components(50, Duration::ZERO), Duration::ZERO, false).await?;
    row("1 component, 0 ms", || components(1, Duration::ZERO), Duration::ZERO, false).await
}

async fn row(name: &str, make: impl Fn() -> Vec<Description>, latency: Duration, telemetry: bool) -> Outcome {
    let mut all = Vec::new();
    for _ in 0..runs(11) {
        all.push(run(make(), telemetry).await?);
    }
    let spread = |of: fn(&Run) -> Duration| Spread::of(all.iter().map(of));
    let last = spread(|run| run.last);
    let bound = latency * all.iter().map(|run| run.questions).max().unwrap_or_default() as u32;
    let ratio = last.middle.as_secs_f64() / bound.as_secs_f64();
    let cpu = [0, 1, 2, 3].map(|which| Spread::of(all.iter().map(|run| run.cpu[which])).middle);
    println!(
        "{name:32}{:>18}{:>22}{last:>22}{:>8}{:>7}{:>10}   {}",
        spread(|run| run.named),
        spread(|run| run.read),
        format!("{} ms", bound.as_millis()),
        if ratio.is_finite() { format!("{ratio:.2}") } else { "-".into() },
        milliseconds(spread(|run| run.managed).middle),
        cpu.map(milliseconds).join(", "),
    );
    Ok(())
}

fn since_boot() -> Outcome<Duration> {
    Ok(clock_gettime(ClockId::CLOCK_BOOTTIME)?.into())
}

async fn run(components: Vec<Description>, telemetry: bool) -> Outcome<Run> {
    let bus = Bus::start()?;
    let receiver = Receiver::start().await?;
    let live: Vec<_> = components.iter().filter(|one| one.fault.is_empty()).cloned().collect();
    let board = Board::start(components)?;
    let otlp = telemetry.then(|| receiver.endpoint());
    let directory = board.write_configuration(&Configuration { otlp, ..shipped() })?;
    let watcher = Watcher::listen(&bus.address()).await?;
    watcher.quiet(Duration::from_millis(50)).await;
    let others = [Some(Process::ours()), Process::child("dbus-daemon")];
    let cpu = || others.clone().map(|process| process.map_or(Duration::ZERO, |process| process.cpu()));
    let (before, boot, begin) = (cpu(), since_boot()?, Instant::now());
    let _daemon = Daemon::start(&directory, &bus.address())?;
    let last = watcher.all_of(&live).await;
    let after = cpu();
    let daemon = Process::daemon().ok_or("the daemon is gone")?;
    let (daemon, waited) = (daemon.cpu(), daemon.delayed());
    let (objects, managed) = watcher.managed(paths::SOFTWARE).await?;
    assert_eq!(objects.len(), live.len() * OBJECTS);
    let read = watcher.last_read().await?.saturating_sub(boot);
    let named = watcher.heard().named.unwrap_or(begin) - begin;
    let questions = live.iter().map(|one| questions(&board, one)).max().unwrap_or_default();
    let cpu = [daemon, after[0].saturating_sub(before[0]), after[1].saturating_sub(before[1]), waited];
    Ok(Run { named, read, last: last - begin, managed, questions, cpu })
}
