//! A report as sheets, for CSV, JSON and a workbook: questions are counted from 1 on, as people do, times are milliseconds,
//! and shares are numbers from 0 to 1.

use allthrive_protocol::quiz::live::Mode;

use super::{OfPlayer, OfQuestion, Report};
use crate::export::{Cell, ReportTable, Sheet};

/// Session, players, questions, options, answers.
#[must_use]
pub fn sheets(report: &Report) -> ReportTable {
    ReportTable { sheets: vec![session(report), players(report), questions(report), options(report), answers(report)] }
}

fn session(report: &Report) -> Sheet {
    let whole = &report.session;
    let mut sheet = Sheet::new("Session", &["Figure", "Value"]);
    let mode = match whole.mode {
        Mode::Speed => "speed",
        Mode::Accuracy => "accuracy",
        Mode::Survey => "survey",
    };
    let figures: [(&str, Cell); 8] = [
        ("Title", whole.title.as_str().into()),
        ("Mode", mode.into()),
        ("Players", whole.players.into()),
        ("Questions asked", whole.asked.into()),
        ("Questions that count", whole.scored.into()),
        ("Completion", whole.completion.into()),
        ("Mean correct", whole.correct.into()),
        ("Duration (ms)", whole.duration_ms.map(number).unwrap_or_default()),
    ];
    sheet.rows = figures.into_iter().map(|(name, value)| vec![name.into(), value]).collect();
    sheet
}

fn players(report: &Report) -> Sheet {
    let header =
        ["Name", "Team", "Correct", "Of", "Points", "Median time (ms)", "Best streak", "Rank", "Missed questions", "Not answered", "Left"];
    let row = |one: &OfPlayer| {
        vec![
            one.name.as_str().into(),
            one.team.clone().into(),
            one.correct.into(),
            one.scored.into(),
            number(one.points),
            one.median_ms.map(number).unwrap_or_default(),
            one.best_streak.into(),
            one.rank.into(),
            numbers(&one.missed),
            numbers(&one.unanswered),
            one.left.into(),
        ]
    };
    Sheet { rows: report.players.iter().map(row).collect(), ..Sheet::new("Players", &header) }
}

fn questions(report: &Report) -> Sheet {
    let header = [
        "Question",
        "Type",
        "Text",
        "Points",
        "Voided",
        "Players",
        "Answered",
        "Correct",
        "Not answered",
        "Most chosen wrong",
        "Median time (ms)",
        "Top minus bottom third",
    ];
    let row = |one: &OfQuestion| {
        vec![
            place(one.q),
            one.kind.as_str().into(),
            one.stem.as_str().into(),
            one.points.into(),
            one.voided.into(),
            one.players.into(),
            one.answered.into(),
            one.correct.into(),
            one.unanswered.into(),
            one.distractor.clone().into(),
            one.median_ms.map(number).unwrap_or_default(),
            one.discrimination.into(),
        ]
    };
    Sheet { rows: report.questions.iter().map(row).collect(), ..Sheet::new("Questions", &header) }
}

fn options(report: &Report) -> Sheet {
    let rows = report.questions.iter().flat_map(|question| {
        question.answers.iter().map(|one| vec![place(question.q), one.text.as_str().into(), one.count.into(), one.right.into()])
    });
    Sheet { rows: rows.collect(), ..Sheet::new("Options", &["Question", "Answer", "Count", "Correct"]) }
}

fn answers(report: &Report) -> Sheet {
    let header = ["No", "Player", "Name", "Question", "Round", "Change", "Answer", "Counts", "Correct", "Points", "Bonus", "Time (ms)"];
    let rows = report.answers.iter().map(|one| {
        vec![
            number(one.no),
            one.player.into(),
            one.name.as_str().into(),
            place(one.q),
            place(one.round),
            one.n.into(),
            one.text.as_str().into(),
            one.counts.into(),
            one.credit.map(|credit| f64::from(credit) / 1_000.0).into(),
            number(one.points),
            number(one.bonus),
            number(one.t_ms),
        ]
    });
    Sheet { rows: rows.collect(), ..Sheet::new("Answers", &header) }
}

fn number(of: u64) -> Cell {
    Cell::Whole(i64::try_from(of).unwrap_or(i64::MAX))
}

fn place(from_0: u32) -> Cell {
    Cell::Whole(i64::from(from_0) + 1)
}

/// `2, 5`; a text, so that no spreadsheet takes it for a number or a date.
fn numbers(from_0: &[u32]) -> Cell {
    let all: Vec<String> = from_0.iter().map(|q| (u64::from(*q) + 1).to_string()).collect();
    if all.is_empty() { Cell::Empty } else { Cell::Text(all.join(", ")) }
}
