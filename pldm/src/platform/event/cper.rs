//! Common platform error records (UEFI, appendix N) as events carry them: the record's own head and its table of
//! sections. What is in a section is for those who know the hardware; the bytes are all there.

use crate::{Answer, Octets, StringType, Text};
use std::fmt;
use wire::{Damage, Malformed, Reader, Wire, Writer};

wire::codes! {
    /// How much of a record an event has (DSP0248, CPEREvent formatType).
    pub struct CperFormat(u8) {
        /// All of it.
        RECORD = 0x00,
        /// One section and its entry in the table of sections.
        SECTION = 0x01,
    }
}

/// A common platform error record in an event (DSP0248, CPEREvent).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CperEvent {
    /// One, so far.
    pub format_version: u8,
    /// How much of a record it is.
    pub format: CperFormat,
    /// The record, as sent.
    pub data: Vec<u8>,
}

impl Wire for CperEvent {
    const NAME: &'static str = "CPER event";
    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            format_version: r.get("format_version")?,
            format: r.get("format_type")?,
            data: {
                let length: u16 = r.get("event_data_length")?;
                r.take(length, "event_data")?.to_vec()
            },
        })
    }
    fn write(&self, w: &mut Writer) -> Result<(), Malformed> {
        w.put(&self.format_version)?;
        w.put(&self.format)?;
        w.len::<u16>(self.data.len(), "event_data")?;
        w.bytes(&self.data);
        Ok(())
    }
}

/// What a record says about itself.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CperRecord {
    /// Its head; an event with one section has none.
    pub header: Option<CperHeader>,
    /// The sections whose entries arrived whole.
    pub sections: Vec<CperSection>,
}

impl CperEvent {
    /// Decodes the event, and says if something is wrong with the record in it.
    pub(super) fn keep(data: &[u8]) -> Result<Answer<Self>, Malformed> {
        let mut r = Reader::new(Self::NAME, data);
        let value = Self::read(&mut r)?;
        let damage = r.finish().err().or_else(|| value.record().map_or_else(Some, |answer| answer.damage));
        Ok(Answer { value, damage })
    }

    /// Reads the record's head and its table of sections; of the table, what arrived whole. An error means that not
    /// even the head can be read; the bytes are in [`Self::data`] all the same.
    pub fn record(&self) -> Result<Answer<CperRecord>, Malformed> {
        let mut r = Reader::new("CPER", &self.data);
        let (header, count) = match self.format {
            CperFormat::RECORD => {
                let header: CperHeader = r.get("record header")?;
                let count = header.section_count;
                (Some(header), count)
            }
            CperFormat::SECTION => (None, 1),
            _ => return Err(Malformed { message: "CPER", field: "format_type", damage: Damage::Contradiction }),
        };
        let mut sections = Vec::new();
        let all = (0..count).try_for_each(|_| r.get("section descriptor").map(|section| sections.push(section)));
        let contradiction = |field| Malformed { message: "CPER", field, damage: Damage::Contradiction };
        let longer = |header: &CperHeader| usize::try_from(header.record_length).is_ok_and(|it| it > self.data.len());
        let wrong = if header.as_ref().is_some_and(longer) {
            Some(contradiction("record_length"))
        } else {
            sections.iter().any(|section| self.section(section).is_none()).then(|| contradiction("section_offset"))
        };
        Ok(Answer { value: CperRecord { header, sections }, damage: all.err().or(wrong) })
    }

    /// The bytes of a section; none if it is not all there.
    pub fn section(&self, section: &CperSection) -> Option<&[u8]> {
        let offset = usize::try_from(section.section_offset).ok()?;
        let end = offset.checked_add(usize::try_from(section.section_length).ok()?)?;
        self.data.get(offset..end)
    }
}

wire::codes! {
    /// How bad it is (UEFI N.2.1, ErrorSeverity).
    pub struct CperSeverity(u32) {
        /// Not corrected, and not the end.
        RECOVERABLE = 0,
        /// The end.
        FATAL = 1,
        /// Corrected.
        CORRECTED = 2,
        /// No error.
        INFORMATIONAL = 3,
    }
}

