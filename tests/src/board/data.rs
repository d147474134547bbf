//! What a component's data file says. A key it does not know is an error, so that a typing error fails the board.

mod code;
mod fault;
mod file;
mod fru;
mod model;
mod parts;
mod pdr;
mod sensor;

pub use code::{Classification, Code, Operational, RangeFormat, Rate, Size, Unit};
pub use fault::{Fault, Transfer};
pub use file::File;
pub use fru::{Field, FieldType, Fru, FruRecord, RecordType};
pub use model::Model;
pub use parts::{Downstream, Parts, Platform, Status};
pub use pdr::{Association, Entity, EntityNames, FruRecordSet, Name, Names, Pdr, Raw, TerminusLocator};
pub use sensor::{NumericEffecter, NumericSensor, State, StateEffecter, StateSensor};

use serde::Deserialize;
use std::{fs, io, path::Path, time::Duration};

/// One component of the board.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Description {
    /// Its name here, and its id in the configuration that the board writes.
    pub name: String,
    /// What it is, in the words of `hw.type`.
    pub kind: String,
    /// What people call it.
    pub title: String,
    /// Who made it.
    pub manufacturer: Option<String>,
    /// Its model.
    pub model: Option<String>,
    /// The component it is behind or part of.
    pub parent: Option<String>,
    /// Its inventory object on D-Bus.
    pub inventory: Option<String>,
    /// The line it is on; its own name without it.
    pub line: Option<String>,
    /// Its place there: 0 at the end of the wire, 1 and up behind that one.
    #[serde(default)]
    pub position: u8,
    /// Bits per second of the line. 0 does not hold bytes back at all.
    #[serde(default)]
    pub baud: u32,
    /// How it comes by its endpoint id.
    #[serde(default)]
    pub eid: EidKind,
    /// Its UUID; without it, it does not know the command.
    pub uuid: Option<String>,
    /// How long it takes for each answer.
    #[serde(default)]
    pub latency_milliseconds: u64,
    /// The PLDM types it speaks.
    #[serde(default = "usual_types")]
    pub pldm: Vec<PldmType>,
    /// What QueryDeviceIdentifiers says.
    #[serde(default)]
    pub descriptor: Vec<Descriptor>,
    /// The version of all its firmware together.
    #[serde(default)]
    pub image_set: ImageSet,
    /// What GetFirmwareParameters lists.
    #[serde(default)]
    pub firmware: Vec<Firmware>,
    /// CapabilitiesDuringUpdate.
    #[serde(default)]
    pub capabilities: u32,
    /// What GetStatus says.
    #[serde(default)]
    pub status: Status,
    /// The devices behind it that have no endpoint id of their own.
    #[serde(default)]
    pub downstream: Vec<Downstream>,
    /// How long the parts of its long answers are.
    #[serde(default)]
    pub parts: Parts,
    /// Its FRU record table.
    #[serde(default)]
    pub fru: Fru,
    /// How it behaves as a terminus that is monitored.
    #[serde(default)]
    pub platform: Platform,
    /// Its PDR repository, in its order; sensors, effecters and their models stand here too.
    #[serde(default)]
    pub pdr: Vec<Pdr>,
    /// The files it keeps. Each has a file descriptor PDR at the end of the repository.
    #[serde(default)]
    pub file: Vec<File>,
    /// What is wrong with it.
    #[serde(default)]
    pub fault: Vec<Fault>,
}

/// How a component comes by its endpoint id.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum EidKind {
    /// It takes what the bus owner gives it.
    #[default]
    Dynamic,
    /// It keeps its own and says so.
    Fixed(u8),
    /// It takes one for itself, and wants so many for those behind it.
    Bridge(u8),
}

/// A PLDM type and how it is spoken.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PldmType {
    /// Its number.
    pub number: u8,
    /// Its versions, such as `1.1.0`.
    pub versions: Vec<String>,
    /// The commands that are answered.
    pub commands: Vec<u8>,
    /// Whether GetPLDMTypes leaves it out although it works.
    #[serde(default)]
    pub unlisted: bool,
}

/// One entry of QueryDeviceIdentifiers.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Descriptor {
    /// The descriptor type (DSP0267, table 7).
    pub number: u16,
    /// Its value as it stands on the wire, in hexadecimal.
    #[serde(default)]
    pub bytes: String,
    /// The title of a vendor-defined one (type 0xffff).
    pub title: Option<String>,
    /// A vendor-defined one's value, when it is text.
    pub text: Option<String>,
}

/// The version of all firmware of a component together.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImageSet {
    /// What runs.
    #[serde(default)]
    pub active: Version,
    /// What waits.
    #[serde(default)]
    pub pending: Version,
}

