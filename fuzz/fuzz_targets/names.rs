//! Names, addresses of mail, texts and emoji: what was taken once is taken again, unchanged.

#![no_main]

use allthrive_domain::names::{Body, Email, Emoji, Line, Username};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(name) = Username::parse(text) {
        assert_eq!(Username::parse(name.as_str()).unwrap().as_str(), name.as_str());
    }
    if let Ok(line) = Line::parse(text, 80) {
        assert_eq!(Line::parse(line.as_str(), 80).unwrap().as_str(), line.as_str());
        assert!(line.as_str().chars().count() <= 80);
    }
    if let Ok(email) = Email::parse(text) {
        assert_eq!(Email::parse(email.as_str()).unwrap().as_str(), email.as_str());
    }
    if let Ok(body) = Body::parse(text.to_owned()) {
        let body = body.into_string();
        assert!(!body.contains('\0'));
        assert_eq!(Body::parse(body.clone()).unwrap().into_string(), body);
    }
    if let Ok(emoji) = Emoji::parse(text) {
        assert_eq!(Emoji::parse(emoji.as_str()).unwrap().as_str(), emoji.as_str());
    }
});
