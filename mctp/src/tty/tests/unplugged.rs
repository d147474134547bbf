//! Lines that come and go, block, or were never there; and a real pty.

use super::*;
use std::{pin::pin, sync::Mutex};

#[tokio::test(start_paused = true)]
async fn an_unplugged_line_ends_its_exchanges_and_comes_back() {
    let (line, mut devices) = plugged(1 << 20);
    let (mut state, device) = (line.state(), devices.recv().await.unwrap());
    let answer = ask(&line, b"", async { drop(device) }).await;
    assert!(matches!(answer, Err(TransportError::Down(_))), "{answer:?}");
    assert!(matches!(*state.borrow_and_update(), LineState::Down(_)));
    let down = line.exchange(TO, MessageType::PLDM, b"", ANY).await;
    assert!(matches!(down, Err(TransportError::Down(_))), "{down:?}");
    let begin = Instant::now();
    state.changed().await.unwrap();
    assert_eq!(*state.borrow_and_update(), LineState::Up { generation: 2 });
    assert_eq!(begin.elapsed(), patience::OPEN_PAUSE_FIRST);
    let mut device = devices.recv().await.unwrap();
    let answer = ask(&line, b"again", async {
        let question = device.next().await;
        device.answer(&question, b"yes").await;
    });
    assert_eq!(answer.await, Ok(b"yes".to_vec()));
}

#[tokio::test(start_paused = true)]
async fn a_line_that_is_not_there_is_looked_for_ever_more_slowly() {
    let tries = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&tries);
    let line = Line::over(settings("nothing"), move || -> io::Result<DuplexStream> {
        seen.lock().unwrap().push(Instant::now());
        Err(io::ErrorKind::NotFound.into())
    });
    let begin = Instant::now();
    tokio::time::sleep(Duration::from_secs(60)).await;
    let after: Vec<_> = tries.lock().unwrap().iter().map(|at| at.duration_since(begin).as_millis()).collect();
    assert_eq!(after, [0, 250, 750, 1750, 3750, 7750, 15750, 25750, 35750, 45750, 55750]);
    assert_eq!(*line.state().borrow(), LineState::Down("entity not found".into()));
    assert_eq!(line.counters().opened, 0);
}

#[tokio::test(start_paused = true)]
async fn a_blocked_line_goes_down_instead_of_hanging() {
    let (line, mut devices) = plugged(16);
    let _deaf = devices.recv().await.unwrap();
    let begin = Instant::now();
    let down = line.exchange(TO, MessageType::PLDM, &[0; 100], ANY).await;
    assert_eq!(down, Err(TransportError::Down("stuck: nothing can be written".into())));
    assert_eq!(begin.elapsed(), patience::WRITE_STALL);
}

#[tokio::test(start_paused = true)]
async fn many_who_wait_to_write_all_end_with_the_line() {
    let (line, mut devices) = plugged(16);
    let _deaf = devices.recv().await.unwrap();
    let asked =
        (9..60).map(|eid| {
            let line = &line;
            async move {
                line.exchange(Address { network: NETWORK, eid: Eid(eid) }, MessageType::PLDM, &[0; 100], ANY).await
            }
        });
    let mut asked: Vec<_> = asked.map(Box::pin).collect();
    for exchange in &mut asked {
        let _begun = timeout(Duration::ZERO, exchange.as_mut()).await;
    }
    for exchange in asked.iter_mut().skip(1) {
        let ended = timeout(Duration::from_secs(2), exchange).await.unwrap();
        assert!(matches!(ended, Err(TransportError::Down(_))), "{ended:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_reply_to_a_question_from_before_an_unplug_does_not_hang() {
    let (line, mut devices) = plugged(1 << 20);
    let mut device = devices.recv().await.unwrap();
    let mut incoming = line.incoming();
    device.send(20, Tag::request(1), MessageType::PLDM, &[0x80, 2, 0x0a, 1]).await;
    let event = incoming.recv().await.unwrap();
    drop(device);
    line.state().wait_for(|state| matches!(state, LineState::Up { generation: 2 })).await.unwrap();
    assert!(matches!(line.reply(&event, &[0, 2, 0x0a, 0]).await, Err(TransportError::Down(_))));
}

#[tokio::test(start_paused = true)]
async fn a_dropped_line_lets_go_of_its_device() {
    let (line, mut device) = up().await;
    drop(line);
    assert_eq!(device.stream.read(&mut [0; 1]).await.unwrap(), 0);
}

#[tokio::test]
async fn a_pty_is_a_line_too() {
    let (master, slave) = SerialStream::pair().unwrap();
    let path = slave.name().unwrap();
    drop(slave);
    let line = Line::start(settings(&path));
    let mut state = line.state();
    let is_up = |state: &LineState| matches!(state, LineState::Up { .. });
    timeout(Duration::from_secs(10), state.wait_for(is_up)).await.expect("up").unwrap();
    let mut device = Device::new(master);
    for length in [0, 63, 64, 2000] {
        let body = vec![0x7d; length];
        let answer = ask(&line, &body, async {
            let question = device.next().await;
            device.answer(&question, &question.body).await;
        });
        assert_eq!(timeout(Duration::from_secs(10), pin!(answer)).await.expect("in time").unwrap(), body);
    }
    drop(device);
    timeout(Duration::from_secs(10), state.wait_for(|state| !is_up(state))).await.expect("down").unwrap();
}
