//! What another node says over Redis, and the URL Redis is found by.

#![no_main]

use allthrive_actors::bus::RedisUrl;
use allthrive_actors::bus::wire::Wire;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(wire) = serde_json::from_slice::<Wire>(data) {
        let again = serde_json::to_string(&wire).unwrap();
        assert_eq!(serde_json::to_string(&serde_json::from_str::<Wire>(&again).unwrap()).unwrap(), again);
    }
    if let Ok(text) = std::str::from_utf8(data) {
        let _ = RedisUrl::parse(text);
    }
});
