//! Events, sent and polled: whatever decodes encodes back to the same bytes, and what does not is kept as it came.
#![no_main]

use firmwarden_fuzz::{kept, same};
use libfuzzer_sys::fuzz_target;
use pldm::platform::{PollForPlatformEventMessage, event::*};
use wire::decode;

fuzz_target!(|bytes: &[u8]| {
    kept::<PollForPlatformEventMessage>(bytes);
    kept::<SetEventReceiver>(bytes);
    kept::<GetEventReceiver>(bytes);
    kept::<EventMessageSupported>(bytes);
    kept::<EventMessageBufferSize>(bytes);
    same::<EventMessage>(bytes);
    if let Ok(message) = decode::<EventMessage>(bytes) {
        let event = message.event();
        if event.damage.is_none() || matches!(event.value, EventData::Raw(_)) {
            assert_eq!(event.value.encode().as_ref(), Ok(&message.data));
        }
        if let EventData::Cper(event) = event.value
            && let Ok(record) = event.record()
        {
            for section in &record.value.sections {
                let length = event.section(section).map(<[u8]>::len);
                assert!(length.is_none_or(|length| u32::try_from(length) == Ok(section.section_length)));
                assert!(!section.fru_text().unwrap_or_default().contains(char::is_control));
            }
        }
    }
    if let Some((header, _)) = opened(bytes) {
        assert!(header.request);
    }
});
