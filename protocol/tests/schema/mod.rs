//! A small reader of JSON Schema (draft 07): the keywords that the description of the wire uses, and no others.
//!
//! A whole one would come with a crate that changes how the workspace reads numbers.

use std::sync::LazyLock;

use allthrive_protocol::asyncapi::document;
use serde_json::{Map, Value};
use uuid::Uuid;

static DOCUMENT: LazyLock<Value> = LazyLock::new(document);

/// Why this value is not what the schema of the message says: `command.read`, `ok.read`, `error`, `event.read`.
pub(crate) fn fault_of_message(key: &str, value: &Value) -> Option<String> {
    let message = &DOCUMENT["components"]["messages"][key];
    assert!(message.is_object(), "{key} is not described");
    fault(&message["payload"], value)
}

/// Why this value is not what the schema of the type says.
pub(crate) fn fault_of_type(name: &str, value: &Value) -> Option<String> {
    let schema = &DOCUMENT["components"]["schemas"][name];
    assert!(schema.is_object(), "{name} is not described");
    fault(schema, value)
}

/// The first keyword that the value does not keep.
///
/// # Panics
/// At a keyword that is not known here: nothing is passed unread.
pub(crate) fn fault(schema: &Value, value: &Value) -> Option<String> {
    let Value::Object(rules) = schema else {
        assert!(schema.is_boolean(), "no schema: {schema}");
        return (schema == &Value::Bool(false)).then(|| format!("nothing is allowed here: {value}"));
    };
    assert!(!rules.contains_key("$ref") || rules.len() == 1, "draft 07 reads nothing beside a $ref: {schema}");
    rules.iter().find_map(|(keyword, rule)| broken(rules, keyword, rule, value))
}

fn broken(rules: &Map<String, Value>, keyword: &str, rule: &Value, value: &Value) -> Option<String> {
    let ok = match keyword {
        "description" | "title" | "default" => true,
        "$ref" => {
            let to = rule.as_str().expect("a reference is a text");
            let schema = DOCUMENT.pointer(to.trim_start_matches('#'));
            return fault(schema.unwrap_or_else(|| panic!("{to} leads nowhere")), value).map(|why| format!("{to}: {why}"));
        }
        "allOf" => return every(rule).iter().find_map(|schema| fault(schema, value)),
        "anyOf" => every(rule).iter().any(|schema| fault(schema, value).is_none()),
        "oneOf" => every(rule).iter().filter(|schema| fault(schema, value).is_none()).count() == 1,
        "type" => match rule {
            Value::Array(types) => types.iter().any(|one| is_of(one, value)),
            one => is_of(one, value),
        },
        "const" => value == rule,
        "enum" => every(rule).contains(value),
        "minimum" => value.as_f64().is_none_or(|number| number >= limit(rule)),
        "maximum" => value.as_f64().is_none_or(|number| number <= limit(rule)),
        "minLength" => value.as_str().is_none_or(|text| characters(text) >= limit(rule)),
        "maxLength" => value.as_str().is_none_or(|text| characters(text) <= limit(rule)),
        "format" => is_formatted(rule, value),
        "pattern" => value.as_str().is_none_or(|text| matches(rule.as_str().expect("a pattern is a text"), text)),
        "minItems" => value.as_array().is_none_or(|items| count(items.len()) >= limit(rule)),
        "maxItems" => value.as_array().is_none_or(|items| count(items.len()) <= limit(rule)),
        "items" if rule.is_array() => {
            // A tuple: each in its place; how many there are is said by `minItems` and `maxItems`.
            let items = value.as_array().into_iter().flatten().zip(every(rule));
            return items.into_iter().find_map(|(item, rule)| fault(rule, item));
        }
        "items" => return value.as_array().and_then(|items| items.iter().find_map(|item| fault(rule, item))),
        "required" => {
            let absent = |name: &&Value| value.get(name.as_str().expect("a name is a text")).is_none();
            return every(rule).iter().find(|name| value.is_object() && absent(name)).map(|name| format!("{name} is not there: {value}"));
        }
        "properties" | "patternProperties" | "additionalProperties" => {
            let fields = value.as_object()?;
            return fields.iter().find_map(|(name, field)| of_field(rules, keyword, name, field).map(|why| format!("{name}: {why}")));
        }
        other => panic!("a keyword that this test cannot read: {other}"),
    };
    (!ok).then(|| format!("not {keyword} {rule}: {value}"))
}

/// What one of the three keywords about fields says of a field.
fn of_field(rules: &Map<String, Value>, keyword: &str, name: &str, field: &Value) -> Option<String> {
    let fields = |keyword: &str| rules.get(keyword).and_then(Value::as_object);
    let named = fields("properties").and_then(|schemas| schemas.get(name));
    let patterned = fields("patternProperties").and_then(|schemas| schemas.iter().find(|(pattern, _)| matches(pattern, name)));
    match keyword {
        "properties" => named.and_then(|schema| fault(schema, field)),
        "patternProperties" => patterned.and_then(|(_, schema)| fault(schema, field)),
        _ if named.is_none() && patterned.is_none() => fault(&rules[keyword], field),
        _ => None,
    }
}

fn every(rule: &Value) -> &Vec<Value> {
    rule.as_array().expect("a list")
}

fn limit(rule: &Value) -> f64 {
    rule.as_f64().expect("a number")
}

fn characters(text: &str) -> f64 {
    count(text.chars().count())
}

fn count(things: usize) -> f64 {
    f64::from(u32::try_from(things).expect("a value of a test"))
}

fn is_of(kind: &Value, value: &Value) -> bool {
    match kind.as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("number") => value.is_number(),
        Some("integer") => value.is_u64() || value.is_i64(),
        Some("boolean") => value.is_boolean(),
        Some("null") => value.is_null(),
        _ => panic!("a type that this test cannot read: {kind}"),
    }
}

fn is_formatted(format: &Value, value: &Value) -> bool {
    match format.as_str() {
        Some("uuid") => value.as_str().is_none_or(is_uuid),
        Some("uint" | "uint64") => value.as_u64().is_some() || !value.is_number(),
        Some("int32") => value.as_i64().is_some_and(|number| i32::try_from(number).is_ok()) || !value.is_number(),
        Some("double") => true,
        Some("uint32") => value.as_u64().is_some_and(|number| u32::try_from(number).is_ok()) || !value.is_number(),
        _ => panic!("a format that this test cannot read: {format}"),
    }
}

fn is_uuid(text: &str) -> bool {
    Uuid::try_parse(text).is_ok_and(|id| id.hyphenated().to_string() == text)
}

/// The ids are the only patterns, but keys that are numbers: one or more letters to choose from, `_`, a UUID.
fn matches(pattern: &str, text: &str) -> bool {
    const UUID: &str = "_[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$";
    if pattern == r"^\d+$" {
        return !text.is_empty() && text.chars().all(|digit| digit.is_ascii_digit());
    }
    let letters = pattern.strip_prefix('^').and_then(|rest| rest.strip_suffix(UUID));
    let letters = letters.unwrap_or_else(|| panic!("a pattern that this test cannot read: {pattern}"));
    let letters = letters.trim_matches(['[', ']']);
    assert!(!letters.is_empty() && letters.chars().all(|letter| letter.is_ascii_lowercase()), "{pattern}");
    text.split_once('_').is_some_and(|(letter, id)| letter.len() == 1 && letters.contains(letter) && is_uuid(id))
}
