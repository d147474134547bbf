//! The configuration that fits a board, as the daemon reads it.

use super::{Board, Description};
use std::{
    fmt::Write,
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

/// What a configuration says beside what the board is made of. The defaults suit tests: everything is soon.
#[derive(Clone, Debug)]
pub struct Configuration {
    /// Every component is read again after this.
    pub interval: Duration,
    /// The first pause after a component did not answer.
    pub retry_first: Duration,
    /// The longest such pause.
    pub retry_last: Duration,
    /// How often endpoints are asked whether they are still who they were.
    pub check_interval: Duration,
    /// When a component that does not answer is removed.
    pub absent_after: Duration,
    /// How long one try waits.
    pub time_out: Duration,
    /// How often a request is sent.
    pub tries: u32,
    /// Whether instance ids are shared with pldmd, who is then the one to give terminus ids and to hear events.
    pub share: bool,
    /// Sensors are read again after this, or later where their records say so.
    pub sensor_interval: Duration,
    /// How often those that do not send their events are asked for them.
    pub poll_interval: Duration,
    /// Whether components are to send their events.
    pub events: bool,
    /// Whether sensors are objects on D-Bus.
    pub sensors_on_bus: bool,
    /// Where telemetry goes.
    pub otlp: Option<String>,
    /// How often it goes there.
    pub otlp_interval: Duration,
    /// Whether the components are named; without it, the daemon finds names itself.
    pub names: bool,
    /// Anything else, as TOML.
    pub more: String,
}

impl Default for Configuration {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(1),
            retry_first: Duration::from_millis(100),
            retry_last: Duration::from_millis(500),
            check_interval: Duration::from_millis(250),
            absent_after: Duration::from_secs(2),
            time_out: Duration::from_millis(300),
            tries: 3,
            share: false,
            sensor_interval: Duration::from_millis(250),
            poll_interval: Duration::from_millis(250),
            events: true,
            sensors_on_bus: false,
            otlp: None,
            otlp_interval: Duration::from_millis(500),
            names: true,
            more: String::new(),
        }
    }
}

impl Board {
    /// Writes `firmwarden.toml` into a directory of the board's; gives the directory.
    pub fn write_configuration(&self, configuration: &Configuration) -> io::Result<PathBuf> {
        let directory = self.directory().join("etc");
        fs::create_dir_all(&directory)?;
        if configuration.share {
            // As long as pldmd makes it.
            fs::write(self.instance_ids(), [0; 8192])?;
        }
        fs::write(directory.join("firmwarden.toml"), self.configuration(configuration))?;
        Ok(directory)
    }

    /// Where the daemon keeps components' logs.
    pub fn logs(&self) -> PathBuf {
        self.directory().join("logs")
    }

    fn instance_ids(&self) -> PathBuf {
        self.directory().join("instance_ids")
    }

    /// The text of `firmwarden.toml`.
    pub fn configuration(&self, configuration: &Configuration) -> String {
        let mut text = configuration.head(&self.instance_ids(), &self.logs());
        for (name, line) in self.lines() {
            let baud = if line.baud() == 0 { 115_200 } else { line.baud() };
            let device = path(line.device());
            let _ = write!(text, "\n[[serial]]\nname = {name:?}\ndevice = {device}\nbaud = {baud}\n");
        }
        if configuration.names {
            self.descriptions().iter().for_each(|one| component(&mut text, one));
        }
        text + "\n" + &configuration.more
    }
}

impl Configuration {
    fn head(&self, instance_ids: &Path, logs: &Path) -> String {
        let duration = |duration: Duration| format!("\"{}ms\"", duration.as_millis());
        let otlp = |endpoint: &String| {
            format!("\n[otlp]\nendpoint = {endpoint:?}\ninterval = {}\n", duration(self.otlp_interval))
        };
        format!(
            "[inventory]\ninterval = {}\nretry_first = {}\nretry_last = {}\ncheck_interval = {}\nabsent_after = {}\n\
             \n[pldm]\ntime_out = {}\ntries = {}\nshare = {}\ninstance_ids = {}\n\
             \n[sensors]\ninterval = {}\npoll_interval = {}\nevents = {}\ndbus = {}\n\
             \n[logs]\ndirectory = {}\n{}",
            duration(self.interval),
            duration(self.retry_first),
            duration(self.retry_last),
            duration(self.check_interval),
            duration(self.absent_after),
            duration(self.time_out),
            self.tries,
            self.share,
            path(instance_ids),
            duration(self.sensor_interval),
            duration(self.poll_interval),
            self.events,
            self.sensors_on_bus,
            path(logs),
            self.otlp.as_ref().map(otlp).unwrap_or_default(),
        )
    }
}

fn component(text: &mut String, one: &Description) {
    let _ = write!(text, "\n[[component]]\nid = {:?}\ntype = {:?}\nname = {:?}\n", one.name, one.kind, one.title);
    let optional = [
        ("manufacturer", &one.manufacturer),
        ("model", &one.model),
        ("parent", &one.parent),
        ("inventory", &one.inventory),
    ];
    for (key, value) in optional {
        if let Some(value) = value {
            let _ = writeln!(text, "{key} = {value:?}");
        }
    }
    let _ = writeln!(text, "match = {{ line = {:?}, position = {} }}", one.line(), one.position);
    for firmware in &one.firmware {
        let Some(name) = &firmware.name else { continue };
        let (identifier, index) = (firmware.identifier, firmware.index);
        let _ = write!(
            text,
            "[[component.firmware]]\nidentifier = {identifier}\nindex = {index}\nname = {name:?}\n\
             primary = {}\n",
            firmware.primary
        );
    }
}

fn path(path: &Path) -> String {
    format!("{:?}", path.display().to_string())
}
