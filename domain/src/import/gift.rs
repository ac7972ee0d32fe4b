//! GIFT, the text format of Moodle: a block per question, blocks apart by blank lines.
//!
//! The type is told by what stands between the braces, in this order: no braces, a slide · nothing, free words · `#`, a
//! number · a `~`, choice (of one if there is a `=`) · `=` and `->`, pairs · `T TRUE F FALSE` · else a short text.
//!
//! A line `// allthrive: {…}` in a block is a comment for everybody else; for us it is a merge patch (RFC 7386) on the
//! question as JSON, with what GIFT has no place for: the time, the points, a hint, an order. See [`crate::export::gift`].

mod answers;
mod signs;

use allthrive_protocol::quiz::content::{Body, Question};
use serde_json::Value;

use self::signs::{Sign, find, is_blank, plain, signs, split_at, trim};
use super::{Imported, ImportedQuestion, MAX_ROWS, Refused, text};

/// What begins a comment that is ours.
pub(crate) const OURS: &str = "// allthrive: ";
/// What stands where the answer is missing in the middle of a sentence.
const GAP: &str = "_____";

/// A block: consecutive lines, without its comments.
struct Block {
    line: usize,
    lines: Vec<String>,
    patch: Option<String>,
}

/// Questions of a GIFT file.
///
/// # Errors
/// The file is no text, or too large. What is wrong with a single question stands in [`Imported::errors`].
pub fn read(bytes: &[u8]) -> Result<Imported, Refused> {
    let text = text::whole(bytes)?;
    let mut found = Imported::default();
    let mut category = None;
    for (n, mut block) in blocks(&text).into_iter().enumerate() {
        if n == MAX_ROWS {
            found.fail(block.line, Refused::new("too_many_rows", format!("Only the first {MAX_ROWS} questions are read.")));
            break;
        }
        if let Some(folder) = block.lines.first().and_then(|first| first.strip_prefix("$CATEGORY:")) {
            let folder = text::line(folder);
            if !folder.is_empty() && !found.categories.contains(&folder) {
                found.categories.push(folder.clone());
            }
            category = Some(folder).filter(|folder| !folder.is_empty());
            block.lines.remove(0);
            block.line += 1;
        }
        if block.lines.is_empty() && block.patch.is_none() {
            continue;
        }
        let mut notes = Vec::new();
        match question(&block, &mut notes) {
            Ok((name, question)) => found.take(ImportedQuestion { line: block.line, name, category: category.clone(), question }),
            Err(refused) => found.fail(block.line, refused),
        }
        for (code, sentence) in notes {
            found.warn(block.line, code, sentence);
        }
    }
    Ok(found)
}

fn blocks(text: &str) -> Vec<Block> {
    let mut all: Vec<Block> = Vec::new();
    let mut open: Option<Block> = None;
    for (n, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() {
            all.extend(open.take());
            continue;
        }
        let patch = line.strip_prefix(OURS.trim_end());
        if line.starts_with("//") && patch.is_none() {
            continue;
        }
        let block = open.get_or_insert_with(|| Block { line: n + 1, lines: Vec::new(), patch: None });
        match patch {
            Some(patch) => block.patch = Some(patch.to_owned()),
            None => {
                // A question begins at its first line that is no comment.
                if block.lines.is_empty() {
                    block.line = n + 1;
                }
                block.lines.push(line.to_owned());
            }
        }
    }
    all.extend(open);
    all
}

