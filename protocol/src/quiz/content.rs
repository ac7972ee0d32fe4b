//! A quiz as its author writes it: questions with their keys. What of it fits is said by `domain::quiz::check`.

use serde::{Deserialize, Serialize};

/// Longest text of a question, characters.
pub const MAX_STEM_CHARS: usize = 1_000;
/// Longest text of an option, an item or a side of a pair, characters.
pub const MAX_OPTION_CHARS: usize = 250;
/// Most options of a question.
pub const MAX_OPTIONS: usize = 12;
/// Most questions of a quiz.
pub const MAX_QUESTIONS: usize = 200;
/// Longest answer that is a text, characters.
pub const MAX_ANSWER_CHARS: usize = 200;
/// Shortest and longest time to answer, milliseconds.
pub const LIMIT_MS: std::ops::RangeInclusive<u32> = 5_000..=240_000;
/// What a question can be worth.
pub const POINTS: [u32; 4] = [0, 500, 1_000, 2_000];

/// What a quiz is, beside its place in the store.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Quiz {
    /// 1 to 120 characters.
    pub title: String,
    /// What it is about; up to 2,000 characters.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// One word or two, up to 40 characters, by which it is found.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub topic: String,
    /// For whom it is.
    #[serde(default)]
    pub difficulty: Difficulty,
    /// How long it takes, minutes; counted from the questions where the author says nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minutes: Option<u32>,
    /// The language of its texts, as BCP 47 has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// A picture for lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<Image>,
    /// In their order.
    #[serde(default)]
    pub questions: Vec<Question>,
}

/// For whom a quiz is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Difficulty {
    /// No knowledge needed.
    #[default]
    Beginner,
    /// Some.
    Intermediate,
    /// Much.
    Advanced,
}

/// A picture at an address of an allowed host, with what it shows in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Image {
    /// `https`, or a path of this server.
    pub url: String,
    /// For those who do not see it; empty if it only decorates.
    #[serde(default)]
    pub alt: String,
}

/// One question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Question {
    /// What is asked, or on a slide told.
    pub stem: String,
    /// Its kind, with what can be chosen and what is right.
    #[serde(flatten)]
    pub body: Body,
    /// Shown with the solution.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explanation: Option<String>,
    /// Shown with the question to whoever asks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// A picture beside the stem.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<Image>,
    /// For the host alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// Time to answer, milliseconds; none is no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit_ms: Option<u32>,
    /// What it is worth: 0, 500, 1000 or 2000.
    #[serde(default = "usual_points")]
    pub points: u32,
}

fn usual_points() -> u32 {
    1_000
}

/// The kinds of questions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Body {
    /// A statement that holds, or does not.
    TrueFalse {
        /// Whether it holds.
        key: bool,
    },
    /// One of several.
    SingleChoice {
        /// Exactly one is right.
        options: Vec<Choice>,
    },
    /// Some of several.
    MultipleChoice {
        /// At least one is right.
        options: Vec<Choice>,
        /// What an answer that is not wholly right is worth.
        #[serde(default)]
        grading: Grading,
    },
    /// One of two sides.
    Swipe {
        /// Left and right; one of them is right.
        options: Vec<Choice>,
    },
    /// A word or a few.
    ShortText {
        /// What is taken, and for how much.
        accepted: Vec<Accepted>,
        /// Whether capitals matter.
        #[serde(default)]
        case_sensitive: bool,
    },
    /// A number.
    Numeric {
        /// The right one.
        value: f64,
        /// How far off is still right, either side, the ends included.
        #[serde(default)]
        tolerance: f64,
        /// How far off is still partly right.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        band: Option<Band>,
    },
    /// Things to be put in order.
    Ordering {
        /// In the right order.
        items: Vec<String>,
        /// `partial`: the share of right positions.
        #[serde(default)]
        grading: Grading,
    },
    /// Things to be put together.
    Matching {
        /// What belongs together.
        pairs: Vec<Pair>,
        /// Right sides that belong to nothing.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        distractors: Vec<String>,
        /// `partial`: the share of right pairs.
        #[serde(default)]
        grading: Grading,
    },
    /// An opinion, without a right one; never scored.
    Survey {
        /// What can be chosen.
        options: Vec<String>,
        /// Whether several can.
        #[serde(default)]
        multiple: bool,
    },
    /// Free words; never scored.
    Open {},
    /// Something to be read; nothing is answered.
    Slide {},
}

/// An option.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Choice {
    /// Its text; may be empty where there is a picture.
    #[serde(default)]
    pub text: String,
    /// A picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<Image>,
    /// Whether it is right.
    #[serde(default)]
    pub correct: bool,
    /// With [`Grading::Weights`]: percent of the points, −100 to 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<i32>,
    /// Told with the solution to whoever chose it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feedback: Option<String>,
}

/// What an answer that is partly right is worth.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Grading {
    /// Nothing.
    #[default]
    AllOrNothing,
    /// Its share; wrong choices take away.
    Partial,
    /// The sum of the weights of what was chosen; of multiple choice only.
    Weights,
}

/// A text that is taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Accepted {
    /// The text.
    pub text: String,
    /// Percent of the points, 1 to 100.
    #[serde(default = "whole")]
    pub percent: u32,
    /// Told with the solution to whoever wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feedback: Option<String>,
}

fn whole() -> u32 {
    100
}

/// A second, wider tolerance.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Band {
    /// How far off, either side, the ends included.
    pub tolerance: f64,
    /// Percent of the points, 1 to 99.
    pub percent: u32,
}

/// What belongs together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Pair {
    /// What is shown.
    pub left: String,
    /// What is to be found.
    pub right: String,
}

impl Body {
    /// Its name on the wire.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::TrueFalse { .. } => "true_false",
            Self::SingleChoice { .. } => "single_choice",
            Self::MultipleChoice { .. } => "multiple_choice",
            Self::Swipe { .. } => "swipe",
            Self::ShortText { .. } => "short_text",
            Self::Numeric { .. } => "numeric",
            Self::Ordering { .. } => "ordering",
            Self::Matching { .. } => "matching",
            Self::Survey { .. } => "survey",
            Self::Open {} => "open",
            Self::Slide {} => "slide",
        }
    }

    /// Whether an answer to it can be right or wrong.
    #[must_use]
    pub fn is_scored(&self) -> bool {
        match self {
            Self::TrueFalse { .. }
            | Self::SingleChoice { .. }
            | Self::MultipleChoice { .. }
            | Self::Swipe { .. }
            | Self::ShortText { .. }
            | Self::Numeric { .. }
            | Self::Ordering { .. }
            | Self::Matching { .. } => true,
            Self::Survey { .. } | Self::Open {} | Self::Slide {} => false,
        }
    }
}

impl Difficulty {
    /// All of them, the easiest first.
    pub const ALL: [Self; 3] = [Self::Beginner, Self::Intermediate, Self::Advanced];

    /// Its name on the wire.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Beginner => "beginner",
            Self::Intermediate => "intermediate",
            Self::Advanced => "advanced",
        }
    }

    /// The one of that name.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|difficulty| difficulty.word() == word)
    }
}
