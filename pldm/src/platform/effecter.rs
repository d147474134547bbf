//! Effecters: what they are set to. To set them, there are codecs only: none is a [`Request`](crate::Request), so an
//! inventory cannot move an effecter by mistake.

use super::{
    DataSize, EffecterOperationalState, EventMessageEnable, Sent,
    reading::{composite_count, read_composite},
};
use crate::{Answer, Keep, Leniency, Lenient, message::request};
use wire::{Malformed, Reader, Wire, Writer};

wire::record! {
    /// Asks a numeric effecter for its value (DSP0248, GetNumericEffecterValue, 0x32).
    pub struct GetNumericEffecterValue = "GetNumericEffecterValue" {
        /// The effecter.
        pub effecter_id: u16,
    }
}
request!(PLATFORM GetNumericEffecterValue = 0x32 -> NumericEffecterValue, NumericEffecterValue::keep);

/// What a numeric effecter is set to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NumericEffecterValue {
    /// Whether it works.
    pub operational_state: EffecterOperationalState,
    /// The value it is moving to, in the unit its record gives.
    pub pending_value: Sent,
    /// The value it has. Means nothing unless [`Self::is_valid`].
    pub present_value: Sent,
}

impl NumericEffecterValue {
    /// Whether the value means anything: only while the effecter is enabled (DSP0248).
    pub const fn is_valid(&self) -> bool {
        self.operational_state.is_enabled()
    }
}

impl Keep for NumericEffecterValue {
    fn read_kept(r: &mut Reader<'_>) -> Result<Answer<Self>, Malformed> {
        let size: DataSize = r.get("effecter_data_size")?;
        let operational_state = r.get("effecter_oper_state")?;
        let ([pending_value, present_value], damage) = Sent::keep_all(r, size, ["pending_value", "present_value"]);
        Ok(Answer { value: Self { operational_state, pending_value, present_value }, damage })
    }
}

impl Wire for NumericEffecterValue {
    const NAME: &'static str = "GetNumericEffecterValue response";

    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        Self::read_whole(r)
    }

    fn write(&self, w: &mut Writer) -> Result<(), Malformed> {
        let size = self.pending_value.size();
        w.put(&size)?;
        w.put(&self.operational_state)?;
        Sent::write_all::<Self>(w, size, &[&self.pending_value, &self.present_value])
    }
}

wire::record! {
    /// Asks state effecters for their states (DSP0248, GetStateEffecterStates, 0x3a).
    pub struct GetStateEffecterStates = "GetStateEffecterStates" {
        /// The effecters; up to eight share an id.
        pub effecter_id: u16,
    }
}
request!(PLATFORM GetStateEffecterStates = 0x3a -> StateEffecterStates, StateEffecterStates::keep);

/// The states of the effecters that share an id.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StateEffecterStates {
    /// In the order of the effecter's record.
    pub effecters: Vec<StateEffecterState>,
}

wire::record! {
    /// The state of one state effecter. What a state means, its state set says (DSP0249).
    pub struct StateEffecterState = "state effecter state" {
        /// Whether it works.
        pub operational_state: EffecterOperationalState,
        /// The state it is moving to.
        pub pending_state: u8,
        /// The state it has. Means nothing unless [`Self::is_valid`].
        pub present_state: u8,
    }
}

impl StateEffecterState {
    /// Whether the state means anything: only while the effecter is enabled (DSP0248).
    pub const fn is_valid(&self) -> bool {
        self.operational_state.is_enabled()
    }
}

impl Keep for StateEffecterStates {
    fn read_kept(r: &mut Reader<'_>) -> Result<Answer<Self>, Malformed> {
        let (effecters, damage) = read_composite(r, "effecter")?;
        Ok(Answer { value: Self { effecters }, damage })
    }
}

impl Wire for StateEffecterStates {
    const NAME: &'static str = "GetStateEffecterStates response";

    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        Self::read_whole(r)
    }

    fn write(&self, w: &mut Writer) -> Result<(), Malformed> {
        w.len::<u8>(self.effecters.len(), "composite_effecter_count")?;
        w.list(&self.effecters)
    }
}

impl Lenient for StateEffecterStates {
    fn leniencies(&self) -> Vec<Leniency> {
        composite_count(self.effecters.len())
    }
}

wire::record! {
    /// Switches a numeric effecter (DSP0248, SetNumericEffecterEnable, 0x30).
    pub struct SetNumericEffecterEnable = "SetNumericEffecterEnable" {
        /// The effecter.
        pub effecter_id: u16,
        /// The state it is to have.
        pub operational_state: EffecterOperationalState,
    }
}

/// Sets a numeric effecter (DSP0248, SetNumericEffecterValue, 0x31).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SetNumericEffecterValue {
    /// The effecter.
    pub effecter_id: u16,
    /// The value it is to have.
    pub effecter_value: Sent,
}

