//! pldm-fw's firmware device (`fd::Responder`) as a [`Transport`]: a message goes in, and what it sends comes out.

use mctp::{Address, Answer, Answers, Eid, MessageType, Transport};
use mctp_rs::{MsgIC, MsgType, ReqChannel, RespChannel};
use pldm_fw::{
    ActivationMethods, Component, ComponentVersion, DescriptorString, DeviceIdentifiers, PldmDate, UpdateComponent,
    fd::{self, ComponentDetails},
};
use pldm_rs::PldmRequest;
use std::{
    future::pending,
    mem,
    sync::{Arc, Mutex},
};

/// Where the firmware device is.
pub(crate) const AT: Address = Address { network: 1, eid: Eid(20) };
/// Who asks it.
pub(crate) const AGENT: Eid = Eid(8);

/// What the responder is given to tell.
pub(crate) struct Told {
    pub(crate) identifiers: DeviceIdentifiers,
    pub(crate) components: Vec<Component>,
    pub(crate) active: DescriptorString,
    pub(crate) pending: DescriptorString,
    /// What it was sent of a component, and the clock it reads.
    pub(crate) received: Vec<u8>,
    pub(crate) milliseconds: u64,
}

impl Told {
    pub(crate) fn new(identifiers: Vec<pldm_fw::Descriptor>, components: Vec<Component>) -> Self {
        Self {
            identifiers: DeviceIdentifiers { ids: identifiers },
            components,
            active: DescriptorString::empty(),
            pending: DescriptorString::empty(),
            received: Vec::new(),
            milliseconds: 0,
        }
    }
}

impl fd::Device for Told {
    fn dev_identifiers(&mut self) -> &DeviceIdentifiers {
        &self.identifiers
    }

    fn components(&self) -> &[Component] {
        &self.components
    }

    fn active_image_set_version(&self) -> DescriptorString {
        again(&self.active)
    }

    fn pending_image_set_version(&self) -> DescriptorString {
        again(&self.pending)
    }

    fn update_component(&mut self, _update: bool, _component: &UpdateComponent) -> u8 {
        0
    }

    fn firmware_data(&mut self, offset: usize, data: &[u8], _: &ComponentDetails) -> pldm_fw::TransferResult {
        assert_eq!(offset, self.received.len(), "data comes in order");
        self.received.extend(data);
        pldm_fw::TransferResult::Success
    }

    fn verify(&mut self, _component: &ComponentDetails) -> pldm_fw::VerifyResult {
        pldm_fw::VerifyResult::Success
    }

    fn apply(&mut self, _component: &ComponentDetails) -> Result<ActivationMethods, pldm_fw::ApplyResult> {
        Ok(ActivationMethods::empty())
    }

    fn activate(&mut self, _self_contained: bool) -> fd::ActivateResult {
        fd::ActivateResult::SUCCESS
    }

    fn cancel_component(&mut self, _component: &ComponentDetails) {}

    fn now(&mut self) -> u64 {
        self.milliseconds
    }
}

/// A `DescriptorString` cannot be cloned.
fn again(text: &DescriptorString) -> DescriptorString {
    match text {
        DescriptorString::String(text) => DescriptorString::String(text.clone()),
        DescriptorString::Bytes(bytes) => DescriptorString::Bytes(bytes.clone()),
    }
}

/// A version with everything that pldm-fw can say of one.
pub(crate) fn version(version: DescriptorString, stamp: u32, date: Option<(i32, u32, u32)>) -> ComponentVersion {
    let date = date.map(|(year, month, day)| PldmDate::from_ymd_opt(year, month, day).expect("a date"));
    ComponentVersion { stamp, version, date }
}

/// A string that pldm-fw calls ASCII, whatever is in it.
pub(crate) fn text(text: &str) -> DescriptorString {
    DescriptorString::new_str(text).expect("at most 255 bytes")
}

/// A string of which pldm-fw says no encoding.
pub(crate) fn octets(bytes: &[u8]) -> DescriptorString {
    DescriptorString::new_bytes(bytes).expect("at most 255 bytes")
}

