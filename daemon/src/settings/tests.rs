//! The configuration as hostile hands write it.

use super::*;
use crate::testing::Scratch;
use nix::{sys::stat::Mode, unistd::mkfifo};
use proptest::prelude::*;
use std::{fs, os::unix::fs::symlink};

fn loaded(text: impl AsRef<[u8]>) -> Loaded {
    let scratch = Scratch::new();
    scratch.write("firmwarden.toml", text);
    load(scratch.path())
}

/// The faults, each as `line:column: what`.
fn faults(text: &str) -> Vec<String> {
    loaded(text).faults.iter().map(|f| format!("{}:{}: {}", f.line, f.column, f.what)).collect()
}

/// Exactly one fault, which says `wanted`.
#[track_caller]
fn refused(text: &str, wanted: &str) -> Settings {
    let loaded = loaded(text);
    assert!(
        matches!(loaded.faults.as_slice(), [fault] if format!("{}:{}: {}", fault.line, fault.column, fault.what).contains(wanted)),
        "{wanted:?} is not what {:?} says of\n{text}",
        loaded.faults
    );
    loaded.settings
}

#[test]
fn everything_can_be_said() {
    let loaded = loaded(
        r#"
        mctp = { own_eid = 0x10, first_eid = 0x20, last_eid = 0x30 }
        pldm = { time_out = "500ms", tries = 9, share = true, instance_ids = "/run/ids" }
        [inventory]
        interval = 60
        retry_first = "1s"
        retry_last = "2m"
        check_interval = "1h"
        absent_after = "1d"
        [[serial]]
        name = "nic"
        device = "/dev/ttyS1"
        [[component]]
        id = "nic0"
        type = "network"
        parent = "riser"
        inventory = "/xyz/openbmc_project/inventory/nic0"
        match = { line = "nic", position = 1, uuid = "01234567-89AB-cdef-0123-456789abcdef" }
        [[component.firmware]]
        identifier = 0x10
        index = 1
        name = "boot"
        primary = true
        [[image]]
        id = "u_boot"
        path = "/dev/mtd0ro"
        version = { after = "U-Boot " }
        [[image]]
        id = "rootfs"
        component = "bmc"
        path = "/dev/mtd4ro"
        offset = 0x1000
        length = 4096
        algorithm = "sha512"
        version = { file = "/etc/os-release", key = "VERSION_ID" }
        [otlp]
        endpoint = "http://[::1]:4318/"
        headers = { Authorization = "Bearer x" }
        interval = "10s"
        resource = { "site.rack" = "r1" }
        event_name_attribute = true
        serial_numbers = true
        "#,
    );
    assert_eq!(loaded.faults, []);
    let settings = loaded.settings;
    assert_eq!(settings.mctp, Mctp { own_eid: 0x10, first_eid: 0x20, last_eid: 0x30 });
    assert_eq!((settings.pldm.time_out, settings.pldm.tries), (Duration::from_millis(500), 9));
    assert_eq!((settings.pldm.share, settings.pldm.instance_ids), (true, "/run/ids".into()));
    assert_eq!(settings.inventory.interval, Duration::from_secs(60));
    assert_eq!(settings.inventory.absent_after, Duration::from_secs(86_400));
    assert_eq!(settings.lines[0].baud, 115_200);
    assert_eq!(settings.components[0].matches.uuid.as_deref(), Some("01234567-89ab-cdef-0123-456789abcdef"));
    assert_eq!(settings.components[0].firmware[0].identifier, 16);
    assert_eq!(settings.images[0].version, VersionSource::After("U-Boot ".into()));
    assert_eq!((settings.images[1].offset, settings.images[1].length), (4096, Some(4096)));
    let otlp = settings.otlp.expect("an endpoint");
    assert_eq!(otlp.endpoint, "http://[::1]:4318");
    assert_eq!(otlp.headers, [("authorization".into(), "Bearer x".into())]);
    assert!(otlp.event_name_attribute && otlp.serial_numbers);
}

#[test]
fn an_empty_file_is_the_defaults() {
    assert_eq!(loaded(""), Loaded::default());
}

