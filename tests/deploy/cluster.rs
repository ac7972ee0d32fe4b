//! Two servers of one database behind the proxy, each started with what `docker-compose.yml` gives it. Only
//! what a container would have of its own is different: addresses and paths.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::sync::{Mutex, PoisonError};

use allthrive_client::tls;
use serde_json::Value;
use tempfile::TempDir;
use tokio_postgres::NoTls;
use uuid::Uuid;

use super::machine::{NOBODY, Process, as_nobody, clean, free_port, give_away, open_to_nobody, root, run, until};
use super::redis;
use super::settings::{Secrets, Vars, certificate, read, script, service};

/// Runs a program in a tree as its container would: the root cannot be written, `/data` can, the user is
/// nobody special, nothing of this machine's environment is there. Arguments: tree, user, program, its own.
/// Where mounting is not permitted, the tree is closed by who owns it.
const CONTAINED: &str = r#"
tree=$1 user=$2; shift 2
if [ "$(id -u)" = 0 ]; then
  enter="exec chroot --userspec=$user:$user"; space="unshare --mount --propagation private"
else
  enter="exec chroot"; space="unshare --user --map-root-user --mount --propagation private"
fi
if $space true 2>/dev/null; then
  exec $space sh -ec "
    mount --bind \"\$0\" \"\$0\"; mount --bind \"\$0/data\" \"\$0/data\"; mount -o remount,bind,ro \"\$0\"
    $enter \"\$0\" \"\$@\"" "$tree" "$@"
fi
eval "$enter \"\$tree\" \"\$@\""
"#;

/// The image's tree, with the program that was built beside this test.
pub(crate) fn tree() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().display().to_string();
    let bin = format!("BIN={}", env!("CARGO_BIN_EXE_allthrive"));
    let script = script("image", &[&path]);
    let mut command = clean(&[&bin]);
    run(command.args(script.get_args().skip(2)));
    // As the Dockerfile does it.
    give_away(&dir.path().join("data"));
    dir
}

/// As the image, and the pages: a debug build reads them where they were when it was compiled, others have
/// them in themselves.
fn tree_with_pages() -> TempDir {
    let dir = tree();
    if cfg!(debug_assertions) {
        let pages = root().join("static");
        let beside = dir.path().join(pages.parent().unwrap().strip_prefix("/").unwrap());
        std::fs::create_dir_all(&beside).unwrap();
        run(clean(&["cp", "-r"]).arg(&pages).arg(&beside));
    }
    dir
}

/// Tests of this kind one after the other: a machine of two cores runs one cluster well.
static TURN: Mutex<()> = Mutex::new(());

/// Two servers, a database and a proxy.
pub(crate) struct Cluster {
    tree: TempDir,
    secrets: Secrets,
    file: Value,
    pub(crate) database: String,
    ports: [u16; 2],
    nodes: [Option<Process>; 2],
    proxy: Option<Process>,
    redis: Option<Process>,
    redis_port: u16,
    proxy_vars: Vars,
    public_port: u16,
    pub(crate) plain_port: u16,
}

impl Cluster {
    /// Runs a case on a cluster of its own, which serves when the case begins.
    pub(crate) fn run<F: Future<Output = ()>>(case: impl FnOnce(Self) -> F) {
        let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        // Another test of this process may have been first.
        rustls::crypto::aws_lc_rs::default_provider().install_default().ok();
        actix_web::rt::System::new().block_on(async move {
            let server = std::env::var("TEST_DATABASE_URL")
                .expect("TEST_DATABASE_URL names no Postgres server: run the tests with `make test`, which starts one");
            let name = format!("deploy_{}", Uuid::new_v4().simple());
            admin(&server, &format!("CREATE DATABASE {name}")).await;
            let (base, _) = server.rsplit_once('/').unwrap();
            case(Self::start(format!("{base}/{name}"))).await;
            // Not after a failed case: its data are wanted then.
            admin(&server, &format!("DROP DATABASE {name} WITH (FORCE)")).await;
        });
    }

