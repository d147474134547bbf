//! What FirmWarden knows of a component: an own interface in an own tree, since upstream has none for it.

use crate::{
    clock::Stamp,
    model::{self, Origin},
    text::one_line,
};
use std::{collections::BTreeMap, sync::Arc};
use zbus::interface;

/// A component. A text that is not known is empty, a number that is not known is 0.
#[derive(Clone)]
pub(super) struct Component(pub(super) Arc<model::Component>);

#[interface(name = "xyz.openbmc_project.FirmWarden.Component", introspection_docs = false)]
impl Component {
    #[zbus(property(emits_changed_signal = "const"))]
    fn id(&self) -> &str {
        self.0.id.as_str()
    }

    #[zbus(property(emits_changed_signal = "true"))]
    fn name(&self) -> String {
        one_line(&self.0.name)
    }

    #[zbus(property(emits_changed_signal = "true"), name = "Type")]
    fn kind(&self) -> String {
        one_line(&self.0.kind)
    }

    #[zbus(property(emits_changed_signal = "true"))]
    fn manufacturer(&self) -> String {
        one_line(self.0.manufacturer.as_deref().unwrap_or_default())
    }

    #[zbus(property(emits_changed_signal = "true"))]
    fn model(&self) -> String {
        one_line(self.0.model.as_deref().unwrap_or_default())
    }

    #[zbus(property(emits_changed_signal = "true"))]
    fn part_number(&self) -> String {
        one_line(self.0.part_number.as_deref().unwrap_or_default())
    }

    #[zbus(property(emits_changed_signal = "true"))]
    fn serial_number(&self) -> String {
        one_line(self.0.serial_number.as_deref().unwrap_or_default())
    }

    #[zbus(property(emits_changed_signal = "true"))]
    fn parent(&self) -> &str {
        self.0.parent.as_ref().map_or("", |id| id.as_str())
    }

    #[zbus(property(emits_changed_signal = "true"))]
    fn origin(&self) -> String {
        one_line(&self.0.origin.to_string())
    }

    #[zbus(property(emits_changed_signal = "true"))]
    fn line(&self) -> String {
        if let Origin::Endpoint { line, .. } = &self.0.origin { one_line(line) } else { String::new() }
    }

    #[zbus(property(emits_changed_signal = "true"))]
    fn network(&self) -> u32 {
        if let Origin::Endpoint { network, .. } = self.0.origin { network } else { 0 }
    }

    #[zbus(property(emits_changed_signal = "true"))]
    fn endpoint_id(&self) -> u8 {
        if let Origin::Endpoint { eid, .. } = self.0.origin { eid } else { 0 }
    }

    #[zbus(property(emits_changed_signal = "true"), name = "UUID")]
    fn uuid(&self) -> String {
        if let Origin::Endpoint { uuid: Some(uuid), .. } = &self.0.origin { one_line(uuid) } else { String::new() }
    }

    #[zbus(property(emits_changed_signal = "true"))]
    fn descriptors(&self) -> Vec<(String, String)> {
        self.0.descriptors.iter().map(|d| (one_line(&d.name), one_line(&d.value))).collect()
    }

    #[zbus(property(emits_changed_signal = "true"))]
    fn update_capabilities(&self) -> Vec<String> {
        self.0.update_capabilities.iter().map(|capability| one_line(capability)).collect()
    }

    #[zbus(property(emits_changed_signal = "true"))]
    fn update_state(&self) -> String {
        one_line(self.0.update_state.as_deref().unwrap_or_default())
    }

    #[zbus(property(emits_changed_signal = "true"))]
    fn inventory_path(&self) -> String {
        one_line(self.0.inventory_path.as_deref().unwrap_or_default())
    }

    #[zbus(property(emits_changed_signal = "true"))]
    fn last_read(&self) -> u64 {
        self.0.last_read.map_or(0, Stamp::wall_milliseconds)
    }

    #[zbus(property(emits_changed_signal = "true"))]
    fn last_read_boot_time(&self) -> u64 {
        self.0.last_read.map_or(0, Stamp::boot_microseconds)
    }

    #[zbus(property(emits_changed_signal = "true"))]
    fn freshness(&self) -> &str {
        self.0.freshness.word()
    }

    #[zbus(property(emits_changed_signal = "true"))]
    fn stale_reason(&self) -> String {
        one_line(self.0.freshness.reason())
    }

    #[zbus(property(emits_changed_signal = "true"))]
    fn faults(&self) -> Vec<(String, String)> {
        self.0.faults.iter().map(|f| (one_line(&f.step), one_line(&f.what))).collect()
    }

    #[zbus(property(emits_changed_signal = "true"))]
    fn leniencies(&self) -> BTreeMap<String, u64> {
        self.0.leniencies.iter().map(|(name, count)| (one_line(name), *count)).collect()
    }

    /// The ids of its objects under `/xyz/openbmc_project/software`.
    #[zbus(property(emits_changed_signal = "true"))]
    fn firmware(&self) -> Vec<String> {
        super::objects::published(&self.0).map(|f| f.id.to_string()).collect()
    }
}
