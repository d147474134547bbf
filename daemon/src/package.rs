//! Reads a firmware update package (DSP0267): what its header says, what its images hash to, and what is wrong with it.
//!
//! Only the header is held in memory; images are read by. What is wrong hides nothing else.

use crate::{
    file,
    image::hash::{HashError, hex, through},
    inventory,
    text::one_line,
};
use pldm::{
    Lenient, Text,
    package::{self as layout, NotAPackage, Payload},
};
use serde::Serialize;
use sha2::{Digest as _, Sha256, Sha384};
use std::{
    collections::BTreeMap,
    fmt,
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::Path,
    sync::atomic::AtomicBool,
};

/// How many times the file's own length is hashed at the most. Images of a sound package do not overlap, so once is
/// enough; a hostile header can name the whole file two thousand times.
const HASHED_MOST: u64 = 4;

/// What a package says, as plain values; all texts are printable and one line.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Package {
    /// The revision of its header, such as `1.3`.
    pub revision: String,
    /// Its own version.
    pub version: String,
    /// When it was released: RFC 3339, as exactly as it says.
    pub released: Option<String>,
    /// How many bytes the file has.
    pub file_size: u64,
    /// How many of them are the header.
    pub header_size: u16,
    /// The CRC-32 that the header has for itself.
    pub header_checksum: Option<u32>,
    /// The CRC-32 that the header has for the images (since 1.3).
    pub payload_checksum: Option<u32>,
    /// The devices it is for.
    pub devices: Vec<Device>,
    /// The devices behind devices it is for.
    pub downstream_devices: Vec<DownstreamDevice>,
    /// The images. Records name them by their place here, from 0.
    pub components: Vec<Image>,
    /// What is wrong.
    pub findings: Vec<String>,
    /// How often it strays from the specification in a way that is put up with, by name.
    pub leniencies: BTreeMap<String, u64>,
}

/// A kind of device.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Device {
    /// The version of the images for it together.
    pub image_set_version: String,
    /// What else is said of it.
    #[serde(flatten)]
    pub record: Record,
}

/// A kind of device behind a device.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct DownstreamDevice {
    /// The version since which it can activate an image by itself; empty when it is not said.
    pub self_contained_activation_minimum_version: String,
    /// The comparison stamp of that version.
    pub self_contained_activation_minimum_version_comparison_stamp: Option<u32>,
    /// What else is said of it.
    #[serde(flatten)]
    pub record: Record,
}

/// What both kinds of records say.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Record {
    /// A device is meant when it has all of these.
    pub descriptors: Vec<Descriptor>,
    /// The images for it, by their place.
    pub components: Vec<usize>,
    /// How it wants to be updated, in the specification's words; in hexadecimal what has none.
    pub options: Vec<String>,
    /// How many bytes there are for the device itself.
    pub package_data_size: usize,
    /// How many bytes the reference manifest has.
    pub reference_manifest_size: usize,
}

/// One identifier of a device, in the words of the inventory.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Descriptor {
    /// What it is.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// An image.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Image {
    /// Its version.
    pub version: String,
    /// ComponentClassification.
    pub classification: u16,
    /// What that means, in the specification's words; empty when it means nothing we know.
    pub classification_name: String,
    /// ComponentIdentifier.
    pub identifier: u16,
    /// Orders the versions, where it does.
    pub comparison_stamp: Option<u32>,
    /// How it wants to be updated.
    pub options: Vec<String>,
    /// How it asks to be activated.
    pub activation_methods: Vec<String>,
    /// How many bytes the device is given before it.
    pub opaque_data_size: usize,
    /// Its first byte in the file.
    pub offset: u32,
    /// How many bytes it has.
    pub size: u32,
    /// What it hashes to, if all its bytes are there.
    pub digests: Option<Digests>,
}

/// What an image hashes to, in lower-case hexadecimal.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Digests {
    /// SHA-256.
    pub sha256: String,
    /// SHA-384.
    pub sha384: String,
}

/// Why nothing can be said of a file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Unreadable {
    /// It cannot be read.
    File(String),
    /// It is something else.
    NotAPackage(NotAPackage),
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(why) => f.write_str(why),
            Self::NotAPackage(why) => write!(f, "is no firmware update package: {why}"),
        }
    }
}

/// Reads the package at `path`, which is a regular file, and hashes its images.
pub fn read(path: &Path) -> Result<Package, Unreadable> {
    let (mut file, size) = file::open(path).map_err(Unreadable::File)?;
    let mut front = Vec::new();
    let header = file.by_ref().take(u16::MAX.into()).read_to_end(&mut front);
    header.map_err(|error| Unreadable::File(error.to_string()))?;
    let header = layout::Package::read(&front, size).map_err(Unreadable::NotAPackage)?;
    let mut package = said(&header, size);
    if let Err(why) = check_payload(&mut file, &header, &mut package.findings) {
        package.findings.push(format!("the images' checksum is not checked: {why}"));
    }
    hash_images(&mut file, &header, &mut package);
    Ok(package)
}

/// What the header says.
fn said(header: &layout::Package, file_size: u64) -> Package {
    let mut leniencies = BTreeMap::new();
    header.leniencies().iter().for_each(|one| *leniencies.entry(one.name().to_owned()).or_default() += 1);
    let released = header.released.is_valid().then(|| header.released.to_string());
    Package {
        revision: header.revision.to_string(),
        version: shown(&header.version),
        released,
        file_size,
        header_size: header.header_size,
        header_checksum: header.header_checksum,
        payload_checksum: header.payload_checksum,
        devices: header.devices.iter().map(device).collect(),
        downstream_devices: header.downstream_devices.iter().map(downstream_device).collect(),
        components: header.components.iter().map(image).collect(),
        findings: header.findings.iter().map(ToString::to_string).collect(),
        leniencies,
    }
}

