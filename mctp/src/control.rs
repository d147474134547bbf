//! MCTP control (DSP0236): how endpoints get their ids and say what they are.
//!
//! A body here is what follows the type byte: the request bit and instance id, the command, then its fields. Bytes that
//! do not belong to one field are big-endian.

mod bridging;
mod messages;
mod requester;
mod respond;

pub use bridging::*;
pub use messages::*;
pub use requester::{CallError, Controller};
pub use respond::{Identity, VERSIONS, respond};

use wire::{Malformed, Reader, Wire, Writer};

wire::codes! {
    /// What a control message asks (DSP0236).
    pub struct Command(u8) {
        /// Gives an endpoint its id.
        SET_ENDPOINT_ID = 0x01,
        /// Asks for an endpoint's id.
        GET_ENDPOINT_ID = 0x02,
        /// Asks for what tells a device from every other.
        GET_ENDPOINT_UUID = 0x03,
        /// Asks for the versions of MCTP or of a message type.
        GET_VERSION_SUPPORT = 0x04,
        /// Asks for the message types.
        GET_MESSAGE_TYPE_SUPPORT = 0x05,
        /// Asks for the vendor defined messages.
        GET_VENDOR_DEFINED_MESSAGE_SUPPORT = 0x06,
        /// Asks where an endpoint is.
        RESOLVE_ENDPOINT_ID = 0x07,
        /// Gives a bridge ids for the endpoints behind it.
        ALLOCATE_ENDPOINT_IDS = 0x08,
        /// Tells a bridge of routes.
        ROUTING_INFORMATION_UPDATE = 0x09,
        /// Asks a bridge for its routes.
        GET_ROUTING_TABLE_ENTRIES = 0x0a,
        /// Starts a discovery.
        PREPARE_FOR_ENDPOINT_DISCOVERY = 0x0b,
        /// Finds those not yet discovered.
        ENDPOINT_DISCOVERY = 0x0c,
        /// Tells the bus owner that an endpoint is there.
        DISCOVERY_NOTIFY = 0x0d,
        /// Asks for the network's id.
        GET_NETWORK_ID = 0x0e,
        /// Asks for the next hop.
        QUERY_HOP = 0x0f,
        /// Asks for the ids of a device.
        RESOLVE_UUID = 0x10,
    }
}

wire::codes! {
    /// How a request ended (DSP0236). From 0x80 on the meaning is the command's.
    pub struct CompletionCode(u8) {
        /// Done.
        SUCCESS = 0x00,
        /// Not done.
        ERROR = 0x01,
        /// A field has a value that is not allowed.
        ERROR_INVALID_DATA = 0x02,
        /// The request has a wrong length.
        ERROR_INVALID_LENGTH = 0x03,
        /// Ask again later.
        ERROR_NOT_READY = 0x04,
        /// The command is unknown.
        ERROR_UNSUPPORTED_COMMAND = 0x05,
        /// Get MCTP Version Support: the message type is unknown.
        MESSAGE_TYPE_NOT_SUPPORTED = 0x80,
    }
}

/// A question, and the type of its answer.
pub trait Request: Wire {
    /// The command's number.
    const COMMAND: Command;
    /// What follows the completion code of a success.
    type Response: Wire;
}

/// Ties a request to its command and its response.
macro_rules! requests {
    ($($request:ident, $command:ident => $response:ty;)*) => {$(
        impl $crate::control::Request for $request {
            const COMMAND: $crate::control::Command = $crate::control::Command::$command;
            type Response = $response;
        }
    )*};
}
use requests;

/// Ties a response to its request: 5 bits.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct InstanceId(u8);

impl InstanceId {
    /// The lowest five bits.
    pub const fn new(number: u8) -> Self {
        Self(number & INSTANCE)
    }
}

/// What every control message begins with (DSP0236, control message format).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Header {
    /// The request bit, the datagram bit, one reserved bit and the instance id.
    pub flags: u8,
    /// The command.
    pub command: Command,
}

impl Header {
    /// A request that wants an answer.
    pub const fn request(instance: InstanceId, command: Command) -> Self {
        Self { flags: REQUEST | instance.0, command }
    }

