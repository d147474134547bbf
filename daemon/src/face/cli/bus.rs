//! Asks the daemon over the system bus.

use super::values::{Inventory, Objects, Properties};
use crate::{
    face::dbus::{NAME, OWN, SOFTWARE},
    text::one_line,
};
use futures_util::StreamExt;
use std::{fmt, sync::Arc, time::Duration};
use tokio::{sync::Notify, time::timeout};
use zbus::{Connection, MatchRule, MessageStream, connection::Builder, message::Type};

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

/// Reads everything that the daemon says.
pub(super) async fn read(connection: &Connection) -> Result<Inventory, Absent> {
    let why = |error: zbus::Error| match error {
        zbus::Error::FDO(e) if matches!(*e, zbus::fdo::Error::ServiceUnknown(_)) => {
            Absent::Daemon(format!("nobody has the name {NAME}"))
        }
        other => Absent::Daemon(one_line(&other.to_string())),
    };
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
