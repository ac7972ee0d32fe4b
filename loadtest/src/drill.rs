//! Drills: what a server costs and how fast it answers, measured from outside, each as rows of a Markdown table.
//! What is measured is one server on this machine; whoever talks and whoever attacks has a thread of their own.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use allthrive_client::{Error, Session};
use allthrive_load::hostile::{Attack, Prey, greet, idle, open};
use allthrive_load::process::Process;
use allthrive_load::raw::{Raw, frame};
use allthrive_load::{Crowd, Person};
use allthrive_protocol::RoomId;
use clap::{Args, ValueEnum};
use serde_json::json;
use tokio::task::LocalSet;
use tokio::time::sleep;
use uuid::Uuid;

use crate::game::{self, Hall};

/// Longest wait for what must come by itself.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long each line of a drill takes at least.
const A_LINE: Duration = Duration::from_secs(10);
/// Peers of one attack at once.
const ATTACKERS: usize = 20;
/// From one thing a bystander says to the next.
const PAUSE: Duration = Duration::from_millis(20);
/// Messages of the fan-out drill.
const TOLD: usize = 1_000;
/// Players of the games, one game after the other.
const PLAYERS: [usize; 4] = [1_250, 2_500, 5_000, 10_000];
/// Rooms, and as many clients, of the drill of writes.
const WRITERS: usize = 16;
/// Messages without an answer, all clients together.
const IN_FLIGHT: [usize; 4] = [1, 16, 128, 512];

/// A drill at a server.
#[derive(Args)]
pub(crate) struct Drill {
    /// Which.
    kind: Kind,
    /// The server's address.
    #[arg(long)]
    server: String,
    /// Where it writes its mail.
    #[arg(long)]
    mail: PathBuf,
    /// Its process, on this machine.
    #[arg(long)]
    pid: u32,
    /// Connections, of the drills that have many.
    #[arg(long)]
    connections: Option<usize>,
    /// Accounts they are spread over.
    #[arg(long, default_value_t = 20)]
    accounts: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// How long two people wait for an acknowledgement while others attack.
    Attacks,
    /// What a connection costs that says and hears nothing.
    Idle,
    /// Processor time of a million deliveries in one room.
    Fanout,
    /// Live games of thousands: how far apart they see a question, how long an answer takes, and its bytes.
    Game,
    /// Durable messages a second, and how long each took.
    Writes,
}

impl Drill {
    /// Prints its table.
    pub(crate) async fn run(self) -> Result<(), Error> {
        match self.kind {
            Kind::Attacks => self.attacks().await,
            Kind::Idle => self.idle().await,
            Kind::Fanout => self.fanout().await,
            Kind::Game => self.game().await,
            Kind::Writes => self.writes().await,
        }
    }

    /// People, and a room of all of them.
    async fn people(&self, number: usize) -> Result<(Vec<Person>, RoomId), Error> {
        let mark = &Uuid::new_v4().simple().to_string()[..8];
        let mut people = Vec::new();
        for n in 0..number {
            people.push(Person::enrol(&self.server, &self.mail, &format!("drill-{mark}-{n}")).await?);
        }
        let room = people[0].session.open("room", &format!("Drill {mark}")).await?.id;
        for person in &people[1..] {
            person.session.join(room).await?;
        }
        Ok((people, room))
    }

    fn prey(&self, session: Session, room: RoomId) -> Prey {
        Prey { address: self.address(), session, room }
    }

