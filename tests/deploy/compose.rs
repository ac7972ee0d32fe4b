//! What `docker-compose.yml` promises.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use allthrive::config::{Mode, Settings, Sources};
use serde_json::Value;

use super::machine::{clean, root, run};
use super::settings::{Secrets, Service, Vars, certificate, read, script, service, services};

const SERVERS: [&str; 2] = ["server-1", "server-2"];

fn cluster() -> (Secrets, Value) {
    let secrets = Secrets::make("https://chat.example.org");
    let file = read(&secrets.vars).unwrap();
    (secrets, file)
}

#[test]
fn without_any_of_its_secrets_the_cluster_is_refused_by_its_name() {
    let (secrets, _) = cluster();
    assert!(secrets.vars.len() >= 10, "{:?}", secrets.vars.keys());
    for (n, missing) in secrets.vars.keys().enumerate() {
        // Empty is as bad as absent.
        let vars = if n % 2 == 0 { without(&secrets.vars, missing) } else { with(&secrets.vars, missing, "") };
        let refused = read(&vars).expect_err(missing);
        assert!(refused.contains(&format!("{missing} is missing")), "{missing}: {refused}");
    }
}

fn without(vars: &Vars, name: &str) -> Vars {
    vars.iter().filter(|(other, _)| *other != name).map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn with(vars: &Vars, name: &str, value: &str) -> Vars {
    let mut vars = vars.clone();
    vars.insert(name.to_owned(), value.to_owned());
    vars
}

#[test]
fn secrets_are_made_once_are_different_and_are_their_owners_alone() {
    let secrets = Secrets::make("https://chat.example.org");
    let made = secrets.vars.iter().filter(|(name, _)| name.ends_with("_KEY") || name.ends_with("_PASSWORD"));
    let different: BTreeSet<_> = made.clone().map(|(_, value)| value).collect();
    assert_eq!(different.len(), made.count());
    let file = secrets.dir.path().join("env");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let before = std::fs::read(&file).unwrap();
    let again = script("secrets", &["https://x.example.org", "/tls.pem", &file.display().to_string()]).output().unwrap();
    assert!(!again.status.success() && String::from_utf8_lossy(&again.stderr).contains("is there already"));
    assert_eq!(std::fs::read(&file).unwrap(), before);
    assert_eq!(std::fs::read_dir(secrets.dir.path()).unwrap().count(), 1, "no draft is left");
}

#[test]
fn every_setting_of_a_server_is_a_known_one_and_both_have_the_same() {
    let (secrets, file) = cluster();
    let [first, second] = SERVERS.map(|name| service(&file, name).environment());
    assert_eq!(first, second);
    let settings = Settings::load(&Sources { file: None, vars: first.into_iter().collect() }).unwrap();
    assert_eq!(settings.server.mode, Mode::Production);
    assert!(settings.server.listen.ip().is_unspecified(), "the proxy is on another machine");
    assert!(settings.keys.access.previous.is_none());
    let mut vars = with(&secrets.vars, "ALLTHRIVE_ACCESS_KEY_PREVIOUS", &secrets.vars["ALLTHRIVE_CSRF_KEY"]);
    vars.insert("ALLTHRIVE_REFRESH_KEY_PREVIOUS".into(), secrets.vars["ALLTHRIVE_CSRF_KEY"].clone());
    let file = read(&vars).unwrap();
    let changed = Settings::load(&Sources { file: None, vars: service(&file, "server-1").environment().into_iter().collect() }).unwrap();
    assert!(changed.keys.access.previous.is_some() && changed.keys.refresh.previous.is_some());
}

#[test]
fn what_one_service_says_of_another_is_so() {
    let (secrets, file) = cluster();
    let server = service(&file, "server-1").environment();
    let port = server["ALLTHRIVE__SERVER__LISTEN"].rsplit_once(':').unwrap().1;
    let proxy = service(&file, "proxy").environment();
    let named: BTreeSet<_> = proxy.iter().filter(|(name, _)| name.starts_with("PROXY_SERVER_")).map(|(_, at)| at.clone()).collect();
    assert_eq!(named, SERVERS.map(|name| format!("{name}:{port}")).into());
    assert_eq!(proxy["PROXY_PUBLIC_URL"], server["ALLTHRIVE__SERVER__PUBLIC_URL"]);
    // What is published is what the proxy listens at, and nothing but the proxy is published.
    let heard = ["PROXY_HTTPS", "PROXY_HTTP"].map(|name| proxy[name].trim_start_matches(':').to_owned());
    let open = services(&file).filter(|service| !service.value["ports"].is_null()).map(|service| service.name);
    assert_eq!(open.collect::<Vec<_>>(), ["proxy"]);
    assert_eq!(published(&file), ["443", "80"].into_iter().map(str::to_owned).zip(heard).collect::<Vec<_>>());
    // One password at both ends.
    let postgres = service(&file, "postgres").environment();
    let url = format!(
        "postgres://{}:{}@postgres:5432/{}",
        postgres["POSTGRES_USER"], secrets.vars["ALLTHRIVE_DATABASE_PASSWORD"], postgres["POSTGRES_DB"]
    );
    assert_eq!(server["ALLTHRIVE__DATABASE__URL"], url);
    let redis = &secrets.vars["ALLTHRIVE_REDIS_PASSWORD"];
    assert_eq!(server["ALLTHRIVE__REDIS__URL"], format!("redis://default:{redis}@redis:6379"));
    assert_eq!(service(&file, "redis").environment()["ALLTHRIVE_REDIS_PASSWORD"], *redis);
    assert_eq!(postgres["POSTGRES_PASSWORD"], secrets.vars["ALLTHRIVE_DATABASE_PASSWORD"]);
    // What the servers call is on a network with them, and from that one nothing leads out.
    for name in ["postgres", "redis"] {
        assert_eq!(networks(&service(&file, name)), ["back"].map(str::to_owned).into());
    }
    assert_eq!(file["networks"]["back"]["internal"], true);
    assert_eq!(networks(&service(&file, "proxy")), ["front"].map(str::to_owned).into());
    assert_eq!(networks(&service(&file, "server-1")), ["back", "front"].map(str::to_owned).into());
}

fn published(file: &Value) -> Vec<(String, String)> {
    let ports = file["services"]["proxy"]["ports"].as_array().unwrap();
    let number = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut ports: Vec<_> = ports.iter().map(|port| (number(&port["published"]), number(&port["target"]))).collect();
    ports.sort();
    ports
}

fn networks(service: &Service<'_>) -> BTreeSet<String> {
    match &service.value["networks"] {
        Value::Array(names) => names.iter().map(|name| name.as_str().unwrap().to_owned()).collect(),
        names => names.as_object().unwrap().keys().cloned().collect(),
    }
}

#[test]
fn what_is_mounted_is_there_and_cannot_be_written() {
    let (secrets, file) = cluster();
    let all: Vec<_> = services(&file).flat_map(|service| service.mounts()).collect();
    assert!(all.len() >= 3, "{all:?}");
    for (from, to, mode) in all {
        assert!(from.is_file() || from == certificate(secrets.dir.path()), "{} is not there", from.display());
        assert_eq!(mode, "ro", "{to}");
    }
    // The files are mounted where the commands look for them.
    for (name, wanted) in [("proxy", "haproxy.cfg"), ("redis", "redis.conf")] {
        let service = service(&file, name);
        let mounted = service.mounts().into_iter().find(|(from, ..)| from.ends_with(format!("deploy/{wanted}"))).unwrap();
        assert!(service.words("command").iter().any(|word| word.contains(&mounted.1)), "{name} does not read {}", mounted.1);
    }
    let proxy = service(&file, "proxy");
    assert!(proxy.mounts().iter().any(|(_, to, _)| *to == proxy.environment()["PROXY_CERTIFICATE"]));
}

#[test]
fn nobody_has_more_rights_than_needed_and_everybody_is_watched_and_comes_back() {
    let (_, file) = cluster();
    assert_eq!(services(&file).count(), 5);
    for service in services(&file) {
        let (name, value) = (service.name, service.value);
        assert_eq!(value["read_only"], true, "{name}");
        assert_eq!(value["cap_drop"], serde_json::json!(["ALL"]), "{name}");
        assert_eq!(value["security_opt"], serde_json::json!(["no-new-privileges:true"]), "{name}");
        assert!(value["user"].as_str().is_some_and(|user| !user.starts_with("root") && !user.starts_with('0')), "{name}");
        assert!(value["privileged"].is_null() && value["cap_add"].is_null() && value["network_mode"].is_null(), "{name}");
        assert_eq!(value["restart"], "unless-stopped", "{name}");
        assert!(!service.health_check().is_empty());
        assert!(seconds(&value["stop_grace_period"]) > Duration::from_secs(10), "{name}: {}", value["stop_grace_period"]);
        let image = value["image"].as_str().unwrap();
        assert!(!image.contains('/'), "{image} names a host");
    }
}

/// `15s`, `1m`, `1m30s`.
fn seconds(value: &Value) -> Duration {
    let mut sum = Duration::ZERO;
    for part in value.as_str().unwrap().split_inclusive(char::is_alphabetic) {
        let (number, unit) = part.split_at(part.len() - 1);
        let unit = match unit {
            "s" => 1,
            "m" => 60,
            other => panic!("{other} in {value}"),
        };
        sum += Duration::from_secs(number.parse::<u64>().unwrap() * unit);
    }
    sum
}

#[test]
fn the_dockerfile_builds_by_the_script_on_this_version_of_rust_and_takes_no_secret_along() {
    let text = std::fs::read_to_string(root().join("Dockerfile")).unwrap();
    let lines: Vec<_> = text.lines().filter(|line| !line.starts_with('#')).collect();
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let version = manifest.lines().find_map(|line| line.strip_prefix("rust-version = ")).unwrap().trim_matches('"');
    assert!(lines[0].starts_with(&format!("FROM rust:{version}-")), "{}", lines[0]);
    assert!(lines.contains(&"RUN scripts/image /image"));
    assert!(lines.contains(&"USER 10001:10001"));
    let ignored = std::fs::read_to_string(root().join(".dockerignore")).unwrap();
    let mut kept = ignored.lines().filter(|line| !line.starts_with('#'));
    assert_eq!(kept.next(), Some("*"), "what is not named stays here");
    let kept: BTreeSet<_> = kept.map(|line| line.strip_prefix('!').unwrap()).collect();
    // Every crate of the workspace, and what is compiled into it.
    let members = manifest.lines().find_map(|line| line.strip_prefix("members = ")).unwrap();
    let crates = members.trim_matches(['[', ']']).split(", ").map(|member| member.trim_matches('"')).filter(|member| *member != ".");
    for needed in crates.chain(["src", "static", "migrations", "scripts", "Cargo.toml", "Cargo.lock"]) {
        assert!(kept.contains(needed), "{needed} is missing in the image's build");
    }
    for name in kept {
        assert!(name == ".cargo" || root().join(name).exists(), "{name} is not there any more");
    }
    let secrets = run(clean(&["git", "check-ignore", ".env"]).current_dir(root()));
    assert_eq!(secrets.trim(), ".env");
}
