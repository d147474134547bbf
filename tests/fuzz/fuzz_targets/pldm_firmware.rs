//! Firmware messages: whatever decodes encodes back to the same bytes, and what does not is read as far as it goes.
#![no_main]

use firmwarden_fuzz::same;
use libfuzzer_sys::fuzz_target;
use pldm::{Keep, Lenient, firmware_update::*};
use wire::encode;

fuzz_target!(|bytes: &[u8]| {
    same::<DeviceIdentifiers>(bytes);
    same::<FirmwareParameters>(bytes);
    same::<DownstreamDevices>(bytes);
    same::<DownstreamIdentifiers>(bytes);
    same::<DownstreamFirmwareParameters>(bytes);
    same::<Status>(bytes);
    same::<RequestUpdate>(bytes);
    same::<PassComponentTable>(bytes);
    same::<UpdateComponent>(bytes);
    if let Ok(kept) = FirmwareParameters::keep(bytes) {
        let _ = kept.leniencies();
        if kept.damage.is_none() {
            assert_eq!(encode(&kept.value).as_deref(), Ok(bytes));
        }
    }
    if let Ok(kept) = DeviceIdentifiers::keep(bytes) {
        kept.value.descriptors.iter().for_each(|one| drop((one.value(), one.integer(), one.uuid())));
        let _ = (kept.value.openbmc_name(), kept.value.leniencies());
    }
    let _ = DownstreamIdentifiers::keep(bytes);
    let _ = DownstreamFirmwareParameters::keep(bytes);
});
