//! What a component's sensors are and say.

use super::{Fault, Id};
use crate::clock::Stamp;
use std::{collections::BTreeMap, fmt, time::Duration};

/// The sensors of one component, and how it tells what happens.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Sensors {
    /// Every sensor, by id. One that has several states has one entry for each.
    pub sensors: BTreeMap<Id, Sensor>,
    /// How its events reach us.
    pub events: Delivery,
    /// What is wrong with the records that describe the sensors.
    pub faults: Vec<Fault>,
}

/// How a component's events reach us.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Delivery {
    /// They do not.
    #[default]
    None,
    /// It sends them.
    Sent,
    /// We ask for them.
    Polled,
}

impl Delivery {
    /// `none`, `sent` or `polled`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Sent => "sent",
            Self::Polled => "polled",
        }
    }
}

/// One sensor, or one state of a sensor that has several.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Sensor {
    /// Its id: the component's id and a further part.
    pub id: Id,
    /// What its component calls it.
    pub name: String,
    /// PLDM's number for it, its component's own.
    pub number: u16,
    /// The part of the component that it is about, if its component says so.
    pub location: Option<String>,
    /// What it measures.
    pub measure: Measure,
    /// How often it is read.
    pub interval: Duration,
    /// What it said last.
    pub reading: Reading,
}

/// What a sensor measures.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Measure {
    /// A quantity.
    Number {
        /// Of which kind.
        quantity: Quantity,
        /// Its unit as UCUM writes it, such as `Cel`, or in the specification's words where UCUM has none.
        unit: String,
        /// Where it begins to be too much or too little.
        limits: BTreeMap<Level, Finite>,
    },
    /// One of several states.
    State {
        /// The number of the state set (DSP0249).
        set: u16,
        /// Its name.
        name: String,
        /// Which of the sensor's states this is, from 0.
        position: u8,
    },
}

/// Which quantity, where OpenTelemetry has a metric for it.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Quantity {
    /// In degrees Celsius.
    Temperature,
    /// In volts.
    Voltage,
    /// In amperes.
    Current,
    /// In watts.
    Power,
    /// In joules.
    Energy,
    /// In revolutions per minute.
    FanSpeed,
    /// Any other, in the sensor's own unit.
    Other,
}

impl Quantity {
    /// One word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Temperature => "temperature",
            Self::Voltage => "voltage",
            Self::Current => "current",
            Self::Power => "power",
            Self::Energy => "energy",
            Self::FanSpeed => "fan speed",
            Self::Other => "value",
        }
    }
}

/// A number that is one: neither infinite nor NaN.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Finite(f64);

impl Finite {
    /// The number, if it is one.
    pub const fn new(number: f64) -> Option<Self> {
        if number.is_finite() { Some(Self(number)) } else { None }
    }

    /// The number.
    pub const fn get(self) -> f64 {
        self.0
    }
}

impl Eq for Finite {}

impl fmt::Display for Finite {
    /// Three digits behind the point, or of a small number its first three: a conversion leaves 0.30000000000000004. A
    /// number that is larger than any sensor counts to has a power of ten instead of 300 digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.abs() >= 1e21 {
            return f.pad(&format!("{:.3e}", self.0));
        }
        let small = (1..=15usize).find(|place| self.0.abs() >= 10f64.powi(-i32::try_from(*place).unwrap_or_default()));
        let digits = if self.0.abs() >= 1.0 { 3 } else { small.map_or(3, |place| place.saturating_add(2)) };
        let text = format!("{:.digits$}", self.0);
        let short = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
        f.pad(if short == "-0" { "0" } else { short })
    }
}

/// What a sensor said last.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Reading {
    /// When; `None` as long as it has not been read since its component answers.
    pub at: Option<Stamp>,
    /// Its value, or why there is none.
    pub value: Value,
    /// Where the value stands among the limits, if that is known.
    pub level: Option<Level>,
}

impl Reading {
    /// A value that was read.
    pub const fn new(at: Stamp, value: Value, level: Option<Level>) -> Self {
        Self { at: Some(at), value, level }
    }

