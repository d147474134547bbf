//! A firmware update package for people, and beside it what runs on this board.

use super::{
    bus::Absent,
    values::{self, Inventory},
};
use crate::package::{Device, DownstreamDevice, Image, Package, Record};
use serde::Serialize;

/// What `package show` prints.
#[derive(Debug, Serialize)]
pub(super) struct Shown<'a> {
    /// The package.
    package: &'a Package,
    /// For each of its devices the components of this board that it fits; `null` when nobody says what is there.
    matches: Option<Vec<Vec<Match<'a>>>>,
    /// Why nobody says.
    no_matches_because: Option<String>,
}

/// A component of this board that a device of the package fits.
#[derive(Debug, Serialize)]
struct Match<'a> {
    /// The component's id.
    component: &'a str,
    /// Whether what is said of it still holds.
    freshness: &'a str,
    /// The version of its image set.
    image_set_version: Option<&'a str>,
    /// Its firmware that the package has an image for.
    firmware: Vec<Running<'a>>,
}

/// A firmware that the package has an image for.
#[derive(Debug, Serialize)]
struct Running<'a> {
    /// Its id.
    id: &'a str,
    /// What runs.
    version: &'a str,
    /// The place of the image in the package.
    image: usize,
    /// The version of that image.
    image_version: &'a str,
}

impl<'a> Shown<'a> {
    /// Looks for the package's devices in what the daemon says.
    pub(super) fn new(package: &'a Package, inventory: Result<&'a Inventory, &Absent>) -> Self {
        let matches = |inventory| package.devices.iter().map(|it| matches(package, it, inventory)).collect();
        let no_matches_because = inventory.err().map(ToString::to_string);
        Self { package, matches: inventory.ok().map(matches), no_matches_because }
    }

    /// The text for people.
    pub(super) fn lines(&self) -> Vec<String> {
        let mut text = head(self.package);
        for (number, device) in self.package.devices.iter().enumerate() {
            text.push(String::new());
            text.push(format!("device {number}: image set {}", or_dash(&device.image_set_version)));
            text.extend(record(&device.record));
            if let Some(matches) = self.matches.as_ref().and_then(|all| all.get(number)) {
                text.extend(fits(matches));
            }
        }
        for (number, device) in self.package.downstream_devices.iter().enumerate() {
            text.push(String::new());
            text.push(format!("downstream device {number}{}", minimum(device)));
            text.extend(record(&device.record));
        }
        for (number, component) in self.package.components.iter().enumerate() {
            text.push(String::new());
            text.push(format!("component {number}: {}", or_dash(&component.version)));
            text.extend(image(component));
        }
        text.push(String::new());
        text.extend(self.no_matches_because.iter().map(|why| format!("what runs on this board is not known: {why}")));
        let leniencies = self.package.leniencies.iter().map(|(name, count)| format!("overlooked: {name} ({count})"));
        text.extend(leniencies);
        text.extend(self.package.findings.iter().map(|finding| format!("finding: {finding}")));
        if self.package.findings.is_empty() {
            text.push("no finding: it is whole; who made it is not checked".into());
        }
        text
    }
}

/// The components that have all descriptors of a record. That is DSP0267's rule; a record without any fits nobody.
fn matches<'a>(package: &'a Package, device: &Device, inventory: &'a Inventory) -> Vec<Match<'a>> {
    let wanted = &device.record.descriptors;
    let has = |component: &values::Component, name: &str, value: &str| {
        component.descriptors.iter().any(|one| one.name == name && one.value == value)
    };
    let fit = inventory.components.iter().filter(|component| {
        !wanted.is_empty() && wanted.iter().all(|descriptor| has(component, &descriptor.name, &descriptor.value))
    });
    fit.map(|component| {
        let owned = || inventory.firmware.iter().filter(|firmware| firmware.component == component.id);
        // The image set has the component's own id, and no numbers of DSP0267.
        let is_image_set = |firmware: &values::Firmware| firmware.id == component.id;
        let images =
            device.record.components.iter().filter_map(|image| Some((*image, package.components.get(*image)?)));
        let running = images.flat_map(|(place, image)| {
            let same = move |it: &&values::Firmware| {
                (it.classification, it.identifier) == (image.classification, image.identifier) && !is_image_set(it)
            };
            owned().filter(same).map(move |it| Running {
                id: &it.id,
                version: &it.version,
                image: place,
                image_version: &image.version,
            })
        });
        Match {
            component: &component.id,
            freshness: &component.freshness,
            image_set_version: owned().find(|it| is_image_set(it)).map(|it| it.version.as_str()),
            firmware: running.collect(),
        }
    })
    .collect()
}

