//! What of a quiz fits: all faults at once, each with its place. A draft may be incomplete, but holds nothing that could
//! never fit; what is published or started is complete.

use std::collections::HashSet;

use allthrive_protocol::quiz::content::{Image, LIMIT_MS, MAX_QUESTIONS, MAX_STEM_CHARS, POINTS};
use allthrive_protocol::quiz::live::{MAX_TEAMS, Settings};
use allthrive_protocol::quiz::{Question, Quiz};
use serde::Serialize;

use crate::names::Line;
use crate::quiz::fold::fold;

mod body;

/// Longest title of a quiz, characters.
pub const MAX_TITLE_CHARS: usize = 120;
/// Longest description of a quiz, characters.
pub const MAX_DESCRIPTION_CHARS: usize = 2_000;
/// Longest topic, characters.
pub const MAX_TOPIC_CHARS: usize = 40;
/// Longest that a quiz is said to take: a working day, minutes.
pub const MAX_MINUTES: u32 = 480;
/// Longest explanation and longest notes, characters: a page on a phone.
pub const MAX_EXPLANATION_CHARS: usize = 2_000;
/// Longest hint, and longest feedback to one option, characters: a sentence or three.
pub const MAX_HINT_CHARS: usize = 500;
/// Longest address of a picture, bytes.
pub const MAX_URL_BYTES: usize = 2_048;

/// Something that does not fit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// Where: `questions.3.options.1.text`, counted from 0.
    pub path: String,
    /// What, for programs.
    pub code: FaultCode,
    /// What to change, for people.
    pub sentence: &'static str,
}

/// What does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultCode {
    /// Something has to be there.
    Missing,
    /// The text is too long.
    TooLong,
    /// The text holds characters that it must not.
    Characters,
    /// There are too few.
    TooFew,
    /// There are too many.
    TooMany,
    /// The number is outside its bounds.
    OutOfRange,
    /// Two are the same.
    Duplicate,
    /// It does not say what is right, or not so that it can be.
    Key,
    /// The address of the picture is not one that is shown.
    Address,
    /// It does not go with the question's kind.
    Kind,
}

impl FaultCode {
    /// Its name, for programs.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::TooLong => "too_long",
            Self::Characters => "characters",
            Self::TooFew => "too_few",
            Self::TooMany => "too_many",
            Self::OutOfRange => "out_of_range",
            Self::Duplicate => "duplicate",
            Self::Key => "key",
            Self::Address => "address",
            Self::Kind => "kind",
        }
    }
}

/// What does not fit of a session's settings.
#[must_use]
pub fn check_settings(settings: &Settings) -> Vec<Fault> {
    use FaultCode::{Duplicate, OutOfRange, TooFew, TooLong};
    let mut faults = Vec::new();
    let mut unless = |fits: bool, path: &str, code, sentence| {
        if !fits {
            faults.push(Fault { path: format!("settings.{path}"), code, sentence });
        }
    };
    unless(settings.intro_ms.is_none_or(|ms| ms <= 15_000), "intro_ms", OutOfRange, "A question stands alone for 15 seconds at most.");
    unless(settings.reveal_ms.is_none_or(|ms| ms <= 3_000), "reveal_ms", OutOfRange, "The votes come after 3 seconds at most.");
    let advance = settings.advance_ms.is_none_or(|ms| (3_000..=60_000).contains(&ms));
    unless(advance, "advance_ms", OutOfRange, "It goes on by itself after 3 to 60 seconds.");
    unless((1..=10_000).contains(&settings.most_players), "most_players", OutOfRange, "1 to 10,000 people can play.");
    let teams = &settings.teams;
    unless(teams.is_empty() || (2..=MAX_TEAMS).contains(&teams.len()), "teams", TooFew, "There are 2 to 12 teams, or none.");
    let mut seen = HashSet::new();
    for (at, team) in teams.iter().enumerate() {
        let length = team.trim().chars().count();
        unless((1..=40).contains(&length), &format!("teams.{at}"), TooLong, "A team's name has 1 to 40 characters.");
        unless(seen.insert(fold(team)), &format!("teams.{at}"), Duplicate, "Two teams have the same name.");
    }
    faults
}

/// What a draft must keep to: bounds and characters. `image_hosts` are the hosts from which pictures may come, each
/// with its subdomains.
#[must_use]
pub fn check_draft(quiz: &Quiz, image_hosts: &[String]) -> Vec<Fault> {
    check(quiz, image_hosts, false)
}

/// What must hold before a quiz is published or started: the draft's rules, and that every question can be answered
/// and, if it is scored, answered wholly right.
#[must_use]
pub fn check_ready(quiz: &Quiz, image_hosts: &[String]) -> Vec<Fault> {
    check(quiz, image_hosts, true)
}

fn check(quiz: &Quiz, image_hosts: &[String], complete: bool) -> Vec<Fault> {
    let mut faults = Faults { found: Vec::new(), image_hosts, complete };
    faults.line("title", &quiz.title, MAX_TITLE_CHARS, true);
    faults.prose("description", &quiz.description, MAX_DESCRIPTION_CHARS, false);
    faults.line("topic", &quiz.topic, MAX_TOPIC_CHARS, false);
    if quiz.minutes.is_some_and(|minutes| !(1..=MAX_MINUTES).contains(&minutes)) {
        faults.add("minutes", FaultCode::OutOfRange, "It takes 1 to 480 minutes.");
    }
    if quiz.language.as_deref().is_some_and(|tag| !is_language(tag)) {
        faults.add("language", FaultCode::Characters, "Write the language as a tag, like en or pt-BR.");
    }
    faults.image("image", quiz.image.as_ref());
    if quiz.questions.len() > MAX_QUESTIONS {
        faults.add("questions", FaultCode::TooMany, "A quiz has at most 200 questions.");
    }
    if complete && quiz.questions.is_empty() {
        faults.add("questions", FaultCode::TooFew, "Write at least one question.");
    }
    for (n, question) in quiz.questions.iter().enumerate() {
        faults.question(&format!("questions.{n}"), question);
    }
    faults.found
}

