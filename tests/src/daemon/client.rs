//! A D-Bus client that sees what bmcweb sees: every object and every signal.

use futures_util::StreamExt;
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::{sync::watch, task::JoinHandle};
use zbus::{
    Connection, MatchRule, Message, MessageStream, OwnedObjectPath, OwnedVariant, Variant,
    fdo::{DBusProxy, ObjectManagerProxy},
    message::Type,
    names::BusName,
};

/// The daemon's name on the bus.
pub const NAME: &str = "xyz.openbmc_project.FirmWarden";

/// Where the daemon's objects are.
pub mod paths {
    /// Firmware, as bmcweb looks for it.
    pub const SOFTWARE: &str = "/xyz/openbmc_project/software";
    /// The daemon's own tree.
    pub const OWN: &str = "/xyz/openbmc_project/firmwarden";

    /// Sensors, as bmcweb looks for them.
    pub const SENSORS: &str = "/xyz/openbmc_project/sensors";

    /// A firmware's object.
    pub fn software(id: &str) -> String {
        format!("{SOFTWARE}/{id}")
    }

    /// A component's object.
    pub fn component(id: &str) -> String {
        format!("{OWN}/components/{id}")
    }
}

/// The interfaces' names.
#[allow(missing_docs, reason = "their values say it")]
pub mod interface {
    pub const VERSION: &str = "xyz.openbmc_project.Software.Version";
    pub const ACTIVATION: &str = "xyz.openbmc_project.Software.Activation";
    pub const ASSOCIATIONS: &str = "xyz.openbmc_project.Association.Definitions";
    pub const DIGEST: &str = "xyz.openbmc_project.FirmWarden.Digest";
    pub const FIRMWARE: &str = "xyz.openbmc_project.FirmWarden.Firmware";
    pub const COMPONENT: &str = "xyz.openbmc_project.FirmWarden.Component";
    pub const TELEMETRY: &str = "xyz.openbmc_project.FirmWarden.Telemetry";
    pub const VALUE: &str = "xyz.openbmc_project.Sensor.Value";
    pub const WARNING: &str = "xyz.openbmc_project.Sensor.Threshold.Warning";
    pub const CRITICAL: &str = "xyz.openbmc_project.Sensor.Threshold.Critical";
    pub const AVAILABILITY: &str = "xyz.openbmc_project.State.Decorator.Availability";
}

/// Every object of the daemon, by path.
#[derive(Clone, Debug, Default)]
pub struct Objects(pub BTreeMap<String, Object>);

impl Objects {
    /// The firmware with this id.
    pub fn software(&self, id: &str) -> Option<&Object> {
        self.0.get(&paths::software(id))
    }

    /// The component with this id.
    pub fn component(&self, id: &str) -> Option<&Object> {
        self.0.get(&paths::component(id))
    }

    /// The version of the firmware with this id.
    pub fn version(&self, id: &str) -> Option<String> {
        self.software(id)?.text(interface::VERSION, "Version")
    }

    /// `fresh` or `stale`, of the component with this id.
    pub fn freshness(&self, id: &str) -> Option<String> {
        self.component(id)?.text(interface::COMPONENT, "Freshness")
    }

    /// Whether this component is there and fresh.
    pub fn is_fresh(&self, id: &str) -> bool {
        self.freshness(id).is_some_and(|freshness| freshness == "fresh")
    }

    /// The ids of all firmware.
    pub fn software_ids(&self) -> impl Iterator<Item = &str> {
        self.0.keys().filter_map(|path| path.strip_prefix(paths::SOFTWARE)?.strip_prefix('/'))
    }

    /// The ids of all components.
    pub fn component_ids(&self) -> impl Iterator<Item = &str> {
        self.0.keys().filter_map(|path| path.strip_prefix(paths::OWN)?.strip_prefix("/components/"))
    }
}

/// One object: its interfaces' properties.
#[derive(Clone, Debug, Default)]
pub struct Object(pub BTreeMap<String, BTreeMap<String, OwnedVariant>>);

