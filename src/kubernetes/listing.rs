//! Everything that is stored of a kind, page by page, so that nobody has to hold all of it.

use kube::api::ListParams;
use kube::{Api, Client};
use serde_json::Value;

use super::CallError;
use super::object::Sent;
use super::served::{Served, is_not_found};
use syncguard_core::view::Kind;

/// How many objects the API server sends at once.
const PAGE: u32 = 250;

/// Which objects are wanted.
#[derive(Debug, Clone, Default)]
pub struct Wish {
    /// Only of this namespace.
    pub namespace: Option<String>,
    /// Only with these labels, as kubectl takes them.
    pub labels: Option<String>,
}

/// The pages of a kind.
pub struct Pages {
    /// Where they are; none where the API server does not know the kind.
    api: Option<(Served, Api<Sent>)>,
    next: Option<ListParams>,
}

impl Pages {
    /// Everything of a kind that is wished for.
    ///
    /// # Errors
    ///
    /// The API server does not answer, or refuses to.
    pub async fn of(client: &Client, kind: Kind, wish: &Wish) -> Result<Self, CallError> {
        let served = Served::newest(client, kind).await?;
        let api = served.map(|served| (served, Sent::api(client, served, wish.namespace.as_deref())));
        let first = ListParams { label_selector: wish.labels.clone(), ..ListParams::default().limit(PAGE) };
        Ok(Self { api, next: Some(first) })
    }

    /// The next page as JSON texts, each with the object's namespace and name; none at the end, and where the API
    /// server does not know the kind.
    ///
    /// # Errors
    ///
    /// The API server does not answer, or refuses to.
    pub async fn next(&mut self) -> Result<Option<Vec<Listed>>, CallError> {
        let (Some((served, api)), Some(params)) = (&self.api, self.next.take()) else { return Ok(None) };
        let page = match api.list(&params).await {
            Ok(page) => page,
            Err(error) if is_not_found(&error) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let rest = page.metadata.continue_.filter(|token| !token.is_empty());
        self.next = rest.map(|token| ListParams { continue_token: Some(token), ..params });
        Ok(Some(page.items.into_iter().map(|object| Listed::of(*served, &object)).collect()))
    }
}

/// One object of a page.
pub struct Listed {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The object, without what only the API server needs.
    pub json: Vec<u8>,
}

impl Listed {
    fn of(served: Served, object: &Sent) -> Self {
        let json = object.json(served);
        // In lines, which findings are shown with; one that is nested too deep for that is told of by whoever reads it.
        let lines = serde_json::from_slice(&json).and_then(|value: Value| serde_json::to_vec_pretty(&value));
        Self { namespace: object.namespace(), name: object.name(), json: lines.unwrap_or(json) }
    }
}