/// What was found so far.
struct Faults<'a> {
    found: Vec<Fault>,
    image_hosts: &'a [String],
    complete: bool,
}

impl Faults<'_> {
    fn add(&mut self, path: impl Into<String>, code: FaultCode, sentence: &'static str) {
        self.found.push(Fault { path: path.into(), code, sentence });
    }

    /// Adds it if the quiz has to be complete.
    fn incomplete(&mut self, path: impl Into<String>, code: FaultCode, sentence: &'static str) {
        if self.complete {
            self.add(path, code, sentence);
        }
    }

    fn question(&mut self, at: &str, question: &Question) {
        let required = self.complete;
        self.prose(&format!("{at}.stem"), &question.stem, MAX_STEM_CHARS, required);
        self.optional(&format!("{at}.explanation"), question.explanation.as_deref(), MAX_EXPLANATION_CHARS);
        self.optional(&format!("{at}.hint"), question.hint.as_deref(), MAX_HINT_CHARS);
        self.optional(&format!("{at}.notes"), question.notes.as_deref(), MAX_EXPLANATION_CHARS);
        self.image(&format!("{at}.image"), question.image.as_ref());
        if question.limit_ms.is_some_and(|limit| !LIMIT_MS.contains(&limit)) {
            self.add(format!("{at}.limit_ms"), FaultCode::OutOfRange, "The time is 5 to 240 seconds, or without a limit.");
        }
        if !POINTS.contains(&question.points) {
            self.add(format!("{at}.points"), FaultCode::OutOfRange, "A question is worth 0, 500, 1000 or 2000 points.");
        }
        self.body(at, &question.body);
    }

    /// One line of text.
    fn line(&mut self, path: &str, text: &str, most: usize, required: bool) {
        if text.trim().is_empty() {
            if required {
                self.add(path, FaultCode::Missing, "Write at least one character.");
            }
        } else if text.chars().count() > most {
            self.add(path, FaultCode::TooLong, "Make it shorter.");
        } else if let Err(unfit) = Line::parse(text, most) {
            self.add(path, FaultCode::Characters, unfit.0);
        }
    }

    /// Text that may have several lines.
    fn prose(&mut self, path: &str, text: &str, most: usize, required: bool) {
        if required && text.trim().is_empty() {
            self.add(path, FaultCode::Missing, "Write at least one character.");
        } else if text.chars().count() > most {
            self.add(path, FaultCode::TooLong, "Make it shorter.");
        } else if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
            self.add(path, FaultCode::Characters, "Leave out control characters.");
        }
    }

    fn optional(&mut self, path: &str, text: Option<&str>, most: usize) {
        if let Some(text) = text {
            self.prose(path, text, most, false);
        }
    }

    fn image(&mut self, path: &str, image: Option<&Image>) {
        let Some(image) = image else { return };
        if !is_shown(&image.url, self.image_hosts) {
            let sentence = "Take a picture of this server, or one at an https address of an allowed host.";
            self.add(format!("{path}.url"), FaultCode::Address, sentence);
        }
        self.prose(&format!("{path}.alt"), &image.alt, MAX_HINT_CHARS, false);
    }

    /// Empty texts are not compared.
    fn distinct<'t>(&mut self, texts: impl Iterator<Item = (String, &'t str)>) {
        let mut seen = HashSet::new();
        for (path, text) in texts {
            if !text.trim().is_empty() && !seen.insert(fold(text)) {
                self.add(path, FaultCode::Duplicate, "This is the same as one before it.");
            }
        }
    }
}

/// The shape of a tag (RFC 5646, 2.1), not whether there is such a language.
fn is_language(tag: &str) -> bool {
    tag.len() <= 35
        && tag.split('-').all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric()))
        && tag.split('-').next().is_some_and(|part| part.len() >= 2 && part.bytes().all(|b| b.is_ascii_alphabetic()))
}

/// Whether a page may show the picture at this address: a path of this server, or `https` at an allowed host and its
/// usual port. Narrower than what a browser understands, so that both understand the same.
fn is_shown(url: &str, image_hosts: &[String]) -> bool {
    let plain = url.len() <= MAX_URL_BYTES && url.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'\\' | b'"' | b'<' | b'>' | b'\''));
    if !plain {
        return false;
    }
    if url.starts_with('/') {
        return !url.starts_with("//");
    }
    let Some(rest) = url.strip_prefix("https://") else { return false };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default().to_ascii_lowercase();
    let is_host = host.split('.').all(|label| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'));
    is_host
        && image_hosts.iter().map(|allowed| allowed.to_ascii_lowercase()).any(|allowed| {
            !allowed.is_empty() && (host == allowed || host.strip_suffix(&allowed).is_some_and(|before| before.ends_with('.')))
        })
}

#[cfg(test)]
mod tests;
