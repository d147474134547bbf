//! DSP0267: ours by the paths of `firmware.txt`.

use super::{Flat, Flattened, numbers};
use pldm::{
    Text,
    firmware_update::{Component, Descriptor, DeviceIdentifiers, FirmwareParameters, Image},
};

impl Flat for DeviceIdentifiers {
    const TABLE: &'static str = "DeviceIdentifiers";
    const CUT: Option<&'static str> = Some("DeviceIdentifiersCut");

    fn flat(&self, to: &mut Flattened) {
        to.list("descriptors", &self.descriptors, |to, Descriptor { descriptor_type, data }| {
            to.number("type", descriptor_type.0);
            to.bytes("data", data);
        });
    }
}

impl Flat for FirmwareParameters {
    const TABLE: &'static str = "FirmwareParameters";

    fn flat(&self, to: &mut Flattened) {
        to.number("capabilities_during_update", self.capabilities_during_update.0);
        text(to, "active_image_set", &self.active_image_set);
        text(to, "pending_image_set", &self.pending_image_set);
        to.list("components", &self.components, component);
    }
}

fn component(to: &mut Flattened, it: &Component) {
    numbers!(to, it; classification.0, identifier, classification_index);
    image(to, "active", &it.active);
    image(to, "pending", &it.pending);
    numbers!(to, it; activation_methods.0, capabilities_during_update.0);
}

fn image(to: &mut Flattened, path: &str, it: &Image) {
    to.number(&format!("{path}.comparison_stamp"), it.comparison_stamp);
    to.bytes(&format!("{path}.release_date"), &it.release_date.0);
    text(to, path, &it.version);
}

fn text(to: &mut Flattened, path: &str, it: &Text) {
    to.number(&format!("{path}.type"), it.encoding.0);
    to.bytes(&format!("{path}.str_hex"), &it.bytes);
}
