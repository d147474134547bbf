//! The binary: reads the arguments and hands over.

use clap::Parser;
use firmwarden::{
    arguments::{Arguments, Command, PackageCommand},
    face::cli,
    serve,
};
use std::{process::ExitCode, time::Duration};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return cli::refuse(&format!("no event loop: {error}")),
    };
    let code = match arguments.command {
        Command::Serve { config } => match runtime.block_on(serve::run(&config)) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => cli::refuse(&format!("cannot serve: {error}")),
        },
        Command::Inventory { json, watch } => runtime.block_on(cli::inventory(json, watch)),
        Command::Components { json } => runtime.block_on(cli::components(json)),
        Command::Package { command: PackageCommand::Show { file, json } } => {
            runtime.block_on(cli::show_package(&file, json))
        }
        Command::Sensors { component, json, watch } => runtime.block_on(cli::sensors(component, json, watch)),
        Command::Events { json, follow } => runtime.block_on(cli::events(json, follow)),
        Command::Logs { component, json } => runtime.block_on(cli::logs(component, json)),
        Command::CheckConfig { config } => cli::check_config(&config),
    };
    // A name look-up or a hash that hangs on its thread must not keep the process.
    runtime.shutdown_timeout(Duration::from_secs(1));
    code
}
