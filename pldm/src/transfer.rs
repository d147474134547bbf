//! Data that comes in parts: one way to put them together for every PLDM type, and an end for every transfer that a
//! device would not end by itself.
//!
//! PLDM counts parts in three dialects ([`TransferFlag`](crate::base::TransferFlag),
//! [`PdrTransferFlag`](crate::platform::PdrTransferFlag), [`TransferOperation`](crate::base::TransferOperation)); each
//! is a type of its own, and [`Place`] is what all of them come to.

use crate::{CallError, Failure, Request, Requester};
use std::{collections::HashSet, fmt, time::Duration};
use tokio::time::Instant;
use wire::Malformed;

/// Where in its transfer a part stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Place {
    /// The first of several.
    First,
    /// Neither the first nor the last.
    Middle,
    /// The last of several.
    Last,
    /// All there is.
    Only,
}

/// One part of something larger.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Part<T> {
    /// Where it stands; a flag that means nothing, as it was sent.
    pub place: Result<Place, u8>,
    /// Names the next part, where there is one.
    pub next: u32,
    /// What it brings.
    pub items: Vec<T>,
}

/// A request for one part.
pub trait Multipart: Request {
    /// What the parts are made of: bytes, or whole entries of a table.
    type Item;
    /// What the answer brings.
    fn part(response: Self::Response) -> Part<Self::Item>;
    /// Asks for the part that `handle` names.
    fn next(&self, handle: u32) -> Self;
}

/// How much a transfer may bring, in how many parts, and how long it may take.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// How many items: bytes, mostly.
    pub items: usize,
    /// How many parts: an empty part brings nothing and costs a request all the same.
    pub parts: u32,
    /// How long, from the first request.
    pub time: Duration,
}

/// What came, and why it is not all.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Transferred<T> {
    /// What came in good order.
    pub items: Vec<T>,
    /// The first thing in an answer that was damaged and did not end the transfer.
    pub damage: Option<Malformed>,
    /// Why the transfer ended before its last part.
    pub cut: Option<CallError>,
}

/// Asks for part after part until the last has come. An error means that not even the first came.
pub async fn transfer<R: Multipart>(
    requester: &mut Requester,
    first: R,
    limits: Limits,
) -> Result<Transferred<R::Item>, CallError> {
    let (mut parts, mut request, mut damage) = (Parts::new(limits), first, None);
    let cut = loop {
        let answer = match requester.call(&request).await {
            Ok(answer) => answer,
            Err(error) if parts.is_new() => return Err(error),
            Err(error) => break Some(error),
        };
        damage = damage.or(answer.damage);
        match parts.take(R::part(answer.value)) {
            Ok(Some(handle)) => request = request.next(handle),
            Ok(None) => break None,
            Err(fault) => break Some(fault.of::<R>()),
        }
    };
    Ok(Transferred { items: parts.items, damage, cut })
}

/// What came of a transfer so far. No I/O.
#[derive(Debug)]
pub struct Parts<T> {
    limits: Limits,
    began: Instant,
    handles: HashSet<u32>,
    count: u32,
    /// What came in good order.
    pub items: Vec<T>,
}

impl<T> Parts<T> {
    /// Nothing yet; the time begins now.
    pub fn new(limits: Limits) -> Self {
        Self { limits, began: Instant::now(), handles: HashSet::new(), count: 0, items: Vec::new() }
    }

    /// Whether no part has come.
    pub const fn is_new(&self) -> bool {
        self.count == 0
    }

    /// Takes a part and says which to ask for next; none behind the last.
    pub fn take(&mut self, part: Part<T>) -> Result<Option<u32>, TransferFault> {
        let place = part.place.map_err(TransferFault::UnknownFlag)?;
        let starts = matches!(place, Place::First | Place::Only);
        if starts != self.is_new() {
            return Err(TransferFault::OutOfOrder(place));
        }
        let Limits { items, parts, time } = self.limits;
        if self.items.len().saturating_add(part.items.len()) > items {
            return Err(TransferFault::TooMuch { limit: items });
        }
        self.count = self.count.saturating_add(1);
        self.items.extend(part.items);
        if matches!(place, Place::Last | Place::Only) {
            return Ok(None);
        }
        if !self.handles.insert(part.next) {
            return Err(TransferFault::Loop { handle: part.next });
        }
        if self.count >= parts {
            return Err(TransferFault::TooManyParts { limit: parts });
        }
        if self.began.elapsed() >= time {
            return Err(TransferFault::TooSlow { limit: time });
        }
        Ok(Some(part.next))
    }
}

