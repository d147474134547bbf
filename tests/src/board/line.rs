//! A serial line: carries frames between a pty and the devices, no faster than its baud rate.

use super::{
    component::{Action, Component},
    data::Description,
    pty::Pty,
    site::Site,
    timer::Timer,
};
use mctp::{
    assembly::{Assembler, Limits},
    packet::Packet,
    serial::Decoder,
};
use std::{
    collections::{BTreeMap, VecDeque},
    io,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{sync::Notify, task::JoinHandle, time::Instant};

/// A line, plugged in or not.
#[derive(Debug)]
pub struct Line {
    device: PathBuf,
    baud: u32,
    shared: Arc<Shared>,
    plugged: Mutex<Option<JoinHandle<()>>>,
}

/// How many bytes went over a line.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Traffic {
    /// To the devices.
    pub received: u64,
    /// From the devices.
    pub sent: u64,
}

impl Line {
    pub(super) fn start(device: &Path, devices: Vec<Description>) -> io::Result<Self> {
        let baud = devices.iter().map(|one| one.baud).max().unwrap_or(0);
        let site = Mutex::new(Site::new(devices));
        let shared = Shared { site, changed: Notify::new(), received: 0.into(), sent: 0.into() };
        let line = Self { device: device.into(), baud, shared: Arc::new(shared), plugged: Mutex::new(None) };
        line.connect()?;
        Ok(line)
    }

    /// The device node to open; the same after unplugging and plugging in.
    pub fn device(&self) -> &Path {
        &self.device
    }

    /// Bits per second; 0 means as fast as it goes.
    pub const fn baud(&self) -> u32 {
        self.baud
    }

    /// Pulls the plug: whoever has the device open sees it hang up, and its node is gone.
    pub async fn unplug(&self) {
        let task = lock(&self.plugged).take();
        if let Some(task) = task {
            task.abort();
            let _ = task.await;
        }
    }

    /// Plugs the line in again; its devices start from power-on.
    pub fn plug(&self) -> io::Result<()> {
        lock(&self.shared.site).power_cycle();
        self.connect()
    }

    /// How many bytes went over the line so far.
    pub fn traffic(&self) -> Traffic {
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Traffic { received: load(&self.shared.received), sent: load(&self.shared.sent) }
    }

    pub(super) fn with<T>(&self, name: &str, change: impl FnOnce(&mut Component) -> T) -> T {
        let mut site = lock(&self.shared.site);
        let result = change(site.device(name).unwrap_or_else(|| panic!("no component {name}")));
        // It may have something to say now.
        self.shared.changed.notify_one();
        result
    }

    fn connect(&self) -> io::Result<()> {
        let pump = Pump::new(Pty::new(&self.device)?, self.baud, Arc::clone(&self.shared))?;
        let task = tokio::spawn(async move {
            // It ends when the pty does; the daemon sees that, and a test sees what the daemon makes of it.
            let _ = pump.run().await;
        });
        *lock(&self.plugged) = Some(task);
        Ok(())
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if let Some(task) = lock(&self.plugged).take() {
            task.abort();
        }
    }
}

#[derive(Debug)]
struct Shared {
    site: Mutex<Site>,
    changed: Notify,
    received: AtomicU64,
    sent: AtomicU64,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How many bytes go to the pty at once when the line has a speed: about a frame.
const CHUNK: usize = 64;

/// How far ahead of the wire devices may talk unasked.
const BACKLOG: Duration = Duration::from_millis(20);

/// How many pieces may wait for a reader that is slow before devices talk no more unasked.
const WAITING: usize = 1024;

struct Pump {
    pty: Pty,
    timer: Timer,
    shared: Arc<Shared>,
    byte_time: Duration,
    decoder: Decoder,
    assembler: Assembler,
    /// Until when the wire to the devices is busy.
    inward: Instant,
    /// Until when the wire from the devices is busy.
    outward: Instant,
    /// What devices will send, by when they begin.
    actions: BTreeMap<(Instant, u64), Vec<u8>>,
    sequence: u64,
    /// What is on the wire, by when it has arrived.
    wire: VecDeque<(Instant, Vec<u8>)>,
}

impl Pump {
    fn new(pty: Pty, baud: u32, shared: Arc<Shared>) -> io::Result<Self> {
        // A start bit, eight of data and a stop bit.
        let byte_time = if baud == 0 { Duration::ZERO } else { Duration::from_secs(10) / baud };
        let now = Instant::now();
        Ok(Self {
            pty,
            timer: Timer::new()?,
            shared,
            byte_time,
            decoder: Decoder::default(),
            assembler: Assembler::new(Limits::default()),
            inward: now,
            outward: now,
            actions: BTreeMap::new(),
            sequence: 0,
            wire: VecDeque::new(),
        })
    }

