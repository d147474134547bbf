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
        Err(error) => {
            let _nobody_reads = writeln!(stderr(), "firmwarden: no event loop: {error}");
            return ExitCode::FAILURE;
        }
    };
    match arguments.command {
        // merge: `runtime.block_on(firmwarden::serve::run(&config))`, which does not exist here yet.
        Command::Serve { config } => {
            let _nobody_reads = writeln!(stderr(), "firmwarden: nothing serves {} yet", config.display());
            ExitCode::FAILURE
        }
        Command::Inventory { json, watch } => runtime.block_on(cli::inventory(json, watch)),
        Command::Components { json } => runtime.block_on(cli::components(json)),
        Command::CheckConfig { config } => cli::check_config(&config),
    }
}
