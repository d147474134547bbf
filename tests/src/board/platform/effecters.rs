//! Effecters: what they are set to. Nobody sets them here; what they are follows their models.

use crate::board::{
    bytes::Out,
    component::Component,
    data::{Operational, Pdr},
    transfer::SUCCESS,
};

const INVALID_EFFECTER_ID: u8 = 0x80;

/// cc, size, operational state, the value it goes to, the value it has.
pub(super) fn value(device: &Component, id: u16) -> Vec<u8> {
    let found = device.terminus.repository.described().find_map(|pdr| match pdr {
        Pdr::NumericEffecter(one) if one.id == id => Some(one),
        _ => None,
    });
    let Some(one) = found else { return vec![INVALID_EFFECTER_ID] };
    let value = one.size.bytes(one.raw(one.model.at(device.up)));
    Out::default().u8(SUCCESS).u8(one.size.into()).u8(one.operational).bytes(&value).bytes(&value).0
}

/// cc, how many, and for each its operational state, the state it goes to, the state it has.
pub(super) fn states(device: &Component, id: u16) -> Vec<u8> {
    let found = device.terminus.repository.described().find_map(|pdr| match pdr {
        Pdr::StateEffecter(one) if one.id == id => Some(one),
        _ => None,
    });
    let Some(one) = found else { return vec![INVALID_EFFECTER_ID] };
    let out = Out::default().u8(SUCCESS).u8(one.states.len() as u8);
    out.each(&one.states, |out, state| {
        let present = state.model.at(device.up) as u8;
        // Its numbers are one beyond a sensor's: 0 is enabled with a change under way.
        let operational = match state.operational {
            Operational::Enabled => 1,
            other => u8::from(other) + 1,
        };
        out.bytes([operational, present, present])
    })
    .0
}
