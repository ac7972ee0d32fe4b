//! SIGKILL in the middle of a live quiz of two hundred players. Each answers every question as often as it takes to be
//! acknowledged; the server is killed at moments by chance and started on the same data. Nobody says a name again, no
//! acknowledged answer is lost or doubled, and the ranking is the one that the answers give.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::time::{Duration, Instant};

use allthrive_client::Session;
use allthrive_domain::quiz::game::{Kept, Phase, standing};
use allthrive_load::{Dice, Person};
use allthrive_protocol::quiz::answer::Given;
use allthrive_protocol::{Principal, RoomId};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use uuid::Uuid;

use crate::crash::seed;
use crate::redis::OwnRedis;
use crate::server::{Kind, Server, with_server, with_two_servers};

const PLAYERS: usize = 200;
const QUESTIONS: usize = 4;
/// How often the server dies, once somewhere in each of the first questions.
const DEATHS: usize = 3;
/// Longest wait for what must come by itself. Far above what it takes: a slow machine is no failure.
const PATIENCE: Duration = Duration::from_secs(150);

/// A player on its way: who it was, and what was acknowledged to it.
type Playing = actix_web::rt::task::JoinHandle<(String, HashMap<u64, Value>)>;
type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

#[test]
fn no_answer_is_lost_when_the_server_is_killed_in_a_game_on_sqlite() {
    play(Kind::Sqlite);
}

#[test]
fn no_answer_is_lost_when_the_server_is_killed_in_a_game_on_postgres() {
    play(Kind::Postgres);
}

#[test]
fn a_game_on_two_servers_ends_as_its_answers_say_though_redis_and_its_keeper_die() {
    let mut dice = Dice::of(seed());
    let mut moments = dice.split();
    with_two_servers(&mut dice, |one, other, redis| run_on_two(one, other, redis, &mut moments));
}

fn play(kind: Kind) {
    let mut dice = Dice::of(seed());
    let mut moments = dice.split();
    with_server(kind, &mut dice, |server| run(server, &mut moments));
}

/// What the players have in common.
struct Game {
    room: RoomId,
    /// Where the servers are; who is cut off goes to the next.
    urls: Vec<String>,
    token: String,
    acknowledged: Cell<usize>,
    over: Cell<usize>,
    /// Names that were asked for, and what was refused: both but for the first must stay as they are.
    wrong: RefCell<Vec<String>>,
}

/// A session with its players on their way, made at the first of these servers.
async fn set_up(servers: &[&Server]) -> (Session, Rc<Game>, Vec<Playing>) {
    let server = servers[0];
    let mira = Person::enrol(&server.url(), &server.mail(), "mira").await.expect("an account is made").session;
    let option = |text: &str, correct: bool| json!({ "text": text, "correct": correct });
    let question = |n: usize| {
        let options: Vec<Value> = (0..4).map(|at| option(&format!("{n}.{at}"), at == n % 4)).collect();
        json!({ "stem": format!("Question {n}?"), "type": "single_choice", "limit_ms": 120_000, "points": 1_000, "options": options })
    };
    let quiz = json!({ "title": "Storm", "questions": (0..QUESTIONS).map(question).collect::<Vec<_>>() });
    let quiz = mira.make("quizzes", &quiz).await.expect("a quiz is made");
    let settings = json!({ "mode": "accuracy", "intro_ms": 0, "reveal_ms": 0, "advance_ms": 3_000, "scoreboard": "podium" });
    let session = mira.make("live", &json!({ "quiz": quiz["id"], "settings": settings })).await.expect("a session is made");
    let room: RoomId = session["room"].as_str().and_then(|room| room.parse().ok()).expect("a session has a room");
    let entrance = mira.make("live/join", &json!({ "pin": session["pin"] })).await.expect("the PIN is one");
    let game = Rc::new(Game {
        room,
        urls: servers.iter().map(|server| format!("{}/v1/ws", server.url().replacen("http", "ws", 1))).collect(),
        token: entrance["token"].as_str().expect("a token").to_owned(),
        acknowledged: Cell::new(0),
        over: Cell::new(0),
        wrong: RefCell::default(),
    });
    let players = (0..PLAYERS).map(|n| actix_web::rt::spawn(Player::new(n, Rc::clone(&game)).plays())).collect();
    (mira, game, players)
}

