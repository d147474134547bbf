//! Everything at once: bus, board, collector, the shipped binary, and a client that watches it.

use crate::{
    board::{Board, Configuration, Description},
    bus::Bus,
    daemon::{Client, Daemon, Objects},
    receiver::Receiver,
};
use std::error::Error;

/// A daemon in its world.
#[derive(Debug)]
pub struct Scene {
    /// What watches the daemon on D-Bus.
    pub client: Client,
    /// The daemon.
    pub daemon: Daemon,
    /// The collector it reports to.
    pub receiver: Receiver,
    /// The board it looks after.
    pub board: Board,
    /// The bus it is on.
    pub bus: Bus,
}

impl Scene {
    /// Starts everything with these components.
    pub async fn start(components: Vec<Description>, configuration: Configuration) -> Result<Self, Box<dyn Error>> {
        let bus = Bus::start()?;
        let receiver = Receiver::start().await?;
        let board = Board::start(components)?;
        let configuration = Configuration { otlp: Some(receiver.endpoint()), ..configuration };
        let client = Client::connect(&bus.address()).await?;
        let daemon = Daemon::start(&board.write_configuration(&configuration)?, &bus.address())?;
        Ok(Self { client, daemon, receiver, board, bus })
    }

    /// Starts everything with these components of `tests/board/` and the usual configuration.
    pub async fn of(names: &[&str]) -> Self {
        Self::with(names.iter().map(|name| Description::named(name)).collect()).await
    }

    /// The same with components that a test describes.
    pub async fn with(components: Vec<Description>) -> Self {
        Self::start(components, Configuration::default()).await.unwrap_or_else(|error| panic!("{error}"))
    }

    /// Waits until all of these are there and fresh, and the firmware that the board's configuration names.
    pub async fn wait_fresh(&self, names: &[&str]) -> Objects {
        let described = self.board.descriptions().iter().filter(|one| names.contains(&one.name.as_str()));
        let firmware: Vec<_> = described
            .flat_map(|one| {
                one.firmware.iter().filter_map(|firmware| Some(format!("{}_{}", one.name, firmware.name.as_ref()?)))
            })
            .collect();
        let whole = |all: &Objects| {
            names.iter().all(|name| all.is_fresh(name)) && firmware.iter().all(|id| all.software(id).is_some())
        };
        self.client.wait_for(&format!("{names:?} to be fresh"), whole).await
    }
}
