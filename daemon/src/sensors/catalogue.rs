//! What sensors and files a component's records describe, and what they are called. Pure.

use crate::{
    logs,
    model::{Delivery, Fault, Finite, Id, Level, Measure, Quantity, Reading, Sensor, Sensors},
};
use mctp::Address;
use pldm::{
    Text,
    platform::{
        self, Conversion, FileDescriptor, Initialization, NumericSensor, Pdr, PresentState, Record, Repository,
        RepositoryInfo, SensorName, Sent, StateSensor, StateSet, Thresholds,
    },
};
use std::{collections::BTreeMap, time::Duration};

/// How many sensors one component may have: a whole GPU board behind one endpoint has some two hundred, and losing all of
/// them at once must fit into what the faces may fall behind.
const SENSORS_MOST: usize = 512;

/// What a component's records describe.
#[derive(Debug, Default)]
pub(super) struct Catalogue {
    /// What the repository was when it was read; none if it did not say so, or not all of it came.
    pub(super) repository: Option<RepositoryInfo>,
    /// What is asked for, in the order of the records.
    pub(super) asked: Vec<Asked>,
    /// The sensors, none of them read.
    pub(super) sensors: BTreeMap<Id, Sensor>,
    /// The files that can be fetched.
    pub(super) files: Vec<logs::Source>,
    /// What is wrong with the records.
    pub(super) faults: Vec<Fault>,
}

/// What one question asks for.
#[derive(Debug)]
pub(super) struct Asked {
    /// The sensor's number.
    pub(super) number: u16,
    /// How often there is something new, as its record says.
    pub(super) interval: Duration,
    /// What the answer means.
    pub(super) kind: Kind,
}

/// What an answer means.
#[derive(Debug)]
pub(super) enum Kind {
    /// A number.
    Number {
        /// Whose.
        id: Id,
        /// What it is worth.
        conversion: Conversion,
        /// Where it is too much or too little.
        limits: BTreeMap<Level, Finite>,
    },
    /// States, in their order, each of its set.
    States(Vec<(Id, StateSet)>),
}

impl Kind {
    /// Whose values the answer has.
    pub(super) fn ids(&self) -> impl Iterator<Item = &Id> {
        let (number, states) = match self {
            Self::Number { id, .. } => (Some(id), &[][..]),
            Self::States(states) => (None, &states[..]),
        };
        number.into_iter().chain(states.iter().map(|(id, _)| id))
    }
}

impl Catalogue {
    /// What `repository` describes. Sensors that nothing can be said about, and records that did not come, are faults.
    ///
    /// Each sensor is read every `interval`, or when there is something new where that is later.
    pub(super) fn of(component: &Id, address: Address, interval: Duration, repository: Repository) -> Self {
        let Repository { info, records, lost, cut, damage } = repository;
        let wrong = |what: String| Fault { step: "GetPDR".into(), what: format!("{address}: {what}") };
        let mut faults: Vec<_> = cut.iter().map(|cut| wrong(cut.what())).collect();
        faults.extend(damage.map(|damage| wrong(damage.to_string())));
        let lost = lost.iter().map(|lost| wrong(format!("record {:#010x}: {}", lost.record_handle, lost.error.what())));
        faults.extend(lost);
        let damaged = records.iter().filter_map(|pdr| Some((pdr.record_handle, pdr.damage?)));
        faults.extend(damaged.map(|(handle, it)| wrong(format!("record {handle:#010x}: {it}"))));
        let names = platform::sensor_names(&records);
        let repository = info.filter(|_| cut.is_none());
        let mut draft = Draft { component, catalogue: Self { repository, ..Self::default() }, interval, faults, wrong };
        for pdr in &records {
            draft.take(pdr, |terminus, number| names.get(&(terminus, number)));
        }
        let Draft { mut catalogue, mut faults, .. } = draft;
        if let Some(more) = faults.len().checked_sub(FAULTS_MOST).filter(|more| *more > 0) {
            faults.truncate(FAULTS_MOST);
            faults.push(wrong(format!("and {more} more")));
        }
        catalogue.faults = faults;
        catalogue
    }

    /// The sensors for the model, each with how often it will be read.
    pub(super) fn described(&self, events: Delivery, faults: Vec<Fault>) -> Sensors {
        Sensors { sensors: self.sensors.clone(), events, faults }
    }

    /// What a sensor of this number is called.
    pub(super) fn name_of(&self, number: u16) -> Option<String> {
        let sensor = self.sensors.values().find(|sensor| sensor.number == number);
        sensor.map(|sensor| sensor.name.clone())
    }
}

