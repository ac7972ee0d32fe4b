//! The notes of clients against the truth.
//!
//! What must hold: a room's numbers are 1, 2, 3, … without a hole; a write (author, `cmid`) is there once;
//! every acknowledged message is there, under the number and with the text it was acknowledged for; every
//! client was told exactly what the truth says, from where its log begins to the end.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;

use allthrive_client::RoomLog;
use allthrive_client::log::{Flaw, Told};
use allthrive_protocol::{Cmid, RoomId, Seq, UserId};

/// Most flaws that are written out; the rest are counted.
const WRITTEN_OUT: usize = 40;

/// A message that was acknowledged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ack {
    /// Where.
    pub room: RoomId,
    /// Its number.
    pub seq: Seq,
    /// Who said it.
    pub author: UserId,
    /// Its mark.
    pub cmid: Cmid,
    /// What was said.
    pub body: String,
    /// Whether the server had it already: the first acknowledgement was lost.
    pub dup: bool,
}

/// What one client was told of one room.
#[derive(Debug, Clone)]
pub struct Heard {
    /// Names the client in a flaw.
    pub client: String,
    /// The room.
    pub room: RoomId,
    /// What it was told.
    pub log: RoomLog,
    /// What the server must not have told, noted when it did.
    pub flaws: Vec<Flaw>,
}

/// The truth: each room's log from its first number on, read from the database or by a client that came
/// afterwards.
pub type Truth = BTreeMap<RoomId, Vec<Told>>;

/// What does not hold, counted by what it means to people.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figures {
    /// Acknowledged and not there, or there and not told to somebody.
    pub lost: usize,
    /// There twice, or told again.
    pub repeated: usize,
    /// Numbers that do not follow each other.
    pub out_of_order: usize,
    /// Acknowledgements of something else than was said, or under another number.
    pub false_acks: usize,
    /// Anything else.
    pub other: usize,
}

#[derive(Debug, Clone, Copy)]
enum Of {
    Lost,
    Repeated,
    OutOfOrder,
    FalseAck,
    Other,
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { lost, repeated, out_of_order, false_acks, other } = self;
        write!(f, "lost {lost}, repeated {repeated}, out of order {out_of_order}, false acknowledgements {false_acks}, else {other}")
    }
}

/// What the check found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Entries in all rooms.
    pub entries: usize,
    /// Messages acknowledged.
    pub acknowledged: usize,
    /// Of them, those whose first acknowledgement was lost.
    pub retried: usize,
    /// Events told, all clients together.
    pub told: usize,
    /// What does not hold, one sentence each.
    pub flaws: Vec<String>,
    /// The same, counted.
    pub figures: Figures,
}

impl Report {
    fn flaw(&mut self, of: Of, sentence: String) {
        let figures = &mut self.figures;
        let count = match of {
            Of::Lost => &mut figures.lost,
            Of::Repeated => &mut figures.repeated,
            Of::OutOfOrder => &mut figures.out_of_order,
            Of::FalseAck => &mut figures.false_acks,
            Of::Other => &mut figures.other,
        };
        *count += 1;
        self.flaws.push(sentence);
    }

    /// Takes in what was noticed beside the logs.
    pub fn notice(&mut self, flaws: Vec<String>) {
        flaws.into_iter().for_each(|flaw| self.flaw(Of::Other, flaw));
    }

    /// Whether everything holds.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.flaws.is_empty()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { entries, acknowledged, retried, told, flaws, figures } = self;
        write!(f, "{entries} entries, {acknowledged} acknowledged ({retried} on a retry), {told} told: {figures}")?;
        for flaw in flaws.iter().take(WRITTEN_OUT) {
            write!(f, "\n  {flaw}")?;
        }
        if flaws.len() > WRITTEN_OUT {
            write!(f, "\n  … and {} more", flaws.len() - WRITTEN_OUT)?;
        }
        Ok(())
    }
}

