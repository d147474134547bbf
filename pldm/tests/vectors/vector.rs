//! A vector, and the checks that every message has to pass: its bytes both ways, and cut at every length.

use pldm::{Answer, CompletionCode, Header, NotOpened, Opened, Request};
use serde_json::Value;
use std::fmt::Debug;
use wire::{Malformed, Wire};

/// One message and what it says.
pub(crate) struct Vector {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) fields: Value,
    pub(crate) text: String,
    /// What goes into a checksum, and what it comes to.
    pub(crate) ascii_input: String,
    pub(crate) value: u64,
    header: Value,
}

impl Vector {
    pub(crate) fn all() -> Vec<Self> {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/pldm-vectors.json");
        let json: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let vector = |json: &Value| Self {
            name: text(&json["name"]),
            bytes: hex(&text(&json["hex"])),
            fields: json["fields"].clone(),
            text: text(&json["text"]),
            ascii_input: text(&json["ascii_input"]),
            value: json["value"].as_u64().unwrap_or_default(),
            header: json["pldm_header"].clone(),
        };
        json["vectors"].as_array().unwrap().iter().map(vector).collect()
    }

    /// The header, which must be what the vector says and survive a round trip.
    pub(crate) fn header(&self) -> Header {
        let header: Header = wire::decode(&self.bytes[..3]).unwrap();
        assert_eq!(wire::encode(&header).unwrap(), self.bytes[..3], "{}", self.name);
        if !self.header.is_null() {
            let said = ["request", "instance_id", "type", "command"].map(|field| number(&self.header[field]));
            let ours = [u8::from(header.request), header.instance_id.number(), header.pldm_type.0, header.command.0];
            assert_eq!(ours.map(u64::from), said, "{}", self.name);
        }
        header
    }

    pub(crate) fn open<R: Request>(&self) -> Result<Opened<'_>, NotOpened> {
        let header = self.header();
        assert!(pldm::answers(&Header::request(header.instance_id, R::TYPE, R::COMMAND), &self.bytes), "{}", self.name);
        pldm::open::<R>(header.instance_id, &self.bytes)
    }

    /// The payload of a good response to `R`.
    pub(crate) fn payload<R: Request>(&self) -> &[u8] {
        let opened = self.open::<R>().unwrap_or_else(|error| panic!("{}: {error:?}", self.name));
        assert_eq!(opened.damage, None);
        opened.payload
    }

    /// A sound response: both ways, lenient like strict, and short of any byte an error or damage.
    pub(crate) fn response<R: Request<Response: PartialEq + Debug>>(&self, check: impl Fn(&R::Response, &Value)) {
        let payload = self.payload::<R>();
        let value = self.both_ways::<R::Response>(payload);
        assert_eq!(R::decode(payload), Ok(Answer { value, damage: None }), "{}", self.name);
        check(&wire::decode(payload).unwrap(), &self.fields);
        assert_eq!(number(&self.fields["completion_code"]), 0);
        let request = Header { request: true, ..self.header() };
        let encoded = pldm::encode_response(&request, CompletionCode::SUCCESS, payload);
        assert_eq!(encoded.as_ref(), Ok(&self.bytes), "{}", self.name);
        for length in 0..payload.len() {
            let answer = R::decode(&payload[..length]);
            assert!(answer.is_err() || answer.is_ok_and(|answer| answer.damage.is_some()), "{} {length}", self.name);
        }
        for length in 0..self.bytes.len() - payload.len() {
            let instance_id = self.header().instance_id;
            assert!(matches!(pldm::open::<R>(instance_id, &self.bytes[..length]), Err(NotOpened::Malformed(_))));
        }
    }

    /// A response that is kept although something is wrong with it; strictly read it is refused.
    pub(crate) fn kept<R: Request<Response: PartialEq + Debug>>(&self) -> (R::Response, Malformed) {
        let payload = self.payload::<R>();
        assert!(wire::decode::<R::Response>(payload).is_err(), "{}", self.name);
        let Answer { value, damage } = R::decode(payload).unwrap();
        (0..payload.len()).for_each(|length| drop(R::decode(&payload[..length])));
        (value, damage.unwrap_or_else(|| panic!("{}: no damage", self.name)))
    }

    /// A response of which nothing can be kept.
    pub(crate) fn refused<R: Request<Response: Debug>>(&self) -> Malformed {
        R::decode(self.payload::<R>()).unwrap_err()
    }

    /// A request that we send.
    pub(crate) fn request<R: Request + PartialEq + Debug>(&self, check: impl Fn(&R, &Value)) {
        self.message::<R>(&check);
        let (header, request) = (self.header(), wire::decode::<R>(&self.bytes[3..]).unwrap());
        assert_eq!((header.pldm_type, header.command), (R::TYPE, R::COMMAND), "{}", self.name);
        assert_eq!(pldm::encode_request(header.instance_id, &request).as_ref(), Ok(&self.bytes), "{}", self.name);
        assert_eq!(header.command.name_in(header.pldm_type), Some(R::NAME));
    }

    /// A message that is a codec only: behind the header, and behind the completion code if it is a response.
    pub(crate) fn message<T: Wire + PartialEq + Debug>(&self, check: impl Fn(&T, &Value)) {
        let at = if self.header().request { 3 } else { 4 };
        if at == 4 {
            assert_eq!(u64::from(self.bytes[3]), number(&self.fields["completion_code"]), "{}", self.name);
        }
        check(&self.both_ways::<T>(&self.bytes[at..]), &self.fields);
    }

    pub(crate) fn both_ways<T: Wire + PartialEq + Debug>(&self, bytes: &[u8]) -> T {
        let value: T = wire::decode(bytes).unwrap_or_else(|error| panic!("{}: {error}", self.name));
        assert_eq!(wire::encode(&value).unwrap(), bytes, "{}", self.name);
        for length in 0..bytes.len() {
            assert!(wire::decode::<T>(&bytes[..length]).is_err(), "{} cut to {length}", self.name);
        }
        value
    }
}

/// A field that must be there.
pub(crate) fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value} is no number"))
}

/// Text, or bytes in hex, as the vectors have them.
pub(crate) fn string(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

pub(crate) fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}
