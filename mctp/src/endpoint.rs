//! Who is spoken to, and in which protocol.

use std::fmt;

/// An endpoint id (DSP0236 1.3.1, 8.2): unique in one network.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Eid(pub u8);

impl Eid {
    /// Whoever is at the other end of the wire.
    pub const NULL: Self = Self(0);
    /// The first id that an endpoint may have.
    pub const FIRST: Self = Self(8);
    /// The last id that an endpoint may have.
    pub const LAST: Self = Self(0xfe);
    /// Everybody.
    pub const BROADCAST: Self = Self(0xff);

    /// Whether one endpoint can have this id: neither null, reserved (1-7) nor broadcast.
    pub const fn is_usable(self) -> bool {
        self.0 >= Self::FIRST.0 && self.0 <= Self::LAST.0
    }
}

wire::newtype!(Eid(u8));

impl fmt::Display for Eid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A UUID as text, in the order of RFC 9562.
pub fn uuid_text(uuid: &[u8; 16]) -> String {
    let hyphen = |place| if matches!(place, 4 | 6 | 8 | 10) { "-" } else { "" };
    uuid.iter().enumerate().map(|(place, byte)| format!("{}{byte:02x}", hyphen(place))).collect()
}

/// Where an endpoint is: its network (a line we own is one) and its id there.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Address {
    /// The network's number. Two networks may use the same endpoint ids.
    pub network: u32,
    /// The endpoint's id in that network.
    pub eid: Eid,
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "network {} endpoint {}", self.network, self.eid)
    }
}

wire::codes! {
    /// What a message speaks (DSP0239). The top bit of the byte on the wire is the integrity check and not part of it.
    pub struct MessageType(u8) {
        /// MCTP control.
        CONTROL = 0x00,
        /// Platform Level Data Model.
        PLDM = 0x01,
        /// NC-SI over MCTP.
        NCSI = 0x02,
        /// Ethernet over MCTP.
        ETHERNET = 0x03,
        /// NVMe management.
        NVME_MI = 0x04,
        /// Security Protocol and Data Model.
        SPDM = 0x05,
        /// Secured messages.
        SECURED = 0x06,
        /// CXL fabric manager.
        CXL_FM = 0x07,
        /// CXL component command interface.
        CXL_CCI = 0x08,
        /// Vendor defined, by PCI vendor id.
        VENDOR_PCI = 0x7e,
        /// Vendor defined, by IANA enterprise number.
        VENDOR_IANA = 0x7f,
    }
}
