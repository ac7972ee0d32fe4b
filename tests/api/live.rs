//! Live quizzes over REST and real sockets, as a host, a screen and players live through them.

use allthrive_load::Peer;
use allthrive_protocol::RoomId;
use awc::http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::helpers::{Browser, Place, TestApp};

crate::stories! {
    a_game_is_played_from_the_lobby_to_the_podium,
    no_byte_of_a_key_reaches_a_player_or_a_screen_before_the_solution,
    a_pin_that_there_is_not_is_asked_for_so_often,
    who_may_make_and_host_a_session,
    an_answer_is_told_the_same_whenever_it_comes_again,
    names_are_one_players_alone_and_a_free_one_is_offered,
    the_newest_connection_of_a_guest_stays,
    who_is_kicked_hears_no_more,
    a_game_goes_on_where_it_stood_after_a_restart,
    members_are_told_in_the_conversation,
    a_player_comes_back_to_the_own_result_once_it_is_over,
}

const SETTINGS: &[(&str, &str)] = &[("ALLTHRIVE__SERVER__WORKERS", "2")];
const MARKER: &str = "kelpfish";

/// Two questions; what is right is marked wherever a key can be.
fn quiz() -> Value {
    let choice = |text: &str, correct: bool| json!({ "text": text, "correct": correct, "feedback": format!("{MARKER} feedback") });
    let question = |stem: &str| {
        json!({ "stem": stem, "type": "single_choice", "limit_ms": 20_000, "points": 1_000, "explanation": format!("{MARKER} why"),
            "notes": format!("{MARKER} notes"), "options": [choice("port", true), choice("starboard", false)] })
    };
    json!({ "title": "Ships", "questions": [question("First?"), question("Second?")] })
}

fn settings() -> Value {
    json!({ "intro_ms": 0, "reveal_ms": null })
}

/// A session with its host, connected.
struct Stage<'a> {
    app: &'a TestApp,
    browser: Browser,
    host: Peer,
    room: RoomId,
    pin: String,
    link: String,
    rev: u64,
}

/// Somebody at a session.
struct Guest {
    peer: Peer,
    key: String,
    token: String,
    snapshot: Value,
}

impl<'a> Stage<'a> {
    async fn set(app: &'a TestApp, settings: Value) -> Self {
        let mut browser = app.person("mira").await;
        let made = browser.write("/api/v1/quizzes", Uuid::new_v4(), quiz()).await.expect(StatusCode::CREATED).json();
        let session = json!({ "quiz": made["id"], "settings": settings });
        let made = browser.write("/api/v1/live", Uuid::new_v4(), session).await.expect(StatusCode::CREATED).json();
        let room: RoomId = made["room"].as_str().unwrap().parse().unwrap();
        let mut host = app.joined(&browser).await;
        let snapshot = host.ask("quiz.join", Some(room), json!({})).await;
        assert_eq!((&snapshot["ok"]["role"], &snapshot["ok"]["event"]), (&json!("owner"), &json!("quiz.lobby")), "{snapshot}");
        let rev = snapshot["ok"]["seq"].as_u64().unwrap();
        let text = |field: &str| made[field].as_str().unwrap().to_owned();
        Self { app, browser, host, room, pin: text("pin"), link: text("link"), rev }
    }

    async fn guest(&self, name: &str) -> Guest {
        let (mut peer, key, token) = self.come().await;
        let snapshot = peer.ask("quiz.join", Some(self.room), json!({ "name": name })).await["ok"].clone();
        assert_eq!(snapshot["role"], "player", "{snapshot}");
        Guest { peer, key, token, snapshot }
    }

    /// A guest that has not said a name.
    async fn come(&self) -> (Peer, String, String) {
        let mut browser = self.app.browser().await;
        let entrance = browser.post("/api/v1/live/join", json!({ "pin": self.pin })).await.expect(StatusCode::OK).json();
        let key = base64_of(Uuid::new_v4());
        let token = entrance["token"].as_str().unwrap().to_owned();
        (self.open(&token, &key).await, key, token)
    }

    async fn open(&self, token: &str, key: &str) -> Peer {
        connect(self.app, json!({ "token": token, "key": key })).await
    }

