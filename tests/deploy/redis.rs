//! Redis, started as `docker-compose.yml` starts it.

use serde_json::Value;

use super::machine::{NOBODY, Process, as_nobody, clean, free_port, give_away, is_root, open_to_nobody, root, run, uids, until};
use super::settings::{Secrets, read, service};

/// Starts it; only where things are is this machine's affair.
pub(crate) fn start(file: &Value, secrets: &Secrets, port: u16) -> Process {
    let redis = service(file, "redis");
    let data = secrets.dir.path().join("redis");
    std::fs::create_dir_all(&data).unwrap();
    give_away(&data);
    let here = root().join("deploy/redis.conf").display().to_string();
    let mut words = redis.words("command");
    let said = words.last_mut().unwrap();
    let here = format!("{here} --port {port} --bind 127.0.0.1 --dir {}", data.display());
    *said = said.replace("/etc/allthrive/redis.conf", &here);
    let mut command = as_nobody(&["env"]);
    command.args(redis.environment().iter().map(|(name, value)| format!("{name}={value}"))).args(&words);
    Process::start(command, secrets.dir.path().join("redis.log"), Some("Ready to accept connections"))
}

#[test]
fn redis_runs_by_its_file_of_settings_wants_the_password_and_keeps_nothing() {
    let secrets = Secrets::make("https://chat.example.org");
    open_to_nobody(secrets.dir.path());
    let file = read(&secrets.vars).unwrap();
    let redis = service(&file, "redis");
    let port = free_port();
    let process = start(&file, &secrets, port);

    if is_root() {
        let status = std::fs::read_to_string(format!("/proc/{}/status", process.id())).unwrap();
        assert!(uids(&status).all(|uid| uid == NOBODY));
    }
    let arguments = std::fs::read_to_string(format!("/proc/{}/cmdline", process.id())).unwrap();
    assert!(arguments.contains("redis"), "the shell has made way: {arguments}");
    assert!(!arguments.contains(&secrets.vars["ALLTHRIVE_REDIS_PASSWORD"]));

    let cli = |more: &[&str], password: &str| {
        let mut command = clean(&[&format!("REDISCLI_AUTH={password}"), "redis-cli", "-p", &port.to_string()]);
        run(command.args(more)).trim().to_owned()
    };
    assert!(cli(&["ping"], "").contains("NOAUTH"));
    let password = &secrets.vars["ALLTHRIVE_REDIS_PASSWORD"];
    for (key, value) in [("save", ""), ("appendonly", "no"), ("maxmemory", "268435456"), ("maxmemory-policy", "noeviction")] {
        assert_eq!(cli(&["config", "get", key], password), format!("{key}\n{value}").trim());
    }

    // Its health check, with this port.
    let mut check = redis.health_check();
    let said = check.last_mut().unwrap();
    *said = said.replace("redis-cli", &format!("redis-cli -p {port}"));
    let healthy = |password: &str| {
        let mut command = clean(&[&format!("ALLTHRIVE_REDIS_PASSWORD={password}")]);
        command.args(&check).status().unwrap().success()
    };
    until("redis is well", || healthy(password));
    assert!(!healthy("wrong"));
}
