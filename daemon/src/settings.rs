//! The configuration, checked: a value of these types cannot be illegal.

use crate::model::{Algorithm, Id};
use std::{path::PathBuf, time::Duration};

mod entry;
mod explain;
mod fault;
mod fields;
mod load;
mod section;
mod value;
mod whole;

pub use fault::SettingsFault;
pub use load::{Loaded, load};

/// Everything that is configured.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    /// How endpoint ids are given out.
    pub mctp: Mctp,
    /// How devices are asked.
    pub pldm: Pldm,
    /// How often components are read.
    pub inventory: Inventory,
    /// How often sensors are read.
    pub sensors: Sensors,
    /// What is kept of components' logs.
    pub logs: Logs,
    /// The serial lines that FirmWarden owns.
    pub lines: Vec<SerialLine>,
    /// What the configuration says about components, first match wins.
    pub components: Vec<ComponentRule>,
    /// Images that the BMC hashes itself.
    pub images: Vec<ImageSettings>,
    /// Where telemetry goes; nowhere without it.
    pub otlp: Option<Otlp>,
}

/// How endpoint ids are given out on lines we own.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Mctp {
    /// Our own endpoint id.
    pub own_eid: u8,
    /// The first id to give out.
    pub first_eid: u8,
    /// The last id to give out.
    pub last_eid: u8,
}

/// How devices are asked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Pldm {
    /// How long one try waits for its answer.
    pub time_out: Duration,
    /// How often a request is sent before the device is called silent.
    pub tries: u32,
    /// Whether pldmd asks the same devices, so that we must not claim them for ourselves.
    pub share: bool,
    /// Where those who share lock the instance ids they use.
    pub instance_ids: PathBuf,
}

/// How often components are read.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Inventory {
    /// Every component is read again after this.
    pub interval: Duration,
    /// A component that did not answer is tried again after this, then twice as long, ...
    pub retry_first: Duration,
    /// ... and at the most this.
    pub retry_last: Duration,
    /// A line's endpoints are asked this often whether they are still who they were.
    pub check_interval: Duration,
    /// A component that has not answered for so long is removed.
    pub absent_after: Duration,
}

/// How often sensors are read, and how their events are got.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Sensors {
    /// Every sensor is read again after this, or later where its own record says that it is slower.
    pub interval: Duration,
    /// Whether components are asked to tell what happens.
    pub events: bool,
    /// A component that does not send its events is asked for them this often.
    pub poll_interval: Duration,
    /// Whether values are on D-Bus, too, where bmcweb finds them.
    pub dbus: bool,
}

/// What is kept of components' logs.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Logs {
    /// Whether a log is fetched when its component says that there is something in it. On request it always is.
    pub fetch: bool,
    /// Where they are kept.
    pub directory: PathBuf,
    /// How much is kept of one log, in bytes.
    pub file_most: u64,
    /// How much is kept of all together, in bytes; the oldest go first.
    pub total_most: u64,
}

/// A serial line that FirmWarden owns.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SerialLine {
    /// What logs and ids call it.
    pub name: Id,
    /// The device node.
    pub device: PathBuf,
    /// Bits per second.
    pub baud: u32,
}

/// What the configuration says about one component.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ComponentRule {
    /// The id it gets.
    pub id: Id,
    /// Which component is meant. Nothing at all is given for a component of the BMC itself, which owns images.
    pub matches: Matches,
    /// `hw.type`.
    pub kind: Option<String>,
    /// What people call it.
    pub name: Option<String>,
    /// Who made it.
    pub manufacturer: Option<String>,
    /// Its model.
    pub model: Option<String>,
    /// The component it is part of or behind.
    pub parent: Option<Id>,
    /// Its inventory object on D-Bus.
    pub inventory_path: Option<String>,
    /// What its firmware is called.
    pub firmware: Vec<FirmwareRule>,
}

/// Which endpoint is meant: all that is given must hold, and where nothing is given, none is meant.
#[derive(Clone, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct Matches {
    /// The line it is on.
    pub line: Option<Id>,
    /// Its place on the line: 0 at the other end of the wire, 1 and up behind that one.
    pub position: Option<u8>,
    /// Its UUID, lower-case with hyphens.
    pub uuid: Option<String>,
}

