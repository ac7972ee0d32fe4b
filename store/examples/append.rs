//! How many messages a second the append path takes, by the size of the batch.
//!
//! ```sh
//! cargo run --release -p allthrive-store --example append                    # SQLite, in the temporary directory
//! cargo run --release -p allthrive-store --example append -- postgres://…    # an empty database
//! ```
//!
//! One writer that waits for each batch: what one commit costs. Three seconds for each size.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "a bench stops at the first failure and reads the clock")]

use std::time::{Duration, Instant, SystemTime};

use allthrive_domain::room::Decision;
use allthrive_domain::time::Micros;
use allthrive_domain::unit::{Deed, Kind, Open, Speak, Unit};
use allthrive_protocol::{Cmid, RoomId, UserId};
use allthrive_store::{Statement, Store, StoreConfig, log};
use uuid::Uuid;

const TIME: Duration = Duration::from_secs(3);
const ROOMS: usize = 16;
const TEXT: &str = "The quick brown fox jumps over the lazy dog, and nobody in the room is surprised by it any more.";

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let dir = tempfile::tempdir().unwrap();
    let config = match std::env::args().nth(1) {
        Some(url) => StoreConfig::postgres(url),
        None => StoreConfig::sqlite(dir.path().join("allthrive.db"), dir.path().join("instance")),
    };
    let store = Store::open(config).await.unwrap();
    let author = sign_up(&store).await;
    let rooms: Vec<RoomId> = (0..ROOMS).map(|_| RoomId(Uuid::new_v4())).collect();
    let open = |room| unit(room, author, Deed::Open(Open { kind: Kind::Group, title: None, with: None }));
    commit(&store, rooms.iter().map(|room| open(*room)).collect()).await;
    println!("{:>6} {:>10} {:>9} {:>9}", "batch", "units/s", "p50 ms", "p99 ms");
    for size in [1, 10, 100, 1_000] {
        let mut laps = Vec::new();
        let begun = Instant::now();
        while begun.elapsed() < TIME {
            let speak = |at: usize| unit(rooms[at % ROOMS], author, Deed::Speak(Speak { body: TEXT.into(), reply_to: None }));
            let batch = (0..size).map(speak).collect();
            let lap = Instant::now();
            commit(&store, batch).await;
            laps.push(lap.elapsed());
        }
        let units = f64::from(u32::try_from(laps.len() * size).unwrap());
        let rate = units / begun.elapsed().as_secs_f64();
        laps.sort_unstable();
        let ms = |share: usize| laps[(laps.len() - 1) * share / 100].as_secs_f64() * 1e3;
        println!("{size:>6} {rate:>10.0} {:>9.2} {:>9.2}", ms(50), ms(99));
    }
    store.close().await;
}

async fn sign_up(store: &Store) -> UserId {
    let user = UserId(Uuid::new_v4());
    let account = Statement::new(
        "sign up",
        "INSERT INTO users_all (id, username, display_name, role, created_at) VALUES ($1, $2, 'Bench', 'user', 0)",
    );
    let account = account.bind(user).bind(format!("bench{}", user.0.simple()));
    store.engine().batch([vec![account], log::open_personal(user, Micros(0))].concat()).await.unwrap();
    user
}

fn unit(room: RoomId, author: UserId, deed: Deed) -> Unit {
    Unit { room, author, cmid: Cmid(Uuid::new_v4()), fingerprint: [7; 32], deed }
}

async fn commit(store: &Store, units: Vec<Unit>) {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    for outcome in store.commit(units, Micros(i64::try_from(now.as_micros()).unwrap())).await.outcomes {
        assert!(matches!(outcome, Ok(Decision::Admitted(_))), "{outcome:?}");
    }
}
