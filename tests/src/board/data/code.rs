//! Numbers that data files may call by their names.

use serde::Deserialize;

/// A code by its name, or as a number when it has none here.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(untagged)]
pub enum Code<T> {
    /// By its name.
    Named(T),
    /// As a number.
    Number(u8),
}

impl<T: Into<u8>> Code<T> {
    pub(in super::super) fn number(self) -> u8 {
        match self {
            Self::Named(name) => name.into(),
            Self::Number(number) => number,
        }
    }
}

/// Codes with names: the names in snake case are what a data file says.
macro_rules! named {
    ($(#[$meta:meta])* $name:ident { $($(#[$line:meta])* $variant:ident = $code:literal,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
        #[serde(rename_all = "snake_case")]
        #[allow(missing_docs, reason = "the names are the specification's")]
        pub enum $name { $($(#[$line])* $variant = $code,)* }

        impl From<$name> for u8 {
            fn from(name: $name) -> Self {
                name as Self
            }
        }
    };
}
pub(super) use named;

named! {
    /// What a sensor counts (DSP0248, sensorUnits).
    Unit {
        None = 0,
        Unspecified = 1,
        Celsius = 2,
        Volts = 5,
        Amps = 6,
        Watts = 7,
        Joules = 8,
        Rpm = 19,
        Hertz = 20,
        Seconds = 21,
        Hours = 23,
        Bits = 60,
        Bytes = 61,
        Percentage = 65,
        Packets = 76,
        CorrectedErrors = 80,
    }
}

named! {
    /// Per what time it counts (DSP0248, rateUnit).
    Rate {
        None = 0,
        PerMicrosecond = 1,
        PerMillisecond = 2,
        PerSecond = 3,
        PerMinute = 4,
        PerHour = 5,
        PerDay = 6,
    }
}

named! {
    /// How wide a reading is, and whether it has a sign (DSP0248, sensorDataSize).
    Size {
        Uint8 = 0,
        Sint8 = 1,
        Uint16 = 2,
        Sint16 = 3,
        Uint32 = 4,
        Sint32 = 5,
    }
}

named! {
    /// How the range fields of a PDR are written (DSP0248, rangeFieldFormat).
    RangeFormat {
        Uint8 = 0,
        Sint8 = 1,
        Uint16 = 2,
        Sint16 = 3,
        Uint32 = 4,
        Sint32 = 5,
        Real32 = 6,
    }
}

named! {
    /// How a sensor is (DSP0248, sensorOperationalState).
    Operational {
        Enabled = 0,
        Disabled = 1,
        Unavailable = 2,
        StatusUnknown = 3,
        Failed = 4,
        Initializing = 5,
        ShuttingDown = 6,
        InTest = 7,
    }
}

named! {
    /// What a file is (DSP0242, file classification).
    Classification {
        BootLog = 1,
        SerialTransmitFifo = 2,
        SerialReceiveFifo = 3,
        DiagnosticLog = 4,
        CrashDump = 5,
        SecurityLog = 6,
        FruData = 7,
        TelemetryData = 8,
        TelemetryLog = 9,
        OtherLog = 0xfd,
        OtherFile = 0xfe,
        Directory = 0xff,
    }
}

impl Size {
    /// The least and the greatest number that fits.
    pub const fn range(self) -> (f64, f64) {
        match self {
            Self::Uint8 => (0.0, u8::MAX as f64),
            Self::Sint8 => (i8::MIN as f64, i8::MAX as f64),
            Self::Uint16 => (0.0, u16::MAX as f64),
            Self::Sint16 => (i16::MIN as f64, i16::MAX as f64),
            Self::Uint32 => (0.0, u32::MAX as f64),
            Self::Sint32 => (i32::MIN as f64, i32::MAX as f64),
        }
    }

    /// How many bytes it takes.
    pub const fn width(self) -> usize {
        match self {
            Self::Uint8 | Self::Sint8 => 1,
            Self::Uint16 | Self::Sint16 => 2,
            Self::Uint32 | Self::Sint32 => 4,
        }
    }

    /// The whole number as it stands on the wire, or the nearest that fits.
    pub(in super::super) fn bytes(self, value: f64) -> Vec<u8> {
        let (least, most) = self.range();
        let value = value.round().clamp(least, most) as i64;
        value.to_le_bytes()[..self.width()].to_vec()
    }
}

impl RangeFormat {
    /// The number as it stands on the wire.
    pub(in super::super) fn bytes(self, value: f64) -> Vec<u8> {
        let size = match self {
            Self::Uint8 => Size::Uint8,
            Self::Sint8 => Size::Sint8,
            Self::Uint16 => Size::Uint16,
            Self::Sint16 => Size::Sint16,
            Self::Uint32 => Size::Uint32,
            Self::Sint32 => Size::Sint32,
            Self::Real32 => return (value as f32).to_le_bytes().to_vec(),
        };
        size.bytes(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_as_wide_as_its_size_and_never_wraps() {
        assert_eq!(Size::Sint16.bytes(-30000.0), [0xd0, 0x8a]);
        assert_eq!(Size::Uint32.bytes(4_000_000_000.0), [0x00, 0x28, 0x6b, 0xee]);
        assert_eq!((Size::Uint8.bytes(300.0), Size::Sint8.bytes(-300.0)), (vec![0xff], vec![0x80]));
        assert_eq!(Size::Uint8.bytes(f64::NAN), [0]);
        assert_eq!(RangeFormat::Real32.bytes(25.5), [0, 0, 0xcc, 0x41]);
    }

    #[test]
    fn a_code_has_a_name_or_a_number() {
        #[derive(Deserialize)]
        struct One {
            unit: Code<Unit>,
        }
        let unit = |text| toml::from_str::<One>(text).map(|one| one.unit.number());
        assert_eq!((unit("unit = 'rpm'"), unit("unit = 200")), (Ok(19), Ok(200)));
        assert!(unit("unit = 'furlongs'").is_err());
    }
}
