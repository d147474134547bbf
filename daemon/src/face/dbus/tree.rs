//! Keeps the objects on one connection equal to the model, and tells the bus what became different.

use super::{
    OWN, SENSORS, SOFTWARE,
    managed::{Managed, Published, read},
    mapper::{self, Answer},
    objects::{self, Interfaces, Object},
    projection::Projection,
    properties::Properties,
    sensors,
    telemetry::Telemetry,
};
use crate::model::{Id, Model};
use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};
use tokio::time::{Instant, timeout};
use zbus::{Connection, OwnedVariant, fdo, names::InterfaceName, object_server::SignalEmitter};

/// The objects on one connection.
pub(super) struct Tree {
    connection: Connection,
    published: Published,
    /// What of sensors, events and logs is on our root.
    telemetry: Telemetry,
    /// The paths that have an object manager; sensors' only where sensors are objects.
    roots: Vec<&'static str>,
    /// What is published.
    model: Arc<Model>,
    /// The components whose `ran_on` association is another service's.
    held: BTreeSet<Id>,
    /// Until when a mapper that hangs is not asked again.
    mapper_rests: Option<Instant>,
    /// Whether changes are signalled: nobody can know us before the name is ours.
    speaks: bool,
}

impl Tree {
    /// The roots and the daemon's own interfaces, without any component. With `sensors` each sensor is an object, too.
    pub(super) async fn new(connection: &Connection, telemetry: Telemetry, sensors: bool) -> zbus::Result<Self> {
        let mut roots = vec![SOFTWARE, OWN];
        roots.extend(sensors.then_some(SENSORS));
        let tree = Self {
            connection: connection.clone(),
            published: Published::default(),
            telemetry,
            roots,
            model: Arc::default(),
            held: BTreeSet::new(),
            mapper_rests: None,
            speaks: false,
        };
        for root in tree.roots.iter().filter(|root| **root != OWN) {
            tree.put(objects::of_root(root, &tree.published)).await?;
        }
        tree.put(objects::of_daemon(&tree.model, &tree.telemetry, &tree.published)).await?;
        Ok(tree)
    }

    /// From now on every change is signalled.
    pub(super) fn speak(&mut self) {
        self.speaks = true;
    }

    /// Makes the tree equal to `model`. A component whose value is shared with the model of before is not looked at.
    pub(super) async fn follow(&mut self, model: Arc<Model>) -> zbus::Result<()> {
        let before = std::mem::replace(&mut self.model, model);
        let now = Arc::clone(&self.model);
        let was = |id: &Id| before.components.get(id);
        let is = |id: &Id| now.components.get(id);
        let changed = |a: &Arc<_>, b: Option<&Arc<_>>| !b.is_some_and(|b| Arc::ptr_eq(a, b));
        let former: Vec<_> = before.components.values().filter(|c| changed(c, is(&c.id))).collect();
        let current: Vec<_> = now.components.values().filter(|c| changed(c, was(&c.id))).cloned().collect();

        let mut gone: BTreeSet<String> =
            former.iter().flat_map(|c| objects::of_component(c, false)).map(|(path, _)| path).collect();
        if self.mapper_rests.is_none_or(|until| Instant::now() >= until) {
            let answered = timeout(mapper::PATIENCE, self.ask_mapper(&now, &current)).await;
            self.mapper_rests = answered.err().map(|_| Instant::now() + mapper::REST);
        }
        let wanted: BTreeMap<_, _> =
            current.iter().flat_map(|c| objects::of_component(c, self.held.contains(&c.id))).collect();
        gone.retain(|path| !wanted.contains_key(path));
        for path in gone {
            self.put((path, vec![])).await?;
        }
        // In reverse order: whoever sees a component finds its firmware there already.
        for object in wanted.into_iter().rev() {
            self.put(object).await?;
        }
        if self.roots.contains(&SENSORS) {
            for object in sensors::different(&before, &now) {
                self.put(object).await?;
            }
        }
        self.put(objects::of_daemon(&now, &self.telemetry, &self.published)).await
    }

