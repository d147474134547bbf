//! `org.freedesktop.DBus.ObjectManager`, our own: zbus's announces an object once for each of its interfaces.

use super::{objects::Interfaces, projection::Properties};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
};
use zbus::{
    Connection, ObjectPath, OwnedObjectPath, fdo, interface, names::InterfaceName, object_server::SignalEmitter,
};

/// Every object that is on the bus now, by path; shared by the tree and its roots.
#[derive(Clone, Default)]
pub(super) struct Published(Arc<Mutex<BTreeMap<String, Interfaces>>>);

impl Published {
    /// Runs `f` on the objects. They are locked meanwhile.
    pub(super) fn with<T>(&self, f: impl FnOnce(&mut BTreeMap<String, Interfaces>) -> T) -> T {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The interface at one root.
#[derive(Clone)]
pub(super) struct Managed {
    /// The root's path.
    pub(super) root: &'static str,
    /// The objects of all roots.
    pub(super) published: Published,
}

/// Interfaces and their properties.
pub(super) type Announced = HashMap<InterfaceName<'static>, Properties>;

/// Reads `interfaces` as `GetAll` would.
pub(super) async fn read(interfaces: &Interfaces, place: &SignalEmitter<'_>) -> zbus::Result<Announced> {
    let mut announced = Announced::new();
    for interface in interfaces {
        announced.insert(interface.name(), interface.properties(place).await?);
    }
    Ok(announced)
}

#[interface(name = "org.freedesktop.DBus.ObjectManager", introspection_docs = false)]
impl Managed {
    async fn get_managed_objects(
        &self,
        #[zbus(connection)] connection: &Connection,
    ) -> fdo::Result<HashMap<OwnedObjectPath, Announced>> {
        let below = |path: &str| path.strip_prefix(self.root).is_some_and(|rest| rest.starts_with('/'));
        let objects: Vec<(String, Interfaces)> = self
            .published
            .with(|all| all.iter().filter(|(p, _)| below(p)).map(|(p, i)| (p.clone(), i.clone())).collect());
        let mut answer = HashMap::with_capacity(objects.len());
        for (path, interfaces) in objects {
            let place = SignalEmitter::new(connection, path)?;
            answer.insert(place.path().to_owned().into(), read(&interfaces, &place).await?);
        }
        Ok(answer)
    }

    #[zbus(signal)]
    pub(super) async fn interfaces_added(
        place: &SignalEmitter<'_>,
        object_path: ObjectPath<'_>,
        interfaces_and_properties: Announced,
    ) -> zbus::Result<()>;

    #[zbus(signal)]
    pub(super) async fn interfaces_removed(
        place: &SignalEmitter<'_>,
        object_path: ObjectPath<'_>,
        interfaces: Vec<InterfaceName<'static>>,
    ) -> zbus::Result<()>;
}
