//! [`General`]: what the general records of a table say together.

use super::{FieldType, Record, RecordType};
use crate::{Leniency, Lenient, Text, Timestamp104, firmware_update::big_endian_iana};

/// What a part is. Each is the first that a general record says.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct General {
    /// What kind of chassis it is.
    pub chassis_type: Option<Text>,
    /// The model.
    pub model: Option<Text>,
    /// The part number.
    pub part_number: Option<Text>,
    /// The serial number.
    pub serial_number: Option<Text>,
    /// Who made it.
    pub manufacturer: Option<Text>,
    /// When it was made, if the device says so in 13 bytes; it may be none or no moment.
    pub manufacture_date: Option<Timestamp104>,
    /// Who sells it.
    pub vendor: Option<Text>,
    /// Its name.
    pub name: Option<Text>,
    /// The number it is ordered by.
    pub sku: Option<Text>,
    /// Its version.
    pub version: Option<Text>,
    /// The owner's number for it.
    pub asset_tag: Option<Text>,
    /// What it is.
    pub description: Option<Text>,
    /// How far its construction was changed.
    pub engineering_change_level: Option<Text>,
    /// Anything else.
    pub other_information: Option<Text>,
    /// The IANA enterprise number of who sells it.
    pub vendor_iana: Option<u32>,
}

impl General {
    /// What these records say together: of each field the first that is not empty. Records that are not general, and
    /// whatever else they say, stay in the table.
    pub fn of<'a>(records: impl IntoIterator<Item = &'a Record>) -> Self {
        let records: Vec<_> = records.into_iter().filter(|record| record.record_type == RecordType::GENERAL).collect();
        let text = |field_type| records.iter().find_map(|record| record.text(field_type));
        Self {
            chassis_type: text(FieldType::CHASSIS_TYPE),
            model: text(FieldType::MODEL),
            part_number: text(FieldType::PART_NUMBER),
            serial_number: text(FieldType::SERIAL_NUMBER),
            manufacturer: text(FieldType::MANUFACTURER),
            manufacture_date: records.iter().find_map(|record| manufacture_date(record)),
            vendor: text(FieldType::VENDOR),
            name: text(FieldType::NAME),
            sku: text(FieldType::SKU),
            version: text(FieldType::VERSION),
            asset_tag: text(FieldType::ASSET_TAG),
            description: text(FieldType::DESCRIPTION),
            engineering_change_level: text(FieldType::ENGINEERING_CHANGE_LEVEL),
            other_information: text(FieldType::OTHER_INFORMATION),
            vendor_iana: records.iter().find_map(|record| record.vendor_iana()),
        }
    }
}

fn manufacture_date(record: &Record) -> Option<Timestamp104> {
    wire::decode(record.field(FieldType::MANUFACTURE_DATE)?).ok()
}

impl Lenient for Record {
    /// What had to be overlooked in the fields whose meaning we know; a vendor's own mean nothing to us.
    fn leniencies(&self) -> Vec<Leniency> {
        let mut seen = Vec::new();
        if self.record_type == RecordType::GENERAL {
            for field in self.fields.iter().filter(|field| !field.value.is_empty()) {
                match field.field_type {
                    FieldType::MANUFACTURE_DATE => {
                        let date = wire::decode::<Timestamp104>(&field.value);
                        seen.extend(date.map_or(Some(Leniency::InvalidDate), |date| date.leniency()));
                    }
                    FieldType::VENDOR_IANA => {}
                    FieldType(0x01..=0x0e) => {
                        let text = Text { encoding: self.encoding, bytes: field.value.clone() };
                        seen.extend(text.to_string_lenient().1);
                    }
                    _ => {}
                }
            }
        }
        if let Some(bytes) = self.vendor_iana_bytes() {
            seen.extend((bytes.len() != 4).then_some(Leniency::DescriptorLength));
            seen.extend(big_endian_iana(bytes).then_some(Leniency::BigEndianIana));
        }
        seen
    }
}
