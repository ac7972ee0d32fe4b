//! How a report is made.

use std::collections::{HashMap, HashSet};

use allthrive_protocol::quiz::view::Form;
use allthrive_protocol::quiz::{Given, OptionId};
use allthrive_protocol::{Principal, UserId};

use super::{Chosen, OfAnswer, OfPlayer, OfQuestion, Report, Whole};
use crate::quiz::freeze::{Asked, Frozen, Key};
use crate::quiz::game::standing::{Folded, folded, standing_of};
use crate::quiz::game::{Game, Kept, Phase, Player, PlayerState, votes};
use crate::quiz::grade::{WHOLE, grade};
use crate::quiz::rank::Ranked;
use crate::time::Micros;

/// What a report is made from: all that is kept of a session.
#[derive(Debug, Clone, Copy)]
pub struct Session<'a> {
    /// Where the game stands.
    pub game: &'a Game,
    /// Its questions.
    pub quiz: &'a Frozen,
    /// All players, in any order.
    pub players: &'a [Player],
    /// All answers, in any order.
    pub answers: &'a [Kept],
    /// When it began.
    pub began_at: Option<Micros>,
    /// When it ended.
    pub ended_at: Option<Micros>,
}

/// The session with what its answers come to.
struct Ground<'a> {
    session: &'a Session<'a>,
    folded: &'a [Folded<'a>],
    /// The ranking.
    lines: &'a [Ranked],
    /// The questions that count.
    counted: HashSet<u32>,
}

/// The report.
#[must_use]
pub fn report(session: &Session<'_>) -> Report {
    let (game, quiz) = (session.game, session.quiz);
    let folded = folded(game, quiz, session.players, session.answers);
    let standing = standing_of(game, quiz, &folded);
    let over = Game { phase: Phase::Ended, ..game.clone() };
    let lines = &standing.board(&over).lines;
    let ground = Ground { session, folded: &folded, lines, counted: standing.counted().iter().copied().collect() };
    let place: HashMap<u32, (usize, u32)> = lines.iter().zip(0..).map(|(line, place)| (line.player, (place, line.rank))).collect();
    let rank = |no: u32| place.get(&no).map(|(_, rank)| *rank);
    let mut players: Vec<OfPlayer> = folded.iter().map(|one| player(&ground, one, rank(one.player.no))).collect();
    players.sort_by_key(|one| (place.get(&one.no).copied(), one.no));
    let questions = (0..game.asked.len()).filter_map(|column| question(&ground, column)).collect();
    Report { session: whole(&ground), players, questions, answers: answers(&ground) }
}

fn at(quiz: &Frozen, q: u32) -> Option<&Asked> {
    quiz.questions.get(usize::try_from(q).ok()?)
}

fn count(of: usize) -> u32 {
    u32::try_from(of).unwrap_or(u32::MAX)
}

/// A share of one; none of nothing.
fn share(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| f64::from(count(part)) / f64::from(count(whole)))
}

/// The one in the middle, of two the mean, rounded down.
fn median(mut times: Vec<u64>) -> Option<u64> {
    times.sort_unstable();
    let upper = *times.get(times.len() / 2)?;
    Some(if times.len() % 2 == 1 { upper } else { times[times.len() / 2 - 1].midpoint(upper) })
}

fn whole(ground: &Ground<'_>) -> Whole {
    let Ground { session, folded, counted, lines: _ } = ground;
    let (game, quiz) = (session.game, session.quiz);
    let (mut could, mut did, mut could_be_right, mut right) = (0, 0, 0, 0);
    for one in *folded {
        for (given, (q, _)) in one.own.iter().zip(&game.asked) {
            if game.voided.contains(q) || one.player.joined_q > *q && given.is_none() {
                continue;
            }
            could += 1;
            did += usize::from(given.is_some());
            if counted.contains(q) {
                could_be_right += 1;
                right += usize::from(is_right(one, *q));
            }
        }
    }
    let duration = session.began_at.zip(session.ended_at).map(|(began, ended)| ended.0.saturating_sub(began.0) / 1_000);
    Whole {
        title: quiz.title.clone(),
        mode: game.settings.mode,
        players: count(folded.len()),
        asked: count(game.asked.len()),
        scored: count(counted.len()),
        completion: share(did, could),
        correct: share(right, could_be_right),
        duration_ms: duration.and_then(|ms| u64::try_from(ms).ok()),
    }
}

