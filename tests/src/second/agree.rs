//! Where the two decoders meet: the same bytes in both, and what each made of them side by side.
//!
//! Ours keeps what arrived whole where the second refuses. So three things are asked: both take the bytes and every value
//! is the same; or both refuse them; or ours tells of damage where the second stopped, and has nothing the second did not
//! read before.

mod firmware;
mod fru;
mod pdr;
mod platform;

use super::{Fields, Refusal, Value, Why, decode, is_count};
use pldm::{
    Answer, Request,
    firmware_update::{GetFirmwareParameters, QueryDeviceIdentifiers},
    fru::{GetFruRecordByOption, GetFruRecordTable, GetFruRecordTableMetadata},
    platform::{
        GetPdr, GetPdrRepositoryInfo, GetSensorReading, GetStateEffecterStates, GetStateSensorReadings,
        PollForPlatformEventMessage, Raw,
    },
};
use wire::{Damage, Malformed};

/// Asks both decoders for the same bytes.
///
/// # Panics
/// Where they do not agree.
pub type Check = fn(&[u8]);

/// The tables that ours has a value for.
pub const PAIRS: [(&str, Check); 14] = [
    ("DeviceIdentifiers", response::<QueryDeviceIdentifiers>),
    ("FirmwareParameters", response::<GetFirmwareParameters>),
    ("FruMetadata", response::<GetFruRecordTableMetadata>),
    ("FruTablePart", response::<GetFruRecordTable>),
    ("FruRecordsPart", response::<GetFruRecordByOption>),
    ("FruTable", fru::table),
    ("SensorReading", response::<GetSensorReading>),
    ("StateSensorReadings", response::<GetStateSensorReadings>),
    ("StateEffecterStates", response::<GetStateEffecterStates>),
    ("RepositoryInfo", response::<GetPdrRepositoryInfo>),
    ("RecordPart", response::<GetPdr>),
    ("PolledPart", response::<PollForPlatformEventMessage>),
    ("EventMessage", platform::event),
    ("Record", pdr::record),
];

/// Asks both decoders for what `table` describes. False where ours has none of it.
///
/// # Panics
/// Where they do not agree.
pub fn agree_on(table: &str, bytes: &[u8]) -> bool {
    let pair = PAIRS.iter().find(|(name, _)| *name == table);
    pair.map(|(_, check)| check(bytes)).is_some()
}

/// A value of ours that the second decoder has a table for.
pub trait Flat {
    /// The table's name.
    const TABLE: &'static str;
    /// The table without the lengths that ours does not believe, where it has any.
    const CUT: Option<&'static str> = None;
    /// Every field that the table names, counts and lengths apart: ours have those in their lists and strings.
    fn flat(&self, to: &mut Flattened);
}

/// What a value of ours says, by the second decoder's paths.
#[derive(Default)]
pub struct Flattened {
    prefix: String,
    fields: Fields,
    /// Ours understood nothing and has the bytes only: of what the second read before it stopped, nothing need be here.
    unread: bool,
}

impl Flattened {
    fn of<T: Flat>(value: &T) -> Self {
        let mut flat = Self::default();
        value.flat(&mut flat);
        flat
    }

    fn number(&mut self, path: &str, number: impl Into<i128>) {
        self.put(path, Value::Number(number.into()));
    }

    fn bytes(&mut self, path: &str, bytes: &[u8]) {
        self.put(path, Value::Bytes(bytes.into()));
    }

    fn put(&mut self, path: &str, value: Value) {
        self.fields.0.push((format!("{}{path}", self.prefix), value));
    }

    fn list<T>(&mut self, path: &str, items: &[T], mut each: impl FnMut(&mut Self, &T)) {
        for (number, item) in items.iter().enumerate() {
            let outside = self.prefix.len();
            self.prefix.push_str(&format!("{path}.{number}."));
            each(self, item);
            self.prefix.truncate(outside);
        }
    }
}

/// Numbers whose names are the same on both sides, or are given after a colon.
macro_rules! numbers {
    ($to:ident, $it:expr; $($field:ident $(.$code:tt)? $(: $path:literal)?),* $(,)?) => {
        { $($to.number(numbers!(@ $field $($path)?), $it.$field $(.$code)?);)* }
    };
    (@ $field:ident $path:literal) => { $path };
    (@ $field:ident) => { stringify!($field) };
}
use numbers;

