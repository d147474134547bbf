//! What to call a sensor, and where it is: the best that all the records together say.

use super::{AssociationType, Entity, EntityAuxiliaryNames, Names, Pdr, Record};
use std::collections::{BTreeMap, HashMap, HashSet};

/// What to call a sensor.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SensorName {
    /// What it watches.
    pub entity: Entity,
    /// The name of the whole.
    pub name: String,
    /// The names of those in it, by their offset; none where the device gives none.
    pub members: Vec<Option<String>>,
}

/// What to call each sensor, numeric or state, by its terminus handle and sensor id.
///
/// The best there is: its own name in English, the name in the record of a compact numeric sensor, else the name of what
/// it watches and its number. Two sensors can have the same name.
pub fn sensor_names<'a>(records: impl IntoIterator<Item = &'a Pdr> + Clone) -> BTreeMap<(u16, u16), SensorName> {
    let given = Given::new(records.clone());
    let named = records.into_iter().filter_map(|pdr| {
        let (terminus, id, entity, own, count) = match &pdr.record {
            Record::NumericSensor(it) => (it.terminus_handle, it.sensor_id, it.entity, None, 1),
            Record::CompactNumericSensor(it) => {
                (it.terminus_handle, it.sensor_id, it.entity, Some(it.name().to_string_lenient().0), 1)
            }
            Record::StateSensor(it) => (it.terminus_handle, it.sensor_id, it.entity, None, it.sensors.len()),
            _ => return None,
        };
        let members = given.sensors.get(&(terminus, id)).copied().unwrap_or_default();
        let members: Vec<_> = members.iter().map(Names::best).collect();
        let first = if count == 1 { members.first().cloned().flatten() } else { None };
        let name = first.or_else(|| own.filter(|own| !own.is_empty()));
        let name = name.unwrap_or_else(|| format!("{} sensor {id}", given.entity_name(entity)));
        Some(((terminus, id), SensorName { entity, name, members }))
    });
    named.collect()
}

/// The names that a device gives.
struct Given<'a> {
    sensors: HashMap<(u16, u16), &'a [Names]>,
    entities: Vec<&'a EntityAuxiliaryNames>,
}

impl<'a> Given<'a> {
    fn new(records: impl IntoIterator<Item = &'a Pdr>) -> Self {
        let mut given = Self { sensors: HashMap::new(), entities: Vec::new() };
        for pdr in records {
            match &pdr.record {
                Record::SensorAuxiliaryNames(it) => {
                    given.sensors.entry((it.terminus_handle, it.id)).or_insert(&it.members);
                }
                Record::EntityAuxiliaryNames(it) => given.entities.push(it),
                _ => {}
            }
        }
        given
    }

    /// The entity's own name, else the name of its type and its number. A name that several share gets the number too.
    fn entity_name(&self, entity: Entity) -> String {
        let number = entity.instance_number;
        let own = self.entities.iter().find_map(|it| {
            let further = number.checked_sub(it.entity.instance_number)?;
            let same = Entity { instance_number: number, ..it.entity } == entity;
            let name = (same && further <= u16::from(it.shared_name_count)).then(|| it.names.best()).flatten()?;
            Some(if it.shared_name_count == 0 { name } else { format!("{name} {number}") })
        });
        own.unwrap_or_else(|| format!("{} {number}", entity.entity_type))
    }
}

/// What is inside what.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Containment {
    /// The container of an entity that a record names.
    inside: HashMap<Entity, Entity>,
    /// The container of that number.
    containers: HashMap<u16, Entity>,
}

impl Containment {
    /// As the records say; where two contradict each other the first holds, and a physical one before a logical one.
    pub fn new<'a>(records: impl IntoIterator<Item = &'a Pdr>) -> Self {
        let associations = records.into_iter().filter_map(|pdr| match &pdr.record {
            Record::EntityAssociation(it) => Some(it),
            _ => None,
        });
        let (physical, logical): (Vec<_>, Vec<_>) =
            associations.partition(|it| it.association_type == AssociationType::PHYSICAL);
        let mut containment = Self::default();
        for association in physical.into_iter().chain(logical) {
            containment.containers.entry(association.container_id).or_insert(association.container);
            for entity in &association.contained {
                containment.inside.entry(*entity).or_insert(association.container);
            }
        }
        containment
    }

    /// What the entity is directly inside of, if a record says so.
    pub fn container(&self, entity: Entity) -> Option<Entity> {
        let named = self.inside.get(&entity).or_else(|| self.containers.get(&entity.container_id));
        named.copied().filter(|container| *container != entity)
    }

    /// Everything the entity is inside of, the nearest first. Entities that contain each other end it.
    pub fn containers(&self, entity: Entity) -> Vec<Entity> {
        let mut seen = HashSet::from([entity]);
        let outwards = std::iter::successors(self.container(entity), |inner| self.container(*inner));
        outwards.take_while(|container| seen.insert(*container)).collect()
    }
}

#[cfg(test)]
#[path = "naming_tests.rs"]
mod tests;