/// A version that pldm-fw writes when there is none.
pub(crate) fn none() -> ComponentVersion {
    version(DescriptorString::empty(), 0, None)
}

/// Both of pldm-fw's channels: keeps what is sent, PLDM header first.
#[derive(Clone, Default)]
pub(crate) struct Sent(Arc<Mutex<Vec<Vec<u8>>>>);

impl Sent {
    fn keep(&self, parts: &[&[u8]]) {
        self.0.lock().expect("no panic").push(parts.concat());
    }

    fn take(&self) -> Vec<Vec<u8>> {
        mem::take(&mut self.0.lock().expect("no panic"))
    }
}

impl RespChannel for Sent {
    type ReqChannel = Self;

    fn send_vectored(&mut self, _: MsgIC, parts: &[&[u8]]) -> mctp_rs::Result<()> {
        self.keep(parts);
        Ok(())
    }

    fn remote_eid(&self) -> mctp_rs::Eid {
        mctp_rs::Eid(AGENT.0)
    }

    fn req_channel(&self) -> mctp_rs::Result<Self> {
        Ok(self.clone())
    }
}

impl ReqChannel for Sent {
    fn send_vectored(&mut self, message_type: MsgType, _: MsgIC, parts: &[&[u8]]) -> mctp_rs::Result<()> {
        assert_eq!(message_type, mctp_rs::MCTP_TYPE_PLDM);
        self.keep(parts);
        Ok(())
    }

    fn recv<'f>(&mut self, _: &'f mut [u8]) -> mctp_rs::Result<(MsgType, MsgIC, &'f mut [u8])> {
        Err(mctp_rs::Error::Unsupported) // the responder is handed what comes for it, and never waits
    }

    fn remote_eid(&self) -> mctp_rs::Eid {
        mctp_rs::Eid(AGENT.0)
    }
}

/// The firmware device: pldm-fw's state machine and what it tells.
pub(crate) struct FirmwareDevice {
    responder: fd::Responder<Sent>,
    pub(crate) told: Told,
    sent: Sent,
}

impl FirmwareDevice {
    pub(crate) fn new(told: Told) -> Self {
        Self { responder: fd::Responder::new(), told, sent: Sent::default() }
    }

    /// Everything it sends upon a request: more than one message where it answers twice.
    pub(crate) fn answers(&mut self, request: &[u8]) -> Vec<Vec<u8>> {
        if let Ok(request) = PldmRequest::from_buf(request) {
            // An error is one of another PLDM type: it then says nothing.
            let _ = self.responder.request_in(self.sent.clone(), &request, &mut self.told);
        }
        self.sent.take()
    }

    /// What it asks of its own accord, a second later.
    pub(crate) fn asks(&mut self) -> Vec<Vec<u8>> {
        self.told.milliseconds += 1001;
        self.responder.progress(&mut self.told);
        self.sent.take()
    }

    /// Hands it the answer to what it asked.
    pub(crate) fn hears(&mut self, response: &[u8]) {
        let response = pldm_rs::PldmResponse::from_buf_borrowed(response).expect("a response");
        self.responder.reply_in(mctp_rs::Eid(AGENT.0), &response, &mut self.told).expect("expected");
    }
}

/// The firmware device without any MCTP between.
pub(crate) struct Direct(pub(crate) Mutex<FirmwareDevice>);

impl Direct {
    pub(crate) fn new(told: Told) -> Self {
        Self(Mutex::new(FirmwareDevice::new(told)))
    }
}

impl Transport for Direct {
    fn exchange<'a>(&'a self, to: Address, kind: MessageType, body: &'a [u8], answers: Answers<'a>) -> Answer<'a> {
        assert_eq!((to, kind), (AT, MessageType::PLDM));
        Box::pin(async move {
            let sent = self.0.lock().expect("no panic").answers(body);
            match sent.into_iter().find(|message| answers(message)) {
                Some(answer) => Ok(answer),
                None => pending().await,
            }
        })
    }
}
