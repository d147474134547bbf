//! The bus owner of a line (DSP0236): gives the device at its other end an endpoint id, and finds what is behind it.
//!
//! Whoever reads a question to the null endpoint id is the one device that the line ends at. All of this runs over any
//! [`Transport`]; one bad endpoint costs bounded time and hides no other.

mod pool;

pub use pool::{Pool, Uuid};

use crate::{
    Address, Eid, MessageType, Transport,
    control::{
        AllocateEndpointIds, AllocateEndpointIdsResponse, AllocateOperation, CallError, Command, CompletionCode,
        Controller, GetEndpointId, GetEndpointUuid, GetMessageTypeSupport, GetVersionSupport, PoolNeed, Request,
        SetEndpointId, SetOperation, Version,
    },
    patience::{POOL_MOST, PROBE_TRIES, PROBES_AT_ONCE, Patience},
};
use futures_util::{StreamExt, stream};
use pool::block;
use std::fmt;

/// An endpoint that is there.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Found {
    /// Where it is.
    pub address: Address,
    /// Which one of the line it is: 0 at its other end, 1 and up by the place behind the bridge there.
    pub position: u8,
    /// What tells its device from others, if it says so; a UUID of only zeros is none.
    pub uuid: Option<Uuid>,
    /// What it speaks; control need not be among them.
    pub message_types: Vec<MessageType>,
    /// The versions of MCTP that it speaks; empty when it does not say.
    pub versions: Vec<Version>,
    /// The bridge that it is behind.
    pub bridge: Option<Eid>,
}

/// What one look at a line has come to.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Enumeration {
    /// Who is there.
    pub found: Vec<Found>,
    /// What did not go well, with those found and with others.
    pub faults: Vec<EndpointFault>,
}

/// What did not go well with one endpoint.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EndpointFault {
    /// Which one; null for the line's own device before it has an id.
    pub eid: Eid,
    /// At which question.
    pub command: Command,
    /// What it was.
    pub fault: Fault,
}

/// What can go wrong with an endpoint.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Fault {
    /// It does not answer well.
    Call(CallError),
    /// It insists on an id that is not for it: ours, another endpoint's, or none that an endpoint can have.
    Conflict {
        /// The id it insists on.
        claimed: Eid,
    },
    /// Every id of the pool is taken.
    PoolExhausted,
    /// It is a bridge and did not take the ids for those behind it.
    PoolRefused,
}

/// What became of an endpoint that was there before.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Checked {
    /// Nothing.
    Same,
    /// It has another id or none: it was reset, and must be enumerated again.
    Reset {
        /// The id it says it has.
        eid: Eid,
    },
    /// Another device answers in its place.
    Replaced {
        /// Which.
        uuid: Option<Uuid>,
    },
}

/// The bus owner of one network.
#[derive(Debug)]
pub struct Owner<T> {
    controller: Controller<T>,
    network: u32,
    pool: Pool,
}

impl<T: Transport> Owner<T> {
    /// Owns `network`, reached over `transport`, and gives ids of `pool`.
    pub const fn new(transport: T, network: u32, pool: Pool) -> Self {
        Self { controller: Controller::new(transport), network, pool }
    }

    /// Looks who is there, and gives ids to those who need one. Every id given before may be another's afterwards.
    pub async fn enumerate(&mut self) -> Enumeration {
        self.search(|_| ()).await
    }

    /// As [`Self::enumerate`], and tells of everybody as soon as they are found: an empty place behind a bridge takes
    /// its time, and nobody need wait for it.
    pub async fn search(&mut self, mut tell: impl FnMut(&Found)) -> Enumeration {
        self.pool.vacate();
        let mut seen = Enumeration::default();
        let Some((eid, uuid, need)) = self.assign(&mut seen).await else { return seen };
        let direct = self.describe(eid, uuid, &mut seen).await;
        tell(&direct);
        seen.found.push(direct);
        let Some((start, size)) = self.allocate(eid, uuid, need, &mut seen).await else { return seen };
        let probes = (1..).zip(block(start, size)).map(|(position, slot)| self.probe(slot, eid, position));
        let mut probes = stream::iter(probes).buffer_unordered(PROBES_AT_ONCE);
        while let Some(probed) = probes.next().await {
            probed.found.iter().for_each(&mut tell);
            let line_lost = probed.faults.iter().any(|it| matches!(it.fault, Fault::Call(CallError::Transport(_))));
            seen.found.extend(probed.found);
            seen.faults.extend(probed.faults);
            if line_lost {
                break;
            }
        }
        seen.found.sort_by_key(|found| found.position);
        seen.faults.sort_by_key(|fault| fault.eid);
        seen
    }

