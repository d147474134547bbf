//! The messages of an update (DSP0267, 0x10 to 0x1d), as codecs only: none is a [`Request`](crate::Request), so nothing
//! here can be sent by accident. They serve to read a trace, and to simulate a device.

use super::{ActivationMethods, ComponentClassification};
use crate::{Text, TextHead, base::TransferFlag};
use wire::{Malformed, Reader, Wire, Writer};

/// Asks a device to enter update mode (DSP0267, RequestUpdate, 0x10).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RequestUpdate {
    /// The largest piece the agent sends.
    pub maximum_transfer_size: u32,
    /// How many components are to come.
    pub number_of_components: u16,
    /// How many requests for data may be under way.
    pub maximum_outstanding_transfer_requests: u8,
    /// How many bytes the package has for the device itself.
    pub package_data_length: u16,
    /// The version of the new image set.
    pub component_image_set_version: Text,
}

impl Wire for RequestUpdate {
    const NAME: &'static str = "RequestUpdate";
    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            maximum_transfer_size: r.get("maximum_transfer_size")?,
            number_of_components: r.get("number_of_components")?,
            maximum_outstanding_transfer_requests: r.get("maximum_outstanding_transfer_requests")?,
            package_data_length: r.get("package_data_length")?,
            component_image_set_version: version(r, "component_image_set_version")?,
        })
    }
    fn write(&self, w: &mut Writer) -> Result<(), Malformed> {
        w.put(&self.maximum_transfer_size)?;
        w.put(&self.number_of_components)?;
        w.put(&self.maximum_outstanding_transfer_requests)?;
        w.put(&self.package_data_length)?;
        self.component_image_set_version.write_whole(w, "component_image_set_version")
    }
}

wire::record! {
    /// The device is in update mode: the answer to RequestUpdate.
    pub struct UpdateAccepted = "RequestUpdate response" {
        /// How many bytes of its own the device wants kept.
        pub firmware_device_meta_data_length: u16,
        /// Whether the device will ask for the package's data.
        pub firmware_device_will_send_package_data: u8,
    }
}

/// Tells a device about one component to come (DSP0267, PassComponentTable, 0x13).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PassComponentTable {
    /// Which part of the table this is.
    pub transfer_flag: TransferFlag,
    /// What kind of component it is.
    pub classification: ComponentClassification,
    /// The vendor's number for it.
    pub identifier: u16,
    /// Tells equal components apart.
    pub classification_index: u8,
    /// Orders its versions.
    pub comparison_stamp: u32,
    /// Its version.
    pub version: Text,
}

impl Wire for PassComponentTable {
    const NAME: &'static str = "PassComponentTable";
    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            transfer_flag: r.get("transfer_flag")?,
            classification: r.get("classification")?,
            identifier: r.get("identifier")?,
            classification_index: r.get("classification_index")?,
            comparison_stamp: r.get("comparison_stamp")?,
            version: version(r, "version")?,
        })
    }
    fn write(&self, w: &mut Writer) -> Result<(), Malformed> {
        w.put(&self.transfer_flag)?;
        w.put(&self.classification)?;
        w.put(&self.identifier)?;
        w.put(&self.classification_index)?;
        w.put(&self.comparison_stamp)?;
        self.version.write_whole(w, "version")
    }
}

/// Asks a device to take one component (DSP0267, UpdateComponent, 0x14).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UpdateComponent {
    /// What kind of component it is.
    pub classification: ComponentClassification,
    /// The vendor's number for it.
    pub identifier: u16,
    /// Tells equal components apart.
    pub classification_index: u8,
    /// Orders its versions.
    pub comparison_stamp: u32,
    /// How many bytes it has.
    pub image_size: u32,
    /// The options asked for; flags, kept as sent.
    pub update_option_flags: u32,
    /// Its version.
    pub version: Text,
}

