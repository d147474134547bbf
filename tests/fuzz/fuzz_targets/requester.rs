//! The whole requester against a device that follows a script: right answers, wrong ones, late ones, none; transfers that
//! lie about their parts, and a repository that changes while it is read. The clock stands still, so time passes only
//! where somebody waits. Whatever the device does, each walk ends within its ceilings and holds no more than its limits.
#![no_main]

use firmwarden_fuzz::device::{Device, PACE};
use libfuzzer_sys::fuzz_target;
use mctp::{Address, Eid};
use pldm::{
    Lenient, Limits, Patience, Requester, base, file,
    file::FileIdentifier,
    firmware_update::{self, GetFirmwareParameters, QueryDeviceIdentifiers},
    fru, patience, platform,
};
use std::{future::Future, sync::Arc, time::Duration};
use tokio::time::timeout;

const ADDRESS: Address = Address { network: 1, eid: Eid(20) };

fuzz_target!(|script: &[u8]| {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let Some((&first, script)) = script.split_first() else { return };
        let device = Arc::new(Device::new(script));
        let mut requester = Requester::new(device, ADDRESS, Patience::default());
        walk(first % 8, &mut requester).await;
        walk(first / 8 % 8, &mut requester).await;
        assert!(requester.take_calls().len() <= patience::CALLS);
    });
});

/// How long one call may take: a device that is not ready, and says so as late as it can, each time.
fn call() -> Duration {
    let once = patience::TIME_OUT * patience::TRIES + patience::NOT_READY_DELAY + PACE;
    once * patience::NOT_READY_TRIES
}

/// Waits for `walk`, which has to end by itself within `limit` and so many calls.
async fn ends<T>(limit: Duration, calls: u32, walk: impl Future<Output = T>) -> T {
    let limit = limit + call() * calls;
    timeout(limit, walk).await.unwrap_or_else(|_| panic!("still under way after {limit:?}"))
}

async fn walk(which: u8, requester: &mut Requester) {
    match which {
        0 => firmware(requester).await,
        1 => downstream(requester).await,
        2 => fru_table(requester).await,
        3 | 4 => repository(requester).await,
        5 => events(requester).await,
        6 => read_file(requester).await,
        _ => {
            // The list of types, and for each of at most 64 its versions and commands.
            let Ok(mut spoken) = ends(Duration::ZERO, 4, base::speaks(requester)).await else { return };
            let versions = patience::VERSIONS.time;
            let _ = ends(versions, 4, spoken.of(requester, pldm::PldmType::FIRMWARE_UPDATE)).await;
        }
    }
}

async fn firmware(requester: &mut Requester) {
    if let Ok(answer) = ends(Duration::ZERO, 1, requester.call(&QueryDeviceIdentifiers)).await {
        assert!(answer.value.descriptors.len() <= usize::from(u8::MAX));
        let _ = answer.leniencies();
    }
    if let Ok(answer) = ends(Duration::ZERO, 1, requester.call(&GetFirmwareParameters)).await {
        let _ = answer.leniencies();
    }
}

async fn downstream(requester: &mut Requester) {
    let Limits { items, time, .. } = patience::DOWNSTREAM;
    if let Ok(got) = ends(time, 1, firmware_update::downstream_identifiers(requester)).await {
        assert!(got.items.len() <= items);
    }
    if let Ok(got) = ends(time, 1, firmware_update::downstream_firmware_parameters(requester)).await {
        assert!(got.items.len() <= items);
    }
}

async fn fru_table(requester: &mut Requester) {
    let Limits { items, time, .. } = patience::FRU_TABLE;
    let Ok(table) = ends(time, 2, fru::record_table(requester)).await else { return };
    assert!(table.records.iter().map(fru::Record::length).sum::<usize>() <= items + 5);
    let _ = (table.general(), table.leniencies());
    let request = fru::GetFruRecordByOption::record_set(1);
    if let Ok(records) = ends(time, 1, fru::records_by_option(requester, request)).await {
        assert!(records.value.iter().map(fru::Record::length).sum::<usize>() <= items + 5);
    }
}

async fn repository(requester: &mut Requester) {
    // What it is asked about itself before and after each attempt, and while it is being updated, is not on the clock of
    // the records. The last record of each attempt may begin just before the time is up.
    let updates = patience::REPOSITORY_UPDATE_DELAY * patience::REPOSITORY_UPDATE_TRIES;
    let limit = patience::REPOSITORY_TIME + patience::RECORD_TIME + updates;
    let calls = patience::REPOSITORY_UPDATE_TRIES + 3 * patience::REPOSITORY_TRIES;
    let Ok(repository) = ends(limit, calls, platform::repository(requester)).await else { return };
    assert!(repository.records.len() + repository.lost.len() <= patience::RECORDS);
    let bytes = repository.records.iter().map(|pdr| wire::encode(pdr).map_or(0, |bytes| bytes.len())).sum::<usize>();
    assert!(bytes <= patience::REPOSITORY_BYTES + patience::RECORD_BYTES, "{bytes} bytes of records");
    let _ = (platform::sensor_names(&repository.records), repository.leniencies());
}

async fn events(requester: &mut Requester) {
    const MOST: u32 = 8;
    let (limit, mut count) = (patience::EVENT_TIME * patience::EVENT_TRIES * MOST, 0);
    // After the time for the parts is up one call may be under way, and one acknowledges.
    let calls = (patience::EVENT_TRIES + 1) * MOST;
    let each = |polled: platform::Polled| {
        count += 1;
        let bytes = polled.data.encode().map_or(0, |bytes| bytes.len());
        assert!(bytes <= patience::EVENT_BYTES, "an event of {bytes} bytes");
    };
    let _ = ends(limit, calls, platform::poll_all(requester, 8, each)).await;
    assert!(count <= MOST);
}

async fn read_file(requester: &mut Requester) {
    let limits = Limits { items: 2000, parts: 200, ..patience::FILE };
    // To negotiate, open, beat, ask for the last part, end and close.
    let Ok(got) = ends(limits.time, 6, file::read(requester, FileIdentifier(1), limits)).await else { return };
    assert!(got.bytes.len() <= limits.items, "{} bytes", got.bytes.len());
}
