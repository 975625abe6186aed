//! The serving certificate in files: every way in which they change, with the server looking all the time.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

use syncguard::certificates::{CertificateFiles, Pair};
use time::Duration as Days;

use super::*;

/// What has been logged by all tests; the paths in the lines tell them apart.
#[derive(Clone, Default)]
pub(super) struct Logs(Arc<Mutex<Vec<u8>>>);

impl Write for Logs {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// One for the whole process: a subscriber of one test would miss what other tests were first to log.
pub(super) fn logs() -> &'static Logs {
    static LOGS: OnceLock<Logs> = OnceLock::new();
    LOGS.get_or_init(|| {
        let logs = Logs::default();
        let writer = logs.clone();
        let _ = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).try_init();
        logs
    })
}

/// How many lines hold both words.
fn logged(dir: &Path, word: &str) -> usize {
    let text = String::from_utf8_lossy(&logs().0.lock().unwrap()).into_owned();
    text.lines().filter(|line| line.contains(&*dir.to_string_lossy()) && line.contains(word)).count()
}

/// Waits until there are that many lines.
pub(super) async fn until_logged(dir: &Path, word: &str, times: usize) {
    until(|| std::future::ready(logged(dir, word) >= times)).await;
}

/// Asks until it is so.
pub(super) async fn until<F: Future<Output = bool>>(mut is_so: impl FnMut() -> F) {
    let asking = async {
        while !is_so().await {
            tokio::task::yield_now().await;
        }
    };
    patiently(asking).await;
}

fn issue(days: i64, from: OffsetDateTime) -> Pair {
    let authority = Authority::issue(CA_LIFETIME, from).unwrap();
    authority.issue_leaf(&["localhost".parse().unwrap()], Days::days(days), from).unwrap()
}

pub(super) fn pair() -> Pair {
    issue(7, OffsetDateTime::now_utc())
}

fn write(dir: &Path, Pair { certificate, key }: &Pair) {
    fs::write(dir.join("tls.crt"), certificate).unwrap();
    fs::write(dir.join("tls.key"), key).unwrap();
}

/// Puts contents in place in one step, so that nobody sees half of them.
fn put(path: &Path, contents: impl AsRef<[u8]>) {
    let aside = path.with_extension("aside");
    fs::write(&aside, contents).unwrap();
    fs::rename(aside, path).unwrap();
}

fn source(dir: &Path) -> CertificateSource {
    logs();
    CertificateSource::Files(CertificateFiles::new(dir.join("tls.crt"), dir.join("tls.key")))
}

/// Files are looked at again and again.
pub(super) const ALL_THE_TIME: Checks =
    Checks { age: Duration::from_mins(1), files: Duration::from_millis(1) };

/// Longer than any test takes.
const PATIENCE: Duration = Duration::from_mins(2);

fn following(source: CertificateSource) -> Options {
    let limits = |limits: &mut Limits| {
        // What a busy machine does to handshakes is not asked here.
        (limits.handshake, limits.body, limits.answer) = (PATIENCE, PATIENCE, PATIENCE);
    };
    Options { source, checks: ALL_THE_TIME, ..with_limits(limits) }
}

async fn shows(address: SocketAddr, pair: &Pair) -> bool {
    let expected = ServingCertificate::from_pem(pair).unwrap().certified_key().cert[0].clone();
    Client::tls(address).await.peer.unwrap().certificate == expected
}

async fn until_shown(address: SocketAddr, pair: &Pair) {
    until(|| shows(address, pair)).await;
}