    async fn screen(&mut self) -> Guest {
        let made = self.browser.post(&format!("/api/v1/live/{}/screen", self.room), json!({})).await.expect(StatusCode::CREATED).json();
        let token = made["token"].as_str().unwrap().to_owned();
        let mut peer = connect(self.app, json!({ "screen": token })).await;
        let snapshot = peer.ask("quiz.join", Some(self.room), json!({})).await["ok"].clone();
        assert_eq!(snapshot["role"], "screen", "{snapshot}");
        Guest { peer, key: String::new(), token, snapshot }
    }

    /// A step of the host, with the view it leads to.
    async fn step(&mut self, step: Value, leads_to: &str) -> Value {
        self.control(step).await;
        self.sees(leads_to).await
    }

    async fn control(&mut self, mut step: Value) -> Value {
        step["cmid"] = json!(Uuid::new_v4());
        step["rev"] = json!(self.rev);
        let reply = self.host.ask("quiz.control", Some(self.room), step.clone()).await;
        assert!(reply["ok"]["seq"].is_u64(), "{step}: {reply}");
        reply
    }

    /// The next view of this name for the host.
    async fn sees(&mut self, name: &str) -> Value {
        let view = self.host.event(name).await;
        self.rev = view["seq"].as_u64().unwrap();
        view["d"].clone()
    }
}

/// A connection of somebody without an account.
async fn connect(app: &TestApp, live: Value) -> Peer {
    let url = format!("{}/v1/ws", app.address.replacen("http", "ws", 1));
    let mut peer = Peer::open(&url, &[("sec-websocket-protocol", "allthrive.v1.json")]).await.unwrap();
    let welcome = peer.ask("hello", None, json!({ "live": live })).await;
    assert!(welcome["ok"].is_object(), "{welcome}");
    peer
}

fn base64_of(id: Uuid) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(id.as_bytes())
}

/// The option that a host sees to be right, or another.
fn option(host_view: &Value, right: bool) -> u64 {
    let key = host_view["key"]["right"][0].as_u64().unwrap();
    let options = host_view["form"]["options"].as_array().unwrap();
    let wanted = |option: &&Value| (option["id"].as_u64() == Some(key)) == right;
    options.iter().find(wanted).unwrap()["id"].as_u64().unwrap()
}

async fn answer(guest: &mut Guest, room: RoomId, q: u32, chosen: u64) -> Value {
    let answer = json!({ "cmid": Uuid::new_v4(), "q": q, "round": 0, "choice": { "options": [chosen] } });
    guest.peer.ask("quiz.answer", Some(room), answer).await["ok"].clone()
}

