//! Everything the daemon can report, in one closed list. Every face matches on it, so the compiler lists them all.

use crate::{
    clock::Stamp,
    model::{Algorithm, Fault, Finite, Id, Level},
};
use std::time::{Duration, SystemTime};

mod telling;

pub use telling::Severity;

/// Something happened.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Event {
    /// When.
    pub at: Stamp,
    /// What.
    pub what: What,
}

/// What happened. The fields are what their names and types say.
#[allow(missing_docs, reason = "each variant's line says it")]
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum What {
    /// A component answered for the first time.
    ComponentAdded { component: Id, kind: String, name: String },
    /// A component is not there any more.
    ComponentRemoved { component: Id, reason: String },
    /// A component that answered does not: what is known of it is kept and called stale.
    ComponentStale { component: Id, reason: String },
    /// A stale component answers again.
    ComponentFresh { component: Id },
    /// A component says that it runs a firmware it did not speak of before.
    FirmwareAdded { component: Id, firmware: Id, version: String },
    /// A component does not speak of this firmware any more.
    FirmwareRemoved { component: Id, firmware: Id, version: String },
    /// A firmware has another version. An empty pending version means that none waits.
    FirmwareChanged { component: Id, firmware: Id, slot: Slot, from: String, to: String },
    /// An image has another digest, or its first.
    DigestChanged { component: Id, firmware: Id, algorithm: Algorithm, from: Option<String>, to: String },
    /// A component's answers are wrong in a way they were not before.
    FaultRaised { component: Id, fault: Fault },
    /// A fault is gone.
    FaultCleared { component: Id, fault: Fault },
    /// Two components claim one id; the second is refused.
    IdRefused { id: Id, holder: String, claimant: String },
    /// A pass over one component ended.
    Inventoried { component: Id, pass: Pass },
    /// A sensor's value is on another side of a limit. `from` is not known at the first reading.
    ThresholdCrossed { component: Id, sensor: Id, from: Option<Level>, to: Level, value: Option<Finite>, unit: String },
    /// A sensor is in another state.
    SensorStateChanged { component: Id, sensor: Id, from: String, to: String },
    /// A sensor that had values has none, and why.
    SensorLost { component: Id, sensor: Id, reason: String },
    /// A sensor that had no value has one again.
    SensorRestored { component: Id, sensor: Id },
    /// A component told of something itself. What it means for a sensor is told besides.
    DeviceEvent { component: Id, event: DeviceEvent },
    /// A component told more than can be taken in.
    DeviceEventsLost { component: Id, count: u64 },
    /// A component's log was fetched.
    LogFetched { component: Id, log: Log },
    /// Fetching a component's logs came to its end: how many there are, and what went wrong.
    LogsEnded { component: Id, count: u64, failure: String },
    /// Sensors or events of a component were asked for.
    Asked { component: Id, pass: Pass },
    /// A line came up.
    LineUp { line: String },
    /// A line went down.
    LineDown { line: String, reason: String },
    /// An endpoint could not be given or asked what it needs to be known.
    DiscoveryFault { line: String, fault: String },
    /// A part of the configuration is wrong and not in force.
    SettingsFault { fault: String },
}

impl What {
    /// Whom it is about, component or line, so that each has its own share of the journal.
    pub fn subject(&self) -> &str {
        match self {
            Self::LineUp { line } | Self::LineDown { line, .. } | Self::DiscoveryFault { line, .. } => line,
            _ => self.component().map_or("", |id| id.as_str()),
        }
    }

    /// The component it is about.
    pub const fn component(&self) -> Option<&Id> {
        match self {
            Self::ComponentAdded { component, .. }
            | Self::ComponentRemoved { component, .. }
            | Self::ComponentStale { component, .. }
            | Self::ComponentFresh { component }
            | Self::FirmwareAdded { component, .. }
            | Self::FirmwareRemoved { component, .. }
            | Self::FirmwareChanged { component, .. }
            | Self::DigestChanged { component, .. }
            | Self::FaultRaised { component, .. }
            | Self::FaultCleared { component, .. }
            | Self::ThresholdCrossed { component, .. }
            | Self::SensorStateChanged { component, .. }
            | Self::SensorLost { component, .. }
            | Self::SensorRestored { component, .. }
            | Self::DeviceEvent { component, .. }
            | Self::DeviceEventsLost { component, .. }
            | Self::LogFetched { component, .. }
            | Self::LogsEnded { component, .. }
            | Self::Asked { component, .. }
            | Self::Inventoried { component, .. } => Some(component),
            Self::IdRefused { id, .. } => Some(id),
            Self::LineUp { .. } | Self::LineDown { .. } | Self::DiscoveryFault { .. } | Self::SettingsFault { .. } => {
                None
            }
        }
    }
}

/// Which of a firmware's places: what runs, or what waits.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Slot {
    /// What runs.
    Active,
    /// What waits to run.
    Pending,
}

impl Slot {
    /// `active` or `pending`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Pending => "pending",
        }
    }
}

/// What a component told of by itself (PLDM events, DSP0248).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DeviceEvent {
    /// The event's class, in the specification's words.
    pub class: String,
    /// What it says, as one sentence.
    pub text: String,
    /// How it says so, beside the sentence: attribute and value.
    pub facts: Vec<(&'static str, String)>,
    /// How severe its sender calls it.
    pub severity: Severity,
    /// The event as it came, in hexadecimal; cut where it is very long.
    pub bytes: String,
}

/// A component's log, fetched and kept.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Log {
    /// What its component calls it.
    pub name: String,
    /// Where it is kept.
    pub path: String,
    /// How long it is, in bytes.
    pub size: u64,
    /// Its SHA-256, in lower-case hexadecimal.
    pub sha256: String,
    /// Why it is not all; empty when it is.
    pub missing: String,
}

/// One pass over one component: what was asked, and how long it took.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Pass {
    /// The wall clock when it began.
    pub started: SystemTime,
    /// How long it took.
    pub duration: Duration,
    /// The endpoint, as `network/eid`; empty for what is local.
    pub endpoint: String,
    /// Every request, in order.
    pub exchanges: Vec<Exchange>,
    /// Why the pass failed; empty when it did not.
    pub failure: String,
}

/// One request and what became of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Exchange {
    /// `pldm` now, `spdm` later.
    pub protocol: &'static str,
    /// PLDM's type number.
    pub message_type: u8,
    /// The command, in the specification's words.
    pub command: &'static str,
    /// How long after the pass began it began.
    pub offset: Duration,
    /// How long it took, every try included.
    pub duration: Duration,
    /// How often it was sent.
    pub tries: u32,
    /// The completion code, if one came.
    pub completion_code: Option<u8>,
    /// Why it failed, as OpenTelemetry's `error.type`; `None` when it did not.
    pub error: Option<&'static str>,
}
