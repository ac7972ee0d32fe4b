//! What the settings promise.

use allthrive_actors::bus::Kind;
use secrecy::ExposeSecret as _;

use super::*;

const SAMPLE: &str = include_str!("../../config.sample.toml");

fn vars(pairs: &[(&str, &str)]) -> Sources {
    Sources { file: None, vars: pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect() }
}

fn load_in_tempdir(pairs: &[(&str, &str)]) -> Result<Settings, ConfigError> {
    let dir = tempfile::tempdir().unwrap();
    let mut sources = vars(pairs);
    sources.vars.push(("ALLTHRIVE__SERVER__DATA_DIR".to_owned(), dir.path().display().to_string()));
    Settings::load(&sources)
}

fn refusal(pairs: &[(&str, &str)]) -> String {
    load_in_tempdir(pairs).unwrap_err().to_string()
}

#[test]
fn the_sample_says_the_defaults() {
    let sample: Written = toml::from_str(SAMPLE).unwrap();
    let default = Written::default();
    assert_eq!(sample.server, default.server);
    assert_eq!(sample.limits, default.limits);
    assert_eq!(sample.quiz, default.quiz);
    assert_eq!(sample.mail, default.mail);
    assert_eq!(sample.log, default.log);
    assert_eq!(sample.dev, default.dev);
    assert_eq!(format!("{:?}", sample.database), format!("{:?}", default.database));
    assert!(sample.redis.url.is_none() && default.redis.url.is_none());
    assert!(sample.secrets.named().iter().all(|(_, key)| key.is_none()));
}

#[test]
fn the_sample_names_every_key_and_no_other() {
    let sections = fields::of::<Written>();
    let mut section = "";
    let mut found: Vec<(String, String)> = Vec::new();
    for line in SAMPLE.lines() {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = name;
        }
        let Some((key, _)) = line.trim_start_matches("#").split_once(" = ") else { continue };
        if key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_') {
            found.push((section.to_owned(), key.to_owned()));
        }
    }
    let expected = sections.iter().flat_map(|section| section_fields(section).unwrap().iter().map(move |key| (*section, *key)));
    let mut expected: Vec<_> = expected.map(|(section, key)| (section.to_owned(), key.to_owned())).collect();
    expected.sort();
    found.sort();
    assert_eq!(found, expected);
}

#[test]
fn the_defaults_run() {
    let settings = load_in_tempdir(&[]).unwrap();
    assert_eq!(settings.server.listen.to_string(), "127.0.0.1:8080");
    assert!(settings.database.url.is_none());
}

#[test]
fn the_environment_outweighs_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("settings.toml");
    std::fs::write(&file, "[server]\nlisten = \"127.0.0.1:9000\"\nworkers = 3\n[limits]\nmail_per_hour = 7\n").unwrap();
    let data_dir = dir.path().display().to_string();
    let mut sources = vars(&[("ALLTHRIVE__SERVER__LISTEN", "127.0.0.1:9001"), ("ALLTHRIVE__SERVER__DATA_DIR", &data_dir)]);
    sources.file = Some(file);
    let settings = Settings::load(&sources).unwrap();
    assert_eq!(settings.server.listen.port(), 9001);
    assert_eq!((settings.server.workers, settings.limits.mail_per_hour), (3, 7));
}

#[test]
fn trusted_proxies_are_a_list_in_the_file_and_separated_by_commas_in_the_environment() {
    let settings = load_in_tempdir(&[("ALLTHRIVE__SERVER__TRUSTED_PROXIES", "10.0.0.0/8, ::1,")]).unwrap();
    assert_eq!(settings.server.trusted_proxies, ["10.0.0.0/8", "::1"]);
    let listed: Written = toml::from_str("[server]\ntrusted_proxies = [\"10.0.0.0/8\", \"::1\"]").unwrap();
    assert_eq!(listed.server.trusted_proxies, settings.server.trusted_proxies);
    assert!(refusal(&[("ALLTHRIVE__SERVER__TRUSTED_PROXIES", "10.0.0.0/8, proxy")]).contains("server.trusted_proxies: \"proxy\""));
}

#[test]
fn database_url_is_understood_and_not_printed() {
    let settings = load_in_tempdir(&[("DATABASE_URL", "postgres://ana:geheim@localhost/thrive")]).unwrap();
    assert_eq!(settings.database.url.as_ref().unwrap().expose_secret(), "postgres://ana:geheim@localhost/thrive");
    assert!(!format!("{settings:?}").contains("geheim"));
}

#[test]
fn a_database_that_is_not_postgres_is_refused() {
    assert!(refusal(&[("DATABASE_URL", "mysql://localhost/thrive")]).contains("postgres://"));
}

#[test]
fn every_unknown_key_is_named() {
    let refused = refusal(&[
        ("ALLTHRIVE__SERVER__LISTN", "x"),
        ("ALLTHRIVE__LIMITS__MANY", "1"),
        ("ALLTHRIVE__QUIZ__PIN", "1"),
        ("ALLTHRIVE__QUIZZ__PIN", "1"),
    ]);
    for name in ["server.listn", "limits.many", "quiz.pin", "quizz"] {
        assert!(refused.contains(name), "{refused}");
    }
}

const POSTGRES: (&str, &str) = ("DATABASE_URL", "postgres://localhost/thrive");

#[test]
fn redis_is_understood_beside_postgres_and_not_printed() {
    let settings = load_in_tempdir(&[POSTGRES, ("REDIS_URL", "redis://ana:geheim@localhost:6379/")]).unwrap();
    let bus = settings.redis.bus(&settings.database);
    assert!(matches!(bus, Kind::Redis(_)));
    assert!(!format!("{settings:?}{bus:?}").contains("geheim"));
}

