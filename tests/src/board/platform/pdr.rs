//! What PDRs are on the wire (DSP0248, clause "PDRs"; DSP0242 for files): everything behind the common header.

use crate::board::{
    bytes::{Out, hex, utf16be, ver32},
    data::{
        Association, Entity, EntityNames, File, FruRecordSet, Name, Names, NumericEffecter, NumericSensor, Pdr, State,
        StateEffecter, StateSensor, TerminusLocator,
    },
};

/// What a record's bytes depend on beside the record.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Owner {
    /// PLDMTerminusHandle.
    pub(super) terminus: u16,
    /// The device's terminus id.
    pub(super) tid: u8,
    /// Its endpoint id.
    pub(super) eid: u8,
}

/// PDRType and what follows the header.
pub(super) fn encode(pdr: &Pdr, owner: Owner) -> (u8, Vec<u8>) {
    let out = Out::default();
    let terminus = owner.terminus;
    let (number, out) = match pdr {
        Pdr::TerminusLocator(one) => (1, locator(out, one, owner)),
        Pdr::NumericSensor(one) => (2, numeric_sensor(out.u16(terminus), one)),
        Pdr::CompactNumericSensor(one) => (21, compact_sensor(out.u16(terminus), one)),
        Pdr::StateSensor(one) => (4, state_sensor(out.u16(terminus), one)),
        Pdr::SensorNames(one) => (6, names(out.u16(terminus), one)),
        Pdr::NumericEffecter(one) => (9, numeric_effecter(out.u16(terminus), one)),
        Pdr::StateEffecter(one) => (11, state_effecter(out.u16(terminus), one)),
        Pdr::EffecterNames(one) => (13, names(out.u16(terminus), one)),
        Pdr::EntityAssociation(one) => (15, association(out, one)),
        Pdr::EntityNames(one) => (16, entity_names(out, one)),
        Pdr::FruRecordSet(one) => (20, record_set(out.u16(terminus), one)),
        Pdr::Raw(one) => (one.number, out.bytes(hex(&one.bytes))),
    };
    (number, out.0)
}

/// The names that stand with a sensor or an effecter, as the record of their own that they are on the wire.
pub(super) fn beside(pdr: &Pdr) -> Option<Pdr> {
    let english = |name: &String| vec![["en".to_owned(), name.clone()]];
    let names = |id: u16, names: &[String]| Names { id, names: names.iter().map(english).collect() };
    match pdr {
        Pdr::NumericSensor(one) => Some(Pdr::SensorNames(names(one.id, &[one.name.clone()?]))),
        Pdr::StateSensor(one) if !one.names.is_empty() => Some(Pdr::SensorNames(names(one.id, &one.names))),
        Pdr::NumericEffecter(one) => Some(Pdr::EffecterNames(names(one.id, &[one.name.clone()?]))),
        Pdr::StateEffecter(one) if !one.names.is_empty() => Some(Pdr::EffecterNames(names(one.id, &one.names))),
        _ => None,
    }
}

/// The file descriptor PDR, type 30.
pub(super) fn file_descriptor(file: &File, terminus: u16) -> Vec<u8> {
    let name = |out: Out, name: &str| out.u8(name.len() as u8 + 1).bytes(name).u8(0);
    let (no_directory, oem) = (0, file.oem_class.is_some());
    let out = entity(Out::default().u16(terminus).u16(file.id), file.entity);
    let out = out.u16(no_directory).u8(if oem { 0 } else { file.class.number() }).u8(u8::from(oem));
    let version = file.version.as_deref().map_or([0xff; 4], ver32);
    let maximum = file.maximum.unwrap_or_else(|| file.contents().len() as u32);
    let out = name(out.u16(file.capabilities).bytes(version).u32(maximum).u8(file.descriptors), &file.name);
    match &file.oem_class {
        Some(class) => name(out, class).0,
        None => out.0,
    }
}

fn entity(out: Out, [kind, instance, container]: Entity) -> Out {
    out.u16(kind).u16(instance).u16(container)
}

fn locator(out: Out, one: &TerminusLocator, owner: Owner) -> Out {
    let (mctp_eid, length) = (1, 1);
    let out = out.u16(owner.terminus).u8(u8::from(one.valid)).u8(one.tid.unwrap_or(owner.tid)).u16(one.container);
    out.u8(mctp_eid).u8(length).u8(one.eid.unwrap_or(owner.eid))
}

