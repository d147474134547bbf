//! DSP0267: what a device is, what firmware it runs, and the messages of an update.

use crate::vector::{Vector, hex, number, string};
use pldm::{CompletionCode, Leniency, Lenient, NotOpened, Text, firmware_update::*};
use serde_json::Value;
use wire::Damage;

/// Tests the vector, if it is one of these.
pub(crate) fn check(vector: &Vector) -> bool {
    match vector.name.as_str() {
        "fwup.QueryDeviceIdentifiers.req" => vector.request::<QueryDeviceIdentifiers>(|_, _| {}),
        "fwup.QueryDeviceIdentifiers.resp.pci_4_descriptors" => identifiers(
            vector,
            &[
                "PCI Vendor ID 0x10de",
                "PCI Device ID 0x2335",
                "PCI Subsystem Vendor ID 0x10de",
                "PCI Subsystem ID 0x1926",
            ],
            &[],
        ),
        "fwup.QueryDeviceIdentifiers.resp.uuid_only" => {
            identifiers(vector, &["UUID 01020304-0506-0708-090a-0b0c0d0e0f10"], &[]);
        }
        "fwup.QueryDeviceIdentifiers.resp.iana_plus_vendor_defined" => {
            identifiers(vector, &["IANA Enterprise ID 5703", "Vendor Defined OpenBMC.Name=GPU_0"], &[]);
            vector.response::<QueryDeviceIdentifiers>(|it, fields| {
                let said = &fields["descriptors"][1];
                let ours = it.descriptors[1].vendor_defined().unwrap();
                assert_eq!(u64::from(ours.title.encoding.0), number(&said["title_str_type"]));
                assert_eq!(ours.title.to_string_lenient().0, string(&said["title"]));
                assert_eq!(it.openbmc_name().as_deref(), said["vendor_data_ascii"].as_str());
            });
        }
        "real.openbic.QueryDeviceIdentifiers.resp" => {
            identifiers(vector, &["IANA Enterprise ID 40981"], &[Leniency::BigEndianIana]);
        }
        "fwup.GetFirmwareParameters.req" => vector.request::<GetFirmwareParameters>(|_, _| {}),
        // libpldm says OK and pldmd stops without a word. We keep the one that came and say that more were promised.
        "fwup.GetFirmwareParameters.resp.count_larger_than_table" => {
            let (value, damage) = vector.kept::<GetFirmwareParameters>();
            parameters(&value, &vector.fields);
            assert_eq!((damage.field, damage.damage), ("classification", Damage::Short));
            let mut encoded = wire::encode(&value).unwrap();
            encoded[4] = 3; // what was sent but for the count, which is the lie
            assert_eq!(encoded, vector.bytes[4..]);
        }
        "fwup.GetFirmwareParameters.resp.count_smaller_than_table" => {
            let (value, damage) = vector.kept::<GetFirmwareParameters>();
            parameters(&value, &vector.fields);
            assert_eq!((value.components.len(), damage.damage), (1, Damage::Trailing));
            let encoded = wire::encode(&value).unwrap();
            assert_eq!(encoded, vector.bytes[4..4 + encoded.len()]);
        }
        // libpldm refuses text of type "unknown" (INVALID_DATA); devices send it, and the version is what we came for.
        "fwup.GetFirmwareParameters.resp.string_type_unknown_with_text" => {
            vector.response::<GetFirmwareParameters>(|it, fields| {
                parameters(it, fields);
                assert_eq!(it.components[0].active.version.to_string_lenient().0, "1.0");
                assert_eq!(it.leniencies(), [Leniency::UnknownStringType; 2]);
            });
        }
        "fwup.GetFirmwareParameters.resp.nul_padded_version_and_zero_date" => {
            vector.response::<GetFirmwareParameters>(|it, fields| {
                parameters(it, fields);
                assert_eq!(it.components[0].active.version.to_string_lenient().0, "1.0");
                assert_eq!(it.leniencies(), [Leniency::TrailingNul]);
            });
        }
        "fwup.GetFirmwareParameters.resp.utf16le_utf16be_utf16bom_utf8" => {
            vector.response::<GetFirmwareParameters>(|it, fields| {
                parameters(it, fields);
                let shown: Vec<_> = it.components.iter().map(|one| one.active.version.to_string_lenient().0).collect();
                assert_eq!(shown, ["v1.0", "v1.0", "v1", "v1.0-\u{e9}"]);
                assert_eq!(it.leniencies(), []);
            });
        }
        // Its component has bit 1 set, which DSP0267 reserves.
        "fwup.GetFirmwareParameters.resp.pending_component" => {
            vector.response::<GetFirmwareParameters>(|it, fields| {
                parameters(it, fields);
                assert_eq!(it.leniencies(), [Leniency::ReservedBits]);
            });
        }
        name if name.starts_with("fwup.GetFirmwareParameters.resp.") => {
            vector.response::<GetFirmwareParameters>(|it, fields| {
                parameters(it, fields);
                assert_eq!(it.leniencies(), []);
            });
        }
        "fwup.QueryDownstreamDevices.req" => vector.request::<QueryDownstreamDevices>(|_, _| {}),
        "fwup.QueryDownstreamDevices.resp.unsupported" => {
            let unsupported = NotOpened::Refused(CompletionCode::ERROR_UNSUPPORTED_PLDM_CMD);
            assert_eq!(vector.open::<QueryDownstreamDevices>(), Err(unsupported));
        }
        "fwup.QueryDownstreamIdentifiers.req" => vector.request::<QueryDownstreamIdentifiers>(|it, fields| {
            assert_eq!(u64::from(it.data_transfer_handle), number(&fields["data_transfer_handle"]));
            assert_eq!(u64::from(it.transfer_operation_flag.0), number(&fields["transfer_operation_flag"]));
        }),
        name if name.starts_with("fwup.QueryDownstreamIdentifiers.resp.") => {
            vector.response::<QueryDownstreamIdentifiers>(|it, fields| {
                assert_eq!(u64::from(it.next_data_transfer_handle), number(&fields["next_data_transfer_handle"]));
                assert_eq!(u64::from(it.transfer_flag.0), number(&fields["transfer_flag"]));
                let devices = fields["devices"].as_array().unwrap();
                assert_eq!(it.devices.len(), devices.len());
                for (ours, said) in it.devices.iter().zip(devices) {
                    assert_eq!(u64::from(ours.index), number(&said["index"]));
                    assert_eq!(ours.descriptors.len() as u64, number(&said["descriptor_count"]));
                    assert_eq!(ours.descriptors[0].to_string(), "IANA Enterprise ID 5703");
                }
            });
        }
        name if name.starts_with("fwup.GetDownstreamFirmwareParameters.resp.") => {
            vector.response::<GetDownstreamFirmwareParameters>(downstream_parameters);
        }
        _ => return update(vector),
    }
    true
}

