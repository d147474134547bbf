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

/// A table of things and, below it, what it cannot show.
pub(super) struct Sheet<'a> {
    pub(super) columns: &'static [Column],
    /// The things' ids.
    pub(super) ids: Vec<&'a str>,
    /// A row for each: its component, its name, and more.
    pub(super) rows: Vec<Vec<String>>,
    /// One line for each thing that the table cannot show.
    pub(super) remarks: Vec<String>,
}

impl Sheet<'_> {
    /// All of it; `nothing` where there is no row.
    pub(super) fn text(&self, nothing: &str, width: Option<usize>) -> Vec<String> {
        let Self { columns, rows, remarks, .. } = self;
        let mut text = if rows.is_empty() { vec![nothing.to_owned()] } else { lines(columns, rows, width) };
        if !remarks.is_empty() {
            text.push(String::new());
            text.extend_from_slice(remarks);
        }
        text
    }

    /// The lines that `before` did not have, and what is not there any more.
    pub(super) fn changes(&self, before: &Self) -> Vec<String> {
        let shown = lines(self.columns, &self.rows, None).into_iter().skip(1).zip(&self.ids);
        let changed = shown.filter(|(_, id)| before.ageless(id) != self.ageless(id));
        let mut text: Vec<_> = changed.map(|(line, _)| line).collect();
        let gone = before.ids.iter().zip(&before.rows).filter(|(id, _)| !self.ids.contains(id));
        text.extend(gone.map(|(_, row)| format!("{}  {}  removed", row[0], row[1])));
        let (old, new) = (&before.remarks, &self.remarks);
        text.extend(new.iter().filter(|remark| !old.contains(remark)).cloned());
        text.extend(old.iter().filter(|remark| !new.contains(remark)).map(|remark| format!("resolved: {remark}")));
        text
    }

    fn ageless(&self, id: &str) -> Option<Vec<&str>> {
        let (_, row) = self.ids.iter().zip(&self.rows).find(|(other, _)| **other == id)?;
        let cells = self.columns.iter().zip(row).filter(|(column, _)| column.title != "AGE"); // it changes by itself
        Some(cells.map(|(_, cell)| cell.as_str()).collect())
    }
}

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