#[test]
fn an_unknown_key_is_told_in_every_table() {
    refused("interval = 5", "1:1: unknown key \"interval\"");
    refused("\n[serials]", "2:2: unknown key \"serials\"; did you mean serial?");
    refused("[mctp]\nowneid = 9", "2:1: [mctp] unknown key \"owneid\"; did you mean own_eid?");
    refused("[pldm]\ntimeout = 9", "[pldm] unknown key \"timeout\"; did you mean time_out?");
    refused("[inventory]\nretry-last = 9", "did you mean retry_last?");
    refused("[otlp]\nendpoint = 'http://a'\nheader = {}", "3:1: [otlp] unknown key \"header\"; did you mean headers?");
    refused(
        "[[serial]]\nname='a'\ndevice='/dev/a'\nparity='odd'",
        "4:1: [[serial]] unknown key \"parity\"; known: name,",
    );
    let component = "[[component]]\nid='a'\nmatch={line='l', slot=1}\n[[serial]]\nname='l'\ndevice='/l'";
    refused(component, "3:18: [[component]] match unknown key \"slot\"");
    refused("[[image]]\nid='a'\npath='/a'\nversion={after='x', file='/y'}", "[[image]] version unknown key \"file\"");
    let firmware = "[[component]]\nid='a'\nmatch={position=0}\n[[component.firmware]]\nname='b'\nidentifier=1\nidx=1";
    assert_eq!(refused(firmware, "7:1: [[component.firmware]] unknown key \"idx\"").components.len(), 1);
}

#[test]
fn a_wrong_scalar_falls_back_alone() {
    let settings =
        refused("[inventory]\ninterval = true\nabsent_after = 5", "2:12: [inventory] interval: must be a duration");
    assert_eq!(settings.inventory, Inventory { absent_after: Duration::from_secs(5), ..Inventory::default() });
    for (text, wanted) in [
        ("[inventory]\ninterval = 0", "0ns is not from 100ms"),
        ("[inventory]\ninterval = -1", "not a duration"),
        ("[inventory]\ninterval = 1.5", "must be a duration"),
        ("[inventory]\ninterval = '5 minutes'", "\"5 minutes\" is not a duration"),
        ("[inventory]\ninterval = '99999999999999999999h'", "not a duration"),
        ("[inventory]\ninterval = '999999999999999d'", "not a duration"),
        ("[inventory]\ninterval = 'µs'", "not a duration"),
        ("[inventory]\ninterval = '366d'", "is not from"),
        ("[inventory]\nretry_first = '2m'", "1:1: [inventory] retry_first 120s is longer than retry_last 60s"),
        ("[mctp]\nown_eid = 7", "7 is not from 8 to 254"),
        ("[mctp]\nown_eid = 'x'", "must be a whole number, not text"),
        ("[mctp]\nown_eid = 99999999999999999999999", "is not from"),
        ("[mctp]\nown_eid = 10", "must not contain our own"),
        ("[mctp]\nfirst_eid = 20\nlast_eid = 19", "must be in order"),
        ("[pldm]\ntries = 0", "0 is not from 1"),
        ("[pldm]\ntime_out = '4.8s'", "not a duration"),
        ("[pldm]\ntries = 5", "instance id expires after 5s"),
        ("[pldm]\ntime_out = '2500ms'\ntries = 2", "2 x 2.5s is 5s"),
        ("[pldm]\ntime_out = '299ms'", "300ms"),
        ("mctp = 1", "1:8: mctp is one table"),
        ("[[mctp]]", "mctp is one table, so write single brackets"),
        ("serial = 1", "serial is a list of tables, so write [[serial]]"),
        ("serial = [1]", "serial is a list of tables, so write [[serial]]"),
        ("[serial]\nname = 'a'", "so write [[serial]]"),
    ] {
        let settings = refused(text, wanted);
        assert_eq!(settings, Settings::default(), "{text}");
    }
}