    /// Asks anew for every component that was read anew: other services come and go.
    async fn ask_mapper(&mut self, now: &Model, components: &[Arc<crate::model::Component>]) {
        self.held.retain(|id| now.components.contains_key(id));
        for component in components {
            let Some(path) = objects::inventory_path(component) else { continue };
            match mapper::ask(&self.connection, component, &path).await {
                Answer::Held => drop(self.held.insert(component.id.clone())),
                Answer::Free => drop(self.held.remove(&component.id)),
                Answer::Silent => return,
            }
        }
    }

    /// Makes one object what it shall be; without interfaces it is taken away.
    async fn put(&self, (path, wanted): Object) -> zbus::Result<()> {
        let place = SignalEmitter::new(&self.connection, path.as_str())?;
        let there = self.published.with(|all| all.get(&path).cloned()).unwrap_or_default();
        let server = self.connection.object_server();
        let mut removed = Vec::new();
        for interface in there.iter().filter(|i| find(&wanted, &i.name()).is_none()) {
            server.remove_named(place.path(), interface.name()).await?;
            removed.push(interface.name());
        }
        let mut added = Interfaces::new();
        for interface in &wanted {
            if find(&there, &interface.name()).is_none() {
                interface.export(&place).await?;
                added.push(Arc::clone(interface));
            }
        }
        if there.is_empty() && !wanted.is_empty() {
            server.remove::<fdo::Properties, _>(place.path()).await?;
            Properties(self.published.clone()).export(&place).await?;
        }
        self.published.with(|all| match wanted.is_empty() {
            true => all.remove(&path),
            false => all.insert(path.clone(), wanted.clone()),
        });
        self.announce(&place, &added, removed).await?;
        for interface in &wanted {
            if let Some(old) = find(&there, &interface.name()) {
                self.change(&place, &**old, &**interface).await?;
            }
        }
        Ok(())
    }

    /// One signal for all the interfaces that an object gained, one for all it lost.
    async fn announce(
        &self,
        place: &SignalEmitter<'_>,
        added: &Interfaces,
        removed: Vec<InterfaceName<'static>>,
    ) -> zbus::Result<()> {
        let root = self.roots.iter().find(|root| place.path().starts_with(**root));
        let Some(root) = root.filter(|_| self.speaks) else { return Ok(()) };
        let root = SignalEmitter::new(&self.connection, *root)?;
        if !removed.is_empty() {
            Managed::interfaces_removed(&root, place.path().clone(), removed).await?;
        }
        if !added.is_empty() {
            Managed::interfaces_added(&root, place.path().clone(), read(added, place).await?).await?;
        }
        Ok(())
    }

    /// One signal for all the properties of an interface that are different, none if none is.
    async fn change(&self, place: &SignalEmitter<'_>, old: &dyn Projection, new: &dyn Projection) -> zbus::Result<()> {
        let (before, now) = (old.properties(place).await?, new.properties(place).await?);
        let different: HashMap<_, _> = now
            .iter()
            .filter(|(name, value)| !before.get(*name).is_some_and(|before| is_same(before, value)))
            .map(|(name, value)| Ok((name.as_str(), value.try_into()?)))
            .collect::<zbus::Result<_>>()?;
        if different.is_empty() || !self.speaks {
            return Ok(());
        }
        Properties::properties_changed(place, new.name(), different, Cow::Borrowed(&[])).await
    }
}

/// The roots are published and hold what is published: nobody would ever let go of it.
impl Drop for Tree {
    fn drop(&mut self) {
        self.published.with(BTreeMap::clear);
    }
}

fn find<'a>(interfaces: &'a Interfaces, name: &InterfaceName<'_>) -> Option<&'a Arc<dyn Projection>> {
    interfaces.iter().find(|i| i.name() == *name)
}

/// No number is the same as no number.
fn is_same(a: &OwnedVariant, b: &OwnedVariant) -> bool {
    let is_nan = |value: &OwnedVariant| value.downcast_ref::<f64>().is_ok_and(f64::is_nan);
    a == b || (is_nan(a) && is_nan(b))
}
