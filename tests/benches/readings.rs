//! From the start of the daemon to the first reading of the last sensor, beside what the devices alone take.
#![allow(clippy::print_stdout, reason = "figures are for people")]

mod support;

use firmwarden_tests::{
    board::{Board, Configuration, Description, Fault},
    bus::Bus,
    daemon::{Client, Daemon},
};
use nix::time::{ClockId, clock_gettime};
use std::time::Duration;
use support::{Outcome, Spread, machine, milliseconds, process::Process, questions, runs, sensing, shipped};
use tokio::time::{Instant, sleep};

/// The sensors of each component.
const SENSORS: u16 = 4;

/// GetSensorReading.
const READING: (u8, u8) = (2, 0x11);

/// What one run came to.
struct Run {
    /// To the first reading of the last sensor, as the daemon says when it was.
    read: Duration,
    /// Until that is told on D-Bus.
    told: Duration,
    /// How many questions, one after the other, the component needs that needs most.
    questions: u64,
    /// Processor time of the daemon by then.
    cpu: Duration,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome {
    machine();
    let latency = Duration::from_millis(20);
    let ten = || {
        let mut ten = sensing(10, latency, |_| SENSORS);
        ten.iter_mut().take(2).for_each(|one| one.fault.push(Fault::Silent));
        ten
    };
    println!("{SENSORS} sensors each, none read before; best / middle / worst run\n");
    println!(
        "{:32}{:>26}{:>26}{:>11}{:>9}{:>7}{:>12}",
        "", "last sensor read", "on D-Bus", "questions", "bound", "ratio", "daemon"
    );
    row("50 components, 20 ms", || sensing(50, latency, |_| SENSORS), latency).await?;
    row("10, of which 2 dead, 20 ms", ten, latency).await?;
    row("50 components, 0 ms", || sensing(50, Duration::ZERO, |_| SENSORS), Duration::ZERO).await?;
    row("1 component, 0 ms", || sensing(1, Duration::ZERO, |_| SENSORS), Duration::ZERO).await
}

async fn row(name: &str, make: impl Fn() -> Vec<Description>, latency: Duration) -> Outcome {
    let mut all = Vec::new();
    for _ in 0..runs(11) {
        all.push(run(make()).await?);
    }
    let spread = |of: fn(&Run) -> Duration| Spread::of(all.iter().map(of));
    let (read, questions) = (spread(|run| run.read), all.iter().map(|run| run.questions).max().unwrap_or_default());
    let bound = latency * questions as u32;
    let ratio = read.middle.as_secs_f64() / bound.as_secs_f64();
    println!(
        "{name:32}{read:>26}{:>26}{questions:>11}{:>9}{:>7}{:>12}",
        spread(|run| run.told),
        format!("{} ms", bound.as_millis()),
        if ratio.is_finite() { format!("{ratio:.2}") } else { "-".into() },
        milliseconds(spread(|run| run.cpu).middle),
    );
    Ok(())
}

fn since_boot() -> Outcome<Duration> {
    Ok(clock_gettime(ClockId::CLOCK_BOOTTIME)?.into())
}

async fn run(components: Vec<Description>) -> Outcome<Run> {
    let bus = Bus::start()?;
    let live: Vec<_> = components.iter().filter(|one| one.fault.is_empty()).cloned().collect();
    let board = Board::start(components)?;
    // Within a bench nothing is read twice.
    let configuration = Configuration { sensor_interval: Duration::from_secs(3600), ..shipped() };
    let directory = board.write_configuration(&configuration)?;
    let client = Client::connect(&bus.address()).await?;
    let (boot, begin) = (since_boot()?, Instant::now());
    let _daemon = Daemon::start(&directory, &bus.address())?;
    let each_was_asked =
        || live.iter().all(|one| board.component(&one.name).asked_for(READING.0, READING.1) >= u64::from(SENSORS));
    // The board is asked, and not the daemon, which would spend its time on answers.
    firmwarden_tests::eventually("each sensor to be asked for", async {
        while !each_was_asked() {
            sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
    let questions = live.iter().map(|one| questions(&board, one)).max().unwrap_or_default();
    let count = live.len() * usize::from(SENSORS);
    let all_read = |all: &[firmwarden_tests::daemon::Sensor]| all.len() == count && all.iter().all(|it| it.known);
    let all = client.wait_for_sensors("each to be read", all_read).await;
    let told = begin.elapsed();
    let cpu = Process::daemon().ok_or("the daemon is gone")?.cpu();
    let last = all.iter().map(|it| it.last_read_boot_time).max().unwrap_or_default();
    Ok(Run { read: Duration::from_micros(last).saturating_sub(boot), told, questions, cpu })
}
