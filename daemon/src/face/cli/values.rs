//! What the daemon says, as plain values: what `--json` prints, and what the tables are made of.
//!
//! Nothing read from the bus is trusted: a missing property is empty, and every text is made printable once more.

use crate::{
    face::dbus::{OWN, SOFTWARE, firmware::NOTHING_UNDER_WAY},
    text::one_line,
};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use zbus::{OwnedObjectPath, OwnedVariant};

/// The properties of an interface.
pub(super) type Properties = HashMap<String, OwnedVariant>;

/// What `GetManagedObjects` answers.
pub(super) type Objects = HashMap<OwnedObjectPath, HashMap<String, Properties>>;

/// Everything that the daemon says.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(super) struct Inventory {
    /// By component and id.
    pub(super) firmware: Vec<Firmware>,
    /// By id.
    pub(super) components: Vec<Component>,
    /// The daemon itself.
    pub(super) daemon: Daemon,
}

/// A firmware.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[allow(missing_docs, reason = "the names are the properties' names")]
pub(super) struct Firmware {
    pub(super) component: String,
    pub(super) id: String,
    pub(super) name: String,
    pub(super) version: String,
    pub(super) release_date: Option<String>,
    pub(super) comparison_stamp: u32,
    pub(super) pending_version: Option<String>,
    pub(super) pending_release_date: Option<String>,
    pub(super) pending_comparison_stamp: u32,
    pub(super) classification: u16,
    pub(super) identifier: u16,
    pub(super) index: u8,
    pub(super) activation_methods: Vec<String>,
    pub(super) update_capabilities: Vec<String>,
    pub(super) descriptors: Vec<Descriptor>,
    pub(super) source: String,
    pub(super) digest: Option<Digest>,
    pub(super) progress: Option<u8>,
    pub(super) last_read: u64,
    pub(super) last_read_boot_time: u64,
    pub(super) freshness: String,
    pub(super) stale_reason: Option<String>,
}

/// The hash of a firmware.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[allow(missing_docs, reason = "the names are the properties' names")]
pub(super) struct Digest {
    pub(super) algorithm: String,
    pub(super) digest: String,
    pub(super) source: String,
    pub(super) time_stamp: u64,
}

/// A component.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[allow(missing_docs, reason = "the names are the properties' names")]
pub(super) struct Component {
    pub(super) id: String,
    pub(super) r#type: String,
    pub(super) name: String,
    pub(super) manufacturer: Option<String>,
    pub(super) model: Option<String>,
    pub(super) part_number: Option<String>,
    pub(super) serial_number: Option<String>,
    pub(super) parent: Option<String>,
    pub(super) origin: String,
    pub(super) line: Option<String>,
    pub(super) network: u32,
    pub(super) endpoint_id: u8,
    pub(super) uuid: Option<String>,
    pub(super) descriptors: Vec<Descriptor>,
    pub(super) update_capabilities: Vec<String>,
    pub(super) update_state: Option<String>,
    pub(super) inventory_path: Option<String>,
    pub(super) last_read: u64,
    pub(super) last_read_boot_time: u64,
    pub(super) freshness: String,
    pub(super) stale_reason: Option<String>,
    pub(super) faults: Vec<Fault>,
    pub(super) leniencies: BTreeMap<String, u64>,
    pub(super) firmware: Vec<String>,
}

/// The daemon.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(super) struct Daemon {
    /// Its version.
    pub(super) version: String,
    /// What is wrong with its configuration.
    pub(super) settings_faults: Vec<String>,
    /// Its serial lines.
    pub(super) lines: Vec<Line>,
}

/// One identifier of a component.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Descriptor {
    /// What it is.
    pub(super) name: String,
    /// Its value.
    pub(super) value: String,
}

/// Something wrong with a component's answers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Fault {
    /// At which step of the pass.
    pub(super) step: String,
    /// What.
    pub(super) what: String,
}

/// A serial line.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Line {
    /// Its name.
    pub(super) name: String,
    /// The device node.
    pub(super) device: String,
    /// `up`, or why not.
    pub(super) state: String,
}

impl Inventory {
    /// Reads what the two roots and the daemon's own interface say.
    pub(super) fn read(software: Objects, own: Objects, daemon: Properties) -> Self {
        let mut firmware: Vec<_> = software.into_iter().filter_map(|(path, i)| Firmware::read(&path, i)).collect();
        firmware.sort_by(|a, b| (&a.component, &a.id).cmp(&(&b.component, &b.id)));
        let mut components: Vec<_> = own.into_iter().filter_map(|(path, i)| Component::read(&path, i)).collect();
        components.sort_by(|a, b| a.id.cmp(&b.id));
        Self { firmware, components, daemon: Daemon::read(Bag(daemon)) }
    }

    /// Whether something needs a person's eye.
    pub(super) fn has_finding(&self) -> bool {
        self.firmware.iter().any(|f| f.freshness == "stale")
            || self.components.iter().any(|c| c.freshness == "stale" || !c.faults.is_empty())
            || self.daemon.lines.iter().any(|line| line.state != "up")
            || !self.daemon.settings_faults.is_empty()
    }
}

