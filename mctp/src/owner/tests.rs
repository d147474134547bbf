//! The bus owner against a board that misbehaves; the clock is paused.

use super::*;
use crate::{
    Answer, Answers, TransportError,
    control::{Identity, respond},
};
use std::{
    collections::BTreeMap,
    future::pending,
    sync::{Mutex, MutexGuard},
};
use tokio::time::{Duration, Instant};

const OWN: Eid = Eid(8);

/// What a device does with one question: its fields are the command's, and what comes back is what follows the command.
type Quirk = fn(&mut Device, u8, &[u8]) -> Option<Vec<u8>>;

#[derive(Clone)]
struct Device {
    eid: u8,
    uuid: u8,
    /// What it says of a pool, the pool's size and start.
    pool: (u8, u8, u8),
    quirk: Quirk,
    asked: usize,
}

impl Device {
    fn new(uuid: u8) -> Self {
        Self { eid: 0, uuid, pool: (0, 0, 0), quirk: Self::well, asked: 0 }
    }

    /// How a good device answers.
    fn well(&mut self, command: u8, fields: &[u8]) -> Option<Vec<u8>> {
        match command {
            1 => {
                self.eid = fields[1];
                Some(vec![0, self.pool.0, self.eid, self.pool.1])
            }
            2 => Some(vec![0, self.eid, u8::from(self.pool.0 != 0) << 4, 0]),
            3 => Some([&[0][..], &[self.uuid; 16]].concat()),
            4 => Some(vec![0, 1, 0xf1, 0xf3, 0xf1, 0]),
            5 => Some(vec![0, 2, 1, 5]),
            8 => {
                if fields[0] != 2 {
                    (self.pool.1, self.pool.2) = (fields[1], fields[2]);
                }
                Some(vec![0, 0, self.pool.1, self.pool.2])
            }
            _ => Some(vec![5]),
        }
    }
}

/// One device at the end of the line, and those behind it by the id that leads to them.
struct Board {
    direct: Mutex<Option<Device>>,
    behind: Mutex<BTreeMap<u8, Device>>,
    down: Mutex<bool>,
}

impl Board {
    fn new(direct: Device) -> Self {
        Self { direct: Mutex::new(Some(direct)), behind: Mutex::default(), down: Mutex::new(false) }
    }

    fn plug(&self, device: Device) {
        *self.direct.lock().unwrap() = Some(device);
    }

    fn behind(&self) -> MutexGuard<'_, BTreeMap<u8, Device>> {
        self.behind.lock().unwrap()
    }

    fn ask(&self, to: Eid, body: &[u8]) -> Option<Vec<u8>> {
        let answer = |device: &mut Device| {
            device.asked += 1;
            let answer = (device.quirk)(device, body[1], &body[2..])?;
            Some([&[body[0] & 0x1f, body[1]][..], &answer].concat())
        };
        let mut direct = self.direct.lock().unwrap();
        let direct = direct.as_mut()?;
        if to == Eid::NULL || to.0 == direct.eid { answer(direct) } else { answer(self.behind().get_mut(&to.0)?) }
    }
}

impl Transport for Board {
    fn exchange<'a>(&'a self, to: Address, kind: MessageType, body: &'a [u8], answers: Answers<'a>) -> Answer<'a> {
        assert_eq!((to.network, kind), (1, MessageType::CONTROL));
        Box::pin(async move {
            if *self.down.lock().unwrap() {
                return Err(TransportError::Down("unplugged".into()));
            }
            match self.ask(to.eid, body).filter(|answer| answers(answer)) {
                Some(answer) => Ok(answer),
                None => pending().await,
            }
        })
    }
}

fn owner(board: &Board) -> Owner<&Board> {
    Owner::new(board, 1, Pool::new(OWN, 9..=60))
}

fn eids(seen: &Enumeration) -> Vec<u8> {
    seen.found.iter().map(|found| found.address.eid.0).collect()
}

#[tokio::test(start_paused = true)]
async fn a_good_device_gets_an_id_and_says_what_it_is() {
    let board = Board::new(Device::new(7));
    let mut owner = owner(&board);
    let seen = owner.enumerate().await;
    let expected = Found {
        position: 0,
        address: Address { network: 1, eid: Eid(9) },
        uuid: Some([7; 16]),
        message_types: vec![MessageType::PLDM, MessageType::SPDM],
        versions: vec![Version([0xf1, 0xf3, 0xf1, 0])],
        bridge: None,
    };
    assert_eq!(seen, Enumeration { found: vec![expected], faults: vec![] });
    assert_eq!(owner.check(&seen.found[0]).await, Ok(Checked::Same));
}

