//! `allthrive chat`: talk from a terminal. The simplest example of a client: sign in, find the room,
//! connect, then print what is told and say what is typed. What happens when the line is cut is the
//! affair of `allthrive-client`; here it is two lines on the screen.

use std::collections::HashSet;
use std::io::{self, BufRead as _, IsTerminal as _, Write};
use std::path::PathBuf;

use allthrive_client::rest::{Conversation, PublicRoom};
use allthrive_client::{Error, Session, Stop, Update, connect, tls};
use allthrive_protocol::event::{Event, Fact};
use allthrive_protocol::{Cmid, RoomId, Seq, UserId};
use thiserror::Error;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// How much of the past is shown first.
const RECENT: u32 = 20;

/// Talk from this terminal. Ctrl-D ends it.
#[derive(Debug, clap::Args)]
pub struct Chat {
    /// The server's address.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080")]
    server: String,
    /// Username or e-mail address. The password is asked for, or taken from `ALLTHRIVE_PASSWORD`, or from
    /// the first line of the input if that is no terminal.
    #[arg(long, value_name = "NAME")]
    user: String,
    /// A file of PEM with the certificate of an authority of one's own, believed beside the public ones.
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// The title or id of a conversation or public room, or @name for a person. Without it: which there are.
    room: Option<String>,
}

