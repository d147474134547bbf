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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{NotOpened, base::Versions, open};
    use proptest::prelude::*;

    const ID: crate::InstanceId = crate::InstanceId::new(9).unwrap();

    fn ask<R: Request>(request: &R) -> Result<R::Response, NotOpened> {
        let reply = respond(&crate::encode_request(ID, request).unwrap()).unwrap();
        open::<R>(ID, &reply).map(|opened| R::decode(opened.payload).unwrap().value)
    }

    #[test]
    fn we_say_what_we_are() {
        assert_eq!(ask(&GetTid).unwrap().tid, Tid::UNASSIGNED);
        let types = ask(&GetPldmTypes).unwrap();
        assert_eq!(types.iter().collect::<Vec<_>>(), [PldmType::BASE, PldmType::PLATFORM]);
        for (pldm_type, shown, commands) in
            [(PldmType::BASE, "1.1.0", &[2, 3, 4, 5][..]), (PldmType::PLATFORM, "1.3.0", &[10])]
        {
            let versions = Versions::assemble(&ask(&GetPldmVersion::first(pldm_type)).unwrap().data);
            assert_eq!((versions.value.versions[0].to_string().as_str(), versions.leniencies()), (shown, vec![]));
            for version in [versions.value.versions[0], Version::NONE] {
                let said = ask(&GetPldmCommands { pldm_type, version }).unwrap();
                assert_eq!(said.iter().map(|command| command.0).collect::<Vec<_>>(), commands);
            }
        }
    }

    #[test]
    fn what_we_say_we_answer() {
        for (pldm_type, _, commands) in SPOKEN {
            for command in commands {
                let body = wire::encode(&Header::request(ID, pldm_type, *command)).unwrap();
                let answered =
                    respond(&body).is_none_or(|reply| reply[3] != CompletionCode::ERROR_UNSUPPORTED_PLDM_CMD.0);
                assert!(answered, "{pldm_type} {command}");
            }
        }
    }

    #[test]
    fn everything_else_is_refused_with_its_reason() {
        let version = Version { alpha: 0, update: 0xf0, minor: 0xf0, major: 0xf9 };
        let get_version = |pldm_type, flag| GetPldmVersion {
            transfer_operation_flag: TransferOperationFlag(flag),
            ..GetPldmVersion::first(pldm_type)
        };
        let codes = [
            ask(&get_version(PldmType::FRU, 1)).err(),
            ask(&get_version(PldmType::BASE, 0)).err(),
            ask(&get_version(PldmType::BASE, 2)).err(),
            ask(&GetPldmCommands { pldm_type: PldmType::OEM, version: Version::NONE }).err(),
            ask(&GetPldmCommands { pldm_type: PldmType::BASE, version }).err(),
            ask(&crate::base::SetTid { tid: Tid(7) }).err(),
            ask(&crate::firmware_update::QueryDeviceIdentifiers).err(),
        ];
        let right =
            [0x83, 0x80, 0x81, 0x83, 0x84, 0x05, 0x20].map(|code| Some(NotOpened::Refused(CompletionCode(code))));
        assert_eq!(codes, right);
        assert_eq!(respond(&[0x89, 0, 2, 1]), Some(vec![0x09, 0, 2, 3]), "GetTID has no payload");
        assert_eq!(respond(&[0x89, 0, 3]), Some(vec![0x09, 0, 3, 3]));
        assert_eq!(respond(&[0xa9, 0, 2]), Some(vec![0x09, 0, 2, 0, 0]), "the reserved bit does not come back");
        assert_eq!(respond(&[0x89, 2, 0x0a, 1, 9, 6]), None, "an event is answered by whoever takes it");
        assert_eq!(refuse(&[0x89, 2, 0x0a, 1, 9, 6]), Some(vec![0x09, 2, 0x0a, 5]), "and refused by whoever does not");
    }

    /// A response is never asked for by a response or a datagram, or by a header of a version we do not know.
    fn sound(body: &[u8]) {
        let wanted = matches!(body, [first, second, _, ..] if first & 0xc0 == 0x80 && second & 0xc0 == 0);
        let event = matches!(body, [_, 2, 0x0a, ..]);
        for (reply, wanted) in [(respond(body), wanted && !event), (refuse(body), wanted)] {
            assert_eq!(reply.is_some(), wanted, "{body:02x?}");
            let Some(reply) = reply else { continue };
            assert_eq!(reply[..3], [body[0] & 0x1f, body[1], body[2]]);
            assert!(reply.len() > 3, "a completion code");
        }
    }

    /// All messages of up to two bytes; of three and four all that differ in what decides: the flags, the version, the
    /// types we speak and some we do not, every command, every byte behind it.
    #[test]
    fn no_short_message_panics_or_is_answered_wrongly() {
        sound(&[]);
        for first in 0..=255 {
            sound(&[first]);
            for second in 0..=255 {
                sound(&[first, second]);
                (0..=0x10).chain([0xff]).for_each(|third| sound(&[first, second, third]));
            }
        }
        for second in [0, 2, 5, 0x3f, 0x40, 0xc2] {
            for third in 0..=255 {
                (0..=255).for_each(|fourth| sound(&[0x89, second, third, fourth]));
            }
        }
    }

    proptest! {
        #[test]
        fn no_message_panics_or_is_answered_wrongly(mut body in prop::collection::vec(any::<u8>(), 0..24), base: bool) {
            if let (true, Some(second)) = (base, body.get_mut(1)) {
                *second &= 2;
            }
            sound(&body);
        }
    }
}
