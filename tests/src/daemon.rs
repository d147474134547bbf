//! The shipped binary, run as it runs on a BMC: a configuration directory, a system bus, nothing else.

mod client;
mod telemetry;

pub use client::{Client, NAME, Object, Objects, Signal, interface, paths};
pub use telemetry::{Sensor, Source, Told};

use nix::{
    sys::signal::{Signal as UnixSignal, kill},
    unistd::Pid,
};
use std::{
    ffi::OsStr,
    fs, io,
    path::{Path, PathBuf},
    process::{Command as Blocking, ExitStatus, Output, Stdio},
    sync::{Arc, OnceLock},
};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, ChildStderr, Command},
    sync::watch,
};

/// The binary under test: `FIRMWARDEN_BINARY`, or else built now, in the profile that we were built in.
///
/// It is built by itself, so that no feature which only tests want is in it.
pub fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        std::env::var_os("FIRMWARDEN_BINARY").map_or_else(|| build().unwrap_or_else(|e| panic!("{e}")), PathBuf::from)
    })
}

/// A daemon that runs; it is killed when this is dropped.
#[derive(Debug)]
pub struct Daemon {
    child: Child,
    address: String,
    log: Arc<watch::Sender<Vec<String>>>,
}

impl Daemon {
    /// Starts `firmwarden serve` with the configuration in this directory, on the bus at this address.
    pub fn start(configuration: &Path, address: &str) -> io::Result<Self> {
        let mut command = Command::new(binary());
        command.arg("serve").arg("--config").arg(configuration).env("DBUS_SYSTEM_BUS_ADDRESS", address);
        // Neither a service manager's environment nor a developer's OTEL_ variables belong into a test.
        for (key, _) in std::env::vars_os().filter(|(key, _)| is_foreign(key)) {
            command.env_remove(key);
        }
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true).spawn()?;
        let log = Arc::new(watch::Sender::new(Vec::new()));
        if let Some(stderr) = child.stderr.take() {
            tokio::spawn(collect(stderr, Arc::clone(&log)));
        }
        Ok(Self { child, address: address.into(), log })
    }

    /// What it wrote to its standard error so far.
    pub fn log(&self) -> Vec<String> {
        self.log.borrow().clone()
    }

    /// Waits until it writes such a line.
    pub async fn wait_for_line(&self, what: &str, is: impl Fn(&str) -> bool) {
        let mut log = self.log.subscribe();
        let _ = crate::eventually(what, log.wait_for(|lines| lines.iter().any(|line| is(line)))).await;
    }

    /// Its memory in use, in bytes, and the most that ever was.
    pub fn rss(&self) -> io::Result<(u64, u64)> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid()?))?;
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
            line.trim().trim_end_matches(" kB").trim().parse::<u64>().unwrap_or_default() * 1024
        };
        Ok((field("VmRSS:"), field("VmHWM:")))
    }

    /// Whether it still runs.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Sends SIGTERM and waits for its end.
    pub async fn stop(&mut self) -> io::Result<ExitStatus> {
        kill(Pid::from_raw(self.pid()?), UnixSignal::SIGTERM)?;
        crate::eventually("the daemon's end", self.child.wait()).await
    }

    /// Runs `firmwarden` with these arguments against this daemon.
    pub async fn run(&self, arguments: &[&str]) -> io::Result<Output> {
        let mut command = Command::new(binary());
        command.args(arguments).env("DBUS_SYSTEM_BUS_ADDRESS", &self.address).stdin(Stdio::null()).kill_on_drop(true);
        crate::eventually("the command line", command.output()).await
    }

    fn pid(&self) -> io::Result<i32> {
        let pid = self.child.id().ok_or_else(|| io::Error::other("the daemon has ended"))?;
        i32::try_from(pid).map_err(io::Error::other)
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = self.log();
            let lines = log[log.len().saturating_sub(40)..].join("\n  ");
            let _ = io::Write::write_all(&mut io::stderr(), format!("firmwarden wrote:\n  {lines}\n").as_bytes());
        }
    }
}

fn is_foreign(key: &OsStr) -> bool {
    key == "NOTIFY_SOCKET" || key == "JOURNAL_STREAM" || key.as_encoded_bytes().starts_with(b"OTEL_")
}

async fn collect(stderr: ChildStderr, log: Arc<watch::Sender<Vec<String>>>) {
    let mut lines = BufReader::new(stderr).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        log.send_modify(|all| all.push(line));
    }
}

/// Our own executable is `<target>/<profile>/deps/<name>` when it is a test, and one folder higher when it is a binary.
fn build() -> io::Result<PathBuf> {
    let ours = std::env::current_exe()?;
    let folder = ours.ancestors().skip(1).find(|folder| !folder.ends_with("deps"));
    let profile = folder.ok_or_else(|| io::Error::other("the executable is nowhere"))?;
    let (Some(target), Some(name)) = (profile.parent(), profile.file_name().and_then(|name| name.to_str())) else {
        return Err(io::Error::other(format!("{} is no target folder", profile.display())));
    };
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Blocking::new(cargo);
    command.args(["build", "--quiet", "--package", "firmwarden", "--bin", "firmwarden"]);
    command.args(["--profile", if name == "debug" { "dev" } else { name }]).arg("--target-dir").arg(target);
    let status = command.current_dir(env!("CARGO_MANIFEST_DIR")).stdin(Stdio::null()).status()?;
    if !status.success() {
        return Err(io::Error::other(format!("cargo could not build firmwarden: {status}")));
    }
    Ok(profile.join("firmwarden"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_binary_is_built_where_we_were() {
        assert!(binary().is_file(), "{}", binary().display());
    }
}