async fn a_game_is_played_from_the_lobby_to_the_podium(place: Place) {
    let app = place.start(SETTINGS).await;
    let mut stage = Stage::set(&app, settings()).await;
    let room = stage.room;
    let mut screen = stage.screen().await;
    assert_eq!(screen.snapshot["d"]["door"]["pin"], json!(stage.pin));
    assert_eq!(screen.snapshot["d"]["door"]["link"], json!(stage.link));
    assert!(screen.snapshot["d"]["door"]["qr"].as_str().unwrap().starts_with('M'));
    let (mut ana, mut bo) = (stage.guest("Ana").await, stage.guest("Bo").await);
    assert_eq!((&ana.snapshot["me"]["name"], &ana.snapshot["d"]["title"]), (&json!("Ana"), &json!("Ships")));
    let count = loop {
        let count = screen.peer.event("quiz.count").await["d"].clone();
        if count["players"] == 2 {
            break count;
        }
    };
    assert_eq!(count["names"], json!(["Bo", "Ana"]));

    stage.step(json!({ "step": "start" }), "quiz.lobby").await;
    let intro = stage.sees("quiz.intro").await;
    assert_eq!((&intro["head"]["stem"], &intro["head"]["q"]), (&json!("First?"), &json!(0)));
    let open = stage.sees("quiz.open").await;
    let (right, wrong) = (option(&open, true), option(&open, false));
    let shown = ana.peer.event("quiz.open").await;
    assert_eq!(shown["d"]["form"]["options"], open["form"]["options"]);
    assert!(shown["d"]["closes_in_ms"].as_u64().unwrap() > 19_000);
    assert_eq!(screen.peer.event("quiz.open").await["d"]["head"]["pin"], json!(stage.pin));

    let kept = answer(&mut ana, room, 0, right).await;
    assert_eq!(kept, json!({ "status": "accepted", "choice": { "options": [right] } }));
    assert_eq!(answer(&mut bo, room, 0, wrong).await["status"], "accepted");
    // All have answered: it closes by itself. A view that another follows at once may be left out.
    let locked = stage.sees("quiz.locked").await;
    assert_eq!((&locked["votes"]["answered"], &locked["votes"]["options"][right.to_string()]), (&json!(2), &json!(1)));
    stage.step(json!({ "step": "reveal" }), "quiz.votes").await;
    assert_eq!(screen.peer.event("quiz.votes").await["d"]["votes"]["answered"], 2);
    stage.step(json!({ "step": "reveal" }), "quiz.solution").await;
    let solution = bo.peer.event("quiz.solution").await;
    assert_eq!(solution["d"]["solution"]["right"], json!([right]));
    let own = ana.peer.event("quiz.own").await["d"].clone();
    assert_eq!((&own["correct"], &own["place"]["rank"], &own["place"]["of"]), (&json!(true), &json!(1), &json!(2)), "{own}");
    assert!(own["points"].as_u64().unwrap() > 900, "{own}");
    let own = bo.peer.event("quiz.own").await["d"].clone();
    assert_eq!((&own["correct"], &own["points"], &own["place"]["ahead"]), (&json!(false), &json!(0), &json!("Ana")), "{own}");
    let board = stage.step(json!({ "step": "next" }), "quiz.scoreboard").await;
    assert_eq!(board["top"][0]["name"], "Ana");
    assert_eq!(bo.peer.event("quiz.place").await["d"]["place"]["rank"], 2);

    stage.step(json!({ "step": "next" }), "quiz.intro").await;
    let open = stage.sees("quiz.open").await;
    assert_eq!(answer(&mut bo, room, 1, option(&open, true)).await["status"], "accepted");
    stage.step(json!({ "step": "close" }), "quiz.locked").await;
    stage.step(json!({ "step": "reveal" }), "quiz.votes").await;
    stage.step(json!({ "step": "reveal" }), "quiz.solution").await;
    let podium = stage.step(json!({ "step": "next" }), "quiz.podium").await;
    assert_eq!((&podium["players"], &podium["ranked"]), (&json!(2), &json!(true)), "{podium}");
    assert_eq!(ana.peer.event("quiz.place").await["d"]["correct"], 1);
    stage.step(json!({ "step": "end" }), "quiz.ended").await;
    assert_eq!(screen.peer.event("quiz.ended").await["d"]["reason"], "done");
    let at = format!("/api/v1/live/{room}/report");
    let report = stage.browser.get(&at).await.expect(StatusCode::OK).json();
    assert_eq!((&report["session"]["players"], &report["questions"][0]["answered"]), (&json!(2), &json!(2)), "{report}");
    assert_eq!((&report["players"][0]["correct"], &report["players"][0]["scored"]), (&json!(1), &json!(2)), "{report}");
    let csv = stage.browser.get(&format!("{at}?format=csv")).await.expect(StatusCode::OK);
    assert!(csv.text().contains("Ana") && csv.header("content-disposition").contains("report.csv"));
    let workbook = stage.browser.get(&format!("{at}?format=xlsx")).await.expect(StatusCode::OK);
    assert!(workbook.header("content-type").contains("spreadsheetml"));
    stage.browser.get(&format!("{at}?format=pdf")).await.refused(StatusCode::BAD_REQUEST, "bad_request");
    app.person("zoe").await.get(&at).await.refused(StatusCode::NOT_FOUND, "not_found");
    let own =
        app.browser().await.post(&format!("/api/v1/live/{room}/result"), json!({ "key": bo.key })).await.expect(StatusCode::OK).json();
    assert_eq!((&own["standing"]["of"], &own["standing"]["correct"]), (&json!(2), &json!(1)), "{own}");
    let [first, second] = &own["questions"].as_array().unwrap()[..] else { panic!("{own}") };
    assert_eq!((&first["verdict"]["credit"], &first["earned"], &first["answer"]), (&json!(0), &json!(0), &json!({ "options": [wrong] })));
    assert_eq!((&first["verdict"]["solution"]["right"], &second["verdict"]["credit"]), (&json!([right]), &json!(1_000)));
    assert!(second["earned"].as_u64().unwrap() > 900 && second["verdict"]["explanation"].as_str().unwrap().contains("why"), "{second}");
    let mut late = app.browser().await;
    late.post("/api/v1/live/join", json!({ "pin": stage.pin })).await.refused(StatusCode::NOT_FOUND, "not_found");
    app.stop().await;
}

