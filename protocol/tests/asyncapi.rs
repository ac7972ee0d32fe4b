//! The description of the wire is the one its types make, and both it and the reference name everything.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use std::collections::BTreeSet;
use std::path::PathBuf;

use allthrive_protocol::asyncapi::document;
use serde_json::Value;

fn file(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

fn text(path: &str) -> String {
    std::fs::read_to_string(file(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The messages of this kind: `command`, `ok`, `event`.
fn named(kind: &str) -> BTreeSet<String> {
    let document = document();
    let messages = document["components"]["messages"].as_object().unwrap();
    messages.keys().filter_map(|key| key.strip_prefix(&format!("{kind}."))).map(str::to_owned).collect()
}

#[test]
fn the_checked_in_description_is_the_one_that_the_types_make() {
    const COPY: &str = "static/asyncapi.json";
    let made = document();
    if std::env::var_os("RENEW").is_some() {
        std::fs::write(file(COPY), format!("{}\n", serde_json::to_string_pretty(&made).unwrap())).unwrap();
    }
    let kept: Value = serde_json::from_str(&std::fs::read_to_string(file(COPY)).unwrap_or_default()).unwrap_or_default();
    assert!(kept == made, "{COPY} is not what the types say any more. Renew it: RENEW=1 cargo test -p allthrive-protocol --test asyncapi");
}

#[test]
fn every_command_that_is_read_is_described() {
    let source = text("protocol/src/command/read.rs");
    let arms = source.lines().filter_map(|line| line.trim().strip_prefix('"')?.split_once("\" => Command::"));
    let read: BTreeSet<String> = arms.map(|(op, _)| op.to_owned()).collect();
    assert!(read.len() > 20, "the arms of read_one are not where this test looks");
    assert_eq!(named("command"), read);
    assert_eq!(named("ok"), read);
}

#[test]
fn every_event_says_whether_it_is_durable() {
    let document = document();
    for (key, message) in document["components"]["messages"].as_object().unwrap() {
        let Some(name) = key.strip_prefix("event.") else { continue };
        let summary = message["summary"].as_str().unwrap();
        assert!(summary.starts_with("Durable: ") || summary.starts_with("Volatile: "), "{name}: {summary}");
    }
    assert!(named("event").contains("message.new") && named("event").contains("reconnect"));
}

#[test]
fn every_reference_leads_somewhere() {
    fn follow(document: &Value, at: &Value) {
        match at {
            Value::Object(fields) => {
                if let Some(Value::String(to)) = fields.get("$ref") {
                    assert!(document.pointer(to.trim_start_matches('#')).is_some(), "{to}");
                }
                fields.values().for_each(|value| follow(document, value));
            }
            Value::Array(items) => items.iter().for_each(|value| follow(document, value)),
            _ => {}
        }
    }
    let document = document();
    follow(&document, &document);
}

#[test]
fn every_command_event_and_code_stands_in_the_reference() {
    let reference = text("docs/PROTOCOL.md");
    for name in named("command").iter().chain(&named("event")) {
        let stands = ["`", "{", " ", "("].iter().any(|end| reference.contains(&format!("`{name}{end}")));
        assert!(stands, "docs/PROTOCOL.md says nothing of `{name}`");
    }
    let document = document();
    let variants = document["components"]["schemas"]["Code"]["oneOf"].as_array().unwrap();
    for code in variants.iter().map(|variant| variant["const"].as_str().unwrap()) {
        assert!(reference.contains(code), "docs/PROTOCOL.md says nothing of the error {code}");
    }
    for close in document["channels"]["ws"]["x-close-codes"].as_array().unwrap() {
        assert!(reference.contains(&close["code"].to_string()), "docs/PROTOCOL.md says nothing of the close code {}", close["code"]);
    }
}