#[test]
fn certificates_for_redis_are_for_tls_and_are_certificates() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("ca.pem");
    let (path, tls) = (file.display().to_string(), "rediss://localhost:6379/");
    let refused = |url: &str| refusal(&[POSTGRES, ("REDIS_URL", url), ("ALLTHRIVE__REDIS__CA_FILE", &path)]);
    assert!(refused(tls).contains("redis.ca_file: "), "it is not there");
    std::fs::write(&file, "no certificate").unwrap();
    assert!(refused(tls).contains("redis.ca_file holds no certificates"));
    std::fs::write(&file, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap();
    assert!(refused(tls).contains("redis.ca_file holds no certificates"));
    assert!(refused("redis://localhost:6379/").contains("redis.ca_file is for a URL with rediss://"));
    assert!(refusal(&[POSTGRES, ("ALLTHRIVE__REDIS__CA_FILE", &path)]).contains("redis.ca_file is set, and redis.url"));
    assert!(refusal(&[POSTGRES, ("REDIS_URL", "rediss://localhost:6379/#insecure")]).contains("redis.url (or REDIS_URL)"));
}

#[test]
fn without_redis_others_are_looked_for_in_postgres_and_never_in_a_file() {
    let postgres = load_in_tempdir(&[POSTGRES]).unwrap();
    assert!(matches!(postgres.redis.bus(&postgres.database), Kind::Unheard));
    let file = load_in_tempdir(&[]).unwrap();
    assert!(matches!(file.redis.bus(&file.database), Kind::Alone));
}

#[test]
fn redis_beside_an_sqlite_file_is_refused() {
    let refused = refusal(&[("REDIS_URL", "redis://ana:geheim@localhost:6379/")]);
    assert!(refused.contains("redis.url (or REDIS_URL) is set, and the database is an SQLite file"), "{refused}");
    assert!(!refused.contains("geheim"));
}

#[test]
fn a_redis_that_is_none_is_refused_and_not_printed() {
    let refused = refusal(&[POSTGRES, ("REDIS_URL", "http://ana:geheim@localhost:6379/")]);
    assert!(refused.contains("redis.url (or REDIS_URL) must look like redis://"), "{refused}");
    assert!(!refused.contains("geheim"));
}

#[test]
fn production_names_every_missing_and_short_key() {
    let refused = refusal(&[
        ("ALLTHRIVE__SERVER__MODE", "production"),
        ("ALLTHRIVE__SERVER__PUBLIC_URL", "https://chat.example.org"),
        ("ALLTHRIVE__SECRETS__CSRF_KEY", "c2hvcnQ="),
    ]);
    for name in ["access_key", "refresh_key", "email_key", "email_index_key", "fingerprint_key", "audit_key"] {
        assert!(refused.contains(&format!("secrets.{name} is missing")), "{refused}");
    }
    assert!(refused.contains("secrets.csrf_key must be base64 of exactly 32 bytes"), "{refused}");
    assert!(!refused.contains("c2hvcnQ="));
}

#[test]
fn an_empty_secret_is_one_that_is_not_given() {
    let empty = [("ALLTHRIVE__SECRETS__ACCESS_KEY", ""), ("ALLTHRIVE__SECRETS__ACCESS_KEY_PREVIOUS", "")];
    assert!(load_in_tempdir(&empty).unwrap().keys.access.previous.is_none());
    let mut production = empty.to_vec();
    production.push(("ALLTHRIVE__SERVER__MODE", "production"));
    assert!(refusal(&production).contains("secrets.access_key is missing"));
}

#[test]
fn production_wants_https() {
    for url in [None, Some("http://chat.example.org")] {
        let mut pairs = vec![("ALLTHRIVE__SERVER__MODE", "production")];
        pairs.extend(url.map(|url| ("ALLTHRIVE__SERVER__PUBLIC_URL", url)));
        assert!(refusal(&pairs).contains("server.public_url must be given in production"));
    }
}

#[test]
fn the_echo_is_refused_by_name_in_production() {
    let production = ("ALLTHRIVE__SERVER__MODE", "production");
    assert!(refusal(&[production, ("ALLTHRIVE__DEV__ECHO", "true")]).contains("dev.echo is true"));
    assert!(!refusal(&[production, ("ALLTHRIVE__DEV__ECHO", "false")]).contains("dev.echo"));
    assert!(load_in_tempdir(&[("ALLTHRIVE__DEV__ECHO", "true")]).unwrap().dev.echo);
    for (bytes, fits) in [("0", false), ("1", true), ("16777216", true), ("16777217", false)] {
        assert_eq!(load_in_tempdir(&[("ALLTHRIVE__DEV__ECHO_MAX_BYTES", bytes)]).is_ok(), fits, "{bytes}");
    }
}

#[test]
fn local_mode_listens_at_loopback_only() {
    assert!(refusal(&[("ALLTHRIVE__SERVER__LISTEN", "0.0.0.0:8080")]).contains("loopback"));
}

#[test]
fn a_value_of_the_wrong_type_is_named() {
    assert!(refusal(&[("ALLTHRIVE__SERVER__WORKERS", "many")]).contains("workers"));
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let sources = Sources { file: Some("/nowhere/settings.toml".into()), vars: Vec::new() };
    assert!(Settings::load(&sources).unwrap_err().to_string().contains("/nowhere/settings.toml"));
}
