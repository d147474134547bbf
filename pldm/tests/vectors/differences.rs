//! Where libpldm's verdict is not ours, docs/pldm.md says why, once.

use serde_json::Value;

/// The vectors that the page's table names; `*` stands for any end of a name.
fn told(page: &str) -> Vec<String> {
    let table = page.split("## Where our verdict is not libpldm's").nth(1).unwrap();
    let firsts = table.lines().filter_map(|line| line.strip_prefix("| ")?.split(" | ").next().map(str::to_owned));
    firsts.flat_map(|cell| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>()).collect()
}

fn fits(pattern: &str, name: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == name, |start| name.starts_with(start))
}

/// What libpldm refuses and we keep, or the other way round, as the tests beside this one prove vector by vector.
fn differs(vector: &Value) -> bool {
    let name = vector["name"].as_str().unwrap();
    let refused = |key: &str| vector[key].as_i64().is_some_and(|code| code != 0);
    let takes_cuts = vector["truncation_rc"].as_array().into_iter().flatten().any(|range| {
        // Without a completion code nothing is an answer; the page says so of all of them at once.
        range[3] == 0 && range[1].as_u64() > Some(0)
    });
    let refused_by_both = [
        "malformed.gfp.empty_payload",
        "malformed.gfp.cc_only_success",
        "malformed.gfp.active_len_past_end",
        "malformed.poll.event_id_only_short",
        "malformed.types.short",
        "malformed.cmds.short",
        "malformed.mrr.end_crc_missing",
        "malformed.mrr.length_past_end",
    ];
    (refused("libpldm_decode_rc") || refused("libpldm_rc") || takes_cuts) && !refused_by_both.contains(&name)
}

#[test]
fn every_difference_is_told_once_and_no_other() {
    let repository = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let page = std::fs::read_to_string(format!("{repository}/docs/pldm.md")).unwrap();
    let json = std::fs::read_to_string(format!("{repository}/tests/golden/pldm-vectors.json")).unwrap();
    let json: Value = serde_json::from_str(&json).unwrap();
    let vectors = json["vectors"].as_array().unwrap();
    let names: Vec<_> = vectors.iter().map(|vector| vector["name"].as_str().unwrap()).collect();
    let told = told(&page);
    for pattern in &told {
        assert!(names.iter().any(|name| fits(pattern, name)), "{pattern} is no vector");
    }
    for vector in vectors.iter().filter(|vector| differs(vector)) {
        let name = vector["name"].as_str().unwrap();
        let times = told.iter().filter(|pattern| fits(pattern, name)).count();
        // What is told of a whole family may be told of one of it as well, for another reason.
        assert!((1..=2).contains(&times), "{name} is told {times} times");
    }
}
