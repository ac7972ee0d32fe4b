//! The settings: defaults that run, then a file, then the environment. One struct per section.
//!
//! - [`server`], [`database`], [`redis`], [`limits`], [`quiz`], [`mail`], [`log`], [`dev`]: a section each
//! - [`secrets`]: the keys as they are written; [`keys`]: the keys as they are used
//! - [`fields`]: what a section takes, so that every unknown key is named
//!
//! *A new key*: a field with its default in the section's struct, its line in `config.sample.toml`.

pub mod database;
pub mod dev;
mod fields;
pub mod keys;
pub mod limits;
pub mod log;
pub mod mail;
pub mod quiz;
pub mod redis;
pub mod secrets;
pub mod server;

use std::path::{Path, PathBuf};

use figment::Figment;
use figment::providers::{Format, Serialized, Toml};
use figment::value::{Dict, Value};
use serde::Deserialize;
use thiserror::Error;

pub use database::Database;
pub use dev::Dev;
pub use keys::Keys;
pub use limits::Limits;
pub use log::{Log, LogFormat};
pub use mail::Mail;
pub use quiz::Quiz;
pub use redis::Redis;
pub use secrets::Secrets;
pub use server::{Mode, Server};

/// What stands before every variable of ours; `__` separates section and key.
const PREFIX: &str = "ALLTHRIVE__";

/// Why the server does not start. Each sentence says what to change.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file named by `--config` is not there or cannot be read.
    #[error("The file of settings {path} cannot be read: {source}")]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Keys that no section has, all of them.
    #[error("Unknown settings: {}. config.sample.toml lists those there are.", .0.join(", "))]
    Unknown(Vec<String>),
    /// A value of the wrong type or the wrong shape.
    #[error("The settings cannot be used: {0}")]
    Unfit(String),
    /// Several things are wrong or missing; each is named.
    #[error("The server does not start:\n{}", .0.iter().map(|line| format!("  - {line}")).collect::<Vec<_>>().join("\n"))]
    Refused(Vec<String>),
    /// `keys.toml` of local mode.
    #[error(transparent)]
    Keys(#[from] keys::KeysError),
}

/// Where settings come from.
#[derive(Debug, Default)]
pub struct Sources {
    /// A TOML file.
    pub file: Option<PathBuf>,
    /// The environment.
    pub vars: Vec<(String, String)>,
}

impl Sources {
    /// The process's environment, and the file if one is named. Variables that are not UTF-8 are not ours.
    #[must_use]
    pub fn of_process(file: Option<PathBuf>) -> Self {
        let vars = std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        Self { file, vars: vars.collect() }
    }
}

/// Everything that can be set, as it is written.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Written {
    server: Server,
    database: Database,
    redis: Redis,
    secrets: Secrets,
    limits: Limits,
    quiz: Quiz,
    mail: Mail,
    log: Log,
    dev: Dev,
}

/// Everything that is set, checked.
#[derive(Debug)]
pub struct Settings {
    /// Where it listens and who it is.
    pub server: Server,
    /// Where it keeps things.
    pub database: Database,
    /// How the nodes of a cluster tell each other what happens.
    pub redis: Redis,
    /// The keys.
    pub keys: Keys,
    /// How often is too often.
    pub limits: Limits,
    /// What quizzes may hold.
    pub quiz: Quiz,
    /// Where mail goes.
    pub mail: Mail,
    /// What it says about itself.
    pub log: Log,
    /// What is only for those who work on it.
    pub dev: Dev,
}

impl Settings {
    /// Reads and checks the settings; in local mode makes the keys on the first start.
    ///
    /// # Errors
    /// Names everything that is wrong, so that one look is enough.
    pub fn load(sources: &Sources) -> Result<Self, ConfigError> {
        Self::load_with(sources, keys::complete)
    }

    /// As [`Self::load`], for what looks into a server's data: where there are no keys none are made.
    ///
    /// # Errors
    /// As [`Self::load`], and if the keys are not there.
    pub fn load_existing(sources: &Sources) -> Result<Self, ConfigError> {
        Self::load_with(sources, keys::found)
    }

