//! pldm-fw's update agent, over mctp-estack, asks the simulated board: what the board sends is read by a framing, an
//! assembly of packets and a decoder of which none is ours.

use crate::{
    firmware_device::Told,
    stack::{Peer, Question, Settings},
};
use firmwarden_tests::{
    board::{Board, Description, Descriptor, EidKind, Encoding, Firmware, Version},
    eventually,
};
use mctp_rs::{Eid, MCTP_TYPE_CONTROL, MsgIC, MsgType, ReqChannel};
use nix::{
    fcntl::{OFlag, open},
    sys::stat::Mode,
};
use pldm_fw::{
    ComponentVersion, DescriptorString, DeviceIdentifiers, FirmwareParameters, GetStatusResponse, PldmFDState,
    ua::{PldmUpdateError, query_device_identifiers, query_firmware_parameters},
};
use pldm_rs::{PldmRequest, pldm_xfer};
use tokio::{
    net::unix::pipe::{Receiver, Sender},
    sync::{mpsc, oneshot},
    task::{JoinError, spawn_blocking},
};

/// Where every device is here.
const DEVICE: Eid = Eid(20);

/// The blocking channel that pldm-fw wants, over mctp-estack, whose channels are asynchronous.
struct Channel {
    questions: mpsc::Sender<Question>,
    answered: Option<oneshot::Receiver<mctp_rs::Result<Vec<u8>>>>,
}

impl ReqChannel for Channel {
    fn send_vectored(&mut self, message_type: MsgType, _: MsgIC, parts: &[&[u8]]) -> mctp_rs::Result<()> {
        let (answer, answered) = oneshot::channel();
        self.answered = Some(answered);
        let question = Question { to: DEVICE, message_type, body: parts.concat(), answer };
        self.questions.blocking_send(question).map_err(|_| mctp_rs::Error::TxFailure)
    }

    fn recv<'f>(&mut self, buffer: &'f mut [u8]) -> mctp_rs::Result<(MsgType, MsgIC, &'f mut [u8])> {
        let answered = self.answered.take().ok_or(mctp_rs::Error::BadArgument)?;
        let answer = answered.blocking_recv().map_err(|_| mctp_rs::Error::RxFailure)??;
        let buffer = buffer.get_mut(..answer.len()).ok_or(mctp_rs::Error::NoSpace)?;
        buffer.copy_from_slice(&answer);
        Ok((mctp_rs::MCTP_TYPE_PLDM, MsgIC(false), buffer))
    }

    fn remote_eid(&self) -> Eid {
        DEVICE
    }
}

/// One device alone at its line, with an id of its own, and mctp-estack at our end of the pty.
struct Bench {
    _board: Board,
    peer: Peer,
}

impl Bench {
    fn with(description: &Description) -> Self {
        let mut alone = description.clone();
        (alone.line, alone.position, alone.baud, alone.eid) = (None, 0, 0, EidKind::Fixed(DEVICE.0));
        alone.fault.clear();
        let board = Board::start(vec![alone]).unwrap();
        let device = board.line(&description.name).device();
        let tty = open(device, OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_NONBLOCK, Mode::empty()).unwrap();
        let reader = Receiver::from_owned_fd_unchecked(tty.try_clone().unwrap()).unwrap();
        let writer = Sender::from_owned_fd_unchecked(tty).unwrap();
        let settings = Settings { eid: 8, packet: 68, told: Told::new(vec![], vec![]) };
        Self { _board: board, peer: Peer::start(reader, writer, settings) }
    }

    /// Runs what blocks where it may.
    async fn ask<T: Send + 'static>(&self, ask: fn(&mut Channel) -> T) -> Result<T, JoinError> {
        let mut channel = Channel { questions: self.peer.questions.clone(), answered: None };
        eventually("an answer", spawn_blocking(move || ask(&mut channel))).await
    }

    async fn identifiers(&self) -> Result<DeviceIdentifiers, PldmUpdateError> {
        self.ask(query_device_identifiers).await.unwrap()
    }

    async fn parameters(&self) -> Result<Result<FirmwareParameters<'static>, PldmUpdateError>, JoinError> {
        self.ask(|channel| {
            query_firmware_parameters(channel).map(|FirmwareParameters { caps, components, active, pending }| {
                let components = Vec::from_iter(match components {
                    pldm_rs::util::VecOrSlice::Owned(components) => components,
                    pldm_rs::util::VecOrSlice::Borrowed(_) => panic!("what is decoded is owned"),
                });
                FirmwareParameters { caps, components: components.into(), active, pending }
            })
        })
        .await
    }
}

