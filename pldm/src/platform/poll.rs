//! PollForPlatformEventMessage (DSP0248, 0x0b): fetches events that wait in a terminus's queue, and takes them off it.

use super::event::{EventClass, EventData, EventId, FORMAT_VERSION};
use crate::{
    Answer, CallError, CompletionCode, Failure, Keep, Leniency, Lenient, Limits, Part, Parts, Request, Requester,
    TransferFault,
    base::{Tid, TransferFlag},
    crc32,
    message::request,
    patience,
};
use std::collections::HashSet;
use wire::{Damage, Malformed, Reader, Wire, Writer};

wire::codes! {
    /// What is asked for. Everywhere else zero and one alone are known: [`crate::base::TransferOperationFlag`].
    pub struct PollOperation(u8) {
        /// The part that the handle names.
        GET_NEXT_PART = 0x00,
        /// The first part of the first event in the queue.
        GET_FIRST_PART = 0x01,
        /// No part: the event goes off the queue.
        ACKNOWLEDGEMENT_ONLY = 0x02,
    }
}

wire::record! {
    /// Asks for a part of an event, or takes the event off the queue (DSP0248, PollForPlatformEventMessage, 0x0b).
    pub struct PollForPlatformEventMessage = "PollForPlatformEventMessage" {
        /// [`FORMAT_VERSION`].
        pub format_version: u8,
        /// What is asked for.
        pub transfer_operation_flag: PollOperation,
        /// Names the part. With the first: zero, or what a message poll event said.
        pub data_transfer_handle: u32,
        /// The event to take off the queue; [`EventId::NONE`] with the first part, [`EventId::FRAGMENT`] with others.
        pub event_id_to_acknowledge: EventId,
    }
}
request!(PLATFORM PollForPlatformEventMessage = 0x0b -> PolledPart, PolledPart::keep);

impl PollForPlatformEventMessage {
    /// The first part of the first event.
    pub const fn first(data_transfer_handle: u32) -> Self {
        let transfer_operation_flag = PollOperation::GET_FIRST_PART;
        let event_id_to_acknowledge = EventId::NONE;
        Self { format_version: FORMAT_VERSION, transfer_operation_flag, data_transfer_handle, event_id_to_acknowledge }
    }

    /// Another part of it.
    pub const fn next(data_transfer_handle: u32) -> Self {
        let transfer_operation_flag = PollOperation::GET_NEXT_PART;
        let event_id_to_acknowledge = EventId::FRAGMENT;
        Self { format_version: FORMAT_VERSION, transfer_operation_flag, data_transfer_handle, event_id_to_acknowledge }
    }

    /// Takes it off the queue.
    pub const fn acknowledge(event_id_to_acknowledge: EventId) -> Self {
        let transfer_operation_flag = PollOperation::ACKNOWLEDGEMENT_ONLY;
        Self {
            format_version: FORMAT_VERSION,
            transfer_operation_flag,
            data_transfer_handle: 0,
            event_id_to_acknowledge,
        }
    }
}

/// A part of an event, or that there is none.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PolledPart {
    /// Whose event it is.
    pub tid: Tid,
    /// The event. [`EventId::NONE`]: the queue is empty. [`EventId::FRAGMENT`]: more is to be polled.
    pub event_id: EventId,
    /// The part; none where there is no event.
    pub part: Option<EventPart>,
}

/// What there is of an event.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EventPart {
    /// Names the next part.
    pub next_data_transfer_handle: u32,
    /// Which part this is.
    pub transfer_flag: TransferFlag,
    /// What kind of event it is.
    pub class: EventClass,
    /// The part.
    pub data: Vec<u8>,
    /// The CRC-32 over all parts, as sent with the last. Devices leave it out where there is one part.
    pub checksum: Option<u32>,
}

impl Keep for PolledPart {
    fn read_kept(r: &mut Reader<'_>) -> Result<Answer<Self>, Malformed> {
        let (tid, event_id) = (r.get("tid")?, r.get("event_id")?);
        let (part, damage) = match event_id {
            EventId::NONE | EventId::FRAGMENT => (None, None),
            _ => EventPart::read_kept(r).map(|(part, damage)| (Some(part), damage))?,
        };
        Ok(Answer { value: Self { tid, event_id, part }, damage })
    }
}

