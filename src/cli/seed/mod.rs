//! `allthrive seed-demo`: people, rooms, talk and quizzes for trying out. It writes as people do, through the rooms, so that
//! what is there afterwards is what a server makes. Interrupted and run again it goes on, run once more it changes nothing;
//! the password follows from the keys of the server, so that it is told each time.

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Duration;

use allthrive_actors::System;
use allthrive_domain::names::{Email, Line, Username};
use allthrive_domain::time::{Clock, Micros};
use allthrive_domain::unit::{Admit, Deed, Edit, Kind, Open, React, Speak};
use allthrive_protocol::{Cmid, Refusal, Seq, UserId};
use allthrive_store::Store;
use allthrive_store::mail_tokens::MailToken;
use allthrive_store::users::{SignUp, SignedUp};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clap::Args;
use figment::Figment;
use figment::providers::{Format as _, Toml};
use secrecy::SecretString;
use serde::Deserialize;
use thiserror::Error;

use crate::auth::password::Hashers;
use crate::config::{ConfigError, Mode, Settings, Sources};
use crate::crypto::{digest, fresh_token, keyed_digest, read_token, seal};
use crate::error::Problem;
use crate::ids;
use crate::routes::account::email_cell_of;
use crate::startup::{self, StartError};

mod quizzes;

const DEMO: &str = include_str!("demo.toml");

/// When the first word is said, before now: more than all pauses together.
const AGO: Duration = Duration::from_secs(3 * 24 * 60 * 60);

/// How long what was said may take to be told of before this ends.
const SETTLE: Duration = Duration::from_secs(5);

/// The characters of the password that all of them share.
const PASSWORD_CHARS: usize = 20;

/// Nobody of the outside has these addresses (RFC 2606, 2).
const DOMAIN: &str = "demo.invalid";

/// Fill a server with people, rooms, talk and quizzes for trying out. The server must not run on the same SQLite file; one on
/// Postgres may.
#[derive(Debug, Args)]
pub struct SeedDemo {}

