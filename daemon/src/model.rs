//! What is known about the board's firmware: plain values, no protocol, no face.

use crate::clock::Stamp;
use std::{collections::BTreeMap, fmt, sync::Arc};

mod sensor;

pub use sensor::{Delivery, Finite, Level, Measure, Quantity, Reading, Sensor, Sensors, Value};

/// Everything that is known now.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Model {
    /// Every component, by id. Shared, so that a face can tell at once which ones changed.
    pub components: BTreeMap<Id, Arc<Component>>,
    /// The sensors of each component that has any. Apart from the components, because readings change all the time.
    pub sensors: BTreeMap<Id, Arc<Sensors>>,
    /// Who claims an id and does not get it, because it is another's.
    pub refused: Vec<(Id, Origin)>,
    /// What is wrong with the configuration; the rest of it is in force.
    pub settings_faults: Vec<String>,
    /// The serial lines that FirmWarden owns.
    pub lines: BTreeMap<String, Line>,
}

/// A stable name, fit for a D-Bus path and a Redfish URL: `[A-Za-z0-9][A-Za-z0-9_]*`, at most 128 characters.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Id(String);

impl Id {
    /// Checks `text`. A leading `_` is refused because bmcweb would decode it as hexadecimal.
    pub fn new(text: &str) -> Option<Self> {
        let legal = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        (legal && text.len() <= 128 && !text.starts_with('_') && !text.is_empty()).then(|| Self(text.to_owned()))
    }

    /// Makes an id of any words: other characters become `_`, leading ones go; nothing legal left gives `None`.
    pub fn from_words(words: &str) -> Option<Self> {
        let mut text = String::new();
        for c in words.chars().take(128) {
            if c.is_ascii_alphanumeric() {
                text.push(c.to_ascii_lowercase());
            } else if !text.is_empty() && !text.ends_with('_') {
                text.push('_');
            }
        }
        Self::new(text.trim_end_matches('_'))
    }

    /// For what has neither a name nor a place of its own.
    pub fn unnamed() -> Self {
        Self("unnamed".into())
    }

    /// This id with a further part.
    pub fn join(&self, part: &str) -> Option<Self> {
        Self::new(&format!("{}_{part}", self.0))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// A part of the board that runs firmware.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Component {
    /// Its id.
    pub id: Id,
    /// What it is, in the words of OpenTelemetry's `hw.type` (`network`, `gpu`, `cpld`, ...).
    pub kind: String,
    /// What people call it.
    pub name: String,
    /// Who made it, if known.
    pub manufacturer: Option<String>,
    /// Its model, if known.
    pub model: Option<String>,
    /// What its maker calls the kind of part, if known.
    pub part_number: Option<String>,
    /// What its maker calls this very part, if known.
    pub serial_number: Option<String>,
    /// The component that it is part of or behind.
    pub parent: Option<Id>,
    /// Where it was found. It also tells two claimants of one id apart.
    pub origin: Origin,
    /// Its inventory object on D-Bus, if the configuration names one.
    pub inventory_path: Option<String>,
    /// How it describes itself, in its own order.
    pub descriptors: Vec<Descriptor>,
    /// What it can do during an update, in the specification's words.
    pub update_capabilities: Vec<String>,
    /// What its update does, while there is one.
    pub update_state: Option<String>,
    /// When it last answered a whole pass.
    pub last_read: Option<Stamp>,
    /// Whether what is said here still holds.
    pub freshness: Freshness,
    /// What is wrong with its answers.
    pub faults: Vec<Fault>,
    /// How often its answers strayed from the specification in a way we put up with, by name.
    pub leniencies: BTreeMap<String, u64>,
    /// What it runs, in its own order by id.
    pub firmware: BTreeMap<Id, Firmware>,
}

/// Where a component was found.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Origin {
    /// On this BMC itself.
    Local,
    /// At an MCTP endpoint.
    Endpoint {
        /// The line (or later the kernel interface) that leads there.
        line: String,
        /// Which endpoint of the line it is: 0 at the other end of the wire, 1 and up behind that one.
        position: u8,
        /// The network's number.
        network: u32,
        /// The endpoint id at present.
        eid: u8,
        /// The endpoint's UUID, if it has one.
        uuid: Option<String>,
    },
}