/// Why a talk did not begin, or ended otherwise than by Ctrl-D.
#[derive(Debug, Error)]
pub enum Ended {
    /// The server said no, or is not there.
    #[error(transparent)]
    Server(#[from] Error),
    /// The server wants no further connection.
    #[error(transparent)]
    Stopped(#[from] Stop),
    /// No such room.
    #[error("there is no conversation or public room called {0}; leave it out to see which there are")]
    NoRoom(String),
    /// Several rooms of that title.
    #[error("several are called {0}; give the id instead: {1}")]
    Ambiguous(String, String),
    /// The room was taken away, or the account out of it.
    #[error("this conversation is not yours any more")]
    Gone,
    /// The terminal.
    #[error("the terminal: {0}")]
    Terminal(#[from] io::Error),
}

impl Chat {
    /// Talks until Ctrl-D.
    ///
    /// # Errors
    /// What ended it otherwise.
    pub async fn run(self) -> Result<(), Ended> {
        if let Some(file) = &self.ca {
            tls::trust(file)?;
        }
        let session = Session::sign_in(&self.server, &self.user, &password()?).await?;
        let Some(wanted) = &self.room else { return list(&session).await };
        let (room, name) = find(&session, wanted).await?;
        let mut screen = Screen::new(io::stdout(), io::stdin().is_terminal() && io::stdout().is_terminal());
        screen.note(&format!("{name} – Ctrl-D ends"))?;
        talk(&session, room, lines_typed(), &mut screen).await
    }
}

/// Prints what is told and says what is typed, until the typing ends and everything said is answered.
async fn talk<W: Write>(
    session: &Session,
    room: RoomId,
    mut typed: UnboundedReceiver<String>,
    screen: &mut Screen<W>,
) -> Result<(), Ended> {
    let (line, mut updates) = connect(session, &[room]);
    let own = session.me().id;
    let mut past = Past::default();
    let mut waiting: HashSet<Cmid> = HashSet::new();
    let mut is_typing = true;
    while is_typing || !waiting.is_empty() {
        tokio::select! {
            text = typed.recv(), if is_typing => match text {
                Some(text) if text.trim().is_empty() => {}
                Some(text) => {
                    screen.take_back_typed_line()?;
                    waiting.insert(line.say(room, text));
                }
                None => is_typing = false,
            },
            Some(update) = updates.recv() => match update {
                Update::Online(_) => screen.online()?,
                Update::Offline => screen.note("… waiting for the connection")?,
                // Where the room begins for us: the past is had by history, what comes follows.
                Update::Began { room: begun, .. } | Update::Reset { room: begun, .. } if begun == room => {
                    past = Past::default();
                    line.history(room, None, RECENT);
                }
                Update::History { page, .. } => {
                    if page.top > 0 {
                        line.read(room, page.top);
                    }
                    let shown = page.messages.into_iter().map(|item| Event {
                        room: Some(room),
                        seq: Some(item.seq),
                        ts: Some(item.ts),
                        fact: Fact::MessageNew(item.message),
                    });
                    for event in past.shown(page.top, shown) {
                        screen.event(&event)?;
                    }
                }
                Update::Event(event) if event.room == Some(room) => {
                    if let Some(event) = past.or_now(event) {
                        screen.event(&event)?;
                        if let (Some(seq), true) = (event.seq, is_by_another(&event, own)) {
                            line.read(room, seq);
                        }
                    }
                }
                Update::Acked { cmid, .. } => {
                    waiting.remove(&cmid);
                }
                Update::Refused { cmid, refusal, .. } => {
                    waiting.remove(&cmid);
                    screen.note(&format!("not sent: {}", refusal.message))?;
                }
                Update::Gone(gone) if gone == room => return Err(Ended::Gone),
                Update::Stopped(stop) => return Err(stop.into()),
                Update::Event(_)
                | Update::Unknown { .. }
                | Update::Heard(_)
                | Update::Hidden { .. }
                | Update::Began { .. }
                | Update::Reset { .. }
                | Update::Lagged(_)
                | Update::Gone(_) => {}
            },
            else => break,
        }
    }
    Ok(())
}

fn is_by_another(event: &Event, own: UserId) -> bool {
    matches!(&event.fact, Fact::MessageNew(message) if message.author.id != own)
}

/// Puts the past, which is asked for, before what comes meanwhile, and each event once.
#[derive(Default)]
struct Past {
    /// The last number shown; none while the past is on its way.
    last: Option<Seq>,
    held: Vec<Event>,
}

impl Past {
    /// The past came: what is to be shown now, up to the top it was read at and beyond it.
    fn shown(&mut self, top: Seq, past: impl Iterator<Item = Event>) -> Vec<Event> {
        self.last = Some(top);
        let held = std::mem::take(&mut self.held);
        past.chain(held.into_iter().filter(|event| event.seq > Some(top))).collect()
    }

    /// The event, if now is the time to show it.
    fn or_now(&mut self, event: Event) -> Option<Event> {
        match self.last {
            None => {
                self.held.push(event);
                None
            }
            Some(last) => (event.seq > Some(last)).then_some(event),
        }
    }
}

/// What a person sees. Nothing that others wrote reaches the terminal as anything but text.
struct Screen<W> {
    out: W,
    /// Whether what is typed is seen above what is printed.
    is_echoed: bool,
    was_online: bool,
}

impl<W: Write> Screen<W> {
    fn new(out: W, is_echoed: bool) -> Self {
        Self { out, is_echoed, was_online: false }
    }

    fn note(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "* {}", plain(text))?;
        self.out.flush()
    }

    /// Worth a line only after a cut.
    fn online(&mut self) -> io::Result<()> {
        if std::mem::replace(&mut self.was_online, true) { self.note("connected again") } else { Ok(()) }
    }

    fn event(&mut self, event: &Event) -> io::Result<()> {
        match &event.fact {
            Fact::MessageNew(message) => {
                let text = message.body.as_deref().map_or("(deleted)".into(), plain);
                writeln!(self.out, "{}: {text}", plain(&message.author.username))?;
                self.out.flush()
            }
            Fact::MessageEdited(edited) => {
                self.note(&format!("message {} now says: {}", edited.target, edited.body.as_deref().unwrap_or("(deleted)")))
            }
            Fact::MessageDeleted(deleted) => self.note(&format!("message {} was deleted", deleted.target)),
            Fact::Reaction(put) if put.on => self.note(&format!("{} {} message {}", put.user.username, put.emoji, put.target)),
            Fact::Reaction(gone) => self.note(&format!("{} took {} from message {}", gone.user.username, gone.emoji, gone.target)),
            Fact::MemberJoined(joined) => self.note(&format!("{} is here now", joined.user.username)),
            Fact::MemberLeft(left) if left.how == "left" => self.note(&format!("{} has left", left.user.username)),
            Fact::MemberLeft(left) => self.note(&format!("{} was {}", left.user.username, left.how)),
            Fact::MemberRole(now) => self.note(&format!("{} is {} now", now.user.username, now.role)),
            Fact::ModerationMuted(muted) if muted.until_ts.is_some() => self.note(&format!("{} was muted", muted.user.username)),
            Fact::ModerationMuted(muted) => self.note(&format!("{} may write again", muted.user.username)),
            Fact::ModerationBanned(banned) => self.note(&format!("{} was banned", banned.user.username)),
            Fact::ModerationUnbanned(banned) => self.note(&format!("{} may come back", banned.user.username)),
            Fact::ModerationSlowMode(slow) => self.note(&format!("slow mode: {} s between messages", slow.seconds)),
            Fact::Typing(_)
            | Fact::Read(_)
            | Fact::Presence(_)
            | Fact::Tops(_)
            | Fact::RoomLag(_)
            | Fact::Reset(_)
            | Fact::Gone(_)
            | Fact::AuthExpiring(_)
            | Fact::Reconnect(_)
            | Fact::QuizOwn(_)
            | Fact::QuizPlace(_)
            | Fact::QuizCount(_)
            | Fact::QuizTally(_)
            | Fact::QuizFlags(_)
            | Fact::QuizReactions(_)
            | Fact::QuizSuperseded(_)
            | Fact::QuizKicked(_) => Ok(()),
        }
    }

    /// The line that was typed comes back as a message once the server has it; until then it is not there.
    fn take_back_typed_line(&mut self) -> io::Result<()> {
        // Up one line and erase it (ECMA-48: CUU, EL).
        if self.is_echoed { write!(self.out, "\x1b[1A\x1b[2K\r") } else { Ok(()) }
    }
}

/// Text without what a terminal would obey (ECMA-48 control characters) and without what turns the
/// direction of the line (Unicode UAX #9). Further lines are set in, so that none can pose as another's.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => plain.push_str("\n    "),
            '\t' => plain.push(' '),
            '\r' => {}
            '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => plain.push('\u{FFFD}'),
            c if c.is_control() => plain.push('\u{FFFD}'),
            c => plain.push(c),
        }
    }
    plain
}

