//! What a test does to a monitored device of a running board: its sensors, its events, its PDRs.

use super::{Asked, Component, Event, Handle, Operational, Repository, platform};
use std::time::Duration;

impl Component {
    /// The value of a numeric sensor in its real unit, or the number of the state at `offset` of a state sensor; panics
    /// when there is no such sensor.
    pub fn value(&self, sensor: u16, offset: u8) -> f64 {
        platform::value(self, sensor, offset).unwrap_or_else(|| panic!("no sensor {sensor} with a state {offset}"))
    }

    /// How many files are open.
    pub fn open_files(&self) -> usize {
        self.files.open()
    }

    /// From now on the sensor shows this, whatever its model says.
    pub fn set_value(&mut self, sensor: u16, offset: u8, value: f64) {
        self.hand.values.insert((sensor, offset), value);
    }

    /// From now on the sensor is like this, whatever the data file says.
    pub fn set_operational(&mut self, sensor: u16, offset: u8, operational: Operational) {
        self.hand.operational.insert((sensor, offset), operational);
    }

    /// From now on the sensor follows its model and its data file again.
    pub fn release(&mut self, sensor: u16) {
        self.hand.values.retain(|(id, _), _| *id != sensor);
        self.hand.operational.retain(|(id, _), _| *id != sensor);
    }
}

impl Handle<'_> {
    /// The value of a numeric sensor at present, in its real unit.
    pub fn value(&self, sensor: u16) -> f64 {
        self.with(|device| device.value(sensor, 0))
    }

    /// Sets a numeric sensor's value by hand, in its real unit.
    pub fn set_value(&self, sensor: u16, value: f64) {
        self.with(|device| device.set_value(sensor, 0, value));
    }

    /// Sets a state of a state sensor by hand; `offset` says which of a composite one's.
    pub fn set_state(&self, sensor: u16, offset: u8, state: u8) {
        self.with(|device| device.set_value(sensor, offset, f64::from(state)));
    }

    /// Disables a sensor, makes it fail, enables it.
    pub fn set_operational(&self, sensor: u16, operational: Operational) {
        self.with(|device| device.set_operational(sensor, 0, operational));
    }

    /// Lets a sensor go its own way again.
    pub fn release(&self, sensor: u16) {
        self.with(|device| device.release(sensor));
    }

    /// Makes it tell this event now, as its event receiver wants it: at once, or when it is polled.
    pub fn send_event(&self, event: Event) {
        self.with(|device| device.send_event(event));
    }

    /// Makes it keep this event to be polled, and gives its id; `tell` sends an event that says so.
    pub fn queue_event(&self, event: Event, tell: bool) -> u16 {
        self.with(|device| device.queue_event(event, tell))
    }

    /// Changes its PDR repository; `tell` sends an event with the handles that changed.
    pub fn change_repository(&self, tell: bool, change: impl FnOnce(&mut Repository)) {
        self.with(|device| device.change_repository(tell, change));
    }

    /// How long its power is on: models count from there.
    pub fn up(&self) -> Duration {
        self.with(|device| device.up)
    }

    /// How often this command of this PLDM type was asked for so far.
    pub fn asked_for(&self, pldm: u8, command: u8) -> u64 {
        self.with(|device| device.asked.commands.get(&(pldm, command)).copied().unwrap_or_default())
    }

    /// What was asked of it by PLDM so far, and what came of its events.
    pub fn asked(&self) -> Asked {
        self.with(|device| device.asked.clone())
    }
}
