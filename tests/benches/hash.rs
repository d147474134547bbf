//! How fast an image is hashed: the shipped binary from its start to the digest on D-Bus, beside `openssl` and the
//! coreutils from their start to their end, on the same file. What each takes for one byte is taken off.
#![allow(clippy::print_stdout, reason = "figures are for people")]

mod support;

use firmwarden_tests::{
    board::{Board, Configuration},
    bus::Bus,
    daemon::{Daemon, paths},
};
use std::{
    fs::File,
    io::{BufWriter, Write},
    path::Path,
    process::Stdio,
    time::Duration,
};
use support::{Outcome, Spread, machine, runs, shipped, watcher::Watcher};
use tokio::{process::Command, time::Instant};

const MEBIBYTES: usize = 256;

const ALGORITHMS: [&str; 3] = ["sha256", "sha384", "sha512"];

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome {
    machine();
    let directory = tempfile::tempdir()?;
    let (large, small) = (directory.path().join("large"), directory.path().join("small"));
    fill(&large)?;
    std::fs::write(&small, b"1")?;
    println!("{MEBIBYTES} MiB in the page cache; best of the runs, MB/s; ratio to the faster of the two\n");
    println!("{:8} {:>14} {:>14} {:>14} {:>14} {:>7}", "", "firmwarden", "its start", "openssl", "coreutils", "ratio");
    for algorithm in ALGORITHMS {
        let mut all: [Vec<Duration>; 6] = Default::default();
        // One after the other, so that what disturbs the machine disturbs all of them.
        for _ in 0..runs(5) {
            for (file, offset) in [(&large, 0), (&small, 3)] {
                all[offset].push(ours(file, algorithm).await?);
                all[offset + 1].push(theirs("openssl", &["dgst", &format!("-{algorithm}")], file).await?);
                all[offset + 2].push(theirs(&format!("{algorithm}sum"), &[], file).await?);
            }
        }
        let all = all.map(|times| Spread::of(times).best);
        let speed = |which: usize| {
            let net = all[which].saturating_sub(all[which + 3]).as_secs_f64();
            (MEBIBYTES * 1024 * 1024) as f64 / net / 1e6
        };
        println!(
            "{algorithm:8} {:>14.0} {:>11.1} ms {:>14.0} {:>14.0} {:>7.2}",
            speed(0),
            all[3].as_secs_f64() * 1e3,
            speed(1),
            speed(2),
            speed(0) / speed(1).max(speed(2)),
        );
    }
    Ok(())
}

/// Bytes that do not repeat.
fn fill(path: &Path) -> Outcome {
    let mut file = BufWriter::new(File::create(path)?);
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for _ in 0..MEBIBYTES * 1024 * 1024 / 8 {
        state = (state ^ state << 13) ^ (state ^ state << 13) >> 7;
        state ^= state << 17;
        file.write_all(&state.to_le_bytes())?;
    }
    Ok(file.flush()?)
}

async fn ours(file: &Path, algorithm: &str) -> Outcome<Duration> {
    let (bus, board) = (Bus::start()?, Board::start(vec![])?);
    let more = format!("[[image]]\nid = \"bmc_image\"\npath = {file:?}\nalgorithm = {algorithm:?}\n");
    let directory = board.write_configuration(&Configuration { more, ..shipped() })?;
    let watcher = Watcher::listen(&bus.address()).await?;
    let begin = Instant::now();
    let _daemon = Daemon::start(&directory, &bus.address())?;
    Ok(watcher.object(&paths::software("bmc_image")).await? - begin)
}

async fn theirs(program: &str, arguments: &[&str], file: &Path) -> Outcome<Duration> {
    let begin = Instant::now();
    let status = Command::new(program).args(arguments).arg(file).stdout(Stdio::null()).status().await?;
    let took = begin.elapsed();
    if status.success() { Ok(took) } else { Err(format!("{program}: {status}").into()) }
}
