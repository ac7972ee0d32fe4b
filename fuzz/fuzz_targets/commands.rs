//! Commands: whatever text comes, it is understood or answered, one by one, and never by a panic.

#![no_main]

use allthrive_protocol::{MAX_BATCH, command};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let read = command::read_message(text);
    assert!(read.len() <= MAX_BATCH);
    for malformed in read.iter().filter_map(|item| item.as_ref().err()) {
        assert!(!malformed.refusal.message.is_empty() && !malformed.refusal.message.contains('\0'));
    }
    assert!(!text.contains('\0') || read.iter().all(Result::is_err));
});
