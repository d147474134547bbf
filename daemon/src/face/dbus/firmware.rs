//! What FirmWarden knows of a firmware beyond bmcweb's questions: own interfaces, on the firmware's object.

use crate::{
    model::{self, Id, Image, Number},
    text::one_line,
};
use std::sync::Arc;
use zbus::interface;

/// The value of `Progress` while nothing is being hashed.
pub(crate) const NOTHING_UNDER_WAY: u8 = 255;

/// A firmware. A text that is not known is empty, a number that is not known is 0.
#[derive(Clone)]
pub(super) struct Firmware {
    /// The component that runs it.
    pub(super) component: Id,
    /// What is known.
    pub(super) known: Arc<model::Firmware>,
}

impl Firmware {
    fn number(&self) -> Number {
        self.known.number.unwrap_or_default()
    }

    fn pending(&self) -> Image {
        self.known.pending.clone().unwrap_or_default()
    }
}

#[interface(name = "xyz.openbmc_project.FirmWarden.Firmware", introspection_docs = false)]
impl Firmware {
    #[zbus(property(emits_changed_signal = "true"))]
    fn component(&self) -> &str {
        self.component.as_str()
    }

    #[zbus(property(emits_changed_signal = "true"))]
    fn name(&self) -> String {
        one_line(&self.known.name)
    }

    #[zbus(property(emits_changed_signal = "true"))]
    fn pending_version(&self) -> String {
        one_line(&self.pending().version)
    }

    #[zbus(property(emits_changed_signal = "true"))]
    fn release_date(&self) -> String {
        one_line(self.known.active.release_date.as_deref().unwrap_or_default())
    }

    #[zbus(property(emits_changed_signal = "true"))]
    fn pending_release_date(&self) -> String {
        one_line(&self.pending().release_date.unwrap_or_default())
    }

    #[zbus(property(emits_changed_signal = "true"))]
    fn comparison_stamp(&self) -> u32 {
        self.known.active.comparison_stamp.unwrap_or_default()
    }

    #[zbus(property(emits_changed_signal = "true"))]
    fn pending_comparison_stamp(&self) -> u32 {
        self.pending().comparison_stamp.unwrap_or_default()
    }

    #[zbus(property(emits_changed_signal = "true"))]
    fn classification(&self) -> u16 {
        self.number().classification
    }

    #[zbus(property(emits_changed_signal = "true"))]
    fn identifier(&self) -> u16 {
        self.number().identifier
    }

    #[zbus(property(emits_changed_signal = "true"))]
    fn index(&self) -> u8 {
        self.number().index
    }

    #[zbus(property(emits_changed_signal = "true"))]
    fn activation_methods(&self) -> Vec<String> {
        self.known.activation_methods.iter().map(|m| one_line(m)).collect()
    }

    #[zbus(property(emits_changed_signal = "true"))]
    fn update_capabilities(&self) -> Vec<String> {
        self.known.update_capabilities.iter().map(|capability| one_line(capability)).collect()
    }

    #[zbus(property(emits_changed_signal = "true"))]
    fn descriptors(&self) -> Vec<(String, String)> {
        self.known.descriptors.iter().map(|d| (one_line(&d.name), one_line(&d.value))).collect()
    }

    #[zbus(property(emits_changed_signal = "true"))]
    fn source(&self) -> String {
        one_line(&self.known.source.to_string())
    }

    /// In percent; 255 while nothing is being hashed.
    #[zbus(property(emits_changed_signal = "true"))]
    fn progress(&self) -> u8 {
        self.known.progress.unwrap_or(NOTHING_UNDER_WAY)
    }

    #[zbus(property(emits_changed_signal = "true"))]
    fn last_read(&self) -> u64 {
        self.known.last_read.wall_milliseconds()
    }

    #[zbus(property(emits_changed_signal = "true"))]
    fn last_read_boot_time(&self) -> u64 {
        self.known.last_read.boot_microseconds()
    }

    #[zbus(property(emits_changed_signal = "true"))]
    fn freshness(&self) -> &str {
        self.known.freshness.word()
    }

    #[zbus(property(emits_changed_signal = "true"))]
    fn stale_reason(&self) -> String {
        one_line(self.known.freshness.reason())
    }
}

/// The hash of a firmware; the interface is there once there is a hash.
#[derive(Clone)]
pub(super) struct Digest(pub(super) Arc<model::Digest>);

#[interface(name = "xyz.openbmc_project.FirmWarden.Digest", introspection_docs = false)]
impl Digest {
    #[zbus(property(emits_changed_signal = "true"))]
    fn algorithm(&self) -> String {
        self.0.algorithm.to_string()
    }

    #[zbus(property(emits_changed_signal = "true"))]
    fn digest(&self) -> String {
        one_line(&self.0.hex)
    }

    #[zbus(property(emits_changed_signal = "true"))]
    fn source(&self) -> String {
        one_line(&self.0.source)
    }

    #[zbus(property(emits_changed_signal = "true"))]
    fn time_stamp(&self) -> u64 {
        self.0.taken.wall_milliseconds()
    }
}
