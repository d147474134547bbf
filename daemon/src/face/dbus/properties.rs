//! `org.freedesktop.DBus.Properties`, our own: zbus's refuses `GetAll("")`, with which bmcweb reads a sensor.

use super::{managed::Published, objects::Interfaces, projection::Properties as Values};
use std::{borrow::Cow, collections::HashMap};
use zbus::{OwnedVariant, Variant, fdo, interface, names::InterfaceName, object_server::SignalEmitter};

/// The interface on every object of ours. It answers from what is published, as the object manager does.
#[derive(Clone)]
pub(super) struct Properties(pub(super) Published);

impl Properties {
    /// The properties of one interface of the object, or of all of them together.
    async fn read(&self, interface: &str, place: &SignalEmitter<'_>) -> fdo::Result<Values> {
        let there = self.0.with(|all| all.get(place.path().as_str()).cloned()).unwrap_or_default();
        let is_asked = |name: &InterfaceName<'_>| interface.is_empty() || name == interface;
        let asked: Interfaces = there.into_iter().filter(|it| is_asked(&it.name())).collect();
        // The standard ones are there and have no property.
        let standard = ["Introspectable", "Peer", "Properties"].map(|name| format!("org.freedesktop.DBus.{name}"));
        if asked.is_empty() && !standard.iter().any(|name| name == interface) {
            return Err(fdo::Error::UnknownInterface(format!("no interface '{interface}' here")));
        }
        let mut values = Values::new();
        for projection in asked {
            // Of two with one name the first counts: upstream's interfaces stand before ours.
            for (name, value) in projection.properties(place).await? {
                values.entry(name).or_insert(value);
            }
        }
        Ok(values)
    }
}

#[interface(name = "org.freedesktop.DBus.Properties", introspection_docs = false)]
impl Properties {
    async fn get(
        &self,
        interface_name: &str,
        property_name: &str,
        #[zbus(signal_emitter)] place: SignalEmitter<'_>,
    ) -> fdo::Result<OwnedVariant> {
        let value = self.read(interface_name, &place).await?.remove(property_name);
        value.ok_or_else(|| fdo::Error::UnknownProperty(format!("no property '{property_name}' here")))
    }

    async fn set(
        &self,
        interface_name: &str,
        property_name: &str,
        value: Variant<'_>,
        #[zbus(signal_emitter)] place: SignalEmitter<'_>,
    ) -> fdo::Result<()> {
        let _nobody_may = value;
        let known = self.read(interface_name, &place).await?.contains_key(property_name);
        let what = format!("'{property_name}'");
        Err(if known { fdo::Error::PropertyReadOnly(what) } else { fdo::Error::UnknownProperty(what) })
    }

    async fn get_all(
        &self,
        interface_name: &str,
        #[zbus(signal_emitter)] place: SignalEmitter<'_>,
    ) -> fdo::Result<Values> {
        self.read(interface_name, &place).await
    }

    #[zbus(signal)]
    pub(super) async fn properties_changed(
        place: &SignalEmitter<'_>,
        interface_name: InterfaceName<'_>,
        changed_properties: HashMap<&str, Variant<'_>>,
        invalidated_properties: Cow<'_, [&str]>,
    ) -> zbus::Result<()>;
}