/// How many faults of its records are told: of a device whose every record is damaged the rest say nothing new.
const FAULTS_MOST: usize = 32;

/// How many files one component may have.
const FILES_MOST: usize = 64;

/// The longest that a sensor may rest by its own record's word: an hour. Longer, and it would seem to be dead.
const INTERVAL_MOST: Duration = Duration::from_secs(3600);

/// A catalogue that is being made.
struct Draft<'a, W> {
    component: &'a Id,
    catalogue: Catalogue,
    interval: Duration,
    faults: Vec<Fault>,
    wrong: W,
}

impl<W: Fn(String) -> Fault> Draft<'_, W> {
    fn take<'n>(&mut self, pdr: &Pdr, name: impl Fn(u16, u16) -> Option<&'n SensorName>) {
        match &pdr.record {
            Record::NumericSensor(it) if it.sensor_init != Initialization::DISABLE => {
                if let Some(name) = name(it.terminus_handle, it.sensor_id) {
                    self.number(it.sensor_id, name, Conversion::from(&**it), Thresholds::from(&**it), own_interval(it));
                }
            }
            Record::CompactNumericSensor(it) => {
                if let Some(name) = name(it.terminus_handle, it.sensor_id) {
                    let (conversion, thresholds) = (Conversion::from(&**it), Thresholds::from(&**it));
                    self.number(it.sensor_id, name, conversion, thresholds, Duration::ZERO);
                }
            }
            Record::StateSensor(it) if it.sensor_init != Initialization::DISABLE => {
                if let Some(name) = name(it.terminus_handle, it.sensor_id) {
                    self.states(it, name);
                }
            }
            Record::FileDescriptor(file) if self.catalogue.files.len() < FILES_MOST => {
                self.catalogue.files.push(source(file));
            }
            Record::FileDescriptor(file) => {
                let told = format!("it has more than {FILES_MOST} files; {} is not fetched", file.file_identifier);
                self.faults.push((self.wrong)(told));
            }
            _ => {}
        }
    }

    fn number(
        &mut self,
        number: u16,
        name: &SensorName,
        conversion: Conversion,
        thresholds: Thresholds,
        interval: Duration,
    ) {
        if let Some(flaw) = conversion.flaw() {
            self.faults.push((self.wrong)(format!("sensor {number} ({}): {flaw}, so it is not read", name.name)));
            return;
        }
        let interval = interval.max(self.interval);
        let (quantity, unit) = quantity(conversion.quantity());
        let limits = limits(&thresholds);
        let measure = Measure::Number { quantity, unit, limits: limits.clone() };
        let Some(id) = self.add(number, &name.name, name, measure, interval) else { return };
        self.catalogue.asked.push(Asked { number, interval, kind: Kind::Number { id, conversion, limits } });
    }

    fn states(&mut self, sensor: &StateSensor, name: &SensorName) {
        let count = sensor.sensors.len();
        let mut states = Vec::new();
        for (position, possible) in (0u8..).zip(&sensor.sensors) {
            let set = possible.state_set;
            let own = name.members.get(usize::from(position)).cloned().flatten();
            let set_name = set.name().map_or_else(|| format!("state set {}", set.0), str::to_owned);
            let called = match (own, count) {
                (Some(own), _) => own,
                (None, 1) => name.name.clone(),
                (None, _) => format!("{} {set_name}", name.name),
            };
            let measure = Measure::State { set: set.0, name: set_name, position };
            match self.add(sensor.sensor_id, &called, name, measure, self.interval) {
                Some(id) => states.push((id, set)),
                // Those before it are read all the same; those behind it would stand in the wrong place.
                None => break,
            }
        }
        if !states.is_empty() {
            let (number, interval) = (sensor.sensor_id, self.interval);
            self.catalogue.asked.push(Asked { number, interval, kind: Kind::States(states) });
        }
    }

    /// Adds a sensor under an id that no other has; none if there are too many.
    fn add(
        &mut self,
        number: u16,
        called: &str,
        name: &SensorName,
        measure: Measure,
        interval: Duration,
    ) -> Option<Id> {
        let sensors = &self.catalogue.sensors;
        if sensors.len() >= SENSORS_MOST {
            let told = (self.wrong)(format!("it has more than {SENSORS_MOST} sensors; the others are not read"));
            if !self.faults.contains(&told) {
                self.faults.push(told);
            }
            return None;
        }
        let words = Id::from_words(called).map_or_else(|| format!("sensor_{number}"), |id| id.to_string());
        let position = if let Measure::State { position, .. } = measure { position } else { 0 };
        let names = [words.clone(), format!("{words}_{number}"), format!("sensor_{number}_{position}")];
        let free = names.iter().filter_map(|name| self.component.join(name)).find(|id| !sensors.contains_key(id));
        let Some(id) = free else {
            self.faults.push((self.wrong)(format!("sensor {number} ({called}) stands in the records twice")));
            return None;
        };
        let sensor = Sensor {
            id: id.clone(),
            name: called.to_owned(),
            number,
            location: Some(format!("{} {}", name.entity.entity_type, name.entity.instance_number)),
            measure,
            interval,
            reading: Reading::unknown(None, "it has not been read yet"),
        };
        self.catalogue.sensors.insert(id.clone(), sensor);
        Some(id)
    }
}

