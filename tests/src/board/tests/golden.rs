//! The same answers as in the golden vectors, out of data files.

use super::*;

/// The records that a device of these PDRs has: of each what follows its header.
fn record(pdr: &str) -> Vec<u8> {
    let mut device = device(&format!("[[pdr]]\n{pdr}"));
    let answer = ask(&mut device, &[2, 0x51, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, 0xff, 0, 0]);
    assert_eq!(answer[9], 5, "in one part");
    answer[12..].to_vec()
}

/// Apart from the handle, which is the repository's.
fn same(pdr: &str, name: &str) {
    assert_eq!(record(pdr)[4..], vector(name)[4..], "{name}");
}

const NUMERIC: &str = "kind = 'numeric_sensor'\nid = 0x1234\nauxiliary_names = true\nentity = [64, 1, 0]\nunit = 'celsius'\n\
    modifier = -1\nresolution = 1.5\naccuracy = 5\nplus_tolerance = 1\nminus_tolerance = 1\nhysteresis = 0.3\n\
    supported_thresholds = 27\nrange_support = 127\nstate_transition_interval = 0.5\nnormal_max = 8.0\nnormal_min = 0.5\n\
    warning_high = 8.5\ncritical_high = 9.5\nfatal_high = 10.5\n";

#[test]
fn numeric_sensors() {
    let real = "nominal = 2.55\ncritical_low = -0.5\nfatal_low = -1.0\n";
    let signed = "nominal = 2.5\ncritical_low = -0.5\nfatal_low = -1.0\n";
    let unsigned = "nominal = 2.5\ncritical_low = 0.5\nfatal_low = 1.0\n";
    let sizes = [
        ("uint8", "250", "0", vec![("real32", real)]),
        ("uint16", "60000", "0", vec![("real32", real), ("uint16", unsigned)]),
        ("sint16", "30000", "-30000", vec![("real32", real), ("sint16", signed)]),
        ("uint32", "4000000000", "0", vec![("real32", real), ("uint32", unsigned)]),
        ("sint32", "2000000000", "-2000000000", vec![("real32", real), ("sint32", signed)]),
    ];
    for (size, most, least, formats) in sizes {
        for (format, ranges) in formats {
            let readable = format!("max_readable = {most}.0\nmin_readable = {least}.0\n");
            let pdr = format!("{NUMERIC}size = '{size}'\nrange_format = '{format}'\n{ranges}{readable}");
            same(&pdr, &format!("pdr.numeric_sensor.data_{size}.range_{format}"));
        }
    }
}

#[test]
fn compact_sensor() {
    let pdr = "kind = 'compact_numeric_sensor'\nid = 85\nname = 'SoC_Temp0'\nentity = [135, 1, 1]\nunit = 'celsius'\n\
               size = 'sint16'\nwarning_high = 80.0\nwarning_low = 5.0\ncritical_high = 90.0\ncritical_low = 0.0\n\
               fatal_high = 100.0\nfatal_low = -10.0";
    same(pdr, "pdr.compact_numeric_sensor");
}

#[test]
fn numeric_effecters() {
    for (size, most, least) in [
        ("sint8", "120.0", "-40.0"),
        ("sint16", "30000.0", "-30000.0"),
        ("uint32", "4000000000.0", "0.0"),
        ("sint32", "2000000000.0", "-2000000000.0"),
    ] {
        let pdr = format!(
            "kind = 'numeric_effecter'\nid = 49\nentity = [135, 1, 1]\nunit = 'watts'\nsize = '{size}'\nplus_tolerance = 1\n\
             minus_tolerance = 2\ntransition_interval = 2.0\nmax_settable = {most}\nmin_settable = {least}\n\
             range_format = '{size}'\nranges = [10.0, 20.0, 30.0, 40.0, 50.0]"
        );
        same(&pdr, &format!("pdr.numeric_effecter.data_{size}"));
    }
}

#[test]
fn the_other_records() {
    same("kind = 'terminus_locator'\ntid = 9\neid = 20", "pdr.terminus_locator.mctp_eid");
    same("kind = 'sensor_names'\nid = 0x1234\nnames = [[['en', 'GPU T0']]]", "pdr.sensor_auxiliary_names.utf16be");
    same(
        "kind = 'sensor_names'\nid = 0x1235\nnames = [[], [['en', '\u{20ac}']]]",
        "pdr.sensor_auxiliary_names.zero_names_then_one",
    );
    same(
        "kind = 'state_effecter'\nid = 65\nentity = [33, 1, 1]\nstates = [{ set = 196, possible = [1, 2] }]",
        "pdr.state_effecter.one",
    );
    same("kind = 'fru_record_set'\nset = 0x101\nentity = [135, 1, 1]", "pdr.fru_record_set");
    let association = |id, logical, container, contained| {
        format!(
            "kind = 'entity_association'\nid = {id}\nlogical = {logical}\ncontainer = {container}\ncontained = [{contained}]"
        )
    };
    same(&association(1, false, "[45, 1, 0]", "[64, 1, 1]"), "pdr.entity_association.0");
    same(&association(2, true, "[64, 1, 1]", "[135, 2, 2]"), "pdr.entity_association.1");
    same(&association(2, false, "[64, 1, 1]", "[135, 1, 2]"), "pdr.entity_association.2");
    same("kind = 'raw'\ntype = 127\nbytes = 'b315000008000102030405060708'", "pdr.oem");
}

