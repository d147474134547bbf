//! A file that a component keeps (DSP0242).

use super::{Classification, Code};
use serde::Deserialize;
use std::fmt::Write;

/// One file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// FileIdentifier.
    pub id: u16,
    /// Its name.
    pub name: String,
    /// What it is.
    pub class: Code<Classification>,
    /// The name of what it is, when its maker defines that.
    pub oem_class: Option<String>,
    /// The entity it belongs to: type, instance, container.
    #[serde(default)]
    pub entity: [u16; 3],
    /// FileCapabilities.
    #[serde(default)]
    pub capabilities: u16,
    /// Its version, such as `1.0.0`; none without it.
    pub version: Option<String>,
    /// FileMaximumSize; what it holds without it.
    pub maximum: Option<u32>,
    /// How often it can be open at once.
    #[serde(default = "one")]
    pub descriptors: u8,
    /// What is in it.
    #[serde(default)]
    pub text: String,
    /// So many bytes of log lines behind that.
    #[serde(default)]
    pub generated: usize,
}

impl File {
    /// What is in it.
    pub fn contents(&self) -> Vec<u8> {
        let (mut text, length) = (self.text.clone(), self.text.len() + self.generated);
        for line in 0.. {
            if text.len() >= length {
                break;
            }
            let _ = writeln!(text, "[{:8}.{:03}] {}: event {line:06x}", line / 7, line % 7 * 139, self.name);
        }
        let mut bytes = text.into_bytes();
        bytes.truncate(length);
        bytes
    }
}

const fn one() -> u8 {
    1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generated_file_has_its_size_and_is_always_the_same() {
        let file = |more| toml::from_str::<File>(&format!("id = 1\nname = 'log'\nclass = 'boot_log'\n{more}")).unwrap();
        let long = file("text = 'begin'\ngenerated = 10000").contents();
        assert_eq!(long.len(), 10_005);
        assert!(long.starts_with(b"begin[       0.000] log: event 000000\n"));
        assert_eq!(file("generated = 10000\ntext = 'begin'").contents(), long);
        assert_eq!(file("").contents(), b"");
    }
}
