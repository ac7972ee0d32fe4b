//! A live game of thousands, over as many sockets: how far apart they are shown a question, how long each waits until its
//! answer is kept, and how many bytes a question is to all of them.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use allthrive_client::{Error, Session};
use allthrive_load::Dice;
use allthrive_load::peer::Peer;
use allthrive_load::raw::{Raw, frame};
use allthrive_protocol::{RoomId, SUBPROTOCOL};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::time::sleep;
use uuid::Uuid;

/// Questions of the game.
pub(crate) const QUESTIONS: usize = 4;
/// Players answer within so long after they see the options, at any moment of it.
const THINK: Duration = Duration::from_secs(3);
/// Connections that are being opened at once.
const OPENING: usize = 64;
/// What is behind it is the number of the question.
const ANSWER: u64 = 100;

/// What the players saw.
#[derive(Default)]
pub(crate) struct Seen {
    /// By question: when each player read its options.
    pub(crate) opened: [Vec<Instant>; QUESTIONS],
    /// How long each answer waited for its acknowledgement.
    pub(crate) waits: Vec<Duration>,
    /// By question: bytes that all of them were sent, from its introduction to the next one's.
    pub(crate) bytes: [u64; QUESTIONS],
    /// Players that came to the podium.
    pub(crate) over: usize,
    /// What should not have been.
    pub(crate) wrong: Vec<String>,
}

impl Seen {
    /// How much later than the first of all each player was shown a question, the shortest first.
    pub(crate) fn skews(&self) -> Vec<Duration> {
        let of = |opened: &Vec<Instant>| {
            let first = opened.iter().min().copied();
            opened.iter().filter_map(move |at| Some(*at - first?)).collect::<Vec<_>>()
        };
        let mut skews: Vec<_> = self.opened.iter().flat_map(of).collect();
        skews.sort_unstable();
        skews
    }
}

/// A session, and the way into it.
pub(crate) struct Hall {
    pub(crate) room: RoomId,
    token: String,
    host: Session,
}

impl Hall {
    /// A game that goes on by itself, made by this account.
    pub(crate) async fn open(host: Session) -> Result<Self, Error> {
        let question = |n: usize| {
            let options: Vec<_> = (0..4).map(|at| json!({ "text": format!("Harbour {n}.{at}"), "correct": at == n % 4 })).collect();
            json!({ "stem": format!("Question {n}: which of these harbours lies farthest north?"), "type": "single_choice",
                "limit_ms": 30_000, "points": 1_000, "options": options })
        };
        let quiz = json!({ "title": "Storm", "questions": (0..QUESTIONS).map(question).collect::<Vec<_>>() });
        let quiz = host.make("quizzes", &quiz).await?;
        let settings = json!({ "intro_ms": 1_000, "reveal_ms": 0, "advance_ms": 3_000, "name_filter": "off" });
        let made = host.make("live", &json!({ "quiz": quiz["id"], "settings": settings })).await?;
        let entrance = host.make("live/join", &json!({ "pin": made["pin"] })).await?;
        let room = made["room"].as_str().and_then(|room| room.parse().ok());
        let token = entrance["token"].as_str().map(str::to_owned);
        match (room, token) {
            (Some(room), Some(token)) => Ok(Self { room, token, host }),
            _ => Err(Error::Strange(format!("{made} {entrance}"))),
        }
    }

    /// The way in of one more player.
    pub(crate) fn way(&self, address: &str) -> Way {
        Way { address: address.to_owned(), room: self.room, token: self.token.clone() }
    }

    /// Starts the game once so many are there; how long that took.
    pub(crate) async fn start(&self, players: usize) -> Result<Duration, Error> {
        let began = Instant::now();
        let url = format!("{}/v1/ws", self.host.server().replacen("http", "ws", 1));
        let opened = Peer::open(&url, &[("sec-websocket-protocol", SUBPROTOCOL)]).await;
        let mut host = opened.map_err(|status| Error::Strange(format!("the host was refused: {status}")))?;
        host.ask("hello", None, json!({ "ticket": self.host.ws_ticket().await? })).await;
        let joined = host.ask("quiz.join", Some(self.room), json!({})).await;
        let mut here = joined["ok"]["d"]["players"].as_u64();
        while here != Some(players as u64) {
            here = host.event("quiz.count").await["d"]["players"].as_u64();
        }
        let took = began.elapsed();
        let step = json!({ "cmid": Uuid::new_v4(), "rev": joined["ok"]["seq"], "step": "start" });
        let started = host.ask("quiz.control", Some(self.room), step).await;
        if started["ok"].is_object() { Ok(took) } else { Err(Error::Strange(started.to_string())) }
    }
}

/// Where players come in.
#[derive(Clone)]
pub(crate) struct Way {
    address: String,
    room: RoomId,
    token: String,
}

