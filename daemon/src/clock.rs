//! When something happened, in the two ways a BMC can say it.

use nix::time::{ClockId, clock_gettime};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A moment. A BMC without a clock battery starts in 1970, so ages come from the boot time and never from the wall.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Stamp {
    /// Since boot, suspend included (`CLOCK_BOOTTIME`).
    pub boot: Duration,
    /// What the wall clock said.
    pub wall: SystemTime,
}

impl Stamp {
    /// This moment.
    pub fn now() -> Self {
        let boot = clock_gettime(ClockId::CLOCK_BOOTTIME).map(Duration::from).unwrap_or_default();
        Self { boot, wall: SystemTime::now() }
    }

    /// How long ago this was at `now`.
    pub const fn age(self, now: Self) -> Duration {
        now.boot.saturating_sub(self.boot)
    }

    /// The wall clock in milliseconds since 1970, as D-Bus and Redfish say it.
    pub fn wall_milliseconds(self) -> u64 {
        let since = self.wall.duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }

    /// The boot time in microseconds, as systemd says it.
    pub fn boot_microseconds(self) -> u64 {
        u64::try_from(self.boot.as_micros()).unwrap_or(u64::MAX)
    }
}
