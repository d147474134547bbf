//! Firmware update packages (DSP0267, "Firmware update package"): the files that firmware is delivered in.
//!
//! A package is a header and, behind it, the images of components. The header has at most 65,535 bytes and is all that
//! is read here: [`Start`] says how long it is, [`Package::read`] what stands in it. The images stay in the file;
//! [`Payload`] checks them as they are read by. What is wrong with a package is a [`Finding`], and hides nothing else.

mod finding;
mod image;
mod payload;
mod record;
mod start;

pub use finding::Finding;
pub use image::{ComponentImage, ComponentOptions};
pub use payload::Payload;
pub use record::{ApplicableComponents, DeviceRecord, DeviceUpdateOptions, DownstreamRecord, DownstreamUpdateOptions};
pub use start::{NotAPackage, Revision, Start};

use crate::{Leniency, Lenient, Text, TextHead, Timestamp104, crc32};
use record::{Record, Shape};
use wire::{Malformed, Reader};

/// A package's header, as far as it can be read, and what is wrong with the package.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Package {
    /// Which structure the header has.
    pub revision: Revision,
    /// How many bytes the header has.
    pub header_size: u16,
    /// When the package was released.
    pub released: Timestamp104,
    /// How many bits say which components a device takes.
    pub component_bitmap_bit_length: u16,
    /// The package's own version.
    pub version: Text,
    /// The devices it is for.
    pub devices: Vec<DeviceRecord>,
    /// The devices behind devices it is for (since 1.1).
    pub downstream_devices: Vec<DownstreamRecord>,
    /// The images.
    pub components: Vec<ComponentImage>,
    /// The checksum of the header.
    pub header_checksum: Option<u32>,
    /// The checksum of all images (since 1.3).
    pub payload_checksum: Option<u32>,
    /// What is wrong, as far as the header shows it.
    pub findings: Vec<Finding>,
}

impl Package {
    /// Reads the header at the front of a file of `file` bytes. Of `bytes`, those beyond the header do not count, and
    /// those that are missing are a finding.
    ///
    /// # Errors
    ///
    /// Only where the first bytes do not say that this is a package.
    pub fn read(bytes: &[u8], file: u64) -> Result<Self, NotAPackage> {
        let (start, revision) = Start::of(bytes)?;
        let mut package = Self {
            revision,
            header_size: start.package_header_size,
            released: Timestamp104::default(),
            component_bitmap_bit_length: 0,
            version: Text::none(),
            devices: vec![],
            downstream_devices: vec![],
            components: vec![],
            header_checksum: None,
            payload_checksum: None,
            findings: vec![],
        };
        let says = start.package_header_format_revision;
        if says != revision.format_revision() {
            package.findings.push(Finding::FormatRevision { says, revision });
        }
        let header = bytes.get(..usize::from(package.header_size)).unwrap_or(bytes);
        if header.len() < usize::from(package.header_size) {
            package.findings.push(Finding::HeaderCut { size: package.header_size, file });
        }
        let checksums = usize::from(package.header_size.saturating_sub(revision.checksums()));
        let (described, checksums) = header.split_at_checked(checksums).unwrap_or((header, &[]));
        package.checksums(described, checksums);
        let mut r = Reader::new("package header", described.get(Start::LENGTH..).unwrap_or_default());
        match package.areas(&mut r) {
            Ok(()) => package.check_records(),
            Err(malformed) => package.findings.push(Finding::Header(malformed)),
        }
        package.check_images(file);
        Ok(package)
    }

    /// What stands at the header's end: it makes whatever stands before it trustworthy, or not.
    fn checksums(&mut self, described: &[u8], checksums: &[u8]) {
        let mut r = Reader::new("package header", checksums);
        self.header_checksum = r.get("package_header_checksum").ok();
        self.payload_checksum = r.get("package_payload_checksum").ok().filter(|_| self.revision >= Revision::V1_3);
        let is = crc32(described);
        let wrong = self.header_checksum.filter(|says| *says != is);
        self.findings.extend(wrong.map(|says| Finding::HeaderChecksum { says, is }));
    }