/// The messages of an update, and its status.
fn update(vector: &Vector) -> bool {
    let same = |ours: &[u64], fields: &Value, names: &[&str]| {
        assert_eq!(ours, names.iter().map(|name| number(&fields[*name])).collect::<Vec<_>>());
    };
    match vector.name.as_str() {
        "fwup.RequestUpdate.req" => vector.message::<RequestUpdate>(|it, fields| {
            assert_eq!(u64::from(it.maximum_transfer_size), number(&fields["max_transfer_size"]));
            assert_eq!(u64::from(it.number_of_components), number(&fields["number_of_components"]));
            let outstanding = number(&fields["max_outstanding_transfer_requests"]);
            assert_eq!(u64::from(it.maximum_outstanding_transfer_requests), outstanding);
            assert_eq!(u64::from(it.package_data_length), number(&fields["package_data_length"]));
            assert_eq!(u64::from(it.component_image_set_version.encoding.0), number(&fields["version_type"]));
            assert_eq!(it.component_image_set_version, Text::new(string(&fields["version"])));
        }),
        "fwup.RequestUpdate.resp" => vector.message::<UpdateAccepted>(|it, fields| {
            let ours = [it.firmware_device_meta_data_length.into(), it.firmware_device_will_send_package_data.into()];
            same(&ours, fields, &["fd_meta_data_len", "fd_will_send_pkg_data"]);
        }),
        "fwup.PassComponentTable.req" => vector.message::<PassComponentTable>(|it, fields| {
            let index = it.classification_index.into();
            let ours = [it.transfer_flag.0.into(), it.classification.0.into(), it.identifier.into(), index];
            same(&ours, fields, &["transfer_flag", "classification", "identifier", "classification_index"]);
            same(&[it.comparison_stamp.into()], fields, &["comparison_stamp"]);
            assert_eq!(it.version, Text::new(string(&fields["version"])));
        }),
        "fwup.UpdateComponent.req" => vector.message::<UpdateComponent>(|it, fields| {
            let ours = [it.classification.0.into(), it.identifier.into(), it.classification_index.into()];
            same(&ours, fields, &["classification", "identifier", "classification_index"]);
            let ours = [it.comparison_stamp.into(), it.image_size.into(), it.update_option_flags.into()];
            same(&ours, fields, &["comparison_stamp", "image_size", "update_option_flags"]);
            assert_eq!(it.version, Text::new(string(&fields["version"])));
        }),
        "fwup.RequestFirmwareData.req" => vector.message::<RequestFirmwareData>(|it, fields| {
            same(&[it.offset.into(), it.length.into()], fields, &["offset", "length"]);
        }),
        "fwup.TransferComplete.req" => vector.message::<TransferComplete>(|it, fields| {
            same(&[it.transfer_result.into()], fields, &["transfer_result"]);
        }),
        "fwup.VerifyComplete.req" => vector.message::<VerifyComplete>(|it, fields| {
            same(&[it.verify_result.into()], fields, &["verify_result"]);
        }),
        "fwup.ApplyComplete.req" => vector.message::<ApplyComplete>(|it, fields| {
            let ours = [it.apply_result.into(), it.component_activation_methods_modification.0.into()];
            same(&ours, fields, &["apply_result", "component_activation_methods_modification"]);
        }),
        "fwup.ActivateFirmware.req" => vector.message::<ActivateFirmware>(|it, fields| {
            same(&[it.self_contained_activation_request.into()], fields, &["self_contained_activation_request"]);
        }),
        "fwup.ActivateFirmware.resp" => vector.message::<Activating>(|it, fields| {
            let ours = [it.estimated_time_for_self_contained_activation.into()];
            same(&ours, fields, &["estimated_time_for_self_contained_activation_s"]);
        }),
        "fwup.GetStatus.req" => vector.request::<GetStatus>(|_, _| {}),
        "fwup.GetStatus.resp.idle" | "fwup.GetStatus.resp.download_42pct" => {
            vector.response::<GetStatus>(|it, fields| {
                let ours = [it.current_state.0, it.previous_state.0, it.aux_state, it.aux_state_status, it.reason_code];
                let names = ["current_state", "previous_state", "aux_state", "aux_state_status", "reason_code"];
                same(&ours.map(u64::from), fields, &names);
                let ours = [it.progress_percent.into(), it.update_option_flags_enabled.into()];
                same(&ours, fields, &["progress_percent", "update_option_flags_enabled"]);
                assert_eq!(it.progress(), (it.current_state == State::DOWNLOAD).then_some(42));
            });
        }
        "fwup.CancelUpdate.resp" => vector.message::<Canceled>(|it, fields| {
            let ours = [it.non_functioning_component_indication.into(), it.non_functioning_component_bitmap];
            same(&ours, fields, &["non_functioning_component_indication", "non_functioning_component_bitmap"]);
        }),
        _ => return false,
    }
    true
}

