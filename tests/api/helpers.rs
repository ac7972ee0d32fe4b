//! A server for one test, and a browser that talks to it.

use std::collections::BTreeMap;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::time::Duration;

use allthrive::config::{Settings, Sources};
use allthrive::startup::{Application, Stopper};
use allthrive_domain::time::{Clock, Micros};
use allthrive_store::{Store, StoreConfig};
use awc::http::header::{HeaderMap, HeaderName, HeaderValue};
use awc::http::{Method, StatusCode};
use serde_json::Value;
use tempfile::TempDir;
use tokio_postgres::NoTls;
use uuid::Uuid;

/// A password that fits.
pub(crate) const PASSWORD: &str = "kelp harbour seven lanterns";

/// Which database a story runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
}

/// Each named story becomes a test on SQLite and one on Postgres.
#[macro_export]
macro_rules! stories {
    ($($story:ident),+ $(,)?) => {
        mod sqlite { $(#[test] fn $story() { $crate::helpers::tell($crate::helpers::Engine::Sqlite, super::$story); })+ }
        mod postgres { $(#[test] fn $story() { $crate::helpers::tell($crate::helpers::Engine::Postgres, super::$story); })+ }
    };
}

/// Runs one story with a place of its own, and leaves nothing behind.
pub(crate) fn tell<F: Future<Output = ()>>(engine: Engine, story: impl FnOnce(Place) -> F) {
    // Another test of this process may have been first.
    rustls::crypto::aws_lc_rs::default_provider().install_default().ok();
    actix_web::rt::System::new().block_on(async {
        let dir = tempfile::tempdir().unwrap();
        let database = match engine {
            Engine::Sqlite => None,
            Engine::Postgres => Some(OwnDatabase::create().await),
        };
        let place = Place { dir, database_url: database.as_ref().map(|own| own.url.clone()) };
        let outcome = caught(story(place)).await;
        if let Some(database) = database {
            database.remove().await;
        }
        if let Err(panic) = outcome {
            std::panic::resume_unwind(panic);
        }
    });
}

async fn caught<F: Future<Output = ()>>(story: F) -> std::thread::Result<()> {
    let mut story = Box::pin(story);
    std::future::poll_fn(move |context| match std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| story.as_mut().poll(context))) {
        Ok(poll) => poll.map(Ok),
        Err(panic) => std::task::Poll::Ready(Err(panic)),
    })
    .await
}

/// A Postgres database made for one test.
struct OwnDatabase {
    server: String,
    name: String,
    url: String,
}

impl OwnDatabase {
    async fn create() -> Self {
        let server = std::env::var("TEST_DATABASE_URL")
            .expect("TEST_DATABASE_URL names no Postgres server: run the tests with `make test`, which starts one");
        let name = format!("api_{}", Uuid::new_v4().simple());
        run(&server, &format!("CREATE DATABASE {name}")).await;
        let base = server.rsplit_once('/').map_or(server.as_str(), |(base, _)| base);
        Self { url: format!("{base}/{name}"), name, server }
    }

    async fn remove(self) {
        run(&self.server, &format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name)).await;
    }
}

async fn run(server: &str, sql: &str) {
    let (client, connection) = tokio_postgres::connect(server, NoTls).await.expect("TEST_DATABASE_URL names a server that answers");
    let connection = tokio::spawn(connection);
    client.batch_execute(sql).await.expect("the role of TEST_DATABASE_URL may create and drop databases");
    drop(client);
    connection.await.unwrap().unwrap();
}

/// Where one test's server keeps its things.
pub(crate) struct Place {
    pub(crate) dir: TempDir,
    pub(crate) database_url: Option<String>,
}

impl Place {
    /// The settings of a test: limits that do not bite, unless they are set to.
    pub(crate) fn settings(&self, more: &[(&str, &str)]) -> Settings {
        let data_dir = self.dir.path().join("data").display().to_string();
        let usual = [
            ("ALLTHRIVE__SERVER__LISTEN", "127.0.0.1:0"),
            ("ALLTHRIVE__SERVER__DATA_DIR", &data_dir),
            ("ALLTHRIVE__SERVER__WORKERS", "1"),
            ("ALLTHRIVE__SERVER__FIRST_ROOM", ""),
            ("ALLTHRIVE__DATABASE__CONNECTIONS", "4"),
            ("ALLTHRIVE__LIMITS__SIGN_IN_PER_MINUTE", "1000"),
            ("ALLTHRIVE__LIMITS__SIGN_IN_PER_HOUR", "1000"),
            ("ALLTHRIVE__LIMITS__SIGN_UP_PER_HOUR", "1000"),
            ("ALLTHRIVE__LIMITS__MAIL_PER_HOUR", "1000"),
            ("ALLTHRIVE__LIMITS__QUIZ_WRITES_PER_HOUR", "1000"),
            ("ALLTHRIVE__LIMITS__QUIZ_PAGES_PER_HOUR", "1000"),
            ("ALLTHRIVE__LIMITS__LIVE_STARTS_PER_HOUR", "1000"),
            // The clock of a test stands still: a bucket has what it begins with.
            ("ALLTHRIVE__LIMITS__SENDS_PER_SECOND", "100000"),
            ("ALLTHRIVE__LIMITS__SEND_BURST", "100000"),
            ("ALLTHRIVE__LIMITS__HISTORY_PER_SECOND", "100000"),
            ("ALLTHRIVE__LIMITS__SUBSCRIBES_PER_SECOND", "100000"),
            ("ALLTHRIVE__LIMITS__COMMANDS_PER_SECOND", "100000"),
            ("ALLTHRIVE__LIMITS__TYPING_EVERY_MS", "1"),
            ("ALLTHRIVE__LIMITS__CONNECTIONS_PER_ACCOUNT", "100000"),
            ("ALLTHRIVE__LIMITS__CONNECTIONS_PER_ADDRESS", "100000"),
        ];
        let mut vars: BTreeMap<String, String> = usual.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        vars.extend(self.database_url.iter().map(|url| ("DATABASE_URL".to_owned(), url.clone())));
        vars.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        Settings::load(&Sources { file: None, vars: vars.into_iter().collect() }).unwrap()
    }

    /// Drops the database under a running server.
    pub(crate) async fn lose_database(&self) {
        let url = self.database_url.as_deref().unwrap();
        let server = std::env::var("TEST_DATABASE_URL").unwrap();
        run(&server, &format!("DROP DATABASE {} WITH (FORCE)", url.rsplit_once('/').unwrap().1)).await;
    }

    /// The database of a server that has stopped.
    pub(crate) async fn open_store(&self) -> Store {
        let data = self.dir.path().join("data");
        let config = match &self.database_url {
            Some(url) => StoreConfig::postgres(url.clone()),
            None => StoreConfig::sqlite(data.join("allthrive.db"), data.join("instance")),
        };
        Store::open(config).await.unwrap()
    }

    /// A server with these settings beside the usual ones.
    pub(crate) async fn start(&self, more: &[(&str, &str)]) -> TestApp {
        let settings = self.settings(more);
        let mail = settings.mail_directory();
        let clock = Clock::manual(Micros(1_790_000_000_000_000));
        let application = Application::build_with_clock(settings, clock.clone()).await.unwrap();
        let (address, stopper) = (format!("http://127.0.0.1:{}", application.port()), application.stopper());
        let running = actix_web::rt::spawn(application.run_until_stopped());
        TestApp { address, clock, mail, stopper, running }
    }
}

/// A running server.
pub(crate) struct TestApp {
    pub(crate) address: String,
    pub(crate) clock: Clock,
    mail: PathBuf,
    stopper: Stopper,
    running: actix_web::rt::task::JoinHandle<Result<(), allthrive::startup::StartError>>,
}

impl TestApp {
    /// Ends it in order.
    pub(crate) async fn stop(self) {
        self.stopper.stop().await;
        self.running.await.unwrap().unwrap();
    }

    /// Host and port.
    pub(crate) fn authority(&self) -> &str {
        self.address.trim_start_matches("http://")
    }

    /// A browser that has the CSRF token.
    pub(crate) async fn browser(&self) -> Browser {
        let mut browser = Browser::new(&self.address);
        let token = browser.get("/api/v1/auth/csrf").await.json()["token"].as_str().unwrap().to_owned();
        browser.csrf = Some(token);
        browser
    }

    /// A browser in which this person has signed up, verified and signed in.
    pub(crate) async fn person(&self, username: &str) -> Browser {
        let mut browser = self.browser().await;
        browser.sign_up(username).await.expect(StatusCode::ACCEPTED);
        let token = self.token_in_mail_to(&format!("{username}@example.org"));
        browser.post("/api/v1/auth/verify", serde_json::json!({ "token": token })).await.expect(StatusCode::OK);
        browser.sign_in(username).await.expect(StatusCode::OK);
        browser
    }

    /// The newest letters to that address, oldest first.
    pub(crate) fn mail_to(&self, address: &str) -> Vec<String> {
        let mut files: Vec<_> = std::fs::read_dir(&self.mail).unwrap().map(|file| file.unwrap().path()).collect();
        files.retain(|file| file.extension().is_some_and(|ext| ext == "eml") && is_whole(file));
        files.sort_by_key(|file| std::fs::metadata(file).unwrap().modified().unwrap());
        let letters = files.iter().map(|file| std::fs::read_to_string(file).unwrap());
        letters.filter(|letter| letter.contains(&format!("\nTo: {address}\n"))).collect()
    }

    /// The token in the newest verification mail to that address.
    pub(crate) fn token_in_mail_to(&self, address: &str) -> String {
        let letters = self.mail_to(address);
        let link = letters.iter().rev().find_map(|letter| letter.lines().find(|line| line.contains("/verify#token=")));
        link.unwrap().split_once("#token=").unwrap().1.to_owned()
    }
}

fn is_whole(file: &Path) -> bool {
    !file.file_name().unwrap().to_string_lossy().starts_with('.')
}

/// What a browser does for a page: keeps cookies by their path, sends the CSRF token.
#[derive(Clone)]
pub(crate) struct Browser {
    pub(crate) address: String,
    /// Name → (value, path).
    pub(crate) cookies: BTreeMap<String, (String, String)>,
    pub(crate) csrf: Option<String>,
}

impl Browser {
    pub(crate) fn new(address: &str) -> Self {
        Self { address: address.to_owned(), cookies: BTreeMap::new(), csrf: None }
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], None).await
    }

    pub(crate) async fn post(&mut self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, &[], Some(body)).await
    }

    /// A write that is safe to repeat under this key.
    pub(crate) async fn write(&mut self, path: &str, key: Uuid, body: Value) -> Answer {
        self.send(Method::POST, path, &[("idempotency-key", &key.to_string())], Some(body)).await
    }

    pub(crate) async fn sign_up(&mut self, username: &str) -> Answer {
        let email = format!("{username}@example.org");
        self.post("/api/v1/auth/signup", serde_json::json!({ "username": username, "email": email, "password": PASSWORD })).await
    }

    pub(crate) async fn sign_in(&mut self, login: &str) -> Answer {
        self.post("/api/v1/auth/login", serde_json::json!({ "login": login, "password": PASSWORD })).await
    }

    pub(crate) async fn send(&mut self, method: Method, path: &str, headers: &[(&str, &str)], body: Option<Value>) -> Answer {
        let json = [("content-type", "application/json")];
        let headers = [body.as_ref().map_or(&[][..], |_| &json[..]), headers].concat();
        self.send_bytes(method, path, &headers, body.map(|body| body.to_string().into_bytes())).await
    }

    pub(crate) async fn send_bytes(&mut self, method: Method, path: &str, headers: &[(&str, &str)], body: Option<Vec<u8>>) -> Answer {
        let client = awc::Client::builder().timeout(Duration::from_secs(30)).disable_redirects().finish();
        let mut request = client.request(method.clone(), format!("{}{path}", self.address)).no_decompress();
        let fitting = self.cookies.iter().filter(|(_, (_, at))| path.starts_with(at.as_str()));
        let cookies: Vec<String> = fitting.map(|(name, (value, _))| format!("{name}={value}")).collect();
        if !cookies.is_empty() {
            request = request.insert_header(("cookie", cookies.join("; ")));
        }
        if let Some(token) = self.csrf.as_deref().filter(|_| method != Method::GET) {
            request = request.insert_header(("x-csrf-token", token));
        }
        for (name, value) in headers {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            request.headers_mut().insert(name, HeaderValue::from_str(value).unwrap());
        }
        let sent = match body {
            Some(body) => request.send_body(body).await,
            None => request.send().await,
        };
        let mut response = sent.unwrap();
        let body = response.body().await.unwrap();
        let answer = Answer { status: response.status(), headers: response.headers().clone(), body: body.to_vec() };
        self.keep_cookies(&answer);
        answer
    }

    fn keep_cookies(&mut self, answer: &Answer) {
        for line in answer.set_cookies() {
            let (name, rest) = line.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            let path = line.split("; ").find_map(|part| part.strip_prefix("Path=")).unwrap_or("/");
            if line.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), (value.to_owned(), path.to_owned()));
            }
        }
    }
}

