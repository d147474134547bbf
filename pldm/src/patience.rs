//! Every number that says how long, how often and how much: each with its reason.

use crate::Limits;
use std::{fmt, time::Duration};

/// PN1 (DSP0240): at least two retries, so three tries.
pub const TRIES: u32 = 3;

/// PT2 (DSP0240): how long one try waits, at least. A responder has 100 ms to answer and the way there and back two
/// times 100 ms; less than 300 ms would give up on devices that keep the specification.
pub const SHORTEST_TIME_OUT: Duration = Duration::from_millis(300);

/// PT2 (DSP0240): how long one try waits, at most. A longer wait meets the end of the instance id.
pub const LONGEST_TIME_OUT: Duration = Duration::from_millis(4800);

/// How long one try waits when nobody says otherwise. OpenBMC's pldmd takes 2 s, but three times that outlives the
/// instance id, and IBM met stale answers that way; three times 1.6 s does not.
pub const TIME_OUT: Duration = Duration::from_millis(1600);

/// PT3 (DSP0240): how long a responder remembers an instance id, 5 to 6 s. Simulators are given more.
pub const EXPIRY: Duration = Duration::from_secs(5);

/// How long to wait after ERROR_NOT_READY. DSP0240 names no number; DSP0267 gives 1 to 5 s for its own retries (FD_T2),
/// and what is not ready (a device that boots, or is busy in the background) needs seconds.
pub const NOT_READY_DELAY: Duration = Duration::from_secs(1);

/// How often a device may say ERROR_NOT_READY before we believe it: ten seconds. What takes longer is asked again by
/// the next inventory pass.
pub const NOT_READY_TRIES: u32 = 10;

/// GetPLDMVersion: real answers have one part, and the whole list is a few dozen bytes; a device whose parts are single
/// versions has sixteen. Each part has a try's time and some.
pub const VERSIONS: Limits = Limits { items: 256, parts: 16, time: Duration::from_secs(30) };

/// The table of FRU records: one record of the greatest length is just above 64 KiB, and a server's whole table a third
/// of that; twice the former, in parts as small as the smallest MCTP packet, takes four minutes at one part in 100 ms
/// (PT1), which only the hostile need.
pub const FRU_TABLE: Limits = Limits { items: 128 * 1024, parts: 2048, time: Duration::from_secs(240) };

/// Devices behind a device, or their firmware: an index has 16 bits, real devices have dozens behind them, and 4096 in
/// parts of one device each are beyond every bus we know of.
pub const DOWNSTREAM: Limits = Limits { items: 4096, parts: 4096, time: Duration::from_secs(600) };

/// A file, where the one who asks has no better idea: a crash dump of a mebibyte takes a line of 115200 baud 100 s, with
/// parts of 256 bytes, the smallest allowed, and their answers three times that. Twice as many parts as the smallest size needs
/// leave room for those that are asked for again.
pub const FILE: Limits = Limits { items: 1024 * 1024, parts: 8192, time: Duration::from_secs(600) };

/// The size of a part that we propose (DSP0240: a power of two, 256 at the least). 1 KiB takes 90 ms at 115200 baud and
/// a second at 9600, so one try ([`TIME_OUT`]) is enough for it on every line; mctp-rs proposes the same.
pub const PART_SIZE: u16 = 1024;

/// The size of a part that every device takes (DSP0240).
pub const SMALLEST_PART_SIZE: u16 = 256;

/// How much of a file is one section. Devices may keep a section in memory, and what a broken section loses is read again:
/// 16 KiB is small for both, and 16 parts of 1 KiB make the request that ends a section cheap.
pub const SECTION: u32 = 16 * 1024;

/// How often a part is asked for again when its checksum is wrong. What is wrong twice is not the line's fault, which
/// has its own checksum in every packet.
pub const PART_TRIES: u32 = 2;

/// How long we let a file go without a heartbeat, at most: longer than the longest call, so that one that needs all its
/// tries does not lose the file, and short enough that a device closes the file soon when we are gone.
pub const HEARTBEAT: Duration = Duration::from_secs(20);

/// How many bytes an event that is polled may have. The largest kind that counts its own bytes, an error record, does so
/// in 16 bits; twice that leaves room for vendors.
pub const EVENT_BYTES: usize = 0x2_0000;

/// How many parts an event may have: as many as 64 KiB in MCTP packets of 64 bytes, one part each, of which headers
/// leave about 40.
pub const EVENT_PARTS: u32 = 2048;

/// How long fetching one event may take. 64 KiB over I2C at 100 kHz take 6 s, and twice that in small parts; beyond a
/// minute other questions to the device matter more.
pub const EVENT_TIME: Duration = Duration::from_secs(60);

/// How often an event is fetched whose parts do not fit together: a second time, because something may have been lost
/// on the way; not a third, because then the device is at fault, and those behind it wait.
pub const EVENT_TRIES: u32 = 2;

/// How many bytes of a platform descriptor record are asked for at once. Nearly all records are shorter, so that one
/// request brings one; a device that has less room sends less and goes on with the next part.
pub const RECORD_PART: u16 = 1024;

/// How long one platform descriptor record may be: its length field says 16 bits, behind a header of 10 bytes.
pub const RECORD_BYTES: usize = 0xffff + 10;