wire::bits! {
    /// Which fields of a record's head mean something (UEFI N.2.1, ValidationBits).
    pub struct CperValidation(u32) {
        /// The platform id.
        PLATFORM_ID = 0,
        /// The time.
        TIMESTAMP = 1,
        /// The partition id.
        PARTITION_ID = 2,
    }
}

/// The head of a record (UEFI N.2.1). Behind it stands the table of sections.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CperHeader {
    /// The layout's version, 0x0100 or 0x0101 so far.
    pub revision: u16,
    /// How many sections there are, says the record.
    pub section_count: u16,
    /// How bad it is: the worst of the sections.
    pub error_severity: CperSeverity,
    /// Which of the following fields mean something.
    pub validation_bits: CperValidation,
    /// How many bytes the record has, says the record.
    pub record_length: u32,
    /// When it happened.
    pub timestamp: CperTimestamp,
    /// The platform.
    pub platform_id: Guid,
    /// The partition of it.
    pub partition_id: Guid,
    /// Who made the record.
    pub creator_id: Guid,
    /// How the error was noticed.
    pub notification_type: Guid,
    /// Tells records of one maker apart.
    pub record_id: u64,
    /// Flags, as sent.
    pub flags: u32,
    /// Means something to the record's maker only.
    pub persistence_information: u64,
    /// Zero.
    pub reserved: [u8; 12],
}

impl CperHeader {
    const SIGNATURE_START: [u8; 4] = *b"CPER";
    const SIGNATURE_END: [u8; 4] = [0xff; 4];
}

/// Reads four bytes that are always the same; others mean that this is something else.
fn signature(r: &mut Reader<'_>, right: [u8; 4], field: &'static str) -> Result<(), Malformed> {
    let sent: [u8; 4] = r.get(field)?;
    if sent == right { Ok(()) } else { Err(Malformed { message: "CPER", field, damage: Damage::Contradiction }) }
}

impl Wire for CperHeader {
    const NAME: &'static str = "CPER header";
    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        signature(r, Self::SIGNATURE_START, "signature_start")?;
        let revision = r.get("revision")?;
        signature(r, Self::SIGNATURE_END, "signature_end")?;
        Ok(Self {
            revision,
            section_count: r.get("section_count")?,
            error_severity: r.get("error_severity")?,
            validation_bits: r.get("validation_bits")?,
            record_length: r.get("record_length")?,
            timestamp: r.get("timestamp")?,
            platform_id: r.get("platform_id")?,
            partition_id: r.get("partition_id")?,
            creator_id: r.get("creator_id")?,
            notification_type: r.get("notification_type")?,
            record_id: r.get("record_id")?,
            flags: r.get("flags")?,
            persistence_information: r.get("persistence_information")?,
            reserved: r.get("reserved")?,
        })
    }
    fn write(&self, w: &mut Writer) -> Result<(), Malformed> {
        w.put(&Self::SIGNATURE_START)?;
        w.put(&self.revision)?;
        w.put(&Self::SIGNATURE_END)?;
        w.put(&self.section_count)?;
        w.put(&self.error_severity)?;
        w.put(&self.validation_bits)?;
        w.put(&self.record_length)?;
        w.put(&self.timestamp)?;
        w.put(&self.platform_id)?;
        w.put(&self.partition_id)?;
        w.put(&self.creator_id)?;
        w.put(&self.notification_type)?;
        w.put(&self.record_id)?;
        w.put(&self.flags)?;
        w.put(&self.persistence_information)?;
        w.put(&self.reserved)
    }
}

wire::record! {
    /// An entry in the table of sections (UEFI N.2.2).
    pub struct CperSection = "CPER section descriptor" {
        /// Where the section begins, from the start of the data.
        pub section_offset: u32,
        /// How many bytes it has.
        pub section_length: u32,
        /// The layout's version.
        pub revision: u16,
        /// Bit 0: the FRU's id means something; bit 1: its text does.
        pub validation_bits: u8,
        /// Zero.
        pub reserved: u8,
        /// Flags, as sent; bit 0 marks the section where it all began.
        pub flags: u32,
        /// What the section is about.
        pub section_type: Guid,
        /// The part that can be replaced.
        pub fru_id: Guid,
        /// How bad it is.
        pub section_severity: CperSeverity,
        /// The part's name: ASCII, padded with NUL.
        pub fru_text: [u8; 20],
    }
}

