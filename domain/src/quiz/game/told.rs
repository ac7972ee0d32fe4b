//! What is left of a game in the conversation where it was launched.

use allthrive_protocol::quiz::board::{Line, Podium};

/// Names that are told, at most.
const MOST: usize = 10;

/// One message: the title, who stands on the podium, and where each player finds the own result. It says nothing in a
/// language: its readers have theirs.
#[must_use]
pub fn told(podium: &Podium, result: &str) -> String {
    // Nobody's name reads as somebody else's line.
    let name = |line: &Line| line.name.replace('·', "‧");
    let place = |line: &Line| format!("{}. {} ({})", line.rank, name(line), line.total);
    let lines: Vec<String> = podium.steps.iter().flatten().filter(|_| podium.ranked).map(place).collect();
    let more = if lines.len() > MOST { " …" } else { "" };
    let stands = lines.into_iter().take(MOST).collect::<Vec<_>>().join(" · ");
    let stands = if stands.is_empty() { String::new() } else { format!("\n{stands}{more}") };
    format!("🏆 {}{stands}\n{result}", podium.title)
}

#[cfg(test)]
mod tests {
    use allthrive_protocol::quiz::phase::Flags;

    use super::*;

    fn podium(steps: Vec<Vec<Line>>, ranked: bool) -> Podium {
        let flags = Flags { paused: None, host_away: false, locked: false };
        Podium { title: "Ships".into(), steps, teams: Vec::new(), players: 3, ranked, flags }
    }

    fn line(rank: u32, name: &str, total: u64) -> Line {
        Line { rank, name: name.into(), total, moved: None, team: None }
    }

    #[test]
    fn those_on_the_podium_are_told_and_who_ties_shares_a_place() {
        let steps = vec![vec![line(1, "Bo", 2_500), line(1, "Di", 2_500)], Vec::new(), vec![line(3, "Al", 2_000)]];
        let told = told(&podium(steps, true), "https://a.example/live/x/result");
        assert_eq!(told, "🏆 Ships\n1. Bo (2500) · 1. Di (2500) · 3. Al (2000)\nhttps://a.example/live/x/result");
    }

    #[test]
    fn a_name_makes_no_line_of_its_own() {
        let told = told(&podium(vec![vec![line(1, "Bo · 1. Di (9)", 5)]], true), "r");
        assert_eq!(told, "🏆 Ships\n1. Bo ‧ 1. Di (9) (5)\nr");
    }

    #[test]
    fn a_survey_tells_no_places_and_a_hall_of_equals_fits_a_message() {
        assert_eq!(told(&podium(vec![vec![line(1, "Bo", 0)]], false), "r"), "🏆 Ships\nr");
        let equals = (0..10_000).map(|n| line(1, &format!("{}{n}", "界".repeat(16)), 0)).collect();
        let told = told(&podium(vec![equals], true), "r");
        assert!(told.chars().count() < 1_000 && told.contains(" …\n"), "{}", told.len());
    }
}
