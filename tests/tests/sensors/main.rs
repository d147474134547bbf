//! Sensors, events and logs, from the devices over real lines to the shipped binary and out of each of its faces.

mod bus;
mod events;
mod expected;
mod faces;
mod logs;
mod records;

use firmwarden_tests::{
    board::{Configuration, Description},
    scene::Scene,
};

/// Sensor events, and the commands whose requests are counted (DSP0248): type and command.
const SET_EVENT_RECEIVER: (u8, u8) = (2, 0x04);
const POLL: (u8, u8) = (2, 0x0b);
const GET_PDR_REPOSITORY_INFO: (u8, u8) = (2, 0x50);
const GET_PDR: (u8, u8) = (2, 0x51);

/// These components of `tests/board/`, on lines that hold nothing back.
fn quick(names: &[&str]) -> Vec<Description> {
    names.iter().map(|name| Description { baud: 0, latency_milliseconds: 0, ..Description::named(name) }).collect()
}

/// A daemon on a board with these components.
async fn scene(components: Vec<Description>, configuration: Configuration) -> Scene {
    Scene::start(components, configuration).await.unwrap_or_else(|error| panic!("{error}"))
}
