//! Load for a server, and the proof afterwards that nothing was lost, doubled or told out of order.
//!
//! Speaks the protocol through `allthrive-client` and knows nothing else of the house: whatever it
//! measures and proves holds for any server of this protocol.
//!
//! - [`accounts`]: people to speak: signed up, verified through the mail a test server writes, signed in
//! - [`crowd`]: the clients: say, are cut, come back, and note what they were told and acknowledged
//! - [`check`]: the notes against the truth, as a pure function
//! - [`peer`]: one raw connection, for what an honest client would never say
//! - [`raw`]: one connection of bytes, for what no library would say
//! - [`conformance`]: what a client may rely on, asked of any server of this protocol
//! - [`hostile`]: peers that mean harm or are very slow, and how each must end
//! - [`process`]: what a server takes of the machine
//! - [`dice`]: randomness from a seed, so that a run can be had again

pub mod accounts;
pub mod check;
pub mod conformance;
pub mod crowd;
pub mod dice;
pub mod hostile;
pub mod peer;
pub mod process;
pub mod raw;

pub use accounts::Person;
pub use check::{Ack, Figures, Heard, Report, check};
pub use crowd::{Crowd, Manner};
pub use dice::Dice;
pub use peer::Peer;
pub use raw::Raw;
