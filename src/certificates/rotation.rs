//! A CA that several replicas share, through all of its life: issued, announced, in use, remembered, gone.
//!
//! Everything about it stands in one value, so that whoever finds it stored knows what is due next. Nothing here
//! writes anything.

use time::{Duration, OffsetDateTime};

use super::{Authority, CertificateError, Chain, Pair};

/// How long everything lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetimes {
    /// Of a CA.
    pub authority: Duration,
    /// Of a leaf.
    pub leaf: Duration,
    /// From the moment that every API server's copy holds a new CA until leaves are signed with it: other API servers
    /// may have an older copy for a while.
    pub settle: Duration,
}

impl Default for Lifetimes {
    fn default() -> Self {
        Self { authority: super::CA_LIFETIME, leaf: super::LEAF_LIFETIME, settle: Duration::minutes(1) }
    }
}

/// A CA with what comes after it and what went before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedAuthority {
    /// What signs leaves.
    pub current: Pair,
    /// What will sign them, once all clients know it.
    pub next: Option<Next>,
    /// What has signed leaves that are still in use.
    pub old: Option<Old>,
}

/// A CA that clients are being told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Next {
    /// The CA.
    pub pair: Pair,
    /// When it was first seen in every client's copy.
    pub known_since: Option<OffsetDateTime>,
}

/// A CA whose last leaf is still valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Old {
    /// Its certificate; nothing is signed with it any more.
    pub certificate: String,
    /// When its last leaf ends.
    pub until: OffsetDateTime,
}

impl SharedAuthority {
    /// A new one, without a past.
    ///
    /// # Errors
    /// When issuing fails.
    pub fn issue(lifetimes: &Lifetimes, now: OffsetDateTime) -> Result<Self, CertificateError> {
        Ok(Self { current: new_pair(lifetimes, now)?, next: None, old: None })
    }

    /// The CA that signs leaves.
    ///
    /// # Errors
    /// When it is damaged or out of date.
    pub fn authority(&self, now: OffsetDateTime) -> Result<Authority, CertificateError> {
        Authority::from_pem(&self.current, now)
    }

    /// What clients have to trust: all of them, the current one first.
    pub fn bundle(&self) -> String {
        let next = self.next.iter().map(|next| next.pair.certificate.as_str());
        let old = self.old.iter().map(|old| old.certificate.as_str());
        let all: Vec<&str> = [self.current.certificate.as_str()].into_iter().chain(next).chain(old).collect();
        all.concat()
    }

    /// What it has to become now; none where it may stay as it is. `known` says whether every client's copy is
    /// [`SharedAuthority::bundle`]; none where that could not be seen.
    ///
    /// # Errors
    /// When issuing fails.
    pub fn due(
        &self,
        known: Option<bool>,
        lifetimes: &Lifetimes,
        now: OffsetDateTime,
    ) -> Result<Option<Self>, CertificateError> {
        let Ok(current) = self.authority(now) else { return self.healed(lifetimes, now).map(Some) };
        if let Some(next) = &self.next {
            return Ok(self.promoted(next, known, lifetimes, now));
        }
        if self.old.as_ref().is_some_and(|old| old.until < now || Chain::from_pem(&old.certificate).is_err())
        {
            return Ok(Some(Self { old: None, ..self.clone() }));
        }
        let renew_at = current.not_after() - lifetimes.authority / 3;
        if now < renew_at {
            return Ok(None);
        }
        let next = Next { pair: new_pair(lifetimes, now)?, known_since: None };
        Ok(Some(Self { next: Some(next), ..self.clone() }))
    }

    fn promoted(
        &self,
        next: &Next,
        known: Option<bool>,
        lifetimes: &Lifetimes,
        now: OffsetDateTime,
    ) -> Option<Self> {
        if Authority::from_pem(&next.pair, now).is_err() {
            return Some(Self { next: None, ..self.clone() });
        }
        let known_since = |known_since| {
            let next = Next { known_since, ..next.clone() };
            Some(Self { next: Some(next), ..self.clone() })
        };
        match (next.known_since, known) {
            (_, None) | (None, Some(false)) => None,
            // Somebody has overwritten a client's copy while it settled: from the beginning.
            (Some(_), Some(false)) => known_since(None),
            (None, Some(true)) => known_since(Some(now)),
            (Some(since), Some(true)) if now < since + lifetimes.settle => None,
            (Some(_), Some(true)) => {
                let old = Old { certificate: self.current.certificate.clone(), until: now + lifetimes.leaf };
                Some(Self { current: next.pair.clone(), next: None, old: Some(old) })
            }
        }
    }

