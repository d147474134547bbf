//! A timer as fine as a byte on a serial line: tokio's has steps of a millisecond, which is twelve bytes at 115200 baud.

use nix::sys::{
    time::TimeSpec,
    timerfd::{ClockId, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags},
};
use std::{io, os::fd::AsFd, time::Duration};
use tokio::{net::unix::pipe::Receiver, time::Instant};

/// The kernel's timer.
#[derive(Debug)]
pub(super) struct Timer {
    timer: TimerFd,
    /// A timer is read like a pipe.
    reader: Receiver,
}

impl Timer {
    /// Starts with nothing to wait for.
    pub(super) fn new() -> io::Result<Self> {
        let timer = TimerFd::new(ClockId::CLOCK_MONOTONIC, TimerFlags::TFD_NONBLOCK | TimerFlags::TFD_CLOEXEC)?;
        let reader = Receiver::from_owned_fd_unchecked(timer.as_fd().try_clone_to_owned()?)?;
        Ok(Self { timer, reader })
    }

    /// Waits until `deadline`, for ever without one. Dropping the future is harmless.
    pub(super) async fn until(&self, deadline: Option<Instant>) -> io::Result<()> {
        let Some(deadline) = deadline else { return std::future::pending().await };
        // Zero would disarm it.
        let left = deadline.saturating_duration_since(Instant::now()).max(Duration::from_nanos(1));
        self.timer.set(Expiration::OneShot(TimeSpec::from(left)), TimerSetTimeFlags::empty())?;
        loop {
            self.reader.readable().await?;
            match self.reader.try_read(&mut [0; 8]) {
                Ok(_) => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
    }
}
