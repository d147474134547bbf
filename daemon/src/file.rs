//! Opens a regular file, or reads a small text, without ever waiting for it: a FIFO or an endless device in its place is
//! a fault.

use nix::fcntl::OFlag;
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

/// The text of the regular file at `path` if it has at most `limit` bytes, or why not.
pub(crate) fn read(path: &Path, limit: u64) -> Result<String, String> {
    let bytes = read_bytes(path, limit)?;
    String::from_utf8(bytes).map_err(|e| format!("not UTF-8 at byte {}", e.utf8_error().valid_up_to()))
}

/// As [`read`], whatever the bytes are.
pub(crate) fn read_bytes(path: &Path, limit: u64) -> Result<Vec<u8>, String> {
    let (file, _) = open(path)?;
    let mut bytes = Vec::new();
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(|e| reason(&e))?;
    let fits = u64::try_from(bytes.len()).is_ok_and(|length| length <= limit);
    if fits { Ok(bytes) } else { Err(format!("larger than {limit} bytes")) }
}

/// The regular file at `path`, open for reading, and how many bytes it has.
pub(crate) fn open(path: &Path) -> Result<(File, u64), String> {
    // Looked at before it is opened, because opening alone wakes a FIFO's writer or rewinds a tape.
    regular(&fs::metadata(path).map_err(|e| reason(&e))?)?;
    let file = OpenOptions::new().read(true).custom_flags(OFlag::O_NONBLOCK.bits()).open(path);
    let file = file.map_err(|e| reason(&e))?;
    let metadata = file.metadata().map_err(|e| reason(&e))?;
    regular(&metadata)?;
    Ok((file, metadata.len()))
}

fn regular(metadata: &fs::Metadata) -> Result<(), String> {
    match metadata.file_type() {
        kind if kind.is_file() => Ok(()),
        kind if kind.is_dir() => Err("is a directory".into()),
        _ => Err("is not a regular file".into()),
    }
}

fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "does not exist".into(),
        io::ErrorKind::PermissionDenied => "permission denied".into(),
        _ => error.to_string(),
    }
}
