//! Images that are missing, cut, replaced or never hold still.

use super::*;
use crate::{
    event::What,
    model::{Algorithm, Fault, Firmware},
    settings::VersionSource,
    testing::{Scratch, id},
};
use nix::{sys::stat::Mode, unistd::mkfifo};
use std::{
    fs::{self, File, OpenOptions},
    io::Write,
    os::unix::net::UnixListener,
    path::Path,
    time::SystemTime,
};
use tokio::{sync::broadcast::Receiver, task::JoinHandle};

const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

fn image(name: &str, path: &Path) -> ImageSettings {
    ImageSettings {
        id: id(name),
        component: id("bmc"),
        name: name.into(),
        path: path.into(),
        offset: 0,
        length: None,
        algorithm: Algorithm::Sha256,
        version: VersionSource::Digest,
        check_interval: Duration::from_secs(10),
        interval: Duration::from_secs(3600),
    }
}

/// A running watch over images, and what it tells.
struct Running {
    store: Arc<Store>,
    events: Receiver<crate::event::Event>,
    task: JoinHandle<()>,
}

impl Running {
    fn new(images: Vec<ImageSettings>) -> Self {
        let store = Arc::new(Store::default());
        let events = store.events();
        let task = tokio::spawn(run(images, vec![], Arc::clone(&store)));
        Self { store, events, task }
    }

    /// Waits for an event that `wanted` picks.
    async fn told<T>(&mut self, wanted: impl Fn(What) -> Option<T>) -> T {
        loop {
            if let Some(found) = wanted(self.events.recv().await.expect("an event").what) {
                return found;
            }
        }
    }

    async fn passes(&mut self, count: usize) {
        for _ in 0..count {
            self.told(|what| matches!(what, What::Inventoried { .. }).then_some(())).await;
        }
    }

    fn bmc(&self) -> Arc<Component> {
        Arc::clone(&self.store.model().borrow().components[&id("bmc")])
    }

