//! The commands of DSP0257.

use super::RecordType;
use crate::{
    Multipart, Part,
    base::TransferOperationFlag,
    message::{part, request},
};

wire::record! {
    /// Asks about the table of FRU records (DSP0257, GetFRURecordTableMetadata, 0x01).
    pub struct GetFruRecordTableMetadata = "GetFRURecordTableMetadata";
}
request!(FRU GetFruRecordTableMetadata = 0x01 -> FruRecordTableMetadata);

wire::record! {
    /// What a device says about its table of FRU records: the answer to GetFRURecordTableMetadata.
    pub struct FruRecordTableMetadata = "GetFRURecordTableMetadata response" {
        /// First number of the version of the records' form.
        pub major_version: u8,
        /// Second number of it.
        pub minor_version: u8,
        /// The largest table the device takes, in bytes; zero when it takes none.
        pub maximum_size: u32,
        /// How many bytes the records have together, without padding and checksum.
        pub length: u32,
        /// How many record set identifiers there are.
        pub total_record_set_identifiers: u16,
        /// How many records there are.
        pub total_records: u16,
        /// The CRC-32 of the table.
        pub checksum: u32,
    }
}

wire::record! {
    /// Asks for the table of FRU records (DSP0257, GetFRURecordTable, 0x02).
    pub struct GetFruRecordTable = "GetFRURecordTable" {
        /// Names the part that is asked for; means nothing with the first.
        pub data_transfer_handle: u32,
        /// Which part is asked for.
        pub transfer_operation_flag: TransferOperationFlag,
    }
}
request!(FRU GetFruRecordTable = 0x02 -> FruRecordTablePart);

impl GetFruRecordTable {
    /// Asks for the first part.
    pub const FIRST: Self =
        Self { data_transfer_handle: 0, transfer_operation_flag: TransferOperationFlag::GET_FIRST_PART };
}

impl Multipart for GetFruRecordTable {
    type Item = u8;
    fn part(response: FruRecordTablePart) -> Part<u8> {
        response.into()
    }
    fn next(&self, handle: u32) -> Self {
        Self { data_transfer_handle: handle, transfer_operation_flag: TransferOperationFlag::GET_NEXT_PART }
    }
}

part! {
    /// One part of the table, padding and checksum at the end of the last: the answer to GetFRURecordTable.
    pub struct FruRecordTablePart = "GetFRURecordTable response" {
        /// Names the next part.
        next_data_transfer_handle
    }
}

part! {
    /// Replaces the table of FRU records (DSP0257, SetFRURecordTable, 0x03). No [`Request`](crate::Request): a label is
    /// not ours to write.
    pub struct SetFruRecordTable = "SetFRURecordTable" {
        /// Names this part; zero with the first.
        data_transfer_handle
    }
}

wire::record! {
    /// A part was taken: the answer to SetFRURecordTable.
    pub struct FruTableSet = "SetFRURecordTable response" {
        /// Names the next part.
        pub next_data_transfer_handle: u32,
    }
}

wire::record! {
    /// Asks for some of the FRU records (DSP0257, GetFRURecordByOption, 0x04).
    pub struct GetFruRecordByOption = "GetFRURecordByOption" {
        /// Names the part that is asked for; means nothing with the first.
        pub data_transfer_handle: u32,
        /// Which table; devices have one.
        pub fru_table_handle: u16,
        /// Which record set; zero for all.
        pub record_set_identifier: u16,
        /// Which kind of record; zero for all.
        pub record_type: RecordType,
        /// Which field; zero for all.
        pub field_type: u8,
        /// Which part is asked for.
        pub transfer_operation_flag: TransferOperationFlag,
    }
}
request!(FRU GetFruRecordByOption = 0x04 -> FruRecordsPart);

impl GetFruRecordByOption {
    /// Asks for the first part of all records of one record set.
    pub const fn record_set(record_set_identifier: u16) -> Self {
        Self {
            data_transfer_handle: 0,
            fru_table_handle: 0,
            record_set_identifier,
            record_type: RecordType::ALL,
            field_type: 0,
            transfer_operation_flag: TransferOperationFlag::GET_FIRST_PART,
        }
    }
}

impl Multipart for GetFruRecordByOption {
    type Item = u8;
    fn part(response: FruRecordsPart) -> Part<u8> {
        response.into()
    }
    fn next(&self, handle: u32) -> Self {
        let transfer_operation_flag = TransferOperationFlag::GET_NEXT_PART;
        Self { data_transfer_handle: handle, transfer_operation_flag, ..*self }
    }
}

part! {
    /// One part of the records that were asked for; no checksum follows them: the answer to GetFRURecordByOption.
    pub struct FruRecordsPart = "GetFRURecordByOption response" {
        /// Names the next part.
        next_data_transfer_handle
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::survives;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn whatever_decodes_encodes_back(bytes in prop::collection::vec(any::<u8>(), 0..30)) {
            survives::<FruRecordTableMetadata>(&bytes)?;
            survives::<GetFruRecordTable>(&bytes)?;
            survives::<FruRecordTablePart>(&bytes)?;
            survives::<SetFruRecordTable>(&bytes)?;
            survives::<FruTableSet>(&bytes)?;
            survives::<GetFruRecordByOption>(&bytes)?;
            survives::<FruRecordsPart>(&bytes)?;
        }
    }
}
