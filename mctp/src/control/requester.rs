//! Asks control questions: tries, instance ids, and why one failed.

use super::{CompletionCode, InstanceId, Request, answers, open, seal};
use crate::{Address, MessageType, Transport, TransportError, patience::Patience};
use futures_util::{StreamExt, stream::FuturesUnordered};
use std::{
    fmt,
    sync::atomic::{AtomicU8, Ordering},
};
use tokio::time::timeout;
use wire::Malformed;

/// Asks endpoints control questions over one transport.
#[derive(Debug)]
pub struct Controller<T> {
    transport: T,
    next: AtomicU8,
}

impl<T: Transport> Controller<T> {
    /// Will ask over `transport`.
    pub const fn new(transport: T) -> Self {
        Self { transport, next: AtomicU8::new(0) }
    }

    /// Asks, and asks again while nothing comes, with the patience of DSP0236.
    pub async fn call<R: Request>(&self, to: Address, request: &R) -> Result<R::Response, CallError> {
        self.call_patiently(to, request, Patience::CONTROL).await
    }

    /// As [`Self::call`], with a patience of its own.
    ///
    /// Every try of one request has the same instance id, so that a device can see that it is the same. Earlier tries go
    /// on listening: a late answer to one is as good as one to the last.
    pub async fn call_patiently<R: Request>(
        &self,
        to: Address,
        request: &R,
        patience: Patience,
    ) -> Result<R::Response, CallError> {
        let instance = InstanceId::new(self.next.fetch_add(1, Ordering::Relaxed));
        let body = seal(instance, request)?;
        let accepts = |answer: &[u8]| answers(instance, R::COMMAND, answer);
        let mut tries = FuturesUnordered::new();
        for _ in 0..patience.tries {
            tries.push(self.transport.exchange(to, MessageType::CONTROL, &body, &accepts));
            if let Ok(Some(answer)) = timeout(patience.each, tries.next()).await {
                return open::<R>(instance, &answer?);
            }
        }
        Err(CallError::Silent { tries: patience.tries })
    }
}

/// Why a question has no answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum CallError {
    /// The message did not get there.
    Transport(TransportError),
    /// Nothing came back.
    Silent {
        /// How often it was asked.
        tries: u32,
    },
    /// The endpoint said no.
    Refused(CompletionCode),
    /// The answer is not what it claims to be.
    Malformed(Malformed),
    /// The answer is to another question.
    Mismatch,
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Transport(error) => error.fmt(f),
            Self::Silent { tries } => write!(f, "no answer in {tries} tries"),
            Self::Refused(code) => write!(f, "refused with completion code {code}"),
            Self::Malformed(malformed) => malformed.fmt(f),
            Self::Mismatch => f.write_str("the answer is to another question"),
        }
    }
}

impl std::error::Error for CallError {}

impl From<TransportError> for CallError {
    fn from(error: TransportError) -> Self {
        Self::Transport(error)
    }
}

impl From<Malformed> for CallError {
    fn from(malformed: Malformed) -> Self {
        Self::Malformed(malformed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Answer, Answers, Eid, control::GetEndpointId};
    use std::{future::pending, sync::Mutex};
    use tokio::time::{Duration, Instant};

    const TO: Address = Address { network: 1, eid: Eid(9) };

    /// Answers from a list of bodies; an empty one is silence. Strays that nobody accepts are dropped.
    struct Script(Mutex<Vec<Vec<u8>>>, Mutex<Vec<Vec<u8>>>);

    impl Transport for Script {
        fn exchange<'a>(&'a self, _: Address, _: MessageType, body: &'a [u8], answers: Answers<'a>) -> Answer<'a> {
            Box::pin(async move {
                self.1.lock().unwrap().push(body.to_vec());
                let next = self.0.lock().unwrap().pop().unwrap_or_default();
                if answers(&next) { Ok(next) } else { pending().await }
            })
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_device_that_answers_the_third_try_is_asked_with_one_instance_id() {
        let stale = vec![31, 2, 0, 9, 0, 0];
        let script = Script(Mutex::new(vec![vec![0, 2, 0, 9, 0, 0], stale, vec![]]), Mutex::default());
        let (controller, begin) = (Controller::new(&script), Instant::now());
        assert_eq!(controller.call(TO, &GetEndpointId {}).await.unwrap().eid, Eid(9));
        assert_eq!(begin.elapsed(), Duration::from_millis(600));
        assert_eq!(*script.1.lock().unwrap(), vec![[0x80, 2]; 3]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_device_is_given_up_and_the_next_question_has_the_next_instance_id() {
        let script = Script(Mutex::default(), Mutex::default());
        let controller = Controller::new(&script as &dyn Transport);
        let patience = Patience { tries: 2, ..Patience::CONTROL };
        for instance in 0..33u8 {
            let silent = controller.call_patiently(TO, &GetEndpointId {}, patience).await.unwrap_err();
            assert_eq!(silent, CallError::Silent { tries: 2 });
            assert_eq!(script.1.lock().unwrap().last().unwrap(), &[0x80 | instance & 31, 2]);
        }
    }
}