/// So many players, until the podium.
pub(crate) async fn play(way: Way, players: usize) -> Seen {
    let seen = Rc::new(RefCell::new(Seen::default()));
    let opening = Rc::new(Semaphore::new(OPENING));
    let mut dice = Dice::of(1);
    let all = (0..players).map(|n| tokio::task::spawn_local(plays(n, way.clone(), dice.split(), Rc::clone(&opening), Rc::clone(&seen))));
    for (n, ended) in join_all(all).await.into_iter().enumerate() {
        if let Err(error) = ended {
            seen.borrow_mut().wrong.push(format!("player {n}: {error}"));
        }
    }
    seen.take()
}

/// One player: comes in, answers each question once, and stays until the podium.
async fn plays(n: usize, way: Way, mut dice: Dice, opening: Rc<Semaphore>, seen: Rc<RefCell<Seen>>) {
    let mut raw = enter(n, &way, &opening).await;
    // Questions that were introduced, and of those how many it has seen the options of.
    let (mut now, mut asked) = (0_usize, 0_usize);
    // What it will say, and when; then when it said so.
    let mut due: Option<(Instant, usize, Value)> = None;
    let mut said = Instant::now();
    loop {
        let came = match &due {
            Some((at, ..)) => raw.frame_within(at.saturating_duration_since(Instant::now())).await,
            None => raw.frame().await,
        };
        let Some((first, payload)) = came else {
            let Some((_, q, choice)) = due.take() else {
                return seen.borrow_mut().wrong.push(format!("player {n} was cut off"));
            };
            let answer = json!({ "cmid": Uuid::new_v4(), "q": q, "round": 0, "choice": choice });
            said = Instant::now();
            tell(&mut raw, ANSWER + q as u64, "quiz.answer", Some(way.room), answer).await;
            continue;
        };
        match first {
            0x89 => raw.send(&frame(0x8A, &payload)).await,
            0x81 => {
                let read = Instant::now();
                let is = |event: &str| payload.windows(event.len()).any(|part| part == event.as_bytes());
                let mut seen = seen.borrow_mut();
                if is("\"quiz.intro\"") {
                    now += 1;
                }
                if let Some(bytes) = now.checked_sub(1).and_then(|q| seen.bytes.get_mut(q)) {
                    *bytes += payload.len() as u64 + if payload.len() > 125 { 4 } else { 2 };
                }
                // It is told again when the time of a question changes.
                if is("\"quiz.open\"") && asked < now {
                    asked = now;
                    let view: Value = serde_json::from_slice(&payload).expect("a frame is JSON");
                    let options = view["d"]["form"]["options"].as_array().expect("a player sees what there is to choose");
                    let choice = json!({ "options": [options[dice.below(options.len())]["id"]] });
                    seen.opened[now - 1].push(read);
                    due = Some((read + THINK / 1_000 * u32::try_from(dice.below(1_000)).unwrap_or(0), now - 1, choice));
                } else if is("\"status\"") {
                    seen.waits.push(said.elapsed());
                    if !is("\"accepted\"") {
                        seen.wrong.push(format!("player {n}: {}", String::from_utf8_lossy(&payload)));
                    }
                } else if is("\"quiz.podium\"") {
                    seen.over += 1;
                    return;
                }
            }
            _ => return seen.borrow_mut().wrong.push(format!("player {n} was closed: {:?}", payload)),
        }
    }
}

/// Comes in; where many do, when its turn is.
async fn enter(n: usize, way: &Way, opening: &Semaphore) -> Raw {
    let _turn = opening.acquire().await.expect("nobody closes it");
    let mut raw = Raw::open(&way.address, "/v1/ws", &[("Sec-WebSocket-Protocol", SUBPROTOCOL)]).await.expect("a connection is let in");
    let key = URL_SAFE_NO_PAD.encode(Uuid::new_v4().as_bytes());
    tell(&mut raw, 1, "hello", None, json!({ "live": { "token": way.token, "key": key } })).await;
    reply(&mut raw, 1).await;
    for id in 2.. {
        tell(&mut raw, id, "quiz.join", Some(way.room), json!({ "name": format!("Player {n}") })).await;
        let answer = reply(&mut raw, id).await;
        if answer["ok"].is_object() {
            break;
        }
        let wait = answer["error"]["after_ms"].as_u64().unwrap_or_else(|| panic!("player {n} was not let in: {answer}"));
        sleep(Duration::from_millis(wait)).await;
    }
    raw
}

async fn tell(raw: &mut Raw, id: u64, op: &str, room: Option<RoomId>, d: Value) {
    let mut command = json!({ "id": id, "op": op, "d": d });
    if let Some(room) = room {
        command["room"] = json!(room);
    }
    raw.send(&frame(0x81, command.to_string().as_bytes())).await;
}

async fn reply(raw: &mut Raw, id: u64) -> Value {
    loop {
        match raw.frame().await.expect("the server is there") {
            (0x89, payload) => raw.send(&frame(0x8A, &payload)).await,
            (0x81, payload) => {
                let told: Value = serde_json::from_slice(&payload).expect("a frame is JSON");
                if told["id"] == id {
                    return told;
                }
            }
            (_, payload) => panic!("the server closed: {payload:?}"),
        }
    }
}
