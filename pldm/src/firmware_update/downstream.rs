//! Devices behind a device (DSP0267, since 1.1): whether there are any, what they are, what firmware they run.

use super::{ActivationMethods, Descriptor, DeviceCapabilities, Image, descriptor::descriptors_kept, overlooked};
use crate::{
    Answer, CallError, Keep, Leniency, Lenient, Multipart, Part, Requester, Transferred,
    base::{TransferFlag, TransferOperationFlag},
    firmware_update::parameters::ImageHead,
    message::request,
    patience, transfer,
};
use wire::{Malformed, Reader, Wire, Writer};

wire::record! {
    /// Asks whether there are devices behind this one (DSP0267, QueryDownstreamDevices, 0x03).
    pub struct QueryDownstreamDevices = "QueryDownstreamDevices";
}
request!(FIRMWARE_UPDATE QueryDownstreamDevices = 0x03 -> DownstreamDevices);

wire::codes! {
    /// Whether the firmware of devices behind this one can be updated through it.
    pub struct DownstreamSupport(u8) {
        /// It cannot.
        NOT_SUPPORTED = 0x00,
        /// It can.
        SUPPORTED = 0x01,
    }
}

wire::record! {
    /// How many devices there are behind this one: the answer to QueryDownstreamDevices.
    pub struct DownstreamDevices = "QueryDownstreamDevices response" {
        /// Whether they can be updated.
        pub update_supported: DownstreamSupport,
        /// How many there are now.
        pub number_of_downstream_devices: u16,
        /// How many there can be.
        pub maximum_number_of_downstream_devices: u16,
        /// What can happen to them.
        pub capabilities: DownstreamDevicesCapabilities,
    }
}

impl Lenient for DownstreamDevices {
    fn leniencies(&self) -> Vec<Leniency> {
        let mut seen = Vec::new();
        overlooked(&mut seen, &[], &[], &[self.capabilities.unknown()]);
        seen
    }
}

wire::bits! {
    /// What can happen to the devices behind a device (DSP0267, "Capabilities" of QueryDownstreamDevices).
    pub struct DownstreamDevicesCapabilities(u32) {
        /// One can be attached while the machine runs.
        DYNAMICALLY_ATTACHED = 0,
        /// One can be removed while the machine runs.
        DYNAMICALLY_REMOVED = 1,
        /// Several can be updated at once.
        SIMULTANEOUS_UPDATE = 2,
    }
}

wire::record! {
    /// Asks what the devices behind this one are (DSP0267, QueryDownstreamIdentifiers, 0x04).
    pub struct QueryDownstreamIdentifiers = "QueryDownstreamIdentifiers" {
        /// Names the part that is asked for; means nothing with the first.
        pub data_transfer_handle: u32,
        /// Which part is asked for.
        pub transfer_operation_flag: TransferOperationFlag,
    }
}
request!(FIRMWARE_UPDATE QueryDownstreamIdentifiers = 0x04 -> DownstreamIdentifiers, DownstreamIdentifiers::keep);

impl QueryDownstreamIdentifiers {
    /// Asks for the first part.
    pub const FIRST: Self =
        Self { data_transfer_handle: 0, transfer_operation_flag: TransferOperationFlag::GET_FIRST_PART };
}

impl Multipart for QueryDownstreamIdentifiers {
    type Item = DownstreamDevice;
    fn part(response: DownstreamIdentifiers) -> Part<DownstreamDevice> {
        let DownstreamIdentifiers { next_data_transfer_handle, transfer_flag, devices, .. } = response;
        Part { place: transfer_flag.place(), next: next_data_transfer_handle, items: devices }
    }
    fn next(&self, handle: u32) -> Self {
        Self { data_transfer_handle: handle, transfer_operation_flag: TransferOperationFlag::GET_NEXT_PART }
    }
}

/// What the devices behind this one are: one part of the answer to QueryDownstreamIdentifiers.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DownstreamIdentifiers {
    /// Names the next part.
    pub next_data_transfer_handle: u32,
    /// Which part this is.
    pub transfer_flag: TransferFlag,
    /// The devices in this part.
    pub devices: Vec<DownstreamDevice>,
}

