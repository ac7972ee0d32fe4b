//! What a case has to work with: a server, four people, and connections and rooms of its own.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use allthrive_client::Session;
use allthrive_protocol::{RoomId, SUBPROTOCOL, UserId};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep_until};
use uuid::Uuid;

use super::fault::{Outcome, broken};
use super::talk::Talk;
use super::wire::{Trace, Wire};

/// How many accounts the suite needs.
pub const PEOPLE: usize = 4;

/// The people of a case: who it is that plays each part changes from case to case.
pub(crate) const MIRA: usize = 0;
pub(crate) const ZOE: usize = 1;
pub(crate) const IVO: usize = 2;
pub(crate) const NOA: usize = 3;

const NAMES: [&str; PEOPLE] = ["mira", "zoe", "ivo", "noa"];

/// When the writes of one account may go out, over all its connections: below what the server's welcome permits.
#[derive(Clone, Default)]
pub(crate) struct Turns(Rc<RefCell<Option<(Duration, Instant)>>>);

impl Turns {
    /// How many writes of an account may go out at once.
    const AT_ONCE: u32 = 8;

    /// As the welcome's limits say.
    pub(crate) fn keep_to(&self, limits: &Value) {
        let per_second = limits["sends_per_second"].as_f64().unwrap_or(1.0).max(0.1);
        self.0.borrow_mut().get_or_insert_with(|| (Duration::from_secs_f64(1.1 / per_second), Instant::now()));
    }

    /// Waits until one more may go out.
    pub(crate) async fn take(&self) {
        let at = match &mut *self.0.borrow_mut() {
            None => return,
            Some((every, next)) => {
                let at = (*next).max(Instant::now().checked_sub(*every * Self::AT_ONCE).unwrap_or(*next));
                *next = at + *every;
                at
            }
        };
        sleep_until(at).await;
    }
}

/// One account and its turns.
#[derive(Clone)]
pub(crate) struct Actor {
    pub(crate) session: Session,
    pub(crate) turns: Turns,
}

/// Of one run of one case.
#[derive(Clone)]
pub(crate) struct Stage {
    /// `host:port`.
    pub(crate) address: String,
    pub(crate) people: Rc<Vec<Actor>>,
    /// By how many places the parts are moved on.
    pub(crate) turn: usize,
    pub(crate) trace: Trace,
}

impl Stage {
    fn actor(&self, who: usize) -> &Actor {
        &self.people[(who + self.turn) % PEOPLE]
    }

    /// Signed in over REST.
    pub(crate) fn session(&self, who: usize) -> &Session {
        &self.actor(who).session
    }

    pub(crate) fn id(&self, who: usize) -> UserId {
        self.session(who).me().id
    }

    pub(crate) fn personal(&self, who: usize) -> RoomId {
        self.session(who).me().personal_room
    }

    /// A ticket of somebody.
    pub(crate) async fn ticket(&self, who: usize) -> Outcome<String> {
        Ok(self.session(who).ws_ticket().await?)
    }

    /// Asks for a WebSocket with these headers; the status if it is refused.
    pub(crate) async fn open(&self, who: usize, headers: &[(&str, &str)]) -> Outcome<Result<Talk, u16>> {
        let wire = Wire::open(NAMES[who], &self.address, headers, Rc::clone(&self.trace)).await?;
        Ok(wire.map(|wire| Talk::over(wire, self.actor(who).turns.clone())))
    }

    /// The same, where it must be accepted.
    pub(crate) async fn opened(&self, who: usize, headers: &[(&str, &str)]) -> Outcome<Talk> {
        match self.open(who, headers).await? {
            Ok(talk) => Ok(talk),
            Err(status) => broken!("the request is to be accepted, its answer is {status}"),
        }
    }

    /// A connection with a ticket that has not said anything.
    pub(crate) async fn connect(&self, who: usize) -> Outcome<Talk> {
        let offer = format!("{SUBPROTOCOL}, ticket.{}", self.ticket(who).await?);
        self.opened(who, &[("Sec-WebSocket-Protocol", &offer)]).await
    }

    /// A connection that says this `hello`, and its welcome.
    pub(crate) async fn greet(&self, who: usize, hello: Value) -> Outcome<(Talk, Value)> {
        let mut talk = self.connect(who).await?;
        let welcome = talk.ok("hello", None, hello).await?;
        self.actor(who).turns.keep_to(&welcome["limits"]);
        Ok((talk, welcome))
    }

    /// A connection that hears these rooms from their top on.
    pub(crate) async fn enter(&self, who: usize, rooms: &[RoomId]) -> Outcome<Talk> {
        let (mut talk, welcome) = self.greet(who, json!({"subscribe": rooms})).await?;
        for line in welcome["rooms"].as_array().into_iter().flatten() {
            let Some(room) = rooms.iter().find(|room| line["room"] == json!(room)) else { continue };
            if line["live"] != true {
                talk.pull(*room, line["after"].as_u64().unwrap_or(0), 200).await?;
            }
        }
        Ok(talk)
    }

    /// A public room of Mira's with these members.
    pub(crate) async fn room(&self, members: &[usize]) -> Outcome<RoomId> {
        let room = self.session(MIRA).open("room", &title()).await?.id;
        for who in members {
            self.session(*who).join(room).await?;
        }
        Ok(room)
    }

    /// A group of Mira's with these members.
    pub(crate) async fn group(&self, members: &[usize]) -> Outcome<RoomId> {
        let room = self.session(MIRA).open("group", &title()).await?.id;
        for who in members {
            self.session(MIRA).add(room, &self.session(*who).me().username).await?;
        }
        Ok(room)
    }
}

fn title() -> String {
    format!("Conformance {}", &Uuid::new_v4().simple().to_string()[..8])
}
