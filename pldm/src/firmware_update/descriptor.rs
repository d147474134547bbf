//! QueryDeviceIdentifiers (DSP0267, 0x01): what a device is, in the numbers of those who give them.

use crate::{Answer, Keep, Leniency, Lenient, Octets, StringType, Text, message::request};
use std::fmt;
use wire::{Malformed, Reader, Wire, Writer};

wire::record! {
    /// Asks what a device is (DSP0267, QueryDeviceIdentifiers, 0x01).
    pub struct QueryDeviceIdentifiers = "QueryDeviceIdentifiers";
}
request!(FIRMWARE_UPDATE QueryDeviceIdentifiers = 0x01 -> DeviceIdentifiers, DeviceIdentifiers::keep);

wire::codes! {
    /// Who gave a descriptor's number (DSP0267, "Descriptor identifiers").
    pub struct DescriptorType(u16) {
        /// PCI-SIG, vendor.
        PCI_VENDOR_ID = 0x0000,
        /// IANA, enterprise.
        IANA_ENTERPRISE_ID = 0x0001,
        /// Nobody; it is unique.
        UUID = 0x0002,
        /// Plug and play, vendor.
        PNP_VENDOR_ID = 0x0003,
        /// ACPI, vendor.
        ACPI_VENDOR_ID = 0x0004,
        /// IEEE, company.
        IEEE_ASSIGNED_COMPANY_ID = 0x0005,
        /// INCITS, SCSI vendor.
        SCSI_VENDOR_ID = 0x0006,
        /// The vendor, PCI device.
        PCI_DEVICE_ID = 0x0100,
        /// PCI-SIG, who built it in.
        PCI_SUBSYSTEM_VENDOR_ID = 0x0101,
        /// Who built it in.
        PCI_SUBSYSTEM_ID = 0x0102,
        /// The vendor, PCI revision.
        PCI_REVISION_ID = 0x0103,
        /// The vendor, plug and play.
        PNP_PRODUCT_IDENTIFIER = 0x0104,
        /// The vendor, ACPI.
        ACPI_PRODUCT_IDENTIFIER = 0x0105,
        /// The vendor, 40 characters.
        ASCII_MODEL_NUMBER_LONG = 0x0106,
        /// The vendor, 10 characters.
        ASCII_MODEL_NUMBER_SHORT = 0x0107,
        /// The vendor, SCSI.
        SCSI_PRODUCT_ID = 0x0108,
        /// Universal backplane management.
        UBM_CONTROLLER_DEVICE_CODE = 0x0109,
        /// IEEE, extended unique.
        IEEE_EUI_64 = 0x010a,
        /// The vendor, from and to.
        PCI_REVISION_ID_RANGE = 0x010b,
        /// The vendor, under a title.
        VENDOR_DEFINED = 0xffff,
    }
}

impl DescriptorType {
    /// How people call it, and how many bytes it has, where that is fixed.
    const fn known(self) -> Option<(&'static str, Option<usize>)> {
        Some(match self {
            Self::PCI_VENDOR_ID => ("PCI Vendor ID", Some(2)),
            Self::IANA_ENTERPRISE_ID => ("IANA Enterprise ID", Some(4)),
            Self::UUID => ("UUID", Some(16)),
            Self::PNP_VENDOR_ID => ("PnP Vendor ID", Some(3)),
            Self::ACPI_VENDOR_ID => ("ACPI Vendor ID", Some(4)),
            Self::IEEE_ASSIGNED_COMPANY_ID => ("IEEE Assigned Company ID", Some(3)),
            Self::SCSI_VENDOR_ID => ("SCSI Vendor ID", Some(8)),
            Self::PCI_DEVICE_ID => ("PCI Device ID", Some(2)),
            Self::PCI_SUBSYSTEM_VENDOR_ID => ("PCI Subsystem Vendor ID", Some(2)),
            Self::PCI_SUBSYSTEM_ID => ("PCI Subsystem ID", Some(2)),
            Self::PCI_REVISION_ID => ("PCI Revision ID", Some(1)),
            Self::PNP_PRODUCT_IDENTIFIER => ("PnP Product Identifier", Some(4)),
            Self::ACPI_PRODUCT_IDENTIFIER => ("ACPI Product Identifier", Some(4)),
            Self::ASCII_MODEL_NUMBER_LONG => ("ASCII Model Number (Long)", Some(40)),
            Self::ASCII_MODEL_NUMBER_SHORT => ("ASCII Model Number (Short)", Some(10)),
            Self::SCSI_PRODUCT_ID => ("SCSI Product ID", Some(16)),
            Self::UBM_CONTROLLER_DEVICE_CODE => ("UBM Controller Device Code", Some(4)),
            Self::IEEE_EUI_64 => ("IEEE EUI-64", Some(8)),
            Self::PCI_REVISION_ID_RANGE => ("PCI Revision ID Range", Some(2)),
            Self::VENDOR_DEFINED => ("Vendor Defined", None),
            _ => return None,
        })
    }