#[test]
fn sensor_readings() {
    for (size, value, state) in
        [("uint8", "200", ""), ("sint8", "-5", ""), ("uint16", "65000", ""), ("uint32", "4000000000", "")]
            .into_iter()
            .chain([("sint32", "-2000000000", "")])
            .chain(
                ["disabled", "unavailable", "failed", "initializing", "shutting_down", "in_test"]
                    .map(|state| ("uint8", "7", state)),
            )
    {
        let operational = if state.is_empty() { String::new() } else { format!("operational = '{state}'\n") };
        let mut device = device(&format!(
            "platform = {{ event_classes = [] }}\n[[pdr]]\nkind = 'numeric_sensor'\nid = 0x1234\nunit = 'celsius'\n\
             size = '{size}'\nmodel = {{ constant = {value}.0 }}\n{operational}"
        ));
        let name = match state {
            "" => size.to_owned(),
            "shutting_down" => "state_shuttingDown".into(),
            "in_test" => "state_inTest".into(),
            state => format!("state_{state}"),
        };
        let name = format!("platform.GetSensorReading.resp.{name}");
        assert_eq!(ask(&mut device, &[2, 0x11, 0x34, 0x12, 0]), payload(&name), "{name}");
    }
}

#[test]
fn states_and_effecters() {
    let mut device = device(
        "[[pdr]]\nkind = 'state_sensor'\nid = 34\nstates = [{ set = 1, possible = [1, 3], model = { constant = 1 } },\
         { set = 2, possible = [1, 3], model = { steps = [[0, 1], [5, 3]] } },\
         { set = 3, possible = [1], operational = 'unavailable' }]\n\
         [[pdr]]\nkind = 'state_effecter'\nid = 65\nstates = [{ set = 196, possible = [1, 2], model = { constant = 2 } }]\n\
         [[pdr]]\nkind = 'numeric_effecter'\nid = 49\nunit = 'watts'\nsize = 'uint16'\nmodel = { constant = 65000 }",
    );
    ask(&mut device, &[2, 0x21, 34, 0, 0, 0]);
    device.up = Duration::from_secs(5);
    let golden = payload("platform.GetStateSensorReadings.resp.composite_3");
    let answer = ask(&mut device, &[2, 0x21, 34, 0, 0, 0]);
    // The vector's first sensor was in its state before; ours came from "unknown".
    assert_eq!((&answer[..4], answer[4]), (&golden[..4], 0));
    assert_eq!(answer[5..], golden[5..]);
    assert_eq!(ask(&mut device, &[2, 0x3a, 65, 0]), [0, 1, 1, 2, 2]);
    assert_eq!(ask(&mut device, &[2, 0x32, 49, 0]), payload("platform.GetNumericEffecterValue.resp.uint16"));
}

#[test]
fn events() {
    let event = |name: &str| payload(&format!("platform.PlatformEventMessage.req.{name}")).split_off(2);
    let same = |name: &str, own: Event| assert_eq!([vec![own.class], own.data].concat(), event(name), "{name}");
    same("sensor_op_state", Event::operational(0x1234, 4, 0));
    same("state_sensor_state", Event::state(34, 1, 3, 1));
    same("numeric_sensor_state_sint32", Event::numeric(0x1234, 9, 1, Size::Sint32, -2e9));
    same("pdr_repository_change_modified_3_handles", Event::repository_change(&[(3, vec![1, 5, 9])]));
    same("message_poll", Event::message_poll(0x0102, 0xaabb_ccdd));
    same("cper", Event::cper(0, &[0xde, 0xad, 0xbe, 0xef, 1, 2]));
    same("heartbeat_timer_elapsed", Event::heartbeat(7));
}

#[test]
fn answers_about_events() {
    let mut device = device("platform = { event_classes = [0, 4, 5, 7] }");
    assert_eq!(ask(&mut device, &[2, 0x0c, 1]), payload("platform.EventMessageSupported.resp"));
    assert_eq!(ask(&mut device, &[2, 0x0d, 0, 4]), payload("platform.EventMessageBufferSize.resp"));
    let request = vector("platform.SetEventReceiver.req.async_keepalive");
    assert_eq!(ask(&mut device, &request[1..]), payload("platform.SetEventReceiver.resp"));
    assert_eq!(ask(&mut device, &[2, 0x05]), [0, 0, 8]);
    assert_eq!(ask(&mut device, &[2, 0x0c, 1])[1], 3, "keep-alive is on");
    let told = EventReceiver { enable: 3, protocol: 0, eid: 8, heartbeat: Some(120) };
    assert_eq!((device.asked.event_receivers.clone(), device.asked.buffer), (vec![told], Some(1024)));
}