    async fn attacks(&self) -> Result<(), Error> {
        let (people, room) = self.people(2 + Attack::ALL.len()).await?;
        let sessions: Vec<_> = people[..2].iter().map(|person| person.session.clone()).collect();
        println!("| {ATTACKERS} peers that … | said | p50 ms | p99 ms | the most ms |\n|---|---:|---:|---:|---:|");
        print_waits("(nobody)", &bystanders(&sessions, room, sleep(A_LINE)).await?);
        // Each by an account of its own: nobody signs in again and again.
        for (attack, attacker) in Attack::ALL.into_iter().zip(&people[2..]) {
            let (done, attacked) = tokio::sync::oneshot::channel();
            let (name, password) = (attacker.session.me().username, attacker.password.clone());
            let (server, address) = (self.server.clone(), self.address());
            let attackers = std::thread::spawn(move || {
                let ends = on_a_thread(async move {
                    let session = Session::sign_in(&server, &name, &password).await?;
                    let prey = Prey { address, session, room };
                    let began = Instant::now();
                    let mut ends = Vec::new();
                    while began.elapsed() < A_LINE {
                        ends.extend(attack.by(ATTACKERS, &prey).await);
                    }
                    Ok::<_, Error>(ends)
                });
                // Nobody waits any more if the bystanders have failed.
                let _ = done.send(());
                ends
            });
            let waits = bystanders(&sessions, room, async { drop(attacked.await) }).await?;
            let ends = attackers.join().map_err(|_| Error::Strange(format!("{attack:?} went wrong")))?.map_err(Error::Strange)?;
            let strange: Vec<_> = ends.iter().filter(|end| **end != attack.due()).collect();
            let otherwise = if strange.is_empty() { String::new() } else { format!(" ({} ended otherwise)", strange.len()) };
            print_waits(&format!("{attack:?}{otherwise}"), &waits);
        }
        Ok(())
    }

    fn address(&self) -> String {
        self.server.trim_start_matches("http://").to_owned()
    }