/// Never as an argument: every process of the machine can read those.
fn password() -> io::Result<String> {
    if let Ok(password) = std::env::var("ALLTHRIVE_PASSWORD") {
        return Ok(password);
    }
    if io::stdin().is_terminal() {
        return rpassword::prompt_password("Password: ");
    }
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// The lines of the input, read on a thread of its own: it may wait for ever, and dies with the process.
fn lines_typed() -> UnboundedReceiver<String> {
    let (sender, typed) = unbounded_channel();
    std::thread::spawn(move || {
        for line in io::stdin().lock().lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    typed
}

/// The room a person means, joined if need be, and what to call it.
async fn find(session: &Session, wanted: &str) -> Result<(RoomId, String), Ended> {
    if let Some(username) = wanted.strip_prefix('@') {
        let direct = session.open_direct(username).await?;
        return Ok((direct.id, format!("@{username}")));
    }
    let (own, public) = (session.conversations().await?, session.public_rooms().await?);
    let (room, name, is_joined) = pick(wanted, &own, &public)?;
    if !is_joined {
        session.join(room).await?;
    }
    Ok((room, name))
}

/// Picks by id or by title in any case: the own conversations first, then the public rooms.
fn pick(wanted: &str, own: &[Conversation], public: &[PublicRoom]) -> Result<(RoomId, String, bool), Ended> {
    let meant = |id: RoomId, title: &str| id.to_string() == wanted || title.to_lowercase() == wanted.to_lowercase();
    let own = own.iter().map(|c| (c.id, c.name(), true));
    let public = public.iter().filter(|room| !room.joined).map(|room| (room.id, room.title.clone(), false));
    let mut found: Vec<_> = own.chain(public).filter(|(id, title, _)| meant(*id, title)).collect();
    match found.len() {
        0 => Err(Ended::NoRoom(wanted.to_owned())),
        1 => Ok(found.remove(0)),
        _ => {
            let ids: Vec<_> = found.iter().map(|(id, ..)| id.to_string()).collect();
            Err(Ended::Ambiguous(wanted.to_owned(), ids.join(", ")))
        }
    }
}

/// Without a room: which there are.
async fn list(session: &Session) -> Result<(), Ended> {
    let mut out = io::stdout();
    for conversation in session.conversations().await? {
        let unread = if conversation.unread > 0 { format!("  {} new", conversation.unread) } else { String::new() };
        writeln!(out, "{}  {}{unread}", conversation.id, plain(&conversation.name()))?;
    }
    for room in session.public_rooms().await?.into_iter().filter(|room| !room.joined) {
        writeln!(out, "{}  {}  open to all", room.id, plain(&room.title))?;
    }
    writeln!(out, "\nTalk: allthrive chat --server {} --user {} ROOM, or @name", session.server(), session.me().username)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use allthrive_protocol::event::{Message, Person};
    use uuid::Uuid;

    fn message(seq: Seq, body: &str) -> Event {
        let author = Person { id: UserId(Uuid::nil()), username: "mira".into(), name: "Mira".into() };
        let message = Message { author, cmid: Cmid(Uuid::nil()), body: Some(body.into()), reply_to: None, rev: 1 };
        Event { room: None, seq: Some(seq), ts: None, fact: Fact::MessageNew(message) }
    }

    fn seqs(events: &[Event]) -> Vec<Seq> {
        events.iter().filter_map(|event| event.seq).collect()
    }

    #[test]
    fn the_past_comes_before_what_came_meanwhile_and_nothing_twice() {
        let mut past = Past::default();
        assert_eq!(past.or_now(message(4, "d")), None);
        assert_eq!(past.or_now(message(5, "e")), None);
        let shown = past.shown(4, [message(3, "c"), message(4, "d")].into_iter());
        assert_eq!(seqs(&shown), [3, 4, 5]);
        assert_eq!(past.or_now(message(4, "d")), None);
        assert!(past.or_now(message(6, "f")).is_some());
    }

    #[test]
    fn what_others_wrote_is_text_to_the_terminal() {
        let mut screen = Screen::new(Vec::new(), false);
        screen.event(&message(1, "a\x1b[2Jb\u{9b}31m\u{202e}c\x07\nzoe: fake")).unwrap();
        let seen = String::from_utf8(screen.out).unwrap();
        assert_eq!(seen, "mira: a\u{fffd}[2Jb\u{fffd}31m\u{fffd}c\u{fffd}\n    zoe: fake\n");
    }

    fn conversation(n: u128, title: &str) -> Conversation {
        Conversation { id: RoomId(Uuid::from_u128(n)), kind: "group".into(), title: Some(title.into()), with: None, top: 0, unread: 0 }
    }

    fn public(n: u128, title: &str, joined: bool) -> PublicRoom {
        PublicRoom { id: RoomId(Uuid::from_u128(n)), title: title.into(), members: 1, joined }
    }

    #[test]
    fn a_room_is_found_by_title_in_any_case_or_by_id() {
        let own = [conversation(1, "Lake trip"), conversation(2, "Tuesday")];
        let rooms = [public(2, "Tuesday", true), public(3, "Garden", false)];
        assert_eq!(pick("lake TRIP", &own, &rooms).unwrap(), (RoomId(Uuid::from_u128(1)), "Lake trip".into(), true));
        assert_eq!(pick("Tuesday", &own, &rooms).unwrap().0, RoomId(Uuid::from_u128(2)));
        assert_eq!(pick(&Uuid::from_u128(3).to_string(), &own, &rooms).unwrap(), (RoomId(Uuid::from_u128(3)), "Garden".into(), false));
        assert!(matches!(pick("Attic", &own, &rooms), Err(Ended::NoRoom(_))));
    }

    #[test]
    fn two_rooms_of_one_title_are_told_apart_by_id() {
        let own = [conversation(1, "Lake"), conversation(2, "Lake")];
        assert!(matches!(pick("Lake", &own, &[]), Err(Ended::Ambiguous(..))));
    }
}