impl Wire for SetNumericEffecterValue {
    const NAME: &'static str = "SetNumericEffecterValue";
    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        let effecter_id = r.get("effecter_id")?;
        let size: DataSize = r.get("effecter_data_size")?;
        Ok(Self { effecter_id, effecter_value: Sent::read(r, size, "effecter_value")? })
    }
    fn write(&self, w: &mut Writer) -> Result<(), Malformed> {
        w.put(&self.effecter_id)?;
        w.put(&self.effecter_value.size())?;
        self.effecter_value.write(w)
    }
}

wire::record! {
    /// Switches state effecters and their events (DSP0248, SetStateEffecterEnables, 0x38).
    pub struct SetStateEffecterEnables = "SetStateEffecterEnables" {
        /// The effecters that share this id.
        pub effecter_id: u16,
        /// What each is to do.
        pub effecters: Vec<StateEffecterEnable> as [u8 "composite_effecter_count", "effecter"],
    }
}

wire::record! {
    /// What one state effecter is to do.
    pub struct StateEffecterEnable = "state effecter enable" {
        /// The state it is to have.
        pub operational_state: EffecterOperationalState,
        /// The events it is to send.
        pub event_message_enable: EventMessageEnable,
    }
}

wire::record! {
    /// Sets state effecters (DSP0248, SetStateEffecterStates, 0x39).
    pub struct SetStateEffecterStates = "SetStateEffecterStates" {
        /// The effecters that share this id.
        pub effecter_id: u16,
        /// What each is to do.
        pub effecters: Vec<StateEffecterRequest> as [u8 "composite_effecter_count", "effecter"],
    }
}

wire::codes! {
    /// Whether an effecter is meant.
    pub struct SetRequest(u8) {
        /// It stays as it is.
        NO_CHANGE = 0x00,
        /// It is to have the state.
        REQUEST_SET = 0x01,
    }
}

wire::record! {
    /// What one state effecter is to do.
    pub struct StateEffecterRequest = "state effecter request" {
        /// Whether it is meant.
        pub set_request: SetRequest,
        /// The state it is to have.
        pub effecter_state: u8,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::Raw;
    use crate::{Request, platform::survives};
    use proptest::prelude::*;
    use wire::Damage;

    #[test]
    fn a_size_that_lies_leaves_the_state_and_what_came() {
        let answer = GetNumericEffecterValue::decode(&[4, 1, 7, 0, 0, 0, 9]).unwrap();
        assert_eq!((answer.value.is_valid(), answer.value.pending_value.number().map(Raw::to_f64)), (true, Some(7.0)));
        assert_eq!(answer.value.present_value.number().map(Raw::to_f64), None);
        assert_eq!(answer.damage.map(|it| (it.field, it.damage)), Some(("present_value", Damage::Short)));
        assert_eq!(wire::encode(&answer.value), Ok(vec![4, 1, 7, 0, 0, 0, 9]));
        let answer = GetNumericEffecterValue::decode(&[0, 1, 7, 0, 0, 0]).unwrap();
        assert_eq!(
            (answer.value.present_value.number().map(Raw::to_f64), answer.damage.map(|it| it.damage)),
            (Some(0.0), Some(Damage::Trailing))
        );
    }

    #[test]
    fn values_of_two_sizes_cannot_be_written() {
        let value = NumericEffecterValue {
            operational_state: EffecterOperationalState::ENABLED_NO_UPDATE_PENDING,
            pending_value: Sent::Number(Raw::U8(1)),
            present_value: Sent::Number(Raw::U16(1)),
        };
        assert_eq!(wire::encode(&value).unwrap_err().damage, Damage::Contradiction);
    }

    #[test]
    fn effecters_that_came_whole_are_kept() {
        let answer = GetStateEffecterStates::decode(&[255, 1, 2, 2, 0, 3]).unwrap();
        assert_eq!((answer.value.effecters.len(), answer.value.effecters[0].is_valid()), (1, true));
        assert_eq!(answer.damage.map(|it| it.damage), Some(Damage::Short));
        assert_eq!(GetStateEffecterStates::decode(&[0]).unwrap().leniencies(), [Leniency::Contradiction]);
    }

    proptest! {
        #[test]
        fn whatever_decodes_encodes_back(bytes in prop::collection::vec(0u8..8, 0..20)) {
            survives::<NumericEffecterValue>(&bytes)?;
            survives::<StateEffecterStates>(&bytes)?;
            survives::<SetNumericEffecterEnable>(&bytes)?;
            survives::<SetNumericEffecterValue>(&bytes)?;
            survives::<SetStateEffecterEnables>(&bytes)?;
            survives::<SetStateEffecterStates>(&bytes)?;
            let _ = (NumericEffecterValue::keep(&bytes), StateEffecterStates::keep(&bytes));
        }
    }
}
