//! syncguard's server with another handler behind it, to be measured beside syncguard.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use syncguard::{
    certificates::{Authority, CA_LIFETIME, CertificateSource, Checks, LEAF_LIFETIME, SelfIssued},
    http::{Handler, Limits, Options, Server},
    metrics::Metrics,
};
use time::OffsetDateTime;

/// Serves for as long as the program runs, and tells where, and by which CA. The runtime is of the kind that `serve` has.
pub fn serve(handler: impl Handler + 'static, tell: impl FnOnce(SocketAddr, &str)) {
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let authority = Authority::issue(CA_LIFETIME, OffsetDateTime::now_utc()).unwrap();
    let ca = authority.certificate().to_owned();
    let names = vec!["localhost".parse().unwrap(), "127.0.0.1".parse().unwrap()];
    let options = Options {
        listen: any,
        health_listen: any,
        source: CertificateSource::SelfIssued(Box::new(SelfIssued {
            authority,
            names,
            lifetime: LEAF_LIFETIME,
        })),
        clients: None,
        tls12: false,
        drain_delay: Duration::ZERO,
        limits: Limits::default(),
        checks: Checks::default(),
        metrics: Arc::<Metrics>::default(),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let server = Server::bind(options, Arc::new(handler)).await.unwrap();
        tell(server.https_address(), &ca);
        let _ = server.run(std::future::pending()).await;
    });
}
