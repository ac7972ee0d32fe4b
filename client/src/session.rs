//! Signed in over REST: the cookies and the CSRF token, kept by hand, and the few calls a client makes.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use allthrive_protocol::reply::Written;
use allthrive_protocol::{Cmid, RoomId};
use awc::http::{Method, StatusCode, header};
use awc::{Client, Connector};
use rustls::ClientConfig;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::rest::{Conversation, Csrf, Listed, Me, Problem, PublicRoom, SignedIn, Ticket};
use crate::{Error, tls};

/// Longest wait for an answer. A sign-in takes a tenth of a second of the server's on purpose, and may queue.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long a connection may have idled to be used again. Servers close idle ones after five seconds or more, and a
/// request that meets its close is lost.
const IDLE: Duration = Duration::from_secs(2);

/// Longest answer that is read.
const MAX_ANSWER_BYTES: usize = 4 * 1024 * 1024;

/// An account that has signed in. Clones are the same sign-in.
#[derive(Clone)]
pub struct Session(Rc<Inner>);

struct Inner {
    http: Client,
    tls: Arc<ClientConfig>,
    /// Without a slash at the end.
    server: String,
    /// Set by the server; sent back with each request.
    cookies: RefCell<BTreeMap<String, String>>,
    /// Belongs to the cookies; fetched anew when the server says so.
    csrf: RefCell<Option<String>>,
    me: RefCell<Option<Me>>,
}

impl Session {
    /// Signs in with a username (or e-mail address) and a password.
    ///
    /// # Errors
    /// What the server said, or that it could not be reached.
    pub async fn sign_in(server: &str, login: &str, password: &str) -> Result<Self, Error> {
        let session = Self::visit(server)?;
        let answer = session.post("auth/login", &json!({"login": login, "password": password}), None).await?;
        let signed_in: SignedIn = understood(answer)?;
        *session.0.me.borrow_mut() = Some(signed_in.user);
        // A token from before the sign-in need not speak for the account.
        session.0.csrf.take();
        Ok(session)
    }

    /// Asks for an account. The token that [`Self::verify`] takes comes by mail.
    ///
    /// # Errors
    /// What the server said, or that it could not be reached.
    pub async fn sign_up(server: &str, username: &str, email: &str, password: &str) -> Result<(), Error> {
        let wish = json!({"username": username, "email": email, "password": password});
        Self::visit(server)?.post("auth/signup", &wish, None).await.map(drop)
    }

    /// Proves the e-mail address of a new account.
    ///
    /// # Errors
    /// What the server said, or that it could not be reached.
    pub async fn verify(server: &str, token: &str) -> Result<(), Error> {
        Self::visit(server)?.post("auth/verify", &json!({"token": token}), None).await.map(drop)
    }

    /// Somebody without an account yet.
    fn visit(server: &str) -> Result<Self, Error> {
        let server = server.trim_end_matches('/');
        if !(server.starts_with("http://") || server.starts_with("https://")) {
            return Err(Error::Address(server.to_owned()));
        }
        let tls = tls::config();
        let connector = Connector::new().rustls_0_23(tls.clone()).conn_keep_alive(IDLE);
        Ok(Self(Rc::new(Inner {
            http: Client::builder().connector(connector).timeout(PATIENCE).disable_redirects().finish(),
            tls,
            server: server.to_owned(),
            cookies: RefCell::default(),
            csrf: RefCell::default(),
            me: RefCell::default(),
        })))
    }

    /// The own account.
    #[must_use]
    pub fn me(&self) -> Me {
        self.0.me.borrow().clone().expect("sign_in sets it, and gives nobody a session before")
    }

    /// The server's address, without a slash at the end.
    #[must_use]
    pub fn server(&self) -> &str {
        &self.0.server
    }

    /// How this sign-in speaks TLS.
    pub(crate) fn tls(&self) -> Arc<ClientConfig> {
        self.0.tls.clone()
    }

