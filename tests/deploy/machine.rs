//! What this machine lends a test: programs, ports, processes that end with it.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

/// Longest wait for what must come by itself.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Nobody on this machine; who runs the server in its image.
pub(crate) const NOBODY: u32 = 10001;

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Whether this test may become somebody else.
pub(crate) fn is_root() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    uids(&status).all(|uid| uid == 0)
}

/// The real, effective, saved and file system's user of a process, as its `status` has them.
pub(crate) fn uids(status: &str) -> impl Iterator<Item = u32> {
    let line = status.lines().find_map(|line| line.strip_prefix("Uid:")).unwrap();
    line.split_whitespace().map(|uid| uid.parse().unwrap())
}

/// Gives it to [`NOBODY`], if that can be done.
pub(crate) fn give_away(path: &Path) {
    if is_root() {
        chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
    }
}

/// Lets [`NOBODY`] in, and nobody else.
pub(crate) fn open_to_nobody(directory: &Path) {
    if is_root() {
        chown(directory, None, Some(NOBODY)).unwrap();
        std::fs::set_permissions(directory, std::fs::Permissions::from_mode(0o750)).unwrap();
    }
}

/// A program, run as [`NOBODY`] if that can be done, with nothing in its environment but this. Debian keeps
/// some programs out of the path of those who are not root.
pub(crate) fn as_nobody(arguments: &[&str]) -> Command {
    let who = NOBODY.to_string();
    let mut command = match is_root() {
        true => clean(&["setpriv", "--reuid", &who, "--regid", &who, "--clear-groups", "--"]),
        false => clean(&["env"]),
    };
    command.args(arguments);
    command
}

/// A program with nothing in its environment but the path.
pub(crate) fn clean(arguments: &[&str]) -> Command {
    let mut command = Command::new("env");
    let path = format!("PATH={}:/usr/sbin:/sbin", std::env::var("PATH").unwrap());
    command.env_clear().arg("-i").arg(path).args(arguments).stdin(Stdio::null());
    command
}

/// The output of a program that must end well.
#[track_caller]
pub(crate) fn run(command: &mut Command) -> String {
    let Output { status, stdout, stderr } = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = String::from_utf8(stdout).unwrap();
    assert!(status.success(), "{command:?}: {status}\n{said}\n{}", String::from_utf8_lossy(&stderr));
    said
}

/// Below the ports the kernel gives to outgoing connections; no port twice in this process.
pub(crate) fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = u16::try_from(std::process::id() % 7_000).unwrap();
    std::iter::repeat_with(|| 20_000 + (start + NEXT.fetch_add(1, Ordering::Relaxed)) % 12_000)
        .take(1_000)
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .expect("one of a thousand ports is free")
}

/// A process that ends with the test, and what it says on its standard error.
pub(crate) struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts it; with a line to wait for, waits until it has said it on its standard output.
    #[track_caller]
    pub(crate) fn start(mut command: Command, log: PathBuf, says: Option<&str>) -> Self {
        let errors = std::fs::File::options().create(true).append(true).open(&log).unwrap();
        let mut child = command.stdout(Stdio::piped()).stderr(errors).spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let process = Self { child, log };
        if let Some(says) = says {
            assert!(lines.any(|line| line.contains(says)), "{command:?} did not start:\n{}", process.log());
        }
        // What it says later must find a reader, or it would stand still.
        std::thread::spawn(move || lines.for_each(drop));
        process
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, name: &str) {
        run(&mut clean(&["sh", "-c", &format!("kill -s {name} {}", self.id())]));
    }

    /// Waits for its end on another thread, so that this one can go on meanwhile.
    pub(crate) async fn end(mut self) -> ExitStatus {
        let mut child = std::mem::replace(&mut self.child, Command::new("true").spawn().unwrap());
        actix_web::rt::task::spawn_blocking(move || child.wait().unwrap()).await.unwrap()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Ended already if all went well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Asks again and again until it is so.
#[track_caller]
pub(crate) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < end, "not within {PATIENCE:?}: {what}");
        std::thread::sleep(Duration::from_millis(30));
    }
}
