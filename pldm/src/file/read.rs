//! Reading a file: DfOpen, then section after section by MultipartReceive, then DfClose.

use super::{DfClose, DfHeartbeat, DfOpen, FileDescriptor, FileIdentifier, OpenAttributes};
use crate::{
    CallError, CompletionCode, Failure, Leniency, Lenient, Limits, Place, PldmType, Requester, TransferFault,
    base::{
        MultipartReceive, MultipartReceived, NegotiateTransferParameters, PldmTypes, TransferFlag, TransferOperation,
    },
    crc::crc32_after,
    crc32, patience,
};
use std::time::Duration;
use tokio::time::Instant;
use wire::Malformed;

/// What came of a file.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct FileRead {
    /// The file from its beginning, as far as it came in good order.
    pub bytes: Vec<u8>,
    /// What had to be overlooked, one entry each time.
    pub overlooked: Vec<Leniency>,
    /// The first thing in an answer that was damaged and did not end the transfer.
    pub damage: Option<Malformed>,
    /// Why the bytes end before the file, or the limit, does.
    pub cut: Option<CallError>,
    /// Why the transfer or the file could not be closed in order; the bytes are not concerned.
    pub unclosed: Option<CallError>,
}

impl Lenient for FileRead {
    fn leniencies(&self) -> Vec<Leniency> {
        self.overlooked.iter().copied().chain(self.damage.map(Leniency::from)).collect()
    }
}

/// Reads a file from its beginning to its end, or to the limit (DSP0242, DfRead; DSP0240, MultipartReceive).
///
/// `limits` say how many bytes are wanted at most, and how many parts and how long they may take;
/// [`patience::FILE`] is for those who know nothing of the file. An error means that not even the first part came.
///
/// A read that is dropped leaves the file open until the device misses the heartbeat ([`patience::HEARTBEAT`]). It makes
/// hundreds of calls: whoever keeps a record of calls should read with [`Requester::another`].
pub async fn read(requester: &mut Requester, file: FileIdentifier, limits: Limits) -> Result<FileRead, CallError> {
    let mut got = FileRead::default();
    let part_size = negotiate(requester, &mut got).await?;
    let open = requester.call(&DfOpen { file_identifier: file, attributes: OpenAttributes::default() }).await?;
    got.damage = got.damage.or(open.damage);
    let file = open.value.file_descriptor;
    let (began, heartbeat) = (Instant::now(), Some(Heartbeat { every: Duration::ZERO, last: Instant::now() }));
    let mut reading =
        Reading { requester, file, limits, part_size, heartbeat, began, parts: 0, under_way: false, ended: false, got };
    let ended = reading.sections().await;
    reading.close(ended).await
}

/// Agrees on the size of a part; a device that does not know how sends parts of the smallest size.
async fn negotiate(requester: &mut Requester, got: &mut FileRead) -> Result<u16, CallError> {
    let types = PldmTypes::from_iter([PldmType::BASE, PldmType::FILE]);
    let request = NegotiateTransferParameters {
        requester_part_size: patience::PART_SIZE,
        requester_protocol_support: types.bitmap,
    };
    match requester.call(&request).await {
        Ok(answer) => {
            let size = answer.value.responder_part_size;
            let sound = size.is_power_of_two() && size >= patience::SMALLEST_PART_SIZE;
            got.overlooked.extend((!sound).then_some(Leniency::Contradiction));
            got.damage = answer.damage;
            Ok(size.clamp(patience::SMALLEST_PART_SIZE, patience::PART_SIZE))
        }
        Err(error) if is_gone(&error) => Err(error),
        Err(_) => Ok(patience::SMALLEST_PART_SIZE),
    }
}

/// Whether nobody answers: then there is no use in asking for anything more.
const fn is_gone(error: &CallError) -> bool {
    matches!(error.failure, Failure::Silent { .. } | Failure::Transport(_) | Failure::InstanceIds)
}

/// A file that is open.
struct Reading<'a> {
    requester: &'a mut Requester,
    file: FileDescriptor,
    limits: Limits,
    part_size: u16,
    heartbeat: Option<Heartbeat>,
    began: Instant,
    parts: u32,
    /// Whether a section was begun and not ended.
    under_way: bool,
    /// Whether the section before came to its end by the device's own word.
    ended: bool,
    got: FileRead,
}

