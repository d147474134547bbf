//! The tables of which there may be many. A wrong one is left out; the others stay.

use super::{
    ComponentRule, FirmwareRule, ImageSettings, Matches, SerialLine, VersionSource,
    fields::Fields,
    section::{LONGEST, SHORTEST},
    value,
};
use std::{collections::BTreeSet, time::Duration};
use toml::de::DeValue;

const BAUD: u32 = 115_200;
const IMAGE_CHECK_INTERVAL: Duration = Duration::from_secs(10);
const IMAGE_INTERVAL: Duration = Duration::from_secs(3600);

pub(super) fn serial(fields: &mut Fields<'_, '_>) -> Option<SerialLine> {
    let name = fields.required("name", value::id);
    let device = fields.required("device", value::path);
    let baud = fields.optional("baud", value::integer(1_200, 4_000_000)).unwrap_or(BAUD);
    Some(SerialLine { name: name?, device: device?, baud })
}

pub(super) fn component(fields: &mut Fields<'_, '_>) -> Option<ComponentRule> {
    let id = fields.required("id", value::id);
    let matches = fields.table("match", "[[component]] match", matches);
    let kind = fields.optional("type", value::word);
    let name = fields.optional("name", value::text);
    let manufacturer = fields.optional("manufacturer", value::text);
    let model = fields.optional("model", value::text);
    let parent = fields.optional("parent", value::id);
    let inventory_path = fields.optional("inventory", value::object_path);
    if parent.is_some() && parent == id {
        fields.refuse_key("parent", "a component is not part of itself");
    }
    let (mut names, mut numbers, mut primary) = (BTreeSet::new(), BTreeSet::new(), false);
    let firmware = fields.tables("firmware", "[[component.firmware]]", |fields| {
        let rule = firmware(fields)?;
        if id.as_ref().is_some_and(|id| id.join(rule.name.as_str()).is_none()) {
            fields.refuse_key("name", "with the component's id before it this is longer than 128");
        } else if primary && rule.primary {
            fields.refuse_key("primary", "only one of a component's can be");
        } else if !names.insert(rule.name.clone()) {
            fields.refuse_key("name", &format!("{} is taken already in this component", rule.name));
        } else if !numbers.insert((rule.identifier, rule.index)) {
            fields.refuse_key("identifier", "has a name already in this component");
        } else {
            primary |= rule.primary;
        }
        Some(rule)
    });
    let firmware: Vec<_> = firmware.into_iter().map(|(_, rule)| rule).collect();
    if matches.is_none() && !fields.has("match") && !firmware.is_empty() {
        fields.refuse_key("firmware", "needs a match: what the BMC itself hashes is named by [[image]]");
    }
    let matches = matches.unwrap_or_default();
    Some(ComponentRule { id: id?, matches, kind, name, manufacturer, model, parent, inventory_path, firmware })
}

pub(super) fn image(fields: &mut Fields<'_, '_>) -> Option<ImageSettings> {
    let id = fields.required("id", value::id);
    let component = fields.optional("component", value::id).or_else(|| crate::model::Id::new("bmc"));
    let name = fields.optional("name", value::text);
    let path = fields.required("path", value::path);
    // TOML's numbers end at 2^63.
    let last = u64::MAX >> 1;
    let offset = fields.optional("offset", value::integer(0, last)).unwrap_or(0);
    let length = fields.optional("length", value::integer(1, last - offset));
    let algorithm = fields.optional("algorithm", value::algorithm).unwrap_or_default();
    let version = version(fields);
    let duration = || value::duration(SHORTEST, LONGEST);
    let check_interval = fields.optional("check_interval", duration()).unwrap_or(IMAGE_CHECK_INTERVAL);
    let interval = fields.optional("interval", duration()).unwrap_or(IMAGE_INTERVAL);
    let id = id?;
    Some(ImageSettings {
        name: name.unwrap_or_else(|| id.to_string()),
        id,
        component: component?,
        path: path?,
        offset,
        length,
        algorithm,
        version: version?,
        check_interval,
        interval,
    })
}

fn matches(fields: &mut Fields<'_, '_>) -> Matches {
    let matches = Matches {
        line: fields.optional("line", value::id),
        position: fields.optional("position", value::integer(0, u8::MAX)),
        uuid: fields.optional("uuid", value::uuid),
    };
    if matches == Matches::default() {
        fields.refuse("needs at least one of line, position, uuid");
    }
    matches
}

fn firmware(fields: &mut Fields<'_, '_>) -> Option<FirmwareRule> {
    let identifier = fields.required("identifier", value::integer(0, u16::MAX));
    let index = fields.optional("index", value::integer(0, u8::MAX));
    // The part after the component's id may begin with anything legal.
    let name = fields.required("name", value::id);
    let primary = fields.optional("primary", value::boolean).unwrap_or(false);
    Some(FirmwareRule { identifier: identifier?, index, name: name?, primary })
}

fn version(fields: &mut Fields<'_, '_>) -> Option<VersionSource> {
    if !fields.has("version") {
        fields.optional("version", value::text);
        return Some(VersionSource::Digest);
    }
    let literal = |value: &DeValue<'_>| match value {
        DeValue::String(_) => value::text(value).map(|text| Some(VersionSource::Literal(text))),
        DeValue::Table(_) => Ok(None),
        _ => Err(value::expected("text, { file, key } or { after }", value)),
    };
    if let Some(version) = fields.optional("version", literal)? {
        return Some(version);
    }
    fields.table("version", "[[image]] version", |fields| {
        if fields.has("after") {
            return fields.optional("after", value::text).map(VersionSource::After);
        }
        let file = fields.required("file", value::path);
        let key = fields.required("key", value::text);
        Some(VersionSource::Key { file: file?, key: key? })
    })?
}
