//! Every place that names a table with soft deletion. A read names the view of live rows; each place
//! below has a reason to name the table itself.

use std::collections::BTreeMap;
use std::path::Path;

/// File, table, how often, why.
const PLACES: &[(&str, &str, usize, &str)] = &[
    ("attempts.rs", "attempts_all", 3, "writes, and a lock is on the table's row"),
    ("attempts.rs", "users_all", 1, "a lock is on the table's row"),
    ("facts.rs", "rooms_all", 2, "a lock is on the table's row; whether the room lives is read after it"),
    ("history.rs", "users_all", 1, "authors keep their place when their account is gone"),
    ("conversations.rs", "users_all", 3, "authors and members keep their place when their account is gone"),
    ("reactors.rs", "users_all", 1, "who reacted keeps their place when their account is gone"),
    ("restrictions.rs", "users_all", 1, "a ban of somebody whose account is gone can be seen and lifted"),
    (
        "users.rs",
        "users_all",
        6,
        "writes: a new account, an address released; and a name or an address stays taken, and somebody was the first, when the account is gone",
    ),
    ("mail_tokens.rs", "users_all", 1, "a write: the address is verified"),
    ("facts.rs", "users_all", 1, "a lock is on the table's row"),
    ("log.rs", "rooms_all", 3, "writes: a new room, and a top under its lock"),
    ("quiz_writes.rs", "users_all", 1, "a lock is on the table's row"),
    ("quiz_writes.rs", "quizzes_all", 6, "writes; and a creation or a deletion that comes again is known when its quiz is gone"),
    ("replay.rs", "users_all", 3, "authors keep their place when their account is gone"),
];

#[test]
fn every_place_that_names_an_all_table_is_listed_with_its_reason() {
    let tables = tables();
    assert!(tables.iter().any(|table| table == "users_all"), "{tables:?}");
    let mut found = BTreeMap::new();
    for file in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        let text = std::fs::read_to_string(&file).expect("a source file is readable");
        let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        let words = code.flat_map(|line| line.split(|c: char| !c.is_alphanumeric() && c != '_'));
        for word in words.filter(|word| tables.iter().any(|table| table == word)) {
            let name = file.file_name().expect("a file has a name").to_string_lossy().into_owned();
            *found.entry((name, word.to_owned())).or_insert(0) += 1;
        }
    }
    let listed = PLACES.iter().map(|(file, table, times, _)| (((*file).to_owned(), (*table).to_owned()), *times));
    assert_eq!(found, listed.collect(), "list the new place in PLACES with its reason, or name the view");
}

/// What the migrations make.
fn tables() -> Vec<String> {
    let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations");
    let texts = sources(&migrations).into_iter().map(|file| std::fs::read_to_string(file).expect("a migration is readable"));
    let names = |text: String| {
        let words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
        words.windows(3).filter(|words| words[0] == "CREATE" && words[1] == "TABLE").map(|words| words[2].clone()).collect::<Vec<_>>()
    };
    texts.flat_map(names).filter(|name| name.ends_with("_all")).collect()
}

fn sources(dir: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(dir).expect("the directory is there");
    let paths = entries.map(|entry| entry.expect("the directory is readable").path());
    let found = paths.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] });
    found.filter(|path| path.extension().is_some_and(|ext| ext == "rs" || ext == "sql")).collect()
}
