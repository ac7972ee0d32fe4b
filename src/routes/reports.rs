//! What came of a live session: for its owner and cohosts, on a page and as files.

use actix_web::http::header::{CONTENT_DISPOSITION, ContentType};
use actix_web::{HttpResponse, web};
use allthrive_domain::export;
use allthrive_domain::export::csv::Dialect;
use allthrive_domain::quiz::game::{Kept, Player};
use allthrive_domain::quiz::report::{Report, Session, report, sheets};
use allthrive_domain::time::Micros;
use allthrive_protocol::RoomId;
use allthrive_protocol::quiz::live::Role;
use allthrive_store::Error;
use allthrive_store::live::SessionRow;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::auth::Verified;
use crate::error::{Problem, ProblemBody};
use crate::state::State;

/// Where the players stand among the sheets.
const PLAYERS: usize = 1;
/// A workbook.
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// As which kind of file.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Kind {
    /// `json` (the default), `csv` or `xlsx`.
    format: Option<String>,
    /// Of `csv`: which sheet, by its place from 0; the players unless told.
    sheet: Option<usize>,
}

/// The report of a session, as far as it has come. Repeated it says the same, unless the session has moved.
#[utoipa::path(get, path = "/api/v1/live/{id}/report", tag = "live", params(("id" = String, Path, description = "The session"), Kind),
    responses((status = 200, description = "The report, or a file"), (status = 401, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub async fn one(
    Verified(me): Verified,
    id: web::Path<String>,
    kind: web::Query<Kind>,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let none = || Problem::not_found("There is no such session.");
    let room: RoomId = id.parse().map_err(|_| none())?;
    // A moderator sees no key, so no report.
    match state.store.live_role(room, me.user.id).await? {
        Some(Role::Owner | Role::Cohost) => {}
        Some(_) | None => return Err(none()),
    }
    let report = Everything::read(&state, room).await?.ok_or_else(none)?.report();
    let named = |ending: &str| (CONTENT_DISPOSITION, format!("attachment; filename=\"report.{ending}\""));
    match kind.format.as_deref() {
        None | Some("json") => Ok(HttpResponse::Ok().json(report)),
        Some("csv") => {
            let table = sheets(&report);
            let sheet = table.sheets.get(kind.sheet.unwrap_or(PLAYERS)).ok_or_else(|| Problem::bad_request("There is no such sheet."))?;
            let bytes = export::csv::write(sheet, Dialect::SPREADSHEET);
            Ok(HttpResponse::Ok().insert_header(named("csv")).content_type("text/csv; charset=utf-8").body(bytes))
        }
        Some("xlsx") => {
            // Packing a workbook takes its time: not on the thread that answers others.
            let written = web::block(move || export::xlsx::write(&sheets(&report))).await.map_err(Problem::internal)?;
            let bytes = written.map_err(Problem::internal)?;
            Ok(HttpResponse::Ok()
                .insert_header(named("xlsx"))
                .insert_header(ContentType(XLSX.parse().map_err(Problem::internal)?))
                .body(bytes))
        }
        Some(_) => Err(Problem::bad_request("`format` is `json`, `csv` or `xlsx`.")),
    }
}

/// Everything that is kept of a session.
pub(super) struct Everything {
    pub(super) session: SessionRow,
    pub(super) players: Vec<Player>,
    pub(super) answers: Vec<Kept>,
    began_at: Option<Micros>,
}

impl Everything {
    pub(super) async fn read(state: &State, room: RoomId) -> Result<Option<Self>, Error> {
        let store = &state.store;
        let Some(session) = store.live_session(room).await? else { return Ok(None) };
        let players = store.all_live_players(room, 0).await?;
        let answers = store.all_live_answers(room, 0).await?.into_iter().map(Into::into).collect();
        let began_at = store.live_began_at(room).await?;
        Ok(Some(Self { session, players, answers, began_at }))
    }

    pub(super) fn report(&self) -> Report {
        report(&Session {
            game: &self.session.state.game,
            quiz: &self.session.content,
            players: &self.players,
            answers: &self.answers,
            began_at: self.began_at,
            ended_at: self.session.ended_at,
        })
    }
}