fn numeric_sensor(out: Out, one: &NumericSensor) -> Out {
    let (no_oem_unit, linear) = (0, 1);
    let (upper, lower) = (one.upper(), one.lower());
    let told = |value: Option<f64>| value.is_some();
    let thresholds = one.supported_thresholds.unwrap_or_else(|| bits(upper.into_iter().chain(lower).map(told)));
    let usual = [one.nominal, one.normal_max, one.normal_min];
    let marks = [one.warning_high, one.warning_low, one.critical_high, one.critical_low, one.fatal_high, one.fatal_low];
    // The warning limits have no bit of their own.
    let support = one.range_support.unwrap_or_else(|| bits(usual.into_iter().chain(marks[2..].to_vec()).map(told)));
    let (least, most) = one.size.range();
    let hysteresis = one.scaled(one.hysteresis) / f64::from(one.resolution);
    entity(out.u16(one.id), one.entity)
        .u8(one.initialization)
        .u8(u8::from(one.auxiliary_names || one.name.is_some()))
        .u8(one.unit.number())
        .i8(one.modifier)
        .u8(one.rate.number())
        .u8(no_oem_unit)
        .u8(one.auxiliary_unit.number())
        .i8(one.auxiliary_modifier)
        .u8(one.auxiliary_rate.number())
        .u8(one.relation)
        .u8(no_oem_unit)
        .u8(linear)
        .u8(one.size.into())
        .f32(one.resolution)
        .f32(one.offset)
        .u16(one.accuracy)
        .u8(one.plus_tolerance)
        .u8(one.minus_tolerance)
        .bytes(one.size.bytes(hysteresis))
        .u8(thresholds)
        .u8(one.volatility)
        .f32(one.state_transition_interval)
        .f32(one.update_interval)
        .bytes(one.size.bytes(one.max_readable.unwrap_or(most)))
        .bytes(one.size.bytes(one.min_readable.unwrap_or(least)))
        .u8(one.range_format.into())
        .u8(support)
        .each(usual.into_iter().chain(marks), |out, value| {
            out.bytes(one.range_format.bytes(one.scaled(value.unwrap_or(0.0))))
        })
}

fn compact_sensor(out: Out, one: &NumericSensor) -> Out {
    let name = one.name.clone().unwrap_or_default();
    let marks = [one.warning_high, one.warning_low, one.critical_high, one.critical_low, one.fatal_high, one.fatal_low];
    let support = one.range_support.unwrap_or_else(|| bits(marks.iter().map(Option::is_some)));
    entity(out.u16(one.id), one.entity)
        .u8(name.len() as u8)
        .u8(one.unit.number())
        .i8(one.modifier)
        .u8(one.rate.number())
        .u8(support)
        .each(marks, |out, value| out.u32((one.scaled(value.unwrap_or(0.0)).round() as i32) as u32))
        .bytes(name)
}

fn state_sensor(out: Out, one: &StateSensor) -> Out {
    let out = entity(out.u16(one.id), one.entity).u8(one.initialization).u8(u8::from(!one.names.is_empty()));
    out.u8(one.states.len() as u8).each(&one.states, states)
}

fn state_effecter(out: Out, one: &StateEffecter) -> Out {
    let out = entity(out.u16(one.id), one.entity).u16(one.semantic).u8(one.initialization);
    out.u8(u8::from(!one.names.is_empty())).u8(one.states.len() as u8).each(&one.states, states)
}

/// State set, size of the bitmap, bitmap.
fn states(out: Out, state: &State) -> Out {
    let most = state.possible.iter().max().map_or(0, |most| usize::from(*most));
    let mut bitmap = vec![0; most / 8 + 1];
    state.possible.iter().for_each(|state| bitmap[usize::from(state / 8)] |= 1 << (state % 8));
    out.u16(state.set).u8(bitmap.len() as u8).bytes(bitmap)
}

fn names(out: Out, one: &Names) -> Out {
    out.u16(one.id).u8(one.names.len() as u8).each(&one.names, |out, names| strings(out, names))
}

fn strings(out: Out, names: &[Name]) -> Out {
    out.u8(names.len() as u8).each(names, |out, [language, name]| out.bytes(language).u8(0).bytes(utf16be(name)))
}

fn numeric_effecter(out: Out, one: &NumericEffecter) -> Out {
    let (no_oem_unit, none, linear) = (0, 0, 1);
    let (least, most) = one.size.range();
    entity(out.u16(one.id), one.entity)
        .u16(one.semantic)
        .u8(one.initialization)
        .u8(u8::from(one.name.is_some()))
        .u8(one.unit.number())
        .i8(one.modifier)
        .u8(one.rate.number())
        .u8(no_oem_unit)
        .bytes([none; 3]) // auxiliary unit, modifier and rate
        .u8(no_oem_unit)
        .u8(linear)
        .u8(one.size.into())
        .f32(one.resolution)
        .f32(one.offset)
        .u16(one.accuracy)
        .u8(one.plus_tolerance)
        .u8(one.minus_tolerance)
        .f32(one.state_transition_interval)
        .f32(one.transition_interval)
        .bytes(one.size.bytes(one.max_settable.unwrap_or(most)))
        .bytes(one.size.bytes(one.min_settable.unwrap_or(least)))
        .u8(one.range_format.into())
        .u8(bits(one.ranges.iter().map(Option::is_some)))
        .each(one.ranges, |out, value| out.bytes(one.range_format.bytes(one.scaled(value.unwrap_or(0.0)))))
}

fn association(out: Out, one: &Association) -> Out {
    let out = entity(out.u16(one.id).u8(u8::from(one.logical)), one.container);
    out.u8(one.contained.len() as u8).each(one.contained.iter().copied(), entity)
}

fn entity_names(out: Out, one: &EntityNames) -> Out {
    strings(entity(out, one.entity).u8(one.shared), &one.names)
}

fn record_set(out: Out, one: &FruRecordSet) -> Out {
    entity(out.u16(one.set), one.entity)
}

/// The first is bit 0.
fn bits(set: impl Iterator<Item = bool>) -> u8 {
    set.enumerate().filter(|(_, set)| *set).fold(0, |bits, (index, _)| bits | 1 << index)
}
