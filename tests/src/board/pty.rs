//! A pty whose other end has a name that stays while ptys come and go, as a udev link does.

use nix::{
    errno::Errno,
    fcntl::{FcntlArg, FdFlag, OFlag, fcntl, open},
    pty::openpty,
    sys::{
        stat::Mode,
        termios::{SetArg, cfmakeraw, tcgetattr, tcsetattr},
    },
    unistd::ttyname,
};
use std::{
    fs, io,
    os::{fd::OwnedFd, unix::fs::symlink},
    path::{Path, PathBuf},
};
use tokio::{
    io::Interest,
    net::unix::pipe::{Receiver, Sender},
};

/// The device's end of a line.
#[derive(Debug)]
pub(super) struct Pty {
    master: OwnedFd,
    /// The master is read and written like pipes.
    reader: Receiver,
    writer: Sender,
    slave: PathBuf,
    link: PathBuf,
    /// While nobody has the other end open, reads fail at once. So we hold it until somebody speaks; not longer, because
    /// his exclusive use of it would outlive his closing it.
    held: Option<OwnedFd>,
    /// The ends saw a hang-up, and would be ready for ever.
    hung: bool,
}

impl Pty {
    /// Makes a pty and points `link` at it.
    pub(super) fn new(link: &Path) -> io::Result<Self> {
        let pair = openpty(None, None)?;
        let mut settings = tcgetattr(&pair.slave)?;
        cfmakeraw(&mut settings);
        tcsetattr(&pair.slave, SetArg::TCSANOW, &settings)?;
        fcntl(&pair.master, FcntlArg::F_SETFL(OFlag::O_RDWR | OFlag::O_NONBLOCK))?;
        for end in [&pair.master, &pair.slave] {
            fcntl(end, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC))?;
        }
        let slave = ttyname(&pair.slave)?;
        let _ = fs::remove_file(link);
        symlink(&slave, link)?;
        let (reader, writer) = ends(&pair.master)?;
        Ok(Self { master: pair.master, reader, writer, slave, link: link.into(), held: Some(pair.slave), hung: false })
    }

    /// Waits until something can be read, and, if `write`, until something can be written.
    pub(super) async fn ready(&mut self, write: bool) -> io::Result<()> {
        let ready = tokio::select! {
            ready = self.reader.ready(Interest::READABLE) => ready?,
            ready = self.writer.ready(Interest::WRITABLE), if write => ready?,
        };
        self.hung |= ready.is_read_closed() || ready.is_write_closed();
        Ok(())
    }

    /// Reads what came.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.reader.try_read(buffer) {
            Ok(count) if count > 0 => {
                self.held = None;
                Ok(count)
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                // Somebody closed it, and another had it open before we looked.
                if std::mem::take(&mut self.hung) {
                    (self.reader, self.writer) = ends(&self.master)?;
                }
                Ok(0)
            }
            Err(error) if !is_hangup(&error) => Err(error),
            Ok(_) | Err(_) => self.hold(),
        }
    }

    /// Writes what goes at once; nothing when the buffer is full.
    pub(super) fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        match self.writer.try_write(bytes) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(0),
            Err(error) if is_hangup(&error) => Ok(bytes.len()), // nobody listens
            result => result,
        }
    }

    /// Whoever had the other end open closed it. tokio never forgets that it saw a hang-up, so the ends are new ones.
    fn hold(&mut self) -> io::Result<usize> {
        self.held = Some(open(&self.slave, OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC, Mode::empty())?);
        (self.reader, self.writer) = ends(&self.master)?;
        self.hung = false;
        Ok(0)
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.link);
    }
}

fn ends(master: &OwnedFd) -> io::Result<(Receiver, Sender)> {
    let end = || master.try_clone();
    Ok((Receiver::from_owned_fd_unchecked(end()?)?, Sender::from_owned_fd_unchecked(end()?)?))
}

fn is_hangup(error: &io::Error) -> bool {
    error.raw_os_error() == Some(Errno::EIO as i32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;
    use std::{io::Write, time::Duration};

    #[tokio::test]
    async fn a_hang_up_that_is_over_before_we_look_leaves_nothing_ready() {
        let directory = tempfile::tempdir().unwrap();
        let mut pty = Pty::new(&directory.path().join("tty")).unwrap();
        let open = || fs::OpenOptions::new().read(true).write(true).open(directory.path().join("tty")).unwrap();
        let mut buffer = [0; 8];
        let mut first = open();
        first.write_all(b"1").unwrap();
        pty.ready(false).await.unwrap();
        assert_eq!(pty.read(&mut buffer).unwrap(), 1);
        assert_eq!(pty.read(&mut buffer).unwrap(), 0, "no more, so that the next thing seen is the hang-up");
        drop(first);
        pty.ready(false).await.unwrap();
        let mut second = open();
        assert_eq!(pty.read(&mut buffer).unwrap(), 0, "the second says nothing yet");
        let nothing = tokio::time::timeout(Duration::from_millis(50), pty.ready(false)).await;
        assert!(nothing.is_err() && pty.ready(false).now_or_never().is_none(), "it would be ready for ever");
        second.write_all(b"2").unwrap();
        pty.ready(false).await.unwrap();
        assert_eq!(pty.read(&mut buffer).unwrap(), 1);
    }
}
