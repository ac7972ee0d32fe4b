//! Signing up and verifying the address. Nothing here tells whether an address is known: the answer, the
//! work and the time are the same.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use allthrive_domain::names::{Email, Line, Username};
use allthrive_domain::time::Micros;
use allthrive_protocol::UserId;
use allthrive_store::mail_tokens::MailToken;
use allthrive_store::users::{SignUp, SignedUp};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::limits::{Limited, take};
use crate::crypto::{digest, fresh_token, read_token, seal};
use crate::error::{Faults, Problem, ProblemBody, field};
use crate::first_run;
use crate::ids;
use crate::mail::Letter;
use crate::routes::account::email_cell_of;
use crate::routes::body::Json;
use crate::routes::session::email_key;
use crate::state::State;

/// How long the link of a verification mail is good.
const LINK_LIFE: Duration = Duration::from_secs(24 * 60 * 60);

/// How long a name is held for somebody whose address is known already.
const HOLD: Duration = Duration::from_secs(24 * 60 * 60);

/// Longest display name, characters.
const MAX_NAME: usize = 80;

/// Who signs up.
#[derive(Debug, Deserialize, ToSchema)]
pub struct NewAccount {
    /// 3 to 30 of a-z, 0-9, _ and -. Public, unique, never used again.
    #[schema(example = "mira")]
    username: String,
    /// Where the verification mail goes. Never shown to others.
    #[schema(example = "mira@example.org")]
    email: String,
    /// 12 characters or more, not a common one, without the own name.
    #[schema(value_type = String)]
    password: SecretString,
    /// The name to show; without it the username.
    #[serde(default)]
    display_name: Option<String>,
}

/// What to do next.
#[derive(Debug, Serialize, ToSchema)]
pub struct CheckMail {
    /// Always `check_mail`.
    #[schema(example = "check_mail")]
    status: &'static str,
}

/// The token of a verification mail.
#[derive(Debug, Deserialize, ToSchema)]
pub struct Token {
    /// What stands behind `#token=` in the link.
    token: String,
}

/// Whose address is verified now.
#[derive(Debug, Serialize, ToSchema)]
pub struct VerifiedName {
    /// The username.
    username: String,
}

/// Who wants the mail once more.
#[derive(Debug, Deserialize, ToSchema)]
pub struct Address {
    /// The address of the account.
    email: String,
}

/// A sign-up whose fields fit.
struct Fitting {
    username: Username,
    email: Email,
    display_name: Line,
}

/// Signs up. The answer is the same whether or not the address is known; a username that is taken is said.
#[utoipa::path(post, path = "/api/v1/auth/signup", tag = "auth", request_body = NewAccount,
    responses((status = 202, body = CheckMail), (status = 422, body = ProblemBody), (status = 429, body = ProblemBody)))]
pub async fn sign_up(request: HttpRequest, Json(new): Json<NewAccount>, state: web::Data<State>) -> Result<HttpResponse, Problem> {
    let fitting = check(&state, &new).await?;
    take(&state, &[Limited::SignUpFrom(state.peer(&request)), Limited::MailTo(&fitting.email)]).await?;
    let password_hash = state.hashers.hash(new.password).await?;
    let occasion = state.occasion(&request);
    let token = fresh_token();
    let signed_up = state.store.sign_up(prepare(&state, &fitting, password_hash, &token, occasion.at)?, occasion).await?;
    let origin = state.origins.main().to_string();
    let letter = match signed_up {
        SignedUp::Created => Letter::verification(fitting.email, fitting.username.as_str(), &origin, &token),
        SignedUp::EmailKnown => Letter::already_known(fitting.email, &origin),
        SignedUp::UsernameTaken => {
            let message = format!("“{}” is taken. Try another one.", fitting.username.as_str());
            return Err(Problem::fields(vec![field("username", "taken", message)]));
        }
    };
    state.mailer.send(letter, occasion.at).await;
    Ok(check_mail())
}

/// Uses up the link of a verification mail.
#[utoipa::path(post, path = "/api/v1/auth/verify", tag = "auth", request_body = Token,
    responses((status = 200, body = VerifiedName), (status = 400, body = ProblemBody, description = "`link_invalid`")))]
