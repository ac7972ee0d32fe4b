//! Two terminals talk: `allthrive chat` as a process of its own, its input and output as pipes.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use allthrive_load::{Dice, Person};
use uuid::Uuid;

use crate::server::{Kind, Server, with_server};

/// Longest wait for a line on a screen.
const PATIENCE: Duration = Duration::from_secs(30);

/// `allthrive chat`, and what its screen shows.
struct Terminal {
    child: Child,
    keys: Option<ChildStdin>,
    screen: Receiver<String>,
}

impl Terminal {
    fn open(server: &Server, user: &str, password: &str, room: &str) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_allthrive"))
            .args(["chat", "--server", &server.url(), "--user", user, room])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it was built beside this test");
        let mut keys = child.stdin.take().expect("it is piped");
        writeln!(keys, "{password}").expect("it reads its password from the first line");
        let lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        let (seen, screen) = channel();
        std::thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| seen.send(line)));
        Self { child, keys: Some(keys), screen }
    }

    fn types(&mut self, line: &str) {
        writeln!(self.keys.as_mut().expect("the input is open"), "{line}").expect("it reads its input");
    }

    /// Waits for this line and returns those before it.
    fn shows(&self, wanted: &str) -> Vec<String> {
        let until = Instant::now() + PATIENCE;
        let mut before = Vec::new();
        loop {
            match self.screen.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(line) if line == wanted => return before,
                Ok(line) => before.push(line),
                Err(_) => panic!("no {wanted:?} after {before:?}"),
            }
        }
    }

    /// Ctrl-D; true if it ends well.
    fn ends(&mut self) -> bool {
        self.keys = None;
        self.child.wait().expect("it is our child").success()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // Ended already if all went well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn two_terminals_talk_across_a_restart_of_the_server_and_nothing_is_lost_or_doubled() {
    let mut dice = Dice::of(Uuid::new_v4().as_u64_pair().1);
    with_server(Kind::Sqlite, &mut dice, talk);
}

async fn talk(mut server: Server) {
    let mira = Person::enrol(&server.url(), &server.mail(), "mira").await.expect("an account is made as people make one");
    let zoe = Person::enrol(&server.url(), &server.mail(), "zoe").await.expect("an account is made as people make one");
    mira.session.open("room", "Lake trip").await.expect("anybody may open a room");

    let mut left = Terminal::open(&server, "mira", &mira.password, "Lake trip");
    left.shows("* Lake trip – Ctrl-D ends");
    left.types("Who brings the boat?");
    left.shows("mira: Who brings the boat?");

    // Who comes later sees what was said, then talks.
    let mut right = Terminal::open(&server, "zoe", &zoe.password, "lake trip");
    right.shows("mira: Who brings the boat?");
    right.types("I do.");
    right.shows("zoe: I do.");
    left.shows("zoe: I do.");

    server.kill();
    left.shows("* … waiting for the connection");
    left.types("And the oars?");
    server.restart();
    left.shows("mira: And the oars?");
    let between = right.shows("mira: And the oars?");
    assert!(between.iter().all(|line| line.starts_with('*')), "{between:?}");
    right.types("Those too.");
    let between = left.shows("zoe: Those too.");
    assert!(between.iter().all(|line| line.starts_with('*')), "{between:?}");

    // The last line is sent although the input ends at once.
    right.types("Bye");
    assert!(right.ends());
    left.shows("zoe: Bye");
    assert!(left.ends());
}
