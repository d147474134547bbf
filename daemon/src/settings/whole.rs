//! Checks across all files: names that are taken, and names that nothing has.

use super::{
    ComponentRule, ImageSettings, SerialLine,
    fault::{Complaints, Spot},
};
use crate::model::Id;
use std::collections::{BTreeMap, BTreeSet};

type Entries<T> = Vec<(Spot, T)>;

pub(super) fn lines(mut lines: Entries<SerialLine>, complaints: &mut Complaints) -> Vec<SerialLine> {
    unique(&mut lines, complaints, |line| (line.name.clone(), format!("[[serial]] name: {} is taken", line.name)));
    unique(&mut lines, complaints, |line| {
        (line.device.clone(), format!("[[serial]] device: {} is another line's", line.device.display()))
    });
    bare(lines)
}

pub(super) fn rules_and_images(
    mut rules: Entries<ComponentRule>,
    mut images: Entries<ImageSettings>,
    lines: &[SerialLine],
    complaints: &mut Complaints,
) -> (Vec<ComponentRule>, Vec<ImageSettings>) {
    unique(&mut rules, complaints, |rule| (rule.id.clone(), format!("[[component]] id: {} is taken", rule.id)));
    unique(&mut images, complaints, |image| (image.id.clone(), format!("[[image]] id: {} is taken", image.id)));

    let elsewhere: BTreeSet<Id> = rules.iter().filter(|r| !r.1.is_local()).map(|r| r.1.id.clone()).collect();
    images.retain(|(spot, image)| {
        let local = !elsewhere.contains(&image.component);
        if !local {
            let what = "a component with a match is not on this BMC, so it cannot own an image";
            complaints.add(*spot, format!("[[image]] component: {}: {what}", image.component));
        }
        local
    });
    let owners: BTreeSet<_> = images.iter().map(|(_, image)| image.component.clone()).collect();
    rules.retain(|(spot, rule)| {
        let means_something = !rule.is_local() || owners.contains(&rule.id);
        if !means_something {
            let what = "has no match, and no [[image]] belongs to it";
            complaints.add(*spot, format!("[[component]] {} {what}", rule.id));
        }
        means_something
    });
    // The second of two rules for one place would never be used. Rules without a match differ by their ids.
    unique(&mut rules, complaints, |rule| {
        let key = (rule.matches.clone(), rule.is_local().then(|| rule.id.clone()));
        (key, format!("[[component]] {}: matches what another rule does", rule.id))
    });
    published(&mut rules, &mut images, complaints);
    let names: BTreeSet<_> = lines.iter().map(|line| &line.name).collect();
    for (spot, rule) in &rules {
        if let Some(line) = rule.matches.line.as_ref().filter(|name| !names.contains(name)) {
            complaints.add(*spot, format!("[[component]] match.line: no [[serial]] in force is called {line}"));
        }
    }
    (bare(rules), bare(images))
}

/// Every firmware has one URL, so two must not have one id.
fn published(rules: &mut [(Spot, ComponentRule)], images: &mut Entries<ImageSettings>, complaints: &mut Complaints) {
    let far = rules.iter().filter(|(_, rule)| !rule.is_local());
    let mut taken: BTreeMap<Id, Spot> = far.map(|(spot, rule)| (rule.id.clone(), *spot)).collect();
    for (spot, rule) in rules.iter_mut() {
        let id = rule.id.clone();
        rule.firmware.retain(|firmware| {
            let Some(id) = id.join(firmware.name.as_str()) else { return false };
            let first = taken.get(&id).copied();
            match first {
                Some(first) => {
                    complaints.second(*spot, first, format!("[[component.firmware]] name: the id {id} is taken"));
                }
                None => _ = taken.insert(id, *spot),
            }
            first.is_none()
        });
    }
    images.retain(|(spot, image)| {
        let first = taken.get(&image.id);
        if let Some(first) = first {
            complaints.second(*spot, *first, format!("[[image]] id: {} is taken", image.id));
        }
        first.is_none()
    });
}

/// Drops every entry whose key an earlier entry has.
fn unique<T, K: Ord>(entries: &mut Entries<T>, complaints: &mut Complaints, key: impl Fn(&T) -> (K, String)) {
    let mut seen = BTreeMap::new();
    entries.retain(|(spot, entry)| {
        let (key, what) = key(entry);
        let first = *seen.entry(key).or_insert(*spot);
        if first != *spot {
            complaints.second(*spot, first, what);
        }
        first == *spot
    });
}

fn bare<T>(entries: Entries<T>) -> Vec<T> {
    entries.into_iter().map(|(_, entry)| entry).collect()
}
