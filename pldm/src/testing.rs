//! What tests of this crate share: a device made of one function, and the round trip every codec has to survive.

use crate::{CompletionCode, Header, Patience, Requester, encode_response};
use mctp::{Address, Answers, Eid, MessageType, Transport, TransportError};
use proptest::test_runner::TestCaseError;
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::time::sleep;
use wire::{Reader, Wire};

pub(crate) const ADDRESS: Address = Address { network: 1, eid: Eid(20) };

/// What a device does with one request: messages that come back after a while, or an error.
pub(crate) type Reaction = Result<Vec<(Duration, Vec<u8>)>, TransportError>;

type React = dyn Fn(&[u8], usize) -> Reaction + Send + Sync;

/// A device made of one function, which sees the request and how many came before it.
pub(crate) struct Device {
    react: Box<React>,
    pub(crate) seen: Mutex<Vec<Vec<u8>>>,
}

impl Transport for Device {
    fn exchange<'a>(
        &'a self,
        to: Address,
        message_type: MessageType,
        body: &'a [u8],
        answers: Answers<'a>,
    ) -> mctp::Answer<'a> {
        assert_eq!((to, message_type), (ADDRESS, MessageType::PLDM));
        let before = {
            let mut seen = self.seen.lock().unwrap();
            seen.push(body.to_vec());
            seen.len() - 1
        };
        Box::pin(async move {
            for (after, message) in (self.react)(body, before)? {
                sleep(after).await;
                if answers(&message) {
                    return Ok(message);
                }
            }
            std::future::pending().await
        })
    }
}

/// A requester, and the device it asks.
pub(crate) fn device(react: impl Fn(&[u8], usize) -> Reaction + Send + Sync + 'static) -> (Requester, Arc<Device>) {
    let device = Arc::new(Device { react: Box::new(react), seen: Mutex::default() });
    (Requester::new(device.clone(), ADDRESS, Patience::default()), device)
}

/// A response to `request` with this completion code and payload.
pub(crate) fn reply(request: &[u8], code: u8, payload: &[u8]) -> Vec<u8> {
    let header = Header::read(&mut Reader::new("request", request)).unwrap();
    encode_response(&header, CompletionCode(code), payload).unwrap()
}

/// A message that comes at once.
pub(crate) fn at_once(message: Vec<u8>) -> Reaction {
    Ok(vec![(Duration::ZERO, message)])
}

/// A good response that comes at once.
pub(crate) fn good<T: Wire>(request: &[u8], value: &T) -> Reaction {
    at_once(reply(request, 0, &wire::encode(value).unwrap()))
}

/// A refusal that comes at once.
pub(crate) fn refusal(request: &[u8], code: u8) -> Reaction {
    at_once(reply(request, code, &[]))
}

/// What decodes must encode back to the same bytes.
pub(crate) fn survives<T: Wire>(bytes: &[u8]) -> Result<(), TestCaseError> {
    match wire::decode::<T>(bytes) {
        Ok(message) if wire::encode(&message).as_deref() != Ok(bytes) => {
            Err(TestCaseError::fail(format!("{} does not encode back to {bytes:02x?}", T::NAME)))
        }
        _ => Ok(()),
    }
}
