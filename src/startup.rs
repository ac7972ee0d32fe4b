//! From settings to a running server and back: the store is opened, the listener bound, requests are
//! answered until a signal comes; then readiness turns red, what is under way is finished, all is closed.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::{Server, ServerHandle};
use actix_web::middleware::{Compress, from_fn};
use actix_web::rt::signal::unix::{Signal, SignalKind, signal};
use actix_web::{App, web};
use allthrive_actors::line::{self, Pace};
use allthrive_actors::live::Doors;
use allthrive_actors::{Options, System};
use allthrive_domain::time::Clock;
use allthrive_store::audit::chain::ChainKey;
use allthrive_store::{Store, StoreConfig};
use futures_util::future::join;
use secrecy::ExposeSecret as _;
use thiserror::Error;
use tracing::{info, warn};

use crate::auth::cookie::Cookies;
use crate::auth::csrf;
use crate::auth::password::Hashers;
use crate::auth::socket::TicketBox;
use crate::auth::token::AccessTokens;
use crate::config::{Mode, Settings};
use crate::crypto::keyed_digest;
use crate::headers::{SecurityHeaders, secure};
use crate::mail::Mailer;
use crate::origin::{Origin, OwnOrigins};
use crate::routes::results::Results;
use crate::state::State;
use crate::telemetry::trace_request;
use crate::{pages, routes};

/// How long connections may take to end once the server stops. With the two below it stays under the 10 s
/// after which a service manager kills.
const DRAIN: Duration = Duration::from_secs(4);

/// How long requests under way may take after that.
const STOP: Duration = Duration::from_secs(3);

/// How long the store may take to close after that.
const CLOSE: Duration = Duration::from_secs(1);

/// Writers to Postgres, each with a commit of its own in flight. SQLite has one.
const POSTGRES_WRITERS: usize = 3;

/// How often what has no meaning any more is removed from the store.
const PRUNE_EVERY: Duration = Duration::from_secs(600);

