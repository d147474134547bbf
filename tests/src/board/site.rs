//! The devices at one line: which of them a message is for.

use super::{
    component::{Action, Component},
    data::Description,
};
use mctp::assembly::Message;
use tokio::time::Instant;

/// The device at the end of a line, and those behind it.
#[derive(Debug)]
pub(super) struct Site {
    powered: Instant,
    devices: Vec<(u8, Component)>,
}

impl Site {
    /// Powers the devices up.
    pub(super) fn new(mut descriptions: Vec<Description>) -> Self {
        descriptions.sort_by_key(|one| one.position);
        let devices = descriptions.into_iter().map(|one| (one.position, Component::new(one))).collect();
        Self { powered: Instant::now(), devices }
    }

    /// Takes the power away and gives it back.
    pub(super) fn power_cycle(&mut self) {
        self.powered = Instant::now();
        self.devices.iter_mut().for_each(|(_, device)| device.reset());
    }

    /// What happens when a message comes.
    pub(super) fn answer(&mut self, message: &Message) -> Vec<Action> {
        let up = self.powered.elapsed();
        self.route(message.destination.0).map_or_else(Vec::new, |device| device.answer(message, up))
    }

    /// When one of the devices wants to do something unasked.
    pub(super) fn due(&self) -> Option<Instant> {
        self.devices.iter().filter_map(|(_, device)| device.due()).min().map(|up| self.powered + up)
    }

    /// What the devices do unasked.
    pub(super) fn tick(&mut self) -> Vec<Action> {
        let up = self.powered.elapsed();
        self.devices.iter_mut().flat_map(|(_, device)| device.tick(up)).collect()
    }

    pub(super) fn device(&mut self, name: &str) -> Option<&mut Component> {
        let up = self.powered.elapsed();
        let mut devices = self.devices.iter_mut().map(|(_, device)| device);
        let device = devices.find(|device| device.description.name == name)?;
        device.up = up;
        Some(device)
    }

    /// The null endpoint id is whoever is at the other end of the wire. Those behind it have the ids of its pool, in
    /// their order.
    fn route(&mut self, destination: u8) -> Option<&mut Component> {
        let head = self.devices.iter().find(|(position, _)| *position == 0).map(|(_, head)| (head.eid, head.pool))?;
        let position = match head {
            (own, _) if destination == 0 || destination == own => 0,
            (_, Some(pool)) if destination >= pool => destination - pool + 1,
            _ => return None,
        };
        let (_, device) = self.devices.iter_mut().find(|(place, _)| *place == position)?;
        if position > 0 {
            device.eid = destination;
        }
        Some(device)
    }
}
