//! Units: what the number of a sensor or an effecter counts (DSP0248, sensorUnits).

wire::codes! {
    /// A unit (DSP0248, "sensorUnits enumeration").
    pub struct Unit(u8) {
        /// None.
        NONE = 0,
        /// The device does not say.
        UNSPECIFIED = 1,
        /// Temperature.
        DEGREES_C = 2,
        /// Temperature.
        DEGREES_F = 3,
        /// Temperature.
        KELVINS = 4,
        /// Voltage.
        VOLTS = 5,
        /// Current.
        AMPS = 6,
        /// Power.
        WATTS = 7,
        /// Energy.
        JOULES = 8,
        /// Charge.
        COULOMBS = 9,
        /// Apparent power.
        VA = 10,
        /// Luminance.
        NITS = 11,
        /// Luminous flux.
        LUMENS = 12,
        /// Illuminance.
        LUX = 13,
        /// Luminous intensity.
        CANDELAS = 14,
        /// Pressure, in thousands of pascals.
        KPA = 15,
        /// Pressure, in pounds a square inch.
        PSI = 16,
        /// Force.
        NEWTONS = 17,
        /// Flow, in cubic feet a minute.
        CFM = 18,
        /// Revolutions a minute.
        RPM = 19,
        /// Frequency.
        HERTZ = 20,
        /// Time.
        SECONDS = 21,
        /// Time.
        MINUTES = 22,
        /// Time.
        HOURS = 23,
        /// Time.
        DAYS = 24,
        /// Time.
        WEEKS = 25,
        /// Length, in thousandths of an inch.
        MILS = 26,
        /// Length.
        INCHES = 27,
        /// Length.
        FEET = 28,
        /// Volume.
        CUBIC_INCHES = 29,
        /// Volume.
        CUBIC_FEET = 30,
        /// Length.
        METERS = 31,
        /// Volume.
        CUBIC_CENTIMETERS = 32,
        /// Volume.
        CUBIC_METERS = 33,
        /// Volume.
        LITERS = 34,
        /// Volume.
        FLUID_OUNCES = 35,
        /// Angle.
        RADIANS = 36,
        /// Solid angle.
        STERADIANS = 37,
        /// Turns.
        REVOLUTIONS = 38,
        /// Turns of any kind.
        CYCLES = 39,
        /// Acceleration, in that of the Earth.
        GRAVITIES = 40,
        /// Mass.
        OUNCES = 41,
        /// Mass.
        POUNDS = 42,
        /// Torque.
        FOOT_POUNDS = 43,
        /// Torque.
        OUNCE_INCHES = 44,
        /// Magnetic flux density.
        GAUSS = 45,
        /// Magnetomotive force.
        GILBERTS = 46,
        /// Inductance.
        HENRIES = 47,
        /// Capacitance.
        FARADS = 48,
        /// Resistance.
        OHMS = 49,
        /// Conductance.
        SIEMENS = 50,
        /// Amount of substance.
        MOLES = 51,
        /// Radioactivity.
        BECQUERELS = 52,
        /// Parts in a million.
        PPM = 53,
        /// A ratio, as a logarithm.
        DECIBELS = 54,
        /// Loudness as ears hear it.
        DBA = 55,
        /// Loudness of peaks.
        DBC = 56,
        /// Absorbed dose.
        GRAYS = 57,
        /// Equivalent dose.
        SIEVERTS = 58,
        /// Colour of light, as the temperature of what shines so.
        COLOR_TEMPERATURE_DEGREES_K = 59,
        /// Data.
        BITS = 60,
        /// Data.
        BYTES = 61,
        /// Data, two bytes each.
        WORDS = 62,
        /// Data, four bytes each.
        DOUBLE_WORDS = 63,
        /// Data, eight bytes each.
        QUAD_WORDS = 64,
        /// Parts in a hundred.
        PERCENTAGE = 65,
        /// Pressure.
        PASCALS = 66,
        /// A number of anything.
        COUNTS = 67,
        /// Mass.
        GRAMS = 68,
        /// Torque.
        NEWTON_METERS = 69,
        /// Found in a cache.
        HITS = 70,
        /// Not found in a cache.
        MISSES = 71,
        /// Tried again.
        RETRIES = 72,
        /// Too much came.
        OVERRUNS_OVERFLOWS = 73,
        /// Too little came.
        UNDERRUNS = 74,
        /// Two spoke at once.
        COLLISIONS = 75,
        /// Packets.
        PACKETS = 76,
        /// Messages.
        MESSAGES = 77,
        /// Characters.
        CHARACTERS = 78,
        /// Errors.
        ERRORS = 79,
        /// Errors that were put right.
        CORRECTED_ERRORS = 80,
        /// Errors that were not.
        UNCORRECTABLE_ERRORS = 81,
        /// Area, in squares of a thousandth of an inch.
        SQUARE_MILS = 82,
        /// Area.
        SQUARE_INCHES = 83,
        /// Area.
        SQUARE_FEET = 84,
        /// Area.
        SQUARE_CENTIMETERS = 85,
        /// Area.
        SQUARE_METERS = 86,
        /// What a record of type 7 says.
        OEM_UNIT = 255,
    }
}

