//! The tables that exist once. What is wrong in them keeps the value it had; a later file wins over an earlier one.

use super::{Inventory, Logs, Mctp, Otlp, Pldm, Sensors, fault::Spot, fields::Fields, value};
use pldm::patience::{EXPIRY, LONGEST_TIME_OUT, SHORTEST_TIME_OUT};
use std::{collections::BTreeMap, time::Duration};

/// Anything shorter would spin instead of poll.
pub(super) const SHORTEST: Duration = Duration::from_millis(100);
/// Anything longer is a mistake.
pub(super) const LONGEST: Duration = Duration::from_secs(30 * 86_400);
const EXPORT_INTERVAL: Duration = Duration::from_secs(30);

pub(super) fn mctp(fields: &mut Fields<'_, '_>, mctp: &mut Mctp) {
    // 0 to 7 are reserved and 0xff is broadcast (DSP0236).
    let eid = || value::integer(8, 0xfe);
    let read = Mctp {
        own_eid: fields.optional("own_eid", eid()).unwrap_or(mctp.own_eid),
        first_eid: fields.optional("first_eid", eid()).unwrap_or(mctp.first_eid),
        last_eid: fields.optional("last_eid", eid()).unwrap_or(mctp.last_eid),
    };
    let pool = read.first_eid..=read.last_eid;
    if pool.is_empty() || pool.contains(&read.own_eid) {
        let Mctp { own_eid, first_eid, last_eid } = read;
        let wrong = "the ids to give out must be in order and must not contain our own";
        fields.refuse(&format!("{wrong}: first_eid {first_eid}, last_eid {last_eid}, own_eid {own_eid}"));
    } else {
        *mctp = read;
    }
}

pub(super) fn pldm(fields: &mut Fields<'_, '_>, pldm: &mut Pldm) {
    let time_out = value::duration(SHORTEST_TIME_OUT, LONGEST_TIME_OUT);
    let read = Pldm {
        time_out: fields.optional("time_out", time_out).unwrap_or(pldm.time_out),
        tries: fields.optional("tries", value::integer(1, 100)).unwrap_or(pldm.tries),
        share: fields.optional("share", value::boolean).unwrap_or(pldm.share),
        instance_ids: fields.optional("instance_ids", value::path).unwrap_or_else(|| pldm.instance_ids.clone()),
    };
    let all = read.time_out.saturating_mul(read.tries);
    let before = pldm.clone();
    *pldm = read;
    if all >= EXPIRY {
        let expiry = "a request's instance id expires after 5s, so tries x time_out must be less";
        fields.refuse(&format!("{expiry}: {} x {:?} is {all:?}", pldm.tries, pldm.time_out));
        (pldm.time_out, pldm.tries) = (before.time_out, before.tries);
    }
}

pub(super) fn inventory(fields: &mut Fields<'_, '_>, inventory: &mut Inventory) {
    let duration = || value::duration(SHORTEST, LONGEST);
    let read = Inventory {
        interval: fields.optional("interval", duration()).unwrap_or(inventory.interval),
        retry_first: fields.optional("retry_first", duration()).unwrap_or(inventory.retry_first),
        retry_last: fields.optional("retry_last", duration()).unwrap_or(inventory.retry_last),
        check_interval: fields.optional("check_interval", duration()).unwrap_or(inventory.check_interval),
        absent_after: fields.optional("absent_after", duration()).unwrap_or(inventory.absent_after),
    };
    let Inventory { retry_first, retry_last, .. } = read;
    let before = inventory.clone();
    *inventory = read;
    if retry_first > retry_last {
        fields.refuse(&format!("retry_first {retry_first:?} is longer than retry_last {retry_last:?}"));
        (inventory.retry_first, inventory.retry_last) = (before.retry_first, before.retry_last);
    }
}

pub(super) fn sensors(fields: &mut Fields<'_, '_>, sensors: &mut Sensors) {
    let duration = || value::duration(SHORTEST, LONGEST);
    *sensors = Sensors {
        interval: fields.optional("interval", duration()).unwrap_or(sensors.interval),
        events: fields.optional("events", value::boolean).unwrap_or(sensors.events),
        poll_interval: fields.optional("poll_interval", duration()).unwrap_or(sensors.poll_interval),
        dbus: fields.optional("dbus", value::boolean).unwrap_or(sensors.dbus),
    };
}

pub(super) fn logs(fields: &mut Fields<'_, '_>, logs: &mut Logs) {
    // The directory is in memory: what is kept there is taken from the daemon's own.
    let read = Logs {
        fetch: fields.optional("fetch", value::boolean).unwrap_or(logs.fetch),
        directory: fields.optional("directory", value::path).unwrap_or_else(|| logs.directory.clone()),
        file_most: fields.optional("file_most", value::integer(1 << 10, 1 << 20)).unwrap_or(logs.file_most),
        total_most: fields.optional("total_most", value::integer(1 << 10, 256 << 20)).unwrap_or(logs.total_most),
    };
    if read.file_most <= read.total_most {
        *logs = read;
    } else {
        fields.refuse(&format!("file_most {} is more than total_most {}", read.file_most, read.total_most));
    }
}

/// `[otlp]` so far: the endpoint may be in one file and a header in another.
#[derive(Debug, Default)]
pub(super) struct OtlpDraft {
    /// Where it first appears.
    spot: Option<Spot>,
    endpoint: Option<String>,
    /// Whether an endpoint was given and refused, which is reported already.
    refused: bool,
    headers: BTreeMap<String, String>,
    interval: Option<Duration>,
    resource: BTreeMap<String, String>,
    event_name_attribute: Option<bool>,
    serial_numbers: Option<bool>,
}

pub(super) fn otlp(fields: &mut Fields<'_, '_>, draft: &mut OtlpDraft) {
    draft.spot.get_or_insert_with(|| fields.spot());
    if fields.has("endpoint") {
        // An earlier file's endpoint is not used instead of a refused one: telemetry must not go to the old place.
        draft.endpoint = fields.optional("endpoint", value::endpoint);
        draft.refused = draft.endpoint.is_none();
    } else {
        fields.optional("endpoint", value::text);
    }
    let headers = fields.table("headers", "[otlp.headers]", |fields| fields.pairs(value::header));
    draft.headers.extend(headers.into_iter().flatten());
    let resource = fields.table("resource", "[otlp.resource]", |fields| fields.pairs(value::attribute));
    draft.resource.extend(resource.into_iter().flatten());
    draft.interval = fields.optional("interval", value::duration(SHORTEST, LONGEST)).or(draft.interval);
    let attribute = fields.optional("event_name_attribute", value::boolean);
    draft.event_name_attribute = attribute.or(draft.event_name_attribute);
    draft.serial_numbers = fields.optional("serial_numbers", value::boolean).or(draft.serial_numbers);
}

impl OtlpDraft {
    /// The settings, or where to report that the endpoint is missing.
    pub(super) fn whole(self) -> Result<Option<Otlp>, Spot> {
        let Some(spot) = self.spot else { return Ok(None) };
        let Some(endpoint) = self.endpoint else { return if self.refused { Ok(None) } else { Err(spot) } };
        Ok(Some(Otlp {
            endpoint,
            headers: self.headers.into_iter().collect(),
            interval: self.interval.unwrap_or(EXPORT_INTERVAL),
            resource: self.resource.into_iter().collect(),
            event_name_attribute: self.event_name_attribute.unwrap_or(false),
            serial_numbers: self.serial_numbers.unwrap_or(false),
        }))
    }
}
