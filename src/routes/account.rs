//! The own account.

use actix_web::{HttpResponse, web};
use allthrive_protocol::RoomId;
use allthrive_store::users::User;
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::SignedIn;
use crate::crypto::{Cell, open};
use crate::error::Problem;
use crate::state::State;

/// The own account as its owner sees it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Me {
    /// Its id.
    #[schema(example = "u_0190a1b2-0000-7000-8000-000000000001")]
    id: String,
    /// Its username.
    #[schema(example = "mira")]
    username: String,
    /// The name it shows.
    display_name: String,
    /// Its address of mail.
    email: Option<String>,
    /// Whether the address was verified.
    email_verified: bool,
    /// `explorer`, `expert`, `mentor`, `patron` or `admin`.
    role: String,
    /// The room that tells of facts about the account.
    personal_room: String,
}

impl Me {
    /// As the account's owner sees it.
    pub(super) fn of(user: User, state: &State) -> Self {
        let email = user.email_cipher.as_deref().and_then(|sealed| open(&state.settings.keys.email, email_cell(&user), sealed));
        if email.is_none() && user.email_cipher.is_some() {
            tracing::error!(user.id = %user.id, "an address cannot be decrypted; was a key changed?");
        }
        Self {
            id: user.id.to_string(),
            personal_room: RoomId::personal(user.id).to_string(),
            username: user.username,
            display_name: user.display_name,
            email,
            email_verified: user.email_verified,
            role: user.role,
        }
    }
}

fn email_cell(user: &User) -> Cell<'static> {
    email_cell_of(user.id.0)
}

/// The cell of an account's address.
pub(crate) fn email_cell_of(row: uuid::Uuid) -> Cell<'static> {
    Cell { table: "users_all", column: "email_cipher", row }
}

/// The own account; the address need not be verified.
#[utoipa::path(get, path = "/api/v1/me", tag = "me", responses((status = 200, body = Me), (status = 401, body = crate::error::ProblemBody)))]
pub async fn me(signed_in: SignedIn, state: web::Data<State>) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(Me::of(signed_in.user, &state)))
}