/// One firmware in GetFirmwareParameters.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Firmware {
    /// What the board's configuration calls it; without it, the daemon finds a name.
    pub name: Option<String>,
    /// Whether the component's inventory object is said to run this one.
    #[serde(default)]
    pub primary: bool,
    /// ComponentClassification.
    pub classification: u16,
    /// ComponentIdentifier.
    pub identifier: u16,
    /// ComponentClassificationIndex.
    #[serde(default)]
    pub index: u8,
    /// What runs.
    pub active: Version,
    /// What waits.
    #[serde(default)]
    pub pending: Version,
    /// ComponentActivationMethods.
    #[serde(default)]
    pub activation_methods: u16,
    /// CapabilitiesDuringUpdate.
    #[serde(default)]
    pub capabilities: u32,
}

/// A version as a device sends it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(from = "Spelling")]
pub struct Version {
    /// The text.
    pub text: String,
    /// How it is encoded.
    pub encoding: Encoding,
    /// The day of its release, `YYYYMMDD`; eight zero bytes without it.
    pub date: Option<String>,
    /// The comparison stamp.
    pub stamp: u32,
    /// The bytes on the wire in hexadecimal, when no encoding gives them.
    pub bytes: Option<String>,
}

impl From<&str> for Version {
    fn from(text: &str) -> Self {
        Spelling::Short(text.into()).into()
    }
}

/// A string's encoding (DSP0267, "String type values"); the codes are its numbers.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    /// 0: the device does not say.
    Unknown = 0,
    /// 1
    #[default]
    Ascii = 1,
    /// 2
    Utf8 = 2,
    /// 3, with a byte order mark.
    Utf16 = 3,
    /// 4
    Utf16le = 4,
    /// 5
    Utf16be = 5,
}

impl Description {
    /// Reads a data file.
    pub fn read(path: &Path) -> io::Result<Self> {
        let text = fs::read_to_string(path)?;
        toml::from_str(&text).map_err(io::Error::other)
    }

    /// The component of `tests/board/` with this name.
    pub fn named(name: &str) -> Self {
        let path = shipped().join(name).with_extension("toml");
        Self::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// Every component of `tests/board/`, by name.
    pub fn all() -> Vec<Self> {
        let files = fs::read_dir(shipped()).unwrap_or_else(|error| panic!("{}: {error}", shipped().display()));
        let paths = files.filter_map(|file| Some(file.ok()?.path()));
        let paths = paths.filter(|path| path.extension().is_some_and(|extension| extension == "toml"));
        let mut all: Vec<_> = paths.filter_map(|path| Some(Self::named(path.file_stem()?.to_str()?))).collect();
        all.sort_by(|a, b| a.name.cmp(&b.name));
        all
    }

    /// The line it is on.
    pub fn line(&self) -> &str {
        self.line.as_deref().unwrap_or(&self.name)
    }

    /// How long it takes for each answer.
    pub const fn latency(&self) -> Duration {
        Duration::from_millis(self.latency_milliseconds)
    }

    /// This one, with a further fault.
    #[must_use]
    pub fn with(mut self, fault: Fault) -> Self {
        self.fault.push(fault);
        self
    }
}

fn shipped() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("board")
}

/// What most devices speak: PLDM for messaging control and discovery, and for firmware update.
fn usual_types() -> Vec<PldmType> {
    let base = PldmType { number: 0, versions: vec!["1.1.0".into()], commands: vec![1, 2, 3, 4, 5], unlisted: false };
    let firmware = PldmType { number: 5, versions: vec!["1.3.0".into()], commands: vec![1, 2], unlisted: false };
    vec![base, firmware]
}

/// A version is a string, or a table when there is more to say.
#[derive(Deserialize)]
#[serde(untagged)]
enum Spelling {
    Short(String),
    Long(Long),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Long {
    #[serde(default)]
    text: String,
    #[serde(default)]
    encoding: Encoding,
    date: Option<String>,
    #[serde(default)]
    stamp: u32,
    bytes: Option<String>,
}

impl From<Spelling> for Version {
    fn from(spelling: Spelling) -> Self {
        match spelling {
            Spelling::Short(text) => Self { text, ..Self::default() },
            Spelling::Long(Long { text, encoding, date, stamp, bytes }) => Self { text, encoding, date, stamp, bytes },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_data_file_is_read_and_named_like_its_component() {
        let all = Description::all();
        assert!(all.len() >= 10, "{} components", all.len());
        for one in &all {
            assert_eq!(Description::named(&one.name).title, one.title);
            assert!(firmwarden::model::Id::new(&one.name).is_some(), "{} is no id", one.name);
        }
    }

    #[test]
    fn a_key_that_does_not_exist_is_refused() {
        let text = "name = 'a'\nkind = 'nic'\ntitle = 'A'\nlatency = 3";
        assert!(toml::from_str::<Description>(text).unwrap_err().to_string().contains("latency"));
    }
}