async fn no_byte_of_a_key_reaches_a_player_or_a_screen_before_the_solution(place: Place) {
    let app = place.start(SETTINGS).await;
    let mut stage = Stage::set(&app, settings()).await;
    let room = stage.room;
    let mut screen = stage.screen().await;
    let mut ana = stage.guest("Ana").await;
    stage.step(json!({ "step": "start" }), "quiz.lobby").await;
    let intro = stage.sees("quiz.intro").await;
    assert!(intro.to_string().contains(MARKER), "the host has the notes: {intro}");
    let open = stage.sees("quiz.open").await;
    answer(&mut ana, room, 0, option(&open, true)).await;
    stage.sees("quiz.locked").await;
    stage.step(json!({ "step": "reveal" }), "quiz.votes").await;
    for guest in [&mut ana, &mut screen] {
        let mut seen = vec![guest.snapshot.clone(), guest.peer.ask("quiz.sync", Some(room), json!({})).await];
        seen.extend(guest.peer.heard());
        assert!(seen.iter().any(|frame| frame.to_string().contains("quiz.votes")), "it was played that far");
        for frame in seen {
            let text = frame.to_string();
            assert!(!text.contains(MARKER) && !text.contains("\"right\"") && !text.contains("solution"), "{text}");
        }
    }
    stage.step(json!({ "step": "reveal" }), "quiz.solution").await;
    assert!(ana.peer.event("quiz.solution").await.to_string().contains(MARKER), "the explanation is told now");
    app.stop().await;
}

async fn a_pin_that_there_is_not_is_asked_for_so_often(place: Place) {
    let app = place.start(&[("ALLTHRIVE__LIMITS__PIN_MISSES_PER_FIVE_MINUTES", "3")]).await;
    let stage = Stage::set(&app, settings()).await;
    let mut browser = app.browser().await;
    let enter = async |browser: &mut Browser, pin: &str| browser.post("/api/v1/live/join", json!({ "pin": pin })).await;
    let wrong = if stage.pin == "000000" { "000001" } else { "000000" };
    for _ in 0..5 {
        enter(&mut browser, &stage.pin).await.expect(StatusCode::OK);
    }
    for _ in 0..3 {
        enter(&mut browser, wrong).await.refused(StatusCode::NOT_FOUND, "not_found");
    }
    let refused = enter(&mut browser, wrong).await.refused(StatusCode::TOO_MANY_REQUESTS, "rate_limited");
    assert!(refused.header("retry-after").parse::<u64>().unwrap() <= 300);
    enter(&mut browser, &stage.pin).await.refused(StatusCode::TOO_MANY_REQUESTS, "rate_limited");
    browser.post("/api/v1/live/join", json!({})).await;
    app.stop().await;
}

