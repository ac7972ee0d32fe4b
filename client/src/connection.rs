//! The socket below the dialogue: connects with a ticket, carries frames both ways, and after a cut
//! connects again, for as long as the close code permits.

use std::time::{Duration, Instant};

use allthrive_protocol::command::{History, MessageSend};
use allthrive_protocol::{Cmid, RoomId, SUBPROTOCOL, Seq, TICKET_PREFIX};
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{sleep, timeout};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::http::header::SEC_WEBSOCKET_PROTOCOL;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{Connector, MaybeTlsStream, WebSocketStream, connect_async_tls_with_config};
use uuid::Uuid;

use crate::backoff::Backoff;
use crate::dialogue::{Dialogue, Order};
use crate::{Error, Session, Update};

/// The server pings every 25 s: a line that is silent for longer than this is dead.
const SILENCE: Duration = Duration::from_secs(40);
/// Longest wait for a connection, and for a frame to be taken by the kernel.
const PATIENCE: Duration = Duration::from_secs(15);
/// How often the dialogue looks at the clock.
const TICK: Duration = Duration::from_millis(250);

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Why no further connection is made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Stop {
    /// A close code from 4100 on, or an answer that will not change.
    #[error("the server wants no further connection: {reason} ({code})")]
    Unwelcome {
        /// The close code, or the HTTP status.
        code: u16,
        /// What stood beside it.
        reason: String,
    },
    /// The sign-in has ended, or nothing useful answers there.
    #[error("{0}")]
    Session(#[from] Error),
}

/// What is told, in order; the last is [`Update::Stopped`], if the server ends it.
pub type Updates = UnboundedReceiver<Update>;

/// A line to the server that mends itself. Dropping it hangs up.
///
/// What is ordered while the line is cut waits, without bound, in the caller's memory.
#[derive(Debug, Clone)]
pub struct Line(UnboundedSender<Order>);

impl Line {
    /// Says something. It arrives exactly once however often the line is cut, after what was said before
    /// in the same room; [`Update::Acked`] or [`Update::Refused`] with the `cmid` returned here tells.
    pub fn say(&self, room: RoomId, body: String) -> Cmid {
        let cmid = Cmid(Uuid::new_v4());
        self.say_as(room, cmid, body);
        cmid
    }

    /// Says something under a `cmid` made by the caller: again, for example.
    pub fn say_as(&self, room: RoomId, cmid: Cmid, body: String) {
        self.order(Order::Say(room, MessageSend { cmid, body, reply_to: None }));
    }

    /// Hears one more room, from its top on.
    pub fn hear(&self, room: RoomId) {
        self.order(Order::Hear(room));
    }

    /// Asks for the newest messages, or those before a `seq`; [`Update::History`] brings them.
    pub fn history(&self, room: RoomId, before: Option<Seq>, limit: u32) {
        self.order(Order::History(room, History { before, after: None, limit }));
    }

    /// Everything up to here is read.
    pub fn read(&self, room: RoomId, seq: Seq) {
        self.order(Order::Read(room, seq));
    }

    /// Drops the socket as a failing network would, and connects again.
    pub fn cut(&self) {
        self.order(Order::Cut);
    }

    fn order(&self, order: Order) {
        // After the end there is nobody to take it; the updates have said so.
        let _ = self.0.send(order);
    }
}

/// Connects in the background and hears these rooms from their tops on (and the personal one).
///
/// Must be called on a thread with a local task set.
#[must_use]
pub fn connect(session: &Session, rooms: &[RoomId]) -> (Line, Updates) {
    start(session, Dialogue::new(rooms.iter().map(|room| (*room, None))))
}

/// The same for one who has heard each room up to a `seq` before, or 0 to be told everything.
#[must_use]
pub fn connect_after(session: &Session, rooms: &[(RoomId, Seq)]) -> (Line, Updates) {
    start(session, Dialogue::new(rooms.iter().map(|(room, seq)| (*room, Some(*seq)))))
}

fn start(session: &Session, dialogue: Dialogue) -> (Line, Updates) {
    let (orders, taken) = unbounded_channel();
    let (told, updates) = unbounded_channel();
    let driver = Driver { session: session.clone(), dialogue, orders: taken, told };
    tokio::task::spawn_local(driver.run());
    (Line(orders), updates)
}

struct Driver {
    session: Session,
    dialogue: Dialogue,
    orders: UnboundedReceiver<Order>,
    told: UnboundedSender<Update>,
}

/// How a connection ended.
enum End {
    /// Cut: connect again.
    Cut,
    /// The server named a reason that ends it.
    Unwelcome(Stop),
    /// The caller hung up.
    HungUp,
}

impl Driver {
    async fn run(mut self) {
        let mut backoff = Backoff::default();
        loop {
            let end = match timeout(PATIENCE, open(&self.session)).await {
                Ok(Ok(socket)) => self.talk(socket).await,
                Ok(Err(Some(stop))) => End::Unwelcome(stop),
                Ok(Err(None)) | Err(_) => End::Cut,
            };
            if self.dialogue.is_welcome() {
                backoff.reset();
            }
            self.dialogue.cut(Instant::now());
            self.tell();
            match end {
                End::Cut => {}
                End::Unwelcome(stop) => {
                    let _ = self.told.send(Update::Stopped(stop));
                    return;
                }
                End::HungUp => return,
            }
            if !self.wait(backoff.next_wait()).await {
                return;
            }
        }
    }

    /// Waits, taking orders; false if the caller hung up.
    async fn wait(&mut self, wait: Duration) -> bool {
        let until = sleep(wait);
        tokio::pin!(until);
        loop {
            tokio::select! {
                () = &mut until => return true,
                order = self.orders.recv() => match order {
                    // There is nothing to cut.
                    Some(Order::Cut) => {}
                    Some(order) => self.dialogue.order(order, Instant::now()),
                    None => return false,
                },
            }
        }
    }

    /// One connection from `hello` to its end.
    async fn talk(&mut self, mut socket: Socket) -> End {
        self.dialogue.begin(Instant::now());
        let mut ticks = tokio::time::interval(TICK);
        let mut heard = Instant::now();
        loop {
            if self.dialogue.takes_ticket()
                && let Ok(ticket) = self.session.ws_ticket().await
            {
                self.dialogue.refresh(ticket, Instant::now());
            }
            self.tell();
            if !matches!(timeout(PATIENCE, self.write(&mut socket)).await, Ok(Ok(()))) {
                return End::Cut;
            }
            tokio::select! {
                frame = socket.next() => {
                    heard = Instant::now();
                    match frame {
                        Some(Ok(Message::Text(text))) => self.dialogue.receive(text.as_str(), heard),
                        Some(Ok(Message::Close(close))) => {
                            return close.map_or(End::Cut, |close| verdict(close.code.into(), close.reason.as_str()));
                        }
                        // Pings are answered below us.
                        Some(Ok(_)) => {}
                        Some(Err(_)) | None => return End::Cut,
                    }
                }
                order = self.orders.recv() => match order {
                    Some(order) => self.dialogue.order(order, Instant::now()),
                    None => {
                        let _ = timeout(PATIENCE, socket.close(None)).await;
                        return End::HungUp;
                    }
                },
                _ = ticks.tick() => self.dialogue.tick(Instant::now()),
            }
            let now = Instant::now();
            if self.dialogue.is_over(now) || now.duration_since(heard) > SILENCE {
                return End::Cut;
            }
        }
    }

    fn tell(&mut self) {
        while let Some(update) = self.dialogue.next_update() {
            // A caller that does not listen may still speak.
            let _ = self.told.send(update);
        }
    }

    async fn write(&mut self, socket: &mut Socket) -> Result<(), tungstenite::Error> {
        while let Some(frame) = self.dialogue.next_frame() {
            socket.feed(Message::text(frame)).await?;
        }
        socket.flush().await
    }
}

/// Gets a ticket and connects with it. An error without a reason is one that may pass.
async fn open(session: &Session) -> Result<Socket, Option<Stop>> {
    let ticket = session.ws_ticket().await.map_err(|error| (!error.may_retry()).then(|| error.into()))?;
    // `https` becomes `wss`.
    let address = format!("{}/v1/ws", session.server().replacen("http", "ws", 1));
    let strange = |_| Some(Stop::Session(Error::Address(address.clone())));
    let mut request = address.as_str().into_client_request().map_err(strange)?;
    let offer = format!("{SUBPROTOCOL}, {TICKET_PREFIX}{ticket}");
    let offer = HeaderValue::from_str(&offer).map_err(|_| Some(Stop::Session(Error::Strange("a ticket".into()))))?;
    request.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, offer);
    match connect_async_tls_with_config(request, None, true, Some(Connector::Rustls(session.tls()))).await {
        Ok((socket, _)) => Ok(socket),
        Err(tungstenite::Error::Http(answer)) if answer.status().is_client_error() => {
            Err(Some(Stop::Unwelcome { code: answer.status().as_u16(), reason: "not a WebSocket of this protocol".into() }))
        }
        Err(_) => Err(None),
    }
}

/// The range is the verdict. From 4050 to 4099 a new ticket is needed, which every connection gets.
fn verdict(code: u16, reason: &str) -> End {
    match code {
        4100..=4199 => End::Unwelcome(Stop::Unwelcome { code, reason: reason.to_owned() }),
        _ => End::Cut,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use allthrive_protocol::CloseCode;

    #[test]
    fn only_the_last_range_ends_it() {
        let goes_on = |code: CloseCode| matches!(verdict(code.number(), ""), End::Cut);
        assert!(goes_on(CloseCode::Restart) && goes_on(CloseCode::Slow) && goes_on(CloseCode::Expired) && goes_on(CloseCode::Revoked));
        assert!(!goes_on(CloseCode::BadProtocol) && !goes_on(CloseCode::Banned) && !goes_on(CloseCode::Origin));
        // A proxy that goes away, a message too big for what is in between.
        assert!(matches!(verdict(1001, ""), End::Cut) && matches!(verdict(1009, ""), End::Cut));
    }
}