fn identifiers(vector: &Vector, shown: &[&str], leniencies: &[Leniency]) {
    vector.response::<QueryDeviceIdentifiers>(|it, fields| {
        let said = fields["descriptors"].as_array().unwrap();
        assert_eq!(it.descriptors.len() as u64, number(&fields["descriptor_count"]));
        for (ours, said) in it.descriptors.iter().zip(said) {
            assert_eq!(u64::from(ours.descriptor_type.0), number(&said["type"]));
            assert_eq!(ours.data.len() as u64, number(&said["length"]));
            assert_eq!(*ours.data, hex(string(&said["data"])));
        }
        assert_eq!(it.descriptors.iter().map(Descriptor::to_string).collect::<Vec<_>>(), shown);
        assert_eq!(it.leniencies(), leniencies);
    });
}

fn parameters(it: &FirmwareParameters, fields: &Value) {
    assert_eq!(u64::from(it.capabilities_during_update.0), number(&fields["capabilities_during_update"]));
    text(&it.active_image_set, &fields["active_image_set"]);
    text(&it.pending_image_set, &fields["pending_image_set"]);
    let said = fields["components"].as_array().unwrap();
    assert_eq!(it.components.len(), said.len().min(number(&fields["component_count"]).try_into().unwrap()));
    for (ours, said) in it.components.iter().zip(said) {
        assert_eq!(u64::from(ours.classification.0), number(&said["classification"]));
        assert_eq!(u64::from(ours.identifier), number(&said["identifier"]));
        assert_eq!(u64::from(ours.classification_index), number(&said["classification_index"]));
        assert_eq!(u64::from(ours.activation_methods.0), number(&said["activation_methods"]));
        assert_eq!(u64::from(ours.capabilities_during_update.0), number(&said["capabilities_during_update"]));
        image(&ours.active, &said["active"]);
        image(&ours.pending, &said["pending"]);
        assert_eq!(ours.has_pending(), number(&said["pending"]["len"]) > 0);
    }
}

