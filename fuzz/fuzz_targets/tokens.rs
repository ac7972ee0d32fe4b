//! Tokens, tickets and origins: nothing that a stranger makes up is ours, and reading it breaks nothing.

#![no_main]

use allthrive::auth::token::{AccessTokens, Refresh};
use allthrive::config::keys::{Key, Ring};
use allthrive::crypto::read_token;
use allthrive::origin::Origin;
use allthrive_domain::time::Micros;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let ring = Ring { current: Key::new([7; 32]), previous: Some(Key::new([8; 32])) };
    assert!(Refresh::read(&ring, text).is_none());
    assert!(AccessTokens::new(&ring, "https://chat.example.org".to_owned()).read(text, Micros(1)).is_err());
    // Unpadded base64url of 32 bytes, nothing else; 43 characters have two bits to spare, which must be clear.
    let is_token = read_token(text).is_some();
    let alphabet = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    assert!(!is_token || (text.len() == 43 && text.bytes().all(alphabet)));
    if let Ok(origin) = Origin::parse(text) {
        assert_eq!(Origin::parse(&origin.to_string()).unwrap(), origin);
    }
});
