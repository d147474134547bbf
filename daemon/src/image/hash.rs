//! The hash of a stream: blocking, in bounded memory, stoppable, and nothing else. What it reads does not matter here.

use super::search::Search;
use crate::model::Algorithm;
use sha2::{Sha256, Sha384, Sha512};
use std::{
    fmt::Write as _,
    io::{self, Read},
    sync::atomic::{AtomicBool, Ordering},
};

/// How much is read at once: large enough that system calls do not count, small enough for a BMC.
pub const CHUNK: usize = 256 * 1024;

/// What came of a stream.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Hashed {
    /// The digest in lower-case hexadecimal.
    pub hex: String,
    /// How many bytes there were.
    pub bytes: u64,
}

/// Why there is no hash.
#[derive(Debug)]
pub enum HashError {
    /// The stop flag was raised.
    Stopped,
    /// Reading failed at this byte.
    Io(u64, io::Error),
}

/// Hashes `source` up to its end.
///
/// `search` sees every byte on its way, `progress` learns after each chunk how many bytes are done, and `stop` is
/// looked at before each.
pub fn hash(
    source: &mut impl Read,
    algorithm: Algorithm,
    search: &mut Search,
    progress: &mut dyn FnMut(u64),
    stop: &AtomicBool,
) -> Result<Hashed, HashError> {
    match algorithm {
        Algorithm::Sha256 => run::<Sha256>(source, search, progress, stop),
        Algorithm::Sha384 => run::<Sha384>(source, search, progress, stop),
        Algorithm::Sha512 => run::<Sha512>(source, search, progress, stop),
    }
}

fn run<D: sha2::Digest>(
    source: &mut impl Read,
    search: &mut Search,
    progress: &mut dyn FnMut(u64),
    stop: &AtomicBool,
) -> Result<Hashed, HashError> {
    let (mut digest, mut done) = (D::new(), 0_u64);
    let mut take = |chunk: &[u8]| {
        digest.update(chunk);
        search.feed(chunk);
        done = done.saturating_add(u64::try_from(chunk.len()).unwrap_or(u64::MAX));
        progress(done);
    };
    let bytes = through(source, &mut take, stop)?;
    Ok(Hashed { hex: hex(&digest.finalize()), bytes })
}

/// Hands `source` over, chunk by chunk up to its end, and says how many bytes there were. `stop` is looked at before each.
pub fn through(source: &mut impl Read, take: &mut dyn FnMut(&[u8]), stop: &AtomicBool) -> Result<u64, HashError> {
    let mut buffer = vec![0; CHUNK];
    let mut bytes = 0_u64;
    loop {
        if stop.load(Ordering::Relaxed) {
            return Err(HashError::Stopped);
        }
        let length = match source.read(&mut buffer) {
            Ok(0) => return Ok(bytes),
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(HashError::Io(bytes, error)),
        };
        take(buffer.get(..length).unwrap_or_default());
        bytes = bytes.saturating_add(u64::try_from(length).unwrap_or(u64::MAX));
    }
}

/// A digest in lower-case hexadecimal.
pub fn hex(digest: &[u8]) -> String {
    digest.iter().fold(String::new(), |mut hex, byte| {
        _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cmp::min;

    /// Gives bytes in pieces of one size, fails or is interrupted where told.
    struct Pieces<'a> {
        left: &'a [u8],
        size: usize,
        interrupt: bool,
        fail_at_end: bool,
    }

    impl Read for Pieces<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.interrupt = !self.interrupt;
            if self.interrupt {
                return Err(io::ErrorKind::Interrupted.into());
            }
            if self.left.is_empty() && self.fail_at_end {
                return Err(io::Error::other("flash is worn"));
            }
            let (now, later) = self.left.split_at(min(min(self.size, buffer.len()), self.left.len()));
            buffer[..now.len()].copy_from_slice(now);
            self.left = later;
            Ok(now.len())
        }
    }

    fn hashed(bytes: &[u8], algorithm: Algorithm, size: usize) -> Hashed {
        let mut pieces = Pieces { left: bytes, size, interrupt: false, fail_at_end: false };
        hash(&mut pieces, algorithm, &mut Search::default(), &mut |_| {}, &AtomicBool::new(false)).expect("a hash")
    }

    #[test]
    fn the_examples_of_fips_180_4() {
        for (algorithm, begins) in [
            (Algorithm::Sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (Algorithm::Sha384, "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded163"),
            (Algorithm::Sha512, "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea2"),
        ] {
            for size in [1, 2, 3] {
                let Hashed { hex, bytes } = hashed(b"abc", algorithm, size);
                assert!(hex.starts_with(begins), "{hex}");
                assert_eq!(bytes, 3);
            }
        }
        assert_eq!(hashed(b"", Algorithm::Sha256, 1).hex.get(..8), Some("e3b0c442"));
    }

    #[test]
    fn a_failing_read_says_where() {
        let mut pieces = Pieces { left: &[0; 70], size: 32, interrupt: false, fail_at_end: true };
        let result = hash(&mut pieces, Algorithm::Sha256, &mut Search::default(), &mut |_| {}, &AtomicBool::new(false));
        assert!(matches!(result, Err(HashError::Io(70, _))));
    }

    #[test]
    fn it_stops_in_the_middle_of_an_endless_stream() {
        let stop = AtomicBool::new(false);
        let mut progress = |bytes| stop.store(bytes > 1_000_000, Ordering::Relaxed);
        let result = hash(&mut io::repeat(0), Algorithm::Sha512, &mut Search::default(), &mut progress, &stop);
        assert!(matches!(result, Err(HashError::Stopped)));
    }
}
