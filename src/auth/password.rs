//! Passwords: what one must be, and Argon2id on a few threads of its own, so that hashing neither blocks
//! the threads that answer requests nor piles up without bound.

use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::oneshot;

use crate::error::{FieldError, Problem, field};

/// Threads that hash. Each needs 19 MiB while it works (OWASP's parameters for Argon2id, the crate's default).
const THREADS: usize = 2;

/// Hashes that may wait. At some 30 ms each, the last one waits about half a second.
const WAITING: usize = 32;

/// Fewest and most characters. A longer one costs more to check than it adds.
const LENGTH: std::ops::RangeInclusive<usize> = 12..=256;

/// Characters that are judged, of the password and of each own word.
const JUDGED: usize = 40;

/// Checks a new password against its length, common ones, and the own name and address.
///
/// # Errors
/// The line for the field `password`.
pub fn check_strength(password: &SecretString, own: &[&str]) -> Result<(), FieldError> {
    let text = password.expose_secret();
    let length = text.chars().count();
    if length < *LENGTH.start() {
        let short = LENGTH.start() - length;
        let unit = if short == 1 { "character" } else { "characters" };
        return Err(field("password", "too_short", format!("Make the password {short} {unit} longer.")));
    }
    if length > *LENGTH.end() {
        return Err(field("password", "too_long", format!("Make the password at most {} characters long.", LENGTH.end())));
    }
    if text.contains('\0') {
        return Err(field("password", "invalid", "The character U+0000 is not allowed."));
    }
    let folded = text.to_lowercase();
    if own.iter().any(|own| own.chars().count() >= 4 && folded.contains(&own.to_lowercase())) {
        return Err(field("password", "too_weak", "Leave your own name and address out of the password."));
    }
    // What is hard to guess in its beginning is hard to guess; a long text of many patterns takes minutes.
    let beginning: String = text.chars().take(JUDGED).collect();
    if zxcvbn::zxcvbn(&beginning, own).score() < zxcvbn::Score::Two {
        return Err(field("password", "too_weak", "This password is easy to guess. Add a few words that do not belong together."));
    }
    Ok(())
}

type Job = Box<dyn FnOnce() + Send>;

/// The threads that hash. Clones share them; they end with the last clone.
#[derive(Clone)]
pub struct Hashers {
    jobs: SyncSender<Job>,
    /// New passwords are judged apart: a flood of sign-ups must not keep people from signing in.
    judge: SyncSender<Job>,
    /// Checked where there is no account, so that its absence takes the same time.
    dummy: Arc<str>,
}

impl Hashers {
    /// Starts the threads.
    ///
    /// # Errors
    /// If the system gives no thread, or the parameters are not Argon2's.
    pub fn start() -> Result<Self, std::io::Error> {
        let (jobs, judge) = (threads("hash", THREADS)?, threads("judge", 1)?);
        let dummy = hash_now(&SecretString::from(crate::crypto::fresh_token())).map_err(std::io::Error::other)?;
        Ok(Self { jobs, judge, dummy: dummy.into() })
    }

    /// [`check_strength`], on a thread of its own: looking for what is common in a password takes a while too.
    ///
    /// # Errors
    /// `overloaded` if too many wait already. Inside: the line for the field `password`.
    pub async fn check(&self, password: SecretString, own: Vec<String>) -> Result<Result<(), FieldError>, Problem> {
        let own: Vec<String> = own.iter().map(|own| own.chars().take(JUDGED).collect()).collect();
        ask(&self.judge, move || check_strength(&password, &own.iter().map(String::as_str).collect::<Vec<_>>())).await
    }

    /// The hash of a new password, as a PHC string.
    ///
    /// # Errors
    /// `overloaded` if too many wait already.
    pub async fn hash(&self, password: SecretString) -> Result<String, Problem> {
        ask(&self.jobs, move || hash_now(&password)).await?.map_err(Problem::internal)
    }

