//! Names that a device gives to its sensors, effecters and entities, in as many languages as it likes.

use super::Entity;
use crate::{Answer, Keep, Octets, StringType, Text};
use wire::{Damage, Malformed, Reader, Wire, Writer};

/// A name in one language.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Name {
    /// The language, as RFC 4646 tags it: ASCII, without the NUL that ends it.
    pub language: Octets,
    /// The name: UTF-16, high byte first, without the NUL that ends it.
    pub name: Octets,
}

impl Name {
    /// The name as a string like any other.
    pub fn text(&self) -> Text {
        Text { encoding: StringType::UTF_16BE, bytes: self.name.clone() }
    }

    /// The name as one printable line.
    pub fn to_line(&self) -> String {
        self.text().to_string_lenient().0
    }

    /// Takes a name; one whose NUL is not there ends with the record, and that is damage.
    fn keep(r: &mut Reader<'_>) -> Result<Answer<Self>, Malformed> {
        let ahead = r.clone().rest();
        let Some(length) = ahead.iter().position(|&byte| byte == 0) else {
            r.take(ahead.len(), "name_language_tag")?;
            return Err(r.malformed(Damage::Short));
        };
        let language = Octets::from(r.take(length, "name_language_tag")?);
        r.take(1u8, "name_language_tag")?;
        let ahead = r.clone().rest();
        let (pairs, _) = ahead.as_chunks::<2>();
        let length = pairs.iter().position(|pair| *pair == [0, 0]).map(|at| at.saturating_mul(2));
        let name = Octets::from(r.take(length.unwrap_or(ahead.len()), "name")?);
        let damage = match length {
            Some(_) => r.take(2u8, "name").err(),
            None => Some(r.malformed(Damage::Short)),
        };
        Ok(Answer { value: Self { language, name }, damage })
    }

    fn write(&self, w: &mut Writer) -> Result<(), Malformed> {
        let (pairs, odd) = self.name.as_chunks::<2>();
        let ends_early = self.language.contains(&0) || pairs.contains(&[0, 0]) || !odd.is_empty();
        if ends_early {
            return Err(Malformed { message: "auxiliary name", field: "name", damage: Damage::Contradiction });
        }
        w.bytes(&self.language);
        w.put(&0u8)?;
        w.bytes(&self.name);
        w.put(&0u16)
    }
}

/// The names of one thing.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Names(pub Vec<Name>);

impl Names {
    /// The name to show: the English one, else one in some English, else the first that is not empty.
    pub fn best(&self) -> Option<String> {
        let shown = || self.0.iter().map(|name| (name, name.to_line())).filter(|(_, line)| !line.is_empty());
        let tagged = |one: &Name, tag: &[u8]| one.language.eq_ignore_ascii_case(tag);
        let some_english = |one: &Name| one.language.get(..3).is_some_and(|tag| tag.eq_ignore_ascii_case(b"en-"));
        let found =
            shown().find(|(name, _)| tagged(name, b"en")).or_else(|| shown().find(|(name, _)| some_english(name)));
        found.or_else(|| shown().next()).map(|(_, line)| line)
    }

    /// Takes as many names as are said to be there; what came before the damage is kept.
    fn keep(r: &mut Reader<'_>, count: u8) -> (Self, Option<Malformed>) {
        let mut names = Vec::new();
        for _ in 0..count {
            match Name::keep(r) {
                Ok(Answer { value, damage }) => {
                    names.push(value);
                    if damage.is_some() {
                        return (Self(names), damage);
                    }
                }
                Err(malformed) => return (Self(names), Some(malformed)),
            }
        }
        (Self(names), None)
    }

    fn write(&self, w: &mut Writer) -> Result<(), Malformed> {
        w.len::<u8>(self.0.len(), "name_string_count")?;
        self.0.iter().try_for_each(|name| name.write(w))
    }
}

/// The names of a sensor or an effecter (DSP0248, Sensor Auxiliary Names PDR, type 6, and Effecter Auxiliary Names PDR,
/// type 13).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AuxiliaryNames {
    /// The terminus that has it.
    pub terminus_handle: u16,
    /// The number of the sensor or effecter.
    pub id: u16,
    /// The names of each of those in it, by their offset.
    pub members: Vec<Names>,
}

impl Keep for AuxiliaryNames {
    fn read_kept(r: &mut Reader<'_>) -> Result<Answer<Self>, Malformed> {
        let (terminus_handle, id) = (r.get("terminus_handle")?, r.get("id")?);
        let count: u8 = r.get("count")?;
        let (mut members, mut damage) = (Vec::new(), None);
        for _ in 0..count {
            let names = match r.get("name_string_count") {
                Ok(count) => Names::keep(r, count),
                Err(malformed) => {
                    damage = Some(malformed);
                    break;
                }
            };
            members.push(names.0);
            damage = names.1;
            if damage.is_some() {
                break;
            }
        }
        Ok(Answer { value: Self { terminus_handle, id, members }, damage })
    }
}

impl Wire for AuxiliaryNames {
    const NAME: &'static str = "Auxiliary Names PDR";
    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        Self::read_whole(r)
    }
    fn write(&self, w: &mut Writer) -> Result<(), Malformed> {
        w.put(&self.terminus_handle)?;
        w.put(&self.id)?;
        w.len::<u8>(self.members.len(), "count")?;
        self.members.iter().try_for_each(|names| names.write(w))
    }
}

/// The names of an entity (DSP0248, Entity Auxiliary Names PDR, type 16).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EntityAuxiliaryNames {
    /// The entity.
    pub entity: Entity,
    /// How many entities more, of the next instance numbers, have these names too.
    pub shared_name_count: u8,
    /// The names.
    pub names: Names,
}

impl Keep for EntityAuxiliaryNames {
    fn read_kept(r: &mut Reader<'_>) -> Result<Answer<Self>, Malformed> {
        let (entity, shared_name_count) = (r.get("entity")?, r.get("shared_name_count")?);
        let count = r.get("name_string_count")?;
        let (names, damage) = Names::keep(r, count);
        Ok(Answer { value: Self { entity, shared_name_count, names }, damage })
    }
}

impl Wire for EntityAuxiliaryNames {
    const NAME: &'static str = "Entity Auxiliary Names PDR";
    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        Self::read_whole(r)
    }
    fn write(&self, w: &mut Writer) -> Result<(), Malformed> {
        w.put(&self.entity)?;
        w.put(&self.shared_name_count)?;
        self.names.write(w)
    }
}
