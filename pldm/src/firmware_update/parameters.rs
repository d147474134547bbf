//! GetFirmwareParameters (DSP0267, 0x02): the versions a device runs, and those that wait.

use super::{ReleaseDate, overlooked};
use crate::{Answer, Keep, Leniency, Lenient, Text, TextHead, message::request};
use wire::{Damage, Malformed, Reader, Wire, Writer};

wire::record! {
    /// Asks for every firmware component (DSP0267, GetFirmwareParameters, 0x02).
    pub struct GetFirmwareParameters = "GetFirmwareParameters";
}
request!(FIRMWARE_UPDATE GetFirmwareParameters = 0x02 -> FirmwareParameters, FirmwareParameters::keep);

wire::bits! {
    /// What happens during an update (DSP0267, "CapabilitiesDuringUpdate" of a firmware device, and
    /// "FDPCapabilitiesDuringUpdate" of one with others behind it).
    pub struct DeviceCapabilities(u32) {
        /// An update that fails does not leave the old image in place.
        NO_FAILURE_RECOVERY = 0,
        /// A component that failed cannot be sent again in the same update.
        NO_FAILURE_RETRY = 1,
        /// The host notices the update.
        HOST_FUNCTIONALITY_REDUCED = 2,
        /// Some components may be updated without the others.
        PARTIAL_UPDATES = 3,
        /// No update while the host's operating system runs.
        HOST_MUST_BE_DOWN = 4,
        /// Older versions may be refused.
        DOWNGRADE_RESTRICTIONS = 8,
        /// The security revision can be raised apart from the update.
        SECURITY_REVISION_UPDATE = 9,
    }
}

wire::bits! {
    /// What happens to a component during an update (DSP0267, "CapabilitiesDuringUpdate" of a component).
    pub struct ComponentCapabilities(u32) {
        /// It is in place as soon as it is transferred.
        APPLIES_DURING_TRANSFER = 0,
        /// An older version cannot be installed.
        NO_DOWNGRADE = 2,
    }
}

wire::bits! {
    /// How a waiting image can be made to run (DSP0267, "ComponentActivationMethods").
    pub struct ActivationMethods(u16) {
        /// It runs once it is in place.
        AUTOMATIC = 0,
        /// The device can do it by itself when asked.
        SELF_CONTAINED = 1,
        /// A reset of its medium.
        MEDIUM_SPECIFIC_RESET = 2,
        /// A reboot of the system.
        SYSTEM_REBOOT = 3,
        /// Main power off and on.
        DC_POWER_CYCLE = 4,
        /// All power off and on.
        AC_POWER_CYCLE = 5,
        /// A command to activate the waiting image.
        ACTIVATE_PENDING_IMAGE = 6,
        /// A command to activate the waiting image set.
        ACTIVATE_PENDING_IMAGE_SET = 7,
    }
}

wire::codes! {
    /// What kind of thing a component is (DSP0267, "ComponentClassification values", after CIM).
    pub struct ComponentClassification(u16) {
        /// Not said.
        UNKNOWN = 0x0000,
        /// None of these.
        OTHER = 0x0001,
        /// A driver.
        DRIVER = 0x0002,
        /// Configures the system.
        CONFIGURATION_SOFTWARE = 0x0003,
        /// An application.
        APPLICATION_SOFTWARE = 0x0004,
        /// Observes the system.
        INSTRUMENTATION = 0x0005,
        /// Firmware or BIOS.
        FIRMWARE_OR_BIOS = 0x0006,
        /// Looks for faults.
        DIAGNOSTIC_SOFTWARE = 0x0007,
        /// An operating system.
        OPERATING_SYSTEM = 0x0008,
        /// Middleware.
        MIDDLEWARE = 0x0009,
        /// Firmware.
        FIRMWARE = 0x000a,
        /// BIOS or Forth code.
        BIOS_OR_FCODE = 0x000b,
        /// A support pack.
        SUPPORT_OR_SERVICE_PACK = 0x000c,
        /// Several together.
        SOFTWARE_BUNDLE = 0x000d,
        /// A device behind the device.
        DOWNSTREAM_DEVICE = 0xffff,
    }
}

