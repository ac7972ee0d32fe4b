//! The rules of quizzes, live and self-paced alike.
//!
//! - [`fold`]: when two texts are the same
//! - [`check`]: what of a quiz fits
//! - [`freeze`]: a quiz as one session or attempt keeps it, what is shown apart from what is right
//! - [`grade`]: whether an answer fits, and how right it is
//! - [`score`]: what an answer is worth: points, time, streaks
//! - [`names`]: what a player may be called
//! - [`rank`]: where players and teams stand
//! - [`attempt`]: a quiz taken alone: how often, how long, and what counts
//! - [`game`]: a live session: who may move it, and who is shown what
//! - [`report`](mod@report): what came of it

pub mod attempt;
pub mod check;
pub mod fold;
pub mod freeze;
pub mod game;
pub mod grade;
pub mod names;
pub mod rank;
pub mod report;
pub mod score;