impl Origin {
    /// Whether both are the same place on the board, whatever sits there.
    pub fn is_same_place(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Local, Self::Local) => true,
            (Self::Endpoint { line: a, position: i, .. }, Self::Endpoint { line: b, position: j, .. }) => {
                a == b && i == j
            }
            _ => false,
        }
    }

    /// Who gets an id that two claim: the lowest. This BMC itself, then the lines in their order.
    pub fn rank(&self) -> (u32, &str, u8) {
        match self {
            Self::Local => (0, "", 0),
            Self::Endpoint { line, position, network, .. } => (*network, line, *position),
        }
    }

    /// Whether nothing says that another device sits in this place than in `other`, which is the same one.
    pub fn may_be_same_device(&self, other: &Self) -> bool {
        let uuid = |origin: &Self| if let Self::Endpoint { uuid, .. } = origin { uuid.clone() } else { None };
        self.is_same_place(other) && uuid(self).zip(uuid(other)).is_none_or(|(a, b)| a == b)
    }
}

/// One identifier of a component, such as its PCI device id.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Descriptor {
    /// What it is, in the specification's words.
    pub name: String,
    /// Its value as text.
    pub value: String,
}

/// One firmware that a component runs.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Firmware {
    /// Its id: the component's id and, but for the image set, a further part.
    pub id: Id,
    /// What it is within its component: `image set`, `vbios`, `component 3`.
    pub name: String,
    /// How we know.
    pub source: Source,
    /// What runs.
    pub active: Image,
    /// What waits to run.
    pub pending: Option<Image>,
    /// PLDM's numbers for it.
    pub number: Option<Number>,
    /// How the device that runs it describes itself, where that is one behind the component.
    pub descriptors: Vec<Descriptor>,
    /// How a waiting image can be made to run, in the specification's words.
    pub activation_methods: Vec<String>,
    /// What it can do during an update, in the specification's words.
    pub update_capabilities: Vec<String>,
    /// The hash of what runs, if we could take one.
    pub digest: Option<Digest>,
    /// How much of the image has been hashed, in percent, while that is under way.
    pub progress: Option<u8>,
    /// Whether the component's `running`/`ran_on` association is this one's.
    pub primary: bool,
    /// When this was last read.
    pub last_read: Stamp,
    /// Whether it still holds.
    pub freshness: Freshness,
}

/// How a firmware is known.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Source {
    /// The device said so (PLDM).
    Pldm,
    /// The BMC read the image itself, here.
    Image(String),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pldm => f.write_str("pldm"),
            Self::Image(path) => f.write_str(path),
        }
    }
}

/// One image as its device describes it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Image {
    /// Its version as one line of printable text; empty when nobody knows.
    pub version: String,
    /// The day of its release, `YYYY-MM-DD`.
    pub release_date: Option<String>,
    /// Orders the versions of one firmware.
    pub comparison_stamp: Option<u32>,
}

/// What PLDM calls a firmware (DSP0267).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Number {
    /// ComponentClassification.
    pub classification: u16,
    /// ComponentIdentifier: the vendor's number.
    pub identifier: u16,
    /// ComponentClassificationIndex: tells equal ones apart.
    pub index: u8,
}

/// The hash of an image.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Digest {
    /// By which algorithm.
    pub algorithm: Algorithm,
    /// The digest in lower-case hexadecimal.
    pub hex: String,
    /// What was hashed.
    pub source: String,
    /// When.
    pub taken: Stamp,
}

/// A hash algorithm.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub enum Algorithm {
    /// SHA-256.
    #[default]
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
        })
    }
}

/// Whether what is said still holds.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Freshness {
    /// It was true at the last reading, and that one succeeded.
    Fresh,
    /// It was true once.
    Stale {
        /// Since when it could not be confirmed.
        since: Stamp,
        /// Why not.
        reason: String,
    },
}

impl Freshness {
    /// `fresh` or `stale`.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Fresh => "fresh",
            Self::Stale { .. } => "stale",
        }
    }

    /// Why it is stale; empty when it is not.
    pub fn reason(&self) -> &str {
        match self {
            Self::Fresh => "",
            Self::Stale { reason, .. } => reason,
        }
    }
}

/// Something wrong with a component's answers, at a step of the pass.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Fault {
    /// The step, usually a command in the specification's words.
    pub step: String,
    /// What was wrong, with endpoint and field.
    pub what: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.step, self.what)
    }
}

/// A serial line that FirmWarden owns.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Line {
    /// The device node.
    pub device: String,
    /// Why it is down; `None` when it is up.
    pub down: Option<String>,
    /// What did not go well when its endpoints were looked for the last time.
    pub faults: Vec<String>,
    /// Why endpoints that are there have not been read once, by their position.
    pub unread: BTreeMap<u8, String>,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local => f.write_str("this BMC"),
            Self::Endpoint { line, position, eid, .. } => write!(f, "{line} position {position} endpoint {eid}"),
        }
    }
}
