//! A node without accounts: real sockets, real actors, a real store; who speaks is said by the request.

#![expect(unreachable_pub, reason = "a module of one test binary")]

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use actix_web::{App, HttpRequest, HttpServer, web};
use allthrive_actors::{Credential, Identity, Options, System, TicketError, Tickets};
use allthrive_domain::time::{Clock, Micros};
use allthrive_domain::unit::{Admit, Deed, Kind, Open};
use allthrive_protocol::{Cmid, RoomId, SUBPROTOCOL, UserId};
use allthrive_store::{Statement, Store, StoreConfig, log};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use uuid::Uuid;

/// Long enough for a busy machine; what waits for something that never comes fails by it.
const PATIENCE: Duration = Duration::from_secs(20);

pub struct Node {
    pub system: System,
    pub store: Store,
    address: SocketAddr,
    server: actix_web::dev::ServerHandle,
}

struct NoTickets;

impl Tickets for NoTickets {
    fn redeem(&self, _: String) -> Pin<Box<dyn Future<Output = Result<Identity, TicketError>> + Send>> {
        Box::pin(async { Err(TicketError::Invalid) })
    }
}

pub fn user(n: u128) -> UserId {
    UserId(Uuid::from_u128(n))
}

pub fn cmid(n: u128) -> Cmid {
    Cmid(Uuid::from_u128(n))
}

impl Node {
    /// On the database in this directory, with two workers, so that a room may be on another thread than
    /// its members.
    pub async fn start(dir: &Path) -> Self {
        let store = Store::open(StoreConfig::sqlite(dir.join("db"), dir.join("instance"))).await.unwrap();
        let options = Options {
            store: store.clone(),
            clock: Clock::System,
            fingerprint_key: vec![7; 32],
            tickets: Arc::new(NoTickets),
            writers: 1,
            workers: 2,
        };
        let system = System::start(options);
        let of_worker = system.clone();
        let server = HttpServer::new(move || {
            of_worker.start_worker();
            App::new().app_data(web::Data::new(of_worker.clone())).route("/v1/ws", web::get().to(connect))
        })
        .workers(2)
        .disable_signals()
        .bind("127.0.0.1:0")
        .unwrap();
        let address = server.addrs()[0];
        let server = server.run();
        let handle = server.handle();
        actix_rt::spawn(server);
        Self { system, store, address, server: handle }
    }

    pub async fn stop(self) {
        self.system.drain(Duration::from_secs(5)).await;
        self.server.stop(true).await;
        self.store.close().await;
    }

    /// Accounts 1 to `n`.
    pub async fn people(&self, n: u128) {
        for n in 1..=n {
            let insert = Statement::new(
                "a person",
                "INSERT INTO users_all (id, username, display_name, role, created_at) VALUES ($1, $2, $3, 'explorer', 1)",
            );
            let mut rows = vec![insert.bind(user(n)).bind(format!("user{n}")).bind(format!("User {n}"))];
            rows.extend(log::open_personal(user(n), Micros(1)));
            self.store.engine().batch(rows).await.unwrap();
        }
    }

    /// A public room of user 1 with everybody up to `n` in it.
    pub async fn room(&self, room: RoomId, n: u128) {
        let open = Deed::Open(Open { kind: Kind::Room, title: Some("Crew".into()), with: None });
        self.system.write(room, user(1), cmid(1_000_000), open).await.unwrap();
        for n in 2..=n {
            self.system.write(room, user(n), cmid(1_000_000 + n), Deed::Admit(Admit { user: user(n) })).await.unwrap();
        }
    }

    pub async fn connect(&self, n: u128) -> Peer {
        let mut request = format!("ws://{}/v1/ws?user={}", self.address, Uuid::from_u128(n)).into_client_request().unwrap();
        request.headers_mut().insert("Sec-WebSocket-Protocol", SUBPROTOCOL.parse().unwrap());
        let (socket, _) = connect_async(request).await.unwrap();
        Peer { socket, next: 0, told: VecDeque::new() }
    }

    /// Connected, with every room heard from its top.
    pub async fn join(&self, n: u128) -> Peer {
        let mut peer = self.connect(n).await;
        let welcome = peer.ask("hello", None, json!({"subscribe": "all"})).await;
        assert!(welcome["ok"]["rooms"].as_array().unwrap().iter().all(|room| room["live"] == true), "{welcome}");
        peer
    }
}

async fn connect(
    request: HttpRequest,
    payload: web::Payload,
    system: web::Data<System>,
) -> Result<actix_web::HttpResponse, actix_web::Error> {
    let name = request.query_string().strip_prefix("user=").unwrap_or_default();
    let credential = match name.parse::<Uuid>() {
        Ok(id) => Credential::User(Identity { user: UserId(id), sign_in: id, expires: Micros(i64::MAX / 2) }),
        Err(_) => Credential::Absent,
    };
    system.connect(&request, payload, credential)
}

pub struct Peer {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    next: u64,
    told: VecDeque<Value>,
}

impl Peer {
    /// Sends a command and gives its id.
    pub async fn say(&mut self, op: &str, room: Option<RoomId>, d: Value) -> u64 {
        self.next += 1;
        let mut command = json!({"id": self.next, "op": op, "d": d});
        if let Some(room) = room {
            command["room"] = json!(room);
        }
        self.socket.send(Message::text(command.to_string())).await.unwrap();
        self.next
    }

    /// Sends a command and waits for its reply; events that come before it are kept.
    pub async fn ask(&mut self, op: &str, room: Option<RoomId>, d: Value) -> Value {
        let id = self.say(op, room, d).await;
        self.reply(id).await
    }

    pub async fn reply(&mut self, id: u64) -> Value {
        loop {
            let frame = self.frame().await.expect("open");
            if frame["id"] == id {
                return frame;
            }
            self.told.push_back(frame);
        }
    }

    pub async fn message(&mut self, room: RoomId, n: u128, body: &str) -> Value {
        self.ask("message.send", Some(room), json!({"cmid": cmid(n), "body": body})).await
    }

    /// The next event of this name; others are dropped.
    pub async fn event(&mut self, name: &str) -> Value {
        loop {
            let frame = match self.told.pop_front() {
                Some(frame) => frame,
                None => self.frame().await.expect("open"),
            };
            if frame["event"] == name {
                return frame;
            }
        }
    }

    /// The code the server closes with.
    pub async fn closed(&mut self) -> u16 {
        loop {
            match self.next_message().await {
                Some(Ok(Message::Close(Some(frame)))) => return frame.code.into(),
                Some(Ok(_)) => {}
                other => panic!("not closed with a code: {other:?}"),
            }
        }
    }

    pub async fn raw(&mut self, text: &str) {
        self.socket.send(Message::text(text)).await.unwrap();
    }

    /// The next frame of the server, `None` once it is closed.
    pub async fn frame(&mut self) -> Option<Value> {
        loop {
            match self.next_message().await? {
                Ok(Message::Text(text)) => return Some(serde_json::from_str(&text).unwrap()),
                Ok(Message::Close(_)) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    async fn next_message(&mut self) -> Option<Result<Message, tungstenite::Error>> {
        tokio::time::timeout(PATIENCE, self.socket.next()).await.expect("the server said nothing for too long")
    }
}
