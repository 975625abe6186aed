//! The version under which an API server serves a kind: the newest that both know, asked for anew wherever something is read,
//! because an upgrade of the operator changes it while syncguard runs.

use std::future;
use std::time::Duration;

use kube::Client;
use kube::core::{ApiResource, GroupVersionKind};

use crate::stored::KINDS;
use syncguard_core::view::Kind;

/// How long a version is taken for the newest before it is asked for again.
const ASK_AGAIN: Duration = Duration::from_secs(10);

/// A kind under one of its versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Served {
    /// What it is.
    pub(super) kind: Kind,
    /// One of [`Kind::versions`].
    version: &'static str,
}

impl Served {
    /// The kind under each of its versions, the newest first.
    pub(super) fn all(kind: Kind) -> impl Iterator<Item = Self> {
        kind.versions().iter().map(move |version| Self { kind, version })
    }

    /// The kind under the newest version that the API server serves; none where it does not know the kind. Where there is
    /// only one version, nobody is asked: whoever reads the kind is told soon enough.
    ///
    /// # Errors
    ///
    /// The API server does not answer, or refuses to.
    pub(super) async fn newest(client: &Client, kind: Kind) -> Result<Option<Self>, kube::Error> {
        if let [version] = kind.versions() {
            return Ok(Some(Self { kind, version }));
        }
        for served in Self::all(kind) {
            if serves(client, &served.api_version(), kind).await? {
                return Ok(Some(served));
            }
        }
        Ok(None)
    }

    /// Returns when the kind is served under another newest version, and which: after an upgrade of the operator, say.
    pub(super) async fn replaced(self, client: &Client) -> String {
        if self.kind.versions().len() == 1 {
            return future::pending().await;
        }
        loop {
            tokio::time::sleep(ASK_AGAIN).await;
            // What fails here fails for the watch too, which says so.
            if let Ok(Some(now)) = Self::newest(client, self.kind).await
                && now != self
            {
                return now.api_version();
            }
        }
    }

    /// Group and version, as manifests have them.
    pub(super) fn api_version(self) -> String {
        format!("{}/{}", self.kind.group(), self.version)
    }

    /// As kube addresses it.
    pub(super) fn resource(self) -> ApiResource {
        let named = GroupVersionKind::gvk(self.kind.group(), self.version, self.kind.name());
        ApiResource::from_gvk_with_plural(&named, self.kind.resource())
    }
}

/// The kinds that are stored and judged, each with a version that the API server serves, known here or not.
///
/// # Errors
///
/// The API server does not answer, or refuses to.
pub(crate) async fn all_served(client: &Client) -> Result<Vec<(Kind, String)>, kube::Error> {
    let groups = client.list_api_groups().await?.groups;
    let mut served = Vec::new();
    for group in groups.iter().filter(|group| KINDS.iter().any(|kind| kind.group() == group.name)) {
        for version in &group.versions {
            let list = client.list_api_group_resources(&version.group_version).await?;
            let is_listed = |kind: &Kind| list.resources.iter().any(|known| known.name == kind.resource());
            served.extend(KINDS.into_iter().filter(is_listed).map(|kind| (kind, version.version.clone())));
        }
    }
    Ok(served)
}

/// Whether the API server has this kind in this version: other kinds of the group may have the version too.
async fn serves(client: &Client, api_version: &str, kind: Kind) -> Result<bool, kube::Error> {
    match client.list_api_group_resources(api_version).await {
        Ok(list) => Ok(list.resources.iter().any(|resource| resource.name == kind.resource())),
        Err(error) if is_not_found(&error) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Whether the API server answers 404.
pub(super) fn is_not_found(error: &kube::Error) -> bool {
    matches!(error, kube::Error::Api(status) if status.code == 404)
}