#[test]
fn a_wrong_entry_goes_alone() {
    let good = "\n[[serial]]\nname='good'\ndevice='/dev/good'\n[[image]]\nid='good'\npath='/good'\n[[component]]\nid='good_c'\nmatch={line='good'}\n";
    let image = |rest: &str| format!("[[image]]\nid='a'\n{rest}");
    for (text, wanted) in [
        ("[[serial]]\nname='a'".to_owned(), "1:1: [[serial]] device is missing"),
        ("[[serial]]\nname='_a'\ndevice='/a'".into(), "\"_a\" is not a legal name"),
        ("[[serial]]\nname=''\ndevice='/a'".into(), "must not be empty"),
        ("[[serial]]\nname='a'\ndevice='ttyS1'".into(), "not an absolute path"),
        ("[[serial]]\nname='a'\ndevice='/dev/../a'".into(), "not an absolute path"),
        ("[[serial]]\nname='a'\ndevice=\"/dev/a\\u0000b\"".into(), "is not one line"),
        ("[[serial]]\nname='a'\ndevice='/a'\nbaud=0".into(), "0 is not from 1200"),
        ("[[component]]\nid='a'".into(), "a has no match, and no [[image]] belongs to it"),
        ("[[component]]\nid='a'\nmatch={}".into(), "needs at least one of"),
        ("[[component]]\nid='a'\nmatch={position=256}".into(), "256 is not from 0 to 255"),
        ("[[component]]\nid='a'\nmatch={uuid='x'}".into(), "not a UUID"),
        ("[[component]]\nid='a'\nmatch=1".into(), "match is one table"),
        ("[[component]]\nid='a'\nparent='a'\nmatch={position=9}".into(), "not part of itself"),
        ("[[component]]\nid='a'\ninventory='a/b'\nmatch={position=9}".into(), "not a D-Bus object path"),
        ("[[component]]\nid='a'\ntype='Network Card'\nmatch={position=9}".into(), "is not a word"),
        ("[[component]]\nid='bmc'\n[[component.firmware]]\nidentifier=1\nname='a'".into(), "needs a match"),
        (image(""), "path is missing"),
        (image("path='/a'\nlength=0"), "0 is not from 1"),
        (image("path='/a'\noffset=9223372036854775807\nlength=1"), "1 is not from 1 to 0"),
        (image("path='/a'\nalgorithm='md5'"), "none of sha256"),
        (image("path='/a'\nversion=''"), "must not be empty"),
        (image("path='/a'\nversion=3"), "version: must be text, { file, key } or { after }"),
        (image("path='/a'\nversion={}"), "version file is missing"),
        (image("path='/a'\nversion={file='/f'}"), "version key is missing"),
        (image("path='/a'\nversion={after=''}"), "must not be empty"),
        (image("path='/a'\ncheck_interval='1ms'"), "1ms is not from"),
        (image("path='/a'\ninterval='0s'"), "is not from"),
        (image("path='/a'\ncomponent='good_c'"), "is not on this BMC"),
    ] {
        let found = loaded(format!("{text}{good}"));
        let told: Vec<_> = found.faults.iter().map(ToString::to_string).collect();
        assert!(told.iter().any(|t| t.contains(wanted)), "{wanted:?} is not in {told:#?} of\n{text}");
        let Settings { lines, components, images, .. } = found.settings;
        assert_eq!((lines.len(), components.len(), images.len()), (1, 1, 1), "{text}: {told:?}");
    }
}

#[test]
fn of_two_of_one_name_the_first_stays() {
    let serial = |name, device| format!("[[serial]]\nname='{name}'\ndevice='{device}'\nbaud=9600\n");
    for (second, wanted) in [(("a", "/2"), "name: a is taken"), (("b", "//1"), "is another line's")] {
        let settings = refused(&format!("{}{}", serial("a", "/1"), serial(second.0, second.1)), wanted);
        assert_eq!(settings.lines.len(), 1);
    }
    let rule = |id, position| format!("[[component]]\nid='{id}'\nmatch={{position={position}}}\n");
    refused(&format!("{}{}", rule("a", 1), rule("a", 2)), "id: a is taken; the first is at");
    refused(&format!("{}{}", rule("a", 1), rule("b", 1)), "b: matches what another rule does");
    refused("[[image]]\nid='a'\npath='/1'\n[[image]]\nid='a'\npath='/2'", "4:1: [[image]] id: a is taken");
    refused(&format!("{}[[image]]\nid='a'\npath='/1'", rule("a", 1)), "[[image]] id: a is taken");
    let firmware = |identifier, name| format!("[[component.firmware]]\nidentifier={identifier}\nname='{name}'\n");
    let settings = refused(&format!("{}{}{}", rule("a", 1), firmware(1, "x"), firmware(2, "x")), "x is taken already");
    assert_eq!(settings.components[0].firmware.len(), 1);
    refused(&format!("{}{}{}", rule("a", 1), firmware(1, "x"), firmware(1, "y")), "has a name already");
    let crossed = format!("{}{}{}{}", rule("a", 1), firmware(1, "b_c"), rule("a_b", 2), firmware(1, "c"));
    assert_eq!(refused(&crossed, "the id a_b_c is taken").components[1].firmware, []);
}