/// A number of any width.
fn number(raw: Raw) -> Value {
    Value::Number(match raw {
        Raw::U8(it) => it.into(),
        Raw::S8(it) => it.into(),
        Raw::U16(it) => it.into(),
        Raw::S16(it) => it.into(),
        Raw::U32(it) => it.into(),
        Raw::S32(it) => it.into(),
        Raw::U64(it) => it.into(),
        Raw::S64(it) => it.into(),
        Raw::Real32(it) => return Value::Real(it.0),
    })
}

/// The bytes behind a completion code as the answer to an `R`.
fn response<R: Request>(bytes: &[u8])
where
    R::Response: Flat,
{
    let table = R::Response::TABLE;
    let second = match (decode(table, bytes), R::Response::CUT) {
        // The length of a window promises more than came. Ours reads what did.
        (Err(Refusal { path, why: Why::Short, .. }), Some(cut)) if path.is_empty() => {
            decode(cut, bytes).and_then(|before| Err(Refusal { path, why: Why::Short, before }))
        }
        (second, _) => second,
    };
    let ours = R::decode(bytes).map(|Answer { value, damage }| (Flattened::of(&value), damage));
    compare(table, ours, second, bytes);
}

/// What ours has, with its damage, and what the second has.
fn compare(
    table: &str,
    ours: Result<(Flattened, Option<Malformed>), Malformed>,
    second: Result<Fields, Refusal>,
    bytes: &[u8],
) {
    match (ours, second) {
        (Ok((ours, None)), Ok(second)) => same(table, &ours.fields, &second, bytes),
        (Ok((ours, Some(damage))), Err(second)) => {
            assert!(alike(damage, &second), "{table}: {damage} / {second:?} / {bytes:02x?}");
            kept(table, &ours, &second, bytes);
        }
        (Err(ours), Err(second)) => assert!(alike(ours, &second), "{table}: {ours} / {second:?} / {bytes:02x?}"),
        (ours, second) => panic!("{table}: {:?} / {second:?} / {bytes:02x?}", ours.map(|(_, damage)| damage)),
    }
}

/// Whether both saw the same kind of damage.
fn alike(ours: Malformed, second: &Refusal) -> bool {
    match ours.damage {
        Damage::Short => second.why == Why::Short,
        Damage::Trailing => second.why == Why::Trailing,
        Damage::Contradiction => second.why == Why::Contradiction,
        Damage::TooLong => false,
    }
}

/// Every field of ours is in the second, and everything else there is a count or a length.
fn same(table: &str, ours: &Fields, second: &Fields, bytes: &[u8]) {
    none_invented(table, ours, second, bytes);
    for (path, _) in second.0.iter().filter(|(path, _)| !is_count(path)) {
        assert!(ours.at(path).is_some(), "{table} {path}: ours lost it: {bytes:02x?}");
    }
}

fn none_invented(table: &str, ours: &Fields, second: &Fields, bytes: &[u8]) {
    for (path, value) in &ours.0 {
        assert_eq!(Some(value), second.at(path), "{table} {path}: {bytes:02x?}");
    }
}

/// What ours kept is what the second read before it stopped. Of the item of a list, or the string, that it stopped in,
/// ours may have less, and of the field itself what is left of it.
fn kept(table: &str, ours: &Flattened, second: &Refusal, bytes: &[u8]) {
    let broken = broken(&second.path);
    let inside = |path: &str| !broken.is_empty() && path.starts_with(broken);
    let (ours_inside, ours_before): (Vec<_>, Vec<_>) =
        ours.fields.0.iter().filter(|(path, _)| *path != second.path).cloned().partition(|(path, _)| inside(path));
    let before = second.before.0.iter().filter(|(path, _)| !inside(path)).cloned().collect();
    if ours.unread {
        none_invented(table, &Fields(ours_before), &Fields(before), bytes);
    } else {
        same(table, &Fields(ours_before), &Fields(before), bytes);
    }
    for (path, value) in ours_inside {
        let read = second.before.at(&path);
        let nothing = [Value::Number(0), Value::Bytes(Vec::new())].contains(&value);
        assert!(read == Some(&value) || nothing, "{table} {path}: {value:?} / {second:?} / {bytes:02x?}");
    }
}

/// The innermost item of a list that the refused field is part of, or else what stands before its last dot:
/// `components.3.` of `components.3.active.len`.
fn broken(path: &str) -> &str {
    let ends = path.match_indices('.').map(|(at, _)| at).collect::<Vec<_>>();
    let is_item = |end: &&usize| path[..**end].rsplit('.').next().is_some_and(|part| part.parse::<usize>().is_ok());
    ends.iter().rev().find(is_item).or_else(|| ends.last()).map_or("", |end| &path[..=*end])
}
