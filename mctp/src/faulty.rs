//! [`Faulty`]: a transport that fails as it is told. For tests; nothing of the daemon uses it.

use crate::{Address, Answer, Answers, MessageType, Transport, TransportError};
use std::{
    fmt,
    future::pending,
    sync::{Mutex, PoisonError},
};
use tokio::time::{Duration, sleep};

/// What goes wrong with one exchange.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum Fault {
    /// Nothing.
    #[default]
    None,
    /// The question is lost.
    LoseQuestion,
    /// The question arrives and its answer is lost.
    LoseAnswer,
    /// The answer comes this much later.
    Delay(Duration),
    /// The question arrives twice; the answer to the second counts.
    Duplicate,
    /// These bits of the answer's byte at this place are flipped; a place past the end flips the last byte's.
    Corrupt {
        /// Which byte.
        at: usize,
        /// Which bits.
        bits: u8,
    },
    /// The answer ends early.
    Cut(usize),
    /// This comes instead of the answer.
    Instead(Vec<u8>),
    /// The transport itself fails.
    Fail(TransportError),
}

/// A transport with faults. What it has spoilt is shown to `answers` like any other message, and dropped if it is none.
pub struct Faulty<T> {
    inner: T,
    /// What goes wrong with the next exchanges.
    faults: Mutex<Box<dyn Iterator<Item = Fault> + Send>>,
}

impl<T> Faulty<T> {
    /// Spoils one exchange over `inner` after the other as the list says, and none after its end.
    pub fn new(inner: T, faults: impl IntoIterator<Item = Fault, IntoIter: Send + 'static>) -> Self {
        Self { inner, faults: Mutex::new(Box::new(faults.into_iter())) }
    }
}

impl<T: Transport> Transport for Faulty<T> {
    fn exchange<'a>(&'a self, to: Address, kind: MessageType, body: &'a [u8], answers: Answers<'a>) -> Answer<'a> {
        let fault = self.faults.lock().unwrap_or_else(PoisonError::into_inner).next().unwrap_or_default();
        let exchange = move || self.inner.exchange(to, kind, body, answers);
        Box::pin(async move {
            let answer = match fault {
                Fault::None => return exchange().await,
                Fault::LoseQuestion => return pending().await,
                Fault::Fail(error) => return Err(error),
                Fault::LoseAnswer => {
                    exchange().await?;
                    return pending().await;
                }
                Fault::Delay(late) => {
                    let answer = exchange().await;
                    sleep(late).await;
                    return answer;
                }
                Fault::Duplicate => {
                    exchange().await?;
                    exchange().await?
                }
                Fault::Corrupt { at, bits } => flip(exchange().await?, at, bits),
                Fault::Cut(length) => {
                    let mut answer = exchange().await?;
                    answer.truncate(length);
                    answer
                }
                Fault::Instead(other) => {
                    exchange().await?;
                    other
                }
            };
            if answers(&answer) { Ok(answer) } else { pending().await }
        })
    }
}

impl<T: fmt::Debug> fmt::Debug for Faulty<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Faulty").field("inner", &self.inner).finish_non_exhaustive()
    }
}

fn flip(mut bytes: Vec<u8>, at: usize, bits: u8) -> Vec<u8> {
    let at = at.min(bytes.len().saturating_sub(1));
    if let Some(byte) = bytes.get_mut(at) {
        *byte ^= bits;
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Eid,
        control::{CallError, Controller, GetEndpointId, Identity, respond},
        traced::{Outcome, Traced},
    };
    use wire::{Damage, Malformed};

    const TO: Address = Address { network: 1, eid: Eid(9) };

    struct Good;

    impl Transport for Good {
        fn exchange<'a>(&'a self, _: Address, _: MessageType, body: &'a [u8], _: Answers<'a>) -> Answer<'a> {
            Box::pin(async { Ok(respond(&Identity::owner(TO.eid), body).unwrap()) })
        }
    }

    async fn ask(faults: Vec<Fault>) -> (Result<Eid, CallError>, Vec<Outcome>) {
        let traced = Traced::new(Faulty::new(Good, faults), 8);
        let answer = Controller::new(&traced).call(TO, &GetEndpointId {}).await;
        (answer.map(|answer| answer.eid), traced.records().into_iter().map(|record| record.outcome).collect())
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_lost_or_no_answer_is_asked_again() {
        for fault in [Fault::LoseQuestion, Fault::LoseAnswer, Fault::Corrupt { at: 0, bits: 1 }, Fault::Cut(1)] {
            let (answer, outcomes) = ask(vec![fault.clone(), fault.clone()]).await;
            assert_eq!(answer, Ok(TO.eid), "{fault:?}");
            // The last try ends first; only then do the others stop listening.
            let good = Outcome::Answered(vec![0, 2, 0, 9, 0x11, 0]);
            assert_eq!(outcomes, [good, Outcome::GivenUp, Outcome::GivenUp], "{fault:?}");
            let (silent, _) = ask(vec![fault; 3]).await;
            assert_eq!(silent, Err(CallError::Silent { tries: 3 }));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_device_that_is_always_slower_than_one_try_is_heard() {
        let begin = tokio::time::Instant::now();
        let (answer, outcomes) = ask(vec![Fault::Delay(Duration::from_millis(700)); 3]).await;
        assert_eq!((answer, outcomes.len()), (Ok(TO.eid), 3));
        assert_eq!(begin.elapsed(), Duration::from_millis(700));
        assert_eq!(ask(vec![Fault::Delay(Duration::from_secs(1)); 3]).await.0, Err(CallError::Silent { tries: 3 }));
    }

    #[tokio::test(start_paused = true)]
    async fn what_passes_for_an_answer_is_judged_by_its_body() {
        let short = Malformed { message: "GetEndpointIdResponse", field: "kind", damage: Damage::Short };
        assert_eq!(ask(vec![Fault::Cut(4)]).await.0, Err(CallError::Malformed(short)));
        assert_eq!(ask(vec![Fault::Instead(vec![0, 2, 0, 77, 0, 0])]).await.0, Ok(Eid(77)));
        assert_eq!(ask(vec![Fault::Duplicate]).await.0, Ok(TO.eid));
        let down = TransportError::Down("unplugged".into());
        let (failed, outcomes) = ask(vec![Fault::Fail(down.clone())]).await;
        assert_eq!((failed, outcomes), (Err(CallError::Transport(down.clone())), vec![Outcome::Failed(down)]));
    }
}
