//! Reads the configuration's files. What is wrong is reported and left out; the rest is in force.

use super::{
    Settings, entry,
    fault::{Complaints, SettingsFault, Source, Spot},
    fields::Fields,
    section::{self, OtlpDraft},
    whole,
};
use crate::file;
use std::{
    fs, io,
    path::{Path, PathBuf},
};
use toml::de::DeTable;

/// Far more than a person writes; what is larger is not a configuration.
const LARGEST_FILE: u64 = 1 << 20;
/// As many fragments as anybody needs.
const MOST_FRAGMENTS: usize = 64;

/// What was loaded.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Loaded {
    /// What is in force.
    pub settings: Settings,
    /// What is not, and why.
    pub faults: Vec<SettingsFault>,
}

/// Loads `firmwarden.toml` and then `firmwarden.d/*.toml`, in the order of their names, from `directory`.
///
/// A later file's value wins in tables that exist once; of two entries of one name the first stays.
pub fn load(directory: &Path) -> Loaded {
    let mut sources = Vec::new();
    let mut complaints = Complaints::default();
    take_in(&mut sources, &mut complaints, directory.join("firmwarden.toml"));
    let fragments = directory.join("firmwarden.d");
    match names(&fragments) {
        Ok(names) => {
            if let Some(first) = names.get(MOST_FRAGMENTS) {
                let what = format!("more than {MOST_FRAGMENTS} files: {} and on are not read", first.display());
                refuse(&mut sources, &mut complaints, fragments, what);
            }
            for name in names.into_iter().take(MOST_FRAGMENTS) {
                take_in(&mut sources, &mut complaints, name);
            }
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => refuse(&mut sources, &mut complaints, fragments, error.to_string()),
    }
    let settings = settings(&sources, &mut complaints);
    Loaded { settings, faults: complaints.told(&sources) }
}

fn take_in(sources: &mut Vec<Source>, complaints: &mut Complaints, path: PathBuf) {
    match file::read(&path, LARGEST_FILE) {
        Ok(text) => sources.push(Source { path, text }),
        Err(what) => refuse(sources, complaints, path, what),
    }
}

fn refuse(sources: &mut Vec<Source>, complaints: &mut Complaints, path: PathBuf, what: String) {
    complaints.add(Spot { file: sources.len(), offset: 0 }, what);
    sources.push(Source { path, text: String::new() });
}

fn names(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        let hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if !hidden && path.extension().is_some_and(|extension| extension == "toml") {
            names.push(path);
        }
    }
    names.sort();
    Ok(names)
}

fn settings(sources: &[Source], complaints: &mut Complaints) -> Settings {
    let mut settings = Settings::default();
    let mut otlp = OtlpDraft::default();
    let (mut lines, mut rules, mut images) = (vec![], vec![], vec![]);
    for (file, source) in sources.iter().enumerate() {
        let table = match DeTable::parse(&source.text) {
            Ok(table) => table,
            Err(error) => {
                let offset = error.span().map_or(0, |span| span.start);
                let what = error.message().lines().next().unwrap_or("not TOML").to_owned();
                complaints.add(Spot { file, offset }, format!("{what}; nothing of this file is in force"));
                continue;
            }
        };
        let mut fields = Fields::new(table.get_ref(), "", Spot { file, offset: 0 }, complaints);
        fields.table("mctp", "[mctp]", |fields| section::mctp(fields, &mut settings.mctp));
        fields.table("pldm", "[pldm]", |fields| section::pldm(fields, &mut settings.pldm));
        fields.table("inventory", "[inventory]", |fields| section::inventory(fields, &mut settings.inventory));
        fields.table("sensors", "[sensors]", |fields| section::sensors(fields, &mut settings.sensors));
        fields.table("logs", "[logs]", |fields| section::logs(fields, &mut settings.logs));
        fields.table("otlp", "[otlp]", |fields| section::otlp(fields, &mut otlp));
        lines.extend(fields.tables("serial", "[[serial]]", entry::serial));
        rules.extend(fields.tables("component", "[[component]]", entry::component));
        images.extend(fields.tables("image", "[[image]]", entry::image));
        fields.finish();
    }
    settings.lines = whole::lines(lines, complaints);
    (settings.components, settings.images) = whole::rules_and_images(rules, images, &settings.lines, complaints);
    settings.otlp = otlp.whole().unwrap_or_else(|spot| {
        complaints.add(spot, "[otlp] endpoint is missing, so nothing is sent");
        None
    });
    settings
}
