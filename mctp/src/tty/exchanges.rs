//! Who waits for which answer: the tags of a line. No I/O.

use crate::{Eid, MessageType, TransportError, assembly::Message, patience};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};
use tokio::sync::Notify;

/// The exchanges under way, while the line is up.
#[derive(Debug)]
pub(super) struct Exchanges {
    /// Why the line is down, when it is.
    down: Option<String>,
    generation: u64,
    tickets: u64,
    /// The tag to try first, for each peer: the one after the last used, so that a number rests as long as it can.
    first: BTreeMap<Eid, u8>,
    pending: Vec<Pending>,
}

/// One exchange's place.
#[derive(Clone, Debug)]
pub(super) struct Ticket {
    number: u64,
    /// Which opening of the line it belongs to.
    pub(super) generation: u64,
    /// The message tag.
    pub(super) tag: u8,
    /// Rings when [`Exchanges::look`] has something new.
    pub(super) bell: Arc<Notify>,
}

/// Why there is no place.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum NoPlace {
    Down(String),
    Busy,
}

/// What a response came to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Delivery {
    Delivered,
    Unasked,
    WrongSource,
    WrongType,
    Full,
}

impl Exchanges {
    pub(super) const fn new(why_down: String) -> Self {
        Self { down: Some(why_down), generation: 0, tickets: 0, first: BTreeMap::new(), pending: Vec::new() }
    }

    /// The line is open. Gives the number of this opening.
    pub(super) fn up(&mut self) -> u64 {
        self.down = None;
        self.generation = self.generation.saturating_add(1);
        self.generation
    }

    /// The line is closed: every exchange ends.
    pub(super) fn down(&mut self, why: &str) {
        self.down = Some(why.to_owned());
        for pending in &mut self.pending {
            pending.ended = Some(why.to_owned());
            pending.bell.notify_one();
        }
    }

    /// Takes a tag for a question to `peer`.
    ///
    /// A question to the null endpoint id may be answered from any, so its tag must differ from every other one. The last
    /// tag is kept for it: however many endpoints are slow or dead, the line's own device can be asked who it is.
    pub(super) fn begin(&mut self, peer: Eid, message_type: MessageType) -> Result<Ticket, NoPlace> {
        if let Some(why) = &self.down {
            return Err(NoPlace::Down(why.clone()));
        }
        let first = self.first.get(&peer).copied().unwrap_or(0);
        let taken = |tag: u8| {
            let meets = |other: Eid| peer == other || peer == Eid::NULL || other == Eid::NULL;
            self.pending.iter().any(|pending| pending.tag == tag && meets(pending.peer))
        };
        let count = if peer == Eid::NULL { TAGS } else { TAGS.saturating_sub(1) };
        let mut tags = (0..count).map(|offset| first.wrapping_add(offset).checked_rem(count).unwrap_or(0));
        let tag = tags.find(|&tag| !taken(tag)).ok_or(NoPlace::Busy)?;
        self.first.insert(peer, tag.wrapping_add(1));
        self.tickets = self.tickets.wrapping_add(1);
        let (number, bell) = (self.tickets, Arc::new(Notify::new()));
        let (mail, ended) = (VecDeque::new(), None);
        self.pending.push(Pending { number, peer, tag, message_type, mail, bytes: 0, ended, bell: Arc::clone(&bell) });
        Ok(Ticket { number, generation: self.generation, tag, bell })
    }

    /// The exchange is over, or nobody waits for it any more: its tag is free.
    pub(super) fn end(&mut self, ticket: &Ticket) {
        self.pending.retain(|pending| pending.number != ticket.number);
    }

    /// The next candidate, or the end of the line.
    pub(super) fn look(&mut self, ticket: &Ticket) -> Result<Option<Vec<u8>>, TransportError> {
        let Some(pending) = self.pending.iter_mut().find(|pending| pending.number == ticket.number) else {
            return Ok(None);
        };
        if let Some(body) = pending.mail.pop_front() {
            pending.bytes = pending.bytes.saturating_sub(body.len());
            return Ok(Some(body));
        }
        pending.ended.clone().map_or(Ok(None), |why| Err(TransportError::Down(why)))
    }

    /// Whether the line went down under this exchange.
    pub(super) fn ended(&self, ticket: &Ticket) -> Option<String> {
        self.pending.iter().find(|pending| pending.number == ticket.number).and_then(|pending| pending.ended.clone())
    }

    /// Puts a response where it belongs.
    pub(super) fn deliver(&mut self, message: Message) -> Delivery {
        let tag = message.tag.number;
        let Message { source, message_type, body, .. } = message;
        let mut on_tag = self.pending.iter_mut().filter(|pending| pending.tag == tag).peekable();
        if on_tag.peek().is_none() {
            return Delivery::Unasked;
        }
        let Some(pending) = on_tag.find(|pending| pending.peer == source || pending.peer == Eid::NULL) else {
            return Delivery::WrongSource;
        };
        if pending.message_type != message_type {
            return Delivery::WrongType;
        }
        let bytes = pending.bytes.saturating_add(body.len());
        if pending.mail.len() >= patience::MAILBOX_MESSAGES || bytes > patience::MAILBOX_BYTES {
            return Delivery::Full;
        }
        pending.bytes = bytes;
        pending.mail.push_back(body);
        pending.bell.notify_one();
        Delivery::Delivered
    }
}

