//! Firmware update packages: whatever the file, what is read came out of it, and every finding can be told.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pldm::{
    Lenient,
    package::{Package, Payload, Revision},
};

fuzz_target!(|bytes: &[u8]| {
    look(bytes);
    // Most inputs would fail at the identifier: the first byte chooses one.
    let Some((&first, rest)) = bytes.split_first() else { return };
    let revision = Revision::ALL[usize::from(first) % Revision::ALL.len()];
    look(&[&revision.identifier()[..], rest].concat());
});

fn look(bytes: &[u8]) {
    let Ok(package) = Package::read(bytes, bytes.len() as u64) else { return };
    let header = bytes.get(..usize::from(package.header_size)).unwrap_or(bytes);
    let records = package.devices.iter().map(|it| it.package_data.len() + it.reference_manifest.len()).sum::<usize>();
    let behind = package.downstream_devices.iter().map(|it| it.package_data.len() + it.reference_manifest.len());
    let images = package.components.iter().map(|it| 22 + it.version.bytes.len() + it.opaque_data.len());
    assert!(records + behind.sum::<usize>() + images.sum::<usize>() <= header.len());
    let mut payload = Payload::of(&package);
    bytes.get(header.len()..).unwrap_or_default().chunks(100).for_each(|chunk| payload.update(chunk));
    let findings =
        package.findings.iter().chain(payload.finding().as_ref()).map(ToString::to_string).collect::<Vec<_>>();
    assert!(findings.iter().all(|text| !text.is_empty()));
    let _ = (package.leniencies(), package.released.to_string());
    // What has no finding is read from its own bytes: none of them can be cut off unseen.
    if findings.is_empty() {
        let cut = &bytes[..bytes.len() - 1];
        let seen = Package::read(cut, cut.len() as u64).map_or(true, |package| !package.findings.is_empty());
        assert!(seen || package.components.is_empty());
    }
}
