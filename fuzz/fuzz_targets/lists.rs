//! Where a list goes on, and where the audit trail stood: written back as it was read.

#![no_main]

use allthrive_store::Cursor;
use allthrive_store::audit::chain::Head;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(cursor) = text.parse::<Cursor>() {
        assert_eq!(cursor.to_string().parse::<Cursor>().unwrap(), cursor);
    }
    if let Ok(head) = text.parse::<Head>() {
        assert_eq!(head.to_string().parse::<Head>().unwrap(), head);
    }
});