/// What a device runs and what waits to be run: the answer to GetFirmwareParameters.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FirmwareParameters {
    /// What the device can do during an update.
    pub capabilities_during_update: DeviceCapabilities,
    /// The version of the image set that runs.
    pub active_image_set: Text,
    /// The version of the image set that waits, empty when none does.
    pub pending_image_set: Text,
    /// Every component of the image set. None is legal: some devices have a version of the whole only.
    pub components: Vec<Component>,
}

impl Wire for FirmwareParameters {
    const NAME: &'static str = "GetFirmwareParameters response";

    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        Self::read_whole(r)
    }

    fn write(&self, w: &mut Writer) -> Result<(), Malformed> {
        w.put(&self.capabilities_during_update)?;
        w.len::<u16>(self.components.len(), "components")?;
        w.put(&self.active_image_set.head("active_image_set")?)?;
        w.put(&self.pending_image_set.head("pending_image_set")?)?;
        w.bytes(&self.active_image_set.bytes);
        w.bytes(&self.pending_image_set.bytes);
        w.list(&self.components)
    }
}

impl Keep for FirmwareParameters {
    /// From the active image set's version on, the first thing that did not arrive whole is damage.
    fn read_kept(r: &mut Reader<'_>) -> Result<Answer<Self>, Malformed> {
        let capabilities_during_update = r.get("capabilities_during_update")?;
        let count: u16 = r.get("component_count")?;
        let (active, pending): (TextHead, TextHead) = (r.get("active_image_set")?, r.get("pending_image_set")?);
        let active_image_set = active.body(r, "active_image_set")?;
        let mut components = Vec::new();
        let (pending_image_set, damage) = match pending.body(r, "pending_image_set") {
            Ok(text) => (text, components_kept(r, count, &mut components).err()),
            Err(malformed) => (Text::none(), Some(malformed)),
        };
        let value = Self { capabilities_during_update, active_image_set, pending_image_set, components };
        Ok(Answer { value, damage })
    }
}

/// Reads `count` components, and keeps those before the first that is not whole.
fn components_kept(r: &mut Reader<'_>, count: u16, components: &mut Vec<Component>) -> Result<(), Malformed> {
    // The bytes that came, not the count that was promised, say how many there can be.
    components.reserve((r.remaining() / Component::LEAST).min(count.into()));
    for _ in 0..count {
        let component = r.get("component")?;
        if components.len() == components.capacity() {
            return Err(r.malformed(Damage::Contradiction)); // never: without it, the loop has code to grow the list
        }
        components.push(component);
    }
    Ok(())
}

impl Lenient for FirmwareParameters {
    fn leniencies(&self) -> Vec<Leniency> {
        let mut seen = Vec::new();
        let texts = [&self.active_image_set, &self.pending_image_set];
        overlooked(&mut seen, &[], &texts, &[self.capabilities_during_update.unknown()]);
        for component in &self.components {
            let bits = [component.activation_methods.unknown().into(), component.capabilities_during_update.unknown()];
            overlooked(&mut seen, &[&component.active, &component.pending], &[], &bits);
        }
        seen
    }
}

/// One component of a device's firmware: an entry of the component parameter table.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Component {
    /// What kind of component this is.
    pub classification: ComponentClassification,
    /// The vendor's number for it.
    pub identifier: u16,
    /// Tells components with the same classification and identifier apart.
    pub classification_index: u8,
    /// The image that runs.
    pub active: Image,
    /// The image that waits, with an empty version when none does.
    pub pending: Image,
    /// How a waiting image can be made to run.
    pub activation_methods: ActivationMethods,
    /// What the component can do during an update.
    pub capabilities_during_update: ComponentCapabilities,
}

impl Component {
    /// How many bytes an entry has at least: those of its head.
    const LEAST: usize = 39;

    /// Whether an image waits to be run.
    pub fn has_pending(&self) -> bool {
        !self.pending.version.bytes.is_empty()
    }
}

