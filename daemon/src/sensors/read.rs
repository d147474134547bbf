//! One sensor's turn, or the events': what is asked, and what the answer comes to.

use super::{
    Following, Tale, ask,
    catalogue::{Kind, level, value},
};
use crate::{
    clock::Stamp,
    inventory::is_silence,
    model::{Id, Reading, Value},
};
use pldm::{
    CallError,
    base::GetTid,
    platform::{self, GetSensorReading, GetStateSensorReadings, SensorOperationalState, SensorReading, StateSet},
};
use tokio::time::Instant;

impl Following {
    /// Reads the sensor that has this number.
    pub(super) async fn turn(&mut self, number: usize) -> Result<(), CallError> {
        let Some(asked) = self.tale.catalogue.asked.get(number) else { return Ok(()) };
        let sensor = asked.number;
        let outcome = match &asked.kind {
            Kind::Number { .. } => {
                let request = GetSensorReading::of(sensor);
                let answer = ask!(self, requester => requester.call(&request));
                self.tale.number_read(number, answer.map(|answer| answer.value))
            }
            Kind::States(_) => {
                let request = GetStateSensorReadings::of(sensor);
                let answer = ask!(self, requester => requester.call(&request));
                let states = answer.map(|answer| {
                    let states = answer.value.sensors.into_iter();
                    states.map(|state| (state.operational_state, state.present_state)).collect()
                });
                self.tale.states_read(number, states)
            }
        };
        match &outcome {
            Ok(()) => self.schedule.answered(number, Instant::now()),
            Err(_) => self.schedule.failed(number, Instant::now()),
        }
        outcome
    }

    /// Fetches one event from the device's queue. As long as there are any, the next one's turn is soon.
    pub(super) async fn poll(&mut self) -> Result<(), CallError> {
        let from = self.tale.heard.poll_from.take().unwrap_or_default();
        let polled = ask!(self, requester => platform::poll_from(requester, from));
        match &polled {
            Ok(_) => self.polls.answered(0, Instant::now()),
            Err(error) => {
                self.polls.failed(0, Instant::now());
                if is_silence(error) {
                    self.tale.heard.wants_polling(from);
                }
            }
        }
        match polled? {
            Some(polled) => self.tale.polled(polled),
            None => self.tale.heard.drained(),
        }
        Ok(())
    }

    /// Why the device answers nothing at all, if so: every terminus has to know this question.
    pub(super) async fn silence(&mut self) -> Option<CallError> {
        ask!(self, requester => requester.call(&GetTid)).err().filter(is_silence)
    }
}

impl Tale {
    fn number_read(&mut self, number: usize, result: Result<SensorReading, CallError>) -> Result<(), CallError> {
        let Some((id, reading)) = self.catalogue.asked.get(number).and_then(|asked| match &asked.kind {
            Kind::States(_) => None,
            Kind::Number { id, conversion, limits } => {
                let at = Stamp::now();
                let reading = match &result {
                    Err(error) => Reading::unknown(Some(at), error.to_string()),
                    Ok(read) if !read.is_valid() => Reading::unknown(Some(at), not_enabled(read.operational_state)),
                    Ok(read) => match value(conversion, &read.present_reading) {
                        Err(why) => Reading::unknown(Some(at), why),
                        Ok(value) => {
                            let level = level(read.present_state, value, limits);
                            Reading::new(at, Value::Number(value), Some(level))
                        }
                    },
                };
                Some((id.clone(), reading))
            }
        }) else {
            return Ok(());
        };
        self.readings.push((id, reading));
        result.map(drop)
    }

    fn states_read(
        &mut self,
        number: usize,
        result: Result<Vec<(SensorOperationalState, u8)>, CallError>,
    ) -> Result<(), CallError> {
        let at = Stamp::now();
        let Some(Kind::States(states)) = self.catalogue.asked.get(number).map(|asked| &asked.kind) else {
            return Ok(());
        };
        let read = states.iter().enumerate().map(|(position, (id, set))| {
            let reading = match &result {
                Err(error) => Reading::unknown(Some(at), error.to_string()),
                Ok(said) => match said.get(position) {
                    None => Reading::unknown(Some(at), "the component does not tell this state"),
                    Some((operational, state)) => state_reading(at, *set, *operational, *state),
                },
            };
            (id.clone(), reading)
        });
        let read: Vec<(Id, Reading)> = read.collect();
        self.readings.extend(read);
        result.map(drop)
    }
}

/// A state, if the sensor works.
pub(super) fn state_reading(at: Stamp, set: StateSet, operational: SensorOperationalState, state: u8) -> Reading {
    if operational != SensorOperationalState::ENABLED {
        return Reading::unknown(Some(at), not_enabled(operational));
    }
    Reading::new(at, Value::State { number: state, text: set.describe(state) }, None)
}

/// Why a sensor that does not work has no value, in the specification's word for it.
pub(super) fn not_enabled(state: SensorOperationalState) -> String {
    match state.word() {
        Some(word) => format!("the sensor is {word}"),
        None => format!("the sensor's operational state is {}, which means nothing", state.0),
    }
}
