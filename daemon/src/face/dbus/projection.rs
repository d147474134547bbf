//! What the tree needs of every interface of an object.

use std::{collections::HashMap, pin::Pin};
use zbus::{
    OwnedVariant,
    names::InterfaceName,
    object_server::{Interface, SignalEmitter},
};

/// The properties of an interface by name.
pub(super) type Properties = HashMap<String, OwnedVariant>;

/// The future of a call to the bus.
pub(super) type Later<'a, T> = Pin<Box<dyn Future<Output = zbus::Result<T>> + Send + 'a>>;

/// A cheap copy of an interface's value. The place on the bus is given as a signal's sender: a connection and a path.
pub(super) trait Projection: Send + Sync {
    /// The interface's name.
    fn name(&self) -> InterfaceName<'static>;
    /// Every property, read as `GetAll` would.
    fn properties<'a>(&'a self, place: &'a SignalEmitter<'_>) -> Later<'a, Properties>;
    /// Puts the interface there. Its shape: values are read from what is published.
    fn export<'a>(&'a self, place: &'a SignalEmitter<'_>) -> Later<'a, ()>;
}

impl<I: Interface + Clone> Projection for I {
    fn name(&self) -> InterfaceName<'static> {
        <I as Interface>::name()
    }

    fn properties<'a>(&'a self, place: &'a SignalEmitter<'_>) -> Later<'a, Properties> {
        Box::pin(async move {
            let connection = place.connection();
            Ok(self.get_all(connection.object_server(), connection, None, place).await?)
        })
    }

    fn export<'a>(&'a self, place: &'a SignalEmitter<'_>) -> Later<'a, ()> {
        Box::pin(async move {
            match place.connection().object_server().at(place.path(), self.clone()).await? {
                None => Ok(()),
                Some(_) => Err(zbus::Error::InterfaceExists(I::name(), place.path().to_owned())),
            }
        })
    }
}
