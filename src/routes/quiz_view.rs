//! A quiz as it is told: to everybody without its questions, to its owner whole.

use allthrive_domain::quiz::check::{Fault, check_ready};
use allthrive_protocol::quiz::Quiz;
use allthrive_protocol::quiz::content::Image;
use allthrive_store::{KeptQuiz, QuizCard};
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::{FieldError, field};
use crate::routes::person::PersonView;

/// A quiz as everybody may see it: nothing of its questions but their number.
#[derive(Debug, Serialize, ToSchema)]
pub struct PublicQuiz {
    /// The quiz.
    id: String,
    /// Who keeps it.
    owner: PersonView,
    /// The last part of its address, unique among its owner's.
    slug: String,
    /// Its title.
    title: String,
    /// What it is about.
    description: String,
    /// By what it is found.
    topic: String,
    /// `beginner`, `intermediate` or `advanced`.
    difficulty: &'static str,
    /// How long it takes.
    minutes: u32,
    /// The language of its texts.
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<String>,
    /// Its picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<ImageView>,
    /// Number of its questions, slides among them.
    question_count: u32,
    /// Since when everybody finds it, unix milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    published_ts: Option<u64>,
    /// When it last changed, unix milliseconds.
    updated_ts: u64,
}

/// A picture.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Image)]
pub struct ImageView {
    /// Where it is.
    url: String,
    /// What it shows.
    alt: String,
}

/// One of the own quizzes in a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct OwnCard {
    /// What everybody would see.
    #[serde(flatten)]
    card: PublicQuiz,
    /// Rises by one with every change.
    rev: u64,
}

/// Where one of the own quizzes stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct QuizHead {
    /// The quiz.
    id: String,
    /// The last part of its address; that of a draft follows its title.
    slug: String,
    /// Rises by one with every change; the next one names it.
    rev: u64,
    /// Since when everybody finds it, unix milliseconds; absent of a draft.
    #[serde(skip_serializing_if = "Option::is_none")]
    published_ts: Option<u64>,
    /// When it last changed, unix milliseconds.
    updated_ts: u64,
    /// What it still lacks to be published, each with its path.
    lacks: Vec<FieldError>,
}

/// One of the own quizzes, whole.
#[derive(Debug, Serialize, ToSchema)]
pub struct OwnQuiz {
    /// Where it stands.
    #[serde(flatten)]
    head: QuizHead,
    /// All of it, keys and notes, too.
    #[schema(value_type = Object)]
    quiz: Quiz,
}

/// A quiz, as whoever asks may see it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum SeenQuiz {
    /// Its owner.
    Own(Box<OwnQuiz>),
    /// Everybody else.
    Public(Box<PublicQuiz>),
}

/// A quiz that was made, or was there.
#[derive(Debug, Serialize, ToSchema)]
pub struct MadeQuiz {
    /// The quiz as it is now.
    #[serde(flatten)]
    pub(super) quiz: OwnQuiz,
    /// Whether it was there before this request.
    pub(super) dup: bool,
}

impl From<QuizCard> for PublicQuiz {
    fn from(card: QuizCard) -> Self {
        Self {
            id: card.id.to_string(),
            owner: card.owner.into(),
            slug: card.slug,
            title: card.title,
            description: card.description,
            topic: card.topic,
            difficulty: card.difficulty.word(),
            minutes: card.minutes,
            language: card.language,
            image: card.image.map(Into::into),
            question_count: card.question_count,
            published_ts: card.published_at.map(|at| at.millis()),
            updated_ts: card.updated_at.millis(),
        }
    }
}

impl From<Image> for ImageView {
    fn from(image: Image) -> Self {
        Self { url: image.url, alt: image.alt }
    }
}

impl From<QuizCard> for OwnCard {
    fn from(card: QuizCard) -> Self {
        Self { rev: card.rev, card: card.into() }
    }
}

impl QuizHead {
    /// With the `rev` that a write has made. What is read behind it may be newer: a client that took that number for
    /// its own would write over what it never saw.
    pub(super) fn written(KeptQuiz { card, quiz }: &KeptQuiz, rev: u64, image_hosts: &[String]) -> Self {
        Self {
            id: card.id.to_string(),
            slug: card.slug.clone(),
            rev,
            published_ts: card.published_at.map(|at| at.millis()),
            updated_ts: card.updated_at.millis(),
            lacks: check_ready(quiz, image_hosts).into_iter().map(told).collect(),
        }
    }
}

impl OwnQuiz {
    /// As it was read.
    pub(super) fn of(kept: KeptQuiz, image_hosts: &[String]) -> Self {
        Self { head: QuizHead::written(&kept, kept.card.rev, image_hosts), quiz: kept.quiz }
    }
}

/// What does not fit, as a field of a form has it.
pub(super) fn told(fault: Fault) -> FieldError {
    field(fault.path, fault.code.word(), fault.sentence)
}
