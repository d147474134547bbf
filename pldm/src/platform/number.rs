//! Numbers whose width the message says: readings, thresholds and settings of numeric sensors and effecters.

use wire::{Damage, Malformed, Reader, Writer};

wire::codes! {
    /// How wide a reading or a setting is (DSP0248, sensorDataSize and effecterDataSize).
    pub struct DataSize(u8) {
        /// One byte.
        UINT8 = 0,
        /// One byte with a sign.
        SINT8 = 1,
        /// Two bytes.
        UINT16 = 2,
        /// Two bytes with a sign.
        SINT16 = 3,
        /// Four bytes.
        UINT32 = 4,
        /// Four bytes with a sign.
        SINT32 = 5,
        /// Eight bytes (since DSP0248 1.3).
        UINT64 = 6,
        /// Eight bytes with a sign (since DSP0248 1.3).
        SINT64 = 7,
    }
}

wire::codes! {
    /// How the range fields of a record are written (DSP0248, rangeFieldFormat).
    pub struct RangeFieldFormat(u8) {
        /// One byte.
        UINT8 = 0,
        /// One byte with a sign.
        SINT8 = 1,
        /// Two bytes.
        UINT16 = 2,
        /// Two bytes with a sign.
        SINT16 = 3,
        /// Four bytes.
        UINT32 = 4,
        /// Four bytes with a sign.
        SINT32 = 5,
        /// IEEE 754, four bytes.
        REAL32 = 6,
    }
}

/// An IEEE 754 number of four bytes, lowest first, kept bit by bit: a NaN survives with what it carries.
#[derive(Clone, Copy, Eq, Hash, PartialEq)]
pub struct Real32(pub u32);
wire::newtype!(Real32(u32));

impl Real32 {
    /// The number, which may be infinite or none.
    pub const fn get(self) -> f32 {
        f32::from_bits(self.0)
    }
}

impl From<f32> for Real32 {
    fn from(number: f32) -> Self {
        Self(number.to_bits())
    }
}

impl std::fmt::Debug for Real32 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Real32({}, {:#010x})", self.get(), self.0)
    }
}

/// A number as a message has it, before resolution, offset and unit modifier.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Raw {
    /// One byte.
    U8(u8),
    /// One byte with a sign.
    S8(i8),
    /// Two bytes.
    U16(u16),
    /// Two bytes with a sign.
    S16(i16),
    /// Four bytes.
    U32(u32),
    /// Four bytes with a sign.
    S32(i32),
    /// Eight bytes.
    U64(u64),
    /// Eight bytes with a sign.
    S64(i64),
    /// IEEE 754; no reading is, a range field can be.
    Real32(Real32),
}

impl Raw {
    /// The number; one beyond 2^53 is rounded, and a [`Real32`] may be infinite or NaN.
    pub fn to_f64(self) -> f64 {
        match self {
            Self::U8(it) => it.into(),
            Self::S8(it) => it.into(),
            Self::U16(it) => it.into(),
            Self::S16(it) => it.into(),
            Self::U32(it) => it.into(),
            Self::S32(it) => it.into(),
            Self::U64(it) => wide(it),
            Self::S64(it) => wide(it.unsigned_abs()).copysign(if it < 0 { -1.0 } else { 1.0 }),
            Self::Real32(it) => it.get().into(),
        }
    }

    /// How wide it is; no code of this kind says "real".
    pub const fn data_size(self) -> Option<DataSize> {
        Some(match self {
            Self::U8(_) => DataSize::UINT8,
            Self::S8(_) => DataSize::SINT8,
            Self::U16(_) => DataSize::UINT16,
            Self::S16(_) => DataSize::SINT16,
            Self::U32(_) => DataSize::UINT32,
            Self::S32(_) => DataSize::SINT32,
            Self::U64(_) => DataSize::UINT64,
            Self::S64(_) => DataSize::SINT64,
            Self::Real32(_) => return None,
        })
    }

    /// How a range field is that holds it; none is as wide as eight bytes.
    pub const fn range_field_format(self) -> Option<RangeFieldFormat> {
        match self {
            Self::Real32(_) => Some(RangeFieldFormat::REAL32),
            Self::U64(_) | Self::S64(_) => None,
            _ => match self.data_size() {
                Some(size) => Some(RangeFieldFormat(size.0)),
                None => None,
            },
        }
    }

    /// Writes the number alone; its width is written elsewhere in the message.
    pub fn write(&self, w: &mut Writer) -> Result<(), Malformed> {
        match self {
            Self::U8(it) => w.put(it),
            Self::S8(it) => w.put(it),
            Self::U16(it) => w.put(it),
            Self::S16(it) => w.put(it),
            Self::U32(it) => w.put(it),
            Self::S32(it) => w.put(it),
            Self::U64(it) => w.put(it),
            Self::S64(it) => w.put(it),
            Self::Real32(it) => w.put(it),
        }
    }
}

/// Exact up to 2^53, and the nearest beyond.
fn wide(number: u64) -> f64 {
    let [a, b, c, d, e, f, g, h] = number.to_le_bytes();
    let [low, high] = [[a, b, c, d], [e, f, g, h]].map(u32::from_le_bytes);
    f64::from(high) * 4_294_967_296.0 + f64::from(low)
}