#[test]
fn downstream_devices() {
    let descriptors = "descriptor = [{ number = 1, bytes = '47160000' }, { number = 0x106, text = 'SSD' }]";
    let one = |index: u8| {
        format!(
            "[[downstream]]\nindex = {index}\n{descriptors}\ncapabilities = 1\nactivation_methods = 4\n\
             active = {{ text = 'DS{index}-4.5.{index}', date = '20260301', stamp = {} }}\n",
            77 + index
        )
    };
    let mut device = device(&format!("capabilities = 2\n{}{}", one(0), one(1)));
    let identifiers = "fwup.QueryDownstreamIdentifiers.resp";
    let parameters = "fwup.GetDownstreamFirmwareParameters.resp";
    assert_eq!(ask(&mut device, &[5, 3]), [0, 1, 2, 0, 2, 0, 2, 0, 0, 0]);
    let both = [identifiers, parameters].map(|name| payload(&format!("{name}.start_and_end_2_devices")));
    assert_eq!(ask(&mut device, &[5, 4, 0, 0, 0, 0, 1]), both[0]);
    let whole = ask(&mut device, &[5, 5, 0, 0, 0, 0, 1]);
    assert_eq!(whole, both[1]);
    device.description.parts.downstream = 1;
    let first = ask(&mut device, &[5, 4, 0, 0, 0, 0, 1]);
    let golden = payload(&format!("{identifiers}.start"));
    assert_eq!((&first[1..6], &first[6..]), (&[1, 0, 0, 0, 1][..], &golden[6..]), "the handle is ours");
    device.description.downstream[1] = device.description.downstream[0].clone();
    assert_eq!(ask(&mut device, &[5, 5, 1, 0, 0, 0, 0]), payload(&format!("{parameters}.end")));
    device.description.downstream.clear();
    assert_eq!(ask(&mut device, &[5, 4, 0, 0, 0, 0, 1]), payload(&format!("{identifiers}.zero_devices")));
    assert_eq!(ask(&mut device, &[5, 0x1b]), payload("fwup.GetStatus.resp.idle"));
}

#[test]
fn fru_table() {
    let mut device = device(
        "[fru]\nmaximum = 512\n[[fru.record]]\nset = 1\nfields = [{ type = 'model', text = 'BlueField-3' },\
         { type = 'part_number', text = '900-9D3B6' }, { type = 'serial_number', text = 'MT2316XZ0001' },\
         { type = 'manufacturer', text = 'ACME' }, { type = 'version', text = '32.38.1002' },\
         { type = 'manufacture_date', bytes = '0000000000000c0a0519ea0700' }]\n\
         [[fru.record]]\nset = 2\nencoding = 'utf8'\nfields = [{ type = 'name', text = '\u{677f}' }, { type = 'serial_number' }]\n\
         [[fru.record]]\nset = 3\nencoding = 'utf16le'\nfields = [{ type = 'name', text = 'NIC' }]\n\
         [[fru.record]]\nset = 4\ntype = 'oem'\nencoding = 'unknown'\n\
         fields = [{ type = 1, bytes = 'b3150000' }, { type = 2, bytes = '0102' }]",
    );
    assert_eq!(ask(&mut device, &[4, 1]), payload("fru.GetFRURecordTableMetadata.resp"));
    assert_eq!(ask(&mut device, &[4, 2, 0, 0, 0, 0, 1]), payload("fru.GetFRURecordTable.resp.single_padded_crc32"));
    device.description.parts.fru = 58;
    let first = ask(&mut device, &[4, 2, 0, 0, 0, 0, 1]);
    let golden = payload("fru.GetFRURecordTable.resp.multipart_start");
    assert_eq!((&first[1..6], &first[6..]), (&[58, 0, 0, 0, 1][..], &golden[6..]), "the handle is ours");
    device.description.parts.fru = 62;
    let end = payload("fru.GetFRURecordTable.resp.multipart_end");
    assert_eq!(ask(&mut device, &[4, 2, 58, 0, 0, 0, 0]), end);
}

#[test]
fn files() {
    let mut device = device("[[file]]\nid = 3\nname = 'log'\nclass = 'boot_log'\ntext = 'abc'\ndescriptors = 40");
    let request = vector("file.DfOpen.req");
    for _ in 0..32 {
        ask(&mut device, &request[1..]);
    }
    assert_eq!(ask(&mut device, &request[1..]), payload("file.DfOpen.resp"));
    assert_eq!(ask(&mut device, &[7, 3, 33, 0, 0xf4, 1, 0, 0]), payload("file.DfHeartbeat.resp"));
    assert_eq!(ask(&mut device, &[7, 1, 9, 0, 0, 0]), payload("file.DfOpen.resp.cc_INVALID_FILE_IDENTIFIER"));
    assert_eq!(ask(&mut device, &vector("file.DfClose.req")[1..]), [0]);
    let negotiate = vector("base.NegotiateTransferParameters.req");
    assert_eq!(ask(&mut device, &negotiate[1..]), payload("base.NegotiateTransferParameters.resp"));
}
