//! Other people's PLDM and MCTP at the other end: CodeConstruct's mctp-rs, as its crates are published.
//!
//! - **pldm-fw 0.2.0**, firmware device (`fd::Responder`): [`inventory`] and [`update`]. It cannot say everything. Its
//!   strings are ASCII (UTF-8 included) or of no encoding, the device's capabilities are always zero, and it refuses
//!   where it would have to write a vendor-defined descriptor, no descriptor at all, or more than 1027 bytes. A command
//!   that needs RequestUpdate first it answers twice; ActivateFirmware without its one byte makes it panic, so nobody
//!   here sends that. CancelUpdate it answers without the nine bytes of DSP0267.
//! - **pldm-fw 0.2.0**, update agent (`ua`): [`agent`]. It refuses a whole answer for one descriptor type or string
//!   encoding (UTF-16) that it does not know, and panics at one unknown bit in a component's flags. What it can ask is
//!   QueryDeviceIdentifiers and GetFirmwareParameters; GetStatus is asked with `pldm_xfer` and its public decoder.
//! - **mctp-estack 0.1.0**, `Router`, `serial` and `control`: [`line`]. Its serial binding takes any stream, so nothing is
//!   bridged by hand. It does not answer Get MCTP Version Support, takes 1032 bytes at most, and panics at a frame whose
//!   length is below one, which our line does not write.
//! - **pldm 0.2.0** and **mctp 0.2.0** are what these are built on: the header, and the channels. `pldm` answers no
//!   command by itself; the base responder of its repository is not in what is published.
//! - **pldm-file** and **pldm-platform** are in that repository and not in the registry (November 2026), and what comes
//!   from a repository `deny.toml` refuses. So nothing of theirs is here: DSP0242 and DSP0248 are proven by the vectors.

mod agent;
mod firmware_device;
mod inventory;
mod line;
mod stack;
mod update;
