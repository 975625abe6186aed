//! A name that a certificate is for: a DNS name, perhaps with a leading wildcard, or an IP address.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use rcgen::SanType;
use rustls::pki_types::DnsName;
use thiserror::Error;

/// One subject alternative name, as a client writes it into a URL.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Name {
    /// A DNS name in lower case, without the final dot; `*.` may stand in front.
    Dns(String),
    /// An IP address.
    Ip(IpAddr),
}

/// A text that is neither a DNS name nor an IP address.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "`{0}` is neither a DNS name nor an IP address; write it without scheme and port, as in `db.example.com`"
)]
pub struct InvalidName(String);

impl Name {
    /// The name as rcgen takes it.
    pub(super) fn to_san(&self) -> Result<SanType, rcgen::Error> {
        Ok(match self {
            Self::Dns(name) => SanType::DnsName(name.as_str().try_into()?),
            Self::Ip(address) => SanType::IpAddress(*address),
        })
    }
}

impl FromStr for Name {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        // In a URL an IPv6 address stands in brackets; people copy it so.
        let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
        if let Ok(address) = bare.parse() {
            return Ok(Self::Ip(address));
        }
        let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
        match DnsName::try_from(name.strip_prefix("*.").unwrap_or(&name)) {
            Ok(_) => Ok(Self::Dns(name)),
            Err(_) => Err(InvalidName(text.to_owned())),
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(name) => f.write_str(name),
            Self::Ip(address) => address.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_as_a_client_would_use_it() {
        for (text, expected) in [
            ("localhost", "localhost"),
            ("SyncGuard.syncguard.svc.", "syncguard.syncguard.svc"),
            ("*.example.com", "*.example.com"),
            ("127.0.0.1", "127.0.0.1"),
            ("[::1]", "::1"),
        ] {
            assert_eq!(text.parse::<Name>().unwrap().to_string(), expected);
        }
        assert!(matches!("10.0.0.1".parse(), Ok(Name::Ip(_))));
    }

    #[test]
    fn what_no_client_could_ask_for_is_refused() {
        for text in
            ["", "https://localhost", "localhost:8443", "a b", "a..b", "*", "*.*.com", "[::1", "ä.example"]
        {
            assert!(text.parse::<Name>().is_err(), "{text} was accepted");
        }
    }
}