impl Object {
    /// A property.
    pub fn value(&self, interface: &str, property: &str) -> Option<&Variant<'static>> {
        self.0.get(interface)?.get(property).map(|value| &**value)
    }

    /// A property that is a string.
    pub fn text(&self, interface: &str, property: &str) -> Option<String> {
        match self.value(interface, property)? {
            Variant::Str(text) => Some(text.to_string()),
            Variant::ObjectPath(path) => Some(path.to_string()),
            _ => None,
        }
    }

    /// A property that is a number without a sign.
    pub fn number(&self, interface: &str, property: &str) -> Option<u64> {
        match self.value(interface, property)? {
            Variant::U8(number) => Some((*number).into()),
            Variant::U16(number) => Some((*number).into()),
            Variant::U32(number) => Some((*number).into()),
            Variant::U64(number) => Some(*number),
            _ => None,
        }
    }

    /// A property that is an array, each element as text: `a(ss)` gives `("a", "b")`.
    pub fn list(&self, interface: &str, property: &str) -> Vec<String> {
        match self.value(interface, property) {
            Some(Variant::Array(array)) => array.iter().map(plain).collect(),
            _ => vec![],
        }
    }

    /// A component's faults, each as `step: what`.
    pub fn faults(&self) -> Vec<String> {
        self.list(interface::COMPONENT, "Faults")
    }
}

/// A signal, in the order of its coming.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Signal {
    /// An object, or more of it, is there.
    Added(String),
    /// An object, or a part of it, is gone.
    Removed(String),
    /// These properties of this interface of this object changed.
    Changed(String, String, Vec<String>),
    /// The daemon's name came or went.
    Name(bool),
}

/// A client that follows the daemon's objects.
#[derive(Debug)]
pub struct Client {
    connection: Connection,
    objects: watch::Receiver<Objects>,
    signals: Arc<watch::Sender<Vec<Signal>>>,
    task: JoinHandle<zbus::Result<()>>,
}

impl Client {
    /// Connects; the daemon need not be there yet.
    pub async fn connect(address: &str) -> zbus::Result<Self> {
        // Signals come over a connection of their own: a full queue of them would keep answers from us.
        let connection = zbus::connection::Builder::address(address).method_timeout(CALL).build().await?;
        let signalled = zbus::connection::Builder::address(address).build().await?;
        let rules = [
            MatchRule::builder().msg_type(Type::Signal).path_namespace("/xyz/openbmc_project").build()?,
            MatchRule::builder().msg_type(Type::Signal).member("NameOwnerChanged").arg(0, NAME).build()?,
        ];
        let bus = DBusProxy::new(&signalled).await?;
        for rule in rules {
            bus.add_match_rule(rule).await?;
        }
        let stream = MessageStream::from(&signalled);
        let (objects, receiver) = watch::channel(all(&connection).await);
        let signals = Arc::new(watch::Sender::new(Vec::new()));
        let task = tokio::spawn(follow(connection.clone(), stream, objects, Arc::clone(&signals)));
        Ok(Self { connection, objects: receiver, signals, task })
    }

    /// The connection, for calls of the test's own.
    pub const fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Every object there is now.
    pub fn objects(&self) -> Objects {
        self.objects.borrow().clone()
    }

    /// Waits until the objects are as wanted; panics with `what` and what there is when it takes too long.
    pub async fn wait_for(&self, what: &str, wanted: impl Fn(&Objects) -> bool) -> Objects {
        let mut objects = self.objects.clone();
        let found = tokio::time::timeout(crate::PATIENCE, objects.wait_for(|all| wanted(all))).await;
        match found {
            Ok(Ok(found)) => return found.clone(),
            Ok(Err(_)) => panic!("the bus went away while waiting for {what}"),
            Err(_) => {}
        }
        let last = self.objects();
        let seen: Vec<_> = last.component_ids().map(|id| (id, last.freshness(id))).collect();
        panic!(
            "waited in vain for {what}\ncomponents: {seen:?}\nfirmware: {:?}",
            last.software_ids().collect::<Vec<_>>()
        )
    }

    /// Every signal so far.
    pub fn signals(&self) -> Vec<Signal> {
        self.signals.borrow().clone()
    }

