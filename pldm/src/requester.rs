//! [`Requester`]: asks one endpoint, one question at a time, with patience.

use crate::{
    Call, CallError, Command, CompletionCode, Failure, Leniency, Patience, PldmType,
    header::{self, Header, NotOpened},
    instance_id::{InstanceIds, SharedInstanceIds, Source},
    patience,
};
use futures_util::{StreamExt, stream::FuturesUnordered};
use mctp::{Address, MessageType, Transport};
use std::{collections::VecDeque, sync::Arc};
use tokio::{
    sync::Mutex,
    time::{Instant, sleep, timeout},
};
use wire::{Malformed, Reader, Wire};

/// A question, and what answers it. Its name as a [`Wire`] value is the command's name.
pub trait Request: Wire + Sync {
    /// The specification that defines the command.
    const TYPE: PldmType;
    /// The command.
    const COMMAND: Command;
    /// What the responder sends behind a completion code of success.
    type Response: Wire;

    /// Decodes the bytes behind the completion code.
    ///
    /// Bytes left over are kept as damage rather than refused: later versions of a specification append fields.
    fn decode(payload: &[u8]) -> Result<Answer<Self::Response>, Malformed> {
        let mut r = Reader::new(Self::Response::NAME, payload);
        let value = Self::Response::read(&mut r)?;
        Ok(Answer { value, damage: r.finish().err() })
    }
}

/// A device's answer, and what was wrong with it: damage is data, and does not hide what came before it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Answer<T> {
    /// What arrived whole.
    pub value: T,
    /// The first thing that did not.
    pub damage: Option<Malformed>,
}

impl<T: crate::Lenient> Answer<T> {
    /// Everything we overlooked to understand this answer, one entry each time.
    pub fn leniencies(&self) -> Vec<Leniency> {
        let mut all = self.value.leniencies();
        all.extend(self.damage.map(Leniency::from));
        all
    }
}

/// Asks one endpoint. Those who share it ([`Self::another`]) take turns, request by request.
pub struct Requester {
    endpoint: Arc<Endpoint>,
    calls: VecDeque<Call>,
    lost: u64,
}

/// What everybody who asks one endpoint shares.
struct Endpoint {
    transport: Arc<dyn Transport>,
    address: Address,
    patience: Patience,
    /// Simple devices serve one request at a time, so whoever has the ids has the turn. It is a fair lock: nobody waits
    /// for more than one request of each other.
    ids: Mutex<Source>,
}

impl Requester {
    /// Will ask `address` by way of `transport`.
    pub fn new(transport: Arc<dyn Transport>, address: Address, patience: Patience) -> Self {
        let ids = Mutex::new(Source::Own(InstanceIds::new(patience.expiry())));
        Self::of(Arc::new(Endpoint { transport, address, patience, ids }))
    }

    /// The same where other programs of this machine ask the endpoint, too, and lock the instance ids they use.
    pub fn sharing(
        transport: Arc<dyn Transport>,
        address: Address,
        patience: Patience,
        ids: SharedInstanceIds,
    ) -> Self {
        let ids = Mutex::new(Source::Shared { ids, eid: address.eid, expiry: patience.expiry() });
        Self::of(Arc::new(Endpoint { transport, address, patience, ids }))
    }

    /// Another who asks the same endpoint, in turn with this one, and with a record of its own.
    pub fn another(&self) -> Self {
        Self::of(Arc::clone(&self.endpoint))
    }

    const fn of(endpoint: Arc<Endpoint>) -> Self {
        Self { endpoint, calls: VecDeque::new(), lost: 0 }
    }

    /// Who is asked.
    pub fn address(&self) -> Address {
        self.endpoint.address
    }

    /// Asks, and asks again, until there is an answer or patience ends.
    ///
    /// A dropped call leaves no trace in [`take_calls`](Self::take_calls), and its instance id stays out until it expires.
    pub async fn call<R: Request>(&mut self, request: &R) -> Result<Answer<R::Response>, CallError> {
        let mut progress = Progress::default();
        let result = self.endpoint.persist(request, &mut progress).await;
        let started = progress.started.unwrap_or_else(Instant::now);
        self.record(Call {
            pldm_type: R::TYPE,
            command: R::NAME,
            started,
            duration: started.elapsed(),
            tries: progress.tries,
            completion_code: progress.completion_code,
            failure: result.as_ref().err().map(Failure::kind),
        });
        result.map_err(|failure| CallError { pldm_type: R::TYPE, command: R::NAME, failure })
    }