impl Wire for DownstreamIdentifiers {
    const NAME: &'static str = "QueryDownstreamIdentifiers response";

    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        Self::read_whole(r)
    }

    fn write(&self, w: &mut Writer) -> Result<(), Malformed> {
        let mut table = Writer::new(Self::NAME);
        table.list(&self.devices)?;
        let table = table.into_bytes();
        w.put(&self.next_data_transfer_handle)?;
        w.put(&self.transfer_flag)?;
        w.len::<u32>(table.len(), "downstream_devices_length")?;
        w.len::<u16>(self.devices.len(), "number_of_downstream_devices")?;
        w.bytes(&table);
        Ok(())
    }
}

impl Keep for DownstreamIdentifiers {
    fn read_kept(r: &mut Reader<'_>) -> Result<Answer<Self>, Malformed> {
        let next_data_transfer_handle = r.get("next_data_transfer_handle")?;
        let transfer_flag = r.get("transfer_flag")?;
        let length: u32 = r.get("downstream_devices_length")?;
        let count: u16 = r.get("number_of_downstream_devices")?;
        let (mut table, short) = match r.within(length, "downstream_devices") {
            Ok(table) => (table, None),
            Err(malformed) => (Reader::new(Self::NAME, r.rest()), Some(malformed)),
        };
        let mut devices = Vec::new();
        let all = (0..count).try_for_each(|_| table.get("downstream_device").map(|device| devices.push(device)));
        let damage = all.and_then(|()| table.finish()).err().or(short);
        Ok(Answer { value: Self { next_data_transfer_handle, transfer_flag, devices }, damage })
    }
}

/// Asks what all the devices behind this one are, part by part. An error means that not even the first part came.
pub async fn downstream_identifiers(requester: &mut Requester) -> Result<Transferred<DownstreamDevice>, CallError> {
    transfer(requester, QueryDownstreamIdentifiers::FIRST, patience::DOWNSTREAM).await
}

impl Lenient for DownstreamIdentifiers {
    fn leniencies(&self) -> Vec<Leniency> {
        self.devices.iter().flat_map(Lenient::leniencies).collect()
    }
}

impl Lenient for DownstreamDevice {
    fn leniencies(&self) -> Vec<Leniency> {
        self.descriptors.iter().flat_map(Descriptor::leniencies).collect()
    }
}

/// One device behind a device.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DownstreamDevice {
    /// Its number there.
    pub index: u16,
    /// What it is.
    pub descriptors: Vec<Descriptor>,
}

impl Wire for DownstreamDevice {
    const NAME: &'static str = "downstream device";

    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        let index = r.get("downstream_device_index")?;
        let count = r.get("descriptor_count")?;
        let mut descriptors = Vec::new();
        descriptors_kept(r, count, &mut descriptors)?;
        Ok(Self { index, descriptors })
    }

    fn write(&self, w: &mut Writer) -> Result<(), Malformed> {
        w.put(&self.index)?;
        w.len::<u8>(self.descriptors.len(), "descriptor_count")?;
        w.list(&self.descriptors)
    }
}

wire::record! {
    /// Asks what firmware the devices behind this one run (DSP0267, GetDownstreamFirmwareParameters, 0x05).
    pub struct GetDownstreamFirmwareParameters = "GetDownstreamFirmwareParameters" {
        /// Names the part that is asked for; means nothing with the first.
        pub data_transfer_handle: u32,
        /// Which part is asked for.
        pub transfer_operation_flag: TransferOperationFlag,
    }
}
request!(
    FIRMWARE_UPDATE GetDownstreamFirmwareParameters = 0x05
        -> DownstreamFirmwareParameters, DownstreamFirmwareParameters::keep
);

impl GetDownstreamFirmwareParameters {
    /// Asks for the first part.
    pub const FIRST: Self =
        Self { data_transfer_handle: 0, transfer_operation_flag: TransferOperationFlag::GET_FIRST_PART };
}

impl Multipart for GetDownstreamFirmwareParameters {
    type Item = DownstreamComponent;
    fn part(response: DownstreamFirmwareParameters) -> Part<DownstreamComponent> {
        let DownstreamFirmwareParameters { next_data_transfer_handle, transfer_flag, devices, .. } = response;
        Part { place: transfer_flag.place(), next: next_data_transfer_handle, items: devices }
    }
    fn next(&self, handle: u32) -> Self {
        Self { data_transfer_handle: handle, transfer_operation_flag: TransferOperationFlag::GET_NEXT_PART }
    }
}

/// What firmware the devices behind this one run: one part of the answer to GetDownstreamFirmwareParameters.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DownstreamFirmwareParameters {
    /// Names the next part.
    pub next_data_transfer_handle: u32,
    /// Which part this is.
    pub transfer_flag: TransferFlag,
    /// What happens while one of them is updated.
    pub capabilities_during_update: DeviceCapabilities,
    /// The devices in this part.
    pub devices: Vec<DownstreamComponent>,
}

