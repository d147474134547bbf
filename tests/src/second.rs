//! A second decoder of PLDM, which shares no code and no author's view with `wire` and `pldm`: two readings of the
//! specification that agree on every byte are worth more than one that agrees with itself.
//!
//! Layouts are data. The files in `second/` have one table for each structure and one line for each field, in the order
//! of the wire. A small interpreter walks the bytes by a table and yields a flat list of paths and values.
//!
//! | kind                   | what it reads                                                                        |
//! |------------------------|--------------------------------------------------------------------------------------|
//! | `u8` … `u64`           | an unsigned integer, little-endian; `i8` … `i64` a signed one                        |
//! | `real32`               | an IEEE 754 number, compared by its bits                                             |
//! | `bytes COUNT`          | that many bytes                                                                      |
//! | `asciiz` `utf16z`      | bytes up to a zero of one or two bytes, which is taken and not given                 |
//! | `list COUNT TABLE`     | that many of a table                                                                 |
//! | `records TAIL TABLE`   | a table again and again while more than so many bytes are left                       |
//! | `window COUNT TABLE`   | that many bytes, which must be the table and nothing else                            |
//! | `switch FIELD V:KIND…` | what the value of a field read before says; `else:` for all others, or it is refused |
//! | `optional KIND`        | what KIND says where any byte is left, else nothing                                  |
//! | `pad TAIL`             | zeros, up to so many bytes before the end                                            |
//! | `crc32`                | the CRC-32 of all bytes before it                                                    |
//! | `nothing` or a table   | nothing, or that table                                                               |
//!
//! COUNT is a number, the name of a field read before, or `rest`. A field called `-` adds no part to the path.

use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

// Written out because the fuzzers take this file in from where it stands.
#[path = "second/agree.rs"]
pub mod agree;

/// What the files say, by the names of the tables.
static TABLES: LazyLock<HashMap<&'static str, Vec<Line>>> = LazyLock::new(|| {
    let files = [
        include_str!("second/firmware.txt"),
        include_str!("second/fru.txt"),
        include_str!("second/pdr.txt"),
        include_str!("second/platform.txt"),
    ];
    files.into_iter().flat_map(tables).collect()
});

/// What a field is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Value {
    /// An integer of any width and sign.
    Number(i128),
    /// The bits of a real32: a NaN is equal to itself here.
    Real(u32),
    /// Bytes, and strings before anybody reads them.
    Bytes(Vec<u8>),
}

/// Fields by their paths, in the order of the wire.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Fields(pub Vec<(String, Value)>);

impl Fields {
    /// The field with this path.
    pub fn at(&self, path: &str) -> Option<&Value> {
        self.0.iter().find_map(|(at, value)| (at == path).then_some(value))
    }

    /// The integer with this path.
    pub fn number(&self, path: &str) -> Option<i128> {
        match self.at(path)? {
            Value::Number(number) => Some(*number),
            _ => None,
        }
    }
}

/// Why bytes were refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Why {
    /// They end inside the field.
    Short,
    /// Bytes are left over after the field.
    Trailing,
    /// The field contradicts what came before it.
    Contradiction,
}

/// Where bytes were refused and why, with what was read before.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Refusal {
    /// The path of the field.
    pub path: String,
    /// What is wrong with it.
    pub why: Why,
    /// Everything before it.
    pub before: Fields,
}

/// Reads all of `bytes` as the table called `name`.
///
/// # Panics
/// Where no file has such a table: that is a mistake in a test, never in the bytes.
pub fn decode(name: &str, bytes: &[u8]) -> Result<Fields, Refusal> {
    let mut walk = Walk { whole: bytes, at: 0, end: bytes.len(), known: Vec::new(), fields: Fields::default() };
    let mut path = Vec::new();
    let read = walk.table(name, &mut path).and_then(|()| walk.ended());
    match read {
        Ok(()) => Ok(walk.fields),
        Err(why) => Err(Refusal { path: path.join("."), why, before: walk.fields }),
    }
}

/// Whether a field is the count or the length of something else, in whichever table.
pub fn is_count(path: &str) -> bool {
    static COUNTS: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
        let kinds = TABLES.values().flatten().map(|line| &line.kind);
        kinds
            .filter_map(|kind| match kind {
                Kind::Bytes(Count::Field(name)) | Kind::List(Count::Field(name), _) => Some(*name),
                Kind::Window(Count::Field(name), _) => Some(*name),
                _ => None,
            })
            .collect()
    });
    let ends = path.match_indices('.').map(|(at, _)| at + 1).chain([0]);
    ends.into_iter().any(|at| COUNTS.contains(&path[at..]))
}