/// An answer, read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("not JSON: {} {}", self.status, self.text()))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn set_cookies(&self) -> Vec<String> {
        self.headers.get_all("set-cookie").map(|value| value.to_str().unwrap().to_owned()).collect()
    }

    /// The answer, if it has this status.
    #[track_caller]
    pub(crate) fn expect(self, status: StatusCode) -> Self {
        assert_eq!(self.status, status, "{}", self.text());
        self
    }

    /// The answer, if it is a problem with this status and code, and of the shape of every problem.
    #[track_caller]
    pub(crate) fn refused(self, status: StatusCode, code: &str) -> Self {
        let answer = self.expect(status);
        assert_eq!(answer.header("content-type"), "application/problem+json");
        let problem = answer.json();
        assert_eq!(problem["code"], code, "{problem}");
        assert_eq!(problem["status"], status.as_u16());
        assert_eq!(problem["request_id"], answer.header("x-request-id"));
        for key in ["type", "title", "detail"] {
            assert!(problem[key].is_string(), "{problem}");
        }
        answer
    }

    /// The code at one field of a refused request.
    pub(crate) fn fault_at(&self, field: &str) -> String {
        let problem = self.json();
        let errors = problem["errors"].as_array().cloned().unwrap_or_default();
        let found = errors.iter().find(|error| error["field"] == field);
        found.map(|error| error["code"].as_str().unwrap().to_owned()).unwrap_or_else(|| panic!("nothing at {field}: {problem}"))
    }
}
