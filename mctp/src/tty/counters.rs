//! What a line has seen, and what it dropped and why.

use crate::{assembly::AssemblyCounters, serial::FrameCounters};

/// What a line has counted since it was started; no counter is ever reset.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct LineCounters {
    /// How often the line was opened.
    pub opened: u64,
    /// Bytes read.
    pub bytes_in: u64,
    /// Bytes written.
    pub bytes_out: u64,
    /// Frames written; those read are in [`FrameCounters`].
    pub frames_out: u64,
    /// What became of the bytes.
    pub framing: FrameCounters,
    /// Packets dropped: another header version, or no payload.
    pub bad_packet: u64,
    /// Packets dropped: they say that we sent them. The line echoes, or a device takes our endpoint id.
    pub echoed: u64,
    /// Packets dropped: for another endpoint than us.
    pub wrong_destination: u64,
    /// What became of the packets.
    pub assembly: AssemblyCounters,
    /// Messages dropped: they end with an integrity check, which none of our message types has.
    pub integrity_check: u64,
    /// Responses dropped: nobody waits for this tag, any more or at all.
    pub unasked: u64,
    /// Responses dropped: from another endpoint than the one that was asked.
    pub wrong_source: u64,
    /// Responses dropped: of another message type than the question.
    pub wrong_type: u64,
    /// Responses dropped: right tag, but not the answer, such as a late one to an earlier try.
    pub not_the_answer: u64,
    /// Responses dropped: the one who waits has too many to look at.
    pub mailbox_full: u64,
    /// Control requests that were answered.
    pub answered: u64,
    /// Control requests dropped: more than can be answered.
    pub answers_dropped: u64,
    /// Requests dropped: nobody listens, or too slowly.
    pub incoming_dropped: u64,
    /// Messages not written: the line went down before their turn.
    pub not_sent: u64,
}
