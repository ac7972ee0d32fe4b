//! Quizzes as files: out for their author alone, and in again. Nothing of a file is evaluated, fetched or followed.

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_DISPOSITION, ContentType};
use actix_web::{HttpRequest, HttpResponse, web};
use allthrive_domain::export;
use allthrive_domain::import::{Imported, ImportedQuestion, Keyless, Refused, RowFault, csv, gift, json, xlsx};
use allthrive_domain::quiz::check::{FaultCode, MAX_TITLE_CHARS, check_draft};
use allthrive_protocol::quiz::content::MAX_QUESTIONS;
use allthrive_protocol::quiz::{Difficulty, Quiz};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::auth::Verified;
use crate::auth::limits::{Limited, take};
use crate::error::{Problem, ProblemBody, field};
use crate::routes::body::File;
use crate::routes::quiz_view::MadeQuiz;
use crate::routes::quizzes::{created, draft, own_quiz, quiz_id};
use crate::state::State;

/// Which kind of file goes out.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Outward {
    /// `gift` or `json`.
    format: String,
}

/// Which kind of file comes in, and what for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Inward {
    /// `gift`, `csv`, `xlsx` or `json`.
    format: String,
    /// The title of the quiz; that of the file or of its first folder unless told.
    title: Option<String>,
    /// Of a table: what becomes of a question without a right answer: `survey`, or else its row is an error.
    keyless: Option<String>,
    /// `1`: only say what would come in.
    dry_run: Option<u8>,
}

/// Something about a row of a file.
#[derive(Debug, Serialize, ToSchema)]
pub struct RowView {
    /// The line or the row, from 1.
    line: usize,
    /// For programs; stable.
    code: &'static str,
    /// One plain sentence for people.
    message: String,
}

/// What came in, or would.
#[derive(Debug, Serialize, ToSchema)]
pub struct ImportedQuiz {
    /// The quiz as it was made; absent after a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    made: Option<MadeQuiz>,
    /// The quiz that would be made; absent once it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    quiz: Option<Quiz>,
    /// The line or row of each question, in the order of the quiz.
    lines: Vec<usize>,
    /// Rows that were taken, though not as they stood.
    warnings: Vec<RowView>,
    /// Rows that were not taken.
    errors: Vec<RowView>,
}

impl From<RowFault> for RowView {
    fn from(fault: RowFault) -> Self {
        Self { line: fault.line, code: fault.code, message: fault.sentence }
    }
}

/// One of the own quizzes as a file.
#[utoipa::path(get, path = "/api/v1/quizzes/{id}/export", tag = "quizzes", params(("id" = String, Path, description = "The quiz"), Outward),
    responses((status = 200, description = "The file", content_type = "application/octet-stream"), (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub async fn export(
    Verified(me): Verified,
    id: web::Path<String>,
    outward: web::Query<Outward>,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let kept = own_quiz(&state, me.user.id, quiz_id(&id)?).await?;
    let named = |ending: &str| {
        // Other letters have no place in a header; a browser asks its owner for a name anyway.
        let name = Some(kept.card.slug.as_str()).filter(|slug| slug.is_ascii()).unwrap_or("quiz");
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{name}.{ending}\""))
    };
    match outward.format.as_str() {
        "json" => {
            Ok(HttpResponse::Ok().insert_header(named("json")).content_type(ContentType::json()).body(export::json::write(&kept.quiz)))
        }
        "gift" => {
            let text = export::gift::write(&kept.quiz.title, &kept.quiz.questions).text;
            Ok(HttpResponse::Ok().insert_header(named("gift.txt")).content_type(ContentType::plaintext()).body(text))
        }
        _ => Err(Problem::bad_request("`format` is `gift` or `json`.")),
    }
}

