//! FRU records (DSP0257, "FRU Record Data format"): fields of one kind, in one encoding.

use crate::{Answer, Octets, StringType, Text, firmware_update::big_endian_iana, message::Keep};
use wire::{Malformed, Reader, Wire, Writer};

wire::codes! {
    /// What a record is about.
    pub struct RecordType(u8) {
        /// In a request: every kind.
        ALL = 0x00,
        /// What every part has: see [`FieldType`].
        GENERAL = 0x01,
        /// What the vendor thinks fit; the first field says which vendor.
        OEM = 0xfe,
    }
}

wire::codes! {
    /// What a field of a general record says (DSP0257, "General FRU Record field type definitions"). In an OEM record
    /// the vendor says, but for [`Self::OEM_VENDOR_IANA`].
    pub struct FieldType(u8) {
        /// What kind of chassis it is.
        CHASSIS_TYPE = 0x01,
        /// The model.
        MODEL = 0x02,
        /// The part number.
        PART_NUMBER = 0x03,
        /// The serial number.
        SERIAL_NUMBER = 0x04,
        /// Who made it.
        MANUFACTURER = 0x05,
        /// When it was made: a [`Timestamp104`](crate::Timestamp104).
        MANUFACTURE_DATE = 0x06,
        /// Who sells it.
        VENDOR = 0x07,
        /// Its name.
        NAME = 0x08,
        /// The number it is ordered by.
        SKU = 0x09,
        /// Its version.
        VERSION = 0x0a,
        /// The owner's number for it.
        ASSET_TAG = 0x0b,
        /// What it is.
        DESCRIPTION = 0x0c,
        /// How far its construction was changed.
        ENGINEERING_CHANGE_LEVEL = 0x0d,
        /// Anything else.
        OTHER_INFORMATION = 0x0e,
        /// The IANA enterprise number of who sells it: four bytes, low byte first.
        VENDOR_IANA = 0x0f,
    }
}

impl FieldType {
    /// In an OEM record: the IANA enterprise number of the vendor who defines the others.
    pub const OEM_VENDOR_IANA: Self = Self(0x01);
}

/// One record: some fields about one record set.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Record {
    /// Names the part of the machine that the record is about; records with the same one belong together.
    pub record_set_identifier: u16,
    /// What it is about.
    pub record_type: RecordType,
    /// How its texts are encoded.
    pub encoding: StringType,
    /// What it says.
    pub fields: Vec<Field>,
}

impl Record {
    /// How many bytes it has.
    pub fn length(&self) -> usize {
        let values = self.fields.iter().map(|field| field.value.len().saturating_add(2));
        values.fold(5, usize::saturating_add)
    }

    /// The first field of this kind that says something.
    pub fn field(&self, field_type: FieldType) -> Option<&Octets> {
        let mut fields = self.fields.iter().filter(|field| field.field_type == field_type);
        fields.find(|field| !field.value.is_empty()).map(|field| &field.value)
    }

    /// The same as text, in the record's encoding.
    pub fn text(&self, field_type: FieldType) -> Option<Text> {
        self.field(field_type).map(|value| Text { encoding: self.encoding, bytes: value.clone() })
    }

    /// The vendor's IANA enterprise number, if the record has one; either way round, as with
    /// [`Descriptor::is_big_endian`](crate::firmware_update::Descriptor::is_big_endian).
    pub fn vendor_iana(&self) -> Option<u32> {
        let bytes = self.vendor_iana_bytes()?;
        let number = <[u8; 4]>::try_from(bytes).ok()?;
        Some(if big_endian_iana(bytes) { u32::from_be_bytes(number) } else { u32::from_le_bytes(number) })
    }

    pub(super) fn vendor_iana_bytes(&self) -> Option<&[u8]> {
        let field_type = match self.record_type {
            RecordType::GENERAL => FieldType::VENDOR_IANA,
            RecordType::OEM => FieldType::OEM_VENDOR_IANA,
            _ => return None,
        };
        self.field(field_type).map(|value| &**value)
    }
}

impl Wire for Record {
    const NAME: &'static str = "FRU record";

    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        Self::read_whole(r)
    }

    fn write(&self, w: &mut Writer) -> Result<(), Malformed> {
        w.put(&self.record_set_identifier)?;
        w.put(&self.record_type)?;
        w.len::<u8>(self.fields.len(), "number_of_fields")?;
        w.put(&self.encoding)?;
        w.list(&self.fields)
    }
}

impl Keep for Record {
    fn read_kept(r: &mut Reader<'_>) -> Result<Answer<Self>, Malformed> {
        let (record_set_identifier, record_type) = (r.get("record_set_identifier")?, r.get("record_type")?);
        let count: u8 = r.get("number_of_fields")?;
        let encoding = r.get("encoding")?;
        let mut fields = Vec::new();
        let all = (0..count).try_for_each(|_| r.get("field").map(|field| fields.push(field)));
        Ok(Answer { value: Self { record_set_identifier, record_type, encoding, fields }, damage: all.err() })
    }
}

/// One field.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Field {
    /// What it says.
    pub field_type: FieldType,
    /// How it says it; at most 255 bytes.
    pub value: Octets,
}

impl Wire for Field {
    const NAME: &'static str = "FRU field";

    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        let field_type = r.get("field_type")?;
        let length = r.get("field_length")?;
        Ok(Self { field_type, value: Octets::read(r, length, "field_value")? })
    }

    fn write(&self, w: &mut Writer) -> Result<(), Malformed> {
        w.put(&self.field_type)?;
        w.len::<u8>(self.value.len(), "field_value")?;
        w.bytes(&self.value);
        Ok(())
    }
}
