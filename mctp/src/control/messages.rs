//! The control messages, in the order of DSP0236 chapter 12.

use super::{Command, Request};
use crate::{Eid, MessageType};
use std::fmt;
use wire::{Malformed, Reader, Wire, Writer};

/// Ties a request to its command and its response.
macro_rules! requests {
    ($($request:ident, $command:ident => $response:ty;)*) => {$(
        impl Request for $request {
            const COMMAND: Command = Command::$command;
            type Response = $response;
        }
    )*};
}

requests! {
    SetEndpointId, SET_ENDPOINT_ID => SetEndpointIdResponse;
    GetEndpointId, GET_ENDPOINT_ID => GetEndpointIdResponse;
    GetEndpointUuid, GET_ENDPOINT_UUID => GetEndpointUuidResponse;
    GetVersionSupport, GET_VERSION_SUPPORT => GetVersionSupportResponse;
    GetMessageTypeSupport, GET_MESSAGE_TYPE_SUPPORT => GetMessageTypeSupportResponse;
    GetVendorDefinedMessageSupport, GET_VENDOR_DEFINED_MESSAGE_SUPPORT => GetVendorDefinedMessageSupportResponse;
    AllocateEndpointIds, ALLOCATE_ENDPOINT_IDS => AllocateEndpointIdsResponse;
    GetRoutingTableEntries, GET_ROUTING_TABLE_ENTRIES => GetRoutingTableEntriesResponse;
    DiscoveryNotify, DISCOVERY_NOTIFY => DiscoveryNotifyResponse;
}

wire::record! {
    /// Set Endpoint ID (0x01), DSP0236 12.3.
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
        /// Assignment status [5:4] and allocation status [1:0].
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
    /// Get Endpoint ID (0x02), DSP0236 12.4.
    pub struct GetEndpointId {}
}

wire::record! {
    /// The response to [`GetEndpointId`].
    pub struct GetEndpointIdResponse {
        /// The endpoint's id, null while it has none.
        pub eid: Eid,
        /// Endpoint type [5:4] and endpoint id type [1:0].
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
    /// An endpoint that takes the id it is given.
    pub const SIMPLE: Self = Self(0x00);
    /// A bus owner or bridge whose id is its own.
    pub const OWNER: Self = Self(0x11);

    /// Whether it is a bus owner or bridge.
    pub const fn is_bridge(self) -> bool {
        self.0 >> 4 & 3 == 1
    }

    /// Whether it has an id of its own.
    pub const fn is_static(self) -> bool {
        self.0 & 3 != 0
    }
}

wire::record! {
    /// Get Endpoint UUID (0x03), DSP0236 12.5.
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
    /// Get MCTP Version Support (0x04), DSP0236 12.6.
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
    /// Get Message Type Support (0x05), DSP0236 12.7.
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

wire::record! {
    /// Get Vendor Defined Message Support (0x06), DSP0236 12.8.
    pub struct GetVendorDefinedMessageSupport {
        /// 0 first, then what the response before said.
        pub selector: u8,
    }
}

/// The response to [`GetVendorDefinedMessageSupport`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct GetVendorDefinedMessageSupportResponse {
    /// The next selector, 0xff after the last.
    pub next: u8,
    /// Whose messages.
    pub vendor: VendorId,
    /// Which of theirs: big-endian.
    pub command_set: [u8; 2],
}

/// A vendor, big-endian, by one of two registries.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum VendorId {
    /// Of the PCI-SIG.
    Pci([u8; 2]),
    /// An IANA enterprise number.
    Iana([u8; 4]),
    /// A format we do not know, and its bytes.
    Other(u8, Vec<u8>),
}

impl Wire for GetVendorDefinedMessageSupportResponse {
    const NAME: &'static str = "GetVendorDefinedMessageSupport response";

    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        let next = r.get("vendor id set selector")?;
        let vendor = match r.get("vendor id format")? {
            0 => VendorId::Pci(r.get("PCI vendor id")?),
            1 => VendorId::Iana(r.get("IANA enterprise number")?),
            format => VendorId::Other(format, r.take(r.remaining().saturating_sub(2), "vendor id")?.to_vec()),
        };
        Ok(Self { next, vendor, command_set: r.get("command set")? })
    }

    fn write(&self, w: &mut Writer) -> Result<(), Malformed> {
        w.put(&self.next)?;
        let (format, id) = match &self.vendor {
            VendorId::Pci(id) => (0, &id[..]),
            VendorId::Iana(id) => (1, &id[..]),
            VendorId::Other(format, id) => (*format, &id[..]),
        };
        w.put(&format)?;
        w.bytes(id);
        w.put(&self.command_set)
    }
}

wire::record! {
    /// Allocate Endpoint IDs (0x08), DSP0236 12.10.
    pub struct AllocateEndpointIds {
        /// How.
        pub operation: AllocateOperation,
        /// How many ids.
        pub pool_size: u8,
        /// The first of them.
        pub start: Eid,
    }
}

