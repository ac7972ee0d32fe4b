//! `allthrive-load conformance`: the suite from the command line.

use std::path::{Path, PathBuf};

use allthrive_client::{Error, Session};
use allthrive_load::Person;
use allthrive_load::conformance::listed::listed;
use allthrive_load::conformance::{PEOPLE, Wish, run};
use clap::Args;
use uuid::Uuid;

/// Four accounts are needed. They are signed up with names of chance and verified by the mails that the server writes
/// as files (`--mail`), or they are there already (`--accounts`). The suite opens some seventy rooms with them and
/// leaves those behind. It exits with 1 if a case does not hold. docs/CONFORMANCE.md lists the cases.
#[derive(Args)]
pub(crate) struct Conformance {
    /// The server's address, without TLS: what is wrong in a frame must reach it as it is.
    #[arg(long, alias = "server", default_value = "http://127.0.0.1:8080")]
    url: String,
    /// Where the server writes its mail, for signing up four accounts.
    #[arg(long, default_value = "data/mail")]
    mail: PathBuf,
    /// Instead of signing up: a file with four lines, a username and a password in each, a space between. They are
    /// signed in over REST. For servers that send their mail or let nobody sign up.
    #[arg(long, conflicts_with = "mail")]
    accounts: Option<PathBuf>,
    /// Only the cases whose name or section has this in it.
    #[arg(long, default_value = "")]
    only: String,
    /// Also the cases that spend an account's limits: they are closed with 4013, and take a minute.
    #[arg(long)]
    with_limits: bool,
    /// Writes the report to this file, too, as JSON.
    #[arg(long)]
    json: Option<PathBuf>,
    /// Names the cases and runs none.
    #[arg(long)]
    list: bool,
}

impl Conformance {
    /// True if every case holds.
    pub(crate) async fn run(self) -> Result<bool, Error> {
        let wish = Wish { only: self.only.clone(), with_limits: self.with_limits };
        let cases = wish.cases();
        if cases.is_empty() {
            return Err(Error::Strange(format!("no case has {:?} in its name or section", self.only)));
        }
        if self.list {
            print!("{}", listed(&cases));
            return Ok(true);
        }
        let report = run(&self.people().await?, &wish).await?;
        println!("{report}");
        if let Some(file) = &self.json {
            std::fs::write(file, format!("{:#}\n", report.json())).map_err(|error| unusable(file, &error.to_string()))?;
        }
        Ok(report.is_clean())
    }

    async fn people(&self) -> Result<Vec<Session>, Error> {
        let mut people = Vec::new();
        let Some(file) = &self.accounts else {
            let mark = &Uuid::new_v4().simple().to_string()[..8];
            for number in 0..PEOPLE {
                people.push(Person::enrol(&self.url, &self.mail, &format!("conform-{mark}-{number}")).await?.session);
            }
            return Ok(people);
        };
        let text = std::fs::read_to_string(file).map_err(|error| unusable(file, &error.to_string()))?;
        for line in text.lines().filter(|line| !line.trim().is_empty()).take(PEOPLE) {
            let (username, password) = line.split_once(' ').ok_or_else(|| unusable(file, "a line is a username, a space, a password"))?;
            people.push(Session::sign_in(&self.url, username, password).await?);
        }
        Ok(people)
    }
}

fn unusable(file: &Path, why: &str) -> Error {
    Error::Strange(format!("{}: {why}", file.display()))
}