impl CperSection {
    /// The replaceable part's name, fit to be shown; none if the section says that it has none.
    pub fn fru_text(&self) -> Option<String> {
        let name = self.fru_text.split(|byte| *byte == 0).next().unwrap_or_default();
        let text = Text { encoding: StringType::ASCII, bytes: Octets::from(name) };
        (self.validation_bits & 0x02 != 0 && !name.is_empty()).then(|| text.to_string_lenient().0)
    }
}

wire::record! {
    /// When it happened, in BCD: two digits each (UEFI N.2.1, Timestamp).
    pub struct CperTimestamp = "CPER timestamp" {
        /// 0 to 59.
        pub seconds: u8,
        /// 0 to 59.
        pub minutes: u8,
        /// 0 to 23.
        pub hours: u8,
        /// Bit 0: the time is the error's own, not that of its collection.
        pub flags: u8,
        /// 1 to 31.
        pub day: u8,
        /// 1 to 12.
        pub month: u8,
        /// The last two digits.
        pub year: u8,
        /// The first two.
        pub century: u8,
    }
}

impl CperTimestamp {
    /// As ISO 8601 writes it, without a zone, which the record does not name; none if these are no digits.
    pub fn date_time(&self) -> Option<String> {
        let Self { seconds, minutes, hours, flags: _, day, month, year, century } = self;
        let digits = [century, year, month, day, hours, minutes, seconds].into_iter();
        if !digits.clone().all(|byte| byte >> 4 < 10 && byte & 0x0f < 10) {
            return None;
        }
        Some(format!("{century:02x}{year:02x}-{month:02x}-{day:02x}T{hours:02x}:{minutes:02x}:{seconds:02x}"))
    }
}

/// A globally unique identifier (UEFI, appendix A): three numbers and eight bytes.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Guid(pub u32, pub u16, pub u16, pub [u8; 8]);

impl Wire for Guid {
    const NAME: &'static str = "GUID";
    const SIZE: Option<usize> = Some(16);
    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self(r.get("GUID")?, r.get("GUID")?, r.get("GUID")?, r.get("GUID")?))
    }
    fn write(&self, w: &mut Writer) -> Result<(), Malformed> {
        w.put(&self.0)?;
        w.put(&self.1)?;
        w.put(&self.2)?;
        w.put(&self.3)
    }
}

impl fmt::Display for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(first, second, third, [a, b, rest @ ..]) = self;
        write!(f, "{first:08x}-{second:04x}-{third:04x}-{a:02x}{b:02x}-")?;
        rest.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl Guid {
    /// What a section of this type is about (UEFI N.2.2, and two vendors), if we know it.
    pub fn section_name(&self) -> Option<&'static str> {
        SECTIONS.iter().find(|(guid, _)| guid == self).map(|(_, name)| *name)
    }
}

