//! `[quiz]`: what quizzes may hold.

use serde::Deserialize;

use super::server::list;

/// `[quiz]`
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Quiz {
    /// Hosts from which pictures in quizzes may come, each with its subdomains. In the environment separated by commas.
    #[serde(deserialize_with = "list")]
    pub image_hosts: Vec<String>,
}

impl Quiz {
    /// What is wrong here, a sentence each.
    pub(super) fn faults(&self) -> Vec<String> {
        let wrong = self.image_hosts.iter().filter(|host| !is_host(host));
        wrong.map(|host| format!("quiz.image_hosts: {host:?} is no name of a host, like images.example.org.")).collect()
    }
}

/// It goes into the pages' policy as it stands.
fn is_host(name: &str) -> bool {
    name.split('.').all(|label| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_a_name_and_nothing_more() {
        let faults = |host: &str| Quiz { image_hosts: vec![host.to_owned()] }.faults().len();
        assert_eq!(faults("images.example.org"), 0);
        for wrong in ["", "*", "https://example.org", "example.org:8443", "a b", "example.org; script-src *", "a..b"] {
            assert_eq!(faults(wrong), 1, "{wrong}");
        }
    }
}
