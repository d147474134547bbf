//! How a component's long answers are cut, what is behind it, and how it behaves as a monitored terminus.

use super::{Descriptor, Version};
use serde::Deserialize;

/// The largest part of each long answer.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Parts {
    /// GetPLDMVersion: versions in a part.
    pub versions: usize,
    /// QueryDownstreamIdentifiers and GetDownstreamFirmwareParameters: devices in a part.
    pub downstream: usize,
    /// GetFRURecordTable: bytes in a part.
    pub fru: usize,
    /// GetPDR: bytes in a part, when the request allows as many.
    pub pdr: usize,
    /// PollForPlatformEventMessage: bytes in a part.
    pub poll: usize,
    /// MultipartReceive: what NegotiateTransferParameters offers.
    pub file: u16,
}

impl Default for Parts {
    fn default() -> Self {
        Self { versions: usize::MAX, downstream: usize::MAX, fru: 1024, pdr: 1024, poll: 256, file: 512 }
    }
}

/// A device without an endpoint id of its own (DSP0267, downstream device).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Downstream {
    /// DownstreamDeviceIndex.
    pub index: u16,
    /// What it is.
    #[serde(default)]
    pub descriptor: Vec<Descriptor>,
    /// What runs.
    #[serde(default)]
    pub active: Version,
    /// What waits.
    #[serde(default)]
    pub pending: Version,
    /// ComponentActivationMethods.
    #[serde(default)]
    pub activation_methods: u16,
    /// CapabilitiesDuringUpdate.
    #[serde(default)]
    pub capabilities: u32,
}

/// What GetStatus says (DSP0267, command 0x1b).
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Status {
    /// CurrentState.
    pub current: u8,
    /// PreviousState.
    pub previous: u8,
    /// AuxState.
    pub auxiliary: u8,
    /// AuxStateStatus.
    pub auxiliary_status: u8,
    /// ProgressPercent; 101 where it is not counted.
    pub progress: u8,
    /// ReasonCode.
    pub reason: u8,
    /// UpdateOptionFlagsEnabled.
    pub flags: u32,
}

impl Default for Status {
    fn default() -> Self {
        let (idle_learn_or_read, not_counted) = (3, 101);
        Self {
            current: 0,
            previous: 0,
            auxiliary: idle_learn_or_read,
            auxiliary_status: 0,
            progress: not_counted,
            reason: 0,
            flags: 0,
        }
    }
}

/// How it behaves as a terminus (DSP0248).
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Platform {
    /// PLDMTerminusHandle in its PDRs.
    pub terminus_handle: u16,
    /// How far apart its record handles are.
    pub handle_step: u32,
    /// terminusMaxBufferSize.
    pub buffer: u16,
    /// synchronyConfigurationSupported: bit 1 asynchronous, bit 2 polled, bit 3 asynchronous with keep-alive.
    pub synchrony: u8,
    /// The event classes it knows.
    pub event_classes: Vec<u8>,
    /// How often it looks at its own sensors once somebody receives its events.
    pub sample_milliseconds: u64,
    /// How long it waits for an answer to an event.
    pub retry_milliseconds: u64,
    /// How often it sends an event that nobody answers.
    pub tries: u32,
}

impl Default for Platform {
    fn default() -> Self {
        Self {
            terminus_handle: 1,
            handle_step: 1,
            buffer: 256,
            synchrony: 0x0e,
            event_classes: vec![0, 4, 5, 6, 7, 0xfa],
            sample_milliseconds: 100,
            retry_milliseconds: 500,
            tries: 3,
        }
    }
}
