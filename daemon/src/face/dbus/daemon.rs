//! The properties of the daemon itself, on the root of its own tree.

use crate::{
    model::{Line, Model},
    text::one_line,
};
use std::sync::Arc;
use zbus::interface;

/// The daemon.
#[derive(Clone)]
pub(super) struct Daemon(pub(super) Arc<Model>);

#[interface(name = "xyz.openbmc_project.FirmWarden.Daemon", introspection_docs = false)]
impl Daemon {
    #[zbus(property(emits_changed_signal = "const"))]
    fn version(&self) -> &str {
        env!("CARGO_PKG_VERSION")
    }

    #[zbus(property(emits_changed_signal = "true"))]
    fn settings_faults(&self) -> Vec<String> {
        self.0.settings_faults.iter().map(|f| one_line(f)).collect()
    }

    /// Name, device, and `up`, `up:` and what is wrong on it, or `down:` and why.
    #[zbus(property(emits_changed_signal = "true"))]
    fn lines(&self) -> Vec<(String, String, String)> {
        self.0.lines.iter().map(|(name, line)| (one_line(name), one_line(&line.device), state(line))).collect()
    }
}

fn state(line: &Line) -> String {
    match (&line.down, line.faults.as_slice()) {
        (Some(reason), _) => one_line(&format!("down: {reason}")),
        (None, []) => "up".into(),
        (None, faults) => one_line(&format!("up: {}", faults.join("; "))),
    }
}
