//! Golden vectors: what libpldm and real devices put on the wire, read and written by us. Do not change the vectors.
//!
//! Every vector is tested or named in [`LATER`]; a new one that is neither fails.

mod base;
mod firmware_update;
mod malformed;
mod vector;

use vector::Vector;

/// What this crate does not speak yet, or what belongs to another.
const LATER: [&str; 11] = [
    "edac.",
    "file.",
    "fru.",
    "malformed.ftab.",
    "malformed.gsr.",
    "malformed.gss.",
    "malformed.pdr.",
    "malformed.poll.",
    "mctp.",
    "pdr.",
    "platform.",
];

#[test]
fn every_vector_is_tested_or_left_for_later() {
    let (mut tested, mut missed) = (0, Vec::new());
    let vectors = Vector::all();
    for prefix in LATER {
        assert!(vectors.iter().any(|vector| vector.name.starts_with(prefix)), "{prefix} is no vector");
    }
    for vector in vectors {
        let later = LATER.iter().any(|prefix| vector.name.starts_with(prefix));
        let known = [base::check, firmware_update::check, malformed::check].iter().any(|check| check(&vector));
        assert!(!(known && later), "{} is tested, so it is not for later", vector.name);
        match known || later {
            true => tested += usize::from(known),
            false => missed.push(vector.name),
        }
    }
    assert_eq!(missed, [""; 0], "no test knows these");
    assert_eq!(tested, 94);
}