wire::codes! {
    /// How a bridge takes its pool.
    pub struct AllocateOperation(u8) {
        /// Take it, unless another bus owner gave one.
        ALLOCATE = 0,
        /// Take it from whoever sends it.
        FORCE = 1,
        /// Only say which it has.
        GET_INFORMATION = 2,
    }
}

wire::record! {
    /// The response to [`AllocateEndpointIds`].
    pub struct AllocateEndpointIdsResponse {
        /// Allocation status [1:0]: 0 accepted, 1 rejected.
        pub status: u8,
        /// How many ids the bridge has now.
        pub pool_size: u8,
        /// The first of them.
        pub start: Eid,
    }
}

wire::record! {
    /// Get Routing Table Entries (0x0a), DSP0236 12.12.
    pub struct GetRoutingTableEntries {
        /// 0 first, then what the response before said.
        pub handle: u8,
    }
}

/// The response to [`GetRoutingTableEntries`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct GetRoutingTableEntriesResponse {
    /// The next handle, 0xff after the last.
    pub next: u8,
    /// A part of the table.
    pub entries: Vec<RoutingTableEntry>,
}

impl Wire for GetRoutingTableEntriesResponse {
    const NAME: &'static str = "GetRoutingTableEntries response";

    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        let (next, count) = (r.get("next entry handle")?, r.get::<u8>("entry count")?);
        Ok(Self { next, entries: r.list(count, "routing table entry")? })
    }

    fn write(&self, w: &mut Writer) -> Result<(), Malformed> {
        w.put(&self.next)?;
        w.len::<u8>(self.entries.len(), "routing table entries")?;
        w.list(&self.entries)
    }
}

/// Where a range of endpoint ids is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RoutingTableEntry {
    /// How many ids.
    pub range: u8,
    /// The first of them.
    pub start: Eid,
    /// Entry type [7:6], static [5] and port number [4:0].
    pub entry_type: u8,
    /// The physical transport binding (DSP0239).
    pub binding: u8,
    /// The physical medium (DSP0239).
    pub medium: u8,
    /// The address on that medium.
    pub physical_address: Vec<u8>,
}

impl Wire for RoutingTableEntry {
    const NAME: &'static str = "routing table entry";

    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        let (range, start, entry_type) = (r.get("range size")?, r.get("starting id")?, r.get("entry type")?);
        let (binding, medium) = (r.get("transport binding")?, r.get("medium type")?);
        let length: u8 = r.get("physical address size")?;
        let physical_address = r.take(length, "physical address")?.to_vec();
        Ok(Self { range, start, entry_type, binding, medium, physical_address })
    }

    fn write(&self, w: &mut Writer) -> Result<(), Malformed> {
        w.put(&self.range)?;
        w.put(&self.start)?;
        w.bytes(&[self.entry_type, self.binding, self.medium]);
        w.len::<u8>(self.physical_address.len(), "physical address")?;
        w.bytes(&self.physical_address);
        Ok(())
    }
}

wire::record! {
    /// Discovery Notify (0x0d), DSP0236 12.15.
    pub struct DiscoveryNotify {}
}

wire::record! {
    /// The response to [`DiscoveryNotify`].
    pub struct DiscoveryNotifyResponse {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use wire::{decode, encode};

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

    fn differs<T: Wire>(bytes: &[u8]) -> bool {
        decode::<T>(bytes).is_ok_and(|it| encode(&it).unwrap() != bytes)
    }

    proptest! {
        #[test]
        fn whatever_decodes_encodes_back_to_the_same_bytes(bytes in prop::collection::vec(prop_oneof![0..4u8, any::<u8>()], 0..40)) {
            prop_assert!(!differs::<SetEndpointId>(&bytes) && !differs::<SetEndpointIdResponse>(&bytes));
            prop_assert!(!differs::<GetEndpointId>(&bytes) && !differs::<GetEndpointIdResponse>(&bytes));
            prop_assert!(!differs::<GetEndpointUuid>(&bytes) && !differs::<GetEndpointUuidResponse>(&bytes));
            prop_assert!(!differs::<GetVersionSupport>(&bytes) && !differs::<GetVersionSupportResponse>(&bytes));
            prop_assert!(!differs::<GetMessageTypeSupport>(&bytes) && !differs::<GetMessageTypeSupportResponse>(&bytes));
            prop_assert!(!differs::<GetVendorDefinedMessageSupport>(&bytes));
            prop_assert!(!differs::<GetVendorDefinedMessageSupportResponse>(&bytes));
            prop_assert!(!differs::<AllocateEndpointIds>(&bytes) && !differs::<AllocateEndpointIdsResponse>(&bytes));
            prop_assert!(!differs::<GetRoutingTableEntries>(&bytes) && !differs::<GetRoutingTableEntriesResponse>(&bytes));
            prop_assert!(!differs::<DiscoveryNotify>(&bytes) && !differs::<DiscoveryNotifyResponse>(&bytes));
        }
    }
}
