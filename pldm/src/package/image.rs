//! [`ComponentImage`]: one image of a package, and where it lies.

use crate::{
    Leniency, Text, TextHead,
    firmware_update::{ActivationMethods, ComponentClassification},
    package::Revision,
};
use std::ops::Range;
use wire::{Malformed, Reader};

wire::bits! {
    /// How a component wants to be updated (DSP0267, "ComponentOptions").
    pub struct ComponentOptions(u16) {
        /// The device takes the image even if it thinks that it should not.
        REQUEST_FORCE_UPDATE = 0,
        /// The comparison stamp, and not the version, tells which image is newer.
        USE_COMPONENT_COMPARISON_STAMP = 1,
    }
}

wire::record! {
    /// The fixed fields of a component; its version follows, and since 1.2 its opaque data.
    #[allow(missing_docs, reason = "they are those of ComponentImage")]
    pub struct Head = "component image information" {
        pub classification: ComponentClassification,
        pub identifier: u16,
        pub comparison_stamp: u32,
        pub options: ComponentOptions,
        pub requested_activation_methods: ActivationMethods,
        pub location_offset: u32,
        pub size: u32,
        pub version: TextHead,
    }
}

/// One image (DSP0267, "Component image information area").
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ComponentImage {
    /// What kind of thing it is.
    pub classification: ComponentClassification,
    /// The vendor's number for the component.
    pub identifier: u16,
    /// Orders the versions of the component; all ones where the options do not use it.
    pub comparison_stamp: u32,
    /// How it wants to be updated.
    pub options: ComponentOptions,
    /// How it asks to be activated.
    pub requested_activation_methods: ActivationMethods,
    /// Its first byte, counted from the first of the file.
    pub location_offset: u32,
    /// How many bytes it has.
    pub size: u32,
    /// Its version.
    pub version: Text,
    /// What the device is given before the image (since 1.2).
    pub opaque_data: Vec<u8>,
}

impl ComponentImage {
    /// Which bytes of the file it is. Nobody says that the file has them.
    pub fn range(&self) -> Range<u64> {
        let start = u64::from(self.location_offset);
        start..start.saturating_add(self.size.into())
    }

    /// Its comparison stamp, where it has one.
    pub fn known_comparison_stamp(&self) -> Option<u32> {
        self.options.contains(ComponentOptions::USE_COMPONENT_COMPARISON_STAMP).then_some(self.comparison_stamp)
    }

    pub(super) fn read(r: &mut Reader<'_>, revision: Revision) -> Result<Self, Malformed> {
        let head: Head = r.get("component_image_information")?;
        let version = head.version.body(r, "component_version_string")?;
        let opaque_data: u32 = if revision >= Revision::V1_2 { r.get("component_opaque_data_length")? } else { 0 };
        Ok(Self {
            classification: head.classification,
            identifier: head.identifier,
            comparison_stamp: head.comparison_stamp,
            options: head.options,
            requested_activation_methods: head.requested_activation_methods,
            location_offset: head.location_offset,
            size: head.size,
            version,
            opaque_data: r.take(opaque_data, "component_opaque_data")?.into(),
        })
    }

    pub(super) fn leniencies(&self) -> Vec<Leniency> {
        let bits = self.options.unknown() | self.requested_activation_methods.unknown();
        let mut seen = self.version.to_string_lenient().1;
        seen.extend((bits != 0).then_some(Leniency::ReservedBits));
        seen
    }
}
