//! Walks one TOML table: every key is either asked for or reported as unknown.

use super::{
    fault::{Complaints, Spot},
    value::quoted,
};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

/// A table, and where complaints about it go.
pub(super) struct Fields<'t, 'c> {
    table: &'t DeTable<'t>,
    /// As a person writes it: `[[serial]]`.
    name: &'static str,
    spot: Spot,
    asked: Vec<&'static str>,
    complaints: &'c mut Complaints,
    sound: bool,
    /// Whether every key is legal.
    free: bool,
}

impl<'t, 'c> Fields<'t, 'c> {
    pub(super) fn new(table: &'t DeTable<'t>, name: &'static str, spot: Spot, complaints: &'c mut Complaints) -> Self {
        Self { table, name, spot, asked: vec![], complaints, sound: true, free: false }
    }

    /// The value of `key` if it is there and `read` can make sense of it.
    pub(super) fn optional<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&DeValue<'_>) -> Result<T, String>,
    ) -> Option<T> {
        let value = self.value(key)?;
        match read(value.get_ref()) {
            Ok(value) => Some(value),
            Err(what) => {
                self.complain(value.span().start, &format!("{key}: {what}"));
                None
            }
        }
    }

    /// The same for a key that must be there.
    pub(super) fn required<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&DeValue<'_>) -> Result<T, String>,
    ) -> Option<T> {
        if self.raw(key).is_none() {
            self.asked.push(key);
            self.complain(self.spot.offset, &format!("{key} is missing"));
            return None;
        }
        self.optional(key, read)
    }

    /// The table at `key`, walked by `walk`.
    pub(super) fn table<T>(
        &mut self,
        key: &'static str,
        name: &'static str,
        walk: impl FnOnce(&mut Fields<'t, '_>) -> T,
    ) -> Option<T> {
        let value = self.value(key)?;
        let Some(table) = value.get_ref().as_table() else {
            let hint = if value.get_ref().is_array() { ", so write single brackets" } else { "" };
            self.complain(value.span().start, &format!("{key} is one table{hint}"));
            return None;
        };
        let (walked, sound) = self.walk(table, name, value.span().start, walk);
        self.sound &= sound;
        Some(walked)
    }

    /// Every table at `key` that `walk` finds no fault with. One that is wrong takes no other along.
    pub(super) fn tables<T>(
        &mut self,
        key: &'static str,
        name: &'static str,
        mut walk: impl FnMut(&mut Fields<'t, '_>) -> Option<T>,
    ) -> Vec<(Spot, T)> {
        let Some(value) = self.value(key) else { return vec![] };
        let wrong = format!("{key} is a list of tables, so write {name}");
        let Some(list) = value.get_ref().as_array() else {
            self.complain(value.span().start, &wrong);
            return vec![];
        };
        let mut found = Vec::new();
        for item in list.iter() {
            let offset = item.span().start;
            let Some(table) = item.get_ref().as_table() else {
                self.complain(offset, &wrong);
                continue;
            };
            if let (Some(value), true) = self.walk(table, name, offset, &mut walk) {
                found.push((Spot { offset, ..self.spot }, value));
            }
        }
        found
    }

    /// Every key of a table whose keys are free, with its value as `read` makes it. A wrong one is left out.
    pub(super) fn pairs<T>(&mut self, mut read: impl FnMut(&str, &DeValue<'_>) -> Result<T, String>) -> Vec<T> {
        let mut found = Vec::new();
        for (key, value) in self.table.iter() {
            match read(key.get_ref(), value.get_ref()) {
                Ok(pair) => found.push(pair),
                Err(what) => self.complain(value.span().start, &format!("{}: {what}", quoted(key.get_ref()))),
            }
        }
        self.free = true;
        found
    }

    /// Complains about the table as a whole.
    pub(super) fn refuse(&mut self, what: &str) {
        self.complain(self.spot.offset, what);
    }

    /// Complains about the value of `key`.
    pub(super) fn refuse_key(&mut self, key: &'static str, what: &str) {
        let offset = self.raw(key).map_or(self.spot.offset, |value| value.span().start);
        self.complain(offset, &format!("{key}: {what}"));
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.raw(key).is_some()
    }

    /// Where the table stands.
    pub(super) const fn spot(&self) -> Spot {
        self.spot
    }

    /// Reports the keys that nobody asked for. True when nothing at all was wrong.
    pub(super) fn finish(mut self) -> bool {
        let table = self.table;
        for key in table.keys() {
            if self.free || self.asked.contains(&key.get_ref().as_ref()) {
                continue;
            }
            let near = near(key.get_ref(), &self.asked).map_or_else(
                || format!("; known: {}", self.asked.join(", ")),
                |near| format!("; did you mean {near}?"),
            );
            let what = format!("unknown key {}{near}", quoted(key.get_ref()));
            self.complain(key.span().start, &what);
        }
        self.sound
    }

    fn walk<T>(
        &mut self,
        table: &'t DeTable<'t>,
        name: &'static str,
        offset: usize,
        walk: impl FnOnce(&mut Fields<'t, '_>) -> T,
    ) -> (T, bool) {
        let spot = Spot { offset, ..self.spot };
        let mut fields = Fields::new(table, name, spot, self.complaints);
        let walked = walk(&mut fields);
        (walked, fields.finish())
    }

    fn value(&mut self, key: &'static str) -> Option<&'t Spanned<DeValue<'t>>> {
        self.asked.push(key);
        self.raw(key)
    }

    fn raw(&self, key: &str) -> Option<&'t Spanned<DeValue<'t>>> {
        self.table.get(key)
    }

    fn complain(&mut self, offset: usize, what: &str) {
        self.sound = false;
        let name = self.name;
        let what = if name.is_empty() { what.to_owned() } else { format!("{name} {what}") };
        self.complaints.add(Spot { offset, ..self.spot }, what);
    }
}

/// The known key that `key` was probably meant to be.
fn near(key: &str, known: &[&'static str]) -> Option<&'static str> {
    let key: String = key.chars().take(40).collect();
    let far = |word: &str| distance(&key.to_lowercase().replace('-', "_"), word);
    let near = known.iter().map(|&word| (far(word), word)).filter(|(d, word)| *d <= 2 && *d < word.len());
    near.min().map(|(_, word)| word)
}

/// How many letters must be added, taken away or changed to make one of the other (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut above_left = i;
        let mut left = i + 1;
        for (cell, y) in row.iter_mut().skip(1).zip(b.chars()) {
            let here = (above_left + usize::from(x != y)).min(left + 1).min(*cell + 1);
            above_left = *cell;
            *cell = here;
            left = here;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}
