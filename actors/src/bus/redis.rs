//! Redis as the way between nodes: one connection to speak, one to listen, each made anew for ever when it
//! breaks. Whether it listens is probed: the node hears itself every second, or takes the subscription for
//! dead.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use redis::{AsyncConnectionConfig, Client, ConnectionAddr, RedisError, TlsCertificates};
use thiserror::Error;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};
use uuid::Uuid;

use super::inbox::{Heard, Inbox};
use super::neighbours::Neighbours;
use super::outbox::Outbox;

/// How often the node speaks to itself.
const PROBE_EVERY: Duration = Duration::from_secs(1);

/// Without an echo for so long the subscription is taken for dead: three probes.
const ECHO_WITHIN: Duration = Duration::from_secs(3);

/// How long connecting, subscribing and an answer may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);

/// Parcels of one round trip.
const AT_ONCE: usize = 256;

/// The first pause before another try; it doubles up to [`LONGEST_PAUSE`], each with its chance.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Where Redis is: `redis://…` or, with the server's certificate verified, `rediss://…`. Never printed.
#[derive(Clone)]
pub struct RedisUrl(Arc<Client>);

/// Not the URL of a Redis server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("must look like redis://user:password@host:port, or rediss:// for TLS")]
pub struct BadUrl;

/// Why certificates cannot be trusted instead of the usual ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum BadRoots {
    /// Nothing is verified on a line that is not encrypted.
    #[error("is for a URL with rediss:// alone")]
    NotTls,
    /// What is in the file.
    #[error("holds no certificates in PEM form")]
    NoCertificates,
}

impl RedisUrl {
    /// Reads a URL; nothing is connected.
    ///
    /// # Errors
    /// [`BadUrl`], which does not repeat it.
    pub fn parse(url: &str) -> Result<Self, BadUrl> {
        let scheme_fits = ["redis://", "rediss://"].iter().any(|scheme| url.starts_with(scheme));
        // Behind `#` the library takes `insecure`, by which nothing would be verified.
        let fits = scheme_fits && !url.contains('#');
        let client = Client::open(url).map_err(|_| BadUrl)?;
        fits.then(|| Self(Arc::new(client))).ok_or(BadUrl)
    }

    /// The same server, whose certificate is verified by these roots (PEM) and no others.
    ///
    /// # Errors
    /// Why it cannot be.
    pub fn trusting(&self, roots: Vec<u8>) -> Result<Self, BadRoots> {
        const HEAD: &[u8] = b"-----BEGIN CERTIFICATE-----";
        let server = self.0.get_connection_info();
        if !matches!(server.addr(), ConnectionAddr::TcpTls { .. }) {
            return Err(BadRoots::NotTls);
        }
        if !roots.windows(HEAD.len()).any(|part| part == HEAD) {
            return Err(BadRoots::NoCertificates);
        }
        let certificates = TlsCertificates { client_tls: None, root_cert: Some(roots) };
        let client = Client::build_with_tls(server.clone(), certificates).map_err(|_| BadRoots::NoCertificates)?;
        Ok(Self(Arc::new(client)))
    }
}

impl fmt::Debug for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RedisUrl([redacted])")
    }
}

/// Why a connection ended.
#[derive(Debug, Error)]
enum Broken {
    #[error(transparent)]
    Redis(#[from] RedisError),
    #[error("it did not answer in time")]
    Silent,
    #[error("it ended the connection")]
    Ended,
    #[error("the subscription is dead: this node did not hear itself")]
    Deaf,
}

impl From<tokio::time::error::Elapsed> for Broken {
    fn from(_: tokio::time::error::Elapsed) -> Self {
        Self::Silent
    }
}

/// Begins to speak and to listen, on this thread, until [`Neighbours::close`].
pub(super) fn start(url: &RedisUrl, neighbours: &Neighbours, outbox: Arc<Outbox>, inbox: Inbox) {
    let (speaker, listener) = (Speaker { url: url.clone(), neighbours: neighbours.clone(), outbox }, neighbours.clone());
    until_closed(neighbours.clone(), speaker.run());
    until_closed(neighbours.clone(), listen_for_ever(url.clone(), listener, inbox));
}

fn until_closed(neighbours: Neighbours, work: impl Future<Output = ()> + 'static) {
    actix::spawn(async move {
        tokio::select! {
            () = work => {}
            () = neighbours.closed() => {}
        }
    });
}

/// Says what is in the outbox.
struct Speaker {
    url: RedisUrl,
    neighbours: Neighbours,
    outbox: Arc<Outbox>,
}

impl Speaker {
    async fn run(self) {
        let mut pause = Pause::default();
        loop {
            let Err(broken) = self.speak(&mut pause).await;
            pause.told("Redis cannot be spoken to", &broken);
            pause.rest().await;
        }
    }

