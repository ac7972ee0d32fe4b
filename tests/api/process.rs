//! The program itself: how it starts, how it refuses to, how it stops.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use allthrive_load::{Peer, Person, Raw};
use awc::http::StatusCode;
use tempfile::TempDir;

use crate::helpers::{Browser, PASSWORD, Place};

crate::stories! {
    a_signal_turns_readiness_red_first_and_ends_it_with_0_whatever_peers_do,
    the_log_tells_no_secret_however_much_it_is_asked,
}

/// Every wait of these tests ends after this.
const PATIENCE: Duration = Duration::from_secs(10);

fn program(dir: &TempDir, vars: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_allthrive"));
    command.env_clear().env("ALLTHRIVE__SERVER__DATA_DIR", dir.path().join("data")).env("ALLTHRIVE__SERVER__LISTEN", "127.0.0.1:0");
    command.envs(vars.iter().copied()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn refusal(vars: &[(&str, &str)]) -> String {
    let dir = tempfile::tempdir().unwrap();
    let Output { status, stderr, .. } = program(&dir, vars).output().unwrap();
    assert_eq!(status.code(), Some(1));
    assert!(!dir.path().join("data/allthrive.db").exists(), "it began before it refused");
    String::from_utf8(stderr).unwrap()
}

/// A running program that does not outlive its test.
struct Running {
    child: Child,
    address: String,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn start(dir: &TempDir, vars: &[(&str, &str)]) -> Running {
    let mut child = program(dir, vars).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim().strip_prefix("AllThrive is at http://").unwrap_or_else(|| panic!("it said: {line}")).to_owned();
    Running { child, address }
}

fn ask(address: &str, connection: &str) -> (TcpStream, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(stream, "GET /healthz HTTP/1.1\r\nHost: {address}\r\nConnection: {connection}\r\n\r\n").unwrap();
    let mut answer = vec![0; 12];
    stream.read_exact(&mut answer).unwrap();
    (stream, String::from_utf8(answer).unwrap())
}

#[test]
fn it_says_where_it_is_and_a_signal_ends_it_with_0() {
    for signal in ["-TERM", "-INT"] {
        let dir = tempfile::tempdir().unwrap();
        let mut running = start(&dir, &[]);
        // A connection that stays open does not hold it up.
        let (_open, answer) = ask(&running.address, "keep-alive");
        assert_eq!(answer, "HTTP/1.1 200");
        let began = Instant::now();
        assert!(Command::new("kill").args([signal, &running.child.id().to_string()]).status().unwrap().success());
        let status = running.child.wait().unwrap();
        assert_eq!(status.code(), Some(0), "{signal}");
        assert!(began.elapsed() < PATIENCE, "{signal} took {:?}", began.elapsed());
    }
}

/// Someone who is greeted, someone who has not said hello, a request that never ends, and a peer that answers nothing.
async fn a_signal_turns_readiness_red_first_and_ends_it_with_0_whatever_peers_do(place: Place) {
    let mut vars = vec![("ALLTHRIVE__SERVER__STOP_NOTICE_MS", "1000")];
    vars.extend(place.database_url.as_deref().map(|url| ("DATABASE_URL", url)));
    let mut running = start(&place.dir, &vars);
    let url = format!("http://{}", running.address);
    let mira = Person::enrol(&url, &place.dir.path().join("data/mail"), "mira").await.unwrap().session;
    let ticket = format!("allthrive.v1.json, ticket.{}", mira.ws_ticket().await.unwrap());
    let socket = format!("ws://{}/v1/ws", running.address);
    let mut greeted = Peer::open(&socket, &[("sec-websocket-protocol", &ticket)]).await.unwrap();
    let welcome = greeted.ask("hello", None, serde_json::json!({"subscribe": "all"})).await;
    assert!(welcome["ok"].is_object(), "{welcome}");
    let mut silent = Peer::open(&socket, &[("sec-websocket-protocol", "allthrive.v1.json")]).await.unwrap();
    let _deaf = Raw::open(&running.address, "/v1/ws", &[("sec-websocket-protocol", "allthrive.v1.json")]).await.unwrap();
    let mut endless = TcpStream::connect(&running.address).unwrap();
    endless.write_all(b"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{").unwrap();

    let began = Instant::now();
    assert!(Command::new("kill").args(["-TERM", &running.child.id().to_string()]).status().unwrap().success());
    let told = greeted.event("reconnect").await;
    assert!(told["d"]["after_ms"].is_u64(), "{told}");
    // It still answers, and says that it will not for long; who asks for a connection is sent away.
    let red = Browser::new(&url).get("/readyz").await.expect(StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(red.json()["status"], "stopping");
    assert_eq!(Peer::open(&socket, &[("sec-websocket-protocol", "allthrive.v1.json")]).await.err(), Some(503));
    assert_eq!((greeted.closed().await, silent.closed().await), (4000, 1001));
    let status = actix_web::rt::task::spawn_blocking(move || running.child.wait().unwrap().code()).await.unwrap();
    assert_eq!(status, Some(0));
    assert!(began.elapsed() < PATIENCE, "it took {:?}", began.elapsed());
}

#[test]
fn a_second_server_on_the_same_data_is_refused_with_a_sentence() {
    let dir = tempfile::tempdir().unwrap();
    let _first = start(&dir, &[]);
    let second = program(&dir, &[]).output().unwrap();
    assert_eq!(second.status.code(), Some(1));
    let said = String::from_utf8(second.stderr).unwrap();
    // Behind what it logged until then.
    let last = said.trim_end().lines().next_back().unwrap_or_default();
    assert!(last.starts_with("allthrive: ") && !said.contains("panicked"), "{said}");
}

#[test]
fn it_refuses_what_it_does_not_know_by_name() {
    assert!(refusal(&[("REDIS_URL", "redis://localhost")]).contains("SQLite file"));
    assert!(refusal(&[("ALLTHRIVE__SERVER__LISTN", "x")]).contains("server.listn"));
    assert!(refusal(&[("ALLTHRIVE__SERVER__MODE", "production")]).contains("secrets.access_key is missing"));
}

#[test]
fn a_port_that_is_taken_is_said() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let said = refusal(&[("ALLTHRIVE__SERVER__LISTEN", &address)]);
    assert!(said.contains(&format!("cannot listen at {address}")), "{said}");
}

#[test]
fn a_database_that_is_not_there_is_said_without_its_password() {
    let said = refusal(&[("DATABASE_URL", "postgres://ana:geheim@127.0.0.1:1/nothing")]);
    assert!(said.contains("database") && !said.contains("geheim"), "{said}");
}

async fn the_log_tells_no_secret_however_much_it_is_asked(place: Place) {
    let mut vars = vec![("ALLTHRIVE__LOG__FILTER", "trace"), ("ALLTHRIVE__LOG__FORMAT", "json")];
    vars.extend(place.database_url.as_deref().map(|url| ("DATABASE_URL", url)));
    let mut running = start(&place.dir, &vars);
    let mut browser = Browser::new(&format!("http://{}", running.address));
    browser.csrf = browser.get("/api/v1/auth/csrf").await.json()["token"].as_str().map(str::to_owned);
    browser.sign_up("mira").await;
    browser.sign_in("mira").await;
    browser.get("/api/v1/me").await;
    let secrets = browser.cookies.values().map(|(value, _)| value.clone());
    let secrets: Vec<String> = secrets.chain([PASSWORD.to_owned(), "mira@example.org".to_owned()]).collect();
    running.child.kill().unwrap();
    let mut log = String::new();
    running.child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
    assert!(log.contains("\"http.path\":\"/api/v1/auth/login\""), "{log}");
    for secret in secrets {
        assert!(!log.contains(&secret), "{secret} is in the log");
    }
    for line in log.lines() {
        assert!(serde_json::from_str::<serde_json::Value>(line).is_ok(), "not JSON: {line}");
    }
}
