//! Entities: what sensors belong to, how they lie inside one another, and which FRU records describe them.

use wire::{Malformed, Reader, Wire, Writer};

/// The names of the entity types that we know, one a line: the number, a tab, the name.
const TYPES: &str = include_str!("../../../data/entity-types.txt");

/// What an entity is (DSP0249, "Entity ID codes"). The highest bit says that it is logical, not physical.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct EntityType(pub u16);
wire::newtype!(EntityType(u16));

impl EntityType {
    /// Set where the entity is logical: a group, not a thing.
    const LOGICAL: u16 = 0x8000;

    /// Whether it is a group rather than a thing.
    pub const fn is_logical(self) -> bool {
        self.0 & Self::LOGICAL != 0
    }

    /// The specification's name, if the type is one we know; the same for the logical and the physical one.
    pub fn name(self) -> Option<&'static str> {
        let number = self.0 & !Self::LOGICAL;
        let entries = TYPES.lines().filter_map(|line| line.split_once('\t'));
        entries.filter(|(one, _)| one.parse() == Ok(number)).map(|(_, name)| name).next()
    }
}

impl std::fmt::Display for EntityType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "entity type {}", self.0 & !Self::LOGICAL),
        }
    }
}

wire::record! {
    /// Which entity (DSP0248, "Entity identification information").
    #[derive(Copy, Hash, Ord, PartialOrd)]
    pub struct Entity = "entity" {
        /// What it is.
        pub entity_type: EntityType,
        /// Which of those inside the same container.
        pub instance_number: u16,
        /// The container's number; 0 is the whole system.
        pub container_id: u16,
    }
}

wire::codes! {
    /// How entities belong together.
    pub struct AssociationType(u8) {
        /// One is inside the other.
        PHYSICAL = 0,
        /// One is part of a group.
        LOGICAL = 1,
    }
}

/// What is inside what (DSP0248, Entity Association PDR, type 15).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EntityAssociation {
    /// The container's number, which the entities inside refer to.
    pub container_id: u16,
    /// How they belong together.
    pub association_type: AssociationType,
    /// The container.
    pub container: Entity,
    /// What is inside.
    pub contained: Vec<Entity>,
}

impl Wire for EntityAssociation {
    const NAME: &'static str = "Entity Association PDR";
    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            container_id: r.get("container_id")?,
            association_type: r.get("association_type")?,
            container: r.get("container_entity")?,
            contained: {
                let count: u8 = r.get("contained_entity_count")?;
                r.list(count, "contained_entity")?
            },
        })
    }
    fn write(&self, w: &mut Writer) -> Result<(), Malformed> {
        w.put(&self.container_id)?;
        w.put(&self.association_type)?;
        w.put(&self.container)?;
        w.len::<u8>(self.contained.len(), "contained_entity_count")?;
        w.list(&self.contained)
    }
}

wire::record! {
    /// Which FRU records describe an entity (DSP0248, FRU Record Set PDR, type 20).
    pub struct FruRecordSet = "FRU Record Set PDR" {
        /// The terminus that has them.
        pub terminus_handle: u16,
        /// Their number in DSP0257's table.
        pub fru_record_set_identifier: u16,
        /// The entity.
        pub entity: Entity,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_types_is_in_order_and_says_nothing_twice() {
        let numbers: Vec<u16> = TYPES
            .lines()
            .map(|line| {
                let (number, name) = line.split_once('\t').unwrap_or_else(|| panic!("{line:?} has no tab"));
                assert!(name == name.trim() && !name.is_empty() && name.is_ascii() && !name.contains('\t'), "{line:?}");
                number.parse().unwrap_or_else(|_| panic!("{line:?} has no number"))
            })
            .collect();
        assert!(numbers.is_sorted_by(|one, next| one < next));
        assert!(numbers.len() > 130 && numbers.iter().all(|number| *number < 0x8000) && TYPES.ends_with('\n'));
        let mut names: Vec<_> = TYPES.lines().filter_map(|line| line.split_once('\t')).map(|(_, name)| name).collect();
        names.sort_unstable();
        assert!(names.is_sorted_by(|one, next| one < next), "a name stands twice");
    }

    #[test]
    fn a_logical_entity_has_the_name_of_the_physical_one() {
        assert_eq!((EntityType(135).name(), EntityType(0x8000 | 135).name()), (Some("Processor"), Some("Processor")));
        assert!(EntityType(0x8087).is_logical() && !EntityType(0x87).is_logical());
        assert_eq!((EntityType(24577).name(), EntityType(24577).to_string()), (None, "entity type 24577".into()));
    }
}