/// Changes the certificate again and again while clients ask, and misses no answer.
async fn check_changes_under_load(dir: &Path, mut change: impl FnMut(&Path, &Pair)) {
    change(dir, &pair());
    let server = start(following(source(dir)), Arc::new(Echo)).await;
    let (enough, answered) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let start_load =
        |index| tokio::spawn(load(server.https, index % 2 == 0, enough.clone(), answered.clone()));
    let clients: Vec<_> = (0..6).map(start_load).collect();
    for _ in 0..8 {
        let next = pair();
        change(dir, &next);
        until_shown(server.https, &next).await;
        let before = answered.load(Ordering::Relaxed);
        until(|| std::future::ready(answered.load(Ordering::Relaxed) >= before + 20)).await;
    }
    enough.store(true, Ordering::Relaxed);
    for client in clients {
        client.await.expect("every request was answered");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_that_are_overwritten_are_taken_and_no_request_is_dropped() {
    let dir = tempfile::tempdir().unwrap();
    check_changes_under_load(dir.path(), write).await;
}

/// Replaces a mounted Secret as the kubelet does: a new directory, one rename of the link, the old one removed.
#[cfg(unix)]
fn mount(dir: &Path, pair: &Pair) {
    use std::os::unix::fs::symlink;
    let link = dir.join("..data");
    let old = fs::read_link(&link).ok();
    let number: usize = old.as_ref().map_or(0, |old| old.to_string_lossy()[2..].parse().unwrap());
    let new = PathBuf::from(format!("..{}", number + 1));
    fs::create_dir(dir.join(&new)).unwrap();
    write(&dir.join(&new), pair);
    symlink(&new, dir.join("..data_tmp")).unwrap();
    fs::rename(dir.join("..data_tmp"), &link).unwrap();
    if let Some(old) = old {
        fs::remove_dir_all(dir.join(old)).unwrap();
    } else {
        for name in ["tls.crt", "tls.key"] {
            symlink(Path::new("..data").join(name), dir.join(name)).unwrap();
        }
    }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mounted_secret_that_is_swapped_is_taken_and_no_request_is_dropped() {
    let dir = tempfile::tempdir().unwrap();
    check_changes_under_load(dir.path(), mount).await;
    assert_eq!(logged(dir.path(), "--tls-key"), 0, "the two files were always of one generation");
}

/// Something bad comes: the old pair is shown, the fault is told once and in these words, and a good pair heals it.
async fn check_refused(spoil: impl FnOnce(&Path), words: &str) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path();
    let (old, good) = (pair(), pair());
    write(path, &old);
    let server = start(following(source(path)), Arc::new(Echo)).await;
    spoil(path);
    until_logged(path, words, 1).await;
    assert!(shows(server.https, &old).await, "the old one stays in use");
    assert_eq!(health(server.health, "/readyz", 200).await, "ready\n");
    // What is bad in another way is told; so the server has looked again by then.
    let before = logged(path, "no certificate found");
    put(&path.join("tls.crt"), "now something else");
    put(&path.join("tls.key"), "and no key");
    until_logged(path, "no certificate found", before + 1).await;
    assert_eq!(logged(path, words), 1, "{words}");
    fs::write(path.join("tls.key"), &good.key).unwrap();
    fs::write(path.join("tls.crt"), &good.certificate).unwrap();
    until_shown(server.https, &good).await;
}

#[tokio::test]
async fn garbage_keeps_the_old_pair() {
    let garbage = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    check_refused(|dir| put(&dir.join("tls.crt"), garbage), "is damaged").await;
    check_refused(|dir| put(&dir.join("tls.key"), [0xFF, 0]), "no private key found").await;
    check_refused(|dir| fs::remove_file(dir.join("tls.key")).unwrap(), "cannot read --tls-key").await;
}

#[tokio::test]
async fn a_new_pair_that_is_expired_keeps_the_old_one() {
    let expired = issue(7, OffsetDateTime::now_utc() - Days::days(30));
    let spoil = |dir: &Path| {
        put(&dir.join("tls.key"), &expired.key);
        put(&dir.join("tls.crt"), &expired.certificate);
    };
    check_refused(spoil, "valid only from").await;
}

#[tokio::test]
async fn a_half_written_pair_keeps_the_old_one_until_the_other_half_is_there() {
    let dir = tempfile::tempdir().unwrap();
    let (old, new) = (pair(), pair());
    write(dir.path(), &old);
    let server = start(following(source(dir.path())), Arc::new(Echo)).await;
    fs::write(dir.path().join("tls.crt"), &new.certificate).unwrap();
    until_logged(dir.path(), "do not belong together", 1).await;
    assert!(shows(server.https, &old).await, "the old one stays in use");
    fs::write(dir.path().join("tls.key"), &new.key).unwrap();
    until_shown(server.https, &new).await;
}

#[tokio::test]
async fn an_expired_pair_at_the_start_is_not_ready_until_a_good_one_comes() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), &issue(7, OffsetDateTime::now_utc() - Days::days(30)));
    let server = start(following(source(dir.path())), Arc::new(Echo)).await;
    health(server.health, "/readyz", 503).await;
    write(dir.path(), &pair());
    assert_eq!(health(server.health, "/readyz", 200).await, "ready\n");
}

#[tokio::test]
async fn files_that_are_missing_or_bad_at_the_start_are_named_with_their_flag() {
    let dir = tempfile::tempdir().unwrap();
    let check = async |words: [&str; 3]| {
        let result = Server::bind(following(source(dir.path())), Arc::new(Echo)).await;
        let error = result.err().expect("no server without a certificate").to_string();
        assert!(words.iter().all(|word| error.contains(word)), "{error}");
    };
    check(["cannot read", "--tls-cert", "tls.crt"]).await;
    let (one, other) = (pair(), pair());
    fs::write(dir.path().join("tls.crt"), one.certificate).unwrap();
    check(["cannot read", "--tls-key", "tls.key"]).await;
    fs::write(dir.path().join("tls.key"), other.key).unwrap();
    check(["--tls-cert", "tls.key", "do not belong together"]).await;
}
