//! `quizzes_all`, what authors write, and `quizzes`, what of it is live: as it is read. What is written is in
//! `quiz_writes`.

use allthrive_domain::text;
use allthrive_domain::time::Micros;
use allthrive_protocol::event::Person;
use allthrive_protocol::quiz::content::Image;
use allthrive_protocol::quiz::{Body, Difficulty, Quiz};
use allthrive_protocol::{QuizId, UserId};

use crate::conversations::{ABOVE_ALL, Cursor};
use crate::engine::{Row, Statement};
use crate::error::Error;
use crate::open::Store;
use crate::replay::person;

/// Most topics that are told apart.
const MAX_TOPICS: u32 = 100;

/// A quiz in a list: everything but its questions. Nothing here comes from a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuizCard {
    /// The quiz.
    pub id: QuizId,
    /// Who keeps it.
    pub owner: Person,
    /// The last part of its address, unique among its owner's live quizzes.
    pub slug: String,
    /// Its title.
    pub title: String,
    /// What it is about.
    pub description: String,
    /// By what it is found.
    pub topic: String,
    /// For whom.
    pub difficulty: Difficulty,
    /// How long it takes.
    pub minutes: u32,
    /// The language of its texts.
    pub language: Option<String>,
    /// Its picture.
    pub image: Option<Image>,
    /// Number of its questions, slides among them.
    pub question_count: u32,
    /// Rises by one with every change.
    pub rev: u64,
    /// Since when everybody finds it.
    pub published_at: Option<Micros>,
    /// When it was made.
    pub created_at: Micros,
    /// When it last changed.
    pub updated_at: Micros,
}

/// A quiz whole, as its owner alone may see it.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptQuiz {
    /// What lists show of it.
    pub card: QuizCard,
    /// All of it.
    pub quiz: Quiz,
}

/// What is looked for among published quizzes; each of them narrows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Of this topic, in whatever capitals.
    pub topic: Option<String>,
    /// Of this difficulty.
    pub difficulty: Option<Difficulty>,
    /// With all of these words in title, topic or description, of the last of them the beginning.
    pub text: Option<String>,
}

/// A topic of published quizzes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topic {
    /// As one of its quizzes writes it.
    pub topic: String,
    /// How many there are.
    pub quizzes: u64,
}

impl QuizCard {
    /// The list of published quizzes goes on after this row.
    #[must_use]
    pub fn published_cursor(&self) -> Cursor {
        Cursor { at: self.published_at.map_or(i64::MIN, |at| at.0), id: self.id.0 }
    }

    /// The list of the own quizzes goes on after this row.
    #[must_use]
    pub fn own_cursor(&self) -> Cursor {
        Cursor { at: self.updated_at.0, id: self.id.0 }
    }
}

/// How long a quiz takes, minutes: what its author says, or else the time to answer and some more for each question.
pub(crate) fn minutes(quiz: &Quiz) -> u32 {
    const TO_TALK_MS: u32 = 15_000;
    let answered = |body: &Body| match body {
        Body::Slide {} => 15_000,
        Body::Open {} | Body::Ordering { .. } | Body::Matching { .. } => 60_000,
        _ => 30_000,
    };
    let each =
        quiz.questions.iter().map(|question| question.limit_ms.unwrap_or_else(|| answered(&question.body)).saturating_add(TO_TALK_MS));
    quiz.minutes.unwrap_or_else(|| each.fold(0, u32::saturating_add).div_ceil(60_000)).max(1)
}

/// The columns of a [`QuizCard`], of `quizzes q` and `users u`.
macro_rules! card {
    ($more:literal, $rest:literal) => {
        concat!(
            "SELECT q.id, u.id AS u_id, u.username, u.display_name, q.slug, q.title, q.description, q.topic, q.difficulty, q.minutes, q.language,
             q.image, q.question_count, q.rev, q.published_at, q.created_at, q.updated_at",
            $more,
            " FROM quizzes q JOIN users u ON u.id = q.owner ",
            $rest
        )
    };
}

