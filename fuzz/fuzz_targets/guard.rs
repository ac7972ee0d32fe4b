//! Headers: however they are cut, the guard says the same, at the same byte, and lets nothing through that is
//! beyond its bounds.

#![no_main]

use allthrive_actors::session::guard::{Bounds, Broken, FrameGuard, Head};
use libfuzzer_sys::fuzz_target;

/// Every head, and where the refusal came. Payloads are taken off without a look.
fn read(bytes: &[u8], piece: usize) -> (Vec<Head>, Option<(Broken, usize)>) {
    let mut guard = FrameGuard::new(Bounds::ANY);
    let (mut heads, mut payload, mut at) = (Vec::new(), 0, 0);
    for mut input in bytes.chunks(piece) {
        let end = at + input.len();
        while !input.is_empty() {
            let skipped = input.len().min(payload);
            payload -= skipped;
            input = &input[skipped..];
            match guard.read(&mut input) {
                Ok(Some(head)) => {
                    payload = head.len;
                    heads.push(head);
                }
                Ok(None) => {}
                Err(broken) => return (heads, Some((broken, end - input.len()))),
            }
        }
        at = end;
    }
    (heads, None)
}

fuzz_target!(|data: &[u8]| {
    let Some((piece, bytes)) = data.split_first() else { return };
    let outcome = read(bytes, 1);
    assert_eq!(outcome, read(bytes, usize::from(*piece) + 1));
    let (mut whole, mut fragments) = (0, 0);
    for head in &outcome.0 {
        if head.kind.is_control() {
            assert!(head.is_last && head.len <= 125);
            continue;
        }
        whole += head.len;
        fragments += 1;
        assert!(whole <= Bounds::ANY.message_bytes && fragments <= Bounds::ANY.fragments);
        if head.is_last {
            (whole, fragments) = (0, 0);
        }
    }
});
