//! The lobby: knows the address of each room that is alive, starts it on the worker that keeps it, and
//! lets go of those that have ended.

use std::collections::HashMap;

use actix::dev::channel::channel;
use actix::{Actor, Addr, AsyncContext, Context, Handler, Message, MessageResult};
use allthrive_protocol::RoomId;

use crate::persistence::Persistence;
use crate::room::{MAILBOX, Room};
use crate::system::Parts;

/// The address of a room, which is started if it is not alive. `None` while no worker is there.
#[derive(Message)]
#[rtype(result = "Option<Addr<Room>>")]
pub struct Find(pub RoomId);

/// This room ends; the next who asks for it gets another.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Retire {
    /// The room.
    pub room: RoomId,
    /// The actor that ends. Another one of the same room stays.
    pub address: Addr<Room>,
}

/// Room → address.
pub struct Lobby {
    parts: Parts,
    persistence: Vec<Addr<Persistence>>,
    rooms: HashMap<RoomId, Addr<Room>>,
}

impl Lobby {
    /// No room yet. Writes go to one of these writers, by the room's id.
    #[must_use]
    pub fn new(parts: Parts, persistence: Vec<Addr<Persistence>>) -> Self {
        Self { parts, persistence, rooms: HashMap::new() }
    }
}

impl Actor for Lobby {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(8_192);
    }
}

impl Handler<Find> for Lobby {
    type Result = MessageResult<Find>;

    fn handle(&mut self, Find(room): Find, ctx: &mut Self::Context) -> Self::Result {
        if let Some(known) = self.rooms.get(&room).filter(|address| address.connected()) {
            return MessageResult(Some(known.clone()));
        }
        let Some(worker) = self.parts.workers.arbiter_of(room) else { return MessageResult(None) };
        let (parts, lobby) = (self.parts.clone(), ctx.address());
        let persistence = self.persistence[crate::system::spread(room, self.persistence.len())].clone();
        // `start_in_arbiter` gives a mailbox of 16 until the room first runs: too few for a burst that wakes it.
        let (sender, receiver) = channel(MAILBOX);
        worker.spawn_fn(move || {
            actix::spawn(Context::with_receiver(receiver).into_future(Room::new(room, parts, lobby, persistence)));
        });
        let address = Addr::new(sender);
        self.rooms.insert(room, address.clone());
        MessageResult(Some(address))
    }
}

impl Handler<Retire> for Lobby {
    type Result = ();

    fn handle(&mut self, retire: Retire, _: &mut Self::Context) {
        if self.rooms.get(&retire.room) == Some(&retire.address) {
            self.rooms.remove(&retire.room);
        }
    }
}
