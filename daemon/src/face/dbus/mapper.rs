//! Asks the mapper whether another service already says what a component runs.

use super::SOFTWARE;
use crate::model::Component;
use std::time::Duration;
use zbus::{Connection, OwnedVariant};

const MAPPER: &str = "xyz.openbmc_project.ObjectMapper";

/// The mapper answers in milliseconds. For all components together it may not hold up the inventory for longer.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);

/// What the mapper said.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Answer {
    /// Another service's software runs on it: pldmd publishes such associations too.
    Held,
    /// Nobody's but perhaps our own.
    Free,
    /// There is no mapper, or it is busy: asking for the next component is no use.
    Silent,
}

/// Whether `<inventory path>/ran_on` leads to another service's object.
pub(super) async fn ask(connection: &Connection, component: &Component, inventory_path: &str) -> Answer {
    if !connection.is_bus() {
        return Answer::Silent;
    }
    let path = format!("{inventory_path}/ran_on");
    let body = ("xyz.openbmc_project.Association", "endpoints");
    let call = connection.call_method(Some(MAPPER), path, Some("org.freedesktop.DBus.Properties"), "Get", &body);
    match call.await {
        Err(zbus::Error::FDO(e)) if is_absence(&e) => Answer::Silent,
        Err(_no_such_association) => Answer::Free,
        Ok(reply) => {
            let endpoints =
                reply.body().deserialize::<OwnedVariant>().ok().and_then(|v| Vec::<String>::try_from(v).ok());
            if endpoints.unwrap_or_default().iter().all(|path| is_ours(component, path)) {
                Answer::Free
            } else {
                Answer::Held
            }
        }
    }
}

fn is_absence(error: &zbus::fdo::Error) -> bool {
    use zbus::fdo::Error;
    matches!(error, Error::ServiceUnknown(_) | Error::NameHasNoOwner(_) | Error::NoReply(_) | Error::AccessDenied(_))
}

fn is_ours(component: &Component, path: &str) -> bool {
    let id = path.strip_prefix(SOFTWARE).and_then(|rest| rest.strip_prefix('/'));
    component.firmware.values().any(|f| Some(f.id.as_str()) == id)
}
