//! Components' logs and crash dumps: fetched over PLDM (DSP0242), kept in a directory of bounded size.

use crate::{event::Log, model::Id, settings};
use pldm::{
    Requester,
    file::{self, FileIdentifier},
    patience,
};
use sha2::{Digest, Sha256};
use std::{
    fs, io,
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    time::SystemTime,
};

/// A file that a component has.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Source {
    /// The number that opens it.
    pub identifier: u16,
    /// What its component calls it.
    pub name: String,
}

/// Where logs are kept, and how much of them.
#[derive(Clone, Debug)]
pub struct Shelf {
    settings: settings::Logs,
}

impl Shelf {
    /// What the configuration says.
    pub const fn new(settings: settings::Logs) -> Self {
        Self { settings }
    }

    /// Whether logs are fetched without being asked for.
    pub const fn fetches(&self) -> bool {
        self.settings.fetch
    }

    /// Fetches a file and keeps what came of it. An error means that nothing is kept, and why.
    pub async fn fetch(&self, requester: &mut Requester, component: &Id, source: &Source) -> Result<Log, String> {
        let most = usize::try_from(self.settings.file_most).unwrap_or(usize::MAX);
        let limits = pldm::Limits { items: most.min(patience::FILE.items), ..patience::FILE };
        let identifier = FileIdentifier(source.identifier);
        let read = file::read(requester, identifier, limits).await.map_err(|error| error.to_string())?;
        let is_full = read.bytes.len() >= limits.items;
        let missing = read.cut.map(|cut| cut.what()).or_else(|| read.damage.map(|damage| damage.to_string()));
        // Whether that was all of it is not asked: a device need not tell how long a file is.
        let missing = missing.or_else(|| is_full.then(|| format!("no more than {} bytes are kept", limits.items)));
        let (shelf, component, source) = (self.clone(), component.clone(), source.clone());
        let keep = move || shelf.keep(&component, &source, &read.bytes, missing.unwrap_or_default());
        tokio::task::spawn_blocking(keep).await.map_err(|error| error.to_string())?
    }

    /// Keeps a file instead of the one of the same name, and makes room for it.
    fn keep(&self, component: &Id, source: &Source, bytes: &[u8], missing: String) -> Result<Log, String> {
        let directory = self.settings.directory.join(component.as_str());
        let path = directory.join(file_name(source));
        let wrong = |error: io::Error| format!("{}: {error}", path.display());
        fs::create_dir_all(&directory).map_err(wrong)?;
        if !fs::symlink_metadata(&directory).map_err(wrong)?.is_dir() {
            return Err(format!("{}: it is a link, and leads to what is not ours", directory.display()));
        }
        self.make_room(&path, bytes.len()).map_err(wrong)?;
        write(&path, bytes).map_err(wrong)?;
        let sha256 = Sha256::digest(bytes).iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        Ok(Log { name: source.name.clone(), path: path.display().to_string(), size, sha256, missing })
    }

    /// Removes the oldest files until there is room for `length` bytes in place of what is at `path`.
    fn make_room(&self, path: &Path, length: usize) -> io::Result<()> {
        let mut kept = kept(&self.settings.directory)?;
        kept.retain(|(_, _, other)| other != path);
        kept.sort();
        let mut total = kept.iter().map(|(_, size, _)| size).fold(length as u64, |a, b| a.saturating_add(*b));
        for (_, size, oldest) in kept {
            if total <= self.settings.total_most {
                break;
            }
            match fs::remove_file(oldest) {
                // Another component's log needed room, too.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                removed => removed?,
            }
            total = total.saturating_sub(size);
        }
        Ok(())
    }
}

/// Every file that is kept: when it was written, how long it is, where it is.
fn kept(directory: &Path) -> io::Result<Vec<(SystemTime, u64, PathBuf)>> {
    let mut files = Vec::new();
    for component in fs::read_dir(directory)? {
        let component = component?;
        // A link would lead to what is not ours.
        if !component.file_type()?.is_dir() {
            continue;
        }
        for file in fs::read_dir(component.path())? {
            let file = file?;
            // One that has gone meanwhile takes no room.
            if let Ok(about) = file.metadata()
                && about.is_file()
            {
                files.push((about.modified()?, about.len(), file.path()));
            }
        }
    }
    Ok(files)
}

