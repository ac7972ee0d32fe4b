//! The quizzes of the demo: five to begin with, published by one of its people.

use allthrive_domain::samples;
use allthrive_domain::time::Micros;
use allthrive_protocol::{Cmid, UserId};
use allthrive_store::Store;

use super::SeedError;
use crate::ids;

/// Publishes each sample once. One that its author has changed or deleted since stays as it is.
pub(super) async fn publish(store: &Store, author: UserId, now: Micros) -> Result<usize, SeedError> {
    let all = samples::quizzes();
    let many = all.len();
    for (slug, quiz) in all {
        let key = Cmid(ids::derived(format!("demo quiz {slug}").as_bytes(), author.0, author.0));
        let id = ids::made_quiz(author, key);
        store.create_quiz(author, id, quiz, now).await?;
        // Only the first `rev` is the demo's own; a conflict is its author's doing.
        store.publish_quiz(author, id, 1, true, now).await?;
    }
    Ok(many)
}
