//! `attempts_all`, quizzes taken alone, and `attempt_answers`: every write under the lock of the attempt's row, or of the
//! account's where a new one begins, so that nothing is taken once an attempt has ended.

use std::collections::BTreeMap;

use allthrive_domain::quiz::attempt::{NoStart, NotTaken, Rules, Score, State, score, state_at, takes};
use allthrive_domain::quiz::freeze::{Frozen, Seed, freeze};
use allthrive_domain::time::Micros;
use allthrive_protocol::quiz::Given;
use allthrive_protocol::quiz::live::Factor;
use allthrive_protocol::{AttemptId, Cmid, QuizId, UserId};
use serde::de::DeserializeOwned;

use crate::audit::{Audit, Occasion, address, record};
use crate::conversations::{ABOVE_ALL, Cursor};
use crate::engine::{Decided, Row, Statement};
use crate::error::Error;
use crate::open::Store;
use crate::quizzes::content;

/// An attempt in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptCard {
    /// The attempt.
    pub id: AttemptId,
    /// Of which quiz.
    pub quiz: QuizId,
    /// The quiz's title when it began.
    pub title: String,
    /// The first, the second of this person, from 1.
    pub no: u32,
    /// Where it stands.
    pub state: State,
    /// When it began.
    pub started_at: Micros,
    /// When it ends by itself.
    pub deadline_at: Option<Micros>,
    /// When it ended.
    pub ended_at: Option<Micros>,
    /// What it came to, once it has ended.
    pub score: Option<Score>,
    /// The rules that held when it began.
    pub rules: Rules,
}

/// An attempt whole, keys and all.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptAttempt {
    /// What lists show of it.
    pub card: AttemptCard,
    /// The quiz as it was at its beginning.
    pub quiz: Frozen,
    /// The answers that count, by the places of their questions.
    pub answers: BTreeMap<usize, Given>,
}

/// What became of a beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Started {
    /// It has begun.
    New(AttemptId),
    /// One is under way: that one goes on.
    Running(AttemptId),
    /// The rules forbid one more.
    Not(NoStart),
    /// There is no such published quiz.
    Gone,
}

/// What became of an answer.
#[derive(Debug, Clone, PartialEq)]
pub enum AnswerTaken {
    /// It is kept, or was before under the same mark.
    Taken,
    /// It is not.
    Not(NotTaken),
    /// There is no such attempt of that account.
    Gone,
}

impl AttemptCard {
    /// The list of own attempts goes on after this row.
    #[must_use]
    pub fn cursor(&self) -> Cursor {
        Cursor { at: self.started_at.0, id: self.id.0 }
    }
}

/// The columns of an [`AttemptCard`].
macro_rules! card {
    ($more:literal, $rest:literal) => {
        concat!(
            "SELECT id, quiz, title, no, state, started_at, deadline_at, ended_at, points, most, correct, scored, rules",
            $more,
            " FROM attempts ",
            $rest
        )
    };
}

impl Store {
    /// How a quiz is taken alone.
    ///
    /// # Errors
    /// As [`crate::Engine::all`].
    pub async fn attempt_rules(&self, quiz: QuizId) -> Result<Rules, Error> {
        let row = self.engine().optional(rules_of(quiz)).await?;
        row.map_or(Ok(Rules::default()), |row| json(&row, 0, "rules"))
    }

    /// Sets how an own quiz is taken alone from now on; `false` if that account has no such quiz.
    ///
    /// # Errors
    /// As the database has it.
    pub async fn set_attempt_rules(&self, owner: UserId, quiz: QuizId, rules: Rules, occasion: impl Into<Occasion>) -> Result<bool, Error> {
        let occasion = occasion.into();
        let rules = written(&rules)?;
        let read = Statement::new("an own live quiz", "SELECT id FROM quizzes WHERE id = $1 AND owner = $2").bind(quiz).bind(owner);
        let decide = move |rows: Vec<Vec<Row>>| {
            if rows.first().is_none_or(Vec::is_empty) {
                return Decided { writes: Vec::new(), value: false };
            }
            let write = Statement::new(
                "rules of attempts",
                "INSERT INTO attempt_rules (quiz, rules) VALUES ($1, $2) ON CONFLICT (quiz) DO UPDATE SET rules = excluded.rules",
            );
            let writes = vec![write.bind(quiz).bind(rules), trace(owner, "quiz.rules", quiz.to_string(), occasion)];
            Decided { writes, value: true }
        };
        self.engine().transact(Vec::new(), vec![read], decide).await
    }