    /// Whether the password is that of the hash; without a hash the same work is done for nothing.
    ///
    /// # Errors
    /// `overloaded` if too many wait already.
    pub async fn verify(&self, password: SecretString, hash: Option<String>) -> Result<bool, Problem> {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.dummy.to_string());
        Ok(ask(&self.jobs, move || verify_now(&password, &hash)).await? && known)
    }
}

async fn ask<T: Send + 'static>(jobs: &SyncSender<Job>, job: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    let (reply, answer) = oneshot::channel();
    let job: Job = Box::new(move || drop(reply.send(job())));
    match jobs.try_send(job) {
        Ok(()) => answer.await.map_err(Problem::internal),
        Err(TrySendError::Full(_)) => Err(Problem::overloaded()),
        Err(TrySendError::Disconnected(_)) => Err(Problem::internal("the hashing threads are gone")),
    }
}

fn threads(name: &str, count: usize) -> Result<SyncSender<Job>, std::io::Error> {
    let (jobs, waiting) = sync_channel::<Job>(WAITING);
    let waiting = Arc::new(Mutex::new(waiting));
    for n in 0..count {
        let waiting = Arc::clone(&waiting);
        thread::Builder::new().name(format!("{name}-{n}")).spawn(move || work(&waiting))?;
    }
    Ok(jobs)
}

fn work(waiting: &Mutex<Receiver<Job>>) {
    loop {
        let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match next {
            Ok(job) => job(),
            Err(_) => return,
        }
    }
}

fn hash_now(password: &SecretString) -> Result<String, String> {
    let hash = Argon2::default().hash_password(password.expose_secret().as_bytes());
    hash.map(|hash| hash.to_string()).map_err(|error| error.to_string())
}

fn verify_now(password: &SecretString, hash: &str) -> bool {
    let Ok(hash) = PasswordHash::new(hash) else { return false };
    Argon2::default().verify_password(password.expose_secret().as_bytes(), &hash).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(password: &str) -> Result<(), &'static str> {
        check_strength(&password.into(), &["miraolsen", "mira.o@example.org"]).map_err(|fault| fault.code)
    }

    #[test]
    fn twelve_characters_are_needed_and_more_than_256_are_too_many() {
        assert_eq!(check("qx7!kelp9zu"), Err("too_short"));
        assert_eq!(check("qx7!kelp9zuB"), Ok(()));
        assert_eq!(check(&"kelp harbour 7 ".repeat(18)), Err("too_long"));
    }

    #[test]
    fn a_common_or_own_password_is_refused() {
        for weak in ["passwordpassword", "aaaaaaaaaaaaaaa", "qwertyuiop123", "123456789012"] {
            assert_eq!(check(weak), Err("too_weak"), "{weak}");
        }
        assert_eq!(check("MiraOlsen-kelp-harbour"), Err("too_weak"));
    }

    #[test]
    fn only_the_beginning_of_a_long_password_is_judged() {
        let hostile: String = "4@8({[<369&#!1|0$5+7%2".chars().cycle().take(256).collect();
        assert_eq!(check(&hostile), Ok(()));
        assert_eq!(check(&format!("{}{hostile}", "a".repeat(JUDGED)).chars().take(256).collect::<String>()), Err("too_weak"));
    }

    #[test]
    fn the_missing_length_is_said() {
        let fault = check_strength(&"nine char".into(), &[]).unwrap_err();
        assert_eq!(fault.message, "Make the password 3 characters longer.");
    }

    #[tokio::test]
    async fn a_password_fits_its_own_hash_only() {
        let hashers = Hashers::start().unwrap();
        let hash = hashers.hash("kelp harbour seven".into()).await.unwrap();
        assert!(hash.starts_with("$argon2id$"));
        assert!(hashers.verify("kelp harbour seven".into(), Some(hash.clone())).await.unwrap());
        assert!(!hashers.verify("kelp harbour eight".into(), Some(hash)).await.unwrap());
        assert!(!hashers.verify("kelp harbour seven".into(), None).await.unwrap());
    }
}
