//! A device that follows a script. Each byte of it is a decision, and 0 always means to do what is right, so a script of
//! zeros is an honest device. When the script is at its end one decision is repeated for ever.

use mctp::{Address, Answer, Answers, MessageType, Transport, TransportError};
use pldm::{crc8, crc32};
use std::{sync::Mutex, time::Duration};
use tokio::time::sleep;

/// How long an exchange takes at least: 64 bytes and as many back at 115200 baud.
pub const PACE: Duration = Duration::from_millis(12);

/// How long it takes mostly. Patience then ends by time, after so few exchanges that many scripts can be tried; at
/// [`PACE`] it ends by parts, records and bytes.
const SLOW: Duration = Duration::from_millis(400);

/// The device.
pub struct Device(Mutex<State>);

struct State {
    script: Vec<u8>,
    at: usize,
    /// What it decides when the script has ended.
    then: u8,
    /// What its transfers bring.
    blob: Vec<u8>,
    /// How much of it a part has.
    part: usize,
    pace: Duration,
    /// How many records its repository has.
    records: u32,
    /// Goes up when its repository changes.
    epoch: u8,
    /// Handles that nobody has seen.
    fresh: u32,
    /// Where the section that is read ends, and the checksum of what was sent of it.
    section: (usize, Vec<u8>),
    last: Vec<u8>,
}

/// What comes back: each message after a while, until one is an answer, or an error, or nothing for ever.
type Reaction = Result<Vec<(Duration, Vec<u8>)>, TransportError>;

impl Device {
    /// A device that does what `script` says.
    pub fn new(script: &[u8]) -> Self {
        let mut state = State {
            script: script.into(),
            at: 0,
            then: 0,
            blob: Vec::new(),
            part: 0,
            pace: SLOW,
            records: 0,
            epoch: 0,
            fresh: 0x1000_0000,
            section: (0, Vec::new()),
            last: Vec::new(),
        };
        state.then = state.byte();
        let part = state.byte();
        (state.part, state.pace) = (usize::from(part % 64) + 8, if part >= 0xf8 { PACE } else { SLOW });
        state.records = u32::from(state.byte() % 12);
        let length = usize::from(state.byte());
        state.blob = state.bytes(length);
        Self(Mutex::new(state))
    }
}

impl Transport for Device {
    fn exchange<'a>(&'a self, to: Address, _: MessageType, body: &'a [u8], answers: Answers<'a>) -> Answer<'a> {
        let reaction = self.0.lock().unwrap().react(to, body);
        Box::pin(async move {
            for (after, message) in reaction? {
                sleep(after).await;
                if answers(&message) {
                    return Ok(message);
                }
            }
            std::future::pending().await
        })
    }
}

impl State {
    fn byte(&mut self) -> u8 {
        let byte = self.script.get(self.at).copied().unwrap_or_default();
        self.at += 1;
        byte
    }

    fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count.min(self.script.len().saturating_sub(self.at))).map(|_| self.byte()).collect()
    }

    fn react(&mut self, to: Address, request: &[u8]) -> Reaction {
        let decision = if self.at < self.script.len() { self.byte() } else { self.then };
        let mut right = self.reply(request, 0, decision % 16 == 15);
        let pace = self.pace;
        let at_once = |message: Vec<u8>| Ok(vec![(pace, message)]);
        let reaction = match decision % 16 {
            6 => {
                right.truncate(3);
                right.push(self.byte());
                at_once(right)
            }
            7 => {
                right.truncate(4);
                let count = self.byte().into();
                right.extend(self.bytes(count));
                at_once(right)
            }
            8 => {
                right.truncate(usize::from(self.byte()) % (right.len() + 1));
                at_once(right)
            }
            9 => {
                let count = usize::from(self.byte() % 16) + 1;
                right.extend(self.bytes(count));
                at_once(right)
            }
            10 => {
                let (at, mask) = (usize::from(self.byte()) % right.len(), self.byte());
                right[at] ^= mask;
                at_once(right)
            }
            // A wrong header, an answer to the question before, and then the right one, twice.
            11 => {
                let mut wrong = right.clone();
                wrong[usize::from(self.byte() % 3)] ^= self.byte();
                let stale = self.last.clone();
                Ok([wrong, stale, right.clone(), right.clone()].map(|message| (pace / 4, message)).into())
            }
            12 => Ok(Vec::new()),
            13 => Ok(vec![(pace + Duration::from_millis(100) * self.byte().into(), right.clone())]),
            14 => Err(match self.byte() % 4 {
                0 => TransportError::NoRoute(to),
                1 => TransportError::Busy(to),
                2 => TransportError::TooLong { length: request.len(), limit: 0 },
                _ => TransportError::Down("unplugged".into()),
            }),
            _ => at_once(right),
        };
        if let Ok(Some((_, message))) = reaction.as_ref().map(|all| all.last()) {
            self.last.clone_from(message);
        }
        reaction
    }

    /// The right reply, or one that lies about its parts.
    fn reply(&mut self, request: &[u8], code: u8, lies: bool) -> Vec<u8> {
        let [first, pldm_type, command, rest @ ..] = request else { return Vec::new() };
        let mut reply = vec![first & 0x1f, *pldm_type, *command, code];
        reply.extend(self.payload(*pldm_type, *command, rest, lies));
        reply
    }

    fn payload(&mut self, pldm_type: u8, command: u8, request: &[u8], lies: bool) -> Vec<u8> {
        let number = |at: usize| {
            let bytes = request.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
            bytes.map_or(0, u32::from_le_bytes)
        };
        match (pldm_type, command) {
            (0, 3) => {
                [&[0; 4], &[5][..], &[0, 0xf0, 0xf3, 0xf1], &crc32(&[0, 0xf0, 0xf3, 0xf1]).to_le_bytes()].concat()
            }
            (0, 4) => vec![0xb5, 0, 0, 0, 0, 0, 0, 0],
            (0, 5) => [[0xff; 8], [0; 8], [0xff; 8], [0; 8]].concat(),
            (0, 7) => vec![0, 1, 0x81, 0, 0, 0, 0, 0, 0, 0],
            (0, 9) => {
                self.section(request.get(1).copied().unwrap_or_default(), [number(6), number(10), number(14)], lies)
            }
            (2, 0x0b) => self.event(request.get(1).copied().unwrap_or_default(), number(2), lies),
            (2, 0x50) => self.about(lies),
            (2, 0x51) => self.record(number(0), number(4), lies),
            (4, 1) => [&[1, 0][..], &[0xff; 4], &[0; 12]].concat(),
            (4, 2 | 4) => {
                let table = [&self.blob[..], &crc32(&self.blob).to_le_bytes()].concat();
                let (next, flag, part) = self.part_of(&table, number(0), [1, 2, 4, 5], lies);
                [&next.to_le_bytes()[..], &[flag], part].concat()
            }
            (5, 4 | 5) => {
                let table = self.blob.clone();
                let (next, flag, part) = self.part_of(&table, number(0), [1, 2, 4, 5], lies);
                let length = u32::try_from(part.len()).unwrap_or(u32::MAX).to_le_bytes();
                [&next.to_le_bytes()[..], &[flag], &length, &[u8::from(!part.is_empty()), 0], part].concat()
            }
            (7, 1) => vec![0x21, 0],
            (7, 3) => vec![0xf4, 1, 0, 0],
            (7, 2) | (2, 4) => Vec::new(),
            _ => self.blob.clone(),
        }
    }

    /// The part of `whole` that begins at `handle`, what is next, and the flag for first, middle, last or only.
    fn part_of<'a>(&mut self, whole: &'a [u8], handle: u32, flags: [u8; 4], lies: bool) -> (u32, u8, &'a [u8]) {
        let start = usize::try_from(handle).unwrap_or(usize::MAX).min(whole.len());
        let end = (start + self.part).min(whole.len());
        let [first, middle, last, only] = flags;
        let flag = match (start == 0, end == whole.len()) {
            (true, true) => only,
            (true, false) => first,
            (false, true) => last,
            (false, false) => middle,
        };
        let (next, part) = (u32::try_from(end).unwrap_or(u32::MAX), &whole[start..end]);
        if !lies {
            return (if end == whole.len() { 0 } else { next }, flag, part);
        }
        self.fresh += 1;
        match self.byte() % 8 {
            0 => (self.fresh, if handle == 0 { first } else { middle }, &whole[..whole.len().min(self.part)]), // for ever
            1 => (self.fresh, if handle == 0 { first } else { middle }, &[]),
            2 => (handle, middle, part),
            3 => (next, self.byte(), part),
            4 => (0, first, part),
            5 => (next, last, &whole[..start]),
            6 => (u32::MAX, only, whole),
            _ => (next, flag, &part[..part.len() / 2]),
        }
    }

    fn section(&mut self, operation: u8, [handle, offset, length]: [u32; 3], lies: bool) -> Vec<u8> {
        if operation > 1 && operation < 4 {
            return vec![8, 0, 0, 0, 0, 0, 0, 0, 0]; // it has ended
        }
        let at = |number: u32| usize::try_from(number).unwrap_or(usize::MAX).min(self.blob.len());
        let start = if operation == 0 {
            self.section = (at(offset.saturating_add(length)), Vec::new());
            at(offset)
        } else {
            at(handle)
        };
        let whole = self.blob[start..self.section.0.max(start)].to_vec();
        let (next, flag, part) =
            self.part_of(&whole, 0, if operation == 0 { [1, 2, 4, 5] } else { [2, 2, 4, 4] }, lies);
        self.section.1.extend(part);
        let next = next.saturating_add(u32::try_from(start).unwrap_or_default());
        let length = u32::try_from(part.len()).unwrap_or_default();
        let crc = crc32(&self.section.1);
        [&[flag][..], &next.to_le_bytes(), &length.to_le_bytes(), part, &crc.to_le_bytes()].concat()
    }

    /// One event after another until the script has ended, or for ever.
    fn event(&mut self, operation: u8, handle: u32, lies: bool) -> Vec<u8> {
        if operation == 2 || (!lies && self.at >= self.script.len()) {
            return vec![9, 0, 0]; // nothing waits
        }
        let id = 1 + u16::from(self.byte() % 8);
        let data = self.blob.clone();
        let (next, flag, part) = self.part_of(&data, handle, [1, 2, 4, 5], lies);
        let length = u32::try_from(part.len()).unwrap_or_default().to_le_bytes();
        let class = data.first().copied().unwrap_or_default() % 9;
        let mut payload = [&[9][..], &id.to_le_bytes(), &next.to_le_bytes(), &[flag, class], &length, part].concat();
        if flag == 4 || flag == 5 {
            payload.extend(crc32(&data).to_le_bytes());
        }
        payload
    }

    fn about(&mut self, lies: bool) -> Vec<u8> {
        if lies {
            self.epoch = self.epoch.wrapping_add(1);
        }
        let state = if lies { self.byte() % 3 } else { 0 };
        let times = [self.epoch; 26];
        [&[state][..], &times, &self.records.to_le_bytes(), &[0, 4, 0, 0], &[100, 0, 0, 0], &[0]].concat()
    }

    /// A record of some kind with as much of the script's bytes as it takes.
    fn record(&mut self, handle: u32, transfer: u32, lies: bool) -> Vec<u8> {
        const KINDS: [u8; 12] = [1, 2, 4, 6, 9, 11, 13, 15, 16, 20, 21, 30];
        let kind = KINDS[usize::try_from(handle).unwrap_or_default() % KINDS.len()];
        let body = self.blob.iter().chain(&[0; 40]).take(100).copied().collect::<Vec<_>>();
        let length = u16::try_from(body.len()).unwrap_or_default();
        let header = [&handle.to_le_bytes()[..], &[1, kind, self.epoch, 0], &length.to_le_bytes()].concat();
        let record = [header, body].concat();
        let (next_part, flag, part) = self.part_of(&record, transfer, [0, 1, 4, 5], lies);
        let next = if lies { self.byte().into() } else { (handle + 1) % self.records.max(1) };
        let length = u16::try_from(part.len()).unwrap_or_default().to_le_bytes();
        let mut payload = [&next.to_le_bytes()[..], &next_part.to_le_bytes(), &[flag], &length, part].concat();
        if flag == 4 {
            payload.push(crc8(&record));
        }
        payload
    }
}
