//! The command line's arguments, read by the binary and at build by the manual page.

use clap::{Parser, Subcommand};
use std::path::PathBuf;

const EXIT_CODES: &str = "\
Exit codes:
  0  all is well
  1  something was found: a stale or faulted component, a line that is down, a sensor beyond a limit or without a
     value, a log that is missing, a fault in the configuration, a package that is damaged or is none
  2  the command line is wrong
  3  the daemon or the bus is not there, or cannot start

The daemon is asked over the system bus; DBUS_SYSTEM_BUS_ADDRESS names another one. A package is shown without it, too.";

/// Knows what firmware runs on a server: asks every component, publishes what it hears, and shows it here
#[derive(Debug, Parser)]
#[command(name = "firmwarden", version, after_help = EXIT_CODES)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the daemon
    Serve {
        /// Where the configuration is
        #[arg(long, value_name = "DIR", default_value = "/etc/firmwarden")]
        config: PathBuf,
    },
    /// Show what firmware runs
    #[command(after_help = EXIT_CODES)]
    Inventory {
        /// Print everything that is known as JSON; with --watch one line for every change
        #[arg(long)]
        json: bool,
        /// Keep showing: redraws a terminal, prints the lines that changed elsewhere
        #[arg(long)]
        watch: bool,
    },
    /// Show the components that were found
    #[command(after_help = EXIT_CODES)]
    Components {
        /// Print everything that is known as JSON
        #[arg(long)]
        json: bool,
    },
    /// Look into firmware update packages (DSP0267)
    #[command(after_help = EXIT_CODES)]
    Package {
        /// What to do with one.
        #[command(subcommand)]
        command: PackageCommand,
    },
    /// Show what sensors say
    #[command(after_help = EXIT_CODES)]
    Sensors {
        /// Only those of this component
        component: Option<String>,
        /// Print everything that is known as JSON; with --watch one line for every change
        #[arg(long)]
        json: bool,
        /// Keep showing: redraws a terminal, prints the lines that changed elsewhere
        #[arg(long)]
        watch: bool,
    },
    /// Show what happened: the last events that the daemon keeps
    #[command(after_help = EXIT_CODES)]
    Events {
        /// Print everything that is known as JSON; with --follow one line for every event
        #[arg(long)]
        json: bool,
        /// Keep showing what happens
        #[arg(long)]
        follow: bool,
    },
    /// Have a component's logs fetched and show where they are
    #[command(after_help = EXIT_CODES)]
    Logs {
        /// The component's id
        component: String,
        /// Print what is known of them as JSON
        #[arg(long)]
        json: bool,
    },
    /// Check a configuration without touching anything
    #[command(after_help = EXIT_CODES)]
    CheckConfig {
        /// Where the configuration is
        #[arg(value_name = "DIR", default_value = "/etc/firmwarden")]
        config: PathBuf,
    },
}

/// What to do with a firmware update package.
#[derive(Debug, Subcommand)]
pub enum PackageCommand {
    /// Show what a package is for, what is in it, and which components of this board it fits
    #[command(after_help = EXIT_CODES)]
    Show {
        /// The package
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Print everything that is known as JSON
        #[arg(long)]
        json: bool,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_arguments_are_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_wrong_command_line_exits_with_2() {
        let wrong = Arguments::try_parse_from(["firmwarden", "inventory", "--jsn"]).expect_err("wrong");
        assert_eq!(wrong.exit_code(), 2);
    }

    #[test]
    fn the_help_tells_the_exit_codes() {
        assert!(Arguments::command().render_long_help().to_string().contains("3  the daemon or the bus is not there"));
    }
}
