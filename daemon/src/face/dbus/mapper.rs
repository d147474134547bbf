//! Asks the mapper whether another service already says what a component runs.

use super::SOFTWARE;
use crate::model::Component;
use std::time::Duration;
use zbus::{Connection, OwnedVariant};

const BUS: &str = "org.freedesktop.DBus";
const MAPPER: &str = "xyz.openbmc_project.ObjectMapper";

/// The mapper answers in milliseconds. For all components together it may not hold up the inventory for longer.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);

/// One that did not answer in that time hangs, and is left alone for so long: it must not slow down every change.
pub(super) const REST: Duration = Duration::from_secs(60);

/// What the mapper said.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Answer {
    /// Another service's software runs on it: pldmd publishes such associations too.
    Held,
    /// No software but perhaps our own runs on it.
    Free,
    /// There is no mapper, or it is busy: asking for the next component is no use.
    Silent,
}

/// Whether `<inventory path>/ran_on` leads to another service's object.
pub(super) async fn ask(connection: &Connection, component: &Component, inventory_path: &str) -> Answer {
    if !connection.is_bus() {
        return Answer::Silent;
    }
    // Not every bus answers a call to a name that nobody has.
    let body = (MAPPER,);
    let owned = connection.call_method(Some(BUS), "/org/freedesktop/DBus", Some(BUS), "NameHasOwner", &body);
    let owned: zbus::Result<bool> = async { owned.await?.body().deserialize() }.await;
    if !matches!(owned, Ok(true)) {
        return Answer::Silent;
    }
    let path = format!("{inventory_path}/ran_on");
    let body = ("xyz.openbmc_project.Association", "endpoints");
    let call = connection.call_method(Some(MAPPER), path, Some("org.freedesktop.DBus.Properties"), "Get", &body);
    let endpoints = async { Vec::<String>::try_from(call.await?.body().deserialize::<OwnedVariant>()?) };
    judge(component, endpoints.await)
}

/// What it means that the association leads to `endpoints`. Its absence is an error, too.
fn judge(component: &Component, endpoints: zbus::Result<Vec<String>>) -> Answer {
    match endpoints {
        Err(zbus::Error::FDO(e)) if is_absence(&e) => Answer::Silent,
        // There is no such association.
        Err(_) => Answer::Free,
        Ok(endpoints) if endpoints.iter().all(|path| is_ours(component, path)) => Answer::Free,
        Ok(_) => Answer::Held,
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

#[cfg(test)]
mod tests {
    use super::{super::tests::one, *};
    use zbus::fdo::Error;

    #[test]
    fn only_an_object_that_is_not_ours_holds_the_association() {
        let model = one("1");
        let component = model.components.values().next().expect("one");
        let said = |endpoints: &[&str]| judge(component, Ok(endpoints.iter().map(|&e| e.to_owned()).collect()));
        let (ours, pldmd) = ("/xyz/openbmc_project/software/gpu0", "/xyz/openbmc_project/software/GPU_1234");
        assert_eq!(said(&[]), Answer::Free);
        assert_eq!(said(&[ours]), Answer::Free);
        assert_eq!(said(&[pldmd]), Answer::Held);
        assert_eq!(said(&[ours, pldmd]), Answer::Held);
        let failed = |error: Error| judge(component, Err(error.into()));
        assert_eq!(failed(Error::UnknownObject("no such path".into())), Answer::Free);
        assert_eq!(failed(Error::ServiceUnknown("no mapper".into())), Answer::Silent);
    }
}
