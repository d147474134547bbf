//! What an image's version is: from the configuration, from a file, from the image, or else from its digest.

use super::search::LONGEST_VERSION;
use crate::{file, text};
use std::path::Path;

/// `os-release` and its like are small.
const LARGEST_FILE: u64 = 64 * 1024;

/// The value of `key` in a file of `KEY="value"` lines; of several the last, as in a shell.
pub(super) fn value_of(path: &Path, key: &str) -> Result<String, String> {
    let bytes = file::read_bytes(path, LARGEST_FILE).map_err(|what| format!("{}: {what}", path.display()))?;
    let value = text::value_of(&String::from_utf8_lossy(&bytes), key).map(printable);
    value.filter(|v| !v.is_empty()).ok_or_else(|| format!("{}: no value of {key}", path.display()))
}

/// What stands for a version where there is none.
pub(super) fn of_digest(algorithm: impl std::fmt::Display, hex: &str) -> String {
    format!("{algorithm}:{}", hex.get(..12).unwrap_or(hex))
}

/// One line of printable text, not too long: control characters become spaces.
pub(super) fn printable(text: &str) -> String {
    let spaced: String = text.chars().map(|c| if c.is_control() || c == '\u{fffd}' { ' ' } else { c }).collect();
    spaced.trim().chars().take(LONGEST_VERSION).collect::<String>().trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Scratch;

    fn value(text: &[u8]) -> Result<String, String> {
        let scratch = Scratch::new();
        value_of(&scratch.write("release", text), "VERSION")
            .map_err(|what| what.rsplit_once(": ").expect("a path").1.into())
    }

    #[test]
    fn values_as_os_release_has_them() {
        assert_eq!(value(b"# VERSION=0\nVERSION_ID=9\nVERSION=1.2\n").as_deref(), Ok("1.2"));
        assert_eq!(value(b"VERSION=\"2.18 (wrynose)\"\r\n").as_deref(), Ok("2.18 (wrynose)"));
        assert_eq!(value(b"VERSION='a=b'").as_deref(), Ok("a=b"));
        assert_eq!(value(b"VERSION=1\nVERSION=2").as_deref(), Ok("2"));
        assert_eq!(value(b"VERSION=\"").as_deref(), Ok("\""));
        assert_eq!(value(b"VERSION=a\x1b[31m\xff\0b").as_deref(), Ok("a [31m  b"));
        assert_eq!(value(&[b"VERSION=".as_slice(), &[b'x'; 999]].concat()).map(|v| v.len()), Ok(128));
    }

    #[test]
    fn a_version_is_never_empty() {
        for text in [b"".as_slice(), b"VERSION", b"VERSION=", b"VERSION=\"\"", b"VERSION=\x01\x02", b"version=1"] {
            assert_eq!(value(text), Err("no value of VERSION".into()));
        }
        assert_eq!(value(&[b'\n'; 70_000]), Err("larger than 65536 bytes".into()));
        assert_eq!(of_digest("sha256", "00112233445566778899"), "sha256:001122334455");
    }
}
