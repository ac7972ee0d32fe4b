//! `allthrive`: arguments → settings → log → application → run.

use std::path::PathBuf;
use std::process::ExitCode;

use allthrive::cli::{Cli, Command};
use allthrive::config::{Settings, Sources};
use allthrive::startup::Application;
use allthrive::{open_files, telemetry};
use clap::Parser as _;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // Two crates bring a provider each; the first to be asked for decides, so it is named here.
    if rustls::crypto::aws_lc_rs::default_provider().install_default().is_err() {
        eprintln!("allthrive: TLS is set up already");
        return ExitCode::FAILURE;
    }
    let cli = Cli::parse();
    match actix_web::rt::System::new().block_on(run(cli)) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("allthrive: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> Result<ExitCode, Box<dyn std::error::Error>> {
    match cli.command {
        None => serve(cli.config).await.map(|()| ExitCode::SUCCESS),
        Some(Command::Chat(chat)) => Ok(chat.run().await.map(|()| ExitCode::SUCCESS)?),
        Some(Command::Audit(audit)) => Ok(audit.run(cli.config).await),
        Some(Command::SeedDemo(seed)) => Ok(seed.run(cli.config).await.map(|()| ExitCode::SUCCESS)?),
        Some(Command::Health(health)) => Ok(health.run().map(|()| ExitCode::SUCCESS)?),
    }
}

/// Runs the server until it is told to stop.
async fn serve(config: Option<PathBuf>) -> Result<(), Box<dyn std::error::Error>> {
    let settings = Settings::load(&Sources::of_process(config))?;
    telemetry::start(&settings.log, settings.server.mode);
    open_files::raise_limit();
    let application = Application::build(settings).await?;
    println!("AllThrive is at {}", application.origin());
    application.run_until_stopped().await?;
    Ok(())
}
