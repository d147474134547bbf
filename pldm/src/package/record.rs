//! Which devices a package is for: [`DeviceRecord`] and [`DownstreamRecord`].

use super::Revision;
use crate::{
    Leniency, Octets, Text, TextHead,
    firmware_update::{Descriptor, descriptors_kept},
};
use wire::{Damage, Malformed, Reader};

wire::bits! {
    /// How a device wants to be updated (DSP0267, "DeviceUpdateOptionFlags").
    pub struct DeviceUpdateOptions(u32) {
        /// The other components are tried when one fails.
        CONTINUE_COMPONENT_UPDATES_AFTER_FAILURE = 0,
        /// The device has no flash of its own and is fed at every start (since 1.3).
        SUPPORT_FLASHLESS_OR_STREAMING_BOOT = 1,
    }
}

wire::bits! {
    /// How a device behind a device wants to be updated (DSP0267, "DownstreamDeviceUpdateOptionFlags").
    pub struct DownstreamUpdateOptions(u32) {
        /// From some version on it can activate an image by itself.
        SELF_CONTAINED_ACTIVATION_SINCE_MINIMUM_VERSION = 0,
    }
}

/// What the records of one package have in common.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    /// The structure.
    pub(super) revision: Revision,
    /// ComponentBitmapBitLength.
    pub(super) bits: u16,
}

/// The components of a package that a device takes: a bit for each, kept as sent.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ApplicableComponents(pub Octets);

impl ApplicableComponents {
    /// The numbers of the components, counted from 0 in the order of their area.
    pub fn numbers(&self) -> impl Iterator<Item = usize> {
        let bits = self.0.iter().flat_map(|&byte| (0..8).map(move |bit| byte >> bit & 1 == 1));
        bits.enumerate().filter(|(_, is_set)| *is_set).map(|(number, _)| number)
    }

    fn read(r: &mut Reader<'_>, bits: u16) -> Result<Self, Malformed> {
        Ok(Self(r.take(bits.div_ceil(8), "applicable_components")?.into()))
    }
}

/// One kind of device and what it takes (DSP0267, "Firmware device identification area").
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DeviceRecord {
    /// How it wants to be updated.
    pub update_options: DeviceUpdateOptions,
    /// The components it takes.
    pub applicable_components: ApplicableComponents,
    /// The version of those components together.
    pub image_set_version: Text,
    /// What it is: a device is meant when it has all of these.
    pub descriptors: Vec<Descriptor>,
    /// What the device asks for during the update.
    pub package_data: Vec<u8>,
    /// What the device should measure to afterwards, in a format of the vendor's choice (since 1.3).
    pub reference_manifest: Vec<u8>,
}

/// One kind of device behind a device and what it takes (DSP0267, "Downstream device identification area", since 1.1).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DownstreamRecord {
    /// How it wants to be updated.
    pub update_options: DownstreamUpdateOptions,
    /// The components it takes.
    pub applicable_components: ApplicableComponents,
    /// The version from which on it can activate an image by itself.
    pub self_contained_activation_minimum_version: Text,
    /// The comparison stamp of that version; only there when the options say so.
    pub self_contained_activation_minimum_version_comparison_stamp: Option<u32>,
    /// What it is: a device is meant when it has all of these.
    pub descriptors: Vec<Descriptor>,
    /// What the device asks for during the update.
    pub package_data: Vec<u8>,
    /// What the device should measure to afterwards, in a format of the vendor's choice (since 1.3).
    pub reference_manifest: Vec<u8>,
}

/// A record that is read, as far as it goes.
pub(super) trait Record: Sized {
    /// What an error calls it.
    const NAME: &'static str;

    /// Nothing yet.
    fn empty() -> Self;