async fn run(mut server: Server, dice: &mut Dice) {
    let (mira, game, players) = set_up(&[&server]).await;
    begin(&mira, &game).await;
    for death in 0..DEATHS {
        let goal = death * PLAYERS + 1 + dice.below(PLAYERS - 20);
        until(&server, &game, || game.acknowledged.get() >= goal).await;
        server.kill();
        println!("death {} after {} acknowledgements", death + 1, game.acknowledged.get());
        server.restart();
    }
    until(&server, &game, || game.over.get() == PLAYERS).await;
    server.kill();
    check(&server, &game, players).await;
}

/// Half of the players at each server, the host at the other; the keeper dies for good, without a bus.
async fn run_on_two(mut one: Server, mut other: Server, mut redis: OwnRedis, dice: &mut Dice) {
    let (mira, game, players) = set_up(&[&one, &other]).await;
    begin(&mira, &game).await;
    until(&one, &game, || game.acknowledged.get() > PLAYERS / 4).await;
    redis.kill();
    let moment = PLAYERS + 1 + dice.below(PLAYERS - 20);
    until(&one, &game, || game.acknowledged.get() >= moment).await;
    one.kill();
    println!("the keeper died after {} acknowledgements", game.acknowledged.get());
    until(&other, &game, || game.over.get() == PLAYERS).await;
    other.kill();
    check(&other, &game, players).await;
}