/// A page of published quizzes. A suspended or deleted author's are not among them.
macro_rules! published {
    ($join:literal, $and:literal) => {
        concat!(
            card!("", ""),
            $join,
            " WHERE u.suspended_at IS NULL AND q.published_at IS NOT NULL AND (q.published_at < $1 OR (q.published_at = $1 AND q.id < $2)) ",
            $and,
            " ORDER BY q.published_at DESC, q.id DESC LIMIT $3"
        )
    };
}

impl Store {
    /// A quiz whole; `None` unless that account owns it.
    ///
    /// # Errors
    /// As [`crate::Engine::all`].
    pub async fn own_quiz(&self, owner: UserId, id: QuizId) -> Result<Option<KeptQuiz>, Error> {
        let read = Statement::new("read an own quiz", card!(", q.content", "WHERE q.id = $1 AND q.owner = $2"));
        let row = self.engine().optional(read.bind(id).bind(owner)).await?;
        row.map(|row| Ok(KeptQuiz { card: card(&row)?, quiz: content(&row)? })).transpose()
    }

    /// What everybody may know of a quiz; `None` unless it is published.
    ///
    /// # Errors
    /// As [`crate::Engine::all`].
    pub async fn published_quiz(&self, id: QuizId) -> Result<Option<QuizCard>, Error> {
        let read =
            Statement::new("read a published quiz", card!("", "WHERE q.id = $1 AND q.published_at IS NOT NULL AND u.suspended_at IS NULL"));
        self.engine().optional(read.bind(id)).await?.as_ref().map(card).transpose()
    }

    /// The own quizzes, drafts among them, those changed last first.
    ///
    /// # Errors
    /// As [`crate::Engine::all`].
    pub async fn own_quizzes(&self, owner: UserId, after: Option<Cursor>, limit: u32) -> Result<Vec<QuizCard>, Error> {
        let read = Statement::new(
            "list own quizzes",
            card!(
                "",
                "WHERE q.owner = $1 AND (q.updated_at < $2 OR (q.updated_at = $2 AND q.id < $3)) ORDER BY q.updated_at DESC, q.id DESC LIMIT $4"
            ),
        );
        let after = after.unwrap_or(ABOVE_ALL);
        self.engine().all(read.bind(owner).bind(after.at).bind(after.id).bind(limit)).await?.iter().map(card).collect()
    }

    /// Published quizzes, the newest first.
    ///
    /// # Errors
    /// As [`crate::Engine::all`].
    pub async fn published_quizzes(&self, wanted: &Wanted, after: Option<Cursor>, limit: u32) -> Result<Vec<QuizCard>, Error> {
        let topic = wanted.topic.as_deref().map(topic_key);
        let difficulty = wanted.difficulty.map(Difficulty::word);
        let after = after.unwrap_or(ABOVE_ALL);
        let page = |read: Statement| read.bind(after.at).bind(after.id).bind(limit);
        let read = match (wanted.text.as_deref().map(text::sought), topic, difficulty) {
            (Some(words), ..) if words.is_empty() => return Ok(Vec::new()),
            (Some(words), topic, difficulty) => page(having()).bind(words.join(" ")).bind(topic).bind(difficulty),
            (None, None, None) => page(Statement::new("list quizzes", published!("", ""))),
            (None, Some(topic), None) => {
                page(Statement::new("list quizzes of a topic", published!("", "AND q.topic_key = $4"))).bind(topic)
            }
            (None, None, Some(difficulty)) => {
                page(Statement::new("list quizzes of a difficulty", published!("", "AND q.difficulty = $4"))).bind(difficulty)
            }
            (None, Some(topic), Some(difficulty)) => {
                let read = published!("", "AND q.topic_key = $4 AND q.difficulty = $5");
                page(Statement::new("list quizzes of a topic and a difficulty", read)).bind(topic).bind(difficulty)
            }
        };
        self.engine().all(read).await?.iter().map(card).collect()
    }