    /// Reads area after area, and keeps what stands before the first damage that leaves no way on.
    fn areas(&mut self, r: &mut Reader<'_>) -> Result<(), Malformed> {
        self.released = r.get("package_release_date_time")?;
        self.component_bitmap_bit_length = r.get("component_bitmap_bit_length")?;
        let version: TextHead = r.get("package_version_string")?;
        self.version = version.body(r, "package_version_string")?;
        let shape = Shape { revision: self.revision, bits: self.component_bitmap_bit_length };
        let count: u8 = r.get("device_id_record_count")?;
        records(r, count, shape, &mut self.devices, Finding::Device, &mut self.findings)?;
        if self.revision >= Revision::V1_1 {
            let count: u8 = r.get("downstream_device_id_record_count")?;
            let of = Finding::DownstreamDevice;
            records(r, count, shape, &mut self.downstream_devices, of, &mut self.findings)?;
        }
        let count: u16 = r.get("component_image_count")?;
        let mut image = |_| ComponentImage::read(r, self.revision).map(|image| self.components.push(image));
        (0..count).try_for_each(&mut image)?;
        r.finish()
    }

    /// Compares the records with the components, of which all must be known for that.
    fn check_records(&mut self) {
        let (bits, components) = (self.component_bitmap_bit_length, self.components.len());
        let findings = &mut self.findings;
        if bits % 8 != 0 || usize::from(bits) < components {
            findings.push(Finding::BitmapLength { bits, components });
        }
        let missing = |applicable: &ApplicableComponents| applicable.numbers().find(|number| *number >= components);
        for (number, record) in self.devices.iter().enumerate() {
            findings.extend(record.descriptors.is_empty().then_some(Finding::DeviceUndescribed(number)));
            findings
                .extend(missing(&record.applicable_components).map(|other| Finding::DeviceComponent(number, other)));
        }
        for (number, record) in self.downstream_devices.iter().enumerate() {
            let of = |other| Finding::DownstreamDeviceComponent(number, other);
            findings.extend(record.descriptors.is_empty().then_some(Finding::DownstreamDeviceUndescribed(number)));
            findings.extend(missing(&record.applicable_components).map(of));
        }
    }

    /// Compares the images with the file and with each other.
    fn check_images(&mut self, file: u64) {
        let findings = &mut self.findings;
        let mut places: Vec<_> = self.components.iter().map(ComponentImage::range).enumerate().collect();
        for (component, range) in &places {
            let (component, end) = (*component, range.end);
            findings.extend(range.is_empty().then_some(Finding::ImageEmpty(component)));
            findings.extend((range.start < self.header_size.into()).then_some(Finding::ImageInHeader(component)));
            findings.extend((end > file).then_some(Finding::ImageBeyondFile { component, end, file }));
        }
        places.retain(|(_, range)| !range.is_empty());
        places.sort_by_key(|(_, range)| range.start);
        let mut furthest: Option<(usize, u64)> = None;
        for (component, range) in places {
            let before = furthest.filter(|(_, end)| *end > range.start);
            findings
                .extend(before.map(|(other, _)| Finding::ImagesOverlap(other.min(component), other.max(component))));
            furthest = furthest.filter(|(_, end)| *end >= range.end).or(Some((component, range.end)));
        }
        let behind = furthest.and_then(|(_, end)| file.checked_sub(end)).filter(|bytes| *bytes > 0);
        findings.extend(behind.map(|bytes| Finding::BytesBehind { bytes }));
    }
}

/// Reads the records of an area. Damage inside one is a finding; an error leaves no way to the next.
fn records<R: Record>(
    r: &mut Reader<'_>,
    count: u8,
    shape: Shape,
    into: &mut Vec<R>,
    of: impl Fn(usize, Malformed) -> Finding,
    findings: &mut Vec<Finding>,
) -> Result<(), Malformed> {
    for number in 0..usize::from(count) {
        let damage = R::read(r, shape, into)?;
        findings.extend(damage.map(|malformed| of(number, malformed)));
    }
    Ok(())
}

impl Lenient for Package {
    fn leniencies(&self) -> Vec<Leniency> {
        let mut seen = self.version.to_string_lenient().1;
        seen.extend(self.released.leniency());
        for it in &self.devices {
            seen.extend(record::overlooked(&it.image_set_version, &it.descriptors, it.update_options.unknown()));
        }
        for it in &self.downstream_devices {
            let version = &it.self_contained_activation_minimum_version;
            seen.extend(record::overlooked(version, &it.descriptors, it.update_options.unknown()));
        }
        seen.extend(self.components.iter().flat_map(ComponentImage::leniencies));
        seen
    }
}

#[cfg(test)]
mod tests;