fn is_right(one: &Folded<'_>, q: u32) -> bool {
    let earned = usize::try_from(q).ok().and_then(|q| one.sum.earned.get(q));
    earned.is_some_and(|earned| earned.credit == Some(WHOLE))
}

fn player(ground: &Ground<'_>, one: &Folded<'_>, rank: Option<u32>) -> OfPlayer {
    let (game, counted) = (ground.session.game, &ground.counted);
    let asked = || one.own.iter().zip(game.asked.iter().map(|(q, _)| *q));
    let times = asked().filter(|(_, q)| counted.contains(q)).filter_map(|(given, _)| Some((*given)?.kept.t_ms)).collect();
    let teams = &game.settings.teams;
    OfPlayer {
        no: one.player.no,
        name: one.player.name.clone(),
        user: account(one.player.player),
        team: one.player.team.and_then(|team| teams.get(usize::try_from(team).ok()?).cloned()),
        correct: one.sum.correct,
        scored: count(counted.len()),
        points: one.sum.total,
        median_ms: median(times),
        best_streak: one.sum.streak.best,
        rank,
        missed: asked().map(|(_, q)| q).filter(|q| counted.contains(q) && !is_right(one, *q)).collect(),
        unanswered: asked().filter(|(given, _)| given.is_none()).map(|(_, q)| q).collect(),
        left: one.player.state == PlayerState::Left,
    }
}

/// A guest has none, and is told by the name alone.
fn account(player: Principal) -> Option<UserId> {
    match player {
        Principal::User(id) => Some(id),
        Principal::Guest(_) | Principal::Screen(_) => None,
    }
}

/// The question of the round at that place among all that stand.
fn question(ground: &Ground<'_>, column: usize) -> Option<OfQuestion> {
    let game = ground.session.game;
    let (q, round) = *game.asked.get(column)?;
    let asked = at(ground.session.quiz, q)?;
    let could: Vec<&Folded<'_>> = ground.folded.iter().filter(|one| one.player.joined_q <= q || one.own[column].is_some()).collect();
    let kept: Vec<&Kept> = could.iter().filter_map(|one| one.own[column].map(|marked| marked.kept)).collect();
    let right = could.iter().filter(|one| is_right(one, q)).count();
    let votes = votes(asked, kept.iter().map(|kept| &kept.choice), count(could.len()));
    let chosen = chosen(asked, &votes);
    let wrong = chosen.iter().filter(|one| one.right == Some(false) && one.count > 0);
    Some(OfQuestion {
        q,
        round,
        kind: asked.kind.clone(),
        stem: asked.stem.clone(),
        points: asked.points,
        voided: game.voided.contains(&q),
        players: count(could.len()),
        answered: count(kept.len()),
        correct: share(right, could.len()).filter(|_| asked.is_scored()),
        unanswered: share(could.len() - kept.len(), could.len()),
        distractor: wrong.reduce(|most, one| if one.count > most.count { one } else { most }).map(|one| one.text.clone()),
        answers: chosen,
        median_ms: median(kept.iter().map(|kept| kept.t_ms).collect()),
        discrimination: if asked.is_scored() { discrimination(&could, ground.lines, q) } else { None },
    })
}