    fn load_with(sources: &Sources, local_keys: fn(Secrets, &Path) -> Result<Secrets, keys::KeysError>) -> Result<Self, ConfigError> {
        let written = read(sources)?;
        let mut wrong = written.server.faults();
        wrong.extend(written.database.faults());
        wrong.extend(written.redis.faults(&written.database));
        wrong.extend(written.limits.faults());
        wrong.extend(written.quiz.faults());
        wrong.extend(written.log.faults());
        wrong.extend(written.dev.faults(written.server.mode));
        if written.server.mode == Mode::Production {
            wrong.extend(written.secrets.missing());
        }
        wrong.extend(written.secrets.faults());
        if !wrong.is_empty() {
            return Err(ConfigError::Refused(wrong));
        }
        let secrets = match written.server.mode {
            Mode::Production => written.secrets,
            Mode::Local => local_keys(written.secrets, &written.server.data_dir)?,
        };
        let Written { server, database, redis, limits, quiz, mail, log, dev, .. } = written;
        Ok(Self { server, database, redis, keys: Keys::from_secrets(&secrets)?, limits, quiz, mail, log, dev })
    }

    /// Where mail is written.
    #[must_use]
    pub fn mail_directory(&self) -> PathBuf {
        self.mail.directory.clone().unwrap_or_else(|| self.server.data_dir.join("mail"))
    }
}

fn read(sources: &Sources) -> Result<Written, ConfigError> {
    let mut figment = Figment::new();
    if let Some(path) = &sources.file {
        figment = figment.merge(Toml::string(&file_text(path)?));
    }
    figment = figment.merge(Serialized::globals(from_vars(&sources.vars)));
    let tree: Dict = figment.extract().map_err(|error| ConfigError::Unfit(error.to_string()))?;
    let unknown = unknown(&tree);
    if !unknown.is_empty() {
        return Err(ConfigError::Unknown(unknown));
    }
    figment.extract().map_err(|error| ConfigError::Unfit(error.to_string()))
}

fn file_text(path: &Path) -> Result<String, ConfigError> {
    std::fs::read_to_string(path).map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })
}

/// `ALLTHRIVE__SECTION__KEY`, which outweighs `DATABASE_URL` and `REDIS_URL`. An empty secret is one that is
/// not given: that is how a compose file or a chart writes an optional one.
fn from_vars(vars: &[(String, String)]) -> Dict {
    let mut tree = Dict::new();
    let mut set = |section: String, key: String, value: Value| match tree.entry(section).or_insert_with(|| Value::from(Dict::new())) {
        Value::Dict(_, keys) => {
            keys.insert(key, value);
        }
        _ => unreachable!("every section is made as a table just above"),
    };
    for (section, variable) in [("database", "DATABASE_URL"), ("redis", "REDIS_URL")] {
        for (_, url) in vars.iter().filter(|(name, url)| name == variable && !url.is_empty()) {
            set(section.to_owned(), "url".to_owned(), Value::from(url.as_str()));
        }
    }
    for (name, value) in vars {
        let Some(rest) = name.strip_prefix(PREFIX) else { continue };
        let (section, key) = rest.split_once("__").unwrap_or((rest, ""));
        if section.eq_ignore_ascii_case("secrets") && value.is_empty() {
            continue;
        }
        set(section.to_lowercase(), key.to_lowercase(), text_or_number(value));
    }
    tree
}

/// Numbers and truths are what they look like; everything else is text as it stands.
fn text_or_number(value: &str) -> Value {
    if let Ok(number) = value.parse::<u64>() {
        return Value::from(number);
    }
    match value {
        "true" => Value::from(true),
        "false" => Value::from(false),
        text => Value::from(text),
    }
}

fn unknown(tree: &Dict) -> Vec<String> {
    let mut names = Vec::new();
    for (section, value) in tree {
        let Some(known) = section_fields(section) else {
            names.push(section.clone());
            continue;
        };
        let Value::Dict(_, keys) = value else { continue };
        names.extend(keys.keys().filter(|key| !known.contains(&key.as_str())).map(|key| format!("{section}.{key}")));
    }
    names
}

/// The keys of a section, if there is such a section.
fn section_fields(section: &str) -> Option<&'static [&'static str]> {
    match section {
        "server" => Some(fields::of::<Server>()),
        "database" => Some(fields::of::<Database>()),
        "redis" => Some(fields::of::<Redis>()),
        "secrets" => Some(fields::of::<Secrets>()),
        "limits" => Some(fields::of::<Limits>()),
        "quiz" => Some(fields::of::<Quiz>()),
        "mail" => Some(fields::of::<Mail>()),
        "log" => Some(fields::of::<Log>()),
        "dev" => Some(fields::of::<Dev>()),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
