//! What the tests of several modules need.

use crate::{
    clock::Stamp,
    model::{Finite, Id, Level, Measure, Quantity, Reading, Sensor, Sensors, Value},
};
use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
    process,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};

pub(crate) fn id(text: &str) -> Id {
    Id::new(text).expect("legal")
}

/// So many seconds after boot, and after 1970.
pub(crate) fn at(seconds: u64) -> Stamp {
    let boot = Duration::from_secs(seconds);
    Stamp { boot, wall: SystemTime::UNIX_EPOCH + boot }
}

pub(crate) fn finite(number: f64) -> Finite {
    Finite::new(number).expect("finite")
}

/// What a sensor of this quantity measures.
pub(crate) fn measure(quantity: Quantity, unit: &str, limits: &[(Level, f64)]) -> Measure {
    let limits = limits.iter().map(|(level, limit)| (*level, finite(*limit))).collect::<BTreeMap<_, _>>();
    Measure::Number { quantity, unit: unit.into(), limits }
}

/// A sensor that said `value` three seconds after boot. Its level is what the limits say.
pub(crate) fn sensor(name: &str, measure: Measure, value: Value) -> Sensor {
    let level = match (&measure, &value) {
        (Measure::Number { limits, .. }, Value::Number(value)) => Some(Level::of(*value, limits)),
        _ => None,
    };
    Sensor {
        id: id(name),
        name: format!("Sensor {name}"),
        number: 7,
        location: None,
        measure,
        interval: Duration::from_secs(10),
        reading: Reading::new(at(3), value, level),
    }
}

pub(crate) fn of_sensors(sensors: &[Sensor]) -> Arc<Sensors> {
    let sensors = sensors.iter().map(|sensor| (sensor.id.clone(), sensor.clone())).collect();
    Arc::new(Sensors { sensors, ..Sensors::default() })
}

/// Compares `text` with a file below `tests/golden`; `UPDATE_GOLDEN=1` writes it anew.
pub(crate) fn compare_golden(name: &str, text: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden").join(name);
    if env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&file, text).expect("write");
    }
    let golden = fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(text, golden, "{} differs; UPDATE_GOLDEN=1 writes it anew", file.display());
}

/// A directory for one test, gone when the test ends.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = env::temp_dir().join(format!("firmwarden-test-{}-{number}", process::id()));
        fs::create_dir_all(&path).expect("a temporary directory");
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        fs::write(&path, content).expect("a file");
        path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        _ = fs::remove_dir_all(&self.0);
    }
}
