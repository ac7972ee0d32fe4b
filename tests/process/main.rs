//! What only whole processes can show: the server as it is shipped, killed and started again under load,
//! and talked to and looked into from terminals.

mod audit;
mod chat;
mod cluster;
mod conformance;
mod crash;
mod demo;
mod game;
mod hostile;
mod liar;
#[path = "../../actors/tests/node/redis.rs"]
mod redis;
mod resume;
mod server;
