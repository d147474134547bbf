//! A whole update of pldm-fw's firmware device, in our codecs. FirmWarden updates nothing and its update messages are no
//! `Request`s; that they are bytes which others understand is proven here, where a `Request` can be made of them.

use crate::{
    firmware_device::{AT, Direct, FirmwareDevice},
    inventory::told,
};
use pldm::{
    Answer, Command, CompletionCode, Failure, Header, InstanceId, Patience, PldmType, Request, Requester, Text,
    base::TransferFlag,
    encode_response,
    firmware_update::{
        ActivateFirmware, Activating, ApplyComplete, CancelUpdate, ComponentClassification, GetStatus,
        PassComponentTable, RequestFirmwareData, RequestUpdate, State, Status, TransferComplete, UpdateAccepted,
        UpdateComponent, VerifyComplete,
    },
};
use std::sync::Arc;
use wire::{Malformed, Reader, Wire, Writer};

/// A message of an update, made a request.
struct Asked<T, const COMMAND: u8, R>(T, std::marker::PhantomData<fn() -> R>);

fn asked<T, const COMMAND: u8, R>(message: T) -> Asked<T, COMMAND, R> {
    Asked(message, std::marker::PhantomData)
}

impl<T: Wire, const COMMAND: u8, R> Wire for Asked<T, COMMAND, R> {
    const NAME: &'static str = T::NAME;
    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        T::read(r).map(asked)
    }
    fn write(&self, w: &mut Writer) -> Result<(), Malformed> {
        self.0.write(w)
    }
}

impl<T: Wire + Sync, const COMMAND: u8, R: Wire> Request for Asked<T, COMMAND, R> {
    const TYPE: PldmType = PldmType::FIRMWARE_UPDATE;
    const COMMAND: Command = Command(COMMAND);
    type Response = R;
}

/// An answer that we have no codec for.
#[derive(Debug, PartialEq)]
struct Bytes(Vec<u8>);

impl Wire for Bytes {
    const NAME: &'static str = "bytes";
    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self(r.rest().into()))
    }
    fn write(&self, w: &mut Writer) -> Result<(), Malformed> {
        w.bytes(&self.0);
        Ok(())
    }
}

const IMAGE_SIZE: u32 = 2500;

/// An update agent and the device.
struct Bench {
    device: Arc<Direct>,
    agent: Requester,
}

impl Bench {
    fn new() -> Self {
        let device = Arc::new(Direct::new(told()));
        Self { agent: Requester::new(device.clone(), AT, Patience::default()), device }
    }

    fn device<T>(&self, act: impl FnOnce(&mut FirmwareDevice) -> T) -> T {
        act(&mut self.device.0.lock().expect("no panic"))
    }

    /// Asks, and takes nothing but a whole answer.
    async fn ask<R: Request>(&mut self, request: &R) -> R::Response {
        let Answer { value, damage } = self.agent.call(request).await.unwrap();
        assert_eq!(damage, None, "{}", R::NAME);
        value
    }

    async fn status(&mut self) -> Status {
        self.ask(&GetStatus).await
    }

    /// What the device asks next.
    fn question<T: Wire>(&self, command: u8) -> (Header, T) {
        let asked = self.device(FirmwareDevice::asks);
        let [question] = &asked[..] else { panic!("one question, not {asked:x?}") };
        let mut r = Reader::new(T::NAME, question);
        let header: Header = r.get("header").unwrap();
        assert_eq!((header.request, header.pldm_type), (true, PldmType::FIRMWARE_UPDATE));
        assert_eq!(header.command, Command(command));
        (header, wire::decode(r.rest()).unwrap())
    }

    /// From idle to a device that fetches.
    async fn begin(&mut self) {
        let version = Text::new("set 2.0");
        let request = RequestUpdate {
            maximum_transfer_size: 1024,
            number_of_components: 1,
            maximum_outstanding_transfer_requests: 1,
            package_data_length: 0,
            component_image_set_version: version.clone(),
        };
        let accepted: UpdateAccepted = self.ask(&asked::<_, 0x10, _>(request)).await;
        assert_eq!(
            (accepted.firmware_device_meta_data_length, accepted.firmware_device_will_send_package_data),
            (0, 0)
        );
        assert_eq!(self.status().await.current_state, State::LEARN_COMPONENTS);
        let table = PassComponentTable {
            transfer_flag: TransferFlag::START_AND_END,
            classification: ComponentClassification::FIRMWARE,
            identifier: 0x2000,
            classification_index: 0,
            comparison_stamp: 0xe701_00a2,
            version: version.clone(),
        };
        assert_eq!(self.ask(&asked::<_, 0x13, Bytes>(table)).await, Bytes(vec![0, 0]));
        assert_eq!(self.status().await.current_state, State::READY_TRANSFER);
        let update = UpdateComponent {
            classification: ComponentClassification::FIRMWARE,
            identifier: 0x2000,
            classification_index: 0,
            comparison_stamp: 0xe701_00a2,
            image_size: IMAGE_SIZE,
            update_option_flags: 1,
            version,
        };
        // Can be updated, no reason against it, the option asked for is in force, at once.
        assert_eq!(self.ask(&asked::<_, 0x14, Bytes>(update)).await, Bytes(vec![0, 0, 1, 0, 0, 0, 0, 0]));
    }
}

