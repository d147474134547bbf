//! A D-Bus client that only listens: what it costs the daemon is what any client costs.

use super::Outcome;
use firmwarden_tests::{
    board::Description,
    daemon::{NAME, interface::COMPONENT, paths},
};
use futures_util::StreamExt;
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{sync::Notify, task::JoinHandle, time::Instant};
use zbus::{Connection, MatchRule, Message, MessageStream, OwnedObjectPath, OwnedVariant, message::Type};

/// An object's interfaces and their properties.
pub(crate) type Interfaces = HashMap<String, HashMap<String, OwnedVariant>>;

/// All objects of a root.
pub(crate) type Managed = HashMap<OwnedObjectPath, Interfaces>;

/// What was heard, and when.
#[derive(Clone, Debug, Default)]
pub(crate) struct Heard {
    /// When the daemon's name was there.
    pub(crate) named: Option<Instant>,
    /// Every InterfacesAdded: when, and how often, by the object's path.
    pub(crate) added: HashMap<String, (Instant, usize)>,
    /// How many InterfacesRemoved.
    pub(crate) removed: usize,
    /// How many PropertiesChanged, by the object's path.
    pub(crate) changed: BTreeMap<String, usize>,
}

/// The listener.
#[derive(Debug)]
pub(crate) struct Watcher {
    connection: Connection,
    heard: Arc<Mutex<Heard>>,
    news: Arc<Notify>,
    task: JoinHandle<()>,
}

impl Watcher {
    /// Listens from now on.
    pub(crate) async fn listen(address: &str) -> Outcome<Self> {
        let connection = zbus::connection::Builder::address(address).build().await?;
        let rules = [
            MatchRule::builder().msg_type(Type::Signal).path_namespace("/xyz/openbmc_project").build()?,
            MatchRule::builder().msg_type(Type::Signal).member("NameOwnerChanged").arg(0, NAME).build()?,
        ];
        let bus = zbus::fdo::DBusProxy::new(&connection).await?;
        for rule in rules {
            bus.add_match_rule(rule).await?;
        }
        let (heard, news) = (Arc::<Mutex<Heard>>::default(), Arc::new(Notify::new()));
        let task = tokio::spawn(follow(MessageStream::from(&connection), Arc::clone(&heard), Arc::clone(&news)));
        Ok(Self { connection, heard, news, task })
    }

    /// What was heard so far.
    pub(crate) fn heard(&self) -> MutexGuard<'_, Heard> {
        lock(&self.heard)
    }

    /// Waits until what was heard is enough.
    pub(crate) async fn wait(&self, what: &str, enough: impl Fn(&Heard) -> bool) {
        let news = async {
            while !enough(&self.heard()) {
                self.news.notified().await;
            }
        };
        firmwarden_tests::eventually(what, news).await;
    }

    /// Waits until all firmware of these components is announced; says when the last was.
    pub(crate) async fn all_of(&self, components: &[Description]) -> Instant {
        let wanted: Vec<_> = components.iter().flat_map(objects).collect();
        self.wait("all firmware", |heard| wanted.iter().all(|path| heard.added.contains_key(path))).await;
        let heard = self.heard();
        let times = wanted.iter().filter_map(|path| Some(heard.added.get(path)?.0));
        times.max().unwrap_or_else(Instant::now)
    }

    /// Waits until there is an object at `path`; says when it came. What was there before the name came with the name.
    pub(crate) async fn object(&self, path: &str) -> Outcome<Instant> {
        self.wait("the name", |heard| heard.named.is_some()).await;
        let (all, _) = self.managed(paths::SOFTWARE).await?;
        if !all.keys().any(|known| known.as_str() == path) {
            self.wait(path, |heard| heard.added.contains_key(path)).await;
        }
        let heard = self.heard();
        let when = heard.added.get(path).map(|(when, _)| *when).or(heard.named);
        Ok(when.unwrap_or_else(Instant::now))
    }

    /// Waits until nothing is heard for so long.
    pub(crate) async fn quiet(&self, silence: Duration) {
        while tokio::time::timeout(silence, self.news.notified()).await.is_ok() {}
    }

    /// What `GetManagedObjects` says, and how long that took.
    pub(crate) async fn managed(&self, root: &str) -> Outcome<(Managed, Duration)> {
        let interface = Some("org.freedesktop.DBus.ObjectManager");
        let begin = Instant::now();
        let answer = self.connection.call_method(Some(NAME), root, interface, "GetManagedObjects", &()).await?;
        let took = begin.elapsed();
        Ok((answer.body().deserialize::<Managed>()?, took))
    }

    /// When, since boot, the last component was read.
    pub(crate) async fn last_read(&self) -> Outcome<Duration> {
        let (all, _) = self.managed(paths::OWN).await?;
        let of = |object: &Interfaces| u64::try_from(&**object.get(COMPONENT)?.get("LastReadBootTime")?).ok();
        Ok(Duration::from_micros(all.values().filter_map(of).max().unwrap_or_default()))
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The objects under `/xyz/openbmc_project/software` of one of [`super::components`].
fn objects(component: &Description) -> Vec<String> {
    let names = component.firmware.iter().filter_map(|firmware| firmware.name.as_ref());
    let mut ids: Vec<_> = names.map(|name| format!("{}_{name}", component.name)).collect();
    ids.push(component.name.clone());
    ids.iter().map(|id| paths::software(id)).collect()
}

fn lock(heard: &Mutex<Heard>) -> MutexGuard<'_, Heard> {
    heard.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn follow(mut stream: MessageStream, heard: Arc<Mutex<Heard>>, news: Arc<Notify>) {
    while let Some(Ok(message)) = stream.next().await {
        if take(&message, &mut lock(&heard)).is_some() {
            news.notify_one();
        }
    }
}

fn take(message: &Message, heard: &mut Heard) -> Option<()> {
    let (header, now) = (message.header(), Instant::now());
    let body = message.body();
    match header.member()?.as_str() {
        "InterfacesAdded" => {
            // The rest of it is not read: decoding thousands of values would be measured, too.
            let data = body.data();
            let length = data.first_chunk().map(|length| u32::from_le_bytes(*length))?;
            let path = std::str::from_utf8(data.get(4..)?.get(..length as usize)?).ok()?;
            heard.added.entry(path.into()).or_insert((now, 0)).1 += 1;
        }
        "InterfacesRemoved" => heard.removed += 1,
        "PropertiesChanged" => *heard.changed.entry(header.path()?.to_string()).or_default() += 1,
        "NameOwnerChanged" => heard.named = Some(now),
        _ => return None,
    }
    Some(())
}