    fn start(database: String) -> Self {
        let (public_port, plain_port, up_port) = (free_port(), free_port(), free_port());
        let secrets = Secrets::make(&format!("https://localhost:{public_port}"));
        open_to_nobody(secrets.dir.path());
        certify(secrets.dir.path());
        let file = read(&secrets.vars).unwrap();
        let ports = [free_port(), free_port()];
        let mut proxy_vars = service(&file, "proxy").environment();
        for (name, value) in [
            ("PROXY_HTTPS", format!("127.0.0.1:{public_port}")),
            ("PROXY_HTTP", format!("127.0.0.1:{plain_port}")),
            ("PROXY_UP", up_port.to_string()),
            ("PROXY_CERTIFICATE", certificate(secrets.dir.path()).display().to_string()),
            ("PROXY_SERVER_1", format!("127.0.0.1:{}", ports[0])),
            ("PROXY_SERVER_2", format!("127.0.0.1:{}", ports[1])),
        ] {
            assert!(proxy_vars.insert(name.to_owned(), value).is_some(), "docker-compose.yml does not set {name}");
        }
        let mut cluster = Self {
            tree: tree_with_pages(),
            secrets,
            file,
            database,
            ports,
            nodes: [None, None],
            proxy: None,
            redis: None,
            redis_port: free_port(),
            proxy_vars,
            public_port,
            plain_port,
        };
        cluster.start_redis();
        // Both at once, on an empty database.
        cluster.nodes = std::thread::scope(|scope| {
            let starting = [0, 1].map(|n| {
                scope.spawn({
                    let cluster = &cluster;
                    move || cluster.start_node(n)
                })
            });
            starting.map(|node| Some(node.join().unwrap()))
        });
        cluster.proxy = Some(cluster.start_proxy());
        until("the proxy is well", || cluster.proxy_is_well());
        cluster
    }

    pub(crate) fn start_redis(&mut self) {
        self.redis = Some(redis::start(&self.file, &self.secrets, self.redis_port));
    }

    fn start_node(&self, n: usize) -> Process {
        let mut vars = service(&self.file, ["server-1", "server-2"][n]).environment();
        vars.insert("ALLTHRIVE__SERVER__LISTEN".into(), format!("127.0.0.1:{}", self.ports[n]));
        vars.insert("ALLTHRIVE__DATABASE__URL".into(), self.database.clone());
        let redis = vars.get_mut("ALLTHRIVE__REDIS__URL").expect("docker-compose.yml names it");
        *redis = redis.replace("@redis:6379", &format!("@127.0.0.1:{}", self.redis_port));
        // The case signs many people up from one address.
        vars.insert("ALLTHRIVE__LIMITS__SIGN_UP_PER_HOUR".into(), "1000".into());
        vars.insert("ALLTHRIVE__LIMITS__SIGN_IN_PER_MINUTE".into(), "1000".into());
        // A crowd talks faster than people, and the proxy is on this machine.
        for limit in ["SENDS_PER_SECOND", "SEND_BURST", "HISTORY_PER_SECOND", "SUBSCRIBES_PER_SECOND", "COMMANDS_PER_SECOND"] {
            vars.insert(format!("ALLTHRIVE__LIMITS__{limit}"), "100000".into());
        }
        for limit in ["CONNECTIONS_PER_ACCOUNT", "CONNECTIONS_PER_ADDRESS"] {
            vars.insert(format!("ALLTHRIVE__LIMITS__{limit}"), "100000".into());
        }
        vars.insert("ALLTHRIVE__SERVER__TRUSTED_PROXIES".into(), "127.0.0.1".into());
        let command = self.contained(&vars, &["/usr/local/bin/allthrive"]);
        Process::start(command, self.log_of(n), Some(" is at https://localhost"))
    }

    fn contained(&self, vars: &Vars, program: &[&str]) -> Command {
        let user = NOBODY.to_string();
        let tree = self.tree.path().display().to_string();
        let mut command = clean(&[]);
        command.args(vars.iter().map(|(name, value)| format!("{name}={value}")));
        command.args(["sh", "-ec", CONTAINED, "contained", &tree, &user]).args(program);
        command
    }

    fn log_of(&self, n: usize) -> PathBuf {
        self.secrets.dir.path().join(format!("server-{}.log", n + 1))
    }