/// Compares the notes with the truth.
#[must_use]
pub fn check(heard: &[Heard], acks: &[Ack], truth: &Truth) -> Report {
    let mut report = Report {
        entries: truth.values().map(Vec::len).sum(),
        acknowledged: acks.len(),
        retried: acks.iter().filter(|ack| ack.dup).count(),
        told: heard.iter().map(|heard| heard.log.told().len()).sum(),
        ..Report::default()
    };
    for (room, log) in truth {
        check_room(*room, log, &mut report);
    }
    check_acks(acks, truth, &mut report);
    for heard in heard {
        for flaw in &heard.flaws {
            let of = match flaw {
                Flaw::Hole { .. } => Of::OutOfOrder,
                Flaw::Repeat { .. } => Of::Repeated,
                Flaw::NotDurable => Of::Other,
            };
            report.flaw(of, format!("{} in {}: {flaw}", heard.client, heard.room));
        }
        check_heard(heard, truth.get(&heard.room).map_or(&[], Vec::as_slice), &mut report);
    }
    report
}

fn check_room(room: RoomId, log: &[Told], report: &mut Report) {
    let mut writes = HashSet::new();
    for (expected, told) in (1..).zip(log) {
        if told.seq != expected {
            report.flaw(Of::OutOfOrder, format!("{room}: number {expected} is to come, {} is there", told.seq));
            return;
        }
        if let Some(cmid) = told.cmid
            && !writes.insert((told.author, cmid))
        {
            report.flaw(Of::Repeated, format!("{room}: {cmid} of {} is there twice, again at {}", told.author, told.seq));
        }
    }
}

fn check_acks(acks: &[Ack], truth: &Truth, report: &mut Report) {
    let mut numbers: HashMap<(RoomId, UserId, Cmid), Seq> = HashMap::new();
    let told = truth.iter().flat_map(|(room, log)| log.iter().map(move |told| (*room, told)));
    let kept: HashMap<_, _> = told.filter_map(|(room, told)| Some(((room, told.author, told.cmid?), told))).collect();
    for ack in acks {
        let first = *numbers.entry((ack.room, ack.author, ack.cmid)).or_insert(ack.seq);
        if first != ack.seq {
            report.flaw(Of::FalseAck, format!("{}: {} was acknowledged as {first} and as {}", ack.room, ack.cmid, ack.seq));
        }
        match kept.get(&(ack.room, ack.author, ack.cmid)) {
            None => report.flaw(Of::Lost, format!("{}: {} was acknowledged as {} and is lost", ack.room, ack.cmid, ack.seq)),
            Some(told) if told.seq != ack.seq => {
                report.flaw(Of::FalseAck, format!("{}: {} was acknowledged as {} and is {}", ack.room, ack.cmid, ack.seq, told.seq));
            }
            Some(told) if told.kind != "message.new" || told.body.as_ref() != Some(&ack.body) => {
                report.flaw(Of::FalseAck, format!("{}: {} says something else than was said", ack.room, ack.seq));
            }
            Some(_) => {}
        }
    }
}

