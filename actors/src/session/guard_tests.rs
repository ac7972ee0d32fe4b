//! What the guard lets in and what it does not, at each limit and one beyond.

use super::*;

const MASK: [u8; 4] = [1, 2, 3, 4];

/// What becomes of these header bytes: fed one by one, and how many were needed.
fn feed(guard: &mut FrameGuard, bytes: &[u8]) -> (Result<Option<Head>, Broken>, usize) {
    for (n, byte) in bytes.iter().enumerate() {
        match guard.read(&mut std::slice::from_ref(byte)) {
            Ok(None) => {}
            done => return (done, n + 1),
        }
    }
    (Ok(None), bytes.len())
}

fn refusal(bytes: &[u8]) -> Option<(Broken, usize)> {
    let (outcome, needed) = feed(&mut FrameGuard::new(Bounds::ANY), bytes);
    outcome.err().map(|broken| (broken, needed))
}

fn head(first: u8, len: usize) -> Vec<u8> {
    header(first, len, MASK)
}

/// A header in the form that this length takes.
pub(in crate::session) fn header(first: u8, len: usize, mask: [u8; 4]) -> Vec<u8> {
    let mut bytes = vec![first];
    match u16::try_from(len) {
        Ok(short @ 0..=125) => bytes.push(0x80 | u8::try_from(short).unwrap()),
        Ok(middle) => {
            bytes.push(0xFE);
            bytes.extend(middle.to_be_bytes());
        }
        Err(_) => {
            bytes.push(0xFF);
            bytes.extend((len as u64).to_be_bytes());
        }
    }
    bytes.extend(mask);
    bytes
}

fn admit(guard: &mut FrameGuard, first: u8, len: usize) -> Result<(), Broken> {
    feed(guard, &head(first, len)).0.map(|head| assert!(head.is_some()))
}

#[test]
fn a_header_is_read_byte_by_byte_in_each_of_its_three_forms() {
    for len in [0, 1, 125, 126, 65_535, 65_536] {
        let mut guard = FrameGuard::new(Bounds::TEXT);
        let bytes = head(0x81, len);
        let (read, needed) = feed(&mut guard, &bytes);
        assert_eq!(read, Ok(Some(Head { kind: Kind::Text, is_last: true, len, mask: MASK })));
        assert_eq!(needed, bytes.len());
    }
}

#[test]
fn nothing_is_taken_beyond_the_header() {
    let mut bytes = head(0x81, 3);
    bytes.extend(b"abc");
    let mut input = bytes.as_slice();
    assert!(FrameGuard::new(Bounds::TEXT).read(&mut input).unwrap().is_some());
    assert_eq!(input, b"abc");
}

#[test]
fn reserved_bits_and_opcodes_are_refused_at_the_first_byte() {
    for first in [0xC1, 0xA1, 0x91, 0xF1, 0x83, 0x84, 0x85, 0x86, 0x87, 0x8B, 0x8C, 0x8D, 0x8E, 0x8F] {
        assert_eq!(refusal(&[first]), Some((Broken::Protocol, 1)), "{first:02x}");
    }
}

#[test]
fn a_client_that_does_not_mask_is_refused_at_the_second_byte() {
    assert_eq!(refusal(&[0x81, 0x05]), Some((Broken::Protocol, 2)));
}

#[test]
fn a_control_frame_is_whole_and_has_125_bytes_at_most() {
    for first in [0x88, 0x89, 0x8A] {
        assert_eq!(refusal(&head(first, 125)), None);
        assert_eq!(refusal(&head(first, 126)), Some((Broken::Protocol, 2)));
        assert_eq!(refusal(&head(first, 65_536)), Some((Broken::Protocol, 2)));
        assert_eq!(refusal(&head(first & 0x0F, 5)), Some((Broken::Protocol, 1)));
    }
}

#[test]
fn a_length_takes_its_shortest_form() {
    assert_eq!(refusal(&[0x81, 0xFE, 0, 126, 0, 0, 0, 0]), None);
    assert_eq!(refusal(&[0x81, 0xFE, 0, 125]), Some((Broken::Protocol, 4)));
    assert_eq!(refusal(&[0x81, 0xFF, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]), None);
    assert_eq!(refusal(&[0x81, 0xFF, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]), Some((Broken::Protocol, 10)));
}

#[test]
fn a_64_bit_length_with_the_top_bit_is_no_length() {
    assert_eq!(refusal(&[0x81, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0]), Some((Broken::Protocol, 10)));
    assert_eq!(refusal(&[0x81, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]), Some((Broken::Protocol, 10)));
    assert_eq!(refusal(&[0x81, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]), Some((Broken::TooBig, 10)));
}

#[test]
fn a_frame_beyond_the_limit_is_refused_before_its_mask() {
    assert_eq!(refusal(&head(0x82, MAX_FRAME_BYTES)), None);
    assert_eq!(refusal(&head(0x82, MAX_FRAME_BYTES + 1)), Some((Broken::TooBig, 10)));
    assert_eq!(refusal(&head(0x81, u32::MAX as usize)), Some((Broken::TooBig, 10)));
}

#[test]
fn fragments_are_added_up_against_the_limit() {
    let mut guard = FrameGuard::new(Bounds::TEXT);
    admit(&mut guard, 0x01, MAX_FRAME_BYTES - 1).unwrap();
    admit(&mut guard, 0x00, 1).unwrap();
    assert_eq!(admit(&mut guard, 0x80, 1), Err(Broken::TooBig));
    let mut guard = FrameGuard::new(Bounds::TEXT);
    admit(&mut guard, 0x01, MAX_FRAME_BYTES).unwrap();
    admit(&mut guard, 0x80, 0).unwrap();
    // The next message begins from nothing.
    admit(&mut guard, 0x81, MAX_FRAME_BYTES).unwrap();
}

#[test]
fn fragments_are_counted_even_empty_ones() {
    for (fragments, outcome) in [(MOST_FRAGMENTS, Ok(())), (MOST_FRAGMENTS + 1, Err(Broken::TooBig))] {
        let mut guard = FrameGuard::new(Bounds::TEXT);
        admit(&mut guard, 0x01, 0).unwrap();
        for _ in 2..fragments {
            admit(&mut guard, 0x00, 0).unwrap();
        }
        assert_eq!(admit(&mut guard, 0x80, 0), outcome);
    }
}

#[test]
fn a_message_begins_once_and_is_continued_only_after_that() {
    for first in [0x00, 0x80] {
        assert_eq!(refusal(&[first]), Some((Broken::Protocol, 1)));
    }
    for first in [0x01, 0x81, 0x02, 0x82] {
        let mut guard = FrameGuard::new(Bounds::ANY);
        admit(&mut guard, 0x01, 1).unwrap();
        assert_eq!(feed(&mut guard, &[first]), (Err(Broken::Protocol), 1));
    }
    let mut guard = FrameGuard::new(Bounds::ANY);
    admit(&mut guard, 0x01, 1).unwrap();
    admit(&mut guard, 0x89, 5).unwrap();
    admit(&mut guard, 0x80, 1).unwrap();
    assert_eq!(feed(&mut guard, &[0x80]), (Err(Broken::Protocol), 1));
}

#[test]
fn binary_is_refused_where_only_text_is_spoken() {
    assert_eq!(feed(&mut FrameGuard::new(Bounds::TEXT), &[0x82]), (Err(Broken::Binary), 1));
    assert_eq!(refusal(&head(0x82, 3)), None);
}
