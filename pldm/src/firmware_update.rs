//! PLDM for firmware update, DSP0267: what a device is, and what firmware it runs.
//!
//! The requests that ask are [`Request`](crate::Request)s. Those that change something, and those that a device sends
//! to an update agent, are codecs only: an inventory daemon must not be able to start an update by mistake.

mod descriptor;
mod downstream;
mod parameters;
mod release_date;
mod status;
mod update;

pub use descriptor::{Descriptor, DescriptorType, DeviceIdentifiers, QueryDeviceIdentifiers, VendorDefined};
pub(crate) use descriptor::{big_endian_iana, descriptors_kept};
pub use downstream::{
    DownstreamCapabilities, DownstreamComponent, DownstreamDevice, DownstreamDevices, DownstreamDevicesCapabilities,
    DownstreamFirmwareParameters, DownstreamIdentifiers, DownstreamSupport, GetDownstreamFirmwareParameters,
    QueryDownstreamDevices, QueryDownstreamIdentifiers, downstream_firmware_parameters, downstream_identifiers,
};
pub use parameters::{
    ActivationMethods, Component, ComponentCapabilities, ComponentClassification, ComponentHead, DeviceCapabilities,
    FirmwareParameters, GetFirmwareParameters, Image, ImageHead,
};
pub use release_date::ReleaseDate;
pub use status::{GetStatus, State, Status};
pub use update::{
    ActivateFirmware, Activating, ApplyComplete, CancelUpdate, Canceled, PassComponentTable, RequestFirmwareData,
    RequestUpdate, TransferComplete, UpdateAccepted, UpdateComponent, VerifyComplete,
};

use crate::{Command, Leniency, Text};

/// The commands of this type that we know, in the order of their codes.
pub(crate) const fn command_name(command: Command) -> Option<&'static str> {
    Some(match command.0 {
        0x01 => "QueryDeviceIdentifiers",
        0x02 => "GetFirmwareParameters",
        0x03 => "QueryDownstreamDevices",
        0x04 => "QueryDownstreamIdentifiers",
        0x05 => "GetDownstreamFirmwareParameters",
        0x10 => "RequestUpdate",
        0x11 => "GetPackageData",
        0x12 => "GetDeviceMetaData",
        0x13 => "PassComponentTable",
        0x14 => "UpdateComponent",
        0x15 => "RequestFirmwareData",
        0x16 => "TransferComplete",
        0x17 => "VerifyComplete",
        0x18 => "ApplyComplete",
        0x19 => "GetMetaData",
        0x1a => "ActivateFirmware",
        0x1b => "GetStatus",
        0x1c => "CancelUpdateComponent",
        0x1d => "CancelUpdate",
        0x22 => "UpdateSecurityRevision",
        _ => return None,
    })
}

/// What had to be overlooked in strings, flags and dates.
fn overlooked(seen: &mut Vec<Leniency>, images: &[&Image], texts: &[&Text], unknown_bits: &[u32]) {
    let all = images.iter().map(|image| &image.version).chain(texts.iter().copied());
    seen.extend(all.flat_map(|text| text.to_string_lenient().1));
    seen.extend(images.iter().filter(|image| !image.release_date.is_valid()).map(|_| Leniency::InvalidDate));
    seen.extend(unknown_bits.iter().filter(|&&bits| bits != 0).map(|_| Leniency::ReservedBits));
}
