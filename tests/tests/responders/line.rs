//! Our line and bus owner against mctp-estack: control messages, messages of many packets both ways, PLDM on top.

use crate::{
    firmware_device::Told,
    inventory::{assert_parameters, told},
    stack::{LONGEST, Peer, Settings, UUID},
};
use firmwarden_tests::eventually;
use mctp::{
    Address, Eid, MessageType, Transport, TransportError,
    control::{CallError, Command, CompletionCode, Identity},
    owner::{Checked, EndpointFault, Fault, Owner, Pool},
    tty::{Line, LineSettings, LineState},
};
use mctp_rs::{MCTP_TYPE_CONTROL, MCTP_TYPE_PLDM};
use pldm::{
    Patience, Requester,
    firmware_update::{GetFirmwareParameters, GetStatus, QueryDeviceIdentifiers},
};
use std::{io, sync::Arc, time::Duration};
use tokio::io::{DuplexStream, duplex, split};

const OWNER: Eid = Eid(8);

/// Stands for no answer.
const SILENCE: &[u8] = b"nothing came";

/// Our line, with mctp-estack at its other end.
struct Bench {
    line: Arc<Line>,
    owner: Owner<Arc<Line>>,
    peer: Peer,
}

impl Bench {
    async fn with(settings: Settings) -> Self {
        let (ours, theirs) = duplex(1024);
        let (reader, writer) = split(theirs);
        let peer = Peer::start(reader, writer, settings);
        let line = Arc::new(over(ours).await);
        let owner = Owner::new(Arc::clone(&line), 1, Pool::new(OWNER, 9..=254));
        Self { line, owner, peer }
    }

    async fn new() -> Self {
        Self::with(Settings { eid: 0, packet: 68, told: told() }).await
    }

    fn requester(&self, to: Address) -> Requester {
        Requester::new(Arc::clone(&self.line) as Arc<dyn Transport>, to, Patience::default())
    }

    /// Sends bytes of a vendor's own and gets them back, or [`SILENCE`].
    async fn echo(&self, to: Address, body: &[u8]) -> Result<Vec<u8>, TransportError> {
        let echo = self.line.exchange(to, MessageType::VENDOR_PCI, body, &|_| true);
        tokio::time::timeout(Duration::from_secs(10), echo).await.unwrap_or_else(|_| Ok(SILENCE.to_vec()))
    }
}

/// A line over one end of a pipe.
async fn over(stream: DuplexStream) -> Line {
    let mut stream = Some(stream);
    let open = move || stream.take().ok_or_else(|| io::Error::other("it cannot be opened twice"));
    let settings = LineSettings {
        name: "pipe".into(),
        device: "pipe".into(),
        baud: 115_200,
        network: 1,
        identity: Identity::owner(OWNER),
    };
    let line = Line::over(settings, open);
    let mut state = line.state();
    let up = state.wait_for(|state| matches!(state, LineState::Up { .. }));
    eventually("the line to be up", up).await.unwrap();
    line
}

/// Bytes that repeat nowhere near, and have what the framing escapes among them.
fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|at| [0x7e, 0x7d, 0x5e, at.to_le_bytes()[0], at.to_le_bytes()[1]][at % 5]).collect()
}

#[tokio::test(start_paused = true)]
async fn our_bus_owner_gives_it_an_id_and_learns_what_it_is() {
    let mut bench = Bench::new().await;
    let seen = bench.owner.enumerate().await;
    let [found] = &seen.found[..] else { panic!("{seen:?}") };
    assert_eq!((found.address, found.position, found.bridge), (Address { network: 1, eid: Eid(9) }, 0, None));
    assert_eq!(found.uuid, Some(*UUID.as_bytes()));
    assert_eq!(found.message_types, [MessageType::CONTROL, MessageType::PLDM, MessageType::VENDOR_PCI]);
    // mctp-estack 0.1.0 knows no Get MCTP Version Support, which DSP0236 demands of every endpoint.
    let refused = Fault::Call(CallError::Refused(CompletionCode::ERROR_UNSUPPORTED_COMMAND));
    let fault = EndpointFault { eid: Eid(9), command: Command::GET_VERSION_SUPPORT, fault: refused };
    assert_eq!((&seen.faults[..], &found.versions[..]), (&[fault][..], &[][..]));
    assert_eq!(bench.owner.check(found).await, Ok(Checked::Same));
}

#[tokio::test(start_paused = true)]
async fn an_id_of_its_own_gives_way_to_ours() {
    let mut bench = Bench::with(Settings { eid: 77, packet: 68, told: told() }).await;
    let seen = bench.owner.enumerate().await;
    let [found] = &seen.found[..] else { panic!("{seen:?}") };
    // Whatever id it is given, it is the one that it answers to.
    assert_eq!(bench.owner.check(found).await, Ok(Checked::Same));
    assert_eq!(bench.echo(found.address, b"here").await, Ok(b"here".to_vec()));
}

