//! [`Transport`]: one message out, the message that answers it back.

use crate::{Address, MessageType};
use std::{fmt, future::Future, io, pin::Pin, sync::Arc};

/// Tells the answer from a stray: late, duplicated or meant for an earlier try. It sees the body, without the type byte.
pub type Answers<'a> = &'a (dyn Fn(&[u8]) -> bool + Send + Sync);

/// The answer's body, without the type byte, when it comes.
pub type Answer<'a> = Pin<Box<dyn Future<Output = Result<Vec<u8>, TransportError>> + Send + 'a>>;

/// A way to endpoints. The kernel's sockets, a tty, a fault injector and a tracer are all one of these.
///
/// Several exchanges may be under way at once; each has a tag of its own (DSP0236 8.1) and a late answer to an earlier
/// one never reaches a later one.
pub trait Transport: Send + Sync {
    /// Sends `body` as one request message and waits for the message that `answers` it; others on the same tag are
    /// dropped and counted. It waits without end: the caller knows how long, and dropping the future frees the tag.
    fn exchange<'a>(
        &'a self,
        to: Address,
        message_type: MessageType,
        body: &'a [u8],
        answers: Answers<'a>,
    ) -> Answer<'a>;
}

impl<T: Transport + ?Sized> Transport for &T {
    fn exchange<'a>(&'a self, to: Address, kind: MessageType, body: &'a [u8], answers: Answers<'a>) -> Answer<'a> {
        (**self).exchange(to, kind, body, answers)
    }
}

impl<T: Transport + ?Sized> Transport for Arc<T> {
    fn exchange<'a>(&'a self, to: Address, kind: MessageType, body: &'a [u8], answers: Answers<'a>) -> Answer<'a> {
        (**self).exchange(to, kind, body, answers)
    }
}

/// Why a message did not reach its endpoint, or why none can come back.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum TransportError {
    /// The line is down: not there, unplugged, or not to be opened.
    Down(String),
    /// No way leads to this endpoint.
    NoRoute(Address),
    /// Every tag for this endpoint is in use.
    Busy(Address),
    /// The message is longer than the transport carries.
    TooLong {
        /// The message's length in bytes, type byte included.
        length: usize,
        /// The longest that goes.
        limit: usize,
    },
    /// The operating system refused.
    Io(io::ErrorKind, String),
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Down(why) => write!(f, "line down: {why}"),
            Self::NoRoute(to) => write!(f, "no route to {to}"),
            Self::Busy(to) => write!(f, "every tag for {to} is in use"),
            Self::TooLong { length, limit } => write!(f, "message of {length} bytes, at most {limit} go"),
            Self::Io(kind, what) => write!(f, "{what}: {kind}"),
        }
    }
}

impl std::error::Error for TransportError {}

impl From<io::Error> for TransportError {
    fn from(error: io::Error) -> Self {
        Self::Io(error.kind(), error.to_string())
    }
}
