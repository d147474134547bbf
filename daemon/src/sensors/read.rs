//! One sensor's turn, or the events': what is asked, and what the answer comes to.

use super::{
    Following, Tale, ask,
    catalogue::{Kind, level, value},
};
use crate::{
    clock::Stamp,
    model::{Id, Reading, Value},
};
use pldm::{
    CallError,
    platform::{self, GetSensorReading, GetStateSensorReadings, SensorOperationalState, SensorReading, StateSet},
};

impl Following {
    /// Whatever has this number: a sensor, or behind them the events.
    pub(super) async fn turn(&mut self, number: usize) -> Result<(), CallError> {
        let Some(asked) = self.tale.catalogue.asked.get(number) else { return self.poll(0).await };
        let sensor = asked.number;
        match &asked.kind {
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
        }
    }

    /// Fetches one event from the device's queue. As long as there are any, the next one's turn is soon.
    pub(super) async fn poll(&mut self, data_transfer_handle: u32) -> Result<(), CallError> {
        let polled = ask!(self, requester => platform::poll_from(requester, data_transfer_handle))?;
        if let Some(polled) = polled {
            self.tale.polled(polled);
        }
        Ok(())
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
