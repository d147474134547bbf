//! [`SharedInstanceIds`]: instance ids that several programs of one machine share, as libpldm's users do.
//!
//! They have a file with one byte for each id of each endpoint, and lock the bytes of the ids they use. The file may be
//! read-only, so the locks are shared ones: whoever holds one and finds that it could be made exclusive is the only
//! holder, and has the id. Locks belong to the open file (OFD), so a program that ends frees its ids.

use super::InstanceIds;
use crate::{Failure, InstanceId};
use mctp::Eid;
use nix::{
    fcntl::{FcntlArg, OFlag, fcntl},
    libc,
};
use std::{
    collections::BTreeMap,
    fmt,
    fs::{File, OpenOptions},
    io,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// A byte for each of 32 ids of each of 256 endpoints. OpenBMC calls an endpoint by its endpoint id here.
const LENGTH: u64 = 256 * 32;

/// The ids that this process uses, among those that all use. Everybody here shares one of these by cloning it: locks of
/// one open file do not exclude each other, so who uses what within the process is kept beside them.
#[derive(Clone, Debug)]
pub struct SharedInstanceIds {
    path: Arc<Path>,
    table: Arc<Mutex<Table>>,
}

#[derive(Debug, Default)]
struct Table {
    file: Option<File>,
    endpoints: BTreeMap<Eid, InstanceIds>,
}

/// Why it cannot be learned which ids others use.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum SharingFault {
    /// The file cannot be opened.
    Open(Arc<Path>, io::ErrorKind),
    /// It is not a file that has a byte for each id.
    TooShort(Arc<Path>),
    /// A byte cannot be locked.
    Lock(Arc<Path>, io::ErrorKind),
}

impl fmt::Display for SharingFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open(path, why) => write!(f, "instance ids cannot be shared: {}: {why}", path.display()),
            Self::TooShort(path) => {
                write!(f, "instance ids cannot be shared: {} is no file of at least {LENGTH} bytes", path.display())
            }
            Self::Lock(path, why) => {
                write!(f, "instance ids cannot be shared: {} cannot be locked: {why}", path.display())
            }
        }
    }
}

impl std::error::Error for SharingFault {}

impl SharedInstanceIds {
    /// Those of the file at `path`. It is opened when the first id is taken, and looked for again until it is there.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into().into(), table: Arc::default() }
    }

    /// Takes the next id of `eid` that neither we nor others use. Never waits.
    pub(super) fn take(&self, eid: Eid, expiry: Duration, now: Instant) -> Result<InstanceId, Failure> {
        let mut table = self.table();
        let Table { file, endpoints } = &mut *table;
        let file = match file {
            Some(file) => file,
            None => file.insert(self.open().map_err(Failure::Sharing)?),
        };
        // Of every endpoint: one that is not asked any more must not keep its ids from others for ever.
        for (eid, ids) in endpoints.iter_mut() {
            ids.expired(now).try_for_each(|id| self.unlock(file, *eid, id)).map_err(Failure::Sharing)?;
        }
        let ids = endpoints.entry(eid).or_insert_with(|| InstanceIds::new(expiry));
        let claim = |id| self.claim(file, eid, id).map(|ours| ours.then_some(id)).transpose();
        let id = ids.free().find_map(claim).ok_or(Failure::InstanceIds)?.map_err(Failure::Sharing)?;
        ids.hold(id, now);
        Ok(id)
    }

    /// The id stays out, and locked, for a whole expiry from now.
    pub(super) fn renew(&self, eid: Eid, id: InstanceId, now: Instant) {
        self.table().endpoints.entry(eid).and_modify(|ids| ids.renew(id, now));
    }

    /// The answer has come. An id that cannot be unlocked stays out until it expires, and then somebody is told.
    pub(super) fn release(&self, eid: Eid, id: InstanceId) {
        let mut table = self.table();
        let Table { file: Some(file), endpoints } = &mut *table else { return };
        if self.unlock(file, eid, id).is_ok() {
            endpoints.entry(eid).and_modify(|ids| ids.release(id));
        }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open(&self) -> Result<File, SharingFault> {
        // Nobody writes, and a FIFO in the file's place must not make us wait for a writer.
        let file = OpenOptions::new().read(true).custom_flags(OFlag::O_NONBLOCK.bits()).open(&self.path);
        let opened = file.and_then(|file| file.metadata().map(|metadata| (file, metadata)));
        let (file, metadata) = opened.map_err(|error| SharingFault::Open(Arc::clone(&self.path), error.kind()))?;
        let whole = metadata.is_file() && metadata.len() >= LENGTH;
        if whole { Ok(file) } else { Err(SharingFault::TooShort(Arc::clone(&self.path))) }
    }

    /// Locks the id, and says whether nobody else has it.
    fn claim(&self, file: &File, eid: Eid, id: InstanceId) -> Result<bool, SharingFault> {
        match self.lock(FcntlArg::F_OFD_SETLK(&flock(libc::F_RDLCK, eid, id)), file) {
            Ok(()) => {}
            // An exclusive lock. libpldm never has one, but whoever does has the id.
            Err(SharingFault::Lock(_, io::ErrorKind::WouldBlock | io::ErrorKind::PermissionDenied)) => {
                return Ok(false);
            }
            Err(fault) => return Err(fault),
        }
        let mut other = flock(libc::F_WRLCK, eid, id);
        self.lock(FcntlArg::F_OFD_GETLK(&mut other), file)?;
        let ours = i32::from(other.l_type) == libc::F_UNLCK;
        if !ours {
            self.unlock(file, eid, id)?;
        }
        Ok(ours)
    }

    fn unlock(&self, file: &File, eid: Eid, id: InstanceId) -> Result<(), SharingFault> {
        self.lock(FcntlArg::F_OFD_SETLK(&flock(libc::F_UNLCK, eid, id)), file)
    }

    /// None of these commands waits.
    fn lock(&self, command: FcntlArg<'_>, file: &File) -> Result<(), SharingFault> {
        let fault = |errno| SharingFault::Lock(Arc::clone(&self.path), io::Error::from(errno).kind());
        fcntl(file, command).map(drop).map_err(fault)
    }
}

/// The lock of one id's byte. The kernel wants 0 for the process of an OFD lock.
fn flock(kind: libc::c_int, eid: Eid, id: InstanceId) -> libc::flock {
    let at = u16::from(eid.0).saturating_mul(InstanceId::COUNT.into()).saturating_add(id.number().into());
    let short = |number: libc::c_int| libc::c_short::try_from(number).unwrap_or_default();
    libc::flock { l_type: short(kind), l_whence: short(libc::SEEK_SET), l_start: at.into(), l_len: 1, l_pid: 0 }
}

#[cfg(test)]
#[path = "shared_tests.rs"]
mod tests;
