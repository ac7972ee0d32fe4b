//! The web client: files embedded in the binary, each with its type and an `ETag`. Pages have plain
//! addresses; what is not there is a problem under `/api` and a small page elsewhere.

use actix_web::dev::ResourceDef;
use actix_web::http::header::{self, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, ResponseError as _, web};
use rust_embed::{EmbeddedFile, RustEmbed};

use crate::error::Problem;
use crate::routes::ROUTES;

#[derive(RustEmbed)]
#[folder = "static/"]
#[exclude = ".*"]
#[exclude = "*.md"]
struct Files;

/// The pages and their files.
const PAGES: [(&str, &str); 5] =
    [("/", "index.html"), ("/signin", "signin.html"), ("/signup", "signup.html"), ("/verify", "verify.html"), ("/docs", "docs.html")];

/// Shown where there is no such page.
const LOST: &str = "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>Not here - AllThrive</title></head>\n\
    <body><main><h1>This page is not here</h1><p><a href=\"/\">Go to your conversations</a></p></main></body>\n</html>\n";

/// Answers whatever no route takes: a page, a file, or a refusal.
pub async fn serve(request: HttpRequest) -> HttpResponse {
    let path = request.path();
    if path.starts_with("/api/") || path.starts_with("/v1/") {
        return unrouted(path);
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "Pages are only read.").error_response();
    }
    let page = PAGES.iter().find(|(address, _)| *address == path).map(|(_, file)| *file);
    let name = page.unwrap_or_else(|| path.trim_start_matches('/'));
    match Files::get(name) {
        // A page has one address.
        Some(_) if page.is_none() && name.ends_with(".html") => lost(),
        Some(file) => answer(&request, name, file),
        None => lost(),
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
    HttpResponse::NotFound().content_type("text/html; charset=utf-8").body(LOST)
}

/// The names carry no version, so a browser asks each time whether what it has is still right.
fn answer(request: &HttpRequest, name: &str, file: EmbeddedFile) -> HttpResponse {
    let tag: String = file.metadata.sha256_hash()[..12].iter().map(|byte| format!("{byte:02x}")).collect();
    let tag = format!("\"{tag}\"");
    let known = request.headers().get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    if known.is_some_and(|known| known.split(',').any(|one| one.trim().trim_start_matches("W/") == tag)) {
        return HttpResponse::NotModified().insert_header((header::ETAG, tag)).insert_header((header::CACHE_CONTROL, "no-cache")).finish();
    }
    HttpResponse::Ok()
        .content_type(content_type(name))
        .insert_header((header::ETAG, tag))
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .body(web::Bytes::from(file.data.into_owned()))
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
