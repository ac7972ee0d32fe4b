//! What an author does to quizzes: each write with its audit entry in one transaction. All writes of one author go one
//! after the other, under the lock of the account's row, so a slug is free and a `rev` current when it is written.

use allthrive_domain::text;
use allthrive_domain::time::Micros;
use allthrive_protocol::quiz::Quiz;
use allthrive_protocol::{QuizId, UserId};
use sha2::{Digest as _, Sha256};

use crate::audit::{Audit, Occasion, address, record};
use crate::engine::{Decided, Row, Statement};
use crate::error::Error;
use crate::open::Store;
use crate::quizzes::{content, minutes, topic_key};

/// Most live quizzes of an account: a bound on what one person can fill a disk with.
pub const MAX_QUIZZES: u64 = 1_000;

/// A slug for a title without a letter.
const NAMELESS: &str = "quiz";

/// What became of a new quiz.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuizMade {
    /// It is there, as a draft.
    Made,
    /// It was made before from the same content; how it looks by now is another question.
    Repeated,
    /// Something else was made under this id before. Nothing has changed.
    Other,
    /// The account has [`MAX_QUIZZES`]. Nothing has changed.
    TooMany,
}

/// What became of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuizChanged {
    /// It has this `rev` now. A change that finds everything as it asks for takes no number.
    Rev(u64),
    /// Somebody else has changed it meanwhile: this is its `rev`. Nothing has changed.
    Conflict(u64),
    /// There is no such live quiz of that account.
    Gone,
}

/// The live quiz under the lock.
struct Found {
    rev: u64,
    slug: String,
    published_at: Option<Micros>,
    quiz: Quiz,
}

