//! How an event is told: its name, severity, sentence and facts, in one place for the journal and OTLP.

use super::{Log, Slot, What};
use crate::model::{Finite, Id, Level};
use std::fmt;

/// How severe an event is.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Severity {
    /// For whoever investigates.
    Debug,
    /// Worth knowing.
    Information,
    /// Something is not as it should be, and FirmWarden goes on.
    Warning,
    /// Something does not work until somebody sees to it.
    Error,
}

impl Severity {
    /// One word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Information => "information",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl What {
    /// The event's name. What every start of the daemon brings (a first version, a first digest) has names of its own,
    /// so that an alert on `hw.firmware.changed` stays silent then.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::ComponentAdded { .. } => "hw.component.added",
            Self::ComponentRemoved { .. } => "hw.component.removed",
            Self::ComponentStale { .. } => "hw.component.stale",
            Self::ComponentFresh { .. } => "hw.component.fresh",
            Self::FirmwareAdded { .. } => "hw.firmware.added",
            Self::FirmwareRemoved { .. } => "hw.firmware.removed",
            Self::FirmwareChanged { .. } => "hw.firmware.changed",
            Self::DigestChanged { from: None, .. } => "hw.firmware.digest.taken",
            Self::DigestChanged { from: Some(_), .. } => "hw.firmware.digest.changed",
            Self::FaultRaised { .. } => "hw.component.fault.raised",
            Self::FaultCleared { .. } => "hw.component.fault.cleared",
            Self::IdRefused { .. } => "hw.component.id.refused",
            Self::Inventoried { .. } => "hw.firmware.inventoried",
            Self::ThresholdCrossed { .. } => "hw.sensor.threshold.crossed",
            Self::SensorStateChanged { .. } => "hw.sensor.state.changed",
            Self::SensorLost { .. } => "hw.sensor.lost",
            Self::SensorRestored { .. } => "hw.sensor.restored",
            Self::DeviceEvent { .. } => "pldm.event.received",
            Self::DeviceEventsLost { .. } => "pldm.events.lost",
            Self::LogFetched { .. } => "hw.component.log.fetched",
            Self::LogsEnded { .. } => "hw.component.logs.ended",
            Self::Asked { .. } => "hw.sensors.asked",
            Self::LineUp { .. } => "mctp.line.up",
            Self::LineDown { .. } => "mctp.line.down",
            Self::DiscoveryFault { .. } => "mctp.discovery.fault",
            Self::SettingsFault { .. } => "firmwarden.settings.fault",
        }
    }

    /// Its severity. A changed digest warns: whether the change was meant is not known here.
    pub const fn severity(&self) -> Severity {
        match self {
            // Of a failed one the fault was told once; a device without firmware commands fails every minute.
            Self::Inventoried { .. } | Self::Asked { .. } => Severity::Debug,
            Self::DeviceEvent { event, .. } => event.severity,
            Self::LogsEnded { failure, .. } if !failure.is_empty() => Severity::Warning,
            Self::ThresholdCrossed { to: Level::Normal, .. }
            | Self::SensorStateChanged { .. }
            | Self::SensorRestored { .. }
            | Self::LogFetched { .. }
            | Self::LogsEnded { .. }
            | Self::ComponentAdded { .. }
            | Self::ComponentRemoved { .. }
            | Self::ComponentFresh { .. }
            | Self::FirmwareAdded { .. }
            | Self::FirmwareRemoved { .. }
            | Self::FirmwareChanged { .. }
            | Self::DigestChanged { from: None, .. }
            | Self::FaultCleared { .. }
            | Self::LineUp { .. } => Severity::Information,
            Self::ThresholdCrossed { .. }
            | Self::SensorLost { .. }
            | Self::DeviceEventsLost { .. }
            | Self::ComponentStale { .. }
            | Self::DigestChanged { from: Some(_), .. }
            | Self::FaultRaised { .. }
            | Self::DiscoveryFault { .. } => Severity::Warning,
            Self::IdRefused { .. } | Self::LineDown { .. } | Self::SettingsFault { .. } => Severity::Error,
        }
    }

    /// What it says besides its name, under OpenTelemetry's names. Nothing empty is among it.
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        let mut facts = match self {
            Self::ComponentAdded { component, kind, name } => {
                vec![hw(component), ("hw.type", kind.clone()), ("hw.name", name.clone())]
            }
            Self::ComponentRemoved { component, reason } | Self::ComponentStale { component, reason } => {
                vec![hw(component), ("error.message", reason.clone())]
            }
            Self::ComponentFresh { component } => vec![hw(component)],
            Self::FirmwareAdded { component, firmware, version } => {
                vec![hw(component), fw(firmware), slot(Slot::Active), ("hw.firmware_version", version.clone())]
            }
            Self::FirmwareRemoved { component, firmware, version } => {
                vec![hw(component), fw(firmware), slot(Slot::Active), ("hw.firmware.previous_version", version.clone())]
            }
            Self::FirmwareChanged { component, firmware, slot: place, from, to } => vec![
                hw(component),
                fw(firmware),
                slot(*place),
                ("hw.firmware_version", to.clone()),
                ("hw.firmware.previous_version", from.clone()),
            ],
            Self::DigestChanged { component, firmware, algorithm, from, to } => {
                let hash = |hex: &String| format!("{algorithm}:{hex}");
                let before = from.as_ref().map(hash).unwrap_or_default();
                vec![hw(component), fw(firmware), ("artifact.hash", hash(to)), ("artifact.previous_hash", before)]
            }
            Self::FaultRaised { component, fault } | Self::FaultCleared { component, fault } => {
                vec![hw(component), ("hw.fault.step", fault.step.clone()), ("error.message", fault.what.clone())]
            }
            Self::IdRefused { id, holder, claimant } => {
                vec![hw(id), ("hw.id.holder", holder.clone()), ("hw.id.claimant", claimant.clone())]
            }
            Self::ThresholdCrossed { component, sensor, from, to, value, unit } => {
                let value = value.map(|value: Finite| value.to_string()).unwrap_or_default();
                let from = from.map_or("", Level::word).to_owned();
                let levels = [("hw.limit_type", to.word().to_owned()), ("hw.previous_limit_type", from)];
                let mut facts = vec![hw(sensor), parent(component), ("hw.sensor.value", value)];
                facts.extend(levels);
                facts.push(("hw.sensor.unit", unit.clone()));
                facts
            }
            Self::SensorStateChanged { component, sensor, from, to } => vec![
                hw(sensor),
                parent(component),
                ("pldm.state_sensor.state", to.clone()),
                ("pldm.state_sensor.previous_state", from.clone()),
            ],
            Self::SensorLost { component, sensor, reason } => {
                vec![hw(sensor), parent(component), ("error.message", reason.clone())]
            }
            Self::SensorRestored { component, sensor } => vec![hw(sensor), parent(component)],
            Self::DeviceEvent { component, event } => {
                let mut facts = vec![hw(component), ("pldm.event.class", event.class.clone())];
                facts.extend(event.facts.iter().cloned());
                facts.push(("pldm.event.data", event.bytes.clone()));
                facts
            }
            Self::LogsEnded { component, count, failure } => {
                vec![hw(component), ("hw.log.count", count.to_string()), ("error.message", failure.clone())]
            }
            Self::DeviceEventsLost { component, count } => {
                vec![hw(component), ("pldm.event.count", count.to_string())]
            }
            Self::LogFetched { component, log } => vec![
                hw(component),
                ("file.name", log.name.clone()),
                ("file.path", log.path.clone()),
                ("file.size", log.size.to_string()),
                ("artifact.hash", format!("sha256:{}", log.sha256)),
                ("error.message", log.missing.clone()),
            ],
            Self::Inventoried { component, pass } | Self::Asked { component, pass } => {
                let milliseconds = pass.duration.as_millis().to_string();
                let requests = pass.exchanges.len().to_string();
                vec![
                    hw(component),
                    ("mctp.endpoint.id", pass.endpoint.clone()),
                    ("duration_ms", milliseconds),
                    ("requests", requests),
                    ("error.message", pass.failure.clone()),
                ]
            }
            Self::LineUp { line } => vec![("mctp.line", line.clone())],
            Self::LineDown { line, reason: what } | Self::DiscoveryFault { line, fault: what } => {
                vec![("mctp.line", line.clone()), ("error.message", what.clone())]
            }
            Self::SettingsFault { fault } => vec![("error.message", fault.clone())],
        };
        facts.retain(|(_, value)| !value.is_empty());
        facts
    }
}