/// When the device wants to hear of us.
struct Heartbeat {
    /// Half of what is the longest it waits.
    every: Duration,
    last: Instant,
}

/// How a section ended.
#[derive(PartialEq)]
enum Section {
    /// More may follow it.
    Filled,
    /// The file ends in it.
    LastOfFile,
}

/// What is asked for next within a section.
struct Step {
    operation: TransferOperation,
    handle: u32,
}

impl Reading<'_> {
    async fn sections(&mut self) -> Result<(), CallError> {
        loop {
            let offset = u32::try_from(self.got.bytes.len()).unwrap_or(u32::MAX);
            let left = self.limits.items.saturating_sub(self.got.bytes.len());
            let length =
                u32::try_from(left).unwrap_or(u32::MAX).min(patience::SECTION).min(u32::MAX.saturating_sub(offset));
            if length == 0 {
                return Ok(());
            }
            if let Some(error) = &self.got.unclosed {
                return Err(error.clone());
            }
            if self.section(offset, length).await? == Section::LastOfFile {
                return Ok(());
            }
        }
    }

    /// Reads one section: its parts in order, and says at the end that they came.
    async fn section(&mut self, offset: u32, length: u32) -> Result<Section, CallError> {
        let fault = |fault: TransferFault| fault.of::<MultipartReceive>();
        let limit = usize::try_from(length).unwrap_or(usize::MAX);
        let (mut came, mut first, mut checksum, mut tries) = (0usize, true, 0, 1);
        let mut step = Step { operation: TransferOperation::FIRST_PART, handle: 0 };
        loop {
            let part = match self.part(&step, offset, length).await {
                // Beyond the end of the file, which is where the section before ended.
                Err(CallError { failure: Failure::Refused(code), .. })
                    if first && offset > 0 && self.is_the_end(code) =>
                {
                    return Ok(Section::LastOfFile);
                }
                part => part?,
            };
            let place = part.transfer_flag.place().map_err(|flag| fault(TransferFault::UnknownFlag(flag)))?;
            if matches!(place, Place::First | Place::Only) != first {
                return Err(fault(TransferFault::OutOfOrder(place)));
            }
            if part.data.len() > limit.saturating_sub(came) {
                return Err(fault(TransferFault::TooMuch { limit }));
            }
            match self.judge(checksum, &part) {
                Ok(right) => checksum = right,
                Err(_) if tries < patience::PART_TRIES => {
                    tries = tries.saturating_add(1);
                    step.operation = TransferOperation::CURRENT_PART;
                    continue;
                }
                Err(wrong) => return Err(fault(wrong)),
            }
            let (empty, last) = (part.data.is_empty(), matches!(place, Place::Last | Place::Only));
            if empty && !last && came == 0 {
                return Err(fault(TransferFault::Empty));
            }
            came = came.saturating_add(part.data.len());
            self.got.bytes.extend(part.data);
            if last || empty || came == limit {
                // All came, or nothing does any more. A device that does not say so is taken at its deeds, not its word:
                // what is still missing is asked for as a section of its own.
                self.got.overlooked.extend((!last).then_some(Leniency::Contradiction));
                self.ended = last;
                self.complete().await;
                return Ok(if last && came < limit { Section::LastOfFile } else { Section::Filled });
            }
            (first, tries) = (false, 1);
            step = Step { operation: TransferOperation::NEXT_PART, handle: part.next_data_transfer_handle };
        }
    }

    /// Whether a section that is refused like this begins where the file ends. A host of mctp-rs says that its data is
    /// invalid, which may mean anything where the section before did not come to its end.
    fn is_the_end(&self, code: CompletionCode) -> bool {
        let is_invalid = code == CompletionCode::ERROR_INVALID_DATA;
        code == CompletionCode::ERROR_REQUESTED_TRANSFER_LENGTH || (is_invalid && self.ended)
    }

    /// Asks for one part. Offset and length go with the first alone (DSP0240); the handle is the device's own business,
    /// and may be the same every time, as with mctp-rs: the section's length ends a transfer that goes round in circles.
    async fn part(&mut self, step: &Step, offset: u32, length: u32) -> Result<MultipartReceived, CallError> {
        let Limits { parts, time, .. } = self.limits;
        if self.parts >= parts {
            return Err(TransferFault::TooManyParts { limit: parts }.of::<MultipartReceive>());
        }
        if self.began.elapsed() >= time {
            return Err(TransferFault::TooSlow { limit: time }.of::<MultipartReceive>());
        }
        self.beat().await?;
        self.parts = self.parts.saturating_add(1);
        let first = step.operation == TransferOperation::FIRST_PART;
        let (offset, length) = if first { (offset, length) } else { (0, 0) };
        let request = self.request(step.operation, step.handle, offset, length);
        let answer = self.requester.call(&request).await?;
        self.under_way = true;
        self.got.damage = self.got.damage.or(answer.damage);
        let too_large = answer.value.data.len() > self.part_size.into();
        self.got.overlooked.extend(too_large.then_some(Leniency::Contradiction));
        Ok(answer.value)
    }

    const fn request(&self, operation: TransferOperation, handle: u32, offset: u32, length: u32) -> MultipartReceive {
        let FileDescriptor(file) = self.file;
        let [low, high] = file.to_le_bytes();
        MultipartReceive {
            pldm_type: PldmType::FILE,
            transfer_operation: operation,
            transfer_context: u32::from_le_bytes([low, high, 0, 0]),
            data_transfer_handle: handle,
            requested_section_offset: offset,
            requested_section_length: length,
        }
    }

    /// Compares a part's checksum with what it should be, `before` being that of the parts before it in this section.
    ///
    /// DSP0240 wants the CRC-32 of all parts so far, and openbmc/pldm goes by that; libpldm's responder and
    /// mctp-rs send that of the part alone. Both say that the part is whole.
    fn judge(&mut self, before: u32, part: &MultipartReceived) -> Result<u32, TransferFault> {
        let right = crc32_after(before, &part.data);
        let sent = part.checksum.unwrap_or_default();
        if sent == right {
            return Ok(right);
        }
        if sent == crc32(&part.data) {
            self.got.overlooked.push(Leniency::PartChecksum);
            return Ok(right);
        }
        Err(TransferFault::Checksum { sent, right })
    }

    /// Says that all parts of the section came. What the device thinks of that changes no byte.
    async fn complete(&mut self) {
        self.end(TransferOperation::COMPLETE).await;
    }

    async fn end(&mut self, operation: TransferOperation) {
        self.under_way = false;
        let request = self.request(operation, 0, 0, 0);
        match self.requester.call(&request).await {
            Ok(answer) if answer.value.transfer_flag == TransferFlag::ACKNOWLEDGE_COMPLETION => {}
            Err(error) if is_gone(&error) => self.got.unclosed = Some(error),
            _ => self.got.overlooked.push(Leniency::Unacknowledged),
        }
    }

    /// Lets the device hear of us before its patience ends. The first time tells how long that is.
    ///
    /// We come at half the interval, because a part may need all its tries; a device whose interval is shorter than a
    /// part's time hears of us before every part. Zero, or a refusal, means that it does not want to.
    async fn beat(&mut self) -> Result<(), CallError> {
        if self.heartbeat.as_ref().is_none_or(|it| it.last.elapsed() < it.every) {
            return Ok(());
        }
        let ours = u32::try_from(patience::HEARTBEAT.as_millis()).unwrap_or(u32::MAX);
        let request = DfHeartbeat { file_descriptor: self.file, requester_maximum_interval: ours };
        self.heartbeat = match self.requester.call(&request).await {
            Ok(answer) => {
                self.got.damage = self.got.damage.or(answer.damage);
                let interval = answer.value.responder_maximum_interval.min(ours);
                let every = Duration::from_millis((interval / 2).into());
                (interval > 0).then(|| Heartbeat { every, last: Instant::now() })
            }
            Err(error) if is_gone(&error) => return Err(error),
            Err(_) => None,
        };
        Ok(())
    }

    /// Closes the file, whatever happened.
    async fn close(mut self, ended: Result<(), CallError>) -> Result<FileRead, CallError> {
        if self.under_way && !ended.as_ref().is_err_and(is_gone) {
            self.end(TransferOperation::ABORT).await;
        }
        let close = DfClose { file_descriptor: self.file, options: super::CloseOptions::default() };
        if let Err(error) = self.requester.call(&close).await {
            self.got.unclosed.get_or_insert(error);
        }
        match ended {
            Err(error) if self.got.bytes.is_empty() => Err(error),
            ended => Ok(FileRead { cut: ended.err(), ..self.got }),
        }
    }
}

#[cfg(test)]
#[path = "read_tests.rs"]
mod tests;
