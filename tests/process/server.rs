//! The server as its own process, on either engine, with data that outlive it.

use std::future::Future;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::rc::Rc;

use allthrive_load::Dice;
use allthrive_store::{Store, StoreConfig};
use tempfile::TempDir;
use tokio_postgres::NoTls;
use uuid::Uuid;

use crate::redis::OwnRedis;

/// Which database.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    Sqlite,
    Postgres,
}

/// A server and what it keeps.
pub(crate) struct Server {
    child: Option<Child>,
    port: u16,
    data: Rc<TempDir>,
    database: Option<String>,
    redis: Option<String>,
    /// Whether a crowd may talk: faster than people, and from one address.
    permits_crowds: bool,
}

/// Runs a case against a server of its own, with local tasks, and leaves nothing running.
pub(crate) fn with_server<F: Future<Output = ()>>(kind: Kind, dice: &mut Dice, case: impl FnOnce(Server) -> F) {
    let port = free_port(dice);
    actix_web::rt::System::new().block_on(async move {
        let data = tempfile::tempdir().expect("a temporary directory can be made");
        let Kind::Postgres = kind else {
            return case(Server::start(port, Rc::new(data), None, None)).await;
        };
        let database = Database::create().await;
        case(Server::start(port, Rc::new(data), Some(database.url.clone()), None)).await;
        database.drop().await;
    });
}

/// Runs a case against two servers of one Postgres and one Redis, with the same keys.
pub(crate) fn with_two_servers<F: Future<Output = ()>>(dice: &mut Dice, case: impl FnOnce(Server, Server, OwnRedis) -> F) {
    let (one, other) = (free_port(dice), free_port(dice));
    actix_web::rt::System::new().block_on(async move {
        let data = Rc::new(tempfile::tempdir().expect("a temporary directory can be made"));
        let (database, redis) = (Database::create().await, OwnRedis::start());
        let start = |port| Server::start(port, Rc::clone(&data), Some(database.url.clone()), Some(redis.url()));
        // The first makes the keys.
        let (one, other) = (start(one), start(other));
        case(one, other, redis).await;
        database.drop().await;
    });
}

/// A Postgres database of its own.
struct Database {
    server: String,
    name: String,
    url: String,
}

impl Database {
    async fn create() -> Self {
        let server = std::env::var("TEST_DATABASE_URL")
            .expect("TEST_DATABASE_URL names no Postgres server: run the tests with `make test`, which starts one");
        let name = format!("process_{}", Uuid::new_v4().simple());
        admin(&server, &format!("CREATE DATABASE {name}")).await;
        let (base, _) = server.rsplit_once('/').expect("the URL names a database");
        let url = format!("{base}/{name}");
        Self { server, name, url }
    }

    /// Not after a failed case: its data are wanted then.
    async fn drop(self) {
        admin(&self.server, &format!("DROP DATABASE {} WITH (FORCE)", self.name)).await;
    }
}

impl Server {
    fn start(port: u16, data: Rc<TempDir>, database: Option<String>, redis: Option<String>) -> Self {
        let mut server = Self { child: None, port, data, database, redis, permits_crowds: true };
        server.restart();
        server
    }

    /// Starts it again with the limits that a server has unless told otherwise.
    pub(crate) fn restart_with_default_limits(&mut self) {
        self.permits_crowds = false;
        self.restart();
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) fn mail(&self) -> PathBuf {
        self.data.path().join("mail")
    }

