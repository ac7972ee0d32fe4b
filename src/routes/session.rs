//! Signing in, staying signed in, signing out.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use allthrive_domain::names::Email;
use allthrive_domain::time::Micros;
use allthrive_protocol::UserId;
use allthrive_store::audit::Occasion;
use allthrive_store::sign_ins::{NewSignIn, Refreshed};
use allthrive_store::users::{Account, User};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::auth::SignedIn;
use crate::auth::cookie::Kind;
use crate::auth::limits::{Limited, take};
use crate::auth::token::{REFRESH_LIFE, Refresh};
use crate::crypto::keyed_digest;
use crate::error::{Problem, ProblemBody};
use crate::ids;
use crate::routes::account::Me;
use crate::routes::body::Json;
use crate::state::State;

/// Longest description of a device, characters.
const MAX_DEVICE: usize = 200;

/// Who signs in.
#[derive(Debug, Deserialize, ToSchema)]
pub struct Login {
    /// The username or the address.
    #[schema(example = "mira")]
    login: String,
    /// The password.
    #[schema(value_type = String)]
    password: SecretString,
}

/// Somebody is signed in.
#[derive(Debug, Serialize, ToSchema)]
pub struct LoggedIn {
    /// The account.
    user: Me,
    /// Until when the access cookie is good, unix milliseconds.
    access_expires_ts: u64,
}

/// The access cookie is new.
#[derive(Debug, Serialize, ToSchema)]
pub struct Fresh {
    /// Until when it is good, unix milliseconds.
    access_expires_ts: u64,
}

/// Signs in with a password. The access and refresh tokens come as cookies.
#[utoipa::path(post, path = "/api/v1/auth/login", tag = "auth", request_body = Login,
    responses((status = 200, body = LoggedIn), (status = 401, body = ProblemBody, description = "`wrong_credentials`"),
        (status = 403, body = ProblemBody), (status = 429, body = ProblemBody)))]
pub async fn login(request: HttpRequest, Json(login): Json<Login>, state: web::Data<State>) -> Result<HttpResponse, Problem> {
    take(&state, &[Limited::SignInFrom(state.peer(&request)), Limited::SignInto(&login.login)]).await?;
    let account = find_account(&state, &login.login).await?;
    let hash = account.as_ref().and_then(|account| account.password_hash.clone());
    let right = state.hashers.verify(login.password, hash).await?;
    let user = admit(&state, account, right, state.occasion(&request)).await?;
    let sign_in = begin(&state, &request, user.id).await?;
    answer(&state, user.id, Refresh { family: sign_in, n: 1 }, |access_expires_ts| LoggedIn {
        user: Me::of(user, &state),
        access_expires_ts,
    })
}

/// New tokens for the refresh cookie. Two tabs that ask at once both stay signed in; an old token that
/// comes back later ends the sign-in.
#[utoipa::path(post, path = "/api/v1/auth/refresh", tag = "auth",
    responses((status = 200, body = Fresh), (status = 401, body = ProblemBody)))]
pub async fn refresh(request: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, Problem> {
    let Some(shown) = refresh_cookie(&state, &request) else { return Err(Problem::unauthorized()) };
    let occasion = state.occasion(&request);
    match state.store.refresh_sign_in(shown.family, shown.n, occasion.at.plus(REFRESH_LIFE), occasion).await? {
        Refreshed::Next { user, n } => {
            answer(&state, user, Refresh { family: shown.family, n }, |access_expires_ts| Fresh { access_expires_ts })
        }
        Refreshed::Reused { user } => {
            state.system.end_sign_in(shown.family);
            tracing::warn!(user.id = %user, "an old refresh token was shown; the sign-in is ended");
            Err(Problem::unauthorized())
        }
        Refreshed::Gone => Err(Problem::unauthorized()),
    }
}

/// Signs out on this device. Without a sign-in nothing changes.
#[utoipa::path(post, path = "/api/v1/auth/logout", tag = "auth", responses((status = 204)))]
pub async fn logout(request: HttpRequest, signed_in: Option<SignedIn>, state: web::Data<State>) -> Result<HttpResponse, Problem> {
    let occasion = state.occasion(&request);
    match (signed_in, refresh_cookie(&state, &request)) {
        (Some(signed_in), _) => {
            state.store.end_sign_in(signed_in.sign_in, signed_in.user.id, occasion).await?;
            state.system.end_sign_in(signed_in.sign_in);
        }
        (None, Some(shown)) => {
            if let Some(user) = state.store.sign_in(shown.family, occasion.at).await? {
                state.store.end_sign_in(shown.family, user.id, occasion).await?;
                state.system.end_sign_in(shown.family);
            }
        }
        (None, None) => {}
    }
    let cookies = state.cookies;
    Ok(HttpResponse::NoContent().cookie(cookies.clear(Kind::Access)).cookie(cookies.clear(Kind::Refresh)).finish())
}

fn refresh_cookie(state: &State, request: &HttpRequest) -> Option<Refresh> {
    Refresh::read(&state.settings.keys.refresh, &state.cookies.get(request, Kind::Refresh)?)
}

async fn find_account(state: &State, login: &str) -> Result<Option<Account>, Problem> {
    let login = login.trim();
    if !login.contains('@') {
        return Ok(state.store.account_by_username(&login.to_ascii_lowercase()).await?);
    }
    match Email::parse(login) {
        Ok(email) => Ok(state.store.account_by_email(email_key(state, &email)).await?),
        Err(_) => Ok(None),
    }
}

/// By which an account is found: the address's keyed digest.
pub(super) fn email_key(state: &State, email: &Email) -> [u8; 32] {
    keyed_digest(&state.settings.keys.email_index, &[b"email", email.as_str().as_bytes()])
}

/// Says no in one way, whether there is no such account or the password is another.
async fn admit(state: &State, account: Option<Account>, right: bool, occasion: Occasion) -> Result<User, Problem> {
    let known = account.as_ref().map(|account| account.user.id);
    match account {
        Some(account) if right && account.user.suspended => {
            state.store.fail_sign_in(known, "suspended", occasion).await?;
            Err(Problem::new(StatusCode::FORBIDDEN, "suspended", "This account is suspended."))
        }
        Some(account) if right => Ok(account.user),
        Some(_) | None => {
            state.store.fail_sign_in(known, "wrong_credentials", occasion).await?;
            let detail = "That did not match. Check the name and the password and try again.";
            Err(Problem::new(StatusCode::UNAUTHORIZED, "wrong_credentials", detail))
        }
    }
}

async fn begin(state: &State, request: &HttpRequest, user: UserId) -> Result<Uuid, Problem> {
    let occasion = state.occasion(request);
    let agent = request.headers().get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    let device = agent.map(|agent| agent.chars().filter(|c| !c.is_control()).take(MAX_DEVICE).collect());
    let id = ids::fresh(occasion.at);
    state.store.begin_sign_in(NewSignIn { id, user, device, expires: occasion.at.plus(REFRESH_LIFE) }, occasion).await?;
    Ok(id)
}

/// Both cookies, and what the caller says about them.
fn answer<T: Serialize>(state: &State, user: UserId, refresh: Refresh, say: impl FnOnce(u64) -> T) -> Result<HttpResponse, Problem> {
    let now: Micros = state.clock.now();
    let (access, expires) = state.access_tokens.issue(user, refresh.family, now).map_err(Problem::internal)?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .cookie(state.cookies.set(Kind::Access, access))
        .cookie(state.cookies.set(Kind::Refresh, refresh.write(&state.settings.keys.refresh)))
        .json(say(expires.millis())))
}
