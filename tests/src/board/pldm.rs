//! What devices answer to PLDM messages (DSP0240, DSP0242, DSP0248, DSP0257, DSP0267).

mod base;
mod file;
mod firmware;
mod fru;

pub(super) use file::Files;

use super::{
    component::Component,
    data::{Description, Fault, PldmType},
    platform,
    transfer::{ERROR_INVALID_PLDM_TYPE, ERROR_UNSUPPORTED_PLDM_CMD},
};

/// The answer to a PLDM message, header included, if there is one.
pub(super) fn answer(device: &mut Component, body: &[u8]) -> Option<Vec<u8>> {
    let [first, second, command, data @ ..] = body else { return None };
    if first & 0xc0 != 0x80 {
        return None; // not a request that wants a response
    }
    let pldm_type = second & 0x3f;
    let times = device.asked.commands.entry((pldm_type, *command)).or_default();
    *times += 1;
    let payload = match refusal(&device.description, pldm_type, *command, *times) {
        Some(code) => vec![code],
        None => match pldm_type {
            0 => base::answer(device, *command, data),
            2 => platform::answer(device, *command, data),
            4 => fru::answer(&device.description, *command, data),
            5 => firmware::answer(&device.description, *command, data),
            7 => file::answer(device, *command, data),
            _ => vec![ERROR_UNSUPPORTED_PLDM_CMD],
        },
    };
    Some([vec![first & 0x1f, pldm_type, *command], payload].concat())
}

/// Why it refuses this command, which came so many times; a completion code is all that it says then.
fn refusal(device: &Description, number: u8, command: u8, times: u64) -> Option<u8> {
    let this = |pldm: u8, refused: u8| (pldm, refused) == (number, command);
    let told = device.fault.iter().find_map(|fault| match fault {
        Fault::Refuses { pldm, command, code } if this(*pldm, *command) => Some(*code),
        Fault::RefusesEvery { pldm, command, code, nth } if this(*pldm, *command) => {
            times.is_multiple_of(*nth).then_some(*code)
        }
        _ => None,
    });
    told.or_else(|| match find(device, number) {
        None => Some(ERROR_INVALID_PLDM_TYPE),
        Some(known) => (!known.commands.contains(&command)).then_some(ERROR_UNSUPPORTED_PLDM_CMD),
    })
}

fn find(device: &Description, number: u8) -> Option<&PldmType> {
    device.pldm.iter().find(|one| one.number == number)
}