/// Why a transfer did not come to its end, or came to a wrong one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TransferFault {
    /// A part's transfer flag means nothing.
    UnknownFlag(u8),
    /// A first part where one had come, or another where none had.
    OutOfOrder(Place),
    /// A part names as the next one that was asked for already.
    Loop {
        /// Its handle.
        handle: u32,
    },
    /// A part brings nothing and is not the last.
    Empty,
    /// More came than anything of its kind can be.
    TooMuch {
        /// How much would have been taken.
        limit: usize,
    },
    /// More parts came than anything of its kind has.
    TooManyParts {
        /// How many would have been taken.
        limit: u32,
    },
    /// It took longer than anything of its kind may.
    TooSlow {
        /// How long would have been waited.
        limit: Duration,
    },
    /// The checksum is not that of what came.
    Checksum {
        /// As it was sent.
        sent: u32,
        /// As it should be.
        right: u32,
    },
    /// What was read changed while it was read, every time.
    Changed {
        /// How often it was begun.
        times: u32,
    },
}

impl TransferFault {
    /// As the error of a call of `R`.
    pub fn of<R: Request>(self) -> CallError {
        CallError { pldm_type: R::TYPE, command: R::NAME, failure: Failure::Transfer(self) }
    }
}

impl fmt::Display for TransferFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownFlag(flag) => write!(f, "transfer flag {flag:#04x} means nothing"),
            Self::OutOfOrder(Place::First | Place::Only) => write!(f, "a first part came in the middle of a transfer"),
            Self::OutOfOrder(Place::Middle | Place::Last) => write!(f, "the transfer began without a first part"),
            Self::Loop { handle } => write!(f, "the transfer leads back to part {handle:#010x}"),
            Self::Empty => write!(f, "a part that is not the last brings nothing"),
            Self::TooMuch { limit } => write!(f, "the transfer brings more than {limit}"),
            Self::TooManyParts { limit } => write!(f, "the transfer has more than {limit} parts"),
            Self::TooSlow { limit } => write!(f, "the transfer takes more than {} s", limit.as_secs_f64()),
            Self::Checksum { sent, right } => write!(f, "checksum {sent:#010x} should be {right:#010x}"),
            Self::Changed { times } => write!(f, "it changed while it was read, {times} times"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { items: 10, parts: 4, time: Duration::from_secs(1) };

    fn part(place: Place, next: u32, items: &[u8]) -> Part<u8> {
        Part { place: Ok(place), next, items: items.to_vec() }
    }

    #[tokio::test(start_paused = true)]
    async fn parts_in_order_make_a_whole() {
        let mut parts = Parts::new(LIMITS);
        assert_eq!(parts.take(part(Place::First, 7, b"ab")), Ok(Some(7)));
        assert_eq!(parts.take(part(Place::Middle, 8, b"")), Ok(Some(8)));
        assert_eq!(parts.take(part(Place::Last, 7, b"c")), Ok(None));
        assert_eq!(parts.items, b"abc");
        assert_eq!(Parts::new(LIMITS).take(part(Place::Only, 0, b"x")), Ok(None));
    }

    #[tokio::test(start_paused = true)]
    async fn parts_out_of_order_end_it_and_keep_what_came() {
        let mut parts = Parts::new(LIMITS);
        for place in [Place::Middle, Place::Last] {
            assert_eq!(parts.take(part(place, 1, b"a")), Err(TransferFault::OutOfOrder(place)));
        }
        assert_eq!(parts.take(part(Place::First, 1, b"a")), Ok(Some(1)));
        for place in [Place::First, Place::Only] {
            assert_eq!(parts.take(part(place, 2, b"b")), Err(TransferFault::OutOfOrder(place)));
        }
        let unknown = Part { place: Err(9), next: 2, items: vec![] };
        assert_eq!(parts.take(unknown), Err(TransferFault::UnknownFlag(9)));
        assert_eq!(parts.items, b"a");
    }

    #[tokio::test(start_paused = true)]
    async fn a_transfer_that_never_ends_ends_here() {
        let mut parts = Parts::new(LIMITS);
        assert_eq!(parts.take(part(Place::First, 1, b"")), Ok(Some(1)));
        assert_eq!(parts.take(part(Place::Middle, 1, b"")), Err(TransferFault::Loop { handle: 1 }));

        let mut parts = Parts::new(LIMITS);
        parts.take(part(Place::First, 0, b"")).unwrap();
        let ends = (1..9).find_map(|next| parts.take(part(Place::Middle, next, b"")).err());
        assert_eq!(ends, Some(TransferFault::TooManyParts { limit: 4 }));

        let mut parts = Parts::new(LIMITS);
        parts.take(part(Place::First, 0, b"12345678")).unwrap();
        assert_eq!(parts.take(part(Place::Middle, 1, b"123")), Err(TransferFault::TooMuch { limit: 10 }));
        assert_eq!(parts.items, b"12345678");

        let mut parts = Parts::new(LIMITS);
        parts.take(part(Place::First, 0, b"")).unwrap();
        tokio::time::advance(LIMITS.time).await;
        assert_eq!(parts.take(part(Place::Middle, 1, b"")), Err(TransferFault::TooSlow { limit: LIMITS.time }));
    }
}
