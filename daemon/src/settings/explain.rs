//! The configuration in words, as `firmwarden check-config` prints it.

use super::{ComponentRule, Matches, Otlp, Settings, VersionSource};
use std::fmt;

impl fmt::Display for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.lines {
            writeln!(f, "line {}: {} at {} baud", line.name, line.device.display(), line.baud)?;
        }
        for rule in &self.components {
            writeln!(f, "component {}: {}", rule.id, place(rule))?;
        }
        for image in &self.images {
            let (bytes, version) = (range(image.offset, image.length), version(&image.version));
            let (id, path, algorithm) = (&image.id, image.path.display(), image.algorithm);
            writeln!(f, "image {id} of {}: {algorithm} of {path}{bytes}, version {version}", image.component)?;
        }
        match &self.otlp {
            Some(Otlp { endpoint, interval, .. }) => write!(f, "telemetry: to {endpoint} every {interval:?}"),
            None => f.write_str("telemetry: to nobody"),
        }
    }
}

fn place(rule: &ComponentRule) -> String {
    let Matches { line, position, uuid } = &rule.matches;
    let parts = [
        line.as_ref().map(|line| format!("line {line}")),
        position.map(|position| format!("position {position}")),
        uuid.as_ref().map(|uuid| format!("UUID {uuid}")),
    ];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    if parts.is_empty() { "this BMC".into() } else { format!("what is at {}", parts.join(", ")) }
}

fn range(offset: u64, length: Option<u64>) -> String {
    match (offset, length) {
        (0, None) => String::new(),
        (offset, None) => format!(" from byte {offset} on"),
        (offset, Some(length)) => format!(", {length} bytes from byte {offset} on"),
    }
}

fn version(source: &VersionSource) -> String {
    match source {
        VersionSource::Digest => "from its digest".into(),
        VersionSource::Literal(version) => format!("'{version}'"),
        VersionSource::Key { file, key } => format!("from {key} in {}", file.display()),
        VersionSource::After(prefix) => format!("from what follows '{prefix}' in it"),
    }
}