fn check_heard(heard: &Heard, truth: &[Told], report: &mut Report) {
    let whose = || format!("{} in {}", heard.client, heard.room);
    let begins = usize::try_from(heard.log.base()).unwrap_or(usize::MAX);
    let Some(truth) = truth.get(begins..) else {
        report.flaw(Of::Other, format!("{} begins after {begins}, above the top", whose()));
        return;
    };
    if heard.log.told().len() != truth.len() {
        let of = if heard.log.told().len() < truth.len() { Of::Lost } else { Of::Other };
        let (top, end) = (heard.log.top(), truth.last().map_or(heard.log.base(), |told| told.seq));
        report.flaw(of, format!("{} was told up to {top}, the truth ends at {end}", whose()));
    }
    for (told, is) in heard.log.told().iter().zip(truth) {
        if told != is {
            report.flaw(Of::Other, format!("{} was told {told:?}, and {is:?} is true", whose()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use allthrive_protocol::event::{Event, Fact, Message, Person};
    use uuid::Uuid;

    fn room() -> RoomId {
        RoomId(Uuid::from_u128(1))
    }

    fn author() -> UserId {
        UserId(Uuid::from_u128(9))
    }

    fn event(seq: Seq, cmid: u128, body: &str) -> Event {
        let author = Person { id: author(), username: "mira".into(), name: "Mira".into() };
        let message = Message { author, cmid: Cmid(Uuid::from_u128(cmid)), body: Some(body.into()), reply_to: None, rev: 1 };
        Event { room: Some(room()), seq: Some(seq), ts: Some(1), fact: Fact::MessageNew(message) }
    }

    fn truth(events: &[Event]) -> Truth {
        BTreeMap::from([(room(), events.iter().filter_map(Told::of).collect())])
    }

    fn heard(base: Seq, events: &[Event]) -> Heard {
        let mut log = RoomLog::after(base);
        let flaws = events.iter().filter_map(|event| log.apply(event).err()).collect();
        Heard { client: "client 1".into(), room: room(), log, flaws }
    }

    fn ack(seq: Seq, cmid: u128, body: &str) -> Ack {
        Ack { room: room(), seq, author: author(), cmid: Cmid(Uuid::from_u128(cmid)), body: body.into(), dup: false }
    }

    fn three() -> [Event; 3] {
        [event(1, 11, "a"), event(2, 12, "b"), event(3, 13, "c")]
    }

    fn only_flaw(report: Report) -> String {
        assert_eq!(report.flaws.len(), 1, "{report}");
        report.flaws[0].clone()
    }

    #[test]
    fn all_well() {
        let all = three();
        let acks = [ack(2, 12, "b"), Ack { dup: true, ..ack(3, 13, "c") }];
        let report = check(&[heard(0, &all), heard(1, &all[1..])], &acks, &truth(&all));
        assert!(report.is_clean(), "{report}");
        assert_eq!((report.entries, report.acknowledged, report.retried, report.told), (3, 2, 1, 5));
    }

    #[test]
    fn an_acknowledged_message_that_is_not_there_is_lost() {
        let report = check(&[], &[ack(4, 14, "d")], &truth(&three()));
        assert_eq!(report.figures, Figures { lost: 1, ..Figures::default() });
        assert!(only_flaw(report).ends_with("and is lost"));
    }

    #[test]
    fn an_acknowledgement_names_the_number_and_the_text() {
        let report = check(&[], &[ack(3, 12, "b")], &truth(&three()));
        assert_eq!(report.figures, Figures { false_acks: 1, ..Figures::default() });
        assert!(only_flaw(report).ends_with("was acknowledged as 3 and is 2"));
        assert!(only_flaw(check(&[], &[ack(2, 12, "B")], &truth(&three()))).contains("something else"));
        let two = check(&[], &[ack(2, 12, "b"), ack(3, 12, "b")], &truth(&three()));
        assert!(two.flaws[0].contains("was acknowledged as 2 and as 3"));
    }

    #[test]
    fn a_write_that_is_there_twice_is_a_flaw() {
        let doubled = [event(1, 11, "a"), event(2, 11, "a")];
        assert!(only_flaw(check(&[], &[], &truth(&doubled))).contains("is there twice"));
    }

    #[test]
    fn a_hole_in_the_truth_is_a_flaw() {
        let holed = [event(1, 11, "a"), event(3, 13, "c")];
        assert_eq!(check(&[], &[], &truth(&holed)).figures, Figures { out_of_order: 1, ..Figures::default() });
        assert!(only_flaw(check(&[], &[], &truth(&holed))).contains("number 2 is to come, 3 is there"));
    }

    #[test]
    fn a_client_must_have_been_told_everything() {
        let all = three();
        assert!(only_flaw(check(&[heard(0, &all[..2])], &[], &truth(&all))).ends_with("was told up to 2, the truth ends at 3"));
        assert!(only_flaw(check(&[heard(0, &all)], &[], &truth(&all[..2]))).ends_with("was told up to 3, the truth ends at 2"));
        assert!(only_flaw(check(&[heard(7, &[])], &[], &truth(&all))).contains("above the top"));
    }

    #[test]
    fn a_client_must_not_be_told_anything_else() {
        let all = three();
        let other = [event(1, 11, "a"), event(2, 12, "B"), event(3, 13, "c")];
        assert!(only_flaw(check(&[heard(0, &other)], &[], &truth(&all))).contains("was told Told"));
    }

    #[test]
    fn what_a_client_refused_to_believe_is_reported() {
        let all = three();
        let report = check(&[heard(0, &[all[0].clone(), all[0].clone(), all[1].clone(), all[2].clone()])], &[], &truth(&all));
        assert_eq!(report.figures, Figures { repeated: 1, ..Figures::default() });
        assert!(report.to_string().contains("lost 0, repeated 1, out of order 0, false acknowledgements 0, else 0"), "{report}");
        assert!(only_flaw(report).contains("a repeat"));
    }
}
