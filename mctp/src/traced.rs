//! [`Traced`]: a transport that remembers what went over it, within a bound. For tests, and for an operator who asks.

use crate::{Address, Answer, Answers, MessageType, Transport, TransportError};
use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};
use tokio::time::Instant;

/// One exchange.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Record {
    /// Who was asked.
    pub to: Address,
    /// In which protocol.
    pub message_type: MessageType,
    /// The question's body.
    pub question: Vec<u8>,
    /// When it was asked.
    pub begin: Instant,
    /// When it was over.
    pub end: Instant,
    /// How it ended.
    pub outcome: Outcome,
}

/// How an exchange ended.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// With this body.
    Answered(Vec<u8>),
    /// With this error.
    Failed(TransportError),
    /// The one who asked waits no more.
    GivenUp,
}

/// A transport that remembers its last exchanges, in the order in which they ended.
#[derive(Debug)]
pub struct Traced<T> {
    inner: T,
    capacity: usize,
    records: Mutex<VecDeque<Record>>,
}

impl<T> Traced<T> {
    /// Remembers the last `capacity` exchanges over `inner`.
    pub const fn new(inner: T, capacity: usize) -> Self {
        Self { inner, capacity, records: Mutex::new(VecDeque::new()) }
    }

    /// What it remembers, the oldest first.
    pub fn records(&self) -> Vec<Record> {
        self.locked().iter().cloned().collect()
    }

    fn locked(&self) -> MutexGuard<'_, VecDeque<Record>> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, record: Record) {
        let mut records = self.locked();
        records.push_back(record);
        while records.len() > self.capacity {
            records.pop_front();
        }
    }
}

impl<T: Transport> Transport for Traced<T> {
    fn exchange<'a>(&'a self, to: Address, kind: MessageType, body: &'a [u8], answers: Answers<'a>) -> Answer<'a> {
        let mut open = Open { traced: self, to, message_type: kind, question: body, begin: Instant::now(), end: None };
        Box::pin(async move {
            let answer = self.inner.exchange(to, kind, body, answers).await;
            open.finish(&answer);
            answer
        })
    }
}

/// An exchange under way; dropped without an end, it was given up.
struct Open<'a, T> {
    traced: &'a Traced<T>,
    to: Address,
    message_type: MessageType,
    question: &'a [u8],
    begin: Instant,
    end: Option<Outcome>,
}

impl<T> Open<'_, T> {
    fn finish(&mut self, answer: &Result<Vec<u8>, TransportError>) {
        self.end = Some(match answer {
            Ok(body) => Outcome::Answered(body.clone()),
            Err(error) => Outcome::Failed(error.clone()),
        });
    }
}

impl<T> Drop for Open<'_, T> {
    fn drop(&mut self) {
        self.traced.keep(Record {
            to: self.to,
            message_type: self.message_type,
            question: self.question.to_vec(),
            begin: self.begin,
            end: Instant::now(),
            outcome: self.end.take().unwrap_or(Outcome::GivenUp),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Eid;
    use tokio::time::{Duration, sleep, timeout};

    struct Slow;

    impl Transport for Slow {
        fn exchange<'a>(&'a self, _: Address, _: MessageType, body: &'a [u8], _: Answers<'a>) -> Answer<'a> {
            Box::pin(async {
                sleep(Duration::from_millis(5)).await;
                Ok(body.to_vec())
            })
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_last_exchanges_are_remembered_with_their_times() {
        let (traced, to) = (Traced::new(Slow, 2), Address { network: 1, eid: Eid(9) });
        for question in [b"1", b"2"] {
            traced.exchange(to, MessageType::PLDM, question, &|_| true).await.unwrap();
        }
        let exchange = traced.exchange(to, MessageType::SPDM, b"3", &|_| true);
        assert!(timeout(Duration::from_millis(2), exchange).await.is_err());
        let records = traced.records();
        assert_eq!(records.len(), 2);
        assert_eq!((&records[0].question[..], &records[0].outcome), (&b"2"[..], &Outcome::Answered(b"2".to_vec())));
        assert_eq!(records[0].end - records[0].begin, Duration::from_millis(5));
        assert_eq!((records[1].message_type, &records[1].outcome), (MessageType::SPDM, &Outcome::GivenUp));
    }
}