    /// No reading, and why.
    pub fn unknown(at: Option<Stamp>, why: impl Into<String>) -> Self {
        Self { at, value: Value::Unknown(why.into()), level: None }
    }
}

/// A sensor's value.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Value {
    /// In the sensor's unit.
    Number(Finite),
    /// A state of its state set.
    State {
        /// Its number.
        number: u8,
        /// What it means (DSP0249).
        text: String,
    },
    /// There is none, and why: the sensor is disabled, failed, or its component does not answer.
    Unknown(String),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::State { text, .. } => f.pad(text),
            Self::Unknown(_) => f.pad("unknown"),
        }
    }
}

/// Where a value stands among its limits; also which limit it is.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Level {
    /// Below the lowest that it survives.
    LowerFatal,
    /// Far too low.
    LowerCritical,
    /// Too low.
    LowerWarning,
    /// As it should be.
    Normal,
    /// Too high.
    UpperWarning,
    /// Far too high.
    UpperCritical,
    /// Above the highest that it survives.
    UpperFatal,
}

impl Level {
    /// In OpenTelemetry's words for `hw.limit_type`, which has none for fatal; that one is ours.
    pub const fn word(self) -> &'static str {
        match self {
            Self::LowerFatal => "low.fatal",
            Self::LowerCritical => "low.critical",
            Self::LowerWarning => "low.degraded",
            Self::Normal => "normal",
            Self::UpperWarning => "high.degraded",
            Self::UpperCritical => "high.critical",
            Self::UpperFatal => "high.fatal",
        }
    }

    /// Where `value` stands among `limits`. A value that is exactly the limit has not crossed it.
    pub fn of(value: Finite, limits: &BTreeMap<Self, Finite>) -> Self {
        let beyond = |(level, limit): &(&Self, &Finite)| {
            if **level < Self::Normal { value < **limit } else { **level > Self::Normal && value > **limit }
        };
        let low = limits.iter().filter(|(level, _)| **level < Self::Normal).find(beyond);
        let high = limits.iter().rev().filter(|(level, _)| **level > Self::Normal).find(beyond);
        high.or(low).map_or(Self::Normal, |(level, _)| *level)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finite(number: f64) -> Finite {
        Finite::new(number).expect("finite")
    }

    #[test]
    fn what_is_no_number_is_none() {
        assert!([f64::NAN, f64::INFINITY, f64::NEG_INFINITY].into_iter().all(|it| Finite::new(it).is_none()));
    }

    #[test]
    fn a_number_is_shown_as_people_write_it() {
        let shown = [41.5, 0.1 + 0.2, 12.0, 100.0, -3.25, 1e12, 0.000_963_4, -2e-7, 1e-30, 0.0]
            .map(|it| finite(it).to_string());
        assert_eq!(shown, ["41.5", "0.3", "12", "100", "-3.25", "1000000000000", "0.000963", "-0.0000002", "0", "0"]);
    }

    #[test]
    fn a_number_that_no_sensor_counts_to_is_short() {
        assert_eq!(
            [f64::MAX, -1e21, 1e18].map(|it| finite(it).to_string()),
            ["1.798e308", "-1.000e21", "1000000000000000000"]
        );
    }

    #[test]
    fn the_furthest_limit_that_is_crossed_is_the_level() {
        use Level::*;
        let limits =
            [(UpperWarning, 80.0), (UpperCritical, 90.0), (UpperFatal, 100.0), (LowerWarning, 5.0), (LowerFatal, 0.0)];
        let limits = limits.map(|(level, limit)| (level, finite(limit))).into();
        let levels = [-1.0, 0.0, 3.0, 5.0, 50.0, 80.0, 81.0, 95.0, 101.0].map(|it| Level::of(finite(it), &limits));
        assert_eq!(
            levels,
            [LowerFatal, LowerWarning, LowerWarning, Normal, Normal, Normal, UpperWarning, UpperCritical, UpperFatal]
        );
        assert_eq!(Level::of(finite(1e9), &BTreeMap::new()), Normal);
    }
}