fn hw(id: &Id) -> (&'static str, String) {
    ("hw.id", id.to_string())
}

/// A sensor is hardware of its own to OpenTelemetry, and its component the parent.
fn parent(id: &Id) -> (&'static str, String) {
    ("hw.parent", id.to_string())
}

fn fw(id: &Id) -> (&'static str, String) {
    ("hw.firmware.id", id.to_string())
}

fn slot(slot: Slot) -> (&'static str, String) {
    ("hw.firmware.slot", slot.word().into())
}

/// A version, quoted so that a reader can tell it from the sentence around it.
fn quoted(version: &str) -> String {
    if version.is_empty() { "an unknown version".into() } else { format!("'{version}'") }
}

fn measured(value: Option<Finite>, unit: &str) -> String {
    value.map_or_else(String::new, |value| format!(": {value} {unit}"))
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ComponentAdded { component, kind, name } => write!(f, "{component} is there: {name} ({kind})"),
            Self::ComponentRemoved { component, reason } => write!(f, "{component} is not there any more: {reason}"),
            Self::ComponentStale { component, reason } => {
                write!(f, "{component} does not answer, what is known of it is kept: {reason}")
            }
            Self::ComponentFresh { component } => write!(f, "{component} answers again"),
            Self::FirmwareAdded { component, firmware, version } => {
                write!(f, "{component} runs {} as {firmware}", quoted(version))
            }
            Self::FirmwareRemoved { component, firmware, version } => {
                write!(f, "{component} does not speak of {firmware} any more, it was {}", quoted(version))
            }
            Self::FirmwareChanged { component, firmware, slot: Slot::Active, from, to } => {
                write!(f, "{component} runs {} as {firmware}, before {}", quoted(to), quoted(from))
            }
            Self::FirmwareChanged { component, firmware, slot: Slot::Pending, from, to } if to.is_empty() => {
                write!(f, "on {component}, {} does not wait any more to run as {firmware}", quoted(from))
            }
            Self::FirmwareChanged { component, firmware, slot: Slot::Pending, to, .. } => {
                write!(f, "on {component}, {} waits to run as {firmware}", quoted(to))
            }
            Self::DigestChanged { component, firmware, algorithm, from: None, to } => {
                write!(f, "the image of {firmware} on {component} has the {algorithm} digest {to}")
            }
            Self::DigestChanged { component, firmware, algorithm, from: Some(from), to } => {
                write!(f, "the image of {firmware} on {component} now has the {algorithm} digest {to}, before {from}")
            }
            Self::FaultRaised { component, fault } => write!(f, "{component} answers wrongly: {fault}"),
            Self::FaultCleared { component, fault } => {
                write!(f, "{component} answers rightly again, not any more: {fault}")
            }
            Self::IdRefused { id, holder, claimant } => {
                write!(f, "the id {id} is {holder}'s; {claimant}, which claims it, too, is not published")
            }
            Self::Inventoried { component, pass } if pass.failure.is_empty() => {
                write!(f, "{component} read: {} requests in {} ms", pass.exchanges.len(), pass.duration.as_millis())
            }
            Self::Inventoried { component, pass } => write!(f, "{component} could not be read: {}", pass.failure),
            Self::ThresholdCrossed { sensor, to: Level::Normal, value, unit, .. } => {
                write!(f, "{sensor} is as it should be again{}", measured(*value, unit))
            }
            Self::ThresholdCrossed { sensor, to, value, unit, .. } => {
                write!(f, "{sensor} is beyond its limit {}{}", to.word(), measured(*value, unit))
            }
            Self::SensorStateChanged { sensor, from, to, .. } => write!(f, "{sensor} is '{to}', before '{from}'"),
            Self::SensorLost { sensor, reason, .. } => write!(f, "{sensor} has no value any more: {reason}"),
            Self::SensorRestored { sensor, .. } => write!(f, "{sensor} has a value again"),
            Self::DeviceEvent { component, event } => write!(f, "{component} tells: {}", event.text),
            Self::DeviceEventsLost { component, count } => {
                let lost = if *count == 1 { "event is" } else { "events are" };
                write!(f, "{component} tells more than can be taken in: {count} {lost} lost")
            }
            Self::LogFetched { component, log } if log.missing.is_empty() => {
                write!(f, "log '{}' of {component} is in {}: {} bytes", log.name, log.path, log.size)
            }
            Self::LogFetched { component, log } => {
                let Log { name, path, size, missing, .. } = log;
                write!(f, "log '{name}' of {component} is in {path}, {size} bytes of it: {missing}")
            }
            Self::LogsEnded { component, count: 1, failure } if failure.is_empty() => {
                write!(f, "the only log of {component} is fetched")
            }
            Self::LogsEnded { component, count, failure } if failure.is_empty() => {
                write!(f, "all {count} logs of {component} are fetched")
            }
            Self::LogsEnded { component, count, failure } => {
                let fetched = if *count == 1 { "log" } else { "logs" };
                write!(f, "{count} {fetched} of {component} fetched, not all: {failure}")
            }
            Self::Asked { component, pass } if pass.failure.is_empty() => {
                let (requests, time) = (pass.exchanges.len(), pass.duration.as_millis());
                write!(f, "sensors and events of {component} asked for: {requests} requests in {time} ms")
            }
            Self::Asked { component, pass } => {
                write!(f, "sensors and events of {component} could not be asked for: {}", pass.failure)
            }
            Self::LineUp { line } => write!(f, "line {line} is up"),
            Self::LineDown { line, reason } => write!(f, "line {line} is down: {reason}"),
            Self::DiscoveryFault { line, fault } => write!(f, "an endpoint on line {line} cannot be known: {fault}"),
            Self::SettingsFault { fault } => write!(f, "a part of the configuration is not in force: {fault}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{model::Algorithm, testing::id};

    #[test]
    fn a_pending_version_that_goes_is_told_as_gone() {
        let changed = |from: &str, to: &str| What::FirmwareChanged {
            component: id("nic0"),
            firmware: id("nic0"),
            slot: Slot::Pending,
            from: from.into(),
            to: to.into(),
        };
        assert_eq!(changed("", "2").to_string(), "on nic0, '2' waits to run as nic0");
        assert_eq!(changed("2", "").to_string(), "on nic0, '2' does not wait any more to run as nic0");
        assert!(changed("2", "").facts().iter().all(|(name, _)| *name != "hw.firmware_version"));
    }

    #[test]
    fn one_is_not_told_as_many() {
        let ended = |count, failure: &str| {
            What::LogsEnded { component: id("nic0"), count, failure: failure.into() }.to_string()
        };
        assert_eq!(ended(1, ""), "the only log of nic0 is fetched");
        assert_eq!(ended(2, ""), "all 2 logs of nic0 are fetched");
        assert_eq!(ended(1, "b: no answer"), "1 log of nic0 fetched, not all: b: no answer");
        let lost = |count| What::DeviceEventsLost { component: id("nic0"), count }.to_string();
        assert_eq!(lost(1), "nic0 tells more than can be taken in: 1 event is lost");
        assert!(lost(2).ends_with("2 events are lost"));
    }

    #[test]
    fn a_first_digest_is_no_change() {
        let digest = |from: Option<&str>| What::DigestChanged {
            component: id("bmc"),
            firmware: id("bmc_uboot"),
            algorithm: Algorithm::Sha256,
            from: from.map(Into::into),
            to: "ab".into(),
        };
        assert_eq!((digest(None).name(), digest(None).severity()), ("hw.firmware.digest.taken", Severity::Information));
        let changed = digest(Some("cd"));
        assert_eq!((changed.name(), changed.severity()), ("hw.firmware.digest.changed", Severity::Warning));
        assert!(changed.facts().contains(&("artifact.previous_hash", "sha256:cd".into())));
    }
}
