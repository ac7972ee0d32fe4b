//! Who is in a room by the connections of one worker thread.

use std::collections::{HashMap, HashSet};

use allthrive_protocol::UserId;
use serde::{Deserialize, Serialize};

/// Who came and who went, merged: nobody is in both.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// What was said before is void: those who joined are all who are here.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub anew: bool,
    /// Who was not here and is now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub joined: Vec<UserId>,
    /// Who was here and is not now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left: Vec<UserId>,
}

impl Change {
    /// Whether nothing has changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.anew && self.joined.is_empty() && self.left.is_empty()
    }
}

/// The accounts with a connection that hears the room here, and what the room's door knows of it.
#[derive(Debug)]
pub struct Here {
    connections: HashMap<UserId, u32>,
    /// Whether the door may know what is not so.
    anew: bool,
    told: HashSet<UserId>,
    /// Who may differ between the two.
    unsaid: HashSet<UserId>,
}

impl Default for Here {
    fn default() -> Self {
        Self { connections: HashMap::new(), anew: true, told: HashSet::new(), unsaid: HashSet::new() }
    }
}

impl Here {
    /// A connection of this account hears the room now. Whether something is owed to the door.
    pub fn came(&mut self, user: UserId) -> bool {
        let connections = self.connections.entry(user).or_default();
        *connections += 1;
        *connections == 1 && self.unsaid.insert(user)
    }

    /// One does not any more. Whether something is owed to the door.
    pub fn went(&mut self, user: UserId) -> bool {
        let Some(connections) = self.connections.get_mut(&user) else { return false };
        *connections -= 1;
        *connections == 0 && {
            self.connections.remove(&user);
            self.unsaid.insert(user)
        }
    }

    /// What the door does not know. Say it, then [`Here::said`]; until then it is given again.
    #[must_use]
    pub fn owed(&self) -> Change {
        let mut change = Change { anew: self.anew, ..Change::default() };
        for user in &self.unsaid {
            match (self.told.contains(user), self.connections.contains_key(user)) {
                (false, true) => change.joined.push(*user),
                (true, false) => change.left.push(*user),
                (true, true) | (false, false) => {}
            }
        }
        change
    }

    /// The door has been told what was owed.
    pub fn said(&mut self) {
        self.anew = false;
        for user in self.unsaid.drain() {
            if self.connections.contains_key(&user) {
                self.told.insert(user);
            } else {
                self.told.remove(&user);
            }
        }
    }

    /// Whether the door knows of somebody here, and so tells what there is to tell.
    #[must_use]
    pub fn is_known(&self) -> bool {
        !self.told.is_empty()
    }

    /// What the door knows is void.
    pub fn forgotten(&mut self) {
        self.anew = true;
        self.told.clear();
        self.unsaid = self.connections.keys().copied().collect();
    }
}
