//! What every handler has at hand.

use std::net::IpAddr;

use actix_web::HttpRequest;
use allthrive_actors::System;
use allthrive_domain::time::Clock;
use allthrive_store::Store;
use allthrive_store::audit::Occasion;

use crate::auth::cookie::Cookies;
use crate::auth::password::Hashers;
use crate::auth::token::AccessTokens;
use crate::config::Settings;
use crate::headers::SecurityHeaders;
use crate::mail::Mailer;
use crate::origin::OwnOrigins;
use crate::peer::Proxies;
use crate::routes::results::Results;

/// One per server, shared by its threads.
pub struct State {
    /// Everything that is set.
    pub settings: Settings,
    /// What is kept.
    pub store: Store,
    /// What time it is.
    pub clock: Clock,
    /// Whose word on where a request comes from is taken.
    pub proxies: Proxies,
    /// Whose pages may speak to it.
    pub origins: OwnOrigins,
    /// The cookies' names and flags.
    pub cookies: Cookies,
    /// What every answer carries.
    pub security_headers: SecurityHeaders,
    /// Makes and reads access tokens.
    pub access_tokens: AccessTokens,
    /// Where passwords are hashed.
    pub hashers: Hashers,
    /// Where letters go.
    pub mailer: Mailer,
    /// Who is alive: sessions and rooms.
    pub system: System,
    /// Live sessions that are over and whose results are asked for.
    pub results: Results,
}

impl State {
    /// Where the request comes from.
    #[must_use]
    pub fn peer(&self, request: &HttpRequest) -> IpAddr {
        self.proxies.client(request)
    }

    /// Now, and where the request comes from.
    #[must_use]
    pub fn occasion(&self, request: &HttpRequest) -> Occasion {
        Occasion { at: self.clock.now(), from: Some(self.peer(request)) }
    }

    /// Whether it is stopping: it finishes what it has and should get nothing new.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.system.is_draining()
    }
}