async fn who_may_make_and_host_a_session(place: Place) {
    let app = place.start(SETTINGS).await;
    let mut stage = Stage::set(&app, settings()).await;
    let room = stage.room;
    let mut zoe = app.person("zoe").await;
    let at = format!("/api/v1/live/{room}");
    assert_eq!(stage.browser.get(&at).await.expect(StatusCode::OK).json()["pin"], json!(stage.pin));
    zoe.get(&at).await.refused(StatusCode::NOT_FOUND, "not_found");
    zoe.post(&format!("{at}/screen"), json!({})).await.refused(StatusCode::NOT_FOUND, "not_found");
    let own = stage.browser.get("/api/v1/me/live").await.json();
    assert_eq!(own["items"][0]["room"], json!(room));
    let quiz = own["items"][0]["quiz"].clone();
    zoe.write("/api/v1/live", Uuid::new_v4(), json!({ "quiz": quiz })).await.refused(StatusCode::NOT_FOUND, "not_found");
    let wrong = json!({ "quiz": quiz, "settings": { "intro_ms": 99_000, "teams": ["One"] } });
    let faults =
        stage.browser.write("/api/v1/live", Uuid::new_v4(), wrong).await.refused(StatusCode::UNPROCESSABLE_ENTITY, "invalid_fields");
    assert!(!faults.fault_at("settings.intro_ms").is_empty() && !faults.fault_at("settings.teams").is_empty());
    // A stranger with an account is nobody here; a cohost is a host.
    let mut peer = app.joined(&zoe).await;
    assert_eq!(peer.ask("quiz.join", Some(room), json!({})).await["error"]["code"], "not_found");
    stage
        .browser
        .write(&format!("{at}/hosts"), Uuid::new_v4(), json!({ "username": "zoe", "role": "cohost" }))
        .await
        .expect(StatusCode::NO_CONTENT);
    let snapshot = peer.ask("quiz.join", Some(room), json!({})).await;
    assert_eq!(snapshot["ok"]["role"], "cohost", "{snapshot}");
    let step = json!({ "cmid": Uuid::new_v4(), "rev": stage.rev, "step": "lock" });
    let first = peer.ask("quiz.control", Some(room), step.clone()).await["ok"].clone();
    let again = peer.ask("quiz.control", Some(room), step).await["ok"].clone();
    assert_eq!((first["seq"].clone(), &first["dup"], &again["dup"]), (again["seq"].clone(), &json!(false), &json!(true)));
    let behind = json!({ "cmid": Uuid::new_v4(), "rev": stage.rev, "step": "start" });
    assert_eq!(stage.host.ask("quiz.control", Some(room), behind).await["error"]["code"], "rev_conflict");
    // Nobody new while it is locked.
    let (mut late, ..) = stage.come().await;
    assert_eq!(late.ask("quiz.join", Some(room), json!({ "name": "Late" })).await["error"]["code"], "forbidden");
    app.stop().await;
}

async fn an_answer_is_told_the_same_whenever_it_comes_again(place: Place) {
    let app = place.start(SETTINGS).await;
    let mut stage = Stage::set(&app, settings()).await;
    let room = stage.room;
    let (mut ana, _bo) = (stage.guest("Ana").await, stage.guest("Bo").await);
    stage.step(json!({ "step": "start" }), "quiz.lobby").await;
    let open = stage.sees("quiz.open").await;
    let (right, wrong) = (option(&open, true), option(&open, false));
    let first = json!({ "cmid": Uuid::new_v4(), "q": 0, "round": 0, "choice": { "options": [right] } });
    let kept = ana.peer.ask("quiz.answer", Some(room), first.clone()).await["ok"].clone();
    assert_eq!(kept["status"], "accepted");
    let other = answer(&mut ana, room, 0, wrong).await;
    assert_eq!(other, json!({ "status": "duplicate", "choice": { "options": [right] } }));
    let none = json!({ "cmid": Uuid::new_v4(), "q": 0, "round": 0, "choice": { "options": [] } });
    assert_eq!(stage.host.ask("quiz.answer", Some(room), none).await["ok"]["status"], "not_eligible");
    stage.step(json!({ "step": "close" }), "quiz.locked").await;
    // On a new connection, too, when it is long closed.
    let mut again = stage.open(&ana.token, &ana.key).await;
    let snapshot = again.ask("quiz.join", Some(room), json!({})).await;
    assert_eq!(snapshot["ok"]["me"]["answer"], json!({ "options": [right] }), "{snapshot}");
    assert_eq!(again.ask("quiz.answer", Some(room), first).await["ok"], kept);
    app.stop().await;
}