impl Wire for UpdateComponent {
    const NAME: &'static str = "UpdateComponent";
    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            classification: r.get("classification")?,
            identifier: r.get("identifier")?,
            classification_index: r.get("classification_index")?,
            comparison_stamp: r.get("comparison_stamp")?,
            image_size: r.get("image_size")?,
            update_option_flags: r.get("update_option_flags")?,
            version: version(r, "version")?,
        })
    }
    fn write(&self, w: &mut Writer) -> Result<(), Malformed> {
        w.put(&self.classification)?;
        w.put(&self.identifier)?;
        w.put(&self.classification_index)?;
        w.put(&self.comparison_stamp)?;
        w.put(&self.image_size)?;
        w.put(&self.update_option_flags)?;
        self.version.write_whole(w, "version")
    }
}

wire::record! {
    /// A device asks for a piece of a component (DSP0267, RequestFirmwareData, 0x15).
    pub struct RequestFirmwareData = "RequestFirmwareData" {
        /// Where it begins.
        pub offset: u32,
        /// How long it is.
        pub length: u32,
    }
}

wire::record! {
    /// A device has fetched a component, or failed to (DSP0267, TransferComplete, 0x16).
    pub struct TransferComplete = "TransferComplete" {
        /// Zero for success.
        pub transfer_result: u8,
    }
}

wire::record! {
    /// A device has verified a component, or refused it (DSP0267, VerifyComplete, 0x17).
    pub struct VerifyComplete = "VerifyComplete" {
        /// Zero for success.
        pub verify_result: u8,
    }
}

wire::record! {
    /// A device has stored a component, or failed to (DSP0267, ApplyComplete, 0x18).
    pub struct ApplyComplete = "ApplyComplete" {
        /// Zero for success, one for success with the activation methods below.
        pub apply_result: u8,
        /// How the component can be made to run, where that has changed.
        pub component_activation_methods_modification: ActivationMethods,
    }
}

wire::record! {
    /// Asks a device to run what it was sent (DSP0267, ActivateFirmware, 0x1a).
    pub struct ActivateFirmware = "ActivateFirmware" {
        /// One: activate at once, by itself.
        pub self_contained_activation_request: u8,
    }
}

wire::record! {
    /// The device activates: the answer to ActivateFirmware.
    pub struct Activating = "ActivateFirmware response" {
        /// How many seconds it will take.
        pub estimated_time_for_self_contained_activation: u16,
    }
}

wire::record! {
    /// Ends an update without activation (DSP0267, CancelUpdate, 0x1d).
    pub struct CancelUpdate = "CancelUpdate";
}

wire::record! {
    /// The update is over: the answer to CancelUpdate.
    pub struct Canceled = "CancelUpdate response" {
        /// One when components do not work any more.
        pub non_functioning_component_indication: u8,
        /// Which do not, one bit per component in the order of the table.
        pub non_functioning_component_bitmap: u64,
    }
}

/// These messages have a version's encoding and length right before its bytes.
fn version(r: &mut Reader<'_>, field: &'static str) -> Result<Text, Malformed> {
    let head: TextHead = r.get(field)?;
    head.body(r, field)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn survives<T: Wire>(bytes: &[u8]) -> Result<(), TestCaseError> {
        if let Ok(message) = wire::decode::<T>(bytes) {
            prop_assert_eq!(wire::encode(&message), Ok(bytes.to_vec()));
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn whatever_decodes_encodes_back(bytes in prop::collection::vec(0u8..4, 0..30)) {
            survives::<RequestUpdate>(&bytes)?;
            survives::<UpdateAccepted>(&bytes)?;
            survives::<PassComponentTable>(&bytes)?;
            survives::<UpdateComponent>(&bytes)?;
            survives::<RequestFirmwareData>(&bytes)?;
            survives::<TransferComplete>(&bytes)?;
            survives::<VerifyComplete>(&bytes)?;
            survives::<ApplyComplete>(&bytes)?;
            survives::<ActivateFirmware>(&bytes)?;
            survives::<Activating>(&bytes)?;
            survives::<Canceled>(&bytes)?;
        }
    }
}
