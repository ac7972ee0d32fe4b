//! A Redis server that is spoken to by TLS, with a certificate that nobody but us knows.

#[path = "../../tests/node/redis.rs"]
mod own;

use std::path::Path;
use std::process::Command;

use self::own::OwnRedis;
use super::{BadRoots, RedisUrl};

fn openssl(dir: &Path, words: &str) {
    let made = Command::new("openssl").args(words.split(' ')).current_dir(dir).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

/// An authority, and a certificate by it for the address of the loopback.
fn certificates(dir: &Path, authority: &str) {
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
    openssl(dir, &format!("req -x509 {key} -days 2 -subj /CN={authority} -keyout {authority}.key -out {authority}.pem"));
    std::fs::write(dir.join("names"), "subjectAltName=IP:127.0.0.1\n").unwrap();
    openssl(dir, &format!("req {key} -subj /CN=server -keyout server.key -out server.csr"));
    openssl(dir, &format!("x509 -req -in server.csr -CA {authority}.pem -CAkey {authority}.key -days 2 -extfile names -out server.pem"));
}

/// Whether the server answers both who speaks and who listens.
async fn answers(url: &RedisUrl) -> bool {
    let Ok(mut speaker) = url.0.get_multiplexed_async_connection().await else { return false };
    let Ok(mut listener) = url.0.get_async_pubsub().await else { return false };
    redis::cmd("PING").query_async::<String>(&mut speaker).await.is_ok() && listener.subscribe("a").await.is_ok()
}

#[actix_rt::test]
async fn a_server_by_tls_is_spoken_to_only_if_its_certificate_is_right() {
    let dir = tempfile::tempdir().unwrap();
    certificates(dir.path(), "other");
    let other = std::fs::read(dir.path().join("other.pem")).unwrap();
    certificates(dir.path(), "ours");
    let ours = std::fs::read(dir.path().join("ours.pem")).unwrap();
    let redis = OwnRedis::start_tls(dir.path());
    let at = |scheme: &str, host: &str| RedisUrl::parse(&format!("{scheme}://{host}:{}/", redis.port())).unwrap();
    let tls = at("rediss", "127.0.0.1");
    assert!(answers(&tls.trusting(ours.clone()).unwrap()).await);
    assert!(!answers(&tls.trusting(other).unwrap()).await, "by another authority");
    assert!(!answers(&tls).await, "by nobody that is known");
    assert!(!answers(&at("rediss", "localhost").trusting(ours.clone()).unwrap()).await, "of another name");
    assert!(!answers(&at("redis", "127.0.0.1")).await, "in the clear");
    assert_eq!(at("redis", "127.0.0.1").trusting(ours).err(), Some(BadRoots::NotTls));
}