    async fn run(mut self) -> io::Result<()> {
        let mut buffer = [0; 4096];
        loop {
            self.tick();
            let full = self.send()?;
            let deadline = if full { None } else { self.deadline() };
            tokio::select! {
                result = self.pty.ready(full) => result?,
                result = self.timer.until(deadline) => result?,
                () = self.shared.changed.notified() => {}
            }
            let count = self.pty.read(&mut buffer)?;
            self.receive(&buffer[..count]);
        }
    }

    fn deadline(&self) -> Option<Instant> {
        let action = self.actions.first_key_value().map(|((when, _), _)| *when);
        let arrival = self.wire.front().map(|(when, _)| *when);
        let due = lock(&self.shared.site).due().map(|due| due.max(self.quiet()));
        [action, arrival, due].into_iter().flatten().min()
    }

    /// From when on the wire is free enough for what devices say unasked.
    fn quiet(&self) -> Instant {
        self.outward.checked_sub(BACKLOG).unwrap_or(self.outward)
    }

    /// Lets the devices speak unasked, unless the wire, or whoever listens at its end, is behind.
    fn tick(&mut self) {
        let now = Instant::now();
        if self.quiet() > now || self.wire.len() > WAITING {
            return;
        }
        let actions = lock(&self.shared.site).tick();
        actions.into_iter().for_each(|action| self.act(now, action));
    }

    fn act(&mut self, from: Instant, action: Action) {
        self.sequence += 1;
        self.actions.insert((from + action.after, self.sequence), action.bytes);
    }

    fn receive(&mut self, bytes: &[u8]) {
        let now = Instant::now();
        self.shared.received.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        self.inward = self.inward.max(now);
        for &byte in bytes {
            self.inward += self.byte_time;
            let Some(packet) = self.decoder.feed(byte) else { continue };
            let Ok(packet) = Packet::parse(packet) else { continue };
            let Some(message) = self.assembler.feed(&packet, now) else { continue };
            let actions = lock(&self.shared.site).answer(&message);
            actions.into_iter().for_each(|action| self.act(self.inward, action));
        }
    }

    /// Moves what is due along; says whether the pty takes no more.
    fn send(&mut self) -> io::Result<bool> {
        let now = Instant::now();
        while let Some(action) = self.actions.first_entry().filter(|action| action.key().0 <= now) {
            let ((begin, _), bytes) = action.remove_entry();
            self.outward = self.outward.max(begin);
            let chunk = if self.byte_time.is_zero() { bytes.len().max(1) } else { CHUNK };
            for chunk in bytes.chunks(chunk) {
                self.outward += self.byte_time * chunk.len() as u32;
                self.wire.push_back((self.outward, chunk.to_vec()));
            }
        }
        while let Some((_, chunk)) = self.wire.front_mut().filter(|(when, _)| *when <= now) {
            let count = self.pty.write(chunk)?;
            self.shared.sent.fetch_add(count as u64, Ordering::Relaxed);
            if count < chunk.len() {
                chunk.drain(..count);
                return Ok(true);
            }
            self.wire.pop_front();
        }
        Ok(false)
    }
}
