//! What the board's data files say that the daemon must say, worked out here without any code of the daemon's.

use firmwarden_tests::{
    board::{Board, Code, Description, Model, NumericSensor, Operational, Pdr, Rate, StateSensor, Unit},
    daemon::Sensor,
};
use nix::time::{ClockId, clock_gettime};
use std::{collections::BTreeMap, time::Duration};

/// A sensor as it ought to be told.
#[derive(Clone, Debug)]
pub(crate) struct Expected {
    pub(crate) id: String,
    pub(crate) component: String,
    pub(crate) name: String,
    pub(crate) number: u16,
    pub(crate) quantity: &'static str,
    pub(crate) unit: String,
    pub(crate) limits: BTreeMap<String, f64>,
    /// Whether it has a value at all.
    pub(crate) enabled: bool,
    position: u8,
    value: Value,
}

#[derive(Clone, Debug)]
enum Value {
    Number(Box<NumericSensor>),
    State(Model),
}

/// How long before it was taken in a value may have been measured: the device waits before it answers, the line needs
/// time, and a model may move at once in between.
pub(crate) const SLACK: Duration = Duration::from_secs(1);

/// Steps in which a model is looked at.
const STEP: Duration = Duration::from_millis(5);

impl Expected {
    /// Every sensor of a component.
    pub(crate) fn all_of(component: &Description) -> Vec<Self> {
        let sensors = component.pdr.iter().flat_map(|pdr| match pdr {
            Pdr::NumericSensor(it) | Pdr::CompactNumericSensor(it) => vec![Self::number(component, it)],
            Pdr::StateSensor(it) => Self::states(component, it),
            _ => vec![],
        });
        sensors.collect()
    }

    fn number(component: &Description, sensor: &NumericSensor) -> Self {
        let name = sensor.name.clone().expect("every shipped one has a name");
        let (quantity, unit) = unit(sensor);
        let limits = [
            ("low.fatal", sensor.fatal_low),
            ("low.critical", sensor.critical_low),
            ("low.degraded", sensor.warning_low),
            ("high.degraded", sensor.warning_high),
            ("high.critical", sensor.critical_high),
            ("high.fatal", sensor.fatal_high),
        ];
        Self {
            id: id(component, &name),
            component: component.name.clone(),
            name,
            number: sensor.id,
            quantity,
            unit,
            limits: limits.into_iter().filter_map(|(word, limit)| Some((word.to_owned(), limit?))).collect(),
            enabled: sensor.operational == Operational::Enabled,
            position: 0,
            value: Value::Number(Box::new(sensor.clone())),
        }
    }

    fn states(component: &Description, sensor: &StateSensor) -> Vec<Self> {
        let elsewhere = component.pdr.iter().find_map(|pdr| match pdr {
            Pdr::SensorNames(names) if names.id == sensor.id => Some(names.names.iter().map(|all| all[0][1].clone())),
            _ => None,
        });
        let names = elsewhere.map_or_else(|| sensor.names.clone(), Iterator::collect);
        let of = |(position, (name, state)): (u8, (&String, &firmwarden_tests::board::State))| Self {
            id: id(component, name),
            component: component.name.clone(),
            name: name.clone(),
            number: sensor.id,
            quantity: "state",
            unit: set(state.set).into(),
            limits: BTreeMap::new(),
            enabled: state.operational == Operational::Enabled,
            position,
            value: Value::State(state.model.clone()),
        };
        (0..).zip(names.iter().zip(&sensor.states)).map(of).collect()
    }

    /// Whether this is what a sensor measured when its component had been up for so long, or a moment before.
    pub(crate) fn is_right(&self, value: f64, up: Duration, slack: Duration) -> bool {
        let (mut least, mut most) = (f64::INFINITY, f64::NEG_INFINITY);
        let mut at = up.saturating_sub(slack);
        while at <= up + STEP {
            let value = match &self.value {
                Value::Number(sensor) => sensor.value(sensor.raw(sensor.model.at(at))),
                Value::State(model) => model.at(at),
            };
            (least, most) = (least.min(value), most.max(value));
            at += STEP;
        }
        // A step of the model may have been missed; a step of the sensor is not.
        let edge = (most - least) * 0.01 + most.abs() * 1e-9;
        (least - edge..=most + edge).contains(&value)
    }

    /// What is wrong with how it is told, if anything is.
    pub(crate) fn fault(&self, told: &Sensor, board: &Board) -> Option<String> {
        let said = (&*told.component, &*told.name, told.number, &*told.quantity, &*told.unit, told.position);
        let wanted = (&*self.component, &*self.name, self.number, self.quantity, &*self.unit, self.position);
        if said != wanted {
            return Some(format!("{said:?} is not {wanted:?}"));
        }
        if !same_limits(&self.limits, &told.limits) {
            return Some(format!("{}: {:?} are not {:?}", self.id, told.limits, self.limits));
        }
        if !self.enabled {
            let blind = !told.known && told.text.contains("the sensor is ");
            return (!blind).then(|| format!("{} cannot have a value: {told:?}", self.id));
        }
        let up = up_at(board, &self.component, told.last_read_boot_time);
        let right = told.value().is_some_and(|value| self.is_right(value, up, SLACK));
        (!right).then(|| format!("{} was something else {up:?} after power-on: {told:?}", self.id))
    }
}

/// Equal but for the width of a number in the record.
pub(crate) fn same_limits(ours: &BTreeMap<String, f64>, theirs: &BTreeMap<String, f64>) -> bool {
    let near = |(a, b): (&f64, &f64)| (a - b).abs() <= a.abs() * 1e-6;
    ours.keys().eq(theirs.keys()) && ours.values().zip(theirs.values()).all(near)
}

/// How long a component had been up at this time since boot, in microseconds.
pub(crate) fn up_at(board: &Board, component: &str, boot_time: u64) -> Duration {
    let now = Duration::from(clock_gettime(ClockId::CLOCK_BOOTTIME).expect("every Linux has it"));
    let ago = now.saturating_sub(Duration::from_micros(boot_time));
    board.component(component).up().saturating_sub(ago)
}

fn id(component: &Description, name: &str) -> String {
    format!("{}_{}", component.name, name.to_lowercase())
}

fn unit(sensor: &NumericSensor) -> (&'static str, String) {
    let Code::Named(unit) = sensor.unit else { panic!("{:?} has no name", sensor.unit) };
    let (quantity, symbol) = match unit {
        Unit::Celsius => ("temperature", "Cel"),
        Unit::Volts => ("voltage", "V"),
        Unit::Amps => ("current", "A"),
        Unit::Watts => ("power", "W"),
        Unit::Joules => ("energy", "J"),
        Unit::Rpm => ("fan speed", "rpm"),
        Unit::Percentage => ("value", "%"),
        Unit::Bits => ("value", "bit"),
        Unit::CorrectedErrors => ("value", "{corrected_error}"),
        other => panic!("no shipped sensor counts {other:?}"),
    };
    let rate = match sensor.rate {
        Code::Named(Rate::None) => "",
        Code::Named(Rate::PerSecond) => "/s",
        Code::Named(Rate::PerHour) => "/h",
        other => panic!("no shipped sensor counts {other:?}"),
    };
    (quantity, format!("{symbol}{rate}"))
}

/// The names of state sets (DSP0249).
fn set(number: u16) -> &'static str {
    match number {
        1 => "Health State",
        10 => "Operational Fault Status",
        13 => "Presence",
        14 => "Performance",
        21 => "Thermal Trip",
        33 => "Link State",
        196 => "Boot Progress",
        other => panic!("no shipped sensor has state set {other}"),
    }
}
