//! One image over time: when it is due, what was last found, and what a finding makes of it.

use super::{
    read::{self, Identity, ImageError},
    search::Search,
    version,
};
use crate::{
    clock::Stamp,
    model::{Digest, Fault, Firmware, Freshness, Image, Source},
    settings::{ImageSettings, VersionSource},
};
use std::{
    sync::{Arc, atomic::AtomicBool},
    time::{Duration, UNIX_EPOCH},
};
use tokio::time::Instant;

/// A write in the same tick of the file system's clock leaves no trace; that of JFFS2 ticks once a second.
const TICK: i64 = 2;
/// After hashing it rests four times as long, so that an image that never holds still takes a fifth of a core.
const REST: u32 = 4;

#[derive(Debug)]
pub(super) struct Watched {
    pub(super) settings: Arc<ImageSettings>,
    pub(super) firmware: Option<Firmware>,
    pub(super) faults: Vec<Fault>,
    /// What was hashed; `None` makes the next look a hash.
    pub(super) seen: Option<Seen>,
    check_at: Instant,
    hash_at: Instant,
}

/// The image's state and that of the file with its version.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Seen(Identity, Option<Identity>);

/// What a look at an image found.
#[derive(Debug)]
pub(super) enum Found {
    Unchanged,
    Hashed { seen: Option<Seen>, hex: String, version: Result<Option<String>, String> },
    Failed(ImageError),
}

/// Looks at an image and hashes it if it is not as `seen`. Blocks. `heard` learns the version, if that is known
/// beforehand, and how much is done.
pub(super) fn look(
    image: &ImageSettings,
    seen: Option<Seen>,
    heard: &mut dyn FnMut(Option<&str>, u8),
    stop: &AtomicBool,
) -> Found {
    let now = Seen::look(image);
    if now.is_some() && now == seen {
        return Found::Unchanged;
    }
    // Taken before the image is read: what changes from now on shows in the next look.
    let settled = now.filter(|seen| !seen.is_recent());
    let (version, search) = match &image.version {
        VersionSource::Digest => (Ok(None), Search::default()),
        VersionSource::Literal(text) => {
            (Ok(Some(version::printable(text)).filter(|v| !v.is_empty())), Search::default())
        }
        VersionSource::Key { file, key } => (version::value_of(file, key).map(Some), Search::default()),
        VersionSource::After(prefix) => (Ok(None), Search::after(prefix)),
    };
    let known = version.as_ref().ok().and_then(|v| v.as_deref());
    match read::read(image, &search, &mut |percent| heard(known, percent), stop) {
        Ok((hashed, search)) => {
            let version = match &image.version {
                VersionSource::After(prefix) => match search.found() {
                    Some(found) => Ok(Some(found)),
                    None => Err(format!("{}: no version after {prefix:?}", image.path.display())),
                },
                _ => version,
            };
            Found::Hashed { seen: settled, hex: hashed.hex, version }
        }
        Err(error) => Found::Failed(error),
    }
}

impl Watched {
    pub(super) fn new(settings: ImageSettings) -> Self {
        let now = Instant::now();
        let settings = Arc::new(settings);
        Self { settings, firmware: None, faults: vec![], seen: None, check_at: now, hash_at: now }
    }

    pub(super) fn due(&self) -> Instant {
        self.check_at.min(self.hash_at)
    }

    /// What the image must look like to need no hashing now.
    pub(super) fn expected(&self) -> Option<Seen> {
        self.seen.filter(|_| Instant::now() < self.hash_at)
    }

    /// Sets when to look again, after a look that took so long.
    pub(super) fn rest(&mut self, found: &Found, took: Duration) {
        let (now, rest) = (Instant::now(), took.saturating_mul(REST));
        self.check_at = now + self.settings.check_interval.max(rest);
        if !matches!(found, Found::Unchanged) {
            self.hash_at = now + self.settings.interval.max(rest);
        }
    }

    /// Takes in what was found; whether anything is to be told.
    pub(super) fn take_in(&mut self, found: Found, now: Stamp) -> bool {
        let before = (self.firmware.clone(), self.faults.clone());
        match found {
            Found::Unchanged => return false,
            Found::Hashed { seen, hex, version } => {
                self.faults.clear();
                let version = version.unwrap_or_else(|what| {
                    self.faults.push(Fault { step: "version".into(), what });
                    self.version_of(&hex)
                });
                let version = version.unwrap_or_else(|| version::of_digest(self.settings.algorithm, &hex));
                self.seen = seen;
                let mut firmware = self.firmware_with(version, now);
                let (algorithm, source) = (self.settings.algorithm, self.source());
                firmware.digest = Some(Digest { algorithm, hex, source, taken: now });
                self.firmware = Some(firmware);
            }
            Found::Failed(error) => {
                self.seen = None;
                let what = format!("{}: {error}", self.settings.path.display());
                if let Some(firmware) = &mut self.firmware {
                    firmware.progress = None;
                    let since = match firmware.freshness {
                        Freshness::Fresh => now,
                        Freshness::Stale { since, .. } => since,
                    };
                    firmware.freshness = Freshness::Stale { since, reason: what.clone() };
                }
                self.faults = vec![Fault { step: "hash".into(), what }];
            }
        }
        before != (self.firmware.clone(), self.faults.clone())
    }

    /// The firmware while its first hash is under way, with a version that is known beforehand.
    pub(super) fn announce(&mut self, version: &str, now: Stamp) {
        let mut firmware = self.firmware_with(version.to_owned(), now);
        firmware.progress = Some(0);
        self.firmware = Some(firmware);
    }

    /// The same bytes have the version they had, though its source cannot be read now.
    fn version_of(&self, hex: &str) -> Option<String> {
        let firmware = self.firmware.as_ref()?;
        let same = firmware.digest.as_ref().is_some_and(|digest| digest.hex == hex);
        same.then(|| firmware.active.version.clone())
    }

    fn firmware_with(&self, version: String, now: Stamp) -> Firmware {
        Firmware {
            id: self.settings.id.clone(),
            name: self.settings.name.clone(),
            source: Source::Image(self.settings.path.display().to_string()),
            active: Image { version, ..Image::default() },
            pending: None,
            number: None,
            descriptors: vec![],
            activation_methods: vec![],
            update_capabilities: vec![],
            digest: None,
            progress: None,
            // OpenBMC's own software manager claims that association for the BMC.
            primary: false,
            last_read: now,
            freshness: Freshness::Fresh,
        }
    }

    fn source(&self) -> String {
        let ImageSettings { path, offset, length, .. } = self.settings.as_ref();
        match (offset, length) {
            (0, None) => path.display().to_string(),
            (_, None) => format!("{} from byte {offset}", path.display()),
            (_, Some(length)) => format!("{} from byte {offset}, {length} bytes", path.display()),
        }
    }
}

impl Seen {
    fn look(image: &ImageSettings) -> Option<Self> {
        let version = match &image.version {
            VersionSource::Key { file, .. } => Identity::look(file).ok(),
            _ => None,
        };
        Some(Self(Identity::look(&image.path).ok()?, version))
    }

    /// Whether it changed just now. A time in the future is a BMC without a clock, not a change.
    fn is_recent(&self) -> bool {
        let now = Stamp::now().wall.duration_since(UNIX_EPOCH).unwrap_or_default();
        let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
        let recent = |identity: &Identity| (0..=TICK).contains(&now.saturating_sub(identity.changed_seconds()));
        recent(&self.0) || self.1.as_ref().is_some_and(recent)
    }
}