async fn names_are_one_players_alone_and_a_free_one_is_offered(place: Place) {
    let app = place.start(SETTINGS).await;
    let stage = Stage::set(&app, settings()).await;
    let room = stage.room;
    let _ana = stage.guest("Ana").await;
    let (mut second, ..) = stage.come().await;
    let refused = second.ask("quiz.join", Some(room), json!({ "name": "An\u{200b}a" })).await["error"].clone();
    assert_eq!(refused["code"], "bad_request");
    assert!(refused["message"].as_str().unwrap().contains("Ana 2"), "{refused}");
    let nobody = second.ask("quiz.join", Some(room), json!({})).await["error"].clone();
    assert_eq!(nobody["code"], "bad_request", "{nobody}");
    let joined = second.ask("quiz.join", Some(room), json!({ "name": "Ana 2" })).await["ok"].clone();
    assert_eq!(joined["me"]["name"], "Ana 2");
    second.ask("quiz.rename", Some(room), json!({ "name": "Cy" })).await["ok"].as_object().unwrap();
    let synced = second.ask("quiz.sync", Some(room), json!({})).await["ok"].clone();
    assert_eq!(synced["me"]["name"], "Cy");
    app.stop().await;
}

async fn the_newest_connection_of_a_guest_stays(place: Place) {
    let app = place.start(SETTINGS).await;
    let stage = Stage::set(&app, settings()).await;
    let mut ana = stage.guest("Ana").await;
    let mut newer = stage.open(&ana.token, &ana.key).await;
    let snapshot = newer.ask("quiz.join", Some(stage.room), json!({})).await;
    assert_eq!(snapshot["ok"]["me"]["name"], "Ana", "{snapshot}");
    assert_eq!(ana.peer.closed().await, 4106);
    // Of an account the older one hears no more of this session, and stays.
    let zoe = app.person("zoe").await;
    let entrance = app.browser().await.post("/api/v1/live/join", json!({ "pin": stage.pin })).await.json();
    let (mut one, mut two) = (app.joined(&zoe).await, app.joined(&zoe).await);
    let join = json!({ "token": entrance["token"], "name": "Zoë" });
    assert_eq!(one.ask("quiz.join", Some(stage.room), join).await["ok"]["me"]["name"], "Zoë");
    assert_eq!(two.ask("quiz.join", Some(stage.room), json!({})).await["ok"]["me"]["name"], "Zoë");
    one.event("quiz.superseded").await;
    assert_eq!(one.ask("quiz.sync", Some(stage.room), json!({})).await["error"]["code"], "not_subscribed");
    assert!(one.ask("ping", None, json!({})).await["ok"].is_object());
    app.stop().await;
}

async fn who_is_kicked_hears_no_more(place: Place) {
    let app = place.start(SETTINGS).await;
    let mut stage = Stage::set(&app, settings()).await;
    let room = stage.room;
    let (mut ana, mut bo) = (stage.guest("Ana").await, stage.guest("Bo").await);
    let page = stage.host.ask("quiz.players", Some(room), json!({})).await["ok"].clone();
    assert_eq!(page["players"][0]["name"], "Ana", "{page}");
    let moderate = |player: &Value, what: &str| json!({ "cmid": Uuid::new_v4(), "player": player, "do": what });
    let by_player = moderate(&page["players"][1]["player"], "kick");
    assert_eq!(ana.peer.ask("quiz.moderate", Some(room), by_player).await["error"]["code"], "forbidden");
    let ban = moderate(&page["players"][0]["player"], "ban");
    assert!(stage.host.ask("quiz.moderate", Some(room), ban).await["ok"].is_object());
    assert_eq!(ana.peer.event("quiz.kicked").await["d"]["banned"], true);
    assert_eq!(ana.peer.closed().await, 4103);
    let mut again = stage.open(&ana.token, &ana.key).await;
    assert_eq!(again.ask("quiz.join", Some(room), json!({ "name": "Other" })).await["error"]["code"], "forbidden");
    stage.step(json!({ "step": "start" }), "quiz.lobby").await;
    let open = stage.sees("quiz.open").await;
    // Who is out is not waited for.
    answer(&mut bo, room, 0, option(&open, true)).await;
    stage.sees("quiz.locked").await;
    app.stop().await;
}

