//! What we answer when a device asks us: a receiver of events, and nothing else. Pure: bytes in, bytes out.

use crate::{
    Command, CompletionCode, Header, PldmType,
    base::{
        GetPldmCommands, GetPldmTypes, GetPldmVersion, GetTid, PldmCommands, PldmTypes, TerminusId, Tid,
        TransferOperationFlag, Version, VersionPart,
    },
    platform::event::PLATFORM_EVENT_MESSAGE,
    requester::Request,
};
use wire::{Damage, Malformed, Wire};

/// GetPLDMVersion: there is no such part.
const INVALID_DATA_TRANSFER_HANDLE: CompletionCode = CompletionCode(0x80);
/// GetPLDMVersion: there is no such step.
const INVALID_TRANSFER_OPERATION_FLAG: CompletionCode = CompletionCode(0x81);
/// GetPLDMVersion and GetPLDMCommands: we do not speak the type.
const INVALID_PLDM_TYPE: CompletionCode = CompletionCode(0x83);
/// GetPLDMCommands: we do not speak the version.
const INVALID_PLDM_VERSION: CompletionCode = CompletionCode(0x84);

/// What we speak: the type, its specification's version, and the commands we answer.
const SPOKEN: [(PldmType, Version, &[Command]); 2] = [
    (
        PldmType::BASE, // DSP0240 1.1.0
        Version { alpha: 0, update: 0xf0, minor: 0xf1, major: 0xf1 },
        &[GetTid::COMMAND, GetPldmVersion::COMMAND, GetPldmTypes::COMMAND, GetPldmCommands::COMMAND],
    ),
    (
        PldmType::PLATFORM, // DSP0248 1.3.0, the first with error records in events
        Version { alpha: 0, update: 0xf0, minor: 0xf3, major: 0xf1 },
        &[PLATFORM_EVENT_MESSAGE],
    ),
];

/// What we answer to a request, if it wants an answer and is no event: events are for
/// [`platform::event`](crate::platform::event).
///
/// What a receiver of events is asked is answered; everything else is refused, so that no device waits in vain. Nothing
/// is remembered: we have no terminus id, and take none.
pub fn respond(body: &[u8]) -> Option<Vec<u8>> {
    let (header, payload) = asked(body)?;
    let answer = match (header.pldm_type, header.command) {
        (PldmType::PLATFORM, PLATFORM_EVENT_MESSAGE) => return None,
        (PldmType::BASE, GetTid::COMMAND) => read(payload).and_then(tid),
        (PldmType::BASE, GetPldmTypes::COMMAND) => read(payload).and_then(types),
        (PldmType::BASE, GetPldmVersion::COMMAND) => read(payload).and_then(versions),
        (PldmType::BASE, GetPldmCommands::COMMAND) => read(payload).and_then(commands),
        _ => return refuse(body),
    };
    match answer {
        Ok(payload) => reply(&header, CompletionCode::SUCCESS, &payload),
        Err(code) => reply(&header, code, &[]),
    }
}

/// Refuses a request: with ERROR_INVALID_PLDM_TYPE if we do not speak its type, else with ERROR_UNSUPPORTED_PLDM_CMD.
/// None if it is no request that wants an answer.
pub fn refuse(body: &[u8]) -> Option<Vec<u8>> {
    let (header, _) = asked(body)?;
    let code = match spoken(header.pldm_type) {
        Some(_) => CompletionCode::ERROR_UNSUPPORTED_PLDM_CMD,
        None => CompletionCode::ERROR_INVALID_PLDM_TYPE,
    };
    reply(&header, code, &[])
}

/// The message that answers a request, if it wants one.
pub(crate) fn reply(request: &Header, code: CompletionCode, payload: &[u8]) -> Option<Vec<u8>> {
    let wanted = request.request && !request.datagram && request.version == 0;
    let request = Header { reserved: false, ..*request };
    wanted.then(|| crate::encode_response(&request, code, payload).ok()).flatten()
}

/// A request that wants an answer. One with a header of another version may be anything, so it gets none.
fn asked(body: &[u8]) -> Option<(Header, &[u8])> {
    let (head, payload) = body.split_at_checked(3)?;
    let header: Header = wire::decode(head).ok()?;
    (header.request && !header.datagram && header.version == 0).then_some((header, payload))
}

fn spoken(pldm_type: PldmType) -> Option<(Version, &'static [Command])> {
    SPOKEN.iter().find(|(one, ..)| *one == pldm_type).map(|(_, version, commands)| (*version, *commands))
}

fn read<T: Wire>(payload: &[u8]) -> Result<T, CompletionCode> {
    wire::decode(payload).map_err(|malformed| match malformed.damage {
        Damage::Short | Damage::Trailing => CompletionCode::ERROR_INVALID_LENGTH,
        Damage::TooLong | Damage::Contradiction => CompletionCode::ERROR_INVALID_DATA,
    })
}

fn written<T: Wire>(value: &T) -> Result<Vec<u8>, CompletionCode> {
    wire::encode(value).map_err(|_: Malformed| CompletionCode::ERROR)
}

fn tid(_: GetTid) -> Result<Vec<u8>, CompletionCode> {
    written(&TerminusId { tid: Tid::UNASSIGNED })
}

fn types(_: GetPldmTypes) -> Result<Vec<u8>, CompletionCode> {
    written(&SPOKEN.iter().map(|(one, ..)| *one).collect::<PldmTypes>())
}

fn versions(request: GetPldmVersion) -> Result<Vec<u8>, CompletionCode> {
    let (version, _) = spoken(request.pldm_type).ok_or(INVALID_PLDM_TYPE)?;
    match request.transfer_operation_flag {
        TransferOperationFlag::GET_FIRST_PART => {
            VersionPart::whole(&[version]).map_err(|_| CompletionCode::ERROR).and_then(|part| written(&part))
        }
        TransferOperationFlag::GET_NEXT_PART => Err(INVALID_DATA_TRANSFER_HANDLE),
        _ => Err(INVALID_TRANSFER_OPERATION_FLAG),
    }
}

fn commands(request: GetPldmCommands) -> Result<Vec<u8>, CompletionCode> {
    let (version, commands) = spoken(request.pldm_type).ok_or(INVALID_PLDM_TYPE)?;
    if request.version != version && request.version != Version::NONE {
        return Err(INVALID_PLDM_VERSION);
    }
    written(&commands.iter().copied().collect::<PldmCommands>())
}