impl ComponentRule {
    /// Whether it is about the BMC itself: its id is that of images, and it fits no endpoint.
    pub fn is_local(&self) -> bool {
        self.matches == Matches::default()
    }
}

impl Matches {
    /// Whether this endpoint is meant. A UUID is compared without regard to case.
    pub fn fit(&self, line: &str, position: u8, uuid: Option<&str>) -> bool {
        let same_line = self.line.as_ref().is_none_or(|wanted| wanted.as_str() == line);
        let same_position = self.position.is_none_or(|wanted| wanted == position);
        let same_uuid = |wanted: &String| uuid.is_some_and(|uuid| uuid.eq_ignore_ascii_case(wanted));
        *self != Self::default() && same_line && same_position && self.uuid.as_ref().is_none_or(same_uuid)
    }
}

/// What one firmware of a component is called.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FirmwareRule {
    /// ComponentIdentifier.
    pub identifier: u16,
    /// ComponentClassificationIndex, when one identifier has several.
    pub index: Option<u8>,
    /// Its name: the id is the component's, `_` and this.
    pub name: Id,
    /// Whether the component's `running`/`ran_on` association is this one's. Else it is the image set's.
    pub primary: bool,
}

/// An image that the BMC hashes itself.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ImageSettings {
    /// The firmware's id.
    pub id: Id,
    /// The component it belongs to.
    pub component: Id,
    /// What people call it.
    pub name: String,
    /// A file, MTD or block device.
    pub path: PathBuf,
    /// The first byte.
    pub offset: u64,
    /// How many bytes; to the end without it.
    pub length: Option<u64>,
    /// How it is hashed.
    pub algorithm: Algorithm,
    /// Where its version stands.
    pub version: VersionSource,
    /// How often to look whether it changed.
    pub check_interval: Duration,
    /// How often to hash it again though it did not seem to change.
    pub interval: Duration,
}

/// Where an image's version stands.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum VersionSource {
    /// Nowhere: the digest's first twelve digits stand for it.
    Digest,
    /// In the configuration.
    Literal(String),
    /// The value of a key in a file such as `/etc/os-release`.
    Key {
        /// The file.
        file: PathBuf,
        /// The key.
        key: String,
    },
    /// The printable text that follows this in the image itself, such as `U-Boot `.
    After(String),
}

/// Where telemetry goes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Otlp {
    /// The collector, such as `http://127.0.0.1:4318`; `/v1/metrics` and so on follow.
    pub endpoint: String,
    /// Headers sent with every request.
    pub headers: Vec<(String, String)>,
    /// How often metrics go out.
    pub interval: Duration,
    /// Attributes of the resource beside those we find out.
    pub resource: Vec<(String, String)>,
    /// Whether an event's name is an attribute, too: VictoriaLogs 1.112 drops the field.
    pub event_name_attribute: bool,
    /// Whether the serial numbers of components go out, which tell one board from another for ever.
    pub serial_numbers: bool,
}

impl Default for Mctp {
    fn default() -> Self {
        Self { own_eid: 8, first_eid: 9, last_eid: 0xfe }
    }
}

impl Default for Pldm {
    fn default() -> Self {
        let instance_ids = "/usr/share/libpldm/instance-db/default".into();
        Self { time_out: Duration::from_secs(1), tries: 3, share: false, instance_ids }
    }
}

impl Default for Inventory {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(300),
            retry_first: Duration::from_secs(1),
            retry_last: Duration::from_secs(60),
            check_interval: Duration::from_secs(10),
            absent_after: Duration::from_secs(60),
        }
    }
}

impl Default for Sensors {
    fn default() -> Self {
        let poll_interval = Duration::from_secs(2);
        Self { interval: Duration::from_secs(10), events: true, poll_interval, dbus: false }
    }
}

impl Default for Logs {
    fn default() -> Self {
        let directory = "/run/firmwarden/logs".into();
        Self { fetch: true, directory, file_most: 256 << 10, total_most: 2 << 20 }
    }
}

#[cfg(test)]
mod tests;
