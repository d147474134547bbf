//! What every endpoint is asked: its id, its UUID, its versions and message types (DSP0236).

use super::requests;
use crate::{Eid, MessageType};
use std::fmt;
use wire::{Malformed, Reader, Wire, Writer};

requests! {
    SetEndpointId, SET_ENDPOINT_ID => SetEndpointIdResponse;
    GetEndpointId, GET_ENDPOINT_ID => GetEndpointIdResponse;
    GetEndpointUuid, GET_ENDPOINT_UUID => GetEndpointUuidResponse;
    GetVersionSupport, GET_VERSION_SUPPORT => GetVersionSupportResponse;
    GetMessageTypeSupport, GET_MESSAGE_TYPE_SUPPORT => GetMessageTypeSupportResponse;
}

wire::record! {
    /// Set Endpoint ID (0x01), DSP0236.
    pub struct SetEndpointId {
        /// How.
        pub operation: SetOperation,
        /// The id.
        pub eid: Eid,
    }
}

wire::codes! {
    /// How an endpoint takes its id.
    pub struct SetOperation(u8) {
        /// Take it, unless another bus owner gave one.
        SET = 0,
        /// Take it from whoever sends it.
        FORCE = 1,
        /// Go back to the static id.
        RESET = 2,
        /// Count as discovered.
        SET_DISCOVERED_FLAG = 3,
    }
}

wire::record! {
    /// The response to [`SetEndpointId`].
    pub struct SetEndpointIdResponse {
        /// Assignment status (bits 5:4) and allocation status (bits 1:0).
        pub status: SetStatus,
        /// The id the endpoint has now.
        pub eid: Eid,
        /// How many ids it wants for the endpoints behind it.
        pub pool_size: u8,
    }
}

/// What became of the id, and whether the device is a bridge that needs a pool of ids.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SetStatus(pub u8);

wire::newtype!(SetStatus(u8));

impl SetStatus {
    /// The id was taken; a bridge's need is [`PoolNeed`].
    pub const fn new(accepted: bool, pool: PoolNeed) -> Self {
        Self(if accepted { 0 } else { 0x10 } | pool.0 & 3)
    }

    /// Whether the endpoint took the id.
    pub const fn accepted(self) -> bool {
        self.0 & 0x30 == 0
    }

    /// Whether it needs a pool.
    pub const fn pool(self) -> PoolNeed {
        PoolNeed(self.0 & 3)
    }
}

wire::codes! {
    /// Whether a device needs ids for the endpoints behind it.
    pub struct PoolNeed(u8) {
        /// It has none behind it.
        NONE = 0,
        /// It needs them.
        WANTS = 1,
        /// It needs them and has got them.
        HAS = 2,
    }
}

wire::record! {
    /// Get Endpoint ID (0x02), DSP0236.
    pub struct GetEndpointId {}
}

wire::record! {
    /// The response to [`GetEndpointId`].
    pub struct GetEndpointIdResponse {
        /// The endpoint's id, null while it has none.
        pub eid: Eid,
        /// Endpoint type (bits 5:4) and endpoint id type (bits 1:0).
        pub kind: EndpointKind,
        /// What the medium says, such as the fairness arbitration of SMBus.
        pub medium: u8,
    }
}

/// Whether an endpoint is a bridge, and whether its id is its own.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct EndpointKind(pub u8);

wire::newtype!(EndpointKind(u8));

impl EndpointKind {
    /// A bus owner or bridge whose id is its own.
    pub const OWNER: Self = Self(0x11);
}

wire::record! {
    /// Get Endpoint UUID (0x03), DSP0236.
    pub struct GetEndpointUuid {}
}

wire::record! {
    /// The response to [`GetEndpointUuid`].
    pub struct GetEndpointUuidResponse {
        /// In the order of its text form.
        pub uuid: [u8; 16],
    }
}

wire::record! {
    /// Get MCTP Version Support (0x04), DSP0236.
    pub struct GetVersionSupport {
        /// Whose versions; [`GetVersionSupport::BASE`] asks for MCTP's own.
        pub message_type: MessageType,
    }
}

