//! `cargo demo`: the shipped daemon on a simulated board, in half a minute. `--hold` leaves it running to be played with.
#![allow(clippy::print_stdout, reason = "a demonstration speaks")]

use firmwarden_tests::{
    board::{Configuration, Description},
    daemon::{NAME, Objects, Told, binary, interface, paths},
    flash::Flash,
    receiver::{Log, Received},
    scene::Scene,
};
use std::{collections::BTreeMap, error::Error, process::ExitCode, time::Duration};
use tokio::time::{Instant, timeout};

/// How long each step may take.
const PATIENCE: Duration = Duration::from_secs(15);

/// A sensor as upstream's bmcweb reads it.
const GPU_TEMPERATURE: &str = "/xyz/openbmc_project/sensors/temperature/gpu0_gpu_0_temp_0";

type Result<T> = std::result::Result<T, Box<dyn Error>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let hold = match std::env::args().nth(1).as_deref() {
        None => false,
        Some("--hold") => true,
        Some(_) => {
            println!("usage: cargo demo [--hold]");
            return ExitCode::from(2);
        }
    };
    // What was started ends when the future is dropped: daemon, bus, ptys and files.
    let ended = tokio::select! {
        result = demonstrate(hold) => result,
        _ = tokio::signal::ctrl_c() => Ok(()),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("\nThis should not have happened: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn demonstrate(hold: bool) -> Result<()> {
    say("Building the daemon as it ships, and starting a board of thirteen components on eleven serial lines.");
    let _ = binary();
    let begin = Instant::now();
    let flash = Flash::new()?;
    let scene = Scene::start(Description::all(), configuration(&flash)).await?;
    println!("   bus: {} at {}", scene.bus.implementation(), scene.bus.address());

    let prompt: Vec<_> = Description::all().into_iter().filter(|one| one.fault.is_empty()).collect();
    let names: Vec<_> = prompt.iter().map(|one| one.name.as_str()).collect();
    timeout(PATIENCE, scene.wait_fresh(&names)).await.map_err(|_| "not everybody was found")?;
    until(&scene, "the BMC's own images", |all| {
        digest(all, "bmc_uboot").is_some() && digest(all, "bmc_rofs").is_some()
    })
    .await?;
    say(&format!("After {:.1} s, what answers at once is known. ssd1 is dead, dpu0 still boots:", seconds(begin)));
    table(&scene).await?;

    until(&scene, "dpu0", |all| all.is_fresh("dpu0") && all.software("dpu0_boot").is_some()).await?;
    say(&format!("After {:.1} s, dpu0 is up as well.", seconds(begin)));

    say("The GPU gets another VBIOS, behind the daemon's back:");
    let swapped = Instant::now();
    scene.board.component("gpu0").swap(0xe400, "96.00.B1.00.02");
    until(&scene, "the new VBIOS", |all| all.version("gpu0_vbios").as_deref() == Some("96.00.B1.00.02")).await?;
    println!("   gpu0_vbios: 96.00.A5.00.01 -> 96.00.B1.00.02, seen on D-Bus after {:.1} s", seconds(swapped));

    say("Somebody writes to the BMC's own boot loader:");
    let (written, before) = (Instant::now(), digest(&scene.client.objects(), "bmc_uboot"));
    flash.tamper("mtd0")?;
    let changed = until(&scene, "the new digest", |all| digest(all, "bmc_uboot") != before).await?;
    let hash = |digest: Option<String>| digest.unwrap_or_default().chars().take(12).collect::<String>();
    let after = hash(digest(&changed, "bmc_uboot"));
    println!("   bmc_uboot: sha256 {} -> {after}, seen on D-Bus after {:.1} s", hash(before), seconds(written));

    hot(&scene).await?;

    say("Somebody pulls nic0:");
    let pulled = Instant::now();
    scene.board.line("nic0").unplug().await;
    let stale = until(&scene, "nic0 stale", |all| all.freshness("nic0").is_some_and(|word| word == "stale")).await?;
    let reason = stale.component("nic0").and_then(|nic| nic.text(interface::COMPONENT, "StaleReason"));
    println!("   stale after {:.1} s: {}", seconds(pulled), reason.unwrap_or_default());
    until(&scene, "nic0 removed", |all| all.component("nic0").is_none()).await?;
    println!("   removed after {:.1} s, as absent_after says", seconds(pulled));

    say("And plugs it in again:");
    let plugged = Instant::now();
    scene.board.line("nic0").plug()?;
    until(&scene, "nic0 back", |all| all.is_fresh("nic0") && all.software("nic0_fw").is_some()).await?;
    println!("   read again after {:.1} s", seconds(plugged));
    table(&scene).await?;

    told(&scene).await?;
    let (rss, _) = scene.daemon.rss()?;
    println!("\nThe daemon (a debug build, unless you said --release) uses {:.1} MB of memory.", rss as f64 / 1e6);
    if hold {
        self::hold(&scene).await?;
    }
    Ok(())
}

fn configuration(flash: &Flash) -> Configuration {
    Configuration {
        more: flash.configuration(),
        absent_after: Duration::from_secs(3),
        retry_last: Duration::from_secs(1),
        sensors_on_bus: true,
        ..Configuration::default()
    }
}

fn digest(all: &Objects, id: &str) -> Option<String> {
    all.software(id)?.text(interface::DIGEST, "Digest")
}

fn say(what: &str) {
    println!("\n== {what}");
}

fn seconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64()
}