#[test]
fn telemetry_goes_only_where_it_is_said_and_can() {
    for (text, wanted) in [
        ("endpoint = 'https://a'", "https needs TLS, which comes with a later version"),
        ("endpoint = 'HTTPS://a'", "https needs TLS"),
        ("endpoint = 'a:4318'", "is not http://host"),
        ("endpoint = 'http://'", "is not http://host"),
        ("endpoint = 'http://:80'", "is not http://host"),
        ("endpoint = 'http://a:0'", "is not http://host"),
        ("endpoint = 'http://a:99999'", "is not http://host"),
        ("endpoint = 'http://a:b'", "is not http://host"),
        ("endpoint = 'http://a/v1/metrics'", "is not http://host"),
        ("endpoint = 'http://user@a'", "is not http://host"),
        ("interval = 5", "endpoint is missing"),
    ] {
        assert_eq!(refused(&format!("[otlp]\n{text}"), wanted).otlp, None, "{text}");
    }
    let settings =
        refused("[otlp]\nendpoint='http://a'\nheaders={b=\"s3cret\\n\", c='1'}", "[otlp.headers] \"b\": not a");
    assert_eq!(settings.otlp.expect("an endpoint").headers.len(), 1);
    assert!(!faults("[otlp]\nendpoint='http://a'\nheaders={b=\"s3cret\\n\"}").concat().contains("s3cret"));
}

#[test]
fn a_rule_for_a_line_that_is_not_there_is_told() {
    let text = "[[component]]\nid='a'\nmatch={line='nic'}";
    assert_eq!(refused(text, "no [[serial]] in force is called nic").components.len(), 1);
}

#[test]
fn what_is_not_a_file_of_text_is_a_fault_and_does_not_hang() {
    let scratch = Scratch::new();
    let main = scratch.path().join("firmwarden.toml");
    let said = || load(scratch.path()).faults.iter().map(ToString::to_string).collect::<String>();
    assert!(said().contains("firmwarden.toml:1:1: does not exist"));
    fs::create_dir(&main).expect("a directory");
    assert!(said().contains("is a directory"));
    fs::remove_dir(&main).expect("empty");
    mkfifo(&main, Mode::S_IRWXU).expect("a FIFO");
    assert!(said().contains("is not a regular file"));
    fs::remove_file(&main).expect("there");
    symlink("/dev/zero", &main).expect("a link");
    assert!(said().contains("is not a regular file"));
    fs::remove_file(&main).expect("there");
    scratch.write("firmwarden.toml", b"# \xff\n");
    assert!(said().contains("not UTF-8 at byte 2"));
    scratch.write("firmwarden.toml", vec![b'#'; (1 << 20) + 1]);
    assert!(said().contains("larger than 1048576 bytes"));
    scratch.write("firmwarden.toml", "");
    scratch.write("firmwarden.d", "");
    assert!(said().contains("firmwarden.d:1:1: Not a directory"));
}

#[test]
fn a_file_that_is_not_toml_loses_only_itself() {
    let scratch = Scratch::new();
    scratch.write("firmwarden.toml", "[pldm]\ntries = 2\n");
    scratch.write("firmwarden.d/10-bad.toml", "[pldm]\ntries = 3\n[pldm]\n");
    scratch.write("firmwarden.d/20-good.toml", "[inventory]\ninterval = 7\n");
    scratch.write("firmwarden.d/30-later.toml", "[inventory]\ninterval = 8\n");
    scratch.write("firmwarden.d/README", "not ours");
    scratch.write("firmwarden.d/.40-hidden.toml", "not ours");
    let Loaded { settings, faults } = load(scratch.path());
    assert_eq!((settings.pldm.tries, settings.inventory.interval), (2, Duration::from_secs(8)));
    assert_eq!(faults.len(), 1);
    assert!(faults[0].to_string().contains("10-bad.toml:3:"), "{}", faults[0]);
}

