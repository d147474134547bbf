//! Lines as journald gets them.

use super::*;
use crate::{clock::Stamp, event::What, model::Fault, testing::id};
use tokio::sync::broadcast;

fn fault(component: &str, what: &str) -> Event {
    let fault = Fault { step: "GetPLDMTypes".into(), what: what.into() };
    Event { at: Stamp::now(), what: What::FaultRaised { component: id(component), fault } }
}

async fn written(events: Vec<Event>) -> Vec<String> {
    let (sender, receiver) = broadcast::channel(1024);
    for event in events {
        sender.send(event).expect("a receiver");
    }
    drop(sender);
    let mut lines = vec![];
    write(receiver, &mut |text| lines.push(text.to_owned())).await;
    lines
}

#[tokio::test(start_paused = true)]
async fn an_event_is_one_line_with_level_sentence_and_facts() {
    assert_eq!(
        written(vec![fault("nic0", "no answer")]).await,
        ["<4>nic0 answers wrongly: GetPLDMTypes: no answer event=hw.component.fault.raised hw.id=nic0 \
          hw.fault.step=GetPLDMTypes error.message=\"no answer\"\n"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_device_cannot_forge_a_line() {
    let lines = written(vec![fault("nic0", "x\n<0>panic\u{1b}[2J \u{202e}evil \" hw.id=gpu0")]).await;
    let line = lines.first().expect("one line");
    assert_eq!(lines.len(), 1);
    assert_eq!(line.matches('\n').count(), 1);
    assert!(line.chars().all(|c| c == '\n' || (!c.is_control() && c != '\u{202e}')), "{line}");
    assert!(line.contains("error.message=\"x\\n<0>panic\\u{1b}[2J \\u{202e}evil \\\" hw.id=gpu0\""), "{line}");
}

#[tokio::test(start_paused = true)]
async fn a_long_text_is_cut() {
    let lines = written(vec![fault("nic0", &"é".repeat(5000))]).await;
    assert!(lines.iter().all(|line| line.len() < LINE_LENGTH + 16));
}

#[tokio::test(start_paused = true)]
async fn a_flapping_device_ends_in_a_count() {
    let lines = written((0..500).map(|n| fault("nic0", &n.to_string())).collect()).await;
    assert_eq!(lines.len(), 41);
    assert_eq!(lines.last().map(String::as_str), Some("<4>suppressed 460 lines about nic0\n"));
}

#[tokio::test(start_paused = true)]
async fn what_came_too_fast_is_said() {
    let lines = written((0..1500).map(|n| fault("nic0", &n.to_string())).collect()).await;
    assert_eq!(lines.first().map(String::as_str), Some("<4>476 events came too fast for the journal\n"));
}