impl Store {
    /// Makes a draft. The same creation (id and content) again makes nothing.
    ///
    /// # Errors
    /// As the database has it.
    pub async fn create_quiz(&self, owner: UserId, id: QuizId, quiz: Quiz, occasion: impl Into<Occasion>) -> Result<QuizMade, Error> {
        let occasion = occasion.into();
        let json = written(&quiz)?;
        let made_of: [u8; 32] = Sha256::digest(json.as_bytes()).into();
        let read = vec![
            Statement::new("made before", "SELECT owner, made_of FROM quizzes_all WHERE id = $1").bind(id),
            Statement::new("number of quizzes", "SELECT COUNT(*) AS n FROM quizzes WHERE owner = $1").bind(owner),
            taken(owner, &quiz),
        ];
        let decide = move |rows: Vec<Vec<Row>>| {
            let [before, number, slugs] = &rows[..] else { return Err(Error::corrupt("a new quiz", "other reads")) };
            if let Some(row) = before.first() {
                let same = row.get::<UserId>("owner")? == owner && row.get::<[u8; 32]>("made_of")? == made_of;
                let value = if same { QuizMade::Repeated } else { QuizMade::Other };
                return Ok(Decided { writes: Vec::new(), value });
            }
            if number.first().map(|row| row.get::<u64>(0)).transpose()?.unwrap_or(0) >= MAX_QUIZZES {
                return Ok(Decided { writes: Vec::new(), value: QuizMade::TooMany });
            }
            let slug = text::free_slug(&base(&quiz), &slugs_of(slugs)?);
            let insert = Statement::new(
                "make a quiz",
                "INSERT INTO quizzes_all (id, owner, slug, title, description, topic, topic_key, difficulty, minutes, language, image,
                    content, made_of, question_count, rev, created_at, updated_at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $14, $13, 1, $15, $15)",
            );
            let insert = shown(insert.bind(id).bind(owner).bind(slug), &quiz, json)?.bind(made_of).bind(occasion.at);
            let writes = vec![insert, found_by(id, &quiz), trace(owner, "quiz.create", id, occasion)];
            Ok(Decided { writes, value: QuizMade::Made })
        };
        self.engine().try_transact(vec![lock(owner)], read, decide).await
    }

    /// Replaces the content of a quiz that has this `rev`. A draft's slug follows its title; a published quiz keeps its
    /// address. The same change sent again is known by its content.
    ///
    /// # Errors
    /// As the database has it.
    pub async fn replace_quiz(
        &self,
        owner: UserId,
        id: QuizId,
        rev: u64,
        quiz: Quiz,
        occasion: impl Into<Occasion>,
    ) -> Result<QuizChanged, Error> {
        let occasion = occasion.into();
        let json = written(&quiz)?;
        let read = vec![live(owner, id), taken(owner, &quiz)];
        let decide = move |rows: Vec<Vec<Row>>| {
            let Some(found) = found(&rows)? else { return Ok(nothing(QuizChanged::Gone)) };
            if found.quiz == quiz && (found.rev == rev || found.rev == rev + 1) {
                return Ok(nothing(QuizChanged::Rev(found.rev)));
            }
            if found.rev != rev {
                return Ok(nothing(QuizChanged::Conflict(found.rev)));
            }
            let mut slugs = slugs_of(rows.get(1).map_or(&[], Vec::as_slice))?;
            slugs.retain(|slug| *slug != found.slug);
            let slug = if found.published_at.is_some() { found.slug } else { text::free_slug(&base(&quiz), &slugs) };
            let update = Statement::new(
                "replace a quiz",
                "UPDATE quizzes_all SET slug = $3, title = $4, description = $5, topic = $6, topic_key = $7, difficulty = $8, minutes = $9,
                    language = $10, image = $11, content = $12, question_count = $13, rev = rev + 1, updated_at = $14
                 WHERE id = $1 AND owner = $2 AND deleted_at IS NULL",
            );
            let update = shown(update.bind(id).bind(owner).bind(slug), &quiz, json)?.bind(occasion.at);
            let writes = vec![update, found_by(id, &quiz), trace(owner, "quiz.update", id, occasion)];
            Ok(Decided { writes, value: QuizChanged::Rev(found.rev + 1) })
        };
        self.engine().try_transact(vec![lock(owner)], read, decide).await
    }

    /// Shows a quiz that has this `rev` to everybody, or to nobody else any more.
    ///
    /// # Errors
    /// As the database has it.
    pub async fn publish_quiz(
        &self,
        owner: UserId,
        id: QuizId,
        rev: u64,
        published: bool,
        occasion: impl Into<Occasion>,
    ) -> Result<QuizChanged, Error> {
        let occasion = occasion.into();
        let decide = move |rows: Vec<Vec<Row>>| {
            let Some(found) = found(&rows)? else { return Ok(nothing(QuizChanged::Gone)) };
            if found.published_at.is_some() == published {
                return Ok(nothing(QuizChanged::Rev(found.rev)));
            }
            if found.rev != rev {
                return Ok(nothing(QuizChanged::Conflict(found.rev)));
            }
            let publish = Statement::new(
                "publish a quiz",
                "UPDATE quizzes_all SET published_at = $3, rev = rev + 1, updated_at = $4 WHERE id = $1 AND owner = $2 AND deleted_at IS NULL",
            );
            let publish = publish.bind(id).bind(owner).bind(published.then_some(occasion.at)).bind(occasion.at);
            let action = if published { "quiz.publish" } else { "quiz.unpublish" };
            Ok(Decided { writes: vec![publish, trace(owner, action, id, occasion)], value: QuizChanged::Rev(found.rev + 1) })
        };
        self.engine().try_transact(vec![lock(owner)], vec![live(owner, id)], decide).await
    }

    /// Deletes a quiz; `false` if that account never had it. To delete it again is nothing more.
    ///
    /// # Errors
    /// As the database has it.
    pub async fn delete_quiz(&self, owner: UserId, id: QuizId, occasion: impl Into<Occasion>) -> Result<bool, Error> {
        let occasion = occasion.into();
        let read = Statement::new("an own quiz, deleted or not", "SELECT deleted_at FROM quizzes_all WHERE id = $1 AND owner = $2");
        let decide = move |rows: Vec<Vec<Row>>| {
            let Some(row) = rows.first().and_then(|rows| rows.first()) else { return Ok(nothing(false)) };
            if row.get::<Option<Micros>>(0)?.is_some() {
                return Ok(nothing(true));
            }
            let delete = Statement::new(
                "delete a quiz",
                "UPDATE quizzes_all SET deleted_at = $3 WHERE id = $1 AND owner = $2 AND deleted_at IS NULL",
            );
            let forget = Statement::new("forget the words of a quiz", "DELETE FROM quiz_words WHERE quiz = $1").bind(id);
            let writes = vec![delete.bind(id).bind(owner).bind(occasion.at), forget, trace(owner, "quiz.delete", id, occasion)];
            Ok(Decided { writes, value: true })
        };
        self.engine().try_transact(vec![lock(owner)], vec![read.bind(id).bind(owner)], decide).await
    }
}

