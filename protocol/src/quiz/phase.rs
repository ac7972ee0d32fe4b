//! What a phase shows: the types of `view`, without and with a key apart.

use std::collections::BTreeMap;

use serde::{Deserialize as _, Deserializer, de};

use crate::quiz::answer::OptionId;
use crate::quiz::content::Image;
use crate::quiz::live::{Mode, Settings};
use crate::quiz::view::{Form, PauseReason, Solution, plain};

/// By option, whose ids are texts where JSON has keys: also inside what serde has buffered, where it takes them for texts.
fn by_option<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<OptionId, u32>, D::Error> {
    let texts = BTreeMap::<String, u32>::deserialize(from)?;
    texts.into_iter().map(|(id, count)| Ok((id.parse().map_err(de::Error::custom)?, count))).collect()
}

plain! {
    /// What holds beside the phase.
    pub struct Flags {
        /// The game stands still.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub paused: Option<Paused>,
        /// No host has been here for a while.
        pub host_away: bool,
        /// No new players.
        pub locked: bool,
    }

    /// The game stands still.
    pub struct Paused {
        /// What is left of the phase, milliseconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub remaining_ms: Option<u64>,
        /// Why.
        pub reason: PauseReason,
    }

    /// Before the game, for a player.
    pub struct PlayerLobby {
        /// Of the quiz.
        pub title: String,
        /// What counts.
        pub mode: Mode,
        /// Questions there will be, slides among them.
        pub of: u32,
        /// Players here.
        pub players: u32,
        /// Teams, if there are.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub teams: Vec<String>,
        /// Whether one may ask for more time.
        pub may_ask_for_time: bool,
        /// Milliseconds until the first question, once the host has started.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub starts_in_ms: Option<u64>,
        /// What holds beside.
        pub flags: Flags,
    }

    /// Before the game, for a screen.
    pub struct ScreenLobby {
        /// Of the quiz.
        pub title: String,
        /// What counts.
        pub mode: Mode,
        /// Questions there will be.
        pub of: u32,
        /// How to join.
        pub door: Door,
        /// Players here.
        pub players: u32,
        /// The names of those who came last, 60 at most.
        pub names: Vec<String>,
        /// Teams, if there are.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub teams: Vec<String>,
        /// Milliseconds until the first question, once the host has started.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub starts_in_ms: Option<u64>,
        /// What holds beside.
        pub flags: Flags,
    }

    /// How to join.
    pub struct Door {
        /// Six digits, or seven.
        pub pin: String,
        /// The address that needs no PIN.
        pub link: String,
        /// The link as a QR code: the `d` of an SVG path, one unit a module.
        pub qr: String,
        /// Its width and height in modules, without the quiet zone.
        pub qr_size: u32,
    }

    /// Before the game, for a host.
    pub struct HostLobby {
        /// What the screen shows.
        #[serde(flatten)]
        pub screen: ScreenLobby,
        /// What is set.
        pub settings: Settings,
        /// How many have more time; not who.
        pub with_more_time: u32,
    }

    /// A question without its options.
    pub struct Head {
        /// Which, from 0 on.
        pub q: u32,
        /// Which time it is asked, from 0 on.
        pub round: u32,
        /// Of how many.
        pub of: u32,
        /// Its kind.
        #[serde(rename = "type")]
        pub kind: String,
        /// What is asked.
        pub stem: String,
        /// A picture.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub image: Option<Image>,
        /// For whoever asks for it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub hint: Option<String>,
        /// What it is worth.
        pub points: u32,
        /// Time to answer, milliseconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub limit_ms: Option<u32>,
        /// The language of its texts.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub language: Option<String>,
        /// How to join, small in a corner: for screens and hosts.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub pin: Option<String>,
    }

    /// The question without its options.
    pub struct Intro {
        /// The question.
        pub head: Head,
        /// Milliseconds until the options; none waits for the host.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub opens_in_ms: Option<u64>,
        /// What holds beside.
        pub flags: Flags,
    }

    /// The question without its options, for a host.
    pub struct HostIntro {
        /// What everybody is shown.
        #[serde(flatten)]
        pub intro: Intro,
        /// What can be chosen.
        pub form: Form,
        /// What is right.
        pub key: Solution,
        /// The author's notes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub notes: Option<String>,
        /// Shown with the solution.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub explanation: Option<String>,
    }

    /// The question, to be answered.
    pub struct Open {
        /// The question.
        pub head: Head,
        /// What can be chosen; none while paused.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub form: Option<Form>,
        /// Milliseconds that are left; none is no limit.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub closes_in_ms: Option<u64>,
        /// Whether an answer may be changed until then.
        pub may_change: bool,
        /// What holds beside.
        pub flags: Flags,
    }

    /// The question, to be answered, for a host.
    pub struct HostOpen {
        /// What everybody is shown; never without the form.
        #[serde(flatten)]
        pub open: Open,
        /// What is right.
        pub key: Solution,
        /// The author's notes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub notes: Option<String>,
    }

    /// Time is up.
    pub struct Closed {
        /// The question.
        pub head: Head,
        /// What could be chosen.
        pub form: Form,
        /// What holds beside.
        pub flags: Flags,
    }

    /// Time is up, for a host.
    pub struct HostClosed {
        /// What everybody is shown.
        #[serde(flatten)]
        pub closed: Closed,
        /// What is right.
        pub key: Solution,
        /// What was answered so far.
        pub votes: Votes,
    }

    /// What was answered.
    pub struct VotesShown {
        /// The question.
        pub head: Head,
        /// What could be chosen.
        pub form: Form,
        /// What was.
        pub votes: Votes,
        /// What holds beside.
        pub flags: Flags,
    }

    /// What was answered, for a host.
    pub struct HostVotes {
        /// What everybody is shown.
        #[serde(flatten)]
        pub shown: VotesShown,
        /// What is right.
        pub key: Solution,
    }

    /// What is right.
    pub struct SolutionShown {
        /// The question.
        pub head: Head,
        /// What could be chosen.
        pub form: Form,
        /// What was.
        pub votes: Votes,
        /// What is right.
        pub solution: Solution,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub explanation: Option<String>,
        /// Whether it was taken out of the count.
        pub voided: bool,
        /// Milliseconds until it goes on by itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub goes_on_in_ms: Option<u64>,
        /// What holds beside.
        pub flags: Flags,
    }

    /// An option as it is shown.
    pub struct ShownOption {
        /// What an answer names.
        pub id: OptionId,
        /// Its text.
        pub text: String,
        /// A picture.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub image: Option<Image>,
    }

    /// What was answered, counted.
    pub struct Votes {
        /// How many have answered.
        pub answered: u32,
        /// How many play.
        pub players: u32,
        /// How many chose each option; every option is there.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "by_option")]
        pub options: BTreeMap<OptionId, u32>,
        /// The texts and numbers that were written most, with how many wrote each; 20 at most, most first.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub written: Vec<(String, u32)>,
    }
}
