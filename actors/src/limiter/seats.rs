//! Caps on connections: a seat is taken when one begins and given back when it ends, however it ends.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// The seats of each key: so many and no more.
#[derive(Debug)]
pub struct Seats<K: Copy + Eq + Hash> {
    most: u32,
    taken: Arc<Mutex<HashMap<K, u32>>>,
}

/// A seat; dropping it gives it back.
#[derive(Debug)]
pub struct Seat<K: Copy + Eq + Hash> {
    key: K,
    taken: Arc<Mutex<HashMap<K, u32>>>,
}

impl<K: Copy + Eq + Hash> Seats<K> {
    /// So many of each key.
    #[must_use]
    pub fn new(most: u32) -> Self {
        Self { most, taken: Arc::default() }
    }

    /// One more, if it is not one too many.
    #[must_use]
    pub fn take(&self, key: K) -> Option<Seat<K>> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let count = taken.entry(key).or_insert(0);
        if *count >= self.most {
            return None;
        }
        *count += 1;
        Some(Seat { key, taken: Arc::clone(&self.taken) })
    }
}

impl<K: Copy + Eq + Hash> Drop for Seat<K> {
    fn drop(&mut self) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(&self.key) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.key);
            }
        }
    }
}

/// What counts as one address: an IPv4 address, or the IPv6 network of 64 bits that one household has.
#[must_use]
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn n_have_a_seat_and_the_next_does_not_until_one_leaves() {
        let seats = Seats::new(3);
        let mut taken: Vec<_> = (0..3).map(|_| seats.take("ana").unwrap()).collect();
        assert!(seats.take("ana").is_none());
        let other = seats.take("ben").unwrap();
        taken.pop();
        taken.push(seats.take("ana").unwrap());
        assert!(seats.take("ana").is_none());
        drop((taken, other));
        assert!(seats.taken.lock().unwrap().is_empty(), "nothing is kept of who has left");
    }

    #[test]
    fn a_household_is_one_address() {
        let network = |text: &str| network(text.parse().unwrap());
        assert_eq!(network("2001:db8:1:2:3::4"), network("2001:db8:1:2:ffff::1"));
        assert_ne!(network("2001:db8:1:2:3::4"), network("2001:db8:1:3:3::4"));
        assert_eq!(network("::ffff:192.0.2.1"), network("192.0.2.1"));
        assert_ne!(network("192.0.2.1"), network("192.0.2.2"));
    }
}
