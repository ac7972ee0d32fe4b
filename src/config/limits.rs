//! `[limits]`: how often is too often, and how many are too many.

use std::time::Duration;

use allthrive_actors::limiter;
use allthrive_domain::rate::Rate;
use serde::Deserialize;

/// `[limits]`. Those of sign-in, sign-up, mail and quizzes are counted in the database, so on every node alike; those of
/// connections are counted by each node.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Sign-ins tried from one address in a minute.
    pub sign_in_per_minute: u32,
    /// Sign-ins tried into one account in an hour, whether it exists or not.
    pub sign_in_per_hour: u32,
    /// Sign-ups from one address in an hour.
    pub sign_up_per_hour: u32,
    /// Mails to one address of mail in an hour.
    pub mail_per_hour: u32,
    /// Quizzes made, changed, published or deleted by an account in an hour.
    pub quiz_writes_per_hour: u32,
    /// Pages of published quizzes for an account in an hour.
    pub quiz_pages_per_hour: u32,
    /// Live sessions made by an account in an hour.
    pub live_starts_per_hour: u32,
    /// PINs and links that there are not, asked for from one address in five minutes.
    pub pin_misses_per_five_minutes: u32,
    /// Quizzes that an account begins to take alone in an hour.
    pub quiz_starts_per_hour: u32,
    /// Answers to quizzes that an account takes alone, in a minute.
    pub quiz_answers_per_minute: u32,
    /// Messages, edits, reactions, steps of moderation of one connection in a second, on the long run.
    pub sends_per_second: u32,
    /// How many of them at once.
    pub send_burst: u32,
    /// How often a connection may say that one types, milliseconds.
    pub typing_every_ms: u32,
    /// Pages of history that a connection reads in a second.
    pub history_per_second: u32,
    /// Subscriptions that a connection makes or ends in a second.
    pub subscribes_per_second: u32,
    /// Commands of one connection in a second, all kinds together.
    pub commands_per_second: u32,
    /// Connections of one account to one node.
    pub connections_per_account: u32,
    /// Connections from one address to one node.
    pub connections_per_address: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            sign_in_per_minute: 5,
            sign_in_per_hour: 10,
            sign_up_per_hour: 5,
            mail_per_hour: 3,
            quiz_writes_per_hour: 120,
            quiz_pages_per_hour: 300,
            live_starts_per_hour: 30,
            pin_misses_per_five_minutes: 20,
            quiz_starts_per_hour: 10,
            quiz_answers_per_minute: 100,
            sends_per_second: 5,
            send_burst: 10,
            typing_every_ms: 3_000,
            history_per_second: 5,
            subscribes_per_second: 20,
            commands_per_second: 20,
            connections_per_account: 20,
            connections_per_address: 200,
        }
    }
}

/// The most that a second is divided into.
const MOST_PER_SECOND: u32 = 1_000_000;

impl Limits {
    /// What is wrong here, a sentence each.
    pub(super) fn faults(&self) -> Vec<String> {
        let all = [
            ("sign_in_per_minute", self.sign_in_per_minute, u32::MAX),
            ("sign_in_per_hour", self.sign_in_per_hour, u32::MAX),
            ("sign_up_per_hour", self.sign_up_per_hour, u32::MAX),
            ("mail_per_hour", self.mail_per_hour, u32::MAX),
            ("quiz_writes_per_hour", self.quiz_writes_per_hour, u32::MAX),
            ("quiz_pages_per_hour", self.quiz_pages_per_hour, u32::MAX),
            ("live_starts_per_hour", self.live_starts_per_hour, u32::MAX),
            ("pin_misses_per_five_minutes", self.pin_misses_per_five_minutes, u32::MAX),
            ("quiz_starts_per_hour", self.quiz_starts_per_hour, u32::MAX),
            ("quiz_answers_per_minute", self.quiz_answers_per_minute, u32::MAX),
            ("sends_per_second", self.sends_per_second, MOST_PER_SECOND),
            ("send_burst", self.send_burst, MOST_PER_SECOND),
            ("typing_every_ms", self.typing_every_ms, u32::MAX),
            ("history_per_second", self.history_per_second, MOST_PER_SECOND),
            ("subscribes_per_second", self.subscribes_per_second, MOST_PER_SECOND),
            ("commands_per_second", self.commands_per_second, MOST_PER_SECOND),
            ("connections_per_account", self.connections_per_account, u32::MAX),
            ("connections_per_address", self.connections_per_address, u32::MAX),
        ];
        let wrong = all.into_iter().filter(|(_, value, most)| !(1..=*most).contains(value));
        wrong
            .map(|(key, value, most)| match value {
                0 => format!("limits.{key} must be at least 1."),
                _ => format!("limits.{key} must be {most} at most."),
            })
            .collect()
    }

    /// Those of connections.
    #[must_use]
    pub fn of_connections(&self) -> limiter::Limits {
        let second = |most| Rate::per_second(most, most);
        limiter::Limits {
            rates: limiter::Rates {
                send: Rate::per_second(self.sends_per_second, self.send_burst),
                typing: Rate { every: Duration::from_millis(self.typing_every_ms.into()), burst: 1 },
                history: second(self.history_per_second),
                subscribe: second(self.subscribes_per_second),
                all: second(self.commands_per_second),
                answer: limiter::Rates::default().answer,
            },
            connections_per_account: self.connections_per_account,
            connections_per_address: self.connections_per_address,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_those_of_the_protocol() {
        assert_eq!(Limits::default().of_connections(), limiter::Limits::default());
    }

    #[test]
    fn each_limit_is_refused_by_name_if_it_permits_nothing() {
        let none = Limits {
            sign_in_per_minute: 0,
            sign_in_per_hour: 0,
            sign_up_per_hour: 0,
            mail_per_hour: 0,
            quiz_writes_per_hour: 0,
            quiz_pages_per_hour: 0,
            live_starts_per_hour: 0,
            pin_misses_per_five_minutes: 0,
            quiz_starts_per_hour: 0,
            quiz_answers_per_minute: 0,
            sends_per_second: 0,
            send_burst: 0,
            typing_every_ms: 0,
            history_per_second: 0,
            subscribes_per_second: 0,
            commands_per_second: 0,
            connections_per_account: 0,
            connections_per_address: 0,
        };
        assert_eq!(none.faults().len(), 18);
        let huge = Limits { sends_per_second: MOST_PER_SECOND + 1, ..Limits::default() };
        assert_eq!(huge.faults(), ["limits.sends_per_second must be 1000000 at most."]);
        assert!(Limits { sends_per_second: MOST_PER_SECOND, ..Limits::default() }.faults().is_empty());
    }
}