    /// Begins an attempt at a published quiz, or finds the one that is under way: of each quiz a person has one at a time.
    ///
    /// # Errors
    /// As the database has it.
    pub async fn start_attempt(
        &self,
        who: UserId,
        quiz: QuizId,
        new: (AttemptId, Seed, Factor),
        occasion: impl Into<Occasion>,
    ) -> Result<Started, Error> {
        let occasion = occasion.into();
        let now = occasion.at;
        self.settle_attempts(who, quiz, now).await?;
        let (id, seed, factor) = new;
        let published = Statement::new(
            "a published quiz, whole",
            "SELECT q.content FROM quizzes q JOIN users u ON u.id = q.owner
             WHERE q.id = $1 AND q.published_at IS NOT NULL AND u.suspended_at IS NULL",
        );
        let before = Statement::new("attempts before", "SELECT id, no, state FROM attempts WHERE quiz = $1 AND who = $2 ORDER BY no");
        let read = vec![published.bind(quiz), rules_of(quiz), before.bind(quiz).bind(who)];
        let decide = move |rows: Vec<Vec<Row>>| {
            let nothing = |value| Ok(Decided { writes: Vec::new(), value });
            let [published, rules, before] = &rows[..] else { return Err(Error::corrupt("an attempt", "other reads")) };
            for row in before {
                if row.get::<String>("state")? == State::InProgress.word() {
                    return nothing(Started::Running(row.get("id")?));
                }
            }
            let Some(row) = published.first() else { return nothing(Started::Gone) };
            let rules = rules.first().map_or(Ok(Rules::default()), |row| json(row, 0, "rules"))?;
            let used = before.last().map_or(Ok(0), |row| row.get::<u32>("no"))?;
            if let Err(no) = rules.may_start(used, now) {
                return nothing(Started::Not(no));
            }
            let frozen = freeze(&content(row)?, &seed, rules.shuffle);
            let insert = Statement::new(
                "begin an attempt",
                "INSERT INTO attempts_all (id, quiz, who, no, title, content, rules, state, started_at, deadline_at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            );
            let insert = insert.bind(id).bind(quiz).bind(who).bind(used + 1).bind(frozen.title.as_str()).bind(written(&frozen)?);
            let insert = insert.bind(written(&rules)?).bind(State::InProgress.word()).bind(now).bind(rules.deadline(now, factor));
            Ok(Decided { writes: vec![insert, trace(who, "attempt.start", id.to_string(), occasion)], value: Started::New(id) })
        };
        self.engine().try_transact(vec![lock_person(who)], read, decide).await
    }

    /// An own attempt, whole.
    ///
    /// # Errors
    /// As [`crate::Engine::all`].
    pub async fn attempt(&self, who: UserId, id: AttemptId) -> Result<Option<KeptAttempt>, Error> {
        let Some(row) = self.engine().optional(one(who, id)).await? else { return Ok(None) };
        let answers = self.engine().all(answers_of(id)).await?;
        kept(&row, &answers).map(Some)
    }

    /// Keeps an answer to a question of an own attempt. The same mark again changes nothing, whatever came meanwhile.
    ///
    /// # Errors
    /// As the database has it.
    pub async fn record_attempt_answer(
        &self,
        who: UserId,
        id: AttemptId,
        (q, cmid, given): (usize, Cmid, Given),
        now: Micros,
    ) -> Result<AnswerTaken, Error> {
        let marked = Statement::new("an answer of this mark", "SELECT n FROM attempt_answers WHERE attempt = $1 AND cmid = $2");
        let changes = Statement::new("changes of an answer", "SELECT COUNT(*) AS n FROM attempt_answers WHERE attempt = $1 AND q = $2");
        let read = vec![one(who, id), marked.bind(id).bind(cmid), changes.bind(id).bind(q)];
        let decide = move |rows: Vec<Vec<Row>>| {
            let nothing = |value| Ok(Decided { writes: Vec::new(), value });
            let [found, marked, changes] = &rows[..] else { return Err(Error::corrupt("an answer", "other reads")) };
            let Some(row) = found.first() else { return nothing(AnswerTaken::Gone) };
            if !marked.is_empty() {
                return nothing(AnswerTaken::Taken);
            }
            let KeptAttempt { card, quiz, .. } = kept(row, &[])?;
            let n = changes.first().map_or(Ok(0), |row| row.get::<u32>(0))?;
            if let Err(not) = takes(&card.rules, state_at(card.state, card.deadline_at, now), &quiz, q, &given, n) {
                return nothing(AnswerTaken::Not(not));
            }
            let insert = Statement::new(
                "answer a question of an attempt",
                "INSERT INTO attempt_answers (attempt, q, n, cmid, given, at) VALUES ($1, $2, $3, $4, $5, $6)",
            );
            let insert = insert.bind(id).bind(q).bind(n).bind(cmid).bind(written(&given)?).bind(now);
            Ok(Decided { writes: vec![insert], value: AnswerTaken::Taken })
        };
        self.engine().try_transact(vec![lock_attempt(id)], read, decide).await
    }

    /// Ends an own attempt: handed in, given up, or by itself if its time is over. One that has ended stays as it is.
    ///
    /// # Errors
    /// As the database has it.
    pub async fn end_attempt(&self, who: UserId, id: AttemptId, how: State, occasion: impl Into<Occasion>) -> Result<bool, Error> {
        let occasion = occasion.into();
        let read = vec![one(who, id), answers_of(id)];
        let decide = move |rows: Vec<Vec<Row>>| {
            let [found, answers] = &rows[..] else { return Err(Error::corrupt("an attempt", "other reads")) };
            let Some(row) = found.first() else { return Ok(Decided { writes: Vec::new(), value: false }) };
            let KeptAttempt { card, quiz, answers } = kept(row, answers)?;
            let over = state_at(card.state, card.deadline_at, occasion.at) == State::AutoSubmitted;
            // Who is not asked does not end what is still under way.
            if card.state != State::InProgress || (how == State::AutoSubmitted && !over) {
                return Ok(Decided { writes: Vec::new(), value: true });
            }
            let how = if over { State::AutoSubmitted } else { how };
            let at = if over { card.deadline_at.unwrap_or(occasion.at) } else { occasion.at };
            let Score { points, most, correct, of } = score(&quiz, &answers);
            let update = Statement::new(
                "end an attempt",
                "UPDATE attempts_all SET state = $2, ended_at = $3, points = $4, most = $5, correct = $6, scored = $7
                 WHERE id = $1 AND state = 'in_progress'",
            );
            let update = update.bind(id).bind(how.word()).bind(at).bind(points).bind(most).bind(correct).bind(of);
            let action = match how {
                State::Abandoned => "attempt.abandon",
                State::AutoSubmitted => "attempt.time_over",
                State::InProgress | State::Submitted => "attempt.submit",
            };
            Ok(Decided { writes: vec![update, trace(who, action, id.to_string(), occasion)], value: true })
        };
        self.engine().try_transact(vec![lock_attempt(id)], read, decide).await
    }

    /// Ends what is under way at this quiz if its time is over.
    ///
    /// # Errors
    /// As the database has it.
    pub async fn settle_attempts(&self, who: UserId, quiz: QuizId, now: Micros) -> Result<(), Error> {
        let read = Statement::new(
            "an attempt whose time is over",
            "SELECT id FROM attempts WHERE quiz = $1 AND who = $2 AND state = 'in_progress' AND deadline_at < $3",
        );
        for row in self.engine().all(read.bind(quiz).bind(who).bind(now)).await? {
            self.end_attempt(who, row.get(0)?, State::AutoSubmitted, now).await?;
        }
        Ok(())
    }

    /// The own attempts at one quiz, in their order, the newest 100.
    ///
    /// # Errors
    /// As [`crate::Engine::all`].
    pub async fn attempts_at(&self, who: UserId, quiz: QuizId) -> Result<Vec<AttemptCard>, Error> {
        let read = Statement::new("attempts at a quiz", card!("", "WHERE quiz = $1 AND who = $2 ORDER BY no DESC LIMIT 100"));
        let rows = self.engine().all(read.bind(quiz).bind(who)).await?;
        rows.iter().rev().map(card).collect()
    }

    /// The own attempts, the newest first.
    ///
    /// # Errors
    /// As [`crate::Engine::all`].
    pub async fn own_attempts(&self, who: UserId, after: Option<Cursor>, limit: u32) -> Result<Vec<AttemptCard>, Error> {
        let read = Statement::new(
            "list own attempts",
            card!("", "WHERE who = $1 AND (started_at < $2 OR (started_at = $2 AND id < $3)) ORDER BY started_at DESC, id DESC LIMIT $4"),
        );
        let after = after.unwrap_or(ABOVE_ALL);
        self.engine().all(read.bind(who).bind(after.at).bind(after.id).bind(limit)).await?.iter().map(card).collect()
    }
}

fn rules_of(quiz: QuizId) -> Statement {
    Statement::new("rules of attempts", "SELECT rules FROM attempt_rules WHERE quiz = $1").bind(quiz)
}

fn one(who: UserId, id: AttemptId) -> Statement {
    Statement::new("an own attempt", card!(", content", "WHERE id = $1 AND who = $2")).bind(id).bind(who)
}

fn answers_of(id: AttemptId) -> Statement {
    Statement::new("answers of an attempt", "SELECT q, given FROM attempt_answers WHERE attempt = $1 ORDER BY q, n").bind(id)
}

/// Two of a person's tabs begin one attempt, not two.
fn lock_person(who: UserId) -> Statement {
    Statement::per_engine("lock a person", "SELECT id FROM users WHERE id = $1", "SELECT id FROM users_all WHERE id = $1 FOR NO KEY UPDATE")
        .bind(who)
}

fn lock_attempt(id: AttemptId) -> Statement {
    Statement::per_engine(
        "lock an attempt",
        "SELECT id FROM attempts WHERE id = $1",
        "SELECT id FROM attempts_all WHERE id = $1 FOR NO KEY UPDATE",
    )
    .bind(id)
}

fn card(row: &Row) -> Result<AttemptCard, Error> {
    let word: String = row.get(4)?;
    let score = match row.get::<Option<u64>>(8)? {
        Some(points) => Some(Score { points, most: row.get(9)?, correct: row.get(10)?, of: row.get(11)? }),
        None => None,
    };
    Ok(AttemptCard {
        id: row.get(0)?,
        quiz: row.get(1)?,
        title: row.get(2)?,
        no: row.get(3)?,
        state: State::parse(&word).ok_or_else(|| Error::corrupt("the state of an attempt", word))?,
        started_at: row.get(5)?,
        deadline_at: row.get(6)?,
        ended_at: row.get(7)?,
        score,
        rules: json(row, 12, "rules")?,
    })
}

/// Of each question the last answer stands last.
fn kept(row: &Row, answers: &[Row]) -> Result<KeptAttempt, Error> {
    let mut counting = BTreeMap::new();
    for answer in answers {
        let q = usize::try_from(answer.get::<u32>(0)?).unwrap_or(usize::MAX);
        counting.insert(q, json(answer, 1, "an answer")?);
    }
    Ok(KeptAttempt { card: card(row)?, quiz: json(row, 13, "a frozen quiz")?, answers: counting })
}

fn json<T: DeserializeOwned>(row: &Row, at: usize, what: &'static str) -> Result<T, Error> {
    serde_json::from_str(&row.get::<String>(at)?).map_err(|error| Error::corrupt(what, error))
}

fn written<T: serde::Serialize>(value: &T) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|error| Error::corrupt("an attempt", error))
}

fn trace(who: UserId, action: &'static str, target: String, Occasion { at, from }: Occasion) -> Statement {
    let personal = from.map(address);
    record(Audit { at, actor: Some(who.to_string()), action, target: Some(target), outcome: "ok", detail: None, personal })
}