/// What is worth saying about a question that was taken.
type Notes = Vec<(&'static str, String)>;

fn question(block: &Block, notes: &mut Notes) -> Result<(Option<String>, Question), Refused> {
    let read = plainly(&block.lines.join("\n"), notes);
    let Some(patch) = &block.patch else { return read };
    let (name, mut value) = match &read {
        Ok((name, question)) => (name.clone(), serde_json::to_value(question).unwrap_or_default()),
        Err(_) => (None, Value::Object(serde_json::Map::new())),
    };
    let patched = serde_json::from_str::<Value>(patch).ok().filter(Value::is_object).and_then(|mut patch| {
        // Any JSON may stand there, escaped U+0000 included.
        text::clean_all(&mut patch);
        merge(&mut value, patch);
        serde_json::from_value::<Question>(value).ok()
    });
    match patched {
        // The notes speak of what was lost, and the comment has brought it back.
        Some(question) => {
            notes.clear();
            Ok((name, question))
        }
        None => {
            notes.push(("comment_ignored", "The comment with our own settings does not fit the question and was left out.".into()));
            read
        }
    }
}

/// RFC 7386: what is null goes, objects are merged, all else is replaced.
fn merge(target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = Value::Object(serde_json::Map::new());
    }
    let Value::Object(target) = target else { return };
    for (key, value) in patch {
        if value.is_null() {
            target.remove(&key);
        } else {
            merge(target.entry(key).or_insert(Value::Null), value);
        }
    }
}

/// The question as GIFT alone tells it.
fn plainly(block: &str, notes: &mut Notes) -> Result<(Option<String>, Question), Refused> {
    let all = signs(block);
    let (name, all) = name(trim(&all));
    let open = find(all, "{");
    let close = find(all, "}");
    let (before, answers, after) = match (open, close) {
        (None, None) => (all, None, &[][..]),
        (Some(open), Some(close)) if open < close => (&all[..open], Some(&all[open + 1..close]), &all[close + 1..]),
        _ => return Err(Refused::new("braces", "The braces around the answers do not pair.")),
    };
    let (format, before) = format(before);
    let stem = if is_blank(after) { plain(before) } else { format!("{}{GAP}{}", plain(before), plain(after)) };
    let stem = format.read(&stem, notes);
    if stem.is_empty() {
        return Err(Refused::new("no_question", "The question has no text."));
    }
    let mut question =
        Question { stem, body: Body::Slide {}, explanation: None, hint: None, image: None, notes: None, limit_ms: None, points: 1_000 };
    if let Some(answers) = answers {
        let (answers, general) = match last(answers, "####") {
            Some(at) => (&answers[..at], Some(&answers[at + 4..])),
            None => (answers, None),
        };
        let (body, remarks) = answers::body(trim(answers), notes)?;
        let general = general.map(|general| formatted(general, notes));
        let explanation: Vec<String> = general.into_iter().chain(remarks).filter(|remark| !remark.is_empty()).collect();
        question.explanation = Some(explanation.join("\n")).filter(|text| !text.is_empty());
        question.body = body;
    }
    Ok((name.filter(|name| !name.is_empty()), question))
}

fn name(all: &[Sign]) -> (Option<String>, &[Sign]) {
    if find(all, "::") != Some(0) {
        return (None, all);
    }
    match split_at(&all[2..], "::") {
        Some((name, rest)) => (Some(text::line(&plain(name))), rest),
        None => (None, &all[2..]),
    }
}

/// Where `what` begins for the last time.
fn last(all: &[Sign], what: &str) -> Option<usize> {
    (0..all.len()).rev().find(|&at| find(&all[at..all.len().min(at + what.len())], what) == Some(0))
}

/// How a text is written.
enum Format {
    Plain,
    Html,
}

impl Format {
    fn read(&self, text: &str, notes: &mut Notes) -> String {
        match self {
            Self::Plain => text::clean(text),
            Self::Html => {
                notes.push(("html", "HTML was taken as the text that it shows.".into()));
                text::shown(text)
            }
        }
    }
}

fn format(all: &[Sign]) -> (Format, &[Sign]) {
    let from = trim(all);
    for (tag, format) in [("[html]", Format::Html), ("[markdown]", Format::Plain), ("[plain]", Format::Plain), ("[moodle]", Format::Plain)]
    {
        if find(&from[..from.len().min(tag.len())], tag) == Some(0) {
            return (format, &from[tag.len()..]);
        }
    }
    (Format::Plain, all)
}

/// A text with its format before it.
fn formatted(all: &[Sign], notes: &mut Notes) -> String {
    let (format, rest) = format(all);
    format.read(&plain(rest), notes)
}

#[cfg(test)]
mod tests;
