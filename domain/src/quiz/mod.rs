//! The rules of quizzes, live and self-paced alike.
//!
//! - [`fold`]: when two texts are the same
//! - [`check`]: what of a quiz fits

pub mod check;
pub mod fold;
