//! A person as others see them.

use allthrive_domain::names::Username;
use allthrive_protocol::event::Person;
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::{Problem, field};
use crate::state::State;

/// A person as others see them.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Person)]
pub struct PersonView {
    /// The account.
    #[schema(example = "u_0190a1b2-0000-7000-8000-000000000001")]
    id: String,
    /// Its username.
    username: String,
    /// The name it shows.
    name: String,
}

impl From<Person> for PersonView {
    fn from(person: Person) -> Self {
        Self { id: person.id.to_string(), username: person.username, name: person.name }
    }
}

/// The person of a username, in any case, with or without an `@` before it.
///
/// # Errors
/// At the field, if there is nobody of that name: usernames are public.
pub(super) async fn find_person(state: &State, username: &str, name: &'static str) -> Result<Person, Problem> {
    let nobody = || Problem::fields(vec![field(name, "unknown", "There is nobody of that name.")]);
    let username = Username::parse(username.trim().trim_start_matches('@')).map_err(|_| nobody())?;
    state.store.person_by_username(username.as_str()).await?.ok_or_else(nobody)
}