    /// The header of the answer.
    pub const fn response(self) -> Self {
        Self { flags: self.flags & INSTANCE, command: self.command }
    }

    /// Whether this is a request.
    pub const fn is_request(self) -> bool {
        self.flags & REQUEST != 0
    }

    /// Whether this wants no answer.
    pub const fn is_datagram(self) -> bool {
        self.flags & DATAGRAM != 0
    }

    /// The instance id.
    pub const fn instance(self) -> InstanceId {
        InstanceId::new(self.flags)
    }
}

impl Wire for Header {
    const NAME: &'static str = "control message header";

    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self { flags: r.get("flags")?, command: r.get("command")? })
    }

    fn write(&self, w: &mut Writer) -> Result<(), Malformed> {
        w.put(&self.flags)?;
        w.put(&self.command)
    }
}

/// A request's body.
pub fn seal<R: Request>(instance: InstanceId, request: &R) -> Result<Vec<u8>, Malformed> {
    let mut w = Writer::new(R::NAME);
    w.put(&Header::request(instance, R::COMMAND))?;
    w.put(request)?;
    Ok(w.into_bytes())
}

/// Whether `body` is the response to this request. The reserved bits say nothing.
pub fn answers(instance: InstanceId, command: Command, body: &[u8]) -> bool {
    let header = Reader::new(Header::NAME, body).get::<Header>("header");
    header.is_ok_and(|it| !it.is_request() && it.instance() == instance && it.command == command)
}

/// Checks a response against its request and reads its fields: the whole rule is here.
///
/// A failure has nothing after its completion code. Bytes after a success's last field are left alone: later versions of
/// the specification append fields.
pub fn open<R: Request>(instance: InstanceId, body: &[u8]) -> Result<R::Response, CallError> {
    if !answers(instance, R::COMMAND, body) {
        return Err(CallError::Mismatch);
    }
    let mut r = Reader::new(R::Response::NAME, body);
    r.get::<Header>("header")?;
    match r.get("completion code")? {
        CompletionCode::SUCCESS => Ok(R::Response::read(&mut r)?),
        code => Err(CallError::Refused(code)),
    }
}

const REQUEST: u8 = 0x80;
const DATAGRAM: u8 = 0x40;
const INSTANCE: u8 = 0x1f;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Eid;
    use wire::{decode, encode};

    const ID: InstanceId = InstanceId(3);

    /// Whether bytes that decode encode to others.
    pub(super) fn differs<T: Wire>(bytes: &[u8]) -> bool {
        decode::<T>(bytes).is_ok_and(|it| encode(&it).unwrap() != bytes)
    }

    fn get(body: &[u8]) -> Result<GetEndpointIdResponse, CallError> {
        open::<GetEndpointId>(ID, body)
    }

    #[test]
    fn only_the_answer_to_the_question_opens() {
        assert_eq!(get(&[3, 2, 0, 9, 0, 0]).unwrap().eid, Eid(9));
        assert_eq!(get(&[0x23, 2, 0, 9, 0, 0]).unwrap().eid, Eid(9), "the reserved bit says nothing");
        for stray in [&[4, 2, 0, 9, 0, 0][..], &[3, 1, 0, 9, 0, 0], &[0x83, 2, 0, 9, 0, 0], &[3], &[]] {
            assert_eq!(get(stray), Err(CallError::Mismatch));
        }
    }

    #[test]
    fn a_failure_need_not_have_a_body_and_a_cut_success_is_malformed() {
        assert_eq!(get(&[3, 2, 5]), Err(CallError::Refused(CompletionCode::ERROR_UNSUPPORTED_COMMAND)));
        assert_eq!(get(&[3, 2, 0xc0, 1, 2]), Err(CallError::Refused(CompletionCode(0xc0))));
        for length in 2..6 {
            assert!(matches!(get(&[3, 2, 0, 9, 0, 0][..length]), Err(CallError::Malformed(_))), "{length}");
        }
        assert_eq!(get(&[3, 2, 0, 9, 0, 0, 0xff]).unwrap().eid, Eid(9), "a later version may append");
    }
}