impl Firmware {
    fn read(path: &str, mut interfaces: HashMap<String, Properties>) -> Option<Self> {
        let id = one_line(path.strip_prefix(SOFTWARE)?.strip_prefix('/')?);
        let mut own = Bag(interfaces.remove("xyz.openbmc_project.FirmWarden.Firmware")?);
        let version = Bag(interfaces.remove("xyz.openbmc_project.Software.Version")?).text("Version");
        let digest = interfaces.remove("xyz.openbmc_project.FirmWarden.Digest").map(|digest| Digest::read(Bag(digest)));
        Some(Self {
            component: own.text("Component"),
            id,
            name: own.text("Name"),
            version,
            release_date: own.known_text("ReleaseDate"),
            comparison_stamp: own.value("ComparisonStamp"),
            pending_version: own.known_text("PendingVersion"),
            pending_release_date: own.known_text("PendingReleaseDate"),
            pending_comparison_stamp: own.value("PendingComparisonStamp"),
            classification: own.value("Classification"),
            identifier: own.value("Identifier"),
            index: own.value("Index"),
            activation_methods: own.texts("ActivationMethods"),
            update_capabilities: own.texts("UpdateCapabilities"),
            descriptors: own.pairs("Descriptors", |name, value| Descriptor { name, value }),
            source: own.text("Source"),
            digest,
            progress: Some(own.value("Progress")).filter(|percent| *percent != NOTHING_UNDER_WAY),
            last_read: own.value("LastRead"),
            last_read_boot_time: own.value("LastReadBootTime"),
            freshness: own.text("Freshness"),
            stale_reason: own.known_text("StaleReason"),
        })
    }
}

impl Digest {
    fn read(mut own: Bag) -> Self {
        Self {
            algorithm: own.text("Algorithm"),
            digest: own.text("Digest"),
            source: own.text("Source"),
            time_stamp: own.value("TimeStamp"),
        }
    }
}

impl Component {
    fn read(path: &str, mut interfaces: HashMap<String, Properties>) -> Option<Self> {
        let id = one_line(path.strip_prefix(OWN)?.strip_prefix("/components/")?);
        let mut own = Bag(interfaces.remove("xyz.openbmc_project.FirmWarden.Component")?);
        Some(Self {
            id,
            r#type: own.text("Type"),
            name: own.text("Name"),
            manufacturer: own.known_text("Manufacturer"),
            model: own.known_text("Model"),
            part_number: own.known_text("PartNumber"),
            serial_number: own.known_text("SerialNumber"),
            parent: own.known_text("Parent"),
            origin: own.text("Origin"),
            line: own.known_text("Line"),
            network: own.value("Network"),
            endpoint_id: own.value("EndpointId"),
            uuid: own.known_text("UUID"),
            descriptors: own.pairs("Descriptors", |name, value| Descriptor { name, value }),
            update_capabilities: own.texts("UpdateCapabilities"),
            update_state: own.known_text("UpdateState"),
            inventory_path: own.known_text("InventoryPath"),
            last_read: own.value("LastRead"),
            last_read_boot_time: own.value("LastReadBootTime"),
            freshness: own.text("Freshness"),
            stale_reason: own.known_text("StaleReason"),
            faults: own.pairs("Faults", |step, what| Fault { step, what }),
            leniencies: own
                .value::<BTreeMap<String, u64>>("Leniencies")
                .into_iter()
                .map(|(name, count)| (one_line(&name), count))
                .collect(),
            firmware: own.texts("Firmware"),
        })
    }
}

impl Daemon {
    fn read(mut own: Bag) -> Self {
        Self {
            version: own.text("Version"),
            settings_faults: own.texts("SettingsFaults"),
            lines: own
                .value::<Vec<(String, String, String)>>("Lines")
                .iter()
                .map(|(n, d, s)| Line { name: one_line(n), device: one_line(d), state: one_line(s) })
                .collect(),
        }
    }
}

/// Properties that are taken out one by one.
struct Bag(Properties);

impl Bag {
    fn value<T: Default + TryFrom<OwnedVariant>>(&mut self, name: &str) -> T {
        self.0.remove(name).and_then(|value| T::try_from(value).ok()).unwrap_or_default()
    }

    fn text(&mut self, name: &str) -> String {
        one_line(&self.value::<String>(name))
    }

    fn known_text(&mut self, name: &str) -> Option<String> {
        Some(self.text(name)).filter(|text| !text.is_empty())
    }

    fn texts(&mut self, name: &str) -> Vec<String> {
        self.value::<Vec<String>>(name).iter().map(|text| one_line(text)).collect()
    }

    fn pairs<T>(&mut self, name: &str, of: impl Fn(String, String) -> T) -> Vec<T> {
        self.value::<Vec<(String, String)>>(name).iter().map(|(a, b)| of(one_line(a), one_line(b))).collect()
    }
}