/// One field of a table.
struct Line {
    name: &'static str,
    kind: Kind,
}

enum Kind {
    Number { width: usize, signed: bool },
    Real,
    Bytes(Count),
    Terminated { unit: usize },
    List(Count, &'static str),
    Records { tail: usize, table: &'static str },
    Window(Count, &'static str),
    Switch(&'static str, Vec<(Option<i128>, Self)>),
    Optional(Box<Self>),
    Pad { tail: usize },
    Checksum,
    Nothing,
    Table(&'static str),
}

enum Count {
    Fixed(usize),
    Field(&'static str),
    Rest,
}

/// The tables of a file: a line that does not begin with a space names the next one.
fn tables(file: &'static str) -> Vec<(&'static str, Vec<Line>)> {
    let mut tables: Vec<(&str, Vec<Line>)> = Vec::new();
    for line in file.lines() {
        let line = line.split('#').next().unwrap_or_default();
        let mut words = line.split_whitespace();
        let Some(name) = words.next() else { continue };
        if line.starts_with(' ') {
            let (_, lines) = tables.last_mut().unwrap_or_else(|| panic!("{line}: belongs to no table"));
            lines.push(Line { name, kind: kind(&mut words) });
        } else {
            tables.push((name, Vec::new()));
        }
    }
    tables
}

fn kind(words: &mut dyn Iterator<Item = &'static str>) -> Kind {
    let first = words.next().expect("a kind");
    let mut word = || words.next().expect("a word");
    match first {
        "u8" => Kind::Number { width: 1, signed: false },
        "u16" => Kind::Number { width: 2, signed: false },
        "u32" => Kind::Number { width: 4, signed: false },
        "u64" => Kind::Number { width: 8, signed: false },
        "i8" => Kind::Number { width: 1, signed: true },
        "i16" => Kind::Number { width: 2, signed: true },
        "i32" => Kind::Number { width: 4, signed: true },
        "i64" => Kind::Number { width: 8, signed: true },
        "real32" => Kind::Real,
        "bytes" => Kind::Bytes(count(word())),
        "asciiz" => Kind::Terminated { unit: 1 },
        "utf16z" => Kind::Terminated { unit: 2 },
        "list" => Kind::List(count(word()), word()),
        "records" => Kind::Records { tail: word().parse().expect("a number"), table: word() },
        "window" => Kind::Window(count(word()), word()),
        "optional" => Kind::Optional(Box::new(kind(words))),
        "pad" => Kind::Pad { tail: word().parse().expect("a number") },
        "crc32" => Kind::Checksum,
        "nothing" => Kind::Nothing,
        "switch" => Kind::Switch(word(), words.map(case).collect()),
        table => Kind::Table(table),
    }
}

/// `3:u16` or `else:nothing`.
fn case(word: &'static str) -> (Option<i128>, Kind) {
    let (value, what) = word.split_once(':').expect("a case");
    let value = (value != "else").then(|| value.parse().expect("a number"));
    (value, kind(&mut what.split('/')))
}

fn count(word: &'static str) -> Count {
    match word.parse() {
        Ok(number) => Count::Fixed(number),
        Err(_) if word == "rest" => Count::Rest,
        Err(_) => Count::Field(word),
    }
}

/// Where in the bytes we are, and what the fields so far were.
struct Walk<'a> {
    whole: &'a [u8],
    at: usize,
    end: usize,
    /// Integers that lengths and switches look for, the nearest last.
    known: Vec<(&'static str, i128)>,
    fields: Fields,
}

impl<'a> Walk<'a> {
    /// Reads a table. `path` is left at the field that was refused.
    fn table(&mut self, name: &str, path: &mut Vec<String>) -> Result<(), Why> {
        let lines = TABLES.get(name).unwrap_or_else(|| panic!("no table {name}"));
        let outside = self.known.len();
        for line in lines {
            if line.name != "-" {
                path.push(line.name.into());
            }
            self.field(line.name, &line.kind, path)?;
            if line.name != "-" {
                path.pop();
            }
        }
        self.known.truncate(outside);
        Ok(())
    }

    fn field(&mut self, name: &'static str, kind: &Kind, path: &mut Vec<String>) -> Result<(), Why> {
        let value = match kind {
            Kind::Number { width, signed } => Value::Number(self.number(*width, *signed)?),
            Kind::Real => Value::Real(u32::from_le_bytes(self.take(4)?.try_into().expect("four bytes"))),
            Kind::Bytes(count) => Value::Bytes(self.take(self.count(count))?.to_vec()),
            Kind::Terminated { unit } => Value::Bytes(self.terminated(*unit)?),
            Kind::Checksum => Value::Number(self.checksum()?),
            Kind::Pad { tail } => return self.pad(*tail),
            Kind::List(count, table) => return self.list(self.count(count), table, path),
            Kind::Records { tail, table } => return self.records(*tail, table, path),
            Kind::Window(count, table) => return self.window(self.count(count), table, path),
            Kind::Switch(on, cases) => {
                let on = self.known(on);
                let case = cases.iter().find(|(value, _)| value.is_none_or(|value| value == on));
                return case.map_or(Err(Why::Contradiction), |(_, kind)| self.field(name, kind, path));
            }
            Kind::Optional(_) if self.at == self.end => return Ok(()),
            Kind::Optional(kind) => return self.field(name, kind, path),
            Kind::Nothing => return Ok(()),
            Kind::Table(table) => return self.table(table, path),
        };
        if let Value::Number(number) = value {
            self.known.push((name, number));
        }
        self.fields.0.push((path.join("."), value));
        Ok(())
    }

    fn list(&mut self, count: usize, table: &str, path: &mut Vec<String>) -> Result<(), Why> {
        for item in 0..count {
            path.push(item.to_string());
            self.table(table, path)?;
            path.pop();
        }
        Ok(())
    }

    fn records(&mut self, tail: usize, table: &str, path: &mut Vec<String>) -> Result<(), Why> {
        for item in 0.. {
            if self.end - self.at <= tail {
                break;
            }
            path.push(item.to_string());
            self.table(table, path)?;
            path.pop();
        }
        Ok(())
    }

    fn window(&mut self, count: usize, table: &str, path: &mut Vec<String>) -> Result<(), Why> {
        let outside = self.end;
        if outside - self.at < count {
            return Err(Why::Short);
        }
        self.end = self.at + count;
        self.table(table, path)?;
        self.ended()?;
        self.end = outside;
        Ok(())
    }

    fn ended(&self) -> Result<(), Why> {
        if self.at == self.end { Ok(()) } else { Err(Why::Trailing) }
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], Why> {
        if self.end - self.at < count {
            return Err(Why::Short);
        }
        let taken = &self.whole[self.at..self.at + count];
        self.at += count;
        Ok(taken)
    }

    fn number(&mut self, width: usize, signed: bool) -> Result<i128, Why> {
        let bytes = self.take(width)?;
        let number = bytes.iter().rev().fold(0, |number, byte| number << 8 | i128::from(*byte));
        let above = 1i128 << (8 * width);
        Ok(if signed && number >= above / 2 { number - above } else { number })
    }

    fn terminated(&mut self, unit: usize) -> Result<Vec<u8>, Why> {
        let mut text = Vec::new();
        loop {
            match self.take(unit)? {
                end if end.iter().all(|byte| *byte == 0) => return Ok(text),
                more => text.extend(more),
            }
        }
    }

    fn pad(&mut self, tail: usize) -> Result<(), Why> {
        let count = (self.end - self.at).checked_sub(tail).ok_or(Why::Short)?;
        if self.take(count)?.iter().all(|byte| *byte == 0) { Ok(()) } else { Err(Why::Contradiction) }
    }

    fn checksum(&mut self) -> Result<i128, Why> {
        let before = &self.whole[..self.at];
        let said = self.number(4, false)?;
        if i128::from(crc32(before)) == said { Ok(said) } else { Err(Why::Contradiction) }
    }

    fn count(&self, count: &Count) -> usize {
        match count {
            Count::Fixed(number) => *number,
            Count::Field(name) => usize::try_from(self.known(name)).expect("lengths are unsigned"),
            Count::Rest => self.end - self.at,
        }
    }

    /// The nearest field of this name.
    fn known(&self, name: &str) -> i128 {
        let found = self.known.iter().rev().find_map(|(known, number)| (*known == name).then_some(*number));
        found.unwrap_or_else(|| panic!("no field {name} before"))
    }
}

/// CRC-32 of IEEE 802.3, a bit at a time.
pub fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 })
    })
}