impl Wire for DownstreamFirmwareParameters {
    const NAME: &'static str = "GetDownstreamFirmwareParameters response";

    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        Self::read_whole(r)
    }

    fn write(&self, w: &mut Writer) -> Result<(), Malformed> {
        w.put(&self.next_data_transfer_handle)?;
        w.put(&self.transfer_flag)?;
        w.put(&self.capabilities_during_update)?;
        w.len::<u16>(self.devices.len(), "downstream_device_count")?;
        w.list(&self.devices)
    }
}

impl Keep for DownstreamFirmwareParameters {
    fn read_kept(r: &mut Reader<'_>) -> Result<Answer<Self>, Malformed> {
        let next_data_transfer_handle = r.get("next_data_transfer_handle")?;
        let transfer_flag = r.get("transfer_flag")?;
        let capabilities_during_update = r.get("capabilities_during_update")?;
        let count: u16 = r.get("downstream_device_count")?;
        let mut devices = Vec::new();
        let all = (0..count).try_for_each(|_| r.get("downstream_device").map(|device| devices.push(device)));
        let value = Self { next_data_transfer_handle, transfer_flag, capabilities_during_update, devices };
        Ok(Answer { value, damage: all.err() })
    }
}

/// Asks what firmware all the devices behind this one run, part by part. An error means that not even the first part
/// came. What happens during an update is in each part alone: see [`DownstreamFirmwareParameters`].
pub async fn downstream_firmware_parameters(
    requester: &mut Requester,
) -> Result<Transferred<DownstreamComponent>, CallError> {
    transfer(requester, GetDownstreamFirmwareParameters::FIRST, patience::DOWNSTREAM).await
}

impl Lenient for DownstreamFirmwareParameters {
    fn leniencies(&self) -> Vec<Leniency> {
        let mut seen: Vec<_> = self.devices.iter().flat_map(Lenient::leniencies).collect();
        overlooked(&mut seen, &[], &[], &[self.capabilities_during_update.unknown()]);
        seen
    }
}

impl Lenient for DownstreamComponent {
    fn leniencies(&self) -> Vec<Leniency> {
        let (mut seen, images) = (Vec::new(), [&self.active, &self.pending]);
        let bits = [self.activation_methods.unknown().into(), self.capabilities_during_update.unknown()];
        overlooked(&mut seen, &images, &[], &bits);
        seen
    }
}

wire::bits! {
    /// What happens to a device behind a device during an update (DSP0267, "CapabilitiesDuringUpdate" of the downstream
    /// device parameter table).
    pub struct DownstreamCapabilities(u32) {
        /// Its firmware is in place as soon as it is transferred.
        APPLIES_DURING_TRANSFER = 0,
        /// Its firmware can be updated, not only named.
        UPDATABLE = 1,
        /// An older version cannot be installed.
        NO_DOWNGRADE = 2,
    }
}

/// The firmware of one device behind a device.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DownstreamComponent {
    /// Its number there.
    pub index: u16,
    /// The image that runs.
    pub active: Image,
    /// The image that waits, with an empty version when none does.
    pub pending: Image,
    /// How a waiting image can be made to run.
    pub activation_methods: ActivationMethods,
    /// What happens to it during an update.
    pub capabilities_during_update: DownstreamCapabilities,
}

impl Wire for DownstreamComponent {
    const NAME: &'static str = "downstream device parameter table entry";

    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        let index = r.get("downstream_device_index")?;
        let (active, pending): (ImageHead, ImageHead) = (r.get("active")?, r.get("pending")?);
        Ok(Self {
            index,
            activation_methods: r.get("activation_methods")?,
            capabilities_during_update: r.get("capabilities_during_update")?,
            active: active.body(r, "active version")?,
            pending: pending.body(r, "pending version")?,
        })
    }

    fn write(&self, w: &mut Writer) -> Result<(), Malformed> {
        w.put(&self.index)?;
        w.put(&self.active.head("active version")?)?;
        w.put(&self.pending.head("pending version")?)?;
        w.put(&self.activation_methods)?;
        w.put(&self.capabilities_during_update)?;
        w.bytes(&self.active.version.bytes);
        w.bytes(&self.pending.version.bytes);
        Ok(())
    }
}

#[cfg(test)]
#[path = "downstream_tests.rs"]
mod tests;