    /// A CA that nothing can be signed with is replaced at once. Where only its key is lost, its leaves are in use.
    fn healed(&self, lifetimes: &Lifetimes, now: OffsetDateTime) -> Result<Self, CertificateError> {
        let spare = self.next.as_ref().filter(|next| Authority::from_pem(&next.pair, now).is_ok());
        let current = spare.map_or_else(|| new_pair(lifetimes, now), |next| Ok(next.pair.clone()))?;
        let certificate = &self.current.certificate;
        let lost = Chain::from_pem(certificate).and_then(|chain| chain.validity());
        let old = match lost {
            Ok((_, end)) if now <= end => {
                Some(Old { certificate: certificate.clone(), until: now + lifetimes.leaf })
            }
            Ok(_) | Err(_) => self.old.clone(),
        };
        Ok(Self { current, next: None, old })
    }
}

fn new_pair(lifetimes: &Lifetimes, now: OffsetDateTime) -> Result<Pair, CertificateError> {
    let authority = Authority::issue(lifetimes.authority, now)?;
    Ok(Pair { certificate: authority.certificate().to_owned(), key: authority.key() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;
    const LIFETIMES: Lifetimes =
        Lifetimes { authority: Duration::days(365), leaf: Duration::days(7), settle: Duration::minutes(1) };

    /// What is due after so much time; itself where nothing is.
    fn after(shared: &SharedAuthority, known: bool, passed: Duration) -> SharedAuthority {
        shared.due(Some(known), &LIFETIMES, START + passed).unwrap().unwrap_or_else(|| shared.clone())
    }

    #[test]
    fn a_rotation_goes_through_all_its_stages_and_every_leaf_is_always_trusted() {
        let first = SharedAuthority::issue(&LIFETIMES, START).unwrap();
        assert_eq!(after(&first, true, Duration::days(200)), first, "young");

        let due = Duration::days(250);
        let announced = after(&first, true, due);
        let next = announced.next.as_ref().expect("a new CA is announced").pair.clone();
        assert_eq!(announced.current, first.current, "and signs nothing yet");
        assert_eq!(announced.bundle(), format!("{}{}", first.current.certificate, next.certificate));
        assert_eq!(after(&announced, false, due + Duration::days(1)), announced, "clients do not know it");

        let known = after(&announced, true, due + Duration::hours(1));
        let settling = due + Duration::hours(1) + Duration::seconds(59);
        assert_eq!(after(&known, true, settling), known, "other API servers may be behind");
        let overwritten = after(&known, false, settling + Duration::seconds(1));
        assert_eq!(overwritten, announced, "somebody has put an old copy back meanwhile");
        let unseen = known.due(None, &LIFETIMES, START + settling + Duration::seconds(1)).unwrap();
        assert_eq!(unseen, None, "nobody can say what the copies are now");
        let used = after(&known, true, settling + Duration::seconds(1));
        assert_eq!(used.current, next, "leaves are signed with it now");
        assert!(used.bundle().contains(&first.current.certificate), "and leaves of the old one are in use");

        assert_eq!(after(&used, true, settling + Duration::days(7)), used, "the last old leaf lives");
        let alone = after(&used, true, settling + Duration::days(8));
        assert_eq!(alone.bundle(), next.certificate);
    }

    #[test]
    fn a_ca_that_nothing_can_be_signed_with_is_replaced() {
        let sound = SharedAuthority::issue(&LIFETIMES, START).unwrap();
        let other = SharedAuthority::issue(&LIFETIMES, START).unwrap();
        let pair =
            |certificate: &str, key: &str| Pair { certificate: certificate.to_owned(), key: key.to_owned() };
        let certificate = &sound.current.certificate;
        for (what, current, passed) in [
            ("expired", sound.current.clone(), Duration::days(366)),
            ("no certificate", pair("", &sound.current.key), Duration::ZERO),
            ("no key", pair(certificate, ""), Duration::ZERO),
            ("another's key", pair(certificate, &other.current.key), Duration::ZERO),
        ] {
            let broken = SharedAuthority { current, ..sound.clone() };
            let healed = after(&broken, true, passed);
            assert!(healed.authority(START + passed).is_ok(), "{what}");
            assert_ne!(healed.current, broken.current, "{what}");
            let is_remembered = healed.bundle().contains(certificate.as_str());
            assert_eq!(
                is_remembered,
                what.contains("key"),
                "whether leaves of the one before stay trusted: {what}"
            );
        }
    }

    #[test]
    fn an_old_ca_that_is_damaged_is_forgotten() {
        let mut shared = SharedAuthority::issue(&LIFETIMES, START).unwrap();
        let certificate = shared.current.certificate.replace("MII", "?II");
        shared.old = Some(Old { certificate, until: START + Duration::days(7) });
        let due = after(&shared, true, Duration::days(1));
        assert_eq!(due.old, None, "in a bundle it would make all of it unreadable");
    }

    #[test]
    fn a_next_ca_that_is_damaged_is_made_anew() {
        let mut shared = SharedAuthority::issue(&LIFETIMES, START).unwrap();
        let pair = Pair { certificate: "damaged".to_owned(), key: String::new() };
        shared.next = Some(Next { pair, known_since: Some(START) });
        assert_eq!(after(&shared, true, Duration::days(1)).next, None);
    }
}