/// How often a sensor has something new.
fn own_interval(sensor: &NumericSensor) -> Duration {
    let seconds = sensor.update_interval.get();
    if seconds >= INTERVAL_MOST.as_secs_f32() {
        INTERVAL_MOST
    } else {
        Duration::try_from_secs_f32(seconds).unwrap_or_default()
    }
}

fn source(file: &FileDescriptor) -> logs::Source {
    let text = Text { encoding: pldm::StringType::UTF_8, bytes: file.file_name.clone() };
    let name = text.to_string_lenient().0;
    let identifier = file.file_identifier;
    logs::Source { identifier, name: if name.is_empty() { format!("file {identifier}") } else { name } }
}

fn quantity(quantity: &platform::Quantity) -> (Quantity, String) {
    let (quantity, unit) = match quantity {
        platform::Quantity::Temperature => (Quantity::Temperature, "Cel"),
        platform::Quantity::Voltage => (Quantity::Voltage, "V"),
        platform::Quantity::Current => (Quantity::Current, "A"),
        platform::Quantity::Power => (Quantity::Power, "W"),
        platform::Quantity::Energy => (Quantity::Energy, "J"),
        platform::Quantity::FanSpeed => (Quantity::FanSpeed, "rpm"),
        platform::Quantity::Other(unit) => (Quantity::Other, &**unit),
    };
    (quantity, unit.to_owned())
}

fn limits(thresholds: &Thresholds) -> BTreeMap<Level, Finite> {
    let all = [
        (Level::UpperWarning, thresholds.warning_high),
        (Level::UpperCritical, thresholds.critical_high),
        (Level::UpperFatal, thresholds.fatal_high),
        (Level::LowerWarning, thresholds.warning_low),
        (Level::LowerCritical, thresholds.critical_low),
        (Level::LowerFatal, thresholds.fatal_low),
    ];
    all.into_iter().filter_map(|(level, limit)| Some((level, Finite::new(limit?)?))).collect()
}

/// What a reading is worth, or why it is worth nothing.
pub(super) fn value(conversion: &Conversion, reading: &Sent) -> Result<Finite, String> {
    let raw = reading.number().ok_or("its reading is no number that can be read")?;
    let value = conversion.value(raw).and_then(Finite::new);
    value.ok_or_else(|| format!("its reading {} means no finite number", raw.to_f64()))
}

/// Where a value stands: as its sensor says, which knows its hysteresis; else as its limits say.
pub(super) fn level(state: PresentState, value: Finite, limits: &BTreeMap<Level, Finite>) -> Level {
    let computed = Level::of(value, limits);
    let upper = computed >= Level::Normal;
    match state {
        PresentState::NORMAL => Level::Normal,
        PresentState::UPPER_WARNING => Level::UpperWarning,
        PresentState::UPPER_CRITICAL => Level::UpperCritical,
        PresentState::UPPER_FATAL => Level::UpperFatal,
        PresentState::LOWER_WARNING => Level::LowerWarning,
        PresentState::LOWER_CRITICAL => Level::LowerCritical,
        PresentState::LOWER_FATAL => Level::LowerFatal,
        // On which side is not said.
        PresentState::WARNING => {
            if upper {
                Level::UpperWarning
            } else {
                Level::LowerWarning
            }
        }
        PresentState::CRITICAL => {
            if upper {
                Level::UpperCritical
            } else {
                Level::LowerCritical
            }
        }
        PresentState::FATAL => {
            if upper {
                Level::UpperFatal
            } else {
                Level::LowerFatal
            }
        }
        _ => computed,
    }
}
