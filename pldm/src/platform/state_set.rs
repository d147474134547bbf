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
