//! Standard output, be it a terminal, a pipe or a file.

use super::table::cut;
use std::io::{self, IsTerminal, Write, stderr, stdout};

/// A terminal's size in characters.
#[derive(Clone, Copy, Debug)]
pub(super) struct Size {
    /// Its width.
    pub(super) columns: usize,
    /// Its height.
    pub(super) rows: usize,
}

/// The size of the terminal, if standard output is one that knows it.
pub(super) fn size() -> Option<Size> {
    let size = rustix::termios::tcgetwinsize(stdout()).ok()?;
    (size.ws_col > 0).then(|| Size { columns: size.ws_col.into(), rows: size.ws_row.into() })
}

/// Whether standard output is a terminal.
pub(super) fn is_terminal() -> bool {
    stdout().is_terminal()
}

/// Prints lines.
pub(super) fn print(lines: &[String]) -> io::Result<()> {
    let mut out = stdout().lock();
    for line in lines {
        writeln!(out, "{line}")?;
    }
    out.flush()
}

/// Draws lines over what the terminal shows, as many as it has room for: a wrapped one would push the first away.
pub(super) fn redraw(lines: &[String]) -> io::Result<()> {
    let (width, room) = size().map_or((usize::MAX, usize::MAX), |s| (s.columns, s.rows.max(2) - 1));
    let mut out = stdout().lock();
    write!(out, "\x1b[H")?;
    for line in lines.iter().take(room) {
        writeln!(out, "{}\x1b[K", cut(line, width))?;
    }
    write!(out, "\x1b[J")?;
    out.flush()
}

/// Tells a person what is wrong, if anybody reads standard error.
pub(super) fn complain(what: &str) {
    let _ = writeln!(stderr(), "firmwarden: {what}");
}
