//! The web client: files embedded in the binary, each with its type and an `ETag`. Pages have plain addresses and
//! name their files by their [`edition`]; what is not there is a problem under `/api` and a small page elsewhere.

use actix_web::dev::ResourceDef;
use actix_web::http::header::{self, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, ResponseError as _, web};
use rust_embed::RustEmbed;

use crate::error::Problem;
use crate::routes::ROUTES;

mod edition;

#[derive(RustEmbed)]
#[folder = "static/"]
#[exclude = ".*"]
#[exclude = "*.md"]
struct Files;

/// The pages and their files. `{id}` is any one part of an address: whether there is such a thing the page asks itself.
const PAGES: [(&str, &str); 16] = [
    ("/", "index.html"),
    ("/signin", "signin.html"),
    ("/signup", "signup.html"),
    ("/verify", "verify.html"),
    ("/docs", "docs.html"),
    ("/quizzes", "quizzes.html"),
    ("/quizzes/import", "import.html"),
    ("/quizzes/{id}", "quiz.html"),
    ("/quizzes/{id}/edit", "editor.html"),
    ("/attempts/{id}", "attempt.html"),
    ("/join", "join.html"),
    ("/live/{id}", "play.html"),
    ("/live/{id}/screen", "screen.html"),
    ("/live/{id}/host", "host.html"),
    ("/live/{id}/report", "report.html"),
    ("/live/{id}/result", "result.html"),
];

/// A browser asks each time whether what it has is still right.
const ASK: &str = "no-cache";
/// What has its edition in its address is right for ever.
const KEEP: &str = "public, max-age=31536000, immutable";

/// Shown where there is no such page.
const LOST: &str = "lost.html";

/// Answers whatever no route takes: a page, a file, or a refusal.
pub async fn serve(request: HttpRequest) -> HttpResponse {
    let path = request.path();
    if path.starts_with("/api/") || path.starts_with("/v1/") {
        return unrouted(path);
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "Pages are only read.").error_response();
    }
    if let Some((_, file)) = PAGES.iter().find(|(address, _)| is_at(address, path)) {
        return match edition::page(file) {
            Some(page) => answer(&request, file, &page.tag, ASK, || web::Bytes::from(page.text.clone())),
            None => lost(),
        };
    }
    let (name, keep) = match edition::split(path) {
        Some((edition, name)) => (name, if edition::is_current(edition) { KEEP } else { ASK }),
        None => (path.trim_start_matches('/'), ASK),
    };
    match Files::get(name) {
        // A page has one address.
        Some(file) if !name.ends_with(".html") => {
            answer(&request, name, &edition::tag_of(&file.metadata.sha256_hash()), keep, || web::Bytes::from(file.data.into_owned()))
        }
        _ => lost(),
    }
}

/// Whether this path is of that address, part by part.
fn is_at(address: &str, path: &str) -> bool {
    let (mut wanted, mut given) = (address.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some("{id}"), Some(part)) if !part.is_empty() => {}
            (Some(wanted), Some(part)) if wanted == part => {}
            _ => return false,
        }
    }
}

/// Another method of a resource that is there, or none.
fn unrouted(path: &str) -> HttpResponse {
    let here = ROUTES.iter().filter(|(_, pattern)| ResourceDef::new(*pattern).is_match(path));
    let allowed = here.map(|(method, _)| method.to_uppercase()).collect::<Vec<_>>().join(", ");
    if allowed.is_empty() {
        return Problem::not_found("There is no such resource.").error_response();
    }
    let problem = Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", format!("This resource takes {allowed}."));
    let mut answer = problem.error_response();
    if let Ok(allowed) = HeaderValue::from_str(&allowed) {
        answer.headers_mut().insert(header::ALLOW, allowed);
    }
    answer
}

fn lost() -> HttpResponse {
    HttpResponse::NotFound()
        .content_type("text/html; charset=utf-8")
        .body(edition::page(LOST).map_or_else(String::new, |page| page.text.clone()))
}

/// The tag is a weak one: the same content is sent compressed and not.
fn answer(request: &HttpRequest, name: &str, tag: &str, keep: &'static str, body: impl FnOnce() -> web::Bytes) -> HttpResponse {
    let known = request.headers().get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let is_known = known.is_some_and(|known| known.split(',').any(|one| one.trim().trim_start_matches("W/").trim_matches('"') == tag));
    let mut answer = if is_known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    answer.insert_header((header::ETAG, format!("W/\"{tag}\""))).insert_header((header::CACHE_CONTROL, keep));
    if is_known { answer.finish() } else { answer.content_type(content_type(name)).body(body()) }
}

/// By the end of the name; what is not listed is downloaded, not shown.
fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("json") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_with_an_id_takes_any_one_part() {
        for (path, file) in [
            ("/", Some("index.html")),
            ("/quizzes", Some("quizzes.html")),
            ("/quizzes/", None),
            ("/quizzes/import", Some("import.html")),
            ("/quizzes/a", Some("quiz.html")),
            ("/quizzes/a/edit", Some("editor.html")),
            ("/quizzes/a/edit/b", None),
            ("/live/a", Some("play.html")),
            ("/live//host", None),
        ] {
            let found = PAGES.iter().find(|(address, _)| is_at(address, path)).map(|(_, file)| *file);
            assert_eq!(found, file, "{path}");
        }
    }
}
