//! Control messages: whatever decodes encodes back to the same bytes, and the responder answers anything.
#![no_main]

use firmwarden_fuzz::same;
use libfuzzer_sys::fuzz_target;
use mctp::{Eid, control::*};

fuzz_target!(|bytes: &[u8]| {
    same::<Header>(bytes);
    same::<SetEndpointId>(bytes);
    same::<SetEndpointIdResponse>(bytes);
    same::<GetEndpointIdResponse>(bytes);
    same::<GetEndpointUuidResponse>(bytes);
    same::<GetVersionSupport>(bytes);
    same::<GetVersionSupportResponse>(bytes);
    same::<GetMessageTypeSupportResponse>(bytes);
    same::<GetVendorDefinedMessageSupport>(bytes);
    same::<GetVendorDefinedMessageSupportResponse>(bytes);
    same::<AllocateEndpointIds>(bytes);
    same::<AllocateEndpointIdsResponse>(bytes);
    same::<GetRoutingTableEntries>(bytes);
    same::<GetRoutingTableEntriesResponse>(bytes);
    let _ = respond(&Identity::owner(Eid(8)), bytes);
});