    /// All conversations of the account, the newest activity first.
    ///
    /// # Errors
    /// What the server said, or that it could not be reached.
    pub async fn conversations(&self) -> Result<Vec<Conversation>, Error> {
        self.list("me/conversations").await
    }

    /// All public rooms.
    ///
    /// # Errors
    /// What the server said, or that it could not be reached.
    pub async fn public_rooms(&self) -> Result<Vec<PublicRoom>, Error> {
        self.list("conversations").await
    }

    /// Opens the direct conversation with a person; a second time finds the same one.
    ///
    /// # Errors
    /// What the server said, or that it could not be reached.
    pub async fn open_direct(&self, username: &str) -> Result<Conversation, Error> {
        understood(self.post("conversations", &json!({"kind": "direct", "with": username}), Some(new_cmid())).await?)
    }

    /// Makes a conversation: `group` (private) or `room` (public).
    ///
    /// # Errors
    /// What the server said, or that it could not be reached.
    pub async fn open(&self, kind: &str, title: &str) -> Result<Conversation, Error> {
        understood(self.post("conversations", &json!({"kind": kind, "title": title}), Some(new_cmid())).await?)
    }

    /// Adds a person to a conversation; with the own name, joins a public room.
    ///
    /// # Errors
    /// What the server said, or that it could not be reached.
    pub async fn add(&self, room: RoomId, username: &str) -> Result<Written, Error> {
        let path = format!("conversations/{room}/members");
        understood(self.post(&path, &json!({"username": username}), Some(new_cmid())).await?)
    }

    /// Joins a public room.
    ///
    /// # Errors
    /// What the server said, or that it could not be reached.
    pub async fn join(&self, room: RoomId) -> Result<Written, Error> {
        self.add(room, &self.me().username).await
    }

    /// Makes something by its path under `/api/v1/` (`quizzes`, `live`), once: what is answered.
    ///
    /// # Errors
    /// What the server said, or that it could not be reached.
    pub async fn make(&self, path: &str, what: &serde_json::Value) -> Result<serde_json::Value, Error> {
        understood(self.post(path, what, Some(new_cmid())).await?)
    }

    /// A ticket for one WebSocket connection, good for 30 seconds.
    ///
    /// # Errors
    /// What the server said, or that it could not be reached.
    pub async fn ws_ticket(&self) -> Result<String, Error> {
        let ticket: Ticket = understood(self.post("auth/ws-ticket", &json!({}), None).await?)?;
        Ok(ticket.ticket)
    }