/// Why the server does not start, or ended.
#[derive(Debug, Error)]
pub enum StartError {
    /// The address cannot be listened at.
    #[error("The server cannot listen at {address}: {source}")]
    Listen {
        /// Which address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The store does not open.
    #[error(transparent)]
    Store(#[from] allthrive_store::Error),
    /// Writes would not be known again, and sign-ins not hold, from one server to another.
    #[error("The database is used with another secrets.fingerprint_key: all servers of one database have the same keys")]
    OtherKeys,
    /// A directory, a thread or a signal cannot be had.
    #[error("The server cannot start: {0}")]
    Io(#[from] io::Error),
}

/// A server that is bound and answers once it is run.
pub struct Application {
    /// Caught from before the port is bound: whoever can see the server can stop it in order.
    interrupt: Signal,
    terminate: Signal,
    server: Server,
    state: web::Data<State>,
    address: SocketAddr,
}

impl Application {
    /// Opens the store, binds the listener and starts the threads, with the machine's clock.
    ///
    /// # Errors
    /// Says what to change.
    pub async fn build(settings: Settings) -> Result<Self, StartError> {
        Self::build_with_clock(settings, Clock::System).await
    }

    /// As [`Self::build`], with a clock of one's own.
    ///
    /// # Errors
    /// As [`Self::build`].
    pub async fn build_with_clock(settings: Settings, clock: Clock) -> Result<Self, StartError> {
        let (interrupt, terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        let listener = listen(settings.server.listen)?;
        let address = listener.local_addr()?;
        let store = open_store(&settings).await?;
        let workers = match settings.server.workers {
            0 => std::thread::available_parallelism()?.get(),
            workers => workers,
        };
        let state = web::Data::new(state(settings, store, clock, address, workers)?);
        let app_state = state.clone();
        let server = state.system.serve(listener, STOP, move || {
            App::new()
                .app_data(app_state.clone())
                .configure(routes::limits)
                .wrap(Compress::default())
                .wrap(from_fn(csrf::guard))
                .wrap(from_fn(secure))
                .wrap(from_fn(trace_request))
                .wrap(from_fn(line::note))
                .configure(routes::configure)
                .configure(|config| routes::for_developers(config, &app_state.settings.dev))
                .default_service(web::to(pages::serve))
        })?;
        Ok(Self { interrupt, terminate, server, state, address })
    }

    /// The port it listens at.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Where people reach it.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        self.state.origins.main()
    }

    /// Stops it from elsewhere, as a signal would.
    #[must_use]
    pub fn stopper(&self) -> Stopper {
        Stopper { handle: self.server.handle(), state: self.state.clone() }
    }

    /// Answers requests until SIGINT, SIGTERM or its [`Stopper`] ends it, and everything under way is done.
    ///
    /// # Errors
    /// If the listener fails.
    pub async fn run_until_stopped(self) -> Result<(), StartError> {
        let stopper = self.stopper();
        let (mut interrupt, mut terminate) = (self.interrupt, self.terminate);
        let on_signal = actix_web::rt::spawn(async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            info!("asked to stop");
            stopper.stop().await;
        });
        let pruning = actix_web::rt::spawn(prune(self.state.clone()));
        let ended = self.server.await;
        on_signal.abort();
        pruning.abort();
        if actix_web::rt::time::timeout(CLOSE, self.state.store.close()).await.is_err() {
            warn!("stopping although the store has not closed");
        }
        info!("stopped");
        Ok(ended?)
    }
}

/// Ends a running server in order.
#[derive(Clone)]
pub struct Stopper {
    handle: ServerHandle,
    state: web::Data<State>,
}

impl Stopper {
    /// Readiness turns red and new connections are refused; those that are open are told when to come back and
    /// ended with 4000, their writes settled; then the listener closes and requests under way are finished.
    /// Within 7 s, whatever peers do.
    pub async fn stop(&self) {
        let notice = actix_web::rt::time::sleep(self.state.settings.server.stop_notice());
        join(self.state.system.drain(DRAIN), notice).await;
        self.handle.stop(true).await;
    }
}

fn state(settings: Settings, store: Store, clock: Clock, address: SocketAddr, workers: usize) -> Result<State, StartError> {
    let main = settings.server.origin(address);
    let local = settings.server.mode == Mode::Local;
    let origins = if local { OwnOrigins::local(main.clone(), address.port()) } else { OwnOrigins::public(main.clone()) };
    let host = main.authority().split(':').next().unwrap_or("localhost").to_owned();
    let system = System::start(options(&settings, &main, store.clone(), clock.clone(), workers));
    Ok(State {
        system,
        results: Results::default(),
        cookies: Cookies::of(&main),
        security_headers: SecurityHeaders::of(&origins, &settings.quiz.image_hosts),
        access_tokens: AccessTokens::new(&settings.keys.access, main.to_string()),
        hashers: Hashers::start()?,
        proxies: settings.server.proxies(),
        mailer: Mailer::into_directory(settings.mail_directory(), host, local)?,
        settings,
        store,
        clock,
        origins,
    })
}

/// Opens the store of these settings, in a data directory that is made if it is not there.
///
/// # Errors
/// Says what to change.
pub(crate) async fn open_store(settings: &Settings) -> Result<Store, StartError> {
    private_directory(&settings.server.data_dir)?;
    let store = Store::open(store_config(settings)).await?;
    if store.is_used_with(mark(settings)).await? { Ok(store) } else { Err(StartError::OtherKeys) }
}

/// What the actors of a node with these settings need.
pub(crate) fn options(settings: &Settings, origin: &Origin, store: Store, clock: Clock, workers: usize) -> Options {
    Options {
        origin: origin.to_string(),
        fingerprint_key: settings.keys.fingerprint.bytes().to_vec(),
        audit_key: ChainKey::new(*settings.keys.audit.bytes()),
        doors: Doors::new(&keyed_digest(&settings.keys.fingerprint, &[b"doors of live sessions"])),
        tickets: Arc::new(TicketBox { store: store.clone(), clock: clock.clone() }),
        limits: settings.limits.of_connections(),
        writers: if settings.database.url.is_some() { POSTGRES_WRITERS } else { 1 },
        workers,
        pace: Pace::default(),
        bus: settings.redis.bus(&settings.database),
        store,
        clock,
    }
}

/// A directory that only its owner can enter, with those above it; one that is there stays as it is.
///
/// # Errors
/// As the system has it.
pub(crate) fn private_directory(path: &Path) -> io::Result<()> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

fn listen(address: SocketAddr) -> Result<TcpListener, StartError> {
    line::listen(address).map_err(|source| StartError::Listen { address, source })
}

async fn prune(state: web::Data<State>) {
    let mut turns = actix_web::rt::time::interval(PRUNE_EVERY);
    loop {
        turns.tick().await;
        if let Err(error) = state.store.prune(state.clock.now()).await {
            warn!(%error, "old rows could not be removed; the next turn tries again");
        }
    }
}

/// Tells one key from another and says nothing of it.
fn mark(settings: &Settings) -> String {
    let digest = keyed_digest(&settings.keys.fingerprint, &[b"the keys of this database"]);
    digest[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Where the store of these settings is.
pub(crate) fn store_config(settings: &Settings) -> StoreConfig {
    let data_dir = &settings.server.data_dir;
    let config = match &settings.database.url {
        Some(url) => StoreConfig::postgres(url.expose_secret()),
        None => StoreConfig::sqlite(data_dir.join("allthrive.db"), data_dir.join("instance")),
    };
    StoreConfig { readers: settings.database.readers, connections: settings.database.connections, wait: settings.database.wait(), ..config }
}
