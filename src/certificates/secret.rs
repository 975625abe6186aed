//! A shared CA as a Secret holds it.

use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use time::OffsetDateTime;

use super::{Next, Old, Pair, SharedAuthority};

const KNOWN_SINCE: &str = "syncguard.dev/next-known-since";
const OLD_UNTIL: &str = "syncguard.dev/old-until";

/// What a Secret says; what is missing or damaged shows when it is used.
pub(super) fn read(secret: &Secret) -> SharedAuthority {
    let text = |key: &str| {
        let bytes = secret.data.as_ref()?.get(key)?;
        String::from_utf8(bytes.0.clone()).ok().filter(|text| !text.is_empty())
    };
    let moment = |key: &str| {
        let seconds = secret.metadata.annotations.as_ref()?.get(key)?.parse().ok()?;
        OffsetDateTime::from_unix_timestamp(seconds).ok()
    };
    let pair = |certificate: &str, key: &str| Some(Pair { certificate: text(certificate)?, key: text(key)? });
    let current =
        Pair { certificate: text("ca.crt").unwrap_or_default(), key: text("ca.key").unwrap_or_default() };
    let next = pair("next.crt", "next.key").map(|pair| Next { pair, known_since: moment(KNOWN_SINCE) });
    let old = text("old.crt").zip(moment(OLD_UNTIL)).map(|(certificate, until)| Old { certificate, until });
    SharedAuthority { current, next, old }
}

/// The Secret that says this, whatever it said before; who labeled it finds the labels again.
pub(super) fn written(mut secret: Secret, shared: &SharedAuthority) -> Secret {
    let SharedAuthority { current, next, old } = shared;
    let texts = [("ca.crt", &current.certificate), ("ca.key", &current.key)].into_iter();
    let next_texts =
        next.iter().flat_map(|it| [("next.crt", &it.pair.certificate), ("next.key", &it.pair.key)]);
    let old_texts = old.iter().map(|old| ("old.crt", &old.certificate));
    let data = texts.chain(next_texts).chain(old_texts);
    secret.data =
        Some(data.map(|(key, text)| (key.to_owned(), ByteString(text.clone().into_bytes()))).collect());
    let annotations = secret.metadata.annotations.get_or_insert_default();
    let moments = [
        (KNOWN_SINCE, next.as_ref().and_then(|next| next.known_since)),
        (OLD_UNTIL, old.as_ref().map(|old| old.until)),
    ];
    for (key, moment) in moments {
        match moment {
            Some(moment) => drop(annotations.insert(key.to_owned(), moment.unix_timestamp().to_string())),
            None => drop(annotations.remove(key)),
        }
    }
    secret
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_holds_a_shared_ca_through_all_its_stages() {
        let pair =
            |name: &str| Pair { certificate: format!("{name} certificate"), key: format!("{name} key") };
        let moment = OffsetDateTime::UNIX_EPOCH + time::Duration::days(1);
        let alone = SharedAuthority { current: pair("current"), next: None, old: None };
        let announced = |known_since| Some(Next { pair: pair("next"), known_since });
        let old = Some(Old { certificate: "old certificate".to_owned(), until: moment });
        let mut secret = Secret::default();
        for shared in [
            alone.clone(),
            SharedAuthority { next: announced(None), ..alone.clone() },
            SharedAuthority { next: announced(Some(moment)), ..alone.clone() },
            SharedAuthority { old, ..alone.clone() },
            alone,
        ] {
            secret = written(secret, &shared);
            assert_eq!(read(&secret), shared);
        }
        assert_eq!(
            read(&Secret::default()).current.certificate,
            "",
            "an empty Secret is a CA to be replaced"
        );
    }
}