impl EventPart {
    /// Reads the part's head, and as much of the rest as came.
    fn read_kept(r: &mut Reader<'_>) -> Result<(Self, Option<Malformed>), Malformed> {
        let next_data_transfer_handle = r.get("next_data_transfer_handle")?;
        let transfer_flag = r.get("transfer_flag")?;
        let class = r.get("event_class")?;
        let size: u32 = r.get("event_data_size")?;
        let (data, mut damage) = match r.take(size, "event_data") {
            Ok(data) => (data, None),
            Err(malformed) => (r.rest(), Some(malformed)),
        };
        let has_checksum = match transfer_flag {
            TransferFlag::END => damage.is_none(),
            TransferFlag::START_AND_END => !r.is_empty(),
            _ => false,
        };
        let checksum = has_checksum.then(|| r.get("event_data_integrity_checksum")).transpose();
        let checksum = checksum.unwrap_or_else(|malformed| {
            damage = Some(malformed);
            r.rest(); // less than a checksum, and told
            None
        });
        Ok((Self { next_data_transfer_handle, transfer_flag, class, data: data.to_vec(), checksum }, damage))
    }
}

impl Wire for PolledPart {
    const NAME: &'static str = "PollForPlatformEventMessage response";

    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        Self::read_whole(r)
    }

    fn write(&self, w: &mut Writer) -> Result<(), Malformed> {
        w.put(&self.tid)?;
        w.put(&self.event_id)?;
        let Some(part) = &self.part else { return Ok(()) };
        w.put(&part.next_data_transfer_handle)?;
        w.put(&part.transfer_flag)?;
        w.put(&part.class)?;
        w.len::<u32>(part.data.len(), "event_data")?;
        w.bytes(&part.data);
        part.checksum.map_or(Ok(()), |checksum| w.put(&checksum))
    }
}

impl Lenient for PolledPart {
    fn leniencies(&self) -> Vec<Leniency> {
        let bare = |part: &EventPart| part.transfer_flag == TransferFlag::START_AND_END && part.checksum.is_none();
        if self.part.as_ref().is_some_and(bare) { vec![Leniency::MissingChecksum] } else { Vec::new() }
    }
}

/// An event that was fetched, and taken off its queue unless a fault says otherwise.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Polled {
    /// Whose event it is.
    pub tid: Tid,
    /// Its name in the queue.
    pub event_id: EventId,
    /// What kind of event it is.
    pub class: EventClass,
    /// What it says; raw, and perhaps not all of it, if the transfer came to a wrong end.
    pub data: EventData,
    /// The first thing in an answer or in the data that was damaged.
    pub damage: Option<Malformed>,
    /// Why the transfer came to a wrong end, and why the event may still be on the queue.
    pub faults: Vec<CallError>,
}

/// Fetches the first event in the queue with all its parts, and takes it off the queue. None if the queue is empty.
///
/// An event whose parts do not fit together is fetched once more. If that does not help it is taken off the queue all
/// the same, so that those behind it can come, and given to the caller with its faults. An error means that there is no
/// event to give: the device did not answer, or not in a way that names an event. It then stays on the queue.
pub async fn poll(requester: &mut Requester) -> Result<Option<Polled>, CallError> {
    poll_from(requester, 0).await
}

/// Like [`poll`], beginning where a message poll event said
/// ([`MessagePoll::data_transfer_handle`](super::event::MessagePoll)).
pub async fn poll_from(requester: &mut Requester, data_transfer_handle: u32) -> Result<Option<Polled>, CallError> {
    let mut tries = 0u32;
    let mut polled = loop {
        let Some(polled) = fetch(requester, data_transfer_handle).await? else { return Ok(None) };
        tries = tries.saturating_add(1);
        if tries >= patience::EVENT_TRIES || !polled.faults.iter().any(may_pass) {
            break polled;
        }
    };
    let acknowledged = requester.call(&PollForPlatformEventMessage::acknowledge(polled.event_id)).await;
    polled.faults.extend(acknowledged.err());
    Ok(Some(polled))
}

/// Whether a second try may do better. What met a limit would meet it again, and a refusal is meant.
const fn may_pass(fault: &CallError) -> bool {
    matches!(fault.failure, Failure::Transfer(TransferFault::Checksum { .. } | TransferFault::Changed { .. }))
}