fn head(package: &Package) -> Vec<String> {
    let released = package.released.as_deref().unwrap_or("on a day that it does not say");
    let checksum = |name: &str, value: Option<u32>| value.map(|it| fact(name, &format!("{it:#010x}")));
    let mut text = vec![format!("package {}", or_dash(&package.version))];
    text.push(fact("released", released));
    text.push(fact("size", &format!("{} bytes", package.file_size)));
    text.push(fact("header", &format!("{} bytes, revision {}", package.header_size, package.revision)));
    text.extend(checksum("header CRC", package.header_checksum));
    text.extend(checksum("images CRC", package.payload_checksum));
    text
}

fn minimum(device: &DownstreamDevice) -> String {
    match device.self_contained_activation_minimum_version.as_str() {
        "" => String::new(),
        version => format!(": activates by itself since {version}"),
    }
}

fn record(record: &Record) -> Vec<String> {
    let components: Vec<_> = record.components.iter().map(ToString::to_string).collect();
    let mut text: Vec<_> =
        record.descriptors.iter().map(|one| fact("descriptor", &format!("{} {}", one.name, one.value))).collect();
    text.push(fact("components", or_dash(&components.join(", "))));
    text.extend(some("options", &record.options));
    text.extend(bytes("device data", record.package_data_size));
    text.extend(bytes("manifest", record.reference_manifest_size));
    text
}

fn fits(matches: &[Match<'_>]) -> Vec<String> {
    if matches.is_empty() {
        return vec![fact("fits", "no component of this board")];
    }
    let mut text = Vec::new();
    for one in matches {
        let stale = if one.freshness == "fresh" { "" } else { ", which is stale" };
        let runs = one.image_set_version.map(|version| format!(", whose image set is {version}")).unwrap_or_default();
        text.push(fact("fits", &format!("{}{stale}{runs}", one.component)));
        text.extend(one.firmware.iter().map(|it| {
            let Running { id, version, image, image_version } = it;
            fact("", &format!("{id} runs {version}; component {image} is {}", or_dash(image_version)))
        }));
    }
    text
}

fn image(image: &Image) -> Vec<String> {
    let name = Some(&image.classification_name).filter(|name| !name.is_empty());
    let kind = name.map_or_else(String::new, |name| format!(" {name}"));
    let mut text =
        vec![fact("kind", &format!("{:#06x}{kind}, identifier {:#06x}", image.classification, image.identifier))];
    text.extend(image.comparison_stamp.map(|stamp| fact("stamp", &format!("{stamp:#010x}"))));
    text.extend(some("options", &image.options));
    text.extend(some("activation", &image.activation_methods));
    text.extend(bytes("opaque data", image.opaque_data_size));
    text.push(fact("image", &format!("{} bytes from byte {} on", image.size, image.offset)));
    text.extend(image.digests.iter().flat_map(|it| [fact("sha256", &it.sha256), fact("sha384", &it.sha384)]));
    text
}

fn fact(name: &str, value: &str) -> String {
    format!("  {name:<11}  {value}")
}

fn some(name: &str, values: &[String]) -> Option<String> {
    (!values.is_empty()).then(|| fact(name, &values.join(", ")))
}

fn bytes(name: &str, count: usize) -> Option<String> {
    (count > 0).then(|| fact(name, &format!("{count} bytes")))
}

fn or_dash(text: &str) -> &str {
    if text.is_empty() { "-" } else { text }
}

#[cfg(test)]
mod tests;
