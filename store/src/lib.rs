//! What is kept, on SQLite and on Postgres.
//!
//! - [`engine`]: the only place that knows which database is underneath
//! - [`open`]: configuration, opening, closing; `migrate` and `epoch` are its steps
//! - [`error`]: what can go wrong
//! - [`commit`]: units in, log rows out; `facts`, [`log`] and `projections` are its reads and writes, `parts` its halves
//! - [`replay`], [`history`], [`members`]: what a connection reads
//! - [`conversations`], [`reactors`], [`restrictions`]: lists, page by page
//! - [`users`], [`sign_ins`], [`mail_tokens`], [`tickets`]: accounts and how their owners come in
//! - [`quizzes`], [`quiz_writes`]: what authors write
//! - [`live`]: sessions of live quizzes, their log, players and answers
//! - [`limits`]: how often is too often
//! - [`audit`]: who did what, as a chain that proves itself
//!
//! Imports [`allthrive_protocol`] and [`allthrive_domain`].
//!
//! *A new table*: a migration (`migrations/README.md`), a file here with its row, its writes as values and
//! its reads, a case for each query in `tests/suite.rs`.

pub mod attempts;
pub mod audit;
pub mod commit;
pub mod conversations;
pub mod engine;
mod epoch;
pub mod error;
mod facts;
pub mod history;
pub mod limits;
pub mod live;
pub mod log;
pub mod mail_tokens;
pub mod members;
mod migrate;
pub mod open;
mod parts;
mod projections;
pub mod quiz_writes;
pub mod quizzes;
pub mod reactors;
pub mod replay;
pub mod restrictions;
pub mod sign_ins;
pub mod tickets;
pub mod users;

pub use attempts::{AnswerTaken, AttemptCard, KeptAttempt, Started};
pub use commit::Committed;
pub use conversations::{Cursor, Last, Listed, Member, PublicRoom};
pub use engine::{Decided, Engine, Row, Statement, Type, Value};
pub use error::Error;
pub use members::RoomStanding;
pub use open::{Database, DatabaseUrl, Store, StoreConfig, inspect};
pub use quiz_writes::{QuizChanged, QuizMade};
pub use quizzes::{KeptQuiz, QuizCard, Wanted};
pub use reactors::{Reactor, ReactorCursor};
pub use replay::Page;
pub use restrictions::Restricted;
