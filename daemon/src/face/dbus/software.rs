//! What bmcweb reads of a firmware: interfaces of phosphor-dbus-interfaces, on the firmware's object.

use crate::{
    model::{Firmware, Freshness},
    text::one_line,
};
use std::sync::Arc;
use zbus::interface;

/// What runs. Never `BMC` or `Host`: bmcweb would tie those to its manager or its system.
#[derive(Clone)]
pub(super) struct Version(pub(super) Arc<Firmware>);

#[interface(name = "xyz.openbmc_project.Software.Version", introspection_docs = false)]
impl Version {
    #[zbus(property(emits_changed_signal = "true"))]
    fn version(&self) -> String {
        one_line(&self.0.active.version)
    }

    /// Deprecated upstream, yet a bmcweb before July 2026 answers 500 without it.
    #[zbus(property(emits_changed_signal = "const"))]
    fn purpose(&self) -> &str {
        "xyz.openbmc_project.Software.Version.VersionPurpose.Other"
    }
}

/// Whether it runs. What waits to run is told in [`super::firmware::Firmware`].
#[derive(Clone)]
pub(super) struct Activation(pub(super) Arc<Firmware>);

#[interface(name = "xyz.openbmc_project.Software.Activation", introspection_docs = false)]
impl Activation {
    /// Redfish makes "OK" of `Active` and a warning of `NotReady`: what could not be confirmed is not OK.
    #[zbus(property(emits_changed_signal = "true"))]
    fn activation(&self) -> &str {
        match self.0.freshness {
            Freshness::Fresh => "xyz.openbmc_project.Software.Activation.Activations.Active",
            Freshness::Stale { .. } => "xyz.openbmc_project.Software.Activation.Activations.NotReady",
        }
    }

    #[zbus(property(emits_changed_signal = "const"))]
    fn requested_activation(&self) -> &str {
        "xyz.openbmc_project.Software.Activation.RequestedActivations.None"
    }
}

/// To which inventory object it belongs, and how.
#[derive(Clone)]
pub(super) struct Associations {
    /// What this object is to the other.
    pub(super) forward: &'static str,
    /// What the other is to this one.
    pub(super) reverse: &'static str,
    /// The other.
    pub(super) path: String,
}

#[interface(name = "xyz.openbmc_project.Association.Definitions", introspection_docs = false)]
impl Associations {
    #[zbus(property(emits_changed_signal = "true"))]
    fn associations(&self) -> Vec<(&str, &str, &str)> {
        vec![(self.forward, self.reverse, &self.path)]
    }
}