/// Waits until it is so.
async fn until(server: &Server, game: &Game, is_so: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_so() {
        let state = (game.acknowledged.get(), game.over.get());
        assert!(began.elapsed() < PATIENCE, "the game stands still: {state:?} {:?}\n{}", game.wrong.borrow(), server.log());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// The host starts once everybody is there, and leaves the rest to the server.
async fn begin(mira: &Session, game: &Game) {
    let ticket = mira.ws_ticket().await.expect("a ticket");
    let url = game.urls.last().expect("there is a server");
    let mut socket = open(url).await.expect("the server is there");
    say(&mut socket, 1, "hello", None, json!({ "ticket": ticket })).await;
    say(&mut socket, 2, "quiz.join", Some(game.room), json!({})).await;
    let mut rev = 0;
    let mut here = 0;
    while let Some(frame) = next(&mut socket).await {
        if frame["id"] == 2 {
            rev = frame["ok"]["seq"].as_u64().expect("the host is let in");
            here = frame["ok"]["d"]["players"].as_u64().unwrap_or(0);
        }
        if frame["event"] == "quiz.count" {
            here = frame["d"]["players"].as_u64().unwrap_or(0);
        }
        if rev > 0 && here == PLAYERS as u64 {
            say(&mut socket, 3, "quiz.control", Some(game.room), json!({ "cmid": Uuid::new_v4(), "rev": rev, "step": "start" })).await;
            rev = 0;
        }
        if frame["id"] == 3 {
            assert!(frame["ok"].is_object(), "{frame}");
            return;
        }
    }
    panic!("the host was cut off");
}

/// One player, with what was acknowledged to it.
struct Player {
    n: usize,
    key: String,
    game: Rc<Game>,
    name: Option<String>,
    /// By question: the mark and the choice, and whether that was acknowledged.
    answers: HashMap<u64, (Uuid, Value, bool)>,
    who: String,
}

impl Player {
    fn new(n: usize, game: Rc<Game>) -> Self {
        let key = URL_SAFE_NO_PAD.encode(Uuid::new_v4().as_bytes());
        Self { n, key, game, name: Some(format!("Player {n}")), answers: HashMap::new(), who: String::new() }
    }

    /// Until the podium, whatever happens to the line: who it is, and what it was told is kept.
    async fn plays(mut self) -> (String, HashMap<u64, Value>) {
        let mut tries = self.n;
        while !self.plays_on(tries).await {
            tries += 1;
            tokio::time::sleep(Duration::from_millis(50 + 7 * (self.n as u64 % 20))).await;
        }
        self.game.over.set(self.game.over.get() + 1);
        let kept = self.answers.into_iter().filter(|(_, (_, _, acknowledged))| *acknowledged);
        (self.who, kept.map(|(q, (_, choice, _))| (q, choice)).collect())
    }

    /// On one connection; whether it came to the podium.
    async fn plays_on(&mut self, tries: usize) -> bool {
        let url = self.game.urls[tries % self.game.urls.len()].clone();
        let Some(mut socket) = open(&url).await else { return false };
        let room = self.game.room;
        say(&mut socket, 1, "hello", None, json!({ "live": { "token": self.game.token, "key": self.key } })).await;
        // The name is said once: whoever comes back is the same.
        say(&mut socket, 2, "quiz.join", Some(room), json!({ "name": self.name })).await;
        while let Some(frame) = next(&mut socket).await {
            let view = if frame["id"] == 2 { &frame["ok"] } else { &frame };
            if frame["id"] == 2 {
                if let Some(refused) = frame["error"]["code"].as_str() {
                    if frame["error"]["retry"] != true {
                        self.game.wrong.borrow_mut().push(format!("{} was not let in: {refused}", self.n));
                    }
                    return false;
                }
                self.name = None;
                self.who = frame["ok"]["me"]["player"].as_str().unwrap_or_default().to_owned();
                let answer = &frame["ok"]["me"]["answer"];
                let q = frame["ok"]["d"]["head"]["q"].as_u64();
                if let (Some((_, choice, true)), true) = (q.and_then(|q| self.answers.get(&q)), frame["ok"]["event"] == "quiz.open")
                    && answer != choice
                {
                    self.game.wrong.borrow_mut().push(format!("{} had {choice} acknowledged and is shown {answer}", self.n));
                }
            }
            if frame["id"].as_u64().is_some_and(|id| id >= 100) {
                self.told(frame["id"].as_u64().unwrap_or(0) - 100, &frame);
            }
            match view["event"].as_str() {
                Some("quiz.podium" | "quiz.ended") => return true,
                Some("quiz.open") if !view["d"]["form"].is_null() => {
                    let q = view["d"]["head"]["q"].as_u64().unwrap_or(0);
                    let options = view["d"]["form"]["options"].as_array().cloned().unwrap_or_default();
                    let chosen = options[(self.n + usize::try_from(q).unwrap_or(0) * 3) % options.len()]["id"].clone();
                    let first = || (Uuid::new_v4(), json!({ "options": [chosen] }), false);
                    let (cmid, choice, acknowledged) = self.answers.entry(q).or_insert_with(first).clone();
                    if !acknowledged {
                        let answer = json!({ "cmid": cmid, "q": q, "round": 0, "choice": choice });
                        say(&mut socket, 100 + q, "quiz.answer", Some(room), answer).await;
                    }
                }
                _ => {}
            }
        }
        false
    }

    fn told(&mut self, q: u64, frame: &Value) {
        match (frame["ok"]["status"].as_str(), self.answers.get_mut(&q)) {
            (Some("accepted"), Some((_, choice, acknowledged))) => {
                if frame["ok"]["choice"] != *choice {
                    self.game.wrong.borrow_mut().push(format!("{} sent {choice} and is told {frame}", self.n));
                }
                if !std::mem::replace(acknowledged, true) {
                    self.game.acknowledged.set(self.game.acknowledged.get() + 1);
                }
            }
            // It was on its way when the game stood still: sent again with the next view.
            (Some("closed"), Some(_)) => {}
            (Some(other), _) => self.game.wrong.borrow_mut().push(format!("{} is told {other} of question {q}", self.n)),
            (None, _) => {}
        }
    }
}

async fn open(url: &str) -> Option<Socket> {
    let mut request = url.into_client_request().expect("a WebSocket address");
    request.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_static("allthrive.v1.json"));
    connect_async(request).await.ok().map(|(socket, _)| socket)
}

/// What cannot be sent shows in what comes back: nothing.
async fn say(socket: &mut Socket, id: u64, op: &str, room: Option<RoomId>, d: Value) {
    let mut command = json!({ "id": id, "op": op, "d": d });
    if let Some(room) = room {
        command["room"] = json!(room);
    }
    socket.send(Message::text(command.to_string())).await.ok();
}

async fn next(socket: &mut Socket) -> Option<Value> {
    loop {
        match socket.next().await?.ok()? {
            Message::Text(text) => return serde_json::from_str(&text).ok(),
            Message::Close(_) => return None,
            _ => {}
        }
    }
}

/// What is in the database is what was acknowledged, and what it comes to is the ranking of a game that nothing disturbed.
async fn check(server: &Server, game: &Game, playing: Vec<Playing>) {
    let mut acknowledged = BTreeMap::new();
    for player in playing {
        let (who, kept) = player.await.expect("a player does not panic");
        acknowledged.insert(who, kept);
    }
    assert!(game.wrong.borrow().is_empty(), "{:?}\n{}", game.wrong.borrow(), server.log());
    let room = game.room;
    let store = server.open_store().await;
    let session = store.live_session(room).await.expect("it can be read").expect("it is there");
    assert!(matches!(session.state.game.phase, Phase::Podium | Phase::Ended));
    let rows = store.live_answers(room, 0, 10_000).await.expect("answers can be read");
    let players = store.live_players(room, 0, 10_000).await.expect("players can be read");
    assert_eq!(players.len(), PLAYERS, "nobody became somebody else");
    let mut by: HashMap<(String, u64), Vec<&Given>> = HashMap::new();
    for row in &rows {
        by.entry((row.player.to_string(), row.q.into())).or_default().push(&row.choice);
    }
    assert!(by.values().all(|choices| choices.len() == 1), "an answer is there twice");
    assert_eq!(rows.iter().map(|row| row.no).collect::<Vec<_>>(), (1..=rows.len() as u64).collect::<Vec<_>>());
    let mut told = 0;
    for (who, answers) in &acknowledged {
        for (q, choice) in answers {
            let kept = by.get(&(who.clone(), *q)).map(|choices| json!(choices[0]));
            assert_eq!(kept.as_ref(), Some(choice), "{who} was told that this answer to {q} is kept");
            told += 1;
        }
    }
    println!("{told} acknowledged answers, {} rows", rows.len());
    assert!(told > PLAYERS * 3, "most have answered most: {told}");
    // The same answers without a death, counted by hand: a thousand points for each that is right.
    let kept: Vec<Kept> = rows
        .iter()
        .map(|row| Kept {
            player: row.player,
            q: row.q,
            round: row.round,
            n: row.n,
            no: row.no,
            choice: row.choice.clone(),
            t_ms: row.t_ms,
        })
        .collect();
    let mut totals: HashMap<Principal, u64> = players.iter().map(|player| (player.player, 0)).collect();
    for row in &kept {
        let asked = &session.content.questions[usize::try_from(row.q).expect("few questions")];
        let right = allthrive_domain::quiz::grade::grade(asked, &row.choice).is_some_and(|grade| grade.is_whole());
        *totals.entry(row.player).or_default() += if right { 1_000 } else { 0 };
    }
    let played = &session.state.game;
    let ranking = standing(played, &session.content, &players, &kept);
    for line in &ranking.board(played).lines {
        let player = players.iter().find(|player| player.name == line.name).expect("a line is a player's");
        assert_eq!(line.total, totals[&player.player], "{}", line.name);
    }
    assert_eq!(ranking.board(played).lines.len(), PLAYERS);
    store.close().await;
}
