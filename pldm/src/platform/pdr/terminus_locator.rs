//! Where a terminus is.

use crate::{Octets, base::Tid};
use wire::{Malformed, Reader, Wire, Writer};

wire::codes! {
    /// How a terminus is found.
    pub struct TerminusLocatorType(u8) {
        /// By a number that is unique everywhere.
        UID = 0,
        /// By its MCTP endpoint id.
        MCTP_EID = 1,
        /// By a place on an SMBus.
        SMBUS_RELATIVE = 2,
        /// It is the system's software.
        SYSTEM_SOFTWARE = 3,
    }
}

wire::codes! {
    /// Whether a record holds now.
    pub struct Validity(u8) {
        /// It does not.
        NOT_VALID = 0,
        /// It does.
        VALID = 1,
    }
}

/// Where a terminus is (DSP0248, Terminus Locator PDR, type 1).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TerminusLocator {
    /// What the other records call it.
    pub terminus_handle: u16,
    /// Whether it is there.
    pub validity: Validity,
    /// Its id.
    pub tid: Tid,
    /// The container it is in.
    pub container_id: u16,
    /// How it is found.
    pub locator_type: TerminusLocatorType,
    /// What to look for: one byte for an MCTP endpoint id.
    pub locator_value: Octets,
}

impl TerminusLocator {
    /// The MCTP endpoint id, if that is how it is found.
    pub fn eid(&self) -> Option<u8> {
        match (self.locator_type, &*self.locator_value) {
            (TerminusLocatorType::MCTP_EID, [eid]) => Some(*eid),
            _ => None,
        }
    }
}

impl Wire for TerminusLocator {
    const NAME: &'static str = "Terminus Locator PDR";
    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            terminus_handle: r.get("terminus_handle")?,
            validity: r.get("validity")?,
            tid: r.get("tid")?,
            container_id: r.get("container_id")?,
            locator_type: r.get("terminus_locator_type")?,
            locator_value: {
                let size = r.get("terminus_locator_value_size")?;
                Octets::read(r, size, "terminus_locator_value")?
            },
        })
    }
    fn write(&self, w: &mut Writer) -> Result<(), Malformed> {
        w.put(&self.terminus_handle)?;
        w.put(&self.validity)?;
        w.put(&self.tid)?;
        w.put(&self.container_id)?;
        w.put(&self.locator_type)?;
        w.len::<u8>(self.locator_value.len(), "terminus_locator_value_size")?;
        w.bytes(&self.locator_value);
        Ok(())
    }
}
