//! How a sensor moves: its value is a function of the time since power-on and of nothing else, so that a test knows it.

use serde::Deserialize;
use std::{f64::consts::TAU, time::Duration};

/// A value over time, in the sensor's unit. For states it is the state's number.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Model {
    /// Always the same.
    Constant(f64),
    /// Up and down around `base` by `amplitude` every `period` seconds, and every second up to `wobble` beside that.
    Wave {
        /// The middle.
        base: f64,
        /// How far it goes up, and down.
        amplitude: f64,
        /// How many seconds a turn takes.
        period: f64,
        /// How much it is beside the wave at most.
        #[serde(default)]
        wobble: f64,
        /// Two sensors with other seeds wobble otherwise.
        #[serde(default)]
        seed: u64,
    },
    /// From each of these seconds on the value beside it; before the first, the first.
    Steps(Vec<(f64, f64)>),
    /// What adds up: `base`, and `rate` more every second.
    Counter {
        /// The value at power-on.
        base: f64,
        /// How much every second adds.
        rate: f64,
    },
}

impl Model {
    /// The value so long after power-on.
    pub fn at(&self, up: Duration) -> f64 {
        let seconds = up.as_secs_f64();
        match self {
            Self::Constant(value) => *value,
            Self::Wave { base, amplitude, period, wobble, seed } => {
                let wave = base + amplitude * (TAU * seconds / period).sin();
                wave + wobble * noise(*seed, up.as_secs())
            }
            Self::Steps(steps) => {
                let begun = steps.iter().rev().find(|(begin, _)| *begin <= seconds);
                begun.or_else(|| steps.first()).map_or(0.0, |(_, value)| *value)
            }
            Self::Counter { base, rate } => base + rate * seconds,
        }
    }
}

impl Default for Model {
    fn default() -> Self {
        Self::Constant(0.0)
    }
}

/// Between -1 and 1, another one every second: splitmix64.
fn noise(seed: u64, second: u64) -> f64 {
    let mut bits = seed.wrapping_add(second.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    bits = (bits ^ bits >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ bits >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    f64::from((bits ^ bits >> 31) as u32) / f64::from(u32::MAX) * 2.0 - 1.0
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_wave_goes_around_its_base_and_wobbles_within_bounds() {
        let still = Model::Wave { base: 50.0, amplitude: 8.0, period: 40.0, wobble: 0.0, seed: 0 };
        assert!((still.at(at(0)) - 50.0).abs() < 1e-9);
        assert!((still.at(at(10)) - 58.0).abs() < 1e-9);
        assert!((still.at(at(30)) - 42.0).abs() < 1e-9);
        let wobbly = |seed| Model::Wave { base: 50.0, amplitude: 8.0, period: 40.0, wobble: 2.0, seed };
        let beside = |seed| -> Vec<f64> {
            let wobbly = wobbly(seed);
            (0..100).map(|s| wobbly.at(at(s)) - still.at(at(s))).collect()
        };
        assert!(beside(1).iter().all(|off| off.abs() <= 2.0));
        assert!(beside(1).iter().any(|off| *off > 1.0) && beside(1).iter().any(|off| *off < -1.0), "it moves");
        assert_ne!(beside(1), beside(2));
    }

    #[test]
    fn steps_last_until_the_next_and_a_counter_adds_up() {
        let steps = Model::Steps(vec![(0.0, 1.0), (5.0, 2.0), (9.0, 1.0)]);
        assert_eq!([0, 4, 5, 8, 9, 100].map(|second| steps.at(at(second))), [1.0, 1.0, 2.0, 2.0, 1.0, 1.0]);
        assert_eq!(Model::Steps(vec![]).at(at(3)), 0.0);
        assert_eq!(Model::Counter { base: 100.0, rate: 2.5 }.at(at(4)), 110.0);
    }
}