    /// Whether an endpoint is still what it was: two questions at most.
    pub async fn check(&self, found: &Found) -> Result<Checked, CallError> {
        let direct = Address { eid: Eid::NULL, ..found.address };
        let to = if found.bridge.is_some() { found.address } else { direct };
        let eid = self.controller.call(to, &GetEndpointId {}).await?.eid;
        if eid != found.address.eid {
            return Ok(Checked::Reset { eid });
        }
        // Who did not say its UUID when it was found may say it now: it may have been starting.
        let uuid = self.uuid(to).await?;
        Ok(if uuid == found.uuid { Checked::Same } else { Checked::Replaced { uuid } })
    }

    /// Gives the line's device its id. Its UUID is asked first: it says which id it had before.
    async fn assign(&mut self, seen: &mut Enumeration) -> Option<(Eid, Option<Uuid>, Need)> {
        let null = self.at(Eid::NULL);
        let current = seen.ask(&self.controller, null, &GetEndpointId {}).await?.eid;
        let asked = self.uuid(null).await;
        let known = asked.clone().ok().flatten();
        let Some(eid) = self.pool.choose(known, current) else {
            return seen.fault(Eid::NULL, Command::SET_ENDPOINT_ID, Fault::PoolExhausted);
        };
        let set = SetEndpointId { operation: SetOperation::SET, eid };
        let (claimed, need) = match self.controller.call(null, &set).await {
            // Accepted or not, this is the id it has: a device with a fixed one keeps it (DSP0236, Set Endpoint ID).
            Ok(answer) => (answer.eid, Need { pool: answer.status.pool(), size: answer.pool_size }),
            Err(error) => {
                let refused = matches!(error, CallError::Refused(_));
                seen.fault::<()>(Eid::NULL, Command::SET_ENDPOINT_ID, Fault::Call(error));
                // Whoever knows no such command may still have an id to be reached at.
                (Some(current).filter(|current| refused && current.is_usable())?, Need::NOTHING)
            }
        };
        if !self.pool.is_free(claimed) {
            return seen.fault(eid, Command::SET_ENDPOINT_ID, Fault::Conflict { claimed });
        }
        self.pool.take(claimed);
        // Some devices say nothing more before they have an id.
        let asked = if asked.is_ok() { asked } else { self.uuid(self.at(claimed)).await };
        let uuid = seen.keep(claimed, Command::GET_ENDPOINT_UUID, asked).flatten();
        if let Some(uuid) = uuid {
            self.pool.remember(uuid, claimed);
        }
        Some((claimed, uuid, need))
    }

    /// Gives a bridge the ids for those behind it. Gives back which it has.
    async fn allocate(
        &mut self,
        eid: Eid,
        uuid: Option<Uuid>,
        need: Need,
        seen: &mut Enumeration,
    ) -> Option<(Eid, u8)> {
        let bridge = self.at(eid);
        let mut size = need.size.min(POOL_MOST);
        let mut operation = AllocateOperation::ALLOCATE;
        match need.pool {
            PoolNeed::WANTS => {}
            PoolNeed::HAS => {
                // From us before a restart, or from another owner: what fits may stay, and anything else is taken back.
                let ask = AllocateEndpointIds {
                    operation: AllocateOperation::GET_INFORMATION,
                    pool_size: 0,
                    start: Eid::NULL,
                };
                let has = seen.ask(&self.controller, bridge, &ask).await;
                if let Some(block) = has.as_ref().and_then(|has| self.adopt(eid, uuid, has)) {
                    return Some(block);
                }
                size = if size == 0 { has_size(has.as_ref()) } else { size };
                operation = AllocateOperation::FORCE;
            }
            _ => return None,
        }
        if size == 0 {
            return None;
        }
        let Some(start) = self.pool.choose_block(uuid, size) else {
            return seen.fault(eid, Command::ALLOCATE_ENDPOINT_IDS, Fault::PoolExhausted);
        };
        let ask = AllocateEndpointIds { operation, pool_size: size, start };
        let has = seen.ask(&self.controller, bridge, &ask).await?;
        match self.adopt(eid, uuid, &has) {
            Some(block) => Some(block),
            None => seen.fault(eid, Command::ALLOCATE_ENDPOINT_IDS, Fault::PoolRefused),
        }
    }

