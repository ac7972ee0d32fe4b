//! Mail as readable files, one each, and the letters that there are. In local mode the link is printed to
//! the terminal too, so that nobody has to look for the file. A letter is never in the log.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use allthrive_domain::names::Email;
use allthrive_domain::time::Micros;

/// One letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// To whom.
    pub to: Email,
    /// What about.
    pub subject: &'static str,
    /// The text.
    pub text: String,
    /// The link in it that the terminal shows in local mode.
    pub link: Option<String>,
}

impl Letter {
    /// The link that verifies an address. It opens a page whose button uses it up, and the token stands
    /// behind `#`, where no server log ever sees it.
    #[must_use]
    pub fn verification(to: Email, username: &str, origin: &str, token: &str) -> Self {
        let link = format!("{origin}/verify#token={token}");
        let text = format!(
            "Hello {username},\n\nopen this page and press its button to finish signing up:\n\n{link}\n\n\
             The link is good for 24 hours. If you did not sign up, do nothing: without the button the address stays unused.\n"
        );
        Self { to, subject: "Verify your address", text, link: Some(link) }
    }

    /// Somebody tried to sign up with an address that has an account.
    #[must_use]
    pub fn already_known(to: Email, origin: &str) -> Self {
        let text = format!(
            "Hello,\n\nsomebody, probably you, tried to sign up with this address. You already have an account. Sign in here:\n\n\
             {origin}/signin\n\nIf it was not you, nothing has changed and there is nothing to do.\n"
        );
        Self { to, subject: "You already have an account", text, link: None }
    }
}

/// Where letters go.
#[derive(Debug, Clone)]
pub struct Mailer {
    directory: PathBuf,
    host: String,
    /// Whether links are printed to the terminal.
    announces: bool,
}

impl Mailer {
    /// Letters go to this directory, which is made if it is not there.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn into_directory(directory: PathBuf, host: String, announces: bool) -> io::Result<Self> {
        crate::startup::private_directory(&directory)?;
        Ok(Self { directory, host, announces })
    }

    /// Writes the letter, whole or not at all. A failure is logged here: whoever asked for the letter can
    /// ask again, and must not learn from the answer whether there was one.
    pub async fn send(&self, letter: Letter, now: Micros) {
        let name = format!("{}-{}.eml", now.0, uuid::Builder::from_random_bytes(crate::crypto::random()).into_uuid().simple());
        let text = self.written(&letter, &name);
        let directory = self.directory.clone();
        let done = tokio::task::spawn_blocking(move || write_whole(&directory, &name, &text)).await;
        match done.map_err(io::Error::other).and_then(|written| written) {
            Ok(path) => {
                if self.announces
                    && let Some(link) = &letter.link
                {
                    announce(&path, link);
                }
            }
            Err(error) => tracing::error!(%error, "a mail could not be written"),
        }
    }

    /// A message by RFC 5322, with the text as it is in UTF-8.
    fn written(&self, letter: &Letter, name: &str) -> String {
        let id = name.trim_end_matches(".eml");
        format!(
            "From: AllThrive <no-reply@{host}>\nTo: {to}\nSubject: {subject}\nMessage-ID: <{id}@{host}>\nMIME-Version: 1.0\n\
             Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{text}",
            host = self.host,
            to = letter.to.as_str(),
            subject = letter.subject,
            text = letter.text,
        )
    }
}

fn write_whole(directory: &Path, name: &str, text: &str) -> io::Result<PathBuf> {
    let draft = directory.join(format!(".{name}"));
    let path = directory.join(name);
    let mut file = std::fs::File::create(&draft)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&draft, &path)?;
    Ok(path)
}

/// For the person at the terminal; a closed terminal is no reason to fail.
fn announce(path: &Path, link: &str) {
    let mut out = io::stdout().lock();
    writeln!(out, "Mail: {}\n      {link}", path.display()).and_then(|()| out.flush()).ok();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_letter_becomes_a_readable_file() {
        let dir = tempfile::tempdir().unwrap();
        let mailer = Mailer::into_directory(dir.path().join("mail"), "chat.example.org".to_owned(), false).unwrap();
        let to = Email::parse("ana@example.org").unwrap();
        mailer.send(Letter::verification(to, "ana", "https://chat.example.org", "TOKEN"), Micros(5)).await;
        let files: Vec<_> = std::fs::read_dir(dir.path().join("mail")).unwrap().map(|file| file.unwrap().path()).collect();
        assert_eq!(files.len(), 1);
        let text = std::fs::read_to_string(&files[0]).unwrap();
        assert!(text.contains("\nTo: ana@example.org\n"));
        assert!(text.contains("\nhttps://chat.example.org/verify#token=TOKEN\n"));
    }
}
