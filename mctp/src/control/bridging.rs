//! What bridges and vendors are asked, and how a device makes itself known (DSP0236).

use super::requests;
use crate::Eid;
use wire::{Malformed, Reader, Wire, Writer};

requests! {
    GetVendorDefinedMessageSupport, GET_VENDOR_DEFINED_MESSAGE_SUPPORT => GetVendorDefinedMessageSupportResponse;
    AllocateEndpointIds, ALLOCATE_ENDPOINT_IDS => AllocateEndpointIdsResponse;
    GetRoutingTableEntries, GET_ROUTING_TABLE_ENTRIES => GetRoutingTableEntriesResponse;
    DiscoveryNotify, DISCOVERY_NOTIFY => DiscoveryNotifyResponse;
}

wire::record! {
    /// Get Vendor Defined Message Support (0x06), DSP0236.
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
    /// Allocate Endpoint IDs (0x08), DSP0236.
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
        /// Allocation status (bits 1:0): 0 accepted, 1 rejected.
        pub status: u8,
        /// How many ids the bridge has now.
        pub pool_size: u8,
        /// The first of them.
        pub start: Eid,
    }
}

wire::record! {
    /// Get Routing Table Entries (0x0a), DSP0236.
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
    /// Entry type (bits 7:6), static (bit 5) and port number (bits 4:0).
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
    /// Discovery Notify (0x0d), DSP0236.
    pub struct DiscoveryNotify {}
}

wire::record! {
    /// The response to [`DiscoveryNotify`].
    pub struct DiscoveryNotifyResponse {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::tests::differs;
    use proptest::prelude::*;
    use wire::{decode, encode};

    #[test]
    fn a_vendor_of_a_format_we_do_not_know_is_kept() {
        let bytes = [0xff, 7, 1, 2, 3, 0xab, 0xcd];
        let answer: GetVendorDefinedMessageSupportResponse = decode(&bytes).unwrap();
        assert_eq!(answer.vendor, VendorId::Other(7, vec![1, 2, 3]));
        assert_eq!((answer.command_set, encode(&answer)), ([0xab, 0xcd], Ok(bytes.to_vec())));
        let pci: GetVendorDefinedMessageSupportResponse = decode(&[1, 0, 0x10, 0xde, 0, 2]).unwrap();
        assert_eq!((pci.vendor, pci.command_set), (VendorId::Pci([0x10, 0xde]), [0, 2]));
    }

    #[test]
    fn a_routing_table_is_read_entry_by_entry() {
        let bytes = [0xff, 2, 1, 9, 0x80, 1, 4, 1, 0x1d, 3, 10, 0xc1, 6, 0x30, 0];
        let table: GetRoutingTableEntriesResponse = decode(&bytes).unwrap();
        let entries: Vec<_> = table.entries.iter().map(|entry| (entry.start.0, entry.range)).collect();
        assert_eq!((entries, encode(&table)), (vec![(9, 1), (10, 3)], Ok(bytes.to_vec())));
    }

    proptest! {
        #[test]
        fn whatever_decodes_encodes_back_to_the_same_bytes(bytes in prop::collection::vec(prop_oneof![0..4u8, any::<u8>()], 0..40)) {
            prop_assert!(!differs::<GetVendorDefinedMessageSupport>(&bytes));
            prop_assert!(!differs::<GetVendorDefinedMessageSupportResponse>(&bytes));
            prop_assert!(!differs::<AllocateEndpointIds>(&bytes) && !differs::<AllocateEndpointIdsResponse>(&bytes));
            prop_assert!(!differs::<GetRoutingTableEntries>(&bytes) && !differs::<GetRoutingTableEntriesResponse>(&bytes));
            prop_assert!(!differs::<DiscoveryNotify>(&bytes) && !differs::<DiscoveryNotifyResponse>(&bytes));
        }
    }
}
