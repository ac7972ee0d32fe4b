//! Quizzes on the wire: plain data, one type for each thing that somebody may see.
//!
//! - [`content`]: a quiz as its author writes and stores it, keys and all. Only its author, and of a running session
//!   its owner and cohosts, are ever sent a value of this module
//! - [`answer`]: what somebody answers, and what becomes of it

pub mod answer;
pub mod content;

pub use self::answer::{Given, OptionId};
pub use self::content::{Body, Difficulty, Question, Quiz};
