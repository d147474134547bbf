//! Finds a version in an image while it streams by: the printable text after a fixed prefix.

use std::io::BufRead as _;

/// As much of a version as anybody shows.
pub(super) const LONGEST_VERSION: usize = 128;

/// Looks for a prefix, byte by byte, so that borders between chunks do not matter (Knuth, Morris and Pratt).
#[derive(Clone, Debug, Default)]
pub struct Search {
    prefix: Vec<u8>,
    /// How much of the prefix still matches when the byte after so much of it does not.
    fallback: Vec<usize>,
    matched: usize,
    text: Vec<u8>,
    ended: bool,
}

impl Search {
    /// A search for the text after `prefix`. An empty one finds nothing.
    pub fn after(prefix: &str) -> Self {
        let prefix = prefix.as_bytes().to_vec();
        let mut search = Self { fallback: vec![0], ..Self::default() };
        for byte in prefix.iter().skip(1) {
            search.prefix.clone_from(&prefix);
            search.advance(*byte);
            search.fallback.push(search.matched);
        }
        Self { prefix, matched: 0, ..search }
    }

    /// Looks at the next bytes.
    pub fn feed(&mut self, mut bytes: &[u8]) {
        while !self.ended && !self.prefix.is_empty() {
            if self.matched == 0 {
                // Most of an image is here.
                let Some(start) = self.prefix.first().and_then(|first| position(bytes, *first)) else { return };
                bytes = bytes.get(start..).unwrap_or_default();
            }
            let Some((byte, rest)) = bytes.split_first() else { return };
            bytes = rest;
            if self.matched < self.prefix.len() {
                self.advance(*byte);
            } else if matches!(byte, 0x20..=0x7e) && self.text.len() < LONGEST_VERSION {
                self.text.push(*byte);
            } else if self.text.trim_ascii().is_empty() {
                // A prefix without a version, as in a format string: the next one may have it.
                self.text.clear();
                self.matched = 0;
                self.advance(*byte);
            } else {
                self.ended = true;
            }
        }
    }

    /// The version, if one was found.
    pub fn found(&self) -> Option<String> {
        let text = String::from_utf8_lossy(&self.text).trim().to_owned();
        (!text.is_empty()).then_some(text)
    }

    fn advance(&mut self, byte: u8) {
        while self.matched > 0 && self.prefix.get(self.matched) != Some(&byte) {
            self.matched = self.fallback.get(self.matched - 1).copied().unwrap_or_default();
        }
        if self.prefix.get(self.matched) == Some(&byte) {
            self.matched += 1;
        }
    }
}

/// Where `wanted` is first. `skip_until` is the standard library's way to its memchr, which looks at two words at once;
/// `iter().position()` looks at each byte, which cost nearly half as much as the hash.
fn position(bytes: &[u8], wanted: u8) -> Option<usize> {
    let mut rest = bytes;
    let last = rest.skip_until(wanted).ok()?.checked_sub(1)?;
    (bytes.get(last) == Some(&wanted)).then_some(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn found(prefix: &str, image: &[u8], size: usize) -> Option<String> {
        let mut search = Search::after(prefix);
        image.chunks(size).for_each(|chunk| search.feed(chunk));
        search.found()
    }

    #[test]
    fn it_is_found_across_every_border() {
        let image = b"\0U-BoU-Boot \0junkU-Boot 2019.04 (Jan 01)\0U-Boot 9";
        for size in 1..image.len() {
            assert_eq!(found("U-Boot ", image, size).as_deref(), Some("2019.04 (Jan 01)"), "{size}");
        }
    }

    #[test]
    fn odd_prefixes_and_images() {
        assert_eq!(found("v", b"", 1), None);
        assert_eq!(found("", b"anything", 3), None);
        assert_eq!(found("v=", b"v= \x01v=v=2", 2).as_deref(), Some("v=2"));
        assert_eq!(found("v=", b"v=1.0", 1).as_deref(), Some("1.0"), "at the very end");
        assert_eq!(found("v=", &[b"v=".as_slice(), &[b'7'; 1000]].concat(), 64).map(|v| v.len()), Some(128));
        assert_eq!(found("aab", b"aaab3\xff", 1).as_deref(), Some("3"));
        assert_eq!(found("x", b"x\xc3\xa9", 1), None, "not printable ASCII");
    }

    proptest! {
        #[test]
        fn the_first_prefix_is_found_wherever_it_is(before in "[ab]{0,40}", prefix in "[ab]{1,6}", size in 1_usize..9) {
            let image = format!("{before}{prefix}\u{1}");
            let place = image.find(&prefix).expect("there") + prefix.len();
            let wanted = image[place..].trim_end_matches('\u{1}').to_owned();
            let found = found(&prefix, image.as_bytes(), size);
            prop_assert_eq!(found.unwrap_or_default(), wanted);
        }
    }
}