/// DSP0236 8.1 gives the tag three bits.
const TAGS: u8 = 8;

#[derive(Debug)]
struct Pending {
    number: u64,
    peer: Eid,
    tag: u8,
    message_type: MessageType,
    mail: VecDeque<Vec<u8>>,
    bytes: usize,
    ended: Option<String>,
    bell: Arc<Notify>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::Tag;

    fn open() -> Exchanges {
        let mut exchanges = Exchanges::new("not opened".into());
        exchanges.up();
        exchanges
    }

    fn response(source: u8, number: u8, body: &[u8]) -> Message {
        Message {
            source: Eid(source),
            destination: Eid(8),
            tag: Tag { owner: false, number },
            message_type: MessageType::PLDM,
            integrity_check: false,
            body: body.to_vec(),
        }
    }

    #[test]
    fn a_peer_has_seven_tags_and_a_freed_one_rests_longest() {
        let mut exchanges = open();
        let mut begin = |peer| exchanges.begin(Eid(peer), MessageType::PLDM);
        let tickets: Vec<_> = (0..7).map(|_| begin(20).unwrap()).collect();
        assert_eq!(tickets.iter().map(|ticket| ticket.tag).collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5, 6]);
        assert_eq!(begin(20).unwrap_err(), NoPlace::Busy);
        assert_eq!(begin(21).unwrap().tag, 0);
        assert_eq!(begin(0).unwrap().tag, 7, "nobody else's");
        assert_eq!(begin(0).unwrap_err(), NoPlace::Busy, "the null id meets every other");
        exchanges.end(&tickets[3]);
        exchanges.end(&tickets[1]);
        assert_eq!(exchanges.begin(Eid(20), MessageType::PLDM).unwrap().tag, 1);
        assert_eq!(exchanges.begin(Eid(20), MessageType::PLDM).unwrap().tag, 3);
        let mut alone = open();
        let tags = (0..9).map(|_| {
            let ticket = alone.begin(Eid(20), MessageType::PLDM).unwrap();
            alone.end(&ticket);
            ticket.tag
        });
        assert_eq!(tags.collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5, 6, 0, 1]);
    }

    #[test]
    fn a_response_reaches_only_the_one_who_asked() {
        let mut exchanges = open();
        let ticket = exchanges.begin(Eid(20), MessageType::PLDM).unwrap();
        assert_eq!(exchanges.deliver(response(20, 1, b"")), Delivery::Unasked);
        assert_eq!(exchanges.deliver(response(21, 0, b"")), Delivery::WrongSource);
        let spdm = Message { message_type: MessageType::SPDM, ..response(20, 0, b"") };
        assert_eq!(exchanges.deliver(spdm), Delivery::WrongType);
        assert_eq!(exchanges.look(&ticket), Ok(None));
        assert_eq!(exchanges.deliver(response(20, 0, b"yes")), Delivery::Delivered);
        assert_eq!(exchanges.look(&ticket), Ok(Some(b"yes".to_vec())));
        exchanges.end(&ticket);
        assert_eq!(exchanges.deliver(response(20, 0, b"late")), Delivery::Unasked);
    }

    #[test]
    fn a_mailbox_has_bounds() {
        let mut exchanges = open();
        let ticket = exchanges.begin(Eid(20), MessageType::PLDM).unwrap();
        for _ in 0..patience::MAILBOX_MESSAGES {
            assert_eq!(exchanges.deliver(response(20, 0, b"stray")), Delivery::Delivered);
        }
        assert_eq!(exchanges.deliver(response(20, 0, b"stray")), Delivery::Full);
        while exchanges.look(&ticket).unwrap().is_some() {}
        let long = vec![0; patience::MESSAGE_MOST - 1];
        let deliveries: Vec<_> = (0..3).map(|_| exchanges.deliver(response(20, 0, &long))).collect();
        assert_eq!(deliveries, [Delivery::Delivered, Delivery::Delivered, Delivery::Full]);
    }

    #[test]
    fn an_exchange_ends_with_its_line_even_when_the_line_comes_back_at_once() {
        let mut exchanges = open();
        let ticket = exchanges.begin(Eid(20), MessageType::PLDM).unwrap();
        exchanges.down("unplugged");
        assert_eq!(exchanges.begin(Eid(20), MessageType::PLDM).unwrap_err(), NoPlace::Down("unplugged".into()));
        assert_eq!(exchanges.up(), 2);
        assert_eq!(exchanges.look(&ticket), Err(TransportError::Down("unplugged".into())));
    }
}