fn is_known(descriptor: &Descriptor) -> bool {
    matches!(descriptor.number, 0x0000..=0x0002 | 0x0100..=0x0102 | 0xffff)
}

fn is_narrow(version: &Version) -> bool {
    matches!(version.encoding, Encoding::Unknown | Encoding::Ascii | Encoding::Utf8)
}

/// The bits that pldm-fw 0.2.0 has names for. Of a component's, any other makes it panic (`EnumSet::from_u16`).
const DEVICE_BITS: u32 = 0x031f;
const COMPONENT_BITS: u32 = 0x001d;
const ACTIVATION_BITS: u16 = 0x00ff;

fn has_named_bits(firmware: &Firmware) -> bool {
    firmware.activation_methods & !ACTIVATION_BITS == 0 && firmware.capabilities & !COMPONENT_BITS == 0
}

fn versions(device: &Description) -> impl Iterator<Item = &Version> {
    let sets = [&device.image_set.active, &device.image_set.pending];
    sets.into_iter().chain(device.firmware.iter().flat_map(|one| [&one.active, &one.pending]))
}

/// The device without what pldm-fw cannot read.
fn readable(mut device: Description) -> Description {
    let narrow = |version: &mut Version| {
        if !is_narrow(version) {
            version.encoding = Encoding::Utf8;
        }
    };
    device.descriptor.retain(is_known);
    narrow(&mut device.image_set.active);
    narrow(&mut device.image_set.pending);
    for firmware in &mut device.firmware {
        narrow(&mut firmware.active);
        narrow(&mut firmware.pending);
        firmware.activation_methods &= ACTIVATION_BITS;
        firmware.capabilities &= COMPONENT_BITS;
    }
    device
}

fn octets(text: &DescriptorString) -> &[u8] {
    match text {
        DescriptorString::String(text) => text.as_bytes(),
        DescriptorString::Bytes(bytes) => bytes,
    }
}

fn assert_version(seen: &ComponentVersion, given: &Version) {
    assert_eq!((octets(&seen.version), seen.stamp), (given.text.as_bytes(), given.stamp));
    assert_eq!(seen.date.map(|date| date.to_string().replace('-', "")), given.date);
}

fn assert_parameters(seen: &FirmwareParameters<'_>, given: &Description) {
    assert_eq!(seen.caps.as_u32(), given.capabilities & DEVICE_BITS);
    assert_eq!(octets(&seen.active), given.image_set.active.text.as_bytes());
    assert_eq!(octets(&seen.pending), given.image_set.pending.text.as_bytes());
    assert_eq!(seen.components.len(), given.firmware.len());
    for (seen, given) in seen.components.iter().zip(&given.firmware) {
        assert_eq!((u16::from(&seen.classification), seen.identifier), (given.classification, given.identifier));
        assert_eq!(seen.classificationindex, given.index);
        assert_version(&seen.active, &given.active);
        assert_version(&seen.pending, &given.pending);
        assert_eq!(seen.activation_methods.as_u16(), given.activation_methods);
        assert_eq!(seen.caps_during_update.as_u32(), given.capabilities);
    }
}

/// A data file's hexadecimal.
fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<_> = text.chars().filter_map(|digit| digit.to_digit(16)).collect();
    digits.chunks(2).map(|pair| u8::try_from(pair[0] * 16 + pair[1]).expect("two digits")).collect()
}

