//! Peers that mean harm, twenty at once, against the server as it is shipped and with its own deadlines:
//! how each ends, what each costs, and that two people who talk meanwhile lose nothing.

use std::process::Command;
use std::time::{Duration, Instant};

use allthrive_load::hostile::{Attack, Prey, idle, read_much};
use allthrive_load::process::Process;
use allthrive_load::{Crowd, Dice};

use crate::crash::{people_and_rooms, read, seed};
use crate::server::{Kind, Server, with_server};

/// Sockets of one attack at once.
const SOCKETS: usize = 20;
/// What they may cost in all, whatever they do and however often: half a MiB each.
const MOST_GROWTH: u64 = SOCKETS as u64 * 512 * 1_024;
/// How often an attack is repeated: what each round left behind would add up.
const ROUNDS: usize = 2;
/// Idle connections. `make drills` has 10,000, at the server as it is released.
const IDLE: usize = 2_000;
/// What one of them may cost here, where nothing is optimised.
const MOST_IDLE: u64 = 64 * 1_024;
/// Things said before anything is measured, and honest peers that read them all: what the database keeps in memory
/// is not to be mistaken for what an attack costs.
const WARM: usize = 700;
/// How often an attack is measured at most.
const TRIES: usize = 2;
/// Things said at most while something is measured.
const MOST_SAID: usize = 500;
const READERS: usize = 16;
/// Longest wait for what must come by itself.
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn what_must_not_come_in_is_closed_with_its_code_and_costs_little() {
    let attacks = [
        Attack::HugeFrame,
        Attack::LongestFrame,
        Attack::LengthBelowZero,
        Attack::EndlessFragments,
        Attack::EmptyFragments,
        Attack::BrokenText,
        Attack::PingFlood,
        Attack::HoldsBack,
    ];
    attacked(&attacks, ROUNDS);
}

#[test]
fn handshakes_that_are_silent_or_slow_are_given_up_and_cost_little() {
    attacked(&[Attack::SilentHandshake, Attack::SlowHandshake, Attack::NoHello], 1);
}

#[test]
fn peers_that_stop_reading_are_cut_after_ten_seconds_and_cost_little() {
    let began = Instant::now();
    attacked(&[Attack::StopsReading], 1);
    assert!(began.elapsed() > Duration::from_secs(10), "they were not waited for");
}

#[test]
fn peers_that_read_64_kib_in_five_seconds_cost_little_and_catch_up() {
    attacked(&[Attack::ReadsSlowly], 1);
}

#[test]
fn thousands_of_idle_connections_cost_little_and_disturb_nobody() {
    // What a login is given; the server inherits it, and raises its own.
    limit_own_files("1024");
    with_server(Kind::Sqlite, &mut Dice::of(seed()), |server| async move {
        limit_own_files("$(ulimit -Hn)");
        let limits = std::fs::read_to_string(format!("/proc/{}/limits", server.pid())).expect("the server is there");
        let files = limits.lines().find_map(|line| line.strip_prefix("Max open files")).expect("each process has this limit");
        let [soft, hard, ..] = files.split_whitespace().collect::<Vec<_>>()[..] else { panic!("two limits in {files}") };
        assert_eq!(soft, hard, "the server may have as many files open as the system permits");
        let scene = Scene::of(server).await;
        let (idlers, growth) = scene.cost("idle", idle(&scene.preys, IDLE)).await;
        assert!(growth <= MOST_IDLE * IDLE as u64, "the server grew by {growth} bytes\n{}", scene.server.log());
        scene.talks(20).await;
        assert_eq!(idlers.len(), IDLE);
        for mut one in idlers {
            assert_ne!(one.bytes_within(Duration::ZERO).await, Some(false), "nobody is sent away");
            one.send(&[0x88, 0x80, 0, 0, 0, 0]).await;
        }
        scene.end().await;
    });
}

