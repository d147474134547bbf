//! The commands of DSP0242.

use crate::{base::Done, message::request};

wire::codes! {
    /// Names a file, as its File Descriptor PDR has it.
    pub struct FileIdentifier(u16) {}
}

wire::codes! {
    /// Names a file that is open.
    pub struct FileDescriptor(u16) {}
}

wire::bits! {
    /// How a file is opened; none of these: to read a regular file that others may open too.
    pub struct OpenAttributes(u16) {
        /// To write.
        WRITE = 0,
        /// Nobody else may open it meanwhile.
        EXCLUSIVE = 1,
        /// It is a serial line, not a file.
        FIFO = 2,
        /// The device sends what comes, unasked.
        PUSHED = 3,
    }
}

wire::record! {
    /// Opens a file (DSP0242, DfOpen, 0x01).
    pub struct DfOpen = "DfOpen" {
        /// Which.
        pub file_identifier: FileIdentifier,
        /// How.
        pub attributes: OpenAttributes,
    }
}
request!(FILE DfOpen = 0x01 -> OpenFile);

wire::record! {
    /// The file is open: the answer to DfOpen.
    pub struct OpenFile = "DfOpen response" {
        /// What to call it until it is closed.
        pub file_descriptor: FileDescriptor,
    }
}

wire::bits! {
    /// What happens to a file when it is closed.
    pub struct CloseOptions(u16) {
        /// Its contents go.
        ZERO_LENGTH = 0,
    }
}

wire::record! {
    /// Closes a file (DSP0242, DfClose, 0x02).
    pub struct DfClose = "DfClose" {
        /// Which.
        pub file_descriptor: FileDescriptor,
        /// What happens to it. [`super::read`] asks for nothing.
        pub options: CloseOptions,
    }
}
request!(FILE DfClose = 0x02 -> Done);

wire::record! {
    /// Keeps a file open (DSP0242, DfHeartbeat, 0x03).
    pub struct DfHeartbeat = "DfHeartbeat" {
        /// Which.
        pub file_descriptor: FileDescriptor,
        /// After how many milliseconds the next will come, at the latest.
        pub requester_maximum_interval: u32,
    }
}
request!(FILE DfHeartbeat = 0x03 -> HeartbeatInterval);

wire::record! {
    /// How long a file stays open: the answer to DfHeartbeat.
    pub struct HeartbeatInterval = "DfHeartbeat response" {
        /// After how many milliseconds without a heartbeat the device closes the file. The smaller of both counts.
        pub responder_maximum_interval: u32,
    }
}

wire::bits! {
    /// Which attribute of a file is asked for: one bit.
    pub struct FileAttributes(u32) {
        /// Whether only a client deletes it.
        CLIENT_DELETE_ONLY = 0,
        /// Its checksum or other mark of integrity.
        REQUEST_CI = 16,
        /// How often it may be polled.
        MAXIMUM_POLL = 17,
    }
}

wire::record! {
    /// Asks for an attribute of a file (DSP0242, DfGetFileAttribute, 0x11).
    pub struct DfGetFileAttribute = "DfGetFileAttribute" {
        /// Which file.
        pub file_identifier: FileIdentifier,
        /// Which attribute.
        pub attributes: FileAttributes,
    }
}
request!(FILE DfGetFileAttribute = 0x11 -> FileAttribute);

wire::record! {
    /// An attribute of a file: the answer to DfGetFileAttribute.
    pub struct FileAttribute = "DfGetFileAttribute response" {
        /// Its value.
        pub value: u32,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::survives;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn whatever_decodes_encodes_back(bytes in prop::collection::vec(any::<u8>(), 0..8)) {
            survives::<DfOpen>(&bytes)?;
            survives::<OpenFile>(&bytes)?;
            survives::<DfClose>(&bytes)?;
            survives::<DfHeartbeat>(&bytes)?;
            survives::<HeartbeatInterval>(&bytes)?;
            survives::<DfGetFileAttribute>(&bytes)?;
            survives::<FileAttribute>(&bytes)?;
        }
    }
}
