//! Makes shell completions and manual pages of the arguments, for packagers to install.
//!
//! They go to `OUT_DIR` and, when `FIRMWARDEN_GENERATED_DIR` is set, there too.

use clap::CommandFactory;
use clap_complete::{Shell, generate_to};
use std::{env, fs, io, path::PathBuf};

#[allow(dead_code, unreachable_pub, reason = "the binary uses the rest")]
#[path = "src/arguments.rs"]
mod arguments;

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=src/arguments.rs");
    println!("cargo::rerun-if-env-changed=FIRMWARDEN_GENERATED_DIR");
    for variable in ["OUT_DIR", "FIRMWARDEN_GENERATED_DIR"] {
        let Some(directory) = env::var_os(variable).map(PathBuf::from) else { continue };
        fs::create_dir_all(&directory)?;
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
            generate_to(shell, &mut arguments::Arguments::command(), "firmwarden", &directory)?;
        }
        clap_mangen::generate_to(arguments::Arguments::command(), &directory)?;
    }
    Ok(())
}