fn nothing<T>(value: T) -> Decided<T> {
    Decided { writes: Vec::new(), value }
}

/// Whoever writes an author's quizzes waits for whoever does.
fn lock(owner: UserId) -> Statement {
    Statement::per_engine(
        "lock an author",
        "SELECT id FROM users WHERE id = $1",
        "SELECT id FROM users_all WHERE id = $1 FOR NO KEY UPDATE",
    )
    .bind(owner)
}

fn live(owner: UserId, id: QuizId) -> Statement {
    Statement::new("a live quiz", "SELECT rev, slug, published_at, content FROM quizzes WHERE id = $1 AND owner = $2").bind(id).bind(owner)
}

/// The author's slugs that begin like this quiz's. `.` is the character behind `-`.
fn taken(owner: UserId, quiz: &Quiz) -> Statement {
    let base = base(quiz);
    Statement::new("slugs taken", "SELECT slug FROM quizzes WHERE owner = $1 AND slug >= $2 AND slug < $3")
        .bind(owner)
        .bind(base.as_str())
        .bind(format!("{base}."))
}

fn base(quiz: &Quiz) -> String {
    text::slug(&quiz.title, NAMELESS)
}

fn slugs_of(rows: &[Row]) -> Result<Vec<String>, Error> {
    rows.iter().map(|row| row.get(0)).collect()
}

fn found(rows: &[Vec<Row>]) -> Result<Option<Found>, Error> {
    let Some(row) = rows.first().and_then(|rows| rows.first()) else { return Ok(None) };
    Ok(Some(Found { rev: row.get("rev")?, slug: row.get("slug")?, published_at: row.get("published_at")?, quiz: content(row)? }))
}

fn written<T: serde::Serialize>(value: &T) -> Result<String, Error> {
    // What is not finite has no JSON; the rules let no such number in.
    serde_json::to_string(value).map_err(|error| Error::corrupt("a quiz", error))
}

/// Binds `$4` to `$13`: what lists show, and the whole.
fn shown(write: Statement, quiz: &Quiz, json: String) -> Result<Statement, Error> {
    Ok(write
        .bind(quiz.title.as_str())
        .bind(quiz.description.as_str())
        .bind(quiz.topic.as_str())
        .bind(topic_key(&quiz.topic))
        .bind(quiz.difficulty.word())
        .bind(minutes(quiz))
        .bind(quiz.language.clone())
        .bind(quiz.image.as_ref().map(written).transpose()?)
        .bind(json)
        .bind(quiz.questions.len()))
}

/// Nothing of a question is among the words: what is found must not tell of a key.
fn found_by(id: QuizId, quiz: &Quiz) -> Statement {
    let words = text::words(&format!("{} {} {}", quiz.title, quiz.topic, quiz.description));
    Statement::new(
        "words of a quiz",
        "INSERT INTO quiz_words (quiz, words) VALUES ($1, $2) ON CONFLICT (quiz) DO UPDATE SET words = excluded.words",
    )
    .bind(id)
    .bind(words.join(" "))
}

fn trace(owner: UserId, action: &'static str, id: QuizId, occasion: Occasion) -> Statement {
    let Occasion { at, from } = occasion;
    let personal = from.map(address);
    record(Audit { at, actor: Some(owner.to_string()), action, target: Some(id.to_string()), outcome: "ok", detail: None, personal })
}
