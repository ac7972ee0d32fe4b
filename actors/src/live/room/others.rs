//! The other nodes that have people of the session. What they say stands in the store; the bus only wakes.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use actix::{ActorFutureExt, AsyncContext, Context, WrapFuture};
use allthrive_domain::quiz::game::Phase;
use allthrive_store::live::keep::NodeSays;
use uuid::Uuid;

use super::{LiveRoom, now};

/// What another node says is believed for so long after it last said something new, on this node's clock.
const BELIEVED: Duration = Duration::from_secs(4);
/// How often each says so, in ticks.
const SAY_EVERY: u64 = 4;

/// See the module.
#[derive(Default)]
pub(super) struct Others {
    /// By node: what it said, and when that was new here; not at all, of what stood there before this node listened.
    said: HashMap<Uuid, (NodeSays, Option<Instant>)>,
    /// What this node said last.
    own: NodeSays,
    busy: bool,
    /// Whether it was read once.
    listening: bool,
}

impl Others {
    fn believed(&self) -> impl Iterator<Item = &NodeSays> {
        self.said.values().filter(|(_, at)| at.is_some_and(|at| at.elapsed() < BELIEVED)).map(|(says, _)| says)
    }
}

impl LiveRoom {
    fn is_alone(&self) -> bool {
        self.given.alone
    }

    /// Whether a host is connected to another node.
    pub(super) fn hosts_elsewhere(&self) -> bool {
        self.others.believed().any(|says| says.hosts > 0)
    }

    /// How many have answered and of how many that is awaited, at other nodes; none while one of them with players has
    /// not said so of this step.
    pub(super) fn elsewhere(&self) -> Option<(u32, u32)> {
        let rev = self.live.as_ref().map_or(0, |live| live.rev);
        let with_players = || self.others.believed().filter(|says| says.connected + says.expected > 0);
        let all_know = with_players().all(|says| says.rev >= rev);
        all_know.then(|| with_players().fold((0, 0), |(answered, expected), says| (answered + says.answered, expected + says.expected)))
    }

    /// Whether somebody may answer at another node.
    pub(super) fn others_answer(&self) -> bool {
        self.others.believed().any(|says| says.connected > 0)
    }

    /// Whether all that was read before the close is in the store, here and at other nodes.
    pub(super) fn is_drained(&self) -> bool {
        let rev = self.live.as_ref().map_or(0, |live| live.rev);
        self.has_handed_in() && self.others.believed().all(|says| says.connected == 0 || says.drained >= rev)
    }

    /// Says who is here, hears who is elsewhere, and looks for what others wrote.
    pub(super) fn with_others(&mut self, ctx: &mut Context<Self>) {
        if self.is_alone() {
            return;
        }
        let Some(live) = &self.live else { return };
        let is_quick = matches!(live.game.phase, Phase::Open | Phase::Closing);
        if self.ticks.is_multiple_of(self.look_every()) {
            self.look(ctx);
        }
        if !(is_quick || self.ticks.is_multiple_of(SAY_EVERY)) || self.others.busy {
            return;
        }
        let Some(live) = &self.live else { return };
        let (answered, expected) = live.awaited.count(now());
        let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let says = NodeSays {
            rev: live.rev,
            drained: if live.game.phase == Phase::Closing && self.has_handed_in() { live.rev } else { self.others.own.drained },
            expected: small(expected),
            answered: small(answered),
            hosts: small(live.people.hosts()),
            connected: small(live.people.connected().count()),
            beat: self.others.own.beat + 1,
        };
        let has_people = !live.people.is_empty();
        // Who never had anybody here says nothing; who had says so until all are gone.
        let speaks = has_people || self.others.own.connected + self.others.own.hosts + self.others.own.expected > 0;
        self.others.own = says;
        self.others.busy = true;
        let (store, id, node) = (self.given.parts.store.clone(), self.id, self.given.parts.neighbours.node().0);
        let work = async move {
            if speaks {
                store.live_node_says(id, node, says).await?;
            }
            store.live_nodes(id).await
        };
        ctx.spawn(work.into_actor(self).map(move |read, room, ctx| {
            room.others.busy = false;
            match read {
                Ok(said) => {
                    for (other, says) in said.into_iter().filter(|(other, _)| *other != node) {
                        let known = room.others.said.get(&other);
                        if known.is_none_or(|(known, _)| known.beat != says.beat) {
                            // What was said before this node began to listen may be long over.
                            let at = (known.is_some() || room.others.listening).then(Instant::now);
                            room.others.said.insert(other, (says, at));
                        }
                    }
                    room.others.listening = true;
                    room.guarded(ctx, |room, ctx| room.all_answered(ctx));
                }
                Err(error) => tracing::debug!(room.id = %room.id, %error, "who is at other nodes could not be read"),
            }
        }));
    }
}
