//! Ids: what is understood is written back in one form, and that form is understood as the same.

#![no_main]

use std::fmt::{Debug, Display};
use std::str::FromStr;

use allthrive_protocol::{Cmid, ConnId, Principal, RoomId, UserId};
use libfuzzer_sys::fuzz_target;

fn holds<T: FromStr + Display + PartialEq + Debug>(text: &str)
where
    T::Err: Debug,
{
    if let Ok(id) = text.parse::<T>() {
        assert_eq!(id.to_string().parse::<T>().unwrap(), id);
    }
}

fuzz_target!(|text: &str| {
    holds::<UserId>(text);
    holds::<RoomId>(text);
    holds::<Cmid>(text);
    holds::<ConnId>(text);
    holds::<Principal>(text);
    // Over JSON too, where a client's come from; the `Idempotency-Key` of REST is a `Cmid` as above.
    let json = serde_json::to_string(text).unwrap();
    assert_eq!(serde_json::from_str::<UserId>(&json).ok(), text.parse::<UserId>().ok());
    assert_eq!(serde_json::from_str::<Principal>(&json).ok(), text.parse::<Principal>().ok());
});
