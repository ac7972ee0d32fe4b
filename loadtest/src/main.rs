//! `allthrive-load`: a crowd at a server, then the check; the conformance suite; or drills that measure.

mod drill;
mod game;
mod suite;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use allthrive_client::{Error, Session};
use allthrive_load::check::Truth;
use allthrive_load::{Crowd, Dice, Manner, Person};
use allthrive_protocol::{RoomId, Seq};
use clap::{Args, Parser, Subcommand};
use tokio::task::LocalSet;
use uuid::Uuid;

/// Longest wait for what must come by itself: connections, answers, the last event.
const PATIENCE: Duration = Duration::from_secs(60);

/// Load for an AllThrive server, and the proof that nothing was lost, doubled or told out of order.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Clients talk for a time; then what each was told is compared with what one who comes afterwards reads.
    Run(Run),
    /// Puts every case of the conformance suite to a server: what a client may rely on, over real connections.
    Conformance(suite::Conformance),
    /// Measures a server of this machine: latency under attack, idle connections, fan-out, durable writes, a live game of thousands.
    Drill(drill::Drill),
}

#[derive(Args)]
struct Run {
    /// A server's address. Given several times, the clients are spread over several servers of one database.
    #[arg(long, alias = "url", default_value = "http://127.0.0.1:8080")]
    server: Vec<String>,
    /// Where the first server writes its mail. Its limits of sign-ups and sign-ins must permit the accounts.
    #[arg(long, default_value = "data/mail")]
    mail: PathBuf,
    /// Accounts to make; the clients are spread over them.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=500))]
    accounts: u16,
    /// Connections.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    clients: u16,
    /// Rooms; every client hears each.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=200))]
    rooms: u16,
    /// Messages a second, all clients together.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    rate: u32,
    /// How long they talk, seconds.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    seconds: u64,
    /// Of the random choices.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn main() -> ExitCode {
    let command = Cli::parse().command;
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("allthrive-load: {error}");
            return ExitCode::FAILURE;
        }
    };
    let work = async {
        match command {
            Command::Run(run) => run.run().await,
            Command::Conformance(suite) => suite.run().await,
            Command::Drill(drill) => drill.run().await.map(|()| true),
        }
    };
    match LocalSet::new().block_on(&runtime, work) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("allthrive-load: {error}");
            ExitCode::FAILURE
        }
    }
}

impl Run {
    /// True if everything holds.
    async fn run(self) -> Result<bool, Error> {
        let (sessions, rooms) = self.prepare().await?;
        let manner = Manner { pause: Duration::from_secs(1) * u32::from(self.clients) / self.rate, cut_one_in: 0 };
        let crowd = Crowd::enter(&sessions, &rooms, usize::from(self.clients), manner, &mut Dice::of(self.seed));
        if !crowd.is_online(PATIENCE).await {
            return Err(Error::Strange("not every client could connect".into()));
        }
        let began = Instant::now();
        let servers = if self.server.len() > 1 { format!(" at {} servers", self.server.len()) } else { String::new() };
        println!("{} clients of {} accounts talk in {} rooms{servers} for {} s", self.clients, self.accounts, self.rooms, self.seconds);
        tokio::time::sleep(Duration::from_secs(self.seconds)).await;
        let settled = crowd.hush(PATIENCE).await;
        let seconds = began.elapsed().as_secs_f64();
        let truth = read_afterwards(&sessions[..1], &rooms, &crowd).await;
        let report = crowd.check(&truth);
        println!("{report}");
        let per_second = |n: usize| f64::from(u32::try_from(n).unwrap_or(u32::MAX)) / seconds;
        println!("{:.0} acknowledged/s, {:.0} told/s", per_second(report.acknowledged), per_second(report.told));
        let waits = crowd.waits();
        for (name, at) in [("median", 50), ("99 of 100", 99)] {
            if let Some(wait) = waits.get(waits.len() * at / 100) {
                println!("acknowledged within {:.1} ms ({name})", wait.as_secs_f64() * 1_000.0);
            }
        }
        if !settled {
            println!("not settled: {} messages without an answer", crowd.unanswered());
        }
        Ok(settled && report.is_clean())
    }

    /// Accounts, each signed in at every server, and rooms with every account in them.
    async fn prepare(&self) -> Result<(Vec<Session>, Vec<RoomId>), Error> {
        let mark = &Uuid::new_v4().simple().to_string()[..8];
        let mut sessions = Vec::new();
        for number in 0..self.accounts {
            let name = format!("load-{mark}-{number}");
            let person = Person::enrol(&self.server[0], &self.mail, &name).await?;
            sessions.push(person.session.clone());
            for server in &self.server[1..] {
                sessions.push(person.sign_in_at(server).await?);
            }
        }
        let mut rooms = Vec::new();
        for number in 0..self.rooms {
            let room = sessions[0].open("room", &format!("Load {mark} {number}")).await?.id;
            // The first account has opened it.
            for session in sessions.iter().step_by(self.server.len()).skip(1) {
                session.join(room).await?;
            }
            rooms.push(room);
        }
        Ok((sessions, rooms))
    }
}

/// Reads every room from its first event on, as far as anybody of the crowd knows of it.
async fn read_afterwards(session: &[Session], rooms: &[RoomId], crowd: &Crowd) -> Truth {
    let reader = Crowd::listen(session, rooms, 1);
    let known: Vec<(RoomId, Seq)> = crowd.tops();
    if !reader.hears(&known, PATIENCE).await {
        eprintln!("allthrive-load: a late reader was not told everything");
    }
    reader.heard().into_iter().map(|heard| (heard.room, heard.log.told().to_vec())).collect()
}