#[tokio::test(start_paused = true)]
async fn nobody_there_is_one_fault_and_bounded_time() {
    let board = Board::new(Device { quirk: |_, _, _| None, ..Device::new(7) });
    let begin = Instant::now();
    let seen = owner(&board).enumerate().await;
    assert_eq!(begin.elapsed(), Duration::from_millis(900));
    let fault = Fault::Call(CallError::Silent { tries: 3 });
    let silent = EndpointFault { eid: Eid::NULL, command: Command::GET_ENDPOINT_ID, fault };
    assert_eq!(silent.to_string(), "endpoint 0, GET_ENDPOINT_ID (0x02): no answer in 3 tries");
    assert_eq!(seen, Enumeration { found: vec![], faults: vec![silent] });
}

#[tokio::test(start_paused = true)]
async fn a_device_without_a_uuid_or_with_zeros_has_none() {
    let without: Quirk =
        |device, command, fields| if command == 3 { Some(vec![5]) } else { device.well(command, fields) };
    for device in [Device::new(0), Device { quirk: without, ..Device::new(7) }] {
        let board = Board::new(device);
        let seen = owner(&board).enumerate().await;
        assert_eq!((seen.found[0].uuid, seen.faults.len()), (None, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn a_device_that_says_its_uuid_only_once_it_has_an_id_is_asked_again() {
    let shy: Quirk = |device, command, fields| match command {
        3 if device.eid == 0 => Some(vec![4]),
        _ => device.well(command, fields),
    };
    let board = Board::new(Device { quirk: shy, ..Device::new(7) });
    let seen = owner(&board).enumerate().await;
    assert_eq!((seen.found[0].uuid, seen.faults.len()), (Some([7; 16]), 0));
}

#[tokio::test(start_paused = true)]
async fn a_device_with_a_fixed_id_keeps_it_when_it_may() {
    let fixed: Quirk = |device, command, fields| match command {
        1 => Some(vec![0, 0x10, device.eid, 0]),
        _ => device.well(command, fields),
    };
    let deaf: Quirk = |device, command, fields| if command == 1 { Some(vec![5]) } else { device.well(command, fields) };
    for (eid, quirk, found, faults) in [
        (100, fixed, vec![100], 0),
        (20, fixed, vec![20], 0),
        (8, fixed, vec![], 1),
        (3, fixed, vec![], 1),
        (100, deaf, vec![100], 1),
        (0, deaf, vec![], 1),
    ] {
        let board = Board::new(Device { eid, quirk, ..Device::new(7) });
        let seen = owner(&board).enumerate().await;
        assert_eq!((eids(&seen), seen.faults.len()), (found, faults), "{eid}");
    }
    let board = Board::new(Device { eid: 8, quirk: fixed, ..Device::new(7) });
    let seen = owner(&board).enumerate().await;
    assert_eq!(seen.faults[0].fault, Fault::Conflict { claimed: OWN });
}

#[tokio::test(start_paused = true)]
async fn a_device_that_returns_gets_its_old_id() {
    let board = Board::new(Device::new(1));
    let mut owner = owner(&board);
    assert_eq!(eids(&owner.enumerate().await), [9]);
    board.plug(Device::new(2));
    assert_eq!(eids(&owner.enumerate().await), [10], "what another had is given last");
    board.plug(Device { eid: 10, ..Device::new(1) });
    assert_eq!(eids(&owner.enumerate().await), [9]);
}

#[tokio::test(start_paused = true)]
async fn a_bridge_gets_ids_and_one_bad_endpoint_hides_no_other() {
    let board = Board::new(Device { pool: (1, 5, 0), ..Device::new(1) });
    let dies: Quirk = |device, command, fields| if device.asked > 2 { None } else { device.well(command, fields) };
    let rude: Quirk = |_, _, _| Some(vec![1]);
    let lies: Quirk = |device, command, fields| {
        device.eid = 14;
        device.well(command, fields)
    };
    board.behind().extend([
        (10, Device { eid: 10, quirk: dies, ..Device::new(10) }),
        (11, Device { eid: 11, quirk: rude, ..Device::new(11) }),
        (12, Device { eid: 12, quirk: lies, ..Device::new(12) }),
        (14, Device { eid: 14, ..Device::new(14) }),
    ]);
    let (mut owner, begin) = (owner(&board), Instant::now());
    let seen = owner.enumerate().await;
    // 13 is empty: two tries. 10 dies: twice three, and the two tries are beside them.
    assert_eq!(begin.elapsed(), Duration::from_millis(6 * 300));
    assert_eq!(eids(&seen), [9, 10, 14]);
    assert_eq!((seen.found[1].uuid, seen.found[1].message_types.len()), (Some([10; 16]), 0));
    assert_eq!((seen.found[2].bridge, seen.found[2].message_types.len()), (Some(Eid(9)), 2));
    let faults: Vec<_> = seen.faults.iter().map(|it| (it.eid.0, it.command, it.fault.clone())).collect();
    let silent = || Fault::Call(CallError::Silent { tries: 3 });
    assert_eq!(
        faults,
        [
            (10, Command::GET_VERSION_SUPPORT, silent()),
            (10, Command::GET_MESSAGE_TYPE_SUPPORT, silent()),
            (11, Command::GET_ENDPOINT_ID, Fault::Call(CallError::Refused(CompletionCode::ERROR))),
            (12, Command::GET_ENDPOINT_ID, Fault::Conflict { claimed: Eid(14) }),
        ]
    );
    assert_eq!(owner.check(&seen.found[2]).await, Ok(Checked::Same));
    board.behind().get_mut(&14).unwrap().uuid = 15;
    assert_eq!(owner.check(&seen.found[2]).await, Ok(Checked::Replaced { uuid: Some([15; 16]) }));
    board.behind().remove(&14);
    assert_eq!(owner.check(&seen.found[2]).await, Err(CallError::Silent { tries: 3 }));
}

#[tokio::test(start_paused = true)]
async fn a_bridge_that_has_its_ids_keeps_them_and_a_greedy_one_gets_fewer() {
    let board = Board::new(Device { eid: 9, pool: (2, 3, 30), ..Device::new(1) });
    board.behind().insert(31, Device { eid: 31, ..Device::new(31) });
    let mut owner = owner(&board);
    assert_eq!(eids(&owner.enumerate().await), [9, 31]);
    board.plug(Device { eid: 9, pool: (2, 3, 8), ..Device::new(2) });
    assert_eq!(owner.enumerate().await.found[0].uuid, Some([2; 16]));
    let pool = board.direct.lock().unwrap().as_ref().unwrap().pool;
    assert_eq!(pool, (2, 3, 11), "ids that begin with ours are taken back; others had 9 and 30 to 32");
    board.plug(Device { pool: (1, 200, 0), ..Device::new(3) });
    owner.enumerate().await;
    assert_eq!(board.direct.lock().unwrap().as_ref().unwrap().pool, (1, POOL_MOST, 15));
    let refuses: Quirk = |device, command, fields| match command {
        8 => Some(vec![0, 1, 0, 0]),
        _ => device.well(command, fields),
    };
    board.plug(Device { pool: (1, 2, 0), quirk: refuses, ..Device::new(4) });
    let seen = owner.enumerate().await;
    assert_eq!((seen.found.len(), &seen.faults[0].fault), (1, &Fault::PoolRefused));
}

#[tokio::test(start_paused = true)]
async fn a_device_that_resets_meanwhile_is_found_with_faults_and_then_seen_as_reset() {
    let resets: Quirk = |device, command, fields| {
        let answer = device.well(command, fields);
        if command == 1 {
            device.eid = 0;
        }
        answer
    };
    let board = Board::new(Device { quirk: resets, ..Device::new(1) });
    let mut owner = owner(&board);
    let seen = owner.enumerate().await;
    assert_eq!((eids(&seen), seen.faults.len()), (vec![9], 2));
    assert_eq!(owner.check(&seen.found[0]).await, Ok(Checked::Reset { eid: Eid::NULL }));
    board.plug(Device { eid: 9, ..Device::new(2) });
    assert_eq!(owner.check(&seen.found[0]).await, Ok(Checked::Replaced { uuid: Some([2; 16]) }));
}

#[tokio::test(start_paused = true)]
async fn a_device_that_says_its_uuid_late_is_seen_as_another() {
    let starting: Quirk = |device, command, fields| if command == 3 { None } else { device.well(command, fields) };
    let board = Board::new(Device { quirk: starting, ..Device::new(1) });
    let mut owner = owner(&board);
    let seen = owner.enumerate().await;
    assert_eq!((seen.found[0].uuid, seen.faults.len()), (None, 1));
    assert!(matches!(owner.check(&seen.found[0]).await, Err(CallError::Silent { .. })));
    board.plug(Device { eid: 9, ..Device::new(1) });
    assert_eq!(owner.check(&seen.found[0]).await, Ok(Checked::Replaced { uuid: Some([1; 16]) }));
}

#[tokio::test(start_paused = true)]
async fn a_line_that_goes_down_ends_the_search() {
    let board = Board::new(Device { pool: (1, 15, 0), ..Device::new(1) });
    let mut owner = owner(&board);
    *board.down.lock().unwrap() = true;
    assert_eq!(owner.enumerate().await.faults.len(), 1);
    *board.down.lock().unwrap() = false;
    let (seen, ()) = tokio::join!(owner.enumerate(), async {
        tokio::time::sleep(Duration::from_millis(700)).await;
        *board.down.lock().unwrap() = true;
    });
    assert_eq!((seen.found.len(), seen.faults.len()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn our_own_responder_refuses_to_be_owned() {
    struct Us;
    impl Transport for Us {
        fn exchange<'a>(&'a self, _: Address, _: MessageType, body: &'a [u8], _: Answers<'a>) -> Answer<'a> {
            Box::pin(async { Ok(respond(&Identity::owner(Eid(30)), body).unwrap()) })
        }
    }
    let seen = Owner::new(Us, 1, Pool::new(OWN, 9..=60)).enumerate().await;
    assert_eq!((eids(&seen), seen.faults), (vec![30], vec![]));
}
