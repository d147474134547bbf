//! Which objects a model has on the bus, and which interfaces each of them. Pure.

use super::{
    OWN, SOFTWARE,
    component::Component,
    daemon::Daemon,
    firmware::{Digest, Firmware},
    managed::{Managed, Published},
    projection::Projection,
    software::{Activation, Associations, Version},
    telemetry::Telemetry,
};
use crate::{
    model::{self, Model},
    text::one_line,
};
use std::sync::Arc;
use zbus::ObjectPath;

/// An object: its path and its interfaces.
pub(super) type Object = (String, Interfaces);

/// The interfaces of one object.
pub(super) type Interfaces = Vec<Arc<dyn Projection>>;

/// The firmware that has an object: Redfish cannot say that a version is not known.
pub(super) fn published(component: &model::Component) -> impl Iterator<Item = &model::Firmware> {
    component.firmware.values().filter(|f| !one_line(&f.active.version).is_empty())
}

/// The objects of a component. `is_held` says that its `ran_on` association is another service's.
pub(super) fn of_component(component: &Arc<model::Component>, is_held: bool) -> Vec<Object> {
    let own = (format!("{OWN}/components/{}", component.id), vec![shared(Component(Arc::clone(component)))]);
    let mut objects = vec![own];
    let mut is_held = is_held;
    for firmware in published(component) {
        let runs = firmware.primary && !is_held;
        is_held |= runs;
        let known = Arc::new(firmware.clone());
        let mut interfaces = vec![
            shared(Version(Arc::clone(&known))),
            shared(Activation(Arc::clone(&known))),
            shared(Firmware { component: component.id.clone(), known }),
        ];
        if let Some(path) = inventory_path(component) {
            // One at the most runs: bmcweb answers 500 when there are two.
            let (forward, reverse) =
                if runs { ("running", "ran_on") } else { ("firmwarden_component", "firmwarden_firmware") };
            interfaces.push(shared(Associations { forward, reverse, path }));
        }
        if let Some(digest) = &firmware.digest {
            interfaces.push(shared(Digest(Arc::new(digest.clone()))));
        }
        objects.push((format!("{SOFTWARE}/{}", firmware.id), interfaces));
    }
    objects
}

/// The root of our own tree, with the daemon's own interfaces.
pub(super) fn of_daemon(model: &Arc<Model>, telemetry: &Telemetry, published: &Published) -> Object {
    let (path, mut interfaces) = of_root(OWN, published);
    interfaces.extend([shared(Daemon(Arc::clone(model))), shared(telemetry.clone())]);
    (path, interfaces)
}

/// A root.
pub(super) fn of_root(root: &'static str, published: &Published) -> Object {
    (root.into(), vec![shared(Managed { root, published: published.clone() })])
}

/// The component's inventory object, if its path is one: the mapper would choke on another.
pub(super) fn inventory_path(component: &model::Component) -> Option<String> {
    component.inventory_path.clone().filter(|path| path != "/" && ObjectPath::try_from(path.as_str()).is_ok())
}

pub(super) fn shared(interface: impl Projection + 'static) -> Arc<dyn Projection> {
    Arc::new(interface)
}