impl Wire for Component {
    const NAME: &'static str = ComponentHead::NAME;

    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        let head: ComponentHead = r.get("component")?;
        Ok(Self {
            classification: head.classification,
            identifier: head.identifier,
            classification_index: head.classification_index,
            active: Image {
                comparison_stamp: head.active_comparison_stamp,
                version: head.active_version.body(r, "active version")?,
                release_date: head.active_release_date,
            },
            pending: Image {
                comparison_stamp: head.pending_comparison_stamp,
                version: head.pending_version.body(r, "pending version")?,
                release_date: head.pending_release_date,
            },
            activation_methods: head.activation_methods,
            capabilities_during_update: head.capabilities_during_update,
        })
    }

    fn write(&self, w: &mut Writer) -> Result<(), Malformed> {
        w.put(&ComponentHead {
            classification: self.classification,
            identifier: self.identifier,
            classification_index: self.classification_index,
            active_comparison_stamp: self.active.comparison_stamp,
            active_version: self.active.version.head("active version")?,
            active_release_date: self.active.release_date,
            pending_comparison_stamp: self.pending.comparison_stamp,
            pending_version: self.pending.version.head("pending version")?,
            pending_release_date: self.pending.release_date,
            activation_methods: self.activation_methods,
            capabilities_during_update: self.capabilities_during_update,
        })?;
        w.bytes(&self.active.version.bytes);
        w.bytes(&self.pending.version.bytes);
        Ok(())
    }
}

wire::record! {
    /// The part of a component's entry before the versions' bytes, row by row as DSP0267's table has it.
    pub struct ComponentHead = "component parameter table entry" {
        /// What kind of component this is.
        pub classification: ComponentClassification,
        /// The vendor's number for it.
        pub identifier: u16,
        /// Tells components with the same classification and identifier apart.
        pub classification_index: u8,
        /// Orders the versions of the image that runs.
        pub active_comparison_stamp: u32,
        /// Its version's encoding and length.
        pub active_version: TextHead,
        /// The day it was released.
        pub active_release_date: ReleaseDate,
        /// Orders the versions of the image that waits.
        pub pending_comparison_stamp: u32,
        /// Its version's encoding and length.
        pub pending_version: TextHead,
        /// The day it was released.
        pub pending_release_date: ReleaseDate,
        /// How a waiting image can be made to run.
        pub activation_methods: ActivationMethods,
        /// What the component can do during an update.
        pub capabilities_during_update: ComponentCapabilities,
    }
}

/// A firmware image as the device describes it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Image {
    /// Orders the versions of one component; zero when the device does not order them.
    pub comparison_stamp: u32,
    /// The version.
    pub version: Text,
    /// The day it was released.
    pub release_date: ReleaseDate,
}

impl Image {
    /// No image: what a component without a waiting one sends.
    pub fn none() -> Self {
        Self { comparison_stamp: 0, version: Text::none(), release_date: ReleaseDate::NONE }
    }

    pub(super) fn head(&self, field: &'static str) -> Result<ImageHead, Malformed> {
        let (comparison_stamp, release_date) = (self.comparison_stamp, self.release_date);
        Ok(ImageHead { comparison_stamp, version: self.version.head(field)?, release_date })
    }
}

wire::record! {
    /// The half of an image that is not its version's bytes.
    pub struct ImageHead = "image" {
        /// Orders the versions of one component.
        pub comparison_stamp: u32,
        /// The version's encoding and length.
        pub version: TextHead,
        /// The day it was released.
        pub release_date: ReleaseDate,
    }
}

impl ImageHead {
    pub(super) fn body(self, r: &mut Reader<'_>, field: &'static str) -> Result<Image, Malformed> {
        let (comparison_stamp, release_date) = (self.comparison_stamp, self.release_date);
        Ok(Image { comparison_stamp, version: self.version.body(r, field)?, release_date })
    }
}

#[cfg(test)]
#[path = "parameters_tests.rs"]
mod tests;