    fn start_proxy(&self) -> Process {
        let mut words = service(&self.file, "proxy").words("command");
        for word in &mut words {
            *word = word.replace("/etc/allthrive/", &format!("{}/", root().join("deploy").display()));
        }
        let mut command = as_nobody(&["env"]);
        command.args(self.proxy_vars.iter().map(|(name, value)| format!("{name}={value}")));
        // Its image adds these two.
        command.args([words[0].as_str(), "-W", "-db"]).args(&words[1..]);
        Process::start(command, self.secrets.dir.path().join("proxy.log"), None)
    }

    /// What the health check of the proxy says.
    pub(crate) fn proxy_is_well(&self) -> bool {
        let check = service(&self.file, "proxy").health_check();
        let mut command = clean(&[&format!("PROXY_UP={}", self.proxy_vars["PROXY_UP"])]);
        command.args(check).output().unwrap().status.success()
    }

    /// What the health check of a server says, run where the server runs.
    pub(crate) fn health_check(&self, n: usize) -> bool {
        let check = service(&self.file, "server-1").health_check();
        let at = format!("127.0.0.1:{}", self.ports[n]);
        let words: Vec<_> = check.iter().map(String::as_str).chain(["--at", &at]).collect();
        self.contained(&Vars::new(), &words).output().unwrap().status.success()
    }

    /// Where people reach it.
    pub(crate) fn url(&self) -> String {
        format!("https://localhost:{}", self.public_port)
    }

    pub(crate) fn mail(&self) -> PathBuf {
        self.tree.path().join("data/mail")
    }

    pub(crate) fn node(&self, n: usize) -> &Process {
        self.nodes[n].as_ref().expect("it runs")
    }

    /// SIGTERM, and its end.
    pub(crate) async fn stop(&mut self, n: usize) -> ExitStatus {
        let node = self.nodes[n].take().expect("it runs");
        node.signal("TERM");
        node.end().await
    }

    /// Starts it again, and waits until the proxy sends people there.
    pub(crate) async fn start_again(&mut self, n: usize) {
        self.nodes[n] = Some(self.start_node(n));
    }

    /// How many requests the proxy has given a server, beside asking whether it takes any.
    pub(crate) fn requests_of(&self, n: usize) -> usize {
        let log = std::fs::read_to_string(self.log_of(n)).unwrap_or_default();
        log.lines().filter(|line| line.contains("\"http.path\":\"/api/")).count()
    }

    /// How many connections a server has taken.
    pub(crate) fn connections_of(&self, n: usize) -> usize {
        let log = std::fs::read_to_string(self.log_of(n)).unwrap_or_default();
        log.lines().filter(|line| line.contains("\"http.path\":\"/v1/ws\"") && line.contains("\"http.status\":101")).count()
    }

    /// The ends of all logs.
    pub(crate) fn logs(&self) -> String {
        let names = ["server-1.log", "server-2.log", "proxy.log"];
        let tail = |name: &str| {
            let log = std::fs::read_to_string(self.secrets.dir.path().join(name)).unwrap_or_default();
            let lines: Vec<_> = log.lines().collect();
            format!("{name}:\n{}\n", lines[lines.len().saturating_sub(25)..].join("\n"))
        };
        names.map(tail).concat()
    }
}

/// A certificate for localhost, believed by the clients of this process.
fn certify(dir: &Path) {
    let (key, chain) = (dir.join("key.pem"), dir.join("chain.pem"));
    let mut openssl = clean(&["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]);
    openssl.args(["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-addext", "basicConstraints=critical,CA:FALSE"]);
    run(openssl.arg("-keyout").arg(&key).arg("-out").arg(&chain));
    let both = std::fs::read_to_string(&chain).unwrap() + &std::fs::read_to_string(&key).unwrap();
    let pem = certificate(dir);
    std::fs::write(&pem, both).unwrap();
    give_away(&pem);
    tls::trust(&chain).unwrap();
}

async fn admin(server: &str, sql: &str) {
    let (client, connection) = tokio_postgres::connect(server, NoTls).await.expect("TEST_DATABASE_URL names a server that answers");
    actix_web::rt::spawn(connection);
    client.batch_execute(sql).await.expect("the role of TEST_DATABASE_URL may create and drop databases");
}
