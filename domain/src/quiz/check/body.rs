//! What fits each kind of question.

use std::collections::HashSet;

use allthrive_protocol::quiz::Body;
use allthrive_protocol::quiz::content::{Accepted, Band, Choice, Grading, MAX_ANSWER_CHARS, MAX_OPTION_CHARS, MAX_OPTIONS, Pair};

use super::{FaultCode, Faults, MAX_HINT_CHARS};
use crate::quiz::fold::{fold, tidy};

/// Most texts that are taken as an answer.
pub(super) const MAX_ACCEPTED: usize = 20;

/// How many of a choice's options are right.
#[derive(PartialEq)]
enum Right {
    One,
    Some,
}

impl Faults<'_> {
    pub(super) fn body(&mut self, at: &str, body: &Body) {
        match body {
            Body::TrueFalse { key: _ } | Body::Open {} | Body::Slide {} => {}
            Body::SingleChoice { options } => self.choices(at, options, &Right::One),
            Body::Swipe { options } => {
                self.choices(at, options, &Right::One);
                if options.len() > 2 {
                    self.add(format!("{at}.options"), FaultCode::TooMany, "A swipe has two sides.");
                }
            }
            Body::MultipleChoice { options, grading } => {
                self.choices(at, options, &Right::Some);
                if *grading == Grading::Weights {
                    self.weights(at, options);
                }
            }
            Body::ShortText { accepted, case_sensitive } => self.accepted(at, accepted, *case_sensitive),
            Body::Numeric { value, tolerance, band } => self.numeric(at, *value, *tolerance, band.as_ref()),
            Body::Ordering { items, grading } => {
                self.count(&format!("{at}.items"), items.len());
                self.texts(&format!("{at}.items"), items.iter());
                self.no_weights(at, *grading);
            }
            Body::Matching { pairs, distractors, grading } => {
                self.matching(at, pairs, distractors);
                self.no_weights(at, *grading);
            }
            Body::Survey { options, multiple: _ } => {
                self.count(&format!("{at}.options"), options.len());
                self.texts(&format!("{at}.options"), options.iter());
            }
        }
    }

    /// 2 to 12.
    fn count(&mut self, path: &str, count: usize) {
        if count > MAX_OPTIONS {
            self.add(path, FaultCode::TooMany, "Twelve at most.");
        } else if count < 2 {
            self.incomplete(path, FaultCode::TooFew, "Two at least.");
        }
    }

    /// Lines, each another.
    fn texts<'t>(&mut self, path: &str, texts: impl Iterator<Item = &'t String> + Clone) {
        let required = self.complete;
        for (n, text) in texts.clone().enumerate() {
            self.line(&format!("{path}.{n}"), text, MAX_OPTION_CHARS, required);
        }
        if self.complete {
            self.distinct(texts.enumerate().map(|(n, text)| (format!("{path}.{n}"), text.as_str())));
        }
    }

    fn choices(&mut self, at: &str, options: &[Choice], right: &Right) {
        let path = format!("{at}.options");
        self.count(&path, options.len());
        let mut seen = HashSet::new();
        for (n, option) in options.iter().enumerate() {
            let here = format!("{path}.{n}");
            self.line(&format!("{here}.text"), &option.text, MAX_OPTION_CHARS, self.complete && option.image.is_none());
            self.image(&format!("{here}.image"), option.image.as_ref());
            self.optional(&format!("{here}.feedback"), option.feedback.as_deref(), MAX_HINT_CHARS);
            if option.weight.is_some_and(|weight| !(-100..=100).contains(&weight)) {
                self.add(format!("{here}.weight"), FaultCode::OutOfRange, "A weight is −100 to 100 percent.");
            }
            // The same word under two pictures are two options.
            let look = (fold(&option.text), option.image.as_ref().map(|image| image.url.as_str()));
            if look != (String::new(), None) && !seen.insert(look) {
                self.incomplete(format!("{here}.text"), FaultCode::Duplicate, "This is the same as one before it.");
            }
        }
        match (right, options.iter().filter(|option| option.correct).count()) {
            (_, 0) => self.incomplete(path, FaultCode::Key, "Mark what is right."),
            (Right::One, 2..) => self.incomplete(path, FaultCode::Key, "Mark one option only as right."),
            (Right::One, 1) | (Right::Some, _) => {}
        }
    }

    /// With weights, the right options are those that give something, and together they give everything.
    fn weights(&mut self, at: &str, options: &[Choice]) {
        for (n, option) in options.iter().enumerate() {
            if option.correct != (option.weight.unwrap_or(0) > 0) {
                let sentence = "Right options have a weight above 0, others have none or one below.";
                self.incomplete(format!("{at}.options.{n}.weight"), FaultCode::Key, sentence);
            }
        }
        let most: i64 = options.iter().map(|option| i64::from(option.weight.unwrap_or(0).max(0))).sum();
        if most < 100 {
            self.incomplete(format!("{at}.options"), FaultCode::Key, "Let the weights of the right options add up to 100 percent or more.");
        }
    }

    fn no_weights(&mut self, at: &str, grading: Grading) {
        if grading == Grading::Weights {
            self.add(format!("{at}.grading"), FaultCode::Kind, "Weights are for multiple choice.");
        }
    }

    fn accepted(&mut self, at: &str, accepted: &[Accepted], case_sensitive: bool) {
        let path = format!("{at}.accepted");
        if accepted.len() > MAX_ACCEPTED {
            self.add(path.as_str(), FaultCode::TooMany, "Twenty at most.");
        } else if accepted.is_empty() {
            self.incomplete(path.as_str(), FaultCode::Key, "Write what is right.");
        }
        let mut seen = HashSet::new();
        for (n, one) in accepted.iter().enumerate() {
            let here = format!("{path}.{n}");
            self.line(&format!("{here}.text"), &one.text, MAX_ANSWER_CHARS, self.complete);
            self.optional(&format!("{here}.feedback"), one.feedback.as_deref(), MAX_HINT_CHARS);
            if !(1..=100).contains(&one.percent) {
                self.add(format!("{here}.percent"), FaultCode::OutOfRange, "It is worth 1 to 100 percent.");
            }
            let text = if case_sensitive { tidy(&one.text) } else { fold(&one.text) };
            if !text.is_empty() && !seen.insert(text) {
                self.incomplete(format!("{here}.text"), FaultCode::Duplicate, "This is the same as one before it.");
            }
        }
        if !accepted.is_empty() && accepted.iter().all(|one| one.percent < 100) {
            self.incomplete(path, FaultCode::Key, "Let one text be worth 100 percent.");
        }
    }

    fn numeric(&mut self, at: &str, value: f64, tolerance: f64, band: Option<&Band>) {
        if !value.is_finite() {
            self.add(format!("{at}.value"), FaultCode::OutOfRange, "Write a number.");
        }
        if !(tolerance.is_finite() && tolerance >= 0.0) {
            self.add(format!("{at}.tolerance"), FaultCode::OutOfRange, "The tolerance is 0 or more.");
        }
        let Some(band) = band else { return };
        if !(band.tolerance.is_finite() && band.tolerance > tolerance) {
            self.add(format!("{at}.band.tolerance"), FaultCode::OutOfRange, "The second tolerance is wider than the first.");
        }
        if !(1..=99).contains(&band.percent) {
            self.add(format!("{at}.band.percent"), FaultCode::OutOfRange, "It is worth 1 to 99 percent.");
        }
    }

    /// Left sides differ; two of them may have the same right side, which is then shown once. A right side that belongs
    /// to nothing is none that belongs to something.
    fn matching(&mut self, at: &str, pairs: &[Pair], distractors: &[String]) {
        self.count(&format!("{at}.pairs"), pairs.len());
        let required = self.complete;
        for (n, pair) in pairs.iter().enumerate() {
            self.line(&format!("{at}.pairs.{n}.left"), &pair.left, MAX_OPTION_CHARS, required);
            self.line(&format!("{at}.pairs.{n}.right"), &pair.right, MAX_OPTION_CHARS, required);
        }
        if distractors.len() > MAX_OPTIONS {
            self.add(format!("{at}.distractors"), FaultCode::TooMany, "Twelve at most.");
        }
        for (n, text) in distractors.iter().enumerate() {
            self.line(&format!("{at}.distractors.{n}"), text, MAX_OPTION_CHARS, required);
        }
        if !self.complete {
            return;
        }
        self.distinct(pairs.iter().enumerate().map(|(n, pair)| (format!("{at}.pairs.{n}.left"), pair.left.as_str())));
        let rights: HashSet<String> = pairs.iter().map(|pair| fold(&pair.right)).collect();
        let mut seen = rights.clone();
        for (n, text) in distractors.iter().enumerate() {
            if !text.trim().is_empty() && !seen.insert(fold(text)) {
                self.add(format!("{at}.distractors.{n}"), FaultCode::Duplicate, "This is the same as one before it.");
            }
        }
        if !pairs.is_empty() && seen.len() < 2 {
            self.add(format!("{at}.pairs"), FaultCode::Key, "Have at least two different right sides.");
        }
    }
}
