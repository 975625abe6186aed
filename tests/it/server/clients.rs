//! Clients that have to say who they are: known and allowed, known and not, foreign, silent.

use std::fs;
use std::path::Path;

use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, Issuer, KeyPair, SanType,
};
use syncguard::{
    certificates::{AllowedClient, Pair},
    http::ClientAuth,
};

use super::files::{ALL_THE_TIME, logs, pair, until, until_logged};
use super::*;

fn authority() -> Authority {
    Authority::issue(CA_LIFETIME, OffsetDateTime::now_utc()).unwrap()
}

/// A client's certificate with this common name and these alternative ones.
fn client(authority: &Authority, common_name: &str, alternative: Vec<SanType>) -> Pair {
    client_until(authority, common_name, alternative, OffsetDateTime::now_utc() + time::Duration::days(1))
}

fn client_until(
    authority: &Authority,
    common_name: &str,
    alternative: Vec<SanType>,
    until: OffsetDateTime,
) -> Pair {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, common_name);
    params.subject_alt_names = alternative;
    params.not_after = until;
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let ca_key = KeyPair::from_pem(&authority.key()).unwrap();
    let issuer = Issuer::from_ca_cert_pem(authority.certificate(), ca_key).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, &issuer).unwrap();
    Pair { certificate: certificate.pem(), key: key.serialize_pem() }
}

fn guarded(ca: &Path, allowed: &[&str]) -> Options {
    logs();
    let allowed: Vec<AllowedClient> = allowed.iter().map(|name| name.parse().unwrap()).collect();
    let clients = Some(ClientAuth::new(ca.to_owned(), allowed));
    Options { clients, checks: ALL_THE_TIME, ..options() }
}

/// What a client with this certificate is answered at a path; none if the handshake fails.
async fn ask(address: SocketAddr, identity: Option<&Pair>, path: &str) -> Option<(u16, String)> {
    // In TLS 1.3 the client is done before the server has seen its certificate: the end shows when it reads.
    let handshake = Handshake { identity: identity.cloned(), ..Handshake::default() };
    let mut client = Client::shake_hands(address, &handshake).await.ok()?;
    client.send(request("POST", path, "content-type: application/json\r\n", "{}").as_bytes()).await;
    client.answer().await.map(|answer| (answer.status, answer.body))
}

async fn status(address: SocketAddr, identity: Option<&Pair>) -> Option<u16> {
    ask(address, identity, "/validate").await.map(|(status, _)| status)
}

#[tokio::test]
async fn clients_are_let_in_by_ca_and_name() {
    let (dir, ca) = (tempfile::tempdir().unwrap(), authority());
    let file = dir.path().join("ca.crt");
    fs::write(&file, ca.certificate()).unwrap();
    let allowed = ["kube-apiserver", "api.example", "spiffe://example/api"];
    let server = start(guarded(&file, &allowed), Arc::new(Echo)).await;
    let dns = SanType::DnsName("API.example".try_into().unwrap());
    let uri = SanType::URI("spiffe://example/api".try_into().unwrap());
    for (identity, expected) in [
        (Some(client(&ca, "kube-apiserver", vec![])), Some(200)),
        (Some(client(&ca, "a", vec![dns])), Some(200)),
        (Some(client(&ca, "a", vec![uri])), Some(200)),
        (Some(client(&ca, "Kube-Apiserver", vec![])), Some(403)),
        (Some(client(&authority(), "kube-apiserver", vec![])), None),
        (None, None),
    ] {
        let text = identity.as_ref().map(|pair| pair.certificate.clone());
        assert_eq!(status(server.https, identity.as_ref()).await, expected, "{text:?}");
    }
    assert_eq!(health(server.health, "/readyz", 200).await, "ready\n", "health asks for no certificate");
}

#[tokio::test]
async fn whoever_is_not_allowed_is_told_why_whatever_it_asks() {
    let (dir, ca) = (tempfile::tempdir().unwrap(), authority());
    let file = dir.path().join("ca.crt");
    fs::write(&file, ca.certificate()).unwrap();
    let server = start(guarded(&file, &["kube-apiserver"]), Arc::new(Echo)).await;
    let other = client(&ca, "somebody\nelse", vec![]);
    for path in ["/validate", "/mutate", "/elsewhere"] {
        let (status, text) = ask(server.https, Some(&other), path).await.unwrap();
        assert_eq!(status, 403, "{path}: {text}");
        assert!(text.contains(r"somebody\\nelse") && text.contains("--client-allow"), "{text}");
    }
}

#[tokio::test]
async fn an_asterisk_lets_every_client_of_the_ca_in() {
    let (dir, ca) = (tempfile::tempdir().unwrap(), authority());
    let file = dir.path().join("ca.crt");
    fs::write(&file, ca.certificate()).unwrap();
    let server = start(guarded(&file, &["*"]), Arc::new(Echo)).await;
    assert_eq!(status(server.https, Some(&client(&ca, "anyone", vec![]))).await, Some(200));
    assert_eq!(status(server.https, Some(&client(&authority(), "anyone", vec![]))).await, None);
}

#[tokio::test]
async fn a_new_ca_is_followed_and_a_bad_one_is_not() {
    let (dir, old, new) = (tempfile::tempdir().unwrap(), authority(), authority());
    let file = dir.path().join("ca.crt");
    fs::write(&file, old.certificate()).unwrap();
    let server = start(guarded(&file, &["a"]), Arc::new(Echo)).await;
    let (of_old, of_new) = (client(&old, "a", vec![]), client(&new, "a", vec![]));
    let known = async |pair: &Pair| status(server.https, Some(pair)).await == Some(200);
    fs::write(&file, format!("{}{}", old.certificate(), new.certificate())).unwrap();
    until(|| known(&of_new)).await;
    assert!(known(&of_old).await, "both are known while the CA is being replaced");
    fs::write(&file, "garbage").unwrap();
    until_logged(dir.path(), "no certificate found", 1).await;
    assert!(known(&of_old).await && known(&of_new).await, "the old contents stay in use");
    fs::write(&file, new.certificate()).unwrap();
    until(async || !known(&of_old).await).await;
    assert!(known(&of_new).await);
}

#[tokio::test]
async fn a_ca_that_is_missing_or_none_at_the_start_is_named_with_its_flag() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("ca.crt");
    for words in [["cannot read --client-ca", "ca.crt"], ["--client-ca", "not a CA's"]] {
        let error = Server::bind(guarded(&file, &["a"]), Arc::new(Echo)).await.err().unwrap().to_string();
        assert!(words.iter().all(|word| error.contains(word)), "{error}");
        fs::write(&file, pair().certificate).unwrap();
    }
}

#[tokio::test]
async fn a_certificate_that_ends_ends_its_open_connections_too() {
    let (dir, ca) = (tempfile::tempdir().unwrap(), authority());
    let file = dir.path().join("ca.crt");
    fs::write(&file, ca.certificate()).unwrap();
    let server = start(guarded(&file, &["a"]), Arc::new(Echo)).await;
    let soon = OffsetDateTime::now_utc() + time::Duration::seconds(2);
    let identity = Some(client_until(&ca, "a", vec![], soon));
    let handshake = Handshake { identity, ..Handshake::default() };
    let mut open = Client::shake_hands(server.https, &handshake).await.unwrap();
    let until_refused = async {
        loop {
            let answer = open.post("/validate", "{}").await;
            if answer.status != 200 {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let answer = patiently(until_refused).await;
    assert_eq!((answer.status, answer.header("connection")), (403, Some("close")), "{}", answer.body);
    assert!(answer.body.contains("has expired"), "{}", answer.body);
}
