//! The model on D-Bus: what bmcweb reads as Redfish, and what the command line shows.
//!
//! Everything is exported before the one name is asked for, so that the mapper finds it by introspection. When the bus
//! goes away all of it is exported again: the model is the truth, the bus only a copy.

use crate::{ask::Asks, event::Event, face::journal, model::Model, settings::Sensors, text::one_line};
use ring::Ring;
use std::{future::pending, sync::Arc, time::Duration};
use telemetry::Telemetry;
use tokio::{
    sync::{broadcast, watch},
    time::{Instant, sleep, timeout},
};
use tree::Tree;
use zbus::{Connection, connection::Builder, fdo::RequestNameFlags, object_server::SignalEmitter};

mod component;
mod daemon;
pub(crate) mod firmware;
mod managed;
mod mapper;
mod objects;
mod projection;
mod properties;
pub(crate) mod ring;
mod sensors;
mod software;
pub(crate) mod telemetry;
#[cfg(test)]
mod tests;
mod tree;

/// The one name: the mapper keeps only one of each process.
pub const NAME: &str = "xyz.openbmc_project.FirmWarden";

/// Where bmcweb looks for firmware.
pub const SOFTWARE: &str = "/xyz/openbmc_project/software";

/// The root of our own tree.
pub const OWN: &str = "/xyz/openbmc_project/firmwarden";

/// Where bmcweb looks for sensors.
pub const SENSORS: &str = "/xyz/openbmc_project/sensors";

/// A restarted dbus-daemon is back within a second ...
const FIRST_DELAY: Duration = Duration::from_millis(250);

/// ... and one that is not need not be asked more often than this.
const LAST_DELAY: Duration = Duration::from_secs(30);

/// A bus answers in milliseconds; a stuck one must not be waited for without end.
const PATIENCE: Duration = Duration::from_secs(20);

/// Keeps the system bus equal to the model until nobody changes the model any more, tells every event there, and puts
/// what is asked for there into `asks`.
pub fn serve(
    model: watch::Receiver<Arc<Model>>,
    events: broadcast::Receiver<Event>,
    asks: Asks,
    sensors: &Sensors,
) -> impl Future<Output = ()> + Send + use<> {
    let telemetry = Telemetry { models: model, ring: Ring::default(), asks };
    let sensors = sensors.dbus;
    async move {
        let ring = telemetry.ring.clone();
        // The ring is filled while there is no bus, too: events are asked for afterwards.
        tokio::select! {
            () = serve_on(Builder::system, telemetry, sensors, journal::line) => {}
            () = async { ring.fill(events).await; pending().await } => {}
        }
    }
}

/// `log` takes a journal level and a line. What goes wrong is told once, not at every try.
async fn serve_on(bus: impl Fn() -> Builder<'static>, telemetry: Telemetry, sensors: bool, log: impl Fn(u8, &str)) {
    let (mut delay, mut told) = (FIRST_DELAY, String::new());
    let mut model = telemetry.models.clone();
    loop {
        match open(bus(), &mut model, telemetry.clone(), sensors).await {
            Err(error) => {
                let why = why(&error);
                if why != told {
                    log(4, &format!("D-Bus: {why}; trying again"));
                    told = why;
                }
            }
            Ok(mut session) => {
                log(6, &format!("D-Bus: serving as {NAME}"));
                told.clear();
                let started = Instant::now();
                match session.follow(&mut model).await {
                    Ok(()) => return,
                    Err(error) => log(4, &format!("D-Bus: {}; connecting again", why(&error))),
                }
                // A connection that dies at once, again and again, must not be made as fast as that.
                if started.elapsed() > LAST_DELAY {
                    delay = FIRST_DELAY;
                }
            }
        }
        sleep(delay).await;
        delay = LAST_DELAY.min(delay.saturating_mul(2));
    }
}

/// Our name on one connection.
struct Session {
    connection: Connection,
    tree: Tree,
    ring: Ring,
    /// The number of the newest event.
    last: watch::Receiver<u64>,
    /// The number of the last one that was told on this connection.
    told: u64,
}

/// Connects, exports everything, and only then takes the name.
async fn open(
    bus: Builder<'_>,
    model: &mut watch::Receiver<Arc<Model>>,
    telemetry: Telemetry,
    sensors: bool,
) -> zbus::Result<Session> {
    let connection = timeout(PATIENCE, bus.method_timeout(PATIENCE).build())
        .await
        .map_err(|_| zbus::Error::Failure("the bus does not answer".into()))??;
    let ring = telemetry.ring.clone();
    let mut tree = Tree::new(&connection, telemetry, sensors).await?;
    let now = Arc::clone(&model.borrow_and_update());
    tree.follow(now).await?;
    connection.request_name_with_flags(NAME, RequestNameFlags::DO_NOT_QUEUE).await?;
    tree.speak();
    let last = ring.last();
    let told = *last.borrow();
    Ok(Session { connection, tree, ring, last, told })
}

impl Session {
    /// Follows the model. An error means that the connection is of no use any more.
    async fn follow(&mut self, model: &mut watch::Receiver<Arc<Model>>) -> zbus::Result<()> {
        loop {
            tokio::select! {
                () = self.connection.closed() => return Err(zbus::Error::Failure("the bus went away".into())),
                changed = model.changed() => match changed {
                    Ok(()) => {
                        let now = Arc::clone(&model.borrow_and_update());
                        self.tree.follow(now).await?;
                    }
                    Err(_) => return Ok(()),
                },
                Ok(()) = self.last.changed() => self.tell().await?,
            }
        }
    }

    /// Tells the events that came since the last time.
    async fn tell(&mut self) -> zbus::Result<()> {
        let place = SignalEmitter::new(&self.connection, OWN)?;
        for event in self.ring.after(self.told) {
            self.told = event.sequence;
            Telemetry::event(&place, event).await?;
        }
        Ok(())
    }
}

fn why(error: &zbus::Error) -> String {
    match error {
        zbus::Error::NameTaken => format!("another process owns the name {NAME}"),
        other => one_line(&other.to_string()),
    }
}
