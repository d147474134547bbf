//! What a component and its firmware are called: by the configuration, else by themselves, else by where they are.
//! The same board gives the same names after every restart; nothing is random.

use crate::{
    model::{Fault, Id, Number, Origin},
    settings::{ComponentRule, Settings},
};
use std::collections::BTreeSet;

/// The first rule that means the component at `origin`.
pub(super) fn rule<'a>(rules: &'a [ComponentRule], origin: &Origin) -> Option<&'a ComponentRule> {
    let Origin::Endpoint { line, position, uuid, .. } = origin else { return None };
    rules.iter().find(|rule| rule.matches.fit(line, *position, uuid.as_deref()))
}

/// The names that the configuration gives: no device may take one for itself, whether its owner is there or not.
#[derive(Debug, Default)]
pub(super) struct Given(BTreeSet<Id>);

impl Given {
    pub(super) fn new(settings: &Settings) -> Self {
        let Settings { components, images, .. } = settings;
        let ids = components.iter().map(|rule| rule.id.clone());
        let firmware = components.iter().flat_map(|rule| rule.firmware.iter().map(|it| (&rule.id, &it.name)));
        let firmware = firmware.filter_map(|(id, name)| id.join(name.as_str()));
        let images = images.iter().flat_map(|image| [image.id.clone(), image.component.clone()]);
        Self(ids.chain(firmware).chain(images).collect())
    }

    /// Whether `id` is one, or is what firmware of a configured component is called without a rule.
    pub(super) fn has(&self, id: &Id) -> bool {
        let owner = id.as_str().split_once("_component_").and_then(|(owner, _)| Id::new(owner));
        self.0.contains(id) || owner.is_some_and(|owner| self.0.contains(&owner))
    }
}

/// The id of a component that no rule names: the name it gives itself, else its UUID, else its place.
pub(super) fn component(given: &Given, own_name: Option<&str>, origin: &Origin) -> (Id, Option<Fault>) {
    let claimed = own_name.and_then(Id::from_words);
    let fault = claimed.as_ref().filter(|id| given.has(id)).map(|id| Fault {
        step: "id".into(),
        what: format!("the device calls itself {id}, which the configuration gives to another"),
    });
    let names = [claimed, by_uuid(origin), by_place(origin), by_number(origin)];
    let id = names.into_iter().flatten().find(|id| !given.has(id));
    (id.unwrap_or_else(Id::unnamed), fault)
}

fn by_uuid(origin: &Origin) -> Option<Id> {
    let Origin::Endpoint { uuid: Some(uuid), .. } = origin else { return None };
    let digits: String = uuid.chars().filter(char::is_ascii_hexdigit).collect();
    Id::new(&format!("device_{digits}"))
}

fn by_place(origin: &Origin) -> Option<Id> {
    match origin {
        Origin::Local => None,
        Origin::Endpoint { line, position: 0, .. } => Id::from_words(line),
        Origin::Endpoint { line, position, .. } => Id::from_words(&format!("{line} {position}")),
    }
}

/// A line may be called as the configuration calls a component.
fn by_number(origin: &Origin) -> Option<Id> {
    let Origin::Endpoint { network, position, .. } = origin else { return None };
    Id::new(&format!("network_{network}_{position}"))
}

/// The id and name of one firmware, and whether the configuration calls it the component's primary one.
pub(super) type Named = (Option<Id>, String, bool);

/// What one firmware of a component is called.
///
/// Nothing but its own numbers and the configuration has a say: another that comes, goes or is cut off changes no name.
pub(super) fn firmware(component: &Id, rule: Option<&ComponentRule>, number: Number) -> Named {
    let rules = rule.map_or(&[][..], |rule| &rule.firmware);
    let named = rules.iter().find(|r| r.identifier == number.identifier && r.index.is_none_or(|i| i == number.index));
    if let Some(named) = named {
        return (component.join(named.name.as_str()), named.name.to_string(), named.primary);
    }
    let Number { identifier, index, .. } = number;
    if index == 0 {
        (component.join(&format!("component_{identifier}")), format!("component {identifier}"), false)
    } else {
        let id = component.join(&format!("component_{identifier}_{index}"));
        (id, format!("component {identifier} index {index}"), false)
    }
}