#[tokio::test(start_paused = true)]
async fn it_takes_an_update_that_we_write_and_asks_what_we_read() {
    let (mut bench, image) = (Bench::new(), Vec::from_iter((0..IMAGE_SIZE).map(|at| at.to_le_bytes()[0])));
    bench.begin().await;
    for (offset, length) in [(0, 1024), (1024, 1024), (2048, 452)] {
        let (header, request) = bench.question::<RequestFirmwareData>(0x15);
        assert_eq!(request, RequestFirmwareData { offset, length });
        let piece = &image[offset as usize..(offset + length) as usize];
        let response = encode_response(&header, CompletionCode::SUCCESS, piece).unwrap();
        bench.device(|device| device.hears(&response));
        let status = bench.status().await;
        assert_eq!((status.current_state, status.previous_state), (State::DOWNLOAD, State::READY_TRANSFER));
        assert_eq!(status.update_option_flags_enabled, 1);
        assert_eq!(status.progress(), u8::try_from((offset + length) / 25).ok());
    }
    assert_eq!(bench.device(|device| device.told.received.clone()), image);
    assert_eq!(bench.question::<TransferComplete>(0x16).1, TransferComplete { transfer_result: 0 });
    assert_eq!(bench.status().await.current_state, State::VERIFY);
    assert_eq!(bench.question::<VerifyComplete>(0x17).1, VerifyComplete { verify_result: 0 });
    assert_eq!(bench.status().await.current_state, State::APPLY);
    let (_, applied) = bench.question::<ApplyComplete>(0x18);
    assert_eq!((applied.apply_result, applied.component_activation_methods_modification.0), (0, 0));
    let activate = ActivateFirmware { self_contained_activation_request: 0 };
    let activating: Activating = bench.ask(&asked::<_, 0x1a, _>(activate)).await;
    assert_eq!(activating.estimated_time_for_self_contained_activation, 0);
    let status = bench.status().await;
    let activated = 1; // DSP0267: it is idle because it was activated
    assert_eq!((status.current_state, status.previous_state), (State::IDLE, State::ACTIVATE));
    assert_eq!(status.reason_code, activated);
}

#[tokio::test(start_paused = true)]
async fn what_it_says_twice_or_out_of_turn_confuses_nobody() {
    let mut bench = Bench::new();
    // Of a command that has to wait for RequestUpdate, pldm-fw 0.2.0 first says "not ready" and then that the state is
    // wrong. The first answer asks for patience, which is had; the second is nobody's any more.
    let activate = || asked::<_, 0x1a, Activating>(ActivateFirmware { self_contained_activation_request: 0 });
    let sent = bench.device(|device| device.answers(&[0x80, 0x05, 0x1a, 0x00]));
    assert_eq!(sent, [[0x00, 0x05, 0x1a, 0x04], [0x00, 0x05, 0x1a, 0x80]]);
    let refused = bench.agent.call(&activate()).await.map_err(|error| error.failure);
    assert_eq!(refused.err(), Some(Failure::Refused(CompletionCode::ERROR_NOT_READY)));
    assert_eq!(bench.status().await.current_state, State::IDLE);
}

#[tokio::test(start_paused = true)]
async fn an_update_is_cancelled() {
    let mut bench = Bench::new();
    bench.begin().await;
    // DSP0267 wants nine bytes here, which components do not work any more; pldm-fw 0.2.0 sends none of them.
    let answer: Bytes = bench.ask(&asked::<_, 0x1d, _>(CancelUpdate)).await;
    assert_eq!(answer, Bytes(vec![]));
    let status = bench.status().await;
    let cancelled = 2;
    assert_eq!((status.current_state, status.previous_state), (State::IDLE, State::DOWNLOAD));
    assert_eq!(status.reason_code, cancelled);
}

#[test]
fn an_instance_id_of_ours_is_one_of_its() {
    let mut device = FirmwareDevice::new(told());
    for number in 0..InstanceId::COUNT {
        let request = pldm::encode_request(InstanceId::new(number).unwrap(), &GetStatus).unwrap();
        let [answer] = &device.answers(&request)[..] else { panic!("one answer") };
        assert_eq!(answer[..4], [number, 0x05, 0x1b, 0x00]);
    }
}