impl DataSize {
    /// Whether a number of this size can be read: the code is one we know.
    pub const fn is_known(self) -> bool {
        self.name().is_some()
    }

    /// How many bytes a number of this size has, if we know.
    pub const fn width(self) -> Option<usize> {
        match self {
            Self::UINT8 | Self::SINT8 => Some(1),
            Self::UINT16 | Self::SINT16 => Some(2),
            Self::UINT32 | Self::SINT32 => Some(4),
            Self::UINT64 | Self::SINT64 => Some(8),
            _ => None,
        }
    }

    /// Reads a number of this size. A size we do not know is a contradiction: nobody can say where the number ends.
    pub fn read(self, r: &mut Reader<'_>, field: &'static str) -> Result<Raw, Malformed> {
        Ok(match self {
            Self::UINT8 => Raw::U8(r.get(field)?),
            Self::SINT8 => Raw::S8(r.get(field)?),
            Self::UINT16 => Raw::U16(r.get(field)?),
            Self::SINT16 => Raw::S16(r.get(field)?),
            Self::UINT32 => Raw::U32(r.get(field)?),
            Self::SINT32 => Raw::S32(r.get(field)?),
            Self::UINT64 => Raw::U64(r.get(field)?),
            Self::SINT64 => Raw::S64(r.get(field)?),
            _ => return Err(Malformed { field, ..r.malformed(Damage::Contradiction) }),
        })
    }

    /// Writes a number that must be of this size.
    pub fn write(self, w: &mut Writer, number: Raw, field: &'static str) -> Result<(), Malformed> {
        if number.data_size() == Some(self) { number.write(w) } else { Err(contradiction(field)) }
    }
}

impl RangeFieldFormat {
    /// Whether a field of this format can be read: the code is one we know.
    pub const fn is_known(self) -> bool {
        self.name().is_some()
    }

    /// Reads a field of this format. A format we do not know is a contradiction.
    pub fn read(self, r: &mut Reader<'_>, field: &'static str) -> Result<Raw, Malformed> {
        match self {
            Self::REAL32 => r.get(field).map(Raw::Real32),
            Self(0..=5) => DataSize(self.0).read(r, field),
            Self(_) => Err(Malformed { field, ..r.malformed(Damage::Contradiction) }),
        }
    }

    /// Writes a field that must be of this format.
    pub fn write(self, w: &mut Writer, number: Raw, field: &'static str) -> Result<(), Malformed> {
        if number.range_field_format() == Some(self) { number.write(w) } else { Err(contradiction(field)) }
    }
}

const fn contradiction(field: &'static str) -> Malformed {
    Malformed { message: "number", field, damage: Damage::Contradiction }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(size: u8, bytes: &[u8]) -> Result<Raw, Malformed> {
        DataSize(size).read(&mut Reader::new("test", bytes), "number")
    }

    #[test]
    fn a_number_has_the_width_and_the_sign_of_its_code() {
        let bytes = [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
        let numbers = (0..8).map(|size| read(size, &bytes).unwrap().to_f64());
        let most = 18_446_744_073_709_551_615.0;
        assert!(numbers.eq([254.0, -2.0, 65534.0, -2.0, 4_294_967_294.0, -2.0, most, -2.0]));
        assert_eq!(Raw::S64(i64::MIN).to_f64(), -9_223_372_036_854_775_808.0);
        assert_eq!(Raw::U64(0x20_0000_0000_0001 - 2).to_f64(), 9_007_199_254_740_991.0);
    }

    #[test]
    fn a_code_that_is_not_known_reads_nothing() {
        for size in 8..=255 {
            assert_eq!(read(size, &[0; 16]).unwrap_err().damage, Damage::Contradiction);
        }
        for format in 7..=255 {
            let mut r = Reader::new("test", &[0; 16]);
            assert_eq!(RangeFieldFormat(format).read(&mut r, "range").unwrap_err().field, "range");
            assert_eq!(r.remaining(), 16);
        }
    }

    #[test]
    fn a_number_of_another_width_is_not_written() {
        let mut w = Writer::new("test");
        assert_eq!(DataSize::UINT8.write(&mut w, Raw::U16(1), "reading").unwrap_err().field, "reading");
        assert!(RangeFieldFormat::REAL32.write(&mut w, Raw::U32(1), "range").is_err());
        assert!(RangeFieldFormat(6).write(&mut w, Raw::U64(1), "range").is_err());
        assert!(w.into_bytes().is_empty());
    }

    proptest! {
        #[test]
        fn whatever_is_read_is_written_back(code: u8, bytes: [u8; 8]) {
            let mut r = Reader::new("test", &bytes);
            if let Ok(number) = DataSize(code).read(&mut r, "number") {
                let mut w = Writer::new("test");
                DataSize(code).write(&mut w, number, "number").unwrap();
                prop_assert_eq!(&w.into_bytes()[..], &bytes[..8 - r.remaining()]);
            }
            let mut r = Reader::new("test", &bytes);
            if let Ok(number) = RangeFieldFormat(code).read(&mut r, "number") {
                let mut w = Writer::new("test");
                RangeFieldFormat(code).write(&mut w, number, "number").unwrap();
                prop_assert_eq!(&w.into_bytes()[..], &bytes[..8 - r.remaining()]);
            }
        }
    }
}