/// Why there is no demo, or not all of it.
#[derive(Debug, Error)]
pub enum SeedError {
    /// It is a server of real people.
    #[error("A server in production mode is not filled with people who do not exist.")]
    Production,
    /// Somebody else has one of the names.
    #[error("There is an account “{0}” already that is not of the demo. Use an empty database.")]
    Taken(String),
    /// The settings do not fit.
    #[error(transparent)]
    Settings(#[from] ConfigError),
    /// The store does not open.
    #[error(transparent)]
    Start(#[from] StartError),
    /// It does not answer.
    #[error(transparent)]
    Store(#[from] allthrive_store::Error),
    /// A room has refused a line.
    #[error("A line was refused: {}", .0.message)]
    Refused(Refusal),
    /// A password cannot be hashed.
    #[error("A password cannot be hashed.")]
    Hash,
    /// The words of the demo are not what they must be.
    #[error("The demo itself is wrong: {0}")]
    Demo(String),
}

impl From<Refusal> for SeedError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Problem> for SeedError {
    fn from(_: Problem) -> Self {
        Self::Hash
    }
}

#[derive(Debug, Deserialize)]
struct Demo {
    people: Vec<Person>,
    rooms: Vec<Room>,
}

#[derive(Debug, Deserialize)]
struct Person {
    username: String,
    name: String,
}

#[derive(Debug, Deserialize)]
struct Room {
    #[serde(default)]
    title: Option<String>,
    kind: String,
    /// The first has opened it.
    who: Vec<String>,
    /// Those who have read all of it.
    read: Vec<String>,
    talk: Vec<Said>,
}

#[derive(Debug, Deserialize)]
struct Said {
    by: String,
    text: String,
    /// Minutes since the line before.
    #[serde(default)]
    pause: u64,
    /// The line it answers, from 1.
    #[serde(default)]
    reply: Option<usize>,
    /// Reactions: an emoji and who has put it, between spaces.
    #[serde(default)]
    on: Vec<String>,
    #[serde(default)]
    edit: Option<String>,
}

impl SeedDemo {
    /// Fills the database of these settings and says how to sign in.
    ///
    /// # Errors
    /// Says what is in the way. What was written stays; run again it goes on, and tells the password all the same.
    pub async fn run(self, config: Option<PathBuf>) -> Result<(), SeedError> {
        let settings = Settings::load(&Sources::of_process(config))?;
        if settings.server.mode == Mode::Production {
            return Err(SeedError::Production);
        }
        let demo = read()?;
        let store = startup::open_store(&settings).await?;
        let clock = Clock::manual(Clock::System.now());
        let made = Seeder::start(&settings, store.clone(), &clock).fill(&settings, &demo).await;
        store.close().await;
        let others = made?;
        println!("{} conversations of {} people are there.", demo.rooms.len(), demo.people.len());
        if !others.is_empty() {
            println!("Another password than the one below was given to {}.", others.join(", "));
        }
        println!("Sign in as {}; the password of each is {}", names(&demo), password(&settings));
        Ok(())
    }
}

fn read() -> Result<Demo, SeedError> {
    Figment::from(Toml::string(DEMO)).extract().map_err(|error| SeedError::Demo(error.to_string()))
}

fn names(demo: &Demo) -> String {
    demo.people.iter().map(|person| person.username.as_str()).collect::<Vec<_>>().join(", ")
}

/// What all of them sign in with: the same whenever this is run on a server with these keys.
fn password(settings: &Settings) -> String {
    let digest = keyed_digest(&settings.keys.email_index, &[b"password of the demo"]);
    URL_SAFE_NO_PAD.encode(digest).chars().take(PASSWORD_CHARS).collect()
}

/// A node without a listener, which stands in the past.
struct Seeder {
    system: System,
    store: Store,
    clock: Clock,
    now: Micros,
}

/// The people of the demo by their names, and the names of those who have another password than the demo's.
type People = (HashMap<String, UserId>, Vec<String>);

impl Seeder {
    fn start(settings: &Settings, store: Store, clock: &Clock) -> Self {
        let now = clock.now();
        let past = Clock::manual(Micros(now.0.saturating_sub(i64::try_from(AGO.as_micros()).unwrap_or(0))));
        let system =
            System::start(startup::options(settings, &settings.server.origin(([127, 0, 0, 1], 0).into()), store.clone(), past.clone(), 1));
        system.start_worker();
        Self { system, store, clock: past, now }
    }

    /// The names of those who have another password than the demo's.
    async fn fill(self, settings: &Settings, demo: &Demo) -> Result<Vec<String>, SeedError> {
        let (people, others) = self.people(settings, demo).await?;
        // The first of them writes quizzes, too.
        if let Some(author) = demo.people.first().and_then(|person| people.get(&person.username)) {
            println!("{} quizzes", quizzes::publish(&self.store, *author, self.clock.now()).await?);
        }
        for (at, room) in demo.rooms.iter().enumerate() {
            println!("Conversation {} of {}: {}", at + 1, demo.rooms.len(), room.title.clone().unwrap_or_else(|| room.who.join(" and ")));
            self.room(at, room, &people).await?;
        }
        self.system.drain(SETTLE).await;
        Ok(others)
    }

    async fn people(&self, settings: &Settings, demo: &Demo) -> Result<People, SeedError> {
        let (password, hashers) = (SecretString::from(password(settings)), Hashers::start().map_err(StartError::Io)?);
        let hash = hashers.hash(password.clone()).await?;
        let (mut people, mut others) = (HashMap::new(), Vec::new());
        for person in &demo.people {
            let address = format!("{}@{DOMAIN}", person.username);
            let email = Email::parse(&address).map_err(|unfit| SeedError::Demo(unfit.to_string()))?;
            let key = keyed_digest(&settings.keys.email_index, &[b"email", email.as_str().as_bytes()]);
            let id = match self.store.account_by_email(key).await? {
                Some(account) => {
                    // Whoever was being made when this was interrupted.
                    if !account.user.email_verified {
                        self.verify(account.user.id).await?;
                    }
                    if !hashers.verify(password.clone(), account.password_hash).await? {
                        others.push(person.username.clone());
                    }
                    account.user.id
                }
                None => self.sign_up(settings, person, &email, key, &hash).await?,
            };
            people.insert(person.username.clone(), id);
        }
        Ok((people, others))
    }

    async fn verify(&self, user: UserId) -> Result<(), SeedError> {
        let now = self.clock.now();
        let hash = read_token(&fresh_token()).map(|secret| digest(&secret)).ok_or_else(|| SeedError::Demo("a token".into()))?;
        self.store.issue_mail_token(MailToken { hash, user, expires: now.plus(Duration::from_secs(60)) }, now).await?;
        self.store.verify_email(hash, now).await?;
        Ok(())
    }

    async fn sign_up(&self, settings: &Settings, person: &Person, email: &Email, key: [u8; 32], hash: &str) -> Result<UserId, SeedError> {
        let wrong = |unfit: &dyn ToString| SeedError::Demo(unfit.to_string());
        let username = Username::parse(&person.username).map_err(|unfit| wrong(&unfit))?;
        let name = Line::parse(&person.name, 80).map_err(|unfit| wrong(&unfit))?;
        let now = self.clock.now();
        let id = UserId(ids::fresh(now));
        let token = read_token(&fresh_token()).map(|secret| digest(&secret)).ok_or_else(|| wrong(&"a token"))?;
        let soon = now.plus(Duration::from_secs(60));
        let new = SignUp {
            id,
            username: username.as_str().to_owned(),
            display_name: name.as_str().to_owned(),
            email_cipher: seal(&settings.keys.email, email_cell_of(id.0), email.as_str()),
            email_key: key,
            password_hash: hash.to_owned(),
            token,
            token_expires: soon,
            hold_until: soon,
        };
        match self.store.sign_up(new, now).await? {
            SignedUp::Created => {}
            SignedUp::UsernameTaken | SignedUp::EmailKnown => return Err(SeedError::Taken(person.username.clone())),
        }
        self.store.verify_email(token, now).await?;
        Ok(id)
    }

    async fn room(&self, at: usize, room: &Room, people: &HashMap<String, UserId>) -> Result<(), SeedError> {
        let id_of = |name: &String| people.get(name).copied().ok_or_else(|| SeedError::Demo(format!("nobody is called {name}")));
        let kind = Kind::parse(&room.kind).ok_or_else(|| SeedError::Demo(format!("no kind of room: {}", room.kind)))?;
        let who = room.who.iter().map(id_of).collect::<Result<Vec<_>, _>>()?;
        let [owner, others @ ..] = &who[..] else { return Err(SeedError::Demo("a room of nobody".into())) };
        let mark = |of: &str, n: usize| Cmid(ids::derived(format!("demo {at} {of} {n}").as_bytes(), owner.0, owner.0));
        let direct = (kind == Kind::Direct).then(|| others.first().copied()).flatten();
        let id = direct.map_or_else(|| ids::made_room(*owner, mark("open", 0)), |other| ids::direct_room(*owner, other));
        let write = async |author: UserId, cmid: Cmid, deed: Deed| self.system.write(id, author, cmid, deed).await;
        write(*owner, mark("open", 0), Deed::Open(Open { kind, title: room.title.clone(), with: direct })).await?;
        for (n, user) in others.iter().enumerate().filter(|_| direct.is_none()) {
            write(*owner, mark("admit", n), Deed::Admit(Admit { user: *user })).await?;
        }
        let mut seqs: Vec<Seq> = Vec::new();
        for (n, said) in room.talk.iter().enumerate() {
            self.pass(Duration::from_secs(said.pause * 60));
            let author = id_of(&said.by)?;
            let reply_to = said.reply.and_then(|line| seqs.get(line.checked_sub(1)?)).copied();
            let told = write(author, mark("say", n), Deed::Speak(Speak { body: said.text.clone(), reply_to })).await?;
            seqs.push(told.seq);
            if let Some(text) = &said.edit {
                write(author, mark("edit", n), Deed::Edit(Edit { target: told.seq, rev: 1, body: text.clone() })).await?;
            }
            for reaction in &said.on {
                let mut words = reaction.split(' ');
                let emoji = words.next().unwrap_or_default().to_owned();
                for name in words.map(str::to_owned) {
                    let put = Deed::React(React { target: told.seq, emoji: emoji.clone(), on: true });
                    let user = id_of(&name)?;
                    write(user, Cmid(ids::derived(format!("demo {at} {emoji} {n}").as_bytes(), user.0, owner.0)), put).await?;
                }
            }
        }
        let top = self.store.tops(&[id]).await?.first().map_or(0, |(_, top)| *top);
        for name in &room.read {
            self.store.mark_read(id_of(name)?, id, top).await?;
        }
        self.pass(Duration::from_secs(60));
        Ok(())
    }

    /// Time passes, up to now.
    fn pass(&self, by: Duration) {
        let left = u64::try_from(self.now.0.saturating_sub(self.clock.now().0)).unwrap_or(0);
        self.clock.advance(by.min(Duration::from_micros(left)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_is_whole_and_fits_between_its_beginning_and_now() {
        let demo = read().unwrap();
        let names: Vec<&str> = demo.people.iter().map(|person| person.username.as_str()).collect();
        let mut minutes = 0;
        for room in &demo.rooms {
            assert!(Kind::parse(&room.kind).is_some());
            let is_in = |name: &str| names.contains(&name) && room.who.iter().any(|who| who == name);
            assert!(room.read.iter().all(|name| is_in(name)));
            for (n, said) in room.talk.iter().enumerate() {
                assert!(is_in(&said.by) && said.reply.is_none_or(|line| (1..=n).contains(&line)), "{said:?}");
                assert!(said.on.iter().all(|on| on.split_once(' ').is_some_and(|(_, who)| who.split(' ').all(is_in))), "{said:?}");
                minutes += said.pause;
            }
        }
        assert!(Duration::from_secs(minutes * 60) < AGO, "{minutes} minutes");
    }
}
