//! The three bytes before every PLDM message, and the one place that decides whether a reply is ours and good.

use crate::{CompletionCode, Request};
use std::fmt;
use wire::{Damage, Malformed, Reader, Wire, Writer};

wire::codes! {
    /// Which PLDM specification a message belongs to (DSP0245).
    pub struct PldmType(u8) {
        /// Messaging control and discovery, DSP0240.
        BASE = 0x00,
        /// SMBIOS transfer, DSP0246.
        SMBIOS = 0x01,
        /// Platform monitoring and control, DSP0248.
        PLATFORM = 0x02,
        /// BIOS control and configuration, DSP0247.
        BIOS = 0x03,
        /// FRU data, DSP0257.
        FRU = 0x04,
        /// Firmware update, DSP0267.
        FIRMWARE_UPDATE = 0x05,
        /// Redfish device enablement, DSP0218.
        REDFISH = 0x06,
        /// File transfer, DSP0242.
        FILE = 0x07,
        /// Whatever the vendor likes.
        OEM = 0x3f,
    }
}

/// A command's number, which only means something together with its [`PldmType`].
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Command(pub u8);

impl Command {
    /// The name this command has in `pldm_type`.
    pub const fn name_in(self, pldm_type: PldmType) -> Option<&'static str> {
        match pldm_type {
            PldmType::BASE => crate::base::command_name(self),
            PldmType::PLATFORM => crate::platform::command_name(self),
            PldmType::FRU => crate::fru::command_name(self),
            PldmType::FIRMWARE_UPDATE => crate::firmware_update::command_name(self),
            PldmType::FILE => crate::file::command_name(self),
            _ => None,
        }
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#04x}", self.0)
    }
}

/// Tells one request from the next: five bits.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct InstanceId(u8);

impl InstanceId {
    /// How many there are.
    pub const COUNT: u8 = 32;

    /// The id with this number, if there is one.
    pub const fn new(id: u8) -> Option<Self> {
        if id < Self::COUNT { Some(Self(id)) } else { None }
    }

    /// Its number, 0 to 31.
    pub const fn number(self) -> u8 {
        self.0
    }
}

/// The header of a PLDM message over MCTP (DSP0240, "PLDM message fields"). The MCTP type byte is not part of it.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Header {
    /// Rq: whether this is a request.
    pub request: bool,
    /// D: a request that wants no response. Together with a clear Rq it is reserved.
    pub datagram: bool,
    /// The bit between D and the instance id, zero so far.
    pub reserved: bool,
    /// Which request this is, or answers.
    pub instance_id: InstanceId,
    /// Zero, until a PLDM with another header appears.
    pub version: u8,
    /// The specification that defines the command.
    pub pldm_type: PldmType,
    /// The command.
    pub command: Command,
}

impl Header {
    /// The header of a request.
    pub const fn request(instance_id: InstanceId, pldm_type: PldmType, command: Command) -> Self {
        Self { request: true, datagram: false, reserved: false, instance_id, version: 0, pldm_type, command }
    }

    /// The header that answers this request.
    pub const fn response(self) -> Self {
        Self { request: false, ..self }
    }
}

impl Wire for Header {
    const NAME: &'static str = "PLDM header";

    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        let first: u8 = r.get("instance_id")?;
        let second: u8 = r.get("pldm_type")?;
        Ok(Self {
            request: first & 0x80 != 0,
            datagram: first & 0x40 != 0,
            reserved: first & 0x20 != 0,
            instance_id: InstanceId(first & 0x1f),
            version: second >> 6,
            pldm_type: PldmType(second & 0x3f),
            command: Command(r.get("command")?),
        })
    }

    fn write(&self, w: &mut Writer) -> Result<(), Malformed> {
        let flag = |set, bit| if set { bit } else { 0 };
        let flags = flag(self.request, 0x80u8) | flag(self.datagram, 0x40) | flag(self.reserved, 0x20);
        w.put(&(flags | self.instance_id.0))?;
        w.put(&(((self.version & 0x03) << 6) | (self.pldm_type.0 & 0x3f)))?;
        w.put(&self.command.0)
    }
}

/// A good reply: what stands behind its completion code.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Opened<'a> {
    /// The payload, without the completion code.
    pub payload: &'a [u8],
    /// What is wrong with the header though it can be read.
    pub damage: Option<Malformed>,
}

/// Why a reply has no payload to decode.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NotOpened {
    /// The responder says no.
    Refused(CompletionCode),
    /// The reply is not a response to this request, or not all there.
    Malformed(Malformed),
}

impl From<Malformed> for NotOpened {
    fn from(malformed: Malformed) -> Self {
        Self::Malformed(malformed)
    }
}

/// Checks a reply to request `R` with this instance id, down to the completion code. Pure: the whole rule is here.
///
/// A refusal may end right behind the completion code (DSP0240), so nothing of its payload is looked at. The reserved
/// bit changes nothing we read, so it is reported and no more; a header of another version or with a reserved
/// combination of Rq and D may mean anything, so it is refused.
pub fn open<R: Request>(instance_id: InstanceId, reply: &[u8]) -> Result<Opened<'_>, NotOpened> {
    let contradiction = |field| Malformed { message: R::NAME, field, damage: Damage::Contradiction };
    let mut r = Reader::new(R::NAME, reply);
    let header = Header::read(&mut r)?;
    let wrong = match header {
        Header { request: true, .. } => Some("request bit"),
        Header { datagram: true, .. } => Some("datagram bit"),
        Header { version: 1.., .. } => Some("header version"),
        _ if header.instance_id != instance_id => Some("instance id"),
        _ if header.pldm_type != R::TYPE => Some("PLDM type"),
        _ if header.command != R::COMMAND => Some("command"),
        _ => None,
    };
    if let Some(field) = wrong {
        return Err(contradiction(field).into());
    }
    match r.get("completion code")? {
        CompletionCode::SUCCESS => {
            Ok(Opened { payload: r.rest(), damage: header.reserved.then(|| contradiction("reserved bit")) })
        }
        code => Err(NotOpened::Refused(code)),
    }
}

