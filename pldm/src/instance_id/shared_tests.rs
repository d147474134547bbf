//! Several who share ids on one real file: open files exclude each other within a process as they do between two.

use super::*;
use proptest::prelude::*;
use std::{
    fs, process,
    sync::atomic::{AtomicU32, Ordering},
};

const EXPIRY: Duration = Duration::from_secs(5);
const EID: Eid = Eid(20);

/// A file of `length` zero bytes that goes when this does.
struct Zeros(PathBuf);

impl Zeros {
    fn new(length: usize) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("pldm-instance-ids-{}-{}", process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::write(&path, vec![0; length]).unwrap();
        Self(path)
    }

    /// One more program.
    fn program(&self) -> SharedInstanceIds {
        SharedInstanceIds::new(&self.0)
    }
}

impl Drop for Zeros {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn numbers(ids: &SharedInstanceIds, count: usize, now: Instant) -> Vec<u8> {
    (0..count).map(|_| ids.take(EID, EXPIRY, now).unwrap().number()).collect()
}

fn id(number: u8) -> InstanceId {
    InstanceId::new(number).unwrap()
}

#[test]
fn no_id_is_anybody_elses() {
    let file = Zeros::new(8192);
    let (one, other, now) = (file.program(), file.program(), Instant::now());
    assert_eq!(numbers(&one, 3, now), [0, 1, 2]);
    assert_eq!(numbers(&other, 2, now), [3, 4]);
    one.release(EID, id(1));
    assert_eq!(numbers(&other, 27, now), (5..32).collect::<Vec<_>>());
    assert_eq!(numbers(&other, 1, now), [1]);
    assert_eq!(one.take(EID, EXPIRY, now), Err(Failure::InstanceIds), "0 and 2 are out, the other has the rest");
    assert_eq!(other.take(EID, EXPIRY, now), Err(Failure::InstanceIds));
    other.release(EID, id(30));
    assert_eq!(numbers(&one, 1, now), [30]);
    assert_eq!(one.take(Eid(21), EXPIRY, now), Ok(id(0)), "another endpoint has ids of its own");
}

#[test]
fn requesters_of_one_process_do_not_get_the_same_id_either() {
    let file = Zeros::new(8192);
    let (one, now) = (file.program(), Instant::now());
    let another = one.clone();
    assert_eq!(numbers(&one, 2, now), [0, 1]);
    assert_eq!(numbers(&another, 30, now), (2..32).collect::<Vec<_>>());
    assert_eq!(one.take(EID, EXPIRY, now), Err(Failure::InstanceIds));
}

#[test]
fn an_id_without_an_answer_stays_locked_until_it_expires() {
    let file = Zeros::new(8192);
    let (one, other, start) = (file.program(), file.program(), Instant::now());
    assert_eq!(numbers(&one, 2, start), [0, 1]);
    one.renew(EID, id(1), start + Duration::from_secs(3));
    let early = start + EXPIRY - Duration::from_millis(1);
    assert_eq!(one.take(Eid(99), EXPIRY, early), Ok(id(0)));
    assert_eq!(numbers(&other, 30, early), (2..32).collect::<Vec<_>>());
    assert_eq!(other.take(EID, EXPIRY, early), Err(Failure::InstanceIds));
    // Whoever asks next of any endpoint frees what expired; the renewed one has 3 s more.
    assert!(one.take(Eid(99), EXPIRY, start + EXPIRY).is_ok());
    assert_eq!(numbers(&other, 1, early), [0]);
    assert_eq!(other.take(EID, EXPIRY, early), Err(Failure::InstanceIds));
    assert!(one.take(Eid(99), EXPIRY, start + EXPIRY + Duration::from_secs(3)).is_ok());
    assert_eq!(numbers(&other, 1, early), [1]);
}

#[test]
fn who_ends_frees_all() {
    let file = Zeros::new(8192);
    let (one, other, now) = (file.program(), file.program(), Instant::now());
    assert_eq!(numbers(&one, 32, now).len(), 32);
    assert_eq!(other.take(EID, EXPIRY, now), Err(Failure::InstanceIds));
    drop(one);
    assert_eq!(numbers(&other, 32, now).len(), 32);
}

/// What another program sees of our locks, byte by byte: libpldm asks in the same way.
fn locked(path: &Path) -> Vec<libc::off_t> {
    let file = File::open(path).unwrap();
    let is_locked = |at: &libc::off_t| {
        let mut lock = libc::flock { l_start: *at, ..flock(libc::F_WRLCK, Eid(0), id(0)) };
        fcntl(&file, FcntlArg::F_OFD_GETLK(&mut lock)).unwrap();
        i32::from(lock.l_type) != libc::F_UNLCK
    };
    (0..8192).filter(is_locked).collect()
}

#[test]
fn each_id_is_its_own_byte() {
    let file = Zeros::new(8192);
    let (ids, now) = (file.program(), Instant::now());
    for eid in [0, 8, 255] {
        ids.take(Eid(eid), EXPIRY, now).unwrap();
    }
    numbers(&ids, 32, now);
    let expected: Vec<_> = [0, 8 * 32].into_iter().chain(20 * 32..21 * 32).chain([255 * 32]).collect();
    assert_eq!(locked(&file.0), expected);
    ids.release(EID, id(31));
    assert!(!locked(&file.0).contains(&(21 * 32 - 1)));
}

#[test]
fn somebody_elses_lock_of_any_kind_is_respected() {
    let file = Zeros::new(8192);
    let other = OpenOptions::new().read(true).write(true).open(&file.0).unwrap();
    for (number, kind) in [(0, libc::F_RDLCK), (2, libc::F_RDLCK), (4, libc::F_WRLCK)] {
        fcntl(&other, FcntlArg::F_OFD_SETLK(&flock(kind, EID, id(number)))).unwrap();
    }
    let (ids, now) = (file.program(), Instant::now());
    assert_eq!(numbers(&ids, 29, now), [1, 3].into_iter().chain(5..32).collect::<Vec<_>>());
    assert_eq!(ids.take(EID, EXPIRY, now), Err(Failure::InstanceIds));
}

#[test]
fn a_file_that_does_not_serve_is_told_and_looked_for_again() {
    let missing = Zeros::new(0);
    let (ids, now) = (missing.program(), Instant::now());
    let failure = || ids.take(EID, EXPIRY, now).unwrap_err();
    for length in [0, 8191] {
        fs::write(&missing.0, vec![0; length]).unwrap();
        assert_eq!(failure(), Failure::Sharing(SharingFault::TooShort(missing.0.as_path().into())));
    }
    fs::remove_file(&missing.0).unwrap();
    assert_eq!(failure(), Failure::Sharing(SharingFault::Open(missing.0.as_path().into(), io::ErrorKind::NotFound)));
    nix::unistd::mkfifo(&missing.0, nix::sys::stat::Mode::S_IRWXU).unwrap();
    let Failure::Sharing(fault) = failure() else { panic!("a FIFO") };
    let text = format!("instance ids cannot be shared: {} is no file of at least 8192 bytes", missing.0.display());
    assert_eq!(fault.to_string(), text);
    fs::remove_file(&missing.0).unwrap();
    fs::write(&missing.0, vec![0; 8192]).unwrap();
    assert_eq!(numbers(&ids, 1, now), [0]);
    let directory = SharedInstanceIds::new(std::env::temp_dir()).take(EID, EXPIRY, now);
    assert!(matches!(directory, Err(Failure::Sharing(SharingFault::TooShort(_)))));
}

proptest! {
    #[test]
    fn whatever_three_programs_do_no_id_is_out_twice(
        steps in prop::collection::vec((0..3usize, any::<bool>(), 0..64u64), 1..200),
    ) {
        let file = Zeros::new(8192);
        let programs = [file.program(), file.program(), file.program()];
        let (start, mut out) = (Instant::now(), Vec::<(usize, InstanceId)>::new());
        for (program, takes, which) in steps {
            if takes {
                match programs[program].take(EID, EXPIRY, start) {
                    Ok(id) => {
                        prop_assert!(!out.iter().any(|(_, held)| *held == id));
                        out.push((program, id));
                    }
                    Err(failure) => prop_assert_eq!((failure, out.len()), (Failure::InstanceIds, 32)),
                }
            } else if !out.is_empty() {
                let (program, id) = out.swap_remove(which as usize % out.len());
                programs[program].release(EID, id);
            }
        }
    }
}
