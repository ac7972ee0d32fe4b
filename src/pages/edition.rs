//! The files of the web client as one edition: a name made of all their contents. A page, asked for each time, names
//! its files under `/e/<edition>/`, where they never change and are kept by the browser; what a script imports stands
//! beside it and is of the same edition. A page also names every module it will need, so that they are fetched at once
//! instead of one after the other has been read.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest as _, Sha256};

use super::Files;

/// What stands in a page before the name of a file of ours.
const FOLDERS: [&str; 4] = ["=\"/js/", "=\"/css/", "=\"/icons.svg", "=\"/logo.svg"];

/// A page as it is sent.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) edition: String,
    pub(super) tag: String,
    pub(super) text: String,
}

/// The pages that were made of the edition that was last asked for.
static MADE: Mutex<Vec<(&'static str, Arc<Page>)>> = Mutex::new(Vec::new());

/// The page of this file, naming its files by their edition. None if there is no such file.
#[must_use]
pub(super) fn page(file: &'static str) -> Option<Arc<Page>> {
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    // A debug build reads the files from the disk, where they are being changed.
    if cfg!(debug_assertions) {
        let now = edition_now();
        made.retain(|(_, page)| page.edition == now);
    }
    if let Some((_, page)) = made.iter().find(|(name, _)| *name == file) {
        return Some(Arc::clone(page));
    }
    let source = text_of(file)?;
    let edition = made.first().map_or_else(edition_now, |(_, page)| page.edition.clone());
    let text = dated(&with_modules(&source, text_of), &edition);
    let page = Arc::new(Page { tag: tag_of(&Sha256::digest(&text)), edition, text });
    made.push((file, Arc::clone(&page)));
    Some(page)
}

/// Whether this is the edition of what is here. A page of another one, from before an update or from a neighbour that
/// was updated first, gets what is here, too, but does not keep it.
#[must_use]
pub(super) fn is_current(edition: &str) -> bool {
    let made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    match made.first() {
        Some((_, page)) => page.edition == edition,
        None => edition_now() == edition,
    }
}

/// The path behind `/e/<edition>/` and that edition.
#[must_use]
pub(super) fn split(path: &str) -> Option<(&str, &str)> {
    path.strip_prefix("/e/")?.split_once('/')
}

/// The bytes of a hash that are enough to tell two contents from each other.
#[must_use]
pub(super) fn tag_of(hash: &[u8]) -> String {
    hash[..12].iter().map(|byte| format!("{byte:02x}")).collect()
}

fn edition_now() -> String {
    let mut names: Vec<_> = Files::iter().collect();
    names.sort();
    let mut all = Sha256::new();
    for name in names {
        if let Some(file) = Files::get(&name) {
            all.update(name.as_bytes());
            all.update(file.metadata.sha256_hash());
        }
    }
    tag_of(&all.finalize())
}

fn text_of(name: &str) -> Option<String> {
    String::from_utf8(Files::get(name)?.data.into_owned()).ok()
}

/// Names the edition before each file of ours.
fn dated(page: &str, edition: &str) -> String {
    FOLDERS.iter().fold(page.to_owned(), |page, folder| page.replace(folder, &folder.replacen('/', &format!("/e/{edition}/"), 1)))
}

/// Names the modules that the page's script imports, and those that they import.
fn with_modules(page: &str, read: impl Fn(&str) -> Option<String>) -> String {
    let Some((before, rest)) = page.split_once("<script type=\"module\" src=\"/") else {
        return page.to_owned();
    };
    let script = rest.split('"').next().unwrap_or_default();
    let mut found = BTreeSet::new();
    let mut unread = vec![script.to_owned()];
    while let Some(name) = unread.pop() {
        let source = read(&name).unwrap_or_default();
        for import in source.lines().filter_map(imported) {
            let name = beside(&name, import);
            if name != script && found.insert(name.clone()) {
                unread.push(name);
            }
        }
    }
    let links: String = found.iter().map(|name| format!("<link rel=\"modulepreload\" href=\"/{name}\">\n")).collect();
    format!("{before}{links}<script type=\"module\" src=\"/{rest}")
}

/// The relative name that a line of a module imports.
fn imported(line: &str) -> Option<&str> {
    let is_import = ["import ", "export ", "} from "].iter().any(|start| line.starts_with(start));
    let (_, name) = line.split_once(" from '").or_else(|| line.split_once("import '"))?;
    is_import.then(|| name.split('\'').next()).flatten().filter(|name| name.starts_with('.'))
}

/// What a relative name means in the file of this name.
fn beside(file: &str, name: &str) -> String {
    let mut parts: Vec<_> = file.split('/').collect();
    parts.pop();
    for part in name.split('/') {
        match part {
            "." => {}
            ".." => drop(parts.pop()),
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_names_its_files_by_their_edition_and_every_module_it_needs() {
        for (_, file) in super::super::PAGES {
            let page = page(file).unwrap();
            assert!(is_current(&page.edition));
            for folder in FOLDERS {
                assert!(!page.text.contains(folder), "{file}: {folder}");
            }
            let ours = format!("=\"/e/{}/", page.edition);
            for name in page.text.match_indices(&ours).map(|(at, found)| page.text[at + found.len()..].split(['"', '#']).next().unwrap()) {
                assert!(Files::get(name).is_some(), "{file} names {name}");
            }
        }
        let chat = page("index.html").unwrap();
        for module in ["client.js", "thread.js", "uuid.js"] {
            assert!(chat.text.contains(&format!("<link rel=\"modulepreload\" href=\"/e/{}/js/{module}\">", chat.edition)), "{module}");
        }
    }

    #[test]
    fn modules_are_named_once_also_if_they_import_each_other() {
        let read = |name: &str| match name {
            "js/a.js" => Some("import { b } from './b.js';\n/** @type {import('./d.js').D} */".to_owned()),
            "js/b.js" => Some("import {\n  c,\n} from './c.js';\nexport { a } from './a.js';".to_owned()),
            "js/c.js" => Some("import './b.js';\nimport '../words/d.js';\n// from './e.js'".to_owned()),
            "words/d.js" => Some("import { a } from '../js/a.js';".to_owned()),
            _ => None,
        };
        let page = with_modules("<head>\n<script type=\"module\" src=\"/js/a.js\"></script>", read);
        let link = |name: &str| format!("<link rel=\"modulepreload\" href=\"/{name}\">\n");
        let links = ["js/b.js", "js/c.js", "words/d.js"].map(link).concat();
        assert_eq!(page, format!("<head>\n{links}<script type=\"module\" src=\"/js/a.js\"></script>"));
        assert_eq!(with_modules("<p>no script</p>", read), "<p>no script</p>");
    }

    #[test]
    fn another_edition_is_not_taken_for_this_one() {
        let page = page("index.html").unwrap();
        assert!(!is_current("0123456789ab") && !is_current(""));
        let path = format!("/e/{}/js/chat.js", page.edition);
        assert_eq!(split(&path), Some((page.edition.as_str(), "js/chat.js")));
        assert_eq!((split("/e/"), split("/js/e/chat.js")), (None, None));
    }
}