    /// Takes the block that a bridge says it has, when it may have it.
    fn adopt(&mut self, eid: Eid, uuid: Option<Uuid>, has: &AllocateEndpointIdsResponse) -> Option<(Eid, u8)> {
        let (start, size) = (has.start, has.pool_size.min(POOL_MOST));
        if size == 0 || !self.pool.are_free(start, size) {
            return None;
        }
        block(start, size).for_each(|eid| self.pool.take(eid));
        if let Some(uuid) = uuid {
            self.pool.remember_block(uuid, eid, start, size);
        }
        Some((start, size))
    }

    /// Looks whether anybody has this id behind a bridge. Nobody is no fault.
    async fn probe(&self, slot: Eid, bridge: Eid, position: u8) -> Enumeration {
        let to = self.at(slot);
        let mut seen = Enumeration::default();
        let patience = Patience { tries: PROBE_TRIES, ..Patience::CONTROL };
        let fault = match self.controller.call_patiently(to, &GetEndpointId {}, patience).await {
            Ok(answer) if answer.eid == slot => {
                let uuid = seen.keep(slot, Command::GET_ENDPOINT_UUID, self.uuid(to).await).flatten();
                let bridged = self.describe(slot, uuid, &mut seen).await;
                seen.found.push(Found { bridge: Some(bridge), position, ..bridged });
                return seen;
            }
            Err(CallError::Silent { .. }) => return seen,
            Ok(answer) => Fault::Conflict { claimed: answer.eid },
            Err(error) => Fault::Call(error),
        };
        seen.fault::<()>(slot, Command::GET_ENDPOINT_ID, fault);
        seen
    }

    /// Asks an endpoint what it speaks. What it does not say is a fault, and the rest still counts.
    async fn describe(&self, eid: Eid, uuid: Option<Uuid>, seen: &mut Enumeration) -> Found {
        let address = self.at(eid);
        let versions = seen.ask(&self.controller, address, &GetVersionSupport::BASE).await;
        let types = seen.ask(&self.controller, address, &GetMessageTypeSupport {}).await;
        Found {
            address,
            position: 0,
            uuid,
            message_types: types.map(|answer| answer.types).unwrap_or_default(),
            versions: versions.map(|answer| answer.versions).unwrap_or_default(),
            bridge: None,
        }
    }

    /// Simple devices need not have one, and some say only zeros.
    async fn uuid(&self, to: Address) -> Result<Option<Uuid>, CallError> {
        match self.controller.call(to, &GetEndpointUuid {}).await {
            Ok(answer) => Ok(Some(answer.uuid).filter(|&uuid| uuid != NIL)),
            Err(CallError::Refused(CompletionCode::ERROR_UNSUPPORTED_COMMAND)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    const fn at(&self, eid: Eid) -> Address {
        Address { network: self.network, eid }
    }
}

impl Enumeration {
    async fn ask<R: Request>(
        &mut self,
        controller: &Controller<impl Transport>,
        to: Address,
        request: &R,
    ) -> Option<R::Response> {
        let answer = controller.call(to, request).await;
        self.keep(to.eid, R::COMMAND, answer)
    }

    fn keep<V>(&mut self, eid: Eid, command: Command, answer: Result<V, CallError>) -> Option<V> {
        answer.map_or_else(|error| self.fault(eid, command, Fault::Call(error)), Some)
    }

    fn fault<V>(&mut self, eid: Eid, command: Command, fault: Fault) -> Option<V> {
        self.faults.push(EndpointFault { eid, command, fault });
        None
    }
}

impl fmt::Display for EndpointFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { eid, command, fault } = self;
        write!(f, "endpoint {eid}, {command}: {fault}")
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Call(error) => error.fmt(f),
            Self::Conflict { claimed } => write!(f, "claims endpoint id {claimed}, which is not for it"),
            Self::PoolExhausted => f.write_str("every endpoint id of the pool is taken"),
            Self::PoolRefused => f.write_str("does not take the endpoint ids for those behind it"),
        }
    }
}

impl std::error::Error for EndpointFault {}

const NIL: Uuid = [0; 16];

/// What a bridge says it needs.
#[derive(Clone, Copy)]
struct Need {
    pool: PoolNeed,
    size: u8,
}

impl Need {
    const NOTHING: Self = Self { pool: PoolNeed::NONE, size: 0 };
}

fn has_size(has: Option<&AllocateEndpointIdsResponse>) -> u8 {
    has.map_or(0, |has| has.pool_size.min(POOL_MOST))
}

#[cfg(test)]
mod tests;
