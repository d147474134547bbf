//! Aligned columns, cut where a terminal is too narrow for them.

/// A column of a table.
#[derive(Clone, Copy)]
pub(super) struct Column {
    /// What stands above it.
    pub(super) title: &'static str,
    /// How many characters it keeps at least.
    pub(super) keeps: usize,
}

/// For a column that is never cut.
pub(super) const ALL: usize = usize::MAX;

const GAP: &str = "  ";

/// The title and one line for each row. `width` is that of the terminal, if there is one.
pub(super) fn lines(columns: &[Column], rows: &[Vec<String>], width: Option<usize>) -> Vec<String> {
    let titles: Vec<String> = columns.iter().map(|c| c.title.to_owned()).collect();
    let all = || std::iter::once(&titles).chain(rows);
    let mut widths: Vec<usize> = (0..columns.len())
        .map(|i| all().filter_map(|row| row.get(i)).map(|cell| cell.chars().count()).max().unwrap_or_default())
        .collect();
    if let Some(width) = width {
        shrink(columns, &mut widths, width);
    }
    all()
        .map(|row| {
            let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{:width$}", cut(cell, *width)));
            let line = cells.collect::<Vec<_>>().join(GAP);
            cut(line.trim_end(), width.unwrap_or(usize::MAX))
        })
        .collect()
}

/// `text` with at most `width` characters.
pub(super) fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    text.chars().take(width.saturating_sub(1)).chain(['…']).collect()
}

/// Takes from the widest column first, character by character, until all fit or none can give.
fn shrink(columns: &[Column], widths: &mut [usize], width: usize) {
    let gaps = GAP.len() * columns.len().saturating_sub(1);
    while widths.iter().sum::<usize>() + gaps > width {
        let candidates = columns.iter().zip(widths.iter_mut()).filter(|(c, w)| **w > c.keeps);
        let Some((_, widest)) = candidates.max_by_key(|(_, w)| **w) else { return };
        *widest -= 1;
    }
}