    /// The topics of published quizzes, those of many first.
    ///
    /// # Errors
    /// As [`crate::Engine::all`].
    pub async fn quiz_topics(&self) -> Result<Vec<Topic>, Error> {
        let read = Statement::new(
            "list topics",
            "SELECT MIN(q.topic) AS topic, COUNT(*) AS quizzes FROM quizzes q JOIN users u ON u.id = q.owner
             WHERE q.published_at IS NOT NULL AND u.suspended_at IS NULL AND q.topic_key <> ''
             GROUP BY q.topic_key ORDER BY COUNT(*) DESC, q.topic_key LIMIT $1",
        );
        let rows = self.engine().all(read.bind(MAX_TOPICS)).await?;
        rows.iter().map(|row| Ok(Topic { topic: row.get(0)?, quizzes: row.get(1)? })).collect()
    }
}

/// What is found by words: `$4` has them separated by blanks, letters and digits only, so that neither engine's
/// language of queries ever sees what somebody typed. `$5` is a topic or null, `$6` a difficulty or null.
fn having() -> Statement {
    Statement::per_engine(
        "search quizzes",
        published!(
            "JOIN quiz_words w ON w.quiz = q.id",
            "AND w.no IN (SELECT i.rowid FROM quiz_index i WHERE quiz_index MATCH '\"' || replace($4, ' ', '\" AND \"') || '\"*')
             AND ($5 IS NULL OR q.topic_key = $5) AND ($6 IS NULL OR q.difficulty = $6)"
        ),
        published!(
            "JOIN quiz_words w ON w.quiz = q.id",
            "AND w.vector @@ CAST('''' || replace($4, ' ', ''' & ''') || ''':*' AS TSQUERY)
             AND (CAST($5 AS TEXT) IS NULL OR q.topic_key = $5) AND (CAST($6 AS TEXT) IS NULL OR q.difficulty = $6)"
        ),
    )
}

/// What topics are compared by.
pub(crate) fn topic_key(topic: &str) -> String {
    text::fold(topic).split_whitespace().collect::<Vec<_>>().join(" ")
}

pub(crate) fn content(row: &Row) -> Result<Quiz, Error> {
    serde_json::from_str(&row.get::<String>("content")?).map_err(|error| Error::corrupt("a quiz", error))
}

fn card(row: &Row) -> Result<QuizCard, Error> {
    let word: String = row.get(8)?;
    let image = row.get::<Option<String>>(11)?.map(|json| serde_json::from_str(&json)).transpose();
    Ok(QuizCard {
        id: row.get(0)?,
        owner: person(row, 1)?,
        slug: row.get(4)?,
        title: row.get(5)?,
        description: row.get(6)?,
        topic: row.get(7)?,
        difficulty: Difficulty::parse(&word).ok_or_else(|| Error::corrupt("a difficulty", word))?,
        minutes: row.get(9)?,
        language: row.get(10)?,
        image: image.map_err(|error| Error::corrupt("a picture", error))?,
        question_count: row.get(12)?,
        rev: row.get(13)?,
        published_at: row.get(14)?,
        created_at: row.get(15)?,
        updated_at: row.get(16)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quiz(minutes: Option<u32>, questions: &str) -> Quiz {
        let mut quiz: Quiz = serde_json::from_str(&format!(r#"{{"title":"T","questions":{questions}}}"#)).expect("a quiz");
        quiz.minutes = minutes;
        quiz
    }

    #[test]
    fn minutes_are_the_authors_or_counted() {
        assert_eq!(minutes(&quiz(Some(9), "[]")), 9);
        assert_eq!(minutes(&quiz(None, "[]")), 1);
        let open = r#"{"stem":"a","type":"open"}"#;
        let timed = r#"{"stem":"a","type":"true_false","key":true,"limit_ms":30000}"#;
        assert_eq!(minutes(&quiz(None, &format!("[{timed}]"))), 1);
        assert_eq!(minutes(&quiz(None, &format!("[{timed},{open}]"))), 2);
        assert_eq!(minutes(&quiz(None, &format!("[{timed},{open},{open}]"))), 4);
    }
}
