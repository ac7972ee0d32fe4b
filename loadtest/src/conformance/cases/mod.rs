//! The cases, by what they are about. Each file has its list at its head.

mod envelope;
mod frames;
mod handshake;
mod heartbeat;
mod limits;
mod members;
mod messages;
mod passing;
mod resume;
mod writes;

use super::Case;

/// Lists the cases of a file: what each may take at most, whether it spends an account's limits, the section of
/// `docs/PROTOCOL.md`, and the functions, whose names are the sentences.
macro_rules! cases {
    (within $seconds:literal s, spends $spends:literal: $($section:literal: $($case:ident),+;)+) => {
        pub(super) const CASES: &[$crate::conformance::Case] = &[$($($crate::conformance::Case {
            name: stringify!($case),
            section: $section,
            within: std::time::Duration::from_secs($seconds),
            spends: $spends,
            run: |stage| Box::pin($case(stage)),
        }),+),+];
    };
}
use cases;

/// Every case, in the order of the document.
#[must_use]
pub fn all() -> Vec<Case> {
    let files = [
        handshake::CASES,
        envelope::CASES,
        writes::CASES,
        resume::CASES,
        messages::CASES,
        members::CASES,
        passing::CASES,
        heartbeat::CASES,
        frames::CASES,
        limits::CASES,
    ];
    files.into_iter().flatten().copied().collect()
}