#[test]
fn fragments_add_entries_and_are_not_endless() {
    let scratch = Scratch::new();
    scratch.write("firmwarden.toml", "[otlp]\nendpoint = 'http://a'\n[[serial]]\nname='a'\ndevice='/a'");
    for i in 10..80 {
        let text = format!("[otlp.headers]\nh{i} = 'x'\n[[serial]]\nname='l{i}'\ndevice='/{i}'");
        scratch.write(&format!("firmwarden.d/{i}.toml"), text);
    }
    scratch.write("firmwarden.d/11.toml", "[[serial]]\nname='a'\ndevice='/b'");
    let Loaded { settings, faults } = load(scratch.path());
    let told = faults.iter().map(ToString::to_string).collect::<String>();
    assert!(told.contains("more than 64 files") && told.contains("74.toml and on are not read"), "{told}");
    assert!(told.contains("11.toml:1:1: [[serial]] name: a is taken; the first is at"), "{told}");
    assert_eq!((faults.len(), settings.lines.len()), (2, 64));
    assert_eq!(settings.otlp.expect("one").headers.len(), 63);
}

#[test]
fn garbage_of_every_size_is_told_in_few_words() {
    for text in [
        "\0".repeat(1 << 20),
        "[".repeat(1 << 20),
        "a=".repeat(1 << 19),
        format!("a = {}", "[".repeat(100_000)),
        format!("a = {}1{}", "[".repeat(70), "]".repeat(70)),
        format!("[{}a]", "a.".repeat(100_000)),
        "[[serial]]\n".repeat(90_000),
        "[[image]]\nid='a'\npath='/a'\n".repeat(30_000),
        (0..60_000).map(|i| format!("k{i} = 1\n")).collect(),
    ] {
        let loaded = loaded(&text);
        assert!((1..=101).contains(&loaded.faults.len()), "{}", loaded.faults.len());
        assert!(loaded.faults.iter().all(|f| f.to_string().len() < 500));
    }
}

#[test]
fn a_rule_fits_only_what_it_names() {
    let line = Id::new("nic");
    let matches = Matches { line, position: Some(1), uuid: None };
    assert!(matches.fit("nic", 1, None) && !matches.fit("nic", 0, None) && !matches.fit("gpu", 1, None));
    let matches = Matches { uuid: Some("ab".into()), ..Matches::default() };
    assert!(matches.fit("x", 9, Some("AB")) && !matches.fit("x", 9, None));
    assert!(!Matches::default().fit("nic", 0, None));
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "\\PC*") {
        loaded(text);
    }

    #[test]
    fn no_near_miss_makes_it_panic(
        lines in prop::collection::vec(
            "(\\[{0,2}(mctp|pldm|inventory|sensors|logs|serial|component|component\\.firmware|image|otlp|otlp\\.headers)\\]{0,2}\
             |(own_eid|tries|interval|name|device|id|path|version|match|endpoint|length|identifier) = \
             ('[ -~]{0,9}'|-?[0-9]{0,20}|true|\\{[a-z]{0,5}( = [0-9])?\\}|\\[\\]))", 0..20)
    ) {
        loaded(lines.join("\n"));
    }
}

#[test]
fn what_is_in_force_is_told_in_words() {
    let text = "[[serial]]\nname = \"riser0\"\ndevice = \"/dev/ttyS2\"\n\
        [[component]]\nid = \"nic0\"\nmatch = { line = \"riser0\", position = 1 }\n\
        [[image]]\nid = \"uboot\"\npath = \"/dev/mtd0ro\"\noffset = 16\nversion = { after = \"U-Boot \" }\n";
    let Loaded { settings, faults } = loaded(text);
    assert_eq!(faults, []);
    let expected = "line riser0: /dev/ttyS2 at 115200 baud\n\
        component nic0: what is at line riser0, position 1\n\
        image uboot of bmc: sha256 of /dev/mtd0ro from byte 16 on, version from what follows 'U-Boot ' in it\n\
        telemetry: to nobody";
    assert_eq!(settings.to_string(), expected);
}