/// What it is called where that name is another's: in PLDM only classification, identifier and index together are unique.
pub(super) fn classified(component: &Id, number: Number) -> Named {
    let Number { classification, identifier, index } = number;
    let id = component.join(&format!("component_{identifier}_{index}_class_{classification}"));
    (id, format!("component {identifier} index {index} class {classification}"), false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{FirmwareRule, Matches};

    fn at(line: &str, position: u8, uuid: Option<&str>) -> Origin {
        Origin::Endpoint { line: line.into(), position, network: 1, eid: 9, uuid: uuid.map(str::to_owned) }
    }

    fn id(text: &str) -> Id {
        Id::new(text).expect("legal")
    }

    fn rule_for(name: &str, matches: Matches) -> ComponentRule {
        let firmware = vec![FirmwareRule { identifier: 7, index: None, name: id("vbios"), primary: true }];
        ComponentRule {
            id: id(name),
            matches,
            kind: None,
            name: None,
            manufacturer: None,
            model: None,
            parent: None,
            inventory_path: None,
            firmware,
        }
    }

    #[test]
    fn everything_a_rule_asks_for_must_hold() {
        let line = Some(id("riser"));
        let rules = [
            rule_for("nothing", Matches::default()),
            rule_for("far", Matches { line: line.clone(), position: Some(2), uuid: None }),
            rule_for("near", Matches { line, ..Matches::default() }),
        ];
        let found = |origin: &Origin| rule(&rules, origin).map(|r| r.id.to_string());
        assert_eq!(found(&at("riser", 2, None)).as_deref(), Some("far"));
        assert_eq!(found(&at("riser", 0, None)).as_deref(), Some("near"));
        assert_eq!(found(&at("other", 0, None)), None);
        assert_eq!(found(&Origin::Local), None);
    }

    #[test]
    fn a_device_without_a_rule_is_named_by_itself_its_uuid_or_its_place() {
        let named = |own, origin: &Origin| component(&Given::default(), own, origin).0.to_string();
        assert_eq!(named(Some("_NIC 0/b"), &at("riser", 0, None)), "nic_0_b");
        let uuid = at("riser", 0, Some("01020304-0506-0708-090a-0b0c0d0e0f10"));
        assert_eq!(named(None, &uuid), "device_0102030405060708090a0b0c0d0e0f10");
        assert_eq!(named(Some("\u{202e}"), &at("riser", 0, None)), "riser");
        assert_eq!(named(None, &at("riser", 3, None)), "riser_3");
    }

    #[test]
    fn a_device_cannot_take_a_configured_name() {
        let components = vec![rule_for("gpu0", Matches { position: Some(9), ..Matches::default() })];
        let images = vec![crate::settings::ImageSettings {
            id: id("uboot"),
            component: id("bmc"),
            name: "U-Boot".into(),
            path: "/dev/mtd0".into(),
            offset: 0,
            length: None,
            algorithm: crate::model::Algorithm::Sha256,
            version: crate::settings::VersionSource::Digest,
            check_interval: std::time::Duration::ZERO,
            interval: std::time::Duration::ZERO,
        }];
        let given = Given::new(&Settings { components, images, ..Settings::default() });
        for name in ["GPU0", "gpu0 vbios", "GPU0 component 5", "BMC", "bmc component 0", "U boot", "uboot"] {
            let (id, fault) = component(&given, Some(name), &at("riser", 1, None));
            let free = name == "U boot";
            assert_eq!((id.to_string(), fault.is_some()), (if free { "u_boot" } else { "riser_1" }.into(), !free));
        }
        assert_eq!(component(&given, None, &at("gpu0", 0, None)).0, id("network_1_0"), "a line of that name");
    }

    #[test]
    fn firmware_is_named_by_rule_or_number() {
        let rule = rule_for("gpu0", Matches::default());
        let named = |identifier, index| {
            let (id, name, primary) =
                firmware(&id("gpu0"), Some(&rule), Number { classification: 10, identifier, index });
            (id.expect("legal").to_string(), name, primary)
        };
        assert_eq!(named(7, 0), ("gpu0_vbios".into(), "vbios".into(), true));
        assert_eq!(named(8, 0), ("gpu0_component_8".into(), "component 8".into(), false));
        assert_eq!(named(8, 1), ("gpu0_component_8_1".into(), "component 8 index 1".into(), false));
    }
}
