//! Writes packages for tests, after the tables of DSP0267 and without a line of what is tested.

/// Identifier, version, and offset and size if it does not lie behind the one before.
pub(super) type Component = (u16, &'static str, Option<(u32, u32)>);

/// A package that can be got wrong in every field.
#[derive(Clone)]
pub(super) struct Bytes {
    /// 0 for 1.0, 3 for 1.3.
    pub(super) revision: usize,
    pub(super) identifier: [u8; 16],
    pub(super) format_revision: u8,
    pub(super) bitmap_bits: u16,
    pub(super) devices: Vec<Vec<u8>>,
    pub(super) downstream_devices: Vec<Vec<u8>>,
    pub(super) components: Vec<Component>,
    pub(super) images: Vec<Vec<u8>>,
    /// What follows the last image.
    pub(super) behind: Vec<u8>,
}

const IDENTIFIERS: [&str; 4] = [
    "f018878ccb7d49439800a02f059aca02",
    "1244d2648d7d4718a030fc8a56587d5a",
    "3119ce2fe80a4a99af6d46f8b121f6bf",
    "7b291c996db64208801b02026e463c78",
];

fn hex(text: &str) -> Vec<u8> {
    let pairs = text.as_bytes().chunks(2).map(|pair| str::from_utf8(pair).unwrap());
    pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
}

fn text(text: &str) -> [u8; 2] {
    [1, text.len() as u8]
}

/// Type, length, value.
fn descriptor(number: u16, value: &str) -> Vec<u8> {
    let value = hex(value);
    [&number.to_le_bytes()[..], &(value.len() as u16).to_le_bytes(), &value].concat()
}

/// Puts its length in front of a record.
fn record(rest: &[u8]) -> Vec<u8> {
    [&(rest.len() as u16 + 2).to_le_bytes(), rest].concat()
}

/// The record of a card of PCI vendor 14e4 with a device id: two descriptors, `data` for the device.
pub(super) fn device(revision: usize, applicable: &[u8], version: &str, pci_device: &str, data: &[u8]) -> Vec<u8> {
    let manifest: &[u8] = if revision >= 3 { b"corim" } else { b"" };
    let mut it = vec![2, 1, 0, 0, 0]; // two descriptors, bit 0
    it.extend(text(version));
    it.extend((data.len() as u16).to_le_bytes());
    if revision >= 3 {
        it.extend((manifest.len() as u32).to_le_bytes());
    }
    it.extend(applicable);
    it.extend(version.bytes());
    it.extend(descriptor(0x0000, "e414"));
    it.extend(descriptor(0x0100, pci_device));
    it.extend(data);
    it.extend(manifest);
    record(&it)
}

/// The record of a regulator behind a card, which can activate by itself since 4.0.
pub(super) fn downstream_device(revision: usize, applicable: &[u8]) -> Vec<u8> {
    let mut it = vec![1, 1, 0, 0, 0];
    it.extend(text("4.0"));
    it.extend(0_u16.to_le_bytes());
    if revision >= 3 {
        it.extend(0_u32.to_le_bytes());
    }
    it.extend(applicable);
    it.extend(b"4.0");
    it.extend(0x0400_0000_u32.to_le_bytes());
    it.extend(descriptor(0x0001, "7f0d0000"));
    record(&it)
}

impl Bytes {
    /// A sound one: two kinds of card, and from 1.1 on a kind of regulator; three images, one of them for all.
    pub(super) fn sound(revision: usize) -> Self {
        Self {
            revision,
            identifier: hex(IDENTIFIERS[revision]).try_into().unwrap(),
            format_revision: revision as u8 + 1,
            bitmap_bits: 8,
            devices: vec![
                device(revision, &[0b011], "231.2.0", "5017", b"data"),
                device(revision, &[0b101], "231.2.1", "5117", b""),
            ],
            downstream_devices: if revision >= 1 { vec![downstream_device(revision, &[0b100])] } else { vec![] },
            components: vec![(0x2000, "231.2.162.1", None), (0x2001, "231.0.128.0", None), (0x2002, "4.1", None)],
            images: vec![b"firmware ".repeat(9), b"self test".to_vec(), vec![0xa5; 300]],
            behind: vec![],
        }
    }

    /// The bytes of the file, with true checksums.
    pub(super) fn write(&self) -> Vec<u8> {
        let front = self.front();
        let opaque: &[u8] = if self.revision >= 2 { b"\x02\0\0\0ok" } else { b"" };
        let component = |(_, version, _): &Component| 22 + version.len() + opaque.len();
        let checksums = if self.revision >= 3 { 8 } else { 4 };
        let size = front.len() + 2 + self.components.iter().map(component).sum::<usize>() + checksums;
        let mut header = front;
        header[17..19].copy_from_slice(&(size as u16).to_le_bytes());
        header.extend((self.components.len() as u16).to_le_bytes());
        let mut offset = size as u32;
        for ((identifier, version, place), image) in self.components.iter().zip(&self.images) {
            header.extend([0x0a, 0]); // firmware
            header.extend(identifier.to_le_bytes());
            header.extend(0xe702_00a2_u32.to_le_bytes());
            header.extend([2, 0, 0x28, 0]); // the stamp counts; system reboot, AC power cycle
            let (at, length) = place.unwrap_or((offset, image.len() as u32));
            header.extend(at.to_le_bytes());
            header.extend(length.to_le_bytes());
            header.extend(text(version));
            header.extend(version.bytes());
            header.extend(opaque);
            offset += image.len() as u32;
        }
        header.extend(crc(&header).to_le_bytes());
        let payload = self.images.concat();
        if self.revision >= 3 {
            header.extend(crc(&payload).to_le_bytes());
        }
        [header, payload, self.behind.clone()].concat()
    }

    /// Everything up to the records of devices, with a size of 0.
    fn front(&self) -> Vec<u8> {
        let mut header = self.identifier.to_vec();
        header.extend([self.format_revision, 0, 0]);
        header.extend([0, 0, 0, 0, 0, 30, 15, 9, 14, 2]); // +00:00, 09:15:30 on the 14th of February
        header.extend(2026_u16.to_le_bytes());
        header.push(0x36); // the zone is known to the hour, the time to the second
        header.extend(self.bitmap_bits.to_le_bytes());
        header.extend(text("nic-231.2"));
        header.extend(b"nic-231.2");
        header.push(self.devices.len() as u8);
        header.extend(self.devices.concat());
        if self.revision >= 1 {
            header.push(self.downstream_devices.len() as u8);
            header.extend(self.downstream_devices.concat());
        }
        header
    }
}

/// CRC-32 by long division of the reflected message, another way than the one that is tested.
pub(super) fn crc(bytes: &[u8]) -> u32 {
    let bits = bytes.iter().flat_map(|byte| (0..8).map(move |bit| u32::from(byte >> bit & 1)));
    let remainder = bits.fold(!0_u32, |crc, bit| {
        let carry = (crc >> 31) ^ bit;
        (crc << 1) ^ (carry * 0x04c1_1db7)
    });
    !remainder.reverse_bits()
}
