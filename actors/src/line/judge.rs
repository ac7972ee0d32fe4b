//! What a line has coming: a rule over what is known of it.

use std::time::Duration;

use allthrive_protocol::CloseCode;

use super::Pace;

/// What is known of a line at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Seen {
    /// How long something has waited that the peer does not take.
    pub(super) stuck_for: Option<Duration>,
    /// How long ago the WebSocket's last word was said.
    pub(super) over_for: Option<Duration>,
    /// The same, if its peer was expelled and has not taken it.
    pub(super) expelled_for: Option<Duration>,
    /// How long the WebSocket's peer has been silent.
    pub(super) silent_for: Option<Duration>,
    /// How long nothing has been asked or sent, if it is no WebSocket.
    pub(super) idle_for: Option<Duration>,
}

/// What is to be done with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Fine,
    /// It ends with this code, which its peer is told.
    Tell(CloseCode),
    /// It ends without a word. The code is for the log: a jammed socket cannot be told.
    Cut(Option<CloseCode>),
}

pub(super) fn judge(seen: Seen, pace: &Pace) -> Verdict {
    let longer = |known: Option<Duration>, most: Duration| known.is_some_and(|known| known > most);
    if longer(seen.stuck_for, pace.stuck) {
        Verdict::Cut(Some(CloseCode::Slow))
    } else if longer(seen.expelled_for, pace.expelled) {
        Verdict::Cut(Some(CloseCode::Revoked))
    } else if longer(seen.over_for, pace.farewell) || longer(seen.idle_for, pace.idle) {
        Verdict::Cut(None)
    } else if longer(seen.silent_for, pace.silence) {
        Verdict::Tell(CloseCode::NoPong)
    } else {
        Verdict::Fine
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BIT: Duration = Duration::from_millis(1);

    #[test]
    fn each_patience_ends_just_behind_its_limit() {
        let pace = Pace::default();
        let stuck = |stuck_for| Seen { stuck_for: Some(stuck_for), ..Seen::default() };
        let over = |over_for| Seen { over_for: Some(over_for), ..Seen::default() };
        let expelled = |expelled_for| Seen { expelled_for: Some(expelled_for), over_for: Some(expelled_for), ..Seen::default() };
        let silent = |silent_for| Seen { silent_for: Some(silent_for), ..Seen::default() };
        let idle = |idle_for| Seen { idle_for: Some(idle_for), ..Seen::default() };
        let cases = [
            (stuck(pace.stuck), stuck(pace.stuck + BIT), Verdict::Cut(Some(CloseCode::Slow))),
            (over(pace.farewell), over(pace.farewell + BIT), Verdict::Cut(None)),
            (expelled(pace.expelled), expelled(pace.expelled + BIT), Verdict::Cut(Some(CloseCode::Revoked))),
            (silent(pace.silence), silent(pace.silence + BIT), Verdict::Tell(CloseCode::NoPong)),
            (idle(pace.idle), idle(pace.idle + BIT), Verdict::Cut(None)),
        ];
        for (fine, late, verdict) in cases {
            assert_eq!(judge(fine, &pace), Verdict::Fine, "{fine:?}");
            assert_eq!(judge(late, &pace), verdict, "{late:?}");
        }
    }

    #[test]
    fn a_line_that_takes_nothing_is_not_told_that_it_is_silent() {
        let pace = Pace::default();
        let seen = Seen { stuck_for: Some(pace.stuck + BIT), silent_for: Some(pace.silence + BIT), ..Seen::default() };
        assert_eq!(judge(seen, &pace), Verdict::Cut(Some(CloseCode::Slow)));
    }

    #[test]
    fn the_design_is_kept() {
        let pace = Pace::default();
        let seconds = [pace.hello_within, pace.ping_every, pace.silence, pace.stuck].map(|pause| pause.as_secs());
        assert_eq!(seconds, [5, 25, 35, 10]);
        // A sign-in that has ended ends its connections within a second.
        assert!(pace.expelled + pace.look_every < Duration::from_secs(1));
    }
}
