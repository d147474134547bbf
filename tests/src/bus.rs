//! A D-Bus daemon of our own: `busd` in a thread, or the real `dbus-daemon` when `FIRMWARDEN_TEST_BUS=dbus-daemon`.

use std::{
    fs, io,
    path::{Path, PathBuf},
    pin::pin,
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread::{self, JoinHandle},
};
use tempfile::TempDir;

/// A bus at an address of its own, which it keeps when it is restarted.
#[derive(Debug)]
pub struct Bus {
    directory: TempDir,
    running: Option<Running>,
}

#[derive(Debug)]
enum Running {
    Embedded { stop: zruntime::Event, thread: JoinHandle<()> },
    Real(Child),
}

impl Bus {
    /// Starts the bus; when this returns, it listens.
    pub fn start() -> io::Result<Self> {
        let mut bus = Self { directory: tempfile::Builder::new().prefix("firmwarden-bus-").tempdir()?, running: None };
        bus.restart()?;
        Ok(bus)
    }

    /// Where clients connect, such as `unix:path=/tmp/...`.
    pub fn address(&self) -> String {
        format!("unix:path={}", self.socket().display())
    }

    /// Which implementation runs.
    pub const fn implementation(&self) -> &'static str {
        match self.running {
            Some(Running::Embedded { .. }) => "busd",
            Some(Running::Real(_)) => "dbus-daemon",
            None => "none",
        }
    }

    /// Stops the bus: every client loses its connection.
    pub fn stop(&mut self) {
        match self.running.take() {
            Some(Running::Embedded { stop, thread }) => {
                stop.notify(usize::MAX);
                let _ = thread.join();
            }
            Some(Running::Real(mut child)) => {
                let _ = child.kill();
                let _ = child.wait();
            }
            None => {}
        }
        let _ = fs::remove_file(self.socket());
    }

    /// Stops the bus if it runs, and starts it at the same address.
    pub fn restart(&mut self) -> io::Result<()> {
        self.stop();
        let real = std::env::var_os("FIRMWARDEN_TEST_BUS").is_some_and(|kind| kind == "dbus-daemon");
        self.running =
            Some(if real { real_bus(self.directory.path(), &self.socket())? } else { embedded(self.address())? });
        Ok(())
    }

    fn socket(&self) -> PathBuf {
        self.directory.path().join("bus")
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        self.stop();
    }
}

/// busd brings its own runtime, so it gets a thread of its own; leaving that runtime's `block_on` ends every connection.
fn embedded(address: String) -> io::Result<Running> {
    let stop = zruntime::Event::new();
    let stopped = stop.listen();
    let (ready, started) = mpsc::channel();
    let serve = async move {
        let mut bus = match busd::bus::Bus::for_address(Some(&address)).await {
            Ok(bus) => bus,
            Err(error) => return drop(ready.send(Err(io::Error::other(format!("{error:#}"))))),
        };
        {
            let running = pin!(bus.run());
            let _ = ready.send(Ok(()));
            futures_util::future::select(stopped, running).await;
        }
        disconnect(&bus).await;
        let _ = bus.cleanup().await;
    };
    let thread = thread::Builder::new().name("busd".into()).spawn(move || zruntime::block_on(serve))?;
    started.recv().map_err(io::Error::other)??;
    Ok(Running::Embedded { stop, thread })
}

/// A bus that goes leaves its clients' connections to busd's tasks, which go on; a daemon that dies does not.
async fn disconnect(bus: &busd::bus::Bus) {
    let clients: Vec<_> = bus.peers().peers().await.values().map(|peer| peer.conn().clone()).collect();
    for client in clients {
        let _ = client.close().await;
    }
}

/// dbus-daemon, with a policy that lets everybody own and send: what a test wants, and what OpenBMC's own bus is like.
fn real_bus(directory: &Path, socket: &Path) -> io::Result<Running> {
    let settings = directory.join("bus.conf");
    fs::write(&settings, REAL_BUS.replace("@SOCKET@", &socket.display().to_string()))?;
    let mut command = Command::new("dbus-daemon");
    command.arg("--nofork").arg("--nopidfile").arg("--print-address").arg("--config-file").arg(settings);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    // It prints its address once it listens.
    let mut line = String::new();
    let stdout = child.stdout.take().ok_or_else(|| io::Error::other("no stdout"))?;
    io::BufRead::read_line(&mut io::BufReader::new(stdout), &mut line)?;
    if line.is_empty() {
        let _ = child.wait();
        return Err(io::Error::other("dbus-daemon did not start"));
    }
    Ok(Running::Real(child))
}

const REAL_BUS: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path=@SOCKET@</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow receive_sender="*"/>
    <allow own="*"/>
    <allow user="*"/>
  </policy>
</busconfig>
"#;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eventually;
    use futures_util::StreamExt;

    async fn connect(address: &str) -> zbus::Connection {
        zbus::connection::Builder::address(address).build().await.unwrap()
    }

    #[tokio::test]
    async fn a_restart_cuts_every_client_and_keeps_the_address() {
        let mut bus = Bus::start().unwrap();
        let client = connect(&bus.address()).await;
        client.request_name("xyz.openbmc_project.Test").await.unwrap();
        let mut messages = zbus::MessageStream::from(&client);
        bus.restart().unwrap();
        eventually("the end of the old connection", async { while let Some(Ok(_)) = messages.next().await {} }).await;
        let again = connect(&bus.address()).await;
        again.request_name("xyz.openbmc_project.Test").await.unwrap();
    }
}
