//! What a call came to: its error for the one who asked, and a record of it for whoever counts.

use crate::{CompletionCode, InstanceId, PldmType, SharingFault, TransferFault};
use mctp::TransportError;
use std::{fmt, time::Duration};
use tokio::time::Instant;
use wire::Malformed;

/// One call, however it ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Call {
    /// The specification that defines the command.
    pub pldm_type: PldmType,
    /// The command's name.
    pub command: &'static str,
    /// When it began.
    pub started: Instant,
    /// How long it took, retries and waiting for readiness included.
    pub duration: Duration,
    /// How often a request was sent.
    pub tries: u32,
    /// The last completion code that came.
    pub completion_code: Option<CompletionCode>,
    /// How it failed, in one word.
    pub failure: Option<&'static str>,
}

/// A call that failed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CallError {
    /// The specification that defines the command.
    pub pldm_type: PldmType,
    /// The command's name.
    pub command: &'static str,
    /// What went wrong.
    pub failure: Failure,
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.command, self.what())
    }
}

impl CallError {
    /// What went wrong, without the command's name.
    pub fn what(&self) -> String {
        match &self.failure {
            Failure::Silent { tries, time_out } => {
                let plural = if *tries == 1 { "try" } else { "tries" };
                format!("no answer after {tries} {plural} of {} s", time_out.as_secs_f64())
            }
            Failure::Refused(code) => match code.name_in(self.pldm_type) {
                Some(name) => format!("refused with {name} ({:#04x})", code.0),
                None => format!("refused with {:#04x}", code.0),
            },
            Failure::Malformed(malformed) => malformed.to_string(),
            Failure::Transport(error) => error.to_string(),
            Failure::Transfer(fault) => fault.to_string(),
            Failure::InstanceIds => format!("all {} instance ids are outstanding", InstanceId::COUNT),
            Failure::Sharing(fault) => fault.to_string(),
        }
    }
}

impl std::error::Error for CallError {}

/// What went wrong with a call.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Failure {
    /// Nothing came.
    Silent {
        /// How often it was asked.
        tries: u32,
        /// How long each time.
        time_out: Duration,
    },
    /// The device says no.
    Refused(CompletionCode),
    /// The device's answer cannot be read, or our request cannot be written.
    Malformed(Malformed),
    /// The message did not get through.
    Transport(TransportError),
    /// Every part came to an answer, but together they are not what was asked for.
    Transfer(TransferFault),
    /// Every instance id waits for an answer, be it to us or to another program.
    InstanceIds,
    /// Which instance ids other programs use cannot be learned, so nothing was sent.
    Sharing(SharingFault),
}

impl Failure {
    /// One word, for a metric's label: there are few and they do not change.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Silent { .. } => "timeout",
            Self::Refused(_) => "completion_code",
            Self::Malformed(_) => "decode",
            Self::Transport(TransportError::Down(_)) => "down",
            Self::Transport(TransportError::NoRoute(_)) => "no_route",
            Self::Transport(TransportError::Busy(_)) => "busy",
            Self::Transport(TransportError::TooLong { .. }) => "too_long",
            Self::Transport(TransportError::Io(..)) => "io",
            Self::Transfer(_) => "transfer",
            Self::InstanceIds => "instance_ids",
            Self::Sharing(_) => "instance_id_file",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(failure: Failure) -> String {
        CallError { pldm_type: PldmType::FIRMWARE_UPDATE, command: "GetFirmwareParameters", failure }.to_string()
    }

    #[test]
    fn an_error_is_one_sentence_with_its_facts() {
        let silent = |tries, ms| Failure::Silent { tries, time_out: Duration::from_millis(ms) };
        assert_eq!(text(silent(3, 2000)), "GetFirmwareParameters: no answer after 3 tries of 2 s");
        assert_eq!(text(silent(1, 1600)), "GetFirmwareParameters: no answer after 1 try of 1.6 s");
        let refused = |code| text(Failure::Refused(CompletionCode(code)));
        assert_eq!(refused(0x80), "GetFirmwareParameters: refused with NOT_IN_UPDATE_MODE (0x80)");
        assert_eq!(refused(0xee), "GetFirmwareParameters: refused with 0xee");
        assert_eq!(text(Failure::InstanceIds), "GetFirmwareParameters: all 32 instance ids are outstanding");
    }
}
