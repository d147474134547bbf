//! What is done with the bytes of a line: frames, packets, messages, and then answers to us and questions to us.

use super::{Incoming, exchanges::Delivery, shared::Shared};
use crate::{
    Address, Eid, MessageType,
    assembly::{Assembler, Limits, Message},
    control::{Command, Header, respond},
    packet::Packet,
    patience,
    serial::Decoder,
};
use std::sync::Arc;
use tokio::time::Instant;
use wire::Reader;

/// Turns a line's bytes into deliveries.
#[derive(Debug)]
pub(super) struct Receive {
    shared: Arc<Shared>,
    decoder: Decoder,
    assembler: Assembler,
    generation: u64,
}

impl Receive {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, decoder: Decoder::default(), assembler: Assembler::new(Limits::default()), generation: 0 }
    }

    /// The line was opened again: nothing that had begun will end.
    pub(super) fn restart(&mut self, generation: u64) {
        self.generation = generation;
        self.decoder.reset();
        self.assembler.clear();
    }

    /// Takes the next bytes.
    pub(super) fn take(&mut self, bytes: &[u8], now: Instant) {
        for &byte in bytes {
            let Some(packet) = self.decoder.feed(byte) else { continue };
            let Ok(packet) = Packet::parse(packet) else {
                self.shared.count(|counters| &mut counters.bad_packet);
                continue;
            };
            // A line that echoes would otherwise have us answer our own questions, and look like a device with our id.
            if packet.header.source == self.shared.settings.identity.eid {
                self.shared.count(|counters| &mut counters.echoed);
                continue;
            }
            if !for_us(&packet, self.shared.settings.identity.eid) {
                self.shared.count(|counters| &mut counters.wrong_destination);
                continue;
            }
            if let Some(message) = self.assembler.feed(&packet, now) {
                self.dispatch(message);
            }
        }
        let mut counters = self.shared.counters();
        counters.bytes_in = counters.bytes_in.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        counters.framing = self.decoder.counters();
        counters.assembly = self.assembler.counters();
    }

    fn dispatch(&self, message: Message) {
        if message.integrity_check {
            self.shared.count(|counters| &mut counters.integrity_check);
        } else if message.tag.owner {
            self.question(message);
        } else {
            let delivery = self.shared.exchanges().deliver(message);
            match delivery {
                Delivery::Delivered => {}
                Delivery::Unasked => self.shared.count(|counters| &mut counters.unasked),
                Delivery::WrongSource => self.shared.count(|counters| &mut counters.wrong_source),
                Delivery::WrongType => self.shared.count(|counters| &mut counters.wrong_type),
                Delivery::Full => self.shared.count(|counters| &mut counters.mailbox_full),
            }
        }
    }

    /// Control questions are answered here, from memory; all others and Discovery Notify go to those who listen.
    fn question(&self, message: Message) {
        if message.message_type != MessageType::CONTROL {
            return self.publish(message);
        }
        if let Some(answer) = respond(&self.shared.settings.identity, &message.body) {
            let (to, tag) = (message.source, message.tag.response());
            let answer = self.shared.outgoing(self.generation, to, tag, MessageType::CONTROL, &answer);
            match self.shared.queue.try_send(answer) {
                Ok(()) => self.shared.count(|counters| &mut counters.answered),
                Err(_) => self.shared.count(|counters| &mut counters.answers_dropped),
            }
        }
        if is_discovery_notify(&message.body) {
            self.publish(message);
        }
    }

    fn publish(&self, message: Message) {
        let incoming = &self.shared.incoming;
        let address = Address { network: self.shared.settings.network, eid: message.source };
        let Message { tag, message_type, body, .. } = message;
        // The oldest stay, so that a flood cannot push out what came before it.
        let room = incoming.len() < patience::INCOMING_QUEUE;
        let incoming_message = Incoming { source: address, tag, message_type, body, generation: self.generation };
        if !room || incoming.send(incoming_message).is_err() {
            self.shared.count(|counters| &mut counters.incoming_dropped);
        }
    }
}

/// The null endpoint id is whoever reads it, and questions may go to everybody (DSP0236 8.2).
fn for_us(packet: &Packet<'_>, own: Eid) -> bool {
    let destination = packet.header.destination;
    let to_all = destination == Eid::BROADCAST && packet.header.flags.tag().owner;
    destination == own || destination == Eid::NULL || to_all
}

fn is_discovery_notify(body: &[u8]) -> bool {
    let header = Reader::new("control request", body).get::<Header>("header");
    header.is_ok_and(|header| header.is_request() && header.command == Command::DISCOVERY_NOTIFY)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{control::Identity, serial::frame, tty::LineSettings};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_frames_are_taken_within_the_bounds(
            packets in prop::collection::vec(prop::collection::vec(prop_oneof![0..10u8, any::<u8>()], 4..20), 0..200),
        ) {
            let (name, device) = (String::new(), String::new());
            let identity = Identity::owner(Eid(8));
            let (shared, queue) = Shared::new(LineSettings { name, device, baud: 0, network: 1, identity });
            let shared = Arc::new(shared);
            let mut receive = Receive::new(Arc::clone(&shared));
            receive.restart(shared.up());
            let _news = shared.incoming.subscribe();
            let _ticket = shared.exchanges().begin(Eid(9), MessageType::PLDM);
            for mut packet in packets {
                packet[0] = 1;
                receive.take(&frame(&packet), Instant::now());
            }
            let counters = shared.counters();
            prop_assert_eq!(counters.framing.noise, 0);
            prop_assert!(queue.len() <= patience::WRITE_QUEUE && shared.incoming.len() <= patience::INCOMING_QUEUE);
        }
    }
}