/// The types of sections that have a name.
const SECTIONS: [(Guid, &str); 19] = [
    (Guid(0x9876_ccad, 0x47b4, 0x4bdb, *b"\xb6\x5e\x16\xf1\x93\xc4\xf3\xdb"), "Processor Generic"),
    (Guid(0xdc3e_a0b0, 0xa144, 0x4797, *b"\xb9\x5b\x53\xfa\x24\x2b\x6e\x1d"), "Processor Specific: IA32/X64"),
    (Guid(0xe429_faf1, 0x3cb7, 0x11d4, *b"\xbc\xa7\x00\x80\xc7\x3c\x88\x81"), "Processor Specific: IPF"),
    (Guid(0xe19e_3d16, 0xbc11, 0x11e4, *b"\x9c\xaa\xc2\x05\x1d\x5d\x46\xb0"), "Processor Specific: ARM"),
    (Guid(0xa5bc_1114, 0x6f64, 0x4ede, *b"\xb8\x63\x3e\x83\xed\x7c\x83\xb1"), "Platform Memory"),
    (Guid(0x61ec_04fc, 0x48e6, 0xd813, *b"\x25\xc9\x8d\xaa\x44\x75\x0b\x12"), "Platform Memory 2"),
    (Guid(0xd995_e954, 0xbbc1, 0x430f, *b"\xad\x91\xb4\x4d\xcb\x3c\x6f\x35"), "PCIe"),
    (Guid(0x8121_2a96, 0x09ed, 0x4996, *b"\x94\x71\x8d\x72\x9c\x8e\x69\xed"), "Firmware Error Record Reference"),
    (Guid(0xc575_3963, 0x3b84, 0x4095, *b"\xbf\x78\xed\xda\xd3\xf9\xc9\xdd"), "PCI/PCI-X Bus"),
    (Guid(0xeb5e_4685, 0xca66, 0x4769, *b"\xb6\xa2\x26\x06\x8b\x00\x13\x26"), "PCI Component/Device"),
    (Guid(0x5b51_fef7, 0xc79d, 0x4434, *b"\x8f\x1b\xaa\x62\xde\x3e\x2c\x64"), "DMAr Generic"),
    (Guid(0x7176_1d37, 0x32b2, 0x45cd, *b"\xa7\xd0\xb0\xfe\xdd\x93\xe8\xcf"), "Intel VT for Directed I/O DMAr"),
    (Guid(0x036f_84e1, 0x7f37, 0x428c, *b"\xa7\x9e\x57\x5f\xdf\xaa\x84\xec"), "IOMMU DMAr"),
    (Guid(0x80b9_efb4, 0x52b5, 0x4de3, *b"\xa7\x77\x68\x78\x4b\x77\x10\x48"), "CXL Protocol"),
    (Guid(0xfbcd_0a77, 0xc260, 0x417f, *b"\x85\xa9\x08\x8b\x16\x21\xeb\xa6"), "CXL General Media"),
    (Guid(0x601d_cbb3, 0x9c06, 0x4eab, *b"\xb8\xaf\x4e\x9b\xfb\x5c\x96\x24"), "CXL DRAM"),
    (Guid(0xfe92_7475, 0xdd59, 0x4339, *b"\xa5\x86\x79\xba\xb1\x13\xb7\x74"), "CXL Memory Module"),
    (Guid(0x6d52_44f2, 0x2712, 0x11ec, *b"\xbe\xa7\xcb\x3f\xdb\x95\xc7\x86"), "NVIDIA"),
    (Guid(0x2826_cc9f, 0x448c, 0x4c2b, *b"\x86\xb6\xa9\x53\x94\xb7\xef\x33"), "Ampere"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::survives;
    use proptest::prelude::*;

    const NONE: Guid = Guid(0, 0, 0, [0; 8]);

    fn header(section_count: u16, record_length: usize) -> CperHeader {
        CperHeader {
            revision: 0x0101,
            section_count,
            error_severity: CperSeverity::FATAL,
            validation_bits: CperValidation::TIMESTAMP,
            record_length: record_length.try_into().unwrap(),
            timestamp: wire::decode(&[0x59, 0x58, 0x23, 1, 0x24, 0x11, 0x26, 0x20]).unwrap(),
            platform_id: NONE,
            partition_id: NONE,
            creator_id: NONE,
            notification_type: NONE,
            record_id: 7,
            flags: 0,
            persistence_information: 0,
            reserved: [0; 12],
        }
    }

    fn section(section_offset: u32, section_length: u32) -> CperSection {
        CperSection {
            section_offset,
            section_length,
            revision: 0x0100,
            validation_bits: 2,
            reserved: 0,
            flags: 1,
            section_type: SECTIONS[6].0,
            fru_id: NONE,
            section_severity: CperSeverity::CORRECTED,
            fru_text: *b"slot\x1b[2J3\0\0\0\0\0\0\0\0\0\0\0",
        }
    }

    fn record(count: u16, sections: &[CperSection], body: &[u8]) -> CperEvent {
        let length = 128 + 72 * sections.len() + body.len();
        let mut w = Writer::new("record");
        w.put(&header(count, length)).unwrap();
        w.list(sections).unwrap();
        w.bytes(body);
        CperEvent { format_version: 1, format: CperFormat::RECORD, data: w.into_bytes() }
    }

    #[test]
    fn a_record_says_what_is_in_it() {
        let event = record(2, &[section(272, 2), section(274, 1)], b"abc");
        let Answer { value, damage } = event.record().unwrap();
        let header = value.header.unwrap();
        assert_eq!((damage, header.error_severity), (None, CperSeverity::FATAL));
        assert_eq!(header.timestamp.date_time().as_deref(), Some("2026-11-24T23:58:59"));
        let bodies: Vec<_> = value.sections.iter().map(|section| event.section(section)).collect();
        assert_eq!(bodies, [Some(&b"ab"[..]), Some(b"c")]);
        assert_eq!(value.sections[0].section_type.section_name(), Some("PCIe"));
        assert_eq!(value.sections[0].section_type.to_string(), "d995e954-bbc1-430f-ad91-b44dcb3c6f35");
        assert!(value.sections[0].fru_text().is_some_and(|text| text.starts_with("slot") && !text.contains('\x1b')));
    }

    #[test]
    fn a_section_alone_has_its_entry_and_no_head() {
        let data = [&wire::encode(&section(72, 1)).unwrap()[..], b"x"].concat();
        let event = CperEvent { format_version: 1, format: CperFormat::SECTION, data };
        let Answer { value, damage } = event.record().unwrap();
        assert_eq!((value.header, damage, event.section(&value.sections[0])), (None, None, Some(&b"x"[..])));
    }

    #[test]
    fn of_65535_sections_those_that_came_are_kept() {
        let Answer { value, damage } = record(0xffff, &[section(272, 0), section(272, 0)], &[1; 71]).record().unwrap();
        assert_eq!((value.sections.len(), damage.map(|it| it.damage)), (2, Some(Damage::Short)));
    }

    #[test]
    fn sections_and_records_longer_than_the_data_are_told() {
        for (offset, length) in [(201, 1), (0, 202), (u32::MAX, u32::MAX), (1, u32::MAX)] {
            let event = record(1, &[section(offset, length)], b"x");
            let Answer { value, damage } = event.record().unwrap();
            assert_eq!(event.section(&value.sections[0]), None);
            assert_eq!(damage.map(|it| it.field), Some("section_offset"));
        }
        let mut event = record(0, &[], b"x");
        event.data.pop();
        assert_eq!(event.record().unwrap().damage.map(|it| it.field), Some("record_length"));
    }

    #[test]
    fn what_is_no_record_is_told_and_kept() {
        let good = record(0, &[], &[]);
        for (at, field) in [(0, "signature_start"), (7, "signature_end")] {
            let mut event = good.clone();
            event.data[at] ^= 1;
            let malformed = event.record().unwrap_err();
            assert_eq!((malformed.field, malformed.damage), (field, Damage::Contradiction));
            let answer = CperEvent::keep(&wire::encode(&event).unwrap()).unwrap();
            assert_eq!((answer.value, answer.damage), (event, Some(malformed)));
        }
        let unknown = CperEvent { format: CperFormat(2), ..good.clone() };
        assert_eq!(unknown.record().unwrap_err().field, "format_type");
        for length in 0..128 {
            let cut = CperEvent { data: good.data[..length].to_vec(), ..good.clone() };
            assert_eq!(cut.record().unwrap_err().damage, Damage::Short);
        }
    }

    #[test]
    fn a_time_that_is_no_decimal_is_none() {
        let shown = |bytes: [u8; 8]| wire::decode::<CperTimestamp>(&bytes).unwrap().date_time();
        assert_eq!(shown([0x5a, 0, 0, 0, 1, 1, 0x26, 0x20]), None);
        assert_eq!(shown([0, 0, 0, 0, 1, 1, 0x26, 0xa0]), None);
        assert_eq!(shown([0; 8]).as_deref(), Some("0000-00-00T00:00:00"));
    }

    proptest! {
        #[test]
        fn no_record_panics_and_heads_survive(mut data in prop::collection::vec(any::<u8>(), 0..400), record: bool) {
            if let (true, Some(head)) = (record, data.first_chunk_mut::<10>()) {
                *head = *b"CPER\x01\x01\xff\xff\xff\xff";
            }
            survives::<CperHeader>(data.get(..128).unwrap_or(&data))?;
            survives::<CperSection>(data.get(..72).unwrap_or(&data))?;
            for format in [CperFormat::RECORD, CperFormat::SECTION] {
                let event = CperEvent { format_version: 1, format, data: data.clone() };
                if let Ok(answer) = event.record() {
                    answer.value.sections.iter().for_each(|section| drop((event.section(section), section.fru_text())));
                    prop_assert!(answer.value.sections.len() <= data.len() / 72);
                }
            }
        }
    }
}