/// Makes a draft of a file's questions; every row that does not fit is named. A dry run makes nothing.
#[utoipa::path(post, path = "/api/v1/quizzes/import", tag = "quizzes", request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    params(Inward, ("Idempotency-Key" = Option<String>, Header, description = "A UUID of this write, unless it is a dry run")),
    responses((status = 200, body = ImportedQuiz, description = "What would come in"), (status = 201, body = ImportedQuiz),
        (status = 401, body = ProblemBody), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub async fn import(
    Verified(me): Verified,
    request: HttpRequest,
    inward: web::Query<Inward>,
    File(bytes): File,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let Inward { format, title, keyless, dry_run } = inward.into_inner();
    take(&state, &[Limited::QuizWriteBy(me.user.id)]).await?;
    let keyless = match keyless.as_deref() {
        None | Some("refuse") => Keyless::Refuse,
        Some("survey") => Keyless::Survey,
        Some(_) => return Err(Problem::bad_request("`keyless` is `refuse` or `survey`.")),
    };
    // Unpacking a workbook takes its time: not on the thread that answers others.
    let found = web::block(move || read(&format, keyless, &bytes)).await.map_err(Problem::internal)??;
    let Drafted { mut quiz, lines, warnings, errors } = found.fitting(&state.settings.quiz.image_hosts);
    if let Some(title) = title.filter(|title| !title.trim().is_empty()) {
        quiz.title = title;
    }
    draft(&state, &quiz)?;
    let rows = |faults: Vec<RowFault>| faults.into_iter().map(RowView::from).collect();
    let (warnings, errors) = (rows(warnings), rows(errors));
    if dry_run.is_some_and(|dry| dry != 0) {
        return Ok(HttpResponse::Ok().json(ImportedQuiz { made: None, quiz: Some(quiz), lines, warnings, errors }));
    }
    if quiz.questions.is_empty() {
        return Err(Problem::fields(vec![field("file", "empty", "Nothing in the file is a question.")]));
    }
    let made = created(&state, &request, me.user.id, quiz).await?;
    Ok(HttpResponse::build(StatusCode::CREATED).json(ImportedQuiz { made: Some(made), quiz: None, lines, warnings, errors }))
}

/// What a file holds: all of a quiz but its questions, and these, each with its row.
struct Found {
    head: Quiz,
    questions: Imported,
}

/// The draft that comes of a file, and the rows that are not in it as they stood.
struct Drafted {
    quiz: Quiz,
    lines: Vec<usize>,
    warnings: Vec<RowFault>,
    errors: Vec<RowFault>,
}

impl Found {
    /// Questions of which nothing says to what quiz they belong.
    fn loose(questions: Imported) -> Self {
        let folder = questions.categories.first().map(|folder| folder.chars().take(MAX_TITLE_CHARS).collect());
        let head = Quiz {
            title: folder.unwrap_or_else(|| "Imported questions".to_owned()),
            description: String::new(),
            topic: String::new(),
            difficulty: Difficulty::default(),
            minutes: None,
            language: None,
            image: None,
            questions: Vec::new(),
        };
        Self { head, questions }
    }

    /// What this server takes of it: a quiz of so many questions, pictures from hosts that are named.
    fn fitting(self, image_hosts: &[String]) -> Drafted {
        let Imported { questions, mut warnings, mut errors, .. } = self.questions;
        let mut quiz = self.head;
        let elsewhere = |quiz: &Quiz| check_draft(quiz, image_hosts).into_iter().find(|fault| fault.code == FaultCode::Address);
        if quiz.image.is_some()
            && let Some(fault) = elsewhere(&quiz)
        {
            quiz.image = None;
            warnings.push(RowFault { line: 1, code: "address", sentence: fault.sentence.to_owned() });
        }
        let (head, mut lines) = (quiz.clone(), Vec::new());
        for ImportedQuestion { line, question, .. } in questions {
            let alone = Quiz { questions: vec![question], ..head.clone() };
            if quiz.questions.len() == MAX_QUESTIONS {
                let sentence = format!("A quiz has at most {MAX_QUESTIONS} questions.");
                errors.push(RowFault { line, code: "too_many_questions", sentence });
            } else if let Some(fault) = elsewhere(&alone) {
                errors.push(RowFault { line, code: "address", sentence: fault.sentence.to_owned() });
            } else {
                quiz.questions.extend(alone.questions);
                lines.push(line);
            }
        }
        errors.sort_by_key(|fault| fault.line);
        Drafted { quiz, lines, warnings, errors }
    }
}

fn read(format: &str, keyless: Keyless, bytes: &[u8]) -> Result<Found, Problem> {
    let read = match format {
        "gift" => gift::read(bytes).map(Found::loose),
        "csv" => csv::read(bytes, keyless).map(Found::loose),
        "xlsx" => xlsx::read(bytes, keyless).map(Found::loose),
        "json" => json::read(bytes).map(|json::ImportedQuiz { quiz, questions }| Found { head: quiz, questions }),
        _ => return Err(Problem::bad_request("`format` is `gift`, `csv`, `xlsx` or `json`.")),
    };
    read.map_err(|Refused { code, sentence }| Problem::fields(vec![field("file", code, sentence)]))
}