    /// How people call it.
    pub fn label(self) -> &'static str {
        self.known().map_or("Unknown Descriptor", |(label, _)| label)
    }
}

/// What a device is: the answer to QueryDeviceIdentifiers.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DeviceIdentifiers {
    /// The descriptors, the one that names the vendor first.
    pub descriptors: Vec<Descriptor>,
}

impl Wire for DeviceIdentifiers {
    const NAME: &'static str = "QueryDeviceIdentifiers response";

    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        Self::read_whole(r)
    }

    fn write(&self, w: &mut Writer) -> Result<(), Malformed> {
        let mut table = Writer::new(Self::NAME);
        table.list(&self.descriptors)?;
        let table = table.into_bytes();
        w.len::<u32>(table.len(), "device_identifiers_length")?;
        w.len::<u8>(self.descriptors.len(), "descriptor_count")?;
        w.bytes(&table);
        Ok(())
    }
}

impl DeviceIdentifiers {
    /// What the vendor calls the device, in the descriptor that OpenBMC agreed on for it.
    pub fn openbmc_name(&self) -> Option<String> {
        let named = self.descriptors.iter().filter_map(Descriptor::vendor_defined);
        named.map(|it| (it.title.to_string_lenient().0, it.data)).find_map(|(title, data)| {
            let name = Text { encoding: StringType::UTF_8, bytes: data.into() };
            (title == "OpenBMC.Name").then(|| name.to_string_lenient().0)
        })
    }
}

impl Keep for DeviceIdentifiers {
    /// The descriptors end where the length says, or the bytes; a count or length that does not agree with them is damage.
    fn read_kept(r: &mut Reader<'_>) -> Result<Answer<Self>, Malformed> {
        let length: u32 = r.get("device_identifiers_length")?;
        let count: u8 = r.get("descriptor_count")?;
        let (mut table, short) = match r.within(length, "descriptors") {
            Ok(table) => (table, None),
            Err(malformed) => (Reader::new(Self::NAME, r.rest()), Some(malformed)),
        };
        let mut descriptors = Vec::new();
        let damage = descriptors_kept(&mut table, count, &mut descriptors).and_then(|()| table.finish()).err();
        Ok(Answer { value: Self { descriptors }, damage: damage.or(short) })
    }
}

/// Reads `count` descriptors, and keeps those before the first that is not whole.
pub(crate) fn descriptors_kept(
    r: &mut Reader<'_>,
    count: u8,
    descriptors: &mut Vec<Descriptor>,
) -> Result<(), Malformed> {
    (0..count).try_for_each(|_| r.get("descriptor").map(|descriptor| descriptors.push(descriptor)))
}

impl Lenient for DeviceIdentifiers {
    fn leniencies(&self) -> Vec<Leniency> {
        self.descriptors.iter().flat_map(Descriptor::leniencies).collect()
    }
}

/// One number, or name, of a device; kept as sent even when its type is new or its length odd.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Descriptor {
    /// Who gave it.
    pub descriptor_type: DescriptorType,
    /// What it is.
    pub data: Octets,
}

/// A descriptor under the vendor's own title.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct VendorDefined<'a> {
    /// What the vendor calls it.
    pub title: Text,
    /// What it is.
    pub data: &'a [u8],
}

impl Descriptor {
    /// Its data as people write it: text, a UUID, a number, or the bytes in hexadecimal.
    pub fn value(&self) -> String {
        if let Some(text) = self.text().or_else(|| self.uuid()) {
            return text;
        }
        if let Some(it) = self.vendor_defined() {
            let data = Text { encoding: StringType::UNKNOWN, bytes: it.data.into() };
            return format!("{}={}", it.title.to_string_lenient().0, data.to_string_lenient().0);
        }
        match self.integer() {
            Some(number) if self.descriptor_type == DescriptorType::IANA_ENTERPRISE_ID => number.to_string(),
            Some(number) => {
                format!("{number:#0width$x}", width = self.data.len().saturating_mul(2).saturating_add(2))
            }
            None => self.data.iter().fold(String::from("0x"), |text, byte| format!("{text}{byte:02x}")),
        }
    }