fn discrimination(could: &[&Folded<'_>], lines: &[Ranked], q: u32) -> Option<f64> {
    let right: HashMap<u32, bool> = could.iter().map(|one| (one.who.player, is_right(one, q))).collect();
    let by_place: Vec<bool> = lines.iter().filter_map(|line| right.get(&line.player).copied()).collect();
    let third = by_place.len() / 3;
    let share_of = |some: &[bool]| share(some.iter().filter(|right| **right).count(), some.len());
    Some(share_of(&by_place[..third])? - share_of(&by_place[by_place.len() - third..])?)
}

/// Options with their texts; else what the votes tell. Of an order and of pairs it is not said what is right of them.
fn chosen(asked: &Asked, votes: &allthrive_protocol::quiz::phase::Votes) -> Vec<Chosen> {
    let right = |id: OptionId| match &asked.key {
        Key::Options { right, .. } => Some(right.contains(&id)),
        Key::Text { .. } | Key::Number { .. } | Key::Order { .. } | Key::Pairs { .. } | Key::Nothing {} => None,
    };
    let written = |text: &str| {
        let given = match asked.form {
            Form::Text { most_chars: _ } => Given::Text(text.to_owned()),
            Form::Number {} => Given::Number(text.parse().ok()?),
            Form::One { .. } | Form::Some { .. } | Form::Order { .. } | Form::Pairs { .. } | Form::Nothing {} => return None,
        };
        grade(asked, &given).map(|grade| grade.credit > 0)
    };
    match &asked.form {
        Form::One { options } | Form::Some { options } => {
            let count = |id| votes.options.get(&id).copied().unwrap_or(0);
            options.iter().map(|one| Chosen { text: one.text.clone(), count: count(one.id), right: right(one.id) }).collect()
        }
        Form::Text { .. } | Form::Number {} | Form::Order { .. } | Form::Pairs { .. } | Form::Nothing {} => {
            let line = |(text, count): &(String, u32)| Chosen { text: text.clone(), count: *count, right: written(text) };
            votes.written.iter().map(line).collect()
        }
    }
}

fn answers(ground: &Ground<'_>) -> Vec<OfAnswer> {
    let Ground { session, folded, .. } = ground;
    let (game, quiz) = (session.game, session.quiz);
    let names: HashMap<Principal, &Player> = session.players.iter().map(|player| (player.player, player)).collect();
    let earned: HashMap<u32, &Folded<'_>> = folded.iter().map(|one| (one.player.no, one)).collect();
    let standing: HashSet<u64> = folded.iter().flat_map(|one| one.own.iter().flatten()).map(|marked| marked.kept.no).collect();
    let row = |kept: &Kept| {
        let (player, asked) = (names.get(&kept.player)?, at(quiz, kept.q)?);
        let counts = standing.contains(&kept.no) && !game.voided.contains(&kept.q);
        let sum = earned.get(&player.no).filter(|_| counts).map(|one| &one.sum.earned);
        let earned = sum.and_then(|earned| earned.get(usize::try_from(kept.q).ok()?)).copied().unwrap_or_default();
        Some(OfAnswer {
            no: kept.no,
            player: player.no,
            name: player.name.clone(),
            q: kept.q,
            round: kept.round,
            n: kept.n,
            given: kept.choice.clone(),
            text: words(&asked.form, &kept.choice),
            counts,
            credit: grade(asked, &kept.choice).map(|grade| grade.credit),
            points: earned.points,
            bonus: earned.bonus,
            t_ms: kept.t_ms,
        })
    };
    let mut rows: Vec<OfAnswer> = session.answers.iter().filter_map(row).collect();
    rows.sort_unstable_by_key(|row| row.no);
    rows
}

/// An answer as one would say it.
fn words(form: &Form, given: &Given) -> String {
    let shown = match form {
        Form::One { options } | Form::Some { options } | Form::Order { items: options } => options.iter().collect::<Vec<_>>(),
        Form::Pairs { left, right } => left.iter().chain(right).collect(),
        Form::Text { most_chars: _ } | Form::Number {} | Form::Nothing {} => Vec::new(),
    };
    let text = |id: &OptionId| shown.iter().find(|one| one.id == *id).map_or("?", |one| one.text.as_str());
    match given {
        Given::Options(chosen) => chosen.iter().map(text).collect::<Vec<_>>().join("; "),
        Given::Text(text) => text.clone(),
        Given::Number(number) => number.to_string(),
        Given::Order(order) => order.iter().map(text).collect::<Vec<_>>().join(" → "),
        Given::Pairs(pairs) => pairs.iter().map(|(left, right)| format!("{} – {}", text(left), text(right))).collect::<Vec<_>>().join("; "),
    }
}
