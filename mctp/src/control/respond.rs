//! Answers control questions about ourselves. Pure: a request's body in, the response's body out.

use super::{
    Command, CompletionCode, EndpointKind, GetEndpointId, GetEndpointIdResponse, GetEndpointUuid,
    GetEndpointUuidResponse, GetMessageTypeSupport, GetMessageTypeSupportResponse, GetVersionSupport,
    GetVersionSupportResponse, Header, PoolNeed, SetEndpointId, SetEndpointIdResponse, SetOperation, SetStatus,
    Version,
};
use crate::{Eid, MessageType};
use wire::{Malformed, Reader, Wire, Writer, decode};

/// What we say of ourselves.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Identity {
    /// Our endpoint id, which nobody may change.
    pub eid: Eid,
    /// What kind of endpoint we are.
    pub kind: EndpointKind,
    /// What tells us from every other device, if we say it.
    pub uuid: Option<[u8; 16]>,
    /// What we speak beside control, and which versions of it; none when we do not say.
    pub message_types: Vec<(MessageType, Vec<Version>)>,
}

impl Identity {
    /// A bus owner that speaks nothing but control.
    pub const fn owner(eid: Eid) -> Self {
        Self { eid, kind: EndpointKind::OWNER, uuid: None, message_types: Vec::new() }
    }
}

/// MCTP 1.0, 1.1, 1.2 and 1.3.3: what we speak. They differ in nothing that we use.
pub const VERSIONS: [Version; 4] = [
    Version([0xf1, 0xf0, 0xff, 0x00]),
    Version([0xf1, 0xf1, 0xff, 0x00]),
    Version([0xf1, 0xf2, 0xff, 0x00]),
    Version([0xf1, 0xf3, 0xf3, 0x00]),
];

/// The answer to a request's body; none when it is no request, or a datagram, which wants none (DSP0236, the D bit).
pub fn respond(identity: &Identity, request: &[u8]) -> Option<Vec<u8>> {
    let mut r = Reader::new("control request", request);
    let header: Header = r.get("header").ok()?;
    if !header.is_request() || header.is_datagram() {
        return None;
    }
    let mut fields = Writer::new("control response");
    let code = match answer(identity, header.command, r.rest(), &mut fields) {
        Ok(()) => CompletionCode::SUCCESS,
        Err(code) => code,
    };
    let mut w = Writer::new("control response");
    w.put(&header.response()).ok()?;
    w.put(&code).ok()?;
    if code == CompletionCode::SUCCESS {
        w.bytes(&fields.into_bytes());
    }
    Some(w.into_bytes())
}

fn answer(identity: &Identity, command: Command, fields: &[u8], w: &mut Writer) -> Result<(), CompletionCode> {
    match command {
        Command::SET_ENDPOINT_ID => {
            let request: SetEndpointId = read(fields)?;
            w.put(&set_endpoint_id(identity, &request)?)
        }
        Command::GET_ENDPOINT_ID => {
            let GetEndpointId {} = read(fields)?;
            w.put(&GetEndpointIdResponse { eid: identity.eid, kind: identity.kind, medium: 0 })
        }
        Command::GET_ENDPOINT_UUID => {
            let GetEndpointUuid {} = read(fields)?;
            let uuid = identity.uuid.ok_or(CompletionCode::ERROR_UNSUPPORTED_COMMAND)?;
            w.put(&GetEndpointUuidResponse { uuid })
        }
        Command::GET_VERSION_SUPPORT => {
            let request: GetVersionSupport = read(fields)?;
            let versions = versions(identity, &request).ok_or(CompletionCode::MESSAGE_TYPE_NOT_SUPPORTED)?;
            w.put(&GetVersionSupportResponse { versions: versions.to_vec() })
        }
        Command::GET_MESSAGE_TYPE_SUPPORT => {
            let GetMessageTypeSupport {} = read(fields)?;
            let types = identity.message_types.iter().map(|&(message_type, _)| message_type).collect();
            w.put(&GetMessageTypeSupportResponse { types })
        }
        Command::DISCOVERY_NOTIFY => {
            let super::DiscoveryNotify {} = read(fields)?;
            Ok(())
        }
        _ => return Err(CompletionCode::ERROR_UNSUPPORTED_COMMAND),
    }
    .map_err(|Malformed { .. }| CompletionCode::ERROR)
}

