//! Asks the daemon over the system bus.

use super::{
    telemetry::{Event, Sensors},
    values::{Inventory, Objects, Properties},
};
use crate::{
    face::dbus::{NAME, OWN, SOFTWARE, ring::Told},
    text::one_line,
};
use futures_util::{StreamExt, stream};
use std::{fmt, sync::Arc, time::Duration};
use tokio::{
    sync::{Notify, mpsc},
    time::timeout,
};
use zbus::{Connection, DBusError, MatchRule, Message, MessageStream, connection::Builder, fdo::Error, message::Type};

const TELEMETRY: &str = "xyz.openbmc_project.FirmWarden.Telemetry";

/// The daemon answers from memory. A person waits this long at the most.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why nothing can be shown.
#[derive(Debug)]
pub(super) enum Absent {
    /// The bus does not answer.
    Bus(String),
    /// The daemon does not answer.
    Daemon(String),
}

impl fmt::Display for Absent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bus(why) => write!(f, "the system bus is not there: {why}"),
            Self::Daemon(why) => write!(f, "the daemon is not there: {why}"),
        }
    }
}

/// Connects to the system bus.
pub(super) async fn connect() -> Result<Connection, Absent> {
    match timeout(PATIENCE, Builder::system().method_timeout(PATIENCE).build()).await {
        Ok(connected) => connected.map_err(|e| Absent::Bus(one_line(&e.to_string()))),
        Err(_) => Err(Absent::Bus("it does not answer".into())),
    }
}

fn why(error: zbus::Error) -> Absent {
    match error {
        zbus::Error::FDO(e) if matches!(*e, Error::ServiceUnknown(_)) => {
            Absent::Daemon(format!("nobody has the name {NAME}"))
        }
        other => Absent::Daemon(one_line(&other.to_string())),
    }
}

/// Reads everything that the daemon says of components and firmware.
pub(super) async fn read(connection: &Connection) -> Result<Inventory, Absent> {
    let objects = async |root: &str| -> zbus::Result<Objects> {
        let on = Some("org.freedesktop.DBus.ObjectManager");
        connection.call_method(Some(NAME), root, on, "GetManagedObjects", &()).await?.body().deserialize()
    };
    let daemon = async || -> zbus::Result<Properties> {
        let (on, body) = (Some("org.freedesktop.DBus.Properties"), "xyz.openbmc_project.FirmWarden.Daemon");
        connection.call_method(Some(NAME), OWN, on, "GetAll", &body).await?.body().deserialize()
    };
    let (software, own) = (objects(SOFTWARE).await.map_err(why)?, objects(OWN).await.map_err(why)?);
    Ok(Inventory::read(software, own, daemon().await.map_err(why)?))
}

/// Reads everything that the daemon says of sensors.
pub(super) async fn sensors(connection: &Connection) -> Result<Sensors, Absent> {
    let sensors = call(connection, "Sensors", &()).await.map_err(why)?;
    Ok(Sensors::read(sensors, call(connection, "Sources", &()).await.map_err(why)?))
}

/// Reads the events that the daemon keeps.
pub(super) async fn events(connection: &Connection) -> Result<Vec<Event>, Absent> {
    let events: Vec<Told> = call(connection, "Events", &0_u64).await.map_err(why)?;
    Ok(events.into_iter().map(Event::from).collect())
}

/// Why logs are not fetched.
pub(super) enum Unfetched {
    /// There is nobody to do it.
    Absent(Absent),
    /// The daemon or the bus does not want to.
    Refused(String),
}

/// Has a component's logs fetched.
pub(super) async fn fetch_logs(connection: &Connection, component: &str) -> Result<(), Unfetched> {
    call(connection, "FetchLogs", &component).await.map_err(|error| match error {
        zbus::Error::FDO(e)
            if matches!(
                *e,
                Error::InvalidArgs(_) | Error::LimitsExceeded(_) | Error::AccessDenied(_) | Error::Failed(_)
            ) =>
        {
            Unfetched::Refused(one_line(e.description().unwrap_or_default()))
        }
        other => Unfetched::Absent(why(other)),
    })
}

async fn call<B, T>(connection: &Connection, member: &str, body: &B) -> zbus::Result<T>
where
    B: serde::Serialize + zbus::DynamicType,
    T: serde::de::DeserializeOwned + zbus::Type,
{
    connection.call_method(Some(NAME), OWN, Some(TELEMETRY), member, body).await?.body().deserialize()
}

/// What is heard while one listens.
#[derive(Debug, PartialEq)]
pub(super) enum Heard {
    /// Something happened.
    Event(Event),
    /// The daemon is there, anew.
    Came,
    /// The daemon is not there any more.
    Went,
}

/// How many events may wait until they are printed. What is beyond is missed, and its number with it.
const HEARD_MOST: usize = 1024;

/// Hears every event from now on.
pub(super) async fn listen(connection: &Connection) -> Result<mpsc::Receiver<Heard>, Absent> {
    let absent = |e: zbus::Error| Absent::Bus(one_line(&e.to_string()));
    let signals = || MatchRule::builder().msg_type(Type::Signal);
    let event = signals().sender(NAME).interface(TELEMETRY).member("Event");
    let owner = signals().interface("org.freedesktop.DBus").member("NameOwnerChanged").arg(0, NAME);
    let mut streams = Vec::new();
    for rule in [event, owner] {
        let rule = rule.build().map_err(absent)?;
        streams.push(MessageStream::for_match_rule(rule, connection, None).await.map_err(absent)?);
    }
    let (sender, heard) = mpsc::channel(HEARD_MOST);
    tokio::spawn(async move {
        let mut all = stream::select_all(streams);
        while let Some(Ok(message)) = all.next().await {
            if let Some(heard) = understood(&message) {
                let _is_missed_when_full = sender.try_send(heard);
            }
        }
    });
    Ok(heard)
}

fn understood(message: &Message) -> Option<Heard> {
    let body = message.body();
    if message.header().member()? == "Event" {
        let (told,): (Told,) = body.deserialize().ok()?;
        return Some(Heard::Event(told.into()));
    }
    let (_, _, owner): (String, String, String) = body.deserialize().ok()?;
    Some(if owner.is_empty() { Heard::Went } else { Heard::Came })
}

/// Notifies whenever the daemon says that something changed, comes or goes.
///
/// The signals are taken off the connection by a task of their own: a full queue would keep answers from us.
pub(super) async fn changes(connection: &Connection) -> Result<Arc<Notify>, Absent> {
    let absent = |e: zbus::Error| Absent::Bus(one_line(&e.to_string()));
    let signals = || MatchRule::builder().msg_type(Type::Signal);
    let ours = signals().sender(NAME);
    let owner = signals().interface("org.freedesktop.DBus").member("NameOwnerChanged").arg(0, NAME);
    let changed = Arc::new(Notify::new());
    for rule in [ours, owner] {
        let rule = rule.build().map_err(absent)?;
        let mut stream = MessageStream::for_match_rule(rule, connection, None).await.map_err(absent)?;
        let changed = Arc::clone(&changed);
        tokio::spawn(async move {
            while stream.next().await.is_some() {
                changed.notify_one();
            }
        });
    }
    Ok(changed)
}
