//! The attributes of the resource. Each is sent only if its source is there.

use crate::text::value_of;
use opentelemetry::KeyValue;
use opentelemetry_sdk::{
    Resource,
    resource::{ResourceDetector, TelemetryResourceDetector},
};
use std::{fs, path::Path};
use uuid::Uuid;

/// FirmWarden's own namespace for UUIDv5. Never changes: a fleet knows its BMCs by what comes of it.
const NAMESPACE: Uuid = Uuid::from_u128(0x6c0f_3f5e_7d1b_4a52_9b0e_5d7a_f1c2_e840);

/// Found on the system below `root`, then what is `configured`, then what the environment's
/// `OTEL_RESOURCE_ATTRIBUTES` (`listed`) says: the later wins.
pub(super) fn resource(root: &Path, configured: &[(String, String)], listed: Option<&str>) -> Resource {
    let configured = configured.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone()));
    let listed = listed.unwrap_or_default().split(',').filter_map(|pair| pair.split_once('='));
    let listed = listed.map(|(key, value)| KeyValue::new(key.trim().to_owned(), percent_decoded(value.trim())));
    let listed = listed.filter(|pair| !pair.key.as_str().is_empty());
    Resource::builder_empty()
        .with_attributes(found(root).into_iter().map(|(key, value)| KeyValue::new(key, value)))
        .with_attributes(configured)
        .with_attributes(listed)
        .with_detector(Box::new(TelemetryResourceDetector) as Box<dyn ResourceDetector>)
        .build()
}

fn found(root: &Path) -> Vec<(&'static str, String)> {
    let read = |path: &str| fs::read(root.join(path)).ok().and_then(|bytes| first_word(&bytes));
    let host = read("proc/sys/kernel/hostname");
    // systemd asks that the machine id itself is not published; a UUIDv5 of it is as stable and does not reveal it.
    let machine = read("etc/machine-id").filter(|id| id != "uninitialized");
    let machine = machine.or_else(|| read("proc/device-tree/serial-number")).or_else(|| host.clone());
    let instance = machine.map(|id| Uuid::new_v5(&NAMESPACE, id.as_bytes()).to_string());
    let release = fs::read_to_string(root.join("etc/os-release")).unwrap_or_default();
    let release = |key: &str| value_of(&release, key).map(str::to_owned);
    let facts = [
        ("service.name", Some("firmwarden".into())),
        ("service.namespace", Some("openbmc".into())),
        ("service.version", Some(env!("CARGO_PKG_VERSION").into())),
        ("service.instance.id", instance),
        ("host.name", host),
        ("os.type", Some("linux".into())),
        ("os.name", release("NAME")),
        ("os.version", release("VERSION_ID")),
        ("os.build_id", release("BUILD_ID")),
        ("os.description", release("PRETTY_NAME")),
        ("device.model.identifier", read("proc/device-tree/compatible")),
        ("device.model.name", read("proc/device-tree/model")),
    ];
    facts.into_iter().filter_map(|(key, value)| Some((key, value.filter(|v| !v.is_empty())?))).collect()
}

/// The first string of a file: the device tree ends them with NUL, others with a line end.
fn first_word(bytes: &[u8]) -> Option<String> {
    let first = bytes.split(|b| *b == 0 || *b == b'\n').next()?;
    let text = String::from_utf8_lossy(first).trim().to_owned();
    (!text.is_empty()).then_some(text)
}

/// The specification has `,`, `=` and others written as `%2C`.
fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let hex = after.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        let decoded = hex.filter(|_| first == b'%').and_then(|two| u8::from_str_radix(two, 16).ok());
        bytes.push(decoded.unwrap_or(first));
        rest = if decoded.is_some() { after.get(2..).unwrap_or_default() } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Scratch;
    use opentelemetry::Key;

    fn value(resource: &Resource, key: &'static str) -> Option<String> {
        resource.get(&Key::new(key)).map(|value| value.to_string())
    }

    #[test]
    fn attributes_come_from_the_system_and_are_left_out_without_a_source() {
        let root = Scratch::new();
        root.write("etc/machine-id", "0123456789abcdef0123456789abcdef\n");
        root.write("etc/os-release", "NAME=\"Phosphor OpenBMC\"\nVERSION_ID=2.19\nBUILD_ID=\"7\"\n");
        root.write("proc/sys/kernel/hostname", "bmc7\n");
        root.write("proc/device-tree/compatible", "vendor,board\0aspeed,ast2600\0");
        let found = resource(root.path(), &[], None);
        for (key, expected) in [
            ("service.name", "firmwarden"),
            ("service.namespace", "openbmc"),
            ("host.name", "bmc7"),
            ("os.name", "Phosphor OpenBMC"),
            ("os.version", "2.19"),
            ("os.build_id", "7"),
            ("device.model.identifier", "vendor,board"),
            ("service.instance.id", "9ac5e872-245e-599a-bfa6-a0c3191ca9ab"),
        ] {
            assert_eq!(value(&found, key).as_deref(), Some(expected), "{key}");
        }
        assert_eq!(value(&found, "os.description"), None);
        assert_eq!(value(&found, "host.id"), None);
    }

    #[test]
    fn environment_wins_over_configuration_over_the_system() {
        let root = Scratch::new();
        root.write("proc/sys/kernel/hostname", "bmc7\n");
        let configured = [("host.name".to_owned(), "rack4".to_owned()), ("site".to_owned(), "a".to_owned())];
        let found = resource(root.path(), &configured, Some("site=b%2Cc%,broken,=x"));
        assert_eq!(value(&found, "host.name").as_deref(), Some("rack4"));
        assert_eq!(value(&found, "site").as_deref(), Some("b,c%"));
        assert!(value(&found, "service.instance.id").is_some(), "the host name stands in for a machine id");
    }
}