/// How many parts one record may have: a device with the least buffer there is, 64 bytes for the whole message, sends a
/// record of 4 KiB in a hundred. Real ones are below 1 KiB.
pub const RECORD_PARTS: u32 = 128;

/// How long one record may take. The slowest line in the field brings 64 KiB in less.
pub const RECORD_TIME: Duration = Duration::from_secs(30);

/// How many records are read of one repository. A host's own has about a thousand, a device's a few hundred.
pub const RECORDS: usize = 4096;

/// How many bytes of one repository are read. Records have about a hundred bytes, so this is more than all of them.
/// Names of three bytes each, the worst that can be sent, take twenty times that in memory.
pub const REPOSITORY_BYTES: usize = 512 * 1024;

/// How long reading a repository may take, restarts included. A thousand records of a device that uses all of its
/// 100 ms for each, and as much again on the line, are 200 s.
pub const REPOSITORY_TIME: Duration = Duration::from_secs(600);

/// How often a repository that changes while it is read is begun: a device that adds its records while it starts is
/// done by the third time, and one that changes for ever would never be read.
pub const REPOSITORY_TRIES: u32 = 3;

/// How long to wait for a repository that is being updated before asking again. What changes it, a card that is plugged
/// in or a device that starts, takes seconds.
pub const REPOSITORY_UPDATE_DELAY: Duration = Duration::from_secs(1);

/// How often to wait so. A repository that is still being updated is read as it stands.
pub const REPOSITORY_UPDATE_TRIES: u32 = 30;

/// How many calls a requester remembers until they are taken: a whole inventory pass is about twenty.
pub const CALLS: usize = 256;

/// How long one endpoint is waited for. Only values that keep instance ids apart can be made.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Patience {
    time_out: Duration,
    tries: u32,
    expiry: Duration,
}

impl Patience {
    /// `tries` tries of `time_out` each, for a responder that remembers an instance id for `expiry`.
    ///
    /// All tries carry the same instance id, so the last must end before the responder forgets the first: otherwise it
    /// takes the retry for a new request, and two answers with one id are under way.
    pub fn new(time_out: Duration, tries: u32, expiry: Duration) -> Result<Self, Impatience> {
        if time_out < SHORTEST_TIME_OUT || time_out > LONGEST_TIME_OUT {
            return Err(Impatience::TimeOut(time_out));
        }
        if tries == 0 {
            return Err(Impatience::NoTry);
        }
        if time_out.checked_mul(tries).is_none_or(|all| all >= expiry) {
            return Err(Impatience::Outlives { time_out, tries, expiry });
        }
        Ok(Self { time_out, tries, expiry })
    }

    /// How long one try waits.
    pub const fn time_out(&self) -> Duration {
        self.time_out
    }

    /// How often a request is sent.
    pub const fn tries(&self) -> u32 {
        self.tries
    }

    /// How long an instance id without an answer is not used again.
    pub const fn expiry(&self) -> Duration {
        self.expiry
    }
}

impl Default for Patience {
    fn default() -> Self {
        Self { time_out: TIME_OUT, tries: TRIES, expiry: EXPIRY }
    }
}

/// Why there is no such [`Patience`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Impatience {
    /// The time-out is outside PT2.
    TimeOut(Duration),
    /// Zero tries ask nothing.
    NoTry,
    /// The tries together outlive the instance id.
    Outlives {
        /// How long one try waits.
        time_out: Duration,
        /// How many there are.
        tries: u32,
        /// How long the id lives.
        expiry: Duration,
    },
}

impl fmt::Display for Impatience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimeOut(time_out) => {
                write!(f, "time-out {time_out:?} is outside {SHORTEST_TIME_OUT:?} to {LONGEST_TIME_OUT:?} (PT2)")
            }
            Self::NoTry => write!(f, "at least one try is needed"),
            Self::Outlives { time_out, tries, expiry } => {
                write!(f, "{tries} tries of {time_out:?} outlive the instance id, which expires after {expiry:?} (PT3)")
            }
        }
    }
}

impl std::error::Error for Impatience {}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn the_default_is_one_that_may_be_made() {
        assert_eq!(Patience::new(TIME_OUT, TRIES, EXPIRY), Ok(Patience::default()));
    }

    #[test]
    fn tries_that_outlive_the_instance_id_are_refused() {
        assert!(Patience::new(2 * SECOND, 3, 6 * SECOND).is_err());
        assert!(Patience::new(2 * SECOND, 3, 7 * SECOND).is_ok());
        assert!(Patience::new(SECOND, u32::MAX, EXPIRY).is_err());
        let error = Patience::new(2 * SECOND, 3, EXPIRY).unwrap_err();
        assert_eq!(error.to_string(), "3 tries of 2s outlive the instance id, which expires after 5s (PT3)");
    }

    #[test]
    fn a_time_out_outside_the_specification_is_refused() {
        for time_out in [Duration::ZERO, SHORTEST_TIME_OUT / 2, LONGEST_TIME_OUT + SECOND, Duration::MAX] {
            assert_eq!(Patience::new(time_out, 1, Duration::MAX), Err(Impatience::TimeOut(time_out)));
        }
        assert_eq!(Patience::new(SECOND, 0, EXPIRY), Err(Impatience::NoTry));
    }
}
