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