    /// Starts it on the same port and data, and waits until it says where it is.
    pub(crate) fn restart(&mut self) {
        self.kill();
        let log = std::fs::File::options().create(true).append(true).open(self.log_file()).expect("a log can be written");
        let mut command = Command::new(env!("CARGO_BIN_EXE_allthrive"));
        // A developer's own settings are not the test's.
        command.env_clear().envs(std::env::var("PATH").map(|path| ("PATH", path)));
        command
            .current_dir(self.data.path())
            .env("ALLTHRIVE__SERVER__LISTEN", format!("127.0.0.1:{}", self.port))
            .env("ALLTHRIVE__SERVER__DATA_DIR", self.data.path())
            .env("ALLTHRIVE__SERVER__FIRST_ROOM", "")
            .env("ALLTHRIVE__LIMITS__SIGN_IN_PER_MINUTE", "1000")
            .env("ALLTHRIVE__LIMITS__SIGN_UP_PER_HOUR", "1000");
        let of_talk = ["SENDS_PER_SECOND", "SEND_BURST", "HISTORY_PER_SECOND", "SUBSCRIBES_PER_SECOND", "COMMANDS_PER_SECOND"];
        let of_connections = ["CONNECTIONS_PER_ACCOUNT", "CONNECTIONS_PER_ADDRESS"];
        for limit in of_talk.into_iter().chain(of_connections).filter(|_| self.permits_crowds) {
            command.env(format!("ALLTHRIVE__LIMITS__{limit}"), "100000");
        }
        if let Some(url) = &self.database {
            command.env("DATABASE_URL", url);
        }
        if let Some(url) = &self.redis {
            command.env("REDIS_URL", url);
        }
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).spawn().expect("the server was built beside this test");
        let said = BufReader::new(child.stdout.take().expect("it is piped"));
        self.child = Some(child);
        let mut lines = said.lines().map_while(Result::ok);
        assert!(lines.any(|line| line.contains(" is at http://")), "the server did not start:\n{}", self.log());
        // What it says later must find a reader, or it would stand still.
        std::thread::spawn(move || lines.for_each(drop));
    }

    /// The program with these arguments and the server's settings, beside it: its exit code, and what it said.
    pub(crate) async fn beside(&self, arguments: &[&str]) -> (i32, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_allthrive"));
        command.env_clear().current_dir(self.data.path()).env("ALLTHRIVE__SERVER__DATA_DIR", self.data.path()).args(arguments);
        if let Some(url) = &self.database {
            command.env("DATABASE_URL", url);
        }
        // The server's mail and the clients of this thread go on meanwhile.
        let output = actix_web::rt::task::spawn_blocking(move || command.output()).await.expect("waiting does not panic");
        let output = output.expect("the program was built beside this test");
        let said = [output.stdout, output.stderr].concat();
        (output.status.code().expect("it ends by itself"), String::from_utf8(said).expect("it speaks UTF-8"))
    }

    /// The program as in [`Self::beside`], killed as soon as it has said `lines` lines that begin like this.
    pub(crate) async fn beside_until(&self, arguments: &[&str], begin: &'static str, lines: usize) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_allthrive"));
        command.env_clear().current_dir(self.data.path()).env("ALLTHRIVE__SERVER__DATA_DIR", self.data.path()).args(arguments);
        if let Some(url) = &self.database {
            command.env("DATABASE_URL", url);
        }
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the program was built beside this test");
        let said = BufReader::new(child.stdout.take().expect("it is piped"));
        let kill = move || {
            let mut told = said.lines().map_while(Result::ok).filter(|line| line.starts_with(begin));
            let last = (0..lines).filter_map(|_| told.next()).count();
            child.kill().expect("it is our child");
            child.wait().expect("it is our child");
            last
        };
        let told = actix_web::rt::task::spawn_blocking(kill).await.expect("waiting does not panic");
        assert_eq!(told, lines, "it ended before it was killed");
    }

    /// SIGTERM: it finishes what is under way and ends by itself.
    pub(crate) async fn stop_and_restart(&mut self) {
        if let Some(mut child) = self.child.take() {
            signal(&child, "TERM");
            // The clients of this thread must see their connections end meanwhile.
            let end = actix_web::rt::task::spawn_blocking(move || child.wait()).await.expect("waiting does not panic");
            let end = end.expect("it is our child");
            assert!(end.success(), "a server that is asked to stop ends well: {end}\n{}", self.log());
        }
        self.restart();
    }

    /// Which process it is now.
    pub(crate) fn pid(&self) -> u32 {
        self.child.as_ref().expect("it runs").id()
    }

    /// SIGSTOP: it stands still where it is, whatever it has in its hands.
    pub(crate) fn freeze(&self) {
        signal(self.child.as_ref().expect("it runs"), "STOP");
    }

    /// SIGCONT: it goes on as if nothing had been.
    pub(crate) fn thaw(&self) {
        signal(self.child.as_ref().expect("it runs"), "CONT");
    }

    /// SIGKILL: no destructor runs, nothing is flushed.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().expect("it is our child");
            child.wait().expect("it is our child");
        }
    }

    /// The database under the dead server.
    pub(crate) async fn open_store(&self) -> Store {
        assert!(self.child.is_none(), "the server still has it");
        let config = match &self.database {
            None => StoreConfig::sqlite(self.data.path().join("allthrive.db"), self.data.path().join("instance")),
            Some(url) => StoreConfig::postgres(url.clone()),
        };
        Store::open(config).await.expect("a killed server leaves a database that opens")
    }

    /// The database it is on, if that is a Postgres.
    pub(crate) fn database(&self) -> Option<&str> {
        self.database.as_deref()
    }

    fn log_file(&self) -> PathBuf {
        self.data.path().join(format!("log-{}", self.port))
    }

    /// The end of its log.
    pub(crate) fn log(&self) -> String {
        let log = std::fs::read_to_string(self.log_file()).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(40)..].join("\n")
    }
}

fn signal(child: &Child, name: &str) {
    // The shell's own `kill` is on every machine.
    let asked = Command::new("sh").args(["-c", &format!("kill -{name} {}", child.id())]).status().expect("a shell is on every machine");
    assert!(asked.success());
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Below the ports the kernel gives to outgoing connections: a client that tries again and again to reach a
/// server which is away must not be given the server's own port, and so reach itself.
fn free_port(dice: &mut Dice) -> u16 {
    let ports = std::iter::repeat_with(|| u16::try_from(12_000 + dice.below(8_000)).expect("below 20,000"));
    ports.take(100).find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok()).expect("one of a hundred ports is free")
}

async fn admin(server: &str, sql: &str) {
    let (client, connection) = tokio_postgres::connect(server, NoTls).await.expect("TEST_DATABASE_URL names a server that answers");
    actix_web::rt::spawn(connection);
    client.batch_execute(sql).await.expect("the role of TEST_DATABASE_URL may create and drop databases");
}