    async fn idle(&self) -> Result<(), Error> {
        let connections = self.connections.unwrap_or(10_000);
        let (people, room) = self.people(self.accounts).await?;
        let sessions: Vec<_> = people.iter().map(|person| person.session.clone()).collect();
        let preys: Vec<_> = sessions.iter().map(|session| self.prey(session.clone(), room)).collect();
        let process = Process(self.pid);
        // What hashing the accounts' passwords took is given back meanwhile.
        bystanders(&sessions[..2], room, sleep(A_LINE)).await?;
        let before = process.resident().map_err(lost)?;
        let began = Instant::now();
        let mut idlers = idle(&preys, connections).await;
        let opened = began.elapsed();
        let waits = bystanders(&sessions[..2], room, sleep(A_LINE)).await?;
        let (after, cpu) = (process.resident().map_err(lost)?, process.cpu().map_err(lost)?);
        answer_pings(&mut idlers, A_LINE).await;
        let idle_cpu = process.cpu().map_err(lost)?.saturating_sub(cpu);
        let gone = count_gone(&idlers).await;
        println!("| connections | opened in s | MiB before | MiB after | KiB each | CPU while idle, % | ended | p50 ms | p99 ms |");
        println!("|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
        println!(
            "| {connections} | {:.0} | {} | {} | {:.1} | {:.1} | {gone} | {} | {} |",
            opened.as_secs_f64(),
            before >> 20,
            after >> 20,
            float(after.saturating_sub(before)) / 1_024.0 / float(connections as u64),
            100.0 * idle_cpu.as_secs_f64() / A_LINE.as_secs_f64(),
            at(&waits, 50),
            at(&waits, 99),
        );
        Ok(())
    }

    async fn fanout(&self) -> Result<(), Error> {
        let connections = self.connections.unwrap_or(1_000);
        let (people, room) = self.people(self.accounts).await?;
        let mut hearers = Vec::new();
        for (_, person) in (0..connections).zip(people.iter().cycle()) {
            let prey = self.prey(person.session.clone(), room);
            let mut raw = open(&prey, Raw::connect(&prey.address).await).await;
            greet(&mut raw, &json!([room])).await;
            hearers.push(raw);
        }
        let process = Process(self.pid);
        println!("| in flight | messages | deliveries | CPU s of a million | deliveries/s |\n|---:|---:|---:|---:|---:|");
        for in_flight in [1, 10, 50] {
            let crowd = Crowd::listen(&[people[0].session.clone()], &[room], 1);
            if !crowd.is_online(PATIENCE).await {
                return Err(Error::Strange("the speaker could not connect".into()));
            }
            let (began, cpu) = (Instant::now(), process.cpu().map_err(lost)?);
            let hearing: Vec<_> = hearers.drain(..).map(|raw| tokio::task::spawn_local(hears(raw, TOLD))).collect();
            speak(&crowd, &[room], in_flight, |said| said >= TOLD).await?;
            for heard in hearing {
                hearers.push(heard.await.map_err(|_| Error::Strange("a hearer was not told everything".into()))?);
            }
            let (took, cpu) = (began.elapsed(), process.cpu().map_err(lost)?.saturating_sub(cpu));
            let deliveries = float((TOLD * connections) as u64);
            println!(
                "| {in_flight} | {TOLD} | {deliveries:.0} | {:.2} | {:.0} |",
                cpu.as_secs_f64() * 1e6 / deliveries,
                deliveries / took.as_secs_f64()
            );
        }
        Ok(())
    }

    async fn game(&self) -> Result<(), Error> {
        let mark = &Uuid::new_v4().simple().to_string()[..8];
        let host = Person::enrol(&self.server, &self.mail, &format!("host-{mark}")).await?.session;
        let process = Process(self.pid);
        println!(
            "| players | there in s | shown apart, ms: p50 | p99 | the most | acknowledged, ms: p50 | p99 | the most | KiB of a question | bytes a player | CPU s |"
        );
        println!("|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
        for players in self.connections.map_or(PLAYERS.to_vec(), |players| vec![players]) {
            let hall = Hall::open(host.clone()).await?;
            let way = hall.way(&self.address());
            let crowd = std::thread::spawn(move || on_a_thread(async move { Ok(game::play(way, players).await) }));
            let there = hall.start(players).await?;
            let cpu = process.cpu().map_err(lost)?;
            let mut seen = crowd.join().map_err(|_| Error::Strange("the players went wrong".into()))?.map_err(Error::Strange)?;
            let cpu = process.cpu().map_err(lost)?.saturating_sub(cpu);
            if !seen.wrong.is_empty() || seen.over != players || seen.waits.len() != players * game::QUESTIONS {
                let wrong = seen.wrong.iter().take(3).cloned().collect::<Vec<_>>().join("; ");
                return Err(Error::Strange(format!("{} at the end, {} answers; {wrong}", seen.over, seen.waits.len())));
            }
            let skews = seen.skews();
            seen.waits.sort_unstable();
            let bytes = seen.bytes.iter().sum::<u64>() / game::QUESTIONS as u64;
            println!(
                "| {players} | {:.0} | {} | {} | {} | {} | {} | {} | {} | {} | {:.1} |",
                there.as_secs_f64(),
                at(&skews, 50),
                at(&skews, 99),
                at(&skews, 100),
                at(&seen.waits, 50),
                at(&seen.waits, 99),
                at(&seen.waits, 100),
                bytes >> 10,
                bytes / players as u64,
                cpu.as_secs_f64(),
            );
        }
        Ok(())
    }

    async fn writes(&self) -> Result<(), Error> {
        let (people, first) = self.people(2).await?;
        let mut rooms = vec![first];
        for n in 1..WRITERS {
            let room = people[0].session.open("room", &format!("Drill {n}")).await?.id;
            people[1].session.join(room).await?;
            rooms.push(room);
        }
        let sessions: Vec<_> = people.iter().map(|person| person.session.clone()).collect();
        let process = Process(self.pid);
        println!("| in flight | messages/s | p50 ms | p99 ms | CPU s of a million |\n|---:|---:|---:|---:|---:|");
        for in_flight in IN_FLIGHT {
            // Each hears its own room only: what is measured is writing.
            let crowds: Vec<_> = rooms
                .iter()
                .zip(sessions.iter().cycle())
                .map(|(room, session)| Crowd::listen(std::slice::from_ref(session), &[*room], 1))
                .collect();
            for crowd in &crowds {
                if !crowd.is_online(PATIENCE).await {
                    return Err(Error::Strange("a client could not connect".into()));
                }
            }
            let talking = crowds.iter().take(in_flight);
            let each = in_flight.div_ceil(WRITERS);
            let (began, cpu) = (Instant::now(), process.cpu().map_err(lost)?);
            let spoken =
                talking.zip(&rooms).map(|(crowd, room)| speak(crowd, std::slice::from_ref(room), each, |_| began.elapsed() >= A_LINE));
            futures_util::future::try_join_all(spoken).await?;
            let (took, cpu) = (began.elapsed(), process.cpu().map_err(lost)?.saturating_sub(cpu));
            let mut waits: Vec<_> = crowds.iter().flat_map(Crowd::waits).collect();
            waits.sort_unstable();
            let written = float(waits.len() as u64);
            println!(
                "| {in_flight} | {:.0} | {} | {} | {:.0} |",
                written / took.as_secs_f64(),
                at(&waits, 50),
                at(&waits, 99),
                cpu.as_secs_f64() * 1e6 / written
            );
        }
        Ok(())
    }
}

/// Two people talk until this is done, one thing at a time; how long each acknowledgement took, the shortest first.
async fn bystanders(sessions: &[Session], room: RoomId, during: impl Future<Output = ()>) -> Result<Vec<Duration>, Error> {
    let crowd = Crowd::listen(sessions, &[room], sessions.len());
    if !crowd.is_online(PATIENCE).await {
        return Err(Error::Strange("the bystanders could not connect".into()));
    }
    let talk = async {
        loop {
            let goal = crowd.acknowledged() + 1;
            // Long enough that one who reads slowly falls behind.
            crowd.say(goal % sessions.len(), room, format!("{goal} {}", "x".repeat(3_900)));
            if !crowd.reaches(goal, PATIENCE).await {
                return Error::Strange(format!("a bystander was not answered: {:?}", crowd.flaws()));
            }
            sleep(PAUSE).await;
        }
    };
    tokio::select! {
        () = during => {}
        error = talk => return Err(error),
    }
    Ok(crowd.waits())
}

/// One client has so many messages without an answer, again and again, until this says that it is enough.
async fn speak(crowd: &Crowd, rooms: &[RoomId], in_flight: usize, enough: impl Fn(usize) -> bool) -> Result<(), Error> {
    let mut said = 0;
    loop {
        while crowd.unanswered() < in_flight && !enough(said) {
            crowd.say(0, rooms[said % rooms.len()], format!("{said} {}", "x".repeat(100)));
            said += 1;
        }
        if crowd.unanswered() == 0 {
            return if crowd.flaws().is_empty() { Ok(()) } else { Err(Error::Strange(crowd.flaws().join("; "))) };
        }
        if !crowd.reaches(crowd.acknowledged() + 1, PATIENCE).await {
            return Err(Error::Strange(format!("no answer: {:?}", crowd.flaws())));
        }
    }
}

/// Reads until so many messages were told.
async fn hears(mut raw: Raw, messages: usize) -> Raw {
    let mut told = 0;
    while told < messages {
        match raw.frame().await {
            Some((0x81, text)) if text.windows(13).any(|word| word == b"\"message.new\"") => told += 1,
            Some((0x89, payload)) => raw.send(&frame(0x8A, &payload)).await,
            Some((0x81, text)) => assert!(!text.windows(10).any(|word| word == b"\"room.lag\""), "a hearer fell behind"),
            other => panic!("the server ended it: {other:?}"),
        }
    }
    raw
}

/// They stay, and say so when they are asked, for so long.
async fn answer_pings(idlers: &mut [Raw], time: Duration) {
    let until = Instant::now() + time;
    while Instant::now() < until {
        for raw in idlers.iter_mut() {
            while raw.bytes_within(Duration::ZERO).await == Some(true) {
                if let Some((0x89, payload)) = raw.frame().await {
                    raw.send(&frame(0x8A, &payload)).await;
                }
            }
        }
        sleep(Duration::from_secs(1)).await;
    }
}

async fn count_gone(idlers: &[Raw]) -> usize {
    let mut gone = 0;
    for raw in idlers {
        gone += usize::from(raw.bytes_within(Duration::ZERO).await == Some(false));
    }
    gone
}

/// Runs this on a runtime of this thread alone.
fn on_a_thread<T>(work: impl Future<Output = Result<T, Error>>) -> Result<T, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
    LocalSet::new().block_on(&runtime, work).map_err(|error| error.to_string())
}

fn print_waits(what: &str, waits: &[Duration]) {
    println!("| {what} | {} | {} | {} | {} |", waits.len(), at(waits, 50), at(waits, 99), at(waits, 100));
}

/// So many of a hundred took this long at most, ms.
fn at(waits: &[Duration], percent: usize) -> String {
    let index = (waits.len() * percent / 100).min(waits.len().saturating_sub(1));
    waits.get(index).map_or("–".into(), |wait| format!("{:.1}", wait.as_secs_f64() * 1e3))
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn float(number: u64) -> f64 {
    number as f64
}

fn lost(error: std::io::Error) -> Error {
    Error::Strange(format!("the server's process: {error}"))
}
