//! The simulated board: devices that answer MCTP control and PLDM on real ptys, each described by a small data file.
//!
//! A device's behaviour is [`Component::answer`], a function from a message to what it does. A [`Line`] carries its
//! bytes at the line's speed. [`Board`] puts lines and devices together and writes the configuration that fits.

mod bytes;
mod component;
mod configuration;
mod control;
mod data;
mod faults;
mod line;
mod monitor;
mod platform;
mod pldm;
mod pty;
mod site;
mod timer;
mod transfer;

pub use component::{Action, Component};
pub use configuration::Configuration;
pub use data::{
    Association, Classification, Code, Description, Descriptor, Downstream, EidKind, Encoding, Entity, EntityNames,
    Fault, Field, FieldType, File, Firmware, Fru, FruRecord, FruRecordSet, ImageSet, Model, Name, Names,
    NumericEffecter, NumericSensor, Operational, Parts, Pdr, Platform, PldmType, RangeFormat, Rate, Raw, RecordType,
    Size, State, StateEffecter, StateSensor, Status, TerminusLocator, Transfer, Unit, Version,
};
pub use line::{Line, Traffic};
pub use platform::{Asked, Content, Event, EventReceiver, Record, Repository};

use std::{collections::BTreeMap, io, path::Path};
use tempfile::TempDir;

/// A board with its power on.
#[derive(Debug)]
pub struct Board {
    directory: TempDir,
    lines: BTreeMap<String, Line>,
    descriptions: Vec<Description>,
}

impl Board {
    /// Powers up a board with these components. Needs a tokio runtime.
    pub fn start(descriptions: Vec<Description>) -> io::Result<Self> {
        let directory = tempfile::Builder::new().prefix("firmwarden-board-").tempdir()?;
        let mut lines = BTreeMap::<String, Vec<Description>>::new();
        for one in &descriptions {
            lines.entry(one.line().into()).or_default().push(one.clone());
        }
        let start = |(name, devices): (String, _)| {
            let line = Line::start(&directory.path().join(format!("tty_{name}")), devices)?;
            Ok((name, line))
        };
        let lines = lines.into_iter().map(start).collect::<io::Result<_>>()?;
        Ok(Self { directory, lines, descriptions })
    }

    /// Powers up a board with these components of `tests/board/`.
    pub fn of(names: &[&str]) -> io::Result<Self> {
        Self::start(names.iter().map(|name| Description::named(name)).collect())
    }

    /// Powers up a board with every component of `tests/board/`.
    pub fn shipped() -> io::Result<Self> {
        Self::start(Description::all())
    }

    /// A place for files that live as long as the board.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// What the board was made of.
    pub fn descriptions(&self) -> &[Description] {
        &self.descriptions
    }

    /// The line with this name; panics when there is none.
    pub fn line(&self, name: &str) -> &Line {
        self.lines.get(name).unwrap_or_else(|| panic!("the board has no line {name}"))
    }

    /// Every line, by name.
    pub const fn lines(&self) -> &BTreeMap<String, Line> {
        &self.lines
    }

    /// The component with this name; panics when there is none.
    pub fn component(&self, name: &str) -> Handle<'_> {
        let one = self.descriptions.iter().find(|one| one.name == name);
        let one = one.unwrap_or_else(|| panic!("the board has no component {name}"));
        Handle { line: self.line(one.line()), name: one.name.clone() }
    }
}

/// One component of a running board.
#[derive(Debug)]
pub struct Handle<'a> {
    line: &'a Line,
    name: String,
}

impl Handle<'_> {
    /// The line it is on.
    pub const fn line(&self) -> &Line {
        self.line
    }

    /// Looks at it or changes it, between two messages.
    pub fn with<T>(&self, change: impl FnOnce(&mut Component) -> T) -> T {
        self.line.with(&self.name, change)
    }

    /// What it is like at present.
    pub fn description(&self) -> Description {
        self.with(|device| device.description.clone())
    }

    /// Runs another version of this firmware from now on, and nothing waits.
    pub fn swap(&self, identifier: u16, version: &str) {
        self.firmware(identifier, |firmware| {
            firmware.active.text = version.into();
            firmware.pending = Version::default();
        });
    }

    /// Keeps this version ready to run; an empty one means that none waits.
    pub fn set_pending(&self, identifier: u16, version: &str) {
        self.firmware(identifier, |firmware| firmware.pending = Version::from(version));
    }

    /// Answers nothing from now on.
    pub fn silence(&self) {
        self.with(|device| device.description.fault.push(Fault::Silent));
    }

    /// Is as it was described, but without faults.
    pub fn heal(&self) {
        self.with(|device| device.description.fault.clear());
    }

    /// Resets: it forgets its endpoint id.
    pub fn reset(&self) {
        self.with(Component::reset);
    }

    /// Is another device of the same kind from now on: its UUID is another, and it has just been powered.
    pub fn become_another(&self, uuid: &str) {
        self.with(|device| {
            device.description.uuid = Some(uuid.into());
            device.reset();
        });
    }

    /// How many messages came to it.
    pub fn requests(&self) -> u64 {
        self.with(|device| device.requests)
    }

    /// How many PLDM messages came to it.
    pub fn pldm_requests(&self) -> u64 {
        self.with(|device| device.pldm_requests)
    }

    fn firmware(&self, identifier: u16, change: impl FnOnce(&mut Firmware)) {
        self.with(|device| {
            let found = device.description.firmware.iter_mut().find(|one| one.identifier == identifier);
            change(found.unwrap_or_else(|| panic!("no firmware {identifier:#x}")));
        });
    }
}

#[cfg(test)]
mod tests;
