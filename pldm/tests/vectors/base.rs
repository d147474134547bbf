//! DSP0240: header, discovery, versions, and the parts of large data.

use crate::vector::{Vector, hex, number, string};
use pldm::{CompletionCode, Header, Leniency, NotOpened, PldmType, base::*, firmware_update::GetFirmwareParameters};

/// Tests the vector, if it is one of these.
pub(crate) fn check(vector: &Vector) -> bool {
    match vector.name.as_str() {
        "base.SetTID.resp" => vector.response::<SetTid>(|_, _| {}),
        "base.GetTID.resp" => {
            vector.response::<GetTid>(|it, fields| assert_eq!(u64::from(it.tid.0), number(&fields["tid"])));
        }
        "base.GetPLDMVersion.req" => vector.request::<GetPldmVersion>(|it, fields| {
            assert_eq!(*it, GetPldmVersion::first(PldmType::FIRMWARE_UPDATE));
            assert_eq!(u64::from(it.data_transfer_handle), number(&fields["data_transfer_handle"]));
            assert_eq!(u64::from(it.transfer_operation_flag.0), number(&fields["transfer_operation_flag"]));
            assert_eq!(u64::from(it.pldm_type.0), number(&fields["pldm_type"]));
        }),
        // libpldm's encoder leaves the checksum out; DSP0240 demands it. We keep the version and count the leniency.
        "base.GetPLDMVersion.resp.one_version_no_crc" => {
            let versions = versions(vector);
            let said = &vector.fields["version0"];
            let version = versions.versions[0];
            for (ours, field) in [
                (version.alpha, "alpha"),
                (version.update, "update"),
                (version.minor, "minor"),
                (version.major, "major"),
            ] {
                assert_eq!(u64::from(ours), number(&said[field]));
            }
            assert_eq!(version.to_string(), string(&said["libpldm_ver2str"]));
            assert_eq!((versions.versions.len(), versions.checksum), (1, None));
        }
        // libpldm's decoder gives the first version only (openbmc/pldm#5); all of them count.
        "base.GetPLDMVersion.resp.two_versions_crc32" => {
            let versions = versions(vector);
            assert_eq!(versions.versions.iter().map(Version::to_string).collect::<Vec<_>>(), ["1.1.0", "1.3.0"]);
            assert_eq!(versions.checksum.map(u64::from), Some(number(&vector.fields["crc32"])));
            let whole = VersionPart::whole(&versions.versions).unwrap();
            assert_eq!(wire::encode(&whole).unwrap(), vector.bytes[4..]);
        }
        name if name.starts_with("base.ver32.") => {
            assert_eq!(vector.both_ways::<Version>(&vector.bytes).to_string(), vector.text);
        }
        "base.GetPLDMTypes.req" => vector.request::<GetPldmTypes>(|_, _| {}),
        "base.GetPLDMTypes.resp.0_2_4_5" => vector.response::<GetPldmTypes>(|it, fields| {
            assert_eq!(it.bitmap[..], hex(string(&fields["types_bitmap"])));
            assert_eq!(it.iter().map(|one| one.0.into()).collect::<Vec<u64>>(), numbers(&fields["types"]));
        }),
        // OpenBIC knows neither GetPLDMVersion nor more than it must.
        "base.GetPLDMCommands.resp.fwup" | "real.openbic.GetPLDMCommands.resp" => {
            vector.response::<GetPldmCommands>(|it, fields| {
                assert_eq!(it.iter().map(|one| one.0.into()).collect::<Vec<u64>>(), numbers(&fields["commands"]));
            });
        }
        name if name.starts_with("base.error_resp.") => {
            let code = CompletionCode(u8::try_from(number(&vector.fields["completion_code"])).unwrap());
            assert_eq!(vector.open::<GetFirmwareParameters>(), Err(NotOpened::Refused(code)));
            let request = Header { request: true, ..vector.header() };
            assert_eq!(pldm::encode_response(&request, code, &[]).as_ref(), Ok(&vector.bytes));
        }
        "base.NegotiateTransferParameters.req" => vector.request::<NegotiateTransferParameters>(|it, fields| {
            assert_eq!(u64::from(it.requester_part_size), number(&fields["requester_part_size"]));
            assert_eq!(it.requester_protocol_support[..], hex(string(&fields["requester_protocol_support"])));
        }),
        "base.NegotiateTransferParameters.resp" => vector.response::<NegotiateTransferParameters>(|it, fields| {
            assert_eq!(u64::from(it.responder_part_size), number(&fields["responder_part_size"]));
            assert_eq!(it.responder_protocol_support[..], hex(string(&fields["responder_protocol_support"])));
        }),
        name if name.starts_with("base.MultipartReceive.req.") => vector.request::<MultipartReceive>(|it, fields| {
            let ours = [
                it.pldm_type.0.into(),
                it.transfer_operation.0.into(),
                it.transfer_context,
                it.data_transfer_handle,
                it.requested_section_offset,
                it.requested_section_length,
            ];
            let names = [
                "pldm_type",
                "transfer_operation",
                "transfer_context",
                "data_transfer_handle",
                "requested_section_offset",
                "requested_section_length",
            ];
            assert_eq!(ours.map(u64::from), names.map(|name| number(&fields[name])));
        }),
        name if name.starts_with("base.MultipartReceive.resp.") => vector.response::<MultipartReceive>(|it, fields| {
            assert_eq!(u64::from(it.transfer_flag.0), number(&fields["transfer_flag"]));
            assert_eq!(u64::from(it.next_data_transfer_handle), number(&fields["next_data_transfer_handle"]));
            assert_eq!(it.data.len() as u64, number(&fields["data_length"]));
            assert_eq!(it.data, hex(string(&fields["data"])));
            assert_eq!(it.checksum.map(u64::from), fields["data_integrity_checksum_crc32"].as_u64());
            assert!(it.is_whole());
        }),
        "base.MultipartSend.resp" => vector.response::<MultipartSend>(|it, fields| {
            assert_eq!(u64::from(it.transfer_operation.0), number(&fields["transfer_operation"]));
        }),
        _ => return false,
    }
    true
}

/// The versions in a part that is the whole. A part may end anywhere, so a cut shows only when the whole is read.
fn versions(vector: &Vector) -> Versions {
    let payload = vector.payload::<GetPldmVersion>();
    let part: VersionPart = wire::decode(payload).unwrap();
    assert_eq!(wire::encode(&part).unwrap(), payload);
    assert_eq!((part.next_data_transfer_handle, part.transfer_flag), (0, TransferFlag::START_AND_END));
    for length in 0..payload.len() {
        let whole = wire::decode::<VersionPart>(&payload[..length]).map(|part| Versions::assemble(&part.data));
        let unharmed = whole.is_ok_and(|answer| answer.leniencies().is_empty());
        assert!(!unharmed, "{} cut to {length}", vector.name);
    }
    let answer = Versions::assemble(&part.data);
    assert_eq!(answer.damage, None);
    assert_eq!(answer.leniencies().contains(&Leniency::MissingChecksum), answer.value.checksum.is_none());
    answer.value
}

fn numbers(value: &serde_json::Value) -> Vec<u64> {
    value.as_array().unwrap().iter().map(number).collect()
}
