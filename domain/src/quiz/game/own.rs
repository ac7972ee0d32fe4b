//! What one player is told beside what all are shown, and the ranking by pages.

use allthrive_protocol::quiz::Given;
use allthrive_protocol::quiz::live::Factor;
use allthrive_protocol::quiz::own::{BoardPage, Me, Own, OwnPlace, Place};

use super::views::{count, elapsed_ms, line};
use super::{Phase, Player, Sight, asked, own_deadline_ms};
use crate::quiz::grade::grade;

/// Lines of a page of the ranking.
pub const BOARD_PAGE: usize = 100;

/// Who one is. `answer` is the last that is kept of this player to the present question and round.
#[must_use]
pub fn me(sight: &Sight<'_>, player: &Player, answer: Option<&Given>) -> Me {
    let game = sight.game;
    let own_deadline = || own_deadline_ms(game, sight.quiz, player.factor);
    let has_more = game.phase == Phase::Open && player.factor != Factor::Usual;
    Me {
        player: player.player,
        name: player.name.clone(),
        team: player.team,
        factor: player.factor,
        answer: answer.filter(|_| game.phase.is_played()).cloned(),
        closes_in_ms: if has_more { own_deadline().map(|at| at.saturating_sub(elapsed_ms(sight))) } else { None },
    }
}

/// What one's answer was worth; none before the solution, on a slide, and once the question is past. A question that was
/// taken out of the count is neither right nor wrong.
#[must_use]
pub fn own(sight: &Sight<'_>, player: &Player, answer: Option<&Given>) -> Option<Own> {
    let game = sight.game;
    let earned = sight.standing.earned(game, player.no)?;
    let grade = answer.and_then(|answer| grade(asked(game, sight.quiz)?, answer));
    let counts = !game.voided.contains(&game.q);
    Some(Own {
        q: game.q,
        round: game.round,
        correct: grade.as_ref().filter(|_| counts).map(crate::quiz::grade::Grade::is_whole),
        answer: answer.cloned(),
        feedback: grade.map(|grade| grade.feedback).unwrap_or_default(),
        points: earned.points,
        bonus: earned.bonus,
        streak: earned.streak,
        place: stands(sight, player),
    })
}

/// One's own line and its neighbours, with the scoreboard and the podium; none in other phases, and for who is not ranked.
#[must_use]
pub fn place(sight: &Sight<'_>, player: &Player) -> Option<OwnPlace> {
    if !matches!(sight.game.phase, Phase::Scoreboard | Phase::Podium) {
        return None;
    }
    let board = sight.standing.board(sight.game);
    board.line(player.no)?;
    let sum = sight.standing.sum(sight.game, player.no).unwrap_or_default();
    Some(OwnPlace {
        place: stands(sight, player),
        around: board.around(player.no).iter().map(line).collect(),
        correct: sum.correct,
        scored: sight.standing.scored(),
        best_streak: sum.best_streak,
    })
}

/// A page of the ranking that may be known in this phase, from behind the first `after` lines.
#[must_use]
pub fn board_page(sight: &Sight<'_>, after: u32) -> BoardPage {
    let lines = &sight.standing.board(sight.game).lines;
    let rest = usize::try_from(after).ok().and_then(|after| lines.get(after..)).unwrap_or_default();
    BoardPage { lines: rest.iter().take(BOARD_PAGE).map(line).collect(), more: rest.len() > BOARD_PAGE }
}

/// Place 0 of 0 where nobody is ranked: in a survey, and before the first question that counts.
fn stands(sight: &Sight<'_>, player: &Player) -> Place {
    let board = sight.standing.board(sight.game);
    let of = count(board.lines.len());
    let Some(line) = board.line(player.no) else {
        return Place { total: 0, rank: 0, of, moved: None, gap: None, ahead: None };
    };
    let (ahead, gap) = board.ahead(player.no).unzip();
    Place { total: line.total, rank: line.rank, of, moved: line.moved, gap, ahead }
}