/// Fetches an event and leaves it on the queue.
async fn fetch(requester: &mut Requester, data_transfer_handle: u32) -> Result<Option<Polled>, CallError> {
    let mut parts =
        Parts::new(Limits { items: patience::EVENT_BYTES, parts: patience::EVENT_PARTS, time: patience::EVENT_TIME });
    let answer = requester.call(&PollForPlatformEventMessage::first(data_transfer_handle)).await?;
    let PolledPart { tid, event_id, part } = answer.value;
    let first = match (part, event_id) {
        (Some(part), _) => part,
        (None, EventId::NONE) => return Ok(None),
        (None, _) => return Err(nothing_named()), // not even that the queue is empty
    };
    let (class, mut damage, mut next) = (first.class, answer.damage, take(&mut parts, first));
    let fault = loop {
        let request = match next {
            Ok(Some(handle)) => PollForPlatformEventMessage::next(handle),
            Ok(None) => break None,
            Err(fault) => break Some(fault.of::<PollForPlatformEventMessage>()),
        };
        let answer = match requester.call(&request).await {
            Ok(answer) => answer,
            Err(error) if is_final(&error) => break Some(error),
            Err(error) => return Err(error),
        };
        damage = damage.or(answer.damage);
        next = match answer.value {
            PolledPart { tid: t, event_id: e, part: Some(part) } if (t, e, part.class) == (tid, event_id, class) => {
                take(&mut parts, part)
            }
            _ => Err(TransferFault::Changed { times: 1 }),
        };
    };
    let event = match fault {
        None => EventData::decode(class, &parts.items),
        Some(_) => Answer { value: EventData::Raw(parts.items), damage: None },
    };
    let damage = damage.or(event.damage);
    Ok(Some(Polled { tid, event_id, class, data: event.value, damage, faults: fault.into_iter().collect() }))
}

/// Takes a part and says which to ask for next; none behind the last, whose checksum is then that of all.
fn take(parts: &mut Parts<u8>, part: EventPart) -> Result<Option<u32>, TransferFault> {
    let EventPart { next_data_transfer_handle: next, transfer_flag, data, checksum, .. } = part;
    let next = parts.take(Part { place: transfer_flag.place(), next, items: data })?;
    match checksum {
        Some(sent) if next.is_none() => {
            let right = crc32(&parts.items);
            if sent == right { Ok(None) } else { Err(TransferFault::Checksum { sent, right }) }
        }
        _ => Ok(next),
    }
}

/// Whether the device said something that it will say again, rather than nothing.
fn is_final(error: &CallError) -> bool {
    match error.failure {
        Failure::Refused(code) => code != CompletionCode::ERROR_NOT_READY,
        Failure::Malformed(_) => true,
        _ => false,
    }
}

/// The first part was asked for, and neither a part came nor word that there is none.
fn nothing_named() -> CallError {
    let contradiction = Malformed { message: PolledPart::NAME, field: "event_id", damage: Damage::Contradiction };
    let (pldm_type, command) = (PollForPlatformEventMessage::TYPE, PollForPlatformEventMessage::NAME);
    CallError { pldm_type, command, failure: Failure::Malformed(contradiction) }
}

/// Why [`poll_all`] ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Drained {
    /// The queue is empty.
    Empty,
    /// As many events came as were wanted; there may be more.
    Most,
    /// An event came that was taken off the queue before. It was not given out again.
    Repeats(EventId),
}

/// Polls event after event, and gives each to `each`, until the queue is empty, `most` have come, or one comes twice.
pub async fn poll_all(
    requester: &mut Requester,
    most: usize,
    mut each: impl FnMut(Polled),
) -> Result<Drained, CallError> {
    let mut seen = HashSet::new();
    for _ in 0..most {
        match poll(requester).await? {
            None => return Ok(Drained::Empty),
            Some(polled) if !seen.insert(polled.event_id) => return Ok(Drained::Repeats(polled.event_id)),
            Some(polled) => each(polled),
        }
    }
    Ok(Drained::Most)
}

#[cfg(test)]
#[path = "poll_tests.rs"]
mod tests;