async fn a_game_goes_on_where_it_stood_after_a_restart(place: Place) {
    let port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().to_string()
    };
    let settings_of = [("ALLTHRIVE__SERVER__LISTEN", port.as_str())];
    let app = place.start(&settings_of).await;
    let mut stage = Stage::set(&app, settings()).await;
    let (room, browser) = (stage.room, stage.browser.clone());
    let (mut ana, bo) = (stage.guest("Ana").await, stage.guest("Bo").await);
    stage.step(json!({ "step": "start" }), "quiz.lobby").await;
    let open = stage.sees("quiz.open").await;
    let right = option(&open, true);
    assert_eq!(answer(&mut ana, room, 0, right).await["status"], "accepted");
    app.stop().await;

    let app = place.start(&settings_of).await;
    let mut host = app.joined(&browser).await;
    let back = async |guest: &Guest| {
        let mut peer = connect(&app, json!({ "token": guest.token, "key": guest.key })).await;
        let snapshot = peer.ask("quiz.join", Some(room), json!({})).await["ok"].clone();
        Guest { peer, snapshot, key: guest.key.clone(), token: guest.token.clone() }
    };
    let snapshot = host.ask("quiz.join", Some(room), json!({})).await["ok"].clone();
    assert_eq!(snapshot["role"], "owner", "{snapshot}");
    let (ana, mut bo) = (back(&ana).await, back(&bo).await);
    // Nobody must answer twice, and nobody says a name again.
    assert_eq!((&ana.snapshot["me"]["name"], &ana.snapshot["me"]["answer"]), (&json!("Ana"), &json!({ "options": [right] })));
    // It stands still for a moment, and goes on with what was left.
    let paused = loop {
        let view = bo.peer.event("quiz.open").await["d"].clone();
        if view["flags"]["paused"]["reason"] == "recovered" {
            break view;
        }
    };
    assert!(paused["form"].is_null(), "{paused}");
    let open = bo.peer.event("quiz.open").await["d"].clone();
    assert!(open["flags"]["paused"].is_null() && open["closes_in_ms"].as_u64().unwrap() <= 20_000, "{open}");
    assert_eq!(answer(&mut bo, room, 0, right).await["status"], "accepted");
    let locked = host.event("quiz.locked").await["d"].clone();
    assert_eq!(locked["votes"]["options"][right.to_string()], 2, "{locked}");
    app.stop().await;
}

async fn members_are_told_in_the_conversation(place: Place) {
    let app = place.start(SETTINGS).await;
    let mut mira = app.person("mira").await;
    let quiz = mira.write("/api/v1/quizzes", Uuid::new_v4(), quiz()).await.expect(StatusCode::CREATED).json();
    let crew = json!({ "kind": "group", "title": "Crew" });
    let crew = mira.write("/api/v1/conversations", Uuid::new_v4(), crew).await.expect(StatusCode::CREATED).json();
    let session = json!({ "quiz": quiz["id"], "conversation": crew["id"] });
    let key = Uuid::new_v4();
    let made = mira.write("/api/v1/live", key, session.clone()).await.expect(StatusCode::CREATED).json();
    let again = mira.write("/api/v1/live", key, session).await.expect(StatusCode::CREATED).json();
    assert_eq!(made, again);
    let listed = mira.get("/api/v1/me/conversations").await.json();
    let last = listed["items"].as_array().unwrap().iter().find(|one| one["id"] == crew["id"]).unwrap()["last"].clone();
    assert!(last["body"].as_str().unwrap().contains(made["link"].as_str().unwrap()), "{last}");
    let room: RoomId = made["room"].as_str().unwrap().parse().unwrap();
    let mut host = app.joined(&mira).await;
    host.ask("room.subscribe", Some(crew["id"].as_str().unwrap().parse().unwrap()), json!({})).await;
    let rev = host.ask("quiz.join", Some(room), json!({})).await["ok"]["seq"].clone();
    let step = |rev: &Value, step: &str| json!({ "cmid": Uuid::new_v4(), "rev": rev, "step": step });
    assert!(host.ask("quiz.control", Some(room), step(&rev, "start")).await["ok"].is_object());
    let rev = host.event("quiz.intro").await["seq"].clone();
    assert!(host.ask("quiz.control", Some(room), step(&rev, "end")).await["ok"].is_object());
    let said = host.event("message.new").await["d"].clone();
    assert_eq!(said["body"], format!("🏆 Ships\n{}/live/{room}/result", made["link"].as_str().unwrap().split("/join").next().unwrap()));
    let mut zoe = app.person("zoe").await;
    let foreign = json!({ "quiz": quiz["id"], "conversation": crew["id"] });
    zoe.write("/api/v1/live", Uuid::new_v4(), foreign).await.refused(StatusCode::NOT_FOUND, "not_found");
    app.stop().await;
}