    /// Waits until such a signal came.
    pub async fn wait_for_signal(&self, what: &str, is: impl Fn(&Signal) -> bool) {
        let mut signals = self.signals.subscribe();
        let _ = crate::eventually(what, signals.wait_for(|all| all.iter().any(&is))).await;
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Reads everything anew after each burst of signals: what a client would see that has just come.
async fn follow(
    connection: Connection,
    mut stream: MessageStream,
    objects: watch::Sender<Objects>,
    signals: Arc<watch::Sender<Vec<Signal>>>,
) -> zbus::Result<()> {
    while let Some(message) = stream.next().await {
        let mut seen = signal(&message?).into_iter().collect::<Vec<_>>();
        while let Some(Some(Ok(more))) = futures_util::FutureExt::now_or_never(stream.next()) {
            seen.extend(signal(&more));
        }
        if seen.is_empty() {
            continue; // the answer to a call
        }
        let now = all(&connection).await;
        signals.send_modify(|all| all.extend(seen));
        objects.send_replace(now);
    }
    Ok(())
}

/// How long the daemon may take to answer: it answers from memory.
const CALL: Duration = Duration::from_secs(5);

/// Whether the daemon is on the bus: busd 0.6.1 answers no call to a name that nobody has, so that is asked first.
pub(super) async fn is_there(connection: &Connection) -> bool {
    let Ok(bus) = DBusProxy::new(connection).await else { return false };
    let Ok(name) = BusName::from_static_str(NAME) else { return false };
    bus.name_has_owner(name).await.unwrap_or(false)
}

/// Every object of the daemon; none while it is not there.
async fn all(connection: &Connection) -> Objects {
    let mut objects = Objects::default();
    if !is_there(connection).await {
        return objects;
    }
    for root in [paths::SOFTWARE, paths::OWN, paths::SENSORS] {
        let Ok(proxy) = ObjectManagerProxy::new(connection, NAME, root).await else { continue };
        for (path, interfaces) in proxy.get_managed_objects().await.unwrap_or_default() {
            let interfaces = interfaces.into_iter().map(|(name, properties)| {
                let properties = properties.into_iter().collect();
                (name.to_string(), properties)
            });
            objects.0.insert(path.to_string(), Object(interfaces.collect()));
        }
    }
    objects
}

fn signal(message: &Message) -> Option<Signal> {
    let header = message.header();
    if header.message_type() != Type::Signal {
        return None;
    }
    let body = message.body();
    match header.member()?.as_str() {
        "InterfacesAdded" => {
            let (path, _): (OwnedObjectPath, BTreeMap<String, BTreeMap<String, OwnedVariant>>) =
                body.deserialize().ok()?;
            Some(Signal::Added(path.to_string()))
        }
        "InterfacesRemoved" => {
            let (path, _): (OwnedObjectPath, Vec<String>) = body.deserialize().ok()?;
            Some(Signal::Removed(path.to_string()))
        }
        "PropertiesChanged" => {
            let (name, changed, invalidated): (String, BTreeMap<String, OwnedVariant>, Vec<String>) =
                body.deserialize().ok()?;
            let properties = changed.into_keys().chain(invalidated).collect();
            Some(Signal::Changed(header.path()?.to_string(), name, properties))
        }
        "NameOwnerChanged" => {
            let (name, _, new): (String, String, String) = body.deserialize().ok()?;
            (name == NAME).then_some(Signal::Name(!new.is_empty()))
        }
        _ => None,
    }
}

fn plain(value: &Variant<'_>) -> String {
    match value {
        Variant::Str(text) => text.to_string(),
        Variant::Structure(fields) => fields.fields().iter().map(plain).collect::<Vec<_>>().join(": "),
        Variant::Variant(inner) => plain(inner),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{bus::Bus, eventually};

    #[tokio::test]
    async fn without_a_daemon_there_is_nothing() {
        let bus = Bus::start().unwrap();
        let client = eventually("a connection", Client::connect(&bus.address())).await.unwrap();
        assert!(client.objects().0.is_empty());
    }
}
