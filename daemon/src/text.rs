//! Text that came from elsewhere: what of it is shown as it is, and how a `KEY="value"` file is read.

/// How many characters of a text are shown; nobody reads more.
const LONGEST: usize = 512;

/// `text` as one line of printable characters, at most 512 of them, without white space around it.
///
/// D-Bus cannot carry NUL, bmcweb passes line feeds on, and a terminal obeys escape sequences and bidirectional controls.
pub(crate) fn one_line(text: &str) -> String {
    let is_edge = |c: char| c.is_whitespace() || c == '\0';
    let mut characters = text.trim_matches(is_edge).chars();
    let mut line: String = characters.by_ref().take(LONGEST).map(|c| if is_printable(c) { c } else { '?' }).collect();
    if characters.next().is_some() {
        line.pop();
        line.push('…');
    }
    line
}

/// Neither a control character nor one that only changes how the characters around it are shown.
pub(crate) fn is_printable(c: char) -> bool {
    let unseen = matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}');
    !c.is_control() && !unseen
}

/// The value of `key` in lines of `KEY=value`, as in `/etc/os-release`, without its quotes. The last one counts, as in a
/// shell.
pub(crate) fn value_of<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let mut pairs = text.lines().filter_map(|line| line.trim_start().split_once('='));
    pairs.rfind(|(k, _)| k.trim_end() == key).map(|(_, value)| unquoted(value.trim()))
}

fn unquoted(value: &str) -> &str {
    let inside = |quote| value.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    inside('"').or_else(|| inside('\'')).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_device_says_becomes_one_printable_line() {
        for (said, shown) in [
            ("1.2.3", "1.2.3"),
            (" 1.2 rc\r\n\0\0", "1.2 rc"),
            ("a\nb\tc\0d", "a?b?c?d"),
            ("\u{1b}[31mred\u{1b}[0m", "?[31mred?[0m"),
            ("\u{9b}31m", "?31m"),
            ("abc\u{202e}def\u{2066}", "abc?def?"),
            ("zero\u{200b}width\u{feff}", "zero?width?"),
            ("Zürich 東京", "Zürich 東京"),
            ("\0\n\t", ""),
        ] {
            assert_eq!(one_line(said), shown, "{said:?}");
        }
    }

    #[test]
    fn a_long_text_is_cut() {
        assert_eq!(one_line(&"x".repeat(LONGEST)), "x".repeat(LONGEST));
        let cut = one_line(&"x".repeat(65_536));
        assert_eq!((cut.chars().count(), cut.ends_with("x…")), (LONGEST, true));
    }
}
