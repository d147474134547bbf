//! Every number of patience of this crate, and why it has its value.
//!
//! Names in capitals are those of DSP0236's control protocol timing where it has one.

use std::time::Duration;

/// How long a responder may take. We answer from memory within the same read, so it is only the base of [`MT2`].
pub const MT1: Duration = Duration::from_millis(100);

/// How long one try waits for the answer: the least that DSP0236 allows (MT1 plus twice MT3), since a line at 115200 baud
/// carries a control message in a millisecond and every empty slot behind a bridge costs this much.
pub const MT2: Duration = Duration::from_millis(300);

/// How long a packet may be under way to a neighbour; part of [`MT2`].
pub const MT3: Duration = Duration::from_millis(100);

/// How long a responder may remember an instance id. All tries of one request end well before it, so that a request with
/// a reused instance id is never taken for a repetition.
pub const MT4: Duration = Duration::from_secs(5);

/// How often a request is repeated: DSP0236 asks for at least two, and each more delays the verdict "silent" by [`MT2`].
pub const MN1: u32 = 2;

/// How often an endpoint id behind a bridge is asked whether anybody is there, all tries together. Most slots are empty,
/// so one repetition for a lost packet is all that is spent on them.
pub const PROBE_TRIES: u32 = 2;

/// How many endpoint ids behind a bridge are asked at once: empty ones then cost a quarter of the time, and four small
/// messages and their answers still fit into [`MT2`] on a line of 9600 baud.
pub const PROBES_AT_ONCE: usize = 4;

/// The most endpoint ids a bridge gets. mctpd's default is the same; fifteen empty slots cost two and a half seconds.
pub const POOL_MOST: u8 = 15;

/// How many devices keep their endpoint id while they are away. A board has fewer; a device that invents a UUID at every
/// reset must not grow our memory.
pub const REMEMBERED: usize = 64;

/// The longest message, its type byte included, in both directions. The longest we ask for is a PLDM file part, which
/// negotiates its size; SPDM certificate portions end at 64 KiB.
pub const MESSAGE_MOST: usize = 64 * 1024;

/// How long an assembly waits for its next packet. A full packet takes 80 ms at 9600 baud; ten others may come between.
pub const ASSEMBLY_WAIT: Duration = Duration::from_secs(1);

/// How many messages of one line are put together at once. Eight tags to one peer, and as many for a second; with
/// [`MESSAGE_MOST`] this bounds a hostile line to one mebibyte.
pub const ASSEMBLIES: usize = 16;

/// How many bytes one read takes. About ninety of the smallest frames, after which the exchanges get their turn.
pub const READ_CHUNK: usize = 1024;

/// How many bytes of candidate answers one exchange holds before it looks at them. One longest message, and small strays
/// beside it.
pub const MAILBOX_BYTES: usize = 2 * MESSAGE_MOST;

/// How many candidate answers one exchange holds before it looks at them: more than one [`READ_CHUNK`] can bring.
pub const MAILBOX_MESSAGES: usize = 128;

/// How many messages wait to be written. Each exchange waits for its place; a flood of requests to us is dropped here.
pub const WRITE_QUEUE: usize = 8;

/// How many requests of devices (events, Discovery Notify) wait for those who listen; a power of two.
pub const INCOMING_QUEUE: usize = 32;

/// How long a write may make no progress before the line counts as down. A tty buffer of 4 KiB drains in 4.3 s at 9600 baud
/// and any single byte of it in a millisecond: a second without one means that nothing moves.
pub const WRITE_STALL: Duration = Duration::from_secs(1);

/// The first pause before a line is opened again: an adapter that re-enumerates on USB is back about then.
pub const OPEN_PAUSE_FIRST: Duration = Duration::from_millis(250);

/// The longest pause before a line is opened again. A board module plugged in is seen within it; six tries a minute cost
/// nothing.
pub const OPEN_PAUSE_MOST: Duration = Duration::from_secs(10);

/// How long a requester waits, and how often it asks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Patience {
    /// How long one try waits for its answer.
    pub each: Duration,
    /// How many tries there are, the first one included.
    pub tries: u32,
}

impl Patience {
    /// What DSP0236 asks of a control requester.
    pub const CONTROL: Self = Self { each: MT2, tries: MN1.saturating_add(1) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_tries_end_before_the_instance_id_expires() {
        assert!(Patience::CONTROL.each * Patience::CONTROL.tries < MT4);
        assert!(MT2 >= MT1 + 2 * MT3);
        assert!(INCOMING_QUEUE.is_power_of_two());
    }
}
