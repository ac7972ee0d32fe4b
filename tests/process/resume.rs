//! Resume over the real server, by chance: clients say things, are cut, hang up and come back, the server
//! is stopped in good order or killed, in any order. Whatever the order, each client is told each number
//! once, and what was said is there once.

use std::time::Duration;

use allthrive_load::{Crowd, Dice};

use crate::crash::{people_and_rooms, read, seed};
use crate::server::{Kind, Server, with_server};

/// Clients, over three accounts.
const CLIENTS: usize = 5;
/// Things that happen before it is quiet and everything is compared.
const STEPS: usize = 60;
/// Messages said at once, now and then.
const FLOOD: usize = 260;
/// How often that is done.
const ROUNDS: usize = 6;
/// Longest wait for what must come by itself.
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn whatever_happens_each_number_is_told_once_on_sqlite() {
    resume(Kind::Sqlite);
}

#[test]
fn whatever_happens_each_number_is_told_once_on_postgres() {
    resume(Kind::Postgres);
}

fn resume(kind: Kind) {
    let mut dice = Dice::of(seed());
    let mut chance = dice.split();
    with_server(kind, &mut dice, |server| run(server, &mut chance));
}

async fn run(mut server: Server, dice: &mut Dice) {
    let (sessions, rooms) = people_and_rooms(&server).await;
    let crowd = Crowd::listen(&sessions, &rooms, CLIENTS);
    assert!(crowd.is_online(PATIENCE).await, "not every client could connect: {:?}\n{}", crowd.flaws(), server.log());
    let mut said = 0;
    for round in 1..=ROUNDS {
        for _ in 0..STEPS {
            let client = dice.below(CLIENTS);
            match dice.below(40) {
                0 => server.restart(),
                1 => server.stop_and_restart().await,
                2 => {
                    // More than a page and a relay's memory hold: who was away must pull, page by page.
                    let room = rooms[dice.below(rooms.len())];
                    for _ in 0..FLOOD {
                        said += 1;
                        crowd.say(client, room, format!("{said} {}", "x".repeat(300)));
                    }
                }
                3..=6 => crowd.cut(client),
                7..=9 => crowd.hang_up(client),
                10..=15 => crowd.come_back(client),
                _ => {
                    said += 1;
                    crowd.say(client, rooms[dice.below(rooms.len())], format!("{said}"));
                }
            }
            // Sometimes what was begun may end first, mostly not.
            if dice.one_in(4) {
                let goal = crowd.acknowledged() + 1;
                crowd.reaches(goal, Duration::from_millis(50)).await;
            }
        }
        (0..CLIENTS).for_each(|client| crowd.come_back(client));
        let settled = crowd.hush(PATIENCE).await;
        assert!(settled, "round {round}: {} without an answer, {:?}\n{}", crowd.unanswered(), crowd.flaws(), server.log());
    }
    server.kill();
    let store = server.open_store().await;
    let report = crowd.check(&read(&store, &rooms).await);
    store.close().await;
    println!("{report}");
    assert!(report.is_clean(), "{report}\n{}", server.log());
    assert_eq!(report.acknowledged, said, "each thing said is acknowledged once");
}
