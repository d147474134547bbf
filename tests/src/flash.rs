//! What the BMC itself runs: two images in files, as a BMC has them in flash.

use std::{
    fs,
    io::{self, Write},
    path::PathBuf,
};
use tempfile::TempDir;

/// The BMC's flash: a boot loader that names its version, and a root file system beside an os-release file.
#[derive(Debug)]
pub struct Flash {
    directory: TempDir,
}

impl Flash {
    /// Writes both images: half a mebibyte and eight.
    pub fn new() -> io::Result<Self> {
        let flash = Self { directory: TempDir::with_prefix("firmwarden-flash-")? };
        let mut boot = pattern(512 << 10);
        boot.splice(0x4000..0x4000, *b"\0U-Boot 2019.04-obmc-4 (Nov 02 2026 - 10:00:00 +0000)\0");
        fs::write(flash.path("mtd0"), boot)?;
        fs::write(flash.path("rofs"), pattern(8 << 20))?;
        fs::write(flash.path("os-release"), "ID=openbmc-phosphor\nVERSION_ID=\"2.18.0-rc1\"\n")?;
        Ok(flash)
    }

    /// One of its files.
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Somebody writes to one of its files.
    pub fn tamper(&self, name: &str) -> io::Result<()> {
        fs::OpenOptions::new().append(true).open(self.path(name))?.write_all(b"something else")
    }

    /// The configuration's entries for both images, as TOML.
    pub fn configuration(&self) -> String {
        let (boot, root, release) = (self.path("mtd0"), self.path("rofs"), self.path("os-release"));
        format!(
            "[[image]]\nid = \"bmc_uboot\"\nname = \"u-boot\"\npath = {boot:?}\nversion = {{ after = \"U-Boot \" }}\n\
             check_interval = \"1s\"\n\n\
             [[image]]\nid = \"bmc_rofs\"\nname = \"rofs\"\npath = {root:?}\nalgorithm = \"sha384\"\n\
             version = {{ file = {release:?}, key = \"VERSION_ID\" }}\ncheck_interval = \"1s\"\n",
        )
    }
}

/// Bytes that are not all alike, the same every time.
fn pattern(length: u32) -> Vec<u8> {
    (0..length).map(|place| place.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect()
}