    /// Every call since the last time, oldest first.
    pub fn take_calls(&mut self) -> Vec<Call> {
        self.calls.drain(..).collect()
    }

    /// How many calls were forgotten since the last time, because nobody took them.
    pub const fn take_lost(&mut self) -> u64 {
        std::mem::replace(&mut self.lost, 0)
    }

    /// Remembers a call; the oldest one goes when there is no room.
    fn record(&mut self, call: Call) {
        if self.calls.len() >= patience::CALLS {
            self.calls.pop_front();
            self.lost = self.lost.saturating_add(1);
        }
        self.calls.push_back(call);
    }
}

impl Endpoint {
    /// Asks until the device is ready.
    ///
    /// ERROR_NOT_READY is an answer, so what follows it is a new request with a new instance id; others may ask meanwhile.
    async fn persist<R: Request>(&self, request: &R, progress: &mut Progress) -> Result<Answer<R::Response>, Failure> {
        let mut not_ready = 0u32;
        loop {
            let result = self.ask(request, progress).await;
            progress.completion_code = match &result {
                Ok(_) => Some(CompletionCode::SUCCESS),
                Err(Failure::Refused(code)) => Some(*code),
                Err(_) => progress.completion_code,
            };
            not_ready = not_ready.saturating_add(1);
            match result {
                Err(Failure::Refused(CompletionCode::ERROR_NOT_READY)) if not_ready < patience::NOT_READY_TRIES => {}
                result => return result,
            }
            sleep(patience::NOT_READY_DELAY).await;
        }
    }

    /// Asks until something answers.
    ///
    /// Every try carries the same instance id: to DSP0240 a retry is the same request again, so that a responder which
    /// lost only its answer need not do the work twice. Earlier tries go on listening on their own tags, so a device that
    /// is always slower than one try is still heard.
    async fn ask<R: Request>(&self, request: &R, progress: &mut Progress) -> Result<Answer<R::Response>, Failure> {
        let mut ids = self.ids.lock().await;
        progress.started.get_or_insert_with(Instant::now);
        let id = ids.take(Instant::now())?;
        let message = match header::encode_request(id, request) {
            Ok(message) => message,
            Err(malformed) => {
                ids.release(id);
                return Err(Failure::Malformed(malformed));
            }
        };
        let header = Header::request(id, R::TYPE, R::COMMAND);
        let ours = |body: &[u8]| header::answers(&header, body);
        let mut tries = FuturesUnordered::new();
        for earlier in 0..self.patience.tries() {
            ids.renew(id, Instant::now());
            progress.tries = progress.tries.saturating_add(1);
            tries.push(self.transport.exchange(self.address, MessageType::PLDM, &message, &ours));
            let Ok(Some(answer)) = timeout(self.patience.time_out(), tries.next()).await else { continue };
            if answer.is_ok() || earlier == 0 {
                ids.release(id); // answered, or never under way: a line that is down must not use up the ids
            }
            return judge::<R>(id, &answer.map_err(Failure::Transport)?);
        }
        Err(Failure::Silent { tries: self.patience.tries(), time_out: self.patience.time_out() })
    }
}

impl std::fmt::Debug for Requester {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Endpoint { address, patience, .. } = &*self.endpoint;
        f.debug_struct("Requester").field("address", address).field("patience", patience).finish()
    }
}

/// How far a call got.
#[derive(Default)]
struct Progress {
    /// When it was its turn.
    started: Option<Instant>,
    tries: u32,
    completion_code: Option<CompletionCode>,
}

fn judge<R: Request>(id: crate::InstanceId, reply: &[u8]) -> Result<Answer<R::Response>, Failure> {
    let opened = header::open::<R>(id, reply).map_err(|not| match not {
        NotOpened::Refused(code) => Failure::Refused(code),
        NotOpened::Malformed(malformed) => Failure::Malformed(malformed),
    })?;
    let answer = R::decode(opened.payload).map_err(Failure::Malformed)?;
    Ok(Answer { damage: answer.damage.or(opened.damage), ..answer })
}

#[cfg(test)]
#[path = "requester_tests.rs"]
mod tests;
