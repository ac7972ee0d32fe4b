//! What can be asked of a live session: one variant each. Guests and screens reach these and `ping`, nothing else.

use crate::quiz::live::{Answer, Board, Control, Join, Moderate, Players, React, Rename, Time};

/// Longest `d` of a `quiz.answer`, bytes.
pub const MAX_ANSWER_BYTES: usize = 2 * 1024;

/// Everything a live session can be asked.
#[derive(Debug, Clone, PartialEq)]
pub enum Ask {
    /// Be here.
    Join(Join),
    /// Play no more.
    Leave,
    /// Another name for oneself.
    Rename(Rename),
    /// An answer.
    Answer(Answer),
    /// An emoji for everybody.
    React(React),
    /// How much time one needs.
    Time(Time),
    /// A step of the game.
    Control(Control),
    /// Order among players.
    Moderate(Moderate),
    /// All that there is to know now.
    Sync,
    /// The players, paged.
    Players(Players),
    /// The ranking, paged.
    Board(Board),
}