    async fn list<T: DeserializeOwned>(&self, path: &str) -> Result<Vec<T>, Error> {
        let mut items = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let page = match &cursor {
                // Cursors are unpadded base64url: nothing in them needs escaping.
                Some(cursor) => self.get(&format!("{path}?cursor={cursor}")).await?,
                None => self.get(path).await?,
            };
            let page: Listed<T> = understood(page)?;
            items.extend(page.items);
            match page.next_cursor {
                Some(next) => cursor = Some(next),
                None => return Ok(items),
            }
        }
    }

    async fn get(&self, path: &str) -> Result<Value, Error> {
        match self.ask(Method::GET, path, None, None).await {
            Err(Error::Refused { status: 401, .. }) => {
                self.refresh().await?;
                self.ask(Method::GET, path, None, None).await
            }
            other => other,
        }
    }

    /// An unsafe call. It may be made twice: with a new CSRF token, or after a refresh of the sign-in;
    /// the server did nothing the first time then.
    async fn post(&self, path: &str, body: &Value, key: Option<Cmid>) -> Result<Value, Error> {
        match self.post_once(path, body, key).await {
            Err(Error::Refused { status: 401, .. }) if path != "auth/login" => self.refresh().await?,
            Err(Error::Refused { status: 403, code, .. }) if code.starts_with("csrf") => {
                self.0.csrf.take();
            }
            other => return other,
        }
        self.post_once(path, body, key).await
    }

    async fn post_once(&self, path: &str, body: &Value, key: Option<Cmid>) -> Result<Value, Error> {
        if self.0.csrf.borrow().is_none() {
            let csrf: Csrf = understood(self.ask(Method::GET, "auth/csrf", None, None).await?)?;
            *self.0.csrf.borrow_mut() = Some(csrf.token);
        }
        self.ask(Method::POST, path, Some(body), key).await
    }

    /// A new access cookie for the refresh cookie.
    async fn refresh(&self) -> Result<(), Error> {
        self.0.csrf.take();
        self.post_once("auth/refresh", &json!({}), None).await?;
        self.0.csrf.take();
        Ok(())
    }

    /// One request and its answer; keeps the cookies that come with it.
    async fn ask(&self, method: Method, path: &str, body: Option<&Value>, key: Option<Cmid>) -> Result<Value, Error> {
        let inner = &*self.0;
        let mut request = inner.http.request(method, format!("{}/api/v1/{path}", inner.server));
        let cookies = inner.cookies.borrow().iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>();
        if !cookies.is_empty() {
            request = request.insert_header((header::COOKIE, cookies.join("; ")));
        }
        if let (Some(_), Some(token)) = (body, &*inner.csrf.borrow()) {
            request = request.insert_header(("X-CSRF-Token", token.as_str()));
        }
        if let Some(key) = key {
            request = request.insert_header(("Idempotency-Key", key.to_string()));
        }
        let sent = match body {
            Some(body) => request.send_json(body),
            None => request.send(),
        };
        let mut response = sent.await.map_err(|error| Error::Unreachable(error.to_string()))?;
        for cookie in response.cookies().map_err(|_| Error::Strange("a cookie".into()))?.iter() {
            let mut kept = inner.cookies.borrow_mut();
            if cookie.value().is_empty() {
                kept.remove(cookie.name());
            } else {
                kept.insert(cookie.name().to_owned(), cookie.value().to_owned());
            }
        }
        let status = response.status();
        let bytes = response.body().limit(MAX_ANSWER_BYTES).await.map_err(|error| Error::Unreachable(error.to_string()))?;
        answer(status, &bytes)
    }
}

fn new_cmid() -> Cmid {
    Cmid(Uuid::new_v4())
}

fn answer(status: StatusCode, bytes: &[u8]) -> Result<Value, Error> {
    if status.is_success() {
        if bytes.is_empty() {
            return Ok(Value::Null);
        }
        return serde_json::from_slice(bytes).map_err(|_| Error::Strange(format!("status {status}, not JSON")));
    }
    // A proxy in between may answer something else than a problem.
    let problem: Problem = serde_json::from_slice(bytes).unwrap_or_default();
    let said = problem.detail.filter(|detail| !detail.is_empty()).unwrap_or(problem.title);
    let detail = if said.is_empty() { format!("The server answered {status}.") } else { said };
    Err(Error::Refused { status: status.as_u16(), code: problem.code, detail })
}

fn understood<T: DeserializeOwned>(value: Value) -> Result<T, Error> {
    serde_json::from_value(value).map_err(|error| Error::Strange(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_becomes_its_sentence_and_its_code() {
        let body = br#"{"title":"Forbidden","detail":"That password does not fit.","code":"wrong_login","status":403}"#;
        let refused = answer(StatusCode::FORBIDDEN, body).unwrap_err();
        assert_eq!(refused.to_string(), "That password does not fit.");
        assert!(matches!(refused, Error::Refused { status: 403, code, .. } if code == "wrong_login"));
    }

    #[test]
    fn an_answer_of_something_in_between_is_no_riddle() {
        let refused = answer(StatusCode::BAD_GATEWAY, b"<html>").unwrap_err();
        assert_eq!(refused.to_string(), "The server answered 502 Bad Gateway.");
        assert!(refused.may_retry());
    }
}