/// Each attack so many times at one server, while two people talk.
fn attacked(attacks: &[Attack], rounds: usize) {
    with_server(Kind::Sqlite, &mut Dice::of(seed()), |server| async move {
        let scene = Scene::of(server).await;
        for attack in attacks {
            let mut least = u64::MAX;
            // What an allocator holds back or gives up beside other work passes; what an attack takes, it takes each time.
            for _ in 0..TRIES {
                let again_and_again = async {
                    for _ in 0..rounds {
                        let ends = attack.by(SOCKETS, &scene.preys[0]).await;
                        assert_eq!(ends, [attack.due(); SOCKETS], "{attack:?}\n{}", scene.server.log());
                    }
                };
                let ((), growth) = scene.cost(&format!("{attack:?}"), again_and_again).await;
                least = least.min(growth);
                if least <= MOST_GROWTH {
                    break;
                }
            }
            assert!(
                least <= MOST_GROWTH,
                "{attack:?}: the server grew by {least} bytes, {MOST_GROWTH} are permitted\n{}",
                scene.server.log()
            );
        }
        scene.end().await;
    });
}

/// A server, and two people who talk in a room of it.
struct Scene {
    server: Server,
    crowd: Crowd,
    /// Who is attacked: the room, by a third account.
    preys: Vec<Prey>,
}

impl Scene {
    async fn of(mut server: Server) -> Self {
        let (sessions, rooms) = people_and_rooms(&server).await;
        // What it took for passwords is not to be mistaken for room that an attack may take.
        server.restart();
        let crowd = Crowd::listen(&sessions[..2], &rooms[..1], 2);
        assert!(crowd.is_online(PATIENCE).await, "not every client could connect: {:?}\n{}", crowd.flaws(), server.log());
        let address = server.url().trim_start_matches("http://").to_owned();
        let prey = |session| Prey { address: address.clone(), session, room: rooms[0] };
        let preys = sessions.into_iter().rev().map(prey).collect();
        let scene = Self { server, crowd, preys };
        scene.talks(WARM).await;
        read_much(&scene.preys, READERS).await;
        scene
    }

    /// The two say so many long things, each after the one before is acknowledged.
    async fn talks(&self, times: usize) {
        for n in 0..times {
            self.says(n).await;
        }
    }

    async fn says(&self, n: usize) {
        let goal = self.crowd.acknowledged() + 1;
        self.crowd.say(n % 2, self.preys[0].room, format!("{n} {}", "x".repeat(3_900)));
        let reached = self.crowd.reaches(goal, PATIENCE).await;
        assert!(reached, "no answer: {:?}\n{}", self.crowd.flaws(), self.server.log());
    }

    /// The two talk while this is done; by how many bytes the server grew meanwhile at the most.
    async fn cost<T>(&self, what: &str, attack: impl Future<Output = T>) -> (T, u64) {
        let process = Process(self.server.pid());
        process.forget_peak().expect("the server is ours");
        let before = process.resident().expect("the server is there");
        let said = self.crowd.acknowledged();
        let mut said_meanwhile = 0;
        // What is said makes the server's own caches grow, on a quick machine more than on a slow one: that is not the
        // attack's cost.
        let talk = async {
            while said_meanwhile < MOST_SAID {
                self.says(said_meanwhile).await;
                said_meanwhile += 1;
            }
            std::future::pending::<()>().await;
        };
        let done = tokio::select! {
            done = attack => done,
            () = talk => unreachable!("they never end"),
        };
        let growth = process.peak().expect("the server is there").saturating_sub(before);
        let said = self.crowd.acknowledged() - said;
        println!("{what}: {} KiB more at the most, {said} messages said meanwhile", growth / 1_024);
        assert!(said > 0, "{what}: nobody could say anything meanwhile");
        (done, growth)
    }

    /// Everything that was said is in the log once, and both were told it once, in order.
    async fn end(mut self) {
        let settled = self.crowd.hush(PATIENCE).await;
        assert!(settled, "{} without an answer, {:?}\n{}", self.crowd.unanswered(), self.crowd.flaws(), self.server.log());
        self.server.kill();
        let store = self.server.open_store().await;
        let report = self.crowd.check(&read(&store, &[self.preys[0].room]).await);
        store.close().await;
        println!("{report}");
        assert!(report.is_clean(), "{report}\n{}", self.server.log());
    }
}

/// So many files may be open in this process, and at the start of those it starts.
fn limit_own_files(soft: &str) {
    let of_us = format!("prlimit --pid {} --nofile={soft}:$(ulimit -Hn)", std::process::id());
    let done = Command::new("sh").args(["-c", &of_us]).output().expect("a shell is on every machine");
    assert!(done.status.success(), "{done:?}");
}