/// Whether `body` answers the request with this header. What does not, such as the late reply to an earlier request, is
/// a stray: the transport drops it and the wait goes on. What does is then judged by [`open`].
pub fn answers(request: &Header, body: &[u8]) -> bool {
    Header::read(&mut Reader::new(Header::NAME, body)).is_ok_and(|header| {
        !header.request
            && header.instance_id == request.instance_id
            && header.pldm_type == request.pldm_type
            && header.command == request.command
    })
}

/// The bytes of request `R`.
pub fn encode_request<R: Request>(instance_id: InstanceId, request: &R) -> Result<Vec<u8>, Malformed> {
    let mut w = Writer::new(R::NAME);
    w.put(&Header::request(instance_id, R::TYPE, R::COMMAND))?;
    w.put(request)?;
    Ok(w.into_bytes())
}

/// The bytes that answer the request with this header: for the responding side, which in this project is the
/// simulated board. A refusal has no `payload`.
pub fn encode_response(request: &Header, code: CompletionCode, payload: &[u8]) -> Result<Vec<u8>, Malformed> {
    let mut w = Writer::new(Header::NAME);
    w.put(&request.response())?;
    w.put(&code)?;
    w.bytes(payload);
    Ok(w.into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::GetTid;
    use proptest::prelude::*;

    const ID: InstanceId = InstanceId(5);

    fn field<T: fmt::Debug>(result: Result<T, NotOpened>) -> &'static str {
        match result {
            Err(NotOpened::Malformed(malformed)) => malformed.field,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_part_of_the_header_is_checked() {
        assert_eq!(open::<GetTid>(ID, &[0x05, 0, 2, 0, 9]), Ok(Opened { payload: &[9], damage: None }));
        for (reply, wrong) in [
            ([0x85, 0x00, 2, 0], "request bit"),
            ([0x45, 0x00, 2, 0], "datagram bit"),
            ([0x06, 0x00, 2, 0], "instance id"),
            ([0x05, 0x40, 2, 0], "header version"),
            ([0x05, 0x05, 2, 0], "PLDM type"),
            ([0x05, 0x00, 3, 0], "command"),
        ] {
            assert_eq!(field(open::<GetTid>(ID, &reply)), wrong);
        }
    }

    #[test]
    fn the_reserved_bit_is_reported_and_the_payload_kept() {
        let opened = open::<GetTid>(ID, &[0x25, 0, 2, 0, 9]).unwrap();
        assert_eq!((opened.payload, opened.damage.map(|damage| damage.field)), (&[9][..], Some("reserved bit")));
    }

    #[test]
    fn a_refusal_needs_no_more_than_its_code() {
        for rest in [&[][..], &[1, 2, 3]] {
            let reply = [&[0x05, 0, 2, 0x20][..], rest].concat();
            assert_eq!(open::<GetTid>(ID, &reply), Err(NotOpened::Refused(CompletionCode(0x20))));
        }
    }

    #[test]
    fn a_reply_cut_inside_its_header_names_the_field() {
        let fields = [0, 1, 2, 3].map(|n| field(open::<GetTid>(ID, &[5, 0, 2, 0][..n])));
        assert_eq!(fields, ["instance_id", "pldm_type", "command", "completion code"]);
    }

    #[test]
    fn strays_are_not_answers() {
        let request = Header::request(ID, PldmType::BASE, Command(2));
        assert!(answers(&request, &[0x05, 0, 2]), "even without a completion code: it is ours, and malformed");
        assert!(answers(&request, &[0x65, 0x40, 2, 0]), "ours and broken is a finding, not a stray");
        for stray in [&[][..], &[0x05, 0], &[0x85, 0, 2, 0], &[0x04, 0, 2, 0], &[0x05, 5, 2, 0], &[0x05, 0, 3, 0]] {
            assert!(!answers(&request, stray), "{stray:?}");
        }
    }

    #[test]
    fn names_depend_on_the_type() {
        assert_eq!(Command(0x02).name_in(PldmType::BASE), Some("GetTID"));
        assert_eq!(Command(0x02).name_in(PldmType::FIRMWARE_UPDATE), Some("GetFirmwareParameters"));
        assert_eq!(Command(0x02).name_in(PldmType::OEM), None);
    }

    proptest! {
        #[test]
        fn all_header_bytes_survive_a_round_trip(bytes: [u8; 3]) {
            prop_assert_eq!(wire::encode(&wire::decode::<Header>(&bytes).unwrap()), Ok(bytes.to_vec()));
        }

        #[test]
        fn no_reply_panics(reply in prop::collection::vec(any::<u8>(), 0..8)) {
            let _ = open::<GetTid>(ID, &reply);
            let _ = answers(&Header::request(ID, PldmType::BASE, Command(2)), &reply);
        }
    }
}