async fn a_player_comes_back_to_the_own_result_once_it_is_over(place: Place) {
    let app = place.start(SETTINGS).await;
    let mut stage = Stage::set(&app, settings()).await;
    let room = stage.room;
    let (mut ana, mut bo) = (stage.guest("Ana").await, stage.guest("Bo").await);
    let mut zoe = app.person("zoe").await;
    let entrance = zoe.post("/api/v1/live/join", json!({ "pin": stage.pin })).await.expect(StatusCode::OK).json();
    let mut peer = app.joined(&zoe).await;
    peer.ask("quiz.join", Some(room), json!({ "name": "Zoe", "token": entrance["token"] })).await;
    stage.step(json!({ "step": "start" }), "quiz.lobby").await;
    let open = stage.sees("quiz.open").await;
    answer(&mut ana, room, 0, option(&open, true)).await;
    answer(&mut bo, room, 0, option(&open, false)).await;
    let at = format!("/api/v1/live/{room}/result");
    let mut browser = app.browser().await;
    // Not while it is on, whoever asks: it would tell keys.
    browser.post(&at, json!({ "key": ana.key })).await.refused(StatusCode::CONFLICT, "session_running");
    browser.post(&at, json!({ "key": base64_of(Uuid::new_v4()) })).await.refused(StatusCode::NOT_FOUND, "not_found");
    stage.step(json!({ "step": "end" }), "quiz.podium").await;
    let own = browser.post(&at, json!({ "key": ana.key })).await.expect(StatusCode::OK).json();
    assert_eq!((&own["name"], &own["questions"]), (&json!("Ana"), &json!([])), "no question was asked to its end: {own}");
    assert!(own["standing"].is_null(), "nobody is ranked: {own}");
    stage.step(json!({ "step": "end" }), "quiz.ended").await;
    let own = browser.post(&at, json!({ "key": bo.key })).await.expect(StatusCode::OK).json();
    assert!(own["ended_ts"].is_u64(), "the step that followed is read: {own}");
    let own = zoe.post(&at, json!({})).await.expect(StatusCode::OK).json();
    assert_eq!(own["name"], "Zoe");
    stage.browser.post(&at, json!({})).await.refused(StatusCode::NOT_FOUND, "not_found");
    browser.post(&at, json!({})).await.refused(StatusCode::UNAUTHORIZED, "unauthorized");
    browser.post(&at, json!({ "key": "short" })).await.refused(StatusCode::NOT_FOUND, "not_found");
    // Once more with the same people: who has played finds the next session, and nobody else does.
    let before = stage.browser.get(&format!("/api/v1/live/{room}")).await.expect(StatusCode::OK).json();
    assert_eq!(before["settings"]["reveal_ms"], json!(null), "{before}");
    let again = json!({ "quiz": before["quiz"], "settings": before["settings"], "rematch_of": room });
    let next = stage.browser.write("/api/v1/live", Uuid::new_v4(), again).await.expect(StatusCode::CREATED).json();
    assert_eq!(bo.peer.event("quiz.ended").await["d"]["rematch"], json!(null), "it had ended before");
    assert_eq!(bo.peer.event("quiz.ended").await["d"]["rematch"], next["room"], "who is still here is told at once");
    let follow = |key: &str| json!({ "after": room, "key": key });
    let led = browser.post("/api/v1/live/join", follow(&ana.key)).await.expect(StatusCode::OK).json();
    assert_eq!(led["room"], next["room"]);
    let led = zoe.post("/api/v1/live/join", json!({ "after": room })).await.expect(StatusCode::OK).json();
    assert_eq!(led["room"], next["room"]);
    browser.post("/api/v1/live/join", follow(&base64_of(Uuid::new_v4()))).await.refused(StatusCode::NOT_FOUND, "not_found");
    browser.post("/api/v1/live/join", json!({ "after": room })).await.refused(StatusCode::UNAUTHORIZED, "unauthorized");
    app.clock.advance(std::time::Duration::from_secs(31 * 86_400));
    browser.post(&at, json!({ "key": bo.key })).await.refused(StatusCode::NOT_FOUND, "not_found");
    app.stop().await;
}