/// What pldm-fw makes of a descriptor, as the wire has it.
fn told(seen: &pldm_fw::Descriptor) -> (Option<String>, Vec<u8>) {
    use pldm_fw::Descriptor::{Iana, PciDid, PciSubDid, PciSubVid, PciVid, Uuid, Vendor};
    match seen {
        PciVid(number) | PciDid(number) | PciSubVid(number) | PciSubDid(number) => (None, number.to_le_bytes().into()),
        Iana(number) => (None, number.to_le_bytes().into()),
        Uuid(uuid) => (None, uuid.as_bytes().into()),
        Vendor { title, data } => {
            (title.as_ref().map(|title| String::from_utf8_lossy(octets(title)).into()), data.clone())
        }
    }
}

fn assert_identifiers(seen: &DeviceIdentifiers, given: &Description) {
    assert_eq!(seen.ids.len(), given.descriptor.len());
    for (seen, given) in seen.ids.iter().zip(&given.descriptor) {
        let value = [hex(&given.bytes), given.text.clone().unwrap_or_default().into()].concat();
        assert_eq!((seen.desc_type(), told(seen)), (given.number, (given.title.clone(), value)));
    }
}

#[tokio::test]
async fn it_reads_of_every_shipped_device_what_its_data_file_says() {
    for device in Description::all().into_iter().map(readable) {
        let bench = Bench::with(&device);
        assert_identifiers(&bench.identifiers().await.unwrap(), &device);
        assert_parameters(&bench.parameters().await.unwrap().unwrap(), &device);
    }
}

/// The devices are as real ones are, and pldm-fw 0.2.0 is stricter than they: one descriptor of a type that it has no
/// name for, or one string in UTF-16, and the whole answer is refused; one bit that it has no name for, and it panics.
/// This says which, so that nobody takes the test above for more than it is.
#[tokio::test]
async fn what_it_cannot_read_is_known() {
    let (mut refused, mut panicked) = (vec![], vec![]);
    for device in Description::all() {
        let bench = Bench::with(&device);
        let identifiers = bench.identifiers().await;
        assert_eq!(identifiers.is_ok(), device.descriptor.iter().all(is_known), "{}: {identifiers:?}", device.name);
        match bench.parameters().await {
            Ok(Ok(parameters)) => assert_parameters(&parameters, &device),
            Ok(Err(error)) => {
                assert!(!versions(&device).all(is_narrow), "{}: {error}", device.name);
                refused.push(device.name);
            }
            Err(error) => {
                assert!(error.is_panic() && !device.firmware.iter().all(has_named_bits), "{}: {error}", device.name);
                panicked.push(device.name);
            }
        }
    }
    // Otherwise the board would be kinder than the field.
    assert!(refused.contains(&"nic1".into()) && panicked.contains(&"retimer0".into()), "{refused:?} {panicked:?}");
}

#[tokio::test]
async fn it_reads_how_far_an_update_is() {
    let device = Description::named("nic0");
    let bench = Bench::with(&device);
    let seen = bench.ask(|channel| {
        let response = pldm_xfer(channel, PldmRequest::new(pldm_fw::PLDM_TYPE_FW, 0x1b)).expect("answered");
        let (rest, status) = GetStatusResponse::parse(&response.data).expect("whole");
        (response.cc, rest.len(), status)
    });
    let (code, rest, status) = seen.await.unwrap();
    assert_eq!((code, rest, status.current_state, status.previous_state), (0, 0, PldmFDState::Idle, PldmFDState::Idle));
}

#[tokio::test]
async fn mctp_estack_gets_the_board_s_answers_to_control_messages() {
    let device = Description::named("nic0");
    let bench = Bench::with(&device);
    let ask = |body: &'static [u8]| eventually("an answer", bench.peer.ask(DEVICE, MCTP_TYPE_CONTROL, body));
    assert_eq!(ask(&[0x85, 0x02]).await.unwrap(), [0x05, 0x02, 0x00, DEVICE.0, 0x01, 0x00]);
    let uuid = hex(device.uuid.as_deref().unwrap());
    assert_eq!(ask(&[0x86, 0x03]).await.unwrap(), [vec![0x06, 0x03, 0x00], uuid].concat());
    assert_eq!(ask(&[0x87, 0x05]).await.unwrap(), [0x07, 0x05, 0x00, 0x01, 0x01]);
}
