//! The arguments. Without a subcommand the server runs.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

pub mod audit;
pub mod chat;
pub mod health;
pub mod seed;

/// AllThrive: chat and live quizzes. Without arguments it serves at http://127.0.0.1:8080 and keeps
/// everything in ./data.
#[derive(Debug, Parser)]
#[command(name = "allthrive", version)]
pub struct Cli {
    /// A TOML file of settings; the environment (ALLTHRIVE__SECTION__KEY) outweighs it.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Something else than to serve.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What the program does beside serving.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Talk from this terminal.
    Chat(chat::Chat),
    /// The audit trail.
    Audit(audit::Audit),
    /// Ask whether the server takes requests.
    Health(health::Health),
    /// Fill the server with people, rooms and talk for trying out.
    SeedDemo(seed::SeedDemo),
}
