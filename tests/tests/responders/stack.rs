//! mctp-estack (`Router`, its serial binding and its control responder) at the other end of a line. Nothing of ours is
//! in it but the loops that carry its packets and hand its messages on.

use crate::firmware_device::{FirmwareDevice, Told};
use embedded_io_adapters::tokio_1::FromTokio;
use mctp_estack::{
    Router, Stack,
    control::MctpControl,
    router::{PortBottom, PortBuilder, PortId, PortLookup, PortStorage},
    serial::MctpSerialHandler,
};
use mctp_rs::{
    AsyncListener, AsyncReqChannel, AsyncRespChannel, Eid, MCTP_TYPE_CONTROL, MCTP_TYPE_PLDM, MCTP_TYPE_VENDOR_PCIE,
    MsgType,
};
use std::time::Duration;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::{mpsc, oneshot},
    task::AbortHandle,
    time::{Instant, interval, timeout},
};
use uuid::Uuid;

pub(crate) const UUID: Uuid = Uuid::from_u128(0x2f6b_e9d0_9c1d_4d2a_a5d6_1d5a_4f1b_8e77);

/// The longest message that mctp-estack takes, without its type byte.
pub(crate) const LONGEST: usize = mctp_estack::config::MAX_PAYLOAD;

/// How long it waits for what it asked.
const PATIENCE: Duration = Duration::from_secs(5);

/// What it is made of.
pub(crate) struct Settings {
    /// Its endpoint id at first; 0 for none.
    pub(crate) eid: u8,
    /// The size of its packets, header included.
    pub(crate) packet: usize,
    /// What answers PLDM.
    pub(crate) told: Told,
}

/// A question that it is to send, and where its answer goes.
pub(crate) struct Question {
    pub(crate) to: Eid,
    pub(crate) message_type: MsgType,
    pub(crate) body: Vec<u8>,
    pub(crate) answer: oneshot::Sender<mctp_rs::Result<Vec<u8>>>,
}

/// mctp-estack on a line. It ends when this is dropped.
pub(crate) struct Peer {
    pub(crate) questions: mpsc::Sender<Question>,
    task: AbortHandle,
}

impl Peer {
    pub(crate) fn start(
        reader: impl AsyncRead + Unpin + Send + 'static,
        writer: impl AsyncWrite + Unpin + Send + 'static,
        settings: Settings,
    ) -> Self {
        let (questions, asked) = mpsc::channel(1);
        Self { questions, task: tokio::spawn(run(reader, writer, settings, asked)).abort_handle() }
    }

    /// Asks, and waits for the answer.
    pub(crate) async fn ask(&self, to: Eid, message_type: MsgType, body: &[u8]) -> mctp_rs::Result<Vec<u8>> {
        let (answer, answered) = oneshot::channel();
        let question = Question { to, message_type, body: body.into(), answer };
        self.questions.send(question).await.map_err(|_| mctp_rs::Error::TxFailure)?;
        answered.await.map_err(|_| mctp_rs::Error::RxFailure)?
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// There is one line, and every endpoint is on it.
struct OneLine;

impl PortLookup for OneLine {
    fn by_eid(&mut self, _: Eid, source: Option<PortId>) -> Option<PortId> {
        source.is_none().then_some(PortId(0)) // it forwards nothing
    }
}

async fn run(
    reader: impl AsyncRead + Unpin,
    writer: impl AsyncWrite + Unpin,
    settings: Settings,
    mut asked: mpsc::Receiver<Question>,
) {
    let mut storage = PortStorage::<4>::new();
    let mut builder = PortBuilder::new(&mut storage);
    let (top, bottom) = builder.build(settings.packet).expect("a size that it takes");
    let (ports, mut lookup, began) = ([top], OneLine, Instant::now());
    let router = Router::new(Stack::new(Eid(settings.eid), settings.packet, 0), &ports, &mut lookup);
    tokio::join!(
        receive(&router, reader),
        send(bottom, writer),
        tick(&router, began),
        control(&router),
        pldm(&router, settings.told),
        echo(&router),
        ask(&router, &mut asked),
    );
}

async fn receive(router: &Router<'_>, reader: impl AsyncRead + Unpin) {
    let (mut serial, mut reader) = (MctpSerialHandler::new(), FromTokio::new(reader));
    while let Ok(packet) = serial.recv_async(&mut reader).await {
        router.inbound(packet, PortId(0)).await;
    }
}

async fn send(mut port: PortBottom<'_>, writer: impl AsyncWrite + Unpin) {
    let (mut serial, mut writer) = (MctpSerialHandler::new(), FromTokio::new(writer));
    loop {
        let (packet, _) = port.outbound().await;
        if serial.send_async(packet, &mut writer).await.is_err() {
            return;
        }
        port.outbound_done();
    }
}

async fn tick(router: &Router<'_>, began: Instant) {
    let mut interval = interval(Duration::from_millis(100));
    loop {
        interval.tick().await;
        let now = u64::try_from(began.elapsed().as_millis()).expect("no test takes that long");
        router.update_time(now).await.expect("time goes on");
    }
}

async fn control<'r>(router: &'r Router<'r>) {
    let mut listener = router.listener(MCTP_TYPE_CONTROL).expect("nobody else listens");
    let mut responder = MctpControl::new(router);
    responder.set_uuid(&UUID);
    responder.set_message_types(&[MCTP_TYPE_CONTROL, MCTP_TYPE_PLDM, MCTP_TYPE_VENDOR_PCIE]).expect("three fit");
    let mut buffer = [0; LONGEST];
    loop {
        let Ok((_, _, body, channel)) = listener.recv(&mut buffer).await else { continue };
        let _ = responder.handle_async(body, channel).await; // what is no control request has no answer
    }
}

async fn pldm<'r>(router: &'r Router<'r>, told: Told) {
    let mut listener = router.listener(MCTP_TYPE_PLDM).expect("nobody else listens");
    let mut device = FirmwareDevice::new(told);
    let mut buffer = [0; LONGEST];
    loop {
        let Ok((_, _, body, mut channel)) = listener.recv(&mut buffer).await else { continue };
        for answer in device.answers(body) {
            channel.send(&answer).await.expect("sent");
        }
    }
}

/// Answers with what was asked.
async fn echo<'r>(router: &'r Router<'r>) {
    let mut listener = router.listener(MCTP_TYPE_VENDOR_PCIE).expect("nobody else listens");
    let mut buffer = [0; LONGEST];
    loop {
        let Ok((_, _, body, mut channel)) = listener.recv(&mut buffer).await else { continue };
        channel.send(body).await.expect("sent");
    }
}

async fn ask<'r>(router: &'r Router<'r>, asked: &mut mpsc::Receiver<Question>) {
    let mut buffer = [0; LONGEST];
    while let Some(Question { to, message_type, body, answer }) = asked.recv().await {
        let mut channel = router.req(to);
        let exchange = async {
            channel.send(message_type, &body).await?;
            let (_, _, body) = channel.recv(&mut buffer).await?;
            Ok(body.to_vec())
        };
        let result = timeout(PATIENCE, exchange).await.unwrap_or(Err(mctp_rs::Error::TimedOut));
        let _ = answer.send(result); // whoever asked may have gone
    }
}
