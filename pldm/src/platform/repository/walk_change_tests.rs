//! Repositories that change while they are read.

use super::*;

/// Two records, the second with a number in it that changes until `records`; and a time that does until `times`.
fn changing(records: usize, times: usize) -> impl Fn(Asked, usize) -> Says {
    move |asked, before| match asked {
        Asked::Info => info(&RepositoryInfo { update_time: [before.min(times).to_le_bytes()[0]; 13], ..about(2) }),
        Asked::Part(GetPdr { record_handle: 2, .. }) => {
            let mut data = record(2);
            data[13] = before.min(records).to_le_bytes()[0];
            whole(0, &data)
        }
        Asked::Part(_) => whole(2, &record(1)),
    }
}

#[tokio::test(start_paused = true)]
async fn a_repository_that_changes_is_read_again() {
    let (mut requester, device) = device(changing(3, 3));
    let all = repository(&mut requester).await.unwrap();
    assert_eq!((handles(&all), cut(&all), device.seen.lock().unwrap().len()), (vec![1, 2], None, 8));
}

#[tokio::test(start_paused = true)]
async fn a_repository_that_changes_each_time_is_kept_as_it_came_last() {
    let (mut requester, device) = device(changing(usize::MAX, usize::MAX));
    let all = repository(&mut requester).await.unwrap();
    let changed = Failure::Transfer(TransferFault::Changed { times: patience::REPOSITORY_TRIES });
    assert_eq!((handles(&all), cut(&all)), (vec![1, 2], Some(changed)));
    assert_eq!(device.seen.lock().unwrap().len(), 4 * 3);
}

#[tokio::test(start_paused = true)]
async fn a_time_that_changes_without_the_records_means_nothing() {
    let (mut requester, device) = device(changing(0, usize::MAX));
    let all = repository(&mut requester).await.unwrap();
    assert_eq!((handles(&all), cut(&all), device.seen.lock().unwrap().len()), (vec![1, 2], None, 8));
}

#[tokio::test(start_paused = true)]
async fn a_record_that_changes_between_its_parts_begins_the_walk_again() {
    let react = |refusals: usize| {
        move |asked, before| match asked {
            Asked::Info => UNSUPPORTED,
            Asked::Part(GetPdr { record_handle: 0, .. }) => whole(2, &record(1)),
            Asked::Part(GetPdr { record_handle: 3, .. }) => whole(0, &record(3)),
            Asked::Part(GetPdr { data_transfer_handle: 0, .. }) => {
                part(3, PdrTransferFlag::START, 1, &record(2)[..12], None)
            }
            Asked::Part(_) if before < refusals => Says::Reply(0x83, vec![]),
            Asked::Part(_) => part(3, PdrTransferFlag::END, 0, &record(2)[12..], Some(crc8(&record(2)))),
        }
    };
    let (mut requester, _) = device(react(4));
    let mut walk = Walk::new();
    let mut steps = Vec::new();
    while let Some(step) = walk.next(&mut requester).await {
        steps.push(match step {
            Step::Record(pdr) => pdr.record_handle,
            Step::Again => 0,
            Step::Lost(lost) => panic!("{lost:?}"),
        });
    }
    assert_eq!((steps, walk.end()), (vec![1, 0, 1, 2, 3], Repository::default()));

    // Whatever changes for ever takes nobody along.
    let (mut requester, _) = device(react(usize::MAX));
    let all = repository(&mut requester).await.unwrap();
    let changed = Failure::Transfer(TransferFault::Changed { times: patience::REPOSITORY_TRIES });
    assert_eq!((handles(&all), cut(&all)), (vec![1, 3], Some(changed)));
    assert_eq!(all.lost.iter().map(|lost| lost.record_handle).collect::<Vec<_>>(), [2]);
}

#[tokio::test(start_paused = true)]
async fn a_record_that_went_away_ends_the_walk_or_begins_it_again() {
    let (mut requester, _) = device(|asked, before| match asked {
        Asked::Part(GetPdr { record_handle: 2, .. }) => INVALID_HANDLE,
        _ => sound(3)(asked, before),
    });
    let all = repository(&mut requester).await.unwrap();
    assert_eq!((handles(&all), cut(&all)), (vec![1], Some(Failure::Refused(INVALID_RECORD_HANDLE))));

    let (mut requester, _) = device(|asked, before| match asked {
        Asked::Info => info(&about(if before < 3 { 3 } else { 1 })),
        Asked::Part(GetPdr { record_handle: 2, .. }) => INVALID_HANDLE,
        Asked::Part(_) => sound(if before < 3 { 3 } else { 1 })(asked, before),
    });
    let all = repository(&mut requester).await.unwrap();
    assert_eq!((handles(&all), cut(&all)), (vec![1], None));
}

#[tokio::test(start_paused = true)]
async fn an_update_is_waited_for_and_not_for_ever() {
    let updating = RepositoryInfo { repository_state: RepositoryState::UPDATE_IN_PROGRESS, ..about(2) };
    let react = move |until: usize| {
        let updating = updating.clone();
        move |asked, before| match asked {
            Asked::Info if before < until => info(&updating),
            _ => sound(2)(asked, before),
        }
    };
    let (mut requester, _) = device(react(4));
    let began = Instant::now();
    let all = repository(&mut requester).await.unwrap();
    assert_eq!((handles(&all), all.info, all.cut), (vec![1, 2], Some(about(2)), None));
    assert_eq!(began.elapsed(), 4 * patience::REPOSITORY_UPDATE_DELAY);

    let (mut requester, _) = device(react(usize::MAX));
    let began = Instant::now();
    let all = repository(&mut requester).await.unwrap();
    assert_eq!((handles(&all), cut(&all)), (vec![1, 2], None), "it is read as it stands");
    assert_eq!(began.elapsed(), patience::REPOSITORY_UPDATE_TRIES * patience::REPOSITORY_UPDATE_DELAY);
    assert_eq!(all.info.unwrap().repository_state, RepositoryState::UPDATE_IN_PROGRESS);
}

#[tokio::test(start_paused = true)]
async fn a_record_that_is_being_updated_is_waited_for_too() {
    let (mut requester, _) = device(|asked, before| match asked {
        Asked::Part(_) if before < 3 => Says::Reply(0x85, vec![]),
        _ => sound(2)(asked, before),
    });
    let all = repository(&mut requester).await.unwrap();
    assert_eq!((handles(&all), cut(&all)), (vec![1, 2], None));
    let (mut requester, _) = device(|asked, _| match asked {
        Asked::Info => info(&about(2)),
        Asked::Part(_) => Says::Reply(0x85, vec![]),
    });
    let all = repository(&mut requester).await.unwrap();
    assert_eq!((handles(&all), cut(&all)), (vec![], Some(Failure::Refused(REPOSITORY_UPDATE_IN_PROGRESS))));
}