impl GetVersionSupport {
    /// The base specification.
    pub const BASE: Self = Self { message_type: MessageType(0xff) };
}

/// The response to [`GetVersionSupport`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct GetVersionSupportResponse {
    /// The oldest first.
    pub versions: Vec<Version>,
}

impl Wire for GetVersionSupportResponse {
    const NAME: &'static str = "GetVersionSupport response";

    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        let count: u8 = r.get("version number entry count")?;
        Ok(Self { versions: r.list(count, "version number entry")? })
    }

    fn write(&self, w: &mut Writer) -> Result<(), Malformed> {
        w.len::<u8>(self.versions.len(), "version number entries")?;
        w.list(&self.versions)
    }
}

/// A version: major, minor, update, alpha. PLDM has the same four bytes the other way round.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Version(pub [u8; 4]);

impl Wire for Version {
    const NAME: &'static str = "version";

    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        r.get("version").map(Self)
    }

    fn write(&self, w: &mut Writer) -> Result<(), Malformed> {
        w.put(&self.0)
    }
}

impl fmt::Display for Version {
    /// `1.3.1`, or `1.3` without an update, with the alpha letter behind. The upper half of a byte is a digit unless it
    /// is 0xf.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, update, alpha] = self.0;
        let digits = |byte: u8| if byte >= 0xf0 { format!("{:x}", byte & 0x0f) } else { format!("{byte:x}") };
        write!(f, "{}.{}", digits(major), digits(minor))?;
        if update != 0xff {
            write!(f, ".{}", digits(update))?;
        }
        if alpha.is_ascii_graphic() { write!(f, "{}", char::from(alpha)) } else { Ok(()) }
    }
}

wire::record! {
    /// Get Message Type Support (0x05), DSP0236.
    pub struct GetMessageTypeSupport {}
}

/// The response to [`GetMessageTypeSupport`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct GetMessageTypeSupportResponse {
    /// Control need not be among them.
    pub types: Vec<MessageType>,
}

impl Wire for GetMessageTypeSupportResponse {
    const NAME: &'static str = "GetMessageTypeSupport response";

    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        let count: u8 = r.get("message type count")?;
        Ok(Self { types: r.list(count, "message type")? })
    }

    fn write(&self, w: &mut Writer) -> Result<(), Malformed> {
        w.len::<u8>(self.types.len(), "message types")?;
        w.list(&self.types)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::tests::differs;
    use proptest::prelude::*;

    #[test]
    fn versions_print_as_people_write_them() {
        let text = |bytes| Version(bytes).to_string();
        assert_eq!(text([0xf1, 0xf3, 0xf1, 0x00]), "1.3.1");
        assert_eq!(text([0xf1, 0xf0, 0xff, 0x00]), "1.0");
        assert_eq!(text([0x10, 0x21, 0xf2, b'a']), "10.21.2a");
    }

    #[test]
    fn a_status_byte_says_both_things() {
        let status = SetStatus::new(false, PoolNeed::WANTS);
        assert_eq!((status.0, status.accepted(), status.pool()), (0x11, false, PoolNeed::WANTS));
    }

    proptest! {
        #[test]
        fn whatever_decodes_encodes_back_to_the_same_bytes(bytes in prop::collection::vec(prop_oneof![0..4u8, any::<u8>()], 0..40)) {
            prop_assert!(!differs::<SetEndpointId>(&bytes) && !differs::<SetEndpointIdResponse>(&bytes));
            prop_assert!(!differs::<GetEndpointId>(&bytes) && !differs::<GetEndpointIdResponse>(&bytes));
            prop_assert!(!differs::<GetEndpointUuid>(&bytes) && !differs::<GetEndpointUuidResponse>(&bytes));
            prop_assert!(!differs::<GetVersionSupport>(&bytes) && !differs::<GetVersionSupportResponse>(&bytes));
            prop_assert!(!differs::<GetMessageTypeSupport>(&bytes) && !differs::<GetMessageTypeSupportResponse>(&bytes));
        }
    }
}
