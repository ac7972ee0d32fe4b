//! Quizzes on the wire: plain data, one type for each thing that somebody may see.
//!
//! - [`content`]: a quiz as its author writes and stores it, keys and all. Only its author, and of a running session
//!   its owner and cohosts, are ever sent a value of this module
//! - [`answer`]: what somebody answers, and what becomes of it
//! - [`ask`]: what can be asked of a live session
//! - [`live`]: a session as it is set up, and what its people ask of it
//! - [`view`]: what is shown of it, by phase and role; made of [`phase`], [`board`] and [`own`]

pub mod answer;
pub mod ask;
pub mod board;
pub mod content;
pub mod live;
pub mod own;
pub mod phase;
pub mod view;

pub use self::answer::{Given, OptionId};
pub use self::content::{Body, Difficulty, Question, Quiz};