impl Unit {
    /// Its symbol as UCUM writes it; what UCUM has no unit for stands in braces, and so does what nobody knows.
    pub fn symbol(self) -> std::borrow::Cow<'static, str> {
        match (SYMBOLS.get(usize::from(self.0)), self) {
            (Some(symbol), _) => (*symbol).into(),
            (None, Self::OEM_UNIT) => "{oem}".into(),
            (None, Self(code)) => format!("{{unit_{code}}}").into(),
        }
    }
}

/// By the units' codes.
const SYMBOLS: [&str; 87] = [
    "1",
    "{unspecified}",
    "Cel",
    "[degF]",
    "K",
    "V",
    "A",
    "W",
    "J",
    "C",
    "V.A",
    "cd/m2",
    "lm",
    "lx",
    "cd",
    "kPa",
    "[psi]",
    "N",
    "[cft_i]/min",
    "{revolution}/min",
    "Hz",
    "s",
    "min",
    "h",
    "d",
    "wk",
    "[mil_i]",
    "[in_i]",
    "[ft_i]",
    "[cin_i]",
    "[cft_i]",
    "m",
    "cm3",
    "m3",
    "L",
    "[foz_us]",
    "rad",
    "sr",
    "{revolution}",
    "{cycle}",
    "[g]",
    "[oz_av]",
    "[lb_av]",
    "[ft_i].[lbf_av]",
    "[ozf_av].[in_i]",
    "G",
    "Gb",
    "H",
    "F",
    "Ohm",
    "S",
    "mol",
    "Bq",
    "[ppm]",
    "dB",
    "dB{A}",
    "dB{C}",
    "Gy",
    "Sv",
    "K{color_temperature}",
    "bit",
    "By",
    "{word}",
    "{double_word}",
    "{quad_word}",
    "%",
    "Pa",
    "{count}",
    "g",
    "N.m",
    "{hit}",
    "{miss}",
    "{retry}",
    "{overrun}",
    "{underrun}",
    "{collision}",
    "{packet}",
    "{message}",
    "{character}",
    "{error}",
    "{corrected_error}",
    "{uncorrectable_error}",
    "[mil_i]2",
    "[sin_i]",
    "[sft_i]",
    "cm2",
    "m2",
];

wire::codes! {
    /// Per what time a unit counts (DSP0248, rateUnit).
    pub struct RateUnit(u8) {
        /// It does not count per time.
        NONE = 0,
        /// Per millionth of a second.
        PER_MICROSECOND = 1,
        /// Per thousandth of a second.
        PER_MILLISECOND = 2,
        /// Per second.
        PER_SECOND = 3,
        /// Per minute.
        PER_MINUTE = 4,
        /// Per hour.
        PER_HOUR = 5,
        /// Per day.
        PER_DAY = 6,
        /// Per week.
        PER_WEEK = 7,
        /// Per month.
        PER_MONTH = 8,
        /// Per year.
        PER_YEAR = 9,
    }
}

impl RateUnit {
    /// What goes behind a unit's symbol.
    pub fn symbol(self) -> std::borrow::Cow<'static, str> {
        let symbols = ["", "/us", "/ms", "/s", "/min", "/h", "/d", "/wk", "/mo", "/a"];
        symbols
            .get(usize::from(self.0))
            .map_or_else(|| format!("/{{rate_{}}}", self.0).into(), |symbol| (*symbol).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unit_with_a_name_has_a_symbol_of_its_own() {
        let known: Vec<_> = (0..=255).map(Unit).filter(|unit| unit.name().is_some()).collect();
        assert_eq!(known.len(), SYMBOLS.len() + 1);
        let mut symbols: Vec<_> = known.iter().map(|unit| unit.symbol()).collect();
        symbols.sort();
        symbols.dedup();
        assert_eq!(symbols.len(), known.len());
        assert!(symbols.iter().all(|symbol| !symbol.is_empty() && symbol.is_ascii() && !symbol.contains(' ')));
    }

    #[test]
    fn the_names_and_symbols_stand_at_their_codes() {
        let pairs = [
            (2, "DEGREES_C", "Cel"),
            (19, "RPM", "{revolution}/min"),
            (45, "GAUSS", "G"),
            (65, "PERCENTAGE", "%"),
            (67, "COUNTS", "{count}"),
            (86, "SQUARE_METERS", "m2"),
            (255, "OEM_UNIT", "{oem}"),
        ];
        for (code, name, symbol) in pairs {
            assert_eq!((Unit(code).name(), &*Unit(code).symbol()), (Some(name), symbol));
        }
        assert_eq!((Unit(87).name(), &*Unit(87).symbol()), (None, "{unit_87}"));
        assert_eq!((&*RateUnit::PER_SECOND.symbol(), &*RateUnit(10).symbol()), ("/s", "/{rate_10}"));
    }
}
