//! `docker-compose.yml`, read by docker compose with the secrets that `scripts/secrets` makes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use super::machine::{clean, root, run};

/// Names and values.
pub(crate) type Vars = BTreeMap<String, String>;

/// Secrets of a new cluster, and where they are written.
pub(crate) struct Secrets {
    pub(crate) dir: TempDir,
    pub(crate) vars: Vars,
}

impl Secrets {
    /// As `scripts/secrets` makes them, for a cluster with this name and a certificate in its directory.
    pub(crate) fn make(public_url: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("env");
        run(&mut script("secrets", &[public_url, &certificate(dir.path()).display().to_string(), &file.display().to_string()]));
        let text = std::fs::read_to_string(file).unwrap();
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let vars = lines.map(|line| line.split_once('=').unwrap()).map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Self { dir, vars }
    }
}

/// Where the certificate of a cluster is, that has its things in this directory.
pub(crate) fn certificate(dir: &Path) -> PathBuf {
    dir.join("tls.pem")
}

/// A script of the project.
pub(crate) fn script(name: &str, arguments: &[&str]) -> Command {
    let path = root().join("scripts").join(name).display().to_string();
    let mut command = clean(&[&path]);
    command.args(arguments);
    command
}

/// What docker compose makes of the file with these variables, or what it says against it.
pub(crate) fn read(vars: &Vars) -> Result<Value, String> {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("env");
    std::fs::write(&file, vars.iter().map(|(name, value)| format!("{name}={value}\n")).collect::<String>()).unwrap();
    // Debian's, or the plugin of others.
    let has_own = clean(&["docker-compose", "version"]).output().is_ok_and(|output| output.status.success());
    let program: &[&str] = if has_own { &["docker-compose"] } else { &["docker", "compose"] };
    let mut command = clean(program);
    let output = command.current_dir(root()).arg("--env-file").arg(&file).args(["-f", "docker-compose.yml", "config"]).output().unwrap();
    if !output.status.success() {
        return Err(String::from_utf8(output.stderr).unwrap());
    }
    Ok(serde_yaml_ng::from_slice(&output.stdout).unwrap())
}

/// A service of the file.
pub(crate) struct Service<'a> {
    pub(crate) name: &'a str,
    pub(crate) value: &'a Value,
}

/// All of them.
pub(crate) fn services(file: &Value) -> impl Iterator<Item = Service<'_>> {
    file["services"].as_object().unwrap().iter().map(|(name, value)| Service { name, value })
}

/// The one of this name.
pub(crate) fn service<'a>(file: &'a Value, name: &'a str) -> Service<'a> {
    Service { name, value: &file["services"][name] }
}

impl Service<'_> {
    /// Its environment. A `$$` of the file is a `$`.
    pub(crate) fn environment(&self) -> Vars {
        let Some(vars) = self.value["environment"].as_object() else { return Vars::new() };
        vars.iter().map(|(name, value)| (name.clone(), plain(value))).collect()
    }

    /// A list of words.
    pub(crate) fn words(&self, key: &str) -> Vec<String> {
        self.value[key].as_array().unwrap().iter().map(plain).collect()
    }

    /// What is run to see whether it is well.
    pub(crate) fn health_check(&self) -> Vec<String> {
        let words: Vec<_> = self.value["healthcheck"]["test"].as_array().unwrap().iter().map(plain).collect();
        assert_eq!(words[0], "CMD", "{}: without a shell between", self.name);
        words[1..].to_vec()
    }

    /// Where on this machine, and where in the container, for each that is not a volume.
    pub(crate) fn mounts(&self) -> Vec<(PathBuf, String, String)> {
        let all = self.value["volumes"].as_array().cloned().unwrap_or_default();
        let parts = all.iter().map(|mount| match mount {
            Value::String(text) => {
                let parts: Vec<_> = text.split(':').collect();
                (parts[0].to_owned(), parts[1].to_owned(), (*parts.get(2).unwrap_or(&"rw")).to_owned())
            }
            long => {
                let mode = if long["read_only"] == true { "ro" } else { "rw" };
                (plain(&long["source"]), plain(&long["target"]), mode.to_owned())
            }
        });
        parts.filter(|(from, ..)| from.contains('/')).map(|(from, to, mode)| (PathBuf::from(from), to, mode)).collect()
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.replace("$$", "$"),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}
