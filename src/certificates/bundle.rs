//! The caBundle in the webhook configurations: what the API server trusts, read, and written as one field of ours.

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use k8s_openapi::api::admissionregistration::v1::{
    MutatingWebhookConfiguration, ValidatingWebhookConfiguration,
};
use k8s_openapi::api::core::v1::ObjectReference;
use kube::api::{DynamicObject, Patch, PatchParams};
use kube::core::ApiResource;
use kube::{Api, Client};
use serde_json::json;
use time::OffsetDateTime;

use super::{CertificateError, Chain};
use crate::kubernetes::Entry;

/// The owner of the field, the same for all replicas.
const MANAGER: &str = "syncguard";

/// The webhook configurations of one name, the validating and the mutating one.
pub(super) struct Configurations {
    name: String,
    kinds: [(ApiResource, Api<DynamicObject>); 2],
}

/// What one of them says.
pub(super) struct Configuration {
    resource: usize,
    /// Its kind and name, for people.
    pub(super) label: String,
    uid: Option<String>,
    webhooks: Vec<Trusting>,
}

/// What one webhook of a configuration trusts.
struct Trusting {
    name: String,
    /// What the certificate has to be for.
    host: String,
    bundle: String,
}

impl Configuration {
    /// Whether each webhook trusts exactly this.
    pub(super) fn is(&self, bundle: &str) -> bool {
        self.webhooks.iter().all(|webhook| webhook.bundle == bundle)
    }

    /// Whether each webhook accepts this certificate.
    ///
    /// # Errors
    ///
    /// One does not; says why.
    pub(super) fn trusts(&self, serving: &Chain, now: OffsetDateTime) -> Result<(), CertificateError> {
        self.webhooks.iter().try_for_each(|webhook| serving.verify(&webhook.host, &webhook.bundle, now))
    }

    /// Whether each webhook would accept this certificate if it trusted `bundle`.
    ///
    /// # Errors
    ///
    /// One would not; says why.
    pub(super) fn would_trust(
        &self,
        serving: &Chain,
        bundle: &str,
        now: OffsetDateTime,
    ) -> Result<(), CertificateError> {
        self.webhooks.iter().try_for_each(|webhook| serving.verify(&webhook.host, bundle, now))
    }
}

impl Configurations {
    /// Those of this name.
    pub(super) fn new(client: &Client, name: &str) -> Self {
        let resources = [
            ApiResource::erase::<ValidatingWebhookConfiguration>(&()),
            ApiResource::erase::<MutatingWebhookConfiguration>(&()),
        ];
        let kinds = resources.map(|resource| {
            let api = Api::all_with(client.clone(), &resource);
            (resource, api)
        });
        Self { name: name.to_owned(), kinds }
    }

    /// What the API server has of them; one that does not exist is not there.
    ///
    /// # Errors
    ///
    /// The API server does not answer, or refuses to.
    pub(super) async fn read(&self) -> Result<Vec<Configuration>, kube::Error> {
        let mut copies = Vec::new();
        for (index, (resource, api)) in self.kinds.iter().enumerate() {
            if let Some(object) = api.get_opt(&self.name).await? {
                let label = format!("{}/{}", resource.kind, self.name);
                let webhooks = trusted(&object);
                copies.push(Configuration { resource: index, label, uid: object.metadata.uid, webhooks });
            }
        }
        Ok(copies)
    }

    /// What an event about it refers to.
    pub(super) fn reference(&self, copy: &Configuration) -> ObjectReference {
        let (resource, _) = &self.kinds[copy.resource];
        ObjectReference {
            api_version: Some(resource.api_version.clone()),
            kind: Some(resource.kind.clone()),
            name: Some(self.name.clone()),
            uid: copy.uid.clone(),
            ..ObjectReference::default()
        }
    }

    /// Makes the API server trust this; nothing but the caBundles becomes ours.
    ///
    /// # Errors
    ///
    /// The API server does not answer, or refuses to.
    pub(super) async fn write(&self, copy: &Configuration, bundle: &str) -> Result<(), kube::Error> {
        let (resource, api) = &self.kinds[copy.resource];
        let encoded = BASE64.encode(bundle);
        let webhook =
            |webhook: &Trusting| json!({"name": webhook.name, "clientConfig": {"caBundle": encoded}});
        let ours = json!({
            "apiVersion": resource.api_version, "kind": resource.kind, "metadata": {"name": self.name},
            "webhooks": copy.webhooks.iter().map(webhook).collect::<Vec<_>>(),
        });
        // Forced: whoever wrote it before, only a certificate of ours is shown here.
        let params = PatchParams::apply(MANAGER).force();
        api.patch(&self.name, &params, &Patch::Apply(&ours)).await.map(drop)
    }
}

fn trusted(configuration: &DynamicObject) -> Vec<Trusting> {
    let trusting = |webhook: &Entry| Trusting {
        name: webhook.name.clone(),
        host: webhook.target().host(),
        bundle: webhook.bundle(),
    };
    Entry::all_of(configuration).iter().map(trusting).collect()
}

#[cfg(test)]
mod tests {
    use time::Duration;

    use super::*;
    use crate::certificates::Authority;

    #[test]
    fn every_webhook_of_a_configuration_has_to_trust() {
        let now = OffsetDateTime::UNIX_EPOCH + Duration::days(1);
        let [ours, foreign] = [(); 2].map(|()| Authority::issue(Duration::days(1), now).unwrap());
        let leaf = ours.issue_leaf(&["a.b.svc".parse().unwrap()], Duration::hours(1), now).unwrap();
        let serving = Chain::from_pem(&leaf.certificate).unwrap();
        let copy = |host: &str, bundles: &[&str]| {
            let trusting = |bundle: &&str| Trusting {
                name: "w".to_owned(),
                host: host.to_owned(),
                bundle: (*bundle).to_owned(),
            };
            let webhooks = bundles.iter().map(trusting).collect();
            Configuration { resource: 0, label: String::new(), uid: None, webhooks }
        };
        let (one, two) = (ours.certificate(), foreign.certificate());
        let both = [two, one].concat();
        for (what, bundles, is, trusts) in [
            ("ours", vec![one], true, true),
            ("ours in each webhook", vec![one, one], true, true),
            ("ours among others", vec![both.as_str()], false, true),
            ("a foreign one in the second webhook", vec![one, two], false, false),
            ("no bundle", vec![""], false, false),
            ("a damaged bundle", vec!["?"], false, false),
        ] {
            let copy = copy("a.b.svc", &bundles);
            assert_eq!((copy.is(one), copy.trusts(&serving, now).is_ok()), (is, trusts), "{what}");
        }
        let elsewhere = copy("b.b.svc", &[one]);
        assert!(elsewhere.trusts(&serving, now).is_err(), "the certificate is for another Service");
        assert!(elsewhere.would_trust(&serving, one, now).is_err(), "and no bundle makes that good");
        assert!(copy("a.b.svc", &[two]).would_trust(&serving, one, now).is_ok());
    }
}
