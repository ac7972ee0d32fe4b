//! The cases as `docs/CONFORMANCE.md` lists them.

use std::fmt::Write as _;

use super::Case;

/// A line of Markdown for each case, by section, in the order of the cases.
#[must_use]
pub fn listed(cases: &[Case]) -> String {
    let mut sections: Vec<&str> = Vec::new();
    for case in cases {
        if !sections.contains(&case.section) {
            sections.push(case.section);
        }
    }
    let mut text = format!("{} cases.\n", cases.len());
    for section in sections {
        let _ = write!(text, "\n**{section}**\n\n");
        for case in cases.iter().filter(|case| case.section == section) {
            let _ = writeln!(text, "- {case}{}", if case.spends { " *" } else { "" });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::cases::all;
    use super::listed;

    const DOCUMENT: &str = include_str!("../../../docs/CONFORMANCE.md");
    const PROTOCOL: &str = include_str!("../../../docs/PROTOCOL.md");

    #[test]
    fn the_document_lists_every_case_and_no_other() {
        let (_, list) = DOCUMENT.split_once("## The cases\n\n").expect("the list has its heading");
        assert_eq!(list, listed(&all()), "write the list anew from the right side");
    }

    #[test]
    fn each_case_names_a_section_of_the_protocol_and_has_a_name_of_its_own() {
        let mut names = BTreeSet::new();
        for case in all() {
            assert!(PROTOCOL.lines().any(|line| line.trim_start_matches('#').trim() == case.section && line.starts_with('#')), "{case}");
            assert!(names.insert(case.name), "{case} is there twice");
        }
    }
}
