//! The rules of the house that no compiler holds: which crate may know which, where a database may be
//! named, and what must not stand in a file.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// `protocol ← domain ← store ← actors ← src`, `client → protocol`, `loadtest → client, protocol`.
/// The root package may use them all.
const MAY_USE: [(&str, &[&str]); 6] = [
    ("allthrive-protocol", &[]),
    ("allthrive-domain", &["allthrive-protocol"]),
    ("allthrive-store", &["allthrive-protocol", "allthrive-domain"]),
    ("allthrive-actors", &["allthrive-protocol", "allthrive-domain", "allthrive-store"]),
    ("allthrive-client", &["allthrive-protocol"]),
    ("allthrive-load", &["allthrive-protocol", "allthrive-client"]),
];

/// Crates that belong to one crate of the house, and the places in its sources that may name them.
const BELONGS: [(&str, &str, &[&str]); 6] = [
    ("actix-web-actors", "allthrive-actors", &["actors/src/session"]),
    ("rusqlite", "allthrive-store", &["store/src/engine", "store/src/migrate"]),
    ("tokio-postgres", "allthrive-store", &["store/src/engine", "store/src/migrate"]),
    ("deadpool-postgres", "allthrive-store", &["store/src/engine", "store/src/migrate"]),
    // Elsewhere it is the name of a section of the settings.
    ("redis", "allthrive-actors", &["actors/src/bus", "src/config", "src/startup.rs"]),
    ("refinery", "allthrive-store", &["store/src/engine", "store/src/migrate"]),
];

/// What the wire is made of: plain data has no use for more. `schemars` describes it, in tests alone: nobody else asks
/// for that feature.
const WIRE_IS_MADE_OF: [&str; 4] = ["serde", "serde_json", "uuid", "schemars"];

/// A dependency as a `Cargo.toml` states it.
struct Dependency {
    of: String,
    on: String,
    in_tests_only: bool,
}

fn dependencies() -> Vec<Dependency> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1", "--manifest-path"])
        .arg(root().join("Cargo.toml"))
        .output()
        .expect("cargo ran this test");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo writes JSON");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    list(&metadata["packages"])
        .iter()
        .flat_map(|package| {
            let of = text(&package["name"]);
            list(&package["dependencies"]).into_iter().map(move |dependency| Dependency {
                of: of.clone(),
                on: text(&dependency["name"]),
                in_tests_only: dependency["kind"] == "dev",
            })
        })
        .collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file of the project by its path from the root: what is built, fetched or kept at run time is not of it.
fn files() -> Vec<(String, PathBuf)> {
    const OUTSIDE: [&str; 6] = [".git", "target", "node_modules", "data", "test-results", ".test"];
    let mut found = Vec::new();
    let mut open = vec![root().to_owned()];
    while let Some(directory) = open.pop() {
        for entry in std::fs::read_dir(&directory).expect("the project can be read").flatten() {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            if OUTSIDE.contains(&name.as_str()) {
                continue;
            }
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                open.push(path);
            } else {
                let name = path.strip_prefix(root()).expect("it was found under the root").to_string_lossy().into_owned();
                found.push((name, path));
            }
        }
    }
    found.sort();
    found
}

/// The lines of all text files whose path is `wanted`, as `path:line: text`; this file speaks of what it forbids.
fn lines(wanted: impl Fn(&str) -> bool) -> Vec<(String, String)> {
    files()
        .into_iter()
        .filter(|(name, _)| name != "tests/house.rs" && wanted(name))
        .filter_map(|(name, path)| Some((name, std::fs::read_to_string(path).ok()?)))
        .flat_map(|(name, text)| {
            let places = text.lines().enumerate().map(|(n, line)| (format!("{name}:{}", n + 1), line.to_owned()));
            places.collect::<Vec<_>>()
        })
        .collect()
}

fn is_rust(name: &str) -> bool {
    name.ends_with(".rs")
}

#[test]
fn no_arrow_between_the_crates_points_back() {
    for dependency in dependencies().iter().filter(|d| d.on.starts_with("allthrive")) {
        // Tests may play a client, and may take their own crate with its faults on.
        let of_a_test = dependency.in_tests_only && (dependency.on == "allthrive-load" || dependency.on == dependency.of);
        if dependency.of == "allthrive" || of_a_test {
            continue;
        }
        let (_, allowed) = MAY_USE
            .iter()
            .find(|(of, _)| *of == dependency.of)
            .unwrap_or_else(|| panic!("say in MAY_USE what the crate {} may use", dependency.of));
        assert!(allowed.contains(&dependency.on.as_str()), "{} may not use {}", dependency.of, dependency.on);
    }
}

#[test]
fn a_crate_with_one_place_is_used_by_its_owner_alone() {
    let all = dependencies();
    for (name, owner, _) in BELONGS {
        // The tests of the whole make fresh databases for themselves.
        let users: BTreeSet<_> = all.iter().filter(|d| d.on == name && !d.in_tests_only).map(|d| d.of.as_str()).collect();
        assert_eq!(users, BTreeSet::from([owner]), "{name}");
    }
}

#[test]
fn a_crate_with_one_place_is_named_in_that_place_alone() {
    let of_the_house = |name: &str| is_rust(name) && (name.starts_with("src/") || name.contains("/src/"));
    let mut wrong = Vec::new();
    for (place, line) in lines(of_the_house) {
        for (name, _, homes) in BELONGS {
            let named = line.contains(&name.replace('-', "_")) && !line.trim_start().starts_with("//");
            if named && !homes.iter().any(|home| place.starts_with(home)) {
                wrong.push(format!("{place}: {name} belongs in {}", homes.join(", ")));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn the_wire_is_plain_data() {
    for dependency in dependencies().iter().filter(|d| d.of == "allthrive-protocol" && !d.in_tests_only) {
        assert!(WIRE_IS_MADE_OF.contains(&dependency.on.as_str()), "the wire has no use for {}", dependency.on);
    }
}

#[test]
fn no_test_is_left_out_and_no_place_left_empty() {
    const EMPTY: [&str; 4] = ["#[ignore", "todo!(", "unimplemented!(", ".only("];
    let sources = |name: &str| is_rust(name) || (name.starts_with("e2e/") && (name.ends_with("js") || name.ends_with("ts")));
    let wrong: Vec<_> = lines(sources)
        .into_iter()
        .filter(|(_, line)| EMPTY.iter().any(|word| line.contains(word)))
        .map(|(place, line)| format!("{place}: {line}"))
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Where packages come from is the machine's affair: a mirror must work without a change here.
/// `Cargo.lock` has cargo's own name of its default registry, whichever mirror serves it.
#[test]
fn no_file_names_a_registry_host() {
    const HOSTS: [&str; 7] = [
        "index.crates.io",
        "static.crates.io",
        "registry.npmjs.org",
        "registry.yarnpkg.com",
        "registry.npmmirror.com",
        "deb.debian.org",
        "pypi.org",
    ];
    let wrong: Vec<_> = lines(|name| name != "Cargo.lock")
        .into_iter()
        .filter(|(_, line)| HOSTS.iter().any(|host| line.contains(host)) || line.contains("\"resolved\": \"http"))
        .map(|(place, _)| place)
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
