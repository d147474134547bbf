//! Reads one image: what may be read, which bytes of it, and whether it changed meanwhile.

use super::{
    hash::{self, HashError, Hashed},
    search::Search,
};
use crate::settings::ImageSettings;
use nix::fcntl::OFlag;
use std::{
    fmt,
    fs::{self, File, Metadata, OpenOptions},
    io::{self, Read, Seek, SeekFrom},
    os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt},
    path::Path,
    sync::atomic::AtomicBool,
};

/// An update may be writing the image just now; an image that changes all the time is a fault.
const TRIES: u32 = 3;
/// The major number of `/dev/mtd*` (the kernel's devices.txt).
const MTD_MAJOR: u64 = 90;

/// What shows without reading a file that it changed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Identity {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

/// Why an image has no digest.
#[derive(Debug)]
pub(super) enum ImageError {
    Missing,
    Denied,
    /// A directory, a FIFO, a terminal, ...
    NotAnImage(&'static str),
    Empty,
    PastTheEnd {
        end: u64,
        size: u64,
    },
    Changed,
    Io(io::Error),
    ReadFailed {
        at: u64,
        error: io::Error,
    },
    Stopped,
}

impl fmt::Display for ImageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("does not exist"),
            Self::Denied => f.write_str("permission denied"),
            Self::NotAnImage(what) => write!(f, "is {what}"),
            Self::Empty => f.write_str("is empty"),
            Self::PastTheEnd { end, size } => write!(f, "the range ends at byte {end}, the image at {size}"),
            Self::Changed => write!(f, "changed while it was read, {TRIES} times in a row"),
            Self::Io(error) => error.fmt(f),
            Self::ReadFailed { at, error } => write!(f, "reading failed at byte {at}: {error}"),
            Self::Stopped => f.write_str("hashing was stopped"),
        }
    }
}

impl From<io::Error> for ImageError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::Missing,
            io::ErrorKind::PermissionDenied => Self::Denied,
            _ => Self::Io(error),
        }
    }
}

impl Identity {
    /// What is at `path` now.
    pub(super) fn look(path: &Path) -> io::Result<Self> {
        fs::metadata(path).map(|metadata| Self::from(&metadata))
    }

    /// Seconds since 1970 of the last change, which nobody can set at will.
    pub(super) const fn changed_seconds(&self) -> i64 {
        self.changed.0
    }
}

impl From<&Metadata> for Identity {
    fn from(m: &Metadata) -> Self {
        // A device node says nothing of the device's content; the node's times are all there is.
        let (modified, changed) = ((m.mtime(), m.mtime_nsec()), (m.ctime(), m.ctime_nsec()));
        Self { device: m.dev(), inode: m.ino(), size: m.len(), modified, changed }
    }
}

/// Hashes the image. `progress` learns the percentage; `search` is what looks for the version.
pub(super) fn read(
    image: &ImageSettings,
    search: &Search,
    progress: &mut dyn FnMut(u8),
    stop: &AtomicBool,
) -> Result<(Hashed, Search), ImageError> {
    for _ in 0..TRIES {
        let mut search = search.clone();
        if let Some(hashed) = once(image, &mut search, progress, stop)? {
            return Ok((hashed, search));
        }
    }
    Err(ImageError::Changed)
}

/// One try; `None` when the image changed under it.
fn once(
    image: &ImageSettings,
    search: &mut Search,
    progress: &mut dyn FnMut(u8),
    stop: &AtomicBool,
) -> Result<Option<Hashed>, ImageError> {
    let mut file = open(&image.path)?;
    let metadata = file.metadata()?;
    let before = Identity::from(&metadata);
    // Only a device must be asked; a file of /proc cannot be.
    let size = if metadata.is_file() { metadata.len() } else { file.seek(SeekFrom::End(0))? };
    let length = range(image, size)?;
    file.seek(SeekFrom::Start(image.offset))?;
    let mut percent = |done: u64| {
        let percent = u128::from(done) * 100 / u128::from(length.max(1));
        progress(u8::try_from(percent).unwrap_or(100));
    };
    let hashed =
        hash::hash(&mut file.take(length), image.algorithm, search, &mut percent, stop).map_err(|e| match e {
            HashError::Stopped => ImageError::Stopped,
            HashError::Io(at, error) => ImageError::ReadFailed { at: image.offset.saturating_add(at), error },
        })?;
    // By path, not by descriptor: a file that was put in its place is a change, too.
    let held_still = Identity::look(&image.path)? == before && hashed.bytes == length;
    Ok(held_still.then_some(hashed))
}

fn open(path: &Path) -> Result<File, ImageError> {
    // Looked at before it is opened, because opening alone wakes a FIFO's writer or resets a line.
    readable(&fs::metadata(path)?)?;
    let flags = OFlag::O_NONBLOCK | OFlag::O_NOCTTY;
    let file = OpenOptions::new().read(true).custom_flags(flags.bits()).open(path)?;
    readable(&file.metadata()?)?;
    Ok(file)
}

fn readable(metadata: &Metadata) -> Result<(), ImageError> {
    let kind = metadata.file_type();
    let major = nix::sys::stat::major(metadata.rdev());
    let what = match () {
        () if kind.is_file() || kind.is_block_device() => return Ok(()),
        () if kind.is_char_device() && major == MTD_MAJOR => return Ok(()),
        () if kind.is_dir() => "a directory",
        () if kind.is_fifo() => "a FIFO",
        () if kind.is_socket() => "a socket",
        () => "a character device that is not an MTD",
    };
    Err(ImageError::NotAnImage(what))
}

/// How many bytes are meant, given the image's size.
fn range(image: &ImageSettings, size: u64) -> Result<u64, ImageError> {
    if size == 0 {
        return Err(ImageError::Empty);
    }
    let end = image.length.map_or(size, |length| image.offset.saturating_add(length));
    if end > size || image.offset >= size {
        return Err(ImageError::PastTheEnd { end: end.max(image.offset), size });
    }
    Ok(end.saturating_sub(image.offset))
}