fn read<T: Wire>(fields: &[u8]) -> Result<T, CompletionCode> {
    decode(fields).map_err(|Malformed { .. }| CompletionCode::ERROR_INVALID_LENGTH)
}

/// We give ids on our lines, and take none: the assignment is rejected, and our id stays.
fn set_endpoint_id(identity: &Identity, request: &SetEndpointId) -> Result<SetEndpointIdResponse, CompletionCode> {
    let sets = matches!(request.operation, SetOperation::SET | SetOperation::FORCE);
    if !sets || !request.eid.is_usable() {
        return Err(CompletionCode::ERROR_INVALID_DATA);
    }
    let status = SetStatus::new(false, PoolNeed::NONE);
    Ok(SetEndpointIdResponse { status, eid: identity.eid, pool_size: 0 })
}

fn versions<'a>(identity: &'a Identity, request: &GetVersionSupport) -> Option<&'a [Version]> {
    if *request == GetVersionSupport::BASE || request.message_type == MessageType::CONTROL {
        return Some(&VERSIONS);
    }
    let known = identity.message_types.iter().find(|(message_type, _)| *message_type == request.message_type);
    known.map(|(_, versions)| versions.as_slice()).filter(|versions| !versions.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::{GetEndpointUuid, InstanceId, open, seal};
    use proptest::prelude::*;

    fn us() -> Identity {
        let message_types =
            vec![(MessageType::PLDM, vec![Version([0xf1, 0xf1, 0xf0, 0])]), (MessageType::SPDM, vec![])];
        Identity { uuid: Some([7; 16]), message_types, ..Identity::owner(Eid(8)) }
    }

    #[test]
    fn what_we_answer_opens() {
        let id = InstanceId::new(5);
        let uuid = respond(&us(), &seal(id, &GetEndpointUuid {}).unwrap()).unwrap();
        assert_eq!(open::<GetEndpointUuid>(id, &uuid).unwrap().uuid, [7; 16]);
        let types = respond(&us(), &seal(id, &GetMessageTypeSupport {}).unwrap()).unwrap();
        assert_eq!(types, [5, 5, 0, 2, 1, 5]);
        let pldm = GetVersionSupport { message_type: MessageType::PLDM };
        assert_eq!(respond(&us(), &seal(id, &pldm).unwrap()).unwrap(), [5, 4, 0, 1, 0xf1, 0xf1, 0xf0, 0]);
        assert_eq!(respond(&us(), &[0x80, 4, 5]).unwrap(), [0, 4, 0x80]);
    }

    #[test]
    fn what_we_refuse_has_a_code() {
        assert_eq!(respond(&us(), &[0x80, 1, 0, 20]).unwrap(), [0, 1, 0, 0x10, 8, 0]);
        assert_eq!(respond(&us(), &[0x80, 1, 0, 0xff]).unwrap(), [0, 1, 2]);
        assert_eq!(respond(&us(), &[0x80, 1, 2, 20]).unwrap(), [0, 1, 2]);
        assert_eq!(respond(&us(), &[0x80, 2, 0]).unwrap(), [0, 2, 3]);
        assert_eq!(respond(&us(), &[0x80, 0x0d]).unwrap(), [0, 0x0d, 0]);
    }

    #[test]
    fn what_is_no_request_gets_no_answer() {
        for body in [&[][..], &[0x80], &[0x00, 2], &[0xc0, 2]] {
            assert_eq!(respond(&us(), body), None);
        }
    }

    proptest! {
        #[test]
        fn every_answer_is_a_response_to_its_request(body in prop::collection::vec(any::<u8>(), 0..8)) {
            if let Some(answer) = respond(&us(), &body) {
                prop_assert_eq!((answer[0], answer[1]), (body[0] & 0x1f, body[1]));
                prop_assert!(answer.len() == 3 || answer[2] == 0);
            }
        }
    }
}