fn device(it: &layout::DeviceRecord) -> Device {
    let options = flags(it.update_options.names(), it.update_options.unknown());
    let record = record(&it.descriptors, &it.applicable_components, options, &it.package_data, &it.reference_manifest);
    Device { image_set_version: shown(&it.image_set_version), record }
}

fn downstream_device(it: &layout::DownstreamRecord) -> DownstreamDevice {
    let options = flags(it.update_options.names(), it.update_options.unknown());
    DownstreamDevice {
        self_contained_activation_minimum_version: shown(&it.self_contained_activation_minimum_version),
        self_contained_activation_minimum_version_comparison_stamp: it
            .self_contained_activation_minimum_version_comparison_stamp,
        record: record(&it.descriptors, &it.applicable_components, options, &it.package_data, &it.reference_manifest),
    }
}

fn record(
    descriptors: &[pldm::firmware_update::Descriptor],
    components: &layout::ApplicableComponents,
    options: Vec<String>,
    package_data: &[u8],
    reference_manifest: &[u8],
) -> Record {
    Record {
        descriptors: descriptors.iter().map(descriptor).collect(),
        components: components.numbers().collect(),
        options,
        package_data_size: package_data.len(),
        reference_manifest_size: reference_manifest.len(),
    }
}

/// In the inventory all types that nobody knows have one name; here each has its number, so that none equals another.
fn descriptor(it: &pldm::firmware_update::Descriptor) -> Descriptor {
    let known = inventory::descriptor(it);
    let name = match it.descriptor_type.name() {
        Some(_) => known.name,
        None => format!("{} {}", known.name, it.descriptor_type),
    };
    Descriptor { name: one_line(&name), value: one_line(&known.value) }
}

fn image(it: &layout::ComponentImage) -> Image {
    let methods = it.requested_activation_methods;
    Image {
        version: shown(&it.version),
        classification: it.classification.0,
        classification_name: it.classification.name().unwrap_or_default().into(),
        identifier: it.identifier,
        comparison_stamp: it.known_comparison_stamp(),
        options: flags(it.options.names(), it.options.unknown().into()),
        activation_methods: flags(methods.names(), methods.unknown().into()),
        opaque_data_size: it.opaque_data.len(),
        offset: it.location_offset,
        size: it.size,
        digests: None,
    }
}

fn shown(text: &Text) -> String {
    one_line(&text.to_string_lenient().0)
}

fn flags(names: impl Iterator<Item = &'static str>, unknown: u32) -> Vec<String> {
    names.map(str::to_owned).chain((unknown != 0).then(|| format!("{unknown:#x}"))).collect()
}

/// Reads everything behind the header, where there is a checksum for it.
fn check_payload(file: &mut File, header: &layout::Package, findings: &mut Vec<String>) -> Result<(), String> {
    let mut payload = Payload::of(header);
    if payload.has_checksum() {
        pass(file, header.header_size.into(), u64::MAX, &mut |chunk| payload.update(chunk))?;
        findings.extend(payload.finding().map(|finding| finding.to_string()));
    }
    Ok(())
}

/// Hashes every image whose bytes are there, and those of one place once.
fn hash_images(file: &mut File, header: &layout::Package, package: &mut Package) {
    let mut known: BTreeMap<(u32, u32), Option<Digests>> = BTreeMap::new();
    let mut budget = package.file_size.saturating_mul(HASHED_MOST);
    for (number, image) in package.components.iter_mut().enumerate() {
        let range = header.components.get(number).map(layout::ComponentImage::range).unwrap_or_default();
        if range.is_empty() || range.end > package.file_size {
            continue; // a finding says so already
        }
        image.digests = known
            .entry((image.offset, image.size))
            .or_insert_with(|| {
                let left = budget.checked_sub(image.size.into());
                budget = left.unwrap_or(budget);
                let digests = match left {
                    Some(_) => digests(file, range),
                    None => Err("the images overlap too much".into()),
                };
                let tell = |why| package.findings.push(format!("the image of component {number} is not hashed: {why}"));
                digests.map_err(tell).ok()
            })
            .clone();
    }
}

fn digests(file: &mut File, range: std::ops::Range<u64>) -> Result<Digests, String> {
    let (mut sha256, mut sha384) = (Sha256::new(), Sha384::new());
    let length = range.end.saturating_sub(range.start);
    let mut take = |chunk: &[u8]| {
        sha256.update(chunk);
        sha384.update(chunk);
    };
    if pass(file, range.start, length, &mut take)? < length {
        return Err("the file became shorter while it was read".into());
    }
    Ok(Digests { sha256: hex(&sha256.finalize()), sha384: hex(&sha384.finalize()) })
}

/// Hands over `length` bytes from `start` on, or those that there are, and says how many.
fn pass(file: &mut File, start: u64, length: u64, take: &mut dyn FnMut(&[u8])) -> Result<u64, String> {
    let at =
        |offset: u64, error: io::Error| format!("reading failed at byte {}: {error}", start.saturating_add(offset));
    file.seek(SeekFrom::Start(start)).map_err(|error| at(0, error))?;
    through(&mut file.take(length), take, &AtomicBool::new(false)).map_err(|error| match error {
        HashError::Stopped => "it was stopped".into(),
        HashError::Io(offset, error) => at(offset, error),
    })
}

#[cfg(test)]
mod tests;
