//! State sets: what the states of a state sensor are called (DSP0249).

/// Every set and state that we are sure of, one a line: set, name of the set, state, text, with tabs between. A set
/// whose states we do not know has a line with no state and no text.
const SETS: &str = include_str!("../../data/state-sets.txt");

/// The first set that a vendor defines.
const OEM: u16 = 0x8000;

/// Which set a state is from (DSP0249, "State sets").
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct StateSet(pub u16);
wire::newtype!(StateSet(u16));

impl StateSet {
    /// The specification's name of the set, if it is one we know.
    pub fn name(self) -> Option<&'static str> {
        self.lines().next().map(|(name, _, _)| name)
    }

    /// The specification's name of a state in the set, if it is one we know.
    pub fn state(self, state: u8) -> Option<&'static str> {
        let named = self.lines().find(|(_, number, _)| number.parse() == Ok(state)).map(|(_, _, text)| text);
        let unknown = || (state == 0 && self.0 < OEM && self.name().is_some()).then_some("Unknown");
        named.or_else(unknown) // DSP0249: 0 is "unknown" in every set that does not say otherwise
    }

    /// What people call a state, whether we know it or not: never invented.
    pub fn describe(self, state: u8) -> String {
        self.state(state).map_or_else(|| format!("state set {} state {state}", self.0), str::to_owned)
    }

    /// What there is of this set: its name, a state's number, that state's text.
    fn lines(self) -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
        SETS.lines()
            .filter_map(fields)
            .filter_map(move |[set, name, state, text]| (set.parse() == Ok(self.0)).then_some((name, state, text)))
    }
}

impl std::fmt::Display for StateSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "state set {}", self.0),
        }
    }
}

fn fields(line: &'static str) -> Option<[&'static str; 4]> {
    let mut fields = line.split('\t');
    Some([fields.next()?, fields.next()?, fields.next()?, fields.next()?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order_and_says_nothing_twice() {
        let mut before: Option<(u16, &str, Option<u8>)> = None;
        for line in SETS.lines() {
            let [set, name, state, text] = fields(line).unwrap_or_else(|| panic!("{line:?} has too few fields"));
            assert_eq!(line.split('\t').count(), 4, "{line:?}");
            let (set, state) = (set.parse::<u16>().unwrap(), (!state.is_empty()).then(|| state.parse::<u8>().unwrap()));
            assert!(set > 0 && set < OEM, "{line:?}");
            assert_eq!(state.is_some(), !text.is_empty(), "{line:?}");
            for words in [name, text] {
                assert!(words == words.trim() && words.bytes().all(|byte| matches!(byte, b' '..=b'~')), "{line:?}");
            }
            assert!(!name.is_empty(), "{line:?}");
            if let Some((set_before, name_before, state_before)) = before {
                let same = set_before == set;
                assert!(set_before < set || (same && state_before.is_some() && state_before < state), "{line:?}");
                assert_eq!(same, name_before == name, "{line:?}");
            }
            before = Some((set, name, state));
        }
        assert!(SETS.lines().count() > 200 && SETS.ends_with('\n'));
    }

    #[test]
    fn a_state_reads_as_the_specification_says() {
        assert_eq!(StateSet(1).describe(3), "Critical");
        assert_eq!(StateSet(196).describe(26), "Primary Processor Initialization");
        assert_eq!(
            (StateSet(99).name(), StateSet(99).to_string()),
            (Some("Hardware Security"), "Hardware Security".into())
        );
        assert_eq!(StateSet(21).describe(2), "Thermal Trip");
    }

    #[test]
    fn zero_is_unknown_unless_the_set_says_otherwise() {
        assert_eq!((StateSet(1).state(0), StateSet(4).state(0)), (Some("Unknown"), Some("Unknown")));
        assert_eq!(StateSet(199).state(0), Some("Reset/Boot-ROM"));
        assert_eq!((StateSet(0x8000).state(0), StateSet(300).state(0)), (None, None));
    }

    #[test]
    fn what_nobody_knows_is_not_invented() {
        assert_eq!(StateSet(300).describe(7), "state set 300 state 7");
        assert_eq!(StateSet(4).describe(7), "state set 4 state 7");
        assert_eq!(StateSet(0x8001).to_string(), "state set 32769");
        let all = (0..=400).chain([OEM, u16::MAX]).map(StateSet);
        assert!(all.into_iter().all(|set| set.state(100).is_none() && set.state(u8::MAX).is_none()));
    }
}
