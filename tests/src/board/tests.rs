//! The board, proven by bytes written by hand.

mod agree;
mod events;
mod files;
mod golden;
mod pdrs;
mod sensors;
mod tables;

use super::*;
use crate::eventually;
use mctp::serial::{Decoder, frame};
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::Instant,
};

/// A device with nothing but what this says.
fn device(text: &str) -> Component {
    let head = "name = 'a'\nkind = 'nic'\ntitle = 'A'\npldm = [\
                { number = 0, versions = ['1.1.0'], commands = [1, 2, 3, 4, 5, 7, 9] },\
                { number = 2, versions = ['1.2.0'], commands = [4, 5, 10, 11, 12, 13, 17, 18, 33, 50, 58, 80, 81] },\
                { number = 4, versions = ['1.0.0'], commands = [1, 2] },\
                { number = 5, versions = ['1.3.0'], commands = [1, 2, 3, 4, 5, 27] },\
                { number = 7, versions = ['1.0.0'], commands = [1, 2, 3] }]\n";
    Component::new(toml::from_str(&format!("{head}{text}")).unwrap_or_else(|error| panic!("{error}")))
}

/// What a device answers to the PLDM request `type, command, data...`: what follows its header.
fn ask(device: &mut Component, request: &[u8]) -> Vec<u8> {
    let request = [&[0x81], request].concat();
    let answer = pldm::answer(device, &request).unwrap();
    assert_eq!(answer[..3], [0x01, request[1], request[2]]);
    answer[3..].to_vec()
}

/// The bytes of a golden vector.
fn vector(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/pldm-vectors.json");
    let all: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let found = all["vectors"].as_array().unwrap().iter().find(|one| one["name"] == name);
    bytes::hex(found.unwrap_or_else(|| panic!("no vector {name}"))["hex"].as_str().unwrap())
}

/// The answer of a golden vector: what follows its header.
fn payload(name: &str) -> Vec<u8> {
    vector(name).split_off(3)
}

/// A bus owner that knows no more than frames.
struct Owner {
    port: tokio::fs::File,
    decoder: Decoder,
}

impl Owner {
    async fn open(line: &Line) -> Self {
        let port = tokio::fs::OpenOptions::new().read(true).write(true).open(line.device()).await.unwrap();
        Self { port, decoder: Decoder::default() }
    }

    /// Sends a packet of a whole message, type byte first, and gives the next packet that comes.
    async fn ask(&mut self, eid: u8, message: &[u8]) -> Vec<u8> {
        self.port.write_all(&frame(&[&[1, eid, 8, 0xc8], message].concat())).await.unwrap();
        self.port.flush().await.unwrap();
        self.packet().await
    }

    async fn packet(&mut self) -> Vec<u8> {
        eventually("an answer", async {
            loop {
                let byte = self.port.read_u8().await.unwrap();
                if let Some(packet) = self.decoder.feed(byte) {
                    return packet.to_vec();
                }
            }
        })
        .await
    }
}

#[tokio::test]
async fn a_device_takes_its_endpoint_id_and_answers_from_it() {
    let board = Board::of(&["nic0"]).unwrap();
    let mut owner = Owner::open(board.line("nic0")).await;
    assert_eq!(owner.ask(0, &[0, 0x81, 0x02]).await, [1, 8, 0, 0xc0, 0, 0x01, 0x02, 0, 0, 0, 0]);
    assert_eq!(owner.ask(0, &[0, 0x82, 0x01, 0, 20]).await, [1, 8, 20, 0xc0, 0, 0x02, 0x01, 0, 0, 20, 0]);
    assert_eq!(owner.ask(20, &[1, 0x83, 0, 2]).await, [1, 8, 20, 0xc0, 1, 3, 0, 2, 0, 0]);
    assert_eq!(board.component("nic0").requests(), 3);
    assert_eq!(board.component("nic0").pldm_requests(), 1);
}

#[tokio::test]
async fn a_bridge_gets_a_pool_and_passes_on_what_is_for_it() {
    let board = Board::of(&["bic", "vr0", "vr1"]).unwrap();
    let mut owner = Owner::open(board.line("bic")).await;
    assert_eq!(owner.ask(0, &[0, 0x81, 0x01, 0, 9]).await[5..], [1, 1, 0, 1, 9, 3]);
    assert_eq!(owner.ask(9, &[0, 0x82, 0x08, 0, 3, 10]).await[5..], [2, 8, 0, 0, 3, 10]);
    assert_eq!(owner.ask(11, &[0, 0x83, 0x02]).await, [1, 8, 11, 0xc0, 0, 3, 2, 0, 11, 0, 0]);
    assert_eq!(owner.ask(10, &[1, 0x84, 0, 0x77]).await[5..], [4, 0, 0x77, 5]);
}

#[tokio::test]
async fn the_plug_can_be_pulled_and_put_back_under_the_same_name() {
    let board = Board::of(&["nic0"]).unwrap();
    let line = board.line("nic0");
    let mut owner = Owner::open(line).await;
    owner.ask(0, &[0, 0x82, 0x01, 0, 20]).await;
    line.unplug().await;
    assert!(!line.device().exists());
    let end = owner.port.read_u8().await.unwrap_err();
    assert!(end.kind() == io::ErrorKind::UnexpectedEof || end.raw_os_error() == Some(5), "{end}");
    line.plug().unwrap();
    let mut again = Owner::open(line).await;
    assert_eq!(again.ask(0, &[0, 0x81, 0x02]).await[4..], [0, 1, 2, 0, 0, 0, 0], "it forgot its id");
}

#[tokio::test]
async fn closing_the_device_and_opening_it_again_is_no_unplugging() {
    let board = Board::of(&["nic0"]).unwrap();
    for _ in 0..3 {
        let mut owner = Owner::open(board.line("nic0")).await;
        owner.ask(0, &[0, 0x82, 0x01, 0, 20]).await;
    }
    assert_eq!(board.component("nic0").requests(), 3);
}

#[tokio::test]
async fn a_line_is_no_faster_than_its_baud_rate() {
    let mut nic = Description::named("nic0");
    (nic.latency_milliseconds, nic.baud) = (0, 9600);
    let board = Board::start(vec![nic]).unwrap();
    let mut owner = Owner::open(board.line("nic0")).await;
    let begin = Instant::now();
    for _ in 0..5 {
        owner.ask(0, &[0, 0x81, 0x02]).await;
    }
    let Traffic { received, sent } = board.line("nic0").traffic();
    let least = Duration::from_secs(10) * u32::try_from(received + sent).unwrap() / 9600;
    let took = begin.elapsed();
    assert!(took >= least, "{took:?} for what takes {least:?}");
}

#[tokio::test]
async fn firmware_parameters_are_what_the_data_file_says() {
    let board = Board::of(&["bic"]).unwrap();
    let mut owner = Owner::open(board.line("bic")).await;
    owner.ask(0, &[0, 0x81, 0x01, 0, 9]).await;
    let version = b"oby35-cl-2024.23.01";
    let expected = [&[1u8, 3, 5, 2, 0, 0, 0, 0, 0, 0, 0, 1, 19, 0, 0][..], version].concat();
    assert_eq!(owner.ask(9, &[1, 0x83, 5, 2]).await[4..], expected);
}

#[tokio::test]
async fn a_configuration_that_fits_is_written() {
    let board = Board::shipped().unwrap();
    let text = board.configuration(&Configuration::default());
    let table: toml::Table = text.parse().unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert_eq!(table["serial"].as_array().unwrap().len(), board.lines().len());
    assert_eq!(table["component"].as_array().unwrap().len(), board.descriptions().len());
}