    /// Reads what follows RecordLength.
    fn fill(&mut self, r: &mut Reader<'_>, shape: Shape) -> Result<(), Malformed>;

    /// Reads a record and says what is wrong in it. What stands in it cannot reach beyond its length, so damage inside
    /// leaves the next one whole; an error says that where the next one begins is not known.
    fn read(r: &mut Reader<'_>, shape: Shape, into: &mut Vec<Self>) -> Result<Option<Malformed>, Malformed> {
        let length: u16 = r.get(Self::NAME)?;
        let length = length.checked_sub(2).ok_or_else(|| r.malformed(Damage::Contradiction))?;
        let mut value = Self::empty();
        let damage = match r.within(length, Self::NAME) {
            Ok(mut inside) => Ok(value.fill(&mut inside, shape).and_then(|()| inside.finish()).err()),
            Err(malformed) => {
                let _ = value.fill(r, shape); // it ends with the header, which is what the error says
                Err(malformed)
            }
        };
        into.push(value);
        damage
    }
}

impl Record for DeviceRecord {
    const NAME: &'static str = "firmware_device_id_record";

    fn empty() -> Self {
        Self {
            update_options: DeviceUpdateOptions::default(),
            applicable_components: ApplicableComponents::default(),
            image_set_version: Text::none(),
            descriptors: vec![],
            package_data: vec![],
            reference_manifest: vec![],
        }
    }

    fn fill(&mut self, r: &mut Reader<'_>, Shape { revision, bits }: Shape) -> Result<(), Malformed> {
        let descriptors: u8 = r.get("descriptor_count")?;
        self.update_options = r.get("device_update_option_flags")?;
        let version: TextHead = r.get("component_image_set_version_string")?;
        let package_data: u16 = r.get("firmware_device_package_data_length")?;
        let manifest: u32 = if revision >= Revision::V1_3 { r.get("reference_manifest_length")? } else { 0 };
        self.applicable_components = ApplicableComponents::read(r, bits)?;
        self.image_set_version = version.body(r, "component_image_set_version_string")?;
        descriptors_kept(r, descriptors, &mut self.descriptors)?;
        self.package_data = r.take(package_data, "firmware_device_package_data")?.into();
        self.reference_manifest = r.take(manifest, "reference_manifest_data")?.into();
        Ok(())
    }
}

impl Record for DownstreamRecord {
    const NAME: &'static str = "downstream_device_id_record";

    fn empty() -> Self {
        Self {
            update_options: DownstreamUpdateOptions::default(),
            applicable_components: ApplicableComponents::default(),
            self_contained_activation_minimum_version: Text::none(),
            self_contained_activation_minimum_version_comparison_stamp: None,
            descriptors: vec![],
            package_data: vec![],
            reference_manifest: vec![],
        }
    }

    fn fill(&mut self, r: &mut Reader<'_>, Shape { revision, bits }: Shape) -> Result<(), Malformed> {
        let descriptors: u8 = r.get("downstream_device_descriptor_count")?;
        self.update_options = r.get("downstream_device_update_option_flags")?;
        let version: TextHead = r.get("self_contained_activation_minimum_version")?;
        let package_data: u16 = r.get("downstream_device_package_data_length")?;
        let manifest: u32 = if revision >= Revision::V1_3 { r.get("reference_manifest_length")? } else { 0 };
        self.applicable_components = ApplicableComponents::read(r, bits)?;
        self.self_contained_activation_minimum_version =
            version.body(r, "self_contained_activation_minimum_version")?;
        if self.update_options.contains(DownstreamUpdateOptions::SELF_CONTAINED_ACTIVATION_SINCE_MINIMUM_VERSION) {
            self.self_contained_activation_minimum_version_comparison_stamp =
                Some(r.get("self_contained_activation_minimum_version_comparison_stamp")?);
        }
        descriptors_kept(r, descriptors, &mut self.descriptors)?;
        self.package_data = r.take(package_data, "downstream_device_package_data")?.into();
        self.reference_manifest = r.take(manifest, "reference_manifest_data")?.into();
        Ok(())
    }
}

/// What had to be overlooked in a record.
pub(super) fn overlooked(version: &Text, descriptors: &[Descriptor], unknown_bits: u32) -> Vec<Leniency> {
    let bits = (unknown_bits != 0).then_some(Leniency::ReservedBits);
    let texts = version.to_string_lenient().1;
    texts.into_iter().chain(descriptors.iter().flat_map(Descriptor::leniencies)).chain(bits).collect()
}
