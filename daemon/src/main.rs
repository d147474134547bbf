//! The binary: reads the arguments and hands over.

use clap::Parser;
use firmwarden::{
    arguments::{Arguments, Command},
    face::cli,
};
use std::{
    io::{Write, stderr},
    process::ExitCode,
};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&format!("no event loop: {error}")),
    };
    match arguments.command {
        // merge: an error of `runtime.block_on(firmwarden::serve::run(&config))`, which does not exist here yet.
        Command::Serve { config } => fail(&format!("cannot serve {}", config.display())),
        Command::Inventory { json, watch } => runtime.block_on(cli::inventory(json, watch)),
        Command::Components { json } => runtime.block_on(cli::components(json)),
        Command::CheckConfig { config } => cli::check_config(&config),
    }
}

fn fail(why: &str) -> ExitCode {
    let _nobody_reads = writeln!(stderr(), "firmwarden: {why}");
    ExitCode::FAILURE
}
