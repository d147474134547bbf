//! GetStatus (DSP0267, 0x1b): whether an update is under way, and how far.

use crate::message::request;

wire::record! {
    /// Asks how far an update is (DSP0267, GetStatus, 0x1b).
    pub struct GetStatus = "GetStatus";
}
request!(FIRMWARE_UPDATE GetStatus = 0x1b -> Status);

wire::codes! {
    /// Where a device stands in an update (DSP0267, "Firmware device states").
    pub struct State(u8) {
        /// No update.
        IDLE = 0x00,
        /// Learns about the components to come.
        LEARN_COMPONENTS = 0x01,
        /// Ready for the next component.
        READY_TRANSFER = 0x02,
        /// Fetches a component.
        DOWNLOAD = 0x03,
        /// Verifies a component.
        VERIFY = 0x04,
        /// Stores a component.
        APPLY = 0x05,
        /// Makes the new image set run.
        ACTIVATE = 0x06,
    }
}

wire::record! {
    /// How far an update is: the answer to GetStatus.
    pub struct Status = "GetStatus response" {
        /// Where the device stands.
        pub current_state: State,
        /// Where it stood before.
        pub previous_state: State,
        /// Whether the current operation runs, succeeded, failed, or there is none: 0 to 3.
        pub aux_state: u8,
        /// More about a failed operation.
        pub aux_state_status: u8,
        /// How much is done; 101 when the device does not know, see [`Status::progress`].
        pub progress_percent: u8,
        /// Why the device went idle.
        pub reason_code: u8,
        /// The options in force; flags, kept as sent.
        pub update_option_flags_enabled: u32,
    }
}

impl crate::Lenient for Status {}

impl Status {
    /// How many per cent are done, if the device knows.
    pub fn progress(&self) -> Option<u8> {
        Some(self.progress_percent).filter(|percent| *percent <= 100)
    }
}