pub async fn verify(request: HttpRequest, Json(Token { token }): Json<Token>, state: web::Data<State>) -> Result<HttpResponse, Problem> {
    let spent = || Problem::new(StatusCode::BAD_REQUEST, "link_invalid", "This link was used already or is older than 24 hours.");
    let secret = read_token(&token).ok_or_else(spent)?;
    let username = state.store.verify_email(digest(&secret), state.occasion(&request)).await?.ok_or_else(spent)?;
    // The address is verified, whatever becomes of the room.
    match state.store.account_by_username(&username).await {
        Ok(Some(account)) => first_run::open_first_room(&state, account.user.id).await,
        Ok(None) => {}
        Err(error) => tracing::warn!(%error, "whether this is the first account is not known"),
    }
    Ok(HttpResponse::Ok().json(VerifiedName { username }))
}

/// Sends the verification mail once more. The answer is always the same, and comes before the work.
#[utoipa::path(post, path = "/api/v1/auth/verify/resend", tag = "auth", request_body = Address,
    responses((status = 202, body = CheckMail), (status = 422, body = ProblemBody), (status = 429, body = ProblemBody)))]
pub async fn resend(Json(Address { email }): Json<Address>, state: web::Data<State>) -> Result<HttpResponse, Problem> {
    let email = Email::parse(&email).map_err(|unfit| Problem::fields(vec![field("email", "invalid", unfit.to_string())]))?;
    take(&state, &[Limited::MailTo(&email)]).await?;
    actix_web::rt::spawn(async move {
        if let Err(error) = mail_again(&state, email).await {
            tracing::error!(%error, "a verification mail could not be sent again");
        }
    });
    Ok(check_mail())
}

async fn mail_again(state: &State, email: Email) -> Result<(), allthrive_store::Error> {
    let Some(account) = state.store.account_by_email(email_key(state, &email)).await? else { return Ok(()) };
    if account.user.email_verified {
        return Ok(());
    }
    let (now, token) = (state.clock.now(), fresh_token());
    let Some(secret) = read_token(&token) else { return Ok(()) };
    let issued = MailToken { hash: digest(&secret), user: account.user.id, expires: now.plus(LINK_LIFE) };
    state.store.issue_mail_token(issued, now).await?;
    let letter = Letter::verification(email, &account.user.username, &state.origins.main().to_string(), &token);
    state.mailer.send(letter, now).await;
    Ok(())
}

fn check_mail() -> HttpResponse {
    HttpResponse::Accepted().json(CheckMail { status: "check_mail" })
}

/// Says everything that is wrong at once.
async fn check(state: &State, new: &NewAccount) -> Result<Fitting, Problem> {
    let mut faults = Faults::default();
    let username = faults.take("username", Username::parse(&new.username));
    let email = faults.take("email", Email::parse(&new.email));
    let wanted = new.display_name.as_deref().filter(|name| !name.trim().is_empty()).unwrap_or(&new.username);
    // Without a display name a wrong username is said once, at its own field.
    let display_name = match Line::parse(wanted, MAX_NAME) {
        Ok(name) => Some(name),
        Err(_) if new.display_name.is_none() => None,
        Err(unfit) => faults.take("display_name", Err(unfit)),
    };
    let mailbox = new.email.split('@').next().unwrap_or_default();
    let own = [&new.username, &new.email, mailbox, wanted].map(|own| own.trim().to_owned());
    if let Err(fault) = state.hashers.check(new.password.clone(), own.to_vec()).await? {
        faults.add(fault);
    }
    match (username, email, display_name) {
        (Some(username), Some(email), Some(display_name)) if faults.is_empty() => Ok(Fitting { username, email, display_name }),
        _ => Err(faults.problem()),
    }
}

fn prepare(state: &State, fitting: &Fitting, password_hash: String, token: &str, now: Micros) -> Result<SignUp, Problem> {
    let id = UserId(ids::fresh(now));
    let secret = read_token(token).ok_or_else(|| Problem::internal("a fresh token cannot be read"))?;
    Ok(SignUp {
        id,
        username: fitting.username.as_str().to_owned(),
        display_name: fitting.display_name.as_str().to_owned(),
        email_cipher: seal(&state.settings.keys.email, email_cell_of(id.0), fitting.email.as_str()),
        email_key: email_key(state, &fitting.email),
        password_hash,
        token: digest(&secret),
        token_expires: now.plus(LINK_LIFE),
        hold_until: now.plus(HOLD),
    })
}
