//! People to speak, made the way people are made: signed up, verified by the link in the mail, signed in.
//! The server under test writes its mail as files.

use std::path::Path;
use std::time::{Duration, Instant};

use allthrive_client::{Error, Session};
use uuid::Uuid;

/// Longest wait for the mail of one account.
const MAIL_WITHIN: Duration = Duration::from_secs(20);

/// How often the directory is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Somebody with an account.
pub struct Person {
    /// Signed in.
    pub session: Session,
    /// Random.
    pub password: String,
}

impl Person {
    /// Makes an account of this name and signs in to it.
    ///
    /// # Errors
    /// What the server said; that no mail came.
    pub async fn enrol(server: &str, mail: &Path, username: &str) -> Result<Self, Error> {
        let password = Uuid::new_v4().to_string();
        let address = format!("{username}@example.org");
        Session::sign_up(server, username, &address, &password).await?;
        let token = token_for(mail, &address).await?;
        Session::verify(server, &token).await?;
        Ok(Self { session: Session::sign_in(server, username, &password).await?, password })
    }

    /// Signs in once more, at another server of the same database.
    ///
    /// # Errors
    /// What the server said.
    pub async fn sign_in_at(&self, server: &str) -> Result<Session, Error> {
        Session::sign_in(server, &self.session.me().username, &self.password).await
    }
}

async fn token_for(mail: &Path, address: &str) -> Result<String, Error> {
    let until = Instant::now() + MAIL_WITHIN;
    while Instant::now() < until {
        let letters = std::fs::read_dir(mail).into_iter().flatten().flatten();
        let texts = letters.filter_map(|letter| std::fs::read_to_string(letter.path()).ok());
        if let Some(token) = texts.filter(|text| is_to(text, address)).find_map(|text| token_in(&text)) {
            return Ok(token);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    Err(Error::Strange(format!("no mail to {address} in {}", mail.display())))
}

fn is_to(letter: &str, address: &str) -> bool {
    letter.lines().take_while(|line| !line.is_empty()).any(|line| line.strip_prefix("To: ").is_some_and(|to| to.trim() == address))
}

fn token_in(letter: &str) -> Option<String> {
    let (_, rest) = letter.split_once("#token=")?;
    rest.split_whitespace().next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_is_read_from_the_letter_to_this_person() {
        let letter =
            "From: AllThrive <no-reply@localhost>\nTo: mira@example.org\nSubject: Verify\n\nOpen\n\nhttp://x/verify#token=abc-_1\n\nbye";
        assert!(is_to(letter, "mira@example.org") && !is_to(letter, "ira@example.org"));
        assert_eq!(token_in(letter).as_deref(), Some("abc-_1"));
        assert_eq!(token_in("no link"), None);
    }
}
