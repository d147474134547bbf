//! A component's FRU record table (DSP0257).

use super::{Code, Encoding, code::named};
use serde::Deserialize;

/// The table.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Fru {
    /// The largest table it could hold.
    pub maximum: u32,
    /// The records, in its order.
    pub record: Vec<FruRecord>,
}

impl Default for Fru {
    fn default() -> Self {
        Self { maximum: 4096, record: vec![] }
    }
}

/// One record.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FruRecord {
    /// FRU record set identifier.
    pub set: u16,
    /// General or OEM.
    #[serde(rename = "type", default = "general")]
    pub kind: Code<RecordType>,
    /// How its texts are written.
    #[serde(default)]
    pub encoding: Encoding,
    /// Its fields, in its order.
    pub fields: Vec<Field>,
}

/// One field.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// What it says.
    #[serde(rename = "type")]
    pub kind: Code<FieldType>,
    /// Its value, when it is text.
    #[serde(default)]
    pub text: String,
    /// Its value as it stands on the wire, in hexadecimal, when it is none.
    pub bytes: Option<String>,
}

named! {
    /// Who defines a record's fields.
    RecordType {
        General = 1,
        Oem = 0xfe,
    }
}

named! {
    /// The fields of a general record.
    FieldType {
        ChassisType = 1,
        Model = 2,
        PartNumber = 3,
        SerialNumber = 4,
        Manufacturer = 5,
        ManufactureDate = 6,
        Vendor = 7,
        Name = 8,
        Sku = 9,
        Version = 10,
        AssetTag = 11,
        Description = 12,
        EngineeringChangeLevel = 13,
        OtherInformation = 14,
        VendorIana = 15,
    }
}

const fn general() -> Code<RecordType> {
    Code::Named(RecordType::General)
}
