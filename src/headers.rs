//! What every answer carries, so that a browser trusts our pages with no more than they need.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web;

use crate::origin::OwnOrigins;
use crate::state::State;

/// The headers, built once.
#[derive(Debug, Clone)]
pub struct SecurityHeaders(Vec<(HeaderName, HeaderValue)>);

impl SecurityHeaders {
    /// For pages of these origins, which show pictures of these hosts, too.
    #[must_use]
    pub fn of(origins: &OwnOrigins, image_hosts: &[String]) -> Self {
        let policy = policy(origins, image_hosts);
        let mut headers = vec![
            (header::CONTENT_SECURITY_POLICY, HeaderValue::from_str(&policy).expect("origins and hosts are plain ASCII")),
            (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
            (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
            (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
            (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
        ];
        if origins.main().is_https() {
            headers.push((header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000; includeSubDomains")));
        }
        Self(headers)
    }
}

/// No inline script or style; a WebSocket to the own origin, named in full for browsers whose `'self'`
/// leaves it out. An IPv6 address cannot be named in a policy.
fn policy(origins: &OwnOrigins, image_hosts: &[String]) -> String {
    let sockets = origins.iter().filter(|origin| !origin.authority().starts_with('['));
    let sockets: Vec<String> = sockets.map(|origin| origin.to_string().replacen("http", "ws", 1)).collect();
    let images: String = image_hosts.iter().map(|host| format!(" https://{host} https://*.{host}")).collect();
    format!(
        "default-src 'self'; style-src 'self'; script-src 'self'; img-src 'self' data:{images}; connect-src 'self' {}; object-src 'none'; \
         frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
        sockets.join(" ")
    )
}

/// Adds the headers to every answer; what the REST surface says is for one person and is not kept by anybody.
///
/// # Errors
/// Those of the request.
pub async fn secure<B: MessageBody>(request: ServiceRequest, next: Next<B>) -> Result<ServiceResponse<B>, actix_web::Error> {
    let state = request.app_data::<web::Data<State>>().cloned();
    let private = request.path().starts_with("/api/");
    let mut answer = next.call(request).await?;
    if private && !answer.headers().contains_key(header::CACHE_CONTROL) {
        answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if let Some(state) = state {
        for (name, value) in &state.security_headers.0 {
            answer.headers_mut().insert(name.clone(), value.clone());
        }
    }
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::origin::Origin;

    fn has_hsts(url: &str) -> bool {
        let headers = SecurityHeaders::of(&OwnOrigins::public(Origin::parse(url).unwrap()), &[]);
        headers.0.iter().any(|(name, _)| name == header::STRICT_TRANSPORT_SECURITY)
    }

    #[test]
    fn only_https_asks_for_https() {
        assert!(has_hsts("https://chat.example.org"));
        assert!(!has_hsts("http://127.0.0.1:8080"));
    }

    #[test]
    fn the_policy_allows_nothing_inline_and_the_own_socket() {
        let origins = OwnOrigins::public(Origin::parse("https://chat.example.org").unwrap());
        let policy = policy(&origins, &["images.example.org".to_owned()]);
        assert!(policy.contains("img-src 'self' data: https://images.example.org https://*.images.example.org;"));
        assert!(!policy.contains("unsafe"));
        assert!(policy.contains("connect-src 'self' wss://chat.example.org;"));
    }
}