/// A reader sees the old file or the new one, never half of it. What stands in its place, a link too, is not written to.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let draft = path.with_extension("draft");
    match fs::remove_file(&draft) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o640).open(&draft)?;
    let written = file.write_all(bytes).and_then(|()| fs::rename(&draft, path));
    written.inspect_err(|_| _ = fs::remove_file(&draft))
}

/// A file's name here: its number keeps two of one name apart, and no name leads out of the directory.
fn file_name(source: &Source) -> String {
    let legal = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_') { c } else { '_' };
    let name: String = source.name.chars().take(64).map(legal).collect();
    format!("{}-{name}.log", source.identifier)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Scratch, id};
    use std::os::unix::fs::symlink;

    fn shelf(scratch: &Scratch) -> Shelf {
        let directory = scratch.path().join("logs");
        Shelf::new(settings::Logs { fetch: true, directory, file_most: 2048, total_most: 3000 })
    }

    fn source(identifier: u16, name: &str) -> Source {
        Source { identifier, name: name.into() }
    }

    #[test]
    fn a_file_is_kept_with_its_hash_and_replaces_the_one_before() {
        let scratch = Scratch::new();
        let shelf = shelf(&scratch);
        shelf.keep(&id("gpu0"), &source(1, "crash"), b"old", String::new()).expect("kept");
        let log = shelf.keep(&id("gpu0"), &source(1, "crash"), b"abc", String::new()).expect("kept");
        assert_eq!(log.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!((fs::read(&log.path).expect("there"), log.size), (b"abc".to_vec(), 3));
        assert_eq!(kept(&shelf.settings.directory).expect("readable").len(), 1);
    }

    #[test]
    fn no_name_leads_out_of_the_directory() {
        let scratch = Scratch::new();
        let shelf = shelf(&scratch);
        for name in ["../../etc/passwd", "/etc/passwd", "..", "", "a\0b", "\u{202e}x", &"x".repeat(999)] {
            let log = shelf.keep(&id("gpu0"), &source(7, name), b"x", String::new()).expect("kept");
            assert_eq!(Path::new(&log.path).parent(), Some(&*shelf.settings.directory.join("gpu0")));
        }
    }

    #[test]
    fn a_link_in_the_directory_leads_nowhere() {
        let scratch = Scratch::new();
        let (shelf, theirs) = (shelf(&scratch), scratch.path().join("theirs"));
        let own = shelf.settings.directory.join("gpu0");
        fs::create_dir_all(&own).expect("ours");
        fs::write(&theirs, "theirs").expect("a file");
        for name in ["7-log.log", "7-log.draft"] {
            symlink(&theirs, own.join(name)).expect("a link");
        }
        let log = shelf.keep(&id("gpu0"), &source(7, "log"), b"ours", String::new()).expect("kept");
        assert_eq!(fs::read(log.path).expect("there"), b"ours");
        assert_eq!(fs::read(&theirs).expect("there"), b"theirs");
        symlink(scratch.path(), shelf.settings.directory.join("nic0")).expect("a link");
        let wrong = shelf.keep(&id("nic0"), &source(7, "log"), b"ours", String::new()).expect_err("a link");
        assert!(wrong.contains("nic0: it is a link"), "{wrong}");
        assert!(!scratch.path().join("7-log.log").exists());
    }

    #[test]
    fn the_oldest_go_first_and_the_rest_stays() {
        let scratch = Scratch::new();
        let shelf = shelf(&scratch);
        for number in 0..9 {
            let log = shelf.keep(&id("gpu0"), &source(number, "log"), &[0; 1000], String::new()).expect("kept");
            let at = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(number.into());
            fs::File::options().append(true).open(log.path).expect("there").set_modified(at).expect("ours");
        }
        let mut names: Vec<_> = kept(&shelf.settings.directory).expect("readable").into_iter().collect();
        names.sort();
        let names: Vec<_> = names.iter().map(|it| it.2.file_name().expect("a name").to_owned()).collect();
        assert_eq!(names, ["6-log.log", "7-log.log", "8-log.log"]);
    }

    #[test]
    fn a_directory_that_cannot_be_written_is_told() {
        let scratch = Scratch::new();
        scratch.write("logs", "a file");
        let wrong =
            shelf(&scratch).keep(&id("gpu0"), &source(1, "log"), b"x", String::new()).expect_err("no directory");
        assert!(wrong.contains("1-log.log"), "{wrong}");
    }
}
