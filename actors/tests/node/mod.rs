//! A node without accounts: real sockets, real actors, a real store; who speaks is said by the request.

#![allow(unreachable_pub, dead_code, reason = "a module of more than one test binary; none uses all of it")]

pub mod line;
pub mod redis;
pub mod two;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use actix_web::middleware::from_fn;
use actix_web::{App, HttpRequest, web};
use allthrive_actors::bus::Kind;
use allthrive_actors::limiter::{Limits, Rates};
use allthrive_actors::line::{Pace, listen, note};
use allthrive_actors::live::Doors;
use allthrive_actors::{Credential, Identity, Later, Options, System, TicketError, Tickets};
use allthrive_domain::rate::Rate;
use allthrive_domain::time::{Clock, Micros};
use allthrive_domain::unit::{Admit, Deed, Kind as RoomKind, Open};
use allthrive_load::{Peer, Raw};
use allthrive_protocol::{Cmid, MAX_FRAME_BYTES, RoomId, SUBPROTOCOL, UserId};
use allthrive_store::audit::chain::ChainKey;
use allthrive_store::sign_ins::NewSignIn;
use allthrive_store::{Statement, Store, StoreConfig, log};
use serde_json::json;
use uuid::Uuid;

pub struct Node {
    pub system: System,
    pub store: Store,
    address: SocketAddr,
    server: actix_web::dev::ServerHandle,
}

/// Limits that do not bite.
pub const WIDE: Limits = {
    let wide = Rate { every: Duration::from_micros(1), burst: 1_000_000 };
    Limits {
        rates: Rates { send: wide, typing: wide, history: wide, subscribe: wide, all: wide, answer: wide },
        connections_per_account: 100_000,
        connections_per_address: 100_000,
    }
};

struct NoTickets;

impl Tickets for NoTickets {
    fn redeem(&self, _: String) -> Later<Identity> {
        Box::pin(async { Err(TicketError::Invalid) })
    }

    fn stands(&self, _: Identity) -> Later<bool> {
        Box::pin(async { Ok(true) })
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
        Self::start_on(StoreConfig::sqlite(dir.join("db"), dir.join("instance")), Kind::Alone).await
    }

    /// In more of a hurry, or less, than a server is.
    pub async fn start_at(dir: &Path, pace: Pace) -> Self {
        Self::begin(StoreConfig::sqlite(dir.join("db"), dir.join("instance")), Kind::Alone, pace, WIDE, Clock::System).await
    }

    /// The same with these limits and this clock.
    pub async fn start_with(dir: &Path, limits: Limits, clock: Clock) -> Self {
        Self::begin(StoreConfig::sqlite(dir.join("db"), dir.join("instance")), Kind::Alone, Pace::default(), limits, clock).await
    }

    /// On this database, with these others.
    pub async fn start_on(database: StoreConfig, bus: Kind) -> Self {
        Self::begin(database, bus, Pace::default(), WIDE, Clock::System).await
    }

    /// On this database, with these others, these limits and this clock.
    pub async fn start_within(database: StoreConfig, bus: Kind, limits: Limits, clock: Clock) -> Self {
        Self::begin(database, bus, Pace::default(), limits, clock).await
    }

    async fn begin(database: StoreConfig, bus: Kind, pace: Pace, limits: Limits, clock: Clock) -> Self {
        let store = Store::open(database).await.unwrap();
        let options = Options {
            store: store.clone(),
            clock,
            origin: "http://127.0.0.1".to_owned(),
            fingerprint_key: vec![7; 32],
            audit_key: ChainKey::new([8; 32]),
            doors: Doors::new(&[9; 32]),
            tickets: Arc::new(NoTickets),
            limits,
            writers: 1,
            workers: 2,
            pace,
            bus,
        };
        let system = System::start(options);
        let of_worker = system.clone();
        let listener = listen("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.local_addr().unwrap();
        let app = move || {
            App::new()
                .app_data(web::Data::new(of_worker.clone()))
                .wrap(from_fn(note))
                .route("/v1/ws", web::get().to(connect))
                .route("/v1/echo", web::get().to(repeat))
        };
        let server = system.serve(listener, Duration::from_secs(30), app).unwrap();
        let handle = server.handle();
        actix_rt::spawn(server);
        Self { system, store, address, server: handle }
    }

    pub async fn stop(self) {
        self.system.drain(Duration::from_secs(5)).await;
        // Nothing is under way any more; in good order it would look for that once a second.
        self.server.stop(false).await;
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
        let open = Deed::Open(Open { kind: RoomKind::Room, title: Some("Crew".into()), with: None });
        self.system.write(room, user(1), cmid(1_000_000), open).await.unwrap();
        for n in 2..=n {
            self.system.write(room, user(n), cmid(1_000_000 + n), Deed::Admit(Admit { user: user(n) })).await.unwrap();
        }
    }

    /// The sign-in that connections of this account come by is a row.
    pub async fn sign_in(&self, n: u128) {
        let new = NewSignIn { id: user(n).0, user: user(n), device: None, expires: Micros(i64::MAX / 2) };
        self.store.begin_sign_in(new, Micros(1)).await.unwrap();
    }

    /// Bytes at its port, before any request.
    pub async fn bytes(&self) -> Raw {
        Raw::connect(&self.address.to_string()).await
    }

    pub async fn connect(&self, n: u128) -> Peer {
        self.try_connect(n).await.unwrap()
    }

    /// A connection of nobody yet.
    pub async fn connect_nobody(&self) -> Peer {
        let url = format!("ws://{}/v1/ws", self.address);
        Peer::open(&url, &[("sec-websocket-protocol", SUBPROTOCOL)]).await.unwrap()
    }

    /// A connection, or the status that refused it.
    pub async fn try_connect(&self, n: u128) -> Result<Peer, u16> {
        let url = format!("ws://{}/v1/ws?user={}", self.address, Uuid::from_u128(n));
        Peer::open(&url, &[("sec-websocket-protocol", SUBPROTOCOL)]).await
    }

    /// Bytes at the socket of user `n`, after the handshake.
    pub async fn raw(&self, n: u128) -> Raw {
        let path = format!("/v1/ws?user={}", Uuid::from_u128(n));
        Raw::open(&self.address.to_string(), &path, &[("sec-websocket-protocol", SUBPROTOCOL)]).await.unwrap()
    }

    /// Bytes at the echo, after the handshake.
    pub async fn echo(&self) -> Raw {
        Raw::open(&self.address.to_string(), "/v1/echo", &[]).await.unwrap()
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
    let address = request.peer_addr().unwrap().ip();
    system.connect(&request, payload, credential, address)
}

async fn repeat(
    request: HttpRequest,
    payload: web::Payload,
    system: web::Data<System>,
) -> Result<actix_web::HttpResponse, actix_web::Error> {
    system.echo(&request, payload, MAX_FRAME_BYTES)
}