fn image(ours: &Image, said: &Value) {
    assert_eq!(u64::from(ours.comparison_stamp), number(&said["comparison_stamp"]));
    assert_eq!(ours.release_date.0[..], hex(string(&said["release_date"])));
    let spelt = String::from_utf8_lossy(&ours.release_date.0).into_owned();
    let dashed =
        (ours.release_date != ReleaseDate::NONE).then(|| format!("{}-{}-{}", &spelt[..4], &spelt[4..6], &spelt[6..]));
    assert_eq!(ours.release_date.date(), dashed);
    text(&ours.version, said);
}

fn text(ours: &Text, said: &Value) {
    assert_eq!(u64::from(ours.encoding.0), number(&said["type"]));
    assert_eq!(ours.bytes.len() as u64, number(&said["len"]));
    assert_eq!(*ours.bytes, hex(string(&said["str_hex"])));
    if let Some(shown) = said["str"].as_str() {
        assert_eq!(ours.to_string_lenient().0, shown);
    }
}

fn downstream_parameters(it: &DownstreamFirmwareParameters, fields: &Value) {
    assert_eq!(u64::from(it.next_data_transfer_handle), number(&fields["next_data_transfer_handle"]));
    assert_eq!(u64::from(it.transfer_flag.0), number(&fields["transfer_flag"]));
    assert_eq!(u64::from(it.capabilities_during_update.0), number(&fields["fdp_capabilities_during_update"]));
    let said = fields["devices"].as_array().unwrap();
    assert_eq!(it.devices.len(), said.len());
    for (ours, said) in it.devices.iter().zip(said) {
        assert_eq!(u64::from(ours.index), number(&said["index"]));
        assert_eq!(u64::from(ours.active.comparison_stamp), number(&said["active_comparison_stamp"]));
        assert_eq!(ours.active.version.to_string_lenient().0, string(&said["active_version"]));
        assert_eq!(ours.active.release_date.0, string(&said["active_release_date"]).as_bytes());
        assert_eq!(ours.pending.version.bytes.len() as u64, number(&said["pending_len"]));
        assert_eq!(u64::from(ours.activation_methods.0), number(&said["activation_methods"]));
        assert_eq!(u64::from(ours.capabilities_during_update.0), number(&said["capabilities_during_update"]));
    }
    assert_eq!(it.leniencies(), []);
}
