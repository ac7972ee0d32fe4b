//! The one list of routes. A file per resource, with its handlers and what they take and give; the
//! OpenAPI document is made from the same list.
//!
//! *A new endpoint*: its function with `#[utoipa::path]` in the resource's file, its line below.

pub mod account;
pub mod attempt_view;
pub mod attempts;
pub mod body;
pub mod conversations;
pub mod csrf;
pub mod health;
pub mod list;
pub mod live;
pub mod members;
pub mod person;
pub mod quiz_files;
pub mod quiz_view;
pub mod quizzes;
pub mod reactions;
pub mod reports;
pub mod restrictions;
pub mod results;
pub mod session;
pub mod sign_up;
pub mod socket;
pub mod tickets;

use actix_web::{HttpResponse, web};
use utoipa::OpenApi;

use crate::config::Dev;
use crate::error::{FieldError, Problem, ProblemBody};

/// Makes the routes, their list and their OpenAPI document from one list.
macro_rules! routes {
    ($($method:ident $path:literal => $module:ident::$handler:ident;)+) => {
        /// Every route of the REST surface: method and path.
        pub const ROUTES: &[(&str, &str)] = &[$((stringify!($method), $path)),+];

        /// Adds every route.
        pub fn configure(config: &mut web::ServiceConfig) {
            $(config.route($path, method::$method().to($module::$handler));)+
            config.route("/openapi.json", method::get().to(openapi));
            config.route("/v1/ws", web::get().to(socket::open));
        }

        /// The REST surface, described.
        #[derive(OpenApi)]
        #[openapi(
            info(title = "AllThrive", description = "What is asked once. What happens now is on the WebSocket at /v1/ws (docs/PROTOCOL.md)."),
            paths($($module::$handler),+),
            components(schemas(ProblemBody, FieldError)),
        )]
        struct Described;
    };
}

/// A route's method.
mod method {
    use actix_web::{Route, guard, web};

    /// Whoever may read may ask for the head alone.
    pub(super) fn get() -> Route {
        web::route().guard(guard::Any(guard::Get()).or(guard::Head()))
    }

    pub(super) fn post() -> Route {
        web::post()
    }

    pub(super) fn put() -> Route {
        web::put()
    }

    pub(super) fn delete() -> Route {
        web::delete()
    }
}

routes! {
    get "/healthz" => health::healthz;
    get "/readyz" => health::readyz;
    get "/api/v1/auth/csrf" => csrf::token;
    post "/api/v1/auth/signup" => sign_up::sign_up;
    post "/api/v1/auth/verify" => sign_up::verify;
    post "/api/v1/auth/verify/resend" => sign_up::resend;
    post "/api/v1/auth/login" => session::login;
    post "/api/v1/auth/refresh" => session::refresh;
    post "/api/v1/auth/logout" => session::logout;
    post "/api/v1/auth/ws-ticket" => tickets::issue;
    get "/api/v1/me" => account::me;
    get "/api/v1/me/conversations" => conversations::own;
    get "/api/v1/conversations" => conversations::public;
    post "/api/v1/conversations" => conversations::make;
    get "/api/v1/conversations/{id}" => conversations::one;
    get "/api/v1/conversations/{id}/members" => members::list;
    post "/api/v1/conversations/{id}/members" => members::add;
    get "/api/v1/conversations/{id}/messages/{seq}/reactions" => reactions::list;
    get "/api/v1/conversations/{id}/restrictions" => restrictions::list;
    get "/api/v1/me/live" => live::own;
    post "/api/v1/live" => live::make;
    post "/api/v1/live/join" => live::join;
    get "/api/v1/live/{id}" => live::one;
    get "/api/v1/live/{id}/report" => reports::one;
    post "/api/v1/live/{id}/result" => results::own;
    post "/api/v1/live/{id}/screen" => live::screen;
    post "/api/v1/live/{id}/hosts" => live::host;
    get "/api/v1/me/quizzes" => quizzes::own;
    get "/api/v1/me/attempts" => attempts::own;
    get "/api/v1/quizzes" => quizzes::browse;
    post "/api/v1/quizzes" => quizzes::make;
    get "/api/v1/quizzes/topics" => quizzes::topics;
    post "/api/v1/quizzes/import" => quiz_files::import;
    get "/api/v1/quizzes/{id}" => quizzes::one;
    put "/api/v1/quizzes/{id}" => quizzes::replace;
    delete "/api/v1/quizzes/{id}" => quizzes::delete;
    get "/api/v1/quizzes/{id}/export" => quiz_files::export;
    post "/api/v1/quizzes/{id}/publish" => quizzes::publish;
    post "/api/v1/quizzes/{id}/unpublish" => quizzes::unpublish;
    put "/api/v1/quizzes/{id}/rules" => attempts::set_rules;
    get "/api/v1/quizzes/{id}/attempts" => attempts::at_quiz;
    post "/api/v1/quizzes/{id}/start" => attempts::start;
    get "/api/v1/attempts/{id}" => attempts::one;
    put "/api/v1/attempts/{id}/answers/{q}" => attempts::answer;
    post "/api/v1/attempts/{id}/submit" => attempts::submit;
    post "/api/v1/attempts/{id}/abandon" => attempts::abandon;
}

/// Adds what the settings ask for and nobody else needs.
pub fn for_developers(config: &mut web::ServiceConfig, dev: &Dev) {
    if dev.echo {
        config.route("/v1/echo", web::get().to(socket::echo));
    }
}

/// How much a request may bring.
pub fn limits(config: &mut web::ServiceConfig) {
    config.app_data(web::PayloadConfig::new(body::MAX_BYTES));
    config.app_data(web::QueryConfig::default().error_handler(|_, _| Problem::bad_request("`limit` is a number, `cursor` a text.").into()));
}

/// The REST surface; the WebSocket's description, `/asyncapi.json`, is a file among the pages'.
async fn openapi() -> HttpResponse {
    HttpResponse::Ok().json(Described::openapi())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_is_described_at_its_own_path() {
        let document = serde_json::to_value(Described::openapi()).unwrap();
        for (method, path) in ROUTES {
            assert!(document["paths"][path][method].is_object(), "{method} {path}");
        }
        let described: usize = document["paths"].as_object().unwrap().values().map(|path| path.as_object().unwrap().len()).sum();
        assert_eq!(described, ROUTES.len());
    }
}
