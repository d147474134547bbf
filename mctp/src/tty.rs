//! A serial line with MCTP on it: [`Line`] is a [`Transport`] over a tty.
//!
//! One task owns the tty. Callers put frames into its queue and wait for their tag; it puts responses where they belong,
//! answers control questions about us, and hands every other question to those who listen.

mod counters;
mod exchanges;
mod pump;
mod receive;
mod shared;

pub use counters::LineCounters;

use crate::{
    Address, Answer, Answers, MessageType, Transport, TransportError, control::Identity, packet::Tag, patience,
};
use exchanges::{Exchanges, NoPlace, Ticket};
use shared::{Outgoing, Shared};
use std::{io, sync::Arc};
use tokio::{
    io::{AsyncRead, AsyncWrite, DuplexStream},
    sync::{broadcast, watch},
    task::AbortHandle,
};
use tokio_serial::{
    ClearBuffer, DataBits, FlowControl, Parity, SerialPort, SerialPortBuilderExt, SerialStream, StopBits,
};

/// What a line needs to know.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LineSettings {
    /// What people call it.
    pub name: String,
    /// The tty's path; a pty's will do.
    pub device: String,
    /// Its speed; 8N1 and no flow control.
    pub baud: u32,
    /// The network that the line is.
    pub network: u32,
    /// What we say of ourselves on it, our endpoint id first of all.
    pub identity: Identity,
}

/// Whether a line can carry messages.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum LineState {
    /// It cannot, and why.
    Down(String),
    /// It can.
    Up {
        /// How often it has been opened. What was learned before an opening may be wrong after it.
        generation: u64,
    },
}

/// A message that a device sent of its own accord. [`Line::reply`] answers it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Incoming {
    /// Who sent it.
    pub source: Address,
    /// Its tag.
    pub tag: Tag,
    /// What it speaks.
    pub message_type: MessageType,
    /// What follows the type byte.
    pub body: Vec<u8>,
    generation: u64,
}

/// What a line can be: a tty, or a pipe in a test.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin + 'static {
    /// Throws away what is not yet written or read, so that closing waits for nothing.
    fn discard(&mut self) {}
}

impl Stream for DuplexStream {}

impl Stream for SerialStream {
    fn discard(&mut self) {
        // A tty that is gone has nothing to throw away.
        let _ = self.clear(ClearBuffer::All);
    }
}

/// A serial line. Its task ends when it is dropped.
#[derive(Debug)]
pub struct Line {
    shared: Arc<Shared>,
    task: AbortHandle,
}

impl Line {
    /// Starts to keep the tty open. Must be called inside a tokio runtime; it does not wait.
    pub fn start(settings: LineSettings) -> Self {
        let builder = tokio_serial::new(&settings.device, settings.baud)
            .data_bits(DataBits::Eight)
            .parity(Parity::None)
            .stop_bits(StopBits::One)
            .flow_control(FlowControl::None);
        // Raw and exclusive (TIOCEXCL and flock) is how serialport opens.
        Self::over(settings, move || builder.clone().open_native_async().map_err(io::Error::from))
    }

    /// As [`Self::start`], over whatever `open` opens; `device` and `baud` are only names then.
    pub fn over<S: Stream>(settings: LineSettings, open: impl FnMut() -> io::Result<S> + Send + 'static) -> Self {
        let (shared, queue) = Shared::new(settings);
        let shared = Arc::new(shared);
        let task = tokio::spawn(pump::run(Arc::clone(&shared), queue, open)).abort_handle();
        Self { shared, task }
    }

    /// What the line was started with.
    pub fn settings(&self) -> &LineSettings {
        &self.shared.settings
    }

    /// Whether it is up, now and as it changes.
    pub fn state(&self) -> watch::Receiver<LineState> {
        self.shared.state.subscribe()
    }

    /// Messages that devices send of their own accord, from now on: PLDM events, Discovery Notify.
    pub fn incoming(&self) -> broadcast::Receiver<Incoming> {
        self.shared.incoming.subscribe()
    }

    /// Answers such a message.
    pub async fn reply(&self, question: &Incoming, body: &[u8]) -> Result<(), TransportError> {
        fits(body)?;
        let (to, tag) = (question.source.eid, question.tag.response());
        let message = self.shared.outgoing(question.generation, to, tag, question.message_type, body);
        let (asked_in, mut state) = (LineState::Up { generation: question.generation }, self.state());
        tokio::select! {
            biased;
            _ = state.wait_for(|state| *state != asked_in) => Err(TransportError::Down("since the question came".into())),
            sent = self.shared.queue.send(message) => sent.map_err(|_| TransportError::Down("closed".into())),
        }
    }

    /// What it has counted so far.
    pub fn counters(&self) -> LineCounters {
        *self.shared.counters()
    }

    async fn ask(
        &self,
        to: Address,
        kind: MessageType,
        body: &[u8],
        answers: Answers<'_>,
    ) -> Result<Vec<u8>, TransportError> {
        if to.network != self.shared.settings.network {
            return Err(TransportError::NoRoute(to));
        }
        fits(body)?;
        let place = Place::take(&self.shared, to, kind).await?;
        let tag = Tag::request(place.ticket.tag);
        place.send(self.shared.outgoing(place.ticket.generation, to.eid, tag, kind, body)).await?;
        loop {
            let answer = place.next().await?;
            if answers(&answer) {
                return Ok(answer);
            }
            self.shared.count(|counters| &mut counters.not_the_answer);
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Transport for Line {
    fn exchange<'a>(&'a self, to: Address, kind: MessageType, body: &'a [u8], answers: Answers<'a>) -> Answer<'a> {
        Box::pin(self.ask(to, kind, body, answers))
    }
}

/// The body and its type byte must fit.
fn fits(body: &[u8]) -> Result<(), TransportError> {
    let (length, limit) = (body.len().saturating_add(1), patience::MESSAGE_MOST);
    if length <= limit { Ok(()) } else { Err(TransportError::TooLong { length, limit }) }
}

/// A tag that is ours until this is dropped.
struct Place<'a> {
    shared: &'a Shared,
    ticket: Ticket,
}

impl<'a> Place<'a> {
    /// Waits until a tag is free, or the line is down.
    async fn take(shared: &'a Shared, to: Address, kind: MessageType) -> Result<Self, TransportError> {
        loop {
            let freed = shared.freed.notified();
            let begun = shared.exchanges().begin(to.eid, kind);
            match begun {
                Ok(ticket) => return Ok(Self { shared, ticket }),
                Err(NoPlace::Down(why)) => return Err(TransportError::Down(why)),
                Err(NoPlace::Busy) => freed.await,
            }
        }
    }

    /// Waits for a place in the queue, or for the end of the line.
    async fn send(&self, message: Outgoing) -> Result<(), TransportError> {
        tokio::select! {
            sent = self.shared.queue.send(message) => sent.map_err(|_| TransportError::Down("closed".into())),
            why = self.ended() => Err(TransportError::Down(why)),
        }
    }

    async fn next(&self) -> Result<Vec<u8>, TransportError> {
        loop {
            let looked = self.shared.exchanges().look(&self.ticket)?;
            match looked {
                Some(body) => return Ok(body),
                None => self.ticket.bell.notified().await,
            }
        }
    }

    async fn ended(&self) -> String {
        loop {
            let ended = self.shared.exchanges().ended(&self.ticket);
            match ended {
                Some(why) => return why,
                None => self.ticket.bell.notified().await,
            }
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.shared.exchanges().end(&self.ticket);
        self.shared.freed.notify_waiters();
    }
}

#[cfg(test)]
mod tests;