    /// The number, low byte first, if it is one of at most eight bytes; an IANA number either way round, see
    /// [`is_big_endian`](Self::is_big_endian).
    pub fn integer(&self) -> Option<u64> {
        if self.is_big_endian() {
            return Some(self.data.iter().fold(0, |sum, &byte| (sum << 8) | u64::from(byte)));
        }
        let number = !matches!(self.descriptor_type, DescriptorType::VENDOR_DEFINED | DescriptorType::UUID);
        (number && (1..=8).contains(&self.data.len()))
            .then(|| self.data.iter().rev().fold(0, |sum, &byte| (sum << 8) | u64::from(byte)))
    }

    /// The UUID, if it is one, in the order of RFC 9562.
    pub fn uuid(&self) -> Option<String> {
        let uuid = (*self.data).try_into().ok().filter(|_| self.descriptor_type == DescriptorType::UUID)?;
        Some(mctp::uuid_text(uuid))
    }

    /// Whether this is an IANA number sent with its high byte first, as OpenBIC does.
    pub fn is_big_endian(&self) -> bool {
        self.descriptor_type == DescriptorType::IANA_ENTERPRISE_ID && big_endian_iana(&self.data)
    }

    /// Title and data, if the vendor defined it and the title is whole.
    pub fn vendor_defined(&self) -> Option<VendorDefined<'_>> {
        let mut r = Reader::new("vendor defined descriptor", &self.data);
        let head: crate::TextHead =
            r.get("title").ok().filter(|_| self.descriptor_type == DescriptorType::VENDOR_DEFINED)?;
        Some(VendorDefined { title: head.body(&mut r, "title").ok()?, data: r.rest() })
    }

    fn text(&self) -> Option<String> {
        matches!(
            self.descriptor_type,
            DescriptorType::ASCII_MODEL_NUMBER_LONG
                | DescriptorType::ASCII_MODEL_NUMBER_SHORT
                | DescriptorType::SCSI_VENDOR_ID
                | DescriptorType::SCSI_PRODUCT_ID
                | DescriptorType::PNP_VENDOR_ID
        )
        .then(|| Text { encoding: StringType::ASCII, bytes: self.data.clone() }.to_string_lenient().0)
    }

    pub(crate) fn leniencies(&self) -> Vec<Leniency> {
        let mut seen = match (self.descriptor_type.known(), self.vendor_defined()) {
            (None, _) => vec![Leniency::UnknownDescriptor],
            (Some((_, Some(length))), _) if length != self.data.len() => vec![Leniency::DescriptorLength],
            (_, Some(VendorDefined { title, .. })) if !title.bytes.is_empty() => title.to_string_lenient().1,
            (Some((_, None)), _) => vec![Leniency::DescriptorLength], // no title, or one that is cut
            _ => Vec::new(),
        };
        seen.extend(self.is_big_endian().then_some(Leniency::BigEndianIana));
        seen
    }
}

/// Whether an IANA number has its high byte first: read low byte first it is beyond every number IANA gave or will give
/// (they are below 2^24), and the other way round it is not.
pub(crate) fn big_endian_iana(bytes: &[u8]) -> bool {
    <[u8; 4]>::try_from(bytes)
        .is_ok_and(|bytes| u32::from_le_bytes(bytes) > 0x00ff_ffff && u32::from_be_bytes(bytes) <= 0x00ff_ffff)
}

impl Wire for Descriptor {
    const NAME: &'static str = "descriptor";

    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        let descriptor_type = r.get("descriptor_type")?;
        let length: u16 = r.get("descriptor_length")?;
        Ok(Self { descriptor_type, data: r.take(length, "descriptor_data")?.into() })
    }

    fn write(&self, w: &mut Writer) -> Result<(), Malformed> {
        w.put(&self.descriptor_type)?;
        w.len::<u16>(self.data.len(), "descriptor_data")?;
        w.bytes(&self.data);
        Ok(())
    }
}

impl fmt::Display for Descriptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.descriptor_type.known() {
            Some((label, _)) => write!(f, "{label} {}", self.value()),
            None => write!(f, "Descriptor {} {}", self.descriptor_type, self.value()),
        }
    }
}

#[cfg(test)]
#[path = "descriptor_tests.rs"]
mod tests;