/// Waits as a test does, but says what it waited for instead of panicking.
async fn until(scene: &Scene, what: &str, wanted: impl Fn(&Objects) -> bool) -> Result<Objects> {
    timeout(PATIENCE, scene.client.wait_for(what, wanted))
        .await
        .map_err(|_| format!("15 s without {what}; the daemon wrote\n{}", scene.daemon.log().join("\n")).into())
}

/// The GPU becomes too hot, says so by itself, and somebody fetches its logs.
async fn hot(scene: &Scene) -> Result<()> {
    const ID: &str = "gpu0_gpu_0_temp_0";
    let told = async |after: u64, to: &str| {
        let is = |it: &Told| {
            it.sequence > after && it.is("hw.sensor.threshold.crossed", ID) && it.fact("hw.limit_type") == to
        };
        let told = timeout(PATIENCE, scene.client.wait_for_event("a limit", is)).await;
        told.map_err(|_| format!("15 s without an event of {ID}: {to}"))
    };
    say("What the GPU's sensors say:");
    show(scene, &["sensors", "gpu0"]).await?;
    say("The GPU becomes too hot, and cools down again:");
    let (gpu, begin) = (scene.board.component("gpu0"), Instant::now());
    gpu.set_value(1, 93.5);
    let event = told(0, "high.critical").await?;
    println!("   {}, heard after {:.1} s", event.text, seconds(begin));
    gpu.set_value(1, 60.0);
    println!("   {}", told(event.sequence, "normal").await?.text);
    gpu.release(1);
    say("Its logs are on the BMC, if somebody wants them:");
    show(scene, &["logs", "gpu0"]).await
}

/// The table that a person on the BMC sees.
async fn table(scene: &Scene) -> Result<()> {
    show(scene, &["inventory"]).await
}

/// What a command prints. That something is stale, faulted or without a value is said by exit code 1.
async fn show(scene: &Scene, arguments: &[&str]) -> Result<()> {
    let (output, command) = (scene.daemon.run(arguments).await?, arguments.join(" "));
    if output.stdout.is_empty() {
        return Err(format!("firmwarden {command}: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    println!("$ firmwarden {command}\n{}", String::from_utf8_lossy(&output.stdout).trim_end());
    Ok(())
}

/// What the collector got.
async fn told(scene: &Scene) -> Result<()> {
    let expected = |all: &Received| {
        let event = |name| all.events(name).count() > 0;
        let nic = |log: &&Log| log.attributes.get("hw.id").is_some_and(|id| id == "nic0");
        event("hw.firmware.changed")
            && event("hw.firmware.digest.changed")
            && event("hw.component.removed")
            && all.events("hw.component.added").filter(nic).count() == 2
            && all.metric("hw.firmware.info").count() > 0
    };
    let all = timeout(PATIENCE, scene.receiver.wait_for("telemetry", expected)).await;
    let all = all.map_err(|_| "15 s without the telemetry of all this")?;
    say("What the OTLP collector saw of it:");
    let mut metrics = BTreeMap::<&str, usize>::new();
    let mut events = BTreeMap::<&str, usize>::new();
    let mut spans = BTreeMap::<&str, usize>::new();
    all.points.iter().for_each(|point| *metrics.entry(&point.name).or_default() += 1);
    all.logs.iter().for_each(|log| *events.entry(&log.event_name).or_default() += 1);
    all.spans.iter().for_each(|span| *spans.entry(&span.name).or_default() += 1);
    for (title, counts) in [("metrics", metrics), ("events", events), ("spans", spans)] {
        let list: Vec<_> = counts.iter().map(|(name, count)| format!("{name} {count}")).collect();
        println!("   {title}: {}", list.join(", "));
    }
    for log in all.logs.iter().filter(|log| {
        ["hw.firmware.changed", "hw.firmware.digest.changed", "hw.sensor.threshold.crossed", "hw.component.removed"]
            .contains(&&*log.event_name)
    }) {
        println!("   {}: {}", log.event_name, log.body);
    }
    Ok(())
}

async fn hold(scene: &Scene) -> Result<()> {
    let (address, program) = (scene.bus.address(), binary().display());
    say("It runs until Ctrl-C. In another terminal:");
    println!("   export DBUS_SYSTEM_BUS_ADDRESS={address}");
    println!("   {program} inventory --watch");
    println!("   {program} components");
    println!("   {program} sensors --watch");
    println!("   {program} events --follow");
    println!("   {program} logs nic0");
    println!("   busctl tree {NAME}");
    println!("   busctl introspect {NAME} {}", paths::software("gpu0_vbios"));
    println!("   busctl get-property {NAME} {} {} Version", paths::software("nic0_fw"), interface::VERSION);
    println!("   busctl get-property {NAME} {GPU_TEMPERATURE} xyz.openbmc_project.Sensor.Value Value");
    println!("   busctl monitor {NAME}");
    println!("   less {}", scene.board.directory().join("etc/firmwarden.toml").display());
    tokio::signal::ctrl_c().await?;
    Ok(())
}
