//! What can be wrong with a component, a line for each.

use serde::Deserialize;

/// What is wrong with a component.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[allow(missing_docs, reason = "each variant's line says it")]
pub enum Fault {
    /// It never answers.
    Silent,
    /// It answers control messages, and PLDM never.
    PldmSilent,
    /// It is silent for so long after it was powered.
    SilentAtFirst { seconds: f64 },
    /// Its PLDM answers come so much too late.
    Late { seconds: f64 },
    /// It loses every n-th request.
    DropsEvery { nth: u64 },
    /// Its PLDM answers carry another instance id.
    WrongInstanceId,
    /// Its PLDM answers carry another PLDM type.
    WrongType,
    /// Its PLDM answers carry another tag.
    WrongTag,
    /// It answers, but in the name of another endpoint.
    AnswersAs { eid: u8 },
    /// It sends noise before every answer.
    Noise { bytes: usize },
    /// The check sequence of every n-th frame is wrong.
    BadCheckSequence { nth: u64 },
    /// It sends every answer twice.
    Duplicates,
    /// It sends the packets of a long answer in the wrong order.
    Reorders,
    /// It forgets its endpoint id when this PLDM request comes, once, and does not answer it.
    ResetsAt { request: u64 },
    /// With every answer come so many bytes of packets that nobody asked for.
    Floods { bytes: usize },
    /// GetFirmwareParameters ends after so many bytes.
    CutsTable { bytes: usize },
    /// GetFirmwareParameters says so many components, whatever follows.
    CountLie { count: u16 },
    /// The byte at this offset of GetFirmwareParameters, completion code first, is another.
    Lie { offset: usize, value: u8 },
    /// Its answer to GetFirmwareParameters is filled up to so many bytes.
    Oversize { bytes: usize },
    /// Its PLDM answers are a type byte and nothing more.
    Empty,
    /// It refuses this command of this PLDM type.
    Refuses { pldm: u8, command: u8, code: u8 },
    /// The CRC of GetPLDMVersion is wrong.
    BadVersionCrc,
    /// This transfer never comes to its last part.
    Endless { of: Transfer },
    /// Every part of this transfer names the same part as the next.
    HandleLoop { of: Transfer },
    /// This transfer says it is 4 GiB long, whatever follows.
    LengthLie { of: Transfer },
    /// The checksum of this transfer is wrong.
    CrcLie { of: Transfer },
    /// The PDR repository changes at every GetPDR: the change numbers of its records, and when it was updated.
    RepositoryMoves,
    /// So many events of this sensor per second, answered or not, from SetEventReceiver on.
    EventStorm { sensor: u16, per_second: u32 },
    /// Every so many seconds an event of a sensor that it may not have, from SetEventReceiver on.
    StrayEvents { sensor: u16, seconds: f64 },
    /// The PDR of this numeric sensor scales with these numbers: NaN, zero, or what overflows.
    WildScale { sensor: u16, resolution: f32, offset: f32, modifier: i8 },
    /// GetSensorReading answers with this size code, whatever the PDR says.
    ReadingSize { size: u8 },
    /// There is always another event to poll; with `same_id`, all have one id and no acknowledgement helps.
    EndlessPoll { same_id: bool },
    /// It refuses this command of this PLDM type every n-th time, with a completion code and nothing behind it.
    RefusesEvery { pldm: u8, command: u8, code: u8, nth: u64 },
}

/// A transfer that may take several parts.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "snake_case")]
pub enum Transfer {
    /// GetPLDMVersion.
    Version,
    /// GetFRURecordTable; its length stands in GetFRURecordTableMetadata.
    Fru,
    /// GetPDR; the length is that of the repository and of its largest record.
    Pdr,
    /// MultipartReceive of a file.
    File,
    /// QueryDownstreamIdentifiers.
    Identifiers,
    /// GetDownstreamFirmwareParameters.
    Parameters,
    /// PollForPlatformEventMessage.
    Poll,
}
