//! A live API server: how it is reached, what is read from it, and the little that is written.

mod call_error;
mod listing;
mod object;
mod reduction;
mod registration;
mod served;
mod unsound;
mod upgrade;
mod watches;

use std::env;
use std::path::{Path, PathBuf};
use std::time::Duration;

use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use thiserror::Error;

pub use call_error::CallError;
pub(crate) use call_error::in_words;
pub use listing::{Listed, Pages, Wish};
pub(crate) use registration::Entry;
pub use registration::{Rule, Target};
pub(crate) use served::all_served;
pub use unsound::tell_of_unsound;
pub use watches::{MOST_LISTED, Watches, follow};

/// Why there is no way to the API server, although there should be.
#[derive(Debug, Error)]
pub enum AccessError {
    /// The kubeconfig cannot be used.
    #[error("cannot use --kubeconfig {file}", file = file.display())]
    Kubeconfig {
        /// Which file.
        file: PathBuf,
        /// What is wrong with it.
        #[source]
        reason: kube::config::KubeconfigError,
    },
    /// The pod's service account cannot be used.
    #[error(
        "this is a pod, but its service account cannot be used: mount it (automountServiceAccountToken) or unset \
         KUBERNETES_SERVICE_HOST"
    )]
    InCluster(#[source] kube::config::InClusterError),
    /// Nothing says where an API server is.
    #[error("no API server: give --kubeconfig FILE, or set KUBECONFIG")]
    Nowhere(#[source] kube::config::InferConfigError),
    /// The client refuses the configuration.
    #[error("cannot talk to the API server")]
    Client(#[source] kube::Error),
}

/// How long a connection to the API server may take to come about.
const CONNECT: Duration = Duration::from_secs(5);
/// How long a connection may be silent. A watch hears a bookmark about once a minute.
const SILENCE: Duration = Duration::from_secs(150);

/// A client for the API server: of this kubeconfig, or of the cluster whose pod this is; none on a machine of its own.
///
/// # Errors
///
/// There should be access, and what is needed for it is unusable.
pub async fn client(kubeconfig: Option<&Path>) -> Result<Option<Client>, AccessError> {
    let config = match kubeconfig {
        Some(file) => from_file(file).await?,
        None if is_pod() => Config::incluster().map_err(AccessError::InCluster)?,
        None => return Ok(None),
    };
    connect(config).map(Some)
}

/// A client for whoever works at a terminal: of this kubeconfig, or of where kubectl would look.
///
/// # Errors
///
/// There is no way to an API server.
pub async fn any_client(kubeconfig: Option<&Path>) -> Result<Client, AccessError> {
    // Not the pod's service account first: who audits another cluster from a pod would be told about his own.
    connect(match kubeconfig {
        Some(file) => from_file(file).await?,
        None => Config::infer().await.map_err(AccessError::Nowhere)?,
    })
}

fn connect(mut config: Config) -> Result<Client, AccessError> {
    // The client asks the process for its cryptography. Fails only if there is one already.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    config.connect_timeout = Some(CONNECT);
    config.read_timeout = Some(SILENCE);
    Client::try_from(config).map_err(AccessError::Client)
}

async fn from_file(file: &Path) -> Result<Config, AccessError> {
    let unusable = |reason| AccessError::Kubeconfig { file: file.to_owned(), reason };
    let kubeconfig = Kubeconfig::read_from(file).map_err(unusable)?;
    Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await.map_err(unusable)
}

/// The kubelet tells every pod where the API server is.
fn is_pod() -> bool {
    env::var_os("KUBERNETES_SERVICE_HOST").is_some_and(|host| !host.is_empty())
}
