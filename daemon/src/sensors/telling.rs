//! How an event of a component is told to people.

use crate::event::{DeviceEvent, Severity};
use pldm::platform::event::{
    CperEvent, CperSeverity, EffecterChange, EventClass, EventData, SensorChange, SensorEvent,
};

/// How much of an event's bytes is told. An error record of a GPU has some kilobytes, and belongs into a log.
const BYTES_TOLD: usize = 1024;

/// How many sections of an error record are told. Real ones have one or two.
const SECTIONS_TOLD: usize = 16;

/// An event, as one sentence and with its facts. `name` says what a sensor is called.
pub(super) fn event(
    class: EventClass,
    data: &EventData,
    bytes: &[u8],
    damage: Option<String>,
    name: impl Fn(u16) -> Option<String>,
) -> DeviceEvent {
    let mut facts = Vec::new();
    let (text, severity) = match data {
        EventData::Sensor(event) => (sensor(event, name, &mut facts), Severity::Information),
        EventData::Effecter(event) => {
            facts.push(("pldm.effecter.id", event.effecter_id.to_string()));
            let change = match &event.change {
                EffecterChange::OperationalState { present, previous } => {
                    format!("is {}, before {}", word(present.word(), present.0), word(previous.word(), previous.0))
                }
                EffecterChange::Unknown { class, .. } => {
                    format!("changed in a way that is not known: {:#04x}", class.0)
                }
            };
            (format!("effecter {} {change}", event.effecter_id), Severity::Information)
        }
        EventData::PdrRepositoryChange(_) => ("its platform descriptor records changed".into(), Severity::Information),
        EventData::MessagePoll(_) => ("an event is to be polled".into(), Severity::Debug),
        EventData::Heartbeat(_) => ("it is still there".into(), Severity::Debug),
        EventData::Cper(record) => error_record(record, &mut facts),
        EventData::Raw(bytes) if class.is_oem() => {
            (format!("event of its vendor's class {:#04x}, {} bytes", class.0, bytes.len()), Severity::Information)
        }
        EventData::Raw(bytes) => {
            (format!("event of class {}, {} bytes", label(class), bytes.len()), Severity::Information)
        }
    };
    let severity = if damage.is_some() { severity.max(Severity::Warning) } else { severity };
    let text = damage.as_ref().map_or_else(|| text.clone(), |damage| format!("{text}; it is damaged: {damage}"));
    facts.extend(damage.map(|damage| ("error.message", damage)));
    let bytes = bytes.iter().take(BYTES_TOLD).fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
    DeviceEvent { class: label(class), text, facts, severity, bytes }
}

fn sensor(
    event: &SensorEvent,
    name: impl Fn(u16) -> Option<String>,
    facts: &mut Vec<(&'static str, String)>,
) -> String {
    let SensorEvent { sensor_id, change } = event;
    facts.push(("pldm.sensor.id", sensor_id.to_string()));
    let who = match name(*sensor_id) {
        Some(name) => format!("sensor {sensor_id} ({name})"),
        None => format!("sensor {sensor_id}, which no record describes,"),
    };
    match change {
        SensorChange::OperationalState { present, previous } => {
            format!("{who} is {}, before {}", word(present.word(), present.0), word(previous.word(), previous.0))
        }
        SensorChange::State { offset, event_state, previous_event_state } => {
            facts.push(("pldm.sensor.offset", offset.to_string()));
            format!("{who} is in state {event_state}, before {previous_event_state}")
        }
        SensorChange::Numeric { event_state, previous_event_state, .. } => {
            let (now, before) = (event_state, previous_event_state);
            format!("{who} is at {}, before {}", word(now.word(), now.0), word(before.word(), before.0))
        }
        SensorChange::Unknown { class, .. } => format!("{who} changed in a way that is not known: {:#04x}", class.0),
    }
}

/// A common platform error record (UEFI, appendix N): its header and section types; the rest is for other tools.
fn error_record(event: &CperEvent, facts: &mut Vec<(&'static str, String)>) -> (String, Severity) {
    let record = match event.record() {
        Ok(record) => record.value,
        Err(malformed) => return (format!("an error record that cannot be read: {malformed}"), Severity::Warning),
    };
    let severity = record.header.as_ref().map(|header| header.error_severity);
    let severities = severity.into_iter().chain(record.sections.iter().map(|section| section.section_severity));
    let worst = severities.max_by_key(|severity| rank(*severity));
    let (told, word) = match worst {
        Some(CperSeverity::FATAL) => (Severity::Error, "fatal"),
        Some(CperSeverity::RECOVERABLE) => (Severity::Error, "recoverable"),
        Some(CperSeverity::CORRECTED) => (Severity::Warning, "corrected"),
        Some(CperSeverity::INFORMATIONAL) => (Severity::Information, "informational"),
        _ => (Severity::Warning, "unknown"),
    };
    facts.push(("cper.severity", word.into()));
    let sections = || record.sections.iter().take(SECTIONS_TOLD);
    let kinds: Vec<String> = sections().map(|section| section.section_type.to_string()).collect();
    let names = sections().map(|section| {
        section.section_type.section_name().map_or_else(|| section.section_type.to_string(), str::to_owned)
    });
    let names: Vec<String> = names.collect();
    facts.push(("cper.sections", kinds.join(" ")));
    let what = if names.is_empty() { "no section".into() } else { names.join(", ") };
    (format!("an error record, {word}: {what}"), told)
}

const fn rank(severity: CperSeverity) -> u8 {
    match severity {
        CperSeverity::FATAL => 3,
        CperSeverity::RECOVERABLE => 2,
        CperSeverity::CORRECTED => 1,
        _ => 0,
    }
}

fn word(word: Option<&str>, code: u8) -> String {
    word.map_or_else(|| format!("{code:#04x}"), str::to_owned)
}

/// The class in the specification's words, or its number.
fn label(class: EventClass) -> String {
    class.name().map_or_else(|| format!("{:#04x}", class.0), |name| name.to_ascii_lowercase())
}
