//! Golden vectors: what libpldm and real devices put on the wire, read and written by us. Do not change the vectors.
//!
//! Every vector is tested or named in [`LATER`]; a new one that is neither fails.

mod base;
mod differences;
mod file;
mod firmware_update;
mod fru;
mod malformed;
mod pdr;
mod platform;
mod vector;

use vector::Vector;

/// What belongs to another crate.
const LATER: [&str; 1] = ["mctp."];

/// One for each family. Each says whether it knows the vector.
const CHECKS: [fn(&Vector) -> bool; 7] =
    [base::check, file::check, firmware_update::check, fru::check, malformed::check, pdr::check, platform::check];

#[test]
fn every_vector_is_tested_or_left_for_later() {
    let mut missed = Vec::new();
    let vectors = Vector::all();
    for prefix in LATER {
        assert!(vectors.iter().any(|vector| vector.name.starts_with(prefix)), "{prefix} is no vector");
    }
    for vector in vectors {
        let later = LATER.iter().any(|prefix| vector.name.starts_with(prefix));
        let known = CHECKS.iter().any(|check| check(&vector));
        assert!(!(known && later), "{} is tested, so it is not for later", vector.name);
        if !known && !later {
            missed.push(vector.name);
        }
    }
    assert_eq!(missed, [""; 0], "no test knows these");
}
