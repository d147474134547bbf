//! What the daemon says of sensors and events on D-Bus, in the shape that docs/d-bus.md tells and not in the daemon's own.

use super::client::{Client, NAME, interface::TELEMETRY, is_there, paths};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::{collections::BTreeMap, fmt::Debug, future::Future, time::Duration};
use zbus::Type;

/// A sensor, as `Sensors` tells it.
#[derive(Clone, Debug, Deserialize, PartialEq, Type)]
#[allow(missing_docs, reason = "docs/d-bus.md tells them, in this order")]
pub struct Sensor {
    pub id: String,
    pub component: String,
    pub name: String,
    pub number: u16,
    pub location: String,
    pub quantity: String,
    pub unit: String,
    pub state_set: u16,
    pub position: u8,
    pub limits: BTreeMap<String, f64>,
    pub interval: u64,
    pub known: bool,
    pub value: f64,
    pub text: String,
    pub level: String,
    pub last_read: u64,
    pub last_read_boot_time: u64,
}

impl Sensor {
    /// Its value, if it has one.
    pub fn value(&self) -> Option<f64> {
        self.known.then_some(self.value)
    }
}

/// A component that has sensors, as `Sources` tells it.
#[derive(Clone, Debug, Deserialize, PartialEq, Type)]
#[allow(missing_docs, reason = "docs/d-bus.md tells them, in this order")]
pub struct Source {
    pub component: String,
    pub events: String,
    pub faults: Vec<(String, String)>,
}

/// An event, as `Events` tells it.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, Type)]
#[allow(missing_docs, reason = "docs/d-bus.md tells them, in this order")]
pub struct Told {
    pub sequence: u64,
    pub time: u64,
    pub boot_time: u64,
    pub name: String,
    pub severity: String,
    pub subject: String,
    pub text: String,
    pub facts: BTreeMap<String, String>,
}

impl Told {
    /// One of its facts; empty when it is not said.
    pub fn fact(&self, name: &str) -> &str {
        self.facts.get(name).map_or("", String::as_str)
    }

    /// Whether it has this name and is about this: a component, or a sensor of one.
    pub fn is(&self, name: &str, id: &str) -> bool {
        self.name == name && self.fact("hw.id") == id
    }
}

/// How often is asked for what nothing announces.
const AGAIN: Duration = Duration::from_millis(20);

impl Client {
    /// Every sensor now; none while the daemon is not there.
    pub async fn sensors(&self) -> Vec<Sensor> {
        self.ask("Sensors", &()).await.unwrap_or_default()
    }

    /// Every component that has sensors now.
    pub async fn sources(&self) -> Vec<Source> {
        self.ask("Sources", &()).await.unwrap_or_default()
    }

    /// The events that are kept, the oldest first.
    pub async fn events(&self) -> Vec<Told> {
        self.ask("Events", &0u64).await.unwrap_or_default()
    }

    /// Has a component's logs fetched.
    pub async fn fetch_logs(&self, component: &str) -> zbus::Result<()> {
        self.ask("FetchLogs", &component).await
    }

    /// Waits until sensors are as wanted; panics with `what` and what they are when it takes too long.
    pub async fn wait_for_sensors(&self, what: &str, wanted: impl Fn(&[Sensor]) -> bool) -> Vec<Sensor> {
        again(what, async || self.sensors().await, |all| wanted(all)).await
    }

    /// Waits until this sensor is as wanted.
    pub async fn wait_for_sensor(&self, id: &str, what: &str, wanted: impl Fn(&Sensor) -> bool) -> Sensor {
        let find = async || self.sensors().await.into_iter().find(|sensor| sensor.id == id);
        let found = again(&format!("{id}: {what}"), find, |it| it.as_ref().is_some_and(&wanted)).await;
        found.unwrap_or_else(|| panic!("{id} was there"))
    }

    /// Waits until components that have sensors are as wanted.
    pub async fn wait_for_sources(&self, what: &str, wanted: impl Fn(&[Source]) -> bool) -> Vec<Source> {
        again(what, async || self.sources().await, |all| wanted(all)).await
    }

    /// Waits until there is such an event, and gives the first of them.
    pub async fn wait_for_event(&self, what: &str, is: impl Fn(&Told) -> bool) -> Told {
        let all = again(what, async || self.events().await, |all| all.iter().any(&is)).await;
        all.into_iter().find(is).unwrap_or_else(|| panic!("{what} was there"))
    }

    async fn ask<T: DeserializeOwned + Type>(
        &self,
        method: &str,
        body: &(impl Serialize + Type + Sync),
    ) -> zbus::Result<T> {
        if !is_there(self.connection()).await {
            return Err(zbus::Error::Failure("the daemon is not there".into()));
        }
        let answer = self.connection().call_method(Some(NAME), paths::OWN, Some(TELEMETRY), method, body).await?;
        answer.body().deserialize()
    }
}

/// Asks again and again until the answer is as wanted; panics with the last one when that takes too long.
async fn again<T: Debug, F: Future<Output = T>>(what: &str, ask: impl Fn() -> F, wanted: impl Fn(&T) -> bool) -> T {
    let mut tick = tokio::time::interval(AGAIN);
    let mut last = ask().await;
    let asking = async {
        while !wanted(&last) {
            tick.tick().await;
            last = ask().await;
        }
    };
    if tokio::time::timeout(crate::PATIENCE, asking).await.is_err() {
        panic!("waited in vain for {what}; at last it was\n{last:#?}");
    }
    last
}