#[tokio::test(start_paused = true)]
async fn pldm_goes_over_it() {
    let mut bench = Bench::new().await;
    let found = bench.owner.enumerate().await.found.remove(0);
    let mut requester = bench.requester(found.address);
    let parameters = requester.call(&GetFirmwareParameters).await.unwrap();
    assert_eq!(parameters.damage, None);
    assert_parameters(&parameters.value, &told());
    let identifiers = requester.call(&QueryDeviceIdentifiers).await.unwrap();
    assert_eq!((identifiers.value.descriptors.len(), identifiers.damage), (6, None));
    assert!(requester.call(&GetStatus).await.is_ok());
    assert!(requester.take_calls().iter().all(|call| call.tries == 1));
    let counters = bench.line.counters();
    assert_eq!((counters.unasked, counters.not_the_answer, counters.assembly.wrong_size), (0, 0, 0), "{counters:?}");
}

#[tokio::test(start_paused = true)]
async fn messages_of_every_length_go_there_and_come_back() {
    for packet in [68, 67, 33] {
        let mut bench = Bench::with(Settings { eid: 0, packet, told: told() }).await;
        let to = bench.owner.enumerate().await.found.remove(0).address;
        // Around the ends of packets, theirs and ours, and the longest that it takes.
        let ends = (1..=3).flat_map(|count| [count * 64, count * (packet - 4)]).flat_map(|end| end - 2..=end + 1);
        for length in ends.chain([1, 2, 3, LONGEST - 1, LONGEST]) {
            let body = pattern(length);
            assert_eq!(bench.echo(to, &body).await, Ok(body), "{length} bytes in packets of {packet}");
        }
        assert_eq!(bench.line.counters().assembly.wrong_size, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn packets_beyond_the_baseline_unit_are_refused_and_counted() {
    // Nobody agreed on a larger unit, and on a serial line libmctp and Linux refuse one as well.
    for packet in [69, 255] {
        let mut bench = Bench::with(Settings { eid: 0, packet, told: told() }).await;
        let to = bench.owner.enumerate().await.found.remove(0).address;
        assert_eq!(bench.echo(to, &pattern(63)).await, Ok(pattern(63)), "one unit, its type byte included");
        assert_eq!(bench.line.counters().framing.bad_length, 0);
        assert_eq!(bench.echo(to, &pattern(64)).await, Ok(SILENCE.to_vec()));
        assert_eq!(bench.line.counters().framing.bad_length, 1);
        assert_eq!(bench.echo(to, b"still here").await, Ok(b"still here".to_vec()));
    }
}

#[tokio::test(start_paused = true)]
async fn as_many_questions_as_it_has_room_for_each_get_their_answer() {
    let mut bench = Bench::new().await;
    let to = bench.owner.enumerate().await.found.remove(0).address;
    let bodies: Vec<_> = (0..mctp_estack::config::NUM_RECEIVE).map(|number| pattern(300 + number)).collect();
    let answers = futures_util::future::join_all(bodies.iter().map(|body| bench.echo(to, body))).await;
    for (answer, body) in answers.into_iter().zip(bodies) {
        assert_eq!(answer, Ok(body));
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_too_long_for_it_is_lost_and_nothing_else() {
    let mut bench = Bench::new().await;
    let to = bench.owner.enumerate().await.found.remove(0).address;
    assert_eq!(bench.echo(to, &pattern(LONGEST + 1)).await, Ok(SILENCE.to_vec()));
    assert_eq!(bench.echo(to, b"still here").await, Ok(b"still here".to_vec()));
}

#[tokio::test(start_paused = true)]
async fn it_asks_us_and_hears_our_answer() {
    let mut bench = Bench::new().await;
    bench.owner.enumerate().await;
    let us = mctp_rs::Eid(OWNER.0);
    // Get Endpoint ID, which the line answers by itself: success, id 8, bus owner with a static id, nothing of the medium.
    let id = bench.peer.ask(us, MCTP_TYPE_CONTROL, &[0x80, 0x02]).await.unwrap();
    assert_eq!(id, [0x00, 0x02, 0x00, 8, 0x11, 0x00]);
    // PLDM, which the line hands to those who listen: many packets there, many back.
    let mut incoming = bench.line.incoming();
    let (question, answer) = (pattern(500), pattern(700));
    let (asked, ()) = tokio::join!(bench.peer.ask(us, MCTP_TYPE_PLDM, &question), async {
        let message = incoming.recv().await.unwrap();
        assert_eq!((message.source.eid, message.message_type), (Eid(9), MessageType::PLDM));
        assert_eq!(message.body, question);
        bench.line.reply(&message, &answer).await.unwrap();
    });
    assert_eq!(asked.unwrap(), answer);
}

#[tokio::test(start_paused = true)]
async fn what_is_for_somebody_else_it_leaves_alone() {
    let empty = || Told::new(vec![pldm_fw::Descriptor::PciVid(7)], vec![]);
    let mut bench = Bench::with(Settings { eid: 0, packet: 68, told: empty() }).await;
    let found = bench.owner.enumerate().await.found.remove(0);
    let stranger = Address { eid: Eid(200), ..found.address };
    // What is not for it, it neither answers nor forwards.
    assert_eq!(bench.echo(stranger, b"anybody?").await, Ok(SILENCE.to_vec()));
    assert!(bench.requester(found.address).call(&QueryDeviceIdentifiers).await.is_ok());
}
