//! The program `ego`: reads the command line, registers the plugin, and hands over to one module a verb.
//!
//! What goes wrong is told once, here, as `error:`, its causes and `hint:`; the exit status says of which sort it is.

mod bench;
mod cli;
mod commands;
mod config;
mod console;
mod devices;
mod eval;
mod export;
mod failure;
mod interrupt;
mod live;
mod live_window;
mod models;
mod report;
mod run;
mod synth;
mod teach;
mod view;

use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser as _;

use crate::cli::{Cli, Verb};
use crate::failure::{Status, describe, status_of};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let status = perform(&cli).unwrap_or_else(|error| {
        let status = status_of(&error);
        if status != Status::Good {
            console::tell(&describe(&error));
        }
        status
    });
    ExitCode::from(status.code())
}

fn perform(cli: &Cli) -> anyhow::Result<Status> {
    if let Verb::Models(verb) = &cli.verb {
        return models::models(verb, cli.json);
    }
    if let Verb::Synth(args) = &cli.verb {
        return synth::synth(args, cli.json);
    }
    if let Verb::Eval(args) = &cli.verb {
        return eval::eval(args, cli.json);
    }
    if let Verb::Export(args) = &cli.verb {
        return export::run(args, cli.json);
    }
    let opens_networks = matches!(cli.verb, Verb::Run(_) | Verb::Live(_) | Verb::View(_) | Verb::Bench(_));
    let _loading = opens_networks.then(ego_models::runtime::load_ahead);
    gst::init().map_err(|e| ego_graph::GraphError::Init(e.to_string()))?;
    gstego::plugin_register_static().context("register the elements of egostream")?;
    match &cli.verb {
        Verb::Run(args) => run::run(args, cli.json),
        Verb::Live(args) => live::live(args, cli.json),
        Verb::View(args) => view::view(args),
        Verb::Config(verb) => config::config(verb, cli.json),
        Verb::Devices => devices::devices(cli.json),
        Verb::Teach(args) => teach::teach(args, cli.json),
        Verb::Bench(args) => bench::bench(args, cli.json),
        Verb::Synth(args) => synth::synth(args, cli.json),
        Verb::Eval(args) => eval::eval(args, cli.json),
        Verb::Export(args) => export::run(args, cli.json),
        Verb::Models(verb) => models::models(verb, cli.json),
    }
}
