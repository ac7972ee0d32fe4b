//! The conformance suite against the server as it is shipped.

use allthrive_client::Session;
use allthrive_load::conformance::{PEOPLE, Wish, cases, run};
use allthrive_load::{Dice, Person};
use uuid::Uuid;

use crate::server::{Kind, Server, with_server};

#[test]
fn every_case_of_the_conformance_suite_holds_on_sqlite() {
    conforms(Kind::Sqlite);
}

fn conforms(kind: Kind) {
    let mut dice = Dice::of(Uuid::new_v4().as_u64_pair().1);
    with_server(kind, &mut dice, |mut server| async move {
        server.restart_with_default_limits();
        let people = people(&server, &server.url()).await;
        let report = run(&people, &Wish { only: String::new(), with_limits: true }).await.expect("there are people");
        println!("{report}");
        assert!(report.is_clean(), "{report}\n{}", server.log());
        assert_eq!(report.verdicts.len(), cases::all().len());
    });
}

/// As many as the suite needs, signed in at this address.
async fn people(server: &Server, url: &str) -> Vec<Session> {
    let mut people = Vec::new();
    for number in 0..PEOPLE {
        let name = format!("conform-{number}");
        people.push(Person::enrol(url, &server.mail(), &name).await.expect("an account is made as people make one").session);
    }
    people
}
