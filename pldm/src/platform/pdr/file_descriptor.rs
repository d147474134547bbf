//! Files that a terminus has: DSP0242 reads them, their records say what they are.

use super::Entity;
use crate::Octets;
use wire::{Malformed, Reader, Wire, Writer};

wire::codes! {
    /// What a file is for (DSP0242, FileClassification).
    pub struct FileClassification(u8) {
        /// What its owner says.
        OEM = 0x00,
        /// What was written at start.
        BOOT_LOG = 0x01,
        /// What goes out of a serial line.
        SERIAL_TX_FIFO = 0x02,
        /// What comes in by a serial line.
        SERIAL_RX_FIFO = 0x03,
        /// What a diagnosis found.
        DIAGNOSTIC_LOG = 0x04,
        /// What was left of a crash.
        CRASH_DUMP_FILE = 0x05,
        /// What concerns security.
        SECURITY_LOG = 0x06,
        /// What describes replaceable parts.
        FRU_DATA_FILE = 0x07,
        /// Telemetry as it stands.
        TELEMETRY_DATA_FILE = 0x08,
        /// Telemetry as it came.
        TELEMETRY_DATA_LOG = 0x09,
        /// Another log.
        OTHER_LOG = 0xfd,
        /// Another file.
        OTHER_FILE = 0xfe,
        /// A directory.
        FILE_DIRECTORY = 0xff,
    }
}

wire::bits! {
    /// What can be done with a file (DSP0242, FileCapabilities).
    pub struct FileCapabilities(u16) {
        /// One reader at a time.
        EXCLUSIVE_READ = 0,
        /// One writer at a time.
        EXCLUSIVE_WRITE = 1,
        /// It can be emptied.
        TRUNCATE = 2,
        /// Its data is a stream rather than a file.
        DATA_TYPE = 3,
        /// A reader may ask whether there is more.
        POLLED = 4,
        /// The device says when there is more.
        PUSHED = 5,
        /// Its data is lost with power.
        VOLATILE = 6,
        /// It can be changed.
        MODIFY = 7,
        /// It may be empty.
        ZERO_LENGTH_PERMITTED = 8,
        /// It may be written.
        WRITES_PERMITTED = 9,
    }
}

/// A file (DSP0248 1.3, File Descriptor PDR, type 30).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FileDescriptor {
    /// The terminus that has it.
    pub terminus_handle: u16,
    /// Its number, by which DSP0242 opens it.
    pub file_identifier: u16,
    /// What it belongs to.
    pub entity: Entity,
    /// The directory it is in.
    pub superior_directory: u16,
    /// What it is for.
    pub file_classification: FileClassification,
    /// What it is for in its owner's words, as a number; 0 is nothing.
    pub oem_file_classification: u8,
    /// What can be done with it.
    pub capabilities: FileCapabilities,
    /// Its version, as sent.
    pub file_version: u32,
    /// How large it can be, in bytes.
    pub file_maximum_size: u32,
    /// How many may have it open.
    pub maximum_file_descriptor_count: u8,
    /// Its name, ended by NUL, as sent.
    pub file_name: Octets,
    /// What its owner calls that use. The specification has it where `oem_file_classification` is not 0; there are
    /// devices that always send it.
    pub oem_file_classification_name: Option<Octets>,
}

impl Wire for FileDescriptor {
    const NAME: &'static str = "File Descriptor PDR";
    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        let mut descriptor = Self {
            terminus_handle: r.get("terminus_handle")?,
            file_identifier: r.get("file_identifier")?,
            entity: r.get("entity")?,
            superior_directory: r.get("superior_directory_file_identifier")?,
            file_classification: r.get("file_classification")?,
            oem_file_classification: r.get("oem_file_classification")?,
            capabilities: r.get("file_capabilities")?,
            file_version: r.get("file_version")?,
            file_maximum_size: r.get("file_maximum_size")?,
            maximum_file_descriptor_count: r.get("file_maximum_file_descriptor_count")?,
            file_name: counted(r, "file_name")?,
            oem_file_classification_name: None,
        };
        if descriptor.oem_file_classification != 0 || !r.is_empty() {
            descriptor.oem_file_classification_name = Some(counted(r, "oem_file_classification_name")?);
        }
        Ok(descriptor)
    }
    fn write(&self, w: &mut Writer) -> Result<(), Malformed> {
        w.put(&self.terminus_handle)?;
        w.put(&self.file_identifier)?;
        w.put(&self.entity)?;
        w.put(&self.superior_directory)?;
        w.put(&self.file_classification)?;
        w.put(&self.oem_file_classification)?;
        w.put(&self.capabilities)?;
        w.put(&self.file_version)?;
        w.put(&self.file_maximum_size)?;
        w.put(&self.maximum_file_descriptor_count)?;
        w.len::<u8>(self.file_name.len(), "file_name")?;
        w.bytes(&self.file_name);
        if let Some(name) = &self.oem_file_classification_name {
            w.len::<u8>(name.len(), "oem_file_classification_name")?;
            w.bytes(name);
        }
        Ok(())
    }
}

fn counted(r: &mut Reader<'_>, field: &'static str) -> Result<Octets, Malformed> {
    let length = r.get(field)?;
    Octets::read(r, length, field)
}