    fn firmware(&self, name: &str) -> Firmware {
        self.bmc().firmware[&id(name)].clone()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn digest_of(what: What) -> Option<String> {
    if let What::DigestChanged { to, .. } = what { Some(to) } else { None }
}

fn fault_of(what: What) -> Option<Fault> {
    if let What::FaultRaised { fault, .. } = what { Some(fault) } else { None }
}

fn read(image: &ImageSettings) -> Result<String, String> {
    let mut nothing = |_| {};
    let read = read::read(image, &Search::default(), &mut nothing, &AtomicBool::new(false));
    read.map(|(hashed, _)| hashed.hex).map_err(|e| e.to_string())
}

#[tokio::test(start_paused = true)]
async fn a_range_is_hashed_and_its_version_found() {
    let scratch = Scratch::new();
    let path = scratch.write("flash", b"..abc\0U-Boot 2019.04 (Jan)\0");
    let release = scratch.write("os-release", "VERSION_ID=\"2.18\"\n");
    let slice = ImageSettings { offset: 2, length: Some(3), ..image("slice", &path) };
    let boot = ImageSettings { version: VersionSource::After("U-Boot ".into()), ..image("boot", &path) };
    let key = VersionSource::Key { file: release, key: "VERSION_ID".into() };
    let rootfs = ImageSettings { version: key, algorithm: Algorithm::Sha512, ..image("rootfs", &path) };
    let mut running = Running::new(vec![slice, boot, rootfs]);
    running.passes(3).await;
    let slice = running.firmware("slice");
    let digest = slice.digest.expect("a digest");
    assert_eq!((digest.hex.as_str(), slice.active.version.as_str()), (ABC, "sha256:ba7816bf8f01"));
    assert_eq!(digest.source, format!("{} from byte 2, 3 bytes", path.display()));
    assert_eq!(running.firmware("boot").active.version, "2019.04 (Jan)");
    assert_eq!(running.firmware("rootfs").active.version, "2.18");
    assert_eq!(running.firmware("rootfs").digest.expect("a digest").hex.len(), 128);
    let bmc = running.bmc();
    assert_eq!((bmc.kind.as_str(), bmc.name.as_str(), &bmc.origin), ("bmc", "BMC", &Origin::Local));
    assert_eq!(bmc.faults, []);
}

#[test]
fn what_cannot_be_hashed_says_why_and_never_blocks() {
    let scratch = Scratch::new();
    let at = |name: &str| scratch.path().join(name);
    mkfifo(&at("fifo"), Mode::S_IRWXU).expect("a FIFO");
    let _listener = UnixListener::bind(at("socket")).expect("a socket");
    let (empty, three) = (scratch.write("empty", ""), scratch.write("three", "abc"));
    let says = |image: ImageSettings, wanted: &str| assert_eq!(read(&image), Err(wanted.to_owned()));
    says(image("a", &at("none")), "does not exist");
    says(image("a", &three.join("below")), "Not a directory (os error 20)");
    says(image("a", scratch.path()), "is a directory");
    says(image("a", &at("fifo")), "is a FIFO");
    says(image("a", &at("socket")), "is a socket");
    says(image("a", Path::new("/dev/zero")), "is a character device that is not an MTD");
    says(image("a", &empty), "is empty");
    says(ImageSettings { offset: 3, ..image("a", &three) }, "the range ends at byte 3, the image at 3");
    says(ImageSettings { offset: 9, ..image("a", &three) }, "the range ends at byte 9, the image at 3");
    says(ImageSettings { length: Some(4), ..image("a", &three) }, "the range ends at byte 4, the image at 3");
    let overflow = ImageSettings { offset: u64::MAX, length: Some(u64::MAX), ..image("a", &three) };
    says(overflow, "the range ends at byte 18446744073709551615, the image at 3");
    // /proc says a size of 0; sysfs one that is more than there is.
    says(image("a", Path::new("/proc/version")), "is empty");
    assert_eq!(read(&image("a", &three)).as_deref(), Ok(ABC));
}

#[test]
fn what_cannot_be_opened_says_so() {
    let denied = read::ImageError::from(io::Error::from(io::ErrorKind::PermissionDenied));
    assert_eq!(denied.to_string(), "permission denied");
}

#[test]
fn an_image_that_changes_under_the_reading_is_read_again_and_then_refused() {
    let scratch = Scratch::new();
    let path = scratch.write("image", vec![1; 3 * hash::CHUNK]);
    let image = image("a", &path);
    for (disturbances, tries) in [(1, 2), (2, 3), (9, 3)] {
        File::open(&path).and_then(|f| f.set_modified(SystemTime::UNIX_EPOCH)).expect("a time");
        let (mut chunks, mut left) = (0, disturbances);
        let mut disturb = |_: u8| {
            chunks += 1;
            if left > 0 && chunks % 3 == 2 {
                left -= 1;
                // Put another file in its place: the one that is open does not change at all.
                let next = scratch.write("next", vec![u8::try_from(chunks).expect("few"); 3 * hash::CHUNK]);
                fs::rename(next, &path).expect("renamed");
            }
        };
        let read = read::read(&image, &Search::default(), &mut disturb, &AtomicBool::new(false));
        assert_eq!(read.is_ok(), disturbances < 3, "{read:?}");
        assert_eq!(chunks, tries * 3);
    }
}

#[test]
fn an_image_that_shrinks_or_grows_under_the_reading_is_not_hashed_wrong() {
    let scratch = Scratch::new();
    for append in [true, false] {
        let path = scratch.write("image", vec![1; 3 * hash::CHUNK]);
        let mut is_cut = false;
        let mut disturb = |_: u8| {
            let mut file = OpenOptions::new().append(true).open(&path).expect("there");
            if append {
                file.write_all(b"x").expect("written");
            } else if !is_cut {
                file.set_len(hash::CHUNK as u64).expect("cut");
                is_cut = true;
            }
        };
        let read = read::read(&image("a", &path), &Search::default(), &mut disturb, &AtomicBool::new(false));
        // Cut once, it holds still at its new size.
        assert_eq!(read.is_err(), append, "{read:?}");
    }
}

#[test]
fn a_sparse_image_is_hashed_in_chunks() {
    let scratch = Scratch::new();
    let path = scratch.path().join("sparse");
    File::create(&path).and_then(|f| f.set_len(64 << 20)).expect("a file");
    let mut percents = vec![];
    let mut note = |percent| percents.push(percent);
    let read = read::read(&image("a", &path), &Search::after("x"), &mut note, &AtomicBool::new(false));
    let (hashed, search) = read.expect("a hash");
    assert_eq!((hashed.bytes, search.found()), (64 << 20, None));
    assert!(percents.is_sorted() && percents.last() == Some(&100));
    assert_eq!(percents.len(), (64 << 20) / hash::CHUNK);
}

#[tokio::test(start_paused = true)]
async fn one_bad_image_hides_no_other_and_is_told_once() {
    let scratch = Scratch::new();
    let good = scratch.write("good", "abc");
    let none = scratch.path().join("none");
    let mut running = Running::new(vec![image("none", &none), image("good", &good)]);
    let fault = running.told(fault_of).await;
    assert_eq!(fault, Fault { step: "hash".into(), what: format!("{}: does not exist", none.display()) });
    assert_eq!(running.told(digest_of).await, ABC);
    assert_eq!(running.bmc().firmware.len(), 1);
    // It is looked for again and again, and found when it comes.
    sleep(Duration::from_secs(100)).await;
    fs::write(&none, "abc").expect("written");
    let mut raised = vec![];
    while !running.bmc().firmware.contains_key(&id("none")) {
        raised.extend(fault_of(running.events.recv().await.expect("an event").what));
    }
    assert_eq!((raised, running.bmc().faults.clone()), (vec![], vec![]));
}

#[tokio::test(start_paused = true)]
async fn a_change_is_told_and_a_loss_leaves_the_digest_stale() {
    let scratch = Scratch::new();
    let path = scratch.write("image", "old");
    let literal = ImageSettings { version: VersionSource::Literal("1.0".into()), ..image("a", &path) };
    let mut running = Running::new(vec![literal]);
    let old = running.told(digest_of).await;
    scratch.write("image", "abc");
    assert_eq!(running.told(digest_of).await, ABC);
    fs::remove_file(&path).expect("there");
    let fault = running.told(fault_of).await;
    let lost = running.firmware("a");
    assert_eq!((lost.freshness.reason(), lost.active.version.as_str()), (fault.what.as_str(), "1.0"));
    assert_eq!(lost.digest.expect("the one of before").hex, ABC);
    scratch.write("image", "old");
    assert_eq!(running.told(digest_of).await, old);
    assert_eq!((running.firmware("a").freshness, running.bmc().faults.len()), (Freshness::Fresh, 0));
}

#[tokio::test(start_paused = true)]
async fn an_unchanged_image_is_hashed_again_after_the_interval() {
    // Not a file of this test: one that changed just now is hashed again at the next look.
    let image = image("a", Path::new("/bin/sh"));
    let mut running = Running::new(vec![image]);
    running.passes(1).await;
    let began = Instant::now();
    running.passes(2).await;
    let hours = began.elapsed().as_secs_f64() / 3600.0;
    assert!((1.9..2.1).contains(&hours), "{hours}");
}

#[tokio::test(start_paused = true)]
async fn a_version_that_is_lost_falls_back_and_is_told() {
    let scratch = Scratch::new();
    let (path, release) = (scratch.write("image", "abc"), scratch.write("release", "V=1.0"));
    let key = VersionSource::Key { file: release.clone(), key: "V".into() };
    let after = VersionSource::After("U-Boot ".into());
    let with = |name, version| ImageSettings { version, ..image(name, &path) };
    let mut running = Running::new(vec![with("key", key), with("after", after)]);
    let fault = running.told(fault_of).await;
    assert_eq!(fault.what, format!("{}: no version after \"U-Boot \"", path.display()));
    assert_eq!(running.firmware("after").active.version, "sha256:ba7816bf8f01");
    fs::remove_file(release).expect("there");
    assert!(running.told(fault_of).await.what.ends_with("release: does not exist"));
    assert_eq!(running.firmware("key").active.version, "1.0", "the same bytes have the version they had");
}

#[test]
fn progress_is_told_before_the_first_digest() {
    let store = Store::default();
    let image = ImageSettings { version: VersionSource::Literal("1.0".into()), ..image("a", Path::new("/a")) };
    let mut watched = [Watched::new(image)];
    let rule = ComponentRule {
        id: id("bmc"),
        matches: Default::default(),
        kind: Some("other".into()),
        name: Some("The BMC".into()),
        manufacturer: None,
        model: Some("AST2600".into()),
        parent: None,
        inventory_path: None,
        firmware: vec![],
    };
    progress(&mut watched, 0, &Heard { version: None, percent: 1 }, &[], &store);
    assert_eq!(store.model().borrow().components.len(), 0);
    for percent in [2, 40] {
        progress(&mut watched, 0, &Heard { version: Some("1.0".into()), percent }, std::slice::from_ref(&rule), &store);
        let bmc = Arc::clone(&store.model().borrow().components[&id("bmc")]);
        assert_eq!((bmc.kind.as_str(), bmc.name.as_str(), bmc.model.as_deref()), ("other", "The BMC", Some("AST2600")));
        let firmware = &bmc.firmware[&id("a")];
        assert_eq!((firmware.progress, firmware.active.version.as_str()), (Some(percent), "1.0"));
        assert_eq!(firmware.digest, None);
    }
}

#[tokio::test]
async fn dropping_it_stops_the_reading() {
    let scratch = Scratch::new();
    let path = scratch.path().join("huge");
    File::create(&path).and_then(|f| f.set_len(1 << 42)).expect("a sparse file of 4 TiB");
    let task = tokio::spawn(run(vec![image("a", &path)], vec![], Arc::default()));
    task::yield_now().await;
    task.abort();
    assert!(task.await.is_err_and(|e| e.is_cancelled()));
    // The runtime waits for the blocking thread at the end of this test.
}

#[test]
fn an_image_that_never_holds_still_gets_a_fifth_of_a_core() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a runtime").block_on(async {
        let mut watched = Watched::new(ImageSettings {
            check_interval: Duration::from_millis(100),
            interval: Duration::from_millis(100),
            ..image("a", Path::new("/a"))
        });
        let found = Found::Failed(read::ImageError::Changed);
        watched.rest(&found, Duration::from_secs(10));
        assert_eq!(watched.due() - Instant::now(), Duration::from_secs(40));
        watched.rest(&found, Duration::ZERO);
        assert_eq!(watched.due() - Instant::now(), Duration::from_millis(100));
    });
}