    /// Connects and speaks until something breaks. Whatever was not surely said is owed.
    async fn speak(&self, pause: &mut Pause) -> Result<std::convert::Infallible, Broken> {
        let config = AsyncConnectionConfig::new().set_connection_timeout(Some(ANSWER_WITHIN)).set_response_timeout(Some(ANSWER_WITHIN));
        let mut connection = timeout(2 * ANSWER_WITHIN, self.url.0.get_multiplexed_async_connection_with_config(&config)).await??;
        self.outbox.open();
        pause.is_over("Redis is spoken to");
        self.neighbours.probe();
        loop {
            self.neighbours.check(&self.outbox.owed());
            let parcels = self.outbox.take(AT_ONCE).await;
            let mut pipe = redis::pipe();
            for parcel in &parcels {
                pipe.cmd("PUBLISH").arg(&parcel.channel).arg(&parcel.words).ignore();
            }
            if let Err(error) = pipe.exec_async(&mut connection).await {
                self.outbox.close(parcels.into_iter().flat_map(|parcel| parcel.rooms).collect());
                return Err(error.into());
            }
        }
    }
}

async fn listen_for_ever(url: RedisUrl, neighbours: Neighbours, mut inbox: Inbox) {
    let mut pause = Pause::default();
    loop {
        let Err(broken) = listen(&url, &neighbours, &mut inbox, &mut pause).await;
        neighbours.set_up(false);
        pause.told("other nodes cannot be heard", &broken);
        pause.rest().await;
    }
}

/// Subscribes and listens until something breaks.
async fn listen(url: &RedisUrl, neighbours: &Neighbours, inbox: &mut Inbox, pause: &mut Pause) -> Result<std::convert::Infallible, Broken> {
    let channels = neighbours.channels().to_hear(neighbours.node());
    let connect = async {
        let mut subscription = url.0.get_async_pubsub().await?;
        subscription.subscribe(channels).await?;
        Ok::<_, RedisError>(subscription)
    };
    // What is heard and not taken in waits in memory. If it is ever more than the echo may take, the subscription
    // ends by that, and with it what waits.
    let mut heard = timeout(2 * ANSWER_WITHIN, connect).await??.into_on_message();
    let mut probes = interval(PROBE_EVERY);
    probes.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut echoed = Instant::now();
    loop {
        tokio::select! {
            message = heard.next() => {
                let message = message.ok_or(Broken::Ended)?;
                if inbox.take(message.get_payload_bytes()) == Heard::Echo {
                    echoed = Instant::now();
                    pause.is_over("other nodes are heard");
                    neighbours.set_up(true);
                }
            }
            _ = probes.tick() => {
                inbox.settle();
                if echoed.elapsed() > ECHO_WITHIN {
                    return Err(Broken::Deaf);
                }
                neighbours.probe();
            }
        }
    }
}

/// How long to wait before another try, and what was said about it: once when it begins, once when it ends.
#[derive(Debug, Default)]
struct Pause {
    tries: u32,
}

impl Pause {
    fn told(&mut self, what: &'static str, broken: &Broken) {
        if self.tries == 0 {
            tracing::warn!(error = %broken, "{what}; it is tried again until it works");
        } else {
            tracing::debug!(error = %broken, tries = self.tries, "{what}");
        }
        self.tries = self.tries.saturating_add(1);
    }

    fn is_over(&mut self, what: &'static str) {
        if std::mem::take(&mut self.tries) > 0 {
            tracing::info!("{what} again");
        }
    }

    async fn rest(&self) {
        sleep(pause_of(self.tries, Uuid::new_v4().as_bytes()[0])).await;
    }
}

/// Doubles with each try; chance takes up to half of it, so that nodes do not come back together.
fn pause_of(tries: u32, chance: u8) -> Duration {
    let whole = FIRST_PAUSE.saturating_mul(1 << tries.saturating_sub(1).min(10)).min(LONGEST_PAUSE);
    whole - whole.mul_f64(f64::from(chance) / 512.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_understood_and_not_printed() {
        let url = RedisUrl::parse("redis://ana:geheim@localhost:6379/0").unwrap();
        assert!(!format!("{url:?}").contains("geheim"));
        for bad in ["", "localhost", "http://localhost", "unix:///run/redis", "redis://"] {
            assert_eq!(RedisUrl::parse(bad).err(), Some(BadUrl), "{bad}");
        }
    }

    #[test]
    fn pauses_double_up_to_a_bound_and_never_vanish() {
        assert_eq!(pause_of(1, 0), FIRST_PAUSE);
        assert_eq!(pause_of(2, 0), 2 * FIRST_PAUSE);
        for tries in 0..100 {
            for chance in [0, 128, 255] {
                let pause = pause_of(tries, chance);
                assert!(pause >= FIRST_PAUSE / 2 && pause <= LONGEST_PAUSE, "{pause:?}");
            }
        }
    }
}

#[cfg(test)]
#[path = "redis_tls_tests.rs"]
mod tls_tests;
